#include "read/grid_cells.h"

enum { CUT_OFF = 4 }; /* the least of a label that may be the beginning of a name */

int claim_begin(struct grid *g, const struct claim *claim, size_t line)
{
	const struct line *l = &g->scan->pages->lines[line];
	const struct found_table *found = found_of(g);
	int err = segment_end(g);

	if (!err)
		err = record_add(g->scan, found, claim->name, l->flat, l->flat_len);
	if (err)
		return err;
	g->counts->claims[claim - g->table->claims]++;
	for (size_t c = 0; c < g->header.n_columns; c++) {
		const struct column *column = g->header.columns[c];

		if (claim->of_set >> column->index & 1 && g->carried[c].set)
			*latest_datum(g->scan, column) = g->carried[c].datum;
	}
	return 0;
}

int claim_numbers(struct grid *g, const struct claim *claim, const struct word *words, size_t n)
{
	struct mu_finding finding = record_finding(g->scan, g->scan->n_records - 1, "claim-value");
	struct grid_cells cells;
	int err = 0;

	if (!n || !grid_cells_find(g, words, n, true, &cells))
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
int find_repeating(struct grid *g, const struct word *words, size_t n, size_t line)
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

uint64_t labels_of(const struct grid *g, const struct grid_cells *cells)
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

const struct claim *find_labelled(const struct grid *g, uint64_t labels)
{
	for (size_t i = 0; i < g->table->n_claims; i++) {
		const struct claim *claim = &g->table->claims[i];

		if (labels ? claim->label_set == labels : claim->unlabelled && is_open(g, claim))
			return claim;
	}
	return NULL;
}

int scan_labelled(struct grid *g, const struct claim *claim, const struct word *words,
		  const struct grid_cells *cells, size_t line)
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

bool states_measure(const struct claim *claim, const struct header *header)
{
	for (size_t i = 0; i < header->n_columns; i++)
		if (header->columns[i]->measure &&
		    pattern_has(claim->pattern, header->columns[i]->name))
			return true;
	return false;
}
