/*
 * All that is in the cache, for those who look after it.
 *
 *     cache_open -> [cache_alone] -> cache_list_read -> look, check, choose, remove
 */
#ifndef CACHE_LIST_H
#define CACHE_LIST_H

#include "store/cache.h"

/* Texts live as long as the cache is open. */
struct cache_object {
	const char *sha256, *path;
	uint64_t bytes;
	int64_t used;    /* when last, in seconds since 1970-01-01 UTC */
	bool pinned;     /* by a lock file that is still there */
	bool remembered; /* as what came from some address */
	bool chosen;     /* to be removed */
};

struct cache_address {
	const char *path; /* of the file */
	const struct version *versions; /* the newest first; their objects may be gone */
	size_t count;
};

/* Zeroed is empty. */
struct cache_list {
	struct cache_object *objects; /* by their sha256 */
	size_t n_objects;
	struct cache_address *addresses; /* by uri and request */
	size_t n_addresses;
	const char **strange; /* paths of files that are not what they should be */
	size_t n_strange;
	const char **lost_roots; /* those whose lock file is gone */
	size_t n_lost_roots;
	struct mu_map index; /* of sha256 among the objects */
};

/* Waits for nobody: EBUSY when anybody else has the cache open.  From then on, until it
 * is closed, others wait. */
int cache_alone(struct cache *cache, struct text *why);

/* All that is in an open cache.  0, or an errno value with the reason in `why`, as all
 * that follow: a lock file that is there and cannot be read is one, since nobody knows
 * what it pins. */
int cache_list_read(struct cache *cache, struct cache_list *list, struct text *why);
void cache_list_release(struct cache_list *list);

/* The object with that sha256, or NULL. */
struct cache_object *cache_list_object(const struct cache_list *list, const char *sha256);

/* Whether an object is what its name says.  Does not count as using it. */
int cache_list_check(const struct cache_object *object, bool *whole, struct text *why);

/* Chooses what has not been used since `since` (seconds since 1970-01-01 UTC), and then,
 * the longest unused first, until no more than `most` bytes stay; but nothing that is
 * pinned. */
void cache_list_choose(struct cache_list *list, int64_t since, uint64_t most);

/* Removes what was chosen, what is remembered of addresses of which nothing is left, and
 * lost roots.  The cache must be had alone. */
int cache_list_remove(struct cache_list *list, struct text *why);

#endif
