/*
 * The sources of a run: its documents from fetchers, or those that the lock pins.
 */
#ifndef FETCH_H
#define FETCH_H

#include "stage/run.h"

/* Reads the lock, lets the first stage of each source deliver its documents, and
 * compares them with what is pinned: see run->differs.  0, or errno after run_fail(). */
int sources_fetch(struct run *run);

#endif
