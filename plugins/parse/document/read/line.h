/*
 * A line of a table whose cells are not told apart by where they stand: a row, or a claim that
 * a pattern tells, and what is said of a line that is neither.
 */
#ifndef DOCUMENT_LINE_H
#define DOCUMENT_LINE_H

#include "read/record.h"

/* Cuts the first words of `scan->words` into columns, in `scan->cut`. */
enum cut_answer scan_cut(struct scan *scan, const struct column *const *columns, size_t n_columns,
			 size_t n_words, double gap);

/* The measures that a claim's line states by their order. */
size_t measures_left(const struct header *header, const struct claim *claim,
		     const struct column **out);

/* A finding about the latest record. */
struct mu_finding line_finding(const struct scan *scan, const char *code);

/* Adds a line as a row.  0, what mu_report() gave, or a positive errno value with a message. */
int scan_row(struct scan *scan, const struct table *table, const struct header *header,
	     size_t line);

/* Adds a line as a claim, whose pattern matches there.  As scan_row(). */
int scan_line_claim(struct scan *scan, const struct table *table, const struct header *header,
		    const struct claim *claim, size_t line, struct pattern_match match);

/* Puts the captures of the latest find into `data`, by field.  `table` as in
 * layout_column(). */
void captures_read(const struct scan *scan, const struct table *table,
		   const struct pattern *pattern, bool words, struct datum *data);

/* Reports what is wrong with the captures of the latest record's claim, and
 * measures that are captured but say nothing at all. */
int captures_report(const struct scan *scan, const struct table *table, const struct claim *claim);

#endif
