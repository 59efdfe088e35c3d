/* A signal that ends a program, unless somebody listens.
 *     exit 138
 *     line muster: sources.list[2] (validate/usr1): was ended by SIGUSR1 in validate, at work on list.csv
 */
#include <signal.h>

#include "bad.h"

BAD_SHOW(raise(SIGUSR1))
VALIDATOR("usr1", .validate = bad_show)
