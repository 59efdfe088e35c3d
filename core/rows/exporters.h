/*
 * What becomes of the dataset's rows: those that are neither claims nor rejected go to all
 * exporters, and to whoever compares them.
 */
#ifndef EXPORTERS_H
#define EXPORTERS_H

#include "stage/run.h"

struct exporters {
	struct run *run;
	const struct ArrowSchema *schema; /* of the rows */
	struct stage *items;              /* none when nothing will be published */
	size_t count;
};

/* Opens the exporters of the dataset with rows from `end`.  This and what follows give 0,
 * or errno after run_fail(). */
int exporters_open(struct exporters *x, struct run *run, const struct flow *end);

/* Takes a batch, which stays the caller's. */
int exporters_feed(struct exporters *x, const struct ArrowArray *rows);

/* Tells them that there are no more rows. */
int exporters_finish(struct exporters *x);
void exporters_close(struct exporters *x);

/* Counts the rows of a batch that exporters must not see since they are rejected.  Any
 * thread may call. */
void exporters_withhold(struct run *run, const struct ArrowSchema *schema,
			const struct ArrowArray *rows);

#endif
