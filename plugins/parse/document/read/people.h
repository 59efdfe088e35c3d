/*
 * Numbers of running text that may count people: "3", "1.204", "zeven", "vijfentwintig".
 *
 * None are years, parts of dates ("24 november"), amounts ("12 maanden", "5 %", "EUR 3"), numbers
 * behind an abbreviation ("nr. 440"), parts of longer ones ("29 521"), marks of a list or a note,
 * and words for 1 that are an article as well ("een", "un").  A number has not many more digits
 * than those of the table, but may always have three.
 */
#ifndef DOCUMENT_PEOPLE_H
#define DOCUMENT_PEOPLE_H

#include "read/record.h"

/* The words of a text, as they follow each other in the flat form. */
struct text_at_hand {
	const struct scan *scan;
	const struct shape *shape; /* of the table */
	const struct word *words;
	size_t n;
};

struct people {
	struct mu_string text; /* as it stands there */
	int64_t count;
	size_t words;
};

/* Whether a number that may count people begins at a word. */
bool people_at(const struct text_at_hand *text, size_t i, struct people *out);

/* Whether one may begin there: cheap, and true also for others. */
bool people_may_be(const struct text_at_hand *text, size_t i);

/* A word without the punctuation around it. */
struct mu_string word_alone(struct mu_string word);

#endif
