/* An option that is not right, when it is too late to say so.
 *     exit 3
 *     line sources.list[2] (validate/invalid): its options do not fit the data
 */
#include "bad.h"

BAD_SHOW(mu_invalid(ctx, NULL, "no column is called so"))
VALIDATOR("invalid", .validate = bad_show)
