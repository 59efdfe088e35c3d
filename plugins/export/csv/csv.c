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
#include <stdio.h>

#include <muster/table.h>

enum { FORMULAS_ESCAPE, FORMULAS_KEEP };
enum { LINE_END_LF, LINE_END_CRLF };

struct self {
	const char *path, *delimiter, *null;
	int formulas, line_end;
	bool header;

	FILE *file;
	int64_t n_columns;
	struct mu_column *columns; /* of the batch at hand */
	uint64_t escaped;
	int err; /* of the first write that failed */
};

static const char *const formulas_choices[] = { "escape", "keep", NULL };
static const char *const line_end_choices[] = { "lf", "crlf", NULL };

static const struct mu_option options[] = {
	MU_OPT_TEXT(struct self, path, .required = true,
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
	if (!*self->path)
		err = mu_invalid(ctx, &self->path, "the file needs a name");
	return err;
}

/* --------------------------------------------------------------- writing */

static void put(struct self *self, const char *data, size_t len)
{
	if (!self->err && fwrite(data, 1, len, self->file) != len)
		self->err = errno ? errno : EIO;
}

/* A cell that begins in a way that makes a spreadsheet run it. */
static bool is_formula(struct mu_string text)
{
	double number;

	if (!text.len || !*text.data || !strchr("=+-@\t\r", *text.data))
		return false;
	return !mu_parse_number(text, &number);
}

static bool needs_quotes(const struct self *self, struct mu_string text)
{
	char c;
	size_t i;

	for (i = 0; i < text.len; i++) {
		c = text.data[i];
		if (c == *self->delimiter || c == '"' || c == '\n' || c == '\r')
			return true;
	}
	return mu_string_is(text, self->null);
}

static void put_quoted(struct self *self, struct mu_string text)
{
	const char *quote;
	size_t len;

	while (text.len && (quote = memchr(text.data, '"', text.len))) {
		len = (size_t)(quote - text.data) + 1;
		put(self, text.data, len);
		put(self, "\"", 1);
		text = (struct mu_string){ text.data + len, text.len - len };
	}
	put(self, text.data, text.len);
}

static void put_text(struct self *self, struct mu_string text, bool escape)
{
	bool quotes = needs_quotes(self, text);

	if (quotes)
		put(self, "\"", 1);
	if (escape && is_formula(text)) {
		put(self, "'", 1);
		self->escaped++;
	}
	put_quoted(self, text);
	if (quotes)
		put(self, "\"", 1);
}

/* A lone empty cell would be a blank line, which readers pass over. */
static void put_null(struct self *self)
{
	if (self->n_columns == 1 && !*self->null)
		put(self, "\"\"", 2);
	else
		put(self, self->null, strlen(self->null));
}

static void put_cell(struct self *self, const struct mu_column *column, int64_t row)
{
	char space[MU_FORMAT_MAX];

	if (mu_null(column, row))
		put_null(self);
	else if (column->type == MU_STRING)
		put_text(self, mu_get_string(column, row), self->formulas == FORMULAS_ESCAPE);
	else
		put_text(self, mu_format(column, row, space), false);
}

static void end_line(struct self *self)
{
	if (self->line_end == LINE_END_CRLF)
		put(self, "\r", 1);
	put(self, "\n", 1);
}

static int written(struct mu_ctx *ctx, const struct self *self)
{
	if (!self->err)
		return 0;
	return mu_fail(ctx, self->err, "%s: %s", self->path, strerror(self->err));
}

/* ------------------------------------------------------------- callbacks */

static int csv_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	struct self *self = state;
	const char *staged;
	int64_t i;
	int err = mu_output(ctx, self->path, &staged);

	(void)out;
	if (err)
		return err;
	self->n_columns = mu_schema_visible(ctx->schema);
	self->columns = mu_alloc(ctx, (size_t)(self->n_columns + 1) * sizeof *self->columns);
	self->file = fopen(staged, "we");
	if (!self->file)
		return mu_fail(ctx, errno, "%s: %s", self->path, strerror(errno));
	for (i = 0; self->header && i < self->n_columns; i++) {
		if (i)
			put(self, self->delimiter, 1);
		put_text(self, mu_string(ctx->schema->children[i]->name),
			 self->formulas == FORMULAS_ESCAPE);
	}
	if (self->header)
		end_line(self);
	return written(ctx, self);
}

static void csv_close(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;

	(void)ctx;
	if (self->file)
		fclose(self->file);
}

static int csv_finish(struct mu_ctx *ctx, struct self *self)
{
	FILE *file = self->file;

	self->file = NULL;
	if (fclose(file) && !self->err)
		self->err = errno ? errno : EIO;
	if (!self->err && self->escaped)
		mu_log(ctx, MU_INFO,
		       "%s: an apostrophe was put before %" PRIu64 " text%s that a "
		       "spreadsheet would run",
		       self->path, self->escaped, self->escaped == 1 ? "" : "s");
	return written(ctx, self);
}

static int csv_export(struct mu_ctx *ctx, void *state, const struct ArrowArray *rows)
{
	struct self *self = state;
	int64_t row, i;

	if (!rows)
		return csv_finish(ctx, self);
	for (i = 0; i < self->n_columns; i++)
		self->columns[i] = mu_column(ctx->schema, rows, i);
	for (row = 0; row < rows->length && !self->err; row++) {
		for (i = 0; i < self->n_columns; i++) {
			if (i)
				put(self, self->delimiter, 1);
			put_cell(self, &self->columns[i], row);
		}
		end_line(self);
	}
	return written(ctx, self);
}

MUSTER_PLUGIN(.name = "csv", .summary = "text separated by commas, or another character",
	      .options = options, .self_size = sizeof(struct self), .configure = csv_configure,
	      .open = csv_open, .close = csv_close, .export = csv_export);
