#include "table/adjust.h"

int adjust_measure(struct mu_ctx *ctx, const char *name, const struct mu_column *cells,
		   const struct mu_rows *rows, int64_t n, int sign)
{
	int64_t sum = 0, value, next;
	int err = 0;

	for (int64_t row = 0; row < n && !err; row++) {
		if (mu_row_is_claim(rows, row) || mu_null(cells, row))
			continue;
		value = mu_get_integer(cells, row);
		if (sign > 0 ? __builtin_add_overflow(sum, value, &next)
			     : __builtin_sub_overflow(sum, value, &next)) {
			/* INT64_MIN has no opposite, so that is given in two parts. */
			err = mu_adjusted(ctx, name, sum);
			if (!err && sign < 0 && value < 0)
				err = mu_adjusted(ctx, name, 1);
			next = sign > 0 ? value : value < 0 ? -(value + 1) : -value;
		}
		sum = next;
	}
	return err || !sum ? err : mu_adjusted(ctx, name, sum);
}
