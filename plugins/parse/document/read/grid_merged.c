/*
 * Merged cells: a text in the middle of the rows that it is for.
 *
 * Nothing but the middle tells which rows these are.  From the first row on, a cell takes as
 * many rows as make its place their middle; the next cell goes on behind them.  The same is
 * done from the last row up.  A row whose cell both ways agree on, or one way alone tells, has
 * it; any other row has none, and is reported.
 */
#include "read/grid_state.h"

#include <math.h>
#include <stdlib.h>

enum { NOBODY = -1 }; /* the owner of a row whose cell is not known */

static double cell_y(const struct cell_lines *c)
{
	return middle(c->y0, c->y1);
}

/* The last of the rows from `row` on, in steps of `way`, in whose middle a cell
 * stands; SIZE_MAX when there is none such. */
static size_t cell_rows(const struct grid *g, const struct cell_lines *cell, size_t row, int way)
{
	double off = INFINITY, tolerance = CENTRED * g->step;
	size_t last = SIZE_MAX;

	for (size_t k = row; k < g->n_rows; k += (size_t)way) {
		double d = fabs(middle(g->rows[row].y, g->rows[k].y) - cell_y(cell));

		if (d >= off)
			break;
		off = d;
		last = k;
	}
	return off <= tolerance ? last : SIZE_MAX;
}

/* Gives rows, from the first on, the cells in whose middle of rows these stand;
 * what is not certain stays NOBODY's: when a cell stands in the middle of no rows
 * the last ones before it are not certain either. */
static void merged_share(const struct grid *g, const struct cell_lines *cells, size_t n, int way,
			 int *owner)
{
	size_t row = way > 0 ? 0 : g->n_rows - 1, safe = row, safer = row, i, last;

	for (i = 0; i < g->n_rows; i++)
		owner[i] = NOBODY;
	for (i = 0; i < n && row < g->n_rows; i++) {
		size_t cell = way > 0 ? i : n - 1 - i;

		last = cell_rows(g, &cells[cell], row, way);
		if (last == SIZE_MAX)
			break;
		safer = safe;
		safe = row;
		for (; row != last + (size_t)way; row += (size_t)way)
			owner[row] = (int)cell;
	}
	if (i == n && row >= g->n_rows)
		return;
	for (row = safer; row < g->n_rows; row += (size_t)way)
		owner[row] = NOBODY;
}

/* From the top and from the bottom: where both say something they must agree. */
static void rows_agree(const struct grid *g, const struct cell_lines *cells, size_t n, int *owner,
		       int *upwards)
{
	if (!g->n_rows)
		return;
	merged_share(g, cells, n, 1, owner);
	merged_share(g, cells, n, -1, upwards);
	for (size_t i = 0; i < g->n_rows; i++) {
		if (owner[i] == NOBODY)
			owner[i] = upwards[i];
		else if (upwards[i] != NOBODY && upwards[i] != owner[i])
			owner[i] = NOBODY;
	}
}

static int report_merged(const struct grid *g, const struct column *c, size_t row,
			 const struct datum *likely)
{
	struct mu_finding finding = record_finding(g->scan, g->rows[row].record, "undecided");
	struct mu_string text = likely ? datum_text(g->scan, likely) : (struct mu_string){ 0 };
	char *suggested = likely ? mu_alloc(g->scan->ctx, text.len + 1) : NULL;

	if (likely)
		memcpy(suggested, text.data, text.len);
	finding.field = c->name;
	finding.suggested = suggested;
	return scan_report(g->scan, finding,
			   likely ? "%s: a page break cuts the merged cell of the row, so it "
				    "cannot be told for certain"
				  : "%s: which merged cell the row belongs to cannot be told: near "
				    "it a cell does not stand in the middle of its rows",
			   c->name);
}

/* Whether the rows of a cell are on several pages. */
static bool is_cut(const struct grid *g, const int *owner, size_t row)
{
	size_t first = row, last = row;

	while (first && owner[first - 1] == owner[row])
		first--;
	while (last + 1 < g->n_rows && owner[last + 1] == owner[row])
		last++;
	return g->rows[first].page != g->rows[last].page;
}

static int merged_row(struct grid *g, const struct column *c, const struct piece *pieces,
		      const struct cell_lines *cells, const int *owner, size_t row)
{
	struct datum datum = { 0 };
	int err;

	if (owner[row] == NOBODY)
		return report_merged(g, c, row, NULL);
	err = cell_datum(g, c, pieces, &cells[owner[row]], &datum);
	if (!err && is_cut(g, owner, row))
		return report_merged(g, c, row, &datum);
	if (!err)
		*record_datum(g->scan, g->rows[row].record, c) = datum;
	return err;
}

int merged_settle(struct grid *g, const struct column *c, const struct piece *pieces,
		  const struct cell_lines *cells, size_t n)
{
	int *owner = calloc(2 * g->n_rows + 1, sizeof *owner), err = 0;

	if (!owner)
		return no_memory(g->scan);
	rows_agree(g, cells, n, owner, owner + g->n_rows);
	for (size_t i = 0; i < g->n_rows && !err; i++)
		err = merged_row(g, c, pieces, cells, owner, i);
	free(owner);
	return err;
}
