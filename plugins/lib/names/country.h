/*
 * Names of countries to ISO 3166-1 alpha-3, Kosovo being XKX.
 *
 * A name is known when it is ICU's name of a region in one of the languages
 * asked for, an alpha-2 or alpha-3 code, or an alias of
 * schemas/reference/countries.csv (columns alias, alpha3, note: historic names,
 * spellings of the UN and others, places that are part of a country).
 * Compared are the words alone: case, accents, white space, hyphens and
 * apostrophes' forms do not matter; nothing is matched in part.
 *
 * No part of a name is dropped, but for a known article behind it: "Gambia (the)".
 * "A (B)", "A, B" and "A / B" are known when each part is known and all are the
 * same country, and when A means several and B says which: "Congo (DRC)", or A is a place in
 * one of those that B means: "Goma, Congo".  They are
 * undecided when the parts are different countries: "Iran (Iraq)".  Where a part is
 * no name by itself, the words are turned: "Sudan (South)" is South Sudan.
 *
 * What the names of the two Congos, the two Koreas and the two groups of Virgin
 * Islands have in common in a language, "Kongo", means both.
 */
#ifndef COUNTRY_H
#define COUNTRY_H

#include <muster/table.h>

struct country_index;

#define COUNTRY_REFERENCE "countries.csv"

/* `languages` are BCP 47 tags, "any" for all that ICU has.  0, or a positive
 * errno with a message. */
int country_open(struct mu_ctx *ctx, const struct mu_texts *languages,
		 struct country_index **out);
void country_close(struct country_index *index); /* NULL is fine */

enum country_answer {
	COUNTRY_FOUND,
	COUNTRY_UNKNOWN,
	COUNTRY_UNDECIDED, /* the name means several countries */
	COUNTRY_NO_MEMORY,
};

enum { COUNTRY_MEANINGS_MAX = 8 };

/* Whether a text has the form of an alpha-3 code. */
bool country_is_alpha3(const char *text);

/* From now on a name means the country of an alpha-3 code, whatever else is known.
 * 0, or ENOMEM with a message. */
int country_name(struct mu_ctx *ctx, struct country_index *index, const char *name,
		 const char *alpha3);

/* The country that a name means.  When undecided, `alpha3` is the first of
 * several; country_candidates() names all. */
enum country_answer country_find(struct country_index *index, struct mu_string name,
				 char alpha3[4]);

/* The countries between which an undecided name leaves the choice, as alpha-3 codes; none
 * when its parts are different countries. */
int country_meanings(struct country_index *index, struct mu_string name,
		     char alpha3[COUNTRY_MEANINGS_MAX][4]);

/* The only country of which a known name begins with a text, compared as names are but
 * for the last word, which may be cut off anywhere. */
enum country_answer country_begins(struct country_index *index, struct mu_string text,
				   char alpha3[4]);

/* The country of a code in any of the two ISO forms, else unknown. */
enum country_answer country_code(struct country_index *index, struct mu_string code,
				 char alpha3[4]);

/* Up to `max` known names that begin with an unknown one, or are nearest to it, or all the
 * meanings of an undecided one, as "Tunesië (TUN), ..." in memory of the stage;
 * "" when nothing is near. */
const char *country_candidates(struct mu_ctx *ctx, struct country_index *index,
			       struct mu_string name, int max);

#endif
