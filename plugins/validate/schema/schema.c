/*
 * Rows against the schema that the pipeline declares (core/config/tableschema.h says
 * what a schema can hold):
 *
 *     schema: roster.json
 *     ...
 *     dataset:
 *       - validate: schema
 *         extra: allow
 *       - export: csv
 *         path: rosters.csv
 *
 * The columns must be the fields of the schema, in any order, each of the
 * field's type; one that differs is a mistake in the pipeline and stops it.
 * Then each row of data is checked: required, enum, pattern, minimum, maximum
 * and unique of each field, the primary key and the foreign keys.  A pattern
 * must match the whole of a text.  Null is unknown: it breaks nothing but
 * required and the primary key, and never equals another null.  Claims, and
 * rows that were rejected before, are let pass.
 *
 * Each constraint of each field, and each key, counts as one check over all the
 * rows: failed when any row broke it, not evaluated when there was none.
 *
 * Uniqueness costs memory, about 100 bytes and the length of the key for each
 * row; max_keys is its bound.  It needs all rows in order, so that where something
 * is to be unique one instance sees them all.
 */
#include <stdio.h>
#include <stdlib.h>

#include "checks.h"

enum extra { EXTRA_REFUSE, EXTRA_ALLOW };
static const char *const extras[] = { "refuse", "allow", NULL };

struct self {
	int extra;
	int64_t max_keys;

	struct checks checks;
	int64_t n_columns;
	uint64_t rows; /* that were checked */
};

static const struct mu_option options[] = {
	MU_OPT_CHOICE(struct self, extra, .fallback = "refuse", .choices = extras,
		      .help = "columns that are no field of the schema"),
	MU_OPT_INT(struct self, max_keys, .fallback = "50000000", .min = 1, .max = 4294967293,
		   .help = "how many values of keys and unique fields to remember at the most"),
	{ 0 },
};

static const struct mu_code codes[] = {
	{ "required", "A field that the schema requires is empty.",
	  "Complete the source, map another column to the field, or relax the schema." },
	{ "enum", "A value is not on the schema's list of those that the field may have.",
	  "Correct the value, translate it in the pipeline, or add it to the list." },
	{ "pattern", "A text does not match the schema's pattern for its field as a whole.",
	  "Correct the value, or the pattern if the value is right." },
	{ "minimum", "A value is less than the schema allows.",
	  "Correct the value, or lower the minimum if the value is right." },
	{ "maximum", "A value is more than the schema allows.",
	  "Correct the value, or raise the maximum if the value is right." },
	{ "unique", "A value that may stand in one row alone stands in two.",
	  "Find out which of the rows is right; both places are given." },
	{ "primary-key",
	  "Two rows have the same values in the fields that tell rows apart, or one of these "
	  "fields is empty.",
	  "Find out which of the rows is right, or merge them with transform/consolidate." },
	{ "future-date", "The date in the field as_of is after today.",
	  "Look whether the year is a slip; the day of today is that of the machine's clock, or of "
	  "SOURCE_DATE_EPOCH." },
	{ "foreign-key", "A value is not on the reference list that the schema names.",
	  "Correct the value, or add it to the list if it is missing there." },
	{ 0 },
};

static size_t names_count(const char *const *names)
{
	size_t count = 0;

	while (names[count])
		count++;
	return count;
}

static struct check *check_add(struct mu_ctx *ctx, struct self *self, enum check_kind kind,
			       const char *const *names)
{
	struct check *check = &self->checks.items[self->checks.count++];

	check->kind = &check_kinds[kind];
	check->names = names;
	check->count = names_count(names);
	check->columns = mu_alloc(ctx, check->count * sizeof *check->columns);
	return check;
}

static struct check *field_check_add(struct mu_ctx *ctx, struct self *self, enum check_kind kind,
				     const struct mu_field *field)
{
	const char **names = mu_alloc(ctx, 2 * sizeof *names);
	struct check *check;

	names[0] = field->name;
	check = check_add(ctx, self, kind, names);
	check->field = field;
	return check;
}

/* A text of the schema as the value that it is for its field: false when it is
 * none, which the schema's reader has ruled out. */
static bool value_parse(struct check *check, const char *text)
{
	switch (mu_data_by_name(check->field->type)) {
	case MU_INTEGER:
		return mu_parse_integer(mu_string(text), &check->integer);
	case MU_NUMBER:
		return mu_parse_number(mu_string(text), &check->number);
	case MU_DATE:
		return mu_parse_date(mu_string(text), &check->date);
	default:
		return true;
	}
}

static int bound_configure(struct mu_ctx *ctx, struct self *self, enum check_kind kind,
			   const struct mu_field *field, const char *bound)
{
	if (!bound || value_parse(field_check_add(ctx, self, kind, field), bound))
		return 0;
	return mu_fail(ctx, EINVAL, "field '%s': %s '%s' is no %s", field->name,
		       check_kinds[kind].code, bound, field->type);
}

/* A value of an enum as mu_format() writes it. */
static struct mu_string value_format(const struct check *check, const char *text,
				     char space[MU_FORMAT_MAX])
{
	struct mu_column cell = { .type = mu_data_by_name(check->field->type) };

	if (cell.type == MU_INTEGER)
		cell.values = &check->integer;
	else if (cell.type == MU_NUMBER)
		cell.values = &check->number;
	else
		return mu_string(text); /* these have but one form */
	return mu_format(&cell, 0, space);
}

static int enum_configure(struct mu_ctx *ctx, struct self *self, const struct mu_field *field)
{
	struct check *check;

	if (!field->values)
		return 0;
	check = field_check_add(ctx, self, CHECK_ENUM, field);
	check->values.parts = 1;
	for (size_t i = 0; field->values[i]; i++) {
		char space[MU_FORMAT_MAX];
		struct mu_string value;

		if (!value_parse(check, field->values[i]))
			return mu_fail(ctx, EINVAL, "field '%s': '%s' in enum is no %s",
				       field->name, field->values[i], field->type);
		value = value_format(check, field->values[i], space);
		if (!values_add(&check->values, &value))
			return mu_fail(ctx, ENOMEM, "out of memory");
	}
	return 0;
}

static int pattern_configure(struct mu_ctx *ctx, struct self *self, const struct mu_field *field)
{
	struct check *check = field_check_add(ctx, self, CHECK_PATTERN, field);

	/* There is no option of the pipeline to blame: any other address will do. */
	int err = pattern_compile(ctx, field, field->pattern, true, &check->pattern);

	if (!err || err == ENOMEM)
		return err;
	return mu_fail(ctx, EINVAL, "the schema's pattern for field '%s' is not usable: %s",
		       field->name, field->pattern);
}

/* A day of grace, since it is tomorrow already in the east. */
static int future_configure(struct mu_ctx *ctx, struct self *self, const struct mu_field *field)
{
	int32_t today;

	if (mu_today(&today))
		return mu_fail(ctx, EINVAL, "SOURCE_DATE_EPOCH is no number of seconds since 1970");
	field_check_add(ctx, self, CHECK_FUTURE, field)->date = today + 1;
	return 0;
}

static int field_configure(struct mu_ctx *ctx, struct self *self, const struct mu_field *field)
{
	int err;

	if (field->required)
		field_check_add(ctx, self, CHECK_REQUIRED, field);
	err = enum_configure(ctx, self, field);
	if (!err && field->pattern)
		err = pattern_configure(ctx, self, field);
	if (!err)
		err = bound_configure(ctx, self, CHECK_MINIMUM, field, field->minimum);
	if (!err)
		err = bound_configure(ctx, self, CHECK_MAXIMUM, field, field->maximum);
	if (!err && field->unique)
		field_check_add(ctx, self, CHECK_UNIQUE, field);
	if (!err && !strcmp(field->name, "as_of") && !strcmp(field->type, "date"))
		err = future_configure(ctx, self, field);
	return err;
}

static int foreign_key_configure(struct mu_ctx *ctx, struct self *self,
				 const struct mu_foreign_key *key)
{
	struct check *check = check_add(ctx, self, CHECK_FOREIGN_KEY, key->fields);
	int64_t before = self->checks.keys;
	int err;

	check->resource = key->resource;
	check->parts = mu_alloc(ctx, check->count * sizeof *check->parts);
	check->spaces = mu_alloc(ctx, check->count * sizeof *check->spaces);
	err = values_read(ctx, key, self->max_keys - before, &check->values);
	self->checks.keys += (int64_t)values_count(&check->values);
	return err;
}

static int schema_configure(struct mu_ctx *ctx, void *data)
{
	const struct mu_table_schema *schema = ctx->table_schema;
	struct self *self = data;
	int err = 0;

	if (!schema)
		return mu_fail(ctx, EINVAL, "the pipeline declares no schema");
	self->checks.max_keys = self->max_keys;
	/* At most seven checks a field. */
	self->checks.items = mu_alloc(ctx, (7 * schema->n_fields + 1 + schema->n_foreign_keys) *
						   sizeof *self->checks.items);
	for (size_t i = 0; i < schema->n_fields && !err; i++)
		err = field_configure(ctx, self, &schema->fields[i]);
	if (schema->primary_key && !err)
		check_add(ctx, self, CHECK_PRIMARY_KEY, schema->primary_key);
	for (size_t i = 0; i < schema->n_foreign_keys && !err; i++)
		err = foreign_key_configure(ctx, self, &schema->foreign_keys[i]);
	return err;
}

static bool is_field(const struct mu_table_schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->n_fields; i++)
		if (!strcmp(schema->fields[i].name, name))
			return true;
	return false;
}

/* Writes how the columns differ from the fields: how often they do. */
static int differences_print(FILE *out, const struct mu_ctx *ctx, const struct self *self)
{
	const struct mu_table_schema *schema = ctx->table_schema;
	const char *name;
	int count = 0;

	for (size_t i = 0; i < schema->n_fields; i++) {
		const struct mu_field *field = &schema->fields[i];
		int64_t at = mu_schema_find(ctx->schema, field->name);
		const struct ArrowSchema *column = at < 0 ? NULL : ctx->schema->children[at];

		if (!column)
			fprintf(out, "%s'%s' is missing", count++ ? "; " : "", field->name);
		else if (mu_schema_type(column) != mu_data_by_name(field->type))
			fprintf(out, "%s'%s' is of type %s, not %s", count++ ? "; " : "",
				field->name, mu_data_name(mu_schema_type(column)), field->type);
		else if (field->measure && !mu_schema_measure(column))
			fprintf(out, "%s'%s' is no measure (measure: true where it is parsed)",
				count++ ? "; " : "", field->name);
	}
	for (int64_t i = 0; i < self->n_columns && self->extra == EXTRA_REFUSE; i++) {
		name = ctx->schema->children[i]->name;
		if (!is_field(schema, name))
			fprintf(out, "%s'%s' is no field of the schema (extra: allow lets it be)",
				count++ ? "; " : "", name);
	}
	return count;
}

static int columns_compare(struct mu_ctx *ctx, const struct self *self)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int count = out ? differences_print(out, ctx, self) : 0, err = 0;

	if (!out || fclose(out))
		err = mu_fail(ctx, ENOMEM, "out of memory");
	else if (count)
		err = mu_fail(ctx, EINVAL, "the columns are not the fields of the schema: %s",
			      text);
	free(text);
	return err;
}

static int schema_open(struct mu_ctx *ctx, void *data, struct ArrowSchema *out)
{
	struct self *self = data;
	int err;

	(void)out;
	self->n_columns = mu_schema_visible(ctx->schema);
	err = columns_compare(ctx, self);
	if (err)
		return err;
	self->checks.columns =
		mu_alloc(ctx, ((size_t)self->n_columns + 1) * sizeof *self->checks.columns);
	for (size_t i = 0; i < self->checks.count; i++) {
		struct check *check = &self->checks.items[i];

		for (size_t j = 0; j < check->count; j++)
			check->columns[j] = mu_schema_find(ctx->schema, check->names[j]);
		if (check->kind->passes)
			check->texts = mu_alloc(ctx, sizeof *check->texts);
		if (check->kind->remembers)
			mu_serial(ctx);
	}
	return 0;
}

static void schema_uses(struct mu_ctx *ctx, void *data, const bool *out, bool *in)
{
	struct self *self = data;

	(void)ctx, (void)out;
	for (size_t i = 0; i < self->checks.count; i++)
		for (size_t j = 0; j < self->checks.items[i].count; j++)
			in[self->checks.items[i].columns[j]] = true;
}

static int outcomes_tell(struct mu_ctx *ctx, const struct self *self)
{
	int err = 0;

	for (size_t i = 0; i < self->checks.count && !err; i++) {
		const struct check *check = &self->checks.items[i];

		err = check->kind->advises ? check_advise(ctx, check)
					   : mu_checked(ctx,
							!self->rows     ? MU_UNEVALUATED
							: check->failed ? MU_FAIL
									: MU_PASS,
							1);
	}
	return err;
}

static int row_check(struct mu_ctx *ctx, struct checks *checks, struct row *row)
{
	uint8_t marks = checks->screen.marks[row->index];
	bool suspect = marks & ROW_SUSPECT;
	bool all = suspect && (!checks->screen.counted || marks & ROW_UNDECIDED);
	int err = 0;

	for (size_t i = 0; i < checks->count && !err; i++) {
		struct check *check = &checks->items[i];

		if (check->every || all || (suspect && check->kind->advises))
			err = check->kind->row(ctx, check, row);
	}
	return err;
}

/* Goes through the rows that are marked, or all when a check has to see them. */
static int rows_check(struct mu_ctx *ctx, struct checks *checks, const struct mu_rows *rows)
{
	const struct screen *screen = &checks->screen;
	struct row row = { .checks = checks };
	bool every = false;
	int err = 0;

	for (size_t i = 0; i < checks->count; i++)
		every |= checks->items[i].every;
	if (!every && !screen->suspects)
		return 0;
	for (; row.index < screen->rows && !err; row.index++) {
		uint8_t marks = screen->marks[row.index];

		/* Suggestions take their time. */
		if (!(row.index & 255) && mu_cancelled(ctx))
			return ECANCELED;
		if (marks & ROW_PASSED_OVER || (!every && !marks))
			continue;
		row.at = mu_row_at(rows, row.index);
		err = row_check(ctx, checks, &row);
	}
	return err;
}

static int schema_validate(struct mu_ctx *ctx, void *data, const struct ArrowArray *batch)
{
	struct self *self = data;
	struct checks *checks = &self->checks;
	struct mu_rows rows;

	if (!batch)
		return outcomes_tell(ctx, self);
	rows = mu_rows(ctx->schema, batch);
	for (int64_t i = 0; i < self->n_columns; i++)
		checks->columns[i] = mu_column(ctx->schema, batch, i);
	if (!screen_begin(&checks->screen, &rows, batch->length))
		return mu_fail(ctx, ENOMEM, "out of memory");
	checks->screen.counted = ctx->findings_counted;
	self->rows += (uint64_t)(batch->length - checks->screen.passed_over);
	for (size_t i = 0; i < checks->count; i++) {
		struct check *check = &checks->items[i];

		check->every = !check->kind->screen || !check->kind->screen(ctx, checks, check);
		if (checks->screen.err)
			return checks->screen.err;
	}
	return rows_check(ctx, checks, &rows);
}

/* Values that must not occur twice are not among it: then there is one instance. */
static int schema_merge(struct mu_ctx *ctx, void *data, void *from)
{
	struct self *self = data, *other = from;

	(void)ctx;
	self->rows += other->rows;
	for (size_t i = 0; i < self->checks.count; i++) {
		struct check *check = &self->checks.items[i], *more = &other->checks.items[i];

		check->failed |= more->failed;
		if (!check->late) {
			check->late_at = more->late_at;
			check->late_date = more->late_date;
		}
		check->late += more->late;
	}
	return 0;
}

static void schema_close(struct mu_ctx *ctx, void *data)
{
	struct self *self = data;

	(void)ctx;
	for (size_t i = 0; i < self->checks.count; i++) {
		struct check *check = &self->checks.items[i];

		pattern_free(check->pattern);
		values_release(&check->values);
		mu_map_release(&check->seen);
	}
	mu_key_release(&self->checks.key);
	screen_release(&self->checks.screen);
}

MUSTER_PLUGIN(.name = "schema", .summary = "rows against the schema of the dataset",
	      .options = options, .codes = codes, .self_size = sizeof(struct self),
	      .configure = schema_configure, .open = schema_open, .close = schema_close,
	      .validate = schema_validate, .merge = schema_merge, .uses = schema_uses);
