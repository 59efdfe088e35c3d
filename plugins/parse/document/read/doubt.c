#include "read/doubt.h"

enum {
	NAME_WORDS = 6, /* of a name that is looked for within a line */
	SENTENCE = 4,   /* words that one has at least, and rows have at most more than usual */
};

/* What a line has that tells rows from other text. */
struct marks {
	size_t words;
	bool counted;  /* a number that may count people */
	bool placed;   /* that stands where the rows have theirs */
	bool named;    /* a name that a vocabulary knows */
	bool complete; /* one of each vocabulary */
	bool sentence;
	bool note;
};

static size_t row_words(const struct found_table *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->header.n_columns; i++)
		n += f->shape.words[f->header.columns[i]->index];
	return n;
}

static bool is_year(const struct found_table *f, struct mu_string word)
{
	int year = 0;

	while (word.len && (word.data[word.len - 1] < '0' || word.data[word.len - 1] > '9'))
		word.len--;
	if (word.len != 4 || f->shape.years)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (word.data[i] < '0' || word.data[i] > '9')
			return false;
		year = 10 * year + (word.data[i] - '0');
	}
	return year >= YEAR_FIRST && year <= YEAR_LAST;
}

/* Whether a word has a number that is not much longer than those of the rows. */
static bool may_count(const struct found_table *f, struct mu_string word)
{
	size_t digits = 0;

	for (size_t i = 0; i < word.len; i++)
		digits += word.data[i] >= '0' && word.data[i] <= '9';
	return digits && digits <= f->shape.digits + 2 && !is_year(f, word);
}

/* Whether rows begin with their numbers; else these stand at the end. */
static bool numbers_first(const struct found_table *f)
{
	const struct header *h = &f->header;

	return h->n_columns && h->columns[0]->type != COLUMN_STRING &&
	       h->columns[h->n_columns - 1]->type == COLUMN_STRING;
}

/* A mark of a note: "*", "¹", "1)", "(1)". */
static bool is_mark(struct mu_string word)
{
	bool bracket = word.len > 1 && word.data[word.len - 1] == ')';

	for (size_t i = 0; i < word.len; i++) {
		unsigned char c = (unsigned char)word.data[i];
		bool digit = c >= '0' && c <= '9';

		if (c < 0x80 ? (c != '*' && c != '(' && c != ')' && !(bracket && digit))
			     : (c >= 0xc3 && c <= 0xdf))
			return false;
	}
	return word.len;
}

/* Without the punctuation around it. */
static struct mu_string without_marks(struct mu_string word)
{
	while (word.len && memchr("(),.;:", word.data[word.len - 1], 6))
		word.len--;
	while (word.len && memchr("(-", *word.data, 2)) {
		word.data++;
		word.len--;
	}
	return word;
}

/* Whether a piece of the line is a name that the column's vocabulary knows. */
static bool has_name(const struct scan *s, const struct column *c, size_t n_words)
{
	for (size_t first = 0; first < n_words; first++)
		for (size_t n = 1; n <= NAME_WORDS && first + n <= n_words; n++) {
			struct mu_string last = s->words[first + n - 1].text;
			struct mu_string text = { s->words[first].text.data, 0 };

			text.len = (size_t)(last.data + last.len - text.data);
			text = without_marks(text);
			if (text.len > 1 && !has_digit(text) && value_known(s->reader, c, text))
				return true;
		}
	return false;
}

static void names_find(const struct scan *s, const struct found_table *f, struct marks *m)
{
	m->complete = true;
	for (size_t i = 0; i < f->header.n_columns; i++) {
		const struct column *c = f->header.columns[i];

		if (!c->vocabulary)
			continue;
		if (has_name(s, c, m->words))
			m->named = true;
		else
			m->complete = false;
	}
	m->complete = m->complete && m->named;
}

static void numbers_find(const struct scan *s, const struct found_table *f, bool words,
			 struct marks *m)
{
	bool front = numbers_first(f);

	for (size_t i = m->note; i < m->words; i++) {
		bool there = front ? i < 2 : i + 2 >= m->words;
		struct mu_string word = s->words[i].text;
		int64_t ignored;

		if (!may_count(f, word) &&
		    !(there && words &&
		      language_small(s->reader->language, without_marks(word), &ignored)))
			continue;
		m->counted = true;
		m->placed = m->placed || there;
	}
}

/* Whether the words end as a sentence does, with a word and a full stop. */
static bool is_sentence(const struct scan *s, size_t n_words)
{
	struct mu_string last = s->words[n_words - 1].text;

	return n_words >= SENTENCE && !has_digit(last) && memchr(".!?", last.data[last.len - 1], 3);
}

static enum doubt directly(const struct marks *m, bool prose)
{
	if (prose && m->sentence)
		return DOUBT_NONE;
	if (m->placed && !m->note && (m->named || (!prose && !m->sentence)))
		return prose ? DOUBT_MAYBE : DOUBT_ROW;
	if (prose || (m->note && (!m->placed || m->sentence)))
		return DOUBT_NONE;
	if (m->counted && m->named && !m->sentence)
		return DOUBT_ROW;
	return m->counted || m->named ? DOUBT_MAYBE : DOUBT_NONE;
}

void doubt_pass(const struct scan *s, size_t line, struct doubt_place *place)
{
	const struct line *l = &s->pages->lines[line];

	place->apart = place->apart || l->blanks || l->broken;
	place->prose = place->prose && !l->blanks;
}

enum doubt doubt_line(struct scan *s, const struct found_table *f, size_t line,
		      struct doubt_place *place)
{
	size_t n = pages_words(s->pages, line, s->words, CUT_WORDS), usual = row_words(f);
	struct marks m = { .words = n };

	if (!n || n == SIZE_MAX || n > 2 * usual + SENTENCE) {
		place->prose = true;
		return DOUBT_NONE;
	}
	m.note = n > 1 && is_mark(s->words[0].text);
	m.sentence = is_sentence(s, n);
	numbers_find(s, f, !place->apart, &m);
	if (!m.placed && n > usual + SENTENCE) {
		place->prose = true;
		return DOUBT_NONE;
	}
	if (!place->apart || m.placed)
		names_find(s, f, &m);
	if (!place->apart) {
		enum doubt doubt = directly(&m, place->prose);

		place->prose = place->prose || (m.sentence && doubt == DOUBT_NONE);
		return doubt;
	}
	if (place->prose || !m.placed || !m.named || m.sentence || m.note || n > usual + 2)
		return DOUBT_NONE;
	return m.complete ? DOUBT_ROW : DOUBT_MAYBE;
}
