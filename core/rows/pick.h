/*
 * Some rows of a batch, side by side in a batch of their own.
 *
 * What stands in rows is copied; words that rows share stay those of the batch they are
 * picked from.
 */
#ifndef PICK_H
#define PICK_H

#include <muster/table.h>

/* Rows that follow one another. */
struct stretch {
	int64_t first, count;
};

/* Picks the rows of `n` stretches, in their order.  `out` is to be released, and only while
 * `rows` are there. */
void rows_pick(const struct ArrowSchema *schema, const struct ArrowArray *rows,
	       const struct stretch *stretches, size_t n, struct ArrowArray *out);

#endif
