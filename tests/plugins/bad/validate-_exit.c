/* _exit(), which asks no handler.
 *     exit 3
 *     line muster: sources.list[2] (validate/_exit): called _exit(0) in validate, at work on list.csv
 */
#include "bad.h"

BAD_SHOW(_exit(0))
VALIDATOR("_exit", .validate = bad_show)
