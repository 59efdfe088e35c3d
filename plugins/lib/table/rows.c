#include "table/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "table/rows_state.h"
#include "text/phrase.h"

enum {
	BATCH_ROWS = 8192,
	BATCH_BYTES = 4 << 20, /* of text in one batch, but for its last row */
};

const struct mu_option rows_column_options[] = {
	COLUMN_OPTION_NAME,
	MU_OPT_TEXTS(struct declared_column, header, .max = 20,
		     .help = "its name in the document, where that is another; or what it has in "
			     "each row of the header, \"*\" for anything"),
	MU_OPT_INT(struct declared_column, position, .min = 1, .max = 10000,
		   .help = "which column of the table it is, from 1, where no header tells"),
	COLUMN_OPTIONS,
	{ 0 },
};

static int configure_header(struct mu_ctx *ctx, const struct rows_options *options,
			    const struct declared_column *c)
{
	int err = 0;

	if (c->header.count && !options->header_rows)
		err = mu_invalid(ctx, &c->header, "the table is said to have no header");
	else if (c->header.count > 1 && (int64_t)c->header.count != options->header_rows)
		err = mu_invalid(ctx, &c->header,
				 "a list has a text for each row of the header, of which there "
				 "are %" PRId64 ", not %zu",
				 options->header_rows, c->header.count);
	if (c->optional && !options->header_rows)
		err = mu_invalid(ctx, &c->optional, "without a header every column must be there");
	if (c->position > options->max_columns)
		err = mu_invalid(ctx, &c->position,
				 "max_columns allows no more than %" PRId64 " columns",
				 options->max_columns);
	return err;
}

int rows_configure(struct mu_ctx *ctx, const struct rows_options *options)
{
	const struct declared_column *all = options->columns.items, *c;
	int err = columns_check(ctx, &options->columns);

	for (c = all; c && c < all + options->columns.count; c++)
		if (configure_header(ctx, options, c))
			err = EINVAL;
	if (!err && !options->header_rows)
		err = positions_check(ctx, &options->columns);
	if (notes_check(ctx, &options->notes))
		err = EINVAL;
	if (claims_check(ctx, &options->columns, &options->claims, &options->all_claims))
		err = EINVAL;
	if (!options->header_rows && !options->columns.count)
		err = mu_invalid(ctx, &options->header_rows,
				 "without a header the option columns has to name them");
	return err;
}

const char *rows_column_name(const struct rows_source *source, size_t cell,
			     char out[ROWS_COLUMN_NAME])
{
	size_t n = source->first + cell + 1, at = ROWS_COLUMN_NAME - 1;

	if (!source->letters) {
		snprintf(out, ROWS_COLUMN_NAME, "%zu", n);
		return out;
	}
	out[at] = '\0';
	for (; n && at; n = (n - 1) / 26)
		out[--at] = (char)('A' + (n - 1) % 26);
	memmove(out, out + at, ROWS_COLUMN_NAME - at);
	return out;
}

static void claims_resolve(struct mu_ctx *ctx, struct rows *rows)
{
	const struct declared_claim *claims = rows->options->claims.items;
	size_t i;

	rows->all = mu_alloc(ctx, (rows->n_fields + 1) * sizeof *rows->all);
	rows->claim_fields =
		mu_alloc(ctx, (rows->options->claims.count + 1) * sizeof *rows->claim_fields);
	rows->matches = mu_alloc(ctx, (rows->options->claims.count + 1) * sizeof *rows->matches);
	for (i = 0; i < rows->options->claims.count; i++) {
		rows->claim_fields[i] =
			(struct rows_field *)rows_field_named(rows, mu_string(claims[i].column));
		rows->matches[i] = mu_trim(mu_string(claims[i].match));
	}
}

static void rows_resolve(struct mu_ctx *ctx, struct rows *rows)
{
	rows->ready = true;
	rows_fields_resolve(ctx, rows);
	claims_resolve(ctx, rows);
}

struct rows *rows_open(struct mu_ctx *ctx, const struct rows_options *options,
		       const struct rows_source *source)
{
	struct rows *rows = mu_alloc(ctx, sizeof *rows);

	*rows = (struct rows){ .options = options, .source = *source };
	rows->headings = mu_alloc(ctx, ((size_t)options->header_rows + 1) * sizeof *rows->headings);
	rows->fields = mu_alloc(ctx, (options->columns.count + 1) * sizeof *rows->fields);
	if (options->columns.count)
		rows_fields_declare(ctx, rows);
	else
		rows->fields = mu_alloc(ctx, sizeof *rows->fields); /* none yet */
	if (!options->header_rows)
		rows_resolve(ctx, rows);
	return rows;
}

void rows_close(struct rows *rows)
{
	if (!rows)
		return;
	if (rows->built)
		mu_builder_release(&rows->builder);
	notes_close(&rows->notes);
	marks_release(&rows->marks);
}

bool rows_are_ready(const struct rows *rows)
{
	return rows->ready;
}

int rows_schema(struct mu_ctx *ctx, struct rows *rows, struct ArrowSchema *out)
{
	const struct rows_field *f;
	int err = mu_schema_init(out);

	for (f = rows->fields; !err && f < rows->fields + rows->n_fields; f++)
		err = mu_schema_add(out, f->name, f->type, f->option && f->option->measure, NULL);
	if (!err)
		err = mu_schema_add_hidden(out);
	if (!err)
		err = mu_builder_init(&rows->builder, out);
	rows->built = !err;
	return err ? mu_fail(ctx, err, "out of memory") : 0;
}

size_t rows_cell_of(const struct rows *rows, const char *field)
{
	const struct rows_field *f = rows_field_named(rows, mu_string(field));

	if (f && f->of)
		f = f->of;
	return f ? f->cell : SIZE_MAX;
}

const char *rows_field_of(const struct rows *rows, size_t cell)
{
	const struct rows_field *f;

	for (f = rows->fields; f < rows->fields + rows->n_fields; f++)
		if (f->cell == cell)
			return f->name;
	return NULL;
}

/* A row as it was given, with its place. */
struct row {
	const struct cell_value *cells;
	size_t n;
	uint64_t at;
	bool plain; /* there are no characters in its texts that nobody sees */
};

static const struct cell_value *cell_at(const struct row *row, size_t cell)
{
	static const struct cell_value empty = { .kind = CELL_EMPTY };

	return cell < row->n ? &row->cells[cell] : &empty;
}

static void value_put(struct rows *rows, int64_t column, enum mu_data type, const struct reading *r)
{
	switch (type) {
	case MU_STRING:
		mu_put_string(&rows->builder, column, r->as.text);
		rows->bytes += r->as.text.len;
		break;
	case MU_INTEGER:
		mu_put_integer(&rows->builder, column, r->as.integer);
		break;
	case MU_NUMBER:
		mu_put_number(&rows->builder, column, r->as.number);
		break;
	case MU_BOOLEAN:
		mu_put_boolean(&rows->builder, column, r->as.boolean);
		break;
	case MU_DATE:
		mu_put_date(&rows->builder, column, r->as.date);
		break;
	default:
		break;
	}
}

static int field_put(struct mu_ctx *ctx, struct rows *rows, const struct rows_field *f,
		     const struct row *row)
{
	const struct cell_value *cell = cell_at(row, f->cell);
	char space[MU_FORMAT_MAX];
	struct reading r;

	reading_take(rows, f, cell, row->plain, &r, space);
	if (r.outcome == READ_VALUE)
		value_put(rows, f - rows->fields, f->type, &r);
	if (r.code || r.odd)
		return reading_report(ctx, f, cell, &r, row->at);
	if (r.outcome == READ_VALUE && f->type == MU_STRING && !row->plain &&
	    !charset_is_plain(r.as.text) && charset_control(r.as.text))
		return control_report(ctx, f, r.as.text, row->at);
	return 0;
}

/* Why a field has no value in a row; nothing when it has one, or its column is not there. */
static void status_put(struct rows *rows, const struct rows_field *status, const struct row *row)
{
	char space[MU_FORMAT_MAX];
	struct reading r;

	if (status->of->cell == SIZE_MAX)
		return;
	reading_take(rows, status->of, cell_at(row, status->of->cell), row->plain, &r, space);
	if (r.outcome == READ_VALUE)
		return;
	mu_put_string(&rows->builder, status - rows->fields,
		      r.outcome == READ_WRONG ? mu_string("unreadable") : r.why);
}

/* The name of the claim that a row is, or NULL, and in rows->all which fields say so. */
static const char *claim_of(struct rows *rows, const struct row *row)
{
	const struct declared_claim *claims = rows->options->claims.items;
	const char *name = rows->options->all_claims;
	const struct cell_value *cell;
	char space[MU_FORMAT_MAX];
	size_t i;

	if (!rows->options->claims.count)
		return name;
	memset(rows->all, 0, rows->n_fields * sizeof *rows->all);
	for (i = 0; i < rows->options->claims.count; i++) {
		if (!rows->claim_fields[i] || rows->claim_fields[i]->cell == SIZE_MAX)
			continue;
		cell = cell_at(row, rows->claim_fields[i]->cell);
		if (cell->kind == CELL_ERROR || cell_broken(rows, cell, row->plain) ||
		    !text_equal(mu_trim(cell_text(cell, space)), rows->matches[i]))
			continue;
		name = claims[i].name;
		rows->all[rows->claim_fields[i] - rows->fields] = true;
	}
	return name;
}

static int report_beyond(struct mu_ctx *ctx, const struct rows *rows, const struct row *row,
			 size_t cell)
{
	char space[MU_FORMAT_MAX], column[ROWS_COLUMN_NAME], last[ROWS_COLUMN_NAME];
	struct mu_finding beyond = { .code = "beyond", .at = row->at };
	struct phrase shown = { .len = 0 };
	struct mu_string text;

	rows_column_name(&rows->source, cell, column);
	rows_column_name(&rows->source, rows->width ? rows->width - 1 : 0, last);
	/* What a row has behind max_columns is not kept. */
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

/* Cells that stand under no header: `n` of the row were not blank. */
static int row_check(struct mu_ctx *ctx, struct rows *rows, const struct row *row, size_t n)
{
	struct mu_finding wrong = { .code = "header", .at = row->at };
	char column[ROWS_COLUMN_NAME];
	size_t i, kept = 0;
	int err = 0;

	for (i = rows->width; i < n; i++)
		if (i >= row->n || !cell_is_blank(&row->cells[i]))
			return report_beyond(ctx, rows, row, i);
	for (i = 0; !err && i < rows->n_unnamed; i++) {
		if (cell_is_blank(cell_at(row, rows->unnamed[i])))
			rows->unnamed[kept++] = rows->unnamed[i];
		else
			err = mu_report(ctx, wrong, "column %s has a cell but no name",
					rows_column_name(&rows->source, rows->unnamed[i], column));
	}
	if (!err)
		rows->n_unnamed = kept;
	return err;
}

static int row_put(struct mu_ctx *ctx, struct rows *rows, const struct row *row)
{
	const struct rows_field *f;
	const char *claim = claim_of(rows, row);
	bool some = claim && rows->options->claims.count;
	int err = 0;

	for (f = rows->fields; !err && f < rows->fields + rows->n_fields; f++) {
		if (some && rows->all[f - rows->fields])
			continue;
		if (!f->of)
			err = field_put(ctx, rows, f, row);
		else if (!claim)
			status_put(rows, f, row);
	}
	mu_end_row_at(&rows->builder, row->at, claim);
	rows->n_data += !claim || rows->options->all_claims;
	return err;
}

/* Whether the cells of a row are the names in the header, of which there are several. */
static bool row_is_header(const struct rows *rows, const struct row *row, size_t n)
{
	size_t i, same = 0;

	if (n != rows->width || !rows->n_headings)
		return false;
	for (i = 0; i < n; i++) {
		const struct cell_value *cell = &row->cells[i];
		struct mu_string name = rows_header_name(rows, i);

		if (cell_is_blank(cell)
			    ? name.len != 0
			    : cell->kind != CELL_TEXT || !text_equal(mu_trim(cell->text), name))
			return false;
		same += name.len != 0;
	}
	return same > 1;
}

/* Whether no column would refuse the header, had it a row of its own again. */
static bool takes_header(const struct rows *rows)
{
	const struct rows_field *f;

	for (f = rows->fields; f < rows->fields + rows->n_fields; f++)
		if (f->type != MU_STRING)
			return false;
	return true;
}

static int report_again(struct mu_ctx *ctx, const struct row *row)
{
	struct mu_finding again = { .severity = MU_WARNING, .code = "header-again", .at = row->at };

	return mu_report(ctx, again, "the row is the header again, and was read as one of data");
}

/* How many cells there are up to the last one that is not blank. */
static size_t row_length(const struct cell_value *cells, size_t n, size_t kept)
{
	if (n > kept)
		return n;
	while (n && cell_is_blank(&cells[n - 1]))
		n--;
	return n;
}

static int rows_limit(struct mu_ctx *ctx, const struct rows *rows)
{
	if (rows->n_rows <= (uint64_t)rows->options->max_rows)
		return 0;
	return mu_fail(ctx, E2BIG, "it has more than %" PRId64 " rows; max_rows allows more",
		       rows->options->max_rows);
}

/* Whether a row has nothing but one text, be it in several cells, that is a note. */
static int row_is_note(struct mu_ctx *ctx, struct rows *rows, const struct row *row, bool *out)
{
	struct mu_string text = { NULL, 0 };
	size_t i;
	int err = 0;

	for (i = 0; i < row->n; i++) {
		const struct cell_value *cell = &row->cells[i];

		if (cell_is_blank(cell))
			continue;
		if (cell->kind != CELL_TEXT || cell_broken(rows, cell, row->plain) ||
		    (text.data && !text_equal(text, mu_trim(cell->text))))
			return 0;
		text = mu_trim(cell->text);
	}
	if (!rows->noting)
		err = notes_open(ctx, &rows->notes, &rows->options->notes);
	rows->noting = true;
	return err ? err : notes_match(ctx, &rows->notes, text, row->at, out);
}

int rows_add(struct mu_ctx *ctx, struct rows *rows, const struct cell_value *cells, size_t n,
	     uint64_t position)
{
	size_t most = (size_t)rows->options->max_columns;
	struct row row = { .cells = cells,
			   .n = n < most ? n : most,
			   .at = mu_at(ctx->document->id, position) };
	bool note = false;
	int err = 0;

	if (!marks_drop(&rows->marks, &row.cells, row.n, &row.plain))
		return mu_fail(ctx, ENOMEM, "out of memory");
	if (row.cells != cells && n <= row.n)
		cells = row.cells;
	n = row_length(cells, n, row.n);
	if (!n && (rows->ready || !rows->n_headings))
		return 0;
	if (!rows->ready) {
		rows_header_add(ctx, rows, cells, n, row.n < n ? row.n : n);
		rows->header_at = row.at;
		if (rows->n_headings == (size_t)rows->options->header_rows)
			rows_resolve(ctx, rows);
		return 0;
	}
	if (!rows->told)
		err = rows_header_report(ctx, rows);
	if (!err && rows->options->notes.count && n <= row.n)
		err = row_is_note(ctx, rows, &row, &note);
	if (err || note)
		return err;
	rows->n_rows++;
	if (!err)
		err = rows_limit(ctx, rows);
	if (!err)
		err = row_check(ctx, rows, &row, n);
	if (!err && takes_header(rows) && row_is_header(rows, &row, n))
		err = report_again(ctx, &row);
	return err ? err : row_put(ctx, rows, &row);
}

int rows_finish(struct mu_ctx *ctx, struct rows *rows)
{
	struct mu_finding empty = { .code = "empty" }, none = { .code = "no-rows" };
	int err = 0;

	if (rows->ended)
		return 0;
	rows->ended = true;
	if (!rows->ready)
		return mu_report(ctx, empty,
				 rows->n_headings ? "the table ends before its header does"
						  : "the table has no cell that is not blank");
	if (!rows->told)
		err = rows_header_report(ctx, rows);
	if (!err)
		err = notes_report(ctx, &rows->notes);
	if (err || rows->n_data)
		return err;
	return mu_report(ctx, none, "the table has no row of data%s",
			 rows->n_rows ? ", only claims" : "");
}

int rows_merge(struct mu_ctx *ctx, struct rows *rows, const struct rows *other)
{
	rows->n_rows += other->n_rows;
	rows->n_data += other->n_data;
	return rows_limit(ctx, rows);
}

bool rows_are_full(const struct rows *rows)
{
	return rows->builder.rows >= BATCH_ROWS || rows->bytes >= BATCH_BYTES;
}

int rows_give(struct mu_ctx *ctx, struct rows *rows, struct ArrowArray *out)
{
	int err = mu_builder_finish(&rows->builder, out);

	rows->bytes = 0;
	if (err == EOVERFLOW)
		return mu_fail(ctx, err, "a batch has too much text; max_field can forbid it");
	return err ? mu_fail(ctx, err, "out of memory") : 0;
}
