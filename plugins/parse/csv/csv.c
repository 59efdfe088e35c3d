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
 * The first record is the header; `header: false` says that there is none, and
 * then the columns are in the order of the file.  Columns that are not named
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
 * A row whose cell in `column` is `match` is a claim, a total that the file
 * states of the rows it adds up; the cell becomes null, which in a claim means
 * all.  When several match, the last one of the list gives the name.  In a file
 * of nothing but totals, `all_claims: total` makes each row one.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "charset.h"
#include "phrase.h"
#include "record.h"

enum {
	BATCH_ROWS = 2048,
	BATCH_BYTES = 16 << 20,
	SNIFF_RECORDS = 20,
	SNIFF_BYTES = 64 << 10,
	NAME_MAX_BYTES = 1024, /* of a column that the file names */
};

/* An option of columns, and of claims. */
struct column {
	const char *name, *header;
	int type; /* of types[] */
	bool measure, optional;
	struct mu_texts missing;
};

struct claim {
	const char *name, *column, *match;
};

/* A column of the rows. */
struct field {
	const char *name;
	enum mu_data type;
	const struct column *option; /* NULL when the file names the columns */
	size_t cell;                 /* of a record; SIZE_MAX when the file has it not */
};

struct self {
	const char *delimiter, *quote, *encoding, *all_claims;
	bool header;
	int64_t skip, max_size, max_field, max_columns;
	struct mu_items columns, claims;

	struct mu_string text;
	bool ready;      /* all of the following */
	bool unreadable; /* which was said */
	bool undecided;  /* another delimiter divides the text as well */
	struct dialect dialect;
	struct record record;
	struct mu_string *names;  /* of the header */
	size_t n_names;           /* of those kept */
	size_t width;             /* cells that each record should have */
	struct cell header_wrong; /* the first one whose quotes are wrong */
	size_t header_at;
	uint64_t header_line;
	size_t at; /* where the next record starts */
	struct field *fields;
	size_t n_fields;
	size_t *claim_fields; /* of each claim, or SIZE_MAX */

	struct mu_builder builder;
	bool started, ended, *all; /* all[i]: in the claim at hand, field i is null */
	uint64_t rows, data_rows;
	char *space; /* for the value of a cell */
	size_t space_room;
	size_t line_at; /* a line's start, and its number: for locate() */
	uint64_t line;
};

static const char *const types[] = { "string", "integer", "number", "boolean", "date", NULL };

static const struct mu_option column_options[] = {
	MU_OPT_TEXT(struct column, name, .required = true, .help = "name of the column"),
	MU_OPT_TEXT(struct column, header, .help = "its name in the file, where that is another"),
	MU_OPT_CHOICE(struct column, type, .fallback = "string", .choices = types,
		      .help = "what its cells hold"),
	MU_OPT_BOOL(struct column, measure, .help = "whether it counts something, such as heads"),
	MU_OPT_BOOL(struct column, optional, .help = "whether a file may do without it"),
	MU_OPT_TEXTS(struct column, missing, .help = "texts that mean that there is no value"),
	{ 0 },
};

static const struct mu_option claim_options[] = {
	MU_OPT_TEXT(struct claim, name, .required = true,
		    .help = "name of the level that it is a total of"),
	MU_OPT_TEXT(struct claim, column, .required = true,
		    .help = "the column that tells it from the rows"),
	MU_OPT_TEXT(struct claim, match, .required = true, .help = "what is written there"),
	{ 0 },
};

static const struct mu_option options[] = {
	MU_OPT_TEXT(struct self, delimiter,
		    .help = "character between cells; found out where it is not given"),
	MU_OPT_TEXT(struct self, quote, .fallback = "\"",
		    .help = "character around cells; empty for none"),
	MU_OPT_TEXT(struct self, encoding, .help = "of the file, where it does not say so itself"),
	MU_OPT_BOOL(struct self, header, .fallback = "true",
		    .help = "whether the first record names the columns"),
	MU_OPT_INT(struct self, skip, .max = 1e9, .help = "lines to pass over before the header"),
	MU_OPT_ITEMS(struct self, columns, struct column, column_options, .min = 1, .max = 10000,
		     .help = "columns to take; all, as strings, where there is no list"),
	MU_OPT_ITEMS(struct self, claims, struct claim, claim_options, .max = 1000,
		     .help = "rows that are totals"),
	MU_OPT_TEXT(struct self, all_claims,
		    .help = "name of the level of which all rows are totals"),
	MU_OPT_BYTES(struct self, max_size, .fallback = "1Gi", .min = 1, .max = 1e12,
		     .help = "bytes that a document may have"),
	MU_OPT_BYTES(struct self, max_field, .fallback = "1Mi", .min = 1, .max = 1e9,
		     .help = "bytes that a cell may have"),
	MU_OPT_INT(struct self, max_columns, .fallback = "1000", .min = 1, .max = 10000,
		   .help = "columns that a document may have"),
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
	  "Rename one in the file, or take columns by position with header: false and skip: 1." },
	{ "header", "A name in the header cannot be the name of a column.",
	  "Name it in the file, or declare the columns in the pipeline with the option columns." },
	{ "too-wide", "The header has more columns than the option max_columns allows.",
	  "Check that the delimiter is right; if so, raise max_columns." },
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
	CHARSET_CODES,
	{ 0 },
};

/* -------------------------------------------------------------- configure */

static int invalid_name(struct mu_ctx *ctx, const char *const *name)
{
	if (!**name)
		return mu_invalid(ctx, name, "a column needs a name");
	if (!strcmp(*name, MU_AT) || !strcmp(*name, MU_CLAIM))
		return mu_invalid(ctx, name, "the name '%s' is muster's own", *name);
	return 0;
}

static int configure_columns(struct mu_ctx *ctx, const struct self *self)
{
	const struct column *all = self->columns.items, *c, *earlier;
	int err = 0;

	for (c = all; c < all + self->columns.count; c++) {
		if (invalid_name(ctx, &c->name))
			err = EINVAL;
		for (earlier = all; earlier < c; earlier++)
			if (!strcmp(earlier->name, c->name))
				err = mu_invalid(ctx, &c->name, "two columns are called '%s'",
						 c->name);
		if (c->measure && strcmp(types[c->type], "integer"))
			err = mu_invalid(ctx, &c->measure, "a measure is of type integer, not %s",
					 types[c->type]);
		if (c->header && !self->header)
			err = mu_invalid(ctx, &c->header, "the file is said to have no header");
		if (c->optional && !self->header)
			err = mu_invalid(ctx, &c->optional,
					 "without a header every column must be there");
	}
	return err;
}

static bool column_declared(const struct self *self, const char *name)
{
	const struct column *c = self->columns.items;
	size_t i;

	for (i = 0; i < self->columns.count; i++)
		if (!strcmp(c[i].name, name))
			return true;
	return false;
}

static int configure_claims(struct mu_ctx *ctx, const struct self *self)
{
	const struct claim *all = self->claims.items, *c;
	int err = 0;

	for (c = all; c < all + self->claims.count; c++) {
		if (!*c->name)
			err = mu_invalid(ctx, &c->name, "a claim needs a name");
		if (!mu_trim(mu_string(c->match)).len)
			err = mu_invalid(ctx, &c->match,
					 "a blank cell means all, so it cannot tell a claim");
		if (self->columns.count && !column_declared(self, c->column))
			err = mu_invalid(ctx, &c->column, "no column is called '%s'", c->column);
	}
	if (self->all_claims && !*self->all_claims)
		err = mu_invalid(ctx, &self->all_claims, "a claim needs a name");
	if (self->all_claims && self->claims.count)
		err = mu_invalid(ctx, &self->all_claims,
				 "either claims tells which rows are totals, or all are");
	return err;
}

/* Whether a text is one character that can stand between or around cells. */
static bool is_mark(const char *text)
{
	return text[0] > 0 && text[0] < 0x7f && !text[1] && text[0] != '\n' && text[0] != '\r';
}

static int csv_configure(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;
	int err = configure_columns(ctx, self);

	if (configure_claims(ctx, self))
		err = EINVAL;
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
	if (!self->header && !self->columns.count)
		err = mu_invalid(ctx, &self->header,
				 "without a header the option columns has to name them");
	return err;
}

/* -------------------------------------------------- before the first row */

static int out_of_memory(struct mu_ctx *ctx)
{
	return mu_fail(ctx, ENOMEM, "out of memory");
}

static bool next_record(struct self *self, struct mu_string text, size_t at)
{
	return record_read(&self->record, &self->dialect, text, at, (size_t)self->max_columns);
}

/* How evenly a delimiter divides the first records. */
struct division {
	char delimiter;
	size_t cells, alike, records; /* cells of the first, how many have as many */
};

static int division_measure(struct mu_ctx *ctx, struct self *self, struct division *out)
{
	struct mu_string text = self->text;
	size_t at = self->at;

	self->dialect.delimiter = out->delimiter;
	if (text.len - at > SNIFF_BYTES)
		text.len = at + SNIFF_BYTES;
	while (at < text.len && out->records < SNIFF_RECORDS) {
		if (!next_record(self, text, at))
			return out_of_memory(ctx);
		at = self->record.next;
		if (record_is_blank(&self->record))
			continue;
		if (out->records && at == text.len && text.len < self->text.len)
			break; /* cut */
		if (!out->records)
			out->cells = self->record.count;
		out->records++;
		out->alike += self->record.count == out->cells;
	}
	return 0;
}

/* Below 0, 0, above 0: a divides worse than b, as well, better. */
static int division_compare(const struct division *a, const struct division *b)
{
	size_t x = a->alike * b->records, y = b->alike * a->records;

	if (x == y) {
		x = a->cells;
		y = b->cells;
	}
	return (x > y) - (x < y);
}

static int delimiter_sniff(struct mu_ctx *ctx, struct self *self)
{
	struct division best = { .delimiter = ',' }, one;
	const char *candidate;
	int err, better;

	for (candidate = ",;\t|"; *candidate; candidate++) {
		one = (struct division){ .delimiter = *candidate };
		if (*candidate == self->dialect.quote)
			continue;
		err = division_measure(ctx, self, &one);
		if (err)
			return err;
		if (one.cells < 2)
			continue;
		better = best.cells ? division_compare(&one, &best) : 1;
		if (better > 0)
			best = one;
		self->undecided = better == 0 || (better < 0 && self->undecided);
	}
	self->dialect.delimiter = best.delimiter;
	return 0;
}

static size_t lines_skip(const struct self *self)
{
	int64_t i;
	size_t at = 0;

	for (i = 0; i < self->skip && at < self->text.len; i++)
		at = line_next(self->text, at);
	return at;
}

static uint64_t line_of(const struct self *self, size_t at)
{
	uint64_t line = 1;
	size_t i;

	for (i = 0; line_end(self->text, i) < at; i = line_next(self->text, i))
		line++;
	return line;
}

/* Keeps the names of the header, without white space around them. */
static int header_read(struct mu_ctx *ctx, struct self *self)
{
	struct record *record = &self->record;
	char *space;
	size_t i;

	while (self->at < self->text.len) {
		self->header_at = self->at;
		if (!next_record(self, self->text, self->at))
			return out_of_memory(ctx);
		self->at = record->next;
		if (!record_is_blank(record))
			break;
		record->count = record->kept = 0;
	}
	self->width = record->count;
	self->n_names = record->kept;
	self->names = mu_alloc(ctx, (record->kept + 1) * sizeof *self->names);
	for (i = 0; i < record->kept; i++) {
		const struct cell *cell = &record->cells[i];

		space = NULL;
		if (cell->flags & CELL_DOUBLED)
			space = mu_alloc(ctx, cell->end - cell->start);
		self->names[i] = mu_trim(cell_value(cell, &self->dialect, self->text, space));
		if (cell->flags & (CELL_OPEN | CELL_JUNK) && !self->header_wrong.flags)
			self->header_wrong = *cell;
	}
	return 0;
}

static bool names_equal(struct mu_string a, struct mu_string b)
{
	return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

/* The column of the file that has a name; SIZE_MAX when none has it. */
static size_t name_find(const struct self *self, struct mu_string name, size_t from)
{
	for (; from < self->n_names; from++)
		if (names_equal(self->names[from], name))
			return from;
	return SIZE_MAX;
}

static struct mu_string column_header(const struct column *column)
{
	return mu_trim(mu_string(column->header ? column->header : column->name));
}

static void fields_declared(struct mu_ctx *ctx, struct self *self)
{
	const struct column *columns = self->columns.items;
	struct field *f;
	size_t i;

	self->n_fields = self->columns.count;
	self->fields = mu_alloc(ctx, self->n_fields * sizeof *self->fields);
	for (i = 0; i < self->n_fields; i++) {
		f = &self->fields[i];
		f->name = columns[i].name;
		f->type = mu_data_by_name(types[columns[i].type]);
		f->option = &columns[i];
		f->cell = i;
		if (self->ready && self->header)
			f->cell = name_find(self, column_header(&columns[i]), 0);
	}
}

/* Why a name of the header cannot be that of a column; NULL when it can. */
static const char *name_problem(struct mu_string name)
{
	if (!name.len)
		return "is blank";
	if (name.len > NAME_MAX_BYTES)
		return "is too long";
	if (memchr(name.data, '\0', name.len))
		return "holds a zero byte";
	if (mu_string_is(name, MU_AT) || mu_string_is(name, MU_CLAIM))
		return "is muster's own";
	return NULL;
}

/* The columns that the file names, but for those that report_header() refuses. */
static void fields_of_file(struct mu_ctx *ctx, struct self *self)
{
	struct mu_string name;
	char *copy;
	size_t i;

	self->fields = mu_alloc(ctx, (self->n_names + 1) * sizeof *self->fields);
	for (i = 0; i < self->n_names; i++) {
		name = self->names[i];
		if (name_problem(name) || name_find(self, name, 0) != i)
			continue;
		copy = mu_alloc(ctx, name.len + 1);
		memcpy(copy, name.data, name.len);
		self->fields[self->n_fields++] =
			(struct field){ .name = copy, .type = MU_STRING, .cell = i };
	}
}

/* Reads the document up to its first row. */
static int prepare(struct mu_ctx *ctx, struct self *self, bool reporting)
{
	struct charset_text decoded;
	const uint8_t *data;
	size_t len;
	int err = charset_decode(ctx, self->encoding, self->max_size, reporting, &decoded);

	if (!err)
		err = mu_data(ctx, &data, &len);
	if (err)
		return err;
	self->text = decoded.text;
	self->unreadable = !decoded.text.len && len > decoded.skipped;
	self->dialect.quote = *self->quote;
	self->at = lines_skip(self);
	if (self->delimiter)
		self->dialect.delimiter = *self->delimiter;
	else
		err = delimiter_sniff(ctx, self);
	self->width = self->columns.count;
	if (!err && self->header)
		err = header_read(ctx, self);
	self->header_line = line_of(self, self->header_at);
	self->ready = !err;
	self->line = 1;
	return err;
}

static void claims_resolve(struct mu_ctx *ctx, struct self *self)
{
	const struct claim *claims = self->claims.items;
	size_t i, j;

	self->claim_fields = mu_alloc(ctx, (self->claims.count + 1) * sizeof(size_t));
	for (i = 0; i < self->claims.count; i++) {
		self->claim_fields[i] = SIZE_MAX;
		for (j = 0; j < self->n_fields; j++)
			if (!strcmp(self->fields[j].name, claims[i].column))
				self->claim_fields[i] = j;
	}
}

static int csv_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	struct self *self = state;
	const struct field *f;
	int err = 0;

	if (!self->columns.count)
		err = prepare(ctx, self, false);
	if (err)
		return err;
	if (self->columns.count)
		fields_declared(ctx, self);
	else
		fields_of_file(ctx, self);
	self->all = mu_alloc(ctx, (self->n_fields + 1) * sizeof *self->all);
	claims_resolve(ctx, self);
	err = mu_schema_init(out);
	for (f = self->fields; !err && f < self->fields + self->n_fields; f++)
		err = mu_schema_add(out, f->name, f->type, f->option && f->option->measure, NULL);
	if (!err)
		err = mu_schema_add_hidden(out);
	if (!err)
		err = mu_builder_init(&self->builder, out);
	return err ? out_of_memory(ctx) : 0;
}

static void csv_close(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;

	(void)ctx;
	mu_builder_release(&self->builder);
	record_release(&self->record);
	free(self->space);
}

/* ------------------------------------------------ what the header gives */

static int report_column_missing(struct mu_ctx *ctx, const struct self *self, const char *name,
				 struct mu_string header)
{
	struct mu_finding missing = { .code = "column-missing", .field = name };
	struct phrase wanted = { .len = 0 }, list = { .len = 0 };
	size_t i;

	phrase_add(&wanted, header.data, header.len);
	for (i = 0; i < self->n_names; i++) {
		phrase_puts(&list, i ? ", '" : "'");
		phrase_add(&list, self->names[i].data, self->names[i].len);
		phrase_puts(&list, "'");
	}
	return mu_report(ctx, missing, "the header in line %" PRIu64 " has no '%s', but %s",
			 self->header_line, wanted.text, list.text);
}

static int report_column_twice(struct mu_ctx *ctx, const struct self *self, size_t i)
{
	struct mu_finding twice = { .code = "column-twice",
				    .value = self->names[i].data,
				    .value_len = self->names[i].len };
	struct phrase name = { .len = 0 };

	phrase_add(&name, self->names[i].data, self->names[i].len);
	return mu_report(ctx, twice, "'%s' stands more than once in the header in line %" PRIu64,
			 name.text, self->header_line);
}

static int report_declared(struct mu_ctx *ctx, const struct self *self)
{
	const struct field *f;
	struct mu_string header;
	int err = 0;

	for (f = self->fields; !err && f < self->fields + self->n_fields; f++) {
		header = column_header(f->option);
		if (f->cell == SIZE_MAX && !f->option->optional)
			err = report_column_missing(ctx, self, f->name, header);
		else if (f->cell != SIZE_MAX && name_find(self, header, f->cell + 1) != SIZE_MAX)
			err = report_column_twice(ctx, self, f->cell);
	}
	return err;
}

static int report_names(struct mu_ctx *ctx, const struct self *self)
{
	struct mu_finding wrong = { .code = "header" };
	const struct claim *claims = self->claims.items;
	const char *problem;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < self->n_names; i++) {
		problem = name_problem(self->names[i]);
		if (problem)
			err = mu_report(ctx, wrong,
					"the name of column %zu, in line %" PRIu64 ", %s", i + 1,
					self->header_line, problem);
		else if (name_find(self, self->names[i], 0) != i)
			err = report_column_twice(ctx, self, i);
	}
	for (i = 0; !err && i < self->claims.count; i++)
		if (name_find(self, mu_string(claims[i].column), 0) == SIZE_MAX)
			err = report_column_missing(ctx, self, NULL, mu_string(claims[i].column));
	return err;
}

static int report_unclosed(struct mu_ctx *ctx, const struct self *self, const struct cell *cell)
{
	struct mu_finding unclosed = { .code = "unclosed" };
	uint64_t first = line_of(self, cell->start), last = line_of(self, cell->end - 1);

	if (line_end(self->text, cell->start) == cell->end)
		return 0; /* it took no other line along */
	return mu_report(ctx, unclosed,
			 "the quote that is opened in line %" PRIu64
			 " is never closed: everything to the end in line %" PRIu64
			 " was read as one cell",
			 first, last);
}

static int report_header_quote(struct mu_ctx *ctx, const struct self *self)
{
	struct mu_finding wrong = { .code = "header" };

	if (self->header_wrong.flags & CELL_OPEN)
		return report_unclosed(ctx, self, &self->header_wrong);
	return mu_report(ctx, wrong,
			 "a name in the header in line %" PRIu64
			 " goes on behind its closing quote",
			 self->header_line);
}

static int report_header(struct mu_ctx *ctx, struct self *self)
{
	struct mu_finding empty = { .code = "empty" }, wide = { .code = "too-wide" };
	int err = 0;

	if (self->unreadable)
		return 0;
	if (self->header && !self->width) {
		self->ended = true; /* with no need to say no-rows */
		return mu_report(ctx, empty, "the document has no header%s",
				 self->text.len ? "" : ": it is empty");
	}
	wide.numbers = true;
	wide.expected = self->max_columns;
	wide.found = (int64_t)self->width;
	if (self->width > (size_t)self->max_columns)
		err = mu_report(ctx, wide,
				"the header has %zu columns, more than the %" PRId64
				" that max_columns allows",
				self->width, self->max_columns);
	if (!err && self->header_wrong.flags)
		err = report_header_quote(ctx, self);
	if (!err && self->header)
		err = (self->columns.count ? report_declared : report_names)(ctx, self);
	return err;
}

static int report_undecided(struct mu_ctx *ctx, const struct self *self)
{
	struct mu_finding undecided = { .code = "delimiter", .severity = MU_WARNING };
	char c = self->dialect.delimiter;

	return mu_report(ctx, undecided,
			 "%s was taken for the delimiter, but another divides "
			 "the document as well",
			 c == '\t'  ? "the tab"
			 : c == '|' ? "the bar"
			 : c == ';' ? "the semicolon"
				    : "the comma");
}

static int start(struct mu_ctx *ctx, struct self *self)
{
	bool opened = self->ready;
	int err = 0;

	self->started = true;
	if (opened && self->unreadable) /* which open() has said */
		return 0;
	err = prepare(ctx, self, true);
	if (!err && self->columns.count)
		fields_declared(ctx, self);
	if (!err && self->undecided)
		err = report_undecided(ctx, self);
	return err ? err : report_header(ctx, self);
}

/* ------------------------------------------------------------------ rows */

/* The value of a cell; until the next one is asked for. */
static int value_of(struct mu_ctx *ctx, struct self *self, const struct cell *cell,
		    struct mu_string *out)
{
	size_t len = cell->end - cell->start;
	char *space;

	if (cell->flags & CELL_DOUBLED && self->space_room < len) {
		space = realloc(self->space, len);
		if (!space)
			return out_of_memory(ctx);
		self->space = space;
		self->space_room = len;
	}
	*out = cell_value(cell, &self->dialect, self->text, self->space);
	return 0;
}

static uint64_t row_at(struct mu_ctx *ctx, const struct self *self)
{
	return mu_at(ctx->document->id, self->record.start);
}

static bool cell_too_long(const struct self *self, const struct cell *cell)
{
	return cell->end - cell->start > (size_t)self->max_field;
}

/* Whether nothing can be said of what a cell holds. */
static bool cell_is_broken(const struct self *self, const struct cell *cell)
{
	return cell->flags & (CELL_JUNK | CELL_OPEN | CELL_ZERO) || cell_too_long(self, cell);
}

/* The name of the column of a cell; NULL for one that is left out. */
static const char *field_of(const struct self *self, size_t cell)
{
	size_t i;

	for (i = 0; i < self->n_fields; i++)
		if (self->fields[i].cell == cell)
			return self->fields[i].name;
	return NULL;
}

/* Bytes of a text for a finding: what is shown of it, and no more. */
static size_t shown_length(struct mu_string text)
{
	size_t len = text.len < 1000 ? text.len : 1000;

	while (len < text.len && len && ((unsigned char)text.data[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static int report_cell(struct mu_ctx *ctx, const struct self *self, size_t i, const char *code,
		       const char *message)
{
	const struct cell *cell = &self->record.cells[i];
	struct mu_string raw = { self->text.data + cell->start, cell->end - cell->start };
	struct mu_finding wrong = { .code = code,
				    .at = row_at(ctx, self),
				    .field = field_of(self, i),
				    .value = raw.data,
				    .value_len = shown_length(raw) };

	if (!strcmp(code, "stray-quote"))
		wrong.severity = MU_WARNING;
	return mu_report(ctx, wrong, "cell %zu %s", i + 1, message);
}

static int report_flags(struct mu_ctx *ctx, const struct self *self, size_t i)
{
	const struct cell *cell = &self->record.cells[i];
	int err = 0;

	if (cell->flags & CELL_ZERO)
		err = report_cell(ctx, self, i, "zero-byte", "holds a zero byte");
	if (!err && cell->flags & CELL_OPEN)
		err = report_cell(ctx, self, i, "quote", "has a quote that is never closed");
	if (!err && cell->flags & CELL_OPEN)
		err = report_unclosed(ctx, self, cell);
	if (!err && cell->flags & CELL_JUNK)
		err = report_cell(ctx, self, i, "quote", "goes on behind its closing quote");
	if (!err && cell->flags & CELL_STRAY)
		err = report_cell(
			ctx, self, i, "stray-quote",
			"has a quote in it but none around it, and was taken as it stands");
	if (!err && cell_too_long(self, cell))
		err = report_cell(ctx, self, i, "too-long", "is longer than max_field allows");
	return err;
}

/* Cells that are missing are null; those too many are kept in the finding. */
static int report_ragged(struct mu_ctx *ctx, const struct self *self)
{
	const struct record *r = &self->record;
	struct mu_finding ragged = { .code = "ragged",
				     .at = row_at(ctx, self),
				     .numbers = true,
				     .expected = (int64_t)self->width,
				     .found = (int64_t)r->count };
	struct mu_string extra;

	if (r->count < self->width) {
		ragged.field = field_of(self, r->count);
	} else if (self->width < r->kept) {
		extra.data = self->text.data + r->cells[self->width].start;
		extra.len = r->end - r->cells[self->width].start;
		ragged.value = extra.data;
		ragged.value_len = shown_length(extra);
	}
	return mu_report(ctx, ragged, "the row has %zu cell%s, not %zu", r->count,
			 r->count == 1 ? "" : "s", self->width);
}

static int report_record(struct mu_ctx *ctx, const struct self *self)
{
	size_t i;
	int err = 0;

	if (self->record.count != self->width)
		err = report_ragged(ctx, self);
	for (i = 0; !err && i < self->record.kept; i++)
		if (self->record.cells[i].flags & ~(unsigned)(CELL_QUOTED | CELL_DOUBLED) ||
		    cell_too_long(self, &self->record.cells[i]))
			err = report_flags(ctx, self, i);
	return err;
}

/* The cell of a field in the record at hand; NULL when there is none. */
static const struct cell *cell_of(const struct self *self, const struct field *f)
{
	return f->cell < self->record.kept ? &self->record.cells[f->cell] : NULL;
}

/* Which claim the record at hand is, and which of its fields say so. */
static int claim_of(struct mu_ctx *ctx, struct self *self, const char **out)
{
	const struct claim *claims = self->claims.items;
	const struct cell *cell;
	struct mu_string value;
	size_t i, j;
	int err;

	*out = self->all_claims;
	memset(self->all, 0, self->n_fields * sizeof *self->all);
	for (i = 0; i < self->claims.count; i++) {
		j = self->claim_fields[i];
		cell = j < self->n_fields ? cell_of(self, &self->fields[j]) : NULL;
		if (!cell || cell_is_broken(self, cell))
			continue;
		err = value_of(ctx, self, cell, &value);
		if (err)
			return err;
		if (!names_equal(mu_trim(value), mu_trim(mu_string(claims[i].match))))
			continue;
		*out = claims[i].name;
		self->all[j] = true;
	}
	return 0;
}

static bool is_missing(const struct field *f, struct mu_string trimmed)
{
	size_t i;

	for (i = 0; f->option && i < f->option->missing.count; i++)
		if (names_equal(trimmed, mu_trim(mu_string(f->option->missing.items[i]))))
			return true;
	return !trimmed.len;
}

static int report_value(struct mu_ctx *ctx, const struct self *self, const struct field *f,
			struct mu_string value)
{
	static const char *const wanted[] = {
		[MU_INTEGER] = "a whole number in digits, such as 1204",
		[MU_NUMBER] = "a number in digits, such as 1204.5",
		[MU_BOOLEAN] = "true or false",
		[MU_DATE] = "a date such as 2023-11-24",
	};
	struct mu_finding wrong = { .code = mu_data_name(f->type),
				    .at = row_at(ctx, self),
				    .field = f->name,
				    .value = value.data,
				    .value_len = shown_length(value) };
	struct phrase shown = { .len = 0 };

	phrase_add(&shown, value.data, value.len);
	return mu_report(ctx, wrong, "%s '%s' is not %s", f->name, shown.text, wanted[f->type]);
}

/* Puts a value of a field's type, or nothing. */
static int put_value(struct mu_ctx *ctx, struct self *self, int64_t i, struct mu_string value)
{
	const struct field *f = &self->fields[i];
	struct mu_string trimmed = mu_trim(value);
	int64_t integer;
	double number;
	bool boolean;
	int32_t date;

	if (is_missing(f, trimmed))
		return 0;
	if (f->type == MU_STRING)
		mu_put_string(&self->builder, i, value);
	else if (f->type == MU_INTEGER && mu_parse_integer(trimmed, &integer))
		mu_put_integer(&self->builder, i, integer);
	else if (f->type == MU_NUMBER && mu_parse_number(trimmed, &number))
		mu_put_number(&self->builder, i, number);
	else if (f->type == MU_BOOLEAN && mu_parse_boolean(trimmed, &boolean))
		mu_put_boolean(&self->builder, i, boolean);
	else if (f->type == MU_DATE && mu_parse_date(trimmed, &date))
		mu_put_date(&self->builder, i, date);
	else
		return report_value(ctx, self, f, value);
	return 0;
}

static int put_row(struct mu_ctx *ctx, struct self *self)
{
	const struct cell *cell;
	struct mu_string value;
	const char *claim;
	size_t i;
	int err = report_record(ctx, self);

	if (!err)
		err = claim_of(ctx, self, &claim);
	for (i = 0; !err && i < self->n_fields; i++) {
		cell = cell_of(self, &self->fields[i]);
		if (!cell || self->all[i] || cell_is_broken(self, cell))
			continue;
		err = value_of(ctx, self, cell, &value);
		if (!err)
			err = put_value(ctx, self, (int64_t)i, value);
	}
	if (err)
		return err;
	mu_end_row_at(&self->builder, row_at(ctx, self), claim);
	self->rows++;
	self->data_rows += !claim;
	return 0;
}

static int report_no_rows(struct mu_ctx *ctx, struct self *self)
{
	struct mu_finding none = { .code = "no-rows" };

	if (self->ended || self->unreadable || self->data_rows || (self->all_claims && self->rows))
		return 0;
	self->ended = true;
	return mu_report(ctx, none, "the document has no row of data%s",
			 self->rows ? ", only claims" : "");
}

static int csv_parse(struct mu_ctx *ctx, void *state, struct ArrowArray *out)
{
	struct self *self = state;
	size_t from;
	int err = self->started ? 0 : start(ctx, self);

	*out = (struct ArrowArray){ .release = NULL };
	from = self->at;
	while (!err && self->at < self->text.len && self->builder.rows < BATCH_ROWS &&
	       self->at - from < BATCH_BYTES) {
		if (!next_record(self, self->text, self->at))
			return out_of_memory(ctx);
		self->at = self->record.next;
		if (!record_is_blank(&self->record))
			err = put_row(ctx, self);
		if (self->builder.err)
			break;
	}
	if (!err && self->at == self->text.len)
		err = report_no_rows(ctx, self);
	if (err)
		return err;
	err = mu_builder_finish(&self->builder, out);
	return err ? mu_fail(ctx, err, "%s",
			     err == ENOMEM ? "out of memory" : "a batch is too large")
		   : 0;
}

/* ---------------------------------------------------------------- locate */

static uint64_t characters(struct mu_string text, size_t from, size_t to)
{
	uint64_t n = 0;

	for (; from < to; from++)
		n += ((unsigned char)text.data[from] & 0xc0) != 0x80;
	return n;
}

/* The line of `at`, counted from the line of the position before, which is kept
 * for the next one. */
static void line_seek(struct self *self, size_t at)
{
	size_t next;

	if (at < self->line_at) {
		self->line_at = 0;
		self->line = 1;
	}
	while ((next = line_next(self->text, self->line_at)) <= at) {
		self->line_at = next;
		self->line++;
	}
}

/* The cell of a column; for one that a short row lacks, where it would begin. */
static struct cell cell_named(const struct self *self, const char *field)
{
	const struct record *r = &self->record;
	struct cell cell = { .start = r->start, .end = line_end(self->text, r->start) };
	size_t i;

	for (i = 0; field && i < self->n_fields; i++) {
		if (strcmp(self->fields[i].name, field) || self->fields[i].cell == SIZE_MAX)
			continue;
		if (self->fields[i].cell < r->kept)
			return r->cells[self->fields[i].cell];
		return (struct cell){ .start = r->end, .end = r->end };
	}
	return cell;
}

static int csv_locate(struct mu_ctx *ctx, void *state, uint64_t position, const char *field,
		      struct mu_place *out)
{
	struct self *self = state;
	struct mu_string value;
	struct cell cell;
	size_t start, end;
	int err = self->ready ? 0 : prepare(ctx, self, false);

	if (!err && self->columns.count && !self->started)
		fields_declared(ctx, self);
	self->started = true;
	if (err || position >= self->text.len)
		return err;
	if (!next_record(self, self->text, position))
		return out_of_memory(ctx);
	cell = cell_named(self, field);
	err = value_of(ctx, self, &cell, &value);
	if (err)
		return err;
	line_seek(self, position);
	out->line = self->line;
	start = self->line_at;
	for (; (end = line_end(self->text, start)) < cell.start; out->line++)
		start = line_next(self->text, start);
	out->column = characters(self->text, start, cell.start) + 1;
	out->width = characters(self->text, cell.start, cell.end < end ? cell.end : end);
	out->text = self->text.data + start;
	out->text_len = end - start;
	out->value = value.data;
	out->value_len = value.len;
	return 0;
}

MUSTER_PLUGIN(.name = "csv", .summary = "tables of text separated by commas or their like",
	      .options = options, .codes = codes, .self_size = sizeof(struct self),
	      .configure = csv_configure, .open = csv_open, .close = csv_close, .parse = csv_parse,
	      .locate = csv_locate);
