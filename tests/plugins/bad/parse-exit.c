/* exit() on the thread of a parser.
 *     exit 3
 *     line muster: sources.list[1] (parse/exit): called exit(5) in parse, at work on list.csv
 */
#include "bad.h"

BAD_PARSE(exit(5))
PARSER("exit", .open = good_open, .parse = bad_parse)
