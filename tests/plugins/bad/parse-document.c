/* A row in a document that there is not.
 *     exit 3
 *     line muster: sources.list[1] (parse/document): list.csv: the plugin gave out a batch with row 3 in document 8, and there are 1
 */
#include "bad.h"

BAD_PARSE(((uint64_t *)(uintptr_t)out->children[2]->buffers[1])[2] = mu_at(8, 30))
PARSER("document", .open = good_open, .parse = bad_parse)
