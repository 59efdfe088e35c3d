/*
 * A column of the key, and the numbers by which its values are known.
 *
 * 0 is null; the values are numbered from 1 as they come.  Another instance has other numbers
 * for them, so nothing may depend on which they are.  -0 is 0, and all that is not a number is
 * one value.
 *
 *     words of a dictionary    each is numbered once a batch, when a row first has it
 *     other text               by a map, unless it is the text of the row before
 *     dates, integers          by an array, where they are near each other; else
 *     and all else             by a hash of their 64 bits
 */
#ifndef DIMENSION_H
#define DIMENSION_H

#include <muster/map.h>

#include "aggregate/secret.h"

/* Rows that are looked at together, so that what is noted of them stays in the cache. */
#define BLOCK 1024

/* Values that are no text, as 64 bits. */
struct bits {
	int64_t *values; /* of the number less 1 */
	size_t count, room;
	uint32_t *slots; /* numbers, or 0 */
	size_t n_slots;  /* a power of two */
	struct secret secret;
	uint32_t *near;  /* numbers of the values from `base` on, or 0: of most dates */
	size_t n_near;
	int64_t base;
};

struct dimension {
	const char *name;
	int64_t index;          /* of the column */
	enum mu_data type;
	struct mu_column cells; /* of the batch at hand */
	struct mu_map texts;    /* the values of a column of text, */
	struct bits bits;       /* and of any other */
	uint32_t latest;        /* number of the latest text */
	uint32_t *words;        /* numbers of the words of the batch at hand, 0: not known yet */
	size_t words_room;
	bool few_words;         /* of the batch at hand: so they are numbered by `words` */
	bool gaps;              /* a row of data has null here */

	/* Of the rows at hand, which are the same where these are: */
	const void *lanes;
	size_t lane_size;
	uint32_t *numbers; /* BLOCK of them; the lanes, unless those are the column's own */
};

/* Column `index` of ctx->schema, without values yet.  Arrays of fixed size are in memory of
 * the stage; dimension_release() frees the rest. */
struct dimension dimension_of(struct mu_ctx *ctx, int64_t index);
void dimension_release(struct dimension *dimension);

/* Turns to another batch, which is borrowed until the next call.  False when memory is out, or
 * when a column has 2^32 - 2 values, as all that follow. */
bool dimension_turn(struct dimension *dimension, const struct ArrowSchema *schema,
		    const struct ArrowArray *batch);

/* Turns to n rows of it, at most BLOCK, from `row` on: fills the lanes. */
bool dimension_look(struct dimension *dimension, int64_t row, size_t n);

/* The numbers of the values in some of the rows that were turned to, each number `stride`
 * numbers behind the one before.  `rows` are counted from the first of those on. */
bool dimension_pick(struct dimension *dimension, int64_t row, const uint32_t *rows, size_t n,
		    uint32_t *out, size_t stride);

/* Likewise of any rows of the batch, from `row` on; the lanes are not looked at. */
bool dimension_numbers(struct dimension *dimension, int64_t row, const uint32_t *rows, size_t n,
		       uint32_t *out, size_t stride);

/* Takes over the values of another instance, when there are none here. */
void dimension_take(struct dimension *dimension, struct dimension *other);

/* Adds the values of another instance: `map` gets the own number of each of its
 * numbers, 0 of 0. */
bool dimension_merge(struct dimension *dimension, const struct dimension *other, uint32_t *map);

/* How many values there are, without null: so that is the largest number. */
static inline size_t dimension_count(const struct dimension *dimension)
{
	return dimension->type == MU_STRING ? dimension->texts.count : dimension->bits.count;
}

/* The value of a number that is not 0, as mu_format() has it: points into the dimension
 * or into `space`. */
struct mu_string dimension_value(const struct dimension *dimension, uint32_t number,
				 char space[MU_FORMAT_MAX]);

#endif
