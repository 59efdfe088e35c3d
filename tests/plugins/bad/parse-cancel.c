/* The end of the thread that it is called on.
 *     exit 3
 *     line muster: sources.list[1] (parse/cancel): called pthread_cancel() in parse, at work on list.csv
 */
#include <pthread.h>

#include "bad.h"

BAD_PARSE(pthread_cancel(pthread_self()))
PARSER("cancel", .open = good_open, .parse = bad_parse)
