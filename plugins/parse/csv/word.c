#include "word.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

#if MACHINE_X86
#include <immintrin.h>
#endif

enum { TEXT_ROOM = 1 << 14 };

/* Bytes of words, which stay where they are. */
struct word_text {
	struct word_text *next;
	size_t len, room;
	char bytes[];
};

/* Sums of products, in which no two keys meet more often than chance has it as long
 * as the secret is one (the family NH: Black et al. 1999, "UMAC: Fast and Secure Message
 * Authentication"), and then spread. */
static inline uint64_t key_hash(const uint64_t key[WORD_KEY / 8], const struct word_secret *secret)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < WORD_KEY / 8; i++) {
		uint32_t low = (uint32_t)key[i] + secret->lanes[2 * i];
		uint32_t high = (uint32_t)(key[i] >> 32) + secret->lanes[2 * i + 1];

		sum += (uint64_t)low * high;
	}
	return sum;
}

#define HASH_SPREAD ((uint64_t)0x9e3779b97f4a7c15) /* 2^64 by the golden ratio */

static inline struct word_slot *slot_first(const struct words *words, uint64_t sum)
{
	return words->slots + (sum * HASH_SPREAD >> (64 - words->bits));
}

/* The first bytes of a cell, and zeros. */
static void key_make(uint64_t key[WORD_KEY / 8], const char *cell, size_t len)
{
	char bytes[WORD_KEY] = "";

	if (len)
		memcpy(bytes, cell, len < WORD_KEY ? len : WORD_KEY);
	for (size_t i = 0; i < WORD_KEY / 8; i++)
		key[i] = bytes_load(bytes + 8 * i);
}

/* Of a cell longer than a key. */
static uint64_t cell_hash(const char *cell, size_t len, const struct word_secret *secret)
{
	uint64_t key[WORD_KEY / 8], hash = len;

	for (size_t at = 0; at < len; at += WORD_KEY) {
		key_make(key, cell + at, len - at);
		key[0] ^= hash;
		hash = key_hash(key, secret) * HASH_SPREAD;
		hash ^= hash >> 32;
	}
	return hash;
}

/* The first two bytes of the key of a free slot, and of a cell's that is longer. */
#define KEY_OTHER ((uint64_t)0x0100)

struct wanted {
	uint64_t key[WORD_KEY / 8], hash;
	const char *cell;
	uint32_t len;
};

static struct wanted wanted_make(const char *cell, uint32_t len, const struct word_secret *secret)
{
	struct wanted w = { .cell = cell, .len = len };

	key_make(w.key, cell, len);
	w.hash = len > WORD_KEY ? cell_hash(cell, len, secret) : key_hash(w.key, secret);
	if (len > WORD_KEY)
		w.key[0] = (w.key[0] & ~(uint64_t)0xffff) | KEY_OTHER;
	return w;
}

static bool slot_is(const struct words *words, const struct word_slot *slot, const struct wanted *w)
{
	return slot->size == w->len + 1 && !memcmp(slot->key, w->key, sizeof w->key) &&
	       (w->len <= WORD_KEY || !memcmp(words->items[slot->word].text, w->cell, w->len));
}

struct word_slot *word_find(struct words *words, const struct word_secret *secret, const char *cell,
			    uint32_t len)
{
	struct wanted w;
	struct word_slot *slot;

	if (!words->slots)
		return NULL;
	w = wanted_make(cell, len, secret);
	slot = slot_first(words, w.hash);
	for (size_t i = 0; i < WORD_PROBES && slot[i].size; i++)
		if (slot_is(words, &slot[i], &w))
			return &slot[i];
	return NULL;
}

/* The first free slot for a hash, or NULL. */
static struct word_slot *slot_free(const struct words *words, uint64_t hash)
{
	struct word_slot *slot = slot_first(words, hash);

	for (size_t i = 0; i < WORD_PROBES; i++)
		if (!slot[i].size)
			return &slot[i];
	return NULL;
}

static size_t slots_of(unsigned bits)
{
	return ((size_t)1 << bits) + WORD_PROBES;
}

/* Whether a small table is so sparse that words hardly ever want the same slot: then a
 * processor foresees that the first one is right. */
static bool table_is_full(const struct words *words)
{
	unsigned bits = words->bits;

	return !words->slots || words->count >= (uint32_t)1 << bits >> (bits < WORD_SPARSE ? 4 : 1);
}

/* Twice the slots.  A word that has no slot there is forgotten. */
static int table_grow(struct words *words)
{
	unsigned bits = words->slots ? words->bits + 1 : WORD_BITS;
	size_t had = words->slots ? slots_of(words->bits) : 0, size;
	struct word_slot *old = words->slots, *slot;
	struct word_raw *items = realloc(words->items, sizeof *items << bits >> 1);

	if (!items)
		return ENOMEM;
	words->items = items;
	size = slots_of(bits) * sizeof *slot;
	slot = aligned_alloc(64, size);
	if (!slot)
		return ENOMEM;
	memset(slot, 0, size);
	for (size_t i = 0; i < slots_of(bits); i++)
		slot[i].key[0] = KEY_OTHER;
	words->slots = slot;
	words->bits = bits;
	for (size_t i = 0; i < had; i++) {
		slot = old[i].size ? slot_free(words, old[i].hash) : NULL;
		if (slot)
			*slot = old[i];
	}
	free(old);
	return 0;
}

/* A copy of bytes that lives as long as the table; NULL when memory is out. */
static char *text_keep(struct words *words, const char *text, size_t len)
{
	struct word_text *t = words->texts;
	size_t room = len > TEXT_ROOM ? len : TEXT_ROOM;
	char *copy;

	if (!t || t->room - t->len < len) {
		t = malloc(sizeof *t + room);
		if (!t)
			return NULL;
		*t = (struct word_text){ .next = words->texts, .room = room };
		words->texts = t;
	}
	copy = t->bytes + t->len;
	if (len)
		memcpy(copy, text, len);
	t->len += len;
	words->text_len += len;
	return copy;
}

/* Copies the cell, and what it says where that is no part of it. */
static bool word_keep(struct words *words, const struct wanted *w, const struct word *word,
		      struct word_raw *out)
{
	const char *copy = text_keep(words, w->cell, w->len);
	bool part = word->text >= w->cell && word->text <= w->cell + w->len;

	*out = (struct word_raw){ .text = copy, .word = *word };
	if (copy && part)
		out->word.text = copy + (word->text - w->cell);
	else if (copy)
		out->word.text = text_keep(words, word->text, word->len);
	return copy && out->word.text;
}

struct word_slot *word_add(struct words *words, const struct word_secret *secret, const char *cell,
			   uint32_t len, const struct word *word, int *err)
{
	struct wanted w = wanted_make(cell, len, secret);
	struct word_slot *slot;

	*err = 0;
	if (words->count == WORD_COUNT)
		return NULL;
	if (table_is_full(words))
		*err = table_grow(words);
	slot = *err ? NULL : slot_free(words, w.hash);
	if (!slot)
		return NULL;
	if (!word_keep(words, &w, word, &words->items[words->count])) {
		*err = ENOMEM;
		return NULL;
	}
	*slot = (struct word_slot){ .hash = w.hash, .size = len + 1, .word = words->count++ };
	memcpy(slot->key, w.key, sizeof w.key);
	return slot;
}

void words_release(struct words *words)
{
	struct word_text *next;

	for (; words->texts; words->texts = next) {
		next = words->texts->next;
		free(words->texts);
	}
	free(words->slots);
	free(words->items);
	*words = (struct words){ .slots = NULL };
}

/* A run in the making.  What a processor has no register for stays in the run itself. */
struct course {
	const uint32_t *before, *end, *same;
	int32_t *code, *first, *last;
	const char *text;
	char *slots;
	size_t before_step, step;
	uint64_t stamp;
	unsigned shift;
};

static inline struct course course_begin(const struct word_run *run, uint32_t i)
{
	const struct cells *c = run->cells;

	return (struct course){ .before = c->before + i * c->before_step,
				.end = c->end + i * c->step,
				.same = c->same,
				.code = run->codes + c->row + i,
				.first = run->codes + c->row,
				.last = run->codes + c->row + c->count,
				.text = c->text,
				.slots = (char *)run->words->slots,
				.before_step = c->before_step,
				.step = c->step,
				.stamp = word_mark(run->stamp, 0),
				.shift = 64 - run->words->bits };
}

/* The slot where a search begins. */
static inline struct word_slot *course_slot(const struct course *c, uint64_t sum)
{
	size_t offset = (sum * HASH_SPREAD >> c->shift) * sizeof(struct word_slot);

	return (struct word_slot *)(void *)(c->slots + offset);
}

/* Gives a cell what its slot has, where that has no code in this batch. */
static bool uncoded_put(const struct word_run *run, int32_t *code, const struct word_slot *slot)
{
	if (slot->mark != word_mark(run->stamp, WORD_NULL))
		return false;
	*code = 0;
	cells_null(run->cells->valid, (uint32_t)(code - run->codes));
	return true;
}

/* The loop of a run: LOAD makes a key of a cell, HASH its hash, SAME compares it, and
 * REPEAT goes through cells that are the same. */
#define WORD_LOOP(LOAD, HASH, SAME, REPEAT) \
	for (; c.code < c.last; c.code++, c.before += c.before_step, c.end += c.step) { \
		uint32_t from = *c.before + 1, len = *c.end - from; \
		uint64_t mark; \
\
		at = NULL; \
		if (__builtin_expect(len > WORD_KEY, 0)) \
			break; \
		LOAD(c.text + from, len); \
		at = course_slot(&c, HASH); \
		if (__builtin_expect(!SAME(at->key), 0)) { \
			struct word_slot *stop = at + WORD_PROBES; \
\
			while (at < stop && at->size && !SAME(at->key)) \
				at++; \
			if (at == stop || !at->size) { \
				at = NULL; \
				break; \
			} \
		} \
		mark = at->mark - c.stamp; \
		if (__builtin_expect(mark >> 31 != 0, 0)) { \
			if (!uncoded_put(run, c.code, at)) \
				break; \
			continue; \
		} \
		*c.code = (int32_t)mark; \
		REPEAT; \
	} \
	*slot = at; \
	return (uint32_t)(c.code - run->codes) - run->cells->row

#define REPEAT_NOT \
	do { \
	} while (0)

#define REPEAT_SAME \
	while (c.code + 1 < c.last && c.end[c.step] < c.same[c.code + 1 - c.first]) { \
		*++c.code = (int32_t)mark; \
		c.before += c.before_step; \
		c.end += c.step; \
	}

static const struct {
	uint64_t ones[WORD_KEY / 8], zeros[WORD_KEY / 8];
} key_bytes = { { ~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0 }, { 0 } };

/* So many ones, and zeros behind them. */
static inline const char *key_mask(uint32_t len)
{
	return (const char *)&key_bytes + WORD_KEY - len;
}

static inline void key_load(uint64_t key[WORD_KEY / 8], const char *at, uint32_t len)
{
	for (size_t k = 0; k < WORD_KEY / 8; k++)
		key[k] = bytes_load(at + 8 * k) & bytes_load(key_mask(len) + 8 * k);
}

static inline bool key_same(const uint64_t a[WORD_KEY / 8], const uint64_t b[WORD_KEY / 8])
{
	return !((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]));
}

#define LOAD_PORTABLE(AT, LEN) key_load(key, AT, LEN)
#define SAME_PORTABLE(KEY)     key_same(key, KEY)
#define PORTABLE_LOOP(NAME, REPEAT) \
	static uint32_t NAME(const struct word_run *run, uint32_t i, struct word_slot **slot) \
	{ \
		const struct word_secret secret = *run->secret; \
		struct course c = course_begin(run, i); \
		struct word_slot *at = NULL; \
		uint64_t key[WORD_KEY / 8]; \
\
		WORD_LOOP(LOAD_PORTABLE, key_hash(key, &secret), SAME_PORTABLE, REPEAT); \
	}

PORTABLE_LOOP(run_portable, REPEAT_NOT)
PORTABLE_LOOP(repeat_portable, REPEAT_SAME)

#if MACHINE_X86

TARGET_AVX2 static inline uint64_t vector_hash(__m256i key, __m256i secret)
{
	__m256i lanes = _mm256_add_epi32(key, secret);
	__m256i products = _mm256_mul_epu32(lanes, _mm256_srli_epi64(lanes, 32));
	__m128i sums = _mm_add_epi64(_mm256_castsi256_si128(products),
				     _mm256_extracti128_si256(products, 1));

	sums = _mm_add_epi64(sums, _mm_unpackhi_epi64(sums, sums));
	return (uint64_t)_mm_cvtsi128_si64(sums);
}

TARGET_AVX2 static inline __m256i vector_load(const void *at)
{
	return _mm256_loadu_si256((const __m256i *)at);
}

#define VECTOR_LOOP(NAME, TARGET, LOAD, SAME, REPEAT) \
	TARGET static uint32_t NAME(const struct word_run *run, uint32_t i, \
				    struct word_slot **slot) \
	{ \
		const __m256i secret = vector_load(run->secret->lanes); \
		struct course c = course_begin(run, i); \
		struct word_slot *at = NULL; \
		__m256i key; \
\
		WORD_LOOP(LOAD, vector_hash(key, secret), SAME, REPEAT); \
	}

#define LOAD_AVX2(AT, LEN)   (key = _mm256_and_si256(vector_load(AT), vector_load(key_mask(LEN))))
#define SAME_AVX2(KEY)       (_mm256_movemask_epi8(_mm256_cmpeq_epi8(key, vector_load(KEY))) == -1)
#define LOAD_AVX512(AT, LEN) (key = _mm256_maskz_loadu_epi8(_bzhi_u32(~0u, LEN), AT))
#define SAME_AVX512(KEY)     (!_mm256_cmpneq_epi64_mask(key, vector_load(KEY)))

VECTOR_LOOP(run_avx2, TARGET_AVX2, LOAD_AVX2, SAME_AVX2, REPEAT_NOT)
VECTOR_LOOP(repeat_avx2, TARGET_AVX2, LOAD_AVX2, SAME_AVX2, REPEAT_SAME)
VECTOR_LOOP(run_avx512, TARGET_AVX512, LOAD_AVX512, SAME_AVX512, REPEAT_NOT)
VECTOR_LOOP(repeat_avx512, TARGET_AVX512, LOAD_AVX512, SAME_AVX512, REPEAT_SAME)

#endif

uint32_t words_run(enum machine machine, const struct word_run *run, uint32_t i,
		   struct word_slot **slot)
{
	/* Loops of their own, since a processor learns how each goes. */
	static uint32_t (*const runs[MACHINES][2])(const struct word_run *, uint32_t,
						   struct word_slot **) = {
		[MACHINE_PORTABLE] = { run_portable, repeat_portable },
#if MACHINE_X86
		[MACHINE_AVX2] = { run_avx2, repeat_avx2 },
		[MACHINE_AVX512] = { run_avx512, repeat_avx512 },
#endif
	};

	*slot = NULL;
	return run->words->slots ? runs[machine][run->alike](run, i, slot) : i;
}
