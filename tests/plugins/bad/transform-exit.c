/* exit() in a transform.
 *     exit 3
 *     line muster: sources.list[2] (transform/exit): called exit(0) in transform, at work on list.csv
 */
#include "bad.h"

BAD_TRANSFORM(exit(0))
VALIDATOR("exit", .transform = bad_transform)
