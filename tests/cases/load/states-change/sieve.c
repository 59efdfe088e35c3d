#include <muster/table.h>

/* Leaves out whoever comes from Belgium, and says so. */
static int sieve_transform(struct mu_ctx *ctx, void *self, struct ArrowArray *out)
{
	struct mu_builder rows = { 0 };
	struct mu_column columns[4];
	struct ArrowArray in = { 0 };
	int err = mu_pull(ctx, &in);

	(void)self;
	if (err || !in.release)
		return err;
	for (int64_t i = 0; i < 4; i++)
		columns[i] = mu_column(ctx->schema, &in, i);
	err = mu_builder_init(&rows, ctx->schema);
	for (int64_t row = 0; row < in.length && !err; row++) {
		struct mu_string country = mu_null(&columns[0], row)
						   ? mu_string("")
						   : mu_get_string(&columns[0], row);

		if (!mu_string_is(country, "BEL")) {
			mu_copy_row(&rows, columns, row);
			continue;
		}
		err = mu_adjusted(ctx, NULL, -1);
		if (!err)
			err = mu_adjusted(ctx, "headcount", -mu_get_integer(&columns[1], row));
	}
	if (!err)
		err = mu_builder_finish(&rows, out);
	mu_builder_release(&rows);
	in.release(&in);
	return err;
}

MUSTER_PLUGIN(.name = "sieve", .summary = "leaves out a row", .transform = sieve_transform);
