/*
 * Text behind a table that speaks of a row that the table has not, or of another total:
 * "Daarnaast zijn in EUAM Irak 3 politiefunctionarissen uitgezonden.", "In totaal zijn het er 12."
 *
 * A row is told by a name of each vocabulary that the table's columns have, of two at least,
 * and a number beside them; a total by the first word of the line that states the table's,
 * and a number.  Neither is told when a line of the table has the same.  Sentences may go on
 * in the next line.
 */
#ifndef DOCUMENT_MENTION_H
#define DOCUMENT_MENTION_H

#include "read/record.h"

enum mention_kind { MENTION_NONE, MENTION_ROW, MENTION_TOTAL };

struct mention {
	enum mention_kind kind;
	struct mu_string name, number; /* as the text has them */
};

/* Looks at a line behind a table, and at the next one when that goes on with it.  0, or a
 * positive errno value with a message. */
int mention_find(struct scan *scan, const struct found_table *found, size_t line,
		 struct mention *out);

#endif
