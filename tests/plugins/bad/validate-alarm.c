/* A signal that it has ordered itself.
 *     exit 142
 *     line muster: sources.list[2] (validate/alarm): was ended by SIGALRM in validate, at work on list.csv
 */
#include "bad.h"

BAD_SHOW(alarm(1); for (;;) pause())
VALIDATOR("alarm", .validate = bad_show)
