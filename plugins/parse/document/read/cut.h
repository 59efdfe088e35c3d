/*
 * Cutting a line of words into cells.
 *
 * Where the gaps between words tell the cells apart, they decide.  Where that
 * got lost, all ways to cut the line are tried in which every word belongs to
 * a cell, every column has one, the cells of typed columns read and those of
 * columns with a vocabulary are known to it.  A way in which such a cell holds
 * another way's whole cell and more is the better one (the longest match); what
 * then is not decided stays so, and no line is cut by a guess.
 *
 * With several vocabularies one of the cells may be unknown where there is no other way:
 * "EULEX Kosovo Pristina" is cut by its mission, of which the longest name that is known
 * wins, and "EUXX Mali" by its country.  Whether such a name will do is for others to say.
 * No cell ends with a comma, no name with "/" or ";", no country says its word twice behind a
 * mission ("EULEX Kosovo, Kosovo"), and words in brackets stay with what they explain.
 */
#ifndef DOCUMENT_CUT_H
#define DOCUMENT_CUT_H

#include "layout/value.h"
#include "words/page.h"

enum {
	CUT_WORDS = 256, /* a longer line is no row */
	CUT_WAYS = 32,   /* more are undecided at once */
};

/* Words `first` to `end`, without the latter. */
struct word_range {
	uint16_t first, end;
};

/* One way to cut: a cell for each column. */
struct way {
	struct word_range cells[COLUMNS_MAX];
	bool known[COLUMNS_MAX]; /* to the column's vocabulary, or it has none */
};

enum cut_answer {
	CUT_DONE,      /* in ways[0]; cells of typed columns may be unreadable there */
	CUT_NONE,      /* stuck_* say why */
	CUT_UNDECIDED, /* ways[0..n_ways), and `more` of them */
	CUT_CROWDED,   /* gaps tell more cells than there are columns */
};

struct cut {
	const struct reader *reader;
	const struct column *const *columns; /* from left to right */
	size_t n_columns;
	const struct word *words;
	size_t n_words;
	double gap; /* the least between cells that are told apart; 0: words
			 have no boxes */
	bool strict; /* all names must be known */
	bool exact;  /* what may have been meant as a number is none */

	struct way ways[CUT_WAYS + 1];
	size_t n_ways;
	bool more;
	/* The leftmost column for which nothing fitted, before word `stuck_end`. */
	size_t stuck_column, stuck_end;
	int err; /* of a pattern that could not be run, told; else 0 */

	/* private */
	struct way trial;
	bool dead[2][COLUMNS_MAX][CUT_WORDS + 1]; /* by how many may be unknown */
	bool lenient, brackets;
};

/* `cut` has its first group of members set. */
enum cut_answer cut_line(struct cut *cut);

/* The text of a cell: from its first word to its last. */
struct mu_string cut_text(const struct cut *cut, struct word_range cell);

#endif
