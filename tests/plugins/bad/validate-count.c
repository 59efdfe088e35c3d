/* mu_finding_count() of a finding that is to be told.
 *     exit 3
 *     line the plugin calls mu_finding_count() for a finding that is to be told
 */
#include "bad.h"

BAD_SHOW(mu_finding_count(ctx, (struct mu_finding){ .code = "wrong" }))
VALIDATOR("count", CODES, .validate = bad_show)
