#include "groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Open addressing.  A slot is 0 or has, in its lower half, 1 + the number of a group,
 * and in the upper half that of its hash, so that few keys are compared in vain. */
enum { SLOTS_FIRST = 64, ROOM_FIRST = 32 };

#define UPPER ((uint64_t)0xffffffff << 32)

int groups_init(struct groups *g, size_t key_words, size_t record_words)
{
	*g = (struct groups){ .key_words = key_words,
			      .record_words = record_words,
			      .n_slots = SLOTS_FIRST };
	if (getrandom(g->secret, sizeof g->secret, 0) != sizeof g->secret)
		return errno ? errno : EIO;
	g->secret[1] |= 1; /* factors that keep all bits */
	g->secret[3] |= 1;
	g->slots = calloc(g->n_slots, sizeof *g->slots);
	return g->slots ? 0 : ENOMEM;
}

void groups_release(struct groups *g)
{
	free(g->records);
	free(g->slots);
	*g = (struct groups){ .records = NULL };
}

__extension__ typedef unsigned __int128 uint128;

/* Both halves of a product: every bit of the one depends on the lower bits of the
 * factors, and of the other on the upper ones. */
static uint64_t product(uint64_t a, uint64_t b)
{
	uint128 both = (uint128)a * b;

	return (uint64_t)both ^ (uint64_t)(both >> 64);
}

static uint64_t hash_key(const uint64_t secret[4], const uint64_t *key, size_t words)
{
	uint64_t hash = product(secret[0] ^ key[0], secret[1]);

	for (size_t i = 1; i < words; i++)
		hash = product(hash ^ key[i], secret[1]);
	return product(hash ^ secret[2], secret[3]);
}

void groups_hashes(const struct groups *g, const uint64_t *keys, size_t n, uint64_t *hashes)
{
	const uint64_t secret[4] = { g->secret[0], g->secret[1], g->secret[2], g->secret[3] };
	size_t words = g->key_words;

	if (words == 1)
		for (size_t i = 0; i < n; i++)
			hashes[i] = hash_key(secret, &keys[i], 1);
	else
		for (size_t i = 0; i < n; i++)
			hashes[i] = hash_key(secret, keys + i * words, words);
}

size_t groups_find_from(const struct groups *g, const uint64_t *key, uint64_t hash, size_t slot)
{
	size_t mask = g->n_slots - 1, at = (slot + 1) & mask;

	for (; g->slots[at]; at = (at + 1) & mask)
		if (groups_slot_is(g, g->slots[at], key, hash))
			return (uint32_t)g->slots[at] - 1;
	return GROUPS_NONE;
}

static void slot_take(uint64_t *slots, size_t n, uint64_t hash, size_t index)
{
	size_t at = hash & (n - 1);

	while (slots[at])
		at = (at + 1) & (n - 1);
	slots[at] = (hash & UPPER) | (index + 1);
}

static bool slots_grow(struct groups *g)
{
	size_t n = g->n_slots * 2;
	uint64_t *slots = calloc(n, sizeof *slots);

	if (!slots)
		return false;
	for (size_t i = 0; i < g->count; i++)
		slot_take(slots, n, hash_key(g->secret, groups_record(g, i), g->key_words), i);
	free(g->slots);
	g->slots = slots;
	g->n_slots = n;
	return true;
}

static bool records_grow(struct groups *g)
{
	size_t room = g->room ? g->room + g->room / 2 : ROOM_FIRST;
	uint64_t *records = reallocarray(g->records, room, g->record_words * sizeof *records);

	if (!records)
		return false;
	g->records = records;
	g->room = room;
	return true;
}

size_t groups_add(struct groups *g, const uint64_t *key, uint64_t hash)
{
	uint64_t *record;

	if (g->count >= UINT32_MAX - 1 || (g->count == g->room && !records_grow(g)))
		return GROUPS_NONE;
	if (g->count >= g->n_slots / 8 * 5 && !slots_grow(g))
		return GROUPS_NONE;
	record = groups_record(g, g->count);
	memset(record, 0, g->record_words * sizeof *record);
	memcpy(record, key, g->key_words * sizeof *key);
	slot_take(g->slots, g->n_slots, hash, g->count);
	return g->count++;
}
