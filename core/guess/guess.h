/*
 * A first draft of a pipeline for a file that nobody has described yet.
 *
 * Every parser that can is asked how it would read the file; the surest one's options
 * are taken, and when they leave the columns open, the first rows are read as texts:
 * what is written in a column says what it holds, and which rows are totals.  Then the
 * draft is run, and what is wrong with it stands in its comments.
 */
#ifndef GUESS_H
#define GUESS_H

#include "base/text.h"
#include "config/loader.h"

#define GUESS_ROWS ((size_t)20000) /* that are looked at */

/* Writes the draft of a pipeline for the file to `out`.  0; or with the reason in `why`
 * ENOENT and the like when it cannot be read, EINVAL when no parser knows it, ECANCELED
 * after a signal. */
int guess_file(struct loader *loader, const char *path, struct text *out, struct text *why);

#endif
