/*
 * Renames, adds, cleans, converts, drops and orders columns.
 *
 *     - transform: columns
 *       rename: {mission: Missienaam, headcount: Aantal}
 *       set:
 *         - {name: contributor, value: NLD}
 *         - {name: source, origin: name}
 *         - {name: year, column: title, match: '(\d{4})', type: integer}
 *       trim: [mission]
 *       normalise:
 *         - {name: mission, space: collapse}
 *       replace:
 *         - {name: type, values: {UNPOL: police, FPU: police}}
 *       cast:
 *         - {name: headcount, type: integer, language: nl}
 *       measure: headcount
 *       select: [year, contributor, mission, headcount, source]
 *
 * The options are worked off in this order, however they are written, so all but
 * `rename` know the columns by their new names:
 *
 *     rename     new name: present name.  All at once: two can change places.
 *     set        adds columns, behind the others: a constant (value), nothing
 *                (empty), something of the document that the row is from (origin),
 *                the sum of columns as they came in (sum: null when one of them is),
 *                or another column as it came in (column).  With `match`, a regular expression, it
 *                is what the first group in parentheses matches, or all of the
 *                match when there is none; text that does not match is an error
 *                and gives null.  Then the text is read as `type`.  The name may
 *                be that of a column only when `column` is the same one.
 *     trim       takes away white space at both ends.
 *     normalise  letters to upper or lower case, then one form of Unicode, then
 *                (space: collapse) runs of white space to one space and none at
 *                the ends.
 *     replace    texts by others, all that there may be: one that is not listed is an
 *                error and gives null.
 *     cast       reads text as another type, strictly: all of the text has to be
 *                the value.  Without `language` it is written as programs do:
 *                1204, -0.5, true, 2023-11-24.  With one, as its people do:
 *                1.204, "vier", 24 november 2023; `format` is the pattern of a
 *                date, "d/M/yyyy".  What cannot be read is an error and null.
 *                Anything can become string, integer number, and number integer
 *                where nothing is lost.  With `decimals` a number is rounded to so
 *                many digits behind the point, so that the same number written with
 *                more or fewer digits is the same.
 *     measure    marks columns of integers as numbers to be added up.
 *     drop       leaves columns out.
 *     select     leaves out all columns but these, and puts them in this order.
 *
 * Claims go through all of it as data do; a null stays null, but a constant and an
 * origin are set in claims as well, so that they still cover the same rows.  A claim that
 * has a value in a column that is left out ends here, unless all rows of its document
 * have that value or a column with the same name in the document stays: validate: totals
 * behind this stage does not take it for a total of more.
 */
#include "columns.h"

#include "table/adjust.h"
#include "text/icu_memory.h"
#include "text/language.h"
#include "text/pattern.h"
#include "text/phrase.h"

/* A double has no more. */
enum { DECIMALS_MAX = 15 };

static int set_configure(struct mu_ctx *ctx, const struct set *set)
{
	int sources = (set->value != NULL) + (set->origin != ORIGIN_NONE) + (set->column != NULL) +
		      (set->sum.count > 0) + set->empty;
	struct pattern *pattern = NULL;
	struct value value;
	int err = 0;

	if (sources != 1)
		return mu_invalid(ctx, set,
				  "column '%s' needs one of value, origin, column, sum and empty%s",
				  set->name, sources ? ", not several" : "");
	if (set->match && !set->column && !set->origin)
		return mu_invalid(ctx, &set->match,
				  "match goes with column or origin, not with value");
	if (set->value &&
	    value_parse(NULL, type_chosen(set->type), mu_string(set->value), &value) != VALUE_OK)
		return mu_invalid(ctx, &set->value, "'%s' is not of type %s", set->value,
				  mu_data_name(type_chosen(set->type)));
	if (set->match)
		err = pattern_compile(ctx, &set->match, set->match, false, &pattern);
	pattern_free(pattern);
	return err;
}

static int cast_configure(struct mu_ctx *ctx, const struct cast *cast)
{
	if (cast->language && !language_known(cast->language))
		return mu_invalid(ctx, &cast->language,
				  "'%s' is no language that is known: write a tag such as nl or "
				  "pt-BR",
				  cast->language);
	if (cast->format && type_chosen(cast->type) != MU_DATE)
		return mu_invalid(ctx, &cast->format, "format goes with type: date");
	return 0;
}

static int columns_configure(struct mu_ctx *ctx, void *p)
{
	struct self *self = p;
	const struct set *set = self->set.items;
	const struct cast *cast = self->cast.items;
	int err = 0;

	icu_memory_set(ctx);
	if (self->drop.count && self->select.count)
		err = mu_invalid(ctx, &self->drop, "drop and select exclude each other");
	for (size_t i = 0; i < self->set.count && !err; i++)
		err = set_configure(ctx, &set[i]);
	for (size_t i = 0; i < self->cast.count && !err; i++)
		err = cast_configure(ctx, &cast[i]);
	return err;
}

static int columns_open(struct mu_ctx *ctx, void *p, struct ArrowSchema *out)
{
	struct self *self = p;
	int err = plan_make(ctx, self);

	if (!err)
		lost_plan(ctx, self);
	if (!err && mu_schema_copy(out, &self->schema))
		err = mu_fail(ctx, ENOMEM, "out of memory");
	return err;
}

static void columns_close(struct mu_ctx *ctx, void *p)
{
	struct self *self = p;

	(void)ctx;
	plan_release(self);
	lost_release(&self->lost);
}

/* A row at work. */
struct work {
	struct mu_ctx *ctx;
	struct self *self;
	const struct column *column;
	uint64_t at;
	char space[2][MU_FORMAT_MAX]; /* of a number as text: taken, and cast */
};

/* Says why a text gave no value. */
static int report_value(const struct work *work, enum mu_data type, const struct cast *cast,
			struct mu_string text, enum answer answer)
{
	static const char *const kinds[] = {
		[MU_STRING] = "text in UTF-8",
		[MU_INTEGER] = "whole number",
		[MU_NUMBER] = "number",
		[MU_BOOLEAN] = "boolean",
		[MU_DATE] = "date",
	};
	const char *name = work->column->name, *loss = NULL;
	struct phrase shown = { .len = 0 };
	struct mu_finding finding = { .code = answer == VALUE_OVERFLOW ? "overflow" : "cast",
				      .at = work->at,
				      .field = work->column->seen,
				      .value = text.data,
				      .value_len = text.len };

	phrase_add(&shown, text.data, text.len);
	if (answer == VALUE_NO_MEMORY)
		return mu_fail(work->ctx, ENOMEM, "out of memory");
	if (answer == VALUE_OVERFLOW)
		return mu_report(work->ctx, finding, "%s '%s' is too large for a %s", name,
				 shown.text, kinds[type]);
	if (type == MU_NUMBER)
		loss = mu_number_loss(mu_trim(text));
	if (!loss && answer == VALUE_LOSES)
		loss = "has digits that a number would lose; as text it keeps them";
	if (loss)
		return mu_report(work->ctx, finding, "%s '%s' %s", name, shown.text, loss);
	if (type == MU_DATE && cast && cast->format)
		return mu_report(work->ctx, finding, "%s '%s' is no date written %s", name,
				 shown.text, cast->format);
	return mu_report(work->ctx, finding, "%s '%s' is no %s%s%s", name, shown.text, kinds[type],
			 cast && cast->language ? " in the language " : "",
			 cast && cast->language ? cast->language : "");
}

static int report_no_match(const struct work *work, struct mu_string text)
{
	struct phrase shown = { .len = 0 }, match = { .len = 0 };
	struct mu_finding finding = { .code = "no-match",
				      .at = work->at,
				      .field = work->column->seen,
				      .value = text.data,
				      .value_len = text.len };

	phrase_add(&shown, text.data, text.len);
	phrase_add(&match, work->column->set->match, strlen(work->column->set->match));
	return mu_report(work->ctx, finding,
			 "%s cannot be taken from '%s', which does not match "
			 "'%s'",
			 work->column->name, shown.text, match.text);
}

/* What a set column says of the row's document; NULL when that is not known. */
static int origin_text(const struct work *work, const char **out)
{
	const struct mu_document *document = mu_document(work->ctx, work->at);
	int origin = work->column->set->origin;

	*out = NULL;
	if (origin == ORIGIN_SHA256)
		return mu_sha256(work->ctx, work->at, out);
	if (document)
		*out = origin == ORIGIN_NAME         ? document->name
		       : origin == ORIGIN_URI        ? document->published
		       : origin == ORIGIN_MEDIA_TYPE ? document->media_type
						     : document->source;
	return 0;
}

/* The part of a text that the pattern of `set` is after. */
static int text_match(const struct work *work, struct mu_string *text, bool *found)
{
	struct pattern *pattern = work->column->set->pattern;
	struct pattern_match match;
	struct mu_string part = { NULL, 0 };
	int got = pattern_find(work->ctx, pattern, *text, 0, &match);

	if (got < 0)
		return -got;
	if (got)
		part = pattern_group(pattern, pattern_groups(pattern) ? 1 : 0);
	*found = part.data != NULL;
	if (!*found)
		return report_no_match(work, *text);
	*text = part;
	return 0;
}

/* A text, of the document or of a column, as the value of a set column. */
static int text_take(const struct work *work, struct mu_string text, struct value *out)
{
	const struct column *c = work->column;
	enum answer answer;
	int err;

	out->known = true;
	if (c->set->pattern) {
		err = text_match(work, &text, &out->known);
		if (err || !out->known)
			return err;
	}
	answer = value_parse(NULL, c->taken, text, out);
	if (answer == VALUE_OK)
		return 0;
	out->known = false;
	return report_value(work, c->taken, NULL, text, answer);
}

/* The sum of columns; null when one of them is. */
static int cell_sum(const struct work *work, int64_t row, struct value *out)
{
	const struct set *set = work->column->set;
	struct mu_finding finding = { .code = "overflow", .at = work->at };
	int64_t sum = 0;

	*out = (struct value){ .known = false };
	for (size_t i = 0; i < set->sum.count; i++) {
		const struct mu_column *cells = &work->self->cells[set->summed[i]];

		if (mu_null(cells, row))
			return 0;
		if (__builtin_add_overflow(sum, mu_get_integer(cells, row), &sum))
			return mu_report(work->ctx, finding, "%s: the sum is too large",
					 work->column->name);
	}
	*out = (struct value){ .known = true, .as.integer = sum };
	return 0;
}

/* The value that a column begins with. */
static int cell_take(struct work *work, int64_t row, struct value *out)
{
	const struct column *c = work->column;
	const struct mu_column *cells = c->in < 0 ? NULL : &work->self->cells[c->in];
	const char *text;
	enum answer answer;
	int err;

	*out = cells ? value_get(cells, row) : c->constant;
	if (!c->set || c->set->value || c->set->empty)
		return 0;
	if (c->set->sum.count)
		return cell_sum(work, row, out);
	if (!cells) {
		err = origin_text(work, &text);
		return text && !err ? text_take(work, mu_string(text), out) : err;
	}
	if (!out->known)
		return 0;
	if (cells->type == MU_STRING || c->set->pattern)
		return text_take(work, value_text(cells->type, out, work->space[0]), out);
	answer = value_cast(NULL, cells->type, c->taken, out, work->space[0]);
	if (answer == VALUE_OK)
		return 0;
	*out = value_get(cells, row);
	out->known = false;
	return report_value(work, c->taken, NULL, value_text(cells->type, out, work->space[0]),
			    answer);
}

static int report_no_value(const struct work *work, struct mu_string text)
{
	struct phrase shown = { .len = 0 };
	struct mu_finding finding = { .code = "no-value",
				      .at = work->at,
				      .field = work->column->seen,
				      .value = text.data,
				      .value_len = text.len };

	phrase_add(&shown, text.data, text.len);
	return mu_report(work->ctx, finding, "%s '%s' is none of the texts under replace",
			 work->column->name, shown.text);
}

/* What is to stand for a text. */
static int text_replace(const struct work *work, const struct replacement *replacement,
			struct value *value)
{
	for (size_t i = 0; i < replacement->values.count; i++)
		if (mu_string_is(value->as.text, replacement->values.items[i].name)) {
			value->as.text = mu_string(replacement->values.items[i].value);
			return 0;
		}
	value->known = false;
	return report_no_value(work, value->as.text);
}

/* What trim, normalise and replace make of a text. */
static int cell_clean(const struct work *work, struct column *c, struct value *value)
{
	enum answer answer;

	if (c->trimmed)
		value->as.text = mu_trim(value->as.text);
	answer = c->normal ? value_normalise(work->self, c, &value->as.text) : VALUE_OK;
	if (answer != VALUE_OK) {
		value->known = false;
		return report_value(work, MU_STRING, NULL, value->as.text, answer);
	}
	return c->replacement ? text_replace(work, c->replacement, value) : 0;
}

static int cell_cast(struct work *work, const struct column *c, struct value *value)
{
	struct value was = *value;
	enum answer answer = value_cast(c->cast, c->taken, c->type, value, work->space[1]);

	if (answer == VALUE_OK && c->cast->decimals)
		value->as.number = value_round(value->as.number, c->cast->decimals);
	if (answer == VALUE_OK)
		return 0;
	value->known = false;
	return report_value(work, c->type, c->cast, value_text(c->taken, &was, work->space[1]),
			    answer);
}

static int cell_make(struct work *work, struct column *c, int64_t row, struct value *value)
{
	int err = cell_take(work, row, value);

	if (!err && value->known)
		err = cell_clean(work, c, value);
	if (!err && value->known && c->cast)
		err = cell_cast(work, c, value);
	return err;
}

/* Likewise, from what the same word gave before.  One that gave a finding is looked at
 * again, since each row has its own. */
static int cell_compute(struct work *work, struct column *c, int64_t row, struct value *value)
{
	const struct mu_column *cells = c->in < 0 ? NULL : &work->self->cells[c->in];
	struct memo *memo = memo_of(c, cells, row, work->at);
	int err;

	if (memo && memo->value.known) {
		*value = memo->value;
		return 0;
	}
	err = cell_make(work, c, row, value);
	if (!err && memo && !memo_keep(memo, c->type, value))
		err = mu_fail(work->ctx, ENOMEM, "out of memory");
	return err;
}

static int row_compute(struct work *work, int64_t row)
{
	struct self *self = work->self;
	int64_t at = 0;
	int err = 0;

	for (size_t i = 0; i < self->n_order && !err; i++) {
		struct column *c = &self->columns[self->order[i]];
		struct value value;

		if (!column_is_computed(c))
			continue;
		work->column = c;
		err = cell_compute(work, c, row, &value);
		if (err)
			break;
		value_put(&self->builder, at++, c->type, &value);
	}
	mu_end_row(&self->builder);
	return err;
}

static bool work_begin(struct self *self, int64_t rows)
{
	for (size_t i = 0; i < self->n_order; i++) {
		struct column *c = &self->columns[self->order[i]];
		const struct mu_column *cells = c->in < 0 ? NULL : &self->cells[c->in];

		if (column_is_computed(c) && !memos_begin(c, cells, rows))
			return false;
	}
	return true;
}

static int rows_compute(struct mu_ctx *ctx, struct self *self, const struct ArrowArray *batch,
			struct ArrowArray *computed)
{
	struct work work = { .ctx = ctx, .self = self };
	struct mu_rows rows = mu_rows(ctx->schema, batch);
	int64_t i, visible = mu_schema_visible(ctx->schema);
	int err = 0;

	for (i = 0; i < visible; i++)
		self->cells[i] = mu_column(ctx->schema, batch, i);
	if (!lost_take(self, &rows, batch->length))
		return mu_fail(ctx, ENOMEM, "out of memory");
	if (!self->computed.n_children)
		return 0;
	if (!work_begin(self, batch->length))
		return mu_fail(ctx, ENOMEM, "out of memory");
	for (i = 0; i < batch->length && !err; i++) {
		work.at = mu_row_at(&rows, i);
		err = row_compute(&work, i);
	}
	if (err)
		return err;
	err = mu_builder_finish_batch(&self->builder, computed);
	return err ? mu_fail(ctx, err, "a batch of columns cannot be made: %s", strerror(err)) : 0;
}

/* Whether a measure goes through as it is, under its name. */
static bool measure_stays(const struct self *self, int64_t in, const char *name)
{
	for (size_t i = 0; i < self->n_order; i++) {
		const struct column *c = &self->columns[self->order[i]];

		if (c->in == in && column_is_same(c))
			return c->measure && !strcmp(c->name, name);
	}
	return false;
}

/* Before the columns are moved: the measures that go. */
static int measures_leave(struct mu_ctx *ctx, const struct self *self,
			  const struct ArrowArray *batch)
{
	struct mu_rows rows = mu_rows(ctx->schema, batch);
	int64_t visible = mu_schema_visible(ctx->schema);
	int err = 0;

	for (int64_t i = 0; i < visible && !err; i++) {
		const struct ArrowSchema *column = ctx->schema->children[i];

		if (mu_schema_measure(column) && !measure_stays(self, i, column->name))
			err = adjust_measure(ctx, column->name, &self->cells[i], &rows,
					     batch->length, -1);
	}
	return err;
}

/* Whether a measure that comes out is none that came in. */
static bool measure_enters(const struct column *c)
{
	return c->measure && !(column_is_same(c) && mu_schema_measure(c->like) &&
			       !strcmp(c->like->name, c->name));
}

/* Afterwards: those that came. */
static int measures_enter(struct mu_ctx *ctx, const struct self *self, const struct ArrowArray *out)
{
	struct mu_rows rows = mu_rows(&self->schema, out);
	int err = 0;

	for (size_t i = 0; i < self->n_order && !err; i++) {
		const struct column *c = &self->columns[self->order[i]];
		struct mu_column cells;

		if (!measure_enters(c))
			continue;
		cells = mu_column(&self->schema, out, (int64_t)i);
		err = adjust_measure(ctx, c->name, &cells, &rows, out->length, 1);
	}
	return err;
}

static int batch_make(const struct self *self, struct ArrowArray *batch,
		      struct ArrowArray *computed, struct ArrowArray *out)
{
	int64_t hidden = self->schema.n_children - (int64_t)self->n_order, at = 0, i;
	int err = mu_batch_init(out, self->schema.n_children, batch->length);

	for (i = 0; i < (int64_t)self->n_order && !err; i++) {
		const struct column *c = &self->columns[self->order[i]];

		if (column_is_computed(c))
			mu_batch_move(out, i, computed, at++);
		else
			mu_batch_move(out, i, batch, c->in);
	}
	for (i = 0; i < hidden && !err; i++)
		mu_batch_move(out, (int64_t)self->n_order + i, batch,
			      batch->n_children - hidden + i);
	return err;
}

static int columns_transform(struct mu_ctx *ctx, void *p, struct ArrowArray *out)
{
	struct ArrowArray batch = { .release = NULL }, computed = { .release = NULL };
	struct self *self = p;
	int err;

	err = mu_pull(ctx, &batch);
	if (err || !batch.release)
		return err;
	err = rows_compute(ctx, self, &batch, &computed);
	if (!err)
		err = measures_leave(ctx, self, &batch);
	if (!err && batch_make(self, &batch, &computed, out))
		err = mu_fail(ctx, ENOMEM, "out of memory");
	if (!err)
		err = measures_enter(ctx, self, out);
	mu_array_release(&computed);
	mu_array_release(&batch);
	if (err)
		mu_array_release(out);
	return err;
}

/* What else is remembered is of one batch. */
static int columns_merge(struct mu_ctx *ctx, void *p, void *other)
{
	struct self *self = p;
	const struct self *theirs = other;

	return lost_merge(&self->lost, &theirs->lost) ? 0 : mu_fail(ctx, ENOMEM, "out of memory");
}

static int columns_claim(struct mu_ctx *ctx, void *p, struct mu_claim *claim)
{
	struct self *self = p;
	int64_t column = lost_column(&self->lost, claim->at);

	if (column < 0)
		return 0;
	claim->end = MU_CLAIM_ENDED;
	claim->column = ctx->schema->children[column]->name;
	return 0;
}

/* Whether the values that a column is made of can make a finding. */
static bool column_judges(const struct mu_ctx *ctx, const struct column *c)
{
	enum mu_data in = mu_schema_type(ctx->schema->children[c->in]);

	return (c->set && (c->set->pattern || (c->taken != in && c->taken != MU_STRING))) ||
	       c->normal || c->replacement || (c->cast && c->type != MU_STRING);
}

/* Measures that stay are none of the stage's business; the sums of others are stated. */
static void columns_uses(struct mu_ctx *ctx, void *p, const bool *out, bool *in)
{
	const struct self *self = p;

	for (size_t i = 0; i < self->n_order; i++) {
		const struct column *c = &self->columns[self->order[i]];

		for (size_t k = 0; c->set && k < c->set->sum.count; k++)
			in[c->set->summed[k]] = true;
		if (c->in >= 0 && (out[i] || measure_enters(c) || column_judges(ctx, c)))
			in[c->in] = true;
	}
	for (int64_t i = 0; i < mu_schema_visible(ctx->schema); i++)
		if (mu_schema_measure(ctx->schema->children[i]) &&
		    !measure_stays(self, i, ctx->schema->children[i]->name))
			in[i] = true;
	lost_uses(&self->lost, in);
}

static const char *const origins[] = {
	"none", "name", "uri", "sha256", "media_type", "source", NULL
};
static const char *const types[] = { "string", "integer", "number", "boolean", "date", NULL };
static const char *const forms[] = { "nfc", "nfkc", NULL };
static const char *const spaces[] = { "keep", "collapse", NULL };
static const char *const cases[] = { "keep", "upper", "lower", NULL };

static const struct mu_option set_options[] = {
	MU_OPT_TEXT(struct set, name, .required = true, .help = "the new column"),
	MU_OPT_TEXT(struct set, value, .help = "what it holds in every row"),
	MU_OPT_CHOICE(struct set, origin, .choices = origins, .fallback = "none",
		      .help = "what it says of the row's document"),
	MU_OPT_TEXT(struct set, column, .help = "the column that it is made of"),
	MU_OPT_TEXT(struct set, match,
		    .help = "a regular expression: its first group, or all of the match, is taken"),
	MU_OPT_TEXTS(struct set, sum, .help = "columns of integers that it is the sum of"),
	MU_OPT_BOOL(struct set, empty, .help = "it is unknown in every row"),
	MU_OPT_CHOICE(struct set, type, .choices = types, .fallback = "string",
		      .help = "the type of its values"),
	{ 0 },
};

static const struct mu_option normal_options[] = {
	MU_OPT_TEXT(struct normal, name, .required = true, .help = "a column of text"),
	MU_OPT_CHOICE(struct normal, form, .choices = forms, .fallback = "nfc",
		      .help = "the form of Unicode"),
	MU_OPT_CHOICE(struct normal, space, .choices = spaces, .fallback = "keep",
		      .help = "what becomes of white space"),
	{ .name = "case",
	  .type = MU_CHOICE,
	  .offset = MU_OFFSET(struct normal, letters, int),
	  .choices = cases,
	  .fallback = "keep",
	  .help = "what becomes of letters" },
	{ 0 },
};

static const struct mu_option replacement_options[] = {
	MU_OPT_TEXT(struct replacement, name, .required = true, .help = "a column of text"),
	MU_OPT_PAIRS(struct replacement, values, .required = true,
		     .help = "what it holds: what is to stand there; any other text is an error"),
	{ 0 },
};

static const struct mu_option cast_options[] = {
	MU_OPT_TEXT(struct cast, name, .required = true, .help = "a column"),
	MU_OPT_CHOICE(struct cast, type, .choices = types, .required = true,
		      .help = "what it becomes"),
	MU_OPT_TEXT(struct cast, language,
		    .help = "a language tag such as nl: numbers, number words and dates as it "
			    "writes them"),
	MU_OPT_TEXT(struct cast, format, .help = "the pattern of a date, such as d/M/yyyy"),
	MU_OPT_INT(struct cast, decimals, .min = 1, .max = DECIMALS_MAX,
		   .help = "digits behind the point to which a number is rounded"),
	{ 0 },
};

static const struct mu_option options[] = {
	MU_OPT_PAIRS(struct self, rename, .help = "new name: present name"),
	MU_OPT_ITEMS(struct self, set, struct set, set_options,
		     .help = "columns to add, each by one of value, origin, column, sum and empty"),
	MU_OPT_TEXTS(struct self, trim, .help = "columns to rid of white space at their ends"),
	MU_OPT_ITEMS(struct self, normalise, struct normal, normal_options,
		     .help = "columns of text to bring into one form"),
	MU_OPT_ITEMS(struct self, replace, struct replacement, replacement_options,
		     .help = "columns of text whose values get other words"),
	MU_OPT_ITEMS(struct self, cast, struct cast, cast_options,
		     .help = "columns to give another type"),
	MU_OPT_TEXTS(struct self, measure, .help = "columns of integers to be added up"),
	MU_OPT_TEXTS(struct self, drop, .help = "columns to leave out"),
	MU_OPT_TEXTS(struct self, select, .help = "the columns to keep, in this order"),
	{ 0 },
};

static const struct mu_code codes[] = {
	{ "cast", "A value cannot be read as the type that its column gets.",
	  "Correct the value, or declare the type, language or format that it has." },
	{ "overflow", "A number is too large for the type that its column gets.",
	  "Correct the number, or cast to another type." },
	{ "no-value", "A text is none of those for which the pipeline has another word.",
	  "Correct the text, or add it under replace." },
	{ "no-match", "The text that a column is taken from does not match its pattern.",
	  "Correct the pattern in match, or the text." },
	{ 0 },
};

MUSTER_PLUGIN(.name = "columns",
	      .summary = "renames, adds, cleans, converts, drops and orders columns",
	      .options = options, .codes = codes, .self_size = sizeof(struct self),
	      .configure = columns_configure, .open = columns_open, .close = columns_close,
	      .transform = columns_transform, .merge = columns_merge, .uses = columns_uses,
	      .claim = columns_claim);
