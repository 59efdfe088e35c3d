/* Numbers that it writes while it has another locale, where there is one: muster's own function
 * still writes them as they are.
 *     exit 0
 */
#include <locale.h>

#include "bad.h"

static int bad_show(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	locale_t other = newlocale(LC_ALL_MASK, "de_DE.UTF-8", (locale_t)0);
	char space[MU_FORMAT_MAX];
	struct mu_column share;

	(void)self;
	if (!rows || !rows->length)
		return 0;
	if (other)
		uselocale(other);
	share = mu_column_named(ctx->schema, rows, "share");
	if (!mu_string_is(mu_format(&share, 0, space), "0.5"))
		return mu_fail(ctx, EIO, "0.5 is written in another way");
	return 0;
}

VALIDATOR("comma", .export = bad_show)
