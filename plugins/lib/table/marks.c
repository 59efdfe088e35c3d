#include "table/marks.h"

#include <stdlib.h>

#include "bytes/charset.h"

/* Whether all that the texts of a row have is seen; numbers may have a text, too. */
static bool row_is_plain(const struct cell *cells, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((cells[i].kind == CELL_TEXT || cells[i].kind == CELL_NUMBER) &&
		    !charset_is_plain(cells[i].text) && charset_may_hide(cells[i].text))
			return false;
	return true;
}

/* How many bytes the texts of a row have, if there is a mark in one. */
static size_t marked_length(const struct cell *cells, size_t n)
{
	size_t i, len = 0;
	bool marked = false;

	for (i = 0; i < n; i++) {
		if (cells[i].kind != CELL_TEXT || cells[i].text.len < 3)
			continue;
		len += cells[i].text.len;
		marked = marked ||
			 (!charset_is_plain(cells[i].text) && charset_has_mark(cells[i].text));
	}
	return marked ? len : 0;
}

/* Room for a row whose texts have so many bytes. */
static bool marks_reserve(struct marks *marks, size_t cells, size_t len)
{
	if (cells > marks->cells_room) {
		free(marks->cells);
		marks->cells = malloc(cells * sizeof *marks->cells);
		marks->cells_room = marks->cells ? cells : 0;
	}
	if (len > marks->texts_room) {
		free(marks->texts);
		marks->texts = malloc(len);
		marks->texts_room = marks->texts ? len : 0;
	}
	return marks->cells && marks->texts;
}

bool marks_drop(struct marks *marks, const struct cell **cells, size_t n, bool *plain)
{
	size_t len, at = 0;

	*plain = row_is_plain(*cells, n);
	len = *plain ? 0 : marked_length(*cells, n);
	if (!len)
		return true;
	if (!marks_reserve(marks, n, len))
		return false;
	memcpy(marks->cells, *cells, n * sizeof *marks->cells);
	for (size_t i = 0; i < n; i++) {
		struct cell *cell = &marks->cells[i];

		if (cell->kind != CELL_TEXT || cell->text.len < 3)
			continue;
		cell->text.len = charset_drop_marks(marks->texts + at, cell->text);
		cell->text.data = marks->texts + at;
		at += cell->text.len;
	}
	*cells = marks->cells;
	return true;
}

void marks_release(struct marks *marks)
{
	free(marks->cells);
	free(marks->texts);
	*marks = (struct marks){ 0 };
}
