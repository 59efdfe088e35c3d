/*
 * Byte order marks inside of the texts of a row.  Documents that were put together from
 * parts have them.  Nobody sees them, and they are no part of a text.
 */
#ifndef TABLE_MARKS_H
#define TABLE_MARKS_H

#include "table/cell.h"

/* Room for a row without marks.  Zeroed at first. */
struct marks {
	struct cell *cells;
	char *texts;
	size_t cells_room, texts_room;
};

/* Takes byte order marks away from the texts of a row of `n` cells: where there are any, `cells`
 * is made a copy that stays until the next call.  `plain`: whether the row has no characters
 * that nobody sees.  False when there is no memory. */
bool marks_drop(struct marks *marks, const struct cell **cells, size_t n, bool *plain);

void marks_release(struct marks *marks);

#endif
