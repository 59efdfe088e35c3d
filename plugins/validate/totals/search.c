/*
 * Which changes mend all that fails: one, two, or several that each mend a part.
 */
#include <stdlib.h>

#include "explain.h"

#define STEPS_MAX 20000000 /* rows looked at for one document */
#define BLOCK_MAX 64       /* rows of a block that is too many */
#define PAIRS_MAX 3
#define PAIR_ROWS 2000 /* of which all pairs are looked at */

#define EXCHANGED 0.5  /* two numbers stand in each other's place */
#define SECOND    0.01 /* a second error in the same document */

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

static bool spent(struct problem *p)
{
	if (p->steps > STEPS_MAX || mu_cancelled(p->ctx))
		p->gave_up = true;
	return p->gave_up;
}

/* Of the broken edits, the one that covers the fewest rows. */
static size_t narrowest(const struct problem *p)
{
	size_t best = p->broken[0], least = SIZE_MAX, i;

	for (i = 0; i < p->n_broken; i++) {
		size_t scope = scope_of(p, p->broken[i]);
		size_t n = p->rows_from[scope + 1] - p->rows_from[scope];

		if (n < least) {
			least = n;
			best = p->broken[i];
		}
	}
	return best;
}

/* Tries one change more, of a row, after `before` or NULL. */
static void row_try(struct problem *p, size_t row, const struct change *before)
{
	const struct edit *e = &p->edits[p->broken[0]];
	struct change c;
	struct effect effect = effect_of(p, scopes_of(p, row), e->measure, residual(e));

	if (mends_all(p, &effect) && number_change(p, &c, row, e->measure, residual(e)))
		solution_add(p, before ? before : &c, before ? &c : NULL);
	if (extra_change(p, &c, row))
		solution_add(p, before ? before : &c, before ? &c : NULL);
}

static void try_one(struct problem *p, const struct change *before)
{
	struct change c;
	size_t scope, i;

	if (!p->n_broken)
		return;
	scope = scope_of(p, narrowest(p));
	for (i = p->rows_from[scope]; i < p->rows_from[scope + 1] && !spent(p); i++)
		row_try(p, p->rows_of[i], before);
	if (missing_change(p, &c))
		solution_add(p, before ? before : &c, before ? &c : NULL);
	if (p->n_broken == 1 && claim_change(p, &c, p->broken[0]))
		solution_add(p, before ? before : &c, before ? &c : NULL);
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

static void try_two(struct problem *p)
{
	size_t edit = narrowest(p), scope = scope_of(p, edit), i;
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
	size_t scope = scope_of(p, edit), i;
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
	for (i = 0; i < p->n_broken && !spent(p); i++) {
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

		for (i = 0; i < p->n_broken && choice.all <= 0 && !spent(p); i++)
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

static void exchange_set(struct solution *s, const char *kind, const char *phrase, double weight)
{
	s->changes[0].kind = s->changes[1].kind = kind;
	s->changes[0].phrase = s->changes[1].phrase = phrase;
	s->weight = weight;
}

/* Two numbers of which one stands in the other's place are one mistake. */
static void exchanges_weigh(struct problem *p)
{
	size_t i;

	for (i = 0; i < p->n_found; i++) {
		struct solution *s = &p->found[i];
		const struct change *a = &s->changes[0], *b = &s->changes[1];
		bool there, back, near;

		if (s->count != 2 || a->what != NUMBER || b->what != NUMBER)
			continue;
		there = moves_to(p, a, b);
		back = moves_to(p, b, a);
		near = a->index + 1 == b->index || b->index + 1 == a->index;
		if (a->index == b->index && (there || back))
			exchange_set(s, "columns-shifted",
				     "the numbers of the row stand in other columns",
				     there && back ? EXCHANGED : EXCHANGED / 2);
		else if (a->measure == b->measure && a->by == -b->by && (there || back))
			exchange_set(s, "values-swapped", "two numbers stand in each other's place",
				     near ? EXCHANGED : EXCHANGED / 20);
	}
}

/* Carries out, or takes back, that the rows from a to b are not there, each
 * `step`th of them. */
static void rows_apply(struct problem *p, const size_t *rows, size_t a, size_t b, size_t step,
		       int sign)
{
	struct change c = { .what = ROW_EXTRA };
	size_t i;

	for (i = a; i <= b; i += step) {
		c.index = rows[i];
		apply(p, &c, sign);
	}
}

/* Whether nothing fails without them. */
static bool rows_mend(struct problem *p, const size_t *rows, size_t a, size_t b, size_t step)
{
	bool mend;

	rows_apply(p, rows, a, b, step, 1);
	mend = !p->n_broken;
	rows_apply(p, rows, a, b, step, -1);
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
			if (sum == much && rows_mend(p, rows, i, j, 1))
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
		if (rows_mend(p, rows, pairs[i][0], pairs[i][1], pairs[i][1] - pairs[i][0]))
			several_add(p, rows[pairs[i][0]], rows[pairs[i][1]], measure, false);
}

/* A few rows that are together what a single claim has too much. */
static void try_several(struct problem *p)
{
	const struct edit *e = &p->edits[p->broken[0]];
	size_t scope = scope_of(p, p->broken[0]), measure = e->measure;
	const size_t *rows = &p->rows_of[p->rows_from[scope]];
	size_t n = p->rows_from[scope + 1] - p->rows_from[scope];
	wide much = -residual(e);

	if (p->n_broken != 1 || much <= 0 || p->n_negative)
		return;
	try_blocks(p, rows, n, measure, much);
	if (n <= PAIR_ROWS)
		try_pairs(p, rows, n, measure, much);
}

static bool several_measures(const struct problem *p)
{
	size_t i;

	for (i = 1; i < p->n_broken; i++)
		if (p->edits[p->broken[i]].measure != p->edits[p->broken[0]].measure)
			return true;
	return false;
}

int solve(struct problem *p, struct account *account)
{
	if (!p->broken)
		p->broken = mu_alloc(p->ctx, (p->n_edits + 1) * sizeof *p->broken);
	p->n_found = 0;
	p->found = calloc(FOUND_MAX, sizeof *p->found);
	if (!p->found)
		return out_of_memory(p->ctx);
	broken_list(p);
	if (p->n_broken) {
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
	return 0;
}
