/* exit() when what it made is released.
 *     exit 3
 *     line muster: sources.list[2] (transform/release-exit): called exit(0) in release
 */
#include "bad.h"

static void leave(struct ArrowArray *rows)
{
	(void)rows;
	exit(0);
}

BAD_TRANSFORM(out->release = leave)
MUSTER_PLUGIN(.name = "release-exit", .summary = "bad", .transform = bad_transform);
