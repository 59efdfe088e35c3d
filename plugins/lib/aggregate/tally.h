/*
 * Groups of rows, each with the number of its rows and the sums of their measures.
 *
 * A key is an array of `width` numbers.  The first is the id of the document of the rows, or 0
 * where documents are not told apart; the others are numbers of values, see dimension.h.
 *
 * A group is as compact as it can be, for there may be millions.  What it hardly ever has, a
 * sum beyond 64 bits and rows that do not say what is added up, stands elsewhere, in its odd.
 * Groups are listed in the order in which they came.  That is another order when rows are shared
 * out among lanes, so nothing may depend on it there.
 */
#ifndef TALLY_H
#define TALLY_H

#include <muster/table.h>

#include "aggregate/pile.h"
#include "aggregate/secret.h"

/* Wide enough for 2^64 values of 64 bits, so that only what they all add up to
 * has to fit, in whichever order they come. */
__extension__ typedef __int128 wide;

/* Of one measure over the rows of one group. */
struct sum {
	wide value;          /* of the rows where it is known */
	uint64_t unknown;    /* rows where it is not */
	uint64_t unknown_at; /* the first of them */
};

/* Behind the sums stand numbers of 32 bits: one more than the index of its odd, 0 for none, and
 * then the key.  See tally_key(). */
struct group {
	uint64_t rows;
	int64_t sums[]; /* a measure each, without what its odd has */
};

#define GRID_WIDTH 8 /* columns of the widest key that can be in a grid */

struct tally {
	size_t width, n_measures;
	uint64_t most; /* groups that there may be */
	struct pile groups;
	struct pile odds; /* each a struct sum for each measure, to be added to the group's */

	/* See index.c. */
	struct bucket *buckets;
	size_t n_buckets; /* a power of two */
	struct secret secret;
	uint32_t *grid;             /* one more than the index of a group, or 0 */
	uint8_t bits[GRID_WIDTH];   /* so many of each column's numbers are in the slot */
	uint8_t shifts[GRID_WIDTH]; /* and stand there from this bit on */
	uint32_t used[GRID_WIDTH];  /* bits that are set in some key */
	uint32_t document;          /* of the first key */
	bool several;               /* keys of another document are there, too */
};

/* An empty one, for at most `most` groups, and at most 2^32 - 2. */
void tally_init(struct tally *tally, size_t width, size_t n_measures, uint64_t most);
void tally_release(struct tally *tally);

/* Gives back the memory of what finds groups: from now on none will be looked for. */
void tally_unindex(struct tally *tally);

/* The index of the group of a key, a new one when there is none yet; its rows and sums are 0
 * then.  0, ENOMEM, or E2BIG when there would be more groups than may be.  After an error the
 * tally is only to be released. */
int tally_add(struct tally *tally, const uint32_t *key, uint32_t *index);

/* The index of the group of a key; false when there is none. */
bool tally_find(const struct tally *tally, const uint32_t *key, uint32_t *index);

/* tally_add() of n keys, one behind the other, with indices and addresses of their groups. */
int tally_groups(struct tally *tally, const uint32_t *keys, size_t n, uint32_t *indices,
		 struct group **groups);

/* tally_find() of n keys: the address is NULL and the index anything where there is no group. */
void tally_seek(const struct tally *tally, const uint32_t *keys, size_t n, uint32_t *indices,
		struct group **groups);

/* The group of an index.  It keeps its address as long as the tally lives. */
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

/* How many rows of a group do not say what is added up. */
static inline uint64_t sum_unknowns(const struct tally *tally, const struct group *group,
				    size_t measure)
{
	uint32_t odd = *group_odd(tally, group);
	const struct sum *sums = odd ? pile_at(&tally->odds, odd - 1) : NULL;

	return odd ? sums[measure].unknown : 0;
}

/* What the rows of a group add up to. */
struct sum tally_sum(const struct tally *tally, const struct group *group, size_t measure);

/* Adds a value to a sum of a group whose 64 bits it does not fit; false when memory is out. */
bool sum_carry(struct tally *tally, struct group *group, size_t measure, int64_t value);

/* Adds a value to a sum; false when memory is out. */
static inline bool sum_add(struct tally *tally, struct group *group, size_t measure, int64_t value)
{
	int64_t sum;

	if (__builtin_add_overflow(group->sums[measure], value, &sum))
		return sum_carry(tally, group, measure, value);
	group->sums[measure] = sum;
	return true;
}

/* Notes rows that do not say what is added up, the first of them at `at`; false when memory is
 * out. */
bool sum_unknown(struct tally *tally, struct group *group, size_t measure, uint64_t rows,
		 uint64_t at);

/* Adds all rows of a group to a group of another tally of the same measures; false when
 * memory is out. */
bool tally_merge(struct tally *to, struct group *group, const struct tally *from,
		 const struct group *other);

#endif
