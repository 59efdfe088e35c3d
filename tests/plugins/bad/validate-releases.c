/* Rows that it may only look at, released.
 *     exit 3
 *     line muster: sources.list[2] (validate/releases): the plugin changed rows that it may only look at
 */
#include "bad.h"

BAD_SHOW(if (rows) rows->release((struct ArrowArray *)(uintptr_t)rows))
VALIDATOR("releases", .validate = bad_show)
