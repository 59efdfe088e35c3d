/*
 * Wide rows to long ones.
 *
 *     - transform: unpivot
 *       to: personnel_type
 *       parts:
 *         - {value: UNMEM, columns: {male: unmem_m, female: unmem_f}}
 *         - {value: Troops, columns: {male: troops_m, female: troops_f}}
 *       totals:
 *         - {level: contributor, columns: {headcount: total}}
 *       zero: drop                    # default: keep
 *
 * Every row becomes one for each of `parts`: in the column `to` stands the part's
 * value, and in the new columns what the row has in the part's own columns, which
 * vanish; all other columns are the same.  With zero: drop, parts of data whose
 * numbers are all 0 make no row.
 *
 * What a column states of all parts together, `totals`, becomes a claim of that
 * level, with null in `to`.  A claim becomes a claim for each part and each total,
 * of its own level; where it states nothing of a part there is none for that.
 *
 * The rows of one are told apart by their places, which are those behind its own.  Those of
 * one that was rejected all keep its place, by which the runner keeps them out, and none of
 * them is dropped.
 */
#include <muster/plugin.h>
#include <muster/table.h>

#include <stdlib.h>
#include <string.h>

#include "table/adjust.h"

enum { PARTS_MAX = 1000, NEW_MAX = 64, NOTHING = -1 };
enum { ZERO_KEEP, ZERO_DROP };

struct part {
	/* the options; `value` of a part, `level` of a total */
	const char *value, *level;
	struct mu_pairs columns;

	int64_t *from; /* for each new column the one that comes in, or NOTHING */
};

/* A claim that was given another place. */
struct moved {
	uint64_t at, from; /* 0: it is the stage's own */
};

struct unpivot {
	/* the options */
	const char *to;
	struct mu_items part_items, total_items;
	int zero;

	struct part *parts, *totals;
	size_t n_parts, n_totals;
	int64_t *kept; /* columns that come in and go out as they are */
	size_t n_kept, n_new;
	const char *names[NEW_MAX]; /* of the new columns */
	enum mu_data types[NEW_MAX];
	bool measures[NEW_MAX];
	struct ArrowSchema schema; /* of what comes out */
	struct mu_builder builder;
	struct mu_column *cells; /* of the batch at hand */
	int64_t rows, claims;    /* more than came in */
	struct moved *moved;     /* claims, when somebody asks what became of them */
	size_t n_moved, room;
	bool sorted;
};

/* The pair of a part for a new column, or NULL. */
static struct mu_pair *pair_named(const struct part *p, const char *name)
{
	for (size_t i = 0; i < p->columns.count; i++)
		if (!strcmp(p->columns.items[i].name, name))
			return &p->columns.items[i];
	return NULL;
}

/* The type of a new column is that of the first one that becomes it. */
static int type_join(struct mu_ctx *ctx, struct unpivot *self, size_t k, struct mu_pair *pair,
		     int64_t column)
{
	const struct ArrowSchema *like = ctx->schema->children[column];

	if (!self->types[k]) {
		self->types[k] = mu_schema_type(like);
		self->measures[k] = mu_schema_measure(like);
	}
	if (self->types[k] == mu_schema_type(like) && self->measures[k] == mu_schema_measure(like))
		return 0;
	return mu_invalid(ctx, &pair->value,
			  "column '%s' is of another type, or another measure, than those that "
			  "become '%s' too",
			  pair->value, pair->name);
}

static int part_open(struct mu_ctx *ctx, struct unpivot *self, struct part *p, bool all)
{
	size_t found = 0;
	int err = 0;

	p->from = mu_alloc(ctx, self->n_new * sizeof *p->from);
	for (size_t k = 0; k < self->n_new && !err; k++) {
		struct mu_pair *pair = pair_named(p, self->names[k]);

		p->from[k] = NOTHING;
		found += pair != NULL;
		if (pair)
			err = mu_option_column(ctx, &pair->value, &p->from[k]);
		if (pair && !err)
			err = type_join(ctx, self, k, pair, p->from[k]);
	}
	if (!err && (found != p->columns.count || (all && found != self->n_new)))
		err = mu_invalid(ctx, p,
				 "every part makes the same columns, and a total some of "
				 "them");
	return err;
}

static bool is_used(const struct unpivot *self, int64_t column)
{
	for (size_t i = 0; i < self->n_parts + self->n_totals; i++) {
		const struct part *p =
			i < self->n_parts ? &self->parts[i] : &self->totals[i - self->n_parts];

		for (size_t k = 0; k < self->n_new; k++)
			if (p->from[k] == column)
				return true;
	}
	return false;
}

static int name_check(struct mu_ctx *ctx, const struct unpivot *self, const void *option,
		      const char *name)
{
	for (size_t i = 0; i < self->n_kept; i++)
		if (!strcmp(ctx->schema->children[self->kept[i]]->name, name))
			return mu_invalid(ctx, option, "there is a column '%s' already", name);
	return *name == '_' || !*name ? mu_invalid(ctx, option, "'%s' is no name of a column", name)
				      : 0;
}

static int schema_make(struct mu_ctx *ctx, struct unpivot *self)
{
	int err = mu_schema_init(&self->schema);

	for (size_t i = 0; i < self->n_kept && !err; i++)
		err = mu_schema_add_copy(&self->schema, ctx->schema->children[self->kept[i]], NULL);
	if (!err)
		err = mu_schema_add(&self->schema, self->to, MU_STRING, false, NULL);
	for (size_t k = 0; k < self->n_new && !err; k++)
		err = mu_schema_add(&self->schema, self->names[k], self->types[k],
				    self->measures[k], NULL);
	if (!err)
		err = mu_schema_add_hidden(&self->schema);
	if (!err)
		err = mu_builder_init(&self->builder, &self->schema);
	return err;
}

static int unpivot_configure(struct mu_ctx *ctx, void *data)
{
	struct unpivot *self = data;

	self->parts = self->part_items.items;
	self->totals = self->total_items.items;
	self->n_parts = self->part_items.count;
	self->n_totals = self->total_items.count;
	self->n_new = self->parts[0].columns.count;
	if (self->n_parts + self->n_totals > PARTS_MAX)
		return mu_invalid(ctx, &self->part_items, "at most %d parts and totals", PARTS_MAX);
	if (!self->n_new || self->n_new > NEW_MAX)
		return mu_invalid(ctx, &self->parts[0].columns, "a part makes 1 to %d columns",
				  NEW_MAX);
	for (size_t k = 0; k < self->n_new; k++)
		self->names[k] = self->parts[0].columns.items[k].name;
	return 0;
}

static int unpivot_open(struct mu_ctx *ctx, void *data, struct ArrowSchema *out)
{
	struct unpivot *self = data;
	int64_t visible = mu_schema_visible(ctx->schema);
	int err = 0;

	for (size_t i = 0; i < self->n_parts && !err; i++)
		err = part_open(ctx, self, &self->parts[i], true);
	for (size_t i = 0; i < self->n_totals && !err; i++)
		err = part_open(ctx, self, &self->totals[i], false);
	if (err)
		return err;
	self->kept = mu_alloc(ctx, (size_t)(visible + 1) * sizeof *self->kept);
	self->cells = mu_alloc(ctx, (size_t)(visible + 2) * sizeof *self->cells);
	for (int64_t i = 0; i < visible; i++)
		if (!is_used(self, i))
			self->kept[self->n_kept++] = i;
	err = name_check(ctx, self, &self->to, self->to);
	for (size_t k = 0; k < self->n_new && !err; k++)
		err = name_check(ctx, self, &self->parts[0].columns.items[k].name, self->names[k]);
	if (err)
		return err;
	err = schema_make(ctx, self);
	if (!err)
		err = mu_schema_copy(out, &self->schema);
	return err ? mu_fail(ctx, err, "out of memory") : 0;
}

static void unpivot_close(struct mu_ctx *ctx, void *data)
{
	struct unpivot *self = data;

	(void)ctx;
	mu_builder_release(&self->builder);
	mu_schema_release(&self->schema);
	free(self->moved);
}

/* Whether a part of a row says nothing. */
static bool is_null(const struct unpivot *self, const struct part *p, int64_t row)
{
	for (size_t k = 0; k < self->n_new; k++)
		if (p->from[k] != NOTHING && !mu_null(&self->cells[p->from[k]], row))
			return false;
	return true;
}

/* Whether all its numbers are there, and 0. */
static bool is_zero(const struct unpivot *self, const struct part *p, int64_t row)
{
	for (size_t k = 0; k < self->n_new; k++) {
		const struct mu_column *cells = &self->cells[p->from[k]];

		if (cells->type != MU_INTEGER || mu_null(cells, row) || mu_get_integer(cells, row))
			return false;
	}
	return true;
}

/* `level` is that of a claim; without data: no claim. */
static void put_row(struct unpivot *self, const struct part *p, int64_t row, uint64_t at,
		    struct mu_string level)
{
	int64_t to = (int64_t)self->n_kept;

	for (size_t i = 0; i < self->n_kept; i++)
		mu_put_value(&self->builder, (int64_t)i, &self->cells[self->kept[i]], row);
	if (p->value)
		mu_put_string(&self->builder, to, mu_string(p->value));
	for (size_t k = 0; k < self->n_new; k++)
		if (p->from[k] != NOTHING)
			mu_put_value(&self->builder, to + 1 + (int64_t)k, &self->cells[p->from[k]],
				     row);
	mu_put_place(&self->builder, self->builder.n_columns - 2, at);
	if (level.data)
		mu_put_string(&self->builder, self->builder.n_columns - 1, level);
	mu_end_row(&self->builder);
}

/* The place of row `i` of those that are made of the one at `at`. */
static uint64_t place_of(uint64_t at, size_t i)
{
	return at & MU_AT_REJECTED ? at : at + i;
}

/* False when memory is out. */
static bool moved_add(struct unpivot *self, struct moved moved)
{
	size_t room = self->room ? 2 * self->room : 64;
	struct moved *grown;

	if (self->n_moved == self->room) {
		grown = reallocarray(self->moved, room, sizeof *grown);
		if (!grown)
			return false;
		self->moved = grown;
		self->room = room;
	}
	self->moved[self->n_moved++] = moved;
	self->sorted = false;
	return true;
}

static int claims_note(struct mu_ctx *ctx, struct unpivot *self, uint64_t at, uint64_t from)
{
	struct moved moved = { .at = at & ~MU_AT_REJECTED, .from = from & ~MU_AT_REJECTED };

	if (!ctx->claims_asked || moved_add(self, moved))
		return 0;
	return mu_fail(ctx, ENOMEM, "out of memory");
}

static int data_split(struct mu_ctx *ctx, struct unpivot *self, int64_t row, uint64_t at)
{
	int err = 0;

	self->rows--;
	for (size_t i = 0; i < self->n_parts; i++) {
		if (self->zero == ZERO_DROP && !(at & MU_AT_REJECTED) &&
		    is_zero(self, &self->parts[i], row))
			continue;
		put_row(self, &self->parts[i], row, place_of(at, i), (struct mu_string){ NULL, 0 });
		self->rows++;
	}
	for (size_t i = 0; i < self->n_totals && !err; i++) {
		if (is_null(self, &self->totals[i], row))
			continue;
		err = claims_note(ctx, self, place_of(at, self->n_parts + i), 0);
		put_row(self, &self->totals[i], row, place_of(at, self->n_parts + i),
			mu_string(self->totals[i].level));
		self->claims++;
	}
	return err;
}

static int claim_split(struct mu_ctx *ctx, struct unpivot *self, int64_t row, uint64_t at,
		       struct mu_string level)
{
	int err = 0;

	self->claims--;
	for (size_t i = 0; i < self->n_parts + self->n_totals && !err; i++) {
		const struct part *p =
			i < self->n_parts ? &self->parts[i] : &self->totals[i - self->n_parts];

		if (is_null(self, p, row))
			continue;
		if (i)
			err = claims_note(ctx, self, place_of(at, i), at);
		put_row(self, p, row, place_of(at, i), level);
		self->claims++;
	}
	return err;
}

static int measures_adjust(struct mu_ctx *ctx, const struct unpivot *self,
			   const struct ArrowArray *in, const struct ArrowArray *out)
{
	struct mu_rows rows = mu_rows(ctx->schema, in), rows_out = mu_rows(&self->schema, out);
	int64_t new = (int64_t)self->n_kept + 1;
	int err = 0;

	for (int64_t i = 0; i < mu_schema_visible(ctx->schema) && !err; i++)
		if (mu_schema_measure(ctx->schema->children[i]) && is_used(self, i))
			err = adjust_measure(ctx, ctx->schema->children[i]->name, &self->cells[i],
					     &rows, in->length, -1);
	for (int64_t k = 0; k < (int64_t)self->n_new && !err; k++) {
		struct mu_column cells = mu_column(&self->schema, out, new + k);

		if (self->measures[k])
			err = adjust_measure(ctx, self->names[k], &cells, &rows_out, out->length,
					     1);
	}
	if (!err && self->rows)
		err = mu_adjusted(ctx, NULL, self->rows);
	if (!err && self->claims)
		err = mu_adjusted(ctx, MU_CLAIM, self->claims);
	return err;
}

static int batch_split(struct mu_ctx *ctx, struct unpivot *self, const struct ArrowArray *batch,
		       struct ArrowArray *out)
{
	struct mu_rows rows = mu_rows(ctx->schema, batch);
	int err = 0;

	self->rows = self->claims = 0;
	for (int64_t i = 0; i < mu_schema_visible(ctx->schema); i++)
		self->cells[i] = mu_column(ctx->schema, batch, i);
	for (int64_t row = 0; row < batch->length && !err; row++) {
		uint64_t at = mu_row_at(&rows, row);

		err = mu_row_is_claim(&rows, row)
			      ? claim_split(ctx, self, row, at, mu_get_string(&rows.claim, row))
			      : data_split(ctx, self, row, at);
	}
	if (err)
		return err;
	err = mu_builder_finish_batch(&self->builder, out);
	if (err)
		return mu_fail(ctx, err, "a batch of rows cannot be made: %s", strerror(err));
	return measures_adjust(ctx, self, batch, out);
}

static int unpivot_transform(struct mu_ctx *ctx, void *data, struct ArrowArray *out)
{
	struct unpivot *self = data;
	struct ArrowArray batch = { .release = NULL };
	int err = mu_pull(ctx, &batch);

	if (err || !batch.release)
		return err;
	err = batch_split(ctx, self, &batch, out);
	mu_array_release(&batch);
	if (err)
		mu_array_release(out);
	return err;
}

/* A batch says nothing of the next. */
static int unpivot_merge(struct mu_ctx *ctx, void *data, void *other)
{
	struct unpivot *self = data;
	const struct unpivot *theirs = other;

	for (size_t i = 0; i < theirs->n_moved; i++)
		if (!moved_add(self, theirs->moved[i]))
			return mu_fail(ctx, ENOMEM, "out of memory");
	return 0;
}

static int by_place(const void *x, const void *y)
{
	const struct moved *a = x, *b = y;

	return a->at < b->at ? -1 : a->at > b->at;
}

/* The place that a claim came in with. */
static int unpivot_claim(struct mu_ctx *ctx, void *data, struct mu_claim *claim)
{
	struct unpivot *self = data;
	struct moved key = { .at = claim->at };
	const struct moved *moved;

	(void)ctx;
	if (!self->n_moved)
		return 0;
	if (!self->sorted)
		qsort(self->moved, self->n_moved, sizeof *self->moved, by_place);
	self->sorted = true;
	moved = bsearch(&key, self->moved, self->n_moved, sizeof key, by_place);
	if (moved)
		claim->at = moved->from;
	return 0;
}

/* What is null or 0 in the parts decides which rows come out. */
static void unpivot_uses(struct mu_ctx *ctx, void *data, const bool *out, bool *in)
{
	const struct unpivot *self = data;

	for (size_t i = 0; i < self->n_kept; i++)
		if (out[i])
			in[self->kept[i]] = true;
	for (int64_t i = 0; i < mu_schema_visible(ctx->schema); i++)
		if (is_used(self, i))
			in[i] = true;
}

static const char *const zero_choices[] = { "keep", "drop", NULL };

static const struct mu_option part_options[] = {
	MU_OPT_TEXT(struct part, value, .required = true, .help = "what stands in `to`"),
	MU_OPT_PAIRS(struct part, columns, .required = true, .help = "new column: present column"),
	{ 0 },
};

static const struct mu_option total_options[] = {
	MU_OPT_TEXT(struct part, level, .required = true, .help = "name of the claims"),
	MU_OPT_PAIRS(struct part, columns, .required = true, .help = "new column: present column"),
	{ 0 },
};

static const struct mu_option unpivot_options[] = {
	MU_OPT_TEXT(struct unpivot, to, .required = true,
		    .help = "the new column that tells the parts apart"),
	{ .name = "parts",
	  .type = MU_ITEMS,
	  .required = true,
	  .min = 1,
	  .max = PARTS_MAX,
	  .fields = part_options,
	  .item_size = sizeof(struct part),
	  .offset = MU_OFFSET(struct unpivot, part_items, struct mu_items),
	  .help = "what each row is split into" },
	{ .name = "totals",
	  .type = MU_ITEMS,
	  .fields = total_options,
	  .item_size = sizeof(struct part),
	  .offset = MU_OFFSET(struct unpivot, total_items, struct mu_items),
	  .help = "columns that state totals of the parts" },
	MU_OPT_CHOICE(struct unpivot, zero, .choices = zero_choices, .fallback = "keep",
		      .help = "what becomes of parts of data whose numbers are all 0"),
	{ 0 },
};

MUSTER_PLUGIN(.name = "unpivot", .summary = "wide rows to a row for each of their parts",
	      .options = unpivot_options, .self_size = sizeof(struct unpivot),
	      .configure = unpivot_configure, .open = unpivot_open, .close = unpivot_close,
	      .transform = unpivot_transform, .merge = unpivot_merge, .uses = unpivot_uses,
	      .claim = unpivot_claim);
