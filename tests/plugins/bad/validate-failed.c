/* mu_fail(), and then 0.
 *     exit 3
 *     line muster: sources.list[2] (validate/failed): the list cannot be read
 */
#include "bad.h"

BAD_SHOW(mu_fail(ctx, EIO, "the list cannot be read"))
VALIDATOR("failed", .validate = bad_show)
