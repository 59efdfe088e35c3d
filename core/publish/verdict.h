/*
 * Whether what a run gave can be published: findings and checks counted, and what the
 * runner has to say itself.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include "stage/run.h"

/* Zeroed is nothing counted. */
struct verdict {
	uint64_t counts[3]; /* findings by severity; notes do not matter */
	bool unevaluated; /* a check is */
};

/* Adds what the run knows, and a stage that is still at work: findings and checks as they
 * stand, without taking them away.  Errors about rows that were kept out count as
 * warnings. */
void verdict_count(const struct run *run, struct verdict *v);
void verdict_add_stage(struct verdict *v, const struct stage *s);

/* When all rows have passed, before they are counted: warns of claims that no stage has
 * compared with rows, which count as checks that were not evaluated. */
void verdict_claims(struct run *run);

/* Where no stage has found an error, reports what no stage looks for: sources without
 * rows, sums that are too large. */
void verdict_check(struct run *run, struct verdict *v);

bool verdict_is_fit(const struct run *run, const struct verdict *v);

/* When all stages have ended: all findings in one list, stages in the order of the
 * pipeline, then the runner's own; run->counts and run->checks.  Whether it is fit. */
bool verdict_gather(struct run *run);

#endif
