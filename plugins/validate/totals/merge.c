/*
 * Two instances become one, and what they list is put in order.
 *
 * The other's values, groups, scopes and levels have numbers of its own, so all that is
 * taken over is translated.  Memory of the other is given back as it is taken over.
 */
#include "totals.h"

#include <stdlib.h>

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
		const struct source *theirs = &other->sources[i];
		struct source *own = source_of(self, (uint32_t)i);

		if (!own)
			return false;
		own->rows += theirs->rows;
		own->rejected += theirs->rejected;
		own->verified |= theirs->verified;
	}
	return true;
}

/* -------------------------------------------------------------- tallies */

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
			pile_drop(&from->groups, first);
		err = groups_limit(ctx, self);
	}
	return err;
}

/* --------------------------------------------------------------- lists */

static int claims_merge(struct mu_ctx *ctx, struct totals *self, struct totals *other,
			const struct translation *t)
{
	size_t i;
	int err = claims_limit(ctx, self, n_claims(other));

	for (i = 0; i < n_claims(other) && !err; i++) {
		struct claim *claim = pile_add(&self->listed);

		if (!claim)
			return out_of_memory(ctx);
		memcpy(claim, claim_at(other, i), self->listed.size);
		claim->level = t->levels[claim->level];
		claim->scope = t->scopes[claim->scope];
		if ((i + 1) % PILE_CHUNK == 0)
			pile_drop(&other->listed, i);
		err = pattern_add(ctx, self,
				  group_key(&self->scopes, tally_at(&self->scopes, claim->scope)));
	}
	return err;
}

static bool kept_merge(struct totals *self, const struct totals *other, const struct translation *t)
{
	size_t i;

	for (i = 0; i < other->kept.count; i++) {
		struct row *row = pile_add(&self->kept);

		if (!row)
			return false;
		memcpy(row, pile_at(&other->kept, i), self->kept.size);
		row->group = t->groups[row->group];
	}
	return true;
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

	if (!values_merge(self, other, &t) || !levels_merge(self, other, &t) ||
	    !sources_merge(self, other))
		err = out_of_memory(ctx);
	else
		err = lists_merge(ctx, self, other, &t);
	translation_release(&t, self->n_dimensions);
	return err;
}

/* --------------------------------------------------------------- order */

int totals_arrange(struct mu_ctx *ctx, struct totals *self)
{
	bool moved, rows_moved;
	size_t i;
	int err = 0;

	if (!pile_sort(&self->listed, &moved) || !pile_sort(&self->kept, &rows_moved))
		return out_of_memory(ctx);
	/* From now on only scopes are looked for. */
	tally_unindex(&self->rows);
	if (moved)
		mu_map_release(&self->patterns);
	for (i = 0; i < n_claims(self) && moved && !err; i++)
		err = pattern_add(ctx, self,
				  group_key(&self->scopes,
					    tally_at(&self->scopes, claim_at(self, i)->scope)));
	return err;
}
