/*
 * Which folder a pipeline may publish into.
 */
#ifndef OUT_H
#define OUT_H

#include "stage/run.h"

/* Whether a run can publish there, as far as it can be seen without changing anything.  It must
 * not read again what it has written: no output may be a file that a stage names.  0, or errno
 * with a message. */
int out_check(const struct pipeline *pipeline, const char *out, struct text *why);

#endif
