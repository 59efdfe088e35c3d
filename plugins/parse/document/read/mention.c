#include "read/mention.h"

#include "read/doubt.h"
#include "text/words.h"

enum {
	MENTION_WORDS = 6,     /* of a name */
	BESIDE_WORDS = 8,      /* words between a name and its number */
	TOTAL_LABEL_MAX = 100, /* bytes of a word that is compared */
};

/* The words of a line, and of the next one when the text goes on there. */
struct passage {
	const struct scan *scan;
	const struct found_table *table;
	size_t own, n;
};

static struct mu_string word_alone(struct mu_string word)
{
	while (word.len && memchr("(),.;:", word.data[word.len - 1], 6))
		word.len--;
	while (word.len && *word.data == '(') {
		word.data++;
		word.len--;
	}
	return word;
}

static bool passage_read(struct scan *s, const struct found_table *f, size_t line,
			 struct passage *out)
{
	size_t next = line + 1, more;

	*out = (struct passage){ s, f, pages_words(s->pages, line, s->words, CUT_WORDS), 0 };
	if (!out->own || out->own == SIZE_MAX)
		return false;
	out->n = out->own;
	if (next == s->pages->n_lines || s->pages->lines[next].blanks ||
	    s->pages->lines[next].broken)
		return true;
	more = pages_words(s->pages, next, s->words + out->own, CUT_WORDS - out->own);
	out->n += more == SIZE_MAX ? 0 : more;
	return true;
}

static struct mu_string passage_word(const struct passage *p, size_t i)
{
	return word_alone(p->scan->words[i].text);
}

/* Whether a word is a number in digits that may count people: no year, and about as long as
 * those of the table. */
static bool counts_people(const struct passage *p, struct mu_string word)
{
	size_t digits = 0, year = 0;

	for (size_t i = 0; i < word.len; i++) {
		char c = word.data[i];

		if (c >= '0' && c <= '9')
			year = 10 * year + (size_t)(c - '0');
		else if (c != '.' && c != ',')
			return false;
		digits += c >= '0' && c <= '9';
	}
	if (!p->table->shape.years && word.len == 4 && year >= YEAR_FIRST && year <= YEAR_LAST)
		return false;
	return digits && digits <= p->table->shape.digits + 1;
}

static bool begins_name(struct mu_string word)
{
	return word.len &&
	       ((unsigned char)*word.data >= 0x80 || (*word.data >= 'A' && *word.data <= 'Z'));
}

/* The longest name from a word on that a vocabulary knows; its length in words, or 0. */
static size_t name_words(const struct passage *p, const struct column *c, size_t first,
			 struct mu_string *out)
{
	size_t n = MENTION_WORDS < p->n - first ? MENTION_WORDS : p->n - first;

	if (!begins_name(passage_word(p, first)))
		return 0;
	for (; n; n--) {
		struct mu_string from = passage_word(p, first),
				 last = passage_word(p, first + n - 1);

		/* Lines of a text need not stand behind each other. */
		if (!last.len || last.data < from.data)
			continue;
		*out = (struct mu_string){ from.data, (size_t)(last.data + last.len - from.data) };
		if (out->len > 1 && !has_digit(*out) && value_known(p->scan->reader, c, *out))
			return n;
	}
	return 0;
}

/* Whether a line of the table has both texts. */
static bool table_states(const struct passage *p, struct mu_string name, struct mu_string number)
{
	const struct pages *pages = p->scan->pages;

	for (size_t line = p->table->first; line < p->table->stop; line++) {
		struct mu_string text = pages_line(pages, line), at;
		size_t i = 0;

		if (!text.len || !memmem(text.data, text.len, name.data, name.len))
			continue;
		for (; i + number.len <= text.len; i++) {
			at = (struct mu_string){ text.data + i, number.len };
			if (!memcmp(at.data, number.data, number.len) &&
			    (!i || !has_digit((struct mu_string){ at.data - 1, 1 })) &&
			    (i + number.len == text.len ||
			     !has_digit((struct mu_string){ at.data + number.len, 1 })))
				return true;
		}
	}
	return false;
}

/* A number beside the words from `first` on, where the table has none of these with that
 * name. */
static bool number_beside(const struct passage *p, size_t first, size_t n, struct mu_string name,
			  struct mu_string *out)
{
	size_t from = first > BESIDE_WORDS ? first - BESIDE_WORDS : 0,
	       to = first + n + BESIDE_WORDS;
	bool found = false;

	for (size_t i = from; i < to && i < p->n; i++) {
		struct mu_string word = passage_word(p, i);

		if ((i >= first && i < first + n) || !counts_people(p, word))
			continue;
		if (table_states(p, name, word))
			return false;
		/* What is in the next line alone is told there. */
		if (found || (i >= p->own && first >= p->own))
			continue;
		*out = word;
		found = true;
	}
	return found;
}

/* Whether a name of each vocabulary is there, of two at least. */
static bool all_named(const struct passage *p)
{
	size_t vocabulary_count = 0;
	struct mu_string text;

	for (size_t c = 0; c < p->table->header.n_columns; c++) {
		const struct column *column = p->table->header.columns[c];
		bool found = !column->vocabulary;

		vocabulary_count += !found;
		for (size_t i = 0; i < p->n && !found; i++)
			found = name_words(p, column, i, &text);
		if (!found)
			return false;
	}
	return vocabulary_count > 1;
}

/* A name that is no country's, with a number beside it. */
static bool mention_row(const struct passage *p, struct mention *out)
{
	if (!all_named(p))
		return false;
	for (size_t c = 0; c < p->table->header.n_columns; c++) {
		const struct column *column = p->table->header.columns[c];
		size_t n;

		if (!column->vocabulary || column->vocabulary == VOCABULARY_COUNTRY)
			continue;
		for (size_t i = 0; i < p->n; i += n ? n : 1) {
			n = name_words(p, column, i, &out->name);
			if (!n || !number_beside(p, i, n, out->name, &out->number))
				continue;
			out->kind = MENTION_ROW;
			return true;
		}
	}
	return false;
}

/* The first word of the line that states the table's total, folded; false: there is none. */
static int total_label(const struct scan *s, const struct found_table *f, char out[TOTAL_LABEL_MAX],
		       size_t *len)
{
	const struct table *t = &s->layout->tables[f - s->tables];
	struct mu_string text = pages_line(s->pages, f->stop - 1);
	struct pattern_match match;
	int found = 0;

	*len = 0;
	for (size_t i = 0; i < t->n_claims && !found; i++) {
		if (t->claims[i].pattern)
			found = pattern_find(s->ctx, t->claims[i].pattern, text, 0, &match);
		if (found < 0)
			return -found;
	}
	if (!found || match.start)
		return 0;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == ' ')
			text.len = i;
	*len = words_fold(word_alone(text), out, TOTAL_LABEL_MAX);
	if (*len == SIZE_MAX)
		*len = 0;
	return 0;
}

static bool mention_total(const struct passage *p, struct mu_string label, struct mention *out)
{
	char word[TOTAL_LABEL_MAX];

	for (size_t i = 0; i < p->own; i++) {
		size_t len = words_fold(passage_word(p, i), word, sizeof word);
		struct mu_string text = pages_line(p->scan->pages, p->table->stop - 1);

		if (len != label.len || memcmp(word, label.data, len) != 0)
			continue;
		out->name = passage_word(p, i);
		for (size_t j = 0; j < text.len; j++)
			if (text.data[j] == ' ')
				text.len = j;
		if (!number_beside(p, i, 1, word_alone(text), &out->number))
			continue;
		out->kind = MENTION_TOTAL;
		return true;
	}
	return false;
}

int mention_find(struct scan *s, const struct found_table *f, size_t line, struct mention *out)
{
	char label[TOTAL_LABEL_MAX];
	struct passage p;
	size_t len, i = 0;
	int err;

	*out = (struct mention){ .kind = MENTION_NONE };
	if (!passage_read(s, f, line, &p))
		return 0;
	while (i < p.n && !counts_people(&p, passage_word(&p, i)))
		i++;
	if (i == p.n || mention_row(&p, out))
		return 0;
	err = total_label(s, f, label, &len);
	if (!err && len)
		mention_total(&p, (struct mu_string){ label, len }, out);
	return err;
}
