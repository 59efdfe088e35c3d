#ifndef MUSTER_DOCUMENT_SHARE_H
#define MUSTER_DOCUMENT_SHARE_H

/*
 * Shares the lines of a column's texts out to rows.  The text of a row may have several
 * lines, and its numbers may stand beside any of them, or between two: at the top of
 * their cells, in the middle, or at the bottom, otherwise in each column.
 *
 * A line beside the numbers of a row is of that row; every other one is of the row whose
 * numbers are next above it, or of that whose are next below.  Of all such ways this takes
 * the one in which the lines of different rows are furthest apart, beyond what lines of one
 * text are; so a row keeps no line when those near it are close together.
 */

#include <stdbool.h>
#include <stddef.h>

#define SHARE_NO_ROW ((size_t)-1)

/* A line of text. */
struct share_line {
	double y, height;
	size_t own; /* the row that it is beside, or SHARE_NO_ROW */
	size_t row; /* what lines_share() finds */

	/* What it works with: the last row whose numbers are not below the line, and whether
	 * one of that row's lines up to this is beside them; what the lines down to this gain
	 * when it is of that row or of the next, and which of the two the line before then
	 * is of. */
	size_t up;
	bool under;
	double gain[2];
	int from[2];
};

/* Fills in `row` of `n` lines from the top down, given the heights at which the numbers of
 * `n_rows` rows stand, at least one.  `doubtful` is set for each row that might as well
 * have one line more or less: the lines then are as far apart elsewhere. */
void lines_share(struct share_line *lines, size_t n, const double *rows, size_t n_rows,
		 bool *doubtful);

#endif
