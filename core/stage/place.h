/*
 * Places looked up on demand: an instance of the document's parser, opened for
 * locate() alone, tells what a row looks like to a person.
 */
#ifndef PLACE_H
#define PLACE_H

#include "stage/run.h"

/* `from` is the parser's own name of a column, or NULL.  Fills `out`; all zero
 * when nobody knows.  Texts live until the next call.  0, or the errno value of
 * the parser that could not look it up. */
int place_find(struct run *run, uint64_t at, const char *from, struct mu_place *out);

/* Says where a row is: "list.csv, page 2, line 4"; `name` is that of its document, or NULL
 * where that is clear.  Nothing when nobody knows. */
void place_write(const struct mu_place *place, const char *name, struct text *out);

/* Why place_find() gave an error, until its next call. */
const char *place_failure(const struct run *run);

/* For who looks up many places in order, when one has been looked at: gives memory back. */
void place_rest(struct run *run, uint64_t at, const struct mu_place *place);

/* Looks up the places of the run's findings: of those that the text report shows, or
 * of all when there is another one. */
void places_find(struct run *run);

/* The parser's name of a column in either schema (NULL: none), to be freed; NULL
 * when there is no such column. */
char *place_column(const struct ArrowSchema *in, const struct ArrowSchema *out,
		   const char *field);

/* Lends a parser that has read its document to the end, so that places need no other one.
 * It stays the caller's, and open until locators_free(). */
void place_lend(struct run *run, uint32_t document, struct stage *parser);

/* Closes what is open; it opens again when needed. */
void locators_free(struct run *run);

#endif
