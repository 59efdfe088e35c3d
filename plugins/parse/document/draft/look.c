#include "draft/look.h"

#include <strings.h>

#include "text/words.h"

enum {
	FOLDED = 1024,  /* bytes of text whose words are compared at once */
	SAMPLE = 65536, /* of a text whose language is to be told */
	SURE = 5,       /* words that tell it */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits_at(struct mu_string t, size_t i)
{
	size_t n = 0;

	while (i + n < t.len && is_digit(t.data[i + n]))
		n++;
	return n;
}

/* The length of a separator of groups, 0 when there is none. */
static size_t separator_at(struct mu_string t, size_t i)
{
	static const char *const separators[] = { ".",           ",",        "'",
						  "’",           "\xc2\xa0", "\xe2\x80\xaf",
						  "\xe2\x80\x89" };

	for (size_t k = 0; k < sizeof separators / sizeof *separators; k++) {
		size_t len = strlen(separators[k]);

		if (t.len - i > len && !memcmp(t.data + i, separators[k], len))
			return len;
	}
	return 0;
}

enum look_number look_number(struct mu_string t)
{
	size_t i = t.len && *t.data == '-', n = digits_at(t, i), separator;

	if (!n)
		return LOOK_TEXT;
	for (i += n; n <= 3 && (separator = separator_at(t, i)); i += separator + n) {
		n = digits_at(t, i + separator);
		if (n != 3)
			break;
	}
	if (i == t.len)
		return LOOK_WHOLE;
	if (t.data[i] != '.' && t.data[i] != ',')
		return LOOK_TEXT;
	n = digits_at(t, i + 1);
	return n && i + 1 + n == t.len ? LOOK_BROKEN : LOOK_TEXT;
}

bool look_mark(struct mu_string t)
{
	static const char *const marks[] = { "-",   "--",  "–",    "—",    "..",   "...", "NA",
					     "N/A", "n/a", "n.a.", "N.A.", "n.v.", NULL };

	for (size_t i = 0; marks[i]; i++)
		if (mu_string_is(t, marks[i]))
			return true;
	return false;
}

/* Whether folded text begins with these words. */
static bool begins(const char *folded, const char *words)
{
	size_t len = strlen(words);

	return !strncmp(folded, words, len) && (!folded[len] || folded[len] == ' ');
}

bool look_total(struct mu_string text)
{
	static const char *const totals[] = {
		"total",  "totals", "grand total", "sub total", "subtotal", "overall total",
		"totaal", "gesamt", "gesamtzahl",  "insgesamt", "summe",    "zusammen",
		"totale", "somma",  "ensemble",    "totales",   "suma",     "soma",
		"totalt", "razem",  "ogolem",      "celkem",    "yhteensa", "toplam",
		"итого",  "всего",  NULL,
	};
	char folded[FOLDED];

	if (!text.len || words_fold(text, folded, sizeof folded) == SIZE_MAX)
		return false;
	for (size_t i = 0; totals[i]; i++)
		if (begins(folded, totals[i]))
			return true;
	return false;
}

/* Words that are common in a language and not in the others. */
static const struct tongue {
	const char *tag;
	const char *const *words;
} tongues[] = {
	{ "en", (const char *const[]){ "the", "of", "and", "by", "to", "with", "from", "as",
				       "country", "male", "female", "month", "number", "page",
				       "name", "year", "troops", NULL } },
	{ "nl", (const char *const[]){ "het", "een", "van", "naar", "voor", "met", "zijn", "aantal",
				       "land", "naam", "maand", "jaar", "totaal", "pagina",
				       "mannen", "vrouwen", "overzicht", "peildatum", NULL } },
	{ "de", (const char *const[]){ "der",    "die",   "das",       "und",       "von",
				       "mit",    "fur",   "auf",       "anzahl",    "staat",
				       "monat",  "jahr",  "gesamt",    "seite",     "manner",
				       "frauen", "stand", "insgesamt", "ubersicht", NULL } },
	{ "fr", (const char *const[]){ "le", "les", "des", "et", "du", "pour", "par", "au", "pays",
				       "nombre", "mois", "annee", "hommes", "femmes", "effectifs",
				       "au", NULL } },
	{ "es",
	  (const char *const[]){ "el", "los", "las", "y", "por", "para", "con", "pais", "numero",
				 "mes", "ano", "hombres", "mujeres", "pagina", NULL } },
	{ "it", (const char *const[]){ "il", "gli", "e", "di", "del", "della", "dei", "per",
				       "paese", "numero", "mese", "anno", "uomini", "donne",
				       "totale", "pagina", NULL } },
	{ "pt",
	  (const char *const[]){ "o", "os", "as", "e", "do", "da", "dos", "para", "com", "pais",
				 "numero", "mes", "ano", "homens", "mulheres", NULL } },
};

enum { TONGUES = sizeof tongues / sizeof *tongues };

static bool tongue_has(const struct tongue *tongue, const char *word, size_t len)
{
	for (size_t i = 0; tongue->words[i]; i++)
		if (strlen(tongue->words[i]) == len && !memcmp(tongue->words[i], word, len))
			return true;
	return false;
}

static void word_count(struct mu_string word, size_t *counts)
{
	char folded[64];
	size_t len = words_fold(word, folded, sizeof folded);

	for (size_t i = 0; len != SIZE_MAX && i < TONGUES; i++)
		counts[i] += tongue_has(&tongues[i], folded, len);
}

const char *look_language(struct mu_string text, bool *certain)
{
	size_t counts[TONGUES] = { 0 }, best = 0, second = 0;

	text.len = text.len < SAMPLE ? text.len : SAMPLE;
	for (size_t i = 0, end; i < text.len; i = end + 1) {
		for (end = i; end < text.len && text.data[end] != ' ' && text.data[end] != '\n';)
			end++;
		word_count((struct mu_string){ text.data + i, end - i }, counts);
	}
	for (size_t i = 1; i < TONGUES; i++)
		if (counts[i] > counts[best])
			best = i;
	for (size_t i = 0; i < TONGUES; i++)
		if (i != best && counts[i] > second)
			second = counts[i];
	*certain = counts[best] >= SURE && counts[best] >= 2 * second;
	return tongues[best].tag;
}

bool look_date(struct language *language, struct mu_string text, struct look_date *out)
{
	static const struct {
		const char *format, *turned;
		bool month;
	} ways[] = {
		{ NULL, NULL, false },        { "d/M/yyyy", "M/d/yyyy", false },
		{ "M/d/yyyy", NULL, false },  { "d-M-yyyy", "M-d-yyyy", false },
		{ "d.M.yyyy", NULL, false },  { "d-MMM-yyyy", NULL, false },
		{ "d-MMM-yy", NULL, false },  { "MMMM yyyy", NULL, true },
		{ "MMMM, yyyy", NULL, true }, { "MMM yyyy", NULL, true },
	};
	int32_t day, other;

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		if (language_date(language, ways[i].format, text, &day) != LANGUAGE_OK)
			continue;
		*out = (struct look_date){ .format = ways[i].format, .month = ways[i].month };
		out->doubtful =
			ways[i].turned &&
			language_date(language, ways[i].turned, text, &other) == LANGUAGE_OK &&
			other != day;
		return true;
	}
	return false;
}

static bool stands_for_number(struct mu_string text)
{
	return look_number(text) != LOOK_TEXT || look_mark(text);
}

struct look look_line(const struct pages *pages, size_t line)
{
	struct word words[CUT_WORDS];
	struct chunk chunks[CHUNKS_MAX];
	size_t n = pages_words(pages, line, words, CUT_WORDS), count;
	struct look look = { 0 };

	if (n == SIZE_MAX)
		return look;
	count = chunks_find(pages, words, n, chunks);
	if (count == SIZE_MAX)
		return look;
	look.words = (uint16_t)n;
	look.chunks = (uint16_t)count;
	for (size_t i = 0; i < count; i++)
		look.cells += stands_for_number(chunk_text(words, &chunks[i]));
	while (look.tail < n && stands_for_number(words[n - 1 - look.tail].text))
		look.tail++;
	look.total = look_total(pages_line(pages, line));
	return look;
}
