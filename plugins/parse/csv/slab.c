#include "slab.h"

#include <stdlib.h>

struct slab_pool {
	atomic_size_t users; /* its owner, and slabs that are out */
	_Atomic(struct slab *) returned;
	struct slab *kept; /* the owner's alone */
};

struct slab_pool *slab_pool_new(void)
{
	struct slab_pool *pool = malloc(sizeof *pool);

	if (pool) {
		atomic_init(&pool->users, 1);
		atomic_init(&pool->returned, NULL);
		pool->kept = NULL;
	}
	return pool;
}

static void slabs_free(struct slab *slab)
{
	struct slab *next;

	for (; slab; slab = next) {
		next = slab->next;
		free(slab);
	}
}

void slab_pool_release(struct slab_pool *pool)
{
	if (!pool || atomic_fetch_sub(&pool->users, 1) > 1)
		return;
	slabs_free(pool->kept);
	slabs_free(atomic_load(&pool->returned));
	free(pool);
}

static struct slab *slab_new(size_t room)
{
	struct slab *slab;

	/* The next one wanted is most likely about as large. */
	room = (room + room / 8 + 4095) / 4096 * 4096;
	slab = aligned_alloc(64, sizeof *slab + room);
	if (slab)
		slab->room = room;
	return slab;
}

struct slab *slab_take(struct slab_pool *pool, size_t room)
{
	struct slab *slab;

	for (;;) {
		if (!pool->kept)
			pool->kept = atomic_exchange(&pool->returned, NULL);
		slab = pool->kept;
		if (!slab)
			break;
		pool->kept = slab->next;
		if (slab->room >= room)
			break;
		free(slab);
	}
	if (!slab)
		slab = slab_new(room);
	if (!slab)
		return NULL;
	atomic_fetch_add(&pool->users, 1);
	atomic_init(&slab->users, 1);
	slab->pool = pool;
	for (size_t i = 0; i < SLAB_BEHIND; i++)
		slab->behind[i] = NULL;
	return slab;
}

void slab_release(struct slab *slab)
{
	struct slab_pool *pool;

	if (!slab || atomic_fetch_sub_explicit(&slab->users, 1, memory_order_acq_rel) > 1)
		return;
	for (size_t i = 0; i < SLAB_BEHIND; i++)
		slab_release(slab->behind[i]);
	pool = slab->pool;
	slab->next = atomic_load(&pool->returned);
	while (!atomic_compare_exchange_weak(&pool->returned, &slab->next, slab))
		;
	slab_pool_release(pool);
}
