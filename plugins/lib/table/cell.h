/*
 * Cells and lines of them, as parsers make them of their documents.  In those whose cells have
 * types of their own, such as spreadsheets and JSON, a cell may be of any kind; in documents of
 * nothing but text each is CELL_TEXT or CELL_BLANK.
 */
#ifndef TABLE_CELL_H
#define TABLE_CELL_H

#include <muster/table.h>

enum cell_kind {
	CELL_BLANK,
	CELL_TEXT,
	CELL_NUMBER,
	CELL_BOOLEAN,
	CELL_DATE,
	CELL_ERROR,  /* there is no value, and `text` says why */
	CELL_BROKEN, /* nothing can be said of `text`, which its parser has told */
};

/* Borrowed for the call.  What a kind does not name is not looked at. */
struct cell {
	enum cell_kind kind;
	struct mu_string text; /* CELL_TEXT and CELL_ERROR, in UTF-8: "#REF!", "a formula
				  without a value".  CELL_NUMBER: digits as the document has
				  them, "1204", "1.5E-3", so that none is lost; without any,
				  `number` is the value. */
	double number;         /* CELL_NUMBER */
	bool padded;           /* CELL_NUMBER: what is seen is the text, zeros in front included */
	bool truth;            /* CELL_BOOLEAN */
	int32_t days;          /* CELL_DATE: since 1970-01-01, and */
	int32_t milliseconds;  /* of that day; 0: it is a date without a time */
};

/* Cells from the left, of which those past `n` are blank, and the position of _at: no two lines
 * have the same, and it leaves room for the rows that a transform makes of one. */
struct line {
	const struct cell *cells;
	size_t n;
	uint64_t at;
};

/* What the cell would be in a column of strings; of an error, what it says.  Points into
 * the cell or `space`. */
struct mu_string cell_text(const struct cell *cell, char space[MU_FORMAT_MAX]);

/* How many bytes of a text are shown as the value of a finding: never half a character. */
size_t cell_shown_length(struct mu_string text);

/* Whether nobody sees anything in the cell: it is empty, or its text is white space. */
static inline bool cell_is_blank(const struct cell *cell)
{
	if (cell->kind == CELL_TEXT)
		return !cell->text.len ||
		       ((unsigned char)(cell->text.data[0] - 0x21) > 0x5d && /* not of ASCII */
			!mu_trim(cell->text).len);
	return cell->kind == CELL_BLANK;
}

#endif
