/* A column without a name.
 *     exit 3
 *     line muster: sources.list[1] (parse/no-name): list.csv: the plugin declares a column with the name ''
 */
#include "bad.h"

static int bad_open(struct mu_ctx *ctx, void *self, struct ArrowSchema *out)
{
	int err = mu_schema_init(out);

	(void)ctx, (void)self;
	if (!err)
		err = mu_schema_add(out, "", MU_STRING, false, NULL);
	return err ? err : mu_schema_add_hidden(out);
}

PARSER("no-name", .open = bad_open, .parse = good_parse)
