#include <muster/plugin.h>

/* In place of the one that comes with muster. */
static int totals_validate(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	(void)self;
	return rows ? 0 : mu_fail(ctx, EIO, "the other totals");
}

MUSTER_PLUGIN(.name = "totals", .summary = "is another", .validate = totals_validate);
