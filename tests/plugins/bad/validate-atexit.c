/* Likewise, for a run that is not valid.
 *     exit 1
 *     line error: it is wrong [atexit/wrong]
 */
#include "bad.h"

static void end(void)
{
	_exit(0);
}

BAD_OPEN(atexit(end))
BAD_SHOW(if (rows) return mu_report(ctx, (struct mu_finding){ .code = "wrong" }, "it is wrong"))
VALIDATOR("atexit", .open = bad_open, .validate = bad_show, CODES)
