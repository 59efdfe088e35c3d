/* A column that is shorter than the batch.
 *     exit 3
 *     line muster: sources.list[1] (parse/length): list.csv: the plugin gave out a batch whose column 'share' is broken: it has not the buffers or the length that it needs
 */
#include "bad.h"

BAD_PARSE(out->children[1]->length = 2)
PARSER("length", .open = good_open, .parse = bad_parse)
