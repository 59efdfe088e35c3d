/* A division by nothing.
 *     exit 136
 *     line muster: dataset[1] (export/fpe): crashed with SIGFPE in export
 */
#include <signal.h>

#include "bad.h"

BAD_SHOW(raise(SIGFPE))
VALIDATOR("fpe", .export = bad_show)
