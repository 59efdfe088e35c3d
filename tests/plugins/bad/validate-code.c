/* A finding that it does not declare; it does not look at what it is told.
 *     exit 3
 *     line muster: sources.list[2] (validate/code): the plugin reports a finding 'other' that it does not declare
 */
#include "bad.h"

BAD_SHOW(mu_report(ctx, (struct mu_finding){ .code = "other" }, "it is wrong"))
VALIDATOR("code", .validate = bad_show, CODES)
