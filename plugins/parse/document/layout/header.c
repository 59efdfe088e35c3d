#include "layout/header.h"

#include "text/words.h"

enum {
	STEPS_MAX = 20000, /* of one attempt to tell whose words are whose */
	FOLDED_MAX = 256,
	LINE_WORDS = 256, /* that are looked at in one line */
};

/* A word of the document that may be one of the header. */
struct heading {
	struct mu_string text;
	char folded[FOLDED_MAX];
	size_t line;
	double x0, x1, height;
};

struct matching {
	const struct header *header;
	const struct heading *words;
	size_t n_words;
	size_t owner[HEADER_WORDS_MAX]; /* the column that a word is of */
	size_t taken[COLUMNS_MAX];      /* how many words a column has got */
	size_t steps;
};

static bool word_is(const struct heading *word, const struct header_word *expected)
{
	if (word->text.len == expected->text.len &&
	    !memcmp(word->text.data, expected->text.data, expected->text.len))
		return true;
	return *expected->folded && !strcmp(word->folded, expected->folded);
}

/* The words from `flat` on, at most `max`; also whether the last one is the
 * last of its line. */
static size_t headings_read(const struct pages *pages, size_t flat, struct heading *out, size_t max,
			    bool *whole)
{
	size_t n = 0, line = pages_line_of_flat(pages, flat);

	*whole = true;
	for (; line < pages->n_lines && n < max; line++) {
		struct word words[LINE_WORDS];
		size_t i = 0, count = pages_words(pages, line, words, LINE_WORDS);

		/* A line with so many words is no header, nor part of one. */
		*whole = count != SIZE_MAX;
		if (!*whole)
			return n;
		while (i < count && words[i].text.data < pages->flat + flat)
			i++;
		*whole = count - i <= max - n;
		for (; i < count && n < max; i++, n++) {
			size_t len = words_fold(words[i].text, out[n].folded, FOLDED_MAX);

			out[n].folded[len < FOLDED_MAX ? len : 0] = '\0';
			out[n].text = words[i].text;
			out[n].line = line;
			out[n].x0 = words[i].x0;
			out[n].x1 = words[i].x1;
			out[n].height = words[i].y1 - words[i].y0;
		}
	}
	return n;
}

/* Whether the columns stand in the order that was declared: they do when all
 * words do, or when a line has words of each. */
static bool order_is_certain(const struct matching *m)
{
	size_t columns = 0;
	bool sorted = true;

	for (size_t i = 1; i < m->n_words; i++)
		sorted &= m->owner[i - 1] <= m->owner[i];
	if (sorted)
		return true;
	for (size_t i = 0; i < m->n_words; i++) {
		bool same_line = i && m->words[i].line == m->words[i - 1].line;

		if (!same_line)
			columns = 1;
		else if (m->owner[i] != m->owner[i - 1])
			columns++;
		if (columns == m->header->n_columns)
			return true;
	}
	return false;
}

/* Gives the word `at` and those behind it to columns. */
static bool assign(struct matching *m, size_t at)
{
	bool same_line = at && at < m->n_words && m->words[at].line == m->words[at - 1].line;

	if (at == m->n_words)
		return order_is_certain(m);
	for (size_t c = same_line ? m->owner[at - 1] : 0; c < m->header->n_columns; c++) {
		const struct column *column = m->header->columns[c];
		bool done;

		if (m->taken[c] == column->n_header_words ||
		    !word_is(&m->words[at], &column->header_words[m->taken[c]]))
			continue;
		if (++m->steps > STEPS_MAX)
			return false;
		m->owner[at] = c;
		m->taken[c]++;
		done = assign(m, at + 1);
		m->taken[c]--;
		if (done)
			return true;
	}
	return false;
}

static size_t header_words(const struct header *header)
{
	size_t n = 0;

	for (size_t i = 0; i < header->n_columns; i++)
		n += header->columns[i]->n_header_words;
	return n;
}

/* Where the columns' words are, as they were given out. */
static void header_place(struct header *header, const struct matching *m)
{
	header->height = 0;
	for (size_t i = 0; i < m->n_words; i++) {
		const struct heading *w = &m->words[i];
		size_t c = m->owner[i], before = 0;

		header->height = w->height > header->height ? w->height : header->height;
		while (before < i && m->owner[before] != c)
			before++;
		if (before == i || w->x0 < header->x0[c])
			header->x0[c] = w->x0;
		if (before == i || w->x1 > header->x1[c])
			header->x1[c] = w->x1;
	}
}

/* Whether the first words are this header; the line after it, or 0. */
static size_t header_match(struct header *header, const struct heading *words, size_t n_words,
			   bool whole)
{
	struct matching m = { .header = header, .words = words, .n_words = header_words(header) };

	if (!m.n_words || m.n_words > n_words)
		return 0;
	if (m.n_words == n_words ? !whole : words[m.n_words].line == words[m.n_words - 1].line)
		return 0;
	if (!assign(&m, 0))
		return 0;
	header_place(header, &m);
	return words[m.n_words - 1].line + 1;
}

/* The columns with a header, without those optional ones that `dropped` has a
 * bit for. */
static void header_select(const struct table *table, unsigned dropped, struct header *out)
{
	unsigned bit = 1;

	out->n_columns = 0;
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct column *c = &table->columns[i];
		bool drop = c->optional && dropped & bit;

		if (!c->header)
			continue;
		if (c->optional)
			bit <<= 1;
		if (!drop)
			out->columns[out->n_columns++] = c;
	}
}

static unsigned optional_columns(const struct table *table)
{
	unsigned n = 0;

	for (size_t i = 0; i < table->n_columns; i++)
		n += table->columns[i].header && table->columns[i].optional;
	return n;
}

static bool begins_header(const struct table *table, const struct heading *word)
{
	for (size_t i = 0; i < table->n_columns; i++)
		if (table->columns[i].header && word_is(word, &table->columns[i].header_words[0]))
			return true;
	return false;
}

size_t header_find(const struct pages *pages, const struct table *table, size_t flat,
		   struct header *out)
{
	struct heading words[HEADER_WORDS_MAX];
	unsigned subsets = 1U << optional_columns(table);
	size_t line = 0, most = 0, n_words;
	struct header trial;
	bool whole;

	n_words = headings_read(pages, flat, words, 1, &whole);
	if (!n_words || !begins_header(table, &words[0]))
		return 0;
	n_words = headings_read(pages, flat, words, HEADER_WORDS_MAX, &whole);
	for (unsigned dropped = 0; dropped < subsets; dropped++) {
		size_t found;

		header_select(table, dropped, &trial);
		found = header_match(&trial, words, n_words, whole);
		if (found && header_words(&trial) > most) {
			most = header_words(&trial);
			line = found;
			*out = trial;
		}
	}
	return line;
}

size_t header_again(const struct pages *pages, struct header *header, size_t line)
{
	struct heading words[HEADER_WORDS_MAX];
	size_t n_words;
	bool whole;

	n_words = headings_read(pages, pages->lines[line].flat, words, 1, &whole);
	for (size_t i = 0; n_words && i < header->n_columns; i++) {
		if (!word_is(&words[0], &header->columns[i]->header_words[0]))
			continue;
		n_words = headings_read(pages, pages->lines[line].flat, words, HEADER_WORDS_MAX,
					&whole);
		return header_match(header, words, n_words, whole);
	}
	return 0;
}

/* Whether all words of a column stand in a line, in their order. */
static bool has_column(const struct column *c, const struct heading *words, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n && found < c->n_header_words; i++)
		found += word_is(&words[i], &c->header_words[found]);
	return found == c->n_header_words;
}

enum header_likeness header_like(const struct pages *pages, const struct table *table, size_t line)
{
	struct heading words[HEADER_WORDS_MAX];
	size_t n, own = 0, columns = 0, shared = 0, expected = 0;
	struct header header;
	bool whole;

	n = headings_read(pages, pages->lines[line].flat, words, 1, &whole);
	if (!n || !begins_header(table, &words[0]))
		return HEADER_OTHER;
	if (header_find(pages, table, pages->lines[line].flat, &header))
		return HEADER_WHOLE;
	n = headings_read(pages, pages->lines[line].flat, words, HEADER_WORDS_MAX, &whole);
	while (own < n && words[own].line == line)
		own++;
	for (size_t i = 0; i < table->n_columns; i++) {
		if (!table->columns[i].header)
			continue;
		columns++;
		expected += table->columns[i].n_header_words;
		shared += has_column(&table->columns[i], words, own);
	}
	return shared > 1 && 2 * shared >= columns && own <= 2 * expected ? HEADER_LIKE
									  : HEADER_OTHER;
}

const char *header_text(struct mu_ctx *ctx, const struct table *table)
{
	size_t room = 1, len = 0;
	char *text;

	for (size_t i = 0; i < table->n_columns; i++)
		room += table->columns[i].header ? strlen(table->columns[i].header) + 1 : 0;
	text = mu_alloc(ctx, room);
	for (size_t i = 0; i < table->n_columns; i++) {
		const char *header = table->columns[i].header;

		if (!header)
			continue;
		if (len)
			text[len++] = ' ';
		memcpy(text + len, header, strlen(header));
		len += strlen(header);
	}
	return text;
}
