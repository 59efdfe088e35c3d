/* Rows that an exporter may only look at, changed.
 *     exit 3
 *     line muster: dataset[1] (export/writes): the plugin changed rows that it may only look at
 */
#include "bad.h"

BAD_SHOW(if (rows)((double *)(uintptr_t)rows->children[1]->buffers[1])[0] = 99)
VALIDATOR("writes", .export = bad_show)
