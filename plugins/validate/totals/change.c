/*
 * Which changes there are, and how likely each is.
 */
#include <math.h>
#include <stdio.h>

#include "explain.h"
#include "text/slip.h"
#include "text/words.h"

#define YEAR_MIN 1945
#define YEAR_MAX 2100

/* How often things are beside slips in a number that is given.  Of a number that
 * is another one without any likeness, each one is the less likely the larger it
 * is. */
#define ANY_NUMBER   0.02
#define ANY_CLAIM    0.5 /* claims are computed, and not always from these rows */
#define ONLY_SIGN    1.0
#define NOT_COUNTED  5e-3 /* a number that its totals leave out */
#define ROW_TWICE    3.0
#define ROW_SUBTOTAL 3.0
#define ROW_PART     2.0
#define ROW_YEAR     1.0
#define CLAIM_STALE  2.0
#define CLAIM_COUNTS 2.0
#define CLAIM_YEAR   2.0
#define CLAIM_ZERO   1.0

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

bool number_change(const struct problem *p, struct change *c, size_t row, size_t measure, wide by)
{
	const struct amount *cell = cell_of(p, row, measure);

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

static bool same_numbers(const struct problem *p, size_t a, size_t b)
{
	size_t m;

	if (row_of(p, a)->group != row_of(p, b)->group)
		return false;
	for (m = 0; m < p->totals->n_measures; m++) {
		const struct amount *x = cell_of(p, a, m), *y = cell_of(p, b, m);

		if (x->known != y->known || x->value != y->value)
			return false;
	}
	return true;
}

static bool row_is_twice(struct problem *p, size_t row)
{
	size_t i;

	p->steps += p->n_rows;
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
	for (i = 0; i < t->block.n_dimensions; i++) {
		char folded[256], space[MU_FORMAT_MAX];
		struct mu_string value;
		size_t len;

		if (!p->key[i + 1])
			continue;
		value = dimension_value(&t->block.dimensions[i], p->key[i + 1], space);
		len = words_fold_with(&p->icu, value, folded, sizeof folded);
		for (j = 0; words[j] && len != SIZE_MAX; j++)
			if (begins ? !strncmp(folded, words[j], strlen(words[j]))
				   : !strcmp(folded, words[j]))
				return true;
	}
	return false;
}

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

static const char *const total_words[] = { "total",    "totaal",      "totals", "sub total",
					   "subtotal", "grand total", "all",    "sum",
					   "gesamt",   "summe",       "totale", "totaux",
					   "totales",  "insgesamt",   NULL };

static const char *const part_words[] = { "of which",      "waarvan", "davon",     "dont",
					  "de los cuales", "di cui",  "including", NULL };

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

bool extra_change(struct problem *p, struct change *c, size_t row)
{
	struct effect all = { 0 };
	size_t m;

	for (m = 0; m < p->totals->n_measures; m++) {
		const struct amount *cell = cell_of(p, row, m);
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

bool extra_suspect(struct problem *p, struct change *c, size_t row, size_t measure)
{
	*c = (struct change){ .what = ROW_EXTRA, .index = row, .measure = measure };
	c->by = -(wide)cell_of(p, row, measure)->value;
	if (!c->by)
		return false;
	extra_weigh(p, c);
	return c->weight > ANY_ROW;
}

/* How likely it is that a row has a number: as often as others have it, and
 * small numbers more than large ones where none has. */
static double number_share(struct problem *p, size_t measure, wide value)
{
	double same = 0, n = 1;
	size_t i;

	p->steps += p->n_rows;
	for (i = 0; i < p->n_rows; i++) {
		const struct amount *c = cell_of(p, i, measure);

		n += c->known;
		same += c->known && c->value == value;
	}
	return (same + 1 / (((double)value + 1) * log((double)p->largest + 3))) / n;
}

/* A row that all broken edits would cover, and no other edit.  Where a level has
 * a claim for every row, one that would be in none of them is not believed. */
static bool missing_scopes(struct problem *p, uint32_t *scopes)
{
	size_t n = p->totals->patterns.count, i;

	memset(p->key, 0, p->totals->block.width * sizeof *p->key);
	for (i = 0; i < p->n_broken; i++)
		if (!key_join(p, scope_of(p, p->broken[i])))
			return false;
	for (i = 0; i < n; i++)
		scopes[i] = scope_find(p, p->key, i);
	return true;
}

/* One more than the broken edit that, with another, says most of a missing row;
 * 0 when there is none. */
static size_t widest_meeting(struct problem *p, size_t edit)
{
	size_t best = 0, most = 0, i, j;

	for (i = 0; i < p->n_broken; i++) {
		size_t fixed = 0;

		if (p->broken[i] == edit || !meet(p, edit, p->broken[i], p->meeting))
			continue;
		for (j = 1; j < p->totals->block.width; j++)
			fixed += p->key[j] != 0;
		if (!best || fixed > most) {
			most = fixed;
			best = p->broken[i] + 1;
		}
	}
	return best;
}

bool missing_change(struct problem *p, struct change *c)
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
	c->other = widest_meeting(p, c->index);
	return mended == p->n_broken;
}

bool missing_between(struct problem *p, struct change *c, size_t a, size_t b)
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

/* Whether a claim of another document for the same scope has the number. */
static bool claim_is_stale(struct problem *p, const struct edit *e)
{
	struct totals *t = p->totals;
	size_t i;

	tally_key(&t->scopes, claim_at(t, e->claim)->scope, p->key);
	for (i = 0; i < n_claims(t); i++) {
		const struct claim *claim = claim_at(t, i);

		if (i == e->claim || !is_compared(t, claim, e->measure) ||
		    claim->values[e->measure] != e->states)
			continue;
		tally_key(&t->scopes, claim->scope, t->key);
		if (t->key[0] != p->key[0] &&
		    !memcmp(t->key + 1, p->key + 1, (t->block.width - 1) * sizeof *t->key))
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
	tally_key(&t->scopes, claim_at(t, e->claim)->scope, t->key);
	for (i = 0; i < t->block.n_dimensions; i++) {
		char space[MU_FORMAT_MAX];
		struct mu_string value;

		if (!t->key[i + 1])
			continue;
		value = dimension_value(&t->block.dimensions[i], t->key[i + 1], space);
		if (value.len >= 4 && memmem(value.data, value.len, year, 4))
			return true;
	}
	return false;
}

bool claim_change(struct problem *p, struct change *c, size_t edit)
{
	const struct edit *e = &p->edits[edit];
	uint64_t rows = tally_at(&p->totals->scopes, scope_of(p, edit))->rows;

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
