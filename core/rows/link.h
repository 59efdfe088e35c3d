/*
 * Validators and transforms at work, one after another: a chain of links, each of
 * which pulls batches from the one before it.
 *
 * Between two links rows, claims and measures are counted, rows that errors name
 * are marked, and a transform that loses somebody fails the run.
 *
 * A chain may exist several times, once on each lane (see reader.h): those links of
 * it whose plugins can be merged, as many as stand at its beginning.  Batches are then
 * pushed through, and in the end the lanes' links are folded into those of the run.
 */
#ifndef LINK_H
#define LINK_H

#include "stage/run.h"

struct link {
	struct stage stage;
	struct record *record;
	struct run *run;
	struct balance own, *counted; /* what a transform gave out; the record's or its own */
	bool named; /* rows of the batch at hand may have been rejected */
	bool ended;
};

/* Where a batch is put for the first link of a chain to pull. */
struct feed {
	struct ArrowArray batch;
};

struct links {
	struct link *items;
	size_t count;
	size_t shared; /* how many of them, from the first on, can be merged */
	struct feed feed;
};

/* Opens stage by stage what a chain has from `first` on, before its exporters, with
 * rows from `input`; `balance` counts these, and then what the last link gives out.
 * 0, or errno after run_fail(). */
int links_open(struct run *run, struct links *links, const struct chain *chain, size_t first,
	       struct flow *end, const struct balance **balance);

/* From now on batches are pushed through the shared links, and those behind them, or
 * else `end`, the end of the chain, pull from `rest`. */
void links_share(struct links *links, const struct flow *rest, struct flow *end);

/* Opens the shared links of a chain once more, to push batches through. */
int links_copy(const struct links *links, struct links *copy, const uint64_t *item);

/* Puts a batch through the first `count` links, which may be none.  0, or errno after
 * run_fail(); the batch is used up and `batch` then has what came out.  Sets `named`
 * when there may be rows that were rejected on the way. */
int links_push(struct links *links, size_t count, struct ArrowArray *batch, bool *named);

/* Folds in a copy, which is closed. */
int links_merge(struct links *links, struct links *copy);

/* Tells the first `count` links that there are no more rows. */
int links_end(struct links *links, size_t count);

void links_close(struct links *links);

/* What the links of a chain look at, backwards: `columns` has a place for each visible
 * column of what comes out of the last link; the result, to be freed, one for each of
 * what comes into the first.  `columns` is freed. */
bool *links_uses(const struct links *links, bool *columns);

/* Puts the columns of a batch into the order of another schema with the same ones. */
void batch_order(const struct ArrowSchema *first, const struct ArrowSchema *schema,
		 struct ArrowArray *batch);

#endif
