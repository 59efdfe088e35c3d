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

	for (i = 0; i < self->block.n_dimensions; i++)
		dimension_take(&self->block.dimensions[i], &other->block.dimensions[i]);
	self->rows = other->rows;
	self->scopes = other->scopes;
	self->patterns = other->patterns;
	memcpy(self->pattern, other->pattern, self->block.width);
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
	translation_free(t->values, n_dimensions);
	free(t->groups);
	free(t->scopes);
	free(t->levels);
}

static uint32_t *numbers_new(size_t n)
{
	return calloc(n + 1, sizeof(uint32_t));
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

static int patterns_merge(struct mu_ctx *ctx, struct totals *self, const struct totals *other)
{
	size_t i;
	int err = 0;

	for (i = 0; i < other->patterns.count && !err; i++) {
		memcpy(self->pattern, other->patterns.entries[i].key, self->block.width);
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
	err = block_merge(&self->block, &self->rows, &other->rows, t->values, t->groups);
	if (!err)
		err = block_merge(&self->block, &self->scopes, &other->scopes, t->values,
				  t->scopes);
	err = groups_failed(ctx, self, err);
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
	t.values = block_translate(&self->block, &other->block);
	if (!t.values || !levels_merge(self, other, &t) || !sources_merge(self, other))
		err = out_of_memory(ctx);
	else
		err = lists_merge(ctx, self, other, &t);
	translation_release(&t, self->block.n_dimensions);
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
