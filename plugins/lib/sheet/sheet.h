/*
 * What parsers of spreadsheets have in common: which part of a sheet is the table, its
 * rows in the making, merged areas, what is hidden, and places such as 'My sheet'!B14.
 *
 * The parser gives the rows that its document has, from the top, and their cells from
 * the left:
 *
 *     sheet_row(sheet, row, hidden);
 *             cell = sheet_cell(sheet, column);   NULL: nobody looks at it
 *     sheet_row_end(ctx, sheet, 1);
 *
 * Rows and cells that are not given are blank.  The header begins with the first row of the range
 * that is not blank, and its rows follow each other.  In the header every cell of a
 * merged area has its value; elsewhere with merged: fill, in rows that have other cells.
 *
 * Rows and columns are counted from 0.
 */
#ifndef SHEET_H
#define SHEET_H

#include "table/tables.h"
#include "text/phrase.h"

enum {
	SHEET_ROWS = 1 << 20,
	SHEET_COLUMNS = 1 << 14,
	SHEET_MERGED = 100000, /* areas */
};

/* The position of a row in _at, and back.  Between those of two rows there is room for
 * what a transform makes of one: a row for each of its columns, and more. */
static inline uint64_t sheet_position(uint32_t row)
{
	return (uint64_t)row << 20;
}

static inline uint32_t sheet_row_at(uint64_t position)
{
	return (uint32_t)(position >> 20);
}

/* A member `sheet` of the plugin's self. */
struct sheet_options {
	const char *sheet, *range;
	struct mu_texts unread;
	int merged; /* enum sheet_merged */
	int64_t max_size, max_inflated;
};

enum sheet_merged { MERGED_WARN, MERGED_FIRST, MERGED_FILL };
extern const char *const sheet_merged_names[];

#define SHEET_OPTION(tag, ctype, self, member, ...) \
	{ \
		.name = #member, .type = (tag), .offset = MU_OFFSET(self, sheet.member, ctype), \
		__VA_ARGS__ \
	}

#define SHEET_OPTIONS(self) \
	SHEET_OPTION(MU_TEXT, const char *, self, sheet, \
		     .help = "the table's, by name or by number from 1; without, the only " \
			     "visible one"), \
		SHEET_OPTION( \
			MU_TEXT, const char *, self, range, \
			.help = "where the table is, its header included: A1:AO43, A3:, A:F"), \
		SHEET_OPTION(MU_TEXTS, struct mu_texts, self, unread, .max = NOTES_MOST, \
			     .help = "patterns of names of sheets, and of first texts of tables " \
				     "outside of range, " \
				     "that are known and not read"), \
		SHEET_OPTION(MU_CHOICE, int, self, merged, .fallback = "warn", \
			     .choices = sheet_merged_names, \
			     .help = "which cell of a merged area has its value: the first one, " \
				     "or all, in rows " \
				     "that have others; warn: the first one, with a warning; in " \
				     "headers all " \
				     "have"), \
		SHEET_OPTION(MU_BYTES, int64_t, self, max_size, .fallback = "1Gi", .min = 1, \
			     .max = 0x1p40, .help = "bytes that a document may have"), \
		SHEET_OPTION(MU_BYTES, int64_t, self, max_inflated, .fallback = "4Gi", .min = 1, \
			     .max = 0x1p40, .help = "bytes that it may have unpacked")

#define SHEET_CODES \
	{ "hidden", "The sheet, or rows or columns of its table, are hidden. They were read.", \
	  "Look whether they belong to the table; if not, leave them out with range or " \
	  "columns." }, \
		{ "merged", \
		  "A merged area has several rows of the table, and its value was taken for the " \
		  "first " \
		  "one alone.", \
		  "Say merged: fill when all of them have it, merged: first when it is that of " \
		  "the first." }, \
		{ "covered", \
		  "A cell that lies under a merged one has a value, which nobody sees.", \
		  "Split the merged cell in the document, or delete what lies under it." }, \
		{ "unread-sheet", \
		  "Another sheet has numbers, be they text or what a formula gives, and no " \
		  "source reads it; of a hidden sheet this is a note.", \
		  "Read it with a source of its own, or name it in the option unread." }, \
		{ "unread-table", \
		  "Cells beside the range, above it or below it have numbers, and nobody reads " \
		  "them.", \
		  "Widen the range, or name the first text there in the option unread." }, \
	{ \
		"sheet", \
			"The document does not have the sheet that is meant, or it is not plain " \
			"which one is.", \
			"Correct the option sheet; the message names those that there are." \
	}

/* configure: says what is wrong with these options.  0 or EINVAL. */
int sheet_configure(struct mu_ctx *ctx, const struct sheet_options *options);

/* Rows and columns from the first to the last. */
struct area {
	uint32_t top, left, bottom, right;
};

/* "A1:AO43", "B2", "A3:", "A:F", "3:10", with $ or without; false for anything else. */
bool area_parse(const char *text, struct area *out);

/* A cell's name, "B14"; false for anything else. */
bool area_parse_cell(const char *text, uint32_t *row, uint32_t *column);

/* Why a sheet is read. */
enum sheet_aim {
	SHEET_GIVE,  /* for tables_line() */
	SHEET_PEEK,  /* to see what the header is like: found with the row behind it */
	SHEET_FIND,  /* for locate(): found with the row that is wanted */
	SHEET_CHECK, /* once more, for what merged areas cover */
};

/* Cells on one side of the range. */
struct outside {
	bool numbers;         /* there are some: */
	uint32_t row, column; /* where the first one is */
	struct phrase text;   /* the first one */
};

enum sheet_side { SIDE_ABOVE, SIDE_LEFT, SIDE_RIGHT, SIDE_BELOW, SHEET_SIDES };

struct sheet {
	struct tables *rows;
	struct area range;
	size_t most, text_most; /* cells of a row, and bytes of a text and one, that are kept */
	bool fills;
	int64_t header_rows;

	enum sheet_aim aim;
	uint32_t wanted;
	bool found; /* what it is read for; the row at hand is still there */

	/* The row at hand. */
	uint32_t row;
	bool here, hidden; /* here: in the range */
	struct cell *cells;
	size_t *texts; /* of cells whose text is in `space`: where, and 1; else 0 */
	size_t n;      /* cells up to the last one that was asked for */
	size_t spilt;  /* past `most`, where a cell that is not blank is, and 1 */
	char *space;
	size_t space_len, space_room;
	bool broken; /* memory is out */

	int64_t n_header;   /* rows of the header that were there, */
	uint32_t head_row;  /* and the last one of them */
	size_t header_last; /* cells of the last one of them */
	bool gaps;          /* a merged area could be in the header */

	/* Merged areas by their first row, those that begin further down, and those that the
	 * row at hand lies in. */
	struct merge *merges;
	size_t n_merges, merges_room, merge_next;
	size_t *active, n_active;

	/* What stands on each side of the range.  `beside`: the cell that was asked for last
	 * does, and is not looked at yet. */
	struct outside outside[SHEET_SIDES], *beside;

	uint64_t repeated; /* cells */
	uint32_t pending;  /* times that the row at hand is still to be given, each time a */
	bool held;         /* row further down, or the first time where it stands */

	/* Below the header: cells that would have the value of a merged area if it were that of
	 * all, and those that lie under one and have a value, and the first of each. */
	bool warns;
	uint64_t left_blank, covered;
	uint32_t blank_row, blank_column, covered_row, covered_column;

	uint64_t hidden_rows;
	uint32_t first_hidden;
	struct area *hidden_columns;
	size_t n_hidden, hidden_room;

	char *place; /* texts for locate() */
};

/* Begins the sheet of a stage, and its rows.  Both options must stay. */
void sheet_open(struct mu_ctx *ctx, struct sheet *sheet, const struct sheet_options *options,
		const struct table_options *rows_options);
void sheet_close(struct sheet *sheet);

/* Begins to read it from the top; `row` is what SHEET_FIND wants. */
void sheet_restart(struct sheet *sheet, enum sheet_aim aim, uint32_t row);

/* Begins a row, below all before, which may have been the last of the header though it
 * was not given.  0 or an error with a message. */
int sheet_row(struct mu_ctx *ctx, struct sheet *sheet, uint32_t row, bool hidden);

/* A cell of it, right of all before, blank until it is filled; NULL when nobody looks at
 * it.  Lives until the next one is asked for. */
struct cell *sheet_cell(struct sheet *sheet, uint32_t column);

/* The cell that was asked for last is there so many times more, to the right. */
void sheet_cell_repeat(struct sheet *sheet, uint32_t times);

/* Whether a merged area is beside cells below the header, which sheet_merge() was not told. */
bool sheet_reaches_body(const struct sheet *sheet, const struct area *area);

/* After the last row: reports what merged areas cover. */
int sheet_report_merged(struct mu_ctx *ctx, const struct sheet *sheet);

/* Whether that cell stands outside of the range: it is only looked at for numbers. */
static inline bool sheet_is_beside(const struct sheet *sheet)
{
	return sheet->beside != NULL;
}

/* Whether a number, or a text that reads as one, may count something, and is no year. */
bool sheet_counts(struct mu_string digits);

/* Sets the text of a cell to a copy of what is allowed of it. */
void sheet_text(struct sheet *sheet, struct cell *cell, const char *text, size_t len);

/* Reads "2023-11-24" or "2023-11-24T14:30:00.5" as a date; false for anything else. */
bool sheet_date_parse(struct mu_string text, struct cell *out);

/* Ends the row, and as many with the same cells below it that there are `times` of it in
 * all, from 1.  Those behind the header wait until more is asked for, so that no row
 * comes before the columns are known.  0, or what tables_line() gave, or an error with a
 * message. */
int sheet_row_end(struct mu_ctx *ctx, struct sheet *sheet, uint32_t times);

/* After the last row: those that still wait. */
int sheet_rest(struct mu_ctx *ctx, struct sheet *sheet);

/* Adds a merged area that begins below all rows that have ended, in any order before the
 * first row, and else by its first row; or columns that are hidden.  0 or an error with a
 * message. */
int sheet_merge(struct mu_ctx *ctx, struct sheet *sheet, const struct area *area);
int sheet_hide(struct mu_ctx *ctx, struct sheet *sheet, uint32_t first, uint32_t last);

/* After the last row: reports what of the table is hidden, and numbers that stand outside of
 * the range unless their first text is one of the notes. */
int sheet_report_hidden(struct mu_ctx *ctx, const struct sheet *sheet);
int sheet_report_outside(struct mu_ctx *ctx, const struct sheet *sheet, struct notes *known);

/* Fills `out` for the row that was found, if it was; until the next call. */
int sheet_place(struct mu_ctx *ctx, struct sheet *sheet, const char *name, const char *field,
		struct mu_place *out);

/* Rows that the header of a sheet may have whose table nobody has described. */
enum { SHEET_GUESSED = 6 };

/* Whether the row at hand has numbers, dates or truth values, one for four other cells at
 * least: headers rarely have. */
bool sheet_row_has_values(const struct sheet *sheet);

/* Draws up `out` for a sheet of that name. */
void sheet_draft(struct mu_ctx *ctx, const char *name, int64_t header_rows, struct mu_guess *out);

/* A sheet of a document. */
struct sheet_name {
	char *name;
	bool hidden, no_table;
	bool numbers; /* has some, but for years, or formulas without a value */
};

/* Which one the option sheet means.  0, or ENOENT with a message that lists them. */
int sheet_choose(struct mu_ctx *ctx, const char *option, const struct sheet_name *names, size_t n,
		 size_t *out);
int sheet_report_hidden_sheet(struct mu_ctx *ctx, const struct sheet_name *name);

#endif
