/*
 * A table as pipelines describe it, in whichever form it was published:
 *
 *     header_rows: 1
 *     columns:
 *       - {name: mission, header: Missie}
 *       - {name: headcount, header: Aantal, type: integer, measure: true, missing: [n/a]}
 *     claims:
 *       - {name: total, column: mission, match: Totaal}
 *     notes: ['^Source:']
 *
 * and what may be wrong with such a description, and with a table that is read by it.
 */
#ifndef TABLE_DESCRIBE_H
#define TABLE_DESCRIBE_H

#include "bytes/charset.h"
#include "table/notes.h"

enum { COLUMN_NAME_MAX = 1024 }; /* bytes */

struct declared_column {
	const char *name, *status_of;
	struct mu_texts header; /* none: its name */
	int64_t position;       /* from 1; 0: not said */
	int type;               /* enum mu_data, counted from 0 */
	bool measure, optional;
	struct mu_texts missing, zero;
};

struct declared_claim {
	const char *name, *column, *match, *pattern; /* one of the latter two */
	bool optional;
};

extern const char *const column_types[]; /* by declared_column.type */

/* For a table of options: the first of them, and those behind what tells the column. */
#define COLUMN_OPTION_NAME \
	MU_OPT_TEXT(struct declared_column, name, .required = true, .help = "name of the column")
#define COLUMN_OPTIONS \
	MU_OPT_CHOICE(struct declared_column, type, .fallback = "string", .choices = column_types, \
		      .help = "what its cells hold"), \
	MU_OPT_BOOL(struct declared_column, measure, \
		    .help = "whether it counts something, such as heads"), \
	MU_OPT_BOOL(struct declared_column, optional, \
		    .help = "whether a document may do without it"), \
	MU_OPT_TEXTS(struct declared_column, missing, \
		     .help = "texts that mean that there is no value"), \
	MU_OPT_TEXTS(struct declared_column, zero, .help = "texts that mean 0, such as a dash"), \
	MU_OPT_TEXT(struct declared_column, status_of, \
		    .help = "instead of a cell: why the column of this name has no value")

extern const struct mu_option table_column_options[], table_claim_options[];

/* A member `options` of the plugin's self. */
struct table_options {
	struct mu_items columns; /* struct declared_column */
	struct mu_items claims;  /* struct declared_claim */
	const char *all_claims;
	struct mu_texts notes;
	int64_t header_rows; /* a parser without such an option sets it in configure */
	int64_t max_rows, max_columns, max_field;
};

/* An option of them.  The plugin's table is not called `options`, which cppcheck 2.10 takes
 * for the member. */
#define TABLE_OPTION(tag, ctype, self, member, ...) \
	{ .name = #member, .type = (tag), .offset = MU_OFFSET(self, options.member, ctype), __VA_ARGS__ }

/* For the plugin's table of options, where those that are its own stand first. */
#define TABLE_OPTIONS(self) \
	TABLE_OPTION(MU_ITEMS, struct mu_items, self, columns, .fields = table_column_options, \
		    .item_size = sizeof(struct declared_column), .min = 1, .max = 10000, \
		    .help = "columns to take; all, as strings, where there is no list"), \
	TABLE_OPTION(MU_ITEMS, struct mu_items, self, claims, .fields = table_claim_options, \
		    .item_size = sizeof(struct declared_claim), .max = 1000, \
		    .help = "rows that are totals"), \
	TABLE_OPTION(MU_TEXT, const char *, self, all_claims, \
		    .help = "name of the level of which all rows are totals"), \
	TABLE_OPTION(MU_BYTES, int64_t, self, max_field, .fallback = "1Mi", .min = 1, .max = 1e9, \
		    .help = "bytes that a cell may have"), \
	TABLE_OPTION(MU_INT, int64_t, self, max_columns, .fallback = "1000", .min = 1, .max = 10000, \
		    .help = "columns that a table may have"), \
	TABLE_OPTION(MU_INT, int64_t, self, max_rows, .fallback = "10000000000", .min = 1, .max = 1e12, \
		    .help = "rows that a document may have, claims among them")

#define TABLE_NOTES_OPTION(self) \
	TABLE_OPTION(MU_TEXTS, struct mu_texts, self, notes, .max = NOTES_MOST, .help = NOTES_HELP)

#define TABLE_HEADER_OPTIONS(self) \
	TABLE_OPTION(MU_INT, int64_t, self, header_rows, .fallback = "1", .max = 20, \
		    .help = "rows that name the columns; 0 for none")

/* The findings that such a plugin must have in its codes: TABLE_COMMON_CODES, and of the
 * others those that its documents can have, in its own words where that is better. */
#define TABLE_MISSING_CODE \
	{ "column-missing", "The header does not have a column that the pipeline declares.", \
	  "Correct the option header or position of the column, or declare it optional: true." }

#define TABLE_ERROR_CODE \
	{ "cell-error", "A cell holds no value but an error, such as #REF!, or its formula was never " \
	  "calculated.", \
	  "Correct and recalculate the document, or name the error under the column's missing." }

/* Where numbers have a type. */
#define TABLE_TEXT_NUMBER_CODE \
	{ "text-number", "A cell holds a number as text. It was taken as that number.", \
	  "Look whether the text says what was meant, and make it a number in the document." }

#define TABLE_CLAIM_CODE \
	{ "claim-missing", "No row is a claim that the option claims tells by a pattern.", \
	  "Correct the pattern, or declare the claim optional: true; a total that it just misses was read as " \
	  "a row." }

#define TABLE_COMMON_CODES \
	TABLE_CLAIM_CODE, \
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

/* The form that a table was published in. */
struct table_form {
	bool typed;   /* numbers have a type, so that text is odd where a number should be */
	bool names;   /* the header is names and nothing else: each cell has one, as it stands;
			 nobody looks whether those below one without have anything */
	bool letters; /* columns are called A, B ... in messages */
	size_t first; /* and the first one of a line is this one, from 0: a range may begin
			 further right */
};

/* Writes what the column of a cell is called: "K", or "11". */
enum { TABLE_COLUMN_NAME = 24 };
const char *table_column_name(const struct table_form *form, size_t cell,
			      char out[TABLE_COLUMN_NAME]);

/* configure: says what is wrong with the options.  0 or EINVAL. */
int table_configure(struct mu_ctx *ctx, const struct table_options *options);

/* Likewise, of a table without a header: either all columns have a position, or none. */
int table_positions_check(struct mu_ctx *ctx, const struct mu_items *columns);

/* Why a name that a document has cannot be that of a column; NULL when it can. */
const char *column_name_problem(struct mu_string name);

static inline bool text_equal(struct mu_string a, struct mu_string b)
{
	return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

#endif
