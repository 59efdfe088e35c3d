#include "values.h"

#include <inttypes.h>

#include "names/list.h"
#include "text/words.h"

#define FILE_MAX    ((size_t)64 << 20)
#define NEAREST_MAX 10000             /* values that are looked at for one that was meant */
#define STEPS_MAX   ((size_t)1 << 18) /* of comparing them in full, of some ns each */
#define ASKED_MAX   1000              /* answers that are kept */
#define FOLDED_MAX  256               /* as words_distance() takes them */

void values_release(struct values *values)
{
	mu_map_release(&values->map);
	mu_map_release(&values->asked);
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

/* A value and its comparable form. */
struct candidate {
	const char *value, *folded;
	size_t len;       /* of folded */
	uint64_t letters; /* words_letters() */
};

static bool fold(const struct icu *icu, struct mu_string text, char out[FOLDED_MAX + 1])
{
	size_t len = words_fold_with(icu, text, out, FOLDED_MAX);

	if (len > FOLDED_MAX)
		return false;
	out[len] = '\0';
	return true;
}

static const char *copy(struct mu_ctx *ctx, const void *bytes, size_t len)
{
	char *out = mu_alloc(ctx, len + 1);

	memcpy(out, bytes, len);
	return out;
}

static struct candidate candidate_of(const char *value, const char *folded)
{
	size_t len = strlen(folded);

	return (struct candidate){
		.value = value, .folded = folded, .len = len, .letters = words_letters(folded, len)
	};
}

static void candidates_list(struct mu_ctx *ctx, const struct icu *icu, struct values *values)
{
	char folded[FOLDED_MAX + 1];

	values->candidates = mu_alloc(ctx, values->map.count * sizeof *values->candidates);
	for (size_t i = 0; i < values->map.count; i++) {
		const struct mu_map_entry *entry = &values->map.entries[i];

		if (fold(icu, (struct mu_string){ (const char *)entry->key, entry->len }, folded))
			values->candidates[values->n_candidates++] =
				candidate_of(copy(ctx, entry->key, entry->len),
					     copy(ctx, folded, strlen(folded)));
	}
}

/* A text that is compared with many.  Of a short one, where each byte stands in it: bit
 * i for position i. */
struct wanted {
	struct candidate text;
	bool shorter;
	uint64_t positions[256];
};
#define SHORTER_MAX 64

static void wanted_init(struct wanted *w, const char *folded)
{
	memset(w, 0, sizeof *w);
	w->text = candidate_of(NULL, folded);
	w->shorter = w->text.len && w->text.len <= SHORTER_MAX;
	for (size_t i = 0; w->shorter && i < w->text.len; i++)
		w->positions[(uint8_t)folded[i]] |= (uint64_t)1 << i;
}

/* As words_distance() without a limit, a column of its table at a time: a bit for each
 * row says whether the number there is one more, or one less, than that above it (`vp`,
 * `vn`) or left of it (`hp`, `hn`), or the same as that above and left of it (`same`).
 * Hyyrö, "A Bit-Vector Algorithm for Computing Levenshtein and Damerau Edit Distances"
 * (2003), figure 4. */
static int short_distance(const struct wanted *w, const char *other)
{
	uint64_t vp = UINT64_MAX, vn = 0, same = 0, before = 0;
	unsigned last = (unsigned)w->text.len - 1;
	int distance = (int)w->text.len;

	for (; *other; other++) {
		uint64_t here = w->positions[(uint8_t)*other], hp, hn;
		uint64_t swapped = ((~same & here) << 1) & before;

		same = (((here & vp) + vp) ^ vp) | here | vn | swapped;
		hp = vn | ~(same | vp);
		hn = same & vp;
		distance += (int)(hp >> last & 1) - (int)(hn >> last & 1);
		hp = hp << 1 | 1;
		hn <<= 1;
		vp = hn | ~(same | hp);
		vn = hp & same;
		before = here;
	}
	return distance;
}

/* The index of the candidate that is nearest; SIZE_MAX: none. */
static size_t candidate_nearest(const struct values *values, const char *folded)
{
	size_t best = SIZE_MAX, steps = 0;
	struct wanted wanted;
	bool tied = false;
	int limit;

	wanted_init(&wanted, folded);
	limit = (int)(wanted.text.len / 3);
	for (size_t i = 0; i < values->n_candidates; i++) {
		const struct candidate *c = &values->candidates[i];
		int distance;

		if (words_far_apart(wanted.text.len, wanted.text.letters, c->len, c->letters,
				    limit))
			continue;
		steps += wanted.shorter ? c->len : wanted.text.len * c->len;
		if (steps > STEPS_MAX)
			return SIZE_MAX;
		distance = wanted.shorter ? short_distance(&wanted, c->folded)
					  : words_distance(folded, c->folded, limit);
		if (distance > limit)
			continue;
		tied = best != SIZE_MAX && distance == limit;
		/* From now on only what is nearer still, or just as near. */
		limit = distance;
		if (!tied)
			best = i;
	}
	return tied ? SIZE_MAX : best;
}

const char *values_nearest(struct mu_ctx *ctx, const struct icu *icu, struct values *values,
			   struct mu_string value)
{
	char folded[FOLDED_MAX + 1];
	size_t before, entry, best;

	if (values->parts != 1 || !values->map.count || values->map.count > NEAREST_MAX ||
	    !fold(icu, value, folded))
		return NULL;
	if (!values->candidates)
		candidates_list(ctx, icu, values);
	if (values->asked.count == ASKED_MAX)
		mu_map_release(&values->asked);
	before = values->asked.count;
	entry = mu_map_add(&values->asked, folded, strlen(folded));
	if (entry != SIZE_MAX && values->asked.count == before) {
		best = (size_t)values->asked.entries[entry].value - 1;
	} else {
		best = candidate_nearest(values, folded);
		if (entry != SIZE_MAX)
			values->asked.entries[entry].value = best + 1;
	}
	return best == SIZE_MAX ? NULL : values->candidates[best].value;
}

/* Reads a row of some cells; `out` gets those at `columns`, an array of `count`. */
static int row_next(struct list *list, const size_t *columns, size_t count, struct mu_string *out,
		    size_t *cells)
{
	bool last = false;
	int err = 0;

	for (*cells = 0; !last && !err; ++*cells) {
		char *cell;

		err = list_cell(list, &cell, &last);
		for (size_t i = 0; !err && i < count; i++)
			if (columns[i] == *cells)
				out[i] = mu_string(cell);
	}
	return err;
}

/* Where in its rows the parts of the key are, and how many cells a row has. */
static int header_read(struct mu_ctx *ctx, struct list *list, const struct mu_foreign_key *key,
		       size_t *columns, size_t *cells)
{
	bool last = false;
	size_t i;
	int err;

	for (i = 0; key->columns[i]; i++)
		columns[i] = SIZE_MAX;
	for (*cells = 0; !last; ++*cells) {
		char *cell;

		err = list_cell(list, &cell, &last);
		if (err)
			return err;
		for (i = 0; key->columns[i]; i++) {
			if (strcmp(cell, key->columns[i]))
				continue;
			if (columns[i] != SIZE_MAX)
				return mu_fail(ctx, EINVAL, "%s has two columns '%s'", list->path,
					       key->columns[i]);
			columns[i] = *cells;
		}
	}
	for (i = 0; key->columns[i]; i++)
		if (columns[i] == SIZE_MAX)
			return mu_fail(ctx, EINVAL, "%s has no column '%s'", list->path,
				       key->columns[i]);
	return 0;
}

static int rows_read(struct mu_ctx *ctx, struct list *list, const struct mu_foreign_key *key,
		     int64_t max, struct values *out)
{
	size_t *columns = mu_alloc(ctx, out->parts * sizeof *columns), width, cells, i;
	struct mu_string *parts = mu_alloc(ctx, out->parts * sizeof *parts);
	int err = header_read(ctx, list, key, columns, &width);

	while (!err && list_more(list)) {
		err = row_next(list, columns, out->parts, parts, &cells);
		if (!err && cells != width)
			return list_malformed(list, "%zu cell%s, and the header has %zu", cells,
					      mu_plural(cells), width);
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
