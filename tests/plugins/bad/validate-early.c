/* A service that is not there yet.
 *     exit 2
 *     line the plugin calls mu_checked() when it is configured
 */
#include "bad.h"

static int bad_configure(struct mu_ctx *ctx, void *self)
{
	(void)self;
	mu_checked(ctx, MU_PASS, 1);
	return 0;
}

VALIDATOR("early", .configure = bad_configure, .validate = good_show)
