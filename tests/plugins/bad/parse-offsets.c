/* Offsets that fall.
 *     exit 3
 *     line muster: sources.list[1] (parse/offsets): list.csv: the plugin gave out a batch whose column 'country' is broken: the text of row 2 ends before it begins
 */
#include "bad.h"

BAD_PARSE(((int32_t *)(uintptr_t)out->children[0]->buffers[1])[2] = 3)
PARSER("offsets", .open = good_open, .parse = bad_parse)
