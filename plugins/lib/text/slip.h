/*
 * How a number becomes another one when it is typed, printed or read.
 *
 * The kinds are those of the literature on editing statistical data (Scholtus
 * 2009, "Automatic correction of simple typing errors in numerical data with
 * balance edits": sign errors, and digits at a Damerau-Levenshtein distance of
 * one) and two of printed tables: marks of footnotes, and separators of
 * thousands.
 *
 * The likelihood of a kind is the chance that it turns one number into just
 * that other one: a substitution in a number of n digits has 9n outcomes, so
 * each has 1/9n.  So a kind with few outcomes says more when it fits.
 */
#ifndef SLIP_H
#define SLIP_H

#include <stdint.h>

enum slip {
	SLIP_NONE,      /* no simple slip leads there */
	SLIP_DIGIT,     /* one digit is another */
	SLIP_SWAPPED,   /* two digits that stand together are swapped */
	SLIP_LOST,      /* a digit is lost */
	SLIP_DOUBLED,   /* a digit stands there twice */
	SLIP_ADDED,     /* a digit too many */
	SLIP_MARK,      /* one or two digits behind the number are a footnote's mark */
	SLIP_SEPARATOR, /* a separator of thousands was taken for a decimal one, or the reverse */
	SLIP_SIGN,      /* the sign is the other one */
	SLIPS
};

/* The likeliest way from the number that is `right` to the one that `stands`
 * there, and in *likelihood how likely all ways together are, 0 to 1, given
 * that one of the kinds happened; 0 with SLIP_NONE. */
enum slip slip_find(int64_t right, int64_t stands, double *likelihood);

/* "digit-wrong", the kind of an explanation. */
const char *slip_kind(enum slip slip);

/* "one digit is wrong" */
const char *slip_phrase(enum slip slip);

#endif
