/*
 * Cells that were rendered before: bytes as they stand in the file, with what follows
 * the cell.  Rows copy them, mostly more than is meant, and so cost next to nothing.
 */
#ifndef WORD_H
#define WORD_H

#include "cell.h"

#define WORD_COPIED 32
#define WORD_MAX    63

/* How cells stand that are followed by the same. */
struct style {
	struct dialect dialect;
	struct written_cell null;
	char end[2]; /* the delimiter, or the end of the line */
	size_t end_len;
};

struct word {
	int8_t len; /* negative beyond WORD_COPIED; 0: to be looked at in its row */
	char text[WORD_MAX];
};

/* Renders a cell and its end.  One that is too long, or in which an apostrophe is to
 * be counted, is left to its rows. */
void word_render(struct word *word, const struct style *style, const struct written_cell *cell);

/* The same of a text that came in. */
void word_render_text(struct word *word, const struct style *style, struct mu_string text);

#endif
