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

#include "added.h"
#include "country.h"
#include "phrase.h"

enum { CODE_NAME, CODE_ISO };
enum { UNKNOWN_ERROR, UNKNOWN_WARNING };

/* More distinct texts are not remembered. */
enum { NAMES_MAX = 100000 };

struct self {
	const char *from, *to;
	struct mu_texts language;
	int code, unknown;
	int64_t cut;

	struct country_index *index;
	struct added added;  /* the codes */
	struct mu_map names; /* looked up so far; value: index in `answers` */
	struct answer *answers;
	size_t room;
	size_t *of_words; /* of each word of the batch at hand, or SIZE_MAX */
	size_t of_words_room;
	int64_t from_at;
};

/* What a distinct text means. */
struct answer {
	enum country_answer kind;
	char alpha3[4];
	const char *candidates; /* NULL: not looked for */
};

static int country_configure(struct mu_ctx *ctx, void *p)
{
	struct self *self = p;

	if (!*self->to)
		return mu_invalid(ctx, &self->to, "to needs the name of a column");
	if (self->code == CODE_NAME && !self->language.count)
		return mu_invalid(ctx, &self->language,
				  "name the language of the names with language, or write any");
	return 0;
}

static int country_transform_open(struct mu_ctx *ctx, void *p, struct ArrowSchema *out)
{
	static const char *any[] = { "en" };
	struct self *self = p;
	struct mu_texts languages = self->language;
	int err;

	err = mu_option_column(ctx, &self->from, &self->from_at);
	if (err)
		return err;
	if (mu_schema_type(ctx->schema->children[self->from_at]) != MU_STRING)
		return mu_invalid(ctx, &self->from, "column '%s' holds no text", self->from);
	if (strcmp(self->to, self->from) != 0 && mu_schema_find(ctx->schema, self->to) >= 0)
		return mu_invalid(ctx, &self->to, "there is a column '%s' already", self->to);
	if (self->code == CODE_ISO)
		languages = (struct mu_texts){ 1, any };
	err = country_open(ctx, &languages, &self->index);
	return err ? err : added_open(ctx, &self->added, self->from_at, &self->to, 1, out);
}

static void country_transform_close(struct mu_ctx *ctx, void *p)
{
	struct self *self = p;

	(void)ctx;
	country_close(self->index);
	added_close(&self->added);
	mu_map_release(&self->names);
	free(self->answers);
	free(self->of_words);
}

/* Whether a name is as long as those that the source cuts off. */
static bool is_cut(const struct self *self, struct mu_string text)
{
	int64_t characters = 0;

	for (size_t i = 0; i < text.len; i++)
		characters += ((unsigned char)text.data[i] & 0xc0) != 0x80;
	return self->code == CODE_NAME && self->cut && characters >= self->cut;
}

/* What a text means, looked up once, as an index of `answers`; SIZE_MAX: out of memory. */
static size_t answer_find(struct self *self, struct mu_string text)
{
	size_t known = self->names.count;
	size_t i = mu_map_add(&self->names, text.data, text.len);
	struct answer *a;

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
	a = &self->answers[i];
	*a = (struct answer){ .kind = COUNTRY_UNKNOWN };
	a->kind = self->code == CODE_ISO ? country_code(self->index, mu_trim(text), a->alpha3)
					 : country_find(self->index, text, a->alpha3);
	if (a->kind == COUNTRY_UNKNOWN && is_cut(self, text))
		a->kind = country_begins(self->index, mu_trim(text), a->alpha3);
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

static int report_name(struct mu_ctx *ctx, struct self *self, struct answer *a,
		       struct mu_finding finding)
{
	struct mu_string name = { finding.value, finding.value_len };
	struct phrase shown = { .len = 0 };

	phrase_add(&shown, name.data, name.len);
	if (!a->candidates)
		a->candidates =
			self->code == CODE_ISO ? "" : country_candidates(ctx, self->index, name, 3);
	finding.severity = self->unknown == UNKNOWN_WARNING ? MU_WARNING : MU_ERROR;
	if (a->kind == COUNTRY_UNDECIDED) {
		finding.code = "undecided";
		return mu_report(ctx, finding, "'%s' means several countries: %s", shown.text,
				 a->candidates);
	}
	finding.code = "unknown";
	return mu_report(ctx, finding, "'%s' is no %s that is known%s%s", shown.text,
			 self->code == CODE_ISO ? "code of a country" : "country",
			 *a->candidates ? "; near are: " : "", a->candidates);
}

static int row_look_up(struct mu_ctx *ctx, struct self *self, const struct mu_column *names,
		       const struct mu_rows *rows, int64_t row)
{
	struct mu_string text = mu_get_string(names, row);
	size_t i = answer_of(self, names, row);
	struct answer *a = i == SIZE_MAX ? NULL : &self->answers[i];

	if (!a)
		return mu_fail(ctx, ENOMEM, "out of memory");
	if (a->kind == COUNTRY_FOUND) {
		mu_put_string(&self->added.builder, 0, mu_string(a->alpha3));
		return 0;
	}
	return report_name(ctx, self, a,
			   (struct mu_finding){
				   .at = mu_row_at(rows, row),
				   .field = self->from,
				   .value = text.data,
				   .value_len = text.len,
				   /* In a claim no country would mean all of them. */
				   .reject = mu_row_is_claim(rows, row),
			   });
}

/* Makes room for what each word of a batch means, and keeps what is remembered small.
 * False when memory is out. */
static bool answers_begin(struct self *self, const struct mu_column *names)
{
	size_t n = names->words ? (size_t)names->n_words : 0;

	if (self->names.count > NAMES_MAX)
		mu_map_release(&self->names);
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
	struct mu_rows rows = mu_rows(ctx->schema, batch);
	struct mu_column names = mu_column(ctx->schema, batch, self->from_at);
	int err = answers_begin(self, &names) ? 0 : mu_fail(ctx, ENOMEM, "out of memory");

	for (int64_t row = 0; row < batch->length && !err; row++) {
		if (!mu_null(&names, row))
			err = row_look_up(ctx, self, &names, &rows, row);
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
}

static const char *const code_choices[] = { "name", "iso", NULL };
static const char *const unknown_choices[] = { "error", "warning", NULL };

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
	{ 0 },
};

static const struct mu_code codes[] = {
	{ "unknown", "A name is that of no country in the languages asked for, and no alias.",
	  "Correct the name, add the language, or add the spelling to countries.csv." },
	{ "undecided", "A name means several countries.",
	  "Write the full name, or add an alias to countries.csv that says which is meant." },
	{ 0 },
};

MUSTER_PLUGIN(.name = "country", .summary = "names of countries to ISO 3166-1 alpha-3",
	      .options = options, .codes = codes, .self_size = sizeof(struct self),
	      .configure = country_configure, .open = country_transform_open,
	      .close = country_transform_close, .transform = country_transform,
	      .merge = country_merge, .uses = country_uses);
