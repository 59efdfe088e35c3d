#include <muster/plugin.h>

/* Reports a code that it does not explain. */
static int babble_validate(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	(void)self;
	return rows ? 0 : mu_report(ctx, (struct mu_finding){ .code = "bla" }, "something is wrong");
}

MUSTER_PLUGIN(.name = "babble", .summary = "says odd things", .validate = babble_validate);
