/*
 * The header of a table: the words over its columns, which may stand on several
 * lines, each column's below each other.
 */
#ifndef DOCUMENT_HEADER_H
#define DOCUMENT_HEADER_H

#include "layout/layout.h"
#include "words/page.h"

/* Which columns of a table a document has, from left to right, and which of
 * them have cells in its rows. */
struct header {
	const struct column *columns[COLUMNS_MAX];
	size_t n_columns;
	double x0[COLUMNS_MAX], x1[COLUMNS_MAX]; /* from where to where their words are */
	double height;                           /* of the tallest word */
};

/* Looks for the header of a table exactly at the word at `flat`, or the first
 * one behind it.  It is there when the next words are those of all columns but
 * some optional ones, every column's in their order, no line has a column's
 * words right of another's that stands to the right of it, and nothing else is
 * on these lines.  The line after it, or 0 when it is not there. */
size_t header_find(const struct pages *pages, const struct table *table, size_t flat,
		   struct header *out);

/* Whether the header `header` begins on a line, and where its words are now; the
 * line after it, or 0. */
size_t header_again(const struct pages *pages, struct header *header, size_t line);

/* How much a line looks like the header of a table. */
enum header_likeness {
	HEADER_OTHER,
	HEADER_LIKE,  /* it begins with a column's word and has all words of several columns */
	HEADER_WHOLE, /* header_find() finds it there */
};

enum header_likeness header_like(const struct pages *pages, const struct table *table, size_t line);

/* All header words of a table in a row, in memory of the stage. */
const char *header_text(struct mu_ctx *ctx, const struct table *table);

#endif
