/* Two rows at one place.
 *     exit 3
 *     line muster: sources.list[1] (parse/twice): list.csv: the plugin gave out a batch with two rows at position 10 of document 1
 */
#include "bad.h"

BAD_PARSE(uint64_t *at = (uint64_t *)(uintptr_t)out->children[2]->buffers[1]; at[2] = at[0])
PARSER("twice", .open = good_open, .parse = bad_parse)
