#include "guess/guess_columns.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "guess/guess_column.h"
#include "ledger/balance.h"

enum {
	NAME_MAX = 60,   /* bytes of a name that is made of a header */
	SHOWN = 30,      /* bytes of a cell in a comment */
	NOTES = 20,      /* rows below a table */
	NOTE_BEGIN = 30, /* bytes in which a note has its colon */
	NOTE_MAX = 80,
};

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";
static const char *const type_names[TYPES] = { "integer", "number", "date", "boolean", "string" };

static bool is_plain(const char *text)
{
	static const char *const words[] = { "true", "false", "null", "yes", "no",
					     "on",   "off",   "y",    "n",   NULL };
	size_t i, len = strlen(text);

	for (i = 0; words[i]; i++)
		if (!strcasecmp(text, words[i]))
			return false;
	if (!len || !strchr(letters, *text) || text[len - 1] == ' ')
		return false;
	for (i = 0; i < len; i++)
		if (!strchr(letters, text[i]) && !strchr(digits, text[i]) &&
		    !strchr("_ -./", text[i]))
			return false;
	return true;
}

/* Whether YAML takes a character as it is. */
static bool is_printable(uint32_t code)
{
	return code >= ' ' && (code < 0x7f || code >= 0xa0) && code != 0x2028 && code != 0x2029 &&
	       code != 0xfeff && (code & 0xfffe) != 0xfffe;
}

/* Whether a character is punctuation or a sign, in ASCII or general. */
static bool is_sign(uint32_t code)
{
	return (code > ' ' && code < 0x7f) || code == 0xa7 || (code >= 0x2010 && code < 0x2600);
}

static void add_quoted(struct text *out, const char *text)
{
	size_t len = strlen(text), size, i;
	uint32_t code;

	text_putc(out, '"');
	for (i = 0; i < len; i += size) {
		bool valid = text_character(text + i, len - i, &code, &size);

		if (!valid)
			text_puts(out, "\xef\xbf\xbd");
		else if (!is_printable(code))
			text_printf(out, code > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)code);
		else if (code == '"' || code == '\\')
			text_printf(out, "\\%c", (char)code);
		else if (code == '$' && text[i + 1] == '{')
			text_puts(out, "$$"); /* "$${" is a "${" that names no variable */
		else
			text_add(out, text + i, size);
	}
	text_putc(out, '"');
}

void guess_scalar(struct text *out, const char *text)
{
	if (is_plain(text))
		text_puts(out, text);
	else
		add_quoted(out, text);
}

static bool is_foreign(const char *text)
{
	while (*text && (unsigned char)*text < 0x80)
		text++;
	return *text;
}

static bool all_printable(const char *text)
{
	size_t len = strlen(text), size, i;
	uint32_t code;

	for (i = 0; i < len; i += size)
		if (!text_character(text + i, len - i, &code, &size) || !is_printable(code))
			return false;
	return true;
}

/* Letters and digits of a header, in lower case; all of it where it has others than those
 * of English.  Nothing when it can be no name. */
static void add_name(struct text *out, const char *header)
{
	size_t len = strlen(header), i;
	bool between = false;

	if (is_foreign(header)) {
		if (len <= NAME_MAX && *header != '_' && all_printable(header))
			text_puts(out, header);
		return;
	}
	for (i = 0; i < len && out->len < NAME_MAX; i++) {
		char c = header[i] >= 'A' && header[i] <= 'Z' ? (char)(header[i] + 32) : header[i];

		if (strchr(letters, c) || strchr(digits, c)) {
			if (between && out->len)
				text_putc(out, '_');
			text_putc(out, c);
		}
		between = !strchr(letters, c) && !strchr(digits, c);
	}
}

/* Adds a name that no column before has. */
static char *name_make(struct mu_map *taken, const char *header, size_t column)
{
	struct text name = { 0 };
	size_t before = taken->count, i;

	add_name(&name, header);
	if (!name.len)
		text_printf(&name, "column_%zu", column + 1);
	for (i = 2; mu_map_add(taken, name.data, name.len) != SIZE_MAX && taken->count == before;
	     i++) {
		text_clear(&name);
		text_printf(&name, "column_%zu", column + 1);
		if (i > 2)
			text_printf(&name, "_%zu", i);
	}
	if (taken->count == before)
		mem_exhausted();
	return name.data;
}

/* The names of all columns, each once; to be freed, they too. */
static char **names_make(const struct rowset *rows)
{
	char **names = mem_alloc((rows->n_columns + 1) * sizeof(char *));
	struct mu_map taken = { 0 };
	size_t i;

	for (i = 0; i < rows->n_columns; i++)
		names[i] = name_make(&taken, rows->schema.children[i]->name, i);
	mu_map_release(&taken);
	return names;
}

static void names_free(char **names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* Begins a comment, or goes on with it. */
static void note_begin(struct text *note)
{
	text_puts(note, note->len ? "; " : "  # ");
}

static void note_cell(struct text *note, const char *cell)
{
	size_t len = strlen(cell), shown = text_cut(cell, len, SHOWN);

	text_putc(note, '\'');
	text_add_visible(note, cell, shown);
	text_puts(note, shown < len ? "...'" : "'");
}

static void note_string(const struct column_guess *c, struct text *note)
{
	if (!c->filled) {
		note_begin(note);
		text_puts(note, c->broken
					? "left out: no cell has a value that can be read as it is"
					: "no cell has a value");
	} else if (c->cast) {
		return;
	} else if (c->zeros) {
		note_begin(note);
		text_puts(note, "digits with zeros in front: kept as text");
	} else if (c->groups && 2 * (c->groups + c->reads[IS_INTEGER]) > c->filled) {
		note_begin(note);
		text_puts(note, "numbers with separators of thousands, perhaps: transform: columns "
				"can cast them, with a language");
	} else if (2 * c->reads[IS_NUMBER] >= c->filled) {
		note_begin(note);
		text_printf(note, "%zu of %zu cells are numbers", c->reads[IS_NUMBER], c->filled);
	}
}

static void note_make(const struct column_guess *c, struct text *note)
{
	size_t i;

	if (c->twice) {
		note_begin(note);
		text_puts(note, "another has that header too: tell them apart by their position");
	}
	if (c->n_errors) {
		note_begin(note);
		text_puts(note, "cells with errors are missing values");
	}

	if (c->type == IS_STRING)
		note_string(c, note);
	if (c->n_odd) {
		note_begin(note);
		text_printf(note, "%zu of %zu cells are no %s, such as ", c->n_odd, c->filled,
			    type_names[c->type]);
		note_cell(note, c->odd);
	}
	for (i = 0; i < c->n_marks; i++) {
		if (!guess_is_dash(c->marks[i]))
			continue;
		note_begin(note);
		note_cell(note, c->marks[i]);
		text_puts(note, " may mean 0: then under zero");
	}
	if (c->why || c->left_out) {
		note_begin(note);
		text_puts(note, c->left_out ? "no measure, since there are too many" : c->why);
	}
}

/* Texts that are no values. */
static void add_missing(struct text *out, const struct column_guess *c)
{
	size_t i;

	for (i = 0; i < c->n_marks + c->n_errors; i++) {
		text_puts(out, i ? ", " : ", missing: [");
		add_quoted(out, i < c->n_marks ? c->marks[i] : c->errors[i - c->n_marks]);
	}
	text_puts(out, i ? "]" : "");
}

/* Whether it is read; else it stands there as a comment. */
static bool is_taken(const struct column_guess *c)
{
	return c->filled || !c->broken;
}

static void add_column(struct text *out, const struct column_guess *c, const char *name,
		       const char *header, const char *option)
{
	struct text note = { 0 };

	text_puts(out, is_taken(c) ? "        - {name: " : "        # - {name: ");
	guess_scalar(out, name);
	if (strcmp(name, header) != 0) {
		text_printf(out, ", %s: ", option);
		guess_scalar(out, header);
	}
	if (c->type != IS_STRING)
		text_printf(out, ", type: %s", type_names[c->type]);
	if (c->measure && !c->cast)
		text_puts(out, ", measure: true");
	add_missing(out, c);
	text_putc(out, '}');
	note_make(c, &note);
	text_puts(out, note.data ? note.data : "");
	text_putc(out, '\n');
	text_release(&note);
}

/* What totals are called in tables, as whole cells. */
static bool is_total(const char *cell)
{
	static const char *const words[] = { "total",   "totals",   "grand total", "totaal",
					     "totale",  "gesamt",   "insgesamt",   "summe",
					     "sum",     "subtotal", "sub-total",   "total général",
					     "totales", "all",      "overall",     "итого",
					     "всего",   "toplam",   "razem",       "celkem",
					     "totalt",  NULL };
	struct mu_string s = mu_trim(mu_string(cell));
	size_t i;

	if (s.len && s.data[s.len - 1] == ':')
		s.len--;
	for (i = 0; words[i]; i++)
		if (s.len == strlen(words[i]) && !strncasecmp(s.data, words[i], s.len))
			return true;
	return false;
}

/* A column of texts, of which some, but fewer than 3 in 4, are one that totals have: each of the
 * other rows may have a total of its own, and those another. */
static size_t add_claim(struct text *out, const struct rowset *rows, size_t column,
			const char *name, size_t said)
{
	const char *match = NULL;
	size_t n = 0, i;

	for (i = 0; i < rows->count; i++) {
		const char *cell = rows->rows[i].cells[column];

		if (guess_is_blank(cell) || (match ? strcmp(cell, match) != 0 : !is_total(cell)))
			continue;
		match = cell;
		n++;
	}
	if (!n || 4 * n >= 3 * rows->count)
		return said;
	text_puts(out, said ? "" : "      claims:\n");
	text_puts(out, "        - {name: ");
	guess_scalar(out, said ? name : "total");
	text_puts(out, ", column: ");
	guess_scalar(out, name);
	text_puts(out, ", match: ");
	guess_scalar(out, match);
	text_printf(out, "}  # %zu of %zu row%s\n", n, rows->count, mu_plural(rows->count));
	return said + 1;
}

/* Whether what a claim has in the column may tell what it is for. */
static bool is_key(const struct column_guess *c)
{
	return is_taken(c) && !c->measure && !c->left_out && !c->negatives && c->type != IS_NUMBER;
}

static void add_by(struct text *by, const struct column_guess *columns, char *const *names,
		   size_t n)
{
	size_t i;

	for (i = 0; i < n && (columns[i].measure || !is_taken(&columns[i]) || is_key(&columns[i]));
	     i++)
		;
	if (i == n)
		return;
	for (i = 0; i < n; i++) {
		if (!is_key(&columns[i]))
			continue;
		text_puts(by, by->len ? ", " : "[");
		guess_scalar(by, names[i]);
	}
	text_putc(by, ']');
}

/* The only cell of a row that is not blank; NULL when there is none or another. */
static const char *only_cell(const struct rowset *rows, size_t row)
{
	const char *only = NULL;
	size_t i;

	for (i = 0; i < rows->n_columns; i++) {
		const char *cell = rows->rows[row].cells[i];

		if (guess_is_blank(cell))
			continue;
		if (only)
			return NULL;
		only = cell;
	}
	return only;
}

/* A pattern for the beginning of a note that is likely to be there next time as well: up
 * to a colon, or the sign of a footnote, else all of it. */
static void add_pattern(struct text *out, struct mu_string note)
{
	size_t begin = note.len < NOTE_BEGIN ? note.len : NOTE_BEGIN;
	const char *colon = memchr(note.data, ':', begin);
	size_t len = text_cut(note.data, note.len, NOTE_MAX), i, size;
	uint32_t code;

	if (colon)
		len = (size_t)(colon - note.data) + 1;
	else if (!strchr(letters, *note.data) && !strchr(digits, *note.data) &&
		 text_character(note.data, note.len, &code, &size) && is_sign(code))
		len = size;
	text_putc(out, '^');
	for (i = 0; i < len; i++) {
		if (strchr("\\^$.[|()?*+{", note.data[i]))
			text_putc(out, '\\');
		text_putc(out, note.data[i]);
	}
}

/* Whether a row is below the table rather than in it. */
static bool is_below(const struct rowset *rows, size_t row)
{
	const char *only = only_cell(rows, row);

	return only && !is_total(only);
}

/* Rows below the table that have one cell. */
static void add_notes(struct text *out, const struct rowset *rows)
{
	struct mu_map known = { 0 };
	struct text pattern = { 0 };
	size_t first = rows->count, i, before;

	while (first && is_below(rows, first - 1))
		first--;
	if (rows->full || rows->n_columns < 2 || !first || rows->count - first > NOTES)
		return;
	for (i = first; i < rows->count; i++) {
		before = known.count;
		text_clear(&pattern);
		add_pattern(&pattern, mu_trim(mu_string(only_cell(rows, i))));
		if (mu_map_add(&known, pattern.data, pattern.len) == SIZE_MAX)
			mem_exhausted();
		if (known.count == before)
			continue;
		text_puts(out, before ? ", " : "      notes: [");
		add_quoted(out, pattern.data);
	}
	if (known.count)
		text_printf(out, "]  # %zu row%s below the table\n", rows->count - first,
			    mu_plural(rows->count - first));
	mu_map_release(&known);
	text_release(&pattern);
}

/* A language whose numbers have that separator of thousands. */
static const char *language_of(char separator)
{
	switch (separator) {
	case ',':
		return "en";
	case '.':
		return "de";
	case '\'':
		return "de-CH";
	default:
		return "fr";
	}
}

/* Columns whose separators are of thousands, as one of them shows for all with the same. */
static void thousands_find(const struct rowset *rows, struct column_guess *columns)
{
	size_t i, j;

	for (i = 0; i < rows->n_columns; i++) {
		if (!column_shows_thousands(&columns[i]))
			continue;
		for (j = 0; j < rows->n_columns; j++)
			if (columns[j].separator == columns[i].separator)
				column_cast(&columns[j], rows->schema.children[j]->name);
	}
}

static void add_cast(struct text *out, const struct column_guess *columns, char *const *names,
		     size_t n)
{
	struct text measures = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		if (!columns[i].cast)
			continue;
		text_puts(out, out->len ? "" : "      cast:\n");
		text_puts(out, "        - {name: ");
		guess_scalar(out, names[i]);
		text_printf(out,
			    ", type: integer, language: %s}  # '%c' stands between thousands\n",
			    language_of(columns[i].separator), columns[i].separator);
		if (!columns[i].measure)
			continue;
		text_puts(&measures, measures.len ? ", " : "      measure: [");
		guess_scalar(&measures, names[i]);
	}
	if (measures.len)
		text_printf(out, "%s]\n", measures.data);
	text_release(&measures);
}

void guess_columns(const struct rowset *rows, const struct findings *findings, const char *header,
		   bool notes, struct guess_columns *out)
{
	struct column_guess *columns = mem_alloc((rows->n_columns + 1) * sizeof *columns);
	char **names = names_make(rows);
	size_t claims = 0, measures = 0, i;

	text_puts(&out->options, "      columns:\n");
	for (i = 0; i < rows->n_columns; i++)
		column_look(rows, findings, i, &columns[i]);
	thousands_find(rows, columns);
	for (i = 0; i < rows->n_columns; i++) {
		columns[i].left_out = columns[i].measure && measures == BALANCE_MEASURES;
		columns[i].measure = columns[i].measure && !columns[i].left_out;
		measures += columns[i].measure;
		add_column(&out->options, &columns[i], names[i], rows->schema.children[i]->name,
			   header);
	}
	for (i = 0; measures && i < rows->n_columns; i++)
		if (columns[i].type == IS_STRING)
			claims = add_claim(&out->options, rows, i, names[i], claims);
	out->claims = claims > 0;
	add_cast(&out->cast, columns, names, rows->n_columns);
	if (notes)
		add_notes(&out->options, rows);
	if (out->claims)
		add_by(&out->by, columns, names, rows->n_columns);
	names_free(names, rows->n_columns);
	free(columns);
}

void guess_columns_release(struct guess_columns *columns)
{
	text_release(&columns->options);
	text_release(&columns->by);
	text_release(&columns->cast);
}
