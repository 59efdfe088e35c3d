/*
 * What a difference from the lock means for the dataset: cell by cell, old and new.
 */
#ifndef LOCKED_H
#define LOCKED_H

#include "run.h"

/* Runs the pipeline once more, with the locked copies of the sources that were run, and
 * compares the rows of its dataset with those of this run, which run->rows has; each
 * cell, row and claim that differs is a finding.  When that cannot be done it says why
 * with a finding, too. */
void locked_explain(struct run *run);

#endif
