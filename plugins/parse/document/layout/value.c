#include "layout/value.h"

#include <time.h>

/* Longer texts are no number, date or name; ICU need not look at them. */
enum { TEXT_MAX = 256 };

int reader_open(struct mu_ctx *ctx, const struct layout *layout, struct reader *out)
{
	const char *tag = layout->language;
	struct mu_texts languages = { 1, &tag };
	int err;

	*out = (struct reader){ .ctx = ctx };
	err = language_open(ctx, layout->language, &out->language);
	if (!err && layout->uses[VOCABULARY_COUNTRY])
		err = country_open(ctx, &languages, &out->country);
	if (!err && layout->uses[VOCABULARY_MISSION])
		err = mission_open(ctx, &out->mission);
	return err;
}

void reader_close(struct reader *r)
{
	if (r->mission)
		mission_close(r->mission);
	country_close(r->country);
	language_close(r->language);
	*r = (struct reader){ 0 };
}

bool has_digit(struct mu_string t)
{
	for (size_t i = 0; i < t.len; i++)
		if (t.data[i] >= '0' && t.data[i] <= '9')
			return true;
	return false;
}

static bool has_letter(struct mu_string t)
{
	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.data[i] | 0x20;

		/* General punctuation, dashes among it, is U+2000 to U+206F. */
		if (i + 2 < t.len && !memcmp(t.data + i, "\xe2\x80", 2))
			i += 2;
		else if ((c >= 'a' && c <= 'z') || c >= 0x80)
			return true;
	}
	return false;
}

static bool is_missing(const struct column *c, struct mu_string text)
{
	for (size_t i = 0; i < c->missing.count; i++)
		if (mu_string_is(text, c->missing.items[i]))
			return true;
	return false;
}

static bool is_zero(const struct column *c, struct mu_string text)
{
	for (size_t i = 0; i < c->zero.count; i++)
		if (mu_string_is(text, c->zero.items[i]))
			return true;
	return false;
}

bool date_plausible(int32_t days)
{
	int year, month, day;

	mu_date_to_civil(days, &year, &month, &day);
	return year >= DATE_FIRST && year <= DATE_LAST;
}

int32_t date_month_end(int32_t days)
{
	time_t seconds = (time_t)days * 86400;
	struct tm day;

	if (!gmtime_r(&seconds, &day))
		return days;
	day.tm_mon++;
	day.tm_mday = 0;
	return (int32_t)(timegm(&day) / 86400);
}

static struct value read_integer(const struct reader *r, const struct column *c,
				 struct mu_string text, bool words)
{
	struct value v = { .state = VALUE_KNOWN };
	enum language_answer answer = LANGUAGE_NOT;

	if (has_digit(text))
		answer = language_integer(r->language, text, &v.integer);
	else if (words)
		answer = language_words(r->language, text, &v.integer);
	if (answer != LANGUAGE_OK)
		v.state = answer == LANGUAGE_OVERFLOW ? VALUE_OVERFLOW : VALUE_UNREAD;
	else if (c->measure && v.integer < 0)
		v.state = VALUE_NEGATIVE;
	return v;
}

static struct value read_number(const struct reader *r, struct mu_string text)
{
	struct value v = { .state = VALUE_KNOWN };
	enum language_answer answer = language_number(r->language, text, &v.number);

	if (answer != LANGUAGE_OK)
		v.state = answer == LANGUAGE_LOSES ? VALUE_LOSES : VALUE_UNREAD;
	return v;
}

/* The pattern of one way to write a date; NULL: as the language does. */
static const char *date_format(const struct column *c, size_t way)
{
	if (!c->format.count || !strcmp(c->format.items[way], "language"))
		return NULL;
	return c->format.items[way];
}

static struct value read_date(const struct reader *r, const struct column *c, struct mu_string text)
{
	struct value v = { .state = VALUE_KNOWN };
	size_t n = c->format.count, i = 0;

	while (language_date(r->language, date_format(c, i), text, &v.date) != LANGUAGE_OK)
		if (++i >= n)
			return (struct value){ VALUE_UNREAD, { 0 } };
	if (c->month_end)
		v.date = date_month_end(v.date);
	if (!date_plausible(v.date))
		v.state = VALUE_FAR;
	return v;
}

struct value value_read(const struct reader *r, const struct column *c, struct mu_string text,
			bool words)
{
	struct value v = { .state = VALUE_KNOWN };

	if (is_zero(c, text)) {
		if (c->type == COLUMN_NUMBER)
			v.number = 0;
		else
			v.integer = 0;
		return v;
	}
	if (is_missing(c, text))
		return (struct value){ VALUE_MISSING, { 0 } };
	if (!text.len)
		return (struct value){ VALUE_NONE, { 0 } };
	if (c->type == COLUMN_STRING)
		return v;
	if (text.len > TEXT_MAX)
		return (struct value){ VALUE_UNREAD, { 0 } };
	if (c->type == COLUMN_INTEGER)
		return read_integer(r, c, text, words || c->words);
	if (c->type == COLUMN_DATE)
		return read_date(r, c, text);
	if (c->type == COLUMN_NUMBER)
		return read_number(r, text);
	if (!mu_parse_boolean(text, &v.boolean))
		v.state = VALUE_UNREAD;
	return v;
}

/* Takes away what leads from a name to the number behind it: dots, dashes, a colon or a bar. */
static struct mu_string without_leader(struct mu_string text)
{
	static const char *const leaders[] = {
		"..",       "\xe2\x80\xa6", "\xe2\x80\x93", "\xe2\x80\x94",
		"\xc2\xb7", " .",           " -",           ":",
		"|",        "--",           " _",           "__"
	};
	size_t i = 0, n = sizeof leaders / sizeof *leaders, len;
	struct mu_string rest = text;

	while (i < n) {
		len = strlen(leaders[i]);
		if (rest.len < len || memcmp(rest.data + rest.len - len, leaders[i], len) != 0) {
			i++;
			continue;
		}
		rest.len -= len;
		while (rest.len && memchr(" .-_", rest.data[rest.len - 1], 4) &&
		       (rest.data[rest.len - 1] == ' ' || *leaders[i] == rest.data[rest.len - 1]))
			rest.len--;
		i = 0;
	}
	rest = mu_trim(rest);
	return has_letter(rest) ? rest : text;
}

int value_strip(const struct reader *r, const struct column *c, struct mu_string *text)
{
	struct pattern_match match;
	int found;

	if (c->vocabulary && !is_missing(c, *text))
		*text = without_leader(*text);
	if (!c->ignore_pattern)
		return 0;
	found = pattern_find(r->ctx, c->ignore_pattern, *text, 0, &match);
	if (found <= 0)
		return -found;
	if (!match.start)
		*text = (struct mu_string){ text->data + match.end, text->len - match.end };
	else if (match.end == text->len)
		text->len = match.start;
	*text = mu_trim(*text);
	return 0;
}

bool value_meant(const struct reader *r, const struct column *c, struct mu_string text)
{
	int64_t ignored;

	if (c->type == COLUMN_STRING || c->type == COLUMN_BOOLEAN || text.len > TEXT_MAX)
		return false;
	if (has_digit(text) || !has_letter(text))
		return true;
	return c->type != COLUMN_DATE &&
	       language_words(r->language, text, &ignored) != LANGUAGE_NOT;
}

/* The text before a closing bracket and what it encloses, which may be empty. */
static struct mu_string before_bracket(struct mu_string text)
{
	size_t at = text.len;

	if (!at || text.data[at - 1] != ')')
		return (struct mu_string){ text.data, 0 };
	while (at && text.data[at - 1] != '(')
		at--;
	return mu_trim((struct mu_string){ text.data, at ? at - 1 : 0 });
}

bool value_torn(const struct column *c, struct mu_string text)
{
	return c->vocabulary && text.len && !is_missing(c, text) &&
	       memchr("/;,=<>+&_-|", text.data[text.len - 1], 11);
}

bool value_known(const struct reader *r, const struct column *c, struct mu_string text)
{
	struct mu_string before = before_bracket(text);
	char alpha3[4];
	bool several = false;

	if (!c->vocabulary || is_missing(c, text))
		return true;
	if (text.len > TEXT_MAX)
		return false;
	if (c->vocabulary == VOCABULARY_COUNTRY)
		return country_find(r->country, text, alpha3) != COUNTRY_UNKNOWN ||
		       (before.len && country_find(r->country, before, alpha3) != COUNTRY_UNKNOWN);
	return mission_find(r->mission, text, INT32_MIN, &several) || several;
}

size_t value_longest(const struct column *c)
{
	if (c->vocabulary)
		return 16;
	switch (c->type) {
	case COLUMN_STRING:
		return SIZE_MAX;
	case COLUMN_INTEGER:
		return c->words ? 12 : 7; /* 20 digits in groups of three */
	case COLUMN_BOOLEAN:
		return 1;
	default:
		return 7;
	}
}
