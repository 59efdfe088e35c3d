#include "table/columns.h"

#include <inttypes.h>

#include "table/counts.h"
#include "text/phrase.h"

static int report_column_missing(struct mu_ctx *ctx, const struct table_columns *columns,
				 const struct table_column *c, struct mu_string name)
{
	struct mu_finding missing = { .code = "column-missing",
				      .at = columns->header_at,
				      .field = c ? c->name : NULL };
	struct phrase wanted = { .len = 0 }, list = { .len = 0 };
	char column[TABLE_COLUMN_NAME];
	size_t i;

	for (i = 0; c && i < c->n_header; i++) {
		phrase_puts(&wanted, i ? "' above '" : "'");
		phrase_add(&wanted, c->header[i].data, c->header[i].len);
	}
	if (!c || !c->n_header) {
		phrase_puts(&wanted, "'");
		phrase_add(&wanted, name.data, name.len);
	}
	phrase_puts(&wanted, "'");
	for (i = 0; i < columns->width; i++) {
		name = table_columns_heading(columns, i);
		phrase_puts(&list, i ? ", '" : "'");
		charset_name_show(&list, name);
		phrase_puts(&list, "'");
	}
	if (!c || !c->option->position)
		return mu_report(ctx, missing, "the header has no %s, but %s", wanted.text,
				 list.text);
	i = (size_t)c->option->position - 1;
	table_column_name(&columns->form, i, column);
	if (i >= columns->width)
		return mu_report(ctx, missing, "the header does not reach to column %s", column);
	name = table_columns_heading(columns, i);
	list.len = 0;
	phrase_add(&list, name.data, name.len);
	return mu_report(ctx, missing, "column %s has the header '%s', not %s", column, list.text,
			 wanted.text);
}

static int report_column_twice(struct mu_ctx *ctx, const struct table_columns *columns,
			       const char *field, size_t first, size_t second)
{
	struct mu_string name = table_columns_heading(columns, first);
	struct mu_finding twice = { .code = "column-twice",
				    .at = columns->header_at,
				    .field = field,
				    .value = name.data,
				    .value_len = name.len };
	char a[TABLE_COLUMN_NAME], b[TABLE_COLUMN_NAME];
	struct phrase shown = { .len = 0 };

	phrase_add(&shown, name.data, name.len);
	return mu_report(ctx, twice, "'%s' is the header of column %s and of column %s", shown.text,
			 table_column_name(&columns->form, first, a),
			 table_column_name(&columns->form, second, b));
}

/* A measure whose header is one text has a number in another row of the header: that row is one
 * of data, or numbers the columns. */
static int report_data(struct mu_ctx *ctx, const struct table_columns *columns,
		       const struct table_column *c)
{
	struct mu_finding wrong = { .code = "header", .at = columns->header_at, .field = c->name };

	if (!c->option->measure || c->n_header > 1 || c->option->position)
		return 0;
	for (size_t row = 0; row < columns->n_headings; row++) {
		struct mu_string text = table_columns_text(columns, row, c->cell);
		struct phrase shown = { .len = 0 }, header = { .len = 0 };

		if (text_equal(text, c->header[0]) || !text_counts(text))
			continue;
		phrase_add(&shown, text.data, text.len);
		phrase_add(&header, c->header[0].data, c->header[0].len);
		return mu_report(
			ctx, wrong,
			"row %zu of the header has '%s' in the column of '%s': if it is no "
			"data, list what each row of the header has there, \"*\" for anything",
			row + 1, shown.text, header.text);
	}
	return 0;
}

static int report_declared(struct mu_ctx *ctx, const struct table_columns *columns)
{
	const struct table_column *c;
	size_t second;
	int err = 0;

	for (c = columns->items; !err && c < columns->items + columns->n; c++) {
		if (c->of)
			continue;
		if (c->cell == SIZE_MAX) {
			if (!c->option->optional || table_columns_look_like(columns, c))
				err = report_column_missing(ctx, columns, c, mu_string(c->name));
			continue;
		}
		err = report_data(ctx, columns, c);
		second = c->option->position ? SIZE_MAX
					     : table_columns_find(columns, c, c->cell + 1);
		if (!err && second != SIZE_MAX)
			err = report_column_twice(ctx, columns, c->name, c->cell, second);
	}
	return err;
}

/* A name that looks like another one. */
static int report_name_odd(struct mu_ctx *ctx, const struct table_columns *columns,
			   struct mu_string name, size_t cell)
{
	unsigned code = charset_name_odd(name);
	char column[TABLE_COLUMN_NAME];
	struct mu_finding odd = { .severity = MU_WARNING,
				  .code = "control",
				  .at = columns->header_at,
				  .value = name.data,
				  .value_len = name.len };

	if (!code || table_columns_told(columns, cell))
		return 0;
	return mu_report(ctx, odd, "the name of column %s has the character U+%04X, %s",
			 table_column_name(&columns->form, cell, column), code,
			 charset_control_kind(code));
}

static int report_names(struct mu_ctx *ctx, const struct table_columns *columns)
{
	struct mu_finding wrong = { .code = "header", .at = columns->header_at };
	const struct declared_claim *claims = columns->options->claims.items;
	const struct table_column *c;
	struct mu_string name;
	const char *problem;
	char column[TABLE_COLUMN_NAME];
	size_t i;
	int err = 0;

	for (i = 0; !err && i < columns->width; i++) {
		name = table_columns_heading(columns, i);
		if (!name.len && !columns->form.names)
			continue; /* no matter, if it has no cells */
		problem = column_name_problem(name);
		c = problem ? NULL : table_columns_named(columns, name);
		if (problem)
			err = mu_report(ctx, wrong, "the name of column %s %s",
					table_column_name(&columns->form, i, column), problem);
		else if (c && c->cell != i)
			err = report_column_twice(ctx, columns, NULL, c->cell, i);
		else
			err = report_name_odd(ctx, columns, name, i);
	}
	for (i = 0; !err && i < columns->options->claims.count; i++)
		if (!table_columns_named(columns, mu_string(claims[i].column)))
			err = report_column_missing(ctx, columns, NULL,
						    mu_string(claims[i].column));
	return err;
}

int table_columns_report(struct mu_ctx *ctx, const struct table_columns *columns)
{
	struct mu_finding wide = { .code = "too-wide",
				   .at = columns->header_at,
				   .numbers = true,
				   .expected = columns->options->max_columns,
				   .found = (int64_t)columns->wanted };
	int err = 0;

	if (!columns->options->header_rows)
		return 0;
	if (columns->wanted > columns->width)
		err = mu_report(ctx, wide,
				"the header has %zu columns, more than the %" PRId64
				" that max_columns allows",
				columns->wanted, columns->options->max_columns);
	if (!err)
		err = (columns->options->columns.count ? report_declared : report_names)(ctx,
											 columns);
	return err;
}
