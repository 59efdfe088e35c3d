/*
 * Groups of rows, found by packed keys.
 *
 * A key is a fixed number of 64-bit words; the record of a group begins with it,
 * and what follows is the caller's.  Records are numbered in the order in which
 * they were added, and stand one behind the other.  Keys may come from a hostile
 * document, so the hash is under a secret drawn at random for each table.
 *
 *     groups_hashes(&g, keys, n, hashes);
 *     for (i = 0; i < n; i++) {
 *             groups_ahead(&g, hashes, n, i);
 *             index = groups_find(&g, &keys[i * g.key_words], hashes[i]);
 *     }
 */
#ifndef GROUPS_H
#define GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed is closed. */
struct groups {
	size_t key_words, record_words;
	size_t count;
	uint64_t *records;

	size_t room; /* the rest is private */
	uint64_t *slots;
	size_t n_slots;
	uint64_t secret[4];
};

#define GROUPS_NONE SIZE_MAX

/* 0, or a positive errno: ENOMEM, or why there are no random numbers. */
int groups_init(struct groups *g, size_t key_words, size_t record_words);
void groups_release(struct groups *g);

/* The hashes of `n` keys that stand one behind the other. */
void groups_hashes(const struct groups *g, const uint64_t *keys, size_t n, uint64_t *hashes);

/* As groups_find(), from a slot that is another key's on. */
size_t groups_find_from(const struct groups *g, const uint64_t *key, uint64_t hash, size_t slot);

/* Adds a group whose key is not there; what its record has behind the key is 0.
 * Its number, or GROUPS_NONE when memory is out or there are 2^32 - 2 groups. */
size_t groups_add(struct groups *g, const uint64_t *key, uint64_t hash);

/* Valid until the next groups_add(). */
static inline uint64_t *groups_record(const struct groups *g, size_t index)
{
	return g->records + index * g->record_words;
}

/* Whether a slot, which is taken, is that of a key. */
static inline bool groups_slot_is(const struct groups *g, uint64_t slot, const uint64_t *key,
				  uint64_t hash)
{
	const uint64_t *record = groups_record(g, (uint32_t)slot - 1);

	if ((slot ^ hash) >> 32 || record[0] != key[0])
		return false;
	for (size_t i = 1; i < g->key_words; i++)
		if (record[i] != key[i])
			return false;
	return true;
}

/* The number of the group of a key, or GROUPS_NONE. */
static inline size_t groups_find(const struct groups *g, const uint64_t *key, uint64_t hash)
{
	size_t at = hash & (g->n_slots - 1);
	uint64_t slot = g->slots[at];

	if (!slot)
		return GROUPS_NONE;
	return groups_slot_is(g, slot, key, hash) ? (uint32_t)slot - 1
						  : groups_find_from(g, key, hash, at);
}

/* Has the memory fetched that the keys after the i-th of n will need. */
static inline void groups_ahead(const struct groups *g, const uint64_t *hashes, size_t n, size_t i)
{
	enum { SLOT = 16, RECORD = 8 };
	size_t mask = g->n_slots - 1;
	uint32_t index;

	if (i + SLOT < n)
		__builtin_prefetch(&g->slots[hashes[i + SLOT] & mask]);
	if (i + RECORD >= n)
		return;
	index = (uint32_t)g->slots[hashes[i + RECORD] & mask];
	if (index)
		__builtin_prefetch(groups_record(g, index - 1), 1);
}

#endif
