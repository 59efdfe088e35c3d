/*
 * From rows of cells to batches: what parsers of tables have in common whose
 * documents have cells, such as spreadsheets, web pages and JSON.
 *
 * The parser gives rows from the top, header rows first, and takes batches:
 *
 *     struct rows *rows = rows_open(ctx, &self->options, &source);
 *     while (there is a row)
 *             rows_add(ctx, rows, cells, n, position);
 *             if (rows_are_full(rows))
 *                     rows_give(ctx, rows, out);
 *     rows_finish(ctx, rows);
 *     rows_give(ctx, rows, out);
 *
 * What the options mean is as parse: csv has it, so that a table gives the same
 * rows, types and claims in whichever form it was published.  A cell that has a type
 * of its own is taken by that:
 *
 *     in a column of    text             number          boolean    date
 *     string            as it stands     in digits       true       2023-11-24
 *     integer           see below        if it is whole  an error   an error
 *     number            see below        as it stands    an error   an error
 *     boolean           if it reads so   if it is 0, 1   its value  an error
 *     date              if it reads so   an error        an error   without time of day
 *
 * Where numbers have a type, text that reads as a number is taken for one with the
 * warning text-number; in documents of nothing but text, without.  A number in digits
 * has as few as read back as the same.  An error, such as #REF!, is no value.  What
 * the options `missing`, `zero` and `match` name is compared with the cell as it would
 * be in a column of strings.
 *
 * Rows of nothing but blank cells are passed over, before the header as well.  The
 * width of a table is that of its header, up to the last cell that is not blank;
 * without one it is the last column's that is declared.  A cell beyond that is an error.
 *
 * A row behind the header that has nothing but one text, be it in several cells, in which a
 * pattern of the option notes is found is passed over (see notes.h).
 *
 * A column is found by the texts of its header, in which any white space is as good as
 * one blank; by its position; or, without a header, by its place in the list.
 *
 * Counts of columns are from 0 in C, and from 1 in options and messages.
 */
#ifndef ROWS_H
#define ROWS_H

#include "bytes/charset.h"
#include "table/cell.h"
#include "table/column.h"
#include "table/notes.h"

/* A member `options` of the plugin's self. */
struct rows_options {
	struct mu_items columns; /* struct declared_column */
	struct mu_items claims;  /* struct declared_claim */
	const char *all_claims;
	struct mu_texts notes;
	int64_t header_rows; /* a parser without such an option sets it in configure */
	int64_t max_rows, max_columns, max_field;
};

extern const struct mu_option rows_column_options[];

/* An option of them.  The plugin's table is not called `options`, which cppcheck 2.10 takes
 * for the member. */
#define ROWS_OPTION(tag, ctype, self, member, ...) \
	{ .name = #member, .type = (tag), .offset = MU_OFFSET(self, options.member, ctype), __VA_ARGS__ }

/* For the plugin's table of options, where those that are its own stand first. */
#define ROWS_OPTIONS(self) \
	ROWS_OPTION(MU_ITEMS, struct mu_items, self, columns, .fields = rows_column_options, \
		    .item_size = sizeof(struct declared_column), .min = 1, .max = 10000, \
		    .help = "columns to take; all, as strings, where there is no list"), \
	ROWS_OPTION(MU_ITEMS, struct mu_items, self, claims, .fields = claim_options, \
		    .item_size = sizeof(struct declared_claim), .max = 1000, \
		    .help = "rows that are totals"), \
	ROWS_OPTION(MU_TEXT, const char *, self, all_claims, \
		    .help = "name of the level of which all rows are totals"), \
	ROWS_OPTION(MU_BYTES, int64_t, self, max_field, .fallback = "1Mi", .min = 1, .max = 1e9, \
		    .help = "bytes that a cell may have"), \
	ROWS_OPTION(MU_INT, int64_t, self, max_columns, .fallback = "1000", .min = 1, .max = 10000, \
		    .help = "columns that a table may have"), \
	ROWS_OPTION(MU_INT, int64_t, self, max_rows, .fallback = "10000000000", .min = 1, .max = 1e12, \
		    .help = "rows that a document may have, claims among them")

#define ROWS_NOTES_OPTION(self) \
	ROWS_OPTION(MU_TEXTS, struct mu_texts, self, notes, .max = NOTES_MOST, .help = NOTES_HELP)

#define ROWS_HEADER_OPTIONS(self) \
	ROWS_OPTION(MU_INT, int64_t, self, header_rows, .fallback = "1", .max = 20, \
		    .help = "rows that name the columns; 0 for none")

/* The findings that such a plugin must have in its codes: ROWS_COMMON_CODES, and of the
 * others those that its documents can have, in its own words where that is better. */
#define ROWS_MISSING_CODE \
	{ "column-missing", "The header does not have a column that the pipeline declares.", \
	  "Correct the option header or position of the column, or declare it optional: true." }

#define ROWS_ERROR_CODE \
	{ "cell-error", "A cell holds no value but an error, such as #REF!, or its formula was never " \
	  "calculated.", \
	  "Correct and recalculate the document, or name the error under the column's missing." }

/* Where numbers have a type. */
#define ROWS_TEXT_NUMBER_CODE \
	{ "text-number", "A cell holds a number as text. It was taken as that number.", \
	  "Look whether the text says what was meant, and make it a number in the document." }

#define ROWS_COMMON_CODES \
	{ "column-twice", "Two columns have the same name in the header.", \
	  "Tell them apart with more rows of the header, or name the column's position as well." }, \
	{ "header", "A name in the header cannot be the name of a column, or is lacking.", \
	  "Name it in the document, or declare the columns in the pipeline with the option columns." }, \
	{ "header-again", "A row has the texts of the header, and was read as one of data.", \
	  "Look whether another table begins there, or have it left out of the document." }, \
	{ "too-wide", "The header has more columns than the option max_columns allows.", \
	  "Check that this is the right table; if so, raise max_columns." }, \
	{ "beyond", "A row has a cell right of the last column that has a header.", \
	  "Look whether it is a note, or belongs to another table; then leave its column out." }, \
	{ "empty", "There is no cell that is not blank, or the table ends before its header does.", \
	  "Get the document again, or look whether this is the right table." }, \
	{ "no-rows", "The table has no row of data.", \
	  "Get the document again, or correct the options header_rows and claims." }, \
	{ "integer", "A cell is not a whole number that fits 64 bits, or as text not so in digits.", \
	  "Correct the cell, name its text under the column's missing, or read it as a string and " \
	  "cast it with transform: columns in the document's language." }, \
	{ "number", "A cell is not a number, or as text not one in digits with a decimal point.", \
	  "Correct the cell, name its text under the column's missing, or read it as a string and " \
	  "cast it with transform: columns in the document's language." }, \
	{ "boolean", "A cell is none of true, false, 1 and 0.", \
	  "Correct the cell, or name its text under the column's missing." }, \
	{ "date", "A cell is not a date: it is a number, has a time of day, or is text other than " \
	  "2023-11-24.", \
	  "Correct the cell, name its text under the column's missing, or read it as a string and " \
	  "cast it with transform: columns in the document's language." }, \
	{ "too-long", "A cell is longer than the option max_field allows.", \
	  "Look at the cell; if all is right, raise max_field." }, \
	{ "raised", "A number has a raised mark, such as that of a footnote, or a power.", \
	  "Leave marks out with footnotes: drop where there is such an option, or name the text under " \
	  "the column's missing." }, \
	CHARSET_CONTROL_CODE

/* configure: says what is wrong with the options.  0 or EINVAL. */
int rows_configure(struct mu_ctx *ctx, const struct rows_options *options);

/* The document that rows come from. */
struct rows_source {
	bool typed;   /* numbers have a type, so that text is odd where a number should be */
	bool letters; /* columns are called A, B ... in messages */
	size_t first; /* and the first one of a row is this one, from 0: a range may begin
			 further right */
};

struct rows;

/* Begins a table, in memory of the stage; `options` must stay.  Never NULL. */
struct rows *rows_open(struct mu_ctx *ctx, const struct rows_options *options,
		       const struct rows_source *source);
void rows_close(struct rows *rows); /* NULL is fine */

/* The next row.  `position` is the one of _at: no two rows have the same, and it leaves
 * room for those that a transform makes of one.  Cells past `n` are blank.  `n` may be
 * more than max_columns: then the last of so many is not blank, and those past
 * max_columns need not be there.  Text longer than max_field may be cut, so long as it is
 * longer still.  Nothing is reported before the first row behind the header.  0, or what
 * mu_report() gave, or E2BIG with a message when there are too many rows. */
int rows_add(struct mu_ctx *ctx, struct rows *rows, const struct cell_value *cells, size_t n,
	     uint64_t position);

/* Says that there are no more rows: reports what is wrong with the table as a whole. */
int rows_finish(struct mu_ctx *ctx, struct rows *rows);

/* Adds the counts of rows of another table of the same document and options, whose rows
 * were all taken, for rows_finish().  0, or E2BIG with a message when they are too many. */
int rows_merge(struct mu_ctx *ctx, struct rows *rows, const struct rows *other);

/* Whether the header has been read, or there is none. */
bool rows_are_ready(const struct rows *rows);

/* Whether it is time to take a batch. */
bool rows_are_full(const struct rows *rows);

/* Hands over the rows at hand; with none `out` stays released. */
int rows_give(struct mu_ctx *ctx, struct rows *rows, struct ArrowArray *out);

/* open, once, before any row behind the header: the columns that come out, hidden ones
 * included.  Without the option columns they are those of the header, so the rows should
 * be ready; where the rows end before it, there are none but the hidden ones. */
int rows_schema(struct mu_ctx *ctx, struct rows *rows, struct ArrowSchema *out);

/* Which cell of a row the column of a name is read from, once the rows are ready; for one
 * of status_of, that which it speaks of.  SIZE_MAX when there is none. */
size_t rows_cell_of(const struct rows *rows, const char *field);

/* The name of the column that is read from a cell of a row; NULL when none is. */
const char *rows_field_of(const struct rows *rows, size_t cell);

/* Writes what a cell's column is called: "K", or "11". */
enum { ROWS_COLUMN_NAME = 24 };
const char *rows_column_name(const struct rows_source *source, size_t cell,
			     char out[ROWS_COLUMN_NAME]);

#endif
