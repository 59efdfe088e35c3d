/*
 * One cell: a text read as its column's type says, strictly.
 */
#ifndef DOCUMENT_VALUE_H
#define DOCUMENT_VALUE_H

#include "names/country.h"
#include "names/mission.h"
#include "text/language.h"

#include "layout/layout.h"

/* What reads: indexes that no column uses are NULL. */
struct reader {
	struct mu_ctx *ctx;
	struct language *language;
	struct country_index *country;
	struct mission_index *mission;
};

/* 0, or a positive errno value with a message.  Close in any case. */
int reader_open(struct mu_ctx *ctx, const struct layout *layout, struct reader *out);
void reader_close(struct reader *reader);

enum value_state {
	VALUE_NONE,    /* nothing was there: null */
	VALUE_MISSING, /* one of the column's texts for unknown: null */
	VALUE_KNOWN,
	VALUE_UNREAD,   /* not a value of the type */
	VALUE_OVERFLOW, /* a whole number beyond 64 bits */
	VALUE_LOSES,    /* a number that would not keep all its digits */
	VALUE_NEGATIVE, /* a measure below 0 */
	VALUE_FAR,      /* a date in a year in which no roster was or will be published */
};

/* A text keeps its place alone; whoever needs it has it. */
struct value {
	enum value_state state;
	union {
		int64_t integer;
		double number;
		int32_t date;
		bool boolean;
	};
};

/* Whether the text is one that the column's type can hold, right or not for
 * other reasons: not VALUE_UNREAD. */
static inline bool value_reads(struct value v)
{
	return v.state != VALUE_UNREAD;
}

/* The years of which dates are believed: since there are missions, and no further than
 * anybody plans.  Today's date is not asked, so that a run says the same tomorrow. */
enum { DATE_FIRST = 1945, DATE_LAST = 2100 };

/* Whether a day, since 1970-01-01, is in one of these years. */
bool date_plausible(int32_t days);

/* The last day of a day's month, in days since 1970-01-01. */
int32_t date_month_end(int32_t days);

/* Reads a text of words with one space, or no-break space, between them; `words`
 * allows whole numbers in words where the column does not. */
struct value value_read(const struct reader *reader, const struct column *column,
			struct mu_string text, bool words);

/* Whether a text has one of the digits 0 to 9. */
bool has_digit(struct mu_string text);

/* Takes away what the column ignores at the beginning or the end of its cells, and behind a
 * name of a vocabulary the dots, dashes, colon or bar that lead to the next cell.  0, or a
 * positive errno value with a message. */
int value_strip(const struct reader *reader, const struct column *column, struct mu_string *text);

/* Whether a text that does not read as the column's type seems meant to: it
 * has a digit, or no letter, or is a number word. */
bool value_meant(const struct reader *reader, const struct column *column, struct mu_string text);

/* Whether the column's vocabulary knows a text, or it has none.  "Congo (DRC)" counts as
 * known when "Congo" is: what both mean together is not decided here. */
bool value_known(const struct reader *reader, const struct column *column, struct mu_string text);

/* Whether a text ends in a sign that no name of the column's vocabulary ends in. */
bool value_torn(const struct column *column, struct mu_string text);

/* How many words a cell of the column can have at most, so that no line costs
 * more than it is worth. */
size_t value_longest(const struct column *column);

#endif
