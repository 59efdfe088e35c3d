/*
 * The configuration of a pipeline, tried without a run.
 */
#ifndef CHECK_H
#define CHECK_H

#include "config/pipeline.h"

/* Trial configure() of every stage whose options are valid.  0, or EINVAL with the
 * complaints in p->diagnostics; another errno when it is the machine that failed. */
int pipeline_check(struct pipeline *p);

#endif
