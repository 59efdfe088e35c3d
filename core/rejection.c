#include "rejection.h"

#include <stdlib.h>

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

static bool named(const struct rejections *r, uint64_t at)
{
	at &= ~MU_AT_REJECTED;
	return mu_map_find(&r->map, &at, sizeof at) != SIZE_MAX;
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
	int64_t index = mu_schema_find(schema, MU_AT), i;
	struct mu_column at = mu_column(schema, rows, index);
	uint64_t *places = NULL;

	for (i = 0; i < rows->length; i++) {
		uint64_t place = mu_get_place(&at, i);

		if (!(place & MU_AT_REJECTED) && named(r, place)) {
			if (!places) {
				places = mem_alloc((size_t)rows->length * sizeof *places);
				memcpy(places, (const uint64_t *)at.values + at.offset,
				       (size_t)rows->length * sizeof *places);
			}
			places[i] = place | MU_AT_REJECTED;
		}
	}
	if (places)
		replace_places(rows->children[index], places, rows->length);
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

bool rejections_withhold(struct rejections *r, uint64_t at)
{
	size_t i;

	if (!r->count)
		return false;
	at &= ~MU_AT_REJECTED;
	i = mu_map_find(&r->map, &at, sizeof at);
	if (i != SIZE_MAX)
		r->items[i].kept_out = true;
	return i != SIZE_MAX;
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
	free(r->items);
	mu_map_release(&r->map);
	mu_map_release(&r->said);
	pthread_mutex_destroy(&r->lock);
}
