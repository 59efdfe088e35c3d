/*
 * A PDF as text: what poppler's pdftotext prints, put into lines.
 *
 * `pdftotext -bbox` gives every word of a page with its box, in no order that
 * can be relied upon.  Words whose middles are at about the same height become a
 * line, from left to right, with one space between them; lines follow each other
 * down the page; a page ends with a form feed.  Words that are much smaller than
 * those beside them are marks of footnotes and are left out.
 */
#ifndef DOCUMENT_PDF_H
#define DOCUMENT_PDF_H

#include "words/page.h"

struct pdf {
	char *text; /* UTF-8 */
	size_t len, room;
	struct box *boxes; /* of all its words, in order */
	size_t n_boxes, boxes_room;
	size_t pages;
};

/* Reads what `pdftotext -bbox -enc UTF-8` prints.  0, EINVAL when it is not all of
 * that, EFBIG with more than `max_words` words, or ENOMEM; no message is given.
 * Release in any case. */
int pdf_read(struct mu_string printed, int64_t max_words, struct pdf *out);
void pdf_release(struct pdf *pdf);

#endif
