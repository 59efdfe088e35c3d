#include <muster/plugin.h>

/* Passes rows on: a transform in the folder of validators. */
static int stray_transform(struct mu_ctx *ctx, void *self, struct ArrowArray *out)
{
	(void)self;
	return mu_pull(ctx, out);
}

MUSTER_PLUGIN(.name = "stray", .summary = "passes rows on", .transform = stray_transform);
