#include "totals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "phrase.h"

/* --------------------------------------------------------------- wording */

void phrase_key(struct phrase *phrase, const struct totals *self, const uint32_t *key)
{
	const char *before = " (";
	size_t i;

	for (i = 0; i < self->n_dimensions; i++) {
		const struct dimension *dimension = &self->dimensions[i];
		const struct mu_map_entry *value;

		/* What is the same everywhere tells nothing. */
		if (!key[i + 1] || (dimension->values.count == 1 && !dimension->gaps))
			continue;
		value = &dimension->values.entries[key[i + 1] - 1];
		phrase_puts(phrase, before);
		phrase_puts(phrase, dimension->name);
		phrase_puts(phrase, " ");
		phrase_add(phrase, (const char *)value->key, value->len);
		before = ", ";
	}
	if (*before == ',')
		phrase_puts(phrase, ")");
}

/* "claim 'total' (country PSE)" */
static struct phrase phrase_claim(struct totals *self, const struct claim *claim)
{
	const struct mu_map_entry *level = &self->levels.entries[claim->level];
	struct phrase phrase = { .len = 0 };

	phrase_puts(&phrase, "claim '");
	phrase_add(&phrase, (const char *)level->key, level->len);
	phrase_puts(&phrase, "'");
	tally_key(&self->scopes, claim->scope, self->key);
	phrase_key(&phrase, self, self->key);
	return phrase;
}

/* -------------------------------------------------------------- adding up */

/* With `within: all` the claims of one document vouch for the rows of others. */
static void cover(struct totals *self, size_t scope, size_t group, const uint32_t *key)
{
	tally_merge(&self->scopes, scope, &self->rows, group);
	if (!key[0])
		self->sources[mu_at_document(self->rows.groups[group].at)].verified = true;
}

static int fold(struct mu_ctx *ctx, struct totals *self)
{
	size_t p, group, scope;

	for (p = 0; p < self->patterns.count; p++) {
		const uint8_t *pattern = self->patterns.entries[p].key;

		for (group = 0; group < self->rows.keys.count; group++) {
			if (group % 65536 == 65535 && mu_cancelled(ctx))
				return ECANCELED;
			tally_key(&self->rows, group, self->key);
			if (!key_mask(self->key, pattern, self->width))
				continue;
			scope = tally_find(&self->scopes, self->key);
			if (scope != SIZE_MAX)
				cover(self, scope, group, self->key);
		}
	}
	return 0;
}

/* ------------------------------------------------------------- evaluating */

struct level level_of(const struct totals *self, const struct claim *claim)
{
	const struct mu_map_entry *name = &self->levels.entries[claim->level];
	const struct level *levels = self->level_items.items;
	size_t i;

	for (i = 0; i < self->level_items.count; i++)
		if (mu_string_is((struct mu_string){ (const char *)name->key, name->len },
				 levels[i].name))
			return levels[i];
	return (struct level){ .relation = EQUAL };
}

/* Half a unit of the last digit that is no zero, in which a number was rounded:
 * 1300 may have been anything from 1250 to 1350. */
static wide half_unit(int64_t value)
{
	wide unit = 1;

	while (value && value % 10 == 0) {
		value /= 10;
		unit *= 10;
	}
	return unit / 2;
}

static void bounds_set(struct stated *s, const struct level *level)
{
	wide slack = level->tolerance;

	if (level->relation == ABOUT)
		slack += half_unit(s->value);
	s->low = level->relation == AT_MOST ? -FAR : s->value - slack;
	s->high = level->relation == AT_LEAST ? FAR : s->value + slack;
}

/* What the claims just below a scope state of one measure: those that fix the
 * fewest columns more, and of several such levels the first. */
struct subtotal {
	wide sum;
	uint64_t parts;
	size_t fixed, level;
};

/* How many columns a key fixes. */
static size_t fixed(const uint32_t *key, size_t width)
{
	size_t n = 0, i;

	for (i = 0; i < width; i++)
		n += key[i] != 0;
	return n;
}

static void subtotal_add(struct subtotal *s, const struct claim *claim, size_t fixed_by,
			 int64_t value)
{
	if (!s->parts || fixed_by < s->fixed)
		*s = (struct subtotal){ .fixed = fixed_by, .level = claim->level };
	if (s->fixed != fixed_by || s->level != claim->level)
		return;
	s->sum += value;
	s->parts++;
}

/* Adds a claim to all that claims of wider scopes state, where these have no rows. */
static void subtotals_add(struct totals *self, size_t index, const uint8_t *first,
			  struct subtotal *out)
{
	const struct claim *claim = &self->listed[index];
	size_t n = self->n_measures, own, p, m;

	tally_key(&self->scopes, claim->scope, self->key);
	own = fixed(self->key, self->width);
	for (p = 0; p < self->patterns.count; p++) {
		size_t scope;

		tally_key(&self->scopes, claim->scope, self->key);
		if (!key_mask(self->key, self->patterns.entries[p].key, self->width) ||
		    fixed(self->key, self->width) == own)
			continue;
		scope = tally_find(&self->scopes, self->key);
		if (scope == SIZE_MAX || self->scopes.groups[scope].rows)
			continue;
		for (m = 0; m < n; m++)
			if (first[index * n + m])
				subtotal_add(&out[scope * n + m], claim, own,
					     stated_of(self, index, m)->value);
	}
}

/* Which statements are the first of their scope and measure: a subtotal that
 * stands there twice is one part. */
static bool first_mark(const struct totals *self, uint8_t *first)
{
	size_t n = self->n_measures, i, m;
	uint8_t *seen = calloc(self->scopes.keys.count * n + 1, 1);
	bool done = seen != NULL;

	for (i = 0; seen && i < self->n_claims; i++)
		for (m = 0; m < n; m++) {
			uint8_t *mark = &seen[self->listed[i].scope * n + m];

			first[i * n + m] = stated_of(self, i, m)->known && !*mark;
			*mark |= first[i * n + m];
		}
	free(seen);
	return done;
}

static bool rows_lack(const struct totals *self)
{
	size_t i;

	for (i = 0; i < self->scopes.keys.count; i++)
		if (!self->scopes.groups[i].rows)
			return true;
	return false;
}

/* For each scope and measure; NULL when every claim covers rows, or memory is
 * out, which `err` says. */
static struct subtotal *subtotals_make(struct mu_ctx *ctx, struct totals *self, int *err)
{
	size_t n = self->n_measures, i;
	struct subtotal *out;
	uint8_t *first;

	*err = 0;
	if (!rows_lack(self))
		return NULL;
	out = calloc(self->scopes.keys.count * n + 1, sizeof *out);
	first = calloc(self->n_claims * n + 1, 1);
	if (!out || !first || !first_mark(self, first))
		*err = mu_fail(ctx, ENOMEM, "out of memory");
	for (i = 0; i < self->n_claims && !*err; i++) {
		subtotals_add(self, i, first, out);
		if (i % 65536 == 65535 && mu_cancelled(ctx))
			*err = ECANCELED;
	}
	free(first);
	return out;
}

static enum mu_outcome outcome_of(const struct totals *self, const struct stated *s)
{
	if (s->sum.value > s->high && (!s->sum.unknown || !self->negative))
		return MU_FAIL;
	if (!s->sum.unknown)
		return s->sum.value < s->low ? MU_FAIL : MU_PASS;
	/* What is unknown can only add to what is enough already. */
	return !self->negative && s->sum.value >= s->low && s->high == FAR ? MU_PASS
									   : MU_UNEVALUATED;
}

static void evaluate(struct totals *self, size_t index, size_t measure,
		     const struct subtotal *subtotals)
{
	const struct claim *claim = &self->listed[index];
	size_t at = claim->scope * self->n_measures + measure;
	struct stated *s = stated_of(self, index, measure);
	struct level level = level_of(self, claim);

	s->parts = self->scopes.groups[claim->scope].rows;
	s->sum = *tally_sum(&self->scopes, claim->scope, measure);
	if (level.states == STATES_ROWS) {
		s->sum = (struct sum){ .value = (wide)s->parts };
	} else if (!s->parts && subtotals[at].parts) {
		s->subtotals = true;
		s->parts = subtotals[at].parts;
		s->sum.value = subtotals[at].sum;
	}
	bounds_set(s, &level);
	s->outcome = (uint8_t)outcome_of(self, s);
	/* Claims alone cannot be compared with rows that are elsewhere. */
	if (!s->parts && !self->rows.keys.count && s->outcome == MU_FAIL)
		s->outcome = MU_UNEVALUATED;
}

static int evaluate_all(struct mu_ctx *ctx, struct totals *self)
{
	struct subtotal *subtotals;
	size_t i, m;
	int err;

	/* What is compared with nothing is no part of anything either. */
	for (i = 0; i < self->n_claims; i++)
		for (m = 0; m < self->n_measures; m++)
			if ((self->listed[i].at & MU_AT_REJECTED) ||
			    level_of(self, &self->listed[i]).relation == NONE)
				stated_of(self, i, m)->known = false;
	subtotals = subtotals_make(ctx, self, &err);
	for (i = 0; i < self->n_claims && !err; i++)
		for (m = 0; m < self->n_measures; m++)
			if (stated_of(self, i, m)->known)
				evaluate(self, i, m, subtotals);
	free(subtotals);
	return err;
}

/* -------------------------------------------------------------- reporting */

/* One claim and one measure that it states. */
struct check {
	const struct claim *claim;
	size_t measure;
	int64_t states;
	struct mu_finding finding;
	struct phrase name; /* of the claim, once there is something to say */
};

/* "its 11 rows add up to" */
static void parts_print(char *out, size_t size, const struct stated *s, const struct level *level)
{
	if (level->states == STATES_ROWS)
		snprintf(out, size, "the number of its rows is");
	else if (s->parts == 1)
		snprintf(out, size, "its only %s has", s->subtotals ? "subtotal" : "row");
	else
		snprintf(out, size, "its %" PRIu64 " %s add up to%s", s->parts,
			 s->subtotals ? "subtotals" : "rows", s->sum.unknown ? " at least" : "");
}

static int report_mismatch(struct mu_ctx *ctx, struct totals *self, struct check *check,
			   const struct stated *s)
{
	static const char *const relations[] = { "", "at most ", "at least ", "about ", "" };
	struct level level = level_of(self, check->claim);
	const struct account *account = account_of(self, check->claim);
	int64_t sum = (int64_t)s->sum.value;
	bool less = sum < check->states;
	uint64_t difference = less ? (uint64_t)check->states - (uint64_t)sum
				   : (uint64_t)sum - (uint64_t)check->states;
	char parts[64], why[128] = "";

	check->finding.numbers = true;
	check->finding.expected = check->states;
	check->finding.found = sum;
	if (account) {
		check->finding.explanations = account->items;
		check->finding.n_explanations = account->count;
	}
	if (!s->parts && level.states == STATES_SUM) {
		check->finding.code = "empty-claim";
		return mu_report(ctx, check->finding,
				 "%s states %" PRId64 " for %s, but covers no row",
				 check->name.text, check->states, check->finding.field);
	}
	parts_print(parts, sizeof parts, s, &level);
	if (account && !account->count)
		snprintf(why, sizeof why, "; %s", account->otherwise);
	else if (account && account->equal > 1)
		snprintf(why, sizeof why, "; %" PRIu32 " explanations fit equally well",
			 account->equal);
	check->finding.code = "mismatch";
	return mu_report(ctx, check->finding,
			 "%s states %s%" PRId64 " for %s, %s %" PRId64 ", %" PRIu64 " %s%s",
			 check->name.text, relations[level.relation], check->states,
			 check->finding.field, parts, sum, difference, less ? "less" : "more", why);
}

/* Says what came of a claim, unless it passed. */
static int report_outcome(struct mu_ctx *ctx, struct totals *self, struct check *check,
			  const struct stated *s)
{
	if (s->outcome == MU_PASS)
		return 0;
	check->name = phrase_claim(self, check->claim);
	if (s->outcome == MU_UNEVALUATED) {
		check->finding.code = "unevaluated";
		check->finding.severity = MU_WARNING;
		check->finding.other = s->sum.unknown_at;
		if (!s->sum.unknown)
			return mu_report(ctx, check->finding,
					 "%s states %" PRId64 " for %s, and there are no rows",
					 check->name.text, check->states, check->finding.field);
		return mu_report(ctx, check->finding,
				 "%s states %" PRId64 " for %s, which is "
				 "unknown in %" PRIu64 " of its %" PRIu64 " rows",
				 check->name.text, check->states, check->finding.field,
				 s->sum.unknown, s->parts);
	}
	if (s->sum.value >= INT64_MIN && s->sum.value <= INT64_MAX)
		return report_mismatch(ctx, self, check, s);
	check->finding.code = "overflow";
	return mu_report(ctx, check->finding,
			 "%s states %" PRId64 " for %s, its %" PRIu64
			 " rows add up to a number that does not fit 64 bits",
			 check->name.text, check->states, check->finding.field, s->parts);
}

/* Compares a claim with the first one of the same scope. */
static int compare_claims(struct mu_ctx *ctx, struct totals *self, struct check *check,
			  const struct claim *first)
{
	const struct stated *other =
		stated_of(self, (size_t)(first - self->listed), check->measure);
	const struct mu_map_entry *level = &self->levels.entries[first->level];
	struct phrase name = { .len = 0 };
	struct mu_finding finding = { .code = "contradiction",
				      .at = check->claim->at,
				      .field = check->finding.field,
				      .other = first->at,
				      .numbers = true,
				      .expected = other->value,
				      .found = check->states };

	check->name = phrase_claim(self, check->claim);
	phrase_add(&name, (const char *)level->key, level->len);
	return mu_report(
		ctx, finding,
		"%s states %" PRId64 " for %s, claim '%s' states %" PRId64 " for the same rows",
		check->name.text, check->states, finding.field, name.text, finding.expected);
}

/* `firsts` has, for each scope and measure, one more than the index of the
 * first claim that states it. */
static int check_measure(struct mu_ctx *ctx, struct totals *self, const struct claim *claim,
			 size_t measure, size_t *firsts)
{
	size_t index = (size_t)(claim - self->listed);
	size_t *first = &firsts[claim->scope * self->n_measures + measure];
	const struct stated *stated = stated_of(self, index, measure);
	struct level level = level_of(self, claim);
	enum mu_outcome outcome = (enum mu_outcome)stated->outcome;
	struct check check;
	int err;

	if (!stated->known)
		return 0;
	check = (struct check){ .claim = claim,
				.measure = measure,
				.states = stated->value,
				.finding = { .at = claim->at,
					     .field = self->measures[measure].name } };
	err = report_outcome(ctx, self, &check, stated);
	if (err)
		return err;
	if (level.relation != EQUAL || level.tolerance || level.states == STATES_ROWS)
		return mu_checked(ctx, outcome, 1);
	if (!*first)
		*first = index + 1;
	if (stated_of(self, *first - 1, measure)->value != stated->value) {
		outcome = MU_FAIL;
		err = compare_claims(ctx, self, &check, &self->listed[*first - 1]);
	}
	return err ? err : mu_checked(ctx, outcome, 1);
}

/* What a rejected claim states may be wrong, so it is compared with nothing. */
static int check_rejected(struct mu_ctx *ctx, struct totals *self, const struct claim *claim)
{
	struct mu_finding finding = { .code = "unevaluated",
				      .severity = MU_WARNING,
				      .at = claim->at };
	struct phrase name = phrase_claim(self, claim);
	int err = mu_checked(ctx, MU_UNEVALUATED, claim->measures ? claim->measures : 1);

	if (err)
		return err;
	return mu_report(ctx, finding, "%s was rejected before, so it was compared with nothing",
			 name.text);
}

static int check_claims(struct mu_ctx *ctx, struct totals *self)
{
	size_t *firsts = calloc(self->scopes.keys.count * self->n_measures + 1, sizeof *firsts);
	size_t i, m;
	int err = 0;

	if (!firsts)
		return mu_fail(ctx, ENOMEM, "out of memory");
	for (i = 0; i < self->n_claims && !err; i++) {
		const struct claim *claim = &self->listed[i];

		if (claim->at & MU_AT_REJECTED)
			err = check_rejected(ctx, self, claim);
		for (m = 0; m < self->n_measures && !err && !(claim->at & MU_AT_REJECTED); m++)
			err = check_measure(ctx, self, claim, m, firsts);
	}
	free(firsts);
	return err;
}

/* ------------------------------------------------------------ unverified */

static int report_unverified(struct mu_ctx *ctx, const struct totals *self,
			     const struct source *source, const char *measures)
{
	const struct mu_document *document = mu_document(ctx, source->at);
	struct mu_finding finding = { .code = "unverified",
				      .severity = self->require ? MU_ERROR : MU_WARNING };
	int err = mu_checked(ctx, self->require ? MU_FAIL : MU_UNEVALUATED, 1);

	if (err)
		return err;
	return mu_report(ctx, finding,
			 "%s states no total of %s%s, so its %" PRIu64 " %s unverified",
			 document && document->name ? document->name : "the document", measures,
			 source->rejected ? " that could be read" : "", source->rows,
			 source->rows == 1 ? "row is" : "rows are");
}

/* A name in the option `claims` that no claim has checks nothing, which must
 * not look like a pass. */
static int check_levels(struct mu_ctx *ctx, const struct totals *self)
{
	struct mu_finding finding = { .code = "unverified", .severity = MU_WARNING };
	int err = 0;
	size_t i;

	for (i = 0; i < self->claims.count && !err; i++) {
		const char *level = self->claims.items[i];

		if (mu_map_find(&self->levels, level, strlen(level)) == SIZE_MAX)
			err = mu_report(ctx, finding, "no claim is called '%s'", level);
	}
	return err;
}

static int check_sources(struct mu_ctx *ctx, const struct totals *self)
{
	struct phrase measures = { .len = 0 };
	size_t i;
	int err = 0;

	for (i = 0; i < self->n_measures; i++) {
		phrase_puts(&measures, i ? " or " : "");
		phrase_puts(&measures, self->measures[i].name);
	}
	for (i = 0; i < self->n_sources && !err; i++)
		if (self->sources[i].rows && !self->sources[i].verified)
			err = report_unverified(ctx, self, &self->sources[i], measures.text);
	return err;
}

int totals_check(struct mu_ctx *ctx, struct totals *self)
{
	int err;

	err = fold(ctx, self);
	if (!err)
		err = evaluate_all(ctx, self);
	if (!err)
		err = explain(ctx, self);
	if (!err)
		err = check_claims(ctx, self);
	if (!err)
		err = check_sources(ctx, self);
	return err ? err : check_levels(ctx, self);
}
