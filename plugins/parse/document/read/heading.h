/*
 * Where tables begin: their headings, which may be repeated on later pages, and be spoken of
 * elsewhere.
 */
#ifndef DOCUMENT_HEADING_H
#define DOCUMENT_HEADING_H

#include "read/record.h"

/* Finds the heading of a table: the first that its header follows, else the first one.  1,
 * 0, or a negative errno value. */
int heading_choose(const struct scan *scan, const struct table *table,
		   struct pattern_match *match);

/* Finds and reads the heading of a table, by its place in the layout, and looks at others with
 * the same words.  0, what mu_report() gave, or a positive errno value with a message. */
int heading_find(struct scan *scan, size_t index);

#endif
