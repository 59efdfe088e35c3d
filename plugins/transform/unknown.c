/*
 * Numbers that stand for none: unknown where the row shows it.
 *
 *     - transform: unknown
 *       rules:
 *         - {column: police, when: year, to: 1991, status: police_status, reason: not counted}
 *         - {column: total, when: active, from: 1, status: total_status, reason: withheld}
 *
 * Some sources write 0 where they do not know.  Where all zeros of a column mean that,
 * the parser's option `missing` says so; here it depends on another column of the row: a
 * number of `column` that equals `value` becomes unknown where `when` is known and lies
 * in `from` to `to`, both included.  `when` holds integers or dates.  The column of text
 * `status` then gets the reason.
 *
 * All rules look at the row as it came in.  They hold for claims too: what the source
 * does not know it does not claim.
 */
#include <stdlib.h>

#include <muster/table.h>

#include "table/adjust.h"

enum { RULES_MAX = 1000, UNCHANGED = -1, NOTHING = -1 };

struct rule {
	/* the options */
	const char *column, *when, *from, *to, *status, *reason;
	int64_t value;

	int64_t column_at, when_at, status_at; /* columns; status_at may be NOTHING */
	int64_t least, most;                   /* that `when` may be; days of dates */
};

struct unknown {
	struct mu_items rules;

	int64_t *changed;          /* of each column: which of the builder's it is, or UNCHANGED */
	struct mu_column *cells;   /* of the batch at hand */
	struct ArrowSchema schema; /* of the changed columns alone */
	struct mu_builder builder; /* of these */
};

static struct rule *rule_at(const struct unknown *self, size_t i)
{
	return (struct rule *)self->rules.items + i;
}

static int unknown_configure(struct mu_ctx *ctx, void *p)
{
	const struct unknown *self = p;

	for (size_t i = 0; i < self->rules.count; i++) {
		struct rule *rule = rule_at(self, i);

		if (!rule->from && !rule->to)
			return mu_invalid(ctx, &rule->when,
					  "say in which range '%s' has to be, by from, to or both",
					  rule->when);
		if (rule->status && !rule->reason)
			return mu_invalid(ctx, &rule->status,
					  "say with reason what '%s' is to hold", rule->status);
		if (rule->reason && !rule->status)
			return mu_invalid(ctx, &rule->reason,
					  "say with status which column gets the reason");
	}
	return 0;
}

/* The index of a column of one type, or of either of two, in `at`. */
static int column_find(struct mu_ctx *ctx, const char *const *option, enum mu_data type,
		       enum mu_data or, int64_t *at)
{
	enum mu_data is;
	int err = mu_option_column(ctx, option, at);

	if (err)
		return err;
	is = mu_schema_type(ctx->schema->children[*at]);
	if (is == type || is == or)
		return 0;
	return mu_invalid(ctx, option, "column '%s' is of type %s, and has to be of type %s%s%s",
			  *option, mu_data_name(is), mu_data_name(type), type == or ? "" : " or ",
			  type == or ? "" : mu_data_name(or));
}

/* An end of a range, of a date or an integer. */
static int bound_parse(struct mu_ctx *ctx, const char *const *option, enum mu_data type,
		       int64_t *out)
{
	int32_t day;

	if (!*option || (type == MU_INTEGER && mu_parse_integer(mu_string(*option), out)))
		return 0;
	if (type == MU_INTEGER)
		return mu_invalid(ctx, option, "'%s' is no whole number", *option);
	if (!mu_parse_date(mu_string(*option), &day))
		return mu_invalid(ctx, option, "'%s' is no date such as 2023-11-24", *option);
	*out = day;
	return 0;
}

static int rule_open(struct mu_ctx *ctx, struct rule *rule)
{
	int err = column_find(ctx, &rule->column, MU_INTEGER, MU_INTEGER, &rule->column_at);
	enum mu_data type;

	if (!err)
		err = column_find(ctx, &rule->when, MU_INTEGER, MU_DATE, &rule->when_at);
	rule->status_at = NOTHING;
	if (!err && rule->status)
		err = column_find(ctx, &rule->status, MU_STRING, MU_STRING, &rule->status_at);
	if (err)
		return err;
	type = mu_schema_type(ctx->schema->children[rule->when_at]);
	rule->least = INT64_MIN;
	rule->most = INT64_MAX;
	err = bound_parse(ctx, &rule->from, type, &rule->least);
	if (!err)
		err = bound_parse(ctx, &rule->to, type, &rule->most);
	if (!err && rule->least > rule->most)
		err = mu_invalid(ctx, &rule->from, "nothing lies from '%s' to '%s'", rule->from,
				 rule->to);
	return err;
}

/* Adds a column to those that change, unless it is one. */
static int column_change(const struct mu_ctx *ctx, struct unknown *self, int64_t at)
{
	if (at == NOTHING || self->changed[at] != UNCHANGED)
		return 0;
	self->changed[at] = self->schema.n_children;
	return mu_schema_add_copy(&self->schema, ctx->schema->children[at], NULL);
}

static int unknown_open(struct mu_ctx *ctx, void *p, struct ArrowSchema *out)
{
	struct unknown *self = p;
	size_t visible = (size_t)mu_schema_visible(ctx->schema);
	int err = 0;

	for (size_t i = 0; i < self->rules.count && !err; i++)
		err = rule_open(ctx, rule_at(self, i));
	if (err)
		return err;
	self->changed = mu_alloc(ctx, visible * sizeof *self->changed);
	self->cells = mu_alloc(ctx, visible * sizeof *self->cells);
	for (size_t i = 0; i < visible; i++)
		self->changed[i] = UNCHANGED;
	err = mu_schema_init(&self->schema);
	for (size_t i = 0; i < self->rules.count && !err; i++) {
		err = column_change(ctx, self, rule_at(self, i)->column_at);
		if (!err)
			err = column_change(ctx, self, rule_at(self, i)->status_at);
	}
	if (!err)
		err = mu_builder_init(&self->builder, &self->schema);
	if (!err)
		err = mu_schema_copy(out, ctx->schema);
	return err ? mu_fail(ctx, err, "out of memory") : 0;
}

static void unknown_close(struct mu_ctx *ctx, void *p)
{
	struct unknown *self = p;

	(void)ctx;
	mu_builder_release(&self->builder);
	mu_schema_release(&self->schema);
}

static int64_t number_get(const struct mu_column *cells, int64_t row)
{
	return cells->type == MU_DATE ? mu_get_date(cells, row) : mu_get_integer(cells, row);
}

static bool rule_holds(const struct unknown *self, const struct rule *rule, int64_t row)
{
	const struct mu_column *column = &self->cells[rule->column_at];
	const struct mu_column *when = &self->cells[rule->when_at];
	int64_t number;

	if (mu_null(column, row) || mu_get_integer(column, row) != rule->value ||
	    mu_null(when, row))
		return false;
	number = number_get(when, row);
	return number >= rule->least && number <= rule->most;
}

/* The rule that holds for a column, as what it empties or says why; NULL: none. */
static const struct rule *rule_find(const struct unknown *self, int64_t column, int64_t row)
{
	for (size_t i = 0; i < self->rules.count; i++) {
		const struct rule *rule = rule_at(self, i);

		if ((rule->column_at == column || rule->status_at == column) &&
		    rule_holds(self, rule, row))
			return rule;
	}
	return NULL;
}

static void rows_make(struct unknown *self, const struct ArrowArray *batch, int64_t visible)
{
	for (int64_t row = 0; row < batch->length; row++) {
		for (int64_t i = 0; i < visible; i++) {
			const struct rule *rule;

			if (self->changed[i] == UNCHANGED)
				continue;
			rule = rule_find(self, i, row);
			if (!rule && !mu_null(&self->cells[i], row))
				mu_put_value(&self->builder, self->changed[i], &self->cells[i],
					     row);
			else if (rule && rule->status_at == i)
				mu_put_string(&self->builder, self->changed[i],
					      mu_string(rule->reason));
		}
		mu_end_row(&self->builder);
	}
}

/* Takes the sums of measures that change off (`sign` -1), or adds them. */
static int measures_adjust(struct mu_ctx *ctx, const struct unknown *self,
			   const struct ArrowArray *batch, int sign)
{
	struct mu_rows rows = mu_rows(ctx->schema, batch);
	int err = 0;

	for (int64_t i = 0; i < mu_schema_visible(ctx->schema) && !err; i++) {
		const struct ArrowSchema *column = ctx->schema->children[i];
		struct mu_column cells = mu_column(ctx->schema, batch, i);

		if (self->changed[i] != UNCHANGED && mu_schema_measure(column))
			err = adjust_measure(ctx, column->name, &cells, &rows, batch->length, sign);
	}
	return err;
}

static int batch_make(const struct unknown *self, int64_t visible, struct ArrowArray *batch,
		      struct ArrowArray *changed, struct ArrowArray *out)
{
	int err = mu_batch_init(out, batch->n_children, batch->length);

	for (int64_t i = 0; i < batch->n_children && !err; i++) {
		if (i < visible && self->changed[i] != UNCHANGED)
			mu_batch_move(out, i, changed, self->changed[i]);
		else
			mu_batch_move(out, i, batch, i);
	}
	return err;
}

static int unknown_transform(struct mu_ctx *ctx, void *p, struct ArrowArray *out)
{
	struct ArrowArray batch = { .release = NULL }, changed = { .release = NULL };
	struct unknown *self = p;
	int64_t visible = mu_schema_visible(ctx->schema);
	int err = mu_pull(ctx, &batch);

	if (err || !batch.release)
		return err;
	for (int64_t i = 0; i < visible; i++)
		self->cells[i] = mu_column(ctx->schema, &batch, i);
	rows_make(self, &batch, visible);
	err = mu_builder_finish_batch(&self->builder, &changed);
	if (err)
		mu_fail(ctx, err, "a batch of numbers cannot be made: %s", strerror(err));
	if (!err)
		err = measures_adjust(ctx, self, &batch, -1);
	if (!err && batch_make(self, visible, &batch, &changed, out))
		err = mu_fail(ctx, ENOMEM, "out of memory");
	if (!err)
		err = measures_adjust(ctx, self, out, 1);
	mu_array_release(&changed);
	mu_array_release(&batch);
	if (err)
		mu_array_release(out);
	return err;
}

/* Nothing is remembered. */
static int unknown_merge(struct mu_ctx *ctx, void *p, void *other)
{
	(void)ctx;
	(void)p;
	(void)other;
	return 0;
}

/* The sums of measures that change are stated, whoever looks at them. */
static void unknown_uses(struct mu_ctx *ctx, void *p, const bool *out, bool *in)
{
	const struct unknown *self = p;

	for (int64_t i = 0; i < mu_schema_visible(ctx->schema); i++)
		in[i] = in[i] || out[i];
	for (size_t i = 0; i < self->rules.count; i++) {
		const struct rule *rule = rule_at(self, i);
		bool status = rule->status_at != NOTHING && out[rule->status_at];

		if (out[rule->column_at] || status ||
		    mu_schema_measure(ctx->schema->children[rule->column_at]))
			in[rule->column_at] = in[rule->when_at] = true;
	}
}

static const struct mu_option rule_options[] = {
	MU_OPT_TEXT(struct rule, column, .required = true, .help = "a column of integers"),
	MU_OPT_INT(struct rule, value, .min = -9e15, .max = 9e15, .fallback = "0",
		   .help = "the number that means that there is none"),
	MU_OPT_TEXT(struct rule, when, .required = true,
		    .help = "the column, of integers or dates, on which that depends"),
	MU_OPT_TEXT(struct rule, from, .help = "the least that it has to be"),
	MU_OPT_TEXT(struct rule, to, .help = "the most that it has to be"),
	MU_OPT_TEXT(struct rule, status, .help = "a column of text that gets the reason"),
	MU_OPT_TEXT(struct rule, reason, .help = "why there is no number"),
	{ 0 },
};

static const struct mu_option options[] = {
	MU_OPT_ITEMS(struct unknown, rules, struct rule, rule_options, .required = true, .min = 1,
		     .max = RULES_MAX, .help = "which numbers stand for none"),
	{ 0 },
};

MUSTER_PLUGIN(.name = "unknown", .summary = "makes numbers that stand for none unknown",
	      .options = options, .self_size = sizeof(struct unknown),
	      .configure = unknown_configure, .open = unknown_open, .close = unknown_close,
	      .transform = unknown_transform, .merge = unknown_merge, .uses = unknown_uses);
