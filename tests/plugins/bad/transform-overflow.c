/* A row that is gone, behind changes beyond 64 bits.
 *     exit 3
 *     line muster: sources.list[2] (transform/overflow): the stage does not give out what it took in
 */
#include "bad.h"

BAD_TRANSFORM(out->length--; mu_adjusted(ctx, NULL, INT64_MAX); mu_adjusted(ctx, NULL, INT64_MAX))
VALIDATOR("overflow", .transform = bad_transform)
