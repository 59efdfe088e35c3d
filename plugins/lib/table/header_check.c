#include "table/rows_state.h"

#include <inttypes.h>

#include "text/phrase.h"

static int report_column_missing(struct mu_ctx *ctx, const struct rows *rows,
				 const struct rows_field *f, struct mu_string name)
{
	struct mu_finding missing = { .code = "column-missing",
				      .at = rows->header_at,
				      .field = f ? f->name : NULL };
	struct phrase wanted = { .len = 0 }, list = { .len = 0 };
	char column[ROWS_COLUMN_NAME];
	size_t i;

	for (i = 0; f && i < f->n_header; i++) {
		phrase_puts(&wanted, i ? "' above '" : "'");
		phrase_add(&wanted, f->header[i].data, f->header[i].len);
	}
	if (!f || !f->n_header) {
		phrase_puts(&wanted, "'");
		phrase_add(&wanted, name.data, name.len);
	}
	phrase_puts(&wanted, "'");
	for (i = 0; i < rows->width; i++) {
		name = rows_header_name(rows, i);
		phrase_puts(&list, i ? ", '" : "'");
		charset_name_show(&list, name);
		phrase_puts(&list, "'");
	}
	if (!f || !f->option->position)
		return mu_report(ctx, missing, "the header has no %s, but %s", wanted.text,
				 list.text);
	i = (size_t)f->option->position - 1;
	rows_column_name(&rows->source, i, column);
	if (i >= rows->width)
		return mu_report(ctx, missing, "the header does not reach to column %s", column);
	name = rows_header_name(rows, i);
	list.len = 0;
	phrase_add(&list, name.data, name.len);
	return mu_report(ctx, missing, "column %s has the header '%s', not %s", column, list.text,
			 wanted.text);
}

static int report_column_twice(struct mu_ctx *ctx, const struct rows *rows, const char *field,
			       size_t first, size_t second)
{
	struct mu_string name = rows_header_name(rows, first);
	struct mu_finding twice = { .code = "column-twice",
				    .at = rows->header_at,
				    .field = field,
				    .value = name.data,
				    .value_len = name.len };
	char a[ROWS_COLUMN_NAME], b[ROWS_COLUMN_NAME];
	struct phrase shown = { .len = 0 };

	phrase_add(&shown, name.data, name.len);
	return mu_report(ctx, twice, "'%s' is the header of column %s and of column %s", shown.text,
			 rows_column_name(&rows->source, first, a),
			 rows_column_name(&rows->source, second, b));
}

static int report_declared(struct mu_ctx *ctx, const struct rows *rows)
{
	const struct rows_field *f;
	size_t second;
	int err = 0;

	for (f = rows->fields; !err && f < rows->fields + rows->n_fields; f++) {
		if (f->of)
			continue;
		if (f->cell == SIZE_MAX) {
			if (!f->option->optional || rows_header_looks_like(rows, f))
				err = report_column_missing(ctx, rows, f, mu_string(f->name));
			continue;
		}
		second = f->option->position ? SIZE_MAX : rows_header_find(rows, f, f->cell + 1);
		if (second != SIZE_MAX)
			err = report_column_twice(ctx, rows, f->name, f->cell, second);
	}
	return err;
}

/* A name that looks like another one. */
static int report_name_odd(struct mu_ctx *ctx, const struct rows *rows, struct mu_string name,
			   size_t cell)
{
	unsigned code = charset_name_odd(name);
	char column[ROWS_COLUMN_NAME];
	struct mu_finding odd = { .severity = MU_WARNING,
				  .code = "control",
				  .at = rows->header_at,
				  .value = name.data,
				  .value_len = name.len };

	if (!code)
		return 0;
	return mu_report(ctx, odd, "the name of column %s has the character U+%04X, %s",
			 rows_column_name(&rows->source, cell, column), code,
			 charset_control_kind(code));
}

static int report_names(struct mu_ctx *ctx, const struct rows *rows)
{
	struct mu_finding wrong = { .code = "header", .at = rows->header_at };
	const struct declared_claim *claims = rows->options->claims.items;
	const struct rows_field *f;
	struct mu_string name;
	const char *problem;
	char column[ROWS_COLUMN_NAME];
	size_t i;
	int err = 0;

	for (i = 0; !err && i < rows->width; i++) {
		name = rows_header_name(rows, i);
		if (!name.len)
			continue; /* no matter, if it has no cells */
		problem = column_name_problem(name);
		f = problem ? NULL : rows_field_named(rows, name);
		if (problem)
			err = mu_report(ctx, wrong, "the name of column %s %s",
					rows_column_name(&rows->source, i, column), problem);
		else if (f && f->cell != i)
			err = report_column_twice(ctx, rows, NULL, f->cell, i);
		else
			err = report_name_odd(ctx, rows, name, i);
	}
	for (i = 0; !err && i < rows->options->claims.count; i++)
		if (!rows->claim_fields[i])
			err = report_column_missing(ctx, rows, NULL, mu_string(claims[i].column));
	return err;
}

int rows_header_report(struct mu_ctx *ctx, struct rows *rows)
{
	struct mu_finding wide = { .code = "too-wide",
				   .at = rows->header_at,
				   .numbers = true,
				   .expected = rows->options->max_columns,
				   .found = (int64_t)rows->wanted };
	int err = 0;

	rows->told = true;
	if (!rows->options->header_rows)
		return 0;
	if (rows->wanted > rows->width)
		err = mu_report(ctx, wide,
				"the header has %zu columns, more than the %" PRId64
				" that max_columns allows",
				rows->wanted, rows->options->max_columns);
	if (!err)
		err = (rows->options->columns.count ? report_declared : report_names)(ctx, rows);
	return err;
}
