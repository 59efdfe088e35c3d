#include "rejection.h"

#include <stdlib.h>

/* Places whose upper bits are the same. */
#define BLOCK_BITS 14

struct block {
	uint64_t *places;
	size_t count;
};

void rejections_init(struct rejections *r)
{
	*r = (struct rejections){ 0 };
	pthread_mutex_init(&r->lock, NULL);
}

static size_t map_add(struct mu_map *map, uint64_t at)
{
	size_t i = mu_map_add(map, &at, sizeof at);

	if (i == SIZE_MAX)
		mem_exhausted();
	return i;
}

static void block_add(struct rejections *r, uint64_t at)
{
	size_t before = r->blocks.count, i = map_add(&r->blocks, at >> BLOCK_BITS);
	struct block *b;

	if (r->blocks.count > before) {
		if (!(i & (i - 1)))
			r->near = mem_resize(r->near, i ? 2 * i : 1, sizeof *r->near);
		r->near[i] = (struct block){ .count = 0 };
	}
	b = &r->near[i];
	if (!(b->count & (b->count - 1)))
		b->places = mem_resize(b->places, b->count ? 2 * b->count : 1, sizeof *b->places);
	b->places[b->count++] = at;
}

static char *copy(const char *text)
{
	return text ? mem_copy(text) : NULL;
}

bool rejections_repeated(struct rejections *r, const struct finding *f)
{
	uint64_t stage = (uintptr_t)f->stage;
	struct text key = { 0 };
	struct mu_map_entry *entry;
	bool repeated;
	size_t i;

	text_printf(&key, "%llx %s %s %s", (unsigned long long)f->at, f->code,
		    f->field ? f->field : "", f->message);
	pthread_mutex_lock(&r->lock);
	i = mu_map_add(&r->said, key.data, key.len);
	if (i == SIZE_MAX)
		mem_exhausted();
	entry = &r->said.entries[i];
	repeated = entry->value && entry->value != stage;
	if (!entry->value)
		entry->value = stage;
	pthread_mutex_unlock(&r->lock);
	text_release(&key);
	return repeated;
}

static void add_locked(struct rejections *r, const struct finding *f, uint64_t at, bool to_blame)
{
	size_t i = map_add(&r->map, at & ~MU_AT_REJECTED);

	if (i == r->count) {
		if (!(i & (i - 1)))
			r->items = mem_resize(r->items, i ? 2 * i : 1, sizeof *r->items);
		r->items[r->count++] = (struct rejection){
			.at = at & ~MU_AT_REJECTED,
			.code = copy(f->code),
			.stage = f->stage,
			.field = copy(f->field),
			.from = copy(f->from),
			.value = copy(f->value),
			.message = copy(f->message),
		};
		block_add(r, at & ~MU_AT_REJECTED);
	}
	r->items[i].errors += to_blame;
	r->items[i].lost += to_blame && f->lost && f->severity == MU_ERROR;
}

void rejections_add(struct rejections *r, const struct finding *f)
{
	pthread_mutex_lock(&r->lock);
	add_locked(r, f, f->at, true);
	if (f->other)
		add_locked(r, f, f->other, false);
	pthread_mutex_unlock(&r->lock);
}

/* Some places in order. */
struct places {
	uint64_t *items;
	size_t count;
};

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void places_add(struct places *p, const struct block *b, uint64_t low, uint64_t high)
{
	size_t i;

	for (i = 0; i < b->count; i++) {
		if (b->places[i] < low || b->places[i] > high)
			continue;
		if (!(p->count & (p->count - 1)))
			p->items =
				mem_resize(p->items, p->count ? 2 * p->count : 1, sizeof *p->items);
		p->items[p->count++] = b->places[i];
	}
}

/* Those that are rejected from one place to another. */
static struct places places_between(const struct rejections *r, uint64_t low, uint64_t high)
{
	struct places p = { 0 };
	uint64_t block;
	size_t i;

	if ((high >> BLOCK_BITS) - (low >> BLOCK_BITS) >= r->blocks.count) {
		for (i = 0; i < r->blocks.count; i++)
			places_add(&p, &r->near[i], low, high);
	} else {
		for (block = low >> BLOCK_BITS; block <= high >> BLOCK_BITS; block++) {
			i = mu_map_find(&r->blocks, &block, sizeof block);
			if (i != SIZE_MAX)
				places_add(&p, &r->near[i], low, high);
		}
	}
	if (p.count)
		qsort(p.items, p.count, sizeof *p.items, compare);
	return p;
}

static const uint64_t *places_of(const struct ArrowSchema *schema, const struct ArrowArray *rows)
{
	struct mu_column at = mu_column_named(schema, rows, MU_AT);

	return (const uint64_t *)at.values + at.offset;
}

/* The rejected rows of a batch, as indices in order, to be freed. */
static int64_t *rows_named(const struct rejections *r, const uint64_t *at, int64_t rows,
			   size_t *count)
{
	uint64_t low = UINT64_MAX, high = 0;
	int64_t *out, i;
	struct places p;

	*count = 0;
	if (!r->count || !rows)
		return NULL;
	for (i = 0; i < rows; i++) {
		uint64_t place = at[i] & ~MU_AT_REJECTED;

		low = place < low ? place : low;
		high = place > high ? place : high;
	}
	p = places_between(r, low, high);
	if (!p.count)
		return NULL;
	out = mem_alloc((size_t)rows * sizeof *out);
	for (i = 0; i < rows; i++) {
		uint64_t place = at[i] & ~MU_AT_REJECTED;

		if (place >= p.items[0] && place <= p.items[p.count - 1] &&
		    bsearch(&place, p.items, p.count, sizeof place, compare))
			out[(*count)++] = i;
	}
	free(p.items);
	return out;
}

/* A batch whose _at cannot be written to gets one that can. */
static void replace_places(struct ArrowArray *column, uint64_t *places, int64_t rows)
{
	struct mu_builder b = { 0 };
	struct ArrowArray made = { 0 };
	struct ArrowSchema schema = { 0 };
	int64_t i;

	if (mu_schema_init(&schema) || mu_schema_add(&schema, MU_AT, MU_PLACE, false, NULL) ||
	    mu_builder_init(&b, &schema))
		mem_exhausted();
	for (i = 0; i < rows; i++) {
		mu_put_place(&b, 0, places[i]);
		mu_end_row(&b);
	}
	if (mu_builder_finish(&b, &made))
		mem_exhausted();
	mu_array_release(column);
	*column = *made.children[0];
	made.children[0]->release = NULL;
	mu_array_release(&made);
	mu_builder_release(&b);
	mu_schema_release(&schema);
}

static void mark_locked(struct rejections *r, const struct ArrowSchema *schema,
			struct ArrowArray *rows)
{
	const uint64_t *at = places_of(schema, rows);
	uint64_t *places = NULL;
	size_t count, i;
	int64_t *named = rows_named(r, at, rows->length, &count);

	for (i = 0; i < count; i++) {
		if (at[named[i]] & MU_AT_REJECTED)
			continue;
		if (!places) {
			places = mem_alloc((size_t)rows->length * sizeof *places);
			memcpy(places, at, (size_t)rows->length * sizeof *places);
		}
		places[named[i]] |= MU_AT_REJECTED;
	}
	free(named);
	if (places)
		replace_places(rows->children[mu_schema_find(schema, MU_AT)], places, rows->length);
	free(places);
}

void rejections_mark(struct rejections *r, const struct ArrowSchema *schema,
		     struct ArrowArray *rows)
{
	pthread_mutex_lock(&r->lock);
	if (r->count)
		mark_locked(r, schema, rows);
	pthread_mutex_unlock(&r->lock);
}

int64_t *rejections_withhold(struct rejections *r, const struct ArrowSchema *schema,
			     const struct ArrowArray *rows, size_t *count)
{
	struct mu_rows hidden = mu_rows(schema, rows);
	const uint64_t *at = places_of(schema, rows);
	int64_t *named;
	size_t i;

	pthread_mutex_lock(&r->lock);
	named = rows_named(r, at, rows->length, count);
	for (i = 0; i < *count; i++) {
		uint64_t place = at[named[i]] & ~MU_AT_REJECTED;

		if (!mu_row_is_claim(&hidden, named[i]))
			r->items[mu_map_find(&r->map, &place, sizeof place)].kept_out = true;
	}
	pthread_mutex_unlock(&r->lock);
	return named;
}

size_t rejections_find_withheld(struct rejections *r, uint64_t at)
{
	size_t i;

	at &= ~MU_AT_REJECTED;
	i = mu_map_find(&r->map, &at, sizeof at);
	return i != SIZE_MAX && r->items[i].kept_out ? i : SIZE_MAX;
}

static int by_place(const void *a, const void *b)
{
	uint64_t x = ((const struct rejection *)a)->at, y = ((const struct rejection *)b)->at;

	return (x > y) - (x < y);
}

/* The indices of the map follow the items. */
void rejections_sort(struct rejections *r)
{
	size_t i;

	if (!r->count)
		return;
	qsort(r->items, r->count, sizeof *r->items, by_place);
	mu_map_release(&r->map);
	for (i = 0; i < r->count; i++)
		map_add(&r->map, r->items[i].at);
}

void rejections_release(struct rejections *r)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		free(r->items[i].code);
		free(r->items[i].field);
		free(r->items[i].from);
		free(r->items[i].value);
		free(r->items[i].message);
	}
	for (i = 0; i < r->blocks.count; i++)
		free(r->near[i].places);
	free(r->near);
	free(r->items);
	mu_map_release(&r->map);
	mu_map_release(&r->blocks);
	mu_map_release(&r->said);
	pthread_mutex_destroy(&r->lock);
}
