#include "draft/guess.h"

#include "draft/trial.h"

enum {
	NAMES_MAX = 3,      /* columns of texts without gaps */
	ROUNDS = 3,         /* of changes */
	LINES_MAX = 20000,  /* longer documents are no letters */
	NUMBERS_TRIED = 50, /* whether a language writes them so */
};

struct guess {
	struct mu_ctx *ctx;
	struct reader *reader;
	const struct pages *pages;
	struct sketch sketch;
	struct plan plan;       /* the best one with the header that is looked at, */
	struct outcome outcome; /* what came of it, */
	bool found;             /* whether there is one, */
	bool better;            /* and whether this round made it better */
	struct plan best;       /* of all headers */
	struct outcome best_outcome;
	bool any;
};

static size_t outcome_cost(const struct outcome *o)
{
	return o->troubles + o->failed + o->odd;
}

static bool outcome_better(const struct outcome *a, const struct outcome *b)
{
	return outcome_cost(a) != outcome_cost(b) ? outcome_cost(a) < outcome_cost(b)
						  : a->passed > b->passed;
}

/* Keeps a plan when it is better than the best one. */
static int consider(struct guess *g, const struct plan *plan)
{
	struct outcome outcome;
	int err = trial_run(g->ctx, g->reader, g->pages, plan, &outcome);

	if (err || !outcome.rows || (g->found && !outcome_better(&outcome, &g->outcome)))
		return err;
	g->plan = *plan;
	g->outcome = outcome;
	g->found = g->better = true;
	return 0;
}

static bool is_text(const struct column *c)
{
	return c->header && c->type == COLUMN_STRING;
}

static int change_groups(struct guess *g)
{
	int err = 0;

	for (size_t i = 0; i < g->plan.n_columns && !err; i++)
		for (int group = GROUP_NONE; group <= GROUP_MERGED && !err; group++) {
			struct plan plan = g->plan;

			if (!plan.table.grid || !is_text(&plan.columns[i]) ||
			    plan.columns[i].group == group)
				continue;
			plan.columns[i].group = group;
			err = consider(g, &plan);
		}
	return err;
}

/* Numbers before names, such as "1 Albania", which totals do not repeat. */
static const char numbering[] = "^\\d+ ";

static int change_numbering(struct guess *g)
{
	int err = 0;

	for (size_t i = 0; i < g->plan.n_columns && !err; i++) {
		struct plan plan = g->plan;

		if (!plan.table.grid || !is_text(&plan.columns[i]) || plan.columns[i].ignore)
			continue;
		plan.columns[i].ignore = numbering;
		plan.notes[i] = "without the numbers in front of its names";
		err = consider(g, &plan);
	}
	return err;
}

static int change_empty(struct guess *g)
{
	static const char *blank = "";
	int err = 0;

	for (size_t i = 0; i < g->plan.n_columns && !err; i++) {
		struct plan plan = g->plan;

		if (!plan.table.grid || !plan.columns[i].header || plan.columns[i].missing.count)
			continue;
		plan.columns[i].missing = (struct mu_texts){ 1, &blank };
		plan.notes[i] = "cells are empty: unknown, or none?";
		err = consider(g, &plan);
	}
	return err;
}

/* A dash and its like may be 0: where totals add up that way, it is. */
static int change_zero(struct guess *g)
{
	int err = 0;

	for (size_t i = 0; i < g->plan.n_columns && !err; i++) {
		struct plan plan = g->plan;
		struct column *c = &plan.columns[i];

		if (!c->measure || !c->missing.count || !*c->missing.items[0])
			continue;
		c->zero = c->missing;
		c->missing = (struct mu_texts){ 0 };
		plan.notes[i] = plan_print(g->ctx, "'%s' is 0, since so the totals add up",
					   c->zero.items[0]);
		err = consider(g, &plan);
	}
	return err;
}

/* The heading may be elsewhere too, as in a table of contents. */
static int change_begin(struct guess *g)
{
	struct plan plan = g->plan;
	const char *header = NULL;

	for (size_t i = 0; i < plan.n_columns && !header; i++)
		header = plan.columns[i].header;
	if (!header || strstr(plan.table.begin, "(?="))
		return 0;
	plan.table.begin = plan_print(g->ctx, "%s (?=%s)", plan.table.begin,
				      sketch_escape(g->ctx, mu_string(header)));
	return consider(g, &plan);
}

/* The first `n` columns of texts, as those that a total is for. */
static struct mu_texts first_texts(const struct guess *g, size_t n)
{
	struct mu_texts out = { 0, mu_alloc(g->ctx, (n + 1) * sizeof *out.items) };

	for (size_t i = 0; i < g->plan.n_columns && out.count < n; i++)
		if (is_text(&g->plan.columns[i]))
			out.items[out.count++] = g->plan.columns[i].name;
	return out;
}

static int claim_add(struct guess *g, struct claim claim)
{
	struct plan plan = g->plan;

	if (plan.n_claims == PLAN_CLAIMS)
		return 0;
	plan.claims[plan.n_claims++] = claim;
	return consider(g, &plan);
}

/* Lines that repeat a label: "Albania 13" behind Albania's rows. */
static int claim_repeats(struct guess *g, const char *name, struct mu_texts of)
{
	struct claim claim = { .name = name, .repeats = name, .of_columns = of };
	int err = claim_add(g, claim);
	struct plan plan = g->plan;

	if (err || plan.n_claims == PLAN_CLAIMS)
		return err;
	for (size_t i = 0; i < plan.n_columns; i++)
		if (plan.columns[i].name == name && !plan.columns[i].ignore) {
			plan.columns[i].ignore = numbering;
			plan.notes[i] = "without the numbers in front of its names";
		}
	plan.claims[plan.n_claims++] = claim;
	return consider(g, &plan);
}

/* Lines of a table that begin as a total does: "Total for Country 13". */
static int claim_same(struct guess *g, struct mu_string label)
{
	const char *match = plan_print(g->ctx, "^%s(?= [\\d.,]+)", sketch_escape(g->ctx, label));
	int err = 0;

	for (size_t n = 1; n <= 2 && !err; n++) {
		struct mu_texts of = first_texts(g, n);

		if (of.count == n)
			err = claim_add(g, (struct claim){ .name = of.items[n - 1],
							   .match = match,
							   .of_columns = of });
	}
	return err;
}

/* Lines whose totals have a name: "Total Albania 13". */
static int claim_named(struct guess *g, struct mu_string label)
{
	struct mu_string word = label;
	struct mu_texts texts = first_texts(g, COLUMNS_MAX);
	int err = 0;

	word.len = 0;
	while (word.len < label.len && label.data[word.len] != ' ')
		word.len++;
	if (word.len == label.len)
		return 0;
	for (size_t i = 0; i < texts.count && !err; i++)
		err = claim_add(
			g,
			(struct claim){ .name = texts.items[i],
					.match = plan_print(
						g->ctx, "^%s (?<%s>.+?)(?= [\\d.,]+( [\\d.,]+)*$)",
						sketch_escape(g->ctx, word), texts.items[i]) });
	return err;
}

static int change_totals(struct guess *g)
{
	const struct sketch *s = &g->sketch;
	struct mu_string last = { 0 };
	size_t tries = 0;
	int err = 0;

	for (size_t i = s->first; i < s->last && !err && tries < PLAN_CLAIMS; i++) {
		struct mu_string label = sketch_label(s->pages, i);

		if (!s->looks[i].total || !s->looks[i].tail ||
		    (last.len == label.len && !memcmp(last.data, label.data, last.len)))
			continue;
		last = label;
		tries++;
		err = claim_named(g, label);
		if (!err && g->plan.table.grid)
			err = claim_same(g, label);
	}
	return err;
}

/* Totals that are told by their cells alone. */
static int change_cells(struct guess *g)
{
	size_t texts = first_texts(g, COLUMNS_MAX).count;
	int err = 0;

	for (size_t n = texts; n && !err; n--) {
		struct mu_texts of = first_texts(g, n);
		struct mu_texts label = { 1, &of.items[n - 1] };
		const char *name = of.items[n - 1];

		err = claim_repeats(g, name, of);
		/* A row may have no more than the innermost label. */
		if (!err && n < texts)
			err = claim_add(
				g,
				(struct claim){ .name = name, .labels = label, .of_columns = of });
		if (!err)
			err = claim_add(g, (struct claim){ .name = name,
							   .unlabelled = true,
							   .of_columns = of });
	}
	return err ? err : claim_add(g, (struct claim){ .name = "total", .unlabelled = true });
}

/* Claims that others have taken the lines of. */
static int change_fewer(struct guess *g)
{
	int err = 0;

	for (size_t i = 1; i < g->plan.n_claims && !err; i++) {
		struct plan plan = g->plan;

		plan.n_claims--;
		for (size_t k = i; k < plan.n_claims; k++)
			plan.claims[k] = plan.claims[k + 1];
		err = consider(g, &plan);
	}
	return err;
}

/* Totals may be there though nothing is wrong without them. */
static int change_claims(struct guess *g)
{
	int err = g->plan.table.grid ? change_cells(g) : 0;

	if (!err)
		err = change_totals(g);
	return err ? err : change_zero(g);
}

/* Totals of rows that have no label in common.  One that a claim could be is not passed
 * over for not adding up. */
static int change_skip(struct guess *g)
{
	const struct sketch *s = &g->sketch;
	const char **items = mu_alloc(g->ctx, PLAN_SKIPS * sizeof *items);
	struct plan plan = g->plan;
	int err = 0;

	if (plan.n_claims > 1 || plan.table.skip.count)
		return 0;
	plan.table.skip.items = items;
	for (size_t i = s->first; i < s->last && plan.table.skip.count < PLAN_SKIPS && !err; i++) {
		struct mu_string label = sketch_label(s->pages, i);

		if (!s->looks[i].total || !s->looks[i].tail)
			continue;
		items[plan.table.skip.count++] =
			plan_print(g->ctx, "^%s(?= [\\d.,]+)", sketch_escape(g->ctx, label));
		err = consider(g, &plan);
	}
	return err;
}

static int improve(struct guess *g)
{
	static int (*const mends[])(struct guess *) = { change_groups,    change_begin,
							change_numbering, change_empty,
							change_fewer,     change_skip };
	int err = 0;

	g->better = true;
	for (size_t round = 0; round < ROUNDS && g->better && !err; round++) {
		g->better = false;
		for (size_t i = 0; i < sizeof mends / sizeof *mends && !err; i++) {
			if (outcome_cost(&g->outcome))
				err = mends[i](g);
			if (!err && !i)
				err = change_claims(g);
		}
	}
	return err;
}

/* Where no gaps tell a row's texts apart names of countries or missions may: tries all ways
 * to say which columns have such, from the column `from` on. */
static int consider_names(struct guess *g, const struct plan *plan, size_t from)
{
	struct plan named = *plan;
	size_t i = from;
	int err;

	while (i < plan->n_columns && !is_text(&plan->columns[i]))
		i++;
	if (i == plan->n_columns)
		return consider(g, plan);
	err = consider_names(g, &named, i + 1);
	for (int v = VOCABULARY_COUNTRY; v <= VOCABULARY_MISSION && !err; v++) {
		named.columns[i].vocabulary = v;
		named.notes[i] = "its names tell where a cell ends";
		err = consider_names(g, &named, i + 1);
	}
	return err;
}

/* Whether a row has several texts, but not so many that names could tell them apart. */
static bool has_names(const struct guess *g, const struct plan *plan)
{
	size_t texts = 0;

	for (size_t i = 0; i < plan->n_columns; i++)
		texts += is_text(&plan->columns[i]);
	return !g->sketch.spaced && texts > 1 && texts <= NAMES_MAX;
}

static int consider_header(struct guess *g, const struct sketch_header *header, bool grid,
			   const struct plan *empty)
{
	struct plan plan = *empty;
	int err;

	g->found = false;
	if (!plan_make(g->ctx, g->reader->language, &g->sketch, header, grid, &plan))
		return 0;
	err = has_names(g, &plan) ? consider_names(g, &plan, 0) : consider(g, &plan);
	if (!err && g->found)
		err = improve(g);
	if (err || !g->found || (g->any && !outcome_better(&g->outcome, &g->best_outcome)))
		return err;
	g->best = g->plan;
	g->best_outcome = g->outcome;
	g->any = true;
	return 0;
}

/* All that may be the table's header, with and without a grid. */
static int consider_headers(struct guess *g, const struct plan *empty)
{
	struct sketch_header headers[HEADERS_MAX];
	size_t n = sketch_headers(g->ctx, &g->sketch, headers);
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		for (int grid = g->pages->boxes != NULL; grid <= g->sketch.spaced && !err; grid++)
			err = consider_header(g, &headers[i], grid, empty);
	return err;
}

/* Lines of words with a number behind may be anything, unless a total says that they are
 * a table. */
static double score(const struct guess *g)
{
	const struct outcome *o = &g->best_outcome;

	if (!g->any || outcome_cost(o) * 4 > o->rows + o->passed ||
	    (!g->sketch.spaced && !o->passed))
		return 0;
	if (o->troubles || o->odd)
		return 0.5;
	return o->passed && !o->failed ? 0.8 : 0.6;
}

/* Whether YAML can have all characters of a text. */
static bool is_printable(const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		if ((*at < ' ' && *at != '\n') || *at == 0x7f)
			return false;
		if (at[0] == 0xc2 && at[1] < 0xa0)
			return false;
		if (at[0] == 0xef && at[1] == 0xbb && at[2] == 0xbf)
			return false;
		if (at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe)
			return false;
	}
	return true;
}

static void conclude(struct guess *g, struct mu_guess *out)
{
	const char *options;

	if (score(g) <= 0)
		return;
	if (g->sketch.others)
		plan_remark(&g->best, "there may be more tables; this is the longest");
	options = plan_write(g->ctx, &g->best);
	if (!options || !is_printable(options))
		return;
	out->score = score(g);
	out->options = options;
	out->columns = true;
}

/* Whether the numbers of a table are written as in the language. */
static bool writes_numbers(const struct sketch *s, struct language *language)
{
	struct word words[CUT_WORDS];
	size_t tried = 0;
	int64_t number;

	for (size_t i = s->first; i <= s->last && tried < NUMBERS_TRIED; i++) {
		size_t n = pages_words(s->pages, i, words, CUT_WORDS);

		for (size_t k = 0; n != SIZE_MAX && k < n; k++) {
			if (look_number(words[k].text) != LOOK_WHOLE)
				continue;
			tried++;
			if (language_integer(language, words[k].text, &number) == LANGUAGE_NOT)
				return false;
		}
	}
	return true;
}

/* Opens the reader in the language of the text, or, where that cannot write its numbers,
 * in one that can. */
static int reader_choose(struct guess *g, struct plan *plan)
{
	struct mu_string flat = { g->pages->flat, g->pages->flat_len };
	const char *tags[] = { look_language(flat, &plan->language_certain), "en", "de", "fr" };
	struct layout *layout = mu_alloc(g->ctx, sizeof *layout);
	int err = 0;

	layout->uses[VOCABULARY_COUNTRY] = layout->uses[VOCABULARY_MISSION] = !g->sketch.spaced;
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		reader_close(g->reader);
		plan->language = layout->language = tags[i];
		err = reader_open(g->ctx, layout, g->reader);
		if (err || writes_numbers(&g->sketch, g->reader->language))
			return err;
		plan->language_certain = false;
	}
	return err;
}

static bool is_line_of(struct mu_ctx *ctx, const struct pages *pages, size_t first, size_t end,
		       const char *pattern)
{
	for (size_t i = first; i < end; i++)
		if (!strcmp(sketch_alike(ctx, pages_line(pages, i)), pattern))
			return true;
	return false;
}

/* Whether a pattern is that of a line over the table, which pages may repeat as well. */
static bool is_heading(struct mu_ctx *ctx, const struct sketch *s,
		       const struct sketch_header *headers, size_t n, const char *pattern)
{
	for (size_t i = 0; i < n; i++)
		if (is_line_of(ctx, s->pages, sketch_heading(s, headers[i].first), headers[i].end,
			       pattern))
			return true;
	return false;
}

int guess_furniture(struct mu_ctx *ctx, const struct pages *pages, struct mu_texts *out)
{
	struct sketch_header headers[HEADERS_MAX];
	const char *patterns[FURNITURE_MAX];
	struct sketch sketch;
	size_t n, n_headers = 0;
	int err;

	*out = (struct mu_texts){ 0, mu_alloc(ctx, FURNITURE_MAX * sizeof *out->items) };
	if (pages->n_lines > LINES_MAX)
		return 0;
	err = sketch_furniture(ctx, pages, patterns, &n);
	if (!err && sketch_find(ctx, pages, &sketch))
		n_headers = sketch_headers(ctx, &sketch, headers);
	for (size_t i = 0; i < n && !err; i++)
		if (!is_heading(ctx, &sketch, headers, n_headers, patterns[i]))
			out->items[out->count++] = patterns[i];
	return err;
}

int guess_draft(struct mu_ctx *ctx, const struct pages *pages, struct reader *reader,
		const struct mu_texts *furniture, struct mu_guess *out)
{
	struct guess *g = mu_alloc(ctx, sizeof *g);
	struct plan *plan = mu_alloc(ctx, sizeof *plan);
	int err;

	*g = (struct guess){ .ctx = ctx, .reader = reader, .pages = pages };
	if (pages->n_lines > LINES_MAX || !sketch_find(ctx, pages, &g->sketch))
		return 0;
	for (size_t i = 0; i < furniture->count; i++)
		plan->furniture[plan->n_furniture++] = furniture->items[i];
	err = reader_choose(g, plan);
	if (!err)
		err = consider_headers(g, plan);
	if (!err)
		conclude(g, out);
	return err;
}
