#include "read/grid.h"
#include "read/share.h"

#include <math.h>
#include <stdlib.h>

#define CHUNK_GAP 0.45 /* of a word's height: more is between two chunks */
#define LINE_STEP 1.5  /* of a line's height: more is between two cells */
#define TALLER    1.06 /* than the header's words: a line of other text */
#define CENTRED   0.12 /* of a row's step: how far a label is from the middle of its rows */

/* What it costs to give a chunk to a column, in points. */
#define UNREADABLE 1000.0 /* that it cannot be read as */
#define NUMBER     30.0   /* of texts, when it is a number */
#define SECOND     5.0    /* that has one already */

enum {
	CUT_OFF = 4, /* the least of a label that may be the beginning of a name */
	NOBODY = -1, /* a row whose cell is not known */
};

static const size_t NONE = SIZE_MAX;

static const char UNDECIDED[] = "which of the lines near the row are its own cannot be told";

/* The label that rows below it have. */
struct carried {
	struct datum datum;
	size_t line; /* the last one of its text */
	bool set;
	bool used; /* there were rows below it */
	bool open; /* and since the last claim without a label of its own */
};

struct row {
	size_t record;
	double y; /* the middle of its numbers */
	uint32_t page;
};

/* A text of a column that is not carried down: a line of a cell. */
struct piece {
	size_t column, line;
	struct mu_string text;
	double y0, y1;
	size_t row; /* that is on the same line, or NONE */
	uint32_t page;
};

/* The lines of one cell. */
struct cell_text {
	size_t first, count; /* pieces, of one column */
	double y0, y1;
	size_t row;
};

struct grid {
	struct scan *scan;
	const struct table *table;
	struct tally *tally;
	struct header header;
	struct carried carried[COLUMNS_MAX];

	/* The lines since the last label or claim. */
	struct row *rows;
	struct piece *pieces;
	size_t n_rows, rows_room, n_pieces, pieces_room;
	double step; /* from one row to the next */
};

static struct found_table *found_of(const struct grid *g)
{
	return &g->scan->tables[g->table - g->scan->layout->tables];
}

static double middle(double a, double b)
{
	return (a + b) / 2;
}

size_t grid_chunks(const struct pages *pages, const struct word *words, size_t n, struct chunk *out)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct word *w = &words[i];
		struct chunk *last = count ? &out[count - 1] : NULL;
		double gap = pages->boxes ? CHUNK_GAP * (w->y1 - w->y0) : pages->gap;

		if (last && w->x0 - last->x1 < gap) {
			last->end = i + 1;
			last->x1 = fmax(last->x1, w->x1);
			last->y0 = fmin(last->y0, w->y0);
			last->y1 = fmax(last->y1, w->y1);
			continue;
		}
		if (count == CHUNKS_MAX)
			return NONE;
		out[count++] = (struct chunk){ i, i + 1, w->x0, w->x1, w->y0, w->y1 };
	}
	return count;
}

static struct mu_string words_text(const struct word *words, size_t first, size_t end)
{
	const char *start = words[first].text.data;
	struct mu_string last = words[end - 1].text;

	return (struct mu_string){ start, (size_t)(last.data + last.len - start) };
}

struct mu_string chunk_text(const struct word *words, const struct chunk *c)
{
	return words_text(words, c->first, c->end);
}

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
	size_t best = NONE;

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
		if (least[c] < INFINITY && (best == NONE || least[c] < least[best]))
			best = c;
	for (size_t i = n; i-- > 0 && best != NONE; best = from[i][best])
		columns[i] = best;
	return best != NONE;
}

/* The words of each column's cell: none where first is end. */
struct cells {
	struct chunk cell[COLUMNS_MAX];
	bool has[COLUMNS_MAX];
};

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

static bool cells_find(const struct grid *g, const struct word *words, size_t n, bool measures,
		       struct cells *out)
{
	struct chunk chunks[CHUNKS_MAX];
	size_t columns[CHUNKS_MAX], count = grid_chunks(g->scan->pages, words, n, chunks);

	memset(out->has, 0, sizeof out->has);
	if (count == NONE || !chunks_assign(g, words, chunks, count, measures, columns))
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

static bool is_number(const struct grid *g, const struct word *words, const struct cells *cells,
		      size_t column)
{
	const struct column *c = g->header.columns[column];

	return cells->has[column] && c->measure &&
	       value_reads(value_read(g->scan->reader, c, chunk_text(words, &cells->cell[column]),
				      false));
}

static bool has_number(const struct grid *g, const struct word *words, const struct cells *cells)
{
	for (size_t c = 0; c < g->header.n_columns; c++)
		if (is_number(g, words, cells, c))
			return true;
	return false;
}

/* A text that stands on several lines, put together. */
static struct datum datum_join(const struct grid *g, const struct column *c, struct datum a,
			       struct mu_string b)
{
	struct mu_string text = datum_text(g->scan, &a);
	char *joined = mu_alloc(g->scan->ctx, text.len + b.len + 2);

	memcpy(joined, text.data, text.len);
	joined[text.len] = ' ';
	memcpy(joined + text.len + 1, b.data, b.len);
	a.joined = joined;
	a.joined_len = text.len + 1 + b.len;
	a.value = value_read(g->scan->reader, c, (struct mu_string){ joined, a.joined_len }, false);
	return a;
}

/* A new label of a column takes away those of the groups within it. */
static void label_set(struct grid *g, size_t column, struct datum datum, size_t line)
{
	g->carried[column] = (struct carried){ .datum = datum, .line = line, .set = true };
	for (size_t c = column + 1; c < g->header.n_columns; c++)
		g->carried[c].set = false;
}

static int label_add(struct grid *g, size_t column, struct mu_string text, size_t line)
{
	const struct column *c = g->header.columns[column];
	struct carried *carried = &g->carried[column];
	bool goes_on = carried->set && !carried->used && carried->line + 1 == line;
	int err;

	if (goes_on) {
		carried->datum = datum_join(g, c, carried->datum, text);
		carried->line = line;
		return 0;
	}
	err = value_strip(g->scan->reader, c, &text);
	if (!err)
		label_set(g, column, datum_read(g->scan, c, text, false), line);
	return err;
}

static int piece_add(struct grid *g, size_t column, const struct word *words,
		     const struct chunk *cell, size_t line, size_t row)
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
	return a->page != b->page && a->row == NONE && b->row == NONE &&
	       a->text.len == b->text.len && !memcmp(a->text.data, b->text.data, a->text.len) &&
	       fabs(piece_y(a) - piece_y(b)) < CENTRED * (a->y1 - a->y0);
}

/* Puts the pieces of a column of merged cells together to cells; how many there are. */
static size_t cells_join(const struct piece *pieces, size_t n, struct cell_text *out)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct piece *p = &pieces[i];
		struct cell_text *last = count ? &out[count - 1] : NULL;

		if (last && is_again(&pieces[i - 1], p))
			continue;
		if (last && goes_on(&pieces[i - 1], p) && (last->row == NONE || p->row == NONE)) {
			last->count++;
			last->y1 = fmax(last->y1, p->y1);
			last->row = p->row != NONE ? p->row : last->row;
			continue;
		}
		out[count++] = (struct cell_text){ i, 1, p->y0, p->y1, p->row };
	}
	return count;
}

static int cell_datum(const struct grid *g, const struct column *c, const struct piece *pieces,
		      const struct cell_text *cell, struct datum *out)
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
static bool is_beside(const struct grid *g, const struct cell_text *cell, size_t row, bool strict)
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
		     const struct cell_text *cell, size_t row, bool strict)
{
	bool whole = true;

	for (size_t i = 1; i < cell->count; i++)
		whole = whole && goes_on(&pieces[cell->first + i - 1], &pieces[cell->first + i]);
	if (!whole || (cell->row == NONE && !is_beside(g, cell, row, strict)))
		return report_text(g, c, row, "undecided", UNDECIDED);
	return cell_datum(g, c, pieces, cell, record_datum(g->scan, g->rows[row].record, c));
}

/* The cell of each row: its lines, of which there may be none. */
static void rows_cells(const struct piece *pieces, const struct share_line *lines, size_t n,
		       size_t n_rows, struct cell_text *out)
{
	size_t line = 0;

	for (size_t row = 0; row < n_rows; row++) {
		out[row] = (struct cell_text){ .first = line, .row = NONE };
		for (; line < n && lines[line].row == row; line++) {
			if (!out[row].count++)
				out[row].y0 = pieces[line].y0;
			out[row].y1 = pieces[line].y1;
			if (pieces[line].row != NONE)
				out[row].row = row;
		}
	}
}

/* Whether going from a row one way a row without lines comes before one that has a line
 * beside its numbers. */
static bool is_lacking(const struct cell_text *cells, size_t n_rows, size_t row, int way)
{
	while (row < n_rows && cells[row].count && cells[row].row == NONE)
		row += (size_t)way;
	return row < n_rows && !cells[row].count;
}

static void lines_fill(const struct piece *pieces, size_t n, size_t first, struct share_line *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct piece *p = &pieces[i];

		out[i] = (struct share_line){ .y = piece_y(p), .height = p->y1 - p->y0 };
		out[i].own = p->row == NONE ? SHARE_NO_ROW : p->row - first;
	}
}

/* Gives the lines of a column on a page to the rows beside them, `n_rows` from `first`. */
static int page_rows(const struct grid *g, const struct column *c, const struct piece *pieces,
		     size_t n, size_t first, size_t n_rows)
{
	struct share_line *lines = calloc(n + 1, sizeof *lines);
	struct cell_text *cells = calloc(n_rows, sizeof *cells);
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
	if (n) {
		qsort(steps, n, sizeof *steps, by_size);
		step = steps[n / 2];
	}
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
		struct row *r = &g->rows[i];

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

static double cell_y(const struct cell_text *c)
{
	return middle(c->y0, c->y1);
}

/* The last of the rows from `row` on, in steps of `way`, in whose middle a cell
 * stands; NONE when there is none such. */
static size_t cell_rows(const struct grid *g, const struct cell_text *cell, size_t row, int way)
{
	double off = INFINITY, tolerance = CENTRED * g->step;
	size_t last = NONE;

	for (size_t k = row; k < g->n_rows; k += (size_t)way) {
		double d = fabs(middle(g->rows[row].y, g->rows[k].y) - cell_y(cell));

		if (d >= off)
			break;
		off = d;
		last = k;
	}
	return off <= tolerance ? last : NONE;
}

/* Gives rows, from the first on, the cells in whose middle of rows these stand;
 * what is not certain stays NOBODY's: when a cell stands in the middle of no rows
 * the last ones before it are not certain either. */
static void merged_share(const struct grid *g, const struct cell_text *cells, size_t n, int way,
			 int *owner)
{
	size_t row = way > 0 ? 0 : g->n_rows - 1, safe = row, safer = row, i, last;

	for (i = 0; i < g->n_rows; i++)
		owner[i] = NOBODY;
	for (i = 0; i < n && row < g->n_rows; i++) {
		size_t cell = way > 0 ? i : n - 1 - i;

		last = cell_rows(g, &cells[cell], row, way);
		if (last == NONE)
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
static void rows_agree(const struct grid *g, const struct cell_text *cells, size_t n, int *owner,
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
		      const struct cell_text *cells, const int *owner, size_t row)
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

static int column_merged(struct grid *g, const struct column *c, const struct piece *pieces,
			 const struct cell_text *cells, size_t n)
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

static int column_settle(struct grid *g, size_t column)
{
	const struct column *c = g->header.columns[column];
	struct piece *pieces = calloc(g->n_pieces + 1, sizeof *pieces);
	struct cell_text *cells = calloc(g->n_pieces + 1, sizeof *cells);
	size_t n = 0;
	int err = pieces && cells ? 0 : no_memory(g->scan);

	for (size_t i = 0; i < g->n_pieces && !err; i++)
		if (g->pieces[i].column == column)
			pieces[n++] = g->pieces[i];
	if (!err) {
		err = c->group == GROUP_MERGED
			      ? column_merged(g, c, pieces, cells, cells_join(pieces, n, cells))
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

/* Settles the rows since the last label or claim. */
static int segment_end(struct grid *g)
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

/* Begins a claim: it is for the present labels of the columns in `of`. */
static int claim_begin(struct grid *g, const struct claim *claim, size_t line)
{
	const struct line *l = &g->scan->pages->lines[line];
	const struct found_table *found = found_of(g);
	int err = segment_end(g);

	if (!err)
		err = record_add(g->scan, found, claim->name, l->flat, l->flat_len);
	if (err)
		return err;
	g->tally->claims[claim - g->table->claims]++;
	for (size_t c = 0; c < g->header.n_columns; c++) {
		const struct column *column = g->header.columns[c];

		if (claim->of_set >> column->index & 1 && g->carried[c].set)
			*latest_datum(g->scan, column) = g->carried[c].datum;
	}
	return 0;
}

/* Reads the numbers of a claim. */
static int claim_numbers(struct grid *g, const struct claim *claim, const struct word *words,
			 size_t n)
{
	struct mu_finding finding = record_finding(g->scan, g->scan->n_records - 1, "claim-value");
	struct cells cells;
	int err = 0;

	if (!n || !cells_find(g, words, n, true, &cells))
		return scan_report(g->scan, finding,
				   "a line that states '%s' must have numbers under the measures "
				   "and nothing else",
				   claim->name);
	for (size_t c = 0; c < g->header.n_columns && !err; c++) {
		const struct column *column = g->header.columns[c];
		struct datum *d;

		if (!cells.has[c])
			continue;
		d = latest_datum(g->scan, column);
		*d = datum_read(g->scan, column, chunk_text(words, &cells.cell[c]), false);
		err = datum_report(
			g->scan,
			(struct mu_finding){ .code = "claim-value", .at = latest_at(g->scan) },
			column, d);
	}
	return err;
}

/* Whether a text is a label that is carried, or its beginning, cut off. */
static bool repeats(const struct grid *g, const struct claim *claim, struct mu_string text)
{
	for (size_t c = 0; c < g->header.n_columns; c++) {
		struct mu_string label;

		if (!g->carried[c].set || g->header.columns[c] != claim->repeated)
			continue;
		label = datum_text(g->scan, &g->carried[c].datum);
		return text.len <= label.len && !memcmp(text.data, label.data, text.len) &&
		       (text.len == label.len || text.len >= CUT_OFF);
	}
	return false;
}

/* How many words at the beginning are no number; all others must be. */
static size_t label_words(const struct grid *g, const struct word *words, size_t n)
{
	static const struct column number = { .type = COLUMN_INTEGER };
	size_t label = n;

	while (label &&
	       value_reads(value_read(g->scan->reader, &number, words[label - 1].text, false)))
		label--;
	return label;
}

/* 1 when the line repeats a label and states numbers of it. */
static int find_repeating(struct grid *g, const struct word *words, size_t n, size_t line)
{
	size_t label = label_words(g, words, n);
	int err;

	for (size_t i = 0; label && label < n && i < g->table->n_claims; i++) {
		const struct claim *claim = &g->table->claims[i];

		if (!claim->repeated || !repeats(g, claim, words_text(words, 0, label)))
			continue;
		err = claim_begin(g, claim, line);
		if (!err)
			err = claim_numbers(g, claim, words + label, n - label);
		return err ? -err : 1;
	}
	return 0;
}

/* The columns of a line's cells that are no measures, as a set. */
static uint64_t labels_of(const struct grid *g, const struct cells *cells)
{
	uint64_t set = 0;

	for (size_t c = 0; c < g->header.n_columns; c++)
		if (cells->has[c] && !g->header.columns[c]->measure)
			set |= (uint64_t)1 << g->header.columns[c]->index;
	return set;
}

/* Whether there were rows in all the groups that a claim without a label is for,
 * since the last such claim. */
static bool is_open(const struct grid *g, const struct claim *claim)
{
	for (size_t c = 0; c < g->header.n_columns; c++)
		if (claim->of_set >> g->header.columns[c]->index & 1 &&
		    !(g->carried[c].set && g->carried[c].open))
			return false;
	return true;
}

static const struct claim *find_labelled(const struct grid *g, uint64_t labels)
{
	for (size_t i = 0; i < g->table->n_claims; i++) {
		const struct claim *claim = &g->table->claims[i];

		if (labels ? claim->label_set == labels : claim->unlabelled && is_open(g, claim))
			return claim;
	}
	return NULL;
}

static int scan_labelled(struct grid *g, const struct claim *claim, const struct word *words,
			 const struct cells *cells, size_t line)
{
	struct word numbers[CUT_WORDS];
	size_t n = 0;
	int err = segment_end(g);

	for (size_t c = 0; c < g->header.n_columns && !err; c++) {
		const struct chunk *cell = &cells->cell[c];

		if (!cells->has[c])
			continue;
		if (!g->header.columns[c]->measure)
			err = label_add(g, c, chunk_text(words, cell), line);
		for (size_t w = cell->first; g->header.columns[c]->measure && w < cell->end; w++)
			numbers[n++] = words[w];
	}
	if (!err)
		err = claim_begin(g, claim, line);
	for (size_t c = 0; c < g->header.n_columns && !err && claim->unlabelled; c++)
		if (claim->of_set >> g->header.columns[c]->index & 1)
			g->carried[c].open = false;
	return err ? err : claim_numbers(g, claim, numbers, n);
}

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

static double numbers_y(const struct grid *g, const struct word *words, const struct cells *cells)
{
	double y0 = INFINITY, y1 = -INFINITY;

	for (size_t c = 0; c < g->header.n_columns; c++)
		if (is_number(g, words, cells, c)) {
			y0 = fmin(y0, cells->cell[c].y0);
			y1 = fmax(y1, cells->cell[c].y1);
		}
	return middle(y0, y1);
}

/* Notes where the cells of a row stand. */
static void shape_cells(struct grid *g, const struct word *words, const struct cells *cells)
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
		if (is_number(g, words, cells, c))
			shape_number(shape, chunk_text(words, cell));
	}
}

static int scan_grid_row(struct grid *g, const struct word *words, const struct cells *cells,
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
		(struct row){ g->scan->n_records - 1, numbers_y(g, words, cells), l->page };
	g->tally->rows++;
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
static int scan_texts(struct grid *g, const struct word *words, const struct cells *cells,
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
		err = piece_add(g, c, words, &cells->cell[c], line, NONE);
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
	struct cells cells;
	int found = find_repeating(g, words, n, line);

	if (found)
		return found < 0 ? -found : 0;
	if (!cells_find(g, words, n, false, &cells))
		return report_line(g, line);
	if (!has_number(g, words, &cells))
		return scan_texts(g, words, &cells, line);
	claim = find_labelled(g, labels_of(g, &cells));
	if (claim)
		return scan_labelled(g, claim, words, &cells, line);
	return scan_grid_row(g, words, &cells, line);
}

static bool states_measure(const struct claim *claim, const struct header *header)
{
	for (size_t i = 0; i < header->n_columns; i++)
		if (header->columns[i]->measure &&
		    pattern_has(claim->pattern, header->columns[i]->name))
			return true;
	return false;
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
static bool is_below(const struct grid *g, const struct cells *cells, size_t column)
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
	struct cells cells;

	if (!n || !cells_find(g, words, n, !labels, &cells))
		return false;
	for (size_t c = 0; c < g->header.n_columns; c++) {
		bool counts = is_number(g, words, &cells, c);

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
		count = grid_chunks(g->scan->pages, words, count, chunks);
		for (size_t i = 0; count != NONE && i < count; i++) {
			if (chunks[i].x0 <= low || chunks[i].x0 >= g->header.x0[column])
				continue;
			if (!items_grow(&edges, &room, n + 1, sizeof *edges)) {
				free(edges);
				return no_memory(g->scan);
			}
			edges[n++] = chunks[i].x0;
		}
	}
	if (n) {
		qsort(edges, n, sizeof *edges, by_size);
		g->header.x0[column] = edges[n / 2];
	}
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

struct grid *grid_begin(struct scan *scan, const struct table *table, struct tally *tally)
{
	struct grid *g = mu_alloc(scan->ctx, sizeof *g);

	g->scan = scan;
	g->table = table;
	g->tally = tally;
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
