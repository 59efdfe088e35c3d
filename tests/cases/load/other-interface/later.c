#include <muster/plugin.h>

static int later_validate(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	(void)ctx;
	(void)self;
	(void)rows;
	return 0;
}

/* Built for the interface after this one. */
__attribute__((visibility("default"))) const struct mu_plugin muster_plugin = {
	.abi = MUSTER_ABI + 1,
	.size = sizeof(struct mu_plugin),
	.name = "later",
	.summary = "comes from the future",
	.validate = later_validate,
};
