/*
 * Where a table may be in a document that nobody has described: its lines, the words over
 * its columns, its heading, and the lines that belong to the page.
 *
 * Nothing here is certain.  What is found is tried by guess.c.
 */
#ifndef DOCUMENT_SKETCH_H
#define DOCUMENT_SKETCH_H

#include "draft/look.h"

enum { HEADERS_MAX = 6, FURNITURE_MAX = 8 };

struct sketch {
	const struct pages *pages;
	struct look *looks; /* of each line, in memory of the stage */
	size_t first, last; /* lines with numbers, the first and the last of the table */
	size_t rows;        /* so many of them have numbers */
	size_t numbers;     /* that rows have, unlike totals perhaps */
	bool spaced;        /* gaps tell its cells apart */
	bool total;         /* the last line is a total */
	bool others;        /* there may be other tables */
};

/* The words over a column, in the document's order, in memory of the stage. */
struct sketch_column {
	const char *text;
	double x0, x1;
};

struct sketch_header {
	size_t first, end; /* its lines, without the latter */
	struct sketch_column columns[COLUMNS_MAX];
	size_t n_columns;
};

/* Looks for the table with most lines.  False when there is none. */
bool sketch_find(struct mu_ctx *ctx, const struct pages *pages, struct sketch *out);

/* The words of a line before its first number. */
struct mu_string sketch_label(const struct pages *pages, size_t line);

/* What may be its header, the likeliest first; how many. */
size_t sketch_headers(struct mu_ctx *ctx, const struct sketch *sketch,
		      struct sketch_header out[HEADERS_MAX]);

/* The first line of the heading over a header that begins at `header`; `header` itself
 * when there is none. */
size_t sketch_heading(const struct sketch *sketch, size_t header);

/* Patterns of lines that stand on most pages, or count them, in memory of the stage: at
 * most FURNITURE_MAX.  0, or ENOMEM with a message. */
int sketch_furniture(struct mu_ctx *ctx, const struct pages *pages, const char **out, size_t *n);

/* A pattern for a text as it is; one for texts that are alike but for their numbers; and one
 * for any text of the same shape, "\d+ \p{L}+".  In memory of the stage. */
const char *sketch_escape(struct mu_ctx *ctx, struct mu_string text);
const char *sketch_alike(struct mu_ctx *ctx, struct mu_string text);
const char *sketch_shape(struct mu_ctx *ctx, struct mu_string text);

#endif
