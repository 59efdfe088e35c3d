/*
 * What stands outside of the tables that were read.
 *
 * A table ends where the pipeline says so, which may be too early: behind its last claim,
 * or the blank line that ended it, there may be more rows.  And a document may have tables
 * that nobody described.  Both are looked for here, so that nobody who is counted gets
 * lost without a word.
 *
 * A line directly behind a table, or over a page break, is told to go on with it when it
 * can be cut into the table's cells.  Further away, where text may end with a number by
 * chance, it must look like the rows that were read: names that are all known, cells not
 * much longer, numbers with about as many digits that are no years, in a grid below the
 * others; in a table without vocabularies one line alone proves nothing.
 *
 * A header that is a table's, or has several of its columns, begins a table.  Those that
 * match a pattern of `unread` are known, and their lines are passed over: as long as they
 * have digits, up to a blank line.
 */
#ifndef DOCUMENT_OUTSIDE_H
#define DOCUMENT_OUTSIDE_H

#include "read/record.h"

/* Reports them, when all tables were read.  0, what mu_report() gave, or a positive errno
 * value with a message. */
int outside_check(struct scan *scan);

/* What a line is for a table that ended before it. */
enum outside_kind { OUTSIDE_TEXT, OUTSIDE_ROW, OUTSIDE_CLAIM };

/* What a line directly behind a table is, or a negative errno value with a message. */
int outside_kind(struct scan *scan, const struct found_table *found, size_t line);

#endif
