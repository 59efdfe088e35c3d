#include "record.h"

#include <stdlib.h>

#include "bytes/charset.h"

static bool is_break(char c)
{
	return c == '\n' || c == '\r';
}

size_t line_end(struct mu_string text, size_t at)
{
	while (at < text.len && !is_break(text.data[at]))
		at++;
	return at;
}

/* Past the line break at `at`, if there is one. */
static size_t break_skip(struct mu_string text, size_t at)
{
	if (at < text.len && text.data[at] == '\r' && at + 1 < text.len &&
	    text.data[at + 1] == '\n')
		return at + 2;
	return at + (at < text.len && is_break(text.data[at]));
}

size_t line_next(struct mu_string text, size_t at)
{
	return break_skip(text, line_end(text, at));
}

/* Past the quoted part of a cell that begins at `at`. */
static size_t quoted_end(const struct dialect *dialect, struct mu_string text, size_t at,
			 unsigned *flags)
{
	const char *found;

	*flags |= CELL_QUOTED;
	for (at++;; at += 2) {
		found = at < text.len ? memchr(text.data + at, dialect->quote, text.len - at)
				      : NULL;
		if (!found) {
			*flags |= CELL_OPEN;
			return text.len;
		}
		at = (size_t)(found - text.data);
		if (at + 1 == text.len || text.data[at + 1] != dialect->quote)
			return at + 1;
		*flags |= CELL_DOUBLED;
	}
}

struct record_cell record_cell_read(const struct dialect *dialect, struct mu_string text, size_t at)
{
	struct record_cell cell = { .start = at };
	char c;

	/* A byte order mark within a document, as one brings it along that was put together,
	 * is not part of a cell. */
	while (at < text.len && (unsigned char)text.data[at] == 0xef &&
	       charset_mark_length((struct mu_string){ text.data + at, text.len - at }))
		cell.start = at += strlen(CHARSET_MARK);
	if (dialect->quote && at < text.len && text.data[at] == dialect->quote) {
		at = quoted_end(dialect, text, at, &cell.flags);
		if (memchr(text.data + cell.start, '\0', at - cell.start))
			cell.flags |= CELL_ZERO;
	}
	for (; at < text.len; at++) {
		c = text.data[at];
		if (c == dialect->delimiter || is_break(c))
			break;
		if (!c)
			cell.flags |= CELL_ZERO;
		if (cell.flags & CELL_QUOTED)
			cell.flags |= CELL_JUNK;
		else if (dialect->quote && c == dialect->quote)
			cell.flags |= CELL_STRAY;
	}
	cell.end = at;
	return cell;
}

static bool cell_keep(struct record *record, const struct record_cell *cell)
{
	size_t room = record->room ? record->room * 2 : 32;
	struct record_cell *cells;

	if (record->kept == record->room) {
		cells = realloc(record->cells, room * sizeof *cells);
		if (!cells)
			return false;
		record->cells = cells;
		record->room = room;
	}
	record->cells[record->kept++] = *cell;
	return true;
}

bool record_read(struct record *record, const struct dialect *dialect, struct mu_string text,
		 size_t at, size_t max)
{
	struct record_cell cell;

	record->start = at;
	record->count = record->kept = 0;
	for (;;) {
		cell = record_cell_read(dialect, text, at);
		if (record->count++ < max && !cell_keep(record, &cell))
			return false;
		if (cell.end == text.len || is_break(text.data[cell.end]))
			break;
		at = cell.end + 1;
	}
	record->end = cell.end;
	record->next = break_skip(text, cell.end);
	return true;
}

void record_release(struct record *record)
{
	free(record->cells);
	*record = (struct record){ .cells = NULL };
}

struct mu_string record_cell_value(const struct record_cell *cell, const struct dialect *dialect,
				   struct mu_string text, char *space)
{
	struct mu_string value = record_cell_raw(cell, text);
	bool marked = charset_has_mark(value);
	size_t i, len = 0;

	if (cell->flags & CELL_QUOTED && !(cell->flags & (CELL_JUNK | CELL_OPEN))) {
		value.data++;
		value.len -= 2;
	}
	if (cell->flags & CELL_DOUBLED && !(cell->flags & (CELL_JUNK | CELL_OPEN))) {
		for (i = 0; i < value.len; i++) {
			space[len++] = value.data[i];
			i += value.data[i] == dialect->quote;
		}
		value = (struct mu_string){ space, len };
	}
	if (marked)
		value = (struct mu_string){ space, charset_drop_marks(space, value) };
	return value;
}
