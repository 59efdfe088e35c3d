/*
 * What became of one stage of the pipeline, all its instances together.
 */
#ifndef RECORD_H
#define RECORD_H

#include "stage/stage.h"

struct record {
	const struct stage_config *config;
	struct stage *stage;     /* a link of the run, while it is open; see claim.h */
	struct balance counted;  /* of what it gave out, unless that is what came in */
	const struct balance *in, *out; /* NULL: not known */
	bool opened;
	struct findings findings;
	size_t before;           /* how many of them came before the documents were read */
	uint64_t checks[3];
	uint64_t reported; /* findings, also those that another stage had made */
	double seconds;
};

/* Counts what comes out of the stage, which has this schema.  0, or errno after run_fail(). */
int record_count(struct run *run, struct record *record, const struct ArrowSchema *schema);

/* Closes an instance of the stage; what it said stays with the record. */
void record_end(struct record *record, struct stage *stage);

#endif
