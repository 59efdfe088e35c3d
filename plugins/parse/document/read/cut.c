#include "read/cut.h"

struct mu_string cut_text(const struct cut *cut, struct word_range cell)
{
	const char *first = cut->words[cell.first].text.data;
	struct mu_string last = cut->words[cell.end - 1].text;

	return (struct mu_string){ first, (size_t)(last.data + last.len - first) };
}

/* The text of a cell without what its column ignores; false when nothing is left. */
static bool cell_text(struct cut *cut, size_t column, struct word_range cell,
		      struct mu_string *text)
{
	int err;

	*text = cut_text(cut, cell);
	err = value_strip(cut->reader, cut->columns[column], text);
	cut->err = cut->err ? cut->err : err;
	return text->len;
}

static bool cell_reads(struct cut *cut, size_t column, struct word_range cell)
{
	const struct column *c = cut->columns[column];
	struct mu_string text;

	if (c->type == COLUMN_STRING)
		return true;
	return cell_text(cut, column, cell, &text) &&
	       value_reads(value_read(cut->reader, c, text, false));
}

static bool cell_known(struct cut *cut, size_t column, struct word_range cell)
{
	const struct column *c = cut->columns[column];
	struct mu_string text;

	return !c->vocabulary ||
	       (cell_text(cut, column, cell, &text) && value_known(cut->reader, c, text));
}

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
		way->cells[n++] = (struct word_range){ (uint16_t)first, (uint16_t)i };
		first = i;
	}
	return n == cut->n_columns;
}

static bool all_cells(struct cut *cut, const struct way *way,
		      bool (*is)(struct cut *, size_t, struct word_range))
{
	for (size_t i = 0; i < cut->n_columns; i++)
		if (!is(cut, i, way->cells[i]))
			return false;
	return true;
}

/* Whether a text cell holds a number that a gap parts from the words before it: a cell of
 * a column that nobody declared. */
static bool gap_number(const struct cut *cut, struct word_range cell)
{
	static const struct column number = { .type = COLUMN_INTEGER };

	for (size_t i = cell.first + 1; i < cell.end; i++)
		if (cut->words[i].x0 - cut->words[i - 1].x1 >= cut->gap &&
		    value_reads(value_read(cut->reader, &number, cut->words[i].text, false)))
			return true;
	return false;
}

static bool is_crowded(const struct cut *cut, const struct way *way)
{
	for (size_t i = 0; cut->gap > 0 && i < cut->n_columns; i++)
		if (cut->columns[i]->type == COLUMN_STRING && gap_number(cut, way->cells[i]))
			return true;
	return false;
}

static bool cell_is_number(struct cut *cut, size_t column, struct word_range cell)
{
	return cell_reads(cut, column, cell) ||
	       (cut->lenient && cell.end - cell.first == 1 &&
		value_meant(cut->reader, cut->columns[column], cut_text(cut, cell)));
}

/* Whether a cell ends in the middle of a text: behind a comma. */
static bool is_broken_off(const struct cut *cut, size_t column, struct word_range cell)
{
	struct mu_string last = cut->words[cell.end - 1].text;

	return column + 1 < cut->n_columns && last.data[last.len - 1] == ',';
}

/* Words in brackets belong to what stands before them; with `brackets` not where that is a
 * name that is known. */
static bool is_bracketed_off(struct cut *cut, size_t column, struct word_range cell)
{
	return column + 1 < cut->n_columns && *cut->words[cell.end].text.data == '(' &&
	       !(cut->brackets && cut->columns[column]->vocabulary &&
		 cell_known(cut, column, cell));
}

/* Whether a cell ends in what belongs to no name. */
static bool cell_torn(struct cut *cut, size_t column, struct word_range cell)
{
	struct mu_string text;

	return cell_text(cut, column, cell, &text) && value_torn(cut->columns[column], text);
}

static struct mu_string word_bare(struct mu_string word)
{
	while (word.len && memchr("(),", *word.data, 3))
		word = (struct mu_string){ word.data + 1, word.len - 1 };
	while (word.len && memchr("(),", word.data[word.len - 1], 3))
		word.len--;
	return word;
}

/* Whether a cell of countries says the word twice with which it begins, "Kosovo (Pristina)
 * Kosovo": then it has some of the mission before it. */
static bool says_twice(const struct cut *cut, size_t column, struct word_range cell)
{
	struct mu_string first = word_bare(cut->words[cell.first].text);

	if (!column || cut->columns[column]->vocabulary != VOCABULARY_COUNTRY ||
	    cut->columns[column - 1]->vocabulary != VOCABULARY_MISSION || !first.len)
		return false;
	for (size_t i = cell.first + 1; i < cell.end; i++) {
		struct mu_string word = word_bare(cut->words[i].text);

		if (word.len == first.len && !memcmp(word.data, first.data, word.len))
			return true;
	}
	return false;
}

static void way_add(struct cut *cut)
{
	if (cut->n_ways == CUT_WAYS)
		cut->more = true;
	else
		cut->ways[cut->n_ways++] = cut->trial;
}

/* Finds all ways to cut the words before `end` into columns 0 to `column`, from
 * the right, where numbers stand and settle most; whether there is one.  `slack`:
 * how many of these cells their vocabularies need not know. */
static bool search(struct cut *cut, size_t column, size_t end, unsigned slack)
{
	size_t longest = value_longest(cut->columns[column]);
	size_t low = column ? column : 0, high = column ? end : 1;
	bool any = false, fits = false;

	if (cut->dead[slack][column][end])
		return false;
	for (size_t first = high; first-- > low && end - first <= longest && !cut->more;) {
		struct word_range cell = { (uint16_t)first, (uint16_t)end };
		bool known;

		/* A look into the vocabulary costs more than all the rest. */
		if (is_broken_off(cut, column, cell) || says_twice(cut, column, cell) ||
		    !cell_is_number(cut, column, cell) || cell_torn(cut, column, cell))
			continue;
		known = cell_known(cut, column, cell);
		if ((!known && !slack) || is_bracketed_off(cut, column, cell))
			continue;
		fits = true;
		cut->trial.cells[column] = cell;
		cut->trial.known[column] = known;
		if (!column)
			way_add(cut);
		if (!column || search(cut, column - 1, first, known ? slack : slack - 1))
			any = true;
	}
	if (!fits && column <= cut->stuck_column) {
		cut->stuck_column = column;
		cut->stuck_end = end;
	}
	cut->dead[slack][column][end] = !any && !cut->more;
	return any;
}

static bool holds(struct word_range a, struct word_range b)
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

		if (c->type == COLUMN_STRING && (!c->vocabulary || !a->known[i] || !b->known[i]))
			continue;
		if (!holds(a->cells[i], b->cells[i]))
			return false;
		more |= !holds(b->cells[i], a->cells[i]);
	}
	return more;
}

/* Whether a way has the name of a mission that is known, or no column asks for one. */
static bool knows_mission(const struct cut *cut, const struct way *way)
{
	for (size_t i = 0; i < cut->n_columns; i++)
		if (cut->columns[i]->vocabulary == VOCABULARY_MISSION && !way->known[i])
			return false;
	return true;
}

/* Where a mission is known in some ways, these are left. */
static void ways_prefer(struct cut *cut)
{
	size_t n = 0;

	for (size_t i = 0; i < cut->n_ways; i++)
		if (knows_mission(cut, &cut->ways[i]))
			cut->ways[n++] = cut->ways[i];
	cut->n_ways = n ? n : cut->n_ways;
}

/* Leaves the ways than which none is better. */
static void ways_weed(struct cut *cut)
{
	bool worse[CUT_WAYS] = { false };
	size_t n = 0;

	ways_prefer(cut);

	for (size_t i = 0; i < cut->n_ways; i++)
		for (size_t j = 0; j < cut->n_ways && !worse[i]; j++)
			worse[i] = is_better(cut, &cut->ways[j], &cut->ways[i]);
	for (size_t i = 0; i < cut->n_ways; i++)
		if (!worse[i])
			cut->ways[n++] = cut->ways[i];
	cut->n_ways = n;
}

static enum cut_answer search_all(struct cut *cut, bool lenient, unsigned slack)
{
	cut->lenient = lenient;
	cut->n_ways = 0;
	cut->more = false;
	cut->stuck_column = cut->n_columns;
	for (size_t i = 0; i < cut->n_columns; i++)
		for (unsigned k = 0; k <= slack; k++)
			memset(cut->dead[k][i], 0, cut->n_words + 1);
	if (cut->n_words >= cut->n_columns)
		search(cut, cut->n_columns - 1, cut->n_words, slack);
	if (!cut->more)
		ways_weed(cut);
	if (!cut->n_ways)
		return CUT_NONE;
	return cut->n_ways == 1 && !cut->more ? CUT_DONE : CUT_UNDECIDED;
}

static enum cut_answer search_names(struct cut *cut, unsigned slack)
{
	enum cut_answer answer;

	cut->brackets = false;
	answer = search_all(cut, false, slack);
	if (answer != CUT_NONE)
		return answer;
	cut->brackets = true;
	return search_all(cut, false, slack);
}

static unsigned count_vocabularies(const struct cut *cut)
{
	unsigned n = 0;

	for (size_t i = 0; i < cut->n_columns; i++)
		n += cut->columns[i]->vocabulary != VOCABULARY_NONE;
	return n;
}

/* What the gaps say, `way`, against what the words say. */
static enum cut_answer weigh(struct cut *cut, const struct way *way, bool reads)
{
	enum cut_answer answer = search_names(cut, 0);

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

/* Cuts by what the words are: names that all are known, else names of which one is not,
 * else numbers that cannot be read. */
static enum cut_answer cut_words(struct cut *cut)
{
	enum cut_answer answer = search_names(cut, 0);
	size_t stuck_column = cut->stuck_column, stuck_end = cut->stuck_end;

	if (answer == CUT_NONE && count_vocabularies(cut) > 1 && !cut->strict)
		answer = search_names(cut, 1);
	if (answer != CUT_NONE)
		return answer;
	if (!cut->exact && search_all(cut, true, 0) == CUT_DONE)
		return CUT_DONE;
	cut->n_ways = 0;
	cut->stuck_column = stuck_column;
	cut->stuck_end = stuck_end;
	return CUT_NONE;
}

/* Whether no cell that the gaps tell is torn. */
static bool gaps_whole(struct cut *cut, const struct way *gaps)
{
	for (size_t i = 0; i < cut->n_columns; i++) {
		if (!cell_torn(cut, i, gaps->cells[i]))
			continue;
		cut->stuck_column = i;
		cut->stuck_end = gaps->cells[i].end;
		return false;
	}
	return true;
}

enum cut_answer cut_line(struct cut *cut)
{
	enum cut_answer answer;
	struct way gaps;

	cut->err = 0;
	cut->n_ways = 0;
	cut->more = false;
	cut->stuck_column = cut->n_columns;
	if (!cut->n_words || cut->n_words > CUT_WORDS)
		return CUT_NONE;
	if (cut_gaps(cut, &gaps)) {
		bool reads = all_cells(cut, &gaps, cell_reads);

		if (!gaps_whole(cut, &gaps))
			return CUT_NONE;
		if (!reads || !all_cells(cut, &gaps, cell_known))
			return weigh(cut, &gaps, reads);
		cut->ways[cut->n_ways++] = gaps;
		return CUT_DONE;
	}
	answer = cut_words(cut);
	return answer == CUT_DONE && is_crowded(cut, &cut->ways[0]) ? CUT_CROWDED : answer;
}
