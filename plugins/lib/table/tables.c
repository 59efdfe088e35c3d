#include "table/tables.h"

#include <inttypes.h>

#include "table/lines.h"
#include "text/phrase.h"

enum {
	BATCH_ROWS = 8192,
	BATCH_BYTES = 4 << 20, /* of text in one batch, but for its last row */
};

struct tables {
	const struct table_options *options;
	struct table_columns columns;
	struct table_lines lines;
	bool told, ended; /* what is wrong with the header; with the whole */
	bool built;       /* there is a builder */
	struct mu_builder builder;
	size_t bytes;            /* of text in it */
	uint64_t n_rows, n_data; /* of these, those that are no claims */
};

struct tables *tables_open(struct mu_ctx *ctx, const struct table_options *options,
			   const struct table_form *form)
{
	struct tables *t = mu_alloc(ctx, sizeof *t);

	*t = (struct tables){ .options = options, .lines = { .columns = &t->columns } };
	table_columns_open(ctx, &t->columns, options, form);
	if (t->columns.ready)
		table_lines_resolve(ctx, &t->lines);
	return t;
}

void tables_close(struct tables *t)
{
	if (!t)
		return;
	if (t->built)
		mu_builder_release(&t->builder);
	table_lines_close(&t->lines);
}

bool tables_ready(const struct tables *t)
{
	return t->columns.ready;
}

int tables_schema(struct mu_ctx *ctx, struct tables *t, struct ArrowSchema *out)
{
	const struct table_column *c;
	int err = mu_schema_init(out);

	for (c = t->columns.items; !err && c < t->columns.items + t->columns.n; c++)
		err = mu_schema_add(out, c->name, c->type, c->option && c->option->measure, NULL);
	if (!err)
		err = mu_schema_add_hidden(out);
	if (!err)
		err = mu_builder_init(&t->builder, out);
	t->built = !err;
	return err ? mu_fail(ctx, err, "out of memory") : 0;
}

size_t tables_cell_of(const struct tables *t, const char *field)
{
	const struct table_column *c = table_columns_named(&t->columns, mu_string(field));

	if (c && c->of)
		c = c->of;
	return c ? c->cell : SIZE_MAX;
}

const char *tables_field_of(const struct tables *t, size_t cell)
{
	const struct table_column *c;

	for (c = t->columns.items; c < t->columns.items + t->columns.n; c++)
		if (c->cell == cell)
			return c->name;
	return NULL;
}

static void value_put(struct tables *t, const struct table_column *c, const struct reading *r)
{
	int64_t column = c - t->columns.items;

	switch (c->type) {
	case MU_STRING:
		mu_put_string(&t->builder, column, r->as.text);
		t->bytes += r->as.text.len;
		break;
	case MU_INTEGER:
		mu_put_integer(&t->builder, column, r->as.integer);
		break;
	case MU_NUMBER:
		mu_put_number(&t->builder, column, r->as.number);
		break;
	case MU_BOOLEAN:
		mu_put_boolean(&t->builder, column, r->as.boolean);
		break;
	case MU_DATE:
		mu_put_date(&t->builder, column, r->as.date);
		break;
	default:
		break;
	}
}

static int report_beyond(struct mu_ctx *ctx, const struct tables *t, const struct table_row *row,
			 size_t cell)
{
	size_t width = t->columns.width;
	char space[MU_FORMAT_MAX], column[TABLE_COLUMN_NAME], last[TABLE_COLUMN_NAME];
	struct mu_finding beyond = { .code = "beyond", .at = row->at };
	struct phrase shown = { .len = 0 };
	struct mu_string text;

	table_column_name(&t->columns.form, cell, column);
	table_column_name(&t->columns.form, width ? width - 1 : 0, last);
	/* What a line has behind max_columns is not kept. */
	if (cell >= row->n)
		return mu_report(ctx, beyond,
				 "column %s has a cell, but the last one of the table is %s",
				 column, last);
	text = cell_text(&row->cells[cell], space);
	beyond.value = text.data;
	beyond.value_len = cell_shown_length(text);
	phrase_add(&shown, text.data, text.len);
	return mu_report(ctx, beyond, "column %s has '%s', but the last one of the table is %s",
			 column, shown.text, last);
}

/* Cells that stand under no header: `n` of the line were not blank. */
static int row_check(struct mu_ctx *ctx, struct tables *t, const struct table_row *row, size_t n)
{
	struct table_columns *columns = &t->columns;
	struct mu_finding wrong = { .code = "header", .at = row->at };
	char column[TABLE_COLUMN_NAME];
	size_t i, kept = 0;
	int err = 0;

	for (i = columns->width; i < n; i++)
		if (i >= row->n || !cell_is_blank(&row->cells[i]))
			return report_beyond(ctx, t, row, i);
	for (i = 0; !err && i < columns->n_unnamed; i++) {
		size_t cell = columns->unnamed[i];

		if (cell >= row->n || cell_is_blank(&row->cells[cell]))
			columns->unnamed[kept++] = cell;
		else
			err = mu_report(ctx, wrong, "column %s has a cell but no name",
					table_column_name(&columns->form, cell, column));
	}
	if (!err)
		columns->n_unnamed = kept;
	return err;
}

/* Whether no column would refuse the header, had it a row of its own again. */
static bool takes_header(const struct table_columns *columns)
{
	const struct table_column *c;

	for (c = columns->items; c < columns->items + columns->n; c++)
		if (c->type != MU_STRING)
			return false;
	return true;
}

static int report_again(struct mu_ctx *ctx, const struct table_row *row)
{
	struct mu_finding again = { .severity = MU_WARNING, .code = "header-again", .at = row->at };

	return mu_report(ctx, again, "the row is the header again, and was read as one of data");
}

static int rows_limit(struct mu_ctx *ctx, const struct tables *t)
{
	if (t->n_rows <= (uint64_t)t->options->max_rows)
		return 0;
	return mu_fail(ctx, E2BIG, "it has more than %" PRId64 " rows; max_rows allows more",
		       t->options->max_rows);
}

static int row_put(struct mu_ctx *ctx, struct tables *t, struct table_row *row)
{
	const struct table_columns *columns = &t->columns;
	const struct table_column *c;
	struct reading reading;
	const char *claim;
	int err = table_row_find_claim(ctx, &t->lines, row);

	for (c = columns->items; !err && c < columns->items + columns->n; c++) {
		err = table_row_read(ctx, &t->lines, row, c, &reading);
		if (reading.outcome == READ_VALUE)
			value_put(t, c, &reading);
	}
	claim = table_row_claim_name(&t->lines, row);
	mu_end_row_at(&t->builder, row->at, claim);
	t->n_data += !claim || t->options->all_claims;
	return err;
}

/* How many cells of a line there are up to the last one that is not blank. */
static size_t line_length(const struct line *line, const struct table_row *row)
{
	size_t n = line->n;

	if (n > row->n)
		return n;
	while (n && cell_is_blank(&row->cells[n - 1]))
		n--;
	return n;
}

int tables_line(struct mu_ctx *ctx, struct tables *t, const struct line *line)
{
	struct table_row row;
	bool note = false;
	int err = table_lines_begin(ctx, &t->lines, line, &row);
	size_t n = err ? 0 : line_length(line, &row);

	if (err || (!n && (t->columns.ready || !t->columns.n_headings)))
		return err;
	if (!t->columns.ready) {
		table_columns_take_header(ctx, &t->columns, row.cells, n, row.n < n ? row.n : n,
					  row.at);
		if (t->columns.ready)
			table_lines_resolve(ctx, &t->lines);
		return 0;
	}
	if (!t->told)
		err = table_columns_report(ctx, &t->columns);
	t->told = true;
	if (!err && t->options->notes.count && n <= row.n)
		err = table_row_is_note(ctx, &t->lines, &row, &note);
	if (err || note)
		return err;
	t->n_rows++;
	err = rows_limit(ctx, t);
	if (!err)
		err = row_check(ctx, t, &row, n);
	if (!err && takes_header(&t->columns) && table_columns_are_in(&t->columns, row.cells, n))
		err = report_again(ctx, &row);
	return err ? err : row_put(ctx, t, &row);
}

int tables_finish(struct mu_ctx *ctx, struct tables *t)
{
	struct mu_finding empty = { .code = "empty" }, none = { .code = "no-rows" };
	int err = 0;

	if (t->ended)
		return 0;
	t->ended = true;
	if (!t->columns.ready)
		return mu_report(ctx, empty,
				 t->columns.n_headings ? "the table ends before its header does"
						       : "the table has no cell that is not blank");
	if (!t->told)
		err = table_columns_report(ctx, &t->columns);
	t->told = true;
	if (!err)
		err = t->n_rows ? table_lines_report(ctx, &t->lines)
				: notes_report(ctx, &t->lines.notes);
	if (err || t->n_data)
		return err;
	return mu_report(ctx, none, "the table has no row of data%s",
			 t->n_rows ? ", only claims" : "");
}

int tables_merge(struct mu_ctx *ctx, struct tables *t, const struct tables *other)
{
	t->n_rows += other->n_rows;
	t->n_data += other->n_data;
	table_lines_merge(&t->lines, &other->lines);
	return rows_limit(ctx, t);
}

bool tables_full(const struct tables *t)
{
	return t->builder.rows >= BATCH_ROWS || t->bytes >= BATCH_BYTES;
}

int tables_take(struct mu_ctx *ctx, struct tables *t, struct ArrowArray *out)
{
	int err = mu_builder_finish(&t->builder, out);

	t->bytes = 0;
	if (err == EOVERFLOW)
		return mu_fail(ctx, err, "a batch has too much text; max_field can forbid it");
	return err ? mu_fail(ctx, err, "out of memory") : 0;
}
