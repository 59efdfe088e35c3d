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
	int64_t *values; /* that of number 1 first */
	size_t count, room;
	uint32_t *slots; /* by hash: numbers, or 0 */
	size_t n_slots;  /* a power of two */
	struct secret secret;
	uint32_t *near;  /* by value less `base`: numbers, or 0; most dates are here */
	size_t n_near;
	int64_t base;
};

struct dimension {
	const char *name;
	int64_t index;          /* of the column */
	enum mu_data type;
	struct mu_column cells; /* of the batch at hand */
	struct mu_map texts;    /* the values of a column of text */
	struct bits bits;       /* the values of any other column */
	uint32_t latest;        /* number of the latest text */
	uint32_t *words;        /* by code in the batch at hand: numbers, or 0 for none yet */
	size_t words_room;
	bool few_words;         /* the batch has no more words than rows, so `words` is used */
	bool gaps;              /* some row of data has null here */

	const void *lanes; /* of the rows at hand: equal lanes are equal values */
	size_t lane_size;  /* bytes, 4 or 8 */
	uint32_t *numbers; /* BLOCK of them, which are the lanes where the column has none */
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

/* The numbers of the values in some of the rows that dimension_look() has turned to.  `row` is
 * the first of those, and `rows` are counted from it on.  Each number is put `stride` numbers
 * behind the one before. */
bool dimension_pick(struct dimension *dimension, int64_t row, const uint32_t *rows, size_t n,
		    uint32_t *out, size_t stride);

/* The same of any rows of the batch: dimension_look() need not have been called. */
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
