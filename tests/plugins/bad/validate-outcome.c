/* A check of no known outcome.
 *     exit 3
 *     line muster: sources.list[2] (validate/outcome): the plugin counts checks of an unknown outcome
 */
#include "bad.h"

BAD_SHOW(mu_checked(ctx, (enum mu_outcome)9, 1))
VALIDATOR("outcome", .validate = bad_show)
