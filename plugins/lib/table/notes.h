/*
 * Notes in a table: rows below it, or between its rows, that have one text and nothing
 * else, such as "Source: Ministry of Defence".
 *
 *     notes: ['^Source:', '^\*']
 *
 * A row is passed over as a note when all of it that is not blank is one text in which
 * one of these patterns is found.  So no row is lost that counts anybody, and a note that
 * nobody expected is not passed over.
 */
#ifndef NOTES_H
#define NOTES_H

#include "text/pattern.h"

enum { NOTES_MOST = 100 }; /* patterns */

#define NOTES_HELP \
	"patterns of rows that are no data but notes: they have nothing but a text in which one " \
	"is found"

#define NOTES_CODE \
	{ "notes", "Rows with nothing but a text were passed over, as the option notes says.", \
	  "Look whether they are all notes, if there are more than usual." }

/* Zeroed is none. */
struct notes {
	struct pattern **patterns;
	size_t n;
	uint64_t rows, first_at; /* that were passed over, and the place of the first */
};

/* configure: says which patterns are wrong.  0 or EINVAL. */
int notes_check(struct mu_ctx *ctx, const struct mu_texts *patterns);

/* 0, or an error with a message. */
int notes_open(struct mu_ctx *ctx, struct notes *notes, const struct mu_texts *patterns);
void notes_close(struct notes *notes);

/* Whether the only text of a row is a note, which then is counted.  0, or an error with a
 * message. */
int notes_match(struct mu_ctx *ctx, struct notes *notes, struct mu_string text, uint64_t at,
		bool *out);

/* Adds the rows of another part of the document. */
void notes_merge(struct notes *notes, const struct notes *other);

/* Reports how many there were, if any. */
int notes_report(struct mu_ctx *ctx, const struct notes *notes);

#endif
