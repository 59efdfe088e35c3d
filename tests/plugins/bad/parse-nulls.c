/* Other nulls than it says.
 *     exit 3
 *     line muster: sources.list[1] (parse/nulls): list.csv: the plugin gave out a batch whose column '_claim' is broken: 3 values are said to be null and 2 are
 */
#include "bad.h"

BAD_PARSE(*(uint8_t *)(uintptr_t)out->children[3]->buffers[0] |= 1)
PARSER("nulls", .open = good_open, .parse = bad_parse)
