/*
 * transform/consolidate: its options, and what all ways to treat equal rows share.
 *
 *     consolidate.c   the options; rows one at a time, for all ways; all ways but
 *                     on_equal: sum and what they give out
 *     sum.c           on_equal: sum, which adds rows up and does not keep them
 *     kept.c          which rows come out of that, once all are there
 *
 * aggregate/block.h says how the group of a key is found.
 */
#ifndef CONSOLIDATE_H
#define CONSOLIDATE_H

#include <muster/map.h>

#include "aggregate/block.h"
#include "text/phrase.h"

enum on_equal { REFUSE, IDENTICAL, SUM, FIRST, DOCUMENTS };

/* Indices of columns that come in. */
struct columns {
	size_t count;
	int64_t *index;
};

/* The first row of a key. */
struct first {
	uint64_t at;
	size_t start; /* in `values`: its columns of `compared` */
};

/* on_equal: sum: rows that come out, in the order in which they came.  They are the first of each
 * key, in the order of the groups, and those that pass as they are. */
struct kept {
	uint64_t rows;
	struct mu_builder builder;  /* the rows kept last */
	struct ArrowArray *batches; /* those before */
	size_t count, room;
	uint64_t *passed; /* which rows pass, counted from 0 */
	size_t n_passed, passed_room;

	size_t next, next_group, next_passed; /* to be given out */
	uint64_t next_row;
	struct ArrowSchema counted; /* of the column `count` */
	struct mu_builder counts;
};

struct consolidate {
	/* the options */
	struct mu_texts key, origin, nullable;
	int on_equal;
	const char *count;
	int64_t max_rows;

	struct columns keys;     /* those of `key` */
	bool *may_be_null;       /* of each of `keys`: `nullable` names it */
	struct columns compared; /* those that should be the same in equal rows */
	struct columns origins;  /* those of `origin` */
	struct columns measures;
	struct mu_column *cells; /* all columns, of the batch at hand */

	struct block block;  /* by `keys` */
	struct tally groups; /* of rows with the same key; on_equal: sum has their sums */
	struct pile firsts;  /* a struct first of each group */

	struct mu_key value;  /* of the row at hand */
	struct mu_key values; /* columns of `compared`, of the first rows of keys */

	/* on_equal: sum */
	uint64_t bound; /* no total is further from 0, or UINT64_MAX: not known */
	bool nulls;     /* a total of a group is unknown */
	int64_t added;  /* rows of the batch at hand that were added to the first of their key */
	struct kept kept;

	struct occurrence *occurrences; /* documents */
	size_t n_occurrences, occurrences_room;

	/* documents: all batches, until they are given out again */
	struct batch *batches;
	size_t n_batches, batches_room, next;
	uint64_t rows;
	bool complete;
};

static inline int out_of_memory(struct mu_ctx *ctx)
{
	return mu_fail(ctx, ENOMEM, "out of memory");
}

static inline const char *column_name(const struct mu_ctx *ctx, int64_t index)
{
	return ctx->schema->children[index]->name;
}

static inline const struct mu_column *measure_cells(const struct consolidate *self, size_t measure)
{
	return &self->cells[self->measures.index[measure]];
}

/* "as_of 2023-11-24, mission EULEX Kosovo": the key of a row. */
struct phrase phrase_key(const struct mu_ctx *ctx, const struct consolidate *self, int64_t row);

/* Says that a row has the key of the one at `other`, and which column is another one
 * there (or -1).  0, or what mu_report() gave. */
int report_conflict(struct mu_ctx *ctx, const struct consolidate *self, uint64_t other, int64_t row,
		    uint64_t at, int64_t differs);

/* Decides about n rows of the batch at hand, one by one, at most BLOCK.  `left_out` gets
 * whether each is; on_equal: sum leaves none. */
int rows_take(struct mu_ctx *ctx, struct consolidate *self, const struct mu_rows *rows,
	      int64_t from, size_t n, bool *left_out);

/* Remembers the first row of a key, whose group is the next one.  0, or ENOMEM with a message. */
int first_add(struct mu_ctx *ctx, struct consolidate *self, int64_t row, uint64_t at);

static inline const struct first *first_of(const struct consolidate *self, size_t group)
{
	return pile_at(&self->firsts, group);
}

/* The first of the compared columns that is another one in a first row, or -1.  0, or ENOMEM. */
int differing(struct consolidate *self, size_t start, int64_t row, int64_t *column);

/* Says why self->groups could not take keys; 0 when `err` is. */
int groups_failed(struct mu_ctx *ctx, const struct consolidate *self, int err);

/* Takes the rows of a batch, which is only read, and which was turned to. */
int sum_take(struct mu_ctx *ctx, struct consolidate *self, const struct ArrowArray *batch);

/* Takes the first row of a key, whose group is new, or a later one.  0, or a positive errno. */
int sum_first(struct mu_ctx *ctx, struct consolidate *self, size_t group, int64_t row, uint64_t at);
int sum_later(struct mu_ctx *ctx, struct consolidate *self, size_t group, int64_t row, uint64_t at);

/* Prepares self->kept for ctx->schema.  0, or a positive errno with a message. */
int kept_open(struct mu_ctx *ctx, struct consolidate *self);
void kept_close(struct kept *kept);

/* Keeps a row of the batch at hand: the first one of the next group, or one that passes as it is. */
int kept_add(struct mu_ctx *ctx, struct consolidate *self, int64_t row);
int kept_pass(struct mu_ctx *ctx, struct consolidate *self, int64_t row);

/* After the last batch: the next rows that come out; `out` stays released at their end. */
int kept_give(struct mu_ctx *ctx, struct consolidate *self, struct ArrowArray *out);

#endif
