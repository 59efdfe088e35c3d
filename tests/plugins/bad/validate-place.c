/* A finding in a document that there is not.
 *     exit 3
 *     line muster: sources.list[2] (validate/place): the plugin reports a finding 'wrong' at a place in document 77, and there are 1
 */
#include "bad.h"

BAD_SHOW(mu_report(ctx,
		   (struct mu_finding){ .code = "wrong", .severity = MU_NOTE, .at = mu_at(77, 1) },
		   "it is wrong"))
VALIDATOR("place", .validate = bad_show, CODES)
