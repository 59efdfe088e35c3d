/*
 * What is taken of a batch.
 *
 * Rows come in runs: some that are all data, or all claims, of one document.  Rows of a
 * run that follow each other with the same values in the columns of `by` are a stretch,
 * and all there is to find is found once for each of these.  It is done column by column:
 * what changes, the numbers of values, the groups of all keys, then what they add up to.
 */
#include "totals.h"

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

/* Whether some places, behind the first one, are all of its document. */
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

/* Each row on its own, when they are all to be told apart. */
static void starts_all(struct totals *self, size_t n)
{
	size_t i;

	for (i = 0; i <= n; i++)
		self->starts[i] = (uint32_t)i;
	self->n_stretches = n;
}

/* Sets the document in the keys of all stretches, unless it is there already. */
static void documents_set(struct totals *self, uint32_t document)
{
	size_t i = self->keys[0] == document ? self->n_set : 0;

	for (; i < self->n_stretches; i++)
		self->keys[i * self->width] = document;
	self->n_set = i;
}

/* The stretches of a run and their keys, in which `document` stands for its own. */
static int keys_make(struct mu_ctx *ctx, struct totals *self, const struct run *run,
		     uint32_t document)
{
	uint64_t changed[BLOCK / 64] = { 1 };
	size_t i;

	for (i = 0; i < self->n_dimensions; i++) {
		struct dimension *d = &self->dimensions[i];

		if (!dimension_look(d, run->row, run->n))
			return out_of_memory(ctx);
		if (run->kind == OF_DATA)
			self->compare(d->lanes, d->lane_size, run->n, changed);
	}
	if (run->kind == OF_DATA)
		self->n_stretches = lanes_starts(changed, run->n, self->starts);
	else
		starts_all(self, run->n);
	documents_set(self, document);
	for (i = 0; i < self->n_dimensions; i++)
		if (!dimension_numbers(&self->dimensions[i], self->starts, self->n_stretches,
				       self->keys + i + 1, self->width))
			return out_of_memory(ctx);
	return 0;
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

/* Keeps rows in case that something is to be explained. */
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
		stretch += i == self->starts[stretch + 1];
		row->at = mu_row_at(rows, run->row + (int64_t)i);
		row->group = self->indices[stretch];
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

		for (d = 0; d < self->n_dimensions; d++)
			self->dimensions[d].gaps |= !key[d + 1];
	}
}

/* Value by value, where some are not known or a sum may not fit 64 bits. */
static bool measure_add_each(struct totals *self, const struct run *run, size_t m,
			     const struct mu_rows *rows)
{
	const struct mu_column *cells = &self->measures[m].cells;
	size_t stretch = 0, i;
	bool done = true;

	for (i = 0; i < run->n && done; i++) {
		int64_t row = run->row + (int64_t)i;
		struct group *group;

		stretch += i == self->starts[stretch + 1];
		group = self->groups[stretch];
		done = mu_null(cells, row)
			       ? sum_unknown(&self->rows, group, m, 1, mu_row_at(rows, row))
			       : sum_add(&self->rows, group, m, mu_get_integer(cells, row));
	}
	return done;
}

/* Fills self->sums; false when one of them may not fit: BLOCK values from -2^52 to
 * 2^52 - 1 do. */
static bool sums_make(struct totals *self, const int64_t *values, size_t n)
{
	const uint64_t half = (uint64_t)1 << 52;
	uint64_t sum = 0, used = 0;
	int64_t *sums = self->sums;
	size_t i;

	for (i = 0; i < n; i++) {
		sums[i] = (int64_t)sum;
		sum += (uint64_t)values[i];
		used |= (uint64_t)values[i] + half;
	}
	sums[n] = (int64_t)sum;
	return !(used >> 53);
}

static bool measure_add(struct totals *self, const struct run *run, size_t m,
			const struct mu_rows *rows)
{
	const struct mu_column *cells = &self->measures[m].cells;
	const int64_t *values = (const int64_t *)cells->values + cells->offset + run->row;
	const uint32_t *starts = self->starts;
	bool alone = self->n_stretches == run->n, done = true;
	size_t i;

	if (cells->valid || (!alone && !sums_make(self, values, run->n)))
		return measure_add_each(self, run, m, rows);
	for (i = 0; i < self->n_stretches && done; i++)
		done = sum_add(&self->rows, self->groups[i], m,
			       alone ? values[i]
				     : self->sums[starts[i + 1]] - self->sums[starts[i]]);
	return done;
}

int groups_limit(struct mu_ctx *ctx, const struct totals *self)
{
	if (self->rows.groups.count <= (uint64_t)self->max_groups)
		return 0;
	return mu_fail(ctx, E2BIG,
		       "more than %lld different rows to add up: "
		       "name fewer columns in by, or raise max_groups",
		       (long long)self->max_groups);
}

static int take_data(struct mu_ctx *ctx, struct totals *self, const struct run *run,
		     const struct mu_rows *rows)
{
	struct totals_document *source = source_of(self, run->document);
	size_t before = self->rows.groups.count, i;
	bool done = true;
	int err;

	err = source ? keys_make(ctx, self, run, run->document) : out_of_memory(ctx);
	if (err)
		return err;
	source->rows += run->n;
	if (!tally_groups(&self->rows, self->keys, self->n_stretches, self->indices, self->groups))
		return out_of_memory(ctx);
	err = groups_limit(ctx, self);
	if (err)
		return err;
	gaps_note(self, before);
	for (i = 0; i < self->n_stretches; i++)
		self->groups[i]->rows += self->starts[i + 1] - self->starts[i];
	for (i = 0; i < self->n_measures && done; i++)
		done = measure_add(self, run, i, rows);
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
	if (mu_map_add(&self->patterns, self->pattern, self->width) == SIZE_MAX)
		return out_of_memory(ctx);
	if (self->patterns.count > (uint64_t)self->max_patterns)
		return mu_fail(ctx, E2BIG,
			       "claims fix more than %lld different sets of columns: "
			       "name fewer columns in by, or raise max_patterns",
			       (long long)self->max_patterns);
	return 0;
}

/* Mostly it is that of the claim before. */
int pattern_add(struct mu_ctx *ctx, struct totals *self, const uint32_t *key)
{
	bool same = self->patterns.count;
	size_t i;

	for (i = 0; i < self->width; i++) {
		same &= self->pattern[i] == (key[i] != 0);
		self->pattern[i] = key[i] != 0;
	}
	return same ? 0 : pattern_list(ctx, self);
}

/* The number of a level's name, which mostly is that of the claim before; false when
 * memory is out. */
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

/* What a claim states is in the batch. */
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
	size_t i;
	int err;

	err = claims_limit(ctx, self, run->n);
	if (!err)
		err = source_of(self, run->document) ? keys_make(ctx, self, run, document)
						     : out_of_memory(ctx);
	if (err)
		return err;
	if (!tally_groups(&self->scopes, self->keys, run->n, self->indices, self->groups))
		return out_of_memory(ctx);
	for (i = 0; i < run->n && !err; i++) {
		err = pattern_add(ctx, self, self->keys + i * self->width);
		if (!err)
			err = claim_list(ctx, self, rows, run->row + (int64_t)i, self->indices[i]);
	}
	return err;
}

int expect_list(struct mu_ctx *ctx, struct totals *self)
{
	struct claim *claim;
	size_t scope;
	int err;

	if (!self->expect)
		return 0;
	memset(self->key, 0, self->width * sizeof *self->key);
	err = pattern_add(ctx, self, self->key);
	if (err)
		return err;
	scope = tally_group(&self->scopes, self->key);
	if (scope == SIZE_MAX || !level_find(self, mu_string("expect")))
		return out_of_memory(ctx);
	claim = pile_add(&self->listed);
	if (!claim)
		return out_of_memory(ctx);
	claim->level = (uint32_t)self->latest_level;
	claim->scope = (uint32_t)scope;
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

	for (i = 0; i < self->n_dimensions; i++)
		if (!dimension_turn(&self->dimensions[i], ctx->schema, batch))
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
