/*
 * Groups of rows, each with the number of its rows and the sums of their measures.
 *
 * A key is an array of `width` numbers.  A group is as compact as it can be, for
 * there may be millions: what hardly ever is needed of it, a sum beyond 64 bits and
 * rows that do not say what is added up, stands elsewhere, in its odd.
 *
 * Where groups are found by a hash of their keys, it is under a secret drawn at random,
 * for a document chooses which keys there are.  They are listed in the order in which
 * they came, on which nothing may depend: it is another one when rows are shared out.
 */
#ifndef TALLY_H
#define TALLY_H

#include <muster/table.h>

#include "pile.h"

/* Wide enough for 2^64 values of 64 bits, so that only what they all add up to
 * has to fit, in whichever order they come. */
__extension__ typedef __int128 wide;

/* Of one measure over the rows of one group. */
struct sum {
	wide value;          /* of the rows where it is known */
	uint64_t unknown;    /* rows where it is not */
	uint64_t unknown_at; /* the first of them */
};

/* Behind the sums stand, as numbers of 32 bits, one more than the index of its odd,
 * 0 for none, and the key: see tally_key(). */
struct group {
	uint64_t rows;
	int64_t sums[]; /* a measure each, without what its odd has */
};

#define GRID_WIDTH 8 /* columns of the widest key that can be in a grid */

struct tally {
	size_t width, n_measures;
	struct pile groups;
	struct pile odds; /* a struct sum for each measure: what is to be added */

	/* See index.c. */
	struct bucket *buckets;
	size_t n_buckets;          /* a power of two */
	uint64_t secret[2];        /* drawn with the first buckets */
	uint32_t *grid;            /* one more than the index of a group, or 0 */
	uint8_t bits[GRID_WIDTH];  /* of the numbers that it has slots for */
	uint8_t shifts[GRID_WIDTH];
	uint32_t used[GRID_WIDTH]; /* bits that are set in some key */
	uint32_t document;         /* of the first key; whether there are */
	bool several;              /* others */
};

void tally_init(struct tally *tally, size_t width, size_t n_measures);
void tally_release(struct tally *tally);

/* Gives back the memory of what finds groups: from now on none will be looked for. */
void tally_unindex(struct tally *tally);

/* The group of a key; tally_group() adds a new one, and gives SIZE_MAX when
 * memory is out or there are 2^32 - 2; tally_find() gives it when there is none. */
size_t tally_group(struct tally *tally, const uint32_t *key);
size_t tally_find(const struct tally *tally, const uint32_t *key);

/* Likewise for n keys, one behind the other, with indices and addresses of their
 * groups; false when memory is out. */
bool tally_groups(struct tally *tally, const uint32_t *keys, size_t n, uint32_t *indices,
		  struct group **groups);

/* Likewise, but adds none: NULL and any index where there is none. */
void tally_seek(const struct tally *tally, const uint32_t *keys, size_t n, uint32_t *indices,
		struct group **groups);

static inline struct group *tally_at(const struct tally *tally, size_t group)
{
	return pile_at(&tally->groups, group);
}

static inline uint32_t *group_odd(const struct tally *tally, const struct group *group)
{
	return (uint32_t *)(uintptr_t)(group->sums + tally->n_measures);
}

static inline const uint32_t *group_key(const struct tally *tally, const struct group *group)
{
	return group_odd(tally, group) + 1;
}

/* Copies the key of a group. */
static inline void tally_key(const struct tally *tally, size_t group, uint32_t *key)
{
	memcpy(key, group_key(tally, tally_at(tally, group)), tally->width * sizeof *key);
}

/* What the rows of a group add up to. */
struct sum tally_sum(const struct tally *tally, size_t group, size_t measure);

/* Adds a value to a sum; false when memory is out. */
bool sum_carry(struct tally *tally, struct group *group, size_t measure, int64_t value);

static inline bool sum_add(struct tally *tally, struct group *group, size_t measure, int64_t value)
{
	int64_t sum;

	if (__builtin_add_overflow(group->sums[measure], value, &sum))
		return sum_carry(tally, group, measure, value);
	group->sums[measure] = sum;
	return true;
}

/* Notes rows that do not say what is added up, the first of them at `at`. */
bool sum_unknown(struct tally *tally, struct group *group, size_t measure, uint64_t rows,
		 uint64_t at);

/* Adds all rows of a group to a group of another tally of the same measures; false when
 * memory is out. */
bool tally_merge(struct tally *to, struct group *group, const struct tally *from,
		 const struct group *other);

/* The part of a row's key that a pattern fixes, the rest 0; false when the row
 * has null in one of these columns, for then no claim of the pattern covers it. */
bool key_mask(uint32_t *key, const uint8_t *pattern, size_t width);

#endif
