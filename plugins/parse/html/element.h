/*
 * The elements of HTML that mean something to whoever looks for tables.
 */
#ifndef HTML_ELEMENT_H
#define HTML_ELEMENT_H

#include <muster/table.h>

enum element_kind {
	ELEMENT_OTHER,
	ELEMENT_FRAME, /* html, head and body, which are there in any case */
	ELEMENT_TABLE,
	ELEMENT_CAPTION,
	ELEMENT_COLUMNS,
	ELEMENT_SECTION, /* thead, tbody, tfoot */
	ELEMENT_ROW,
	ELEMENT_CELL,
	ELEMENT_HEADING,
	ELEMENT_PARAGRAPH,
	ELEMENT_ITEM, /* of a list: ends the one before */
	ELEMENT_LIST,
	ELEMENT_LINK,
	ELEMENT_BREAK,
	ELEMENT_MARK,   /* sup, and rt, which stands above what it is about */
	ELEMENT_LOW,    /* sub */
	ELEMENT_APART,  /* small, ins */
	ELEMENT_STRUCK, /* del, s, strike */
};

/* What else an element is. */
enum {
	IS_EMPTY = 1,  /* it has no content and no end tag */
	IS_RAW = 2,    /* its content is no markup, and is not shown */
	IS_UNSEEN = 4, /* its content is not shown as part of the page */
	IS_BLOCK = 8,  /* it has lines of its own, and ends a paragraph */
	IS_SHOWN = 16, /* its content is shown, though not as text of the page: a drawing, a
			  field of a form */
};

struct element {
	char name[12];
	unsigned char kind; /* enum element_kind */
	unsigned char is;
};

/* The element of a name; NULL for one that means nothing here. */
const struct element *element_find(struct mu_string name);

#endif
