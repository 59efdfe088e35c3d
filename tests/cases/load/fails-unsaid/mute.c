#include <muster/plugin.h>

/* Cannot go on, and does not say why. */
static int mute_validate(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	(void)ctx;
	(void)self;
	(void)rows;
	return ENODATA;
}

MUSTER_PLUGIN(.name = "mute", .summary = "says nothing", .validate = mute_validate);
