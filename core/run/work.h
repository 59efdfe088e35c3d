/*
 * The rows of a run on their way: what is open while they flow.
 *
 * Each source has a head, the links behind its parser.  All heads are appended, one after
 * the other, in front of the links of the dataset; behind these stand the exporters.
 */
#ifndef WORK_H
#define WORK_H

#include "publish/verdict.h"
#include "rows/exporters.h"
#include "rows/link.h"
#include "rows/reader.h"

/* A source: its parser, and the links behind it. */
struct head {
	struct run *run;
	struct links links;
	size_t source;
	struct flow parsed, end;       /* what goes into the first link; comes out of the last */
	const struct balance *balance; /* counts of the latter */
	bool *wanted;                  /* columns of the parser that are looked at */
	bool ended;                    /* its rows are; a stage may pull once more */
};

/* Zeroed but for `run` is nothing open. */
struct work {
	struct run *run;
	struct head *heads; /* one a source */
	size_t current;     /* source whose rows are being consumed */
	struct links dataset;
	struct flow end; /* what comes out of its last link */
	const struct balance *balance;
	struct links **sources; /* for the reader */
	const struct ArrowSchema **ends;
	bool **wanted;
	struct exporters exporters;
	struct ArrowArray *held; /* on_error: reject: rows until all have been judged */
	size_t n_held;
};

/* Opens all stages, from the first document of each source on.  This and what follows give
 * 0, or errno after run_fail(); ENODATA when a document that cannot be read should have
 * told the columns, which a finding says. */
int work_open(struct work *work);

/* Has all rows flow into the exporters. */
int work_pump(struct work *work);

/* Counts what came out in the end: run.dataset. */
void work_count(struct work *work, bool cut_short);

/* Whether it can be published, as far as can be told before the last stages end. */
bool work_is_fit(struct work *work);

/* Closes what is open, at any point. */
void work_close(struct work *work);

#endif
