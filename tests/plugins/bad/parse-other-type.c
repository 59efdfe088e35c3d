/* A type that there is not.
 *     exit 3
 *     line muster: sources.list[1] (parse/other-type): list.csv: the plugin declares column 'country' with the type 'Z', which is none
 */
#include "bad.h"

static int bad_open(struct mu_ctx *ctx, void *self, struct ArrowSchema *out)
{
	int err = mu_schema_init(out);

	(void)ctx, (void)self;
	if (!err)
		err = mu_schema_add(out, "country", MU_STRING, false, NULL);
	if (!err)
		out->children[0]->format = "Z";
	return err ? err : mu_schema_add_hidden(out);
}

PARSER("other-type", .open = bad_open, .parse = good_parse)
