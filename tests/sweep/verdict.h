/*
 * What a run with a fault may leave, and what it may say.
 */
#ifndef SWEEP_VERDICT_H
#define SWEEP_VERDICT_H

#include "place.h"

enum violation {
	VIOLATION_EXIT,    /* a status that the contract has not, a crash, no end */
	VIOLATION_ZERO,    /* 0 though the new dataset is not there, or another report */
	VIOLATION_BLAMES,  /* the data or the configuration is blamed */
	VIOLATION_SILENT,  /* not a word, or none of a dataset that is published */
	VIOLATION_DATASET, /* neither the former dataset nor the new one is there, whole */
	VIOLATION_LEFT,    /* something is left behind */
	VIOLATION_NEXT,    /* the next run does not mend it */
	VIOLATIONS,
};

extern const char *const violation_names[VIOLATIONS];

/* A bit for each violation of a run; the first is told in `why`.  Runs the next one when that can
 * matter. */
unsigned judge(struct place *place, const struct injected *injected,
	       const struct outcome *outcome, char *why, size_t size);

#endif
