/*
 * What is taken of a batch.
 *
 * Rows come in runs of data or of claims of one document.  A run of data is added up by
 * stretches, and each of its rows may be kept, too.  Each claim of a run is listed with its scope.
 */
#include "totals.h"

#include <errno.h>
#include <stdlib.h>

enum kind { OF_DATA, OF_CLAIMS, OF_OTHER_CLAIMS };

/* Neighbouring rows of one kind and one document, at most BLOCK. */
struct run {
	enum kind kind;
	uint32_t document;
	int64_t row;
	size_t n;
};

struct totals_document *source_of(struct totals *self, uint32_t document)
{
	size_t room = (size_t)document + 1 + document / 2;
	struct totals_document *sources;

	if (document >= self->n_sources) {
		sources = reallocarray(self->sources, room, sizeof *sources);
		if (!sources)
			return NULL;
		memset(sources + self->n_sources, 0, (room - self->n_sources) * sizeof *sources);
		self->sources = sources;
		self->n_sources = room;
	}
	return &self->sources[document];
}

bool text_in(const struct mu_texts *texts, struct mu_string text)
{
	size_t i;

	for (i = 0; i < texts->count; i++)
		if (mu_string_is(text, texts->items[i]))
			return true;
	return false;
}

static enum kind kind_of(const struct totals *self, const struct mu_rows *rows, int64_t row)
{
	if (!mu_row_is_claim(rows, row))
		return OF_DATA;
	return !self->claims.count || text_in(&self->claims, mu_get_string(&rows->claim, row))
		       ? OF_CLAIMS
		       : OF_OTHER_CLAIMS;
}

/* Whether n places are all of the document of the first one. */
static bool one_document(const uint64_t *at, size_t n)
{
	uint64_t differ = 0, more = 0;
	size_t i;

	for (i = 0; i + 4 <= n; i += 4) {
		differ |= (at[i] ^ at[0]) | (at[i + 1] ^ at[0]);
		more |= (at[i + 2] ^ at[0]) | (at[i + 3] ^ at[0]);
	}
	for (; i < n; i++)
		differ |= at[i] ^ at[0];
	return !mu_at_document(differ | more);
}

/* The run that begins at a row; behind the batch's last one it has no rows. */
static struct run run_find(const struct totals *self, const struct mu_rows *rows, int64_t row,
			   int64_t length)
{
	const uint64_t *at = (const uint64_t *)rows->at.values + rows->at.offset + row;
	struct run run = { .row = row };
	size_t most = length - row < BLOCK ? (size_t)(length - row) : BLOCK;

	if (!most)
		return run;
	run.kind = kind_of(self, rows, row);
	run.document = mu_at_document(at[0]);
	run.n = most;
	if (rows->no_claims && one_document(at, most))
		return run;
	for (run.n = 1, row++; run.n < most; run.n++, row++)
		if (mu_at_document(at[run.n]) != run.document ||
		    kind_of(self, rows, row) != run.kind)
			break;
	return run;
}

void rows_forget(struct totals *self)
{
	pile_release(&self->kept);
	self->too_many = true;
}

static struct amount cell_get(const struct mu_column *cells, int64_t row)
{
	bool known = !mu_null(cells, row);

	return (struct amount){ .known = known, .value = known ? mu_get_integer(cells, row) : 0 };
}

/* Keeps all rows of a run, in case that a claim fails and is to be explained. */
static bool rows_keep(struct totals *self, const struct run *run, const struct mu_rows *rows)
{
	size_t stretch = 0, i, m;

	if (run->n > (uint64_t)self->max_explained - self->kept.count) {
		rows_forget(self);
		return true;
	}
	for (i = 0; i < run->n; i++) {
		struct row *row = pile_add(&self->kept);

		if (!row)
			return false;
		stretch += i == self->block.starts[stretch + 1];
		row->at = mu_row_at(rows, run->row + (int64_t)i);
		row->group = self->block.indices[stretch];
		for (m = 0; m < self->n_measures; m++)
			row->cells[m] = cell_get(&self->measures[m].cells, run->row + (int64_t)i);
	}
	return true;
}

/* Notes in which columns of `by` the groups from `first` on have null. */
static void gaps_note(struct totals *self, size_t first)
{
	size_t i, d;

	for (i = first; i < self->rows.groups.count; i++) {
		const uint32_t *key = group_key(&self->rows, tally_at(&self->rows, i));

		for (d = 0; d < self->block.n_dimensions; d++)
			self->block.dimensions[d].gaps |= !key[d + 1];
	}
}

int groups_failed(struct mu_ctx *ctx, const struct totals *self, int err)
{
	if (err != E2BIG)
		return err ? out_of_memory(ctx) : 0;
	return mu_fail(ctx, E2BIG,
		       "more than %lld different rows to add up: "
		       "name fewer columns in by, or raise max_groups",
		       (long long)self->max_groups);
}

static int take_data(struct mu_ctx *ctx, struct totals *self, const struct run *run,
		     const struct mu_rows *rows)
{
	struct totals_document *source = source_of(self, run->document);
	struct block *block = &self->block;
	size_t before = self->rows.groups.count, i;
	bool done = true;
	int err;

	if (!source)
		return out_of_memory(ctx);
	source->rows += run->n;
	err = groups_failed(ctx, self,
			    block_stretches(block, &self->rows, run->row, run->n, run->document));
	if (err)
		return err;
	gaps_note(self, before);
	for (i = 0; i < block->n_stretches; i++)
		block->groups[i]->rows += block->starts[i + 1] - block->starts[i];
	for (i = 0; i < self->n_measures && done; i++)
		done = block_add(block, &self->rows, i, &self->measures[i].cells, &rows->at);
	if (done && !self->too_many)
		done = rows_keep(self, run, rows);
	return done ? 0 : out_of_memory(ctx);
}

int claims_limit(struct mu_ctx *ctx, const struct totals *self, size_t n)
{
	if (n_claims(self) + n <= (uint64_t)self->max_groups)
		return 0;
	return mu_fail(ctx, E2BIG, "more than %lld claims: raise max_groups",
		       (long long)self->max_groups);
}

int pattern_list(struct mu_ctx *ctx, struct totals *self)
{
	if (mu_map_add(&self->patterns, self->pattern, self->block.width) == SIZE_MAX)
		return out_of_memory(ctx);
	if (self->patterns.count > (uint64_t)self->max_patterns)
		return mu_fail(ctx, E2BIG,
			       "claims fix more than %lld different sets of columns: "
			       "name fewer columns in by, or raise max_patterns",
			       (long long)self->max_patterns);
	return 0;
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

/* Mostly the pattern is that of the claim before, so it is there already. */
int pattern_add(struct mu_ctx *ctx, struct totals *self, const uint32_t *key)
{
	bool same = self->patterns.count;
	size_t i;

	for (i = 0; i < self->block.width; i++) {
		same &= self->pattern[i] == (key[i] != 0);
		self->pattern[i] = key[i] != 0;
	}
	return same ? 0 : pattern_list(ctx, self);
}

/* Makes self->latest_level the number of a level's name.  Mostly it is that of the claim before.
 * False when memory is out. */
static bool level_find(struct totals *self, struct mu_string name)
{
	const struct mu_map_entry *latest;

	if (self->latest_level != SIZE_MAX) {
		latest = &self->levels.entries[self->latest_level];
		if (latest->len == name.len && !memcmp(latest->key, name.data, name.len))
			return true;
	}
	self->latest_level = mu_map_add(&self->levels, name.data, name.len);
	return self->latest_level != SIZE_MAX;
}

/* Copies what a claim states from the batch. */
static void claim_fill(struct totals *self, struct claim *claim, int64_t row)
{
	size_t m;

	for (m = 0; m < self->n_measures; m++) {
		if (mu_null(&self->measures[m].cells, row))
			continue;
		claim->values[m] = mu_get_integer(&self->measures[m].cells, row);
		*claim_mark(self, claim, m) = STATED;
	}
}

static bool states_any(const struct totals *self, const struct claim *claim)
{
	size_t m;

	for (m = 0; m < self->n_measures; m++)
		if (*claim_mark(self, claim, m))
			return true;
	return false;
}

static int claim_list(struct mu_ctx *ctx, struct totals *self, const struct mu_rows *rows,
		      int64_t row, uint32_t scope)
{
	struct claim *claim;
	struct totals_document *source;

	if (!level_find(self, mu_get_string(&rows->claim, row)))
		return out_of_memory(ctx);
	claim = pile_add(&self->listed);
	if (!claim)
		return out_of_memory(ctx);
	claim->at = mu_row_at(rows, row);
	claim->level = (uint32_t)self->latest_level;
	claim->scope = scope;
	claim_fill(self, claim, row);
	source = &self->sources[mu_at_document(claim->at)];
	if (claim->at & MU_AT_REJECTED)
		source->rejected++;
	else if (states_any(self, claim))
		source->verified = true;
	return 0;
}

static int take_claims(struct mu_ctx *ctx, struct totals *self, const struct run *run,
		       const struct mu_rows *rows)
{
	uint32_t document = self->within == WITHIN_DOCUMENT ? run->document : 0;
	struct block *block = &self->block;
	size_t i;
	int err = claims_limit(ctx, self, run->n);

	if (err)
		return err;
	for (i = 0; i < run->n; i++)
		block->starts[i] = (uint32_t)i;
	if (!source_of(self, run->document) ||
	    block_rows(block, &self->scopes, run->row, run->n, document))
		return out_of_memory(ctx);
	for (i = 0; i < run->n && !err; i++) {
		err = pattern_add(ctx, self, block->keys + i * block->width);
		if (!err)
			err = claim_list(ctx, self, rows, run->row + (int64_t)i, block->indices[i]);
	}
	return err;
}

int expect_list(struct mu_ctx *ctx, struct totals *self)
{
	struct claim *claim;
	uint32_t scope;
	int err;

	if (!self->expect)
		return 0;
	memset(self->key, 0, self->block.width * sizeof *self->key);
	err = pattern_add(ctx, self, self->key);
	if (err)
		return err;
	if (tally_add(&self->scopes, self->key, &scope) || !level_find(self, mu_string("expect")))
		return out_of_memory(ctx);
	claim = pile_add(&self->listed);
	if (!claim)
		return out_of_memory(ctx);
	claim->level = (uint32_t)self->latest_level;
	claim->scope = scope;
	claim->values[0] = self->expected;
	*claim_mark(self, claim, 0) = STATED;
	return 0;
}

int rows_take(struct mu_ctx *ctx, struct totals *self, const struct ArrowArray *batch)
{
	struct mu_rows rows = mu_rows(ctx->schema, batch);
	struct run run;
	size_t i;
	int err = 0;

	if (!block_turn(&self->block, ctx->schema, batch))
		return out_of_memory(ctx);
	for (i = 0; i < self->n_measures; i++)
		self->measures[i].cells = mu_column(ctx->schema, batch, self->measures[i].index);
	run = run_find(self, &rows, 0, batch->length);
	while (run.n && !err) {
		if (run.kind == OF_DATA)
			err = take_data(ctx, self, &run, &rows);
		else if (run.kind == OF_CLAIMS)
			err = take_claims(ctx, self, &run, &rows);
		run = run_find(self, &rows, run.row + (int64_t)run.n, batch->length);
	}
	return err;
}
