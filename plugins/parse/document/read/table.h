/*
 * A table whose heading was found: from its header to its end, line by line.
 */
#ifndef DOCUMENT_TABLE_H
#define DOCUMENT_TABLE_H

#include "read/record.h"

/* Reads a table, by its place in the layout.  0, what mu_report() gave, or a positive errno
 * value with a message. */
int scan_table(struct scan *scan, size_t index);

/* 1 when one of the table's patterns in `skip` is on the line, 0, or a negative errno value. */
int find_skip(const struct scan *scan, const struct table *table, struct mu_string text);

#endif
