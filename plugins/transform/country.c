/*
 * Names of countries, in any spelling, to ISO 3166-1 alpha-3.
 *
 *     - transform: country
 *       from: station
 *       to: country
 *       language: nl
 *
 * "Palestijnse gebieden, Westelijke Jordaanoever" becomes PSE, and Kosovo XKX.
 * Known are the names that ICU has in the languages named ("any": in all), the
 * two ISO codes, and the aliases in countries.csv, which count for more.  With
 * `code: iso` the column holds codes alone, and no language is needed.
 *
 * No part of a name is dropped but an article in parentheses.  "Congo" alone can be
 * either of two, and "Iran (Iraq)" is undecided.  Where a source always means one of
 * them, say so: `names: {Congo: COG}`.
 *
 * With `mission: COLUMN` the mission helps: missions.csv knows in which countries it
 * is.  Of the countries that "Congo" may be, that of MONUSCO is meant.  A country that
 * is none of its mission's is an error that names both, unless `elsewhere` says that
 * people of a mission may be in other countries.  A date column named with `as_of`
 * decides between missions of one name.  Missions whose country is not known say
 * nothing, and neither does a row without one.
 *
 * The codes stand in a column of their own behind `from`, or instead of it when
 * `to` is the same.  A name that nobody knows, or that means several countries,
 * gives null and an error, or with `unknown: warning` null and a warning.
 *
 * Where a source cuts long names off, `cut` says how many characters are left at
 * least: a name of that length or more that nobody knows is that of the only country
 * of which a name begins so.
 *
 * Claims are looked up as data are; null stays null.
 */
#include <stdlib.h>

#include <muster/map.h>
#include <muster/table.h>

#include "names/country.h"
#include "names/mission.h"
#include "table/added.h"
#include "text/icu_memory.h"
#include "text/phrase.h"

enum { CODE_NAME, CODE_ISO };
enum { UNKNOWN_ERROR, UNKNOWN_WARNING };
enum { ELSEWHERE_ERROR, ELSEWHERE_WARNING, ELSEWHERE_ALLOW };

/* More distinct texts are not remembered. */
enum { NAMES_MAX = 100000 };

struct self {
	const char *from, *to;
	struct mu_texts language;
	struct mu_pairs names;
	const char *mission, *as_of;
	int code, unknown, elsewhere;
	int64_t cut;

	struct country_index *index;
	struct mission_index *missions;
	struct added added; /* the codes */
	struct mu_map seen; /* names looked up so far, in the order of `answers` */
	struct answer *answers;
	size_t room;
	size_t *of_words; /* of each word of the batch at hand, or SIZE_MAX */
	size_t of_words_room;
	int64_t from_at, mission_at, as_of_at; /* columns that come in, or -1 */
};

/* What a distinct text means. */
struct answer {
	enum country_answer kind;
	char alpha3[4];
	int n_meanings; /* of an undecided name: countries between which a mission decides */
	char meanings[COUNTRY_MEANINGS_MAX][4];
	const char *candidates; /* NULL: not looked for */
};

static int country_configure(struct mu_ctx *ctx, void *p)
{
	struct self *self = p;

	icu_memory_set(ctx);
	if (!*self->to)
		return mu_invalid(ctx, &self->to, "to needs the name of a column");
	if (self->code == CODE_NAME && !self->language.count)
		return mu_invalid(ctx, &self->language,
				  "name the language of the names with language, or write any");
	if (self->as_of && !self->mission)
		return mu_invalid(ctx, &self->as_of,
				  "as_of says when a mission ran: name its column with mission");
	for (size_t i = 0; i < self->names.count; i++)
		if (!country_is_alpha3(self->names.items[i].value))
			return mu_invalid(ctx, &self->names,
					  "'%s' is no code of three capital letters, for '%s'",
					  self->names.items[i].value, self->names.items[i].name);
	return 0;
}

/* The visible column that an option names. */
static int column_find(struct mu_ctx *ctx, const char *const *option, enum mu_data type,
		       int64_t *out)
{
	int err = mu_option_column(ctx, option, out);

	if (err)
		return err;
	if (mu_schema_type(ctx->schema->children[*out]) != type)
		return mu_invalid(ctx, option, "column '%s' holds no %s", *option,
				  type == MU_DATE ? "dates" : "text");
	return 0;
}

/* What missions.csv knows, where the mission is asked. */
static int missions_open(struct mu_ctx *ctx, struct self *self)
{
	int err = 0;

	self->mission_at = self->as_of_at = -1;
	if (!self->mission)
		return 0;
	err = column_find(ctx, &self->mission, MU_STRING, &self->mission_at);
	if (!err && self->as_of)
		err = column_find(ctx, &self->as_of, MU_DATE, &self->as_of_at);
	return err ? err : mission_open(ctx, &self->missions);
}

static int country_transform_open(struct mu_ctx *ctx, void *p, struct ArrowSchema *out)
{
	static const char *any[] = { "en" };
	struct self *self = p;
	struct mu_texts languages = self->language;
	int err = column_find(ctx, &self->from, MU_STRING, &self->from_at);

	if (err)
		return err;
	if (strcmp(self->to, self->from) != 0 && mu_schema_find(ctx->schema, self->to) >= 0)
		return mu_invalid(ctx, &self->to, "there is a column '%s' already", self->to);
	if (self->code == CODE_ISO)
		languages = (struct mu_texts){ 1, any };
	err = missions_open(ctx, self);
	if (!err)
		err = country_open(ctx, &languages, &self->index);
	for (size_t i = 0; i < self->names.count && !err; i++)
		err = country_name(ctx, self->index, self->names.items[i].name,
				   self->names.items[i].value);
	return err ? err : added_open(ctx, &self->added, self->from_at, &self->to, 1, out);
}

static void country_transform_close(struct mu_ctx *ctx, void *p)
{
	struct self *self = p;

	(void)ctx;
	country_close(self->index);
	mission_close(self->missions);
	added_close(&self->added);
	mu_map_release(&self->seen);
	free(self->answers);
	free(self->of_words);
}

/* Whether a name is as long as those that the source cuts off. */
static bool is_cut(const struct self *self, struct mu_string text)
{
	return self->code == CODE_NAME && self->cut &&
	       (int64_t)utf8_count(text.data, text.len) >= self->cut;
}

/* A name that may be cut off means whatever begins so. */
static enum country_answer cut_find(struct self *self, struct mu_string text,
				    enum country_answer whole, char alpha3[4])
{
	enum country_answer begins = country_begins(self->index, mu_trim(text), alpha3);

	return whole == COUNTRY_UNKNOWN || begins != COUNTRY_UNKNOWN ? begins : whole;
}

static struct answer answer_make(struct self *self, struct mu_string text)
{
	struct answer a = { .kind = COUNTRY_UNKNOWN };

	if (self->code == CODE_ISO) {
		a.kind = country_code(self->index, mu_trim(text), a.alpha3);
		return a;
	}
	a.kind = country_find(self->index, text, a.alpha3);
	if (a.kind == COUNTRY_UNDECIDED)
		a.n_meanings = country_meanings(self->index, text, a.meanings);
	else if (a.kind != COUNTRY_NO_MEMORY && is_cut(self, text))
		a.kind = cut_find(self, text, a.kind, a.alpha3);
	return a;
}

/* What a text means, looked up once, as an index of `answers`; SIZE_MAX: out of memory. */
static size_t answer_find(struct self *self, struct mu_string text)
{
	size_t known = self->seen.count;
	size_t i = mu_map_add(&self->seen, text.data, text.len);

	if (i == SIZE_MAX || i < known)
		return i;
	if (i >= self->room) {
		size_t room = i ? 2 * i : 64;
		void *grown = reallocarray(self->answers, room, sizeof *self->answers);

		if (!grown)
			return SIZE_MAX;
		self->answers = grown;
		self->room = room;
	}
	self->answers[i] = answer_make(self, text);
	return i;
}

/* Likewise of a row. */
static size_t answer_of(struct self *self, const struct mu_column *names, int64_t row)
{
	size_t *word;

	if (!names->words)
		return answer_find(self, mu_get_string(names, row));
	word = &self->of_words[mu_get_code(names, row)];
	if (*word == SIZE_MAX)
		*word = answer_find(self, mu_get_string(names, row));
	return *word;
}

/* A name that nobody knows, or that means several countries; `mission` is that of its
 * row, or NULL. */
static int report_name(struct mu_ctx *ctx, struct self *self, struct answer *a,
		       struct mu_finding finding, const struct mission *mission)
{
	struct mu_string name = { finding.value, finding.value_len };
	struct phrase shown = { .len = 0 };

	finding.severity = self->unknown == UNKNOWN_WARNING ? MU_WARNING : MU_ERROR;
	finding.code = a->kind == COUNTRY_UNDECIDED ? "undecided" : "unknown";
	if (ctx->findings_counted)
		return mu_finding_count(ctx, finding);
	phrase_add(&shown, name.data, name.len);
	if (!a->candidates)
		a->candidates =
			self->code == CODE_ISO ? "" : country_candidates(ctx, self->index, name, 3);
	if (a->kind == COUNTRY_UNDECIDED) {
		if (mission)
			return mu_report(ctx, finding,
					 "'%s' means several countries: %s; mission %s is in %s",
					 shown.text, a->candidates, mission->acronym,
					 mission->hosts);
		return mu_report(ctx, finding, "'%s' means several countries: %s", shown.text,
				 a->candidates);
	}
	return mu_report(ctx, finding, "'%s' is no %s that is known%s%s", shown.text,
			 self->code == CODE_ISO ? "code of a country" : "country",
			 *a->candidates ? "; near are: " : "", a->candidates);
}

/* The columns that rows are read from. */
struct input {
	struct mu_rows rows;
	struct mu_column names, missions, days;
};

/* The mission of a row, when it is known where that is; else NULL. */
static const struct mission *mission_of(struct self *self, const struct input *in, int64_t row)
{
	const struct mission *mission;
	int32_t day = INT32_MIN;
	bool several;

	if (self->mission_at < 0 || mu_null(&in->missions, row))
		return NULL;
	if (self->as_of_at >= 0 && !mu_null(&in->days, row))
		day = mu_get_date(&in->days, row);
	mission = mission_find(self->missions, mu_get_string(&in->missions, row), day, &several);
	return mission && *mission->hosts ? mission : NULL;
}

/* The only country of an undecided name that is one of its mission's, or NULL. */
static const char *meaning_of(const struct answer *a, const struct mission *mission)
{
	const char *found = NULL;

	for (int i = 0; i < a->n_meanings; i++) {
		if (!strstr(mission->hosts, a->meanings[i]))
			continue;
		if (found)
			return NULL;
		found = a->meanings[i];
	}
	return found;
}

static int report_elsewhere(struct mu_ctx *ctx, struct self *self, const char *alpha3,
			    const struct mission *mission, struct mu_finding finding)
{
	struct phrase shown = { .len = 0 };

	finding.code = "elsewhere";
	finding.severity = self->elsewhere == ELSEWHERE_WARNING ? MU_WARNING : MU_ERROR;
	finding.reject = finding.reject && finding.severity == MU_ERROR;
	if (ctx->findings_counted)
		return mu_finding_count(ctx, finding);
	phrase_add(&shown, finding.value, finding.value_len);
	return mu_report(ctx, finding, "'%s' is %s, and mission %s is in %s", shown.text, alpha3,
			 mission->acronym, mission->hosts);
}

static int row_look_up(struct mu_ctx *ctx, struct self *self, const struct input *in, int64_t row)
{
	struct mu_string text = mu_get_string(&in->names, row);
	size_t i = answer_of(self, &in->names, row);
	struct answer *a = i == SIZE_MAX ? NULL : &self->answers[i];
	const struct mission *mission = mission_of(self, in, row);
	const char *alpha3 = NULL;
	struct mu_finding finding = { .at = mu_row_at(&in->rows, row),
				      .field = self->from,
				      .value = text.data,
				      .value_len = text.len,
				      /* In a claim no country would mean all of them. */
				      .reject = mu_row_is_claim(&in->rows, row) };

	if (!a || a->kind == COUNTRY_NO_MEMORY)
		return mu_fail(ctx, ENOMEM, "out of memory");
	if (a->kind == COUNTRY_FOUND)
		alpha3 = a->alpha3;
	else if (a->kind == COUNTRY_UNDECIDED && mission)
		alpha3 = meaning_of(a, mission);
	if (!alpha3)
		return report_name(ctx, self, a, finding, mission);
	mu_put_string(&self->added.builder, 0, mu_string(alpha3));
	if (mission && self->elsewhere != ELSEWHERE_ALLOW && !strstr(mission->hosts, alpha3))
		return report_elsewhere(ctx, self, alpha3, mission, finding);
	return 0;
}

/* Makes room for what each word of a batch means, and keeps what is remembered small.
 * False when memory is out. */
static bool answers_begin(struct self *self, const struct mu_column *names)
{
	size_t n = names->words ? (size_t)names->n_words : 0;

	if (self->seen.count > NAMES_MAX)
		mu_map_release(&self->seen);
	if (n > self->of_words_room) {
		free(self->of_words);
		self->of_words = reallocarray(NULL, n, sizeof *self->of_words);
		self->of_words_room = self->of_words ? n : 0;
	}
	for (size_t i = 0; i < n && self->of_words; i++)
		self->of_words[i] = SIZE_MAX;
	return !n || self->of_words;
}

static int rows_look_up(struct mu_ctx *ctx, void *p, const struct ArrowArray *batch)
{
	struct self *self = p;
	struct input in = { .rows = mu_rows(ctx->schema, batch),
			    .names = mu_column(ctx->schema, batch, self->from_at) };
	int err = answers_begin(self, &in.names) ? 0 : mu_fail(ctx, ENOMEM, "out of memory");

	if (self->mission_at >= 0)
		in.missions = mu_column(ctx->schema, batch, self->mission_at);
	if (self->as_of_at >= 0)
		in.days = mu_column(ctx->schema, batch, self->as_of_at);
	for (int64_t row = 0; row < batch->length && !err; row++) {
		if (!mu_null(&in.names, row))
			err = row_look_up(ctx, self, &in, row);
		mu_end_row(&self->added.builder);
	}
	return err;
}

static int country_transform(struct mu_ctx *ctx, void *p, struct ArrowArray *out)
{
	struct self *self = p;

	return added_transform(ctx, &self->added, rows_look_up, self, "countries", out);
}

/* What is remembered is only what anybody would find again. */
static int country_merge(struct mu_ctx *ctx, void *p, void *other)
{
	(void)ctx;
	(void)p;
	(void)other;
	return 0;
}

static void country_uses(struct mu_ctx *ctx, void *p, const bool *out, bool *in)
{
	const struct self *self = p;

	added_uses(&self->added, mu_schema_visible(ctx->schema), out, in);
	if (self->mission_at >= 0)
		in[self->mission_at] = true;
	if (self->as_of_at >= 0)
		in[self->as_of_at] = true;
}

static const char *const code_choices[] = { "name", "iso", NULL };
static const char *const unknown_choices[] = { "error", "warning", NULL };
static const char *const elsewhere_choices[] = { "error", "warning", "allow", NULL };

static const struct mu_option options[] = {
	MU_OPT_TEXT(struct self, from, .required = true,
		    .help = "the column with the names as printed"),
	MU_OPT_TEXT(struct self, to, .fallback = "country",
		    .help = "the column for the codes; may be the same"),
	MU_OPT_TEXTS(struct self, language,
		     .help = "languages of the names, such as nl; any for all"),
	MU_OPT_CHOICE(struct self, code, .choices = code_choices, .fallback = "name",
		      .help = "what the column holds: names, or codes of two or three letters"),
	MU_OPT_INT(struct self, cut, .min = 4, .max = 1000,
		   .help = "names of so many characters and more may be cut off: what begins so is "
			   "meant"),
	MU_OPT_CHOICE(struct self, unknown, .choices = unknown_choices, .fallback = "error",
		      .help = "what a name is that nobody knows"),
	MU_OPT_PAIRS(struct self, names,
		     .help = "what this source means by a name, as names and alpha-3 codes: "
			     "{Congo: COG}"),
	MU_OPT_TEXT(struct self, mission,
		    .help = "the column with the mission, whose country decides or contradicts"),
	MU_OPT_TEXT(struct self, as_of,
		    .help = "the date column that decides between missions of one name"),
	MU_OPT_CHOICE(
		struct self, elsewhere, .choices = elsewhere_choices, .fallback = "error",
		.help = "what a country is in which its mission is not, as missions.csv has it"),
	{ 0 },
};

static const struct mu_code codes[] = {
	{ "unknown", "A name is that of no country in the languages asked for, and no alias.",
	  "Correct the name, add the language, or add the spelling to countries.csv." },
	{ "undecided",
	  "A name means several countries, or its parts are different ones, as in Iran (Iraq).",
	  "Write the full name, say with names what this source means, or add an alias to "
	  "countries.csv." },
	{ "elsewhere", "A country is none of those in which missions.csv has the mission.",
	  "Correct the country or the mission, add the country to missions.csv, or set "
	  "elsewhere." },
	{ 0 },
};

MUSTER_PLUGIN(.name = "country", .summary = "names of countries to ISO 3166-1 alpha-3",
	      .options = options, .codes = codes, .self_size = sizeof(struct self),
	      .configure = country_configure, .open = country_transform_open,
	      .close = country_transform_close, .transform = country_transform,
	      .merge = country_merge, .uses = country_uses);
