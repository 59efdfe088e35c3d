/* A column less than it has declared.
 *     exit 3
 *     line muster: sources.list[1] (parse/children): list.csv: the plugin gave out a batch of 3 columns and declared 4
 */
#include "bad.h"

BAD_PARSE(out->n_children = 3)
PARSER("children", .open = good_open, .parse = bad_parse)
