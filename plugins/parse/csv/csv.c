/*
 * Tables of text separated by commas or their like, as RFC 4180 has it:
 *
 *     - parse: csv
 *       delimiter: ';'
 *       columns:
 *         - {name: mission, header: Missie}
 *         - {name: as_of, header: Peildatum, type: date, optional: true}
 *         - {name: headcount, header: Aantal, type: integer, measure: true, missing: [n/a, '-']}
 *       claims:
 *         - {name: total, column: mission, match: Totaal}
 *
 * The first record is the header.  `header_rows` says that it has several, or 0 that there is
 * none; then the columns are in the order of the file, or have a `position`.  Columns that are not named
 * are left out, and without `columns` all of the header come, as strings.
 *
 * A cell is in quotes, in which two stand for one, or is taken as it stands.
 * Line breaks may be CR LF, LF or CR.  Without `delimiter`, that one of comma,
 * semicolon, tab and bar is taken which divides the first records most alike.
 * Blank lines are passed over; a record with one empty cell is written "".
 *
 * A cell of nothing but white space, or of a text in `missing`, is null.  White
 * space is part of a string and around all else does not count.  Integers and
 * numbers are digits without group separators, with a point; dates are
 * 2023-11-24; booleans true and false, or 1 and 0.  What does not read as its
 * column's type is an error and null.
 *
 * Zero, blank, dash and withheld are different things: `zero: ["-"]` says what
 * means 0, `missing: [NA, x]` what means that there is no value, as a blank cell
 * does.  A column `{name: why, status_of: headcount}` says of each row why that
 * one has no value: the text of `missing`, "blank" or "unreadable"; in claims it
 * is empty, since what is empty there means all.
 *
 * A document that is UTF-8 may be of any size: it is read in windows, and `max_size` is
 * a bound to what is expected.  Its first 4 MiB show whether it is; a cell with a byte
 * that is not, further on, is an error and null.  What is in another encoding is decoded
 * as a whole, so it may have 1 GiB.
 *
 * A row whose cell in `column` is `match`, or blank where that is "", is a claim, a
 * total that the file states of the rows it adds up; the cell becomes null, which
 * in a claim means all.  When several match, the last one of the list gives the name.  In a file
 * of nothing but totals, `all_claims: total` makes each row one.
 *
 * A row that has nothing but one text, such as "Source: ministry", in which a pattern of
 * `notes` is found is passed over.
 */
#include "csv.h"

#include <stdlib.h>
#include <sys/random.h>

static const struct mu_option own_options[] = {
	MU_OPT_TEXT(struct self, delimiter,
		    .help = "character between cells; found out where it is not given"),
	MU_OPT_TEXT(struct self, quote, .fallback = "\"",
		    .help = "character around cells; empty for none"),
	MU_OPT_TEXT(struct self, encoding, .help = "of the file, where it does not say so itself"),
	MU_OPT_INT(struct self, skip, .max = 1e9, .help = "lines to pass over before the header"),
	MU_OPT_BYTES(struct self, max_size, .fallback = "1024Gi", .min = 1, .max = 0x1p40,
		     .help = "bytes that a document may have"),
	TABLE_HEADER_OPTIONS(struct self),
	MU_OPT_GONE("header", "header_rows: 0 says that there is no header"),
	TABLE_OPTIONS(struct self),
	TABLE_NOTES_OPTION(struct self),
	{ 0 },
};

static const struct mu_code codes[] = {
	{ "ragged",
	  "A row has more or fewer cells than the header, so some of them may stand under the "
	  "wrong one.",
	  "Look for a delimiter inside a cell, which needs quotes around it, or for a missing "
	  "one." },
	{ "column-missing", "The header does not have a column that the pipeline declares.",
	  "Correct the option header of the column, or declare it optional: true." },
	{ "column-twice", "Two columns have the same name in the header.",
	  "Name the position of the column as well." },
	{ "header", "A name in the header cannot be the name of a column.",
	  "Name it in the file, or declare the columns in the pipeline with the option columns." },
	{ "header-again", "A row has the texts of the header, and was read as one of data.",
	  "Take the row out of the document, which may be put together from several." },
	{ "too-wide", "The header has more columns than the option max_columns allows.",
	  "Check that the delimiter is right; if so, raise max_columns." },
	TABLE_CLAIM_CODE,
	{ "empty", "The document holds nothing but blank lines, or ends before its header.",
	  "Get the document again, or correct the option skip." },
	{ "no-rows", "The document has no row of data.",
	  "Get the document again, or correct the options skip and claims." },
	{ "integer", "A cell is not a whole number in digits that fits 64 bits.",
	  "Correct the cell, name its text under the column's missing, or read it as a string and "
	  "cast it with transform: columns in the file's language." },
	{ "number", "A cell is not a number in digits with a decimal point.",
	  "Correct the cell, name its text under the column's missing, or read it as a string and "
	  "cast it with transform: columns in the file's language." },
	{ "raised", "A number has a raised mark, such as that of a footnote, or a power.",
	  "Name the text under the column's missing, or have the mark taken out of the document." },
	{ "boolean", "A cell is none of true, false, 1 and 0.",
	  "Correct the cell, or name its text under the column's missing." },
	{ "date", "A cell is not a date such as 2023-11-24 that the calendar has.",
	  "Correct the cell, name its text under the column's missing, or read it as a string and "
	  "cast it with transform: columns in the file's language." },
	{ "quote",
	  "The quotes of a cell are wrong: the one that opens it is never closed, or more "
	  "follows behind the one that closes it.",
	  "Double the quotes that are part of the cell, and close the one that is not." },
	{ "unclosed",
	  "A quote is never closed, so everything behind it, to the end of the document, was "
	  "read as one cell, and rows are missing.",
	  "Close the quote, or double it if it is part of the cell." },
	{ "stray-quote",
	  "A quote stands inside a cell that does not begin with one. It was taken as it stands.",
	  "Put the cell in quotes and double this one, or say quote: '' when the file uses none." },
	{ "zero-byte", "A cell holds a zero byte.",
	  "Get an undamaged copy, or declare the right encoding." },
	{ "too-long", "A cell is longer than the option max_field allows.",
	  "Look for a quote before it that is not closed; if all is right, raise max_field." },
	{ "delimiter", "Two delimiters divide the document equally well, and one was taken.",
	  "Declare the option delimiter." },
	NOTES_CODE,
	CHARSET_CONTROL_CODE,
	CHARSET_CODES,
	{ 0 },
};

/* Whether a text is one character that can stand between or around cells. */
static bool is_mark(const char *text)
{
	return text[0] > 0 && text[0] < 0x7f && !text[1] && text[0] != '\n' && text[0] != '\r';
}

static int csv_configure(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;
	int err = table_configure(ctx, &self->options);

	if (self->delimiter && !is_mark(self->delimiter))
		err = mu_invalid(ctx, &self->delimiter,
				 "'%s' is not one character of ASCII, such as ';'",
				 self->delimiter);
	else if (self->delimiter && !strcmp(self->delimiter, self->quote))
		err = mu_invalid(ctx, &self->delimiter, "'%s' is the quote already",
				 self->delimiter);
	if (*self->quote && !is_mark(self->quote))
		err = mu_invalid(ctx, &self->quote, "'%s' is not one character of ASCII",
				 self->quote);
	if (self->encoding && !charset_known(self->encoding))
		err = mu_invalid(ctx, &self->encoding, "no encoding is called '%s'",
				 self->encoding);
	return err;
}

/* The memory that rows are made in. */
static int memory_take(struct mu_ctx *ctx, struct self *self)
{
	/* A row takes a byte, and there may be many documents. */
	uint64_t most = ctx->document->bytes + 1;
	size_t rows = most < BATCH_ROWS ? (size_t)most : BATCH_ROWS;

	self->claim_codes =
		mu_alloc(ctx, (self->options.claims.count + 1) * sizeof *self->claim_codes);
	self->slabs = slab_pool_new();
	self->text_slabs = slab_pool_new();
	self->window_slabs = slab_pool_new();
	self->before = malloc(rows * sizeof *self->before);
	self->odd_rows = malloc(rows * sizeof *self->odd_rows);
	self->same = malloc(rows * sizeof *self->same);
	self->runs = malloc(rows * sizeof *self->runs);
	if (!self->slabs || !self->text_slabs || !self->window_slabs || !self->before ||
	    !self->odd_rows || !self->same || !self->runs)
		return csv_out_of_memory(ctx);
	if (getrandom(&self->secret, sizeof self->secret, 0) != (ssize_t)sizeof self->secret)
		return mu_fail(ctx, errno, "no random number: %s", strerror(errno));
	return 0;
}

static int csv_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	static const struct table_form form = { .names = true };
	struct self *self = state;
	const struct table_column *c;
	int err = 0;

	if (!self->machine)
		self->machine = machine_find();
	if (!self->window_bytes)
		self->window_bytes = WINDOW_BYTES;
	if (!self->window_most)
		self->window_most = WINDOW_MOST;
	table_columns_open(ctx, &self->columns, &self->options, &form);
	self->lines.columns = &self->columns;
	if (self->options.columns.count)
		csv_fields_make(ctx, self);
	else
		err = csv_prepare(ctx, self);
	if (!err)
		err = memory_take(ctx, self);
	if (err)
		return err;
	table_lines_resolve(ctx, &self->lines);
	csv_fields_prepare(ctx, self);
	err = mu_schema_init(out);
	for (c = self->columns.items; !err && c < self->columns.items + self->columns.n; c++)
		err = mu_schema_add(out, c->name, c->type, c->option && c->option->measure, NULL);
	if (!err)
		err = mu_schema_add_hidden(out);
	return err ? csv_out_of_memory(ctx) : 0;
}

static void csv_close(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;

	(void)ctx;
	for (size_t i = 0; i < self->n_fields; i++)
		words_release(&self->fields[i].words);
	batch_release(self);
	window_release(&self->window);
	slab_pool_release(self->window_slabs);
	record_release(&self->record);
	free(self->slows.items);
	free(self->sorted.items);
	free(self->before);
	free(self->odd_rows);
	free(self->same);
	free(self->runs);
	free(self->space);
	free(self->cells);
	table_lines_close(&self->lines);
}

MUSTER_PLUGIN(.name = "csv", .summary = "tables of text separated by commas or their like",
	      .options = own_options, .codes = codes, .self_size = sizeof(struct self),
	      .rows_apart = true, .configure = csv_configure, .open = csv_open, .close = csv_close,
	      .split = csv_split, .parse = csv_parse, .merge = csv_merge, .locate = csv_locate,
	      .guess = csv_guess);
