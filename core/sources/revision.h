/*
 * Publishers who change a document under the same address without a word.
 */
#ifndef REVISION_H
#define REVISION_H

#include "stage/run.h"

/* Compares each document that was read with the version before it, of the lock or else
 * of the cache, and reports one that changed while its date did not, and the same
 * bytes under two dates, and a date in the future; then the cache remembers the dates.  0, or an errno value with
 * the reason in `why`. */
int revisions_find(struct run *run, struct text *why);

#endif
