/* No return.
 *     exit 143
 *     stop 6
 *     line muster: sources.list[2] (validate/loop): has been at it for 5 s in validate, at work on list.csv
 *     line muster: sources.list[2] (validate/loop): does not return, so the run is ended by signal 15 in validate, at work on list.csv
 */
#include "bad.h"

BAD_SHOW(for (;;) pause())
VALIDATOR("loop", .validate = bad_show)
