/*
 * Two instances become one, and what they list is put in order.
 *
 * The other's values, groups, scopes and levels have numbers of its own, so all that is
 * taken over is translated.  Memory of the other is given back as it is taken over.
 */
#include "totals.h"

#include <stdlib.h>

/* What the other has becomes the own, all but memory of its stage. */
static void totals_take(struct totals *self, struct totals *other)
{
	size_t i;

	for (i = 0; i < self->n_dimensions; i++)
		dimension_take(&self->dimensions[i], &other->dimensions[i]);
	self->rows = other->rows;
	self->scopes = other->scopes;
	self->patterns = other->patterns;
	memcpy(self->pattern, other->pattern, self->width);
	self->levels = other->levels;
	self->latest_level = other->latest_level;
	self->listed = other->listed;
	self->merged = other->merged;
	self->sources = other->sources;
	self->n_sources = other->n_sources;
	self->kept = other->kept;
	self->too_many = other->too_many;
	other->rows = other->scopes = (struct tally){ .width = 0 };
	other->patterns = other->levels = (struct mu_map){ .entries = NULL };
	other->listed = other->kept = (struct pile){ .size = 0 };
	other->sources = NULL;
	other->n_sources = 0;
}

/* For each number of the other instance the own one. */
struct translation {
	uint32_t **values; /* of each dimension */
	uint32_t *groups;  /* NULL where nobody asks */
	uint32_t *scopes;
	uint32_t *levels;
};

static void translation_release(struct translation *t, size_t n_dimensions)
{
	size_t i;

	for (i = 0; t->values && i < n_dimensions; i++)
		free(t->values[i]);
	free(t->values);
	free(t->groups);
	free(t->scopes);
	free(t->levels);
}

static uint32_t *numbers_new(size_t n)
{
	return calloc(n + 1, sizeof(uint32_t));
}

static bool values_merge(struct totals *self, const struct totals *other, struct translation *t)
{
	size_t i;

	t->values = calloc(self->n_dimensions + 1, sizeof *t->values);
	for (i = 0; t->values && i < self->n_dimensions; i++) {
		t->values[i] = numbers_new(dimension_count(&other->dimensions[i]));
		if (!t->values[i] ||
		    !dimension_merge(&self->dimensions[i], &other->dimensions[i], t->values[i]))
			return false;
	}
	return t->values;
}

static bool levels_merge(struct totals *self, const struct totals *other, struct translation *t)
{
	size_t i, level;

	t->levels = numbers_new(other->levels.count);
	for (i = 0; t->levels && i < other->levels.count; i++) {
		level = mu_map_add(&self->levels, other->levels.entries[i].key,
				   other->levels.entries[i].len);
		if (level == SIZE_MAX)
			return false;
		t->levels[i] = (uint32_t)level;
	}
	return t->levels;
}

static bool sources_merge(struct totals *self, const struct totals *other)
{
	size_t i;

	for (i = 0; i < other->n_sources; i++) {
		const struct totals_document *theirs = &other->sources[i];
		struct totals_document *own = source_of(self, (uint32_t)i);

		if (!own)
			return false;
		own->rows += theirs->rows;
		own->rejected += theirs->rejected;
		own->verified |= theirs->verified;
	}
	return true;
}

/* The own keys of n groups of the other. */
static void keys_translate(struct totals *self, const struct tally *from, size_t first, size_t n,
			   const struct translation *t)
{
	uint32_t *key = self->keys;
	size_t i, d;

	self->n_set = 0;
	for (i = 0; i < n; i++, key += self->width) {
		const uint32_t *theirs = group_key(from, tally_at(from, first + i));

		key[0] = theirs[0];
		for (d = 0; d < self->n_dimensions; d++)
			key[d + 1] = t->values[d][theirs[d + 1]];
	}
}

/* Adds up to BLOCK groups from `first` on. */
static bool groups_merge(struct totals *self, struct tally *to, const struct tally *from,
			 size_t first, size_t n)
{
	size_t i;
	bool done = tally_groups(to, self->keys, n, self->indices, self->groups);

	for (i = 0; i < n && done; i++)
		done = tally_merge(to, self->groups[i], from, tally_at(from, first + i));
	return done;
}

/* Adds all groups of another tally, whose own numbers go to `numbers` unless it is
 * NULL.  BLOCK divides the items of a chunk, so one of these is done with at its end. */
static int tallies_merge(struct mu_ctx *ctx, struct totals *self, struct tally *to,
			 struct tally *from, const struct translation *t, uint32_t *numbers)
{
	size_t first, n;
	int err = 0;

	_Static_assert(PILE_CHUNK % BLOCK == 0, "chunks are whole blocks");
	tally_unindex(from);
	for (first = 0; first < from->groups.count && !err; first += n) {
		n = from->groups.count - first < BLOCK ? from->groups.count - first : BLOCK;
		keys_translate(self, from, first, n, t);
		if (!groups_merge(self, to, from, first, n))
			return out_of_memory(ctx);
		if (numbers)
			memcpy(numbers + first, self->indices, n * sizeof *numbers);
		if ((first + n) % PILE_CHUNK == 0)
			pile_pass(&from->groups, first, &to->groups);
		err = groups_limit(ctx, self);
	}
	return err;
}

static int patterns_merge(struct mu_ctx *ctx, struct totals *self, const struct totals *other)
{
	size_t i;
	int err = 0;

	for (i = 0; i < other->patterns.count && !err; i++) {
		memcpy(self->pattern, other->patterns.entries[i].key, self->width);
		err = pattern_list(ctx, self);
	}
	return err;
}

static int claims_merge(struct mu_ctx *ctx, struct totals *self, struct totals *other,
			const struct translation *t)
{
	size_t i;
	int err = claims_limit(ctx, self, n_claims(other));

	if (!err)
		err = patterns_merge(ctx, self, other);
	if (err)
		return err;
	for (i = 0; i < n_claims(other); i++) {
		struct claim *claim = claim_at(other, i);

		claim->level = t->levels[claim->level];
		claim->scope = t->scopes[claim->scope];
	}
	return pile_merge(&self->listed, &other->listed) ? 0 : out_of_memory(ctx);
}

static bool kept_merge(struct totals *self, struct totals *other, const struct translation *t)
{
	size_t i;

	for (i = 0; i < other->kept.count; i++) {
		struct row *row = pile_at(&other->kept, i);

		row->group = t->groups[row->group];
	}
	return pile_merge(&self->kept, &other->kept);
}

/* Forgets rows that are too many when both are put together. */
static void kept_limit(struct totals *self, struct totals *other)
{
	if (self->too_many || other->too_many ||
	    other->kept.count > (uint64_t)self->max_explained - self->kept.count) {
		rows_forget(self);
		rows_forget(other);
	}
}

static int lists_merge(struct mu_ctx *ctx, struct totals *self, struct totals *other,
		       struct translation *t)
{
	int err;

	kept_limit(self, other);
	if (other->kept.count)
		t->groups = numbers_new(other->rows.groups.count);
	t->scopes = numbers_new(n_scopes(other));
	if (!t->scopes || (other->kept.count && !t->groups))
		return out_of_memory(ctx);
	err = tallies_merge(ctx, self, &self->rows, &other->rows, t, t->groups);
	if (!err)
		err = tallies_merge(ctx, self, &self->scopes, &other->scopes, t, t->scopes);
	if (!err)
		err = claims_merge(ctx, self, other, t);
	return err || kept_merge(self, other, t) ? err : out_of_memory(ctx);
}

int totals_merge(struct mu_ctx *ctx, struct totals *self, struct totals *other)
{
	struct translation t = { .values = NULL };
	int err;

	if (!self->n_sources) { /* it has seen nothing */
		totals_take(self, other);
		return 0;
	}
	self->merged = true;
	if (!values_merge(self, other, &t) || !levels_merge(self, other, &t) ||
	    !sources_merge(self, other))
		err = out_of_memory(ctx);
	else
		err = lists_merge(ctx, self, other, &t);
	translation_release(&t, self->n_dimensions);
	return err;
}

/* Lists patterns anew, by the claims that they are of. */
static int patterns_order(struct mu_ctx *ctx, struct totals *self)
{
	size_t n = self->patterns.count, i;
	int err = 0;

	mu_map_release(&self->patterns);
	for (i = 0; self->patterns.count < n && !err; i++)
		err = pattern_add(ctx, self,
				  group_key(&self->scopes,
					    tally_at(&self->scopes, claim_at(self, i)->scope)));
	return err;
}

int totals_arrange(struct mu_ctx *ctx, struct totals *self)
{
	bool moved, rows_moved;

	if (!pile_sort(&self->listed, &moved) || !pile_sort(&self->kept, &rows_moved))
		return out_of_memory(ctx);
	/* From now on only scopes are looked for. */
	tally_unindex(&self->rows);
	return moved || self->merged ? patterns_order(ctx, self) : 0;
}
