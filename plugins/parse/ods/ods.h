/*
 * The state of a parser of ODS, and what its files do for one another.
 *
 *     ods.c      its options, and from a document to batches and places
 *     content.c  the tables of the document: rows and cells
 *     value.c    attributes and paragraphs to values
 *
 * The format is OpenDocument 1.3, part 3, 9 (tables); all tables stand in content.xml.
 */
#ifndef ODS_H
#define ODS_H

#include "sheet/book.h"

enum { ODS_SHEETS = 1000 };

/* The cell at hand. */
struct open_cell {
	struct cell *made;      /* NULL: nobody looks at it */
	uint32_t times;         /* it is there */
	int depth;              /* of its element */
	enum cell_kind wants;   /* what its paragraphs are, if anything */
	bool formula;           /* without a value, so far */
	bool divided;           /* a table stands in it */
	int64_t whole;          /* its value, if that is a whole number of at least 0; or -1 */
	size_t paragraphs, paragraph; /* how many, and where the last one begins */
};

struct self {
	struct book book; /* first; sheets are known so far */

	size_t passed;               /* sheets of this reading */
	struct mu_map hidden_styles; /* of sheets, rows and columns, by a letter and their names, */
	struct mu_map raised_styles; /* and of text */
	size_t spans, raised_span;   /* that are open, and which of them is raised, from 1 */
	size_t raised_from;          /* where the text of that begins */
	char family;                 /* of the style whose properties are read: see content.c; */
	char *style;                 /* its name, or NULL; */
	char *space;                 /* where that is */
	bool spreadsheet;            /* the document is one */
	size_t folded_rows, folded_columns; /* groups that are open and not shown */

	bool in_table, in_row, in_cell, headed; /* headed: the header has ended */
	bool other; /* a table is open that is not read */
	uint32_t times, column; /* how often the row at hand is there; the next column */
	uint32_t columns;       /* that table:table-column has described */
	struct open_cell cell;
};

/* Whether there are tables that can be read: it is not encrypted.  0, or an error with a
 * message. */
int content_check(struct mu_ctx *ctx, struct self *self);

/* Begins to read the tables from the top. */
int content_open(struct mu_ctx *ctx, struct self *self);

/* Fills a cell with the value that the attributes of its element say, but for those of
 * text, which sets cell->wants. */
void value_read(const struct xml *xml, struct sheet *sheet, struct open_cell *cell);

/* The text of a paragraph, from where it begins: white space is one blank but for what
 * elements stand for, which the signs below are put for; its length. */
enum { SIGN_BLANK = 1, SIGN_TAB, SIGN_BREAK };
size_t paragraph_collapse(char *text, size_t len);

enum { CELL = 1, COVERED, P, ROW, COLUMN, S, TAB, LINE_BREAK, TABLE, SPREADSHEET, ANNOTATION,
       NOTE, RUBY_TEXT, STYLE, TABLE_PROPERTIES, TEXT_PROPERTIES, SPAN, ROW_PROPERTIES,
       COLUMN_PROPERTIES, ROW_GROUP, COLUMN_GROUP };

enum { VALUE_TYPE = 1, VALUE, DATE_VALUE, TIME_VALUE, BOOLEAN_VALUE, STRING_VALUE, CALC_TYPE,
       FORMULA, COLUMNS_REPEATED, ROWS_REPEATED, COLUMNS_SPANNED, ROWS_SPANNED, VISIBILITY,
       STYLE_NAME, COUNT, TABLE_NAME, NAME, FAMILY, DISPLAY, TEXT_POSITION, SPAN_STYLE, HEIGHT,
       WIDTH };

#endif
