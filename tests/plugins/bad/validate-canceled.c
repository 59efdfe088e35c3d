/* validate() gives ECANCELED, and nobody has asked the run to end.
 *     exit 3
 *     line muster: a stage did not go on, and gave no reason but: Operation canceled
 */
#include <errno.h>

#include "bad.h"

static int canceled(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	(void)ctx;
	(void)self;
	(void)rows;
	return ECANCELED;
}

VALIDATOR("canceled", .validate = canceled)
