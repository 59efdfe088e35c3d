/*
 * transform/consolidate: its options, and what all ways to treat equal rows share.
 *
 * consolidate.c reads the options and has all ways but on_equal: sum, which adds
 * rows up without keeping them and is sum.c's.
 */
#ifndef CONSOLIDATE_H
#define CONSOLIDATE_H

#include <muster/map.h>

#include "text/phrase.h"

struct sum;

enum on_equal { REFUSE, IDENTICAL, SUM, FIRST, DOCUMENTS };

/* Indices of columns that come in. */
struct columns {
	size_t count;
	int64_t *index;
};

struct consolidate {
	/* the options */
	struct mu_texts key, origin, nullable;
	int on_equal;
	const char *count;
	int64_t max_rows;

	struct columns keys;     /* those of `key` */
	struct columns compared; /* those that should be the same in equal rows */
	struct columns origins;  /* those of `origin` */
	struct columns measures;
	struct mu_column *cells; /* all columns, of the batch at hand */

	struct mu_key value;  /* of the row at hand */
	struct mu_key values; /* columns of `compared`, of the first rows of keys */

	struct sum *sum; /* on_equal: sum; else NULL, and the others have what follows */

	struct mu_map seen;
	struct first *firsts; /* by their index in `seen` */
	size_t room;

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

/* Makes self->cells those of a batch. */
void cells_fill(const struct mu_ctx *ctx, struct consolidate *self, const struct ArrowArray *rows);

/* "as_of 2023-11-24, mission EULEX Kosovo": the key of a row. */
struct phrase phrase_key(const struct mu_ctx *ctx, const struct consolidate *self, int64_t row);

/* Says that a row has the key of the one at `other`, and which column is another one
 * there (or -1).  0, or what mu_report() gave. */
int report_conflict(struct mu_ctx *ctx, const struct consolidate *self, uint64_t other, int64_t row,
		    uint64_t at, int64_t differs);

/* Reports what is null in the key of a row and may not be; *whole: nothing is. */
int key_check(struct mu_ctx *ctx, const struct consolidate *self, int64_t row, uint64_t at,
	      bool *whole);

/* Whether an option lets a column of the key be null. */
bool is_nullable(const struct consolidate *self, const char *name);

/* Appends the compared columns of a row to self->values; where they begin there is
 * what differing() wants.  False when memory is out. */
bool values_add(struct consolidate *self, int64_t row);

/* The first of the compared columns that is another one in a first row, or -1.  0, or ENOMEM. */
int differing(struct consolidate *self, size_t start, int64_t row, int64_t *column);

/* Prepares for ctx->schema.  0, or a positive errno with a message. */
int sum_open(struct mu_ctx *ctx, struct consolidate *self);
void sum_close(struct consolidate *self);

/* Takes the rows of a batch, which is only read, and of which self->cells are. */
int sum_take(struct mu_ctx *ctx, struct consolidate *self, const struct ArrowArray *batch);

/* After the last batch: the next rows that come out; `out` stays released at their end. */
int sum_give(struct mu_ctx *ctx, struct consolidate *self, struct ArrowArray *out);

#endif
