#include "guess/guess_column.h"

#include <string.h>
#include <strings.h>

enum {
	MOST = 20, /* all but one in so many cells decide */
	YEAR_MIN = 1800,
	YEAR_MAX = 2100,
};

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* "1,204", "1.204.500": what may be a whole number with separators, and how many. */
static size_t groups_of(struct mu_string s, char *separator)
{
	size_t i = s.len && *s.data == '-', run = 0, groups = 0;

	for (; i < s.len; i++) {
		bool digit = s.data[i] >= '0' && s.data[i] <= '9';

		if (digit && ++run <= 3)
			continue;
		if (digit || !run || (groups && (run != 3 || s.data[i] != *separator)) ||
		    !strchr(".,' ", s.data[i]))
			return 0;
		*separator = s.data[i];
		run = 0;
		groups++;
	}
	return run == 3 ? groups : 0;
}

static void groups_count(struct column_guess *c, size_t groups, char separator)
{
	c->groups++;
	c->separated |= groups > 1;
	c->mixed |= c->separator && c->separator != separator;
	c->separator = separator;
}

static void integer_count(struct column_guess *c, struct mu_string s, int64_t value)
{
	c->zeros += s.len > 1 && *s.data == '0';
	c->negatives += value < 0;
	c->small += value > -1000 && value < 1000;
	c->years += value >= YEAR_MIN && value <= YEAR_MAX;
	c->steps += c->reads[IS_INTEGER] && value - 1 == c->last;
	c->last = value;
	c->reads[IS_INTEGER]++;
}

static void cell_count(struct column_guess *c, const char *cell)
{
	struct mu_string s = mu_trim(mu_string(cell));
	char separator = 0;
	size_t groups = groups_of(s, &separator);
	bool boolean;
	int64_t integer;
	int32_t date;
	double number;

	if (mu_parse_integer(s, &integer))
		integer_count(c, s, integer);
	if (mu_parse_number(s, &number)) {
		c->reads[IS_NUMBER]++;
		c->fractions += memchr(s.data, '.', s.len) && (!groups || *s.data == '0');
	}
	if (groups)
		groups_count(c, groups, separator);
	c->reads[IS_DATE] += mu_parse_date(s, &date);
	c->reads[IS_BOOLEAN] += s.len > 1 && mu_parse_boolean(s, &boolean);
	c->filled++;
}

static bool reads_as(const char *cell, int type)
{
	struct mu_string s = mu_trim(mu_string(cell));
	int64_t integer;
	int32_t date;
	double number;
	bool boolean;

	switch (type) {
	case IS_INTEGER:
		return mu_parse_integer(s, &integer);
	case IS_NUMBER:
		return mu_parse_number(s, &number);
	case IS_DATE:
		return mu_parse_date(s, &date);
	case IS_BOOLEAN:
		return mu_parse_boolean(s, &boolean);
	default:
		return true;
	}
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(*words, text))
			return true;
	return false;
}

/* What people write where they have no number, and what may mean 0 as well. */
static const char *const unknowns[] = { "NA",   "N/A",  "n/a",  "na",      "NULL",
					"null", "NaN",  "nan",  "#N/A",    "N.A.",
					"n.a.", "None", "none", "unknown", NULL };
static const char *const dashes[] = { "-", "--", "–", "—", ".", "..", "...",
				      "*", "x",  "X", "?", ":", NULL };

/* Whether a cell is such a text, which then is one of the column's. */
static bool mark_note(struct column_guess *c, const char *cell)
{
	size_t i;

	if (!is_one_of(cell, unknowns) && !is_one_of(cell, dashes))
		return false;
	for (i = 0; i < c->n_marks; i++)
		if (!strcmp(c->marks[i], cell))
			return true;
	if (c->n_marks == MARKS_MAX)
		return false;
	c->marks[c->n_marks++] = cell;
	return true;
}

bool guess_is_blank(const char *cell)
{
	return !cell || !mu_trim(mu_string(cell)).len;
}

static bool is_mark_of(const struct column_guess *c, const char *cell)
{
	size_t i;

	for (i = 0; i < c->n_marks; i++)
		if (!strcmp(c->marks[i], cell))
			return true;
	return false;
}

/* Names of columns whose whole numbers count nothing. */
static bool is_name_of_label(const char *name)
{
	static const char *const words[] = { "year",  "jaar",     "jahr",      "anno",  "annee",
					     "ano",   "month",    "day",       "id",    "code",
					     "ccode", "index",    "key",       "week",  "quarter",
					     "rank",  "nr",       "postcode",  "phone", "lat",
					     "lon",   "latitude", "longitude", NULL };
	const char *at = name;
	size_t len, i;

	while (*at) {
		at += strcspn(at, letters);
		len = strspn(at, letters);
		for (i = 0; words[i] && len; i++)
			if (len == strlen(words[i]) && !strncasecmp(words[i], at, len))
				return true;
		at += len;
	}
	return false;
}

/* Whether what the digits look like is not what they mean. */
static bool is_written_otherwise(const struct column_guess *c)
{
	return c->zeros || (c->groups && !c->fractions);
}

/* The narrowest type that all cells have, else one that most do. */
static void type_choose(struct column_guess *c)
{
	static const int order[] = { IS_INTEGER, IS_DATE, IS_BOOLEAN, IS_NUMBER };
	size_t i, n = sizeof order / sizeof *order;

	c->type = IS_STRING;
	if (!c->filled || is_written_otherwise(c))
		return;
	for (i = 0; i < n && c->type == IS_STRING; i++)
		if (c->reads[order[i]] == c->filled)
			c->type = order[i];
	for (i = 0; i < n && c->type == IS_STRING; i++)
		if (c->filled - c->reads[order[i]] <= c->filled / MOST)
			c->type = order[i];
}

/* Whether whole numbers count something, or why not. */
static void measure_choose(struct column_guess *c, const char *name)
{
	size_t all = c->reads[IS_INTEGER];

	if (c->type != IS_INTEGER)
		return;
	if (is_name_of_label(name))
		c->why = "no measure, by its name";
	else if (c->negatives)
		c->why = "no measure, since some are negative";
	else if (c->years == all)
		c->why = "no measure, since these look like years";
	else if (all > 2 && c->steps == all - 1)
		c->why = "no measure, since these number the rows";
	c->measure = !c->why;
}

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && !strcmp(text + len - n, end);
}

/* What was said of a column and its cells. */
static void findings_look(const struct findings *findings, const char *name, struct column_guess *c)
{
	size_t n, i;

	for (n = 0; n < findings->count; n++) {
		const struct finding *f = &findings->items[n];

		if (ends_in(f->code, "/column-twice") && f->value && !strcmp(f->value, name))
			c->twice = true;
		if (!f->field || strcmp(f->field, name) != 0)
			continue;
		c->broken = true;
		if (!f->value || *f->value != '#')
			continue;
		for (i = 0; i < c->n_errors && strcmp(c->errors[i], f->value) != 0; i++)
			;
		if (i == c->n_errors && i < MARKS_MAX)
			c->errors[c->n_errors++] = f->value;
	}
}

/* Whether all cells are whole numbers, some of them with separators. */
static bool may_be_cast(const struct column_guess *c)
{
	return c->type == IS_STRING && c->groups && !c->mixed && !c->zeros &&
	       c->groups + c->reads[IS_INTEGER] == c->filled;
}

bool column_shows_thousands(const struct column_guess *c)
{
	return may_be_cast(c) && (c->separated || (c->small && c->groups + c->small > 2));
}

void column_cast(struct column_guess *c, const char *name)
{
	if (!may_be_cast(c))
		return;
	c->cast = true;
	c->why = is_name_of_label(name) ? "no measure, by its name" : NULL;
	c->measure = !c->why && !c->negatives;
}

void column_look(const struct rowset *rows, const struct findings *findings, size_t column,
		 struct column_guess *c)
{
	size_t i;

	findings_look(findings, rows->schema.children[column]->name, c);

	for (i = 0; i < rows->count; i++) {
		const char *cell = rows->rows[i].cells[column];

		if (!guess_is_blank(cell) && !mark_note(c, cell))
			cell_count(c, cell);
	}
	type_choose(c);
	measure_choose(c, rows->schema.children[column]->name);
	if (c->type == IS_STRING) {
		c->n_marks = may_be_cast(c) ? c->n_marks : 0;
		return;
	}
	for (i = 0; i < rows->count; i++) {
		const char *cell = rows->rows[i].cells[column];

		if (guess_is_blank(cell) || is_mark_of(c, cell) || reads_as(cell, c->type))
			continue;
		c->odd = c->odd ? c->odd : cell;
		c->n_odd++;
	}
}

bool guess_is_dash(const char *mark)
{
	return is_one_of(mark, dashes);
}
