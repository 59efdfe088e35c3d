#include <stdio.h>
#include <unistd.h>

#include <muster/plugin.h>

/* Never asks whether it should stop. */
static int deaf_validate(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	(void)ctx;
	(void)self;
	if (rows && access("ready", F_OK)) {
		fclose(fopen("ready", "w"));
		for (int i = 0; i < 30000; i++)
			usleep(1000);
	}
	return 0;
}

MUSTER_PLUGIN(.name = "deaf", .summary = "hears nothing", .validate = deaf_validate);
