/* A row without a place.
 *     exit 3
 *     line muster: sources.list[1] (parse/nowhere): list.csv: the plugin gave out a batch with row 1 in document 0, and there are 1
 */
#include "bad.h"

BAD_PARSE(((uint64_t *)(uintptr_t)out->children[2]->buffers[1])[0] = 0)
PARSER("nowhere", .open = good_open, .parse = bad_parse)
