#include <muster/plugin.h>

/* Says that it is at the end before it has seen any row. */
static int early_transform(struct mu_ctx *ctx, void *self, struct ArrowArray *out)
{
	(void)ctx;
	(void)self;
	(void)out;
	return 0;
}

MUSTER_PLUGIN(.name = "early", .summary = "stops early", .transform = early_transform);
