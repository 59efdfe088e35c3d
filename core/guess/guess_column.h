/*
 * What one column of texts may be, from how its cells are written.
 *
 * A type is what all cells read as, or 19 in 20 of them; texts that people write where
 * they have no number do not count.
 */
#ifndef GUESS_COLUMN_H
#define GUESS_COLUMN_H

#include "ledger/finding.h"
#include "ledger/rowset.h"

enum { IS_INTEGER, IS_NUMBER, IS_DATE, IS_BOOLEAN, IS_STRING, TYPES };

enum { MARKS_MAX = 4 }; /* texts that may stand for "there is no value" in a column */

struct column_guess {
	size_t filled;                  /* cells with something else than marks, */
	size_t reads[IS_STRING];        /* and so many of them read as each type */
	size_t zeros;                   /* whole numbers that begin with 0 */
	size_t groups;                  /* with three digits behind each of their separators, */
	size_t fractions;               /* among them points that can be nothing else */
	size_t small;                   /* whole numbers below 1,000, without a separator */
	char separator;                 /* of groups, */
	bool separated;                 /* in one number more than once; */
	bool mixed;                     /* or several */
	size_t negatives, years, steps; /* next numbers that are 1 more */
	int64_t last;
	const char *marks[MARKS_MAX];
	size_t n_marks;
	const char *errors[MARKS_MAX]; /* of a spreadsheet, such as #REF! */
	size_t n_errors;
	bool broken;     /* something was said of its cells */
	bool twice;      /* another column has its header too */
	const char *odd; /* a cell that is not of the type */
	size_t n_odd;
	int type;
	bool cast;       /* it is of whole numbers with separators of thousands */
	bool measure;
	bool left_out;   /* it would be a measure, but there are too many */
	const char *why; /* it is none though it is whole numbers, or NULL */
};

/* Looks at a column of rows whose columns are all texts, and at what was said when they
 * were read.  `c` is zeroed before; texts in it are those of the rows and findings. */
void column_look(const struct rowset *rows, const struct findings *findings, size_t column,
		 struct column_guess *c);

/* Whether a column shows that its separator is one of thousands: it stands in a number
 * twice, or smaller numbers have none, which fractions would have too. */
bool column_shows_thousands(const struct column_guess *c);

/* Takes a column that may be of numbers with separators of thousands for one. */
void column_cast(struct column_guess *c, const char *name);

/* Whether a cell has nothing but white space, if anything. */
bool guess_is_blank(const char *cell);

/* Whether a text that stands for "no value" may as well mean 0, such as a dash. */
bool guess_is_dash(const char *mark);

#endif
