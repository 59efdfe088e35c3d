/* Text that is no UTF-8.
 *     exit 3
 *     line muster: sources.list[1] (parse/encoding): list.csv: the plugin gave out a batch whose column 'country' is broken: the text of row 1 is not UTF-8
 */
#include "bad.h"

BAD_PARSE(memcpy((char *)(uintptr_t)out->children[0]->buffers[2], "C\xf4te", 4))
PARSER("encoding", .open = good_open, .parse = bad_parse)
