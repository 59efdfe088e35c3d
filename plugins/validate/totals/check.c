#include "totals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "phrase.h"

/* --------------------------------------------------------------- wording */

/* " (country PSE)": the columns that a claim fixes, but for those that have the
 * same value everywhere. */
static void phrase_scope(struct phrase *phrase, const struct totals *self, uint32_t *key,
			 size_t scope)
{
	const char *before = " (";
	size_t i;

	tally_key(&self->scopes, scope, key);
	for (i = 0; i < self->n_dimensions; i++) {
		const struct dimension *dimension = &self->dimensions[i];
		const struct mu_map_entry *value;

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
	phrase_scope(&phrase, self, self->key, claim->scope);
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

/* ------------------------------------------------------------- comparing */

/* One claim and one measure that it states. */
struct check {
	const struct claim *claim;
	size_t measure;
	int64_t states;
	struct mu_finding finding;
	struct phrase name; /* of the claim, once there is something to say */
};

static int report_mismatch(struct mu_ctx *ctx, struct check *check, uint64_t rows, int64_t sum)
{
	bool less = sum < check->states;
	uint64_t difference = less ? (uint64_t)check->states - (uint64_t)sum
				   : (uint64_t)sum - (uint64_t)check->states;
	char parts[64];

	check->finding.numbers = true;
	check->finding.expected = check->states;
	check->finding.found = sum;
	if (!rows) {
		check->finding.code = "empty-claim";
		return mu_report(ctx, check->finding,
				 "%s states %" PRId64 " for %s, but covers no "
				 "row",
				 check->name.text, check->states, check->finding.field);
	}
	if (rows == 1)
		snprintf(parts, sizeof parts, "its only row has");
	else
		snprintf(parts, sizeof parts, "its %" PRIu64 " rows add up to", rows);
	check->finding.code = "mismatch";
	return mu_report(ctx, check->finding,
			 "%s states %" PRId64 " for %s, %s %" PRId64 ", %" PRIu64 " %s",
			 check->name.text, check->states, check->finding.field, parts, sum,
			 difference, less ? "less" : "more");
}

/* Compares what a claim states with what its rows add up to. */
static int compare(struct mu_ctx *ctx, struct totals *self, struct check *check,
		   enum mu_outcome *outcome)
{
	uint64_t rows = self->scopes.groups[check->claim->scope].rows;
	const struct sum *sum = tally_sum(&self->scopes, check->claim->scope, check->measure);

	*outcome = MU_PASS;
	if (!sum->unknown && sum->value == check->states)
		return 0;
	check->name = phrase_claim(self, check->claim);
	if (sum->unknown) {
		*outcome = MU_UNEVALUATED;
		check->finding.code = "unevaluated";
		check->finding.severity = MU_WARNING;
		check->finding.other = sum->unknown_at;
		return mu_report(ctx, check->finding,
				 "%s states %" PRId64 " for %s, which is "
				 "unknown in %" PRIu64 " of its %" PRIu64 " rows",
				 check->name.text, check->states, check->finding.field,
				 sum->unknown, rows);
	}
	*outcome = MU_FAIL;
	if (sum->value >= INT64_MIN && sum->value <= INT64_MAX)
		return report_mismatch(ctx, check, rows, (int64_t)sum->value);
	check->finding.code = "overflow";
	return mu_report(ctx, check->finding,
			 "%s states %" PRId64 " for %s, its %" PRIu64
			 " rows add up to a number that does not fit 64 bits",
			 check->name.text, check->states, check->finding.field, rows);
}

/* Compares a claim with the first one of the same scope. */
static int compare_claims(struct mu_ctx *ctx, struct totals *self, struct check *check,
			  const struct claim *first)
{
	size_t i = (size_t)(first - self->listed) * self->n_measures + check->measure;
	const struct mu_map_entry *level = &self->levels.entries[first->level];
	struct phrase name = { .len = 0 };
	struct mu_finding finding = { .code = "contradiction",
				      .at = check->claim->at,
				      .field = check->finding.field,
				      .other = first->at,
				      .numbers = true,
				      .expected = self->stated[i].value,
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
	const struct stated *stated = &self->stated[index * self->n_measures + measure];
	enum mu_outcome outcome;
	struct check check;
	int err;

	if (!stated->known)
		return 0;
	check = (struct check){ .claim = claim,
				.measure = measure,
				.states = stated->value,
				.finding = { .at = claim->at,
					     .field = self->measures[measure].name } };
	err = compare(ctx, self, &check, &outcome);
	if (err)
		return err;
	if (!*first)
		*first = index + 1;
	if (self->stated[(*first - 1) * self->n_measures + measure].value != stated->value) {
		outcome = MU_FAIL;
		err = compare_claims(ctx, self, &check, &self->listed[*first - 1]);
	}
	return err ? err : mu_checked(ctx, outcome, 1);
}

/* What a rejected claim states may be wrong, so it is compared with nothing. */
static int check_rejected(struct mu_ctx *ctx, struct totals *self, const struct claim *claim)
{
	const struct stated *stated =
		&self->stated[(size_t)(claim - self->listed) * self->n_measures];
	struct mu_finding finding = { .code = "unevaluated",
				      .severity = MU_WARNING,
				      .at = claim->at };
	struct phrase name = phrase_claim(self, claim);
	uint64_t times = 0;
	size_t i;
	int err;

	for (i = 0; i < self->n_measures; i++)
		times += stated[i].known;
	err = mu_checked(ctx, MU_UNEVALUATED, times ? times : 1);
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
	struct mu_finding finding = { .code = "unverified",
				      .severity = self->require ? MU_ERROR : MU_WARNING };
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
	if (err || self->rows.keys.count || self->n_claims)
		return err;
	err = mu_checked(ctx, self->require ? MU_FAIL : MU_UNEVALUATED, 1);
	return err ? err
		   : mu_report(ctx, finding, "there are no rows and no totals of %s",
			       measures.text);
}

int totals_check(struct mu_ctx *ctx, struct totals *self)
{
	int err;

	err = fold(ctx, self);
	if (!err)
		err = check_claims(ctx, self);
	if (!err)
		err = check_sources(ctx, self);
	return err ? err : check_levels(ctx, self);
}
