#include "shape.h"

#include <stdlib.h>

static struct entry *entry_of(struct shape *shape, struct mu_string name)
{
	size_t before = shape->map.count, i = mu_map_add(&shape->map, name.data, name.len), room;
	struct entry *entries;

	if (i == SIZE_MAX)
		return NULL;
	if (i == shape->room) {
		room = shape->room ? 2 * shape->room : 32;
		entries = realloc(shape->entries, room * sizeof *entries);
		if (!entries)
			return NULL;
		shape->entries = entries;
		shape->room = room;
	}
	if (i == before)
		shape->entries[i] = (struct entry){ .column = NO_COLUMN };
	return &shape->entries[i];
}

struct entry *shape_add(struct shape *shape, struct mu_string name)
{
	struct entry *e = entry_of(shape, name);

	shape->known = shape->map.count;
	return e;
}

/* Forgets the names that no column asks for. */
static bool names_forget(struct shape *shape)
{
	struct mu_map old = shape->map;
	bool ok = true;
	size_t i;

	shape->map = (struct mu_map){ .entries = NULL };
	for (i = 0; ok && i < shape->known; i++)
		ok = mu_map_add(&shape->map, old.entries[i].key, old.entries[i].len) == i;
	for (i = 0; i < shape->known; i++)
		shape->entries[i].next = 0;
	mu_map_release(&old);
	return ok;
}

bool shape_begin(struct shape *shape)
{
	shape->visit++;
	shape->last = SIZE_MAX;
	shape->count = 0;
	return shape->map.count <= shape->known + 2 * shape->most || names_forget(shape);
}

/* The entry that is foreseen, if it is that of the name. */
static struct entry *entry_foreseen(struct shape *shape, struct mu_string name)
{
	size_t i = shape->last == SIZE_MAX ? 0 : shape->entries[shape->last].next;
	const struct mu_map_entry *key;

	if (i >= shape->map.count)
		return NULL;
	key = &shape->map.entries[i];
	if (key->len != name.len || (name.len && memcmp(key->key, name.data, name.len) != 0))
		return NULL;
	return &shape->entries[i];
}

struct entry *shape_meet(struct shape *shape, struct mu_string name)
{
	struct entry *e = entry_foreseen(shape, name);
	size_t i;

	if (!e) {
		e = entry_of(shape, name);
		if (!e)
			return NULL;
		i = (size_t)(e - shape->entries);
		if (shape->last != SIZE_MAX)
			shape->entries[shape->last].next = i;
	}
	shape->last = (size_t)(e - shape->entries);
	shape->count++;
	return e;
}

bool shape_join(struct shape *shape, const struct shape *other)
{
	const struct mu_map_entry *keys = other->map.entries;

	for (size_t i = 0; i < other->map.count; i++)
		if (!entry_of(shape, (struct mu_string){ (const char *)keys[i].key, keys[i].len }))
			return false;
	return true;
}

void shape_release(struct shape *shape)
{
	mu_map_release(&shape->map);
	free(shape->entries);
	*shape = (struct shape){ .entries = NULL };
}
