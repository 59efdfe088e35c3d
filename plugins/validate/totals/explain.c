/*
 * Why claims fail: the smallest changes of rows and claims after which all that
 * a document states agrees.
 *
 * This is error localisation as Fellegi and Holt put it ("A systematic approach
 * to automatic edit and imputation", 1976): of all changes that satisfy every
 * edit, take those of the fewest values.  The edits here are balance edits: each
 * claim is the sum of the rows that it covers.  One change of a row moves all
 * claims that cover it by the same amount, so a single wrong number shows as a
 * set of failing claims with one residual, which are just the claims that cover
 * some row.  Where there are totals of rows and of columns, they meet in it.
 *
 * Changes are tried in the order of their number: one number of a row is another
 * one, a row too many, a row that is missing, a number of a claim is another
 * one, two numbers stand in each other's place; then two of these together.
 * What is proposed is ranked by how likely it is.  Deductive corrections of
 * typing errors by distance (Scholtus 2009; de Waal, Pannekoek and Scholtus 2011,
 * "Handbook of Statistical Data Editing and Imputation", chapters 2 and 3) give
 * the likelihood of one number being written for another, see slip.h; all
 * numbers of a table are taken to be equally prone to slips.  A row twice, a
 * subtotal or a year among the rows, and a claim that has the number of another
 * edition need other evidence, and so have likelihoods of their own.
 *
 * A score is the share of one explanation in all that were found and in the
 * chance that it was none of them.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "phrase.h"
#include "slip.h"
#include "totals.h"
#include "words.h"

#define SHOWN       20       /* explanations of a document at the most */
#define FOUND_MAX   4096     /* to be ranked */
#define STEPS_MAX   20000000 /* rows looked at for one document */
#define SCOPES_MAX  8000000  /* rows times patterns */
#define BLOCK_MAX   64       /* rows of a block that is too many */
#define PAIRS_MAX   3
#define PAIR_ROWS   2000 /* of which all pairs are looked at */
#define CHANGES_MAX 8    /* errors of one document that are told apart */
#define NO_SCOPE    UINT32_MAX
#define YEAR_MIN    1945
#define YEAR_MAX    2100

/* How often things are beside slips in a number that is given.  Of a number that
 * is another one without any likeness, each one is the less likely the larger it
 * is. */
#define ANY_NUMBER    0.02
#define ANY_CLAIM     0.5  /* claims are computed, and not always from these rows */
#define ANY_ROW       2e-3 /* a row should not be there */
#define ONLY_SIGN     1.0
#define NOT_COUNTED   5e-3 /* a number that its totals leave out */
#define ROW_TWICE     3.0
#define ROW_SUBTOTAL  3.0
#define ROW_PART      2.0
#define ROW_YEAR      1.0
#define CLAIM_STALE   2.0
#define CLAIM_COUNTS  2.0
#define CLAIM_YEAR    2.0
#define CLAIM_ZERO    1.0
#define EXCHANGED     0.5
#define SECOND        0.01 /* a second error in the same document */
#define NONE_OF_THESE 0.02 /* of all that is found */

enum what { NUMBER, ROW_EXTRA, ROW_MISSING, CLAIM, EXCHANGE };

/* One change.  `index` is the place of a row among those of the document, or of
 * a claim among those that are listed. */
struct change {
	enum what what;
	size_t index, other; /* EXCHANGE within a row: the two measures */
	size_t measure;
	wide by; /* what it adds to the number */
	const char *kind, *phrase;
	double weight;
};

struct solution {
	struct change changes[CHANGES_MAX];
	size_t count;
	double weight;
};

/* One edit: a claim and a measure.  `sum` changes while changes are tried. */
struct edit {
	size_t claim, measure;
	wide low, high, sum;
	int64_t states;
};

/* The edits of one document and its rows. */
struct problem {
	struct mu_ctx *ctx;
	struct totals *totals;
	uint32_t document; /* 0: all */
	size_t *rows;      /* indices into totals->kept */
	size_t n_rows;
	uint32_t *scopes; /* of each row, one a pattern */
	struct edit *edits;
	size_t n_edits;
	size_t *edits_from; /* of a scope: its edits, from here to the next one's */
	size_t *edits_of;
	size_t *rows_from; /* of a scope: its rows likewise */
	size_t *rows_of;
	size_t *broken; /* edits that fail at the moment */
	size_t n_broken;
	uint32_t *key;
	uint32_t *meeting; /* scopes that cover a row that is missing */
	int64_t largest;   /* number of a row */
	size_t n_negative; /* numbers below 0 */
	struct solution *found;
	size_t n_found;
	size_t steps;
	bool gave_up;
};

/* ------------------------------------------------------------ preparing */

static size_t n_scopes(const struct problem *p)
{
	return p->totals->scopes.keys.count;
}

static const struct cell *cell_of(const struct problem *p, size_t row, size_t measure)
{
	return &p->totals->cells[p->rows[row] * p->totals->n_measures + measure];
}

static const struct row *row_of(const struct problem *p, size_t row)
{
	return &p->totals->kept[p->rows[row]];
}

static bool fails(const struct edit *e)
{
	return e->sum < e->low || e->sum > e->high;
}

/* What the sum lacks. */
static wide residual(const struct edit *e)
{
	return e->states - e->sum;
}

static bool same_document(const struct problem *p, uint64_t at)
{
	return !p->document || mu_at_document(at) == p->document;
}

static void rows_list(struct problem *p)
{
	size_t i, m;

	p->rows = mu_alloc(p->ctx, (p->totals->n_kept + 1) * sizeof *p->rows);
	for (i = 0; i < p->totals->n_kept; i++)
		if (same_document(p, p->totals->kept[i].at))
			p->rows[p->n_rows++] = i;
	for (i = 0; i < p->n_rows; i++)
		for (m = 0; m < p->totals->n_measures; m++) {
			const struct cell *c = cell_of(p, i, m);

			if (c->known && c->value > p->largest)
				p->largest = c->value;
			p->n_negative += c->known && c->value < 0;
		}
}

static void edits_list(struct problem *p)
{
	struct totals *t = p->totals;
	size_t i, m;

	p->edits = mu_alloc(p->ctx, (t->n_claims * t->n_measures + 1) * sizeof *p->edits);
	for (i = 0; i < t->n_claims; i++) {
		struct level level = level_of(t, &t->listed[i]);

		tally_key(&t->scopes, t->listed[i].scope, t->key);
		if (t->key[0] != p->document || level.states == STATES_ROWS)
			continue;
		for (m = 0; m < t->n_measures; m++) {
			const struct stated *s = stated_of(t, i, m);

			if (!s->known || s->outcome == MU_UNEVALUATED || s->subtotals)
				continue;
			p->edits[p->n_edits++] = (struct edit){
				.claim = i,
				.measure = m,
				.low = s->low,
				.high = s->high,
				.sum = s->sum.value,
				.states = s->value,
			};
		}
	}
}

/* Lists of members by scope, counted first and then filled. */
static void index_make(struct problem *p, size_t **from, size_t **of, size_t total)
{
	*from = mu_alloc(p->ctx, (n_scopes(p) + 2) * sizeof **from);
	*of = mu_alloc(p->ctx, (total + 1) * sizeof **of);
}

static void index_begin(struct problem *p, size_t *from)
{
	size_t i;

	for (i = n_scopes(p) + 1; i > 0; i--)
		from[i] = from[i - 1];
	from[0] = 0;
	for (i = 1; i <= n_scopes(p) + 1; i++)
		from[i] += from[i - 1];
}

static void edits_index(struct problem *p)
{
	size_t *next, i;

	index_make(p, &p->edits_from, &p->edits_of, p->n_edits);
	for (i = 0; i < p->n_edits; i++)
		p->edits_from[p->totals->listed[p->edits[i].claim].scope]++;
	index_begin(p, p->edits_from);
	next = mu_alloc(p->ctx, (n_scopes(p) + 1) * sizeof *next);
	memcpy(next, p->edits_from, (n_scopes(p) + 1) * sizeof *next);
	for (i = 0; i < p->n_edits; i++)
		p->edits_of[next[p->totals->listed[p->edits[i].claim].scope]++] = i;
}

static uint32_t scope_find(struct problem *p, const uint32_t *key, size_t pattern)
{
	struct totals *t = p->totals;
	size_t scope;

	memcpy(t->key, key, t->width * sizeof *key);
	if (!key_mask(t->key, t->patterns.entries[pattern].key, t->width))
		return NO_SCOPE;
	scope = tally_find(&t->scopes, t->key);
	return scope == SIZE_MAX ? NO_SCOPE : (uint32_t)scope;
}

static void rows_index(struct problem *p)
{
	size_t n = p->totals->patterns.count, *next, i, j;

	p->scopes = mu_alloc(p->ctx, (p->n_rows * n + 1) * sizeof *p->scopes);
	index_make(p, &p->rows_from, &p->rows_of, p->n_rows * n);
	for (i = 0; i < p->n_rows; i++) {
		tally_key(&p->totals->rows, row_of(p, i)->group, p->key);
		for (j = 0; j < n; j++) {
			uint32_t scope = scope_find(p, p->key, j);

			p->scopes[i * n + j] = scope;
			if (scope != NO_SCOPE)
				p->rows_from[scope]++;
		}
	}
	index_begin(p, p->rows_from);
	next = mu_alloc(p->ctx, (n_scopes(p) + 1) * sizeof *next);
	memcpy(next, p->rows_from, (n_scopes(p) + 1) * sizeof *next);
	for (i = 0; i < p->n_rows * n; i++)
		if (p->scopes[i] != NO_SCOPE)
			p->rows_of[next[p->scopes[i]]++] = i / n;
}

static void broken_list(struct problem *p)
{
	size_t i;

	p->n_broken = 0;
	for (i = 0; i < p->n_edits; i++)
		if (fails(&p->edits[i]))
			p->broken[p->n_broken++] = i;
}

/* -------------------------------------------------------------- changes */

/* Calls for every edit of a measure that covers a row. */
typedef void edit_visit(struct problem *p, struct edit *e, void *data);

static void edits_visit(struct problem *p, const uint32_t *scopes, size_t measure,
			edit_visit *visit, void *data)
{
	size_t n = p->totals->patterns.count, i, j;

	for (i = 0; i < n; i++) {
		if (scopes[i] == NO_SCOPE)
			continue;
		for (j = p->edits_from[scopes[i]]; j < p->edits_from[scopes[i] + 1]; j++)
			if (p->edits[p->edits_of[j]].measure == measure)
				visit(p, &p->edits[p->edits_of[j]], data);
	}
	p->steps += n;
}

static void sum_shift(struct problem *p, struct edit *e, void *by)
{
	(void)p;
	e->sum += *(wide *)by;
}

static const uint32_t *scopes_of(const struct problem *p, size_t row)
{
	return &p->scopes[row * p->totals->patterns.count];
}

static void shift(struct problem *p, const uint32_t *scopes, size_t measure, wide by)
{
	edits_visit(p, scopes, measure, sum_shift, &by);
}

/* How a change of one number would do. */
struct effect {
	wide by;
	size_t mended; /* edits that fail and would not */
	bool harms;    /* one that holds would fail */
	bool leaves;   /* one that fails still would */
};

static void effect_note(struct problem *p, struct edit *e, void *data)
{
	struct effect *effect = data;
	struct edit after = *e;

	(void)p;
	after.sum += effect->by;
	effect->harms = effect->harms || (fails(&after) && !fails(e));
	effect->leaves = effect->leaves || (fails(&after) && fails(e));
	effect->mended += !fails(&after) && fails(e);
}

/* Whether with it nothing fails any more. */
static bool mends_all(const struct problem *p, const struct effect *effect)
{
	return !effect->harms && !effect->leaves && effect->mended == p->n_broken;
}

static struct effect effect_of(struct problem *p, const uint32_t *scopes, size_t measure, wide by)
{
	struct effect effect = { .by = by };

	edits_visit(p, scopes, measure, effect_note, &effect);
	return effect;
}

static void solution_add(struct problem *p, const struct change *first, const struct change *second)
{
	struct solution s = { .changes = { *first }, .count = 1, .weight = first->weight };
	size_t i;

	if (second) {
		s.changes[1] = *second;
		s.count = 2;
		s.weight *= second->weight * SECOND;
	}
	/* Two changes are found from either side. */
	for (i = 0; second && i < p->n_found; i++) {
		const struct change *c = p->found[i].changes;

		if (p->found[i].count == 2 && c[0].what == second->what &&
		    c[0].index == second->index && c[1].what == first->what &&
		    c[1].index == first->index && c[0].measure == second->measure &&
		    c[1].measure == first->measure)
			return;
	}
	if (p->n_found == FOUND_MAX) {
		p->gave_up = true;
		return;
	}
	p->found[p->n_found++] = s;
}

/* --------------------------------------------------------------- numbers */

static bool fits(wide value)
{
	return value >= INT64_MIN && value <= INT64_MAX;
}

/* A number of a row, or of a claim, that would have to be another one. */
static bool number_weigh(const struct problem *p, struct change *c, int64_t stands, double floor)
{
	wide right = (wide)stands + c->by;
	enum slip slip;
	double likelihood;

	if (!fits(right) || (right < 0 && !p->n_negative && !p->totals->negative))
		return false;
	slip = slip_find((int64_t)right, stands, &likelihood);
	c->kind = slip_kind(slip);
	c->phrase = slip_phrase(slip);
	c->weight = slip != SLIP_NONE ? likelihood : floor / (10 + fabs((double)stands));
	/* The only number below 0 of a table that counts. */
	if (slip == SLIP_SIGN && stands < 0 && p->n_negative == 1)
		c->weight = ONLY_SIGN;
	return true;
}

static bool number_change(const struct problem *p, struct change *c, size_t row, size_t measure,
			  wide by)
{
	const struct cell *cell = cell_of(p, row, measure);

	*c = (struct change){ .what = NUMBER, .index = row, .measure = measure, .by = by };
	if (!cell->known || !number_weigh(p, c, cell->value, ANY_NUMBER))
		return false;
	if (cell->value == -by && c->weight < NOT_COUNTED) {
		c->kind = "number-not-counted";
		c->phrase = "the totals do without it";
		c->weight = NOT_COUNTED;
	}
	return true;
}

/* --------------------------------------------------------- rows too many */

static bool same_numbers(const struct problem *p, size_t a, size_t b)
{
	size_t m;

	if (row_of(p, a)->group != row_of(p, b)->group)
		return false;
	for (m = 0; m < p->totals->n_measures; m++) {
		const struct cell *x = cell_of(p, a, m), *y = cell_of(p, b, m);

		if (x->known != y->known || x->value != y->value)
			return false;
	}
	return true;
}

static bool row_is_twice(const struct problem *p, size_t row)
{
	size_t i;

	for (i = 0; i < p->n_rows; i++)
		if (i != row && same_numbers(p, i, row))
			return true;
	return false;
}

/* Whether a value of the row has one of these words, folded. */
static bool row_says(const struct problem *p, size_t row, const char *const *words, bool begins)
{
	const struct totals *t = p->totals;
	size_t i, j;

	tally_key(&t->rows, row_of(p, row)->group, p->key);
	for (i = 0; i < t->n_dimensions; i++) {
		const struct mu_map_entry *value;
		char folded[256];
		size_t len;

		if (!p->key[i + 1])
			continue;
		value = &t->dimensions[i].values.entries[p->key[i + 1] - 1];
		len = words_fold((struct mu_string){ (const char *)value->key, value->len }, folded,
				 sizeof folded);
		for (j = 0; words[j] && len != SIZE_MAX; j++)
			if (begins ? !strncmp(folded, words[j], strlen(words[j]))
				   : !strcmp(folded, words[j]))
				return true;
	}
	return false;
}

static const char *const total_words[] = { "total",    "totaal",      "totals", "sub total",
					   "subtotal", "grand total", "all",    "sum",
					   "gesamt",   "summe",       "totale", "totaux",
					   "totales",  "insgesamt",   NULL };

static const char *const part_words[] = { "of which",      "waarvan", "davon",     "dont",
					  "de los cuales", "di cui",  "including", NULL };

struct like {
	int64_t value;
	bool found;
};

static void states_like(struct problem *p, struct edit *e, void *data)
{
	struct like *like = data;

	(void)p;
	like->found = like->found || e->states == like->value;
}

/* Whether the row has the number of a total that covers it. */
static bool row_is_total(struct problem *p, size_t row, size_t measure)
{
	struct like like = { .value = cell_of(p, row, measure)->value };

	edits_visit(p, scopes_of(p, row), measure, states_like, &like);
	return like.found;
}

static bool row_is_year(const struct problem *p, size_t row, size_t measure)
{
	int64_t value = cell_of(p, row, measure)->value;

	return value >= YEAR_MIN && value <= YEAR_MAX;
}

static void extra_weigh(struct problem *p, struct change *c)
{
	size_t row = c->index;

	c->kind = "row-extra";
	c->phrase = "without this row all agrees";
	c->weight = ANY_ROW;
	if (row_is_twice(p, row)) {
		c->kind = "row-twice";
		c->phrase = "this row is there twice";
		c->weight = ROW_TWICE;
	} else if (row_says(p, row, part_words, true)) {
		c->kind = "part-counted";
		c->phrase = "this row is part of another one, and was counted beside it";
		c->weight = ROW_PART;
	} else if (row_says(p, row, total_words, false) || row_is_total(p, row, c->measure)) {
		c->kind = "subtotal-counted";
		c->phrase = "this row is itself a total of others";
		c->weight = row_says(p, row, total_words, false) ? ROW_SUBTOTAL : ROW_SUBTOTAL / 10;
	} else if (row_is_year(p, row, c->measure)) {
		c->kind = "year-counted";
		c->phrase = "this number is a year, as in a header";
		c->weight = ROW_YEAR / 10;
	}
}

/* Whether all that fails would hold without a row, of which all numbers go. */
static bool extra_change(struct problem *p, struct change *c, size_t row)
{
	struct effect all = { 0 };
	size_t m;

	for (m = 0; m < p->totals->n_measures; m++) {
		const struct cell *cell = cell_of(p, row, m);
		struct effect one;

		if (!cell->known || !cell->value)
			continue;
		one = effect_of(p, scopes_of(p, row), m, -(wide)cell->value);
		all.mended += one.mended;
		all.harms = all.harms || one.harms;
		all.leaves = all.leaves || one.leaves;
	}
	if (!mends_all(p, &all))
		return false;
	*c = (struct change){ .what = ROW_EXTRA,
			      .index = row,
			      .measure = p->edits[p->broken[0]].measure };
	c->by = -(wide)cell_of(p, row, c->measure)->value;
	extra_weigh(p, c);
	return true;
}

/* ---------------------------------------------------------- missing rows */

/* How likely it is that a row has a number: as often as others have it, and
 * small numbers more than large ones where none has. */
static double number_share(const struct problem *p, size_t measure, wide value)
{
	double same = 0, n = 1;
	size_t i;

	for (i = 0; i < p->n_rows; i++) {
		const struct cell *c = cell_of(p, i, measure);

		n += c->known;
		same += c->known && c->value == value;
	}
	return (same + 1 / (((double)value + 1) * log((double)p->largest + 3))) / n;
}

/* Puts the values that a scope fixes into p->key; false when they contradict. */
static bool key_join(struct problem *p, size_t scope)
{
	const struct totals *t = p->totals;
	size_t i;

	tally_key(&t->scopes, scope, t->key);
	for (i = 0; i < t->width; i++) {
		if (!t->key[i])
			continue;
		if (p->key[i] && p->key[i] != t->key[i])
			return false;
		p->key[i] = t->key[i];
	}
	return true;
}

/* Whether a row has all the values that are in p->key, which are all there are. */
static bool group_is_there(const struct problem *p)
{
	const struct totals *t = p->totals;
	size_t i;

	for (i = 1; i < t->width; i++)
		if (!p->key[i])
			return false;
	for (i = 0; i < p->n_rows; i++) {
		tally_key(&t->rows, row_of(p, i)->group, t->key);
		if (!memcmp(t->key + 1, p->key + 1, (t->width - 1) * sizeof *t->key))
			return true;
	}
	return false;
}

/* A row that all broken edits would cover, and no other edit.  Where a level has
 * a claim for every row, one that would be in none of them is not believed. */
static bool missing_scopes(struct problem *p, uint32_t *scopes)
{
	size_t n = p->totals->patterns.count, i;

	memset(p->key, 0, p->totals->width * sizeof *p->key);
	for (i = 0; i < p->n_broken; i++)
		if (!key_join(p, p->totals->listed[p->edits[p->broken[i]].claim].scope))
			return false;
	for (i = 0; i < n; i++)
		scopes[i] = scope_find(p, p->key, i);
	return true;
}

static bool missing_change(struct problem *p, struct change *c)
{
	uint32_t *scopes = p->meeting;
	size_t mended = 0, m, i;

	*c = (struct change){ .what = ROW_MISSING,
			      .kind = "row-missing",
			      .weight = 1,
			      .index = p->broken[0],
			      .measure = p->edits[p->broken[0]].measure,
			      .by = residual(&p->edits[p->broken[0]]) };
	if (!missing_scopes(p, scopes))
		return false;
	for (m = 0; m < p->totals->n_measures; m++) {
		wide by = 0;
		struct effect effect;

		for (i = 0; i < p->n_broken && !by; i++)
			if (p->edits[p->broken[i]].measure == m)
				by = residual(&p->edits[p->broken[i]]);
		if (!by)
			continue;
		effect = effect_of(p, scopes, m, by);
		if (effect.harms || effect.leaves || !fits(by) || (by < 0 && !p->n_negative))
			return false;
		mended += effect.mended;
		c->weight *= number_share(p, m, by);
	}
	if (group_is_there(p))
		c->weight /= 20;
	return mended == p->n_broken;
}

/* ---------------------------------------------------------------- claims */

/* Whether a claim of another document for the same scope has the number. */
static bool claim_is_stale(struct problem *p, const struct edit *e)
{
	struct totals *t = p->totals;
	size_t i;

	tally_key(&t->scopes, t->listed[e->claim].scope, p->key);
	for (i = 0; i < t->n_claims; i++) {
		const struct stated *s = stated_of(t, i, e->measure);

		if (i == e->claim || !s->known || s->value != e->states)
			continue;
		tally_key(&t->scopes, t->listed[i].scope, t->key);
		if (t->key[0] != p->key[0] &&
		    !memcmp(t->key + 1, p->key + 1, (t->width - 1) * sizeof *t->key))
			return true;
	}
	return false;
}

/* Whether a claim is too high by a year that its column or its rows name. */
static bool claim_has_year(struct problem *p, const struct edit *e)
{
	const struct totals *t = p->totals;
	char year[8];
	size_t i;

	if (residual(e) < YEAR_MIN || residual(e) > YEAR_MAX)
		return false;
	snprintf(year, sizeof year, "%d", (int)residual(e));
	if (strstr(t->measures[e->measure].name, year))
		return true;
	tally_key(&t->scopes, t->listed[e->claim].scope, t->key);
	for (i = 0; i < t->n_dimensions; i++) {
		const struct mu_map_entry *value;

		if (!t->key[i + 1])
			continue;
		value = &t->dimensions[i].values.entries[t->key[i + 1] - 1];
		if (value->len >= 4 && memmem(value->key, value->len, year, 4))
			return true;
	}
	return false;
}

static bool claim_change(struct problem *p, struct change *c, size_t edit)
{
	const struct edit *e = &p->edits[edit];
	uint64_t rows = stated_of(p->totals, e->claim, e->measure)->parts;

	*c = (struct change){
		.what = CLAIM, .index = e->claim, .measure = e->measure, .by = -residual(e)
	};
	if (!number_weigh(p, c, e->states, ANY_CLAIM))
		return false;
	if (claim_is_stale(p, e)) {
		c->kind = "claim-stale";
		c->phrase = "another edition states this number";
		c->weight = CLAIM_STALE;
	} else if (e->states >= 0 && rows > 1 && (uint64_t)e->states == rows) {
		c->kind = "claim-counts-rows";
		c->phrase = "it is the number of rows";
		c->weight = CLAIM_COUNTS;
	} else if (claim_has_year(p, e)) {
		c->kind = "year-counted";
		c->phrase = "it is too high by the year in the header, which was added in";
		c->weight = CLAIM_YEAR;
	} else if (!e->states) {
		c->kind = "claim-withheld";
		c->phrase = "0 stands for a number that is withheld";
		c->weight = CLAIM_ZERO;
	} else if (!strcmp(c->kind, slip_kind(SLIP_NONE))) {
		c->kind = "claim-wrong";
		c->phrase = "the total itself is wrong";
	}
	return true;
}

/* -------------------------------------------------------------- one change */

/* Of the broken edits, the one that covers the fewest rows. */
static size_t narrowest(const struct problem *p)
{
	size_t best = p->broken[0], least = SIZE_MAX, i;

	for (i = 0; i < p->n_broken; i++) {
		size_t scope = p->totals->listed[p->edits[p->broken[i]].claim].scope;
		size_t n = p->rows_from[scope + 1] - p->rows_from[scope];

		if (n < least) {
			least = n;
			best = p->broken[i];
		}
	}
	return best;
}

/* Two numbers of one row that stand in each other's place. */
static bool exchange_change(struct problem *p, struct change *c, size_t row, size_t a, size_t b)
{
	const struct cell *x = cell_of(p, row, a), *y = cell_of(p, row, b);
	struct effect one, two;
	wide by = (wide)y->value - x->value;

	if (!x->known || !y->known || !by)
		return false;
	one = effect_of(p, scopes_of(p, row), a, by);
	two = effect_of(p, scopes_of(p, row), b, -by);
	one.mended += two.mended;
	one.harms = one.harms || two.harms;
	one.leaves = one.leaves || two.leaves;
	if (!mends_all(p, &one))
		return false;
	*c = (struct change){ .what = EXCHANGE,
			      .index = row,
			      .measure = a,
			      .other = b,
			      .by = by,
			      .kind = "columns-shifted",
			      .weight = EXCHANGED,
			      .phrase = "two numbers of the row stand in each other's column" };
	return true;
}

/* Tries one change more, of a row, after `before` or NULL. */
static void row_try(struct problem *p, size_t row, const struct change *before)
{
	const struct edit *e = &p->edits[p->broken[0]];
	size_t m;
	struct change c;
	struct effect effect = effect_of(p, scopes_of(p, row), e->measure, residual(e));

	if (mends_all(p, &effect) && number_change(p, &c, row, e->measure, residual(e)))
		solution_add(p, before ? before : &c, before ? &c : NULL);
	if (extra_change(p, &c, row))
		solution_add(p, before ? before : &c, before ? &c : NULL);
	for (m = 0; m < p->totals->n_measures; m++)
		if (m != e->measure && exchange_change(p, &c, row, e->measure, m))
			solution_add(p, before ? before : &c, before ? &c : NULL);
}

static void try_one(struct problem *p, const struct change *before)
{
	struct change c;
	size_t scope, i;

	if (!p->n_broken)
		return;
	scope = p->totals->listed[p->edits[narrowest(p)].claim].scope;
	for (i = p->rows_from[scope]; i < p->rows_from[scope + 1]; i++)
		row_try(p, p->rows_of[i], before);
	if (missing_change(p, &c))
		solution_add(p, before ? before : &c, before ? &c : NULL);
	if (p->n_broken == 1 && claim_change(p, &c, p->broken[0]))
		solution_add(p, before ? before : &c, before ? &c : NULL);
}

/* ------------------------------------------------------------- two changes */

static bool spent(struct problem *p)
{
	if (p->steps > STEPS_MAX || mu_cancelled(p->ctx))
		p->gave_up = true;
	return p->gave_up;
}

/* The scopes of a row where two edits meet; false when none can be in both. */
static bool meet(struct problem *p, size_t a, size_t b, uint32_t *scopes)
{
	size_t i;

	memset(p->key, 0, p->totals->width * sizeof *p->key);
	if (!key_join(p, p->totals->listed[p->edits[a].claim].scope) ||
	    !key_join(p, p->totals->listed[p->edits[b].claim].scope))
		return false;
	for (i = 0; i < p->totals->patterns.count; i++)
		scopes[i] = scope_find(p, p->key, i);
	return true;
}

/* Carries a change out, or with `sign` -1 takes it back. */
static void apply(struct problem *p, const struct change *c, int sign)
{
	size_t m;

	if (c->what == NUMBER) {
		shift(p, scopes_of(p, c->index), c->measure, sign * c->by);
	} else if (c->what == ROW_EXTRA) {
		for (m = 0; m < p->totals->n_measures; m++)
			shift(p, scopes_of(p, c->index), m,
			      -sign * (wide)cell_of(p, c->index, m)->value);
	} else if (c->what == ROW_MISSING) {
		meet(p, c->index, c->other - 1, p->meeting);
		shift(p, p->meeting, c->measure, sign * c->by);
	} else if (c->what == CLAIM) {
		for (m = 0; m < p->n_edits; m++)
			if (p->edits[m].claim == c->index && p->edits[m].measure == c->measure) {
				p->edits[m].low += sign * c->by;
				p->edits[m].high += sign * c->by;
			}
	}
	broken_list(p);
}

static void try_after(struct problem *p, const struct change *c)
{
	apply(p, c, 1);
	try_one(p, c);
	apply(p, c, -1);
}

struct residuals {
	wide values[8];
	size_t count;
};

static void residual_note(struct problem *p, struct edit *e, void *data)
{
	struct residuals *r = data;
	size_t i;

	(void)p;
	if (!fails(e) || r->count == 8)
		return;
	for (i = 0; i < r->count; i++)
		if (r->values[i] == residual(e))
			return;
	r->values[r->count++] = residual(e);
}

/* A number of a row first, by what some claim that covers it lacks. */
static void second_after_number(struct problem *p, size_t row, size_t measure)
{
	struct residuals r = { .count = 0 };
	struct change c;
	size_t i;

	edits_visit(p, scopes_of(p, row), measure, residual_note, &r);
	for (i = 0; i < r.count; i++)
		if (number_change(p, &c, row, measure, r.values[i]))
			try_after(p, &c);
}

/* A row too many, when something speaks for it. */
static bool extra_suspect(struct problem *p, struct change *c, size_t row, size_t measure)
{
	*c = (struct change){ .what = ROW_EXTRA, .index = row, .measure = measure };
	c->by = -(wide)cell_of(p, row, measure)->value;
	if (!c->by)
		return false;
	extra_weigh(p, c);
	return c->weight > ANY_ROW;
}

/* A row that is missing where two broken edits meet. */
static bool missing_between(struct problem *p, struct change *c, size_t a, size_t b)
{
	wide by = residual(&p->edits[a]);
	size_t measure = p->edits[a].measure;

	if (a == b || p->edits[b].measure != measure || residual(&p->edits[b]) != by || by <= 0 ||
	    !meet(p, a, b, p->meeting))
		return false;
	*c = (struct change){ .what = ROW_MISSING,
			      .kind = "row-missing",
			      .index = a,
			      .other = b + 1,
			      .measure = measure,
			      .by = by };
	c->weight = number_share(p, measure, by) / (group_is_there(p) ? 20 : 1);
	return true;
}

static void try_two(struct problem *p)
{
	size_t edit = narrowest(p), scope = p->totals->listed[p->edits[edit].claim].scope, i;
	size_t measure = p->edits[edit].measure, n = p->n_broken;
	size_t *broken = mu_alloc(p->ctx, (n + 1) * sizeof *broken);
	struct change c;

	memcpy(broken, p->broken, n * sizeof *broken);
	for (i = p->rows_from[scope]; i < p->rows_from[scope + 1] && !spent(p); i++) {
		second_after_number(p, p->rows_of[i], measure);
		if (extra_suspect(p, &c, p->rows_of[i], measure))
			try_after(p, &c);
	}
	for (i = 0; i < n && !spent(p); i++)
		if (missing_between(p, &c, edit, broken[i]))
			try_after(p, &c);
	if (claim_change(p, &c, edit))
		try_after(p, &c);
}

/* ------------------------------------------------------------ more changes */

/* The likeliest of some, and what all of them weigh. */
struct choice {
	struct change best;
	double all;
};

static void choose(struct choice *choice, const struct change *c)
{
	if (c->weight > choice->best.weight)
		choice->best = *c;
	choice->all += c->weight;
}

/* Changes that mend a broken edit and one more, and harm none. */
static void choices_for(struct problem *p, size_t edit, struct choice *out)
{
	size_t scope = p->totals->listed[p->edits[edit].claim].scope, i;
	size_t measure = p->edits[edit].measure;
	wide by = residual(&p->edits[edit]);
	struct effect effect;
	struct change c;

	for (i = p->rows_from[scope]; i < p->rows_from[scope + 1] && !spent(p); i++) {
		size_t row = p->rows_of[i];

		effect = effect_of(p, scopes_of(p, row), measure, by);
		if (effect.harms || effect.mended < 2)
			continue;
		if (number_change(p, &c, row, measure, by))
			choose(out, &c);
		if (extra_suspect(p, &c, row, measure) && c.by == by)
			choose(out, &c);
	}
	for (i = 0; i < p->n_broken; i++) {
		if (!missing_between(p, &c, edit, p->broken[i]))
			continue;
		effect = effect_of(p, p->meeting, measure, by);
		if (!effect.harms && effect.mended >= 2)
			choose(out, &c);
	}
}

/* Mends one thing after the other, where totals of rows and columns meet. */
static void try_many(struct problem *p)
{
	struct solution s = { .weight = 1 };
	size_t i;

	while (p->n_broken && s.count < CHANGES_MAX && !spent(p)) {
		struct choice choice = { .all = 0 };

		for (i = 0; i < p->n_broken && choice.all <= 0; i++)
			choices_for(p, p->broken[i], &choice);
		if (choice.all <= 0)
			break;
		s.changes[s.count++] = choice.best;
		s.weight *= choice.best.weight / choice.all;
		apply(p, &choice.best, 1);
	}
	if (!p->n_broken)
		p->found[p->n_found++] = s;
	for (i = s.count; i > 0; i--)
		apply(p, &s.changes[i - 1], -1);
}

/* Whether what should stand in the one place stands in the other. */
static bool moves_to(const struct problem *p, const struct change *from, const struct change *to)
{
	wide right = cell_of(p, from->index, from->measure)->value + from->by;

	return right && right == cell_of(p, to->index, to->measure)->value;
}

/* Two numbers that change by as much in opposite directions, and so take each
 * other's place. */
static void exchanges_weigh(struct problem *p)
{
	size_t i;

	for (i = 0; i < p->n_found; i++) {
		struct solution *s = &p->found[i];
		struct change *a = &s->changes[0], *b = &s->changes[1];

		if (s->count != 2 || a->what != NUMBER || b->what != NUMBER)
			continue;
		if (a->index == b->index && (moves_to(p, a, b) || moves_to(p, b, a))) {
			a->kind = b->kind = "columns-shifted";
			a->phrase = b->phrase = "the numbers of the row stand in other columns";
			s->weight = EXCHANGED / 2;
		}
		if (a->by != -b->by)
			continue;
		if (cell_of(p, a->index, a->measure)->value + a->by !=
		    cell_of(p, b->index, b->measure)->value)
			continue;
		a->kind = b->kind = a->index == b->index ? "columns-shifted" : "values-swapped";
		a->phrase = b->phrase =
			a->index == b->index ? "two numbers of the row stand in each other's column"
					     : "two numbers stand in each other's place";
		s->weight =
			a->index + 1 == b->index || b->index + 1 == a->index || a->index == b->index
				? EXCHANGED
				: EXCHANGED / 20;
	}
}

/* Whether nothing fails without some rows, `n` of those at `rows` from `a` on, or
 * where `n` is 0 just the two at a and b. */
static bool rows_mend(struct problem *p, const size_t *rows, size_t a, size_t b, size_t n)
{
	struct change c = { .what = ROW_EXTRA };
	size_t i;
	bool mend;

	for (i = a; i <= b; i = n ? i + 1 : i == a ? b : b + 1) {
		c.index = rows[i];
		apply(p, &c, 1);
	}
	mend = !p->n_broken;
	for (i = a; i <= b; i = n ? i + 1 : i == a ? b : b + 1) {
		c.index = rows[i];
		apply(p, &c, -1);
	}
	return mend;
}

static void several_add(struct problem *p, size_t a, size_t b, size_t measure, bool block)
{
	struct change first = { .what = ROW_EXTRA,
				.index = a,
				.measure = measure,
				.weight = ANY_ROW,
				.kind = "rows-extra" };
	struct change last = first;

	first.phrase = block ? "without the rows from this one on all agrees"
			     : "without this row all agrees";
	first.by = -(wide)cell_of(p, a, measure)->value;
	last.phrase = block ? "without the rows up to this one" : "without this row";
	last.index = b;
	last.weight = 1;
	last.by = -(wide)cell_of(p, b, measure)->value;
	solution_add(p, &first, &last);
}

/* Rows that stand together and together are what is too much. */
static void try_blocks(struct problem *p, const size_t *rows, size_t n, size_t measure, wide much)
{
	size_t i, j;

	for (i = 0; i < n && !spent(p); i++) {
		wide sum = cell_of(p, rows[i], measure)->value;

		for (j = i + 1; j < n && j < i + BLOCK_MAX && sum < much; j++) {
			p->steps++;
			sum += cell_of(p, rows[j], measure)->value;
			if (sum == much && rows_mend(p, rows, i, j, j - i))
				several_add(p, rows[i], rows[j], measure, j > i + 1);
		}
	}
}

/* Two rows wherever they are.  When many pairs would do, none of them says
 * anything. */
static void try_pairs(struct problem *p, const size_t *rows, size_t n, size_t measure, wide much)
{
	size_t pairs[PAIRS_MAX][2], found = 0, i, j;

	for (i = 0; i < n && !spent(p) && found <= PAIRS_MAX; i++)
		for (j = i + 2; j < n && found <= PAIRS_MAX; j++) {
			p->steps++;
			if ((wide)cell_of(p, rows[i], measure)->value +
				    cell_of(p, rows[j], measure)->value !=
			    much)
				continue;
			if (!cell_of(p, rows[i], measure)->value ||
			    !cell_of(p, rows[j], measure)->value)
				continue;
			if (found < PAIRS_MAX) {
				pairs[found][0] = i;
				pairs[found][1] = j;
			}
			found++;
		}
	for (i = 0; i < found && found <= PAIRS_MAX; i++)
		if (rows_mend(p, rows, pairs[i][0], pairs[i][1], 0))
			several_add(p, rows[pairs[i][0]], rows[pairs[i][1]], measure, false);
}

/* A few rows that are together what a single claim has too much. */
static void try_several(struct problem *p)
{
	const struct edit *e = &p->edits[p->broken[0]];
	size_t scope = p->totals->listed[e->claim].scope, measure = e->measure;
	const size_t *rows = &p->rows_of[p->rows_from[scope]];
	size_t n = p->rows_from[scope + 1] - p->rows_from[scope];
	wide much = -residual(e);

	if (p->n_broken != 1 || much <= 0 || p->n_negative)
		return;
	try_blocks(p, rows, n, measure, much);
	if (n <= PAIR_ROWS)
		try_pairs(p, rows, n, measure, much);
}

/* ----------------------------------------------------------------- telling */

static int by_weight(const void *a, const void *b)
{
	const struct solution *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	if (x->changes[0].what != y->changes[0].what)
		return x->changes[0].what < y->changes[0].what ? -1 : 1;
	return (x->changes[0].index > y->changes[0].index) -
	       (x->changes[0].index < y->changes[0].index);
}

static char *text_keep(struct mu_ctx *ctx, const char *text)
{
	size_t len = strlen(text);
	char *kept = mu_alloc(ctx, len + 1);

	return memcpy(kept, text, len + 1);
}

static const char *number_text(struct mu_ctx *ctx, wide value)
{
	char text[32];

	snprintf(text, sizeof text, "%" PRId64, (int64_t)value);
	return text_keep(ctx, text);
}

static void tell_number(struct problem *p, const struct change *c, struct mu_explanation *out)
{
	const struct cell *cell = cell_of(p, c->index, c->measure);
	char text[256];

	snprintf(text, sizeof text, "%s reads %" PRId64 ", %" PRId64 " would fit: %s", out->field,
		 cell->value, (int64_t)(cell->value + c->by), c->phrase);
	out->at = row_of(p, c->index)->at;
	out->suggested = number_text(p->ctx, cell->value + c->by);
	out->message = text_keep(p->ctx, text);
}

static void tell_missing(struct problem *p, const struct change *c, struct mu_explanation *out)
{
	struct phrase phrase = { .len = 0 };
	char text[96];
	size_t i;

	memset(p->key, 0, p->totals->width * sizeof *p->key);
	if (c->other) {
		key_join(p, p->totals->listed[p->edits[c->index].claim].scope);
		key_join(p, p->totals->listed[p->edits[c->other - 1].claim].scope);
	} else {
		for (i = 0; i < p->n_broken; i++)
			key_join(p, p->totals->listed[p->edits[p->broken[i]].claim].scope);
	}
	snprintf(text, sizeof text, "a row with %s %" PRId64 " is missing", out->field,
		 (int64_t)c->by);
	phrase_puts(&phrase, text);
	phrase_key(&phrase, p->totals, p->key);
	out->suggested = number_text(p->ctx, c->by);
	out->message = text_keep(p->ctx, phrase.text);
}

static void tell_claim(struct problem *p, const struct change *c, struct mu_explanation *out)
{
	const struct claim *claim = &p->totals->listed[c->index];
	const struct mu_map_entry *level = &p->totals->levels.entries[claim->level];
	int64_t states = stated_of(p->totals, c->index, c->measure)->value;
	struct phrase phrase = { .len = 0 };
	char text[256];

	phrase_puts(&phrase, "claim '");
	phrase_add(&phrase, (const char *)level->key, level->len);
	snprintf(text, sizeof text, "' states %" PRId64 ", %" PRId64 " would fit: %s", states,
		 (int64_t)(states + c->by), c->phrase);
	phrase_puts(&phrase, text);
	out->at = claim->at;
	out->suggested = number_text(p->ctx, states + c->by);
	out->message = text_keep(p->ctx, phrase.text);
}

static void tell_exchange(struct problem *p, const struct change *c, struct mu_explanation *out)
{
	char text[256];

	snprintf(text, sizeof text, "%s reads %" PRId64 " and %s %" PRId64 ": %s", out->field,
		 cell_of(p, c->index, c->measure)->value, p->totals->measures[c->other].name,
		 cell_of(p, c->index, c->other)->value, c->phrase);
	out->at = row_of(p, c->index)->at;
	out->suggested = number_text(p->ctx, cell_of(p, c->index, c->measure)->value + c->by);
	out->message = text_keep(p->ctx, text);
}

static void tell(struct problem *p, const struct solution *s, size_t i, double share,
		 struct mu_explanation *out)
{
	const struct change *c = &s->changes[i];

	*out = (struct mu_explanation){ .kind = c->kind,
					.score = share,
					.field = p->totals->measures[c->measure].name };
	switch (c->what) {
	case NUMBER:
		tell_number(p, c, out);
		break;
	case ROW_EXTRA:
		out->at = row_of(p, c->index)->at;
		out->message = c->phrase;
		break;
	case ROW_MISSING:
		tell_missing(p, c, out);
		break;
	case CLAIM:
		tell_claim(p, c, out);
		break;
	case EXCHANGE:
		tell_exchange(p, c, out);
		break;
	}
	if (s->count > 1) {
		struct phrase phrase = { .len = 0 };

		phrase_puts(&phrase, i               ? "and at the same time: "
				     : s->count == 2 ? "two changes together: "
						     : "several changes together: ");
		phrase_puts(&phrase, out->message);
		out->message = text_keep(p->ctx, phrase.text);
	}
}

static void account_write(struct problem *p, struct account *account)
{
	double all = 0;
	size_t i, j;

	qsort(p->found, p->n_found, sizeof *p->found, by_weight);
	for (i = 0; i < p->n_found; i++)
		all += p->found[i].weight;
	all /= 1 - NONE_OF_THESE;
	account->items = mu_alloc(p->ctx, (SHOWN + CHANGES_MAX) * sizeof *account->items);
	for (i = 0; i < p->n_found && account->count < SHOWN; i++) {
		const struct solution *s = &p->found[i];

		/* What is a thousand times less likely only hides the rest. */
		if (s->weight < p->found[0].weight / 1000)
			break;
		for (j = 0; j < s->count; j++)
			tell(p, s, j, s->weight / all, &account->items[account->count++]);
	}
	account->otherwise = p->gave_up ? "the search for an explanation was given up"
					: "no change of a few rows or totals explains it";
}

/* ----------------------------------------------------------------- solving */

static bool several_measures(const struct problem *p)
{
	size_t i;

	for (i = 1; i < p->n_broken; i++)
		if (p->edits[p->broken[i]].measure != p->edits[p->broken[0]].measure)
			return true;
	return false;
}

static void solve(struct problem *p, struct account *account)
{
	p->broken = mu_alloc(p->ctx, (p->n_edits + 1) * sizeof *p->broken);
	p->found = calloc(FOUND_MAX, sizeof *p->found);
	broken_list(p);
	if (p->n_broken && p->found) {
		try_one(p, NULL);
		try_several(p);
		if (!p->n_found || several_measures(p))
			try_two(p);
		if (!p->n_found)
			try_many(p);
		exchanges_weigh(p);
	}
	account_write(p, account);
	free(p->found);
}

static void explain_document(struct mu_ctx *ctx, struct totals *self, struct account *account)
{
	struct problem p = { .ctx = ctx, .totals = self, .document = account->document };

	if (self->too_many) {
		account->otherwise = "not explained: there are more rows than max_explained";
		return;
	}
	p.key = mu_alloc(ctx, self->width * sizeof *p.key);
	p.meeting = mu_alloc(ctx, (self->patterns.count + 1) * sizeof *p.meeting);
	rows_list(&p);
	if (!p.n_rows) {
		account->otherwise = "there are no rows to look at";
		return;
	}
	if (p.n_rows * self->patterns.count > SCOPES_MAX) {
		account->otherwise = "not explained: there are too many rows and levels";
		return;
	}
	edits_list(&p);
	edits_index(&p);
	rows_index(&p);
	solve(&p, account);
}

/* The document whose claims a claim is among; 0 with `within: all`. */
static uint32_t document_of(const struct totals *self, const struct claim *claim)
{
	tally_key(&self->scopes, claim->scope, self->key);
	return self->key[0];
}

const struct account *account_of(const struct totals *self, const struct claim *claim)
{
	uint32_t document = document_of(self, claim);
	size_t i;

	for (i = 0; i < self->n_accounts; i++)
		if (self->accounts[i].document == document)
			return &self->accounts[i];
	return NULL;
}

int explain(struct mu_ctx *ctx, struct totals *self)
{
	size_t i, m;

	for (i = 0; i < self->n_claims; i++) {
		bool failed = false;
		struct account *grown;

		for (m = 0; m < self->n_measures; m++)
			failed = failed || (stated_of(self, i, m)->known &&
					    stated_of(self, i, m)->outcome == MU_FAIL);
		if (!failed || account_of(self, &self->listed[i]))
			continue;
		grown = reallocarray(self->accounts, self->n_accounts + 1, sizeof *grown);
		if (!grown)
			return mu_fail(ctx, ENOMEM, "out of memory");
		self->accounts = grown;
		grown[self->n_accounts] =
			(struct account){ .document = document_of(self, &self->listed[i]) };
		explain_document(ctx, self, &grown[self->n_accounts++]);
		if (mu_cancelled(ctx))
			return ECANCELED;
	}
	return 0;
}
