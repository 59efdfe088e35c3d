/*
 * Names of countries to ISO 3166-1 alpha-3, Kosovo being XKX.
 *
 * A name is known when it is ICU's name of a region in one of the languages
 * asked for, an alpha-2 or alpha-3 code, or an alias of
 * schemas/reference/countries.csv (columns alias, alpha3, note: historic names,
 * spellings of the UN and others, places that are part of a country).
 * Compared are the words alone: case, accents, white space, hyphens,
 * apostrophes' forms and a leading or trailing article in parentheses do not
 * matter; nothing is matched in part.  "A, B" is known when A and B are both
 * known and are the same country.
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
};

/* The country that a name means.  When undecided, `alpha3` is the first of
 * several; country_candidates() names all. */
enum country_answer country_find(struct country_index *index, struct mu_string name,
				 char alpha3[4]);

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
