/*
 * The edits of one document, its rows, and what changes do to them.
 */
#include "explain.h"

static bool same_document(const struct problem *p, uint64_t at)
{
	return !p->document || mu_at_document(at) == p->document;
}

void rows_list(struct problem *p)
{
	size_t i, m;

	p->rows = mu_alloc(p->ctx, (p->totals->kept.count + 1) * sizeof *p->rows);
	for (i = 0; i < p->totals->kept.count; i++) {
		const struct row *row = pile_at(&p->totals->kept, i);

		if (same_document(p, row->at))
			p->rows[p->n_rows++] = i;
	}
	for (i = 0; i < p->n_rows; i++)
		for (m = 0; m < p->totals->n_measures; m++) {
			const struct amount *c = cell_of(p, i, m);

			if (c->known && c->value > p->largest)
				p->largest = c->value;
			p->n_negative += c->known && c->value < 0;
		}
}

void edits_list(struct problem *p)
{
	struct totals *t = p->totals;
	size_t i, m;

	p->edits = mu_alloc(p->ctx, (n_claims(t) * t->n_measures + 1) * sizeof *p->edits);
	for (i = 0; i < n_claims(t); i++) {
		const struct claim *claim = claim_at(t, i);

		tally_key(&t->scopes, claim->scope, t->key);
		if (t->key[0] != p->document || level_of(t, claim)->states == STATES_ROWS)
			continue;
		for (m = 0; m < t->n_measures; m++) {
			struct parts parts;

			if (!is_compared(t, claim, m) || outcome_of(t, claim, m) == MU_UNEVALUATED)
				continue;
			parts = parts_of(t, claim, m);
			if (parts.subtotals)
				continue;
			p->edits[p->n_edits++] = (struct edit){
				.claim = i,
				.measure = m,
				.low = parts.low,
				.high = parts.high,
				.sum = parts.sum.value,
				.states = claim->values[m],
			};
		}
	}
}

/* Lists of members by scope, counted first and then filled. */
static void index_make(struct problem *p, size_t **from, size_t **of, size_t total)
{
	*from = mu_alloc(p->ctx, (n_scopes(p->totals) + 2) * sizeof **from);
	*of = mu_alloc(p->ctx, (total + 1) * sizeof **of);
}

static void index_begin(struct problem *p, size_t *from)
{
	size_t i;

	for (i = n_scopes(p->totals) + 1; i > 0; i--)
		from[i] = from[i - 1];
	from[0] = 0;
	for (i = 1; i <= n_scopes(p->totals) + 1; i++)
		from[i] += from[i - 1];
}

void edits_index(struct problem *p)
{
	size_t *next, i;

	index_make(p, &p->edits_from, &p->edits_of, p->n_edits);
	for (i = 0; i < p->n_edits; i++)
		p->edits_from[scope_of(p, i)]++;
	index_begin(p, p->edits_from);
	next = mu_alloc(p->ctx, (n_scopes(p->totals) + 1) * sizeof *next);
	memcpy(next, p->edits_from, (n_scopes(p->totals) + 1) * sizeof *next);
	for (i = 0; i < p->n_edits; i++)
		p->edits_of[next[scope_of(p, i)]++] = i;
}

uint32_t scope_find(struct problem *p, const uint32_t *key, size_t pattern)
{
	struct totals *t = p->totals;
	uint32_t scope;

	memcpy(t->key, key, t->block.width * sizeof *key);
	if (!key_mask(t->key, t->patterns.entries[pattern].key, t->block.width))
		return NO_SCOPE;
	return tally_find(&t->scopes, t->key, &scope) ? scope : NO_SCOPE;
}

void rows_index(struct problem *p)
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
	next = mu_alloc(p->ctx, (n_scopes(p->totals) + 1) * sizeof *next);
	memcpy(next, p->rows_from, (n_scopes(p->totals) + 1) * sizeof *next);
	for (i = 0; i < p->n_rows * n; i++)
		if (p->scopes[i] != NO_SCOPE)
			p->rows_of[next[p->scopes[i]]++] = i / n;
}

void broken_list(struct problem *p)
{
	size_t i;

	p->n_broken = 0;
	for (i = 0; i < p->n_edits; i++) {
		if (!fails(&p->edits[i]))
			continue;
		if (!p->part_of || p->part_of[scope_of(p, i)] == p->part)
			p->broken[p->n_broken++] = i;
	}
	p->steps += p->part_of ? p->n_edits : 0;
}

static uint32_t part_root(uint32_t *parts, uint32_t scope)
{
	while (parts[scope] != scope)
		scope = parts[scope] = parts[parts[scope]];
	return scope;
}

void parts_find(struct problem *p)
{
	size_t n = p->totals->patterns.count, i, j;
	uint32_t *parts = mu_alloc(p->ctx, (n_scopes(p->totals) + 1) * sizeof *parts), scope;

	for (scope = 0; scope < n_scopes(p->totals); scope++)
		parts[scope] = scope;
	for (i = 0; i < p->n_rows; i++) {
		uint32_t first = NO_SCOPE;

		for (j = 0; j < n; j++) {
			scope = scopes_of(p, i)[j];
			if (scope == NO_SCOPE || p->edits_from[scope] == p->edits_from[scope + 1])
				continue;
			if (first == NO_SCOPE)
				first = scope;
			parts[part_root(parts, scope)] = part_root(parts, first);
		}
	}
	for (scope = 0; scope < n_scopes(p->totals); scope++)
		parts[scope] = part_root(parts, scope);
	p->part_of = parts;
}

void edits_visit(struct problem *p, const uint32_t *scopes, size_t measure, edit_visit *visit,
		 void *data)
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

static void shift(struct problem *p, const uint32_t *scopes, size_t measure, wide by)
{
	edits_visit(p, scopes, measure, sum_shift, &by);
}

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

bool mends_all(const struct problem *p, const struct effect *effect)
{
	return !effect->harms && !effect->leaves && effect->mended == p->n_broken;
}

struct effect effect_of(struct problem *p, const uint32_t *scopes, size_t measure, wide by)
{
	struct effect effect = { .by = by };

	edits_visit(p, scopes, measure, effect_note, &effect);
	return effect;
}

bool key_join(struct problem *p, size_t scope)
{
	const struct totals *t = p->totals;
	size_t i;

	tally_key(&t->scopes, scope, t->key);
	for (i = 0; i < t->block.width; i++) {
		if (!t->key[i])
			continue;
		if (p->key[i] && p->key[i] != t->key[i])
			return false;
		p->key[i] = t->key[i];
	}
	return true;
}

bool meet(struct problem *p, size_t a, size_t b, uint32_t *scopes)
{
	size_t i;

	memset(p->key, 0, p->totals->block.width * sizeof *p->key);
	if (!key_join(p, scope_of(p, a)) || !key_join(p, scope_of(p, b)))
		return false;
	for (i = 0; i < p->totals->patterns.count; i++)
		scopes[i] = scope_find(p, p->key, i);
	return true;
}

void apply(struct problem *p, const struct change *c, int sign)
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

bool group_is_there(struct problem *p)
{
	const struct totals *t = p->totals;
	size_t i;

	for (i = 1; i < t->block.width; i++)
		if (!p->key[i])
			return false;
	p->steps += p->n_rows;
	for (i = 0; i < p->n_rows; i++) {
		tally_key(&t->rows, row_of(p, i)->group, t->key);
		if (!memcmp(t->key + 1, p->key + 1, (t->block.width - 1) * sizeof *t->key))
			return true;
	}
	return false;
}
