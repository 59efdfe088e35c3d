#include <muster/table.h>

/* Says of every thousandth value of a batch that it is odd, and in the end how many. */
struct odd {
	uint64_t count;
};

static int odd_validate(struct mu_ctx *ctx, void *state, const struct ArrowArray *batch)
{
	struct odd *self = state;
	struct mu_column numbers;
	struct mu_rows rows;
	int err = 0;

	if (!batch)
		return mu_report(ctx, (struct mu_finding){ .code = "many", .severity = MU_NOTE },
				 "%llu numbers end in 777", (unsigned long long)self->count);
	rows = mu_rows(ctx->schema, batch);
	numbers = mu_column_named(ctx->schema, batch, "number");
	for (int64_t i = 0; i < batch->length && !err; i++) {
		if (mu_row_is_rejected(&rows, i) || mu_get_integer(&numbers, i) % 1000 != 777)
			continue;
		self->count++;
		err = mu_report(ctx,
				(struct mu_finding){ .code = "odd",
						     .severity = MU_WARNING,
						     .at = mu_row_at(&rows, i),
						     .field = "number" },
				"an odd number");
	}
	return err;
}

static int odd_merge(struct mu_ctx *ctx, void *state, void *other)
{
	struct odd *self = state, *from = other;

	(void)ctx;
	self->count += from->count;
	return 0;
}

static const struct mu_code codes[] = {
	{ "odd", "A number ends in 777.", "Nothing is to be done." },
	{ "many", "How many do.", "Nothing is to be done." },
	{ 0 },
};

MUSTER_PLUGIN(.name = "odd", .summary = "looks for odd numbers", .codes = codes,
	      .self_size = sizeof(struct odd), .validate = odd_validate, .merge = odd_merge);
