/*
 * A table as it was printed: rows told apart by three keys, and the totals that
 * it states of them.
 *
 *     struct sheet sheet = { .text = NULL };
 *
 *     if (sheet_read(&sheet, "2015_01.csv"))
 *             claims_make(&sheet, true);
 *     sheet_release(&sheet);
 */
#ifndef SHEET_H
#define SHEET_H

#include <stdio.h>
#include <stdlib.h>

#include <muster/table.h>

enum { MALE, FEMALE, TOTAL, NUMBERS };
enum { MISSION, COUNTRY, TYPE, KEYS };

/* A row of data, or a claim, which has a level; a key of a claim may be NULL. */
struct line {
	const char *level;
	const char *key[KEYS];
	int64_t n[NUMBERS];
	uint64_t at;
};

/* A table: first its rows, then its claims. */
struct sheet {
	char *text; /* what the keys point into, or NULL */
	struct line *lines;
	size_t n_rows, n_lines, room;
};

static void line_insert(struct sheet *s, size_t index, const struct line *line)
{
	if (s->n_lines == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		s->lines = reallocarray(s->lines, s->room, sizeof *s->lines);
		if (!s->lines)
			abort();
	}
	memmove(&s->lines[index + 1], &s->lines[index], (s->n_lines++ - index) * sizeof *line);
	s->lines[index] = *line;
}

static void row_add(struct sheet *s, struct line line)
{
	line.at = mu_at(1, 10 * (s->n_rows + 1));
	line_insert(s, s->n_rows++, &line);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_key(const struct line *a, const struct line *b)
{
	return same_text(a->key[COUNTRY], b->key[COUNTRY]) &&
	       same_text(a->key[MISSION], b->key[MISSION]) && same_text(a->key[TYPE], b->key[TYPE]);
}

/* Adds a line to the claim that covers it, which may be new. */
static void claim_add(struct sheet *s, struct line claim)
{
	size_t i, n;

	for (i = s->n_rows; i < s->n_lines && !same_key(&s->lines[i], &claim); i++)
		;
	claim.at = mu_at(1, 1000000 + 10 * i);
	if (i == s->n_lines)
		line_insert(s, i, &claim);
	else
		for (n = 0; n < NUMBERS; n++)
			s->lines[i].n[n] += claim.n[n];
}

/* Adds up the rows for claims: for each mission and type, each country and type,
 * each type, and all; or for all only. */
static void claims_make(struct sheet *s, bool levels)
{
	static const char *const names[] = { "total", "type", "mission", "country" };
	static const bool keeps[][KEYS] = { { 0, 0, 0 }, { 0, 0, 1 }, { 1, 0, 1 }, { 0, 1, 1 } };
	size_t l, i, k;

	for (l = 0; l < (levels ? 4 : 1); l++)
		for (i = 0; i < s->n_rows; i++) {
			struct line claim = s->lines[i];

			claim.level = names[l];
			for (k = 0; k < KEYS; k++)
				if (!keeps[l][k])
					claim.key[k] = NULL;
			claim_add(s, claim);
		}
}

/* The next field of a CSV file, ended by 0 where it stands. */
static char *field_next(char **text)
{
	char *from = *text, *to = from, *field = from;
	bool quoted = *from == '"';

	for (from += quoted; *from && (quoted || (*from != ',' && *from != '\n')); from++) {
		if (quoted && *from == '"' && *++from != '"') {
			quoted = false;
			from--;
		} else {
			*to++ = *from;
		}
	}
	*text = from + (*from != 0);
	*to = 0;
	if (to > field && to[-1] == '\r')
		to[-1] = 0;
	return field;
}

/* False when it is no table of rows that their keys tell apart. */
static bool sheet_read(struct sheet *s, const char *path)
{
	char *text;
	size_t room = 0, i, k;
	FILE *file;

	file = fopen(path, "re");
	if (!file || getdelim(&s->text, &room, 0, file) < 0)
		return false;
	fclose(file);
	text = s->text;
	for (i = 0; i < KEYS + NUMBERS; i++)
		field_next(&text);
	while (*text) {
		struct line line = { .level = NULL };

		for (k = 0; k < KEYS; k++)
			line.key[k] = field_next(&text);
		for (k = 0; k < NUMBERS; k++)
			if (!mu_parse_integer(mu_string(field_next(&text)), &line.n[k]))
				return false;
		for (i = 0; i < s->n_rows && !same_key(&s->lines[i], &line); i++)
			;
		if (i < s->n_rows || !*line.key[MISSION])
			return false;
		row_add(s, line);
	}
	return s->n_rows;
}

static void sheet_release(struct sheet *s)
{
	free(s->text);
	free(s->lines);
	*s = (struct sheet){ .text = NULL };
}

#endif
