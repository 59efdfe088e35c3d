#include "values.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

static bool fold(struct mu_string text, char out[FOLDED_MAX + 1])
{
	size_t len = words_fold(text, out, FOLDED_MAX);

	if (len > FOLDED_MAX)
		return false;
	out[len] = '\0';
	return true;
}

const char *values_nearest(struct mu_ctx *ctx, const struct values *values, struct mu_string value)
{
	char wanted[FOLDED_MAX + 1], other[FOLDED_MAX + 1], *out;
	const struct mu_map_entry *best = NULL;
	int limit, distance;
	bool tied = false;

	if (values->parts != 1 || values->map.count > NEAREST_MAX || !fold(value, wanted))
		return NULL;
	limit = (int)(strlen(wanted) / 3);
	for (size_t i = 0; i < values->map.count; i++) {
		const struct mu_map_entry *entry = &values->map.entries[i];
		struct mu_string text = { (const char *)entry->key, entry->len };

		if (!fold(text, other))
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

/* A CSV file in memory of its own, in which quoted cells are unquoted in place. */
struct list {
	const char *path;
	char *data;
	size_t len, next;
	uint64_t line; /* of the cell that was read last */
};

static int list_wrong(struct mu_ctx *ctx, const struct list *list, const char *what)
{
	return mu_fail(ctx, EINVAL, "%s:%" PRIu64 ": %s", list->path, list->line, what);
}

static int list_open(struct mu_ctx *ctx, struct list *list)
{
	FILE *file = fopen(list->path, "rbe");
	size_t room = 0, got = 1;
	int err = 0;

	if (!file) {
		err = errno;
		return mu_fail(ctx, err, "%s cannot be opened: %s", list->path, strerror(err));
	}
	while (!err && got && list->len <= FILE_MAX) {
		char *more = realloc(list->data, room += 65536);

		if (!more) {
			err = ENOMEM;
			break;
		}
		list->data = more;
		got = fread(list->data + list->len, 1, room - list->len, file);
		list->len += got;
		if (ferror(file))
			err = errno;
	}
	fclose(file);
	if (err)
		return mu_fail(ctx, err, "%s cannot be read: %s", list->path, strerror(err));
	if (list->len > FILE_MAX)
		return mu_fail(ctx, EINVAL, "%s is larger than %zu MiB", list->path,
			       FILE_MAX >> 20);
	list->line = 1;
	if (list->len >= 3 && !memcmp(list->data, "\xef\xbb\xbf", 3))
		list->next = 3;
	return 0;
}

static bool list_at_end(const struct list *list)
{
	return list->next == list->len;
}

/* The rest of a quoted cell: what is in the quotes moves to its start. */
static int quoted_next(struct mu_ctx *ctx, struct list *list, struct mu_string *out)
{
	char *to = list->data + list->next;
	const char *start = to;
	uint64_t line = list->line;

	for (; list->next < list->len; list->next++) {
		char c = list->data[list->next];

		if (c == '"') {
			list->next++;
			if (list_at_end(list) || list->data[list->next] != '"') {
				*out = (struct mu_string){ start, (size_t)(to - start) };
				return 0;
			}
		}
		list->line += c == '\n';
		*to++ = c;
	}
	list->line = line;
	return list_wrong(ctx, list, "a quote is not closed");
}

/* The next cell and whether it ends its row. */
static int cell_next(struct mu_ctx *ctx, struct list *list, struct mu_string *out, bool *last)
{
	const char *start = list->data + list->next;
	int err = 0;

	if (!list_at_end(list) && *start == '"') {
		list->next++;
		err = quoted_next(ctx, list, out);
	} else {
		while (!list_at_end(list) && !memchr(",\"\n\r", list->data[list->next], 4))
			list->next++;
		*out = (struct mu_string){ start, (size_t)(list->data + list->next - start) };
	}
	if (err)
		return err;
	if (list->len - list->next >= 2 && !memcmp(list->data + list->next, "\r\n", 2))
		list->next++;
	*last = list_at_end(list) || list->data[list->next] == '\n';
	if (!*last && list->data[list->next] != ',')
		return list_wrong(ctx, list,
				  "a cell is neither quoted as a whole nor free of "
				  "quotes and carriage returns");
	if (!list_at_end(list))
		list->next++;
	return 0;
}

/* Reads a row of some cells; `out` gets those at `places`, an array of `count`. */
static int row_next(struct mu_ctx *ctx, struct list *list, const size_t *places, size_t count,
		    struct mu_string *out, size_t *cells)
{
	bool last = false;
	int err = 0;

	*cells = 0;
	while (!last && !err) {
		struct mu_string cell = { 0 };

		err = cell_next(ctx, list, &cell, &last);
		for (size_t i = 0; !err && i < count; i++)
			if (places[i] == *cells)
				out[i] = cell;
		++*cells;
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
		struct mu_string cell = { 0 };

		err = cell_next(ctx, list, &cell, &last);
		if (err)
			return err;
		for (i = 0; key->columns[i]; i++) {
			if (!mu_string_is(cell, key->columns[i]))
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

static bool is_blank_line(const struct list *list)
{
	return list->data[list->next] == '\n' ||
	       (list->len - list->next >= 2 && !memcmp(list->data + list->next, "\r\n", 2));
}

static int rows_read(struct mu_ctx *ctx, struct list *list, const struct mu_foreign_key *key,
		     int64_t max, struct values *out)
{
	size_t *places = mu_alloc(ctx, out->parts * sizeof *places), width, cells, i;
	struct mu_string *parts = mu_alloc(ctx, out->parts * sizeof *parts);
	int err = header_read(ctx, list, key, places, &width);

	for (list->line++; !err && !list_at_end(list); list->line++) {
		if (is_blank_line(list)) {
			list->next += list->data[list->next] == '\n' ? 1 : 2;
			continue;
		}
		err = row_next(ctx, list, places, out->parts, parts, &cells);
		if (!err && cells != width)
			return mu_fail(ctx, EINVAL,
				       "%s:%" PRIu64 ": %zu cells, and the header has "
				       "%zu",
				       list->path, list->line, cells, width);
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
	struct list list = { .path = key->resource };
	int err;

	out->parts = 0;
	while (key->columns[out->parts])
		out->parts++;
	err = list_open(ctx, &list);
	if (!err)
		err = rows_read(ctx, &list, key, max, out);
	free(list.data);
	return err;
}
