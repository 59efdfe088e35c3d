/* A row that it marks as rejected.
 *     exit 3
 *     line muster: sources.list[1] (parse/marks): list.csv: the plugin gave out a batch with row 2 marked as rejected, which is the runner's to do
 */
#include "bad.h"

BAD_PARSE(((uint64_t *)(uintptr_t)out->children[2]->buffers[1])[1] |= MU_AT_REJECTED)
PARSER("marks", .open = good_open, .parse = bad_parse)
