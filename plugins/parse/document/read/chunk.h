/*
 * Chunks: words of a line that stand close together, and so are in one cell.
 */
#ifndef DOCUMENT_CHUNK_H
#define DOCUMENT_CHUNK_H

#include "words/page.h"

enum { CHUNKS_MAX = 128 }; /* a line with more is no row */

/* Words `first` to `end` of a line, without the latter. */
struct chunk {
	size_t first, end;
	double x0, x1, y0, y1;
};

/* The chunks of a line's words; SIZE_MAX when there are more than CHUNKS_MAX. */
size_t chunks_find(const struct pages *pages, const struct word *words, size_t n,
		   struct chunk *out);

/* From the first word of a chunk to its last; of words `first` to `end`, without the latter. */
struct mu_string chunk_text(const struct word *words, const struct chunk *chunk);
struct mu_string words_text(const struct word *words, size_t first, size_t end);

#endif
