#include <muster/plugin.h>

static int broken_validate(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	(void)self;
	(void)rows;
	return mu_fail(ctx, EIO, "the disk is full of holes");
}

MUSTER_PLUGIN(.name = "broken", .summary = "fails", .validate = broken_validate);
