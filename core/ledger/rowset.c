#include "ledger/rowset.h"

#include <stdlib.h>
#include <string.h>

/* Marks the columns of the primary key; false when one is not there. */
static bool mark_primary(struct rowset *set, const struct mu_table_schema *table)
{
	const char *const *name = table ? table->primary_key : NULL;

	for (; name && *name; name++) {
		int64_t column = mu_schema_find(&set->schema, *name);

		if (column < 0)
			return false;
		set->key[column] = true;
	}
	return name && name != table->primary_key;
}

int rowset_open(struct rowset *set, const struct ArrowSchema *schema,
		const struct mu_table_schema *table, const struct documents *documents)
{
	int err = mu_schema_copy(&set->schema, schema);
	size_t i;

	if (err)
		return err;
	set->n_columns = (size_t)mu_schema_visible(schema);
	set->key = arena_alloc(&set->arena, set->n_columns + 1);
	set->documents = documents;
	set->primary = mark_primary(set, table);
	if (set->primary)
		return 0;
	for (i = 0; i < set->n_columns; i++)
		set->key[i] = !mu_schema_measure(schema->children[i]);
	return 0;
}

/* The key's cells and the level, as bytes. */
static void key_bytes(const struct rowset *set, const struct rowset_row *row, struct text *out)
{
	const struct document *d = documents_get(set->documents, mu_at_document(row->at));
	size_t i;

	text_clear(out);
	if (!set->primary && d)
		text_printf(out, "%s;", d->public.source);
	for (i = 0; i < set->n_columns; i++) {
		const char *cell = row->cells[i];

		if (!set->key[i])
			continue;
		text_puts(out, set->schema.children[i]->name);
		if (cell)
			text_printf(out, "=%zu:%s", strlen(cell), cell);
		text_putc(out, ';');
	}
	text_puts(out, row->level ? row->level : "");
}

static const char **cells_copy(struct rowset *set, const struct ArrowArray *rows, int64_t row)
{
	const char **cells = arena_alloc(&set->arena, (set->n_columns + 1) * sizeof *cells);
	char space[MU_FORMAT_MAX];
	size_t i;

	for (i = 0; i < set->n_columns; i++) {
		struct mu_column c = mu_column(&set->schema, rows, (int64_t)i);
		struct mu_string s;

		if (mu_null(&c, row))
			continue;
		s = mu_format(&c, row, space);
		cells[i] = arena_copy(&set->arena, s.data, s.len);
	}
	return cells;
}

static const char *level_of(struct rowset *set, const struct mu_rows *hidden,
			    const struct ArrowArray *rows, int64_t row)
{
	int64_t column = mu_schema_find(&set->schema, "_claim");
	struct mu_column c;
	struct mu_string s;

	if (!mu_row_is_claim(hidden, row))
		return NULL;
	c = mu_column(&set->schema, rows, column);
	s = mu_get_string(&c, row);
	return arena_copy(&set->arena, s.data, s.len);
}

static size_t entry_add(struct mu_map *map, const struct text *key)
{
	size_t entry = mu_map_add(map, key->data, key->len);

	if (entry == SIZE_MAX)
		mem_exhausted();
	return entry;
}

static void row_add(struct rowset *set, struct rowset_row row, struct text *key)
{
	size_t entry;

	key_bytes(set, &row, key);
	entry = entry_add(&set->times, key);
	text_printf(key, ";%llu", (unsigned long long)set->times.entries[entry].value++);
	entry_add(&set->keys, key);
	if (!(set->count & (set->count - 1)))
		set->rows = mem_resize(set->rows, set->count ? 2 * set->count : 1, sizeof row);
	set->rows[set->count++] = row;
}

void rowset_add(struct rowset *set, const struct ArrowArray *rows)
{
	struct mu_rows hidden = mu_rows(&set->schema, rows);
	struct text key = { 0 };
	int64_t i;

	for (i = 0; i < rows->length && !set->full; i++) {
		set->full = set->count == (set->most ? set->most : ROWSET_MAX);
		if (set->full || (!set->rejected && mu_row_is_rejected(&hidden, i)))
			continue;
		row_add(set,
			(struct rowset_row){ .at = mu_row_at(&hidden, i),
					     .level = level_of(set, &hidden, rows, i),
					     .cells = cells_copy(set, rows, i) },
			&key);
	}
	text_release(&key);
}

void rowset_release(struct rowset *set)
{
	mu_schema_release(&set->schema);
	mu_map_release(&set->keys);
	mu_map_release(&set->times);
	free(set->rows);
	arena_release(&set->arena);
	*set = (struct rowset){ 0 };
}

struct rowset_row *rowset_match(struct rowset *set, const struct rowset *other, size_t index)
{
	const struct mu_map_entry *entry = &other->keys.entries[index];
	size_t found = mu_map_find(&set->keys, entry->key, entry->len);

	return found == SIZE_MAX ? NULL : &set->rows[found];
}

void rowset_key(const struct rowset *set, const struct rowset_row *row, struct text *out)
{
	const char *between = "";
	size_t i;

	for (i = 0; i < set->n_columns; i++) {
		if (!set->key[i] || !row->cells[i])
			continue;
		text_printf(out, "%s%s", between, row->cells[i]);
		between = ", ";
	}
	if (!*between)
		text_puts(out, "all");
}
