/*
 * The end of a run: its verdict, publishing, the exit code, and the places of its findings.
 */
#ifndef ENDING_H
#define ENDING_H

#include "stage/run.h"

/* `err` is what the run gave so far.  Everything is in `run` afterwards. */
void run_end(struct run *run, int err);

#endif
