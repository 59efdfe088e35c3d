#include "country.h"

#include <stdio.h>
#include <stdlib.h>
#include <unicode/uldnames.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include <muster/map.h>

#include "list.h"
#include "phrase.h"
#include "words.h"

enum {
	LIST_MAX = 8 << 20, /* bytes of the list of aliases */
	WORDS_MAX = 512,    /* of a name's words */
	MEANINGS_MAX = 8,
	COUNTRIES_MAX = 400,
	CANDIDATES_MAX = 8,
};

/* A name and the countries that it means. */
struct name {
	char *shown;                 /* as the language or the list has it */
	char codes[MEANINGS_MAX][4]; /* alpha-2 from ICU, alpha-3 from the list */
	uint8_t count;
	bool alias; /* from the list, which counts for more than ICU */
};

struct country_index {
	struct mu_map words; /* folded name to its index in `names` */
	struct name *names;
	size_t n_names, room;
	const char *alpha2[COUNTRIES_MAX]; /* ICU's regions, then NULL */
	char alpha3[COUNTRIES_MAX][4];     /* of each, once somebody asks by these */
};

static int no_memory(struct mu_ctx *ctx)
{
	return mu_fail(ctx, ENOMEM, "out of memory");
}

/* ---------------------------------------------------------------- building */

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
		     bool alias)
{
	char words[WORDS_MAX];
	size_t len = words_fold(name, words, sizeof words), i;
	struct name *n;

	if (len == SIZE_MAX || !len)
		return true;
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
			(struct name){ .shown = strndup(name.data, name.len), .alias = alias };
		if (!index->names[i].shown)
			return false;
	}
	n = &index->names[i];
	if (alias && !n->alias) {
		n->count = 0;
		n->alias = true;
	}
	if (alias == n->alias)
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

static bool language_fill(struct country_index *index, const char *locale)
{
	UErrorCode status = U_ZERO_ERROR;
	ULocaleDisplayNames *names = uldn_open(locale, ULDN_STANDARD_NAMES, &status);
	const char *const *alpha2;
	bool ok = true;

	if (U_FAILURE(status))
		return true;
	for (alpha2 = index->alpha2; ok && *alpha2; alpha2++) {
		UChar wide[128];
		char name[384];
		int32_t len;

		status = U_ZERO_ERROR;
		len = uldn_regionDisplayName(names, *alpha2, wide, 128, &status);
		u_strToUTF8(name, (int32_t)sizeof name, &len, wide, len, &status);
		if (status == U_ZERO_ERROR && strcmp(name, *alpha2))
			ok = name_add(index, (struct mu_string){ name, (size_t)len }, *alpha2,
				      false);
	}
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

/* ------------------------------------------------------------------ aliases */

enum field { ALIAS, ALPHA3, NOTE, FIELDS };

static const char *const field_names[FIELDS] = { "alias", "alpha3", "note" };

static bool is_alpha3(const char *text)
{
	return strlen(text) == 3 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

static int alias_add(struct country_index *index, const struct list *list, char *fields[FIELDS])
{
	char words[WORDS_MAX];
	size_t len = words_fold(mu_string(fields[ALIAS]), words, sizeof words);

	if (!len || len == SIZE_MAX)
		return list_malformed(list, "the alias is empty, too long or no UTF-8: '%.40s'",
				      fields[ALIAS]);
	if (!is_alpha3(fields[ALPHA3]))
		return list_malformed(list, "alpha3 must be three capital letters");
	return name_add(index, mu_string(fields[ALIAS]), fields[ALPHA3], true)
		       ? 0
		       : no_memory(list->ctx);
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

/* ------------------------------------------------------------------ finding */

static const struct name *name_find(const struct country_index *index, struct mu_string name)
{
	char words[WORDS_MAX];
	size_t len = words_fold(name, words, sizeof words), i;

	if (len == SIZE_MAX || !len)
		return NULL;
	i = mu_map_find(&index->words, words, len);
	return i == SIZE_MAX ? NULL : &index->names[i];
}

/* The name without an article in parentheses at its end: "Gambia (the)". */
static struct mu_string without_article(struct mu_string name)
{
	size_t at = name.len;

	if (!at || name.data[at - 1] != ')')
		return name;
	while (at && name.data[at - 1] != '(')
		at--;
	if (at < 2 || name.len - at > 5)
		return name;
	return mu_trim((struct mu_string){ name.data, at - 1 });
}

static enum country_answer whole_find(struct country_index *index, struct mu_string name,
				      char alpha3[4])
{
	const struct name *n = name_find(index, name);
	struct mu_string bare = without_article(name);

	if (!n && bare.len < name.len)
		n = name_find(index, bare);
	if (!n)
		return country_code(index, name, alpha3);
	alpha3_of(n->codes[0], alpha3);
	return n->count > 1 ? COUNTRY_UNDECIDED : COUNTRY_FOUND;
}

/* "A, B": all parts known, and the same country. */
static enum country_answer parts_find(struct country_index *index, struct mu_string name,
				      char alpha3[4])
{
	size_t from = 0, at, parts = 0;
	char one[4];

	for (at = 0; at <= name.len; at++) {
		struct mu_string part;

		if (at < name.len && name.data[at] != ',')
			continue;
		part = mu_trim((struct mu_string){ name.data + from, at - from });
		if (whole_find(index, part, one) != COUNTRY_FOUND || (parts && strcmp(one, alpha3)))
			return COUNTRY_UNKNOWN;
		memcpy(alpha3, one, 4);
		parts++;
		from = at + 1;
	}
	return parts > 1 ? COUNTRY_FOUND : COUNTRY_UNKNOWN;
}

enum country_answer country_find(struct country_index *index, struct mu_string name, char alpha3[4])
{
	enum country_answer answer;

	name = mu_trim(name);
	answer = whole_find(index, name, alpha3);
	return answer == COUNTRY_UNKNOWN ? parts_find(index, name, alpha3) : answer;
}

enum country_answer country_begins(struct country_index *index, struct mu_string text,
				   char alpha3[4])
{
	enum country_answer answer = COUNTRY_UNKNOWN;
	char words[WORDS_MAX];
	size_t len = words_fold(text, words, sizeof words), i;
	uint8_t k;

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

enum country_answer country_code(struct country_index *index, struct mu_string code, char alpha3[4])
{
	size_t i;

	if (code.len != 2 && code.len != 3)
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

/* --------------------------------------------------------------- suggesting */

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
	int limit, n;

	if (len == SIZE_MAX || len > 256)
		return;
	limit = (int)(len / 3);
	for (n = 0; n < max; n++)
		list[n].distance = -1;
	for (i = 0; i < index->n_names; i++) {
		const struct mu_map_entry *e = &index->words.entries[i];
		int distance;

		if (e->len > 256)
			continue;
		memcpy(other, e->key, e->len);
		other[e->len] = '\0';
		distance = words_distance(words, other, limit);
		if (distance <= limit)
			candidate_add(list, max, (struct candidate){ i, distance });
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

const char *country_candidates(struct mu_ctx *ctx, struct country_index *index,
			       struct mu_string name, int max)
{
	struct phrase phrase = { .len = 0 };
	const struct name *known = name_find(index, mu_trim(name));
	char *out;
	uint8_t i;

	for (i = 0; known && i < known->count; i++)
		candidate_show(&phrase, known, i);
	max = max < CANDIDATES_MAX ? max : CANDIDATES_MAX;
	if (!known)
		beginning_show(index, mu_trim(name), max, &phrase);
	if (!known && !phrase.len)
		nearest_show(index, mu_trim(name), max, &phrase);
	out = mu_alloc(ctx, phrase.len + 1);
	memcpy(out, phrase.text, phrase.len);
	return out;
}
