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
 *                error when its other columns differ
 *     first      it is left out with a warning, whatever it has
 *     documents  rows of one document all count; those of a later document are
 *                left out, with a warning a key, when they are, all together, the
 *                same as the first document's in all columns but those of `origin`,
 *                else they are errors
 *
 * Every error and warning names both rows.  With an error the later row is the
 * one that is wrong: the first stays where it is.  A row with null in a column
 * of the key is an error unless `nullable` names it.  Claims, and rows that an earlier stage found wrong,
 * pass as they are and are compared with nothing.  Rows come out in the order
 * in which they came; `sum` and `documents` keep all of them in memory until the last
 * is there, the others just what tells rows apart.
 */
#include <stdlib.h>

#include <muster/map.h>

#include "phrase.h"

enum on_equal { REFUSE, IDENTICAL, SUM, FIRST, DOCUMENTS };

/* What becomes of a row; from 0 on, it is the first of that key and takes on
 * the totals of all. */
enum { KEEP = -1, LEAVE_OUT = -2 };

struct columns {
	size_t count;
	int64_t *index;
};

/* The first row of a key. */
struct first {
	uint64_t at;
	size_t start; /* in `values`: its columns of `compared` */
	bool merged;  /* other rows were added to it */
};

struct total {
	int64_t value;
	bool known;
};

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
	int64_t *fate; /* of each row */
};

struct consolidate {
	/* the options */
	struct mu_texts key, origin, nullable;
	int on_equal;
	int64_t max_rows;

	struct columns keys;     /* those of `key` */
	struct columns compared; /* those that should be the same in equal rows */
	struct columns measures;
	struct mu_column *cells; /* all columns, of the batch at hand */

	struct mu_map seen;
	struct mu_key value;  /* of the row at hand */
	struct mu_key values; /* of all first rows */
	struct first *firsts; /* by their index in `seen` */
	struct total *totals; /* sum: a measure of a first row each */
	size_t room;          /* of both */

	struct occurrence *occurrences; /* documents */
	size_t n_occurrences, occurrences_room;

	/* sum, documents: all batches, until they are given out again */
	struct batch *batches;
	size_t n_batches, batches_room, next;
	uint64_t rows;
	bool complete;
};

static int out_of_memory(struct mu_ctx *ctx)
{
	return mu_fail(ctx, ENOMEM, "out of memory");
}

/* -------------------------------------------------------------- columns */

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
	int err = 0;

	*out = columns_new(ctx, names->count);
	for (i = 0; i < names->count; i++) {
		const char **name = &names->items[i];
		int64_t index = mu_schema_find(ctx->schema, *name);

		if (index < 0 || index >= mu_schema_visible(ctx->schema))
			err = mu_invalid(ctx, name, "no column is called '%s'", *name);
		else if (columns_have(out, index))
			err = mu_invalid(ctx, name, "column '%s' is named twice", *name);
		else
			out->index[out->count++] = index;
	}
	return err;
}

static const char *column_name(const struct mu_ctx *ctx, int64_t index)
{
	return ctx->schema->children[index]->name;
}

/* Options that contradict each other. */
static int check_options(struct mu_ctx *ctx, struct consolidate *self, const struct columns *origin)
{
	size_t i;
	int err = 0;

	for (i = 0; i < origin->count; i++)
		if (columns_have(&self->keys, origin->index[i]))
			err = mu_invalid(ctx, &self->origin.items[i],
					 "column '%s' is part of the key, so it cannot differ",
					 self->origin.items[i]);
	if (self->on_equal != SUM)
		return err;
	for (i = 0; i < self->keys.count; i++)
		if (columns_have(&self->measures, self->keys.index[i]))
			err = mu_invalid(ctx, &self->key.items[i],
					 "column '%s' is a measure, so it is added up and cannot "
					 "be part of the key",
					 self->key.items[i]);
	if (!self->measures.count)
		err = mu_invalid(ctx, &self->on_equal,
				 "no column is a measure, so there is nothing to add up");
	return err;
}

static int consolidate_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	struct consolidate *self = state;
	int64_t i, n = mu_schema_visible(ctx->schema);
	struct columns origin;
	int err, wrong;

	(void)out;
	err = columns_named(ctx, &self->key, &self->keys);
	wrong = columns_named(ctx, &self->origin, &origin);
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
		    !columns_have(&origin, i))
			self->compared.index[self->compared.count++] = i;
	}
	return check_options(ctx, self, &origin);
}

/* --------------------------------------------------------------- findings */

/* "as_of 2023-11-24, mission EULEX Kosovo": the key of a row. */
static struct phrase phrase_key(const struct mu_ctx *ctx, const struct consolidate *self,
				int64_t row)
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

/* A row whose key is that of `first`, and a column that is another one there, or
 * -1.  `outcome` ends the message. */
static int report_equal(struct mu_ctx *ctx, const struct consolidate *self,
			struct mu_finding finding, const struct first *first, int64_t row,
			int64_t differs, const char *outcome)
{
	struct phrase key = phrase_key(ctx, self, row);

	finding.other = first->at;
	if (differs < 0)
		return mu_report(ctx, finding, "an equal row with %s was there before%s", key.text,
				 outcome);
	finding.field = column_name(ctx, differs);
	return mu_report(ctx, finding, "a row with %s and another %s was there before%s", key.text,
			 finding.field, outcome);
}

static int report_conflict(struct mu_ctx *ctx, const struct consolidate *self,
			   const struct first *first, int64_t row, uint64_t at, int64_t differs)
{
	return report_equal(ctx, self, (struct mu_finding){ .code = "conflict", .at = at }, first,
			    row, differs, "");
}

/* ------------------------------------------------------------------- rows */

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

/* The first of the compared columns that is another one in the first row, or -1;
 * -2 when memory is out.  No value's bytes begin another's, so they can be
 * compared one by one. */
static int64_t differing(struct consolidate *self, const struct first *first, int64_t row)
{
	size_t i, start = first->start;

	for (i = 0; i < self->compared.count; i++) {
		int64_t index = self->compared.index[i];
		struct mu_key *value = &self->value;

		mu_key_clear(value);
		mu_key_add(value, &self->cells[index], row);
		if (value->broken)
			return -2;
		if (value->len > self->values.len - start ||
		    memcmp(self->values.data + start, value->data, value->len) != 0)
			return index;
		start += value->len;
	}
	return -1;
}

/* Whether the measures of a row can be added to those of the first; else says
 * why not.  1, 0, or a negative errno value. */
static int addable(struct mu_ctx *ctx, struct consolidate *self, size_t group, int64_t row,
		   uint64_t at)
{
	struct phrase key;
	size_t i;
	int err;

	for (i = 0; i < self->measures.count; i++) {
		const struct mu_column *cells = &self->cells[self->measures.index[i]];
		const struct total *total = &self->totals[group * self->measures.count + i];
		struct mu_finding finding = { .code = "conflict",
					      .at = at,
					      .field = column_name(ctx, self->measures.index[i]),
					      .other = self->firsts[group].at };
		bool known = !mu_null(cells, row);
		int64_t sum;

		if (known == total->known &&
		    !(known &&
		      __builtin_add_overflow(total->value, mu_get_integer(cells, row), &sum)))
			continue;
		key = phrase_key(ctx, self, row);
		if (known != total->known) {
			err = mu_report(ctx, finding,
					"%s of rows with %s cannot be added: it is "
					"unknown in one of them",
					finding.field, key.text);
		} else {
			finding.code = "overflow";
			err = mu_report(ctx, finding,
					"%s of rows with %s adds up to a number that "
					"does not fit 64 bits",
					finding.field, key.text);
		}
		return -err;
	}
	return 1;
}

static int add(struct mu_ctx *ctx, struct consolidate *self, size_t group, int64_t row, uint64_t at,
	       int64_t *fate)
{
	int yes = addable(ctx, self, group, row, at);
	size_t i;

	if (yes <= 0)
		return -yes;
	for (i = 0; i < self->measures.count; i++) {
		const struct mu_column *cells = &self->cells[self->measures.index[i]];
		struct total *total = &self->totals[group * self->measures.count + i];

		if (total->known)
			total->value += mu_get_integer(cells, row);
	}
	self->firsts[group].merged = true;
	*fate = LEAVE_OUT;
	return mu_adjusted(ctx, NULL, -1);
}

/* A row whose key was there before. */
static int take_equal(struct mu_ctx *ctx, struct consolidate *self, size_t group, int64_t row,
		      uint64_t at, int64_t *fate)
{
	const struct first *first = &self->firsts[group];
	int64_t differs = differing(self, first, row);
	int err;

	if (differs == -2)
		return out_of_memory(ctx);
	if (self->on_equal == REFUSE || (self->on_equal != FIRST && differs >= 0))
		return report_conflict(ctx, self, first, row, at, differs);
	if (self->on_equal == SUM)
		return add(ctx, self, group, row, at, fate);
	err = report_equal(
		ctx, self,
		(struct mu_finding){ .code = "repeated", .at = at, .severity = MU_WARNING }, first,
		row, differs, ", so this one is left out");
	if (err)
		return err;
	*fate = LEAVE_OUT;
	return leave_out(ctx, self, row);
}

static bool firsts_grow(struct consolidate *self)
{
	size_t room = self->room ? self->room * 2 : 256;
	struct first *firsts = reallocarray(self->firsts, room, sizeof *firsts);
	struct total *totals;

	if (!firsts)
		return false;
	self->firsts = firsts;
	if (self->on_equal == SUM) {
		totals = reallocarray(self->totals, room, self->measures.count * sizeof *totals);
		if (!totals)
			return false;
		self->totals = totals;
	}
	self->room = room;
	return true;
}

/* Remembers the first row of a key. */
static int take_first(struct mu_ctx *ctx, struct consolidate *self, size_t group, int64_t row,
		      uint64_t at, int64_t *fate)
{
	size_t i;

	if (self->seen.count > (uint64_t)self->max_rows)
		return mu_fail(ctx, E2BIG, "more than %lld rows to compare: raise max_rows",
			       (long long)self->max_rows);
	if (group == self->room && !firsts_grow(self))
		return out_of_memory(ctx);
	self->firsts[group] = (struct first){ .at = at, .start = self->values.len };
	for (i = 0; i < self->compared.count; i++)
		mu_key_add(&self->values, &self->cells[self->compared.index[i]], row);
	if (self->values.broken)
		return out_of_memory(ctx);
	if (self->on_equal != SUM)
		return 0;
	for (i = 0; i < self->measures.count; i++) {
		const struct mu_column *cells = &self->cells[self->measures.index[i]];
		bool known = !mu_null(cells, row);

		self->totals[group * self->measures.count + i] =
			(struct total){ .known = known,
					.value = known ? mu_get_integer(cells, row) : 0 };
	}
	*fate = (int64_t)group;
	return 0;
}

static bool is_nullable(const struct consolidate *self, const char *name)
{
	for (size_t i = 0; i < self->nullable.count; i++)
		if (!strcmp(self->nullable.items[i], name))
			return true;
	return false;
}

/* Reports what is null in the key of a row.  1 when nothing is, 0, or a negative
 * errno value. */
static int key_is_whole(struct mu_ctx *ctx, const struct consolidate *self, int64_t row,
			uint64_t at)
{
	bool whole = true;
	size_t i;
	int err = 0;

	for (i = 0; i < self->keys.count && !err; i++) {
		int64_t index = self->keys.index[i];
		struct mu_finding finding = { .code = "null-key",
					      .at = at,
					      .field = column_name(ctx, index) };

		if (!mu_null(&self->cells[index], row) || is_nullable(self, finding.field))
			continue;
		whole = false;
		err = mu_report(ctx, finding, "%s is empty, and it is part of the key",
				finding.field);
	}
	return err ? -err : whole;
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
	for (size_t i = 0; i < self->compared.count; i++)
		mu_key_add(&self->values, &self->cells[self->compared.index[i]], row);
	if (self->values.broken)
		return out_of_memory(ctx);
	o.len = self->values.len - o.start;
	self->occurrences[self->n_occurrences++] = o;
	return 0;
}

/* Decides what becomes of a row of data. */
static int take_row(struct mu_ctx *ctx, struct consolidate *self, int64_t row, uint64_t at,
		    int64_t *fate)
{
	size_t i, group, before = self->seen.count;
	int whole = key_is_whole(ctx, self, row, at);

	if (whole <= 0)
		return -whole;
	mu_key_clear(&self->value);
	for (i = 0; i < self->keys.count; i++)
		mu_key_add(&self->value, &self->cells[self->keys.index[i]], row);
	if (self->value.broken)
		return out_of_memory(ctx);
	group = mu_map_add(&self->seen, self->value.data, self->value.len);
	if (group == SIZE_MAX)
		return out_of_memory(ctx);
	if (self->on_equal == DOCUMENTS)
		return take_occurrence(ctx, self, group, row, at);
	if (group == before)
		return take_first(ctx, self, group, row, at, fate);
	return take_equal(ctx, self, group, row, at, fate);
}

/* ---------------------------------------------------------------- batches */

static void batch_release(struct batch *batch)
{
	mu_array_release(&batch->rows);
	free(batch->fate);
	*batch = (struct batch){ 0 };
}

static void cells_fill(struct mu_ctx *ctx, struct consolidate *self, const struct batch *batch)
{
	int64_t i;

	for (i = 0; i < ctx->schema->n_children; i++)
		self->cells[i] = mu_column(ctx->schema, &batch->rows, i);
}

/* Decides what becomes of each row of a batch. */
static int batch_take(struct mu_ctx *ctx, struct consolidate *self, struct batch *batch)
{
	struct mu_rows rows = mu_rows(ctx->schema, &batch->rows);
	int64_t row;
	int err = 0;

	batch->fate = calloc((size_t)batch->rows.length + 1, sizeof *batch->fate);
	if (!batch->fate)
		return out_of_memory(ctx);
	cells_fill(ctx, self, batch);
	for (row = 0; row < batch->rows.length && !err; row++) {
		batch->fate[row] = KEEP;
		if (!mu_row_is_claim(&rows, row) && !mu_row_is_rejected(&rows, row))
			err = take_row(ctx, self, row, mu_row_at(&rows, row), &batch->fate[row]);
	}
	return err;
}

static bool batch_changes(const struct consolidate *self, const struct batch *batch)
{
	int64_t row;

	for (row = 0; row < batch->rows.length; row++) {
		int64_t fate = batch->fate[row];

		if (fate == LEAVE_OUT || (fate >= 0 && self->firsts[fate].merged))
			return true;
	}
	return false;
}

/* Adds the first row of a key with the totals of all of its rows. */
static void put_totals(struct mu_ctx *ctx, const struct consolidate *self, struct mu_builder *b,
		       int64_t row, size_t group)
{
	int64_t i;
	size_t m;

	for (i = 0; i < ctx->schema->n_children; i++)
		if (!columns_have(&self->measures, i))
			mu_put_value(b, i, &self->cells[i], row);
	for (m = 0; m < self->measures.count; m++) {
		const struct total *total = &self->totals[group * self->measures.count + m];

		if (total->known)
			mu_put_integer(b, self->measures.index[m], total->value);
	}
	mu_end_row(b);
}

/* Gives out what is left of a batch; `out` stays released when that is nothing. */
static int batch_give(struct mu_ctx *ctx, struct consolidate *self, struct batch *batch,
		      struct ArrowArray *out)
{
	struct mu_builder b = { 0 };
	int64_t row;
	int err;

	if (!batch_changes(self, batch)) {
		*out = batch->rows;
		batch->rows.release = NULL;
		return 0;
	}
	cells_fill(ctx, self, batch);
	err = mu_builder_init(&b, ctx->schema);
	for (row = 0; row < batch->rows.length && !err; row++) {
		if (batch->fate[row] >= 0)
			put_totals(ctx, self, &b, row, (size_t)batch->fate[row]);
		else if (batch->fate[row] == KEEP)
			mu_copy_row(&b, self->cells, row);
	}
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

/* -------------------------------------------------------------- documents */

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
	struct mu_finding finding = {
		.code = "repeated", .at = later->at, .other = first->at, .severity = MU_WARNING
	};
	int err = 0;

	if (same_rows(self, first, n, later, m)) {
		err = mu_report(ctx, finding,
				"the same rows are in %s already, so they are left out", name);
		for (size_t i = 0; i < m && !err; i++) {
			self->batches[later[i].batch].fate[later[i].row] = LEAVE_OUT;
			cells_fill(ctx, self, &self->batches[later[i].batch]);
			err = leave_out(ctx, self, later[i].row);
		}
		return err;
	}
	finding.code = "conflict";
	finding.severity = MU_ERROR;
	/* The first document's rows are not to blame. */
	finding.other = 0;
	for (size_t i = 0; i < m && !err; i++) {
		finding.at = later[i].at;
		err = mu_report(ctx, finding, "%s has other values for the same key", name);
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
		} else {
			err = take_later(ctx, self, &o[first], n, &o[i], m);
		}
		if (mu_cancelled(ctx))
			err = ECANCELED;
	}
	return err;
}

static int consolidate_transform(struct mu_ctx *ctx, void *state, struct ArrowArray *out)
{
	struct consolidate *self = state;
	int err = 0;

	if (self->on_equal != SUM && self->on_equal != DOCUMENTS)
		return stream(ctx, self, out);
	if (!self->complete)
		err = collect(ctx, self);
	if (!self->complete && !err && self->on_equal == DOCUMENTS)
		err = documents_compare(ctx, self);
	self->complete = true;
	while (!err && !out->release && self->next < self->n_batches) {
		struct batch *batch = &self->batches[self->next++];

		err = batch_give(ctx, self, batch, out);
		batch_release(batch);
	}
	return err;
}

static void consolidate_close(struct mu_ctx *ctx, void *state)
{
	struct consolidate *self = state;
	size_t i;

	(void)ctx;
	for (i = 0; i < self->n_batches; i++)
		batch_release(&self->batches[i]);
	free(self->batches);
	free(self->firsts);
	free(self->totals);
	free(self->occurrences);
	mu_map_release(&self->seen);
	mu_key_release(&self->value);
	mu_key_release(&self->values);
}

static const char *const on_equal_choices[] = { "refuse", "identical", "sum",
						"first",  "documents", NULL };

static const struct mu_option consolidate_options[] = {
	MU_OPT_TEXTS(struct consolidate, key, .required = true, .min = 1, .max = 1000,
		     .help = "columns that together tell rows apart"),
	MU_OPT_CHOICE(struct consolidate, on_equal, .choices = on_equal_choices,
		      .fallback = "refuse", .help = "what to do with rows of the same key"),
	MU_OPT_TEXTS(struct consolidate, origin,
		     .help = "columns that may differ in equal rows; the first row's are kept"),
	MU_OPT_TEXTS(struct consolidate, nullable,
		     .help = "columns of the key that may be unknown: that is a value of its own"),
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
	      .close = consolidate_close, .transform = consolidate_transform, );
