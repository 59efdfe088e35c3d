/* A finding when all is over.
 *     exit 3
 *     line muster: sources.list[2] (validate/late): the plugin calls mu_report() when it is closed
 */
#include "bad.h"

static void late(struct mu_ctx *ctx, void *self)
{
	(void)self;
	mu_report(ctx, (struct mu_finding){ .code = "wrong" }, "late");
}

BAD_SHOW((void)ctx)
VALIDATOR("late", .validate = bad_show, .close = late, CODES)
