/*
 * Each line of a table in a grid is told apart here: a claim's pattern (scan_matching), a label
 * that is repeated with its total, a line of texts alone, a total by which columns have labels,
 * or a row.  The files beside this one each do a part:
 *
 *     chunk.c         words that stand together
 *     grid_cells.c    the column of each chunk
 *     grid_label.c    labels that rows below them have
 *     grid_segment.c  rows, and the lines of text that belong to them
 *     grid_merged.c   merged cells
 *     grid_claim.c    totals
 */
#include "read/grid.h"

#include <math.h>
#include <stdlib.h>

#include "read/grid_cells.h"

#define TALLER 1.06 /* than the header's words: a line of other text */

static int row_cell(struct grid *g, size_t column, const struct word *words,
		    const struct chunk *cell, size_t line)
{
	const struct column *c = g->header.columns[column];
	struct mu_string text = chunk_text(words, cell);
	int err;

	if (c->unread)
		return 0;
	if (c->type == COLUMN_STRING && c->group == GROUP_ABOVE && !c->sharer)
		return label_add(g, column, text, line);
	c = c->sharer ? c->sharer : c;
	if (c->type == COLUMN_STRING && c == g->header.columns[column])
		return piece_add(g, column, words, cell, line, g->n_rows - 1);
	err = value_strip(g->scan->reader, c, &text);
	*latest_datum(g->scan, c) = datum_read(g->scan, c, text, false);
	return err;
}

static double numbers_y(const struct grid *g, const struct word *words,
			const struct grid_cells *cells)
{
	double y0 = INFINITY, y1 = -INFINITY;

	for (size_t c = 0; c < g->header.n_columns; c++)
		if (grid_is_number(g, words, cells, c)) {
			y0 = fmin(y0, cells->cell[c].y0);
			y1 = fmax(y1, cells->cell[c].y1);
		}
	return middle(y0, y1);
}

/* Notes where the cells of a row stand. */
static void shape_cells(struct grid *g, const struct word *words, const struct grid_cells *cells)
{
	struct shape *shape = &found_of(g)->shape;

	shape->rows++;
	for (size_t c = 0; c < g->header.n_columns; c++) {
		const struct chunk *cell = &cells->cell[c];
		size_t f = g->header.columns[c]->index;
		bool first = shape->x1[f] <= shape->x0[f];

		if (!cells->has[c])
			continue;
		shape->x0[f] = first ? cell->x0 : fmin(shape->x0[f], cell->x0);
		shape->x1[f] = first ? cell->x1 : fmax(shape->x1[f], cell->x1);
		if (grid_is_number(g, words, cells, c))
			shape_number(shape, chunk_text(words, cell));
	}
}

static int scan_grid_row(struct grid *g, const struct word *words, const struct grid_cells *cells,
			 size_t line)
{
	const struct line *l = &g->scan->pages->lines[line];
	const struct found_table *found = found_of(g);
	int err = record_add(g->scan, found, NULL, l->flat, l->flat_len);

	if (err)
		return err;
	if (!items_grow(&g->rows, &g->rows_room, g->n_rows + 1, sizeof *g->rows))
		return no_memory(g->scan);
	g->rows[g->n_rows++] =
		(struct grid_row){ g->scan->n_records - 1, numbers_y(g, words, cells), l->page };
	g->counts->rows++;
	shape_cells(g, words, cells);
	for (size_t c = 0; c < g->header.n_columns && !err; c++)
		if (cells->has[c])
			err = row_cell(g, c, words, &cells->cell[c], line);
	for (size_t c = 0; c < g->header.n_columns && !err; c++) {
		struct carried *carried = &g->carried[c];

		if (g->header.columns[c]->group != GROUP_ABOVE || !carried->set)
			continue;
		*latest_datum(g->scan, g->header.columns[c]) = carried->datum;
		carried->used = carried->open = true;
	}
	return err;
}

/* A line of texts alone. */
static int scan_texts(struct grid *g, const struct word *words, const struct grid_cells *cells,
		      size_t line)
{
	int err = 0;

	for (size_t c = 0; c < g->header.n_columns && !err; c++) {
		const struct column *column = g->header.columns[c];

		if (!cells->has[c] || column->unread)
			continue;
		if (column->type == COLUMN_STRING && column->group == GROUP_ABOVE) {
			err = segment_end(g);
			if (!err)
				err = label_add(g, c, chunk_text(words, &cells->cell[c]), line);
			continue;
		}
		err = piece_add(g, c, words, &cells->cell[c], line, SIZE_MAX);
	}
	return err;
}

static int report_line(const struct grid *g, size_t line)
{
	struct mu_string text = pages_line(g->scan->pages, line);
	struct mu_finding finding = { .code = "unrecognised",
				      .other = flat_at(g->scan, g->scan->pages->lines[line].flat),
				      .value = text.data,
				      .value_len = text.len };

	return scan_report(g->scan, finding,
			   "a line of table '%s' is no row: '%s' has more cells than the table "
			   "columns",
			   g->table->name, quote(text).text);
}

/* A line, or what is left of it behind a claim, that no pattern is on. */
static int scan_cells(struct grid *g, const struct word *words, size_t n, size_t line)
{
	const struct claim *claim;
	struct grid_cells cells;
	int found = find_repeating(g, words, n, line);

	if (found)
		return found < 0 ? -found : 0;
	if (!grid_cells_find(g, words, n, false, &cells))
		return report_line(g, line);
	if (!grid_has_number(g, words, &cells))
		return scan_texts(g, words, &cells, line);
	claim = find_labelled(g, labels_of(g, &cells));
	if (claim)
		return scan_labelled(g, claim, words, &cells, line);
	return scan_grid_row(g, words, &cells, line);
}

/* A line that a claim's pattern is on, up to the word `rest`. */
static int scan_matching(struct grid *g, const struct claim *claim, const struct word *words,
			 size_t n, size_t line)
{
	bool stated = states_measure(claim, &g->header);
	int err = claim_begin(g, claim, line);

	for (size_t i = 0; i < pattern_captures(claim->pattern) && !err; i++) {
		const struct column *c = layout_column(g->scan->layout, g->table,
						       pattern_capture_name(claim->pattern, i));
		struct mu_string text = pattern_capture(claim->pattern, i);
		struct datum *d;

		if (!c || !text.data)
			continue;
		d = latest_datum(g->scan, c);
		*d = datum_read(g->scan, c, text, false);
		err = datum_report(
			g->scan,
			(struct mu_finding){ .code = "claim-value", .at = latest_at(g->scan) }, c,
			d);
	}
	if (!err && claim->partial)
		return scan_cells(g, words, n, line);
	if (!err && (n || !stated))
		err = claim_numbers(g, claim, words, n);
	return err;
}

static bool is_taller(const struct grid *g, const struct word *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (words[i].y1 - words[i].y0 > TALLER * g->header.height)
			return true;
	return false;
}

int grid_line(struct grid *g, size_t line)
{
	struct mu_string text = pages_line(g->scan->pages, line);
	struct word words[CUT_WORDS];
	size_t n = pages_words(g->scan->pages, line, words, CUT_WORDS), rest = 0;
	struct pattern_match match;
	int found;

	if (n == SIZE_MAX)
		return report_line(g, line);
	if (g->table->skip_taller && is_taller(g, words, n))
		return 0;
	for (size_t i = 0; i < g->table->n_claims; i++) {
		const struct claim *claim = &g->table->claims[i];

		if (!claim->pattern)
			continue;
		found = pattern_find(g->scan->ctx, claim->pattern, text, 0, &match);
		if (found < 0)
			return -found;
		if (!found)
			continue;
		while (rest < n && words[rest].text.data < text.data + match.end)
			rest++;
		return scan_matching(g, claim, words + rest, n - rest, line);
	}
	return scan_cells(g, words, n, line);
}

/* Whether a cell stands where those of its column do in the rows. */
static bool is_below(const struct grid *g, const struct grid_cells *cells, size_t column)
{
	const struct shape *shape = &found_of(g)->shape;
	size_t f = g->header.columns[column]->index;
	const struct chunk *cell = &cells->cell[column];

	return cell->x0 < shape->x1[f] && cell->x1 > shape->x0[f];
}

/* Whether the numbers of some words stand below those of the rows; with `labels`, beside
 * texts that do. */
static bool stands_below(const struct grid *g, const struct word *words, size_t n, bool labels)
{
	bool number = false, label = false;
	struct grid_cells cells;

	if (!n || !grid_cells_find(g, words, n, !labels, &cells))
		return false;
	for (size_t c = 0; c < g->header.n_columns; c++) {
		bool counts = grid_is_number(g, words, &cells, c);

		if (!cells.has[c] || g->header.columns[c]->unread)
			continue;
		if (!is_below(g, &cells, c) || (g->header.columns[c]->measure && !counts))
			return false;
		number |= counts;
		label |= !counts;
	}
	return number && label == labels;
}

bool grid_reads(struct scan *s, const struct table *t, const struct found_table *f, size_t line)
{
	struct grid g = { .scan = s, .table = t, .header = f->header };
	struct word words[CUT_WORDS];
	size_t n = pages_words(s->pages, line, words, CUT_WORDS);

	return n != SIZE_MAX && !(t->skip_taller && is_taller(&g, words, n)) &&
	       stands_below(&g, words, n, true);
}

bool grid_states(struct scan *s, const struct table *t, const struct found_table *f,
		 const struct claim *claim, size_t line, size_t from)
{
	struct grid g = { .scan = s, .table = t, .header = f->header };
	const char *rest = pages_line(s->pages, line).data + from;
	struct word words[CUT_WORDS];
	size_t n = pages_words(s->pages, line, words, CUT_WORDS), first = 0;

	if (n == SIZE_MAX)
		return false;
	while (first < n && words[first].text.data < rest)
		first++;
	if (first == n)
		return states_measure(claim, &g.header);
	return stands_below(&g, words + first, n - first, false);
}

/* Where the cells of a column begin on the page of a line, from that on: at the median
 * of all that begin between the header before and its own. */
static int edge_learn(struct grid *g, size_t column, size_t line)
{
	const struct pages *pages = g->scan->pages;
	uint32_t page = pages->lines[line].page;
	double low = column ? g->header.x1[column - 1] : -INFINITY, *edges = NULL;
	size_t n = 0, room = 0;

	for (; line < pages->n_lines && pages->lines[line].page == page; line++) {
		struct word words[CUT_WORDS];
		struct chunk chunks[CHUNKS_MAX];
		size_t count = pages_words(pages, line, words, CUT_WORDS);

		if (count == SIZE_MAX)
			continue;
		count = chunks_find(g->scan->pages, words, count, chunks);
		for (size_t i = 0; count != SIZE_MAX && i < count; i++) {
			if (chunks[i].x0 <= low || chunks[i].x0 >= g->header.x0[column])
				continue;
			if (!items_grow(&edges, &room, n + 1, sizeof *edges)) {
				free(edges);
				return no_memory(g->scan);
			}
			edges[n++] = chunks[i].x0;
		}
	}
	if (n)
		g->header.x0[column] = median(edges, n);
	free(edges);
	return 0;
}

int grid_header(struct grid *g, const struct header *header, size_t line)
{
	int err = 0;

	g->header = *header;
	for (size_t i = 0; i < header->n_columns && !err; i++)
		if (header->columns[i]->align == ALIGN_LEFT && line < g->scan->pages->n_lines)
			err = edge_learn(g, i, line);
	return err;
}

struct grid *grid_begin(struct scan *scan, const struct table *table, struct table_counts *counts)
{
	struct grid *g = mu_alloc(scan->ctx, sizeof *g);

	g->scan = scan;
	g->table = table;
	g->counts = counts;
	return g;
}

void grid_drop(struct grid *g)
{
	free(g->rows);
	free(g->pieces);
	g->rows = NULL;
	g->pieces = NULL;
}

int grid_end(struct grid *g)
{
	int err = segment_end(g);

	found_of(g)->header = g->header;
	grid_drop(g);
	return err;
}
