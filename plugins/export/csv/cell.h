/*
 * How a text stands in a cell: as it is, in quotes with its own doubled, behind an
 * apostrophe, or both.
 */
#ifndef CELL_H
#define CELL_H

#include <muster/table.h>

/* Sixteen bytes, compared at once. */
typedef int8_t cell_block __attribute__((vector_size(16)));

struct dialect {
	char delimiter[16]; /* the same sixteen times */
	struct mu_string null;
	bool escape; /* formulas get an apostrophe */
};

struct written_cell {
	struct mu_string text; /* borrowed */
	bool quotes, apostrophe;
};

/* Room for a cell of a text of so many bytes. */
#define CELL_ROOM(len) (2 * (len) + 3)

/* `null` is borrowed for as long as the dialect. */
struct dialect dialect(char delimiter, const char *null, bool escape);

/* A text that came in. */
struct written_cell cell_of_text(const struct dialect *dialect, struct mu_string text);

/* A number, a date or a boolean in letters: never escaped. */
struct written_cell cell_of_value(const struct dialect *dialect, struct mu_string text);

/* Write a cell's beginning (at most two bytes), a part of its text (at most twice its
 * length), its end (at most one): where the next byte goes. */
char *cell_begin(const struct written_cell *cell, char *at);
char *cell_part(const struct written_cell *cell, char *at, struct mu_string part);
char *cell_end(const struct written_cell *cell, char *at);

/* All three. */
char *cell_write(const struct written_cell *cell, char *at);

/* Whether a text that begins so may be a formula. */
static inline bool begins_formula(char c)
{
	return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r';
}

/* Which of sixteen bytes need quotes, if they are among the first n (<= 127). */
static inline cell_block block_quotes(const struct dialect *dialect, const char *bytes, int n)
{
	const cell_block index = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	cell_block block, delimiter;

	memcpy(&block, bytes, sizeof block);
	memcpy(&delimiter, dialect->delimiter, sizeof delimiter);
	return ((block == delimiter) | (block == '"') | (block == '\n') |
		(block == '\r')) & (index < (int8_t)n);
}

static inline bool block_any(cell_block block)
{
	uint64_t half[2];

	memcpy(half, &block, sizeof half);
	return half[0] | half[1];
}

#define SHORT_TEXT 32

/* Whether a text of at most SHORT_TEXT bytes surely stands as it is; if not,
 * cell_of_text() knows more.  SHORT_TEXT bytes can be read, whatever its length. */
static inline bool is_plain(const struct dialect *dialect, struct mu_string text)
{
	int n = (int)text.len;

	return text.len != dialect->null.len && !begins_formula(*text.data) &&
	       !block_any(block_quotes(dialect, text.data, n) |
			  block_quotes(dialect, text.data + 16, n - 16));
}

#endif
