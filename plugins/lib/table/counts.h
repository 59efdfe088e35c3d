/*
 * Whether a text is a number that may count something, as those of tables that nobody
 * reads are looked at.
 */
#ifndef COUNTS_H
#define COUNTS_H

#include <muster/table.h>

/* In digits, with a sign, groups of three or a decimal part, or none of them, and marks of
 * footnotes behind it: "12", "1 204", "1,204", "4.5", "12*".  Four digits alone that read as
 * a year, 1900 to 2099, are none. */
bool text_counts(struct mu_string text);

#endif
