/*
 * The cells of one column in rows that are regular, and values of them.
 *
 * What is read here is what most cells are: values as table.h's mu_parse functions read
 * them, in quotes or not, and empty cells.  All else is odd, such as white space or
 * what cannot be read, and for somebody who takes more time.
 */
#ifndef CELLS_H
#define CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine.h"

enum { CELLS_PADDING = 64 };

struct cells {
	const char *text; /* CELLS_PADDING bytes on both sides of it can be read */
	const uint32_t *before, *end; /* separators around the first cell; of the others */
	size_t before_step, step;     /* they are so many elements further on */
	const uint32_t *same; /* for each row, how far it is the same as the one before: see
				 cells_compare(); NULL: not known */
	uint32_t count;
	char quote;     /* or 0 */
	uint32_t row;   /* of the first cell, in what follows */
	uint8_t *valid; /* bits, all 1: cleared where there is no value, or an odd cell */
};

/* Read values; `values` has room for each row, and zeros where these are bits.  `odd`
 * has room for `count`, and gets the rows of cells that are odd, in order.  How many
 * there are. */
uint32_t cells_integers(enum machine machine, const struct cells *cells, int64_t *values,
			uint32_t *odd);
uint32_t cells_numbers(const struct cells *cells, double *values, uint32_t *odd);
uint32_t cells_booleans(const struct cells *cells, uint8_t *values, uint32_t *odd);
uint32_t cells_dates(const struct cells *cells, int32_t *values, uint32_t *odd);

/* Compares the first CELLS_PADDING bytes of rows, each with the one before.  `before` are
 * the separators in front of them, and `same` becomes the position of the first byte that
 * differs: a cell whose end lies before that has the text of the cell above. */
void cells_compare(enum machine machine, const char *text, const uint32_t *before,
		   uint32_t count, uint32_t *same);

/* How many cells have the text of the one above; `same` must be known. */
uint32_t cells_repeated(const struct cells *cells);

static inline void cells_null(uint8_t *valid, uint32_t row)
{
	valid[row >> 3] &= (uint8_t)~(1u << (row & 7));
}

/* A cell, by the positions of its first byte and of the one behind its last. */
struct span {
	uint32_t from, end;
};

static inline struct span cells_at(const struct cells *c, uint32_t i)
{
	return (struct span){ c->before[i * c->before_step] + 1, c->end[i * c->step] };
}

#endif
