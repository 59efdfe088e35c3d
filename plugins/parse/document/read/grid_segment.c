/*
 * A segment: the rows between two labels or claims, and the texts that stand beside them.
 *
 * A cell of text may have several lines, some above and some below the line with the row's
 * numbers.  So texts are kept as pieces until the segment ends.  Then each column of texts is
 * settled by itself: merged cells by the middle of their rows (grid_merged.c), others by the
 * row that is nearest (share.h).
 */
#include "read/grid_state.h"

#include <math.h>
#include <stdlib.h>

#include "read/share.h"

#define LINE_STEP 1.5 /* of a line's height: more is between two cells */

static const char UNDECIDED[] = "which of the lines near the row are its own cannot be told";

int piece_add(struct grid *g, size_t column, const struct word *words, const struct chunk *cell,
	      size_t line, size_t row)
{
	if (!items_grow(&g->pieces, &g->pieces_room, g->n_pieces + 1, sizeof *g->pieces))
		return no_memory(g->scan);
	g->pieces[g->n_pieces++] = (struct piece){ .column = column,
						   .line = line,
						   .text = chunk_text(words, cell),
						   .y0 = cell->y0,
						   .y1 = cell->y1,
						   .row = row,
						   .page = g->scan->pages->lines[line].page };
	return 0;
}

static double piece_y(const struct piece *p)
{
	return middle(p->y0, p->y1);
}

/* Whether a piece is the next line of the text that ends with another. */
static bool goes_on(const struct piece *a, const struct piece *b)
{
	double height = fmax(a->y1 - a->y0, b->y1 - b->y0);

	return a->page == b->page && piece_y(b) - piece_y(a) < LINE_STEP * height;
}

/* Whether a piece is the one before it again: what stands where pages were cut
 * apart is on both. */
static bool is_again(const struct piece *a, const struct piece *b)
{
	return a->page != b->page && a->row == SIZE_MAX && b->row == SIZE_MAX &&
	       a->text.len == b->text.len && !memcmp(a->text.data, b->text.data, a->text.len) &&
	       fabs(piece_y(a) - piece_y(b)) < CENTRED * (a->y1 - a->y0);
}

/* Puts the pieces of a column of merged cells together to cells; how many there are. */
static size_t cells_join(const struct piece *pieces, size_t n, struct cell_lines *out)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct piece *p = &pieces[i];
		struct cell_lines *last = count ? &out[count - 1] : NULL;

		if (last && is_again(&pieces[i - 1], p))
			continue;
		if (last && goes_on(&pieces[i - 1], p) &&
		    (last->row == SIZE_MAX || p->row == SIZE_MAX)) {
			last->count++;
			last->y1 = fmax(last->y1, p->y1);
			last->row = p->row != SIZE_MAX ? p->row : last->row;
			continue;
		}
		out[count++] = (struct cell_lines){ i, 1, p->y0, p->y1, p->row };
	}
	return count;
}

int cell_datum(const struct grid *g, const struct column *c, const struct piece *pieces,
	       const struct cell_lines *cell, struct datum *out)
{
	struct mu_string text = pieces[cell->first].text;
	int err = value_strip(g->scan->reader, c, &text);

	*out = datum_read(g->scan, c, text, false);
	for (size_t i = 1; i < cell->count && !err; i++)
		*out = datum_join(g, c, *out, pieces[cell->first + i].text);
	return err;
}

static bool may_be_empty(const struct column *c)
{
	for (size_t i = 0; i < c->missing.count; i++)
		if (!*c->missing.items[i])
			return true;
	return false;
}

static int report_piece(const struct grid *g, const struct piece *p)
{
	struct mu_finding finding = { .code = "unrecognised",
				      .other =
					      flat_at(g->scan, g->scan->pages->lines[p->line].flat),
				      .value = p->text.data,
				      .value_len = p->text.len };

	return scan_report(g->scan, finding,
			   "a line of table '%s' is no row: '%s' stands beside none",
			   g->table->name, quote(p->text).text);
}

/* Whether a row and the lines of a text may belong together: no other row would fit
 * between them or, to be strict, the row is beside one. */
static bool is_beside(const struct grid *g, const struct cell_lines *cell, size_t row, bool strict)
{
	double margin = strict ? 0 : g->step / 2;

	return g->rows[row].y > cell->y0 - margin && g->rows[row].y < cell->y1 + margin;
}

static int report_text(const struct grid *g, const struct column *c, size_t row, const char *code,
		       const char *what)
{
	struct mu_finding finding = record_finding(g->scan, g->rows[row].record, code);

	finding.field = c->name;
	return scan_report(g->scan, finding, "%s: %s", c->name, what);
}

/* Gives a row its lines; `strict`, when it might be that these are of a row near it that
 * has none. */
static int row_lines(const struct grid *g, const struct column *c, const struct piece *pieces,
		     const struct cell_lines *cell, size_t row, bool strict)
{
	bool whole = true;

	for (size_t i = 1; i < cell->count; i++)
		whole = whole && goes_on(&pieces[cell->first + i - 1], &pieces[cell->first + i]);
	if (!whole || (cell->row == SIZE_MAX && !is_beside(g, cell, row, strict)))
		return report_text(g, c, row, "undecided", UNDECIDED);
	return cell_datum(g, c, pieces, cell, record_datum(g->scan, g->rows[row].record, c));
}

/* The cell of each row: its lines, of which there may be none. */
static void rows_cells(const struct piece *pieces, const struct share_line *lines, size_t n,
		       size_t n_rows, struct cell_lines *out)
{
	size_t line = 0;

	for (size_t row = 0; row < n_rows; row++) {
		out[row] = (struct cell_lines){ .first = line, .row = SIZE_MAX };
		for (; line < n && lines[line].row == row; line++) {
			if (!out[row].count++)
				out[row].y0 = pieces[line].y0;
			out[row].y1 = pieces[line].y1;
			if (pieces[line].row != SIZE_MAX)
				out[row].row = row;
		}
	}
}

/* Whether going from a row one way a row without lines comes before one that has a line
 * beside its numbers. */
static bool is_lacking(const struct cell_lines *cells, size_t n_rows, size_t row, int way)
{
	while (row < n_rows && cells[row].count && cells[row].row == SIZE_MAX)
		row += (size_t)way;
	return row < n_rows && !cells[row].count;
}

static void lines_fill(const struct piece *pieces, size_t n, size_t first, struct share_line *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct piece *p = &pieces[i];

		out[i] = (struct share_line){ .y = piece_y(p), .height = p->y1 - p->y0 };
		out[i].own = p->row == SIZE_MAX ? SHARE_NO_ROW : p->row - first;
	}
}

/* Gives the lines of a column on a page to the rows beside them, `n_rows` from `first`. */
static int page_rows(const struct grid *g, const struct column *c, const struct piece *pieces,
		     size_t n, size_t first, size_t n_rows)
{
	struct share_line *lines = calloc(n + 1, sizeof *lines);
	struct cell_lines *cells = calloc(n_rows, sizeof *cells);
	double *rows = calloc(n_rows, sizeof *rows);
	bool *doubtful = calloc(n_rows, sizeof *doubtful);
	int err = lines && cells && rows && doubtful ? 0 : no_memory(g->scan);

	if (!err) {
		for (size_t i = 0; i < n_rows; i++)
			rows[i] = g->rows[first + i].y;
		lines_fill(pieces, n, first, lines);
		lines_share(lines, n, rows, n_rows, doubtful);
		rows_cells(pieces, lines, n, n_rows, cells);
	}
	for (size_t i = 0; i < n_rows && !err; i++) {
		bool strict = is_lacking(cells, n_rows, i, 1) || is_lacking(cells, n_rows, i, -1);

		if (doubtful[i])
			err = report_text(g, c, first + i, "undecided", UNDECIDED);
		else if (cells[i].count)
			err = row_lines(g, c, pieces, &cells[i], first + i, strict);
		else if (!may_be_empty(c))
			err = report_text(g, c, first + i, "empty", "the row has no value");
	}
	free(lines);
	free(cells);
	free(rows);
	free(doubtful);
	return err;
}

/* Gives the lines of a column to rows, page by page. */
static int column_rows(const struct grid *g, const struct column *c, const struct piece *pieces,
		       size_t n)
{
	size_t row = 0, line = 0;
	int err = 0;

	while (!err && (row < g->n_rows || line < n)) {
		size_t first = row, begin = line;
		uint32_t page = row < g->n_rows ? g->rows[row].page : UINT32_MAX;

		if (line < n && pieces[line].page < page)
			page = pieces[line].page;
		while (row < g->n_rows && g->rows[row].page == page)
			row++;
		while (line < n && pieces[line].page == page)
			line++;
		err = row > first
			      ? page_rows(g, c, pieces + begin, line - begin, first, row - first)
			      : report_piece(g, &pieces[begin]);
	}
	return err;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

double median(double *values, size_t n)
{
	qsort(values, n, sizeof *values, by_size);
	return values[n / 2];
}

/* The median distance of rows that follow each other on a page; without any, what it
 * was before, or two lines. */
static double row_step(const struct grid *g)
{
	double *steps = calloc(g->n_rows + 1, sizeof *steps), step = g->step;
	size_t n = 0;

	for (size_t i = 1; steps && i < g->n_rows; i++)
		if (g->rows[i].page == g->rows[i - 1].page)
			steps[n++] = g->rows[i].y - g->rows[i - 1].y;
	if (!n && step <= 0 && g->n_pieces)
		step = 2 * (g->pieces[0].y1 - g->pieces[0].y0);
	if (n)
		step = median(steps, n);
	free(steps);
	return step;
}

/* Puts the pages below each other, a step from the last row of one to the first
 * one of the next, as they were before they were cut. */
static void pages_join(struct grid *g)
{
	double shift = 0, last = 0;
	size_t piece = 0;

	g->step = row_step(g);
	for (size_t i = 0; i < g->n_rows; i++) {
		struct grid_row *r = &g->rows[i];

		if (i && r->page != g->rows[i - 1].page)
			shift = last + g->step - r->y;
		for (; piece < g->n_pieces && g->pieces[piece].page <= r->page; piece++) {
			if (g->pieces[piece].page < r->page)
				continue;
			g->pieces[piece].y0 += shift;
			g->pieces[piece].y1 += shift;
		}
		r->y += shift;
		last = r->y;
	}
}

static int column_settle(struct grid *g, size_t column)
{
	const struct column *c = g->header.columns[column];
	struct piece *pieces = calloc(g->n_pieces + 1, sizeof *pieces);
	struct cell_lines *cells = calloc(g->n_pieces + 1, sizeof *cells);
	size_t n = 0;
	int err = pieces && cells ? 0 : no_memory(g->scan);

	for (size_t i = 0; i < g->n_pieces && !err; i++)
		if (g->pieces[i].column == column)
			pieces[n++] = g->pieces[i];
	if (!err) {
		err = c->group == GROUP_MERGED
			      ? merged_settle(g, c, pieces, cells, cells_join(pieces, n, cells))
			      : column_rows(g, c, pieces, n);
	}
	free(pieces);
	free(cells);
	return err;
}

/* Whether the texts of a column are given to rows when a segment ends, which tells what
 * is wrong with them. */
static bool is_settled(const struct column *c)
{
	return c->type == COLUMN_STRING && c->group != GROUP_ABOVE && !c->shares && !c->unread;
}

/* Reports a cell that is empty or cannot be read. */
static int cell_report(const struct grid *g, size_t row, const struct column *c)
{
	struct mu_finding finding = record_finding(g->scan, g->rows[row].record, NULL);
	struct datum *d = record_datum(g->scan, g->rows[row].record, c);

	if (d->value.state == VALUE_NONE && !d->len)
		d->value = value_read(g->scan->reader, c, (struct mu_string){ "", 0 }, false);
	if (d->value.state != VALUE_NONE)
		return datum_report(g->scan, (struct mu_finding){ .at = finding.at }, c, d);
	if (may_be_empty(c) || c->unread || is_settled(c))
		return 0;
	return report_text(g, c, row, "empty", "the row has no value");
}

static int row_report(const struct grid *g, size_t row)
{
	int err = 0;

	for (size_t i = 0; i < g->header.n_columns && !err; i++) {
		const struct column *c = g->header.columns[i];

		err = cell_report(g, row, c);
		if (!err && c->sharer)
			err = cell_report(g, row, c->sharer);
	}
	return err;
}

int segment_end(struct grid *g)
{
	int err = 0;

	if (g->n_pieces)
		pages_join(g);
	for (size_t c = 0; c < g->header.n_columns && !err; c++)
		if (is_settled(g->header.columns[c]))
			err = column_settle(g, c);
	for (size_t i = 0; i < g->n_rows && !err; i++)
		err = row_report(g, i);
	g->n_rows = g->n_pieces = 0;
	return err;
}
