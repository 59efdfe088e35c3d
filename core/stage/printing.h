/*
 * Programs that plugins run for what they print.
 */
#ifndef PRINTING_H
#define PRINTING_H

#include "stage/stage.h"

/* Runs a program on the document of a parser, or for a fetcher, where what it prints goes to
 * an incoming file of the cache.  0, also when it ended badly: `out` says how.  Else an errno
 * value, with a message in `why` where there is more to say. */
int printing_run(struct stage *stage, const struct mu_program *program, struct mu_printed *out,
		 struct text *why);

#endif
