/* Half a pair of UTF-16 as UTF-8.
 *     exit 3
 *     line muster: sources.list[1] (parse/surrogate): list.csv: the plugin gave out a batch whose column 'country' is broken: the text of row 1 is not UTF-8
 */
#include "bad.h"

BAD_PARSE(memcpy((char *)(uintptr_t)out->children[0]->buffers[2], "\xed\xa0\x80", 3))
PARSER("surrogate", .open = good_open, .parse = bad_parse)
