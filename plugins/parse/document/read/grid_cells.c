/*
 * Which column each chunk of a line belongs to.
 *
 * A PDF has no cells.  It has words and where they stand, and its headers tell where columns
 * are.  Cells stand under their header at its left side, its middle or its right side, and
 * nothing says at which, so a chunk is as far from a column as the nearest of these three is.
 *
 * To give each chunk to the column that is nearest would put two chunks into one column, or
 * the right one left of the left one.  So all chunks of a line are given out together: columns
 * rise from left to right, and the sum of what it costs is the least that there is.  It costs
 * the distance, and more where a text cannot be read as the column's type, by which a number
 * that stands between two columns finds its own.
 *
 * The least sum is found chunk by chunk.  `least[c]` is what the chunks up to this one cost when
 * this one goes to column c: its own cost, and the least of the chunk before in any column left
 * of c, or in c itself when that takes several.  `from` keeps which column that was, and leads
 * back from the last chunk to the first.  The work is chunks times columns.
 */
#include "read/grid_cells.h"

#include <math.h>

/* What it costs to give a chunk to a column, in points. */
#define UNREADABLE 1000.0 /* that it cannot be read as */
#define NUMBER     30.0   /* of texts, when it is a number */
#define SECOND     5.0    /* that has one already */

/* How far a chunk is from a header: by their left sides, middles or right sides,
 * however the column is aligned. */
static double distance(const struct header *h, size_t column, const struct chunk *c)
{
	double left = fabs(c->x0 - h->x0[column]), right = fabs(c->x1 - h->x1[column]);
	double centre = fabs(middle(c->x0, c->x1) - middle(h->x0[column], h->x1[column]));

	return fmin(centre, fmin(left, right));
}

static double cost(const struct grid *g, size_t column, const struct chunk *c,
		   struct mu_string text)
{
	const struct column *to = g->header.columns[column];
	static const struct column number = { .type = COLUMN_INTEGER };
	double d = distance(&g->header, column, c);

	if (to->type == COLUMN_STRING)
		return value_reads(value_read(g->scan->reader, &number, text, false)) ? d + NUMBER
										      : d;
	return value_reads(value_read(g->scan->reader, to, text, false)) ? d : d + UNREADABLE;
}

/* Gives chunks to columns, in their order, at the least cost; only columns of
 * texts take several.  With `measures`, only to these.  False when there are more
 * chunks than columns. */
static bool chunks_assign(const struct grid *g, const struct word *words,
			  const struct chunk *chunks, size_t n, bool measures, size_t *columns)
{
	size_t width = g->header.n_columns;
	double least[COLUMNS_MAX] = { 0 };
	uint8_t from[CHUNKS_MAX][COLUMNS_MAX];
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < n; i++) {
		struct mu_string text = chunk_text(words, &chunks[i]);
		double before = INFINITY, old;
		size_t before_at = 0;

		for (size_t c = 0; c < width; c++) {
			const struct column *to = g->header.columns[c];
			double reach = i ? before : 0;

			old = i ? least[c] : INFINITY;
			from[i][c] = (uint8_t)before_at;
			if (to->type == COLUMN_STRING && old + SECOND < reach) {
				reach = old + SECOND;
				from[i][c] = (uint8_t)c;
			}
			if (old < before) {
				before = old;
				before_at = c;
			}
			least[c] = measures && !to->measure ? INFINITY
							    : reach + cost(g, c, &chunks[i], text);
		}
	}
	for (size_t c = 0; c < width; c++)
		if (least[c] < INFINITY && (best == SIZE_MAX || least[c] < least[best]))
			best = c;
	for (size_t i = n; i-- > 0 && best != SIZE_MAX; best = from[i][best])
		columns[i] = best;
	return best != SIZE_MAX;
}

/* Whether a number went to a column of texts though it stands nearer to one of numbers: what
 * that one got instead stands under no header. */
static bool is_crowded_out(const struct grid *g, const struct word *words, const struct chunk *c,
			   size_t column)
{
	static const struct column number = { .type = COLUMN_INTEGER };
	double d = distance(&g->header, column, c);

	if (g->header.columns[column]->type != COLUMN_STRING || g->header.columns[column]->unread ||
	    !value_reads(value_read(g->scan->reader, &number, chunk_text(words, c), false)))
		return false;
	for (size_t i = 0; i < g->header.n_columns; i++)
		if (g->header.columns[i]->measure && distance(&g->header, i, c) < d)
			return true;
	return false;
}

bool grid_cells_find(const struct grid *g, const struct word *words, size_t n, bool measures,
		     struct grid_cells *out)
{
	struct chunk chunks[CHUNKS_MAX];
	size_t columns[CHUNKS_MAX], count = chunks_find(g->scan->pages, words, n, chunks);

	memset(out->has, 0, sizeof out->has);
	if (count == SIZE_MAX || !chunks_assign(g, words, chunks, count, measures, columns))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct chunk *cell = &out->cell[columns[i]];

		if (is_crowded_out(g, words, &chunks[i], columns[i]))
			return false;

		if (!out->has[columns[i]])
			*cell = chunks[i];
		cell->end = chunks[i].end;
		cell->x1 = chunks[i].x1;
		cell->y0 = fmin(cell->y0, chunks[i].y0);
		cell->y1 = fmax(cell->y1, chunks[i].y1);
		out->has[columns[i]] = true;
	}
	return true;
}

bool grid_is_number(const struct grid *g, const struct word *words, const struct grid_cells *cells,
		    size_t column)
{
	const struct column *c = g->header.columns[column];

	return cells->has[column] && c->measure &&
	       value_reads(value_read(g->scan->reader, c, chunk_text(words, &cells->cell[column]),
				      false));
}

bool grid_has_number(const struct grid *g, const struct word *words, const struct grid_cells *cells)
{
	for (size_t c = 0; c < g->header.n_columns; c++)
		if (grid_is_number(g, words, cells, c))
			return true;
	return false;
}
