/*
 * The rows that errors name.
 *
 * A plugin reports; the runner marks: every row named by an error, as the row
 * to blame or as the second one of a conflict, is rejected.  It stays in the
 * flow, its _at carrying MU_AT_REJECTED, until the exporters are fed.  With
 * `on_error: reject` such an error becomes a warning, provided that its row was
 * seen at the end and so was kept out; an error about a claim stays an error.
 *
 * One table a run; any thread may call.  A row costs some eight bytes; where it is
 * listed, some hundred and its texts.
 */
#ifndef REJECTION_H
#define REJECTION_H

#include <pthread.h>

#include <muster/map.h>

#include "ledger/finding.h"

/* A row that is listed with its reason. */
struct rejection {
	uint64_t at;
	uint32_t errors; /* how many name this row as the one to blame */
	uint32_t lost;   /* of these, how many say that nobody knows what a claim covers */
	const char *stage; /* of the first of them, as what follows */
	const char *code, *field, *from, *value, *message;
	uint32_t across; /* errors that are about several documents */
	uint64_t other; /* the second row that the message is about, or 0 */
	const char *where; /* its place, for rejects.csv */
	bool second; /* the message is said of the other row, about this one as much */
	bool kept_out; /* the row was met and withheld from the exporters */
};

struct rejections {
	pthread_mutex_t lock;
	bool listed; /* on_error: reject; else rows are marked and not listed */
	struct mu_map blocks; /* of places that lie together to an index in: */
	struct block *near;   /* which places of that block are rejected */
	uint64_t recent;      /* the block that was looked up last, and */
	size_t recent_index;  /* its index, when there are any */
	struct rejection *items; /* in no order of meaning */
	size_t count;
	uint64_t marked;         /* rows, listed or not */
	const char **stages;     /* that have named rows, by address */
	uint64_t *withheld;      /* for each, rows that it was the first to blame */
	size_t n_stages;
	struct mu_map names;     /* of codes and columns */
	const char *latest[3];   /* of these: code, field, from */
	struct arena texts;
	struct said *said;       /* what stages said that have a like in the pipeline */
};

void rejections_init(struct rejections *r);
/* Whether another stage has said just this; else takes note of it.  A total that
 * is checked again after the sources were joined is not wrong twice. */
bool rejections_repeated(struct rejections *r, const struct finding *finding);

/* Marks the rows that a finding names, by its `at`, `other`, `stage`, `severity` and
 * `lost`.  Whether one of them is now listed for the first time, so that its reason is
 * to be told by rejections_explain(). */
bool rejections_add(struct rejections *r, const struct finding *finding);

/* Likewise where rows are not listed: those at `at` and `other`, either of which may be 0. */
void rejections_mark_places(struct rejections *r, const char *stage, uint64_t at, uint64_t other);

/* The reason why rows are listed, where there is none yet; texts are copied. */
void rejections_explain(struct rejections *r, const struct finding *finding);

/* Sets the mark in the batch's _at for rows named so far. */
void rejections_mark(struct rejections *r, const struct ArrowSchema *schema,
		     struct ArrowArray *rows);

/* Which rows of a batch the exporters must not see, as indices in order, to be freed
 * (NULL when there are none); notes that those that are no claims were withheld. */
int64_t *rejections_withhold(struct rejections *r, const struct ArrowSchema *schema,
			     const struct ArrowArray *rows, size_t *count);

/* The index of the rejection of a row that was withheld, or SIZE_MAX; of those that are
 * listed. */
size_t rejections_find_withheld(struct rejections *r, uint64_t at);

/* How many rows were withheld that a stage, told by its name's address, was the first to
 * blame. */
uint64_t rejections_withheld_by(const struct rejections *r, const char *stage);

/* In the order of documents and positions, for the last report. */
void rejections_sort(struct rejections *r);
void rejections_release(struct rejections *r);

#endif
