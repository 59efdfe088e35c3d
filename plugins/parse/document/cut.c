#include "cut.h"

struct mu_string cut_text(const struct cut *cut, struct cell cell)
{
	const char *first = cut->words[cell.first].text.data;
	struct mu_string last = cut->words[cell.end - 1].text;

	return (struct mu_string){ first, (size_t)(last.data + last.len - first) };
}

static bool cell_reads(const struct cut *cut, size_t column, struct cell cell)
{
	const struct column *c = cut->columns[column];

	return c->type == COLUMN_STRING ||
	       value_reads(value_read(cut->reader, c, cut_text(cut, cell), false));
}

static bool cell_known(const struct cut *cut, size_t column, struct cell cell)
{
	const struct column *c = cut->columns[column];

	return !c->vocabulary || value_known(cut->reader, c, cut_text(cut, cell));
}

/* ------------------------------------------------------------------ gaps */

/* Cuts at the gaps; false when they do not give one cell for each column. */
static bool cut_gaps(const struct cut *cut, struct way *way)
{
	size_t n = 0, first = 0;

	for (size_t i = 1; i <= cut->n_words; i++) {
		if (i < cut->n_words &&
		    (cut->gap <= 0 || cut->words[i].x0 - cut->words[i - 1].x1 < cut->gap))
			continue;
		if (n == cut->n_columns)
			return false;
		way->cells[n++] = (struct cell){ (uint16_t)first, (uint16_t)i };
		first = i;
	}
	return n == cut->n_columns;
}

static bool all_cells(const struct cut *cut, const struct way *way,
		      bool (*is)(const struct cut *, size_t, struct cell))
{
	for (size_t i = 0; i < cut->n_columns; i++)
		if (!is(cut, i, way->cells[i]))
			return false;
	return true;
}

/* ---------------------------------------------------------------- search */

static bool cell_fits(const struct cut *cut, size_t column, struct cell cell)
{
	if (!cell_known(cut, column, cell))
		return false;
	if (cell_reads(cut, column, cell))
		return true;
	return cut->lenient && cell.end - cell.first == 1 &&
	       value_meant(cut->reader, cut->columns[column], cut_text(cut, cell));
}

static void way_add(struct cut *cut)
{
	if (cut->n_ways == CUT_WAYS)
		cut->more = true;
	else
		cut->ways[cut->n_ways++] = cut->trial;
}

/* Finds all ways to cut the words before `end` into columns 0 to `column`, from
 * the right, where numbers stand and settle most; whether there is one. */
static bool search(struct cut *cut, size_t column, size_t end)
{
	size_t longest = value_longest(cut->columns[column]);
	size_t low = column ? column : 0, high = column ? end : 1;
	bool any = false, fits = false;

	if (cut->dead[column][end])
		return false;
	for (size_t first = high; first-- > low && end - first <= longest && !cut->more;) {
		struct cell cell = { (uint16_t)first, (uint16_t)end };

		if (!cell_fits(cut, column, cell))
			continue;
		fits = true;
		cut->trial.cells[column] = cell;
		if (!column)
			way_add(cut);
		if (!column || search(cut, column - 1, first))
			any = true;
	}
	if (!fits && column <= cut->stuck_column) {
		cut->stuck_column = column;
		cut->stuck_end = end;
	}
	cut->dead[column][end] = !any && !cut->more;
	return any;
}

static bool holds(struct cell a, struct cell b)
{
	return a.first <= b.first && a.end >= b.end;
}

/* Whether way `a` has in all columns that can tell, those with a type or a
 * vocabulary, the words of `b`, and in one of them more. */
static bool is_better(const struct cut *cut, const struct way *a, const struct way *b)
{
	bool more = false;

	for (size_t i = 0; i < cut->n_columns; i++) {
		const struct column *c = cut->columns[i];

		if (c->type == COLUMN_STRING && !c->vocabulary)
			continue;
		if (!holds(a->cells[i], b->cells[i]))
			return false;
		more |= !holds(b->cells[i], a->cells[i]);
	}
	return more;
}

/* Leaves the ways than which none is better. */
static void ways_weed(struct cut *cut)
{
	bool worse[CUT_WAYS] = { false };
	size_t n = 0;

	for (size_t i = 0; i < cut->n_ways; i++)
		for (size_t j = 0; j < cut->n_ways && !worse[i]; j++)
			worse[i] = is_better(cut, &cut->ways[j], &cut->ways[i]);
	for (size_t i = 0; i < cut->n_ways; i++)
		if (!worse[i])
			cut->ways[n++] = cut->ways[i];
	cut->n_ways = n;
}

static enum cut_answer search_all(struct cut *cut, bool lenient)
{
	cut->lenient = lenient;
	cut->n_ways = 0;
	cut->more = false;
	cut->stuck_column = cut->n_columns;
	for (size_t i = 0; i < cut->n_columns; i++)
		memset(cut->dead[i], 0, cut->n_words + 1);
	if (cut->n_words >= cut->n_columns)
		search(cut, cut->n_columns - 1, cut->n_words);
	if (!cut->more)
		ways_weed(cut);
	if (!cut->n_ways)
		return CUT_NONE;
	return cut->n_ways == 1 && !cut->more ? CUT_DONE : CUT_UNDECIDED;
}

/* What the gaps say, `way`, against what the words say. */
static enum cut_answer weigh(struct cut *cut, const struct way *way, bool reads)
{
	enum cut_answer answer = search_all(cut, false);

	if (answer == CUT_NONE) {
		cut->ways[0] = *way;
		cut->n_ways = 1;
		return CUT_DONE;
	}
	/* Cells that cannot be right are no evidence. */
	if (!reads)
		return answer;
	cut->ways[cut->n_ways++] = *way;
	return CUT_UNDECIDED;
}

enum cut_answer cut_line(struct cut *cut)
{
	size_t stuck_column, stuck_end;
	enum cut_answer answer;
	struct way gaps;

	cut->n_ways = 0;
	cut->more = false;
	cut->stuck_column = cut->n_columns;
	if (!cut->n_words || cut->n_words > CUT_WORDS)
		return CUT_NONE;
	if (cut_gaps(cut, &gaps)) {
		bool reads = all_cells(cut, &gaps, cell_reads);

		if (!reads || !all_cells(cut, &gaps, cell_known))
			return weigh(cut, &gaps, reads);
		cut->ways[cut->n_ways++] = gaps;
		return CUT_DONE;
	}
	answer = search_all(cut, false);
	if (answer != CUT_NONE)
		return answer;
	stuck_column = cut->stuck_column;
	stuck_end = cut->stuck_end;
	if (search_all(cut, true) == CUT_DONE)
		return CUT_DONE;
	cut->n_ways = 0;
	cut->stuck_column = stuck_column;
	cut->stuck_end = stuck_end;
	return CUT_NONE;
}
