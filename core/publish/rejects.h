/*
 * rejects.csv: the rows that were kept out of the dataset with `on_error: reject`,
 * each with its place, the reason and its raw text.
 */
#ifndef REJECTS_H
#define REJECTS_H

#include "stage/run.h"

/* Declares and writes the file, with its header alone when nothing was rejected.
 * 0, or errno after run_fail(). */
int rejects_write(struct run *run);

#endif
