#include "ledger/rejection.h"

#include "base/text.h"

#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Keys of places whose upper bits are the same. */
#define BLOCK_BITS 16
#define BLOCK_MASK (((uint64_t)1 << BLOCK_BITS) - 1)

struct mark {
	uint16_t offset;       /* the place's lower bits */
	uint16_t kept_out : 1; /* the row was met and withheld from the exporters */
	uint16_t stage : 15;   /* which was the first to blame it */
};

/* In the order of places. */
struct block {
	struct mark *marks;
	uint32_t *items; /* of each; NULL where rows are not listed */
	size_t count;
};

/* Digests of findings, and the stages that said them: a table with open addressing, at
 * most half of which is taken. */
struct said {
	uint8_t key[16]; /* secret, so that nobody can make two findings alike */
	struct digest {
		uint64_t digest; /* 0: empty */
		const char *stage;
	} * items;
	size_t count, room;
};

void rejections_init(struct rejections *r)
{
	*r = (struct rejections){ 0 };
	pthread_mutex_init(&r->lock, NULL);
}

static size_t map_add(struct mu_map *map, const void *key, size_t len)
{
	size_t i = mu_map_add(map, key, len);

	if (i == SIZE_MAX)
		mem_exhausted();
	return i;
}

/* Positions are bytes of a document, or numbers of its rows with so many or more zeros behind,
 * for what a row may be parted into. */
#define PART_BITS 14

/* A number for each place, such that both bytes and rows that lie together have ones that lie
 * together. */
static uint64_t place_key(uint64_t at)
{
	bool row = !(at & (((uint64_t)1 << PART_BITS) - 1));

	at = row ? at >> PART_BITS : at;
	/* The block's number doubled, and one more for rows: this is asked for each row. */
	return at + (at & ~BLOCK_MASK) + (row ? BLOCK_MASK + 1 : 0);
}

/* Mostly the block is the one that was looked up before. */
static bool block_is_recent(const struct rejections *r, uint64_t block)
{
	return r->near && r->recent == block;
}

static struct block *block_note(struct rejections *r, uint64_t block, size_t i)
{
	r->recent = block;
	r->recent_index = i;
	return &r->near[i];
}

/* The block of a key, or NULL. */
static struct block *block_find(struct rejections *r, uint64_t key)
{
	uint64_t block = key >> BLOCK_BITS;
	size_t i;

	if (block_is_recent(r, block))
		return &r->near[r->recent_index];
	i = mu_map_find(&r->blocks, &block, sizeof block);
	return i == SIZE_MAX ? NULL : block_note(r, block, i);
}

static struct block *block_of(struct rejections *r, uint64_t key)
{
	uint64_t block = key >> BLOCK_BITS;
	size_t before = r->blocks.count, i;

	if (block_is_recent(r, block))
		return &r->near[r->recent_index];
	i = map_add(&r->blocks, &block, sizeof block);
	if (r->blocks.count > before) {
		if (!(i & (i - 1)))
			r->near = mem_resize(r->near, i ? 2 * i : 1, sizeof *r->near);
		r->near[i] = (struct block){ .count = 0 };
	}
	return block_note(r, block, i);
}

/* Where the mark of a key is, or belongs.  Mostly they come in order. */
static size_t mark_seek(const struct block *b, uint64_t key)
{
	uint16_t offset = (uint16_t)(key & BLOCK_MASK);
	size_t low = 0, high = b->count;

	if (high && b->marks[high - 1].offset <= offset)
		return b->marks[high - 1].offset == offset ? high - 1 : high;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (b->marks[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool mark_is(const struct block *b, size_t i, uint64_t key)
{
	return i < b->count && b->marks[i].offset == (key & BLOCK_MASK);
}
static size_t stage_index(struct rejections *r, const char *stage)
{
	size_t i = 0;

	while (i < r->n_stages && r->stages[i] != stage)
		i++;
	if (i < r->n_stages)
		return i;
	r->stages = mem_resize(r->stages, i + 1, sizeof *r->stages);
	r->withheld = mem_resize(r->withheld, i + 1, sizeof *r->withheld);
	r->stages[i] = stage;
	r->withheld[i] = 0;
	return r->n_stages++;
}

/* Makes room for a mark at an index. */
static void mark_insert(struct rejections *r, struct block *b, size_t i, struct mark mark)
{
	size_t n = b->count;

	if (!(n & (n - 1))) {
		b->marks = mem_resize(b->marks, n ? 2 * n : 1, sizeof *b->marks);
		if (r->listed)
			b->items = mem_resize(b->items, n ? 2 * n : 1, sizeof *b->items);
	}
	memmove(b->marks + i + 1, b->marks + i, (n - i) * sizeof *b->marks);
	b->marks[i] = mark;
	if (r->listed) {
		memmove(b->items + i + 1, b->items + i, (n - i) * sizeof *b->items);
		b->items[i] = (uint32_t)r->count;
	}
	b->count++;
	r->marked++;
}

static void item_append(struct rejections *r, uint64_t at, const char *stage)
{
	size_t n = r->count;

	if (n == UINT32_MAX)
		mem_exhausted();
	if (!(n & (n - 1)))
		r->items = mem_resize(r->items, n ? 2 * n : 1, sizeof *r->items);
	r->items[r->count++] = (struct rejection){ .at = at, .stage = stage };
}

/* The index of the mark of a key in its block; *fresh: it was made. */
static size_t mark_have(struct rejections *r, struct block *b, uint64_t key, const char *stage,
			bool *fresh)
{
	size_t i = mark_seek(b, key);

	*fresh = !mark_is(b, i, key);
	if (*fresh) {
		struct mark mark = { .offset = (uint16_t)(key & BLOCK_MASK),
				     .stage = (uint16_t)(stage_index(r, stage) & 0x7fff) };

		mark_insert(r, b, i, mark);
	}
	return i;
}

static void place_mark(struct rejections *r, uint64_t at, const char *stage)
{
	uint64_t key = place_key(at);
	bool fresh;

	mark_have(r, block_of(r, key), key, stage, &fresh);
}

void rejections_mark_places(struct rejections *r, const char *stage, uint64_t at, uint64_t other)
{
	pthread_mutex_lock(&r->lock);
	if (at)
		place_mark(r, at, stage);
	if (other)
		place_mark(r, other, stage);
	pthread_mutex_unlock(&r->lock);
}

/* Whether the row is listed for the first time. */
static bool add_locked(struct rejections *r, const struct finding *f, uint64_t at, bool to_blame)
{
	uint64_t key = place_key(at & ~MU_AT_REJECTED);
	struct block *b = block_of(r, key);
	bool fresh;
	size_t i = mark_have(r, b, key, f->stage, &fresh);

	if (fresh && r->listed)
		item_append(r, at & ~MU_AT_REJECTED, f->stage);
	if (r->listed) {
		struct rejection *item = &r->items[b->items[i]];

		item->errors += to_blame;
		item->lost += to_blame && f->lost && f->severity == MU_ERROR;
		item->across += to_blame && f->across;
	}
	return fresh && r->listed;
}

bool rejections_add(struct rejections *r, const struct finding *f)
{
	bool fresh;

	pthread_mutex_lock(&r->lock);
	fresh = f->at && add_locked(r, f, f->at, true);
	if (f->other)
		fresh |= add_locked(r, f, f->other, false);
	pthread_mutex_unlock(&r->lock);
	return fresh;
}

/* Names are few, and each is kept once; mostly it is the `latest` one. */
static const char *name_copy(struct rejections *r, const char *name, const char **latest)
{
	size_t i;

	if (!name || (*latest && !strcmp(*latest, name)))
		return name ? *latest : NULL;
	i = map_add(&r->names, name, strlen(name) + 1);
	*latest = (const char *)r->names.entries[i].key;
	return *latest;
}

static const char *text_copy(struct rejections *r, const char *text)
{
	return text ? arena_copy(&r->texts, text, strlen(text)) : NULL;
}

/* The value of a finding, with its zero bytes as they are shown. */
static const char *value_copy(struct rejections *r, const struct finding *f)
{
	struct text shown = { 0 };
	const char *kept;
	size_t i;

	if (!f->value || !memchr(f->value, '\0', f->value_len))
		return text_copy(r, f->value);
	for (i = 0; i < f->value_len; i++)
		text_add(&shown, f->value[i] ? f->value + i : "\\x00", f->value[i] ? 1 : 4);
	kept = text_copy(r, shown.data);
	text_release(&shown);
	return kept;
}

static void explain_locked(struct rejections *r, const struct finding *f, uint64_t at)
{
	uint64_t key = place_key(at & ~MU_AT_REJECTED);
	const struct block *b = block_find(r, key);
	size_t i = b ? mark_seek(b, key) : 0;
	struct rejection *item;

	if (!b || !mark_is(b, i, key))
		return;
	item = &r->items[b->items[i]];
	if (item->code)
		return;
	item->code = name_copy(r, f->code, &r->latest[0]);
	item->field = name_copy(r, f->field, &r->latest[1]);
	item->from = name_copy(r, f->from, &r->latest[2]);
	item->value = value_copy(r, f);
	item->message = text_copy(r, f->message);
	item->second = at != f->at;
	item->other = item->second ? f->at : f->other;
}

void rejections_explain(struct rejections *r, const struct finding *f)
{
	pthread_mutex_lock(&r->lock);
	if (f->at)
		explain_locked(r, f, f->at);
	if (f->other)
		explain_locked(r, f, f->other);
	pthread_mutex_unlock(&r->lock);
}

static struct digest *digest_slot(const struct said *said, uint64_t digest)
{
	size_t i = digest & (said->room - 1);

	while (said->items[i].digest && said->items[i].digest != digest)
		i = (i + 1) & (said->room - 1);
	return &said->items[i];
}

static void said_grow(struct said *said)
{
	struct said old = *said;
	size_t i;

	said->room = old.room ? 2 * old.room : 64;
	said->items = mem_alloc(said->room * sizeof *said->items);
	for (i = 0; i < old.room; i++)
		if (old.items[i].digest)
			*digest_slot(said, old.items[i].digest) = old.items[i];
	free(old.items);
}

static void digest_text(struct sha256_ctx *sha, const char *text)
{
	text = text ? text : "";
	sha256_update(sha, strlen(text) + 1, (const uint8_t *)text);
}

static uint64_t digest_of(const struct said *said, const struct finding *f)
{
	struct sha256_ctx sha;
	uint64_t digest;

	sha256_init(&sha);
	sha256_update(&sha, sizeof said->key, said->key);
	sha256_update(&sha, sizeof f->at, (const uint8_t *)&f->at);
	digest_text(&sha, f->code);
	digest_text(&sha, f->field);
	digest_text(&sha, f->message);
	sha256_digest(&sha, sizeof digest, (uint8_t *)&digest);
	return digest ? digest : 1;
}

static struct said *said_new(void)
{
	struct said *said = mem_alloc(sizeof *said);

	if (getrandom(said->key, sizeof said->key, 0) != (ssize_t)sizeof said->key)
		mem_exhausted();
	return said;
}

bool rejections_repeated(struct rejections *r, const struct finding *f)
{
	struct digest *slot;
	bool repeated;
	uint64_t digest;

	pthread_mutex_lock(&r->lock);
	if (!r->said)
		r->said = said_new();
	if (2 * r->said->count >= r->said->room)
		said_grow(r->said);
	digest = digest_of(r->said, f);
	slot = digest_slot(r->said, digest);
	repeated = slot->digest && slot->stage != f->stage;
	if (!slot->digest) {
		*slot = (struct digest){ .digest = digest, .stage = f->stage };
		r->said->count++;
	}
	pthread_mutex_unlock(&r->lock);
	return repeated;
}

static const uint64_t *places_of(const struct ArrowSchema *schema, const struct ArrowArray *rows)
{
	struct mu_column at = mu_column_named(schema, rows, MU_AT);

	return (const uint64_t *)at.values + at.offset;
}

/* Where marks are looked for, by keys: of those from `from` on none has one before `to`. */
struct seeking {
	const struct block *block; /* NULL: the block has none */
	uint64_t start;            /* the first key of the block */
	uint64_t from, to;
	size_t next; /* the mark of `to`, if there is one */
};

static void seek_next(struct seeking *s, uint64_t from, size_t next)
{
	s->from = from;
	s->next = next;
	s->to = s->block && next < s->block->count ? s->start + s->block->marks[next].offset
						   : s->start + BLOCK_MASK + 1;
}

/* Whether the place of a key is marked.  Most blocks have no mark. */
static bool seek(struct rejections *r, struct seeking *s, uint64_t key)
{
	if (key != s->to || (key ^ s->start) > BLOCK_MASK) {
		if ((key ^ s->start) > BLOCK_MASK) {
			s->start = key & ~BLOCK_MASK;
			s->block = block_find(r, key);
		}
		seek_next(s, key, s->block ? mark_seek(s->block, key) : 0);
	}
	if (key != s->to)
		return false;
	seek_next(s, key + 1, s->next + 1);
	return true;
}

/* The rejected rows of a batch, as indices in order, to be freed.  Rows mostly follow one
 * another, up to the next mark. */
static int64_t *rows_named(struct rejections *r, const uint64_t *at, int64_t rows, size_t *count)
{
	struct seeking s = { .start = UINT64_MAX, .from = UINT64_MAX };
	int64_t *out = NULL, i = 0;

	*count = 0;
	while (r->marked && i < rows) {
		const uint64_t from = s.from, to = s.to;
		uint64_t key = place_key(at[i] & ~MU_AT_REJECTED);

		while (key >= from && key < to && ++i < rows)
			key = place_key(at[i] & ~MU_AT_REJECTED);
		if (i < rows && seek(r, &s, key)) {
			if (!out)
				out = mem_resize(NULL, (size_t)(rows - i), sizeof *out);
			out[(*count)++] = i;
		}
		i++;
	}
	return out;
}

/* A column of places that is written to. */
struct places {
	const void *buffers[2];
	uint64_t items[];
};

static void places_release(struct ArrowArray *column)
{
	free(column->private_data);
	column->release = NULL;
}

static struct places *places_copy(const uint64_t *at, int64_t rows)
{
	struct places *out = mem_resize(NULL, sizeof *out + (size_t)rows * sizeof *at, 1);

	*out = (struct places){ .buffers = { NULL } };
	memcpy(out->items, at, (size_t)rows * sizeof *at);
	out->buffers[1] = out->items;
	return out;
}

/* The _at of a batch may be somebody's who still reads it, so that it gets another one. */
static void replace_places(struct ArrowArray *column, struct places *places, int64_t rows)
{
	mu_array_release(column);
	*column = (struct ArrowArray){ .length = rows,
				       .n_buffers = 2,
				       .buffers = places->buffers,
				       .release = places_release,
				       .private_data = places };
}

static void mark_locked(struct rejections *r, const struct ArrowSchema *schema,
			struct ArrowArray *rows)
{
	const uint64_t *at = places_of(schema, rows);
	struct places *places = NULL;
	size_t count, i;
	int64_t *named = rows_named(r, at, rows->length, &count);

	for (i = 0; i < count; i++) {
		if (at[named[i]] & MU_AT_REJECTED)
			continue;
		if (!places)
			places = places_copy(at, rows->length);
		places->items[named[i]] |= MU_AT_REJECTED;
	}
	free(named);
	if (places)
		replace_places(rows->children[mu_schema_find(schema, MU_AT)], places, rows->length);
}

void rejections_mark(struct rejections *r, const struct ArrowSchema *schema,
		     struct ArrowArray *rows)
{
	pthread_mutex_lock(&r->lock);
	if (r->marked)
		mark_locked(r, schema, rows);
	pthread_mutex_unlock(&r->lock);
}

/* `next`: where the mark is when the row follows the one before; set for the next one. */
static void withhold_locked(struct rejections *r, uint64_t key, size_t *next)
{
	struct block *b = block_find(r, key);
	size_t i = mark_is(b, *next, key) ? *next : mark_seek(b, key);

	*next = i + 1;
	if (!b->marks[i].kept_out)
		r->withheld[b->marks[i].stage]++;
	b->marks[i].kept_out = true;
	if (r->listed)
		r->items[b->items[i]].kept_out = true;
}

int64_t *rejections_withhold(struct rejections *r, const struct ArrowSchema *schema,
			     const struct ArrowArray *rows, size_t *count)
{
	struct mu_rows hidden = mu_rows(schema, rows);
	const uint64_t *at = places_of(schema, rows);
	int64_t *named;
	size_t next = 0, i;

	pthread_mutex_lock(&r->lock);
	named = rows_named(r, at, rows->length, count);
	for (i = 0; i < *count; i++)
		if (!mu_row_is_claim(&hidden, named[i]))
			withhold_locked(r, place_key(at[named[i]] & ~MU_AT_REJECTED), &next);
	pthread_mutex_unlock(&r->lock);
	return named;
}

size_t rejections_find_withheld(struct rejections *r, uint64_t at)
{
	uint64_t key = place_key(at & ~MU_AT_REJECTED);
	const struct block *b = r->listed ? block_find(r, key) : NULL;
	size_t i = b ? mark_seek(b, key) : 0;

	return b && mark_is(b, i, key) && b->marks[i].kept_out ? b->items[i] : SIZE_MAX;
}

uint64_t rejections_withheld_by(const struct rejections *r, const char *stage)
{
	size_t i;

	for (i = 0; i < r->n_stages; i++)
		if (r->stages[i] == stage)
			return r->withheld[i];
	return 0;
}

static int by_place(const void *a, const void *b)
{
	uint64_t x = ((const struct rejection *)a)->at, y = ((const struct rejection *)b)->at;

	return (x > y) - (x < y);
}

/* The indices of the marks follow the items. */
void rejections_sort(struct rejections *r)
{
	size_t i;

	if (!r->count)
		return;
	qsort(r->items, r->count, sizeof *r->items, by_place);
	for (i = 0; i < r->count; i++) {
		uint64_t key = place_key(r->items[i].at);
		struct block *b = block_find(r, key);

		b->items[mark_seek(b, key)] = (uint32_t)i;
	}
}

void rejections_release(struct rejections *r)
{
	size_t i;

	for (i = 0; i < r->blocks.count; i++) {
		free(r->near[i].marks);
		free(r->near[i].items);
	}
	free(r->near);
	free(r->items);
	free(r->stages);
	free(r->withheld);
	if (r->said)
		free(r->said->items);
	free(r->said);
	arena_release(&r->texts);
	mu_map_release(&r->blocks);
	mu_map_release(&r->names);
	pthread_mutex_destroy(&r->lock);
}
