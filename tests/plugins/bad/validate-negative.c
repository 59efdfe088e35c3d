/* Fewer checks than none.
 *     exit 3
 *     line muster: sources.list[2] (validate/negative): the plugin counts more checks than there can be
 */
#include "bad.h"

BAD_SHOW(if (!rows) mu_checked(ctx, MU_PASS, (uint64_t)-2))
VALIDATOR("negative", .validate = bad_show)
