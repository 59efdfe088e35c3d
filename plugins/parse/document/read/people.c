#include "read/people.h"

#include <stdio.h>

#include "read/doubt.h"
#include "text/words.h"

enum {
	DIGITS_ALWAYS = 3, /* of a number of people, however small those of the table are */
	SPELT_WORDS = 4,   /* of a number in words */
	DATED_WORDS = 3,
	DATE_MAX = 60,
};

struct mu_string word_alone(struct mu_string word)
{
	while (word.len && memchr("(),.;:", word.data[word.len - 1], 6))
		word.len--;
	while (word.len && *word.data == '(') {
		word.data++;
		word.len--;
	}
	return word;
}

/* The text from a word to another one.  Words of another page's line need not stand behind. */
static struct mu_string span(const struct text_at_hand *t, size_t first, size_t last)
{
	struct mu_string from = word_alone(t->words[first].text),
			 to = word_alone(t->words[last].text);

	if (!to.len || to.data < from.data)
		return (struct mu_string){ from.data, 0 };
	return (struct mu_string){ from.data, (size_t)(to.data + to.len - from.data) };
}

/* Whether a text is a date, or would be one with a year behind it. */
static bool reads_as_date(const struct text_at_hand *t, struct mu_string text)
{
	static const char *const years[] = { "", " 2000", ", 2000" };
	char dated[DATE_MAX + 8];
	int32_t ignored;

	if (!text.len || text.len > DATE_MAX)
		return false;
	for (size_t i = 0; i < 3; i++) {
		int len =
			snprintf(dated, sizeof dated, "%.*s%s", (int)text.len, text.data, years[i]);
		struct mu_string all = { dated, (size_t)len };

		if (language_date(t->scan->reader->language, NULL, all, &ignored) == LANGUAGE_OK)
			return true;
	}
	return false;
}

static bool is_in_date(const struct text_at_hand *t, size_t i)
{
	for (size_t n = 2; n <= DATED_WORDS; n++)
		for (size_t first = i + 1 < n ? 0 : i + 1 - n; first <= i; first++)
			if (first + n <= t->n && reads_as_date(t, span(t, first, first + n - 1)))
				return true;
	return false;
}

static bool all_digits(struct mu_string word)
{
	for (size_t i = 0; i < word.len; i++)
		if (word.data[i] < '0' || word.data[i] > '9')
			return false;
	return word.len;
}

/* Whether two words are groups of one number: "29 521". */
static bool is_group(struct mu_string word, struct mu_string next)
{
	return next.len == 3 && all_digits(next) && word.len <= 3 && all_digits(word);
}

/* "nr.", "p.", and signs of money or of a paragraph. */
static bool is_before_reference(struct mu_string word)
{
	size_t letters = 0;

	if (mu_string_is(word, "$") || mu_string_is(word, "€") || mu_string_is(word, "£") ||
	    mu_string_is(word, "§") || mu_string_is(word, "nr") || mu_string_is(word, "no"))
		return true;
	while (letters < word.len && word.data[letters] >= 'a' && word.data[letters] <= 'z')
		letters++;
	return letters && letters <= 3 && letters + 1 == word.len && word.data[letters] == '.';
}

/* Whether the line before a line ends a sentence, or there is none to go on from. */
static bool begins_text(const struct pages *p, size_t line)
{
	struct mu_string before = { "", 0 };

	if (line && !p->lines[line].blanks && !p->lines[line].broken)
		before = pages_line(p, line - 1);
	return !before.len || memchr(".!?", before.data[before.len - 1], 3);
}

/* The mark of a list or of a note, at the beginning of a line: "3.", "2)", or a number before a
 * word that begins a sentence. */
static bool is_list_mark(const struct text_at_hand *t, size_t i)
{
	const struct pages *p = t->scan->pages;
	struct mu_string word = t->words[i].text, next = { "", 0 };
	size_t flat = (size_t)(word.data - p->flat), line = pages_line_of_flat(p, flat);

	if (p->lines[line].flat != flat)
		return false;
	if (memchr(".)", word.data[word.len - 1], 2))
		return true;
	if (i + 1 < t->n)
		next = t->words[i + 1].text;
	return next.len && *next.data >= 'A' && *next.data <= 'Z' && begins_text(p, line);
}

static bool digits_count(const struct text_at_hand *t, size_t i, struct people *out)
{
	size_t digits = 0, most = t->shape->digits + 1;

	if (language_integer(t->scan->reader->language, out->text, &out->count) != LANGUAGE_OK ||
	    out->count < 0)
		return false;
	for (size_t k = 0; k < out->text.len; k++)
		digits += out->text.data[k] >= '0' && out->text.data[k] <= '9';
	if (digits > (most > DIGITS_ALWAYS ? most : DIGITS_ALWAYS) || is_list_mark(t, i))
		return false;
	if (!t->shape->years && out->text.len == 4 && out->count >= YEAR_FIRST &&
	    out->count <= YEAR_LAST)
		return false;
	return !(i && is_group(t->words[i - 1].text, out->text)) &&
	       !(i + 1 < t->n && is_group(t->words[i].text, word_alone(t->words[i + 1].text)));
}

/* Words for 1 that are an article as well, without their marks. */
static bool is_article(struct mu_string word)
{
	static const char *const articles[] = { "een", "un", "une", "uno", "una", "um",  "uma",
						"ein", "en", "et",  "ett", "egy", "bir", "ena" };
	char folded[16];
	size_t len = word.len < 5 ? words_fold(word, folded, sizeof folded) : SIZE_MAX;

	/* With a mark, "één", it is a number. */
	for (size_t i = 0; len == word.len && i < sizeof articles / sizeof *articles; i++)
		if (mu_string_is((struct mu_string){ folded, len }, articles[i]))
			return true;
	return false;
}

static bool words_count(const struct text_at_hand *t, size_t i, struct people *out)
{
	struct language *language = t->scan->reader->language;

	if (!language_may_spell(language, out->text))
		return false;
	for (size_t n = i + SPELT_WORDS <= t->n ? SPELT_WORDS : t->n - i; n; n--) {
		struct mu_string text = span(t, i, i + n - 1);

		if (!text.len || has_digit(text) ||
		    !language_may_spell(language, word_alone(t->words[i + n - 1].text)) ||
		    language_words(language, text, &out->count) != LANGUAGE_OK)
			continue;
		out->text = text;
		out->words = n;
		return out->count >= 0 && !(out->count == 1 && is_article(text));
	}
	return false;
}

bool people_may_be(const struct text_at_hand *t, size_t i)
{
	struct mu_string word = word_alone(t->words[i].text);

	return has_digit(word) ||
	       (!is_article(word) && language_may_spell(t->scan->reader->language, word));
}

bool people_at(const struct text_at_hand *t, size_t i, struct people *out)
{
	bool found;

	*out = (struct people){ .text = word_alone(t->words[i].text), .words = 1 };
	if (!out->text.len)
		return false;
	found = has_digit(out->text) ? digits_count(t, i, out) : words_count(t, i, out);
	if (!found || (i && is_before_reference(t->words[i - 1].text)) || is_in_date(t, i))
		return false;
	/* What stands behind a full stop or a comma is of something else. */
	if (i + out->words >= t->n ||
	    out->text.data + out->text.len !=
		    t->words[i + out->words - 1].text.data + t->words[i + out->words - 1].text.len)
		return true;
	return !language_amount(t->scan->reader->language, out->count,
				word_alone(t->words[i + out->words].text));
}
