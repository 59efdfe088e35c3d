/*
 * on_equal: sum.
 *
 * Where nothing but sums is to be made, rows are added up by stretches, without a look at each.
 * That is so when all rows of a block are data with whole keys, nothing has to be compared,
 * all measures are known, and no total can leave 64 bits: `bound` is how far from 0 the values
 * so far could bring one.  Else rows are taken one by one, and each that does not go together
 * with the first one of its key is an error and passes as it is.
 */
#include "consolidate.h"

/* Whether a measure of a row can be added to that of its group. */
static bool is_addable(const struct consolidate *self, const struct group *group, size_t measure,
		       int64_t row)
{
	const struct mu_column *cells = measure_cells(self, measure);
	bool known = !mu_null(cells, row);
	int64_t added;

	return known == !sum_unknowns(&self->groups, group, measure) &&
	       !(known &&
		 __builtin_add_overflow(group->sums[measure], mu_get_integer(cells, row), &added));
}

/* Says why not. */
static int report_not_addable(struct mu_ctx *ctx, const struct consolidate *self,
			      const struct group *group, const struct first *first, size_t measure,
			      int64_t row, uint64_t at)
{
	struct phrase key = phrase_key(ctx, self, row);
	bool known = !mu_null(measure_cells(self, measure), row);
	struct mu_finding finding = { .code = "conflict",
				      .at = at,
				      .field = column_name(ctx, self->measures.index[measure]),
				      .other = first->at };

	if (known == !sum_unknowns(&self->groups, group, measure)) {
		finding.code = "overflow";
		return mu_report(ctx, finding,
				 "%s of rows with %s adds up to a number that does not fit 64 bits",
				 finding.field, key.text);
	}
	return mu_report(ctx, finding,
			 "%s of rows with %s cannot be added: it is unknown in one of them",
			 finding.field, key.text);
}

/* Adds a row to its group, where all that can be added is known. */
static int group_add(struct mu_ctx *ctx, struct consolidate *self, struct group *group, int64_t row,
		     uint64_t at)
{
	bool done = true;

	group->rows++;
	for (size_t m = 0; m < self->measures.count && done; m++) {
		const struct mu_column *cells = measure_cells(self, m);
		bool null = mu_null(cells, row);

		self->nulls |= null;
		done = null ? sum_unknown(&self->groups, group, m, 1, at)
			    : sum_add(&self->groups, group, m, mu_get_integer(cells, row));
	}
	return done ? 0 : out_of_memory(ctx);
}

int sum_first(struct mu_ctx *ctx, struct consolidate *self, size_t group, int64_t row, uint64_t at)
{
	int err = first_add(ctx, self, row, at);

	if (!err)
		err = kept_add(ctx, self, row);
	return err ? err : group_add(ctx, self, tally_at(&self->groups, group), row, at);
}

int sum_later(struct mu_ctx *ctx, struct consolidate *self, size_t group, int64_t row, uint64_t at)
{
	const struct first *first = first_of(self, group);
	struct group *sums = tally_at(&self->groups, group);
	int64_t differs;
	int err;

	if (differing(self, first->start, row, &differs))
		return out_of_memory(ctx);
	if (differs >= 0) {
		err = report_conflict(ctx, self, first->at, row, at, differs);
		return err ? err : kept_pass(ctx, self, row);
	}
	for (size_t m = 0; m < self->measures.count; m++)
		if (!is_addable(self, sums, m, row)) {
			err = report_not_addable(ctx, self, sums, first, m, row, at);
			return err ? err : kept_pass(ctx, self, row);
		}
	self->added++;
	return group_add(ctx, self, sums, row, at);
}

/* Whether no row needs a look before its key is one. */
static bool is_plain(const struct consolidate *self, const struct mu_rows *rows, int64_t from,
		     size_t n)
{
	uint64_t seen = 0;

	if (!rows->no_claims)
		return false;
	for (size_t i = 0; i < self->keys.count; i++)
		if (self->cells[self->keys.index[i]].valid)
			return false;
	for (int64_t row = from; row < from + (int64_t)n; row++)
		seen |= mu_row_at(rows, row);
	return !(seen & MU_AT_REJECTED);
}

/* Whether the measures of n rows can be added up without a look at each: none is null,
 * here or in a group, and no total can leave 64 bits. */
static bool is_easy(struct consolidate *self, int64_t from, size_t n)
{
	bool easy = true;

	if (self->compared.count || self->nulls)
		return false;
	for (size_t m = 0; m < self->measures.count; m++) {
		const struct mu_column *cells = measure_cells(self, m);
		uint64_t by;

		easy = easy && !cells->valid;
		if (__builtin_mul_overflow(block_sums(&self->block, m, cells, from, n), (uint64_t)n,
					   &by) ||
		    __builtin_add_overflow(self->bound, by, &self->bound))
			self->bound = UINT64_MAX;
	}
	return easy && self->bound <= INT64_MAX;
}

/* Adds up all stretches of n rows.  Of a new group the first stretch is the first that has it. */
static int stretches_take(struct mu_ctx *ctx, struct consolidate *self, const struct mu_rows *rows,
			  int64_t from, size_t n)
{
	struct block *block = &self->block;
	size_t known = self->groups.groups.count, i;
	const uint32_t *starts = block->starts;
	bool done = true;
	int err;

	err = groups_failed(ctx, self, block_stretches(block, &self->groups, from, n, 0));
	for (i = 0; i < block->n_stretches && !err; i++) {
		int64_t row = from + starts[i];

		block->groups[i]->rows += starts[i + 1] - starts[i];
		if (block->indices[i] < self->firsts.count)
			continue;
		err = first_add(ctx, self, row, mu_row_at(rows, row));
		if (!err)
			err = kept_add(ctx, self, row);
	}
	for (i = 0; i < self->measures.count && !err && done; i++)
		done = block_add_sums(block, &self->groups, i);
	self->added += (int64_t)(n - (self->groups.groups.count - known));
	return err || done ? err : out_of_memory(ctx);
}

int sum_take(struct mu_ctx *ctx, struct consolidate *self, const struct ArrowArray *batch)
{
	struct mu_rows rows = mu_rows(ctx->schema, batch);
	int64_t added, from;
	size_t n;
	int err = 0;

	for (from = 0; from < batch->length && !err; from += (int64_t)n) {
		n = batch->length - from < BLOCK ? (size_t)(batch->length - from) : BLOCK;
		err = is_easy(self, from, n) && is_plain(self, &rows, from, n)
			      ? stretches_take(ctx, self, &rows, from, n)
			      : rows_take(ctx, self, &rows, from, n, NULL);
	}
	added = self->added;
	self->added = 0;
	return err || !added ? err : mu_adjusted(ctx, NULL, -added);
}
