/*
 * What a line of a document looks like before anybody has described it: which of its
 * words are numbers, dates or names of totals, and which language they are.
 */
#ifndef DOCUMENT_LOOK_H
#define DOCUMENT_LOOK_H

#include "text/language.h"

#include "read/chunk.h"
#include "read/cut.h"

enum look_number { LOOK_TEXT, LOOK_WHOLE, LOOK_BROKEN };

/* Whether a text is a whole number, with or without separators between groups of three
 * digits, or one with a fraction, whatever the language. */
enum look_number look_number(struct mu_string text);

/* Whether a text is one that people write where they have no number: "-", "n/a". */
bool look_mark(struct mu_string text);

/* Whether a text begins with what totals are called in tables: "Grand Total". */
bool look_total(struct mu_string text);

/* The language that most of a text's words speak for: a tag that lib/language knows.
 * `certain` when they are several, and those of no other language nearly as many. */
const char *look_language(struct mu_string text, bool *certain);

/* How a date is written. */
struct look_date {
	const char *format; /* for language_date(); NULL: as the language writes it */
	bool month;         /* it names no day */
	bool doubtful;      /* day and month may be the other way round */
};

/* Whether a text is a date. */
bool look_date(struct language *language, struct mu_string text, struct look_date *out);

/* A line in short. */
struct look {
	uint16_t words;  /* 0 when there are too many */
	uint16_t chunks; /* what stands together, see chunks_find() */
	uint16_t cells;  /* chunks that are a number or stand for one */
	uint16_t tail;   /* words at its end that are numbers */
	bool total;      /* it begins, or its text does, as totals do */
};

struct look look_line(const struct pages *pages, size_t line);

#endif
