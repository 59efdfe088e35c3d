#include <muster/plugin.h>

/* Gives out what comes in, but for its first batch. */
static int lossy_transform(struct mu_ctx *ctx, void *self, struct ArrowArray *out)
{
	int err = mu_pull(ctx, out);

	(void)self;
	if (err || !out->release)
		return err;
	out->release(out);
	return mu_pull(ctx, out);
}

MUSTER_PLUGIN(.name = "lossy", .summary = "loses rows", .transform = lossy_transform);
