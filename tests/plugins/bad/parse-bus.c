/* A bus error.
 *     exit 135
 *     line muster: sources.list[1] (parse/bus): crashed with SIGBUS in parse, at work on list.csv
 */
#include <signal.h>

#include "bad.h"

BAD_PARSE(raise(SIGBUS))
PARSER("bus", .open = good_open, .parse = bad_parse)
