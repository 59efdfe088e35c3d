#include <stdio.h>
#include <unistd.h>

#include <muster/table.h>

static int slow_open(struct mu_ctx *ctx, void *self, struct ArrowSchema *out)
{
	int err = mu_schema_init(out);

	(void)ctx;
	(void)self;
	if (!err)
		err = mu_schema_add(out, "country", MU_STRING, false, NULL);
	return err ? err : mu_schema_add_hidden(out);
}

/* Reads until it is told to stop. */
static int slow_parse(struct mu_ctx *ctx, void *self, struct ArrowArray *out)
{
	(void)self;
	(void)out;
	fclose(fopen("ready", "w"));
	while (!mu_cancelled(ctx))
		usleep(1000);
	return ECANCELED;
}

MUSTER_PLUGIN(.name = "slow", .summary = "waits", .open = slow_open, .parse = slow_parse);
