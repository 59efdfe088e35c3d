/*
 * The phases of a run, from the lock and the fetchers to the published dataset.
 */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "stage/run.h"

/* Runs it.  `run` is zeroed but for pipeline, loader and options, and must be
 * released in any case.  Everything is in `run` afterwards; gives run->exit. */
int run_pipeline(struct run *run);
void run_release(struct run *run);

#endif
