/* No row has more heads than so many: a validator built against an installed muster. */
#include <inttypes.h>

#include <muster/table.h>

struct few {
	int64_t most;
};

static int few_validate(struct mu_ctx *ctx, void *data, const struct ArrowArray *batch)
{
	const struct few *self = data;
	struct mu_column heads;
	struct mu_rows rows;
	int err = 0;

	if (!batch)
		return 0;
	heads = mu_column_named(ctx->schema, batch, "heads");
	rows = mu_rows(ctx->schema, batch);
	for (int64_t row = 0; row < batch->length && !err; row++) {
		if (mu_null(&heads, row) || mu_get_integer(&heads, row) <= self->most)
			continue;
		err = mu_report(ctx,
				(struct mu_finding){ .code = "many",
						     .severity = MU_WARNING,
						     .at = mu_row_at(&rows, row) },
				"%" PRId64 " are more than %" PRId64, mu_get_integer(&heads, row),
				self->most);
	}
	return err;
}

MUSTER_PLUGIN(.name = "few", .summary = "no row has more heads than so many",
	      .self_size = sizeof(struct few), .validate = few_validate,
	      .options = (const struct mu_option[]){ MU_OPT_INT(struct few, most), { 0 } },
	      .codes = (const struct mu_code[]){
		      { "many", "A row has more heads than were allowed.", "Look at the row." },
		      { NULL, NULL, NULL } });
