/*
 * Tables whose cells lie below their headers.
 *
 * Where words have places, a cell belongs to the column whose header it stands
 * under, or nearest to; it may be empty, and its text may be on several lines.
 * The words of a line that stand close together are one chunk; chunks are given
 * to columns from left to right so that they are, all together, as near to them
 * as can be and can be read as these columns' types.
 *
 * A line with numbers under a measure is a row or a claim.  A line of texts alone
 * belongs to others: in a column of the group `above` it is the label of all rows
 * below it, until the next one; in one that is `merged` it stands in the middle
 * of the rows that it is for; else it is part of the cell of the row beside it.
 */
#ifndef DOCUMENT_GRID_H
#define DOCUMENT_GRID_H

#include "read/record.h"

/* What was met in a table. */
struct table_counts {
	size_t rows;
	size_t *claims; /* how often each claim was there */
};

struct grid;

/* Begins a table, in memory of the stage. */
struct grid *grid_begin(struct scan *scan, const struct table *table, struct table_counts *counts);

/* Where the columns are from a line on: at first, and when a header is repeated. */
int grid_header(struct grid *grid, const struct header *header, size_t line);

/* The next line, which is neither a header nor to be skipped. */
int grid_line(struct grid *grid, size_t line);

/* Whether a line outside of a table that was read has labels and numbers where its rows have
 * them; whether the numbers behind `from` bytes of a line, on which a claim's pattern is,
 * stand there. */
bool grid_reads(struct scan *scan, const struct table *table, const struct found_table *found,
		size_t line);
bool grid_states(struct scan *scan, const struct table *table, const struct found_table *found,
		 const struct claim *claim, size_t line, size_t from);

/* The lines of the table have ended; or, after an error, nobody wants them. */
int grid_end(struct grid *grid);
void grid_drop(struct grid *grid);

#endif
