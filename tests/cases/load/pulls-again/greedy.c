#include <muster/plugin.h>

/* Pulls twice more when there are no more rows. */
static int greedy_transform(struct mu_ctx *ctx, void *self, struct ArrowArray *out)
{
	int err = mu_pull(ctx, out);

	(void)self;
	for (int i = 0; !err && !out->release && i < 2; i++)
		err = mu_pull(ctx, out);
	return err;
}

MUSTER_PLUGIN(.name = "greedy", .summary = "asks twice", .transform = greedy_transform);
