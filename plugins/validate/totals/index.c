/*
 * Where the group of a key is.
 *
 * When all combinations of values are there, more or less, it is in a grid: an array with
 * a slot for each of them.  Else, or when there are several documents, it is in buckets,
 * by a hash.  Which one it is, is decided each time that there is no more room in it.
 */
#include "tally.h"

#include <stdlib.h>
#include <sys/random.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define GROUPS_MAX  (UINT32_MAX - 1)
#define BUCKET      12   /* groups */
#define AHEAD       128  /* groups that memory is asked for at once */
#define GRID_BITS   28   /* of slots, at most; */
#define GRID_SMALL  4096 /* so many may always be there, */
#define GRID_SPARSE 8    /* and so many for each group */

/* Groups whose hashes are alike: a cache line, filled from the front; what does not fit
 * is in the next one. */
struct bucket {
	uint8_t tags[16]; /* of each group a byte of its hash, which is not 0 */
	uint32_t groups[BUCKET];
};

/* A product of two numbers of 64 bits. */
__extension__ typedef unsigned __int128 twofold;

void tally_unindex(struct tally *tally)
{
	free(tally->buckets);
	tally->buckets = NULL;
	tally->n_buckets = 0;
	free(tally->grid);
	tally->grid = NULL;
}

static bool has_key(const struct tally *tally, size_t group, const uint32_t *key)
{
	const uint32_t *own = group_key(tally, tally_at(tally, group));
	size_t i;

	for (i = tally->width; i-- > 0;)
		if (own[i] != key[i])
			return false;
	return true;
}

/* How many bits the numbers of a column of the keys have. */
static unsigned bits_of(const struct tally *tally, size_t column)
{
	return tally->used[column] ? 32 - (unsigned)__builtin_clz(tally->used[column]) : 0;
}

/* Whether all keys can be in a grid, and enough of its slots would be taken. */
static bool grid_fits(const struct tally *tally)
{
	unsigned bits = 0;
	size_t i;

	if (tally->width > GRID_WIDTH || tally->several)
		return false;
	for (i = 1; i < tally->width; i++)
		bits += bits_of(tally, i);
	return bits <= GRID_BITS && ((size_t)1 << bits <= GRID_SMALL ||
				     (size_t)1 << bits <= GRID_SPARSE * tally->groups.count);
}

static inline size_t grid_slot(const struct tally *tally, const uint32_t *key, size_t width)
{
	size_t slot = 0, i;

	for (i = 1; i < width; i++)
		slot += (size_t)key[i] << tally->shifts[i];
	return slot;
}

/* Whether the grid has a slot for a key. */
static bool grid_has(const struct tally *tally, const uint32_t *key)
{
	size_t i;

	for (i = 1; i < tally->width; i++)
		if (key[i] >> tally->bits[i])
			return false;
	return key[0] == tally->document;
}

static bool grid_build(struct tally *tally)
{
	unsigned bits = 0;
	size_t i;

	for (i = tally->width; i-- > 1;) {
		tally->bits[i] = (uint8_t)bits_of(tally, i);
		tally->shifts[i] = (uint8_t)bits;
		bits += tally->bits[i];
	}
	tally->grid = calloc((size_t)1 << bits, sizeof *tally->grid);
	for (i = 0; tally->grid && i < tally->groups.count; i++) {
		const uint32_t *key = group_key(tally, tally_at(tally, i));

		tally->grid[grid_slot(tally, key, tally->width)] = (uint32_t)i + 1;
	}
	return tally->grid;
}

/* Whether only the numbers of the first column, whose bits are the highest of a slot in
 * the grid, have outgrown it. */
static bool grid_extends(const struct tally *tally)
{
	size_t i;

	for (i = 2; i < tally->width; i++)
		if (bits_of(tally, i) != tally->bits[i])
			return false;
	return tally->grid && tally->width > 1;
}

/* Then all that is in it stays where it is. */
static bool grid_extend(struct tally *tally)
{
	size_t before = (size_t)1 << (tally->shifts[1] + tally->bits[1]);
	size_t n = (size_t)1 << (tally->shifts[1] + bits_of(tally, 1));
	uint32_t *grid = reallocarray(tally->grid, n, sizeof *grid);

	if (!grid)
		return false;
	memset(grid + before, 0, (n - before) * sizeof *grid);
	tally->grid = grid;
	tally->bits[1] = (uint8_t)bits_of(tally, 1);
	return true;
}

/* Both halves of a product, so that every bit of x counts in the lower ones. */
static inline uint64_t blend(uint64_t x, uint64_t secret)
{
	twofold product = (twofold)x * secret;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Two numbers at a time. */
static inline uint64_t key_hash(const struct tally *tally, const uint32_t *key, size_t width)
{
	uint64_t hash = blend(tally->secret[0] ^ key[0], tally->secret[1]);
	size_t i;

	for (i = 1; i + 1 < width; i += 2)
		hash = blend(hash ^ key[i] ^ (uint64_t)key[i + 1] << 32, tally->secret[1]);
	return i < width ? blend(hash ^ key[i], tally->secret[1]) : hash;
}

static uint8_t tag_of(uint64_t hash)
{
	uint8_t tag = (uint8_t)(hash >> 56);

	return tag ? tag : 1;
}

/* Bit i where the group at i of a bucket has a tag. */
#ifdef __SSE2__
static inline uint32_t tags_match(const struct bucket *bucket, uint8_t tag)
{
	__m128i tags = _mm_load_si128((const __m128i *)(const void *)bucket->tags);

	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(tags, _mm_set1_epi8((char)tag)));
}
#else
static inline uint32_t tags_match(const struct bucket *bucket, uint8_t tag)
{
	uint32_t match = 0, i;

	for (i = 0; i < BUCKET; i++)
		match |= (uint32_t)(bucket->tags[i] == tag) << i;
	return match;
}
#endif

/* Into the first bucket that has room. */
static void bucket_put(struct tally *tally, uint64_t hash, uint32_t group)
{
	size_t mask = tally->n_buckets - 1, b = hash & mask, i = 0;

	while (tally->buckets[b].tags[BUCKET - 1])
		b = (b + 1) & mask;
	while (tally->buckets[b].tags[i])
		i++;
	tally->buckets[b].tags[i] = tag_of(hash);
	tally->buckets[b].groups[i] = group;
}

static size_t bucket_find(const struct tally *tally, uint64_t hash, const uint32_t *key)
{
	size_t mask = tally->n_buckets - 1, b = hash & mask;

	for (;; b = (b + 1) & mask) {
		const struct bucket *bucket = &tally->buckets[b];
		uint32_t match = tags_match(bucket, tag_of(hash));

		for (; match; match &= match - 1) {
			uint32_t group = bucket->groups[__builtin_ctz(match)];

			if (has_key(tally, group, key))
				return group;
		}
		if (!bucket->tags[BUCKET - 1])
			return SIZE_MAX;
	}
}

/* At most two thirds are taken. */
static bool buckets_full(const struct tally *tally)
{
	return tally->groups.count >= tally->n_buckets * (BUCKET * 2 / 3);
}

/* Draws the secret when there is none yet.  One that can be foreseen would be none, so
 * without it there is no tally. */
static bool buckets_build(struct tally *tally)
{
	size_t size = sizeof tally->secret, i;

	if (!tally->secret[1] && getrandom(tally->secret, size, 0) != (ssize_t)size)
		return false;
	tally->secret[1] |= 1;
	for (tally->n_buckets = 8; buckets_full(tally);)
		tally->n_buckets *= 2;
	size = tally->n_buckets * sizeof *tally->buckets;
	tally->buckets = aligned_alloc(sizeof *tally->buckets, size);
	if (!tally->buckets)
		return false;
	memset(tally->buckets, 0, size);
	for (i = 0; i < tally->groups.count; i++) {
		const uint32_t *key = group_key(tally, tally_at(tally, i));

		bucket_put(tally, key_hash(tally, key, tally->width), (uint32_t)i);
	}
	return true;
}

size_t tally_find(const struct tally *tally, const uint32_t *key)
{
	if (tally->grid)
		return grid_has(tally, key)
			       ? (size_t)tally->grid[grid_slot(tally, key, tally->width)] - 1
			       : SIZE_MAX;
	if (!tally->buckets)
		return SIZE_MAX;
	return bucket_find(tally, key_hash(tally, key, tally->width), key);
}

/* Notes what there is in keys. */
static void key_note(struct tally *tally, const uint32_t *key)
{
	size_t i;

	if (tally->groups.count == 1)
		tally->document = key[0];
	tally->several |= key[0] != tally->document;
	for (i = 1; i < tally->width && i < GRID_WIDTH; i++)
		tally->used[i] |= key[i];
}

/* Puts the newest group, for which the grid has no slot, where it will be found; what was
 * there is made anew when it is no longer large enough. */
static bool index_add(struct tally *tally, const uint32_t *key)
{
	uint32_t group = (uint32_t)tally->groups.count - 1;

	if (tally->buckets && !buckets_full(tally)) {
		bucket_put(tally, key_hash(tally, key, tally->width), group);
		return true;
	}
	if (grid_fits(tally) && grid_extends(tally)) {
		if (!grid_extend(tally))
			return false;
		tally->grid[grid_slot(tally, key, tally->width)] = group + 1;
		return true;
	}
	tally_unindex(tally);
	return grid_fits(tally) ? grid_build(tally) : buckets_build(tally);
}

/* A new group, which is nowhere to be found yet. */
static struct group *group_new(struct tally *tally, const uint32_t *key)
{
	struct group *group = tally->groups.count < GROUPS_MAX ? pile_add(&tally->groups) : NULL;

	if (!group)
		return NULL;
	memcpy(group_odd(tally, group) + 1, key, tally->width * sizeof *key);
	key_note(tally, key);
	return group;
}

/* That of a key for which the grid has a slot. */
static size_t grid_group(struct tally *tally, const uint32_t *key)
{
	uint32_t *slot = &tally->grid[grid_slot(tally, key, tally->width)];

	if (!*slot) {
		if (!group_new(tally, key))
			return SIZE_MAX;
		*slot = (uint32_t)tally->groups.count;
	}
	return *slot - 1;
}

size_t tally_group(struct tally *tally, const uint32_t *key)
{
	size_t found;

	if (tally->grid && grid_has(tally, key))
		return grid_group(tally, key);
	found = tally_find(tally, key);
	if (found != SIZE_MAX)
		return found;
	if (!group_new(tally, key))
		return SIZE_MAX;
	return index_add(tally, key) ? tally->groups.count - 1 : SIZE_MAX;
}

/* Many keys at once: memory is asked for all of some keys before any is waited for.  The functions are
 * compiled for each of the most common widths. */

#define FOR_A_WIDTH __attribute__((always_inline)) static inline

/* The slot of each key in the grid; false when it has none for some. */
FOR_A_WIDTH bool grid_slots(const struct tally *tally, const uint32_t *keys, size_t n,
			    uint32_t *slots, size_t width)
{
	uint32_t used[GRID_WIDTH] = { 0 };
	bool has = true;
	size_t i, j;

	for (i = 0; i < n; i++, keys += width) {
		used[0] |= keys[0] ^ tally->document;
		for (j = 1; j < width; j++)
			used[j] |= keys[j];
		slots[i] = (uint32_t)grid_slot(tally, keys, width);
		__builtin_prefetch(&tally->grid[slots[i]]);
	}
	for (j = 1; j < width; j++)
		has = has && !(used[j] >> tally->bits[j]);
	return has && !used[0];
}

/* Of each key, if all have slots, its group in the grid, NULL where it is not there; how
 * many those are. */
FOR_A_WIDTH size_t grid_look(const struct tally *tally, const uint32_t *keys, size_t n,
			     uint32_t *indices, struct group **groups, size_t width)
{
	bool has = grid_slots(tally, keys, n, indices, width);
	size_t missing = 0, i;

	for (i = 0; i < n; i++) {
		uint32_t group = has ? tally->grid[indices[i]] : 0;

		indices[i] = group - 1;
		groups[i] = group ? tally_at(tally, group - 1) : NULL;
		missing += !group;
		__builtin_prefetch(groups[i], 1);
	}
	return missing;
}

/* Of each key the first group in its bucket that has its tag: its own mostly, or any
 * where there is none. */
FOR_A_WIDTH void buckets_guess(const struct tally *tally, const uint32_t *keys, size_t n,
			       uint32_t *guesses, struct group **groups, size_t width)
{
	uint64_t hashes[AHEAD];
	size_t mask = tally->n_buckets - 1, i;

	for (i = 0; i < n; i++) {
		hashes[i] = key_hash(tally, keys + i * width, width);
		__builtin_prefetch(&tally->buckets[hashes[i] & mask]);
	}
	for (i = 0; i < n; i++) {
		const struct bucket *bucket = &tally->buckets[hashes[i] & mask];
		uint32_t match = tags_match(bucket, tag_of(hashes[i]));

		guesses[i] = bucket->groups[match ? __builtin_ctz(match) : 0];
		groups[i] = tally_at(tally, guesses[i]);
		__builtin_prefetch(groups[i], 1);
	}
}

/* Forgets groups that are not those of the keys; how many those are. */
FOR_A_WIDTH size_t guesses_check(const struct tally *tally, const uint32_t *keys, size_t n,
				 struct group **groups, size_t width)
{
	size_t missing = 0, i;

	for (i = 0; i < n; i++, keys += width) {
		if (!memcmp(group_key(tally, groups[i]), keys, width * sizeof *keys))
			continue;
		groups[i] = NULL;
		missing++;
	}
	return missing;
}

/* Finds most of those that are there; how many are left. */
FOR_A_WIDTH size_t groups_look(const struct tally *tally, const uint32_t *keys, size_t n,
			       uint32_t *indices, struct group **groups, size_t width)
{
	if (tally->grid)
		return grid_look(tally, keys, n, indices, groups, width);
	buckets_guess(tally, keys, n, indices, groups, width);
	return guesses_check(tally, keys, n, groups, width);
}

static size_t some_look(const struct tally *tally, const uint32_t *keys, size_t n,
			uint32_t *indices, struct group **groups)
{
	switch (tally->width) {
	case 2:
		return groups_look(tally, keys, n, indices, groups, 2);
	case 3:
		return groups_look(tally, keys, n, indices, groups, 3);
	case 4:
		return groups_look(tally, keys, n, indices, groups, 4);
	default:
		return groups_look(tally, keys, n, indices, groups, tally->width);
	}
}

/* Adds the groups of keys that have none yet, and finds the others. */
static bool some_add(struct tally *tally, const uint32_t *keys, size_t n, uint32_t *indices,
		     struct group **groups)
{
	size_t i, found;

	for (i = 0; i < n; i++, keys += tally->width) {
		if (groups[i])
			continue;
		found = tally_group(tally, keys);
		if (found == SIZE_MAX)
			return false;
		indices[i] = (uint32_t)found;
		groups[i] = tally_at(tally, found);
	}
	return true;
}

bool tally_groups(struct tally *tally, const uint32_t *keys, size_t n, uint32_t *indices,
		  struct group **groups)
{
	size_t i, some;

	/* There must be something to look in. */
	if (n && !tally->groups.count && tally_group(tally, keys) == SIZE_MAX)
		return false;
	for (i = 0; i < n; i += some, keys += some * tally->width) {
		some = n - i < AHEAD ? n - i : AHEAD;
		if (some_look(tally, keys, some, indices + i, groups + i) &&
		    !some_add(tally, keys, some, indices + i, groups + i))
			return false;
	}
	return true;
}

/* Finds groups that are there after all. */
static void some_find(const struct tally *tally, const uint32_t *keys, size_t n, uint32_t *indices,
		      struct group **groups)
{
	size_t i, found;

	for (i = 0; i < n; i++, keys += tally->width) {
		found = groups[i] ? SIZE_MAX : tally_find(tally, keys);
		if (found == SIZE_MAX)
			continue;
		indices[i] = (uint32_t)found;
		groups[i] = tally_at(tally, found);
	}
}

void tally_seek(const struct tally *tally, const uint32_t *keys, size_t n, uint32_t *indices,
		struct group **groups)
{
	size_t i, some;

	if (!tally->groups.count)
		memset(groups, 0, n * sizeof(struct group *));
	for (i = 0; i < n && tally->groups.count; i += some, keys += some * tally->width) {
		some = n - i < AHEAD ? n - i : AHEAD;
		if (some_look(tally, keys, some, indices + i, groups + i))
			some_find(tally, keys, some, indices + i, groups + i);
	}
}
