/*
 * Rows that are added up by key: begin reading here.
 *
 *      columns of the key           dimensions            keys                  tally
 *     +------------+--------+                         document
 *     | 2023-11-24 | EUAM   |    2023-11-24  1        +---+---+---+      0  (7, 1, 1)  2 rows, sum 5
 *     | 2023-11-24 | EUAM   |    2023-12-24  2        | 7 | 1 | 1 |      1  (7, 1, 2)  1 row, sum 3
 *     | 2023-11-24 | EULEX  |                         | 7 | 1 | 2 |      2  (7, 2, 1)  1 row, sum 9
 *     | 2023-12-24 | EUAM   |    EUAM   1  EULEX  2   | 7 | 2 | 1 |
 *     +------------+--------+                         +---+---+---+
 *
 *     dimension.h   values of a column to numbers
 *     block.h       rows to stretches and keys, column by column, and what they add up to
 *     tally.h       keys to groups; sums that may overflow; index.c says where a group is
 *     pile.h        where groups lie
 *
 * Two plugins use it, and need other things of it:
 *
 *     validate/totals         Rows are told apart by document.  There are several lanes, which are
 *                             merged in the end.  Sums may leave 64 bits on the way.  Claims are
 *                             looked up by keys with 0 for each column that they do not fix.
 *     transform/consolidate   There is one lane, and all documents are one (0).  Groups come out
 *                             in the order of their first rows.  A row that is an error beside
 *                             the first one of its key stays out of the sum, so where there may
 *                             be any, rows are taken one by one.
 */
#ifndef BLOCK_H
#define BLOCK_H

#include "aggregate/dimension.h"
#include "aggregate/tally.h"
#include "cpu/lanes.h"

/* Some rows of a batch, at most BLOCK.  A stretch is rows that follow each other with the same
 * values in the columns of the key; two neighbouring stretches may have the same key, too.
 * The arrays are in memory of the stage; block_release() frees what grows. */
struct block {
	struct dimension *dimensions;
	size_t n_dimensions;
	size_t width; /* numbers of a key: the document's and one of each dimension */
	lanes_compare *compare;

	int64_t row; /* the first one, as the batch counts them */
	size_t n;    /* rows */

	size_t n_stretches;
	uint32_t *starts;      /* the first row of each, counted from `row` on; then n */
	uint32_t *indices;     /* the index of the group of each */
	struct group **groups; /* and its address */

	uint32_t *keys; /* to work with, one behind the other */
	size_t n_set;   /* so many of them have the document of the first one */
	int64_t *sums;  /* of each measure and row: what the rows before it add up to */

	/* Where all columns of the key have words, and few: of each combination of these one more
	 * than the index of its group, or 0 when no row of the batch has had it. */
	uint32_t *known;
	size_t n_known;    /* combinations; 0 when there are too many */
	size_t known_room;
	uint32_t known_of; /* document, NO_DOCUMENT before the first row of the batch */
};

#define NO_DOCUMENT UINT32_MAX

/* Prepares for keys of n columns of ctx->schema, by their indices. */
void block_init(struct mu_ctx *ctx, struct block *block, const int64_t *columns, size_t n,
		size_t n_measures);
void block_release(struct block *block);

/* Turns to another batch.  False when memory is out. */
bool block_turn(struct block *block, const struct ArrowSchema *schema,
		const struct ArrowArray *batch);

/* Turns to n rows, at most BLOCK, finds their stretches, and the group of each in a tally, which
 * is always the same one.  `keys` are not filled.  0, ENOMEM, or E2BIG as tally_groups(). */
int block_stretches(struct block *block, struct tally *tally, int64_t row, size_t n,
		    uint32_t document);

/* Likewise, but each of n rows that the caller has listed in `starts` is a stretch.  It may be any
 * tally, and `keys` are filled. */
int block_rows(struct block *block, struct tally *tally, int64_t row, size_t n, uint32_t document);

/* Fills the sums of a measure for n rows, at most BLOCK.  Gives how far its values are from 0 at
 * most; what stands in the place of a null counts, too. */
uint64_t block_sums(struct block *block, size_t measure, const struct mu_column *cells, int64_t row,
		    size_t n);

/* Adds a measure of the stretches to the groups, by its sums.  No value may be null, and no sum may
 * have left 64 bits.  False when memory is out. */
bool block_add_sums(const struct block *block, struct tally *tally, size_t measure);

/* Adds a measure of the stretches to the groups, with nulls and sums of any size.  `at` is the column
 * of places.  False when memory is out. */
bool block_add(struct block *block, struct tally *tally, size_t measure,
	       const struct mu_column *cells, const struct mu_column *at);

/* Gives the number of each value of another block's dimensions the own one: an array for each
 * dimension, to be freed with translation_free().  NULL when memory is out. */
uint32_t **block_translate(struct block *block, const struct block *other);
void translation_free(uint32_t **values, size_t n_dimensions);

/* Adds all groups of another tally, whose keys are translated by `values`.  `numbers` gets the own
 * index of each of them unless it is NULL.  Memory of `from` is handed over or given back on the way:
 * it is only to be released.  0, ENOMEM, or E2BIG as tally_groups(). */
int block_merge(struct block *block, struct tally *to, struct tally *from, uint32_t *const *values,
		uint32_t *numbers);

#endif
