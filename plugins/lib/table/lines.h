/*
 * What the lines behind a header are: notes, claims and rows.
 */
#ifndef TABLE_LINES_H
#define TABLE_LINES_H

#include "table/marks.h"
#include "table/reading.h"

/* A line as it is read: see table_lines_begin(). */
struct table_row {
	const struct cell *cells;
	size_t n;       /* of them, at most max_columns */
	uint64_t at;    /* as mu_at() makes it */
	bool plain;     /* its texts have no characters that nobody sees */
	uint32_t claim; /* 1 and its index, or 0: none of the option claims */
};

/* Zeroed but for `columns` at first. */
struct table_lines {
	const struct table_columns *columns; /* ready when there are lines */
	struct table_column const **claim_columns; /* of each claim, or NULL */
	struct mu_string *matches; /* likewise: the text that tells it, */
	struct pattern **patterns; /* or the pattern, once it was needed */
	bool *seen;                /* whether a row is it */
	bool *all;                 /* all[i]: in the claim at hand column i is null */
	struct notes notes;
	struct marks marks;
};

/* When the columns are ready: looks up those that tell claims. */
void table_lines_resolve(struct mu_ctx *ctx, struct table_lines *lines);
void table_lines_close(struct table_lines *lines);

/* Begins with a line, whose cells are good until the next one.  0, or an error with a message. */
int table_lines_begin(struct mu_ctx *ctx, struct table_lines *lines, const struct line *line,
		      struct table_row *out);

/* Whether all that a row has is one text, be it in several cells, and the option notes says of
 * it that it is none; then it is counted.  0, or an error with a message. */
int table_row_is_note(struct mu_ctx *ctx, struct table_lines *lines, const struct table_row *row,
		      bool *out);

/* Finds out which claim a row is.  0, or an error with a message. */
int table_row_find_claim(struct mu_ctx *ctx, struct table_lines *lines, struct table_row *row);

/* The last claim that a text in a column tells: 1 and its index, or 0.  0, or an error with a
 * message. */
int table_claim_of(struct mu_ctx *ctx, const struct table_lines *lines,
		   const struct table_column *column, struct mu_string text, uint32_t *out);

/* Adds what was counted in another part of the document. */
void table_lines_merge(struct table_lines *lines, const struct table_lines *other);

/* At the end: reports notes that were passed over, and claims that no row is. */
int table_lines_report(struct mu_ctx *ctx, const struct table_lines *lines);

/* The name of the claim that a row is; NULL when it is none. */
const char *table_row_claim_name(const struct table_lines *lines, const struct table_row *row);

/* The cell of a column that has one. */
static inline const struct cell *table_row_cell(const struct table_row *row,
						const struct table_column *column)
{
	static const struct cell blank = { .kind = CELL_BLANK };

	return column->cell < row->n ? &row->cells[column->cell] : &blank;
}

/* Why another column has no value in a row; what `out` has stays when it has one, or is not
 * there, or the row is a claim. */
void table_row_read_status(const struct table_lines *lines, const struct table_row *row,
			   const struct table_column *of, struct reading *out);

/* What a row has in a column, whatever that is: a cell, the reason why there is none in
 * another, or nothing, since in a claim it means all.  Reports what is wrong with it: 0, or
 * what mu_report() gave. */
static inline int table_row_read(struct mu_ctx *ctx, const struct table_lines *lines,
				 const struct table_row *row, const struct table_column *column,
				 struct reading *out)
{
	if (!column->of && !(row->claim && lines->all[column - lines->columns->items])) {
		const struct cell *cell = table_row_cell(row, column);

		reading_take(lines->columns, column, cell, row->plain, out);
		return reading_is_plain(out, column, row->plain)
			       ? 0
			       : reading_report(ctx, column, cell, out, row->at);
	}
	out->outcome = READ_NOTHING;
	out->code = NULL;
	if (column->of)
		table_row_read_status(lines, row, column->of, out);
	return 0;
}

#endif
