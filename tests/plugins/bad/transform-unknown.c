/* A change of a column that there is not.
 *     exit 3
 *     line muster: sources.list[2] (transform/unknown): the plugin states a change of 'heads', and no column is called so
 */
#include "bad.h"

BAD_TRANSFORM(mu_adjusted(ctx, "heads", 5))
VALIDATOR("unknown", .transform = bad_transform)
