#include <stdio.h>
#include <unistd.h>

#include <muster/plugin.h>

/* Never comes to an end by itself. */
static int slow_validate(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	(void)self;
	(void)rows;
	fclose(fopen("ready", "w"));
	while (!mu_cancelled(ctx))
		usleep(1000);
	return mu_fail(ctx, ECANCELED, "cancelled");
}

MUSTER_PLUGIN(.name = "slow", .summary = "waits", .validate = slow_validate);
