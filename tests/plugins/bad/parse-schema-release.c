/* A crash when its columns are released, which is after all else.
 *     exit 139
 *     line muster: sources.list[1] (parse/schema-release): crashed with SIGSEGV in release
 *     line muster: the dataset is published in out
 *     published yes
 */
#include <signal.h>

#include "bad.h"

static void crash(struct ArrowSchema *columns)
{
	(void)columns;
	raise(SIGSEGV);
}

static int bad_open(struct mu_ctx *ctx, void *self, struct ArrowSchema *out)
{
	int err = good_open(ctx, self, out);

	if (!err)
		out->release = crash;
	return err;
}

PARSER("schema-release", .open = bad_open, .parse = good_parse)
