/*
 * The rows that errors name.
 *
 * A plugin reports; the runner marks: every row named by an error, as the row
 * to blame or as the second one of a conflict, is rejected.  It stays in the
 * flow, its _at carrying MU_AT_REJECTED, until the exporters are fed.  With
 * `on_error: reject` such an error becomes a warning, provided that its row was
 * seen at the end and so was kept out; an error about a claim stays an error.
 *
 * One table a run; any thread may call.  What a batch costs depends on how many of
 * its rows are rejected, not on how many it has.
 */
#ifndef REJECTION_H
#define REJECTION_H

#include <pthread.h>

#include <muster/map.h>

#include "finding.h"

struct rejection {
	uint64_t at;
	uint64_t errors; /* how many name this row as the one to blame */
	uint64_t lost;   /* of these, how many say that nobody knows what a claim covers */
	const char *stage; /* of the first of them, as what follows */
	char *code, *field, *from, *value, *message;
	bool kept_out; /* the row was met and withheld from the exporters */
};

struct rejections {
	pthread_mutex_t lock;
	struct mu_map map; /* _at to index */
	struct mu_map blocks; /* of places that lie together to an index in: */
	struct block *near;   /* which places of that block are rejected */
	struct rejection *items; /* in no order of meaning */
	size_t count;
	struct mu_map said;   /* every finding, and which stage said it */
};

void rejections_init(struct rejections *r);
/* Whether another stage has said just this; else takes note of it.  A total that
 * is checked again after the sources were joined is not wrong twice. */
bool rejections_repeated(struct rejections *r, const struct finding *finding);

void rejections_add(struct rejections *r, const struct finding *finding);

/* Sets the mark in the batch's _at for rows named so far. */
void rejections_mark(struct rejections *r, const struct ArrowSchema *schema,
		     struct ArrowArray *rows);

/* Which rows of a batch the exporters must not see, as indices in order, to be freed
 * (NULL when there are none); notes that those that are no claims were withheld. */
int64_t *rejections_withhold(struct rejections *r, const struct ArrowSchema *schema,
			     const struct ArrowArray *rows, size_t *count);

/* The index of the rejection of a row that was withheld, or SIZE_MAX. */
size_t rejections_find_withheld(struct rejections *r, uint64_t at);

/* In the order of documents and positions, for the last report. */
void rejections_sort(struct rejections *r);
void rejections_release(struct rejections *r);

#endif
