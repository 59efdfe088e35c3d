/*
 * The cells of a line in a grid: the words that stand under each header.
 */
#ifndef DOCUMENT_GRID_CELLS_H
#define DOCUMENT_GRID_CELLS_H

#include "read/grid_state.h"

/* The words of each column's cell. */
struct grid_cells {
	struct chunk cell[COLUMNS_MAX];
	bool has[COLUMNS_MAX];
};

/* Gives the words of a line to columns; with `measures`, only to these.  False when there are
 * more cells than columns, or a number stands under no header of a number. */
bool grid_cells_find(const struct grid *grid, const struct word *words, size_t n, bool measures,
		     struct grid_cells *out);

/* Whether a column is a measure and its cell a number; whether any is. */
bool grid_is_number(const struct grid *grid, const struct word *words,
		    const struct grid_cells *cells, size_t column);
bool grid_has_number(const struct grid *grid, const struct word *words,
		       const struct grid_cells *cells);

#endif
