/*
 * A document as lines of words.
 *
 * What a plain text or a PDF is read into: lines, each a row of words with
 * boxes.  Lines without words and lines that are page furniture
 * are not kept; the next line remembers that they were there.
 *
 * Beside the document's own text stands its `flat` form, in which patterns are
 * looked for: the words of all lines with one space between them, so that a
 * heading or sentence matches however its lines are broken.  Two or more blank
 * lines are a line feed there instead, unless a page ends in between.  A
 * no-break space between two digits is kept, for it may hold a number together
 * ("1 204" in French), although it separates words as every white space does.
 *
 * Offsets are in bytes: `start` and `len` into the text, `flat` into its flat
 * form.  Characters are code points.
 */
#ifndef DOCUMENT_PAGE_H
#define DOCUMENT_PAGE_H

#include "text/pattern.h"

struct word {
	struct mu_string text; /* into the flat form */
	double x0, x1;         /* left and right: in plain text columns from 0 */
	double y0, y1;         /* top and bottom: in plain text the line's number */
};

/* Where on its page the word stands that begins at `start` in the text, in points
 * from the upper left corner. */
struct box {
	size_t start;
	float x0, y0, x1, y1;
};

struct line {
	size_t start, len;
	size_t flat, flat_len;
	uint32_t number; /* from 1 */
	uint32_t page;   /* from 1 */
	uint32_t blanks; /* lines without words just before it */
	bool broken;     /* a page ends or furniture stands just before it */
};

/* Where the flat form and the text part: this byte of one is that of the other,
 * and so on until the next joint. */
struct joint {
	size_t flat, start;
};

struct pages {
	struct mu_string text; /* borrowed: UTF-8, as the document has it */
	char *flat;
	size_t flat_len;
	struct line *lines;
	size_t n_lines, lines_room;
	struct joint *joints;
	size_t n_joints, joints_room;
	const struct box *boxes; /* of all words in order, borrowed; NULL: plain text */
	size_t n_boxes;
	double gap; /* plain text: between two words that surely are in two cells */
	bool paged; /* there are page breaks */
};

/* Reads a text; `furniture` are patterns of whole lines.  `boxes`, when the text
 * has some, are those of its words, in their order, and live as long as the text.
 * 0, or a positive errno with a message: EFBIG with more than `max_lines` lines.
 * Release in any case. */
int pages_read(struct mu_ctx *ctx, struct mu_string text, const struct box *boxes, size_t n_boxes,
	       struct pattern *const *furniture, size_t n_furniture, int64_t max_lines,
	       struct pages *out);
void pages_release(struct pages *pages);

/* The words of a line, in its flat form. */
struct mu_string pages_line(const struct pages *pages, size_t line);

/* The words of a line with their boxes, at most `max`; SIZE_MAX when there are
 * more. */
size_t pages_words(const struct pages *pages, size_t line, struct word *out, size_t max);

/* Likewise of a piece of the flat form, without boxes. */
size_t text_words(struct mu_string text, struct word *out, size_t max);

/* The line that a place in the flat form, or in the text, is on or before. */
size_t pages_line_of_flat(const struct pages *pages, size_t flat);
size_t pages_line_of_start(const struct pages *pages, size_t start);

/* Where a place in the flat form is in the text. */
size_t pages_start(const struct pages *pages, size_t flat);

/* How many bytes of white space a text begins with: one character or 0. */
size_t space_len(struct mu_string text);

size_t text_characters(struct mu_string text);

/* Makes room for `need` elements of `size` bytes in the array that `items` is the address
 * of, doubling; false, and nothing changed, when memory is out. */
bool items_grow(void *items, size_t *room, size_t need, size_t size);

#endif
