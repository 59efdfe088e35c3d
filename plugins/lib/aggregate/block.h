/*
 * Adding up rows by key: begin reading here.
 *
 *      columns of the key           dimensions            keys                 tally
 *     +------------+--------+                         document
 *     | 2023-11-24 | EUAM   |    2023-11-24  1        +---+---+---+       0  (7, 1, 1)  2 rows, 5
 *     | 2023-11-24 | EUAM   |    2023-12-24  2        | 7 | 1 | 1 |       1  (7, 1, 2)  1 row,  3
 *     | 2023-11-24 | EULEX  |                         | 7 | 1 | 2 |       2  (7, 2, 1)  1 row,  9
 *     | 2023-12-24 | EUAM   |    EUAM   1  EULEX  2   | 7 | 2 | 1 |
 *     +------------+--------+                         +---+---+---+
 *
 *     dimension.h   values of a column to numbers
 *     block.h       rows to stretches and keys, column by column, and what they add up to
 *     tally.h       keys to groups; sums that may overflow; index.c says where a group is
 *     pile.h        where groups lie
 *
 * Rows of a block that follow each other with the same values are a stretch: what there is to
 * find is found once for each of these.  Neighbours of two stretches may have the same key, so a stretch
 * is nothing but a way to do less.
 *
 *     validate/totals         takes rows by document, in several lanes that are merged; sums may
 *                             leave 64 bits on the way.  It looks claims up by keys of which
 *                             some columns are 0, and keeps rows to explain what fails.
 *     transform/consolidate   is one lane, and needs the order of the groups and the first
 *                             row of each.  Rows that are an error beside that one stay out
 *                             of the sums, so it may take rows one by one.
 */
#ifndef BLOCK_H
#define BLOCK_H

#include "aggregate/dimension.h"
#include "aggregate/tally.h"
#include "cpu/lanes.h"

/* The rows at hand.  Its arrays are in memory of the stage; block_release() frees what grows. */
struct block {
	struct dimension *dimensions;
	size_t n_dimensions, width; /* of the keys: a document and the dimensions */
	lanes_compare *compare;

	int64_t row; /* of the batch: the first one here */
	size_t n;

	/* Of each stretch: */
	size_t n_stretches;
	uint32_t *starts;      /* its first row, from `row` on; behind the last one's, n */
	uint32_t *keys;        /* to work with: `width` numbers each; in the first `n_set` */
	size_t n_set;          /* the document is that of the first one */
	uint32_t *indices;     /* of its group, */
	struct group **groups; /* and that itself */

	/* Of each measure and row: what the rows before it add up to. */
	int64_t *sums;

	/* Of each combination of words of the batch at hand: one more than the index of its group,
	 * 0: not known yet.  NULL, or no combinations, when there are too many. */
	uint32_t *known;
	size_t n_known, known_room;
	uint32_t known_of; /* the document */
};

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

/* Likewise with n rows that the caller has listed in `starts`, each of them a stretch, in any tally.
 * `keys` are filled. */
int block_rows(struct block *block, struct tally *tally, int64_t row, size_t n, uint32_t document);

/* Fills the sums of a measure for n rows, at most BLOCK, and says how far its values are from 0 at
 * most; what stands where one is null counts too. */
uint64_t block_sums(struct block *block, size_t measure, const struct mu_column *cells, int64_t row,
		    size_t n);

/* Adds what the sums of a measure say of the stretches to the groups: no value is null, and what
 * each stretch adds up to fits 64 bits.  False when memory is out. */
bool block_add_sums(const struct block *block, struct tally *tally, size_t measure);

/* Adds a measure of the stretches to the groups, whatever there is.  `at` are the places of rows.
 * False when memory is out. */
bool block_add(struct block *block, struct tally *tally, size_t measure,
	       const struct mu_column *cells, const struct mu_column *at);

/* Gives the number of each value of another block's dimensions the own one: an array for each
 * dimension, to be freed with translation_free().  NULL when memory is out. */
uint32_t **block_translate(struct block *block, const struct block *other);
void translation_free(uint32_t **values, size_t n_dimensions);

/* Adds all groups of another tally, whose keys are translated.  The own indices of its groups go
 * to `numbers` unless that is NULL.  Its memory is handed over or given back on the way.  0, ENOMEM,
 * or E2BIG as tally_groups(). */
int block_merge(struct block *block, struct tally *to, struct tally *from, uint32_t *const *values,
		uint32_t *numbers);

#endif
