#include "values.h"

#include <inttypes.h>

#include "list.h"
#include "words.h"

#define FILE_MAX    ((size_t)64 << 20)
#define NEAREST_MAX 10000 /* values that are looked at for one that was meant */
#define FOLDED_MAX  256   /* as words_distance() takes them */

void values_release(struct values *values)
{
	mu_map_release(&values->map);
	mu_key_release(&values->key);
}

/* One part is its own key; several are put together by mu_key_add(). */
static struct mu_string key_of(struct values *values, const struct mu_string *parts)
{
	struct mu_key *key = &values->key;

	if (values->parts == 1)
		return parts[0];
	mu_key_clear(key);
	for (size_t i = 0; i < values->parts; i++) {
		int32_t ends[2] = { 0, (int32_t)parts[i].len };
		struct mu_column cell = { .type = MU_STRING,
					  .values = ends,
					  .text = parts[i].data };

		mu_key_add(key, &cell, 0);
	}
	return (struct mu_string){ (const char *)key->data, key->len };
}

bool values_add(struct values *values, const struct mu_string *parts)
{
	struct mu_string key = key_of(values, parts);

	return !values->key.broken && mu_map_add(&values->map, key.data, key.len) != SIZE_MAX;
}

int values_find(struct values *values, const struct mu_string *parts)
{
	struct mu_string key = key_of(values, parts);

	if (values->key.broken)
		return -1;
	return mu_map_find(&values->map, key.data, key.len) != SIZE_MAX;
}

/* -------------------------------------------------------------- nearest */

static bool fold(const struct icu *icu, struct mu_string text, char out[FOLDED_MAX + 1])
{
	size_t len = words_fold_with(icu, text, out, FOLDED_MAX);

	if (len > FOLDED_MAX)
		return false;
	out[len] = '\0';
	return true;
}

const char *values_nearest(struct mu_ctx *ctx, const struct icu *icu, const struct values *values,
			   struct mu_string value)
{
	char wanted[FOLDED_MAX + 1], other[FOLDED_MAX + 1], *out;
	const struct mu_map_entry *best = NULL;
	int limit, distance;
	bool tied = false;

	if (values->parts != 1 || values->map.count > NEAREST_MAX || !fold(icu, value, wanted))
		return NULL;
	limit = (int)(strlen(wanted) / 3);
	for (size_t i = 0; i < values->map.count; i++) {
		const struct mu_map_entry *entry = &values->map.entries[i];
		struct mu_string text = { (const char *)entry->key, entry->len };

		if (!fold(icu, text, other))
			continue;
		distance = words_distance(wanted, other, limit);
		if (distance > limit)
			continue;
		tied = best && distance == limit;
		/* From now on only what is nearer still, or just as near. */
		limit = distance;
		if (!tied)
			best = entry;
	}
	if (!best || tied)
		return NULL;
	out = mu_alloc(ctx, best->len + 1);
	memcpy(out, best->key, best->len);
	return out;
}

/* ------------------------------------------------------------------ CSV */

/* Reads a row of some cells; `out` gets those at `places`, an array of `count`. */
static int row_next(struct list *list, const size_t *places, size_t count, struct mu_string *out,
		    size_t *cells)
{
	bool last = false;
	int err = 0;

	for (*cells = 0; !last && !err; ++*cells) {
		char *cell;

		err = list_cell(list, &cell, &last);
		for (size_t i = 0; !err && i < count; i++)
			if (places[i] == *cells)
				out[i] = mu_string(cell);
	}
	return err;
}

/* Where in its rows the parts of the key are, and how many cells a row has. */
static int header_read(struct mu_ctx *ctx, struct list *list, const struct mu_foreign_key *key,
		       size_t *places, size_t *cells)
{
	bool last = false;
	size_t i;
	int err;

	for (i = 0; key->columns[i]; i++)
		places[i] = SIZE_MAX;
	for (*cells = 0; !last; ++*cells) {
		char *cell;

		err = list_cell(list, &cell, &last);
		if (err)
			return err;
		for (i = 0; key->columns[i]; i++) {
			if (strcmp(cell, key->columns[i]))
				continue;
			if (places[i] != SIZE_MAX)
				return mu_fail(ctx, EINVAL, "%s has two columns '%s'", list->path,
					       key->columns[i]);
			places[i] = *cells;
		}
	}
	for (i = 0; key->columns[i]; i++)
		if (places[i] == SIZE_MAX)
			return mu_fail(ctx, EINVAL, "%s has no column '%s'", list->path,
				       key->columns[i]);
	return 0;
}

static int rows_read(struct mu_ctx *ctx, struct list *list, const struct mu_foreign_key *key,
		     int64_t max, struct values *out)
{
	size_t *places = mu_alloc(ctx, out->parts * sizeof *places), width, cells, i;
	struct mu_string *parts = mu_alloc(ctx, out->parts * sizeof *parts);
	int err = header_read(ctx, list, key, places, &width);

	while (!err && list_more(list)) {
		err = row_next(list, places, out->parts, parts, &cells);
		if (!err && cells != width)
			return list_malformed(list, "%zu cells, and the header has %zu", cells,
					      width);
		for (i = 0; !err && i < out->parts && parts[i].len; i++)
			;
		if (err || i < out->parts)
			continue;
		if (!values_add(out, parts))
			return mu_fail(ctx, ENOMEM, "out of memory");
		if (out->map.count > (uint64_t)max)
			return mu_fail(ctx, E2BIG,
				       "%s has more than %" PRId64 " values; max_keys "
				       "allows more",
				       list->path, max);
	}
	return err;
}

int values_read(struct mu_ctx *ctx, const struct mu_foreign_key *key, int64_t max,
		struct values *out)
{
	struct list list;
	int err;

	out->parts = 0;
	while (key->columns[out->parts])
		out->parts++;
	err = list_open(ctx, key->resource, FILE_MAX, &list);
	if (!err)
		err = rows_read(ctx, &list, key, max, out);
	list_close(&list);
	return err;
}
