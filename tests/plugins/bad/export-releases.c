/* Rows that an exporter may only look at, released: they are not its own.
 *     exit 0
 */
#include "bad.h"

BAD_SHOW(if (rows) rows->release((struct ArrowArray *)(uintptr_t)rows))
VALIDATOR("releases", .export = bad_show)
