/*
 * What a difference from the lock means for the dataset: cell by cell, old and new.
 */
#ifndef LOCKED_H
#define LOCKED_H

#include "stage/run.h"

/* Compares the dataset of a run with that of `before`, a run of the locked copies of the
 * same sources: run.rows of either.  Each cell, row and claim that differs is a finding of
 * the former; when they cannot be compared one says why. */
void locked_compare(struct run *run, struct run *before);

#endif
