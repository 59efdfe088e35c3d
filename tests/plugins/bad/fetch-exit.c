/* exit() in a fetcher.
 *     exit 3
 *     line muster: sources.list[0] (fetch/exit): called exit(0) in fetch
 */
#include "bad.h"

static int bad_fetch(struct mu_ctx *ctx, void *self, struct mu_document *out)
{
	(void)ctx, (void)self, (void)out;
	exit(0);
}

VALIDATOR("exit", .fetch = bad_fetch)
