/* No return, on the thread of a parser.
 *     exit 143
 *     stop 1
 *     line muster: sources.list[1] (parse/loop): does not return, so the run is ended by signal 15 in parse, at work on list.csv
 */
#include "bad.h"

BAD_PARSE(for (volatile unsigned i = 0; i < 2;) i = 1)
PARSER("loop", .open = good_open, .parse = bad_parse)
