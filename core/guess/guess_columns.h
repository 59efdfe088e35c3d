/*
 * The columns of a table that nobody has described, as options of its parser: what each
 * is like (see guess_column.h), which rows are totals or notes, and what has to be cast.
 * What is decided on a thin basis stands as a comment behind its line.
 */
#ifndef GUESS_COLUMNS_H
#define GUESS_COLUMNS_H

#include "base/text.h"
#include "ledger/finding.h"
#include "ledger/rowset.h"

/* What is found out of columns, as YAML.  Zeroed is empty. */
struct guess_columns {
	struct text options; /* of the parser: `columns`, `claims` and `notes` */
	struct text by;      /* of validate: totals: the columns that tell what a claim is
				for, a list; empty where all are that count nothing */
	bool claims;         /* there are some */
	struct text cast;    /* options of transform: columns, if it is needed */
};

/* Of rows whose columns are all texts, and what was said when they were read.  `header` is
 * the parser's option of a column for its name in the document; `notes` says that it has
 * an option for rows below the table that are none. */
void guess_columns(const struct rowset *rows, const struct findings *findings,
		   const char *header, bool notes, struct guess_columns *out);
void guess_columns_release(struct guess_columns *columns);

/* A scalar of YAML that is this text again, be it in braces. */
void guess_scalar(struct text *out, const char *text);

#endif
