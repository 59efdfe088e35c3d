/*
 * The state of a parser of XLSX, and what its files do for one another.
 *
 *     xlsx.c      its options, and from a document to batches and places
 *     workbook.c  which parts there are, and which of them is the sheet
 *     strings.c   the texts that cells share
 *     styles.c    which styles make a number a date
 *     cells.c     rows and cells of the sheet
 *     plain.c     the same of rows that are written as most are, faster
 *     serial.c    numbers to dates
 *
 * The format is ECMA-376, Office Open XML, part 1, 18 (SpreadsheetML), in both its
 * transitional and its strict form.
 */
#ifndef XLSX_H
#define XLSX_H

#include "sheet/book.h"

#define MAIN   "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define STRICT "http://purl.oclc.org/ooxml/spreadsheetml/main"

/* Texts by number, one behind the other.  Zeroed is empty. */
struct strings {
	char *bytes;
	size_t len, room;
	size_t *ends;
	size_t n, n_room;
	bool raised; /* the run at hand is, and its text begins here: */
	size_t from;
};

/* What the number of a cell means. */
enum look {
	LOOK_NUMBER,
	LOOK_DATE,    /* with or without a time of day */
	LOOK_TIME,    /* of day */
	LOOK_ELAPSED, /* hours, minutes or seconds, however many */
	LOOK_PADDED,  /* and so many more: a whole number of at least so many digits */
	LOOK_PADDED_MOST = LOOK_PADDED + 30,
};

struct workbook {
	char **parts;           /* of each sheet; NULL when that is no worksheet */
	char *strings, *styles; /* parts, or NULL */
	bool from_1904;         /* days are counted from 1904-01-01 */
	bool stale;             /* formulas are to be calculated when it is opened */
};

/* The cell at hand. */
struct open_cell {
	uint32_t column;
	int type;                /* enum cell_type in cells.c */
	enum look look;
	bool formula, value;     /* has one */
	bool raised;             /* the run of its text at hand is, which begins here: */
	size_t from;
};

/* A part of the bytes at hand, and where it ends; NULL: not there. */
struct plain_text {
	char *at, *end;
};

/* A cell that is written plainly. */
struct plain_cell {
	struct plain_text ref, style, type, value;
	bool formula, has_value, escapes;
};

struct plain_cells {
	struct plain_cell *items;
	size_t n, room;
};

struct self {
	struct book book; /* first; rows count from 1 in the document */

	struct workbook workbook;
	struct strings strings;
	uint8_t *looks; /* of styles */
	size_t n_looks;

	bool merges;    /* merged areas are wanted */
	bool covers;    /* there are some below the header */
	int data_depth; /* of the element that has the rows, or 0 */
	bool slowly;    /* for tests: row by row through expat */
	struct plain_cells plain;
	bool in_row, headed; /* headed: the header has ended */
	struct open_cell cell;
	uint64_t formulas; /* with a value that was read */
	uint32_t first_formula;
};

/* Reads which parts there are, and chooses the sheet. */
int workbook_read(struct mu_ctx *ctx, struct self *self);

int strings_read(struct mu_ctx *ctx, struct self *self);
void strings_release(struct strings *strings);

/* Resolves the escapes _x000D_ of a text where it stands; its new length. */
size_t text_unescape(char *text, size_t len);

int styles_read(struct mu_ctx *ctx, struct self *self);

/* What a format's code means, such as "yyyy\-mm\-dd" or "[h]:mm". */
enum look look_of_code(const char *code);

/* Opens the sheet's part: its rows, or its merged areas and hidden columns. */
int cells_open(struct mu_ctx *ctx, struct self *self);
int cells_read_merges(struct mu_ctx *ctx, struct self *self);

/* Finds out whether a sheet that is not read has numbers. */
int cells_look(struct mu_ctx *ctx, struct book *book, size_t sheet);

/* A number of a look other than LOOK_NUMBER as a cell; `space` is for a time. */
void serial_read(double serial, enum look look, bool from_1904, struct cell *out,
		 char space[MU_FORMAT_MAX]);

#endif
