/*
 * Text around a table that speaks of a row that the table has not, or of another total:
 * "Daarnaast zijn in EUAM Irak 3 politiefunctionarissen uitgezonden.", "In totaal zijn het er
 * dertig."
 *
 * A row is told by a name of each vocabulary that the table's columns have, of two at least,
 * and a number beside them; or by one name and a number of what a header of the table says is
 * counted.  A total is told by the first word of the line that states the table's, and a number.
 * Numbers may be in words (people.h).  Neither is told when a line of the table has the same.
 * Sentences may go on in the next lines.
 */
#ifndef DOCUMENT_MENTION_H
#define DOCUMENT_MENTION_H

#include "read/record.h"

enum mention_kind { MENTION_NONE, MENTION_ROW, MENTION_TOTAL };

struct mention {
	enum mention_kind kind;
	struct mu_string name, number; /* as the text has them */
};

/* Looks at a line outside of a table, and at the next ones when these go on with it.  `stated` is
 * not 0 for bytes of the flat form that claims of running text have read.  0, or a positive
 * errno value with a message. */
int mention_find(struct scan *scan, const struct found_table *found, size_t line,
		 const char *stated, struct mention *out);

#endif
