/* Nulls, and no word which.
 *     exit 3
 *     line muster: sources.list[1] (parse/bitmap): list.csv: the plugin gave out a batch whose column 'share' is broken: it does not say which of its values are null
 */
#include "bad.h"

BAD_PARSE(out->children[1]->null_count = 1)
PARSER("bitmap", .open = good_open, .parse = bad_parse)
