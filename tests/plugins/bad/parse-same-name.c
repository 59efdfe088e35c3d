/* Two columns of one name.
 *     exit 3
 *     line muster: sources.list[1] (parse/same-name): list.csv: the plugin declares two columns 'country'
 */
#include "bad.h"

static int bad_open(struct mu_ctx *ctx, void *self, struct ArrowSchema *out)
{
	int err = mu_schema_init(out);

	(void)ctx, (void)self;
	if (!err)
		err = mu_schema_add(out, "country", MU_STRING, false, NULL);
	if (!err)
		err = mu_schema_add(out, "country", MU_NUMBER, false, NULL);
	return err ? err : mu_schema_add_hidden(out);
}

PARSER("same-name", .open = bad_open, .parse = good_parse)
