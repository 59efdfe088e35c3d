/*
 * Items of one size, of which there get to be more and more.
 *
 * They lie in chunks that are never moved: an item keeps its address, growing copies
 * nothing, memory that is not used yet is only reserved, and what is dropped is given
 * back.
 */
#ifndef PILE_H
#define PILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PILE_BITS  12
#define PILE_CHUNK ((size_t)1 << PILE_BITS) /* items */

/* Zeroed but for the size is empty and ready. */
struct pile {
	size_t size; /* of an item in bytes; a multiple of what its alignment asks for */
	size_t count;
	char **chunks; /* NULL where pile_pass() was */
	size_t room;   /* for chunks */
};

static inline void *pile_at(const struct pile *pile, size_t index)
{
	return pile->chunks[index >> PILE_BITS] + (index & (PILE_CHUNK - 1)) * pile->size;
}

/* Makes a chunk for the next item, which is the first one in it; false when memory is out. */
bool pile_grow(struct pile *pile);

/* A new item behind the last one, zeroed; NULL when memory is out. */
static inline void *pile_add(struct pile *pile)
{
	if (pile->count % PILE_CHUNK == 0 && !pile_grow(pile))
		return NULL;
	return pile_at(pile, pile->count++);
}

/* Hands the chunk of an item, which must be the last that is used of it, over to another
 * pile of such items as its next one; frees it when that has one. */
void pile_pass(struct pile *pile, size_t index, struct pile *to);

/* Puts items that begin with a place, as _at has it, into the order of those; equal
 * ones stay as they are.  `moved` says whether that changed anything; false when
 * memory is out. */
bool pile_sort(struct pile *pile, bool *moved);

/* Moves all items of another pile of such items among those here: when both are in the
 * order of their places, so are all.  The other is left empty, or both are broken, to be
 * released, when memory is out: then it is false. */
bool pile_merge(struct pile *pile, struct pile *other);

/* Leaves it empty, its size as it was. */
void pile_release(struct pile *pile);

#endif
