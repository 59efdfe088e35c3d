/*
 * Rows that come out of on_equal: sum.
 *
 * Of each key the first row is kept, in the order in which they came, with the rows
 * that are not added up: claims, rejected ones and those that make an error.  What the
 * rows of a key add up to stands in its group, and replaces the measures of the first
 * row when that is given out.
 */
#include <stdlib.h>

#include "consolidate.h"

enum { KEPT_ROWS = 8192 };

int kept_open(struct mu_ctx *ctx, struct consolidate *self)
{
	struct kept *kept = &self->kept;
	int err = mu_builder_init(&kept->builder, ctx->schema);

	if (!err)
		err = mu_schema_init(&kept->counted);
	if (!err && self->count)
		err = mu_schema_add(&kept->counted, self->count, MU_INTEGER, false, NULL);
	if (!err)
		err = mu_builder_init(&kept->counts, &kept->counted);
	return err ? out_of_memory(ctx) : 0;
}

void kept_close(struct kept *kept)
{
	for (size_t i = 0; i < kept->count; i++)
		mu_array_release(&kept->batches[i]);
	mu_builder_release(&kept->builder);
	mu_builder_release(&kept->counts);
	mu_schema_release(&kept->counted);
	free(kept->batches);
	free(kept->passed);
}

/* Puts the rows that were kept last behind the others. */
static int batch_end(struct mu_ctx *ctx, struct kept *kept)
{
	int err;

	if (kept->count == kept->room) {
		size_t room = kept->room ? kept->room * 2 : 16;
		struct ArrowArray *batches = reallocarray(kept->batches, room, sizeof *batches);

		if (!batches)
			return out_of_memory(ctx);
		kept->batches = batches;
		kept->room = room;
	}
	err = mu_builder_finish(&kept->builder, &kept->batches[kept->count]);
	if (err)
		return mu_fail(ctx, err, "a batch of rows cannot be made: %s", strerror(err));
	kept->count += kept->batches[kept->count].release != NULL;
	return 0;
}

int kept_add(struct mu_ctx *ctx, struct consolidate *self, int64_t row)
{
	struct kept *kept = &self->kept;

	if (kept->rows == (uint64_t)self->max_rows)
		return groups_failed(ctx, self, E2BIG);
	mu_copy_row(&kept->builder, self->cells, row);
	kept->rows++;
	return kept->builder.rows == KEPT_ROWS ? batch_end(ctx, kept) : 0;
}

int kept_pass(struct mu_ctx *ctx, struct consolidate *self, int64_t row)
{
	struct kept *kept = &self->kept;

	if (kept->n_passed == kept->passed_room) {
		size_t room = kept->passed_room ? kept->passed_room * 2 : 64;
		uint64_t *passed = reallocarray(kept->passed, room, sizeof *passed);

		if (!passed)
			return out_of_memory(ctx);
		kept->passed = passed;
		kept->passed_room = room;
	}
	kept->passed[kept->n_passed++] = kept->rows;
	return kept_add(ctx, self, row);
}

/* The group of the next kept row when that is the first of a key, else NULL. */
static const struct group *group_next(struct kept *kept, const struct tally *groups)
{
	uint64_t row = kept->next_row++;

	if (kept->next_passed < kept->n_passed && kept->passed[kept->next_passed] == row) {
		kept->next_passed++;
		return NULL;
	}
	return tally_at(groups, kept->next_group++);
}

/* Puts the totals of a group in the place of what its first row has.  The batch was
 * made here, so its values may be changed; what is null stays null. */
static void totals_put(const struct consolidate *self, const struct group *group,
		       struct ArrowArray *batch, int64_t row)
{
	for (size_t m = 0; m < self->measures.count; m++) {
		const struct ArrowArray *cells = batch->children[self->measures.index[m]];

		((int64_t *)cells->buffers[1])[row] = group->sums[m];
	}
}

/* Adds the column `count`, behind the others that have names. */
static int count_add(struct mu_ctx *ctx, struct kept *kept, struct ArrowArray *batch,
		     struct ArrowArray *out)
{
	int64_t visible = mu_schema_visible(ctx->schema);
	struct ArrowArray counts = { .release = NULL };
	int err = mu_builder_finish(&kept->counts, &counts);

	if (!err)
		err = mu_batch_init(out, batch->n_children + 1, batch->length);
	for (int64_t i = 0; i < batch->n_children && !err; i++)
		mu_batch_move(out, i + (i >= visible), batch, i);
	if (!err)
		mu_batch_move(out, visible, &counts, 0);
	mu_array_release(&counts);
	return err ? out_of_memory(ctx) : 0;
}

int kept_give(struct mu_ctx *ctx, struct consolidate *self, struct ArrowArray *out)
{
	struct kept *kept = &self->kept;
	struct ArrowArray *batch;
	struct mu_rows rows;
	int err = kept->builder.rows ? batch_end(ctx, kept) : 0;

	if (err || kept->next == kept->count)
		return err;
	batch = &kept->batches[kept->next++];
	rows = mu_rows(ctx->schema, batch);
	for (int64_t row = 0; row < batch->length; row++) {
		const struct group *group = group_next(kept, &self->groups);

		if (group)
			totals_put(self, group, batch, row);
		if (!self->count)
			continue;
		if (!mu_row_is_claim(&rows, row))
			mu_put_integer(&kept->counts, 0, group ? (int64_t)group->rows : 1);
		mu_end_row(&kept->counts);
	}
	if (self->count) {
		err = count_add(ctx, kept, batch, out);
		mu_array_release(batch);
		return err;
	}
	*out = *batch;
	batch->release = NULL;
	return 0;
}
