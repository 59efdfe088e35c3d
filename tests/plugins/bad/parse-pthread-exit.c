/* The end of a thread that others wait for.
 *     exit 3
 *     line muster: sources.list[1] (parse/pthread-exit): called pthread_exit() in parse, at work on list.csv
 */
#include <pthread.h>

#include "bad.h"

BAD_PARSE(pthread_exit(NULL))
PARSER("pthread-exit", .open = good_open, .parse = bad_parse)
