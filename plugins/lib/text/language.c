#include "text/language.h"

#include <ctype.h>
#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/udat.h>
#include <unicode/uloc.h>
#include <unicode/unum.h>
#include <unicode/unumberformatter.h>
#include <unicode/ustring.h>

#include "text/utf8.h"
#include "text/words.h"

#define MAX_TEXT   256
#define CENTURY    69 /* years below it, in two digits, are after 2000 */
#define MAX_TOKENS 8
#define SMALL      20 /* whole numbers up to it are spelt once */
#define AMOUNTS    12
#define STEMS      256
#define STEM_END   3 /* bytes at the end of a word for a number */

struct language {
	char tag[64], locale[64];
	UNumberFormat *decimal, *spellout;
	UNumberFormatter *amounts[AMOUNTS]; /* NULL: not made */
	char small[SMALL + 1][64];          /* folded, of 0 and so on, when `spellout` is there */
	char group[16], point[16];          /* the separators, UTF-8 */
	size_t groups;                      /* digits of a group that is not the last */
	char stems[STEMS][32];              /* folded words that numbers are put together from */
	size_t n_stems;
	char months[4][12][64]; /* folded; full and short, in a date and alone */
	char weekdays[7][64];   /* folded, from Sunday */
	bool names;             /* the above are there */
};

static bool locale_of(const char *tag, char *out, size_t size)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t used = 0;

	uloc_forLanguageTag(tag, out, (int32_t)size, &used, &status);
	return U_SUCCESS(status) && status != U_STRING_NOT_TERMINATED_WARNING && *tag &&
	       (size_t)used == strlen(tag);
}

bool language_known(const char *tag)
{
	char locale[64], language[16];
	UErrorCode status = U_ZERO_ERROR;
	int32_t i;

	if (!locale_of(tag, locale, sizeof locale))
		return false;
	uloc_getLanguage(locale, language, (int32_t)sizeof language, &status);
	for (i = 0; U_SUCCESS(status) && i < uloc_countAvailable(); i++)
		if (!strcmp(uloc_getAvailable(i), language))
			return true;
	return false;
}

int language_open(struct mu_ctx *ctx, const char *tag, struct language **out)
{
	struct language *l;
	char locale[64];

	*out = NULL;
	if (strlen(tag) >= sizeof l->tag || !locale_of(tag, locale, sizeof locale))
		return mu_fail(ctx, EINVAL, "'%s' is no language; write a tag such as nl or pt-BR",
			       tag);
	l = calloc(1, sizeof *l);
	if (!l)
		return mu_fail(ctx, ENOMEM, "out of memory");
	memcpy(l->tag, tag, strlen(tag) + 1);
	memcpy(l->locale, locale, sizeof locale);
	*out = l;
	return 0;
}

void language_close(struct language *l)
{
	if (!l)
		return;
	if (l->decimal)
		unum_close(l->decimal);
	if (l->spellout)
		unum_close(l->spellout);
	for (size_t i = 0; i < AMOUNTS; i++)
		unumf_close(l->amounts[i]);
	free(l);
}

static void to_utf8(const UChar *text, int32_t len, char *out, size_t size)
{
	UErrorCode status = U_ZERO_ERROR;

	*out = '\0';
	u_strToUTF8(out, (int32_t)size, NULL, text, len, &status);
	if (U_FAILURE(status) || status == U_STRING_NOT_TERMINATED_WARNING)
		*out = '\0';
}

static void symbol(const UNumberFormat *format, UNumberFormatSymbol which, char *out, size_t size)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar text[8];
	int32_t len = unum_getSymbol(format, which, text, 8, &status);

	*out = '\0';
	if (U_SUCCESS(status))
		to_utf8(text, len, out, size);
}

static bool decimal_open(struct language *l)
{
	UErrorCode status = U_ZERO_ERROR;

	if (l->decimal)
		return true;
	l->decimal = unum_open(UNUM_DECIMAL, NULL, 0, l->locale, NULL, &status);
	if (U_FAILURE(status)) {
		l->decimal = NULL;
		return false;
	}
	symbol(l->decimal, UNUM_GROUPING_SEPARATOR_SYMBOL, l->group, sizeof l->group);
	symbol(l->decimal, UNUM_DECIMAL_SEPARATOR_SYMBOL, l->point, sizeof l->point);
	l->groups = unum_getAttribute(l->decimal, UNUM_SECONDARY_GROUPING_SIZE) == 2 ? 2 : 3;
	return true;
}

static bool starts(struct mu_string text, size_t at, const char *with)
{
	size_t len = strlen(with);

	return len && text.len - at >= len && !memcmp(text.data + at, with, len);
}

/* Separators that are told apart by nobody's eye. */
static const char *const spaces[] = { " ", "\u00a0", "\u202f", "\u2009", NULL };
static const char *const apostrophes[] = { "'", "’", NULL };

static size_t one_of(struct mu_string text, size_t at, const char *const *these)
{
	for (; *these; these++)
		if (starts(text, at, *these))
			return strlen(*these);
	return 0;
}

static bool among(const char *text, const char *const *these)
{
	for (; *these; these++)
		if (!strcmp(text, *these))
			return true;
	return false;
}

/* The length of a group separator at a place, or 0. */
static size_t group_at(const struct language *l, struct mu_string text, size_t at)
{
	if (among(l->group, spaces))
		return one_of(text, at, spaces);
	if (among(l->group, apostrophes))
		return one_of(text, at, apostrophes);
	return starts(text, at, l->group) ? strlen(l->group) : 0;
}

/* A digit of any script, in UTF-8: its length, or 0.  All of a number must be of one script, whose
 * zero is kept in `zero`; it is 0 before the first digit. */
static size_t digit_at(struct mu_string text, size_t at, UChar32 *zero, char *out)
{
	size_t len = at < text.len ? utf8_character(text.data + at, text.len - at) : 0, i;
	UChar32 code = len ? (unsigned char)text.data[at] : 0;
	int32_t value;

	if (len > 1)
		code &= 0x7f >> len;
	for (i = 1; i < len; i++)
		code = code << 6 | (text.data[at + i] & 0x3f);
	value = u_charDigitValue(code);
	if (value < 0 || (*zero && code - value != *zero))
		return 0;
	*zero = code - value;
	*out = (char)('0' + value);
	return len;
}

/* Digits, a minus before them kept, grouping taken out; the place after them.
 * False when that is no whole number as the language writes one. */
static bool digits(const struct language *l, struct mu_string text, char *out, size_t size,
		   UChar32 *zero, size_t *end)
{
	size_t at = 0, n = 0, run = 0, first, len, separator;
	bool grouped = false, threes = true, twos = l->groups == 2;
	char next;

	*zero = 0;
	if (starts(text, at, "-") || starts(text, at, "\u2212")) {
		at += text.data[0] == '-' ? 1 : strlen("\u2212");
		out[n++] = '-';
	}
	first = n;
	while (at < text.len && n + 1 < size) {
		len = digit_at(text, at, zero, &out[n]);
		if (len) {
			n++;
			at += len;
			run++;
			continue;
		}
		separator = group_at(l, text, at);
		if (!separator || !digit_at(text, at + separator, zero, &next))
			break;
		threes = threes && (grouped ? run == 3 : run && run <= 3);
		twos = twos && (grouped ? run == 2 : run && run <= 2);
		if (!threes && !twos)
			return false;
		grouped = true;
		run = 0;
		at += separator;
	}
	out[n] = '\0';
	*end = at;
	return n > first && n + 1 < size && (!grouped || run == 3) &&
	       (out[first] != '0' || n == first + 1);
}

enum language_answer language_integer(struct language *l, struct mu_string text, int64_t *out)
{
	char plain[MAX_TEXT];
	UChar32 zero;
	size_t end;

	if (!decimal_open(l) || !digits(l, text, plain, sizeof plain, &zero, &end) ||
	    end != text.len)
		return LANGUAGE_NOT;
	return mu_parse_integer(mu_string(plain), out) ? LANGUAGE_OK
	       : strcmp(plain, "-0")                   ? LANGUAGE_OVERFLOW
						       : LANGUAGE_NOT;
}

enum language_answer language_number(struct language *l, struct mu_string text, double *out)
{
	char plain[MAX_TEXT];
	UChar32 zero;
	size_t end, len, n;

	if (!decimal_open(l) || !digits(l, text, plain, sizeof plain, &zero, &end))
		return LANGUAGE_NOT;
	if (end < text.len) {
		if (!starts(text, end, l->point))
			return LANGUAGE_NOT;
		end += strlen(l->point);
		n = strlen(plain);
		if (end == text.len || n + text.len - end + 2 > sizeof plain)
			return LANGUAGE_NOT;
		plain[n++] = '.';
		for (; end < text.len; end += len) {
			len = digit_at(text, end, &zero, &plain[n]);
			if (!len)
				return LANGUAGE_NOT;
			n++;
		}
		plain[n] = '\0';
	}
	if (mu_parse_number(mu_string(plain), out))
		return LANGUAGE_OK;
	return mu_number_loss(mu_string(plain)) ? LANGUAGE_LOSES : LANGUAGE_NOT;
}

/* Folded, and without spaces: "twee en twintig" is "tweeëntwintig". */
static bool fold_close(struct mu_string text, char *out, size_t size)
{
	size_t len = words_fold(text, out, size), i, n = 0;

	if (len == SIZE_MAX || !len)
		return false;
	for (i = 0; i < len; i++)
		if (out[i] != ' ')
			out[n++] = out[i];
	out[n] = '\0';
	return true;
}

/* A value in words, folded; "" when that fails. */
static void spell(const UNumberFormat *format, int64_t value, char *out, size_t size)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar text[MAX_TEXT];
	char bytes[3 * MAX_TEXT];
	int32_t len = unum_formatInt64(format, value, text, MAX_TEXT, NULL, &status);

	*out = '\0';
	if (U_FAILURE(status))
		return;
	to_utf8(text, len, bytes, sizeof bytes);
	if (!fold_close(mu_string(bytes), out, size))
		*out = '\0';
}

static bool spells(const UNumberFormat *format, int64_t value, const char *folded)
{
	char again[3 * MAX_TEXT];

	spell(format, value, again, sizeof again);
	return *again && !strcmp(again, folded);
}

/* Goes on to the next of the language's ways to count, of `rules`, and makes it that of
 * `spellout`.  False behind the last one. */
static bool way_next(struct language *l, UChar *rules, UChar **state)
{
	static const UChar cardinal[] = u"%spellout-cardinal";
	UChar *name = u_strtok_r(rules, u";", state);
	UErrorCode status = U_ZERO_ERROR;

	while (name && u_strncmp(name, cardinal, 18))
		name = u_strtok_r(NULL, u";", state);
	if (name)
		unum_setTextAttribute(l->spellout, UNUM_DEFAULT_RULESET, name, -1, &status);
	return name && U_SUCCESS(status);
}

/* The names of all ways to count; false when there are none. */
static bool ways_get(const struct language *l, UChar rules[2048])
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t len =
		unum_getTextAttribute(l->spellout, UNUM_PUBLIC_RULESETS, rules, 2047, &status);

	rules[U_SUCCESS(status) ? len : 0] = 0;
	return U_SUCCESS(status);
}

/* Whether one of the language's ways to count writes the value so. */
static bool spelt_somehow(struct language *l, int64_t value, const char *folded)
{
	UChar rules[2048], *state;
	bool found = spells(l->spellout, value, folded);

	if (found || !ways_get(l, rules))
		return found;
	for (bool more = way_next(l, rules, &state); more && !found;
	     more = way_next(l, NULL, &state))
		found = spells(l->spellout, value, folded);
	return found;
}

static void stem_add(struct language *l, const char *word, size_t len)
{
	size_t i = 0;

	if (len < 2 || len >= sizeof l->stems[0])
		return;
	while (i < l->n_stems &&
	       (strlen(l->stems[i]) != len || memcmp(l->stems[i], word, len) != 0))
		i++;
	if (i < l->n_stems || i == STEMS)
		return;
	memcpy(l->stems[i], word, len);
	l->n_stems++;
}

/* The words of the way at hand for the numbers of which others are put together.  Some languages
 * have other forms of a thousand behind 2 and behind 5. */
static void stems_take(struct language *l)
{
	static const int64_t values[] = {
		0,   1,   2,   3,   4,    5,    6,    7,       8,       9,       10,
		11,  12,  13,  14,  15,   16,   17,   18,      19,      20,      30,
		40,  50,  60,  70,  80,   90,   100,  200,     300,     400,     500,
		600, 700, 800, 900, 1000, 2000, 5000, 1000000, 2000000, 5000000, 1000000000
	};

	for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
		UErrorCode status = U_ZERO_ERROR;
		UChar text[MAX_TEXT];
		char bytes[3 * MAX_TEXT], folded[3 * MAX_TEXT];
		int32_t len =
			unum_formatInt64(l->spellout, values[v], text, MAX_TEXT, NULL, &status);
		size_t n, from = 0;

		if (U_FAILURE(status))
			continue;
		to_utf8(text, len, bytes, sizeof bytes);
		n = words_fold(mu_string(bytes), folded, sizeof folded);
		for (size_t i = 0; n != SIZE_MAX && i <= n; i++) {
			if (i < n && folded[i] != ' ')
				continue;
			stem_add(l, folded + from, i - from);
			from = i + 1;
		}
	}
}

/* The words of all ways to count. */
static void stems_ready(struct language *l)
{
	UChar rules[2048], *state;

	if (l->n_stems)
		return;
	stems_take(l);
	if (ways_get(l, rules))
		for (bool more = way_next(l, rules, &state); more; more = way_next(l, NULL, &state))
			stems_take(l);
}

/* Whether a folded text ends with the last bytes of such a word, as all numbers do.  Reading what
 * is none takes ICU milliseconds. */
static bool ends_as_number(const struct language *l, const char *folded)
{
	size_t len = strlen(folded), i;

	for (i = 0; i < l->n_stems; i++) {
		size_t n = strlen(l->stems[i]), end = n < STEM_END ? n : STEM_END;

		if (len >= end && !memcmp(folded + len - end, l->stems[i] + n - end, end))
			return true;
	}
	return l->n_stems == STEMS;
}

/* Makes `spellout`; false when ICU cannot. */
static bool spellout_ready(struct language *l)
{
	UErrorCode status = U_ZERO_ERROR;

	if (l->spellout)
		return true;
	l->spellout = unum_open(UNUM_SPELLOUT, NULL, 0, l->locale, NULL, &status);
	if (U_FAILURE(status)) {
		l->spellout = NULL;
		return false;
	}
	for (int i = 0; i <= SMALL; i++)
		spell(l->spellout, i, l->small[i], sizeof l->small[i]);
	return true;
}

/* Folds a text that may be a number word; false when it is none. */
static bool words_ready(struct language *l, struct mu_string text, char *folded, size_t size)
{
	return text.len && text.len < MAX_TEXT && !isdigit((unsigned char)text.data[0]) &&
	       fold_close(text, folded, size) && spellout_ready(l);
}

/* Small numbers without the collator that reading takes. */
static bool spells_small(const struct language *l, const char *folded, int64_t *out)
{
	for (*out = 0; *out <= SMALL; ++*out)
		if (*folded && !strcmp(l->small[*out], folded))
			return true;
	return false;
}

bool language_small(struct language *l, struct mu_string text, int64_t *out)
{
	char folded[3 * MAX_TEXT];

	return words_ready(l, text, folded, sizeof folded) && spells_small(l, folded, out);
}

bool language_may_spell(struct language *l, struct mu_string word)
{
	char folded[3 * MAX_TEXT];

	if (word.len >= MAX_TEXT || words_fold(word, folded, sizeof folded) == SIZE_MAX ||
	    !spellout_ready(l))
		return false;
	stems_ready(l);
	for (size_t i = 0; i < l->n_stems; i++)
		if (*folded == *l->stems[i] && !strncmp(folded, l->stems[i], strlen(l->stems[i])))
			return true;
	return false;
}

enum language_answer language_words(struct language *l, struct mu_string text, int64_t *out)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar wide[MAX_TEXT], lower[MAX_TEXT];
	char folded[3 * MAX_TEXT];
	int32_t len, at = 0;

	if (!words_ready(l, text, folded, sizeof folded))
		return LANGUAGE_NOT;
	u_strFromUTF8(wide, MAX_TEXT, &len, text.data, (int32_t)text.len, &status);
	len = u_strToLower(lower, MAX_TEXT, wide, len, l->locale, &status);
	if (U_FAILURE(status))
		return LANGUAGE_NOT;
	if (spells_small(l, folded, out))
		return LANGUAGE_OK;
	stems_ready(l);
	if (!ends_as_number(l, folded))
		return LANGUAGE_NOT;
	unum_setAttribute(l->spellout, UNUM_LENIENT_PARSE, 1);
	*out = unum_parseInt64(l->spellout, lower, len, &at, &status);
	return U_SUCCESS(status) && spelt_somehow(l, *out, folded) ? LANGUAGE_OK : LANGUAGE_NOT;
}

/* What amounts are of, as number skeletons of ICU, and what the number is multiplied with. */
static const struct {
	const char *skeleton;
	double times;
} amounts[AMOUNTS] = {
	{ "unit/year unit-width-full-name", 1 },
	{ "unit/month unit-width-full-name", 1 },
	{ "unit/week unit-width-full-name", 1 },
	{ "unit/day unit-width-full-name", 1 },
	{ "unit/hour unit-width-full-name", 1 },
	{ "unit/minute unit-width-full-name", 1 },
	{ "unit/kilometer unit-width-full-name", 1 },
	{ "unit/percent unit-width-full-name", 1 },
	{ "percent", 1 },
	{ "currency/EUR unit-width-full-name precision-integer", 1 },
	{ "compact-long", 1e6 },
	{ "compact-long", 1e9 },
};

/* An amount as the language writes it, "12 maanden", or "" . */
static void amount_write(struct language *l, size_t which, int64_t number, char *out, size_t size)
{
	UErrorCode status = U_ZERO_ERROR;
	UFormattedNumber *result = unumf_openResult(&status);
	UChar skeleton[64], text[MAX_TEXT];
	int32_t len;

	*out = '\0';
	if (!l->amounts[which]) {
		u_uastrcpy(skeleton, amounts[which].skeleton);
		l->amounts[which] =
			unumf_openForSkeletonAndLocale(skeleton, -1, l->locale, &status);
	}
	unumf_formatDouble(l->amounts[which], (double)number * amounts[which].times, result,
			   &status);
	len = unumf_resultToString(result, text, MAX_TEXT, &status);
	unumf_closeResult(result);
	if (U_SUCCESS(status))
		to_utf8(text, len, out, size);
}

bool language_amount(struct language *l, int64_t number, struct mu_string of)
{
	char text[3 * MAX_TEXT], unit[MAX_TEXT], folded[MAX_TEXT];
	size_t from;

	if (!of.len || of.len >= MAX_TEXT || words_fold(of, folded, sizeof folded) == SIZE_MAX)
		return false;
	for (size_t i = 0; i < AMOUNTS; i++) {
		amount_write(l, i, number, text, sizeof text);
		from = strcspn(text, "0123456789");
		from += strspn(text + from, "0123456789");
		from += one_of(mu_string(text), from, spaces);
		if (!text[from])
			continue;
		if (mu_string_is(of, text + from) ||
		    (*folded && words_fold(mu_string(text + from), unit, sizeof unit) != SIZE_MAX &&
		     !strcmp(unit, folded)))
			return true;
	}
	return false;
}

static void name_get(const UDateFormat *format, UDateFormatSymbolType type, int32_t i, char *out,
		     size_t size)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar text[64];
	char bytes[192];
	int32_t len = udat_getSymbols(format, type, i, text, 64, &status);

	*out = '\0';
	if (U_FAILURE(status))
		return;
	to_utf8(text, len, bytes, sizeof bytes);
	if (words_fold(mu_string(bytes), out, size) == SIZE_MAX)
		*out = '\0';
}

static bool names_open(struct language *l)
{
	static const UDateFormatSymbolType types[4] = {
		UDAT_MONTHS,
		UDAT_SHORT_MONTHS,
		UDAT_STANDALONE_MONTHS,
		UDAT_STANDALONE_SHORT_MONTHS,
	};
	UErrorCode status = U_ZERO_ERROR;
	UDateFormat *format;
	int32_t i, j;

	if (l->names)
		return true;
	format = udat_open(UDAT_NONE, UDAT_LONG, l->locale, u"UTC", -1, NULL, 0, &status);
	if (U_FAILURE(status))
		return false;
	for (i = 0; i < 4; i++)
		for (j = 0; j < 12; j++)
			name_get(format, types[i], j, l->months[i][j], sizeof l->months[i][j]);
	for (j = 0; j < 7; j++)
		name_get(format, UDAT_WEEKDAYS, j + 1, l->weekdays[j], sizeof l->weekdays[j]);
	udat_close(format);
	l->names = true;
	return true;
}

/* 1 to 12, or 0. */
static int month_named(const struct language *l, const char *word)
{
	int i, j;

	for (i = 0; i < 4; i++)
		for (j = 0; j < 12; j++)
			if (*l->months[i][j] && !strcmp(l->months[i][j], word))
				return j + 1;
	return 0;
}

/* Words that a language puts into a date, and what it may put behind a day. */
static const struct {
	const char *language, *fillers[3], *endings[5];
} manners[] = {
	{ "en", { "of", "the" }, { "st", "nd", "rd", "th" } },
	{ "fr", { NULL }, { "er" } },
	{ "es", { "de", "del" }, { "o" } },
	{ "pt", { "de" }, { "o" } },
	{ "it", { NULL }, { "o" } },
	{ "ca", { "de", "d" }, { NULL } },
};

static bool has_word(const struct language *l, const char *word, bool ending)
{
	size_t i, j;

	for (i = 0; i < sizeof manners / sizeof *manners; i++) {
		const char *const *list = ending ? manners[i].endings : manners[i].fillers;

		if (strncmp(l->tag, manners[i].language, 2) || isalpha((unsigned char)l->tag[2]))
			continue;
		for (j = 0; list[j]; j++)
			if (!strcmp(list[j], word))
				return true;
	}
	return false;
}

/* A date in the making; 0: not read yet. */
struct date {
	int year, month, day, weekday; /* weekday: 1 is Sunday */
};

static bool read_number(const struct language *l, const char *word, struct date *d)
{
	size_t n = strspn(word, "0123456789");
	int value = 0;
	size_t i;

	for (i = 0; i < n && i < 5; i++)
		value = 10 * value + (word[i] - '0');
	if (n == 4 && !word[n] && !d->year)
		d->year = value;
	else if (n <= 2 && (!word[n] || has_word(l, word + n, true)) && !d->day)
		d->day = value;
	else
		return false;
	return value > 0;
}

static bool read_word(const struct language *l, const char *word, bool first, struct date *d)
{
	int i, month;

	if (isdigit((unsigned char)*word))
		return read_number(l, word, d);
	month = month_named(l, word);
	if (month && !d->month) {
		d->month = month;
		return true;
	}
	for (i = 0; first && i < 7; i++)
		if (!strcmp(l->weekdays[i], word)) {
			d->weekday = i + 1;
			return true;
		}
	return !first && has_word(l, word, false);
}

static bool read_names(const struct language *l, char *folded, struct date *d)
{
	char *state, *word;
	int n = 0;

	for (word = strtok_r(folded, " ", &state); word; word = strtok_r(NULL, " ", &state))
		if (++n > MAX_TOKENS || !read_word(l, word, n == 1, d))
			return false;
	return d->year && d->month && d->day;
}

static bool plausible(struct mu_string text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] < 0x80 && !isalnum((unsigned char)text.data[i]) &&
		    !strchr(" .,-/\t\n\r", text.data[i]))
			return false;
	return text.len && !strchr(".,-/", text.data[0]);
}

/* One field of a pattern. */
static bool read_field(const struct language *l, char letter, size_t times, struct mu_string text,
		       size_t *at, struct date *d)
{
	char word[64], folded[64];
	size_t from = *at, n = 0;
	int *into = letter == 'd' ? &d->day : letter == 'M' ? &d->month : &d->year;
	size_t most = letter == 'y' ? 4 : 2;

	if (letter == 'M' && times > 2) {
		while (from + n < text.len && ((unsigned char)text.data[from + n] >= 0x80 ||
					       isalpha((unsigned char)text.data[from + n])))
			n++;
		if (!n || n >= sizeof word)
			return false;
		memcpy(word, text.data + from, n);
		word[n] = '\0';
		if (words_fold(mu_string(word), folded, sizeof folded) == SIZE_MAX)
			return false;
		d->month = month_named(l, folded);
		*at = from + n;
		return d->month > 0;
	}
	if (letter == 'y' && times == 2)
		most = 2;
	*into = 0;
	while (n < most && from + n < text.len && isdigit((unsigned char)text.data[from + n]))
		*into = 10 * *into + (text.data[from + n++] - '0');
	*at = from + n;
	if (letter == 'y' && times == 2)
		*into += *into < CENTURY ? 2000 : 1900;
	return n && n >= times && (letter != 'y' || n == most);
}

static bool read_pattern(const struct language *l, const char *pattern, struct mu_string text,
			 struct date *d)
{
	size_t at = 0;
	bool quoted = false, day = false;

	for (; *pattern; pattern++) {
		size_t times = 1;

		if (*pattern == '\'') {
			quoted = !quoted;
			continue;
		}
		if (!quoted && strchr("dMy", *pattern)) {
			while (pattern[times] == *pattern)
				times++;
			if (!read_field(l, *pattern, times, text, &at, d))
				return false;
			day = day || *pattern == 'd';
			pattern += times - 1;
		} else if (*pattern == ' ') {
			size_t n = 0, space;

			for (; at < text.len && ((space = one_of(text, at, spaces)) ||
						 strchr("\t\r\n", text.data[at]));
			     n++)
				at += space ? space : 1;
			if (!n)
				return false;
		} else if ((!quoted && isalpha((unsigned char)*pattern)) || at >= text.len ||
			   text.data[at++] != *pattern) {
			return false;
		}
	}
	d->day = day ? d->day : 1;
	return at == text.len && d->year && d->month && d->day;
}

enum language_answer language_date(struct language *l, const char *pattern, struct mu_string text,
				   int32_t *out)
{
	struct date d = { 0 };
	char folded[MAX_TEXT];
	bool read;

	text = mu_trim(text);
	if (!pattern && mu_parse_date(text, out))
		return LANGUAGE_OK;
	if (!names_open(l))
		return LANGUAGE_NOT;
	if (pattern)
		read = read_pattern(l, pattern, text, &d);
	else
		read = plausible(text) && words_fold(text, folded, sizeof folded) != SIZE_MAX &&
		       read_names(l, folded, &d);
	if (!read || !mu_date_from_civil(d.year, d.month, d.day, out))
		return LANGUAGE_NOT;
	/* 1970-01-01 was a Thursday. */
	return !d.weekday || ((*out % 7 + 11) % 7) == d.weekday - 1 ? LANGUAGE_OK : LANGUAGE_NOT;
}
