/*
 * The dataset as text separated by commas, RFC 4180, in UTF-8:
 *
 *     - export: csv
 *       path: rosters.csv
 *
 * The first line names the columns.  Cells are in quotes where they need them.
 * Null is the text of `null`, nothing by default; a text that happens to be the
 * same is written in quotes.
 *
 * A spreadsheet runs a cell that begins with = + - or @ as a formula.  Such a
 * text gets an apostrophe before it, as does one that begins with a tab or a
 * carriage return, unless it is a number: "-5" stays as it is.  Numbers and
 * dates are never changed.  With `formulas: keep` nothing is; then do not open
 * the file in a spreadsheet unless you trust who wrote the source.
 */
#include <inttypes.h>

#include "column.h"
#include "writer.h"

enum { FORMULAS_ESCAPE, FORMULAS_KEEP };
enum { LINE_END_LF, LINE_END_CRLF };

#define PART 64 /* bytes of a text that are looked at between two looks for room */

/* What rows look at in a column. */
struct track {
	const int32_t *codes;
	const struct word *words;
};

struct self {
	const char *path, *delimiter, *null;
	int formulas, line_end;
	bool header;

	size_t buffer_size; /* WRITER_SIZE, but for tests */
	struct writer writer;
	char *at;                 /* where the writer goes on */
	struct style inner, last; /* of cells that the delimiter, the end of the line follows */
	int64_t n_columns;
	struct column *columns;
	struct track *tracks; /* one a column */
	uint64_t escaped;
};

static const char *const formulas_choices[] = { "escape", "keep", NULL };
static const char *const line_end_choices[] = { "lf", "crlf", NULL };

static const struct mu_option options[] = {
	MU_OPT_OUTPUT(struct self, path, .required = true,
		      .help = "file to write, relative to the output folder"),
	MU_OPT_TEXT(struct self, delimiter, .fallback = ",", .help = "character between cells"),
	MU_OPT_CHOICE(struct self, formulas, .fallback = "escape", .choices = formulas_choices,
		      .help = "what to do with a text that a spreadsheet would run"),
	MU_OPT_BOOL(struct self, header, .fallback = "true",
		    .help = "whether the first line names the columns"),
	MU_OPT_TEXT(struct self, null, .fallback = "",
		    .help = "text for a value that is not there"),
	MU_OPT_CHOICE(struct self, line_end, .fallback = "lf", .choices = line_end_choices,
		      .help = "how lines end"),
	{ 0 },
};

static int csv_configure(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;
	const char *delimiter = self->delimiter;
	int err = 0;

	if (delimiter[0] <= 0 || delimiter[0] >= 0x7f || delimiter[1] ||
	    strchr("\"\r\n", *delimiter))
		err = mu_invalid(ctx, &self->delimiter,
				 "'%s' is not one character of ASCII that can stand between cells, "
				 "such as ';'",
				 delimiter);
	if (self->null[strcspn(self->null, "\"\r\n")] ||
	    (*delimiter && strchr(self->null, *delimiter)))
		err = mu_invalid(ctx, &self->null,
				 "'%s' could not be told from several cells or lines", self->null);
	return err;
}

static char *put_end(const struct style *style, char *at)
{
	memcpy(at, style->end, sizeof style->end);
	return at + style->end_len;
}

/* A text can be larger than the buffer, so it goes there in parts. */
static char *put_cell(struct self *self, char *at, const struct style *style,
		      const struct written_cell *cell)
{
	struct mu_string rest = cell->text, part;

	self->escaped += cell->apostrophe;
	at = cell_begin(cell, at);
	if (!cell->quotes)
		return put_end(style, writer_put(&self->writer, at, rest.data, rest.len));
	while (rest.len) {
		part = (struct mu_string){ rest.data, rest.len < PART ? rest.len : PART };
		at = cell_part(cell, writer_room(&self->writer, at), part);
		rest = (struct mu_string){ rest.data + part.len, rest.len - part.len };
	}
	return put_end(style, cell_end(cell, writer_room(&self->writer, at)));
}

static char *put_text(struct self *self, char *at, const struct column *column,
		      struct mu_string text)
{
	struct written_cell cell;

	if (text.len <= SHORT_TEXT && text.data + SHORT_TEXT <= column->text_end &&
	    is_plain(&column->style->dialect, text)) {
		memcpy(at, text.data, SHORT_TEXT);
		return put_end(column->style, at + text.len);
	}
	cell = cell_of_text(&column->style->dialect, text);
	return put_cell(self, at, column->style, &cell);
}

/* A cell of which no word was rendered. */
static char *put(struct self *self, char *at, const struct column *column, int64_t row)
{
	const struct mu_column *cells = &column->cells;
	char space[MU_FORMAT_MAX];
	struct written_cell cell;

	if (mu_null(cells, row))
		return put_cell(self, at, column->style, &column->style->null);
	if (cells->type == MU_STRING)
		return put_text(self, at, column, mu_get_string(cells, row));
	cell = cell_of_value(&column->style->dialect, mu_format(cells, row, space));
	return put_cell(self, at, column->style, &cell);
}

/* The same amid a row: of its room as much is left behind it. */
static char *put_alone(struct self *self, char *at, const struct column *column, int64_t row)
{
	at = put(self, writer_room(&self->writer, at), column, row);
	return writer_room(&self->writer, at);
}

/* The buffer ends in room for a row of rendered words, so nobody asks for each. */
static char *put_row(struct self *self, char *at, int64_t from, int64_t row)
{
	const struct track *t = self->tracks, *end = t + self->n_columns;
	const struct word *word;

	if (t == end) /* no columns: a line all the same */
		return put_end(&self->last, at);
	for (; t < end; t++) {
		word = &t->words[t->codes[row]];
		if (word->len > 0) {
			memcpy(at, word->text, WORD_COPIED);
			at += word->len;
		} else if (word->len < 0) {
			memcpy(at, word->text, WORD_MAX);
			at -= word->len;
		} else {
			at = put_alone(self, at, &self->columns[t - self->tracks], from + row);
		}
	}
	return at;
}

/* The rows from `from` on, at most N_CODES. */
static void put_rows(struct self *self, int64_t from, int64_t n)
{
	char *at = self->at;
	int64_t i;

	for (i = 0; i < self->n_columns; i++)
		self->tracks[i] = (struct track){ column_codes(&self->columns[i], from, n),
						  self->columns[i].words };
	for (i = 0; i < n; i++)
		at = put_row(self, writer_room(&self->writer, at), from, i);
	self->at = at;
}

static int written(struct mu_ctx *ctx, const struct self *self)
{
	int err = self->writer.err;

	return err ? mu_fail(ctx, err, "%s: %s", self->path, strerror(err)) : 0;
}

static void style_init(struct style *style, const struct self *self, const char *end)
{
	*style = (struct style){
		.dialect = dialect(*self->delimiter, self->null, self->formulas == FORMULAS_ESCAPE),
		/* A lone empty cell would be a blank line, which readers pass over. */
		.null = { .text = mu_string(self->null),
			  .quotes = self->n_columns == 1 && !*self->null },
		.end_len = strlen(end),
	};
	memcpy(style->end, end, style->end_len);
}

static void prepare(struct mu_ctx *ctx, struct self *self)
{
	size_t n = (size_t)mu_schema_visible(ctx->schema), i;
	const struct word *small, *small_last;

	self->n_columns = (int64_t)n;
	style_init(&self->inner, self, self->delimiter);
	style_init(&self->last, self, self->line_end == LINE_END_LF ? "\n" : "\r\n");
	small = small_numbers(ctx, &self->inner);
	small_last = small_numbers(ctx, &self->last);
	self->columns = mu_alloc(ctx, n * sizeof *self->columns);
	self->tracks = mu_alloc(ctx, n * sizeof *self->tracks);
	for (i = 0; i + 1 < n; i++)
		column_init(&self->columns[i], ctx, &self->inner, small);
	if (n)
		column_init(&self->columns[i], ctx, &self->last, small_last);
	if (!self->buffer_size)
		self->buffer_size = WRITER_SIZE;
	self->at = mu_alloc(ctx, self->buffer_size + n * (WORD_MAX + 1) + WRITER_SPARE);
}

static void put_header(struct self *self, const struct ArrowSchema *schema)
{
	char *at = self->at;
	int64_t i;

	for (i = 0; i < self->n_columns; i++)
		at = put_text(self, writer_room(&self->writer, at), &self->columns[i],
			      mu_string(schema->children[i]->name));
	self->at = self->n_columns ? at : put_end(&self->last, at);
}

static int csv_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	struct self *self = state;
	const char *staged;
	int err = mu_output(ctx, self->path, &staged);

	(void)out;
	if (err)
		return err;
	prepare(ctx, self);
	err = writer_open(&self->writer, ctx, staged, self->at, self->buffer_size);
	if (err)
		return mu_fail(ctx, err, "%s: %s", self->path, strerror(err));
	if (self->header)
		put_header(self, ctx->schema);
	return written(ctx, self);
}

static int csv_finish(struct mu_ctx *ctx, struct self *self)
{
	int err = writer_finish(&self->writer, self->at);

	if (!err && self->escaped)
		mu_log(ctx, MU_INFO,
		       "%s: an apostrophe was put before %" PRIu64 " text%s that a "
		       "spreadsheet would run",
		       self->path, self->escaped, mu_plural((uint64_t)self->escaped));
	return written(ctx, self);
}

static int csv_export(struct mu_ctx *ctx, void *state, const struct ArrowArray *rows)
{
	struct self *self = state;
	int64_t i;

	if (!rows)
		return csv_finish(ctx, self);
	for (i = 0; i < self->n_columns; i++)
		column_begin(&self->columns[i], ctx, mu_column(ctx->schema, rows, i), rows->length);
	for (i = 0; i < rows->length && !self->writer.err; i += N_CODES)
		put_rows(self, i, rows->length - i < N_CODES ? rows->length - i : N_CODES);
	return written(ctx, self);
}

MUSTER_PLUGIN(.name = "csv", .summary = "text separated by commas, or another character",
	      .options = options, .self_size = sizeof(struct self), .configure = csv_configure,
	      .open = csv_open, .export = csv_export);
