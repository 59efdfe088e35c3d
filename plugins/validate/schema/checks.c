#include "checks.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "text/utf8.h"

#define SHOWN_MAX 100 /* bytes of a value in a message */

static const struct mu_column *cell_of(const struct check *check, const struct row *row, size_t i)
{
	return &row->checks->columns[check->columns[i]];
}

static bool cell_is_null(const struct check *check, const struct row *row, size_t i)
{
	return mu_null(cell_of(check, row, i), row->index);
}

/* Lives until the next one. */
static struct mu_string cell_text(const struct check *check, struct row *row, size_t i)
{
	return mu_format(cell_of(check, row, i), row->index, row->space);
}

/* As much of a value as a message shows, for "%.*s": whole characters. */
static int shown(struct mu_string value)
{
	return (int)utf8_cut(value.data, value.len, SHOWN_MAX);
}

/* A finding about the first column of a check, which has thereby failed. */
static struct mu_finding broken(struct check *check, const struct row *row, struct mu_string value)
{
	check->failed = true;
	return (struct mu_finding){ .code = check->kind->code,
				    .at = row->at,
				    .field = check->names[0],
				    .value = value.data,
				    .value_len = value.len };
}

int check_count(struct mu_ctx *ctx, struct check *check, uint64_t at, uint64_t other)
{
	check->failed = true;
	return mu_finding_count(
		ctx, (struct mu_finding){ .code = check->kind->code, .at = at, .other = other });
}

/* The value that was probably meant, or NULL, into *out. */
static int suggest(struct mu_ctx *ctx, struct check *check, const struct row *row,
		   struct mu_string value, const char **out)
{
	struct icu *icu = &row->checks->icu;
	int err = icu_open(ctx, icu);

	if (!err)
		*out = values_nearest(ctx, icu, &check->values, value);
	return err;
}

static int required_row(struct mu_ctx *ctx, struct check *check, struct row *row)
{
	if (!cell_is_null(check, row, 0))
		return 0;
	return mu_report(ctx, broken(check, row, (struct mu_string){ 0 }), "%s is empty",
			 check->field->name);
}

static int enum_row(struct mu_ctx *ctx, struct check *check, struct row *row)
{
	struct mu_finding finding;
	struct mu_string value;
	int found, err;

	if (cell_is_null(check, row, 0))
		return 0;
	value = cell_text(check, row, 0);
	found = values_find(&check->values, &value);
	if (found < 0)
		return mu_fail(ctx, ENOMEM, "out of memory");
	if (found)
		return 0;
	if (ctx->findings_counted)
		return check_count(ctx, check, row->at, 0);
	finding = broken(check, row, value);
	err = suggest(ctx, check, row, value, &finding.suggested);
	if (err)
		return err;
	return mu_report(ctx, finding, "%s '%.*s' is none of the %zu value%s that it may have",
			 check->field->name, shown(value), value.data, values_count(&check->values),
			 mu_plural(values_count(&check->values)));
}

static int value_passes(struct check *check, struct mu_string text)
{
	return values_find(&check->values, &text);
}

static int pattern_row(struct mu_ctx *ctx, struct check *check, struct row *row)
{
	struct pattern_match match;
	struct mu_string value;
	int found;

	if (cell_is_null(check, row, 0))
		return 0;
	value = mu_get_string(cell_of(check, row, 0), row->index);
	found = pattern_find(ctx, check->pattern, value, 0, &match);
	if (found < 0)
		return -found;
	if (found)
		return 0;
	return mu_report(ctx, broken(check, row, value), "%s '%.*s' does not match %s",
			 check->field->name, shown(value), value.data, check->field->pattern);
}

__attribute__((format(printf, 3, 0))) static int fail_unheard(struct mu_ctx *ctx, int err,
							      const char *fmt, va_list ap)
{
	(void)ctx, (void)fmt, (void)ap;
	return err;
}

/* The text may be one of a row that is passed over, so that what goes wrong with it
 * is not for this to say. */
static int pattern_passes(struct check *check, struct mu_string text)
{
	struct mu_ctx unheard = { .size = sizeof unheard, .failed = fail_unheard };
	struct pattern_match match;

	return pattern_find(&unheard, check->pattern, text, 0, &match);
}

/* -1, 0, 1: a value is below the bound, at it, above it. */
static int value_compare(const struct check *check, const struct mu_column *cells, int64_t row)
{
	int64_t integer, bound;

	if (cells->type == MU_NUMBER) {
		double number = mu_get_number(cells, row);

		return (number > check->number) - (number < check->number);
	}
	if (cells->type == MU_DATE) {
		integer = mu_get_date(cells, row);
		bound = check->date;
	} else {
		integer = mu_get_integer(cells, row);
		bound = check->integer;
	}
	return (integer > bound) - (integer < bound);
}

bool check_beyond(const struct check *check, const struct mu_column *cells, int64_t row)
{
	int order = value_compare(check, cells, row);

	/* What is no number is in no range. */
	if (cells->type == MU_NUMBER && isnan(mu_get_number(cells, row)))
		return true;
	return check->kind == &check_kinds[CHECK_MINIMUM] ? order < 0 : order > 0;
}

static int bound_row(struct mu_ctx *ctx, struct check *check, struct row *row)
{
	bool above = check->kind == &check_kinds[CHECK_MAXIMUM];
	struct mu_string value;

	if (cell_is_null(check, row, 0) || !check_beyond(check, cell_of(check, row, 0), row->index))
		return 0;
	value = cell_text(check, row, 0);
	return mu_report(ctx, broken(check, row, value), "%s is %.*s, and at %s %s is expected",
			 check->field->name, shown(value), value.data, above ? "most" : "least",
			 above ? check->field->maximum : check->field->minimum);
}

/* A day of grace, since it is tomorrow already in the east. */
static int future_row(struct mu_ctx *ctx, struct check *check, struct row *row)
{
	(void)ctx;
	if (cell_is_null(check, row, 0) || !check_beyond(check, cell_of(check, row, 0), row->index))
		return 0;
	if (!check->late++) {
		check->late_at = row->at;
		check->late_date = mu_get_date(cell_of(check, row, 0), row->index);
	}
	return 0;
}

int check_advise(struct mu_ctx *ctx, const struct check *check)
{
	struct mu_finding late = { .severity = MU_WARNING,
				   .code = check->kind->code,
				   .at = check->late_at,
				   .field = check->names[0] };
	int first[3], now[3];

	if (!check->late)
		return 0;
	mu_date_to_civil(check->late_date, &first[0], &first[1], &first[2]);
	mu_date_to_civil(check->date - 1, &now[0], &now[1], &now[2]);
	return mu_report(ctx, late,
			 "%s of %" PRIu64 " row%s is after today, %04d-%02d-%02d: %s%04d-%02d-%02d",
			 late.field, check->late, mu_plural(check->late), now[0], now[1], now[2],
			 check->late == 1 ? "" : "first ", first[0], first[1], first[2]);
}

/* The place of the first row with the values of this one, in *first: its own when
 * there was none. */
static int key_enter(struct mu_ctx *ctx, struct check *check, struct row *row, uint64_t *first)
{
	struct checks *all = row->checks;
	size_t before = check->seen.count, entry = SIZE_MAX;

	mu_key_clear(&all->key);
	for (size_t i = 0; i < check->count; i++)
		mu_key_add(&all->key, cell_of(check, row, i), row->index);
	if (!all->key.broken)
		entry = mu_map_add(&check->seen, all->key.data, all->key.len);
	if (entry == SIZE_MAX)
		return mu_fail(ctx, ENOMEM, "out of memory");
	if (check->seen.count > before) {
		if (all->keys == all->max_keys)
			return mu_fail(ctx, E2BIG,
				       "there are more than %" PRId64 " values that "
				       "must not occur twice; max_keys allows more",
				       all->max_keys);
		all->keys++;
		check->seen.entries[entry].value = row->at;
	}
	*first = check->seen.entries[entry].value;
	return 0;
}

static int unique_row(struct mu_ctx *ctx, struct check *check, struct row *row)
{
	struct mu_finding finding;
	struct mu_string value;
	uint64_t first;
	int err;

	if (cell_is_null(check, row, 0))
		return 0;
	err = key_enter(ctx, check, row, &first);
	if (err || first == row->at)
		return err;
	if (ctx->findings_counted)
		return check_count(ctx, check, row->at, first);
	value = cell_text(check, row, 0);
	finding = broken(check, row, value);
	finding.other = finding.beside = first;
	return mu_report(ctx, finding, "%s '%.*s' stands in another row already",
			 check->field->name, shown(value), value.data);
}

/* "as_of 2023-11-24, mission EULEX", as far as there is room. */
static void key_describe(const struct check *check, struct row *row, char *out, size_t size)
{
	size_t len = 0;

	*out = '\0';
	for (size_t i = 0; i < check->count && len < size; i++) {
		struct mu_string value = cell_text(check, row, i);
		int put = snprintf(out + len, size - len, "%s%s '%.*s'", i ? ", " : "",
				   check->names[i], shown(value), value.data);

		if (put < 0 || (size_t)put >= size - len) {
			out[len] = '\0';
			return;
		}
		len += (size_t)put;
	}
}

/* A required column says by itself that it is empty. */
static bool is_required(struct mu_ctx *ctx, const char *name)
{
	const struct mu_table_schema *schema = ctx->table_schema;

	for (size_t i = 0; i < schema->n_fields; i++)
		if (!strcmp(schema->fields[i].name, name))
			return schema->fields[i].required;
	return false;
}

static int primary_key_nulls(struct mu_ctx *ctx, struct check *check, struct row *row,
			     bool *complete)
{
	int err = 0;

	*complete = true;
	for (size_t i = 0; i < check->count && !err; i++) {
		struct mu_finding finding;

		if (!cell_is_null(check, row, i))
			continue;
		*complete = false;
		finding = broken(check, row, (struct mu_string){ 0 });
		finding.field = check->names[i];
		if (!is_required(ctx, finding.field))
			err = mu_report(ctx, finding, "%s is empty, and part of the primary key",
					finding.field);
	}
	return err;
}

static int primary_key_row(struct mu_ctx *ctx, struct check *check, struct row *row)
{
	struct mu_finding finding;
	char described[512];
	uint64_t first;
	bool complete;
	int err = primary_key_nulls(ctx, check, row, &complete);

	if (err || !complete)
		return err;
	err = key_enter(ctx, check, row, &first);
	if (err || first == row->at)
		return err;
	if (ctx->findings_counted)
		return check_count(ctx, check, row->at, first);
	finding = broken(check, row, (struct mu_string){ 0 });
	finding.other = finding.beside = first;
	if (check->count > 1)
		finding.field = NULL;
	key_describe(check, row, described, sizeof described);
	return mu_report(ctx, finding, "another row has this primary key already: %s", described);
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int foreign_key_row(struct mu_ctx *ctx, struct check *check, struct row *row)
{
	struct mu_string *parts = check->parts;
	struct mu_finding finding;
	char described[512];
	int found, err;

	for (size_t i = 0; i < check->count; i++) {
		if (cell_is_null(check, row, i))
			return 0;
		parts[i] = mu_format(cell_of(check, row, i), row->index, check->spaces[i]);
	}
	found = values_find(&check->values, parts);
	if (found < 0)
		return mu_fail(ctx, ENOMEM, "out of memory");
	if (found)
		return 0;
	if (ctx->findings_counted)
		return check_count(ctx, check, row->at, 0);
	finding = broken(check, row, parts[0]);
	err = suggest(ctx, check, row, parts[0], &finding.suggested);
	if (err)
		return err;
	if (check->count > 1) {
		finding.field = finding.value = NULL;
		finding.value_len = 0;
	}
	key_describe(check, row, described, sizeof described);
	return mu_report(ctx, finding, "%s is not in %s", described, file_name(check->resource));
}

const struct kind check_kinds[] = {
	[CHECK_REQUIRED] = { .code = "required", .row = required_row, .screen = screen_nulls },
	[CHECK_ENUM] = { .code = "enum",
			 .row = enum_row,
			 .screen = screen_texts,
			 .passes = value_passes },
	[CHECK_PATTERN] = { .code = "pattern",
			    .row = pattern_row,
			    .screen = screen_texts,
			    .passes = pattern_passes },
	[CHECK_MINIMUM] = { .code = "minimum", .row = bound_row, .screen = screen_bounds },
	[CHECK_MAXIMUM] = { .code = "maximum", .row = bound_row, .screen = screen_bounds },
	[CHECK_UNIQUE] = { .code = "unique", .row = unique_row, .remembers = true },
	[CHECK_PRIMARY_KEY] = { .code = "primary-key", .row = primary_key_row, .remembers = true },
	[CHECK_FOREIGN_KEY] = { .code = "foreign-key",
				.row = foreign_key_row,
				.screen = screen_texts,
				.passes = value_passes },
	[CHECK_FUTURE] = { .code = "future-date",
			   .row = future_row,
			   .screen = screen_bounds,
			   .advises = true },
};
