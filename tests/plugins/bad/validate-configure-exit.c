/* exit() when it is configured.
 *     exit 3
 *     line muster: sources.list[2] (validate/configure-exit): called exit(0) in configure
 */
#include "bad.h"

static int bad_configure(struct mu_ctx *ctx, void *self)
{
	(void)ctx, (void)self;
	exit(0);
}

VALIDATOR("configure-exit", .configure = bad_configure, .validate = good_show)
