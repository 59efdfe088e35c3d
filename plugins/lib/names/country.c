#include "names/country.h"

#include <stdio.h>
#include <stdlib.h>
#include <unicode/uldnames.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include <muster/map.h>

#include "names/list.h"
#include "text/phrase.h"
#include "text/words.h"

enum {
	LIST_MAX = 8 << 20, /* bytes of the list of aliases */
	WORDS_MAX = 512,    /* of a name's words */
	MEANINGS_MAX = COUNTRY_MEANINGS_MAX,
	PARTS_MAX = 8,
	COUNTRIES_MAX = 400,
	CANDIDATES_MAX = 8,
};

/* Who says what a name means, the latter before the former. */
enum rank { RANK_ICU, RANK_LIST, RANK_GIVEN };

/* A name and the countries that it means. */
struct name {
	char *shown;                 /* as the language or the list has it */
	char codes[MEANINGS_MAX][4]; /* alpha-2 from ICU, alpha-3 from the list */
	uint64_t letters;            /* words_letters() of the folded name */
	uint8_t count, rank;
	bool place; /* a city, which lies in a country and is none */
};

struct country_index {
	struct mu_map words; /* folded name to its index in `names` */
	struct name *names;
	size_t n_names, room;
	bool no_memory;                    /* when a name was compared */
	const char *alpha2[COUNTRIES_MAX]; /* ICU's regions, then NULL */
	char alpha3[COUNTRIES_MAX][4];     /* of each, once somebody asks by these */
};

static int no_memory(struct mu_ctx *ctx)
{
	return mu_fail(ctx, ENOMEM, "out of memory");
}

static void meaning_add(struct name *n, const char *code)
{
	uint8_t i;

	for (i = 0; i < n->count; i++)
		if (!strcmp(n->codes[i], code))
			return;
	if (n->count < MEANINGS_MAX)
		memcpy(n->codes[n->count++], code, strlen(code) + 1);
}

static bool name_add(struct country_index *index, struct mu_string name, const char *code,
		     enum rank rank)
{
	char words[WORDS_MAX];
	size_t len = words_fold(name, words, sizeof words), i;
	struct name *n;

	if (len == SIZE_MAX || !len)
		return len != SIZE_MAX || errno != ENOMEM;
	i = mu_map_add(&index->words, words, len);
	if (i == SIZE_MAX)
		return false;
	if (i == index->n_names) {
		if (i == index->room) {
			size_t room = i ? 2 * i : 512;
			void *grown = reallocarray(index->names, room, sizeof *index->names);

			if (!grown)
				return false;
			index->names = grown;
			index->room = room;
		}
		index->names[index->n_names++] =
			(struct name){ .shown = strndup(name.data, name.len),
				       .letters = words_letters(words, len),
				       .rank = (uint8_t)rank };
		if (!index->names[i].shown)
			return false;
	}
	n = &index->names[i];
	if (rank > n->rank) {
		char *shown = strndup(name.data, name.len);

		if (!shown)
			return false;
		free(n->shown);
		n->shown = shown;
		n->count = 0;
		n->rank = (uint8_t)rank;
	}
	if (rank == n->rank)
		meaning_add(n, code);
	return true;
}

/* Regions of ICU without a code of their own in ISO 3166-1: Kosovo, which has
 * one by custom, and parts of countries. */
static const struct {
	const char *alpha2, *alpha3;
} regions[] = {
	{ "AC", "SHN" }, { "CP", "FRA" }, { "CQ", "GGY" }, { "DG", "IOT" },
	{ "EA", "ESP" }, { "IC", "ESP" }, { "TA", "SHN" }, { "XK", "XKX" },
};

static const char *alpha3_of_alpha2(const char *alpha2)
{
	char locale[16];

	for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
		if (!strcmp(regions[i].alpha2, alpha2))
			return regions[i].alpha3;
	snprintf(locale, sizeof locale, "und_%s", alpha2);
	return uloc_getISO3Country(locale);
}

/* The alpha-3 code of either code; ICU looks for it from A to Z, so this is done
 * for names that were found, and not for all that might be. */
static void alpha3_of(const char *code, char out[4])
{
	const char *alpha3 = code[2] ? code : alpha3_of_alpha2(code);

	snprintf(out, 4, "%.3s", alpha3);
}

/* ISO 3166-1 as ICU has it, and Kosovo. */
static void codes_fill(struct country_index *index)
{
	const char *const *iso = uloc_getISOCountries();
	bool kosovo = false;
	size_t n = 0;

	for (; *iso && n < COUNTRIES_MAX - 2; iso++) {
		kosovo = kosovo || !strcmp(*iso, "XK");
		index->alpha2[n++] = *iso;
	}
	if (!kosovo)
		index->alpha2[n] = "XK";
}

/* Pairs of countries that share a name which tells nobody which of them is meant. */
static const char *const twins[][2] = { { "CG", "CD" }, { "KP", "KR" }, { "VG", "VI" } };

/* How many bytes of the words of `a` begin those of `b` as well, in whole words. */
static size_t beginning_common(const char *a, const char *b)
{
	size_t n = 0, whole = 0;

	for (;; n++) {
		bool a_ends = !a[n] || a[n] == ' ', b_ends = !b[n] || b[n] == ' ';

		if (a_ends && b_ends)
			whole = n;
		if (!a[n] || a[n] != b[n])
			return whole;
	}
}

/* Likewise end; both texts are ended by zero bytes. */
static size_t end_common(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), n = 0, whole = 0;

	for (;; n++) {
		bool a_ends = n == la || a[la - n - 1] == ' ';
		bool b_ends = n == lb || b[lb - n - 1] == ' ';

		if (a_ends && b_ends)
			whole = n;
		if (n == la || n == lb || a[la - n - 1] != b[lb - n - 1])
			return whole;
	}
}

/* What two names of a language have in common means both of their countries:
 * "Congo" of "Congo-Kinshasa" and "Congo-Brazzaville", "Kongo" of itself and
 * "Jamhuri ya Kidemokrasia ya Kongo".  Names that share both ends, such as
 * "Konžská republika" and "Konžská demokratická republika", share no name. */
static bool twins_add(struct country_index *index, const char *const codes[2], struct mu_string a,
		      struct mu_string b)
{
	char words[2][WORDS_MAX];
	size_t begin, end;
	struct mu_string common;

	if (words_fold(a, words[0], WORDS_MAX) == SIZE_MAX ||
	    words_fold(b, words[1], WORDS_MAX) == SIZE_MAX)
		return errno != ENOMEM;
	begin = beginning_common(words[0], words[1]);
	end = end_common(words[0], words[1]);
	if (begin && end && begin < strlen(words[0]) && end < strlen(words[0]))
		return true;
	common = begin ? (struct mu_string){ words[0], begin }
		       : (struct mu_string){ words[0] + strlen(words[0]) - end, end };
	return name_add(index, common, codes[0], RANK_ICU) &&
	       name_add(index, common, codes[1], RANK_ICU);
}

enum { NAME_MAX_BYTES = 384 };

/* The name of a region; empty when the language has none.  False: out of memory. */
static bool region_name(ULocaleDisplayNames *names, const char *alpha2, char out[NAME_MAX_BYTES])
{
	UErrorCode status = U_ZERO_ERROR;
	UChar wide[128];
	int32_t len = uldn_regionDisplayName(names, alpha2, wide, 128, &status);

	u_strToUTF8(out, NAME_MAX_BYTES, &len, wide, len, &status);
	if (status != U_ZERO_ERROR || !strcmp(out, alpha2))
		*out = '\0';
	return status != U_MEMORY_ALLOCATION_ERROR;
}

static bool language_fill(struct country_index *index, const char *locale)
{
	UErrorCode status = U_ZERO_ERROR;
	ULocaleDisplayNames *names = uldn_open(locale, ULDN_STANDARD_NAMES, &status);
	char name[NAME_MAX_BYTES], twin[NAME_MAX_BYTES];
	const char *const *alpha2;
	bool ok = true;

	if (U_FAILURE(status))
		return status != U_MEMORY_ALLOCATION_ERROR;
	for (alpha2 = index->alpha2; ok && *alpha2; alpha2++)
		ok = region_name(names, *alpha2, name) &&
		     name_add(index, mu_string(name), *alpha2, RANK_ICU);
	for (size_t i = 0; ok && i < sizeof twins / sizeof *twins; i++)
		ok = region_name(names, twins[i][0], name) &&
		     region_name(names, twins[i][1], twin) &&
		     twins_add(index, twins[i], mu_string(name), mu_string(twin));
	uldn_close(names);
	return ok;
}

static bool any_fill(struct country_index *index)
{
	int32_t i, n = uloc_countAvailable();
	bool ok = true;

	/* Regional forms of a language differ in few names, and not in countries'. */
	for (i = 0; ok && i < n; i++)
		if (!strchr(uloc_getAvailable(i), '_'))
			ok = language_fill(index, uloc_getAvailable(i));
	return ok;
}

/* Whether ICU has names in a language; for others it would give English ones. */
static bool language_known(const char *locale)
{
	char wanted[ULOC_LANG_CAPACITY];
	UErrorCode status = U_ZERO_ERROR;
	int32_t i, n = uloc_countAvailable(), len;

	len = uloc_getLanguage(locale, wanted, ULOC_LANG_CAPACITY, &status);
	for (i = 0; i < n && status == U_ZERO_ERROR && len; i++) {
		const char *other = uloc_getAvailable(i);

		if (!strncmp(other, wanted, (size_t)len) && (!other[len] || other[len] == '_'))
			return true;
	}
	return false;
}

static int languages_fill(struct mu_ctx *ctx, struct country_index *index,
			  const struct mu_texts *languages)
{
	size_t i;
	bool ok = true;

	for (i = 0; ok && i < languages->count; i++) {
		UErrorCode status = U_ZERO_ERROR;
		char locale[64];
		int32_t used = 0;

		if (!strcmp(languages->items[i], "any")) {
			ok = any_fill(index);
			continue;
		}
		uloc_forLanguageTag(languages->items[i], locale, (int32_t)sizeof locale, &used,
				    &status);
		if (status != U_ZERO_ERROR || (size_t)used != strlen(languages->items[i]) ||
		    !language_known(locale))
			return mu_invalid(ctx, &languages->items[i],
					  "'%s' is no language; write a tag such as nl "
					  "or pt-BR, or any",
					  languages->items[i]);
		ok = language_fill(index, locale);
	}
	return ok ? 0 : no_memory(ctx);
}

enum field { ALIAS, ALPHA3, NOTE, FIELDS };

static const char *const field_names[FIELDS] = { "alias", "alpha3", "note" };

bool country_is_alpha3(const char *text)
{
	for (size_t i = 0; i < 3; i++)
		if (text[i] < 'A' || text[i] > 'Z')
			return false;
	return !text[3];
}

static int alias_add(struct country_index *index, const struct list *list, char *fields[FIELDS])
{
	char words[WORDS_MAX];
	size_t len = words_fold(mu_string(fields[ALIAS]), words, sizeof words);

	if (len == SIZE_MAX && errno == ENOMEM)
		return no_memory(list->ctx);
	if (!len || len == SIZE_MAX)
		return list_malformed(list, "the alias is empty, too long or no UTF-8: '%.40s'",
				      fields[ALIAS]);
	if (!country_is_alpha3(fields[ALPHA3]))
		return list_malformed(list, "alpha3 must be three capital letters");
	if (!name_add(index, mu_string(fields[ALIAS]), fields[ALPHA3], RANK_LIST))
		return no_memory(list->ctx);
	if (!strcmp(fields[NOTE], "place"))
		index->names[mu_map_find(&index->words, words, len)].place = true;
	return 0;
}

static int aliases_fill(struct mu_ctx *ctx, struct country_index *index)
{
	struct list list = { 0 };
	char *fields[FIELDS];
	const char *path;
	int err = mu_reference(ctx, COUNTRY_REFERENCE, &path);

	if (!err)
		err = list_open(ctx, path, LIST_MAX, &list);
	if (!err)
		err = list_header(&list, field_names, FIELDS);
	while (!err && list_more(&list)) {
		err = list_row(&list, fields, FIELDS);
		if (!err)
			err = alias_add(index, &list, fields);
	}
	list_close(&list);
	return err;
}

int country_open(struct mu_ctx *ctx, const struct mu_texts *languages, struct country_index **out)
{
	int err;

	*out = calloc(1, sizeof **out);
	if (!*out)
		return no_memory(ctx);
	codes_fill(*out);
	err = languages_fill(ctx, *out, languages);
	return err ? err : aliases_fill(ctx, *out);
}

void country_close(struct country_index *index)
{
	size_t i;

	if (!index)
		return;
	for (i = 0; i < index->n_names; i++)
		free(index->names[i].shown);
	free(index->names);
	mu_map_release(&index->words);
	free(index);
}

int country_name(struct mu_ctx *ctx, struct country_index *index, const char *name,
		 const char *alpha3)
{
	return name_add(index, mu_string(name), alpha3, RANK_GIVEN) ? 0 : no_memory(ctx);
}

static const struct name *name_find(struct country_index *index, struct mu_string name)
{
	char words[WORDS_MAX];
	size_t len = words_fold(name, words, sizeof words), i;

	index->no_memory = index->no_memory || (len == SIZE_MAX && errno == ENOMEM);
	if (len == SIZE_MAX || !len)
		return NULL;
	i = mu_map_find(&index->words, words, len);
	return i == SIZE_MAX ? NULL : &index->names[i];
}

/* Countries that a text may mean. */
struct meanings {
	char codes[MEANINGS_MAX][4]; /* alpha-3 */
	int count;
	bool apart; /* its parts mean different countries: nothing chooses among them */
};

/* What a text means as a whole; `known` is its name unless it is a code. */
static struct meanings whole_find(struct country_index *index, struct mu_string text,
				  const struct name **known)
{
	struct meanings m = { .count = 0 };
	const struct name *n = name_find(index, text);

	if (known)
		*known = n;
	for (; n && m.count < n->count; m.count++)
		alpha3_of(n->codes[m.count], m.codes[m.count]);
	if (!n && country_code(index, text, m.codes[0]) == COUNTRY_FOUND)
		m.count = 1;
	return m;
}

static bool means(const struct meanings *m, const char *code)
{
	for (int i = 0; i < m->count; i++)
		if (!strcmp(m->codes[i], code))
			return true;
	return false;
}

static void meanings_keep(struct meanings *m, const char *code)
{
	bool among = means(m, code);

	if (among)
		memcpy(m->codes[0], code, 4);
	m->count = among;
}

/* The parts of "A (B)", "A, B" and "A / B". */
struct parts {
	struct mu_string items[PARTS_MAX];
	size_t count;
};

#define SEPARATORS ",;/()[]"

/* Articles that lists put behind a name; those of one letter would be footnotes. */
static bool is_article(struct country_index *index, struct mu_string text)
{
	static const char *const articles[] = { "the", "de", "het", "die", "der", "das",
						"le",  "la", "les", "l",   "el",  "los",
						"las", "lo", "il",  "gli", "os",  "as" };
	char words[8], code[4];

	if (country_code(index, text, code) == COUNTRY_FOUND ||
	    words_fold(text, words, sizeof words) == SIZE_MAX)
		return false;
	for (size_t i = 0; i < sizeof articles / sizeof *articles; i++)
		if (!strcmp(words, articles[i]))
			return text.len > 1;
	return false;
}

/* False when a text is no name: it begins with what only follows one, or a bracket
 * has no other. */
static bool parts_split(struct country_index *index, struct mu_string name, struct parts *out)
{
	size_t from = 0, depth = 0;

	out->count = 0;
	for (size_t at = 0; at <= name.len; at++) {
		char c = at < name.len ? name.data[at] : ',';
		struct mu_string part;

		if (!strchr(SEPARATORS, c))
			continue;
		part = mu_trim((struct mu_string){ name.data + from, at - from });
		from = at + 1;
		if (!out->count && !part.len)
			return false;
		if (c == '(' || c == '[')
			depth++;
		else if ((c == ')' || c == ']') && !depth--)
			return false;
		if (!part.len || (out->count && is_article(index, part)))
			continue;
		if (out->count == PARTS_MAX)
			return false;
		out->items[out->count++] = part;
	}
	return !depth;
}

/* Whether two spellings of the same words are separated alike. */
static bool separated_alike(struct mu_string a, const char *b)
{
	size_t i = 0;

	for (;; i++, b++) {
		while (i < a.len && !strchr(SEPARATORS "&", a.data[i]))
			i++;
		b += strcspn(b, SEPARATORS "&");
		if (i == a.len || !*b)
			return i == a.len && !*b;
		if (a.data[i] != *b)
			return false;
	}
}

/* "Zuid Soedan" of "Soedan (Zuid)", "Islamic Republic of Iran" of "Iran, Islamic ...". */
static struct meanings turned_find(struct country_index *index, const struct parts *parts)
{
	char turned[WORDS_MAX];
	const struct mu_string a = parts->items[0], b = parts->items[1];

	if (parts->count != 2 || a.len + b.len + 2 > sizeof turned)
		return (struct meanings){ .count = 0 };
	memcpy(turned, b.data, b.len);
	turned[b.len] = ' ';
	memcpy(turned + b.len + 1, a.data, a.len);
	return whole_find(index, (struct mu_string){ turned, a.len + b.len + 1 }, NULL);
}

/* What several parts mean together.  Each has to be known, and those behind the first
 * may only narrow down what it means. */
static struct meanings parts_find(struct country_index *index, const struct parts *parts)
{
	const struct name *first;
	struct meanings m = whole_find(index, parts->items[0], &first), all = m;
	bool apart = false, place = first && first->place && m.count == 1;

	for (size_t i = 1; i < parts->count && m.count + all.count; i++) {
		struct meanings part = whole_find(index, parts->items[i], NULL);

		if (!part.count)
			return turned_find(index, parts);
		/* "Goma, Congo": the country in which the place is. */
		if (place && means(&part, m.codes[0]))
			continue;
		apart = apart || part.count > 1;
		meanings_keep(&m, part.codes[0]);
		if (all.count < MEANINGS_MAX)
			memcpy(all.codes[all.count++], part.codes[0], 4);
	}
	if (!all.count && parts->count > 1)
		return turned_find(index, parts);
	if (!apart && m.count)
		return m;
	all.apart = all.count > 0;
	return all;
}

static struct meanings meanings_find(struct country_index *index, struct mu_string name)
{
	const struct name *known;
	struct parts parts;
	struct meanings m = { .count = 0 }, by_parts;

	name = mu_trim(name);
	if (!parts_split(index, name, &parts))
		return m;
	m = whole_find(index, name, &known);
	if (m.count && (parts.count < 2 || !known || separated_alike(name, known->shown)))
		return m;
	/* "Serbia, Kosovo" are two countries, though "Serbia (Kosovo)" is one. */
	by_parts = parts_find(index, &parts);
	return m.count && !by_parts.apart ? m : by_parts;
}

enum country_answer country_find(struct country_index *index, struct mu_string name, char alpha3[4])
{
	struct meanings m;

	index->no_memory = false;
	m = meanings_find(index, name);
	if (index->no_memory)
		return COUNTRY_NO_MEMORY;
	if (!m.count)
		return COUNTRY_UNKNOWN;
	memcpy(alpha3, m.codes[0], 4);
	return m.count > 1 || m.apart ? COUNTRY_UNDECIDED : COUNTRY_FOUND;
}

int country_meanings(struct country_index *index, struct mu_string name,
		     char alpha3[COUNTRY_MEANINGS_MAX][4])
{
	struct meanings m = meanings_find(index, name);

	memcpy(alpha3, m.codes, sizeof m.codes);
	return m.apart ? 0 : m.count;
}

enum country_answer country_begins(struct country_index *index, struct mu_string text,
				   char alpha3[4])
{
	enum country_answer answer = COUNTRY_UNKNOWN;
	char words[WORDS_MAX];
	size_t len = words_fold(text, words, sizeof words), i;
	uint8_t k;

	if (len == SIZE_MAX && errno == ENOMEM)
		return COUNTRY_NO_MEMORY;
	if (len == SIZE_MAX || !len)
		return answer;
	for (i = 0; i < index->n_names && answer != COUNTRY_UNDECIDED; i++) {
		const struct mu_map_entry *e = &index->words.entries[i];
		const struct name *n = &index->names[i];

		if (e->len < len || memcmp(e->key, words, len) != 0)
			continue;
		for (k = 0; k < n->count; k++) {
			char one[4];

			alpha3_of(n->codes[k], one);
			if (answer == COUNTRY_FOUND && strcmp(one, alpha3) != 0)
				return COUNTRY_UNDECIDED;
			answer = COUNTRY_FOUND;
			memcpy(alpha3, one, 4);
		}
	}
	return answer;
}

static bool is_capitals(struct mu_string text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 'A' || text.data[i] > 'Z')
			return false;
	return true;
}

enum country_answer country_code(struct country_index *index, struct mu_string code, char alpha3[4])
{
	size_t i;

	if ((code.len != 2 && code.len != 3) || !is_capitals(code))
		return COUNTRY_UNKNOWN;
	if (code.len == 3 && !*index->alpha3[0])
		for (i = 0; index->alpha2[i]; i++)
			alpha3_of(index->alpha2[i], index->alpha3[i]);
	for (i = 0; index->alpha2[i]; i++)
		if (mu_string_is(code, code.len == 2 ? index->alpha2[i] : index->alpha3[i])) {
			alpha3_of(index->alpha2[i], alpha3);
			return COUNTRY_FOUND;
		}
	return COUNTRY_UNKNOWN;
}

struct candidate {
	size_t name;
	int distance;
};

static void candidate_add(struct candidate *list, int max, struct candidate c)
{
	int i = max;

	while (i > 0 && (list[i - 1].distance < 0 || list[i - 1].distance > c.distance)) {
		if (i < max)
			list[i] = list[i - 1];
		i--;
	}
	if (i < max)
		list[i] = c;
}

static void candidate_show(struct phrase *phrase, const struct name *n, uint8_t meaning)
{
	char alpha3[4];

	if (phrase->len)
		phrase_puts(phrase, ", ");
	phrase_add(phrase, n->shown, strlen(n->shown));
	phrase_puts(phrase, " (");
	alpha3_of(n->codes[meaning], alpha3);
	phrase_puts(phrase, alpha3);
	phrase_puts(phrase, ")");
}

static void nearest_show(const struct country_index *index, struct mu_string name, int max,
			 struct phrase *phrase)
{
	struct candidate list[CANDIDATES_MAX];
	char words[WORDS_MAX], other[WORDS_MAX];
	size_t len = words_fold(name, words, sizeof words), i;
	uint64_t letters;
	int limit, n;

	if (len == SIZE_MAX || len > 256)
		return;
	limit = (int)(len / 3);
	letters = words_letters(words, len);
	for (n = 0; n < max; n++)
		list[n].distance = -1;
	for (i = 0; i < index->n_names; i++) {
		const struct mu_map_entry *e = &index->words.entries[i];
		int distance;

		if (e->len > 256 ||
		    words_far_apart(len, letters, e->len, index->names[i].letters, limit))
			continue;
		memcpy(other, e->key, e->len);
		other[e->len] = '\0';
		distance = words_distance(words, other, limit);
		if (distance <= limit)
			candidate_add(list, max, (struct candidate){ i, distance });
		/* Of those that are as far the first ones stay. */
		if (list[max - 1].distance >= 0)
			limit = list[max - 1].distance - 1;
	}
	for (n = 0; n < max && list[n].distance >= 0; n++)
		candidate_show(phrase, &index->names[list[n].name], 0);
}

/* Names of different countries that begin with a text. */
static void beginning_show(const struct country_index *index, struct mu_string text, int max,
			   struct phrase *phrase)
{
	char words[WORDS_MAX], seen[CANDIDATES_MAX][4], one[4];
	size_t len = words_fold(text, words, sizeof words), i;
	int n = 0, k;

	for (i = 0; len != SIZE_MAX && len && i < index->n_names && n < max; i++) {
		const struct mu_map_entry *e = &index->words.entries[i];

		if (e->len < len || memcmp(e->key, words, len) != 0)
			continue;
		alpha3_of(index->names[i].codes[0], one);
		for (k = 0; k < n && strcmp(seen[k], one) != 0; k++)
			;
		if (k < n)
			continue;
		memcpy(seen[n++], one, 4);
		candidate_show(phrase, &index->names[i], 0);
	}
}

/* What is known of the parts of a name of several. */
static void parts_show(struct country_index *index, struct mu_string name, struct phrase *phrase)
{
	struct parts parts;

	if (!parts_split(index, name, &parts))
		return;
	for (size_t i = 0; i < parts.count; i++) {
		const struct name *known = name_find(index, parts.items[i]);

		for (uint8_t k = 0; known && k < known->count; k++)
			candidate_show(phrase, known, k);
	}
}

const char *country_candidates(struct mu_ctx *ctx, struct country_index *index,
			       struct mu_string name, int max)
{
	struct phrase phrase = { .len = 0 };
	const struct name *known = name_find(index, mu_trim(name));
	char *out;
	uint8_t i;

	name = mu_trim(name);
	for (i = 0; known && i < known->count; i++)
		candidate_show(&phrase, known, i);
	max = max < CANDIDATES_MAX ? max : CANDIDATES_MAX;
	if (!known || known->count == 1) {
		phrase.len = 0;
		parts_show(index, name, &phrase);
	}
	if (!phrase.len)
		beginning_show(index, name, max, &phrase);
	if (!phrase.len)
		nearest_show(index, name, max, &phrase);
	out = mu_alloc(ctx, phrase.len + 1);
	memcpy(out, phrase.text, phrase.len);
	return out;
}
