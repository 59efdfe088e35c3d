/*
 * Memory that is used, given back and used again, since new memory costs the
 * system's time for every page of it.
 *
 * A slab has users.  When the last one is gone, on whichever thread, it goes back
 * to its pool, which outlives its owner as long as slabs are out.  Only the owner
 * takes slabs, on one thread at a time.
 */
#ifndef SLAB_H
#define SLAB_H

#include <stdatomic.h>
#include <stddef.h>

enum { SLAB_BEHIND = 3 };

struct slab {
	atomic_size_t users;
	struct slab_pool *pool;
	struct slab *next;                /* in the pool */
	struct slab *behind[SLAB_BEHIND]; /* used as long as this one is; or NULL */
	size_t room;
	_Alignas(64) char bytes[];
};

/* NULL when memory is out. */
struct slab_pool *slab_pool_new(void);
void slab_pool_release(struct slab_pool *pool); /* NULL is fine */

/* One with at least `room` bytes, whose values are left over, and one user.  NULL when
 * memory is out. */
struct slab *slab_take(struct slab_pool *pool, size_t room);

static inline struct slab *slab_use(struct slab *slab)
{
	atomic_fetch_add_explicit(&slab->users, 1, memory_order_relaxed);
	return slab;
}

/* For a user less; NULL is fine. */
void slab_release(struct slab *slab);

/* Whether others use it besides the caller. */
static inline int slab_shared(struct slab *slab)
{
	return atomic_load_explicit(&slab->users, memory_order_acquire) > 1;
}

#endif
