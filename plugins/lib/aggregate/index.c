/*
 * Where the group of a key is.
 *
 *     grid       an array with a slot for each combination of the numbers of the columns:
 *                key (d, 3, 1) with 2 and 3 bits for its columns is at slot 3 << 2 | 1
 *     buckets    a hash table whose slots are cache lines: the hash says in which one the group
 *                is, or in which ones behind that when it is full; a byte of the hash for each
 *                group says which of them to compare
 *
 * A grid needs no hash and no comparison, so it is taken where most combinations are
 * there: at least one of GRID_SPARSE, and all of one document.  Which of the two it is, is decided
 * each time that there is no more room in it.
 *
 * Many keys are looked for in two rounds.  The first one asks for all memory that will be
 * needed, the second one reads it, so that the waits for memory overlap.
 */
#include "aggregate/tally.h"

#include <errno.h>
#include <stdlib.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

/* Compiled for each of the most common widths of keys. */
#define FOR_A_WIDTH __attribute__((always_inline)) static inline

void tally_unindex(struct tally *tally)
{
	free(tally->buckets);
	tally->buckets = NULL;
	tally->n_buckets = 0;
	free(tally->grid);
	tally->grid = NULL;
}

FOR_A_WIDTH bool has_key(const struct tally *tally, size_t group, const uint32_t *key, size_t width)
{
	const uint32_t *own = group_key(tally, tally_at(tally, group));
	size_t i;

	for (i = width; i-- > 0;)
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

FOR_A_WIDTH size_t grid_slot(const struct tally *tally, const uint32_t *key, size_t width)
{
	size_t slot = 0, i;

	for (i = 1; i < width; i++)
		slot += (size_t)key[i] << tally->shifts[i];
	return slot;
}

/* Whether the grid has a slot for a key. */
FOR_A_WIDTH bool grid_has(const struct tally *tally, const uint32_t *key, size_t width)
{
	size_t i;

	for (i = 1; i < width; i++)
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

/* Two numbers at a time. */
FOR_A_WIDTH uint64_t key_hash(const struct tally *tally, const uint32_t *key, size_t width)
{
	const struct secret *secret = &tally->secret;
	uint64_t hash = secret_hash(secret, secret->start ^ key[0]);
	size_t i;

	for (i = 1; i + 1 < width; i += 2)
		hash = secret_hash(secret, hash ^ key[i] ^ (uint64_t)key[i + 1] << 32);
	return i < width ? secret_hash(secret, hash ^ key[i]) : hash;
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

/* Into the first bucket that has room, from bucket b on. */
static inline void bucket_put(struct tally *tally, size_t b, uint64_t hash, uint32_t group)
{
	struct bucket *bucket = &tally->buckets[b];
	uint32_t i;

	while (bucket->tags[BUCKET - 1])
		bucket = &tally->buckets[b = (b + 1) & (tally->n_buckets - 1)];
	i = (uint32_t)__builtin_ctz(tags_match(bucket, 0));
	bucket->tags[i] = tag_of(hash);
	bucket->groups[i] = group;
}

/* Where a key is not, `*b` is the first bucket that has room for it. */
FOR_A_WIDTH bool bucket_find(const struct tally *tally, uint64_t hash, const uint32_t *key,
			     size_t width, uint32_t *index, size_t *b)
{
	size_t mask = tally->n_buckets - 1;

	for (*b = hash & mask;; *b = (*b + 1) & mask) {
		const struct bucket *bucket = &tally->buckets[*b];
		uint32_t match = tags_match(bucket, tag_of(hash));

		for (; match; match &= match - 1) {
			*index = bucket->groups[__builtin_ctz(match)];
			if (has_key(tally, *index, key, width))
				return true;
		}
		if (!bucket->tags[BUCKET - 1])
			return false;
	}
}

/* At most two thirds are taken. */
static bool buckets_full(const struct tally *tally)
{
	return tally->groups.count >= tally->n_buckets * (BUCKET * 2 / 3);
}

static bool buckets_build(struct tally *tally)
{
	size_t size, i;

	if (!secret_draw(&tally->secret))
		return false;
	for (tally->n_buckets = 8; buckets_full(tally);)
		tally->n_buckets *= 2;
	size = tally->n_buckets * sizeof *tally->buckets;
	tally->buckets = aligned_alloc(sizeof *tally->buckets, size);
	if (!tally->buckets)
		return false;
	memset(tally->buckets, 0, size);
	for (i = 0; i < tally->groups.count; i++) {
		const uint32_t *key = group_key(tally, tally_at(tally, i));
		uint64_t hash = key_hash(tally, key, tally->width);

		bucket_put(tally, hash & (tally->n_buckets - 1), hash, (uint32_t)i);
	}
	return true;
}

bool tally_find(const struct tally *tally, const uint32_t *key, uint32_t *index)
{
	size_t b;

	if (tally->buckets)
		return bucket_find(tally, key_hash(tally, key, tally->width), key, tally->width,
				   index, &b);
	if (!tally->grid || !grid_has(tally, key, tally->width))
		return false;
	*index = tally->grid[grid_slot(tally, key, tally->width)] - 1;
	return *index != UINT32_MAX;
}

/* Notes what there is in keys. */
FOR_A_WIDTH void key_note(struct tally *tally, const uint32_t *key, size_t width)
{
	size_t i;

	if (tally->groups.count == 1)
		tally->document = key[0];
	tally->several |= key[0] != tally->document;
	for (i = 1; i < width && i < GRID_WIDTH; i++)
		tally->used[i] |= key[i];
}

/* Makes room for the newest group and puts it where it will be found; what was there is made
 * anew unless the grid can be extended. */
static bool index_grow(struct tally *tally, const uint32_t *key)
{
	bool fits = grid_fits(tally);

	if (fits && grid_extends(tally)) {
		if (!grid_extend(tally))
			return false;
		tally->grid[grid_slot(tally, key, tally->width)] = (uint32_t)tally->groups.count;
		return true;
	}
	tally_unindex(tally);
	return fits ? grid_build(tally) : buckets_build(tally);
}

/* A new group, which is nowhere to be found yet. */
FOR_A_WIDTH int group_new(struct tally *tally, const uint32_t *key, size_t width)
{
	struct group *group;
	uint32_t *own;
	size_t i;

	if (tally->groups.count >= tally->most)
		return E2BIG;
	group = pile_add(&tally->groups);
	if (!group)
		return ENOMEM;
	own = group_odd(tally, group) + 1;
	for (i = 0; i < width; i++)
		own[i] = key[i];
	key_note(tally, key, width);
	return 0;
}

FOR_A_WIDTH int key_add(struct tally *tally, const uint32_t *key, size_t width, uint32_t *index)
{
	uint32_t *slot = NULL;
	uint64_t hash = 0;
	size_t b = 0;
	int err;

	if (tally->buckets) {
		hash = key_hash(tally, key, width);
		if (bucket_find(tally, hash, key, width, index, &b))
			return 0;
	} else if (tally->grid && grid_has(tally, key, width)) {
		slot = &tally->grid[grid_slot(tally, key, width)];
		*index = *slot - 1;
		if (*slot)
			return 0;
	}
	err = group_new(tally, key, width);
	if (err)
		return err;
	*index = (uint32_t)tally->groups.count - 1;
	if (slot)
		*slot = *index + 1;
	else if (tally->buckets && !buckets_full(tally))
		bucket_put(tally, b, hash, *index);
	else if (!index_grow(tally, key))
		return ENOMEM;
	return 0;
}

int tally_add(struct tally *tally, const uint32_t *key, uint32_t *index)
{
	return key_add(tally, key, tally->width, index);
}

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

FOR_A_WIDTH int keys_add(struct tally *tally, const uint32_t *keys, size_t n, uint32_t *indices,
			 struct group **groups, size_t width)
{
	size_t i, k, some, missing;
	int err = 0;

	/* There must be something to look in. */
	if (n && !tally->groups.count)
		err = tally_add(tally, keys, indices);
	for (i = 0; i < n && !err; i += some) {
		some = n - i < AHEAD ? n - i : AHEAD;
		missing =
			groups_look(tally, keys + i * width, some, indices + i, groups + i, width);
		for (k = i; missing && !err; k++) {
			if (groups[k])
				continue;
			err = key_add(tally, keys + k * width, width, &indices[k]);
			groups[k] = err ? NULL : tally_at(tally, indices[k]);
			missing--;
		}
	}
	return err;
}

int tally_groups(struct tally *tally, const uint32_t *keys, size_t n, uint32_t *indices,
		 struct group **groups)
{
	switch (tally->width) {
	case 2:
		return keys_add(tally, keys, n, indices, groups, 2);
	case 3:
		return keys_add(tally, keys, n, indices, groups, 3);
	case 4:
		return keys_add(tally, keys, n, indices, groups, 4);
	default:
		return keys_add(tally, keys, n, indices, groups, tally->width);
	}
}

FOR_A_WIDTH void keys_seek(const struct tally *tally, const uint32_t *keys, size_t n,
			   uint32_t *indices, struct group **groups, size_t width)
{
	size_t i, k, some, missing;

	if (!tally->groups.count)
		memset(groups, 0, n * sizeof(struct group *));
	for (i = 0; i < n && tally->groups.count; i += some) {
		some = n - i < AHEAD ? n - i : AHEAD;
		missing =
			groups_look(tally, keys + i * width, some, indices + i, groups + i, width);
		for (k = i; missing; k++) {
			if (groups[k])
				continue;
			if (tally_find(tally, keys + k * width, &indices[k]))
				groups[k] = tally_at(tally, indices[k]);
			missing--;
		}
	}
}

void tally_seek(const struct tally *tally, const uint32_t *keys, size_t n, uint32_t *indices,
		struct group **groups)
{
	switch (tally->width) {
	case 2:
		keys_seek(tally, keys, n, indices, groups, 2);
		break;
	case 3:
		keys_seek(tally, keys, n, indices, groups, 3);
		break;
	case 4:
		keys_seek(tally, keys, n, indices, groups, 4);
		break;
	default:
		keys_seek(tally, keys, n, indices, groups, tally->width);
	}
}
