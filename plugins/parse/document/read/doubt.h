/*
 * Lines behind a table that cannot be cut as its rows, and may be some of it nevertheless:
 * "MINUSMA Mali 5 1)", "Frontex Warschau 5", "All missions 12".
 *
 * Directly behind a table, with no blank line between, a short line with a number where the
 * rows have theirs is one, and one with a number elsewhere or a name of a vocabulary may be
 * one.  Behind a blank line other text may begin, so there it must have names too.  In any
 * language prose has longer lines than rows, or ends with a full stop and no number, and a
 * note begins with its mark.
 */
#ifndef DOCUMENT_DOUBT_H
#define DOCUMENT_DOUBT_H

#include "read/record.h"

/* Numbers of four digits that are years, where no row has one. */
enum { YEAR_FIRST = 1900, YEAR_LAST = 2100 };

enum doubt { DOUBT_NONE, DOUBT_MAYBE, DOUBT_ROW };

/* What the lines behind a table were up to now.  Zeroed at its end. */
struct doubt_place {
	bool apart; /* a blank line or a page's end was there */
	bool prose; /* since the last blank line */
};

/* Goes on to a line, whatever it is.  Lines are given in their order. */
void doubt_pass(const struct scan *scan, size_t line, struct doubt_place *place);

/* What a line is that reads as no row and no total, behind doubt_pass(). */
enum doubt doubt_line(struct scan *scan, const struct found_table *found, size_t line,
		      struct doubt_place *place);

#endif
