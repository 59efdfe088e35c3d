#include "names/mission.h"

#include <stdio.h>
#include <stdlib.h>

#include <muster/map.h>

#include "names/list.h"
#include "text/phrase.h"
#include "text/words.h"

enum {
	LIST_MAX = 8 << 20, /* bytes of the reference list */
	WORDS_MAX = 512,    /* of a name's words */
	DISTANCE_MAX = 256, /* longest text that words_distance() compares */
	CANDIDATES_MAX = 8,
	PHRASE_FULL = 180, /* leaves room for one candidate more */
};

/* One name of one mission; names of several missions form a chain. */
struct meaning {
	const char *name; /* as the list has it */
	size_t mission;
	size_t next; /* 1 + index of the next meaning of the same words, or 0 */
};

struct mission_index {
	struct list list; /* its cells are what missions are made of */
	struct mission *missions;
	size_t *lines; /* of the list, for each mission */
	size_t count, room;
	struct meaning *meanings;
	size_t n_meanings, meanings_room;
	struct mu_map words; /* value: 1 + index of the first meaning */
};

enum field { ACRONYM, ORGANISATION, NAME, START, END, HOST, ALIASES, SUCCESSOR, FIELDS };

static const char *const field_names[FIELDS] = {
	"acronym", "organisation", "name", "start", "end", "host", "aliases", "successor",
};

/* Room for one more in an array. */
static bool array_grow(void *array, size_t size, size_t count, size_t *room)
{
	void **items = array;
	size_t more = *room ? 2 * *room : 64;
	void *grown;

	if (count < *room)
		return true;
	grown = reallocarray(*items, more, size);
	if (!grown)
		return false;
	*items = grown;
	*room = more;
	return true;
}

static int date_read(const struct list *list, char *fields[FIELDS], enum field field, int32_t *out)
{
	if (*fields[field] && !mu_parse_date(mu_string(fields[field]), out))
		return list_malformed(list, "%s is no date such as 2023-11-24: '%.40s'",
				      field_names[field], fields[field]);
	return 0;
}

static int hosts_check(const struct list *list, const char *hosts)
{
	const char *at = hosts;

	while (*at) {
		size_t len = 0;

		while (at[len] >= 'A' && at[len] <= 'Z')
			len++;
		if (len != 3 || (at[3] && (at[3] != ' ' || !at[4])))
			return list_malformed(list,
					      "host is not made of alpha-3 codes with a space "
					      "between them: '%.40s'",
					      hosts);
		at += at[3] ? 4 : 3;
	}
	return 0;
}

/* Makes a mission be found by a name. */
static int name_add(struct mission_index *index, const char *name)
{
	size_t mission = index->count - 1, length, entry, i;
	char words[WORDS_MAX];
	uint64_t *first;

	length = words_fold(mu_string(name), words, sizeof words);
	if (length == SIZE_MAX && errno == ENOMEM)
		return mu_fail(index->list.ctx, ENOMEM, "out of memory");
	if (!length || length == SIZE_MAX)
		return list_malformed(&index->list,
				      "a name is empty, too long or no UTF-8: '%.40s'", name);
	entry = mu_map_add(&index->words, words, length);
	if (entry == SIZE_MAX || !array_grow(&index->meanings, sizeof *index->meanings,
					     index->n_meanings, &index->meanings_room))
		return mu_fail(index->list.ctx, ENOMEM, "out of memory");
	first = &index->words.entries[entry].value;
	/* Spellings of one mission may be the same words. */
	for (i = (size_t)*first; i; i = index->meanings[i - 1].next)
		if (index->meanings[i - 1].mission == mission)
			return 0;
	index->meanings[index->n_meanings++] = (struct meaning){ name, mission, (size_t)*first };
	*first = index->n_meanings;
	return 0;
}

static int names_add(struct mission_index *index, char *fields[FIELDS])
{
	char *alias = fields[ALIASES], *bar;
	int err = name_add(index, fields[ACRONYM]);

	if (!err && *fields[NAME])
		err = name_add(index, fields[NAME]);
	for (; !err && *alias; alias = bar) {
		bar = alias + strcspn(alias, "|");
		if (*bar)
			*bar++ = '\0';
		err = name_add(index, alias);
	}
	return err;
}

static int mission_add(struct mission_index *index, char *fields[FIELDS])
{
	const struct list *list = &index->list;
	struct mission m = { .start = INT32_MIN, .end = INT32_MAX };
	size_t room = index->room;
	int err = 0;

	m.acronym = fields[ACRONYM];
	m.organisation = fields[ORGANISATION];
	m.name = fields[NAME];
	m.hosts = fields[HOST];
	m.successor = fields[SUCCESSOR];
	if (!*m.acronym)
		return list_malformed(list, "acronym is empty");
	err = date_read(list, fields, START, &m.start);
	if (!err)
		err = date_read(list, fields, END, &m.end);
	if (!err && m.start > m.end)
		err = list_malformed(list, "%s ends before it starts", m.acronym);
	if (!err)
		err = hosts_check(list, m.hosts);
	if (err)
		return err;
	if (!array_grow(&index->missions, sizeof m, index->count, &room) ||
	    !array_grow(&index->lines, sizeof *index->lines, index->count, &index->room))
		return mu_fail(index->list.ctx, ENOMEM, "out of memory");
	index->missions[index->count] = m;
	index->lines[index->count++] = list->line;
	return names_add(index, fields);
}

/* The first meaning of a name, NULL for none. */
static const struct meaning *meaning_find(const struct mission_index *index, struct mu_string name)
{
	char words[WORDS_MAX];
	size_t length = words_fold(name, words, sizeof words);
	size_t entry;

	if (!length || length == SIZE_MAX)
		return NULL;
	entry = mu_map_find(&index->words, words, length);
	return entry == SIZE_MAX ? NULL : &index->meanings[index->words.entries[entry].value - 1];
}

static const struct meaning *meaning_next(const struct mission_index *index,
					  const struct meaning *m)
{
	return m->next ? &index->meanings[m->next - 1] : NULL;
}

/* Whether a text is the acronym of a mission, letter by letter. */
static bool has_acronym(const struct mission_index *index, const char *text)
{
	const struct meaning *m = meaning_find(index, mu_string(text));

	while (m && strcmp(index->missions[m->mission].acronym, text))
		m = meaning_next(index, m);
	return m != NULL;
}

static int successors_check(struct mission_index *index)
{
	for (size_t i = 0; i < index->count; i++) {
		const char *successor = index->missions[i].successor;

		index->list.line = index->lines[i];
		if (*successor && !has_acronym(index, successor))
			return list_malformed(&index->list,
					      "successor is the acronym of no mission: '%.40s'",
					      successor);
	}
	return 0;
}

static int rows_read(struct mission_index *index)
{
	char *fields[FIELDS];
	int err = list_header(&index->list, field_names, FIELDS);

	while (!err && list_more(&index->list)) {
		err = list_row(&index->list, fields, FIELDS);
		if (!err)
			err = mission_add(index, fields);
	}
	return err ? err : successors_check(index);
}

int mission_open(struct mu_ctx *ctx, struct mission_index **out)
{
	const char *path;
	int err;

	*out = calloc(1, sizeof **out);
	if (!*out)
		return mu_fail(ctx, ENOMEM, "out of memory");
	err = mu_reference(ctx, MISSION_REFERENCE, &path);
	if (!err)
		err = list_open(ctx, path, LIST_MAX, &(*out)->list);
	if (!err)
		err = rows_read(*out);
	if (err) {
		mission_close(*out);
		*out = NULL;
	}
	return err;
}

void mission_close(struct mission_index *index)
{
	if (!index)
		return;
	mu_map_release(&index->words);
	free(index->meanings);
	free(index->missions);
	free(index->lines);
	list_close(&index->list);
	free(index);
}

const struct mission *mission_find(struct mission_index *index, struct mu_string name, int32_t day,
				   bool *several)
{
	const struct meaning *first = meaning_find(index, name), *m;
	const struct mission *found = NULL;
	size_t running = 0;

	*several = false;
	if (!first)
		return NULL;
	/* The only one of that name is meant, even when it did not run then. */
	if (!first->next)
		return &index->missions[first->mission];
	for (m = first; m; m = meaning_next(index, m)) {
		const struct mission *mission = &index->missions[m->mission];

		if (day != INT32_MIN && mission->start <= day && day <= mission->end) {
			found = mission;
			running++;
		}
	}
	*several = running != 1;
	return running == 1 ? found : NULL;
}

struct candidate {
	const struct meaning *meaning;
	int distance;
};

/* Whether one text begins with all words of the other. */
static bool words_begin(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t shorter = a_len < b_len ? a_len : b_len;

	return a_len != b_len && !memcmp(a, b, shorter) && (a_len < b_len ? b : a)[shorter] == ' ';
}

/* How far known words are from those asked for; more than `limit` is far. */
static int entry_distance(const struct mu_map_entry *entry, const char *words, int limit)
{
	char known[DISTANCE_MAX + 1];
	size_t length = strlen(words);

	if (entry->len > DISTANCE_MAX || length > DISTANCE_MAX)
		return limit + 1;
	memcpy(known, entry->key, entry->len);
	known[entry->len] = '\0';
	/* "EUAM Iraq" is what "EUAM" may mean, before "EUMM". */
	if (words_begin(known, entry->len, words, length))
		return entry->len > length ? 0 : limit;
	return words_distance(known, words, limit);
}

/* Keeps the list sorted, the nearest first, with one place for each mission. */
static void candidate_add(struct candidate list[CANDIDATES_MAX], struct candidate c)
{
	size_t i = 0, last = CANDIDATES_MAX - 1;

	while (i < last && list[i].meaning && list[i].meaning->mission != c.meaning->mission)
		i++;
	/* Now i is the same mission's place, or a free one, or the last. */
	if (list[i].meaning && list[i].distance <= c.distance)
		return;
	for (; i && list[i - 1].distance > c.distance; i--)
		list[i] = list[i - 1];
	list[i] = c;
}

static void nearest_find(const struct mission_index *index, struct mu_string name,
			 struct candidate list[CANDIDATES_MAX])
{
	char words[WORDS_MAX];
	size_t length = words_fold(name, words, sizeof words);
	int limit;

	if (!length || length == SIZE_MAX)
		return;
	limit = length < 4 ? 1 : length < 12 ? 2 : (int)(length < 80 ? length / 5 : 16);
	for (size_t i = 0; i < index->words.count; i++) {
		const struct mu_map_entry *entry = &index->words.entries[i];
		const struct meaning *m = &index->meanings[entry->value - 1];
		int distance = entry_distance(entry, words, limit);

		for (; distance <= limit && m; m = meaning_next(index, m))
			candidate_add(list, (struct candidate){ m, distance });
	}
}

/* Whether a candidate's name, or that of its mission, is no other one's before it. */
static bool is_distinct(const struct mission_index *index,
			const struct candidate list[CANDIDATES_MAX], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].meaning->name, list[n].meaning->name) ||
		    !strcmp(index->missions[list[i].meaning->mission].acronym,
			    list[n].meaning->name))
			return false;
	return true;
}

static void phrase_date(struct phrase *phrase, const char *before, int32_t days)
{
	char text[32];
	int year, month, day;

	mu_date_to_civil(days, &year, &month, &day);
	snprintf(text, sizeof text, "%s%04d-%02d-%02d", before, year, month, day);
	phrase_puts(phrase, text);
}

/* " (from 1992-04-01 to 1993-03-31)" */
static void phrase_times(struct phrase *phrase, const struct mission *m)
{
	if (m->start == INT32_MIN && m->end == INT32_MAX)
		return;
	phrase_puts(phrase, " (");
	if (m->start != INT32_MIN)
		phrase_date(phrase, "from ", m->start);
	if (m->end != INT32_MAX)
		phrase_date(phrase, m->start == INT32_MIN ? "to " : " to ", m->end);
	phrase_puts(phrase, ")");
}

/* "UNOSOM I (from ...)" among meanings of one name, "EUAM Irak (EUAM Iraq)" for
 * a name that is near, "EUAM Iraq" alone when that is the name. */
static void phrase_candidate(struct phrase *phrase, const struct mission *mission,
			     const struct meaning *m, bool meant)
{
	const char *name = meant ? mission->acronym : m->name;

	if (phrase->len)
		phrase_puts(phrase, ", ");
	phrase_add(phrase, name, strlen(name));
	if (meant) {
		phrase_times(phrase, mission);
	} else if (strcmp(name, mission->acronym)) {
		phrase_puts(phrase, " (");
		phrase_add(phrase, mission->acronym, strlen(mission->acronym));
		phrase_puts(phrase, ")");
	}
}

const char *mission_candidates(struct mu_ctx *ctx, struct mission_index *index,
			       struct mu_string name, int max)
{
	const struct meaning *m = meaning_find(index, name);
	struct candidate list[CANDIDATES_MAX] = { 0 };
	struct phrase phrase = { .len = 0 };
	bool meant = m != NULL;
	char *out;
	size_t n;
	int shown = 0;

	for (; m; m = meaning_next(index, m)) /* in the order of the list */
		candidate_add(list, (struct candidate){ m, (int)m->mission });
	if (!meant)
		nearest_find(index, name, list);
	/* None is cut short. */
	for (n = 0; n < CANDIDATES_MAX && list[n].meaning && phrase.len < PHRASE_FULL; n++)
		if (meant || (is_distinct(index, list, n) && shown++ < max))
			phrase_candidate(&phrase, &index->missions[list[n].meaning->mission],
					 list[n].meaning, meant);
	out = mu_alloc(ctx, phrase.len + 1);
	memcpy(out, phrase.text, phrase.len + 1);
	return out;
}
