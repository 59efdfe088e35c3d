/*
 * What the columns of a table may be, from how their cells are written.
 *
 * A type is what all cells read as, or 19 in 20 of them; texts that people write where
 * they have no number do not count.  What is decided on a thin basis stands as a comment
 * behind the column.
 */
#ifndef GUESS_COLUMNS_H
#define GUESS_COLUMNS_H

#include "rowset.h"
#include "text.h"

/* Appends the options `columns` and `claims` of a parser, as YAML, for rows whose columns
 * are all texts.  Whether there are claims. */
bool guess_columns(const struct rowset *rows, struct text *out);

/* A scalar of YAML that is this text again, be it in braces. */
void guess_scalar(struct text *out, const char *text);

#endif
