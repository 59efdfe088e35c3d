/*
 * What the files of a grid share: the state of a table that is read line by line.
 */
#ifndef DOCUMENT_GRID_STATE_H
#define DOCUMENT_GRID_STATE_H

#include "read/chunk.h"
#include "read/grid.h"

struct grid_cells;

/* Of a row's step, or a line's height: how far things are apart that have one middle. */
#define CENTRED 0.12

/* The label that rows below it have. */
struct carried {
	struct datum datum;
	size_t line; /* the last one of its text */
	bool set;
	bool used; /* there were rows below it */
	bool open; /* and since the last claim without a label of its own */
};

/* A row of the segment. */
struct grid_row {
	size_t record;
	double y; /* the middle of its numbers */
	uint32_t page;
};

/* A text of a column that is not carried down: a line of a cell. */
struct piece {
	size_t column, line;
	struct mu_string text;
	double y0, y1;
	size_t row; /* that is on the same line, or SIZE_MAX */
	uint32_t page;
};

/* The lines of one cell. */
struct cell_lines {
	size_t first, count; /* pieces, of one column */
	double y0, y1;
	size_t row;
};

struct grid {
	struct scan *scan;
	const struct table *table;
	struct table_counts *counts;
	struct header header;
	struct carried carried[COLUMNS_MAX];

	/* The segment: the lines since the last label or claim. */
	struct grid_row *rows;
	struct piece *pieces;
	size_t n_rows, rows_room, n_pieces, pieces_room;
	double step; /* from one row to the next */
};

static inline struct found_table *found_of(const struct grid *grid)
{
	return &grid->scan->tables[grid->table - grid->scan->layout->tables];
}

static inline double middle(double a, double b)
{
	return (a + b) / 2;
}

/* The median of some values, which are sorted by that. */
double median(double *values, size_t n);

/* A text that stands on several lines, put together. */
struct datum datum_join(const struct grid *grid, const struct column *column, struct datum a,
			struct mu_string b);

/* A label on a line: a new one, or the next line of the one before.  0 or a positive errno
 * value, as all below. */
int label_add(struct grid *grid, size_t column, struct mu_string text, size_t line);

/* Keeps a text until the segment ends; `row` is the one on the same line, or SIZE_MAX. */
int piece_add(struct grid *grid, size_t column, const struct word *words, const struct chunk *cell,
	      size_t line, size_t row);

/* The value that the lines of a cell are. */
int cell_datum(const struct grid *grid, const struct column *column, const struct piece *pieces,
	       const struct cell_lines *cell, struct datum *out);

/* Gives the `n` merged cells of a column to the rows in whose middle they stand. */
int merged_settle(struct grid *grid, const struct column *column, const struct piece *pieces,
		  const struct cell_lines *cells, size_t n);

/* Settles the texts of the rows since the last label or claim, and reports what is wrong. */
int segment_end(struct grid *grid);

/* Begins a claim: it is for the present labels of the columns in `of`. */
int claim_begin(struct grid *grid, const struct claim *claim, size_t line);

/* Reads the numbers of the latest record's claim. */
int claim_numbers(struct grid *grid, const struct claim *claim, const struct word *words, size_t n);

/* Reads a line that repeats a label and states numbers of it.  1 when it was one, 0, or a
 * negative errno value. */
int find_repeating(struct grid *grid, const struct word *words, size_t n, size_t line);

/* The columns of a line's cells that are no measures, as a set; the claim whose lines have
 * labels in these columns, or NULL; and reading it. */
uint64_t labels_of(const struct grid *grid, const struct grid_cells *cells);
const struct claim *find_labelled(const struct grid *grid, uint64_t labels);
int scan_labelled(struct grid *grid, const struct claim *claim, const struct word *words,
		  const struct grid_cells *cells, size_t line);

/* Whether the pattern of a claim captures a measure. */
bool states_measure(const struct claim *claim, const struct header *header);

#endif
