/* A signal of real time, to the whole program.
 *     exit 168
 *     line muster: dataset[1] (export/realtime): was ended by signal 40 in export
 */
#include <signal.h>

#include "bad.h"

BAD_SHOW(kill(getpid(), 40))
VALIDATOR("realtime", .export = bad_show)
