/*
 * Numbers, number words and dates as a language writes them, by ICU.
 *
 * Strict, where ICU is lenient: a text is a value only when all of it was read
 * and writing the value the language's way can give that text back (grouping
 * where groups belong, "1.204" but not "1.20"; no space, no sign but a minus
 * directly before the digits).  Nothing here reports: the caller says which
 * cell it was.
 */
#ifndef LANGUAGE_H
#define LANGUAGE_H

#include <muster/table.h>

struct language;

/* Whether `tag` (BCP 47: "nl", "pt-BR") names a language that ICU has data for. */
bool language_known(const char *tag);

/* 0, or EINVAL/ENOMEM with a message.  What costs time is made on first use. */
int language_open(struct mu_ctx *ctx, const char *tag, struct language **out);
void language_close(struct language *language); /* NULL is fine */

/* Why a text is no value. */
enum language_answer {
	LANGUAGE_OK,
	LANGUAGE_NOT,      /* not a value of this kind, or not all of it */
	LANGUAGE_OVERFLOW, /* a whole number that does not fit 64 bits */
	LANGUAGE_LOSES,    /* a number that would not keep all its digits */
};

/* A whole number in digits of one script, with or without the language's group separator (minus:
 * U+002D or U+2212).  Groups have three digits, or, where the language writes 1,20,400, two and
 * the last one three. */
enum language_answer language_integer(struct language *, struct mu_string text, int64_t *out);

/* A whole number in words: "vier", "twenty-one". Case does not matter. */
enum language_answer language_words(struct language *, struct mu_string text, int64_t *out);

/* Likewise one from 0 to 20 alone: cheap for words that are no number. */
bool language_small(struct language *, struct mu_string text, int64_t *out);

/* Whether a whole number with this word behind it is an amount of time, of money or of another
 * thing that is no person, a share, or only a part of a number: "12 maanden", "5 procent", "3
 * miljoen". */
bool language_amount(struct language *, int64_t number, struct mu_string of);

/* Whether a number in words may begin with this one.  Cheap; true also for others. */
bool language_may_spell(struct language *, struct mu_string word);

/* A number in digits with the language's decimal separator. */
enum language_answer language_number(struct language *, struct mu_string text, double *out);

/* A date that names its year and month: "24 november 2023", "1 January 2024",
 * "November 24, 2023", "24-Nov-23" is not one (two-digit years are never
 * guessed); and ISO 8601's 2023-11-24.  `pattern` is a Unicode date pattern
 * ("d/M/yyyy") that the text must have instead, or NULL.  White space inside
 * counts as one space. */
enum language_answer language_date(struct language *, const char *pattern,
				   struct mu_string text, int32_t *out);

#endif
