/* Text that it may only look at, changed in the dictionary of its column.
 *     exit 3
 *     line muster: sources.list[2] (validate/words): the plugin changed rows that it may only look at
 */
#include "bad.h"

static void change(const struct ArrowSchema *schema, const struct ArrowArray *rows)
{
	struct mu_column country = mu_column(schema, rows, 0);
	struct mu_string word;

	for (int64_t row = 0; row < rows->length; row++) {
		word = mu_get_string(&country, row);
		*(char *)(uintptr_t)word.data = 66;
	}
}

BAD_SHOW(if (rows) change(ctx->schema, rows))
VALIDATOR("words", .validate = bad_show)
