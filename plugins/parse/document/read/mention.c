#include "read/mention.h"

#include <stdio.h>

#include "read/people.h"
#include "text/words.h"

enum {
	MENTION_WORDS = 6,  /* of a name */
	BESIDE_WORDS = 8,   /* words between a name and its number */
	NOUN_WORDS = 3,     /* behind a number, of which one says what is counted */
	NOUN_LETTERS = 5,   /* of a header's word that may say it */
	LABEL_MAX = 100,    /* bytes of a word that is compared */
	LINES_JOINED = 3,   /* lines that a sentence goes on in */
	WINDOW = 160,       /* words of a line that are looked at together */
	WINDOWS_SHARE = 24, /* of these and the next ones */
};

/* Words of a line, and of the next ones when the text goes on there. */
struct passage {
	struct text_at_hand text;
	const struct found_table *table;
	const char *stated; /* by the bytes of the flat form */
	size_t own;
};

static const struct scan *scan_of(const struct passage *p)
{
	return p->text.scan;
}

static bool text_goes_on(const struct scan *s, size_t line)
{
	return line < s->pages->n_lines && !s->pages->lines[line].blanks &&
	       !s->pages->lines[line].broken;
}

/* Reads the words from a place of a line on; where the next window begins in `next`, 0 when
 * there is none.  False: there are no words. */
static bool passage_read(struct scan *s, size_t line, size_t from, struct passage *p, size_t *next)
{
	struct mu_string text = pages_line(s->pages, line);
	struct mu_string rest = { text.data + from, text.len - from };
	size_t n = text_words(rest, s->words, WINDOW);

	*next = 0;
	if (n == SIZE_MAX) {
		n = WINDOW;
		*next = (size_t)(s->words[WINDOW - WINDOWS_SHARE].text.data - text.data);
	}
	p->text.words = s->words;
	p->text.n = p->own = n;
	for (size_t i = 1; !*next && i <= LINES_JOINED && text_goes_on(s, line + i) &&
			   p->text.n < n + (size_t)2 * BESIDE_WORDS;
	     i++) {
		size_t room = CUT_WORDS - p->text.n;
		size_t more =
			text_words(pages_line(s->pages, line + i), s->words + p->text.n, room);

		p->text.n += more == SIZE_MAX ? room : more;
	}
	return n;
}

static struct mu_string passage_word(const struct passage *p, size_t i)
{
	return word_alone(p->text.words[i].text);
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
	size_t left = p->text.n - first, n = MENTION_WORDS < left ? MENTION_WORDS : left;

	if (!begins_name(passage_word(p, first)))
		return 0;
	for (; n; n--) {
		struct mu_string from = passage_word(p, first),
				 last = passage_word(p, first + n - 1);

		/* Lines of a text need not stand behind each other. */
		if (!last.len || last.data < from.data)
			continue;
		*out = (struct mu_string){ from.data, (size_t)(last.data + last.len - from.data) };
		if (out->len > 1 && !has_digit(*out) && value_known(scan_of(p)->reader, c, *out))
			return n;
	}
	return 0;
}

static bool is_decimal(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether a text has a number, and not as a part of a longer one. */
static bool has_number(struct mu_string text, struct mu_string number)
{
	for (size_t i = 0; i + number.len <= text.len; i++)
		if (!memcmp(text.data + i, number.data, number.len) &&
		    (!i || !is_decimal(text.data[i - 1])) &&
		    (i + number.len == text.len || !is_decimal(text.data[i + number.len])))
			return true;
	return false;
}

/* Whether a line of the table has a name and a number, or a claim of running text has the
 * number. */
static bool is_read(const struct passage *p, struct mu_string name, const struct people *people)
{
	const struct pages *pages = scan_of(p)->pages;
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%lld", (long long)people->count);
	struct mu_string number = { digits, (size_t)len };

	if (p->stated[people->text.data - pages->flat])
		return true;
	for (size_t line = p->table->first; line < p->table->stop; line++) {
		struct mu_string text = pages_line(pages, line);

		if (text.len && memmem(text.data, text.len, name.data, name.len) &&
		    (has_number(text, number) || has_number(text, people->text)))
			return true;
	}
	return false;
}

/* Whether what a number counts is named as in the header of a measure. */
static bool counts_as_table(const struct passage *p, size_t from)
{
	char word[LABEL_MAX];

	for (size_t i = from; i < from + NOUN_WORDS && i < p->text.n; i++) {
		size_t len = words_fold(passage_word(p, i), word, sizeof word);

		for (size_t c = 0; len != SIZE_MAX && c < p->table->header.n_columns; c++) {
			const struct column *column = p->table->header.columns[c];

			for (size_t k = 0; column->measure && k < column->n_header_words; k++)
				if (len >= NOUN_LETTERS &&
				    !strcmp(column->header_words[k].folded, word))
					return true;
		}
	}
	return false;
}

/* Whether a number begins a line and a name stands behind it, as in a list of contents; in a
 * table whose rows begin with their numbers that may be a row. */
static bool is_numbering(const struct passage *p, size_t i)
{
	const struct header *header = &p->table->header;
	const struct pages *pages = scan_of(p)->pages;
	struct mu_string word = p->text.words[i].text, name;
	size_t flat = (size_t)(word.data - pages->flat);

	if (!has_digit(word) || i + 1 >= p->text.n || !header->n_columns ||
	    header->columns[0]->type != COLUMN_STRING ||
	    pages->lines[pages_line_of_flat(pages, flat)].flat != flat)
		return false;
	for (size_t c = 0; c < header->n_columns; c++)
		if (header->columns[c]->vocabulary &&
		    name_words(p, header->columns[c], i + 1, &name))
			return true;
	return false;
}

/* A number beside the words from `first` on, where the table has none of these with that
 * name; `counted`: it must be of what the table counts. */
static bool number_beside(const struct passage *p, size_t first, size_t n, struct mu_string name,
			  bool counted, struct mu_string *out)
{
	size_t from = first > BESIDE_WORDS ? first - BESIDE_WORDS : 0,
	       to = first + n + BESIDE_WORDS, i = from;
	struct people people;
	bool found = false;

	for (; i < to && i < p->text.n; i += people.words) {
		if ((i >= first && i < first + n) || !people_at(&p->text, i, &people) ||
		    is_numbering(p, i)) {
			people.words = 1;
			continue;
		}
		if (is_read(p, name, &people))
			return false;
		/* What is in the next line alone is told there. */
		if (found || (i >= p->own && first >= p->own) ||
		    (counted && !counts_as_table(p, i + people.words)))
			continue;
		*out = people.text;
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
		for (size_t i = 0; i < p->text.n && !found; i++)
			found = name_words(p, column, i, &text);
		if (!found)
			return false;
	}
	return vocabulary_count > 1;
}

/* A name with a number beside it: of no country where names of all vocabularies are there, or of
 * any where the number counts what the table counts. */
static bool mention_row(const struct passage *p, struct mention *out)
{
	bool all = all_named(p);

	for (size_t c = 0; c < p->table->header.n_columns; c++) {
		const struct column *column = p->table->header.columns[c];
		bool counted = !all || column->vocabulary == VOCABULARY_COUNTRY;
		size_t n;

		if (!column->vocabulary)
			continue;
		for (size_t i = 0; i < p->text.n; i += n ? n : 1) {
			n = name_words(p, column, i, &out->name);
			if (!n || !number_beside(p, i, n, out->name, counted, &out->number))
				continue;
			out->kind = MENTION_ROW;
			return true;
		}
	}
	return false;
}

/* The first word of the line that states the table's total, folded; its length, 0 when there is
 * none, or a negative errno value. */
static int64_t total_label(const struct scan *s, const struct found_table *f, char out[LABEL_MAX],
			   struct mu_string *word)
{
	const struct table *t = &s->layout->tables[f - s->tables];
	struct mu_string text = pages_line(s->pages, f->stop - 1);
	struct pattern_match match;
	int found = 0;
	size_t len;

	for (size_t i = 0; i < t->n_claims && !found; i++) {
		if (t->claims[i].pattern)
			found = pattern_find(s->ctx, t->claims[i].pattern, text, 0, &match);
		if (found < 0)
			return found;
	}
	if (!found || match.start)
		return 0;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == ' ')
			text.len = i;
	*word = word_alone(text);
	len = words_fold(*word, out, LABEL_MAX);
	return len == SIZE_MAX ? 0 : (int64_t)len;
}

static bool mention_total(const struct passage *p, const char *label, struct mu_string written,
			  struct mention *out)
{
	char word[LABEL_MAX];

	for (size_t i = 0; i < p->own; i++) {
		if (words_fold(passage_word(p, i), word, sizeof word) == SIZE_MAX ||
		    strcmp(word, label) != 0)
			continue;
		out->name = passage_word(p, i);
		if (!number_beside(p, i, 1, written, false, &out->number))
			continue;
		out->kind = MENTION_TOTAL;
		return true;
	}
	return false;
}

static bool has_people(const struct passage *p)
{
	size_t i = 0;

	while (i < p->text.n && !people_may_be(&p->text, i))
		i++;
	return i < p->text.n;
}

int mention_find(struct scan *s, const struct found_table *f, size_t line, const char *stated,
		 struct mention *out)
{
	struct passage p = { .text = { .scan = s, .shape = &f->shape },
			     .table = f,
			     .stated = stated };
	char label[LABEL_MAX];
	struct mu_string written = { "", 0 };
	int64_t len = total_label(s, f, label, &written);
	size_t from = 0, next;

	*out = (struct mention){ .kind = MENTION_NONE };
	do {
		if (len < 0 || !passage_read(s, line, from, &p, &next))
			break;
		if (has_people(&p) &&
		    (mention_row(&p, out) || (len && mention_total(&p, label, written, out))))
			break;
		from = next;
	} while (from);
	return len < 0 ? (int)-len : 0;
}
