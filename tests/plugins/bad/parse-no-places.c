/* No places.
 *     exit 3
 *     line muster: sources.list[1] (parse/no-places): list.csv: the plugin declares columns that do not end with _at and _claim
 */
#include "bad.h"

static int bad_open(struct mu_ctx *ctx, void *self, struct ArrowSchema *out)
{
	int err = mu_schema_init(out);

	(void)ctx, (void)self;
	return err ? err : mu_schema_add(out, "country", MU_STRING, false, NULL);
}

PARSER("no-places", .open = bad_open, .parse = good_parse)
