/* A failure in close, where nobody returns anything.
 *     exit 3
 *     line muster: dataset[1] (export/close): it cannot be closed
 */
#include "bad.h"

BAD_CLOSE(mu_fail(ctx, EIO, "it cannot be closed"))
VALIDATOR("close", .export = good_show, .close = bad_close)
