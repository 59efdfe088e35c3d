/*
 * A table from keys of bytes to numbers, for whoever counts or groups.
 *
 * Keys may come from a hostile document, so the hash is SipHash-1-3 under a key
 * drawn at random for each map (Aumasson and Bernstein, "SipHash: a fast
 * short-input PRF"); the order of entries is that of their first use, so no
 * result depends on it.
 */
#ifndef MUSTER_MAP_H
#define MUSTER_MAP_H

#include <muster/table.h>

/* Zeroed is empty and ready. */
struct mu_map {
	struct mu_map_entry *entries; /* in order of first use */
	size_t count;                 /* of entries */
	size_t room;                  /* the rest is private */
	uint32_t *slots;
	size_t n_slots;
	uint64_t key[2];
};

/* A key and its number. */
struct mu_map_entry {
	uint8_t *key; /* the map's own copy */
	size_t len;
	uint64_t hash;
	uint64_t value; /* the caller's; zero in a new entry */
};

/* The index in `entries` of a key, which is added when it is new.  SIZE_MAX
 * when memory is out or there are 2^32 - 2 entries. */
size_t mu_map_add(struct mu_map *map, const void *key, size_t len);

/* The index in `entries` of a key; SIZE_MAX when it is not there. */
size_t mu_map_find(const struct mu_map *map, const void *key, size_t len);

/* Frees what is in it; it is empty then, and ready. */
void mu_map_release(struct mu_map *map);

/* A key of several values in the making.  Zeroed is empty. */
struct mu_key {
	uint8_t *data;
	size_t len, room;
	bool broken; /* memory ran out: the key must not be used */
};

/* Appends a value such that different rows of values give different bytes;
 * null is a value of its own. */
void mu_key_add(struct mu_key *key, const struct mu_column *column, int64_t row);

/* Appends a null. */
void mu_key_add_null(struct mu_key *key);

/* Begins a new key in the same memory. */
static inline void mu_key_clear(struct mu_key *key)
{
	key->len = 0;
	key->broken = false;
}

/* Frees what is in it. */
void mu_key_release(struct mu_key *key);

#endif
