/* Columns in which every row of data must have a value:
 *     - validate: required
 *       columns: [mission, headcount] */
#include <muster/table.h>
struct self { struct mu_texts columns; };

static int required_open(struct mu_ctx *ctx, void *self, struct ArrowSchema *out)
{
	int64_t index;
	int err = 0;

	(void)out;
	for (struct mu_texts c = ((struct self *)self)->columns; c.count && !err; c.count--, c.items++)
		err = mu_option_column(ctx, c.items, &index);
	return err;
}

static int required_validate(struct mu_ctx *ctx, void *self, const struct ArrowArray *batch)
{
	struct mu_texts c = ((struct self *)self)->columns;
	int err = 0;

	for (; batch && c.count; c.count--, c.items++) {
		struct mu_finding missing = { .code = "missing", .field = *c.items };
		struct mu_column cells = mu_column_named(ctx->schema, batch, *c.items);
		struct mu_rows rows = mu_rows(ctx->schema, batch);
		for (int64_t row = 0; row < batch->length && !err; row++) {
			if (mu_row_is_claim(&rows, row) || mu_row_is_rejected(&rows, row))
				continue;
			missing.at = mu_row_at(&rows, row);
			err = mu_checked(ctx, mu_null(&cells, row) ? MU_FAIL : MU_PASS, 1);
			if (!err && mu_null(&cells, row))
				err = mu_report(ctx, missing, "%s is empty", *c.items);
		}
	}
	return err;
}
MUSTER_PLUGIN(.name = "required", .summary = "every row has a value in the columns named",
	.open = required_open, .validate = required_validate, .self_size = sizeof(struct self),
	.options = (const struct mu_option[]){
		MU_OPT_TEXTS(struct self, columns, .required = true, .help = "names"), { 0 } },
	.codes = (const struct mu_code[]){ { "missing", "A cell is empty.", "Fill it." }, { 0 } });
