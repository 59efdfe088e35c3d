/*
 * One row for each key.
 *
 *     - transform: consolidate
 *       key: [as_of, contributor, mission, personnel_type]
 *       on_equal: identical           # default: refuse
 *       nullable: [mission]           # may be unknown
 *       origin: [source]              # columns that may differ in equal rows
 *
 * Rows of all sources come in one after another, in the order of the pipeline
 * file.  What becomes of a row whose key was there before:
 *
 *     refuse     it is an error
 *     identical  when all its other columns but those of `origin` are the same
 *                too, it is left out with a warning, else it is an error
 *     sum        its measures are added to those of the first row; it is an
 *                error when its other columns differ.  With `count` a column of that
 *                name says of how many rows each is the sum; null in claims
 *     first      it is left out with a warning, whatever it has
 *     documents  those of a later document are left out, with a warning a key, when they
 *                are, all together, the same as the first document's in all columns
 *                but those of `origin`, else they are errors, as the first document's then are.
 *                Rows of one key in one document are errors, too.  Where these are to be added up, a
 *                consolidate with on_equal: sum, and a column that names the document
 *                in its key, comes before
 *
 * So a key never comes out twice.  Every error and warning names both rows.  With an error the later row is the
 * one that is wrong: the first stays where it is.  A row with null in a column
 * of the key is an error unless `nullable` names it.  Claims, and rows that an earlier stage found wrong,
 * pass as they are and are compared with nothing.  Rows come out in the order
 * in which they came.  `documents` keeps all of them in memory until the last is there,
 * `sum` one for each key (and what passes), the others just what tells rows apart.
 */
#include "consolidate.h"

#include <stdlib.h>

/* documents: a row, by its key and document. */
struct occurrence {
	size_t group, start, len; /* its columns of `compared`, in `values` */
	uint64_t at;
	size_t batch;
	int64_t row;
	size_t order; /* in which it came */
};

struct batch {
	struct ArrowArray rows;
	bool *left_out; /* whether each row is */
};

static bool columns_have(const struct columns *columns, int64_t index)
{
	size_t i;

	for (i = 0; i < columns->count; i++)
		if (columns->index[i] == index)
			return true;
	return false;
}

static struct columns columns_new(struct mu_ctx *ctx, size_t room)
{
	return (struct columns){ .index = mu_alloc(ctx, (room + 1) * sizeof(int64_t)) };
}

static int columns_named(struct mu_ctx *ctx, const struct mu_texts *names, struct columns *out)
{
	size_t i;
	int err = 0, wrong;

	*out = columns_new(ctx, names->count);
	for (i = 0; i < names->count; i++) {
		const char **name = &names->items[i];
		int64_t index;

		wrong = mu_option_column(ctx, name, &index);
		if (wrong)
			err = wrong;
		else if (columns_have(out, index))
			err = mu_invalid(ctx, name, "column '%s' is named twice", *name);
		else
			out->index[out->count++] = index;
	}
	return err;
}

/* Options that contradict each other. */
static int check_options(struct mu_ctx *ctx, struct consolidate *self)
{
	size_t i;
	int err = 0;

	for (i = 0; i < self->origins.count; i++)
		if (columns_have(&self->keys, self->origins.index[i]))
			err = mu_invalid(ctx, &self->origin.items[i],
					 "column '%s' is part of the key, so it cannot differ",
					 self->origin.items[i]);
	if (self->on_equal != SUM && self->count)
		return mu_invalid(ctx, &self->count, "count goes with on_equal: sum");
	if (self->on_equal != SUM)
		return err;
	for (i = 0; i < self->keys.count; i++)
		if (columns_have(&self->measures, self->keys.index[i]))
			err = mu_invalid(ctx, &self->key.items[i],
					 "column '%s' is a measure, so it is added up and cannot "
					 "be part of the key",
					 self->key.items[i]);
	if (!self->measures.count && !self->count)
		err = mu_invalid(ctx, &self->on_equal,
				 "no column is a measure, so there is nothing to add up");
	if (self->count && (!*self->count || mu_schema_find(ctx->schema, self->count) >= 0))
		err = mu_invalid(ctx, &self->count, "there is a column '%s' already", self->count);
	return err;
}

/* What comes out has the column `count` behind the others that have names. */
static int schema_make(struct mu_ctx *ctx, const struct consolidate *self, struct ArrowSchema *out)
{
	int64_t visible = mu_schema_visible(ctx->schema);
	int err = mu_schema_init(out);

	for (int64_t i = 0; i < ctx->schema->n_children && !err; i++) {
		if (i == visible)
			err = mu_schema_add(out, self->count, MU_INTEGER, false, NULL);
		if (!err)
			err = mu_schema_add_copy(out, ctx->schema->children[i], NULL);
	}
	return err ? out_of_memory(ctx) : 0;
}

static bool names_have(const struct mu_texts *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->items[i], name))
			return true;
	return false;
}

static int consolidate_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	struct consolidate *self = state;
	int64_t i, n = mu_schema_visible(ctx->schema);
	int err, wrong;

	err = columns_named(ctx, &self->key, &self->keys);
	wrong = columns_named(ctx, &self->origin, &self->origins);
	if (err || wrong)
		return err ? err : wrong;
	self->cells = mu_alloc(ctx, (size_t)ctx->schema->n_children * sizeof *self->cells);
	self->compared = columns_new(ctx, (size_t)n);
	self->measures = columns_new(ctx, (size_t)n);
	for (i = 0; i < n; i++) {
		bool measure = mu_schema_measure(ctx->schema->children[i]);

		if (measure)
			self->measures.index[self->measures.count++] = i;
		if (!(measure && self->on_equal == SUM) && !columns_have(&self->keys, i) &&
		    !columns_have(&self->origins, i))
			self->compared.index[self->compared.count++] = i;
	}
	self->may_be_null = mu_alloc(ctx, self->keys.count + 1);
	for (i = 0; i < (int64_t)self->keys.count; i++)
		self->may_be_null[i] =
			names_have(&self->nullable, column_name(ctx, self->keys.index[i]));
	err = check_options(ctx, self);
	block_init(ctx, &self->block, self->keys.index, self->keys.count, self->measures.count);
	tally_init(&self->groups, self->block.width,
		   self->on_equal == SUM ? self->measures.count : 0, (uint64_t)self->max_rows);
	self->firsts.size = sizeof(struct first);
	if (!err && self->on_equal == SUM)
		err = kept_open(ctx, self);
	return err || !self->count ? err : schema_make(ctx, self, out);
}

struct phrase phrase_key(const struct mu_ctx *ctx, const struct consolidate *self, int64_t row)
{
	struct phrase phrase = { .len = 0 };
	size_t i;

	for (i = 0; i < self->keys.count; i++) {
		char space[MU_FORMAT_MAX];
		int64_t index = self->keys.index[i];
		struct mu_string value = mu_format(&self->cells[index], row, space);

		phrase_puts(&phrase, i ? ", " : "");
		phrase_puts(&phrase, column_name(ctx, index));
		phrase_puts(&phrase, " ");
		phrase_add(&phrase, value.data, value.len);
	}
	return phrase;
}

/* A row whose key is that of finding.other, and a column that is another one there,
 * or -1.  `outcome` ends the message. */
static int report_equal(struct mu_ctx *ctx, const struct consolidate *self,
			struct mu_finding finding, int64_t row, int64_t differs,
			const char *outcome)
{
	struct phrase key = phrase_key(ctx, self, row);

	finding.beside = finding.other;
	if (differs < 0)
		return mu_report(ctx, finding, "an equal row with %s was there before%s", key.text,
				 outcome);
	finding.field = column_name(ctx, differs);
	return mu_report(ctx, finding, "a row with %s and another %s was there before%s", key.text,
			 finding.field, outcome);
}

int report_conflict(struct mu_ctx *ctx, const struct consolidate *self, uint64_t other, int64_t row,
		    uint64_t at, int64_t differs)
{
	struct mu_finding finding = { .code = "conflict", .at = at, .other = other };

	return report_equal(ctx, self, finding, row, differs, "");
}

/* Says that a row is left out, with all that it has. */
static int leave_out(struct mu_ctx *ctx, const struct consolidate *self, int64_t row)
{
	int err = mu_adjusted(ctx, NULL, -1);
	size_t i;

	for (i = 0; i < self->measures.count && !err; i++) {
		const struct mu_column *cells = &self->cells[self->measures.index[i]];
		const char *name = column_name(ctx, self->measures.index[i]);
		int64_t value = mu_null(cells, row) ? 0 : mu_get_integer(cells, row);

		if (value == INT64_MIN) { /* which has no opposite */
			err = mu_adjusted(ctx, name, 1);
			value++;
		}
		if (value && !err)
			err = mu_adjusted(ctx, name, -value);
	}
	return err;
}

/* No value's bytes begin another's, so they can be compared one by one. */
int differing(struct consolidate *self, size_t start, int64_t row, int64_t *column)
{
	size_t i;

	for (i = 0; i < self->compared.count; i++) {
		struct mu_key *value = &self->value;

		*column = self->compared.index[i];
		mu_key_clear(value);
		mu_key_add(value, &self->cells[*column], row);
		if (value->broken)
			return ENOMEM;
		if (value->len > self->values.len - start ||
		    memcmp(self->values.data + start, value->data, value->len) != 0)
			return 0;
		start += value->len;
	}
	*column = -1;
	return 0;
}

int groups_failed(struct mu_ctx *ctx, const struct consolidate *self, int err)
{
	if (err != E2BIG)
		return err ? out_of_memory(ctx) : 0;
	return mu_fail(ctx, E2BIG, "more than %lld rows to %s: raise max_rows",
		       (long long)self->max_rows,
		       self->on_equal == SUM ? "keep in memory" : "compare");
}

/* Appends the compared columns of a row to self->values; where they begin there is
 * what differing() wants.  False when memory is out. */
static bool values_add(struct consolidate *self, int64_t row)
{
	for (size_t i = 0; i < self->compared.count; i++)
		mu_key_add(&self->values, &self->cells[self->compared.index[i]], row);
	return !self->values.broken;
}

int first_add(struct mu_ctx *ctx, struct consolidate *self, int64_t row, uint64_t at)
{
	struct first *first = pile_add(&self->firsts);

	if (!first)
		return out_of_memory(ctx);
	*first = (struct first){ .at = at, .start = self->values.len };
	return !self->compared.count || values_add(self, row) ? 0 : out_of_memory(ctx);
}

/* A row whose key was there before. */
static int take_equal(struct mu_ctx *ctx, struct consolidate *self, size_t group, int64_t row,
		      uint64_t at, bool *left_out)
{
	const struct first *first = first_of(self, group);
	struct mu_finding finding = {
		.code = "repeated", .at = at, .other = first->at, .severity = MU_WARNING
	};
	int64_t differs;
	int err;

	if (differing(self, first->start, row, &differs))
		return out_of_memory(ctx);
	if (self->on_equal == REFUSE || (self->on_equal != FIRST && differs >= 0))
		return report_conflict(ctx, self, first->at, row, at, differs);
	err = report_equal(ctx, self, finding, row, differs, ", so this one is left out");
	if (err)
		return err;
	*left_out = true;
	return leave_out(ctx, self, row);
}

/* Whether there is a value in all columns of the key of a row that have to have one. */
static bool key_is_whole(const struct consolidate *self, int64_t row)
{
	for (size_t i = 0; i < self->keys.count; i++)
		if (mu_null(&self->cells[self->keys.index[i]], row) && !self->may_be_null[i])
			return false;
	return true;
}

/* Reports what is null in the key of a row and may not be. */
static int report_null_key(struct mu_ctx *ctx, const struct consolidate *self, int64_t row,
			   uint64_t at)
{
	int err = 0;

	for (size_t i = 0; i < self->keys.count && !err; i++) {
		int64_t index = self->keys.index[i];
		struct mu_finding finding = { .code = "null-key",
					      .at = at,
					      .field = column_name(ctx, index) };

		if (mu_null(&self->cells[index], row) && !self->may_be_null[i])
			err = mu_report(ctx, finding, "%s is empty, and it is part of the key",
					finding.field);
	}
	return err;
}

/* Remembers a row until all of its key are there. */
static int take_occurrence(struct mu_ctx *ctx, struct consolidate *self, size_t group, int64_t row,
			   uint64_t at)
{
	struct occurrence o = { .group = group,
				.start = self->values.len,
				.at = at,
				.batch = self->n_batches - 1,
				.row = row,
				.order = self->n_occurrences };

	if (self->n_occurrences == self->occurrences_room) {
		size_t room = self->occurrences_room ? self->occurrences_room * 2 : 1024;
		struct occurrence *more =
			reallocarray(self->occurrences, room, sizeof *self->occurrences);

		if (!more)
			return out_of_memory(ctx);
		self->occurrences = more;
		self->occurrences_room = room;
	}
	if (!values_add(self, row))
		return out_of_memory(ctx);
	o.len = self->values.len - o.start;
	self->occurrences[self->n_occurrences++] = o;
	return 0;
}

/* Decides what becomes of a row with a key, by the index of its group. */
static int take_keyed(struct mu_ctx *ctx, struct consolidate *self, size_t group, int64_t row,
		      uint64_t at, bool *left_out)
{
	bool is_first = group == self->firsts.count;

	switch (self->on_equal) {
	case DOCUMENTS:
		return take_occurrence(ctx, self, group, row, at);
	case SUM:
		return is_first ? sum_first(ctx, self, group, row, at)
				: sum_later(ctx, self, group, row, at);
	default:
		return is_first ? first_add(ctx, self, row, at)
				: take_equal(ctx, self, group, row, at, &left_out[row]);
	}
}

/* Keys are looked up for all rows that have one.  Rows without, which are claims, rejected, or
 * errors, pass in between. */
int rows_take(struct mu_ctx *ctx, struct consolidate *self, const struct mu_rows *rows,
	      int64_t from, size_t n, bool *left_out)
{
	struct block *block = &self->block;
	size_t keyed = 0, next = 0, i;
	int err = 0;

	for (i = 0; i < n; i++) {
		int64_t row = from + (int64_t)i;

		if (!mu_row_is_claim(rows, row) && !mu_row_is_rejected(rows, row) &&
		    key_is_whole(self, row))
			block->starts[keyed++] = (uint32_t)i;
	}
	err = groups_failed(ctx, self, block_rows(block, &self->groups, from, keyed, 0));
	for (i = 0; i < n && !err; i++) {
		int64_t row = from + (int64_t)i;
		uint64_t at = mu_row_at(rows, row);

		if (next < keyed && block->starts[next] == i) {
			err = take_keyed(ctx, self, block->indices[next++], row, at, left_out);
			continue;
		}
		if (!mu_row_is_claim(rows, row) && !mu_row_is_rejected(rows, row))
			err = report_null_key(ctx, self, row, at);
		if (!err && self->on_equal == SUM)
			err = kept_pass(ctx, self, row);
	}
	return err;
}

static void batch_release(struct batch *batch)
{
	mu_array_release(&batch->rows);
	free(batch->left_out);
	*batch = (struct batch){ 0 };
}

static void cells_fill(const struct mu_ctx *ctx, struct consolidate *self,
		       const struct ArrowArray *rows)
{
	int64_t i;

	for (i = 0; i < ctx->schema->n_children; i++)
		self->cells[i] = mu_column(ctx->schema, rows, i);
}

/* Makes self->cells and self->block those of a batch; false when memory is out. */
static bool batch_turn(const struct mu_ctx *ctx, struct consolidate *self,
		       const struct ArrowArray *rows)
{
	cells_fill(ctx, self, rows);
	return block_turn(&self->block, ctx->schema, rows);
}

/* Decides what becomes of each row of a batch. */
static int batch_take(struct mu_ctx *ctx, struct consolidate *self, struct batch *batch)
{
	struct mu_rows rows = mu_rows(ctx->schema, &batch->rows);
	int64_t length = batch->rows.length, from;
	size_t n;
	int err = 0;

	batch->left_out = calloc((size_t)length + 1, sizeof *batch->left_out);
	if (!batch->left_out || !batch_turn(ctx, self, &batch->rows))
		return out_of_memory(ctx);
	for (from = 0; from < length && !err; from += (int64_t)n) {
		n = length - from < BLOCK ? (size_t)(length - from) : BLOCK;
		err = rows_take(ctx, self, &rows, from, n, batch->left_out);
	}
	return err;
}

static bool batch_changes(const struct batch *batch)
{
	return memchr(batch->left_out, 1, (size_t)batch->rows.length) != NULL;
}

/* Gives out what is left of a batch; `out` stays released when that is nothing. */
static int batch_give(struct mu_ctx *ctx, struct consolidate *self, struct batch *batch,
		      struct ArrowArray *out)
{
	struct mu_builder b = { 0 };
	int64_t row;
	int err;

	if (!batch_changes(batch)) {
		*out = batch->rows;
		batch->rows.release = NULL;
		return 0;
	}
	cells_fill(ctx, self, &batch->rows);
	err = mu_builder_init(&b, ctx->schema);
	for (row = 0; row < batch->rows.length && !err; row++)
		if (!batch->left_out[row])
			mu_copy_row(&b, self->cells, row);
	if (!err)
		err = mu_builder_finish(&b, out);
	mu_builder_release(&b);
	return err ? mu_fail(ctx, err, "out of memory") : 0;
}

/* The next batch of which something is left. */
static int stream(struct mu_ctx *ctx, struct consolidate *self, struct ArrowArray *out)
{
	int err = 0;

	while (!err && !out->release) {
		struct batch batch = { 0 };

		err = mu_pull(ctx, &batch.rows);
		if (err || !batch.rows.release)
			return err;
		err = batch_take(ctx, self, &batch);
		if (!err)
			err = batch_give(ctx, self, &batch, out);
		batch_release(&batch);
	}
	return err;
}

/* Room for one batch more. */
static bool batches_grow(struct consolidate *self)
{
	size_t room = self->batches_room ? self->batches_room * 2 : 16;
	struct batch *batches;

	if (self->n_batches < self->batches_room)
		return true;
	batches = reallocarray(self->batches, room, sizeof *batches);
	if (!batches)
		return false;
	self->batches = batches;
	self->batches_room = room;
	return true;
}

static int collect(struct mu_ctx *ctx, struct consolidate *self)
{
	int err = 0;

	while (!err) {
		struct batch *batch;

		if (!batches_grow(self))
			return out_of_memory(ctx);
		batch = &self->batches[self->n_batches];
		*batch = (struct batch){ 0 };
		err = mu_pull(ctx, &batch->rows);
		if (err || !batch->rows.release)
			return err;
		self->n_batches++;
		self->rows += (uint64_t)batch->rows.length;
		if (self->rows > (uint64_t)self->max_rows)
			return mu_fail(ctx, E2BIG,
				       "more than %lld rows to keep in memory: "
				       "raise max_rows",
				       (long long)self->max_rows);
		err = batch_take(ctx, self, batch);
	}
	return err;
}

static int compare_values(const struct consolidate *self, const struct occurrence *a,
			  const struct occurrence *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int c = memcmp(self->values.data + a->start, self->values.data + b->start, len);

	return c ? c : a->len < b->len ? -1 : a->len > b->len;
}

/* By key, then document in the order in which they came, then what they say. */
static int by_document(const void *x, const void *y, void *data)
{
	const struct occurrence *a = x, *b = y;
	int c;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (mu_at_document(a->at) != mu_at_document(b->at))
		return mu_at_document(a->at) < mu_at_document(b->at) ? -1 : 1;
	c = compare_values(data, a, b);
	return c ? c : a->order < b->order ? -1 : 1;
}

/* How many of `n` rows are of one key and document. */
static size_t run_length(const struct occurrence *o, size_t n)
{
	size_t k = 1;

	while (k < n && o[k].group == o[0].group &&
	       mu_at_document(o[k].at) == mu_at_document(o[0].at))
		k++;
	return k;
}

static bool same_rows(const struct consolidate *self, const struct occurrence *a, size_t n,
		      const struct occurrence *b, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (compare_values(self, &a[i], &b[i]) != 0)
			return false;
	return true;
}

/* The rows of a later document that have the key of those of an earlier one. */
static int take_later(struct mu_ctx *ctx, struct consolidate *self, const struct occurrence *first,
		      size_t n, const struct occurrence *later, size_t m)
{
	const struct mu_document *document = mu_document(ctx, first->at);
	const char *name = document ? document->name : "another document";
	struct mu_finding finding = { .code = "repeated",
				      .at = later->at,
				      .other = first->at,
				      .beside = first->at,
				      .severity = MU_WARNING };
	int err = 0;

	if (same_rows(self, first, n, later, m)) {
		err = mu_report(ctx, finding,
				"the same rows are in %s already, so they are left out", name);
		for (size_t i = 0; i < m && !err; i++) {
			struct batch *batch = &self->batches[later[i].batch];

			batch->left_out[later[i].row] = true;
			cells_fill(ctx, self, &batch->rows);
			err = leave_out(ctx, self, later[i].row);
		}
		return err;
	}
	finding.code = "conflict";
	finding.severity = MU_ERROR;
	for (size_t i = 0; i < m && !err; i++) {
		finding.at = later[i].at;
		finding.other = finding.beside = first[i < n ? i : 0].at;
		err = n == m ? mu_report(ctx, finding, "%s has other values for the same key", name)
			     : mu_report(ctx, finding,
					 "%s has the same key in %zu %s, and this document in %zu",
					 name, n, n == 1 ? "row" : "rows", m);
	}
	return err;
}

/* Several rows of a document have one key; the earliest is the one that others are
 * compared with. */
static int take_doubles(struct mu_ctx *ctx, struct consolidate *self, const struct occurrence *o,
			size_t n)
{
	const struct occurrence *first = o;
	int err = 0;

	for (size_t i = 1; i < n; i++)
		first = o[i].order < first->order ? &o[i] : first;
	for (size_t i = 0; i < n && !err; i++) {
		int64_t differs;

		if (&o[i] == first)
			continue;
		cells_fill(ctx, self, &self->batches[o[i].batch].rows);
		err = differing(self, first->start, o[i].row, &differs)
			      ? out_of_memory(ctx)
			      : report_conflict(ctx, self, first->at, o[i].row, o[i].at, differs);
	}
	return err;
}

static int documents_compare(struct mu_ctx *ctx, struct consolidate *self)
{
	const struct occurrence *o = self->occurrences;
	size_t i, first = 0, n = 0, m;
	int err = 0;

	if (self->n_occurrences)
		qsort_r(self->occurrences, self->n_occurrences, sizeof *o, by_document, self);
	for (i = 0; i < self->n_occurrences && !err; i += m) {
		m = run_length(&o[i], self->n_occurrences - i);
		if (!i || o[i].group != o[first].group) {
			first = i;
			n = m;
			err = take_doubles(ctx, self, &o[first], n);
		} else {
			err = take_later(ctx, self, &o[first], n, &o[i], m);
		}
		if (mu_cancelled(ctx))
			err = ECANCELED;
	}
	return err;
}

static int documents(struct mu_ctx *ctx, struct consolidate *self, struct ArrowArray *out)
{
	int err = 0;

	if (!self->complete)
		err = collect(ctx, self);
	if (!self->complete && !err)
		err = documents_compare(ctx, self);
	self->complete = true;
	while (!err && !out->release && self->next < self->n_batches) {
		struct batch *batch = &self->batches[self->next++];

		err = batch_give(ctx, self, batch, out);
		batch_release(batch);
	}
	return err;
}

static int sum(struct mu_ctx *ctx, struct consolidate *self, struct ArrowArray *out)
{
	struct ArrowArray rows = { .release = NULL };
	int err = 0;

	while (!self->complete && !err) {
		err = mu_pull(ctx, &rows);
		self->complete = !err && !rows.release;
		if (err || self->complete)
			break;
		err = batch_turn(ctx, self, &rows) ? sum_take(ctx, self, &rows)
						   : out_of_memory(ctx);
		mu_array_release(&rows);
	}
	return err ? err : kept_give(ctx, self, out);
}

static int consolidate_transform(struct mu_ctx *ctx, void *state, struct ArrowArray *out)
{
	struct consolidate *self = state;

	switch (self->on_equal) {
	case SUM:
		return sum(ctx, self, out);
	case DOCUMENTS:
		return documents(ctx, self, out);
	default:
		return stream(ctx, self, out);
	}
}

/* What tells rows apart and what is added up decides about rows and findings, whether
 * or not it is looked at again; only columns of `origin` do not. */
static void consolidate_uses(struct mu_ctx *ctx, void *state, const bool *out, bool *in)
{
	const struct consolidate *self = state;

	for (int64_t i = 0; i < mu_schema_visible(ctx->schema); i++)
		if (out[i] || columns_have(&self->keys, i) || columns_have(&self->compared, i) ||
		    columns_have(&self->measures, i))
			in[i] = true;
}

static void consolidate_close(struct mu_ctx *ctx, void *state)
{
	struct consolidate *self = state;
	size_t i;

	(void)ctx;
	for (i = 0; i < self->n_batches; i++)
		batch_release(&self->batches[i]);
	block_release(&self->block);
	tally_release(&self->groups);
	pile_release(&self->firsts);
	kept_close(&self->kept);
	free(self->batches);
	free(self->occurrences);
	mu_key_release(&self->value);
	mu_key_release(&self->values);
}

static const char *const on_equal_choices[] = { "refuse", "identical", "sum",
						"first",  "documents", NULL };

static const struct mu_option consolidate_options[] = {
	MU_OPT_TEXTS(struct consolidate, key, .required = true, .min = 1, .max = 1000,
		     .help = "columns that together tell rows apart"),
	MU_OPT_CHOICE(
		struct consolidate, on_equal, .choices = on_equal_choices, .fallback = "refuse",
		.help = "what becomes of rows of the same key: refuse: an error; identical: left "
			"out with a warning when all else is equal, or an error; sum: added to the "
			"first; first: left out with a warning; documents: those of a later "
			"document "
			"are left out with a warning when they are the same, all else is an error"),
	MU_OPT_TEXTS(struct consolidate, origin,
		     .help = "columns that may differ in equal rows; the first row's are kept"),
	MU_OPT_TEXTS(struct consolidate, nullable,
		     .help = "columns of the key that may be unknown: that is a value of its own"),
	MU_OPT_TEXT(struct consolidate, count,
		    .help = "sum: a new column for the number of rows that were added up"),
	MU_OPT_INT(struct consolidate, max_rows, .fallback = "50000000", .min = 1, .max = 4e9,
		   .help = "most rows to remember"),
	{ 0 }
};

static const struct mu_code consolidate_codes[] = {
	{ "conflict",
	  "Two rows have the same key, and the pipeline does not say which one is right.",
	  "Correct the row that is wrong, add the column that tells the two apart to the key, "
	  "or choose another way with on_equal." },
	{ "repeated",
	  "Two rows have the same key; the later one was left out, as the pipeline asks.",
	  "Make sure that the two mean the same people, so that nobody is counted twice." },
	{ "null-key",
	  "A row has no value in a column of the key, so nothing can tell what it is a row of.",
	  "Find out why the value is unknown, or take the column out of the key." },
	{ "overflow",
	  "The measures of rows with the same key add up to a number that does not fit 64 bits.",
	  "One of the numbers is misread: look for the longest." },
	{ 0 }
};

MUSTER_PLUGIN(.name = "consolidate", .summary = "rows of all sources to one row for each key",
	      .options = consolidate_options, .codes = consolidate_codes,
	      .self_size = sizeof(struct consolidate), .open = consolidate_open,
	      .close = consolidate_close, .transform = consolidate_transform,
	      .uses = consolidate_uses);
