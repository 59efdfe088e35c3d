/*
 * A column of `by`, and the numbers by which its values are known.
 *
 * 0 is null; the values are numbered from 1 as they come, so another instance has
 * other numbers for them and nothing may depend on which.
 */
#ifndef DIMENSION_H
#define DIMENSION_H

#include <muster/map.h>

/* Rows that are looked at together, so that what is noted of them stays in the cache. */
#define BLOCK 1024

/* Values that are no text, as 64 bits. */
struct bits {
	int64_t *values; /* of the number less 1 */
	size_t count, room;
	uint32_t *slots; /* numbers, or 0 */
	size_t n_slots;  /* a power of two */
	uint64_t secret;
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
	bool gaps;              /* a row of data has null here */

	/* Of the rows at hand, which are the same where these are: */
	const void *lanes;
	size_t lane_size;
	uint32_t *numbers; /* BLOCK of them; the lanes, unless those are the column's own */
};

/* Turns to another batch; false when memory is out, as all that follow. */
bool dimension_turn(struct dimension *dimension, const struct ArrowSchema *schema,
		    const struct ArrowArray *batch);

/* Turns to n rows of it, at most BLOCK, from `row` on. */
bool dimension_look(struct dimension *dimension, int64_t row, size_t n);

/* The numbers of the values in some of these rows, each `stride` numbers behind the one
 * before. */
bool dimension_numbers(struct dimension *dimension, const uint32_t *rows, size_t n, uint32_t *out,
		       size_t stride);

/* Takes over the values of another instance, when there are none here. */
void dimension_take(struct dimension *dimension, struct dimension *other);

/* Adds the values of another instance: `map` gets the own number of each of its
 * numbers, 0 of 0. */
bool dimension_merge(struct dimension *dimension, const struct dimension *other, uint32_t *map);

static inline size_t dimension_count(const struct dimension *dimension)
{
	return dimension->type == MU_STRING ? dimension->texts.count : dimension->bits.count;
}

/* The value of a number that is not 0, as mu_format() has it: points into the dimension
 * or into `space`. */
struct mu_string dimension_value(const struct dimension *dimension, uint32_t number,
				 char space[MU_FORMAT_MAX]);

void dimension_release(struct dimension *dimension);

#endif
