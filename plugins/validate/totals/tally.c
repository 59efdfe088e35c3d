#include "totals.h"

#include <stdlib.h>

static bool tally_grow(struct tally *tally)
{
	size_t room = tally->room ? tally->room * 2 : 64;
	size_t size = tally->n_measures * sizeof *tally->sums;
	struct group *groups;
	struct sum *sums;

	groups = reallocarray(tally->groups, room, sizeof *groups);
	if (!groups)
		return false;
	tally->groups = groups;
	sums = reallocarray(tally->sums, room, size);
	if (!sums)
		return false;
	tally->sums = sums;
	memset(groups + tally->room, 0, (room - tally->room) * sizeof *groups);
	memset(sums + tally->room * tally->n_measures, 0, (room - tally->room) * size);
	tally->room = room;
	return true;
}

size_t tally_group(struct tally *tally, const uint32_t *key)
{
	if (tally->keys.count == tally->room && !tally_grow(tally))
		return SIZE_MAX;
	return mu_map_add(&tally->keys, key, tally->width * sizeof *key);
}

size_t tally_find(const struct tally *tally, const uint32_t *key)
{
	return mu_map_find(&tally->keys, key, tally->width * sizeof *key);
}

void tally_key(const struct tally *tally, size_t group, uint32_t *key)
{
	memcpy(key, tally->keys.entries[group].key, tally->width * sizeof *key);
}

void tally_release(struct tally *tally)
{
	mu_map_release(&tally->keys);
	free(tally->groups);
	free(tally->sums);
	*tally = (struct tally){ 0 };
}

void tally_merge(struct tally *to, size_t group, const struct tally *from, size_t other)
{
	struct group *g = &to->groups[group];
	size_t m;

	if (!g->rows)
		g->at = from->groups[other].at;
	g->rows += from->groups[other].rows;
	for (m = 0; m < to->n_measures; m++) {
		struct sum *sum = tally_sum(to, group, m);
		const struct sum *part = tally_sum(from, other, m);

		sum->value += part->value;
		if (!sum->unknown)
			sum->unknown_at = part->unknown_at;
		sum->unknown += part->unknown;
	}
}

bool key_mask(uint32_t *key, const uint8_t *pattern, size_t width)
{
	size_t i;

	for (i = 0; i < width; i++) {
		if (!pattern[i])
			key[i] = 0;
		else if (!key[i])
			return false;
	}
	return true;
}

/* Neighbouring rows mostly have the same value in most columns. */
static bool is_latest(const struct dimension *dimension, struct mu_string value)
{
	const struct mu_map_entry *entry;

	if (!dimension->latest)
		return false;
	entry = &dimension->values.entries[dimension->latest - 1];
	if (entry->len != value.len)
		return false;
	return !value.len || !memcmp(entry->key, value.data, value.len);
}

uint32_t dimension_number(struct dimension *dimension, int64_t row)
{
	char space[MU_FORMAT_MAX];
	struct mu_string value;
	size_t i;

	if (mu_null(&dimension->cells, row))
		return 0;
	value = dimension->cells.type == MU_STRING ? mu_get_string(&dimension->cells, row)
						   : mu_format(&dimension->cells, row, space);
	if (is_latest(dimension, value))
		return dimension->latest;
	i = mu_map_add(&dimension->values, value.data, value.len);
	if (i == SIZE_MAX)
		return UINT32_MAX;
	dimension->latest = (uint32_t)i + 1;
	return dimension->latest;
}
