/* What is no instruction.
 *     exit 132
 *     line muster: sources.list[2] (transform/trap): crashed with SIGILL in transform, at work on list.csv
 */
#include <signal.h>

#include "bad.h"

BAD_TRANSFORM(raise(SIGILL))
VALIDATOR("trap", .transform = bad_transform)
