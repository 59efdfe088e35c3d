/* A failed check and no finding.
 *     exit 1
 *     line sources.list[2] (validate/unsaid) counts 2 failed checks and reports no finding [run/failed-check]
 */
#include "bad.h"

BAD_SHOW(if (rows) return mu_checked(ctx, MU_FAIL, 2))
VALIDATOR("unsaid", .validate = bad_show)
