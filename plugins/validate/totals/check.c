#include "totals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "text/phrase.h"

void phrase_key(struct phrase *phrase, const struct totals *self, const uint32_t *key)
{
	const char *before = " (";
	size_t i;

	for (i = 0; i < self->block.n_dimensions; i++) {
		const struct dimension *dimension = &self->block.dimensions[i];
		char space[MU_FORMAT_MAX];
		struct mu_string value;

		/* A value that all rows have tells none of them apart. */
		if (!key[i + 1] || (dimension_count(dimension) == 1 && !dimension->gaps))
			continue;
		value = dimension_value(dimension, key[i + 1], space);
		phrase_puts(phrase, before);
		phrase_puts(phrase, dimension->name);
		phrase_puts(phrase, " ");
		phrase_add(phrase, value.data, value.len);
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

/* Adds a group of rows to a scope.  With `within: all` claims of one document vouch for the rows
 * of others. */
static bool cover(struct totals *self, struct group *scope, const struct group *group)
{
	if (!group_key(&self->scopes, scope)[0])
		self->sources[group_key(&self->rows, group)[0]].verified = true;
	self->n_covered += !scope->rows;
	return tally_merge(&self->scopes, scope, &self->rows, group);
}

/* Adds n groups, at most BLOCK, to the scopes of a pattern that cover them. */
static bool fold_groups(struct totals *self, const uint8_t *pattern, size_t first, size_t n)
{
	const struct group *groups[BLOCK];
	uint32_t *key = self->block.keys;
	size_t count = 0, i;

	for (i = 0; i < n; i++) {
		tally_key(&self->rows, first + i, key);
		if (!key_mask(key, pattern, self->block.width))
			continue;
		groups[count++] = tally_at(&self->rows, first + i);
		key += self->block.width;
	}
	tally_seek(&self->scopes, self->block.keys, count, self->block.indices, self->block.groups);
	for (i = 0; i < count; i++)
		if (self->block.groups[i] && !cover(self, self->block.groups[i], groups[i]))
			return false;
	return true;
}

static int fold_pattern(struct mu_ctx *ctx, struct totals *self, const uint8_t *pattern)
{
	size_t i, n;

	for (i = 0; i < self->rows.groups.count; i += n) {
		n = self->rows.groups.count - i < BLOCK ? self->rows.groups.count - i : BLOCK;
		if (i % 65536 == 0 && mu_cancelled(ctx))
			return ECANCELED;
		if (!fold_groups(self, pattern, i, n))
			return out_of_memory(ctx);
	}
	return 0;
}

static int fold(struct mu_ctx *ctx, struct totals *self)
{
	size_t p;
	int err = 0;

	for (p = 0; p < self->patterns.count && !err; p++)
		err = fold_pattern(ctx, self, self->patterns.entries[p].key);
	return err;
}

static struct level meaning_of(const struct totals *self, const struct mu_map_entry *name)
{
	const struct level *levels = self->level_items.items;
	size_t i;

	for (i = 0; i < self->level_items.count; i++)
		if (mu_string_is((struct mu_string){ (const char *)name->key, name->len },
				 levels[i].name))
			return levels[i];
	return (struct level){ .relation = EQUAL };
}

static int meanings_look_up(struct mu_ctx *ctx, struct totals *self)
{
	size_t i;

	self->meanings = calloc(self->levels.count + 1, sizeof *self->meanings);
	if (!self->meanings)
		return out_of_memory(ctx);
	for (i = 0; i < self->levels.count; i++)
		self->meanings[i] = meaning_of(self, &self->levels.entries[i]);
	return 0;
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

/* Whether a claim covers rows of other documents than its own. */
static bool covers_others(const struct totals *self, const struct claim *claim)
{
	return self->within == WITHIN_ALL || !claim->at;
}

/* The subtotals of a scope, one for each measure; NULL when it has rows. */
static struct subtotal *subtotals_of(const struct totals *self, size_t scope)
{
	if (!self->lacking || !self->lacking[scope])
		return NULL;
	return pile_at(&self->subtotals, self->lacking[scope] - 1);
}

struct parts parts_of(const struct totals *self, const struct claim *claim, size_t measure)
{
	const struct group *scope = tally_at(&self->scopes, claim->scope);
	const struct subtotal *subtotals = subtotals_of(self, claim->scope);
	const struct level *level = level_of(self, claim);
	int64_t value = claim->values[measure];
	wide slack = level->tolerance + (level->relation == ABOUT ? half_unit(value) : 0);
	struct parts parts = { .count = scope->rows,
			       .low = level->relation == AT_MOST ? -FAR : value - slack,
			       .high = level->relation == AT_LEAST ? FAR : value + slack };

	if (level->states == STATES_ROWS) {
		parts.sum.value = (wide)parts.count;
	} else if (subtotals && subtotals[measure].parts) {
		parts.subtotals = true;
		parts.count = subtotals[measure].parts;
		parts.sum.value = subtotals[measure].sum;
	} else {
		parts.sum = tally_sum(&self->scopes, scope, measure);
	}
	parts.may_lack = self->rejected && covers_others(self, claim) &&
			 (self->negative || parts.sum.value < parts.low);
	return parts;
}

/* How many columns a key fixes. */
static uint32_t fixed(const uint32_t *key, size_t width)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < width; i++)
		n += key[i] != 0;
	return n;
}

static void subtotal_add(struct subtotal *s, const struct claim *claim, uint32_t fixed_by,
			 int64_t value)
{
	if (!s->parts || fixed_by < s->fixed)
		*s = (struct subtotal){ .fixed = fixed_by, .level = claim->level };
	if (s->fixed != fixed_by || s->level != claim->level)
		return;
	s->sum += value;
	s->parts++;
}

/* Adds what a claim states to the subtotals of all wider scopes, where these have no rows. */
static void subtotals_add(struct totals *self, const struct claim *claim)
{
	uint32_t own;
	size_t p, m;

	tally_key(&self->scopes, claim->scope, self->key);
	own = fixed(self->key, self->block.width);
	for (p = 0; p < self->patterns.count; p++) {
		struct subtotal *out;
		uint32_t scope;

		tally_key(&self->scopes, claim->scope, self->key);
		if (!key_mask(self->key, self->patterns.entries[p].key, self->block.width) ||
		    fixed(self->key, self->block.width) == own)
			continue;
		out = tally_find(&self->scopes, self->key, &scope) ? subtotals_of(self, scope)
								   : NULL;
		for (m = 0; out && m < self->n_measures; m++)
			if (*claim_mark(self, claim, m) & FIRST_STATED)
				subtotal_add(&out[m], claim, own, claim->values[m]);
	}
}

/* Marks the first statement of each scope and measure: a subtotal that stands there twice is one
 * part. */
static bool firsts_mark(struct totals *self)
{
	size_t n = self->n_measures, i, m;
	uint8_t *seen = calloc(n_scopes(self) * n + 1, 1);
	bool done = seen;

	for (i = 0; done && i < n_claims(self); i++) {
		const struct claim *claim = claim_at(self, i);

		for (m = 0; m < n; m++) {
			if (!is_compared(self, claim, m) || seen[claim->scope * n + m])
				continue;
			*claim_mark(self, claim, m) |= FIRST_STATED;
			seen[claim->scope * n + m] = 1;
		}
	}
	free(seen);
	return done;
}

static bool lacking_list(struct totals *self)
{
	size_t i, n = n_scopes(self);

	self->subtotals.size = self->n_measures * sizeof(struct subtotal);
	self->lacking = calloc(n, sizeof *self->lacking);
	for (i = 0; self->lacking && i < n; i++) {
		if (tally_at(&self->scopes, i)->rows)
			continue;
		if (!pile_add(&self->subtotals))
			return false;
		self->lacking[i] = (uint32_t)self->subtotals.count;
	}
	return self->lacking;
}

static int subtotals_make(struct mu_ctx *ctx, struct totals *self)
{
	size_t i;

	if (self->n_covered == n_scopes(self))
		return 0;
	if (!lacking_list(self) || !firsts_mark(self))
		return out_of_memory(ctx);
	for (i = 0; i < n_claims(self); i++) {
		subtotals_add(self, claim_at(self, i));
		if (i % 65536 == 65535 && mu_cancelled(ctx))
			return ECANCELED;
	}
	return 0;
}

/* What comes of comparing a claim with its parts.  What is unknown in these can only add to what
 * is known, unless numbers may be negative.  Claims alone cannot be compared with rows that are
 * elsewhere. */
static enum mu_outcome decide(const struct totals *self, const struct parts *parts)
{
	bool unknown = parts->sum.unknown, adds = !self->negative;
	bool fails = parts->sum.value > parts->high ? !unknown || adds
						    : parts->sum.value < parts->low && !unknown;
	bool passes =
		unknown ? adds && parts->sum.value >= parts->low && parts->high == FAR : !fails;
	bool elsewhere = !parts->count && !self->rows.groups.count;

	if (fails && (elsewhere || parts->may_lack))
		return MU_UNEVALUATED;
	return fails ? MU_FAIL : passes ? MU_PASS : MU_UNEVALUATED;
}

/* The claim that a claim contradicts, or NULL. */
static const struct claim *contradicted(struct totals *self, size_t index, size_t measure)
{
	const struct claim *claim = claim_at(self, index), *other;
	const struct level *level = level_of(self, claim);
	uint32_t *first;

	if (!self->firsts || level->relation != EQUAL || level->tolerance ||
	    level->states == STATES_ROWS)
		return NULL;
	first = &self->firsts[claim->scope * self->n_measures + measure];
	if (!*first)
		*first = (uint32_t)index + 1;
	other = claim_at(self, *first - 1);
	return other->values[measure] == claim->values[measure] ? NULL : other;
}

/* Counts a claim that is compared with nothing: it was rejected, so what it states may be wrong,
 * or it has ended, so nobody knows what it covers. */
static void count_unevaluated(struct totals *self, const struct claim *claim)
{
	uint64_t states = 0;
	size_t m;

	for (m = 0; m < self->n_measures; m++)
		states += *claim_mark(self, claim, m) & STATED;
	self->outcomes[MU_UNEVALUATED] += states ? states : 1;
}

/* Compares a claim with its rows and with other claims.  Gives whether there is something to say. */
static bool evaluate_claim(struct totals *self, size_t index)
{
	struct claim *claim = claim_at(self, index);
	bool say = claim->at & MU_AT_REJECTED || claim->end == MU_CLAIM_ENDED;
	size_t m;

	if (say)
		count_unevaluated(self, claim);
	for (m = 0; m < self->n_measures; m++) {
		enum mu_outcome outcome;
		struct parts parts;

		if (!is_compared(self, claim, m))
			continue;
		parts = parts_of(self, claim, m);
		outcome = decide(self, &parts);
		*claim_mark(self, claim, m) |= (uint8_t)(outcome << OUTCOME_SHIFT);
		if (contradicted(self, index, m))
			outcome = MU_FAIL;
		self->outcomes[outcome]++;
		say |= outcome != MU_PASS;
	}
	return say;
}

static int evaluate_all(struct mu_ctx *ctx, struct totals *self)
{
	uint32_t *noted;
	size_t i;
	int err = subtotals_make(ctx, self);

	if (err)
		return err;
	self->noted.size = sizeof *noted;
	if (n_claims(self) > n_scopes(self)) {
		self->firsts = calloc(n_scopes(self) * self->n_measures + 1, sizeof *self->firsts);
		if (!self->firsts)
			return out_of_memory(ctx);
	}
	for (i = 0; i < n_claims(self); i++) {
		if (!evaluate_claim(self, i))
			continue;
		noted = pile_add(&self->noted);
		if (!noted)
			return out_of_memory(ctx);
		*noted = (uint32_t)i;
	}
	return 0;
}

/* "its 11 rows add up to" */
static void parts_print(char *out, size_t size, const struct parts *s, const struct level *level)
{
	if (level->states == STATES_ROWS)
		snprintf(out, size, "the number of its rows is");
	else if (s->count == 1)
		snprintf(out, size, "its only %s has", s->subtotals ? "subtotal" : "row");
	else
		snprintf(out, size, "its %" PRIu64 " %s add up to%s", s->count,
			 s->subtotals ? "subtotals" : "rows", s->sum.unknown ? " at least" : "");
}

/* A total that is another number than its parts add up to. */
static int report_failed(struct mu_ctx *ctx, struct totals *self, size_t index, size_t measure)
{
	static const char *const relations[] = { "", "at most ", "at least ", "about ", "" };
	const struct claim *claim = claim_at(self, index);
	const struct level *level = level_of(self, claim);
	const struct account *account = account_of(self, index);
	struct parts parts = parts_of(self, claim, measure);
	struct phrase name = phrase_claim(self, claim);
	int64_t states = claim->values[measure], sum = (int64_t)parts.sum.value;
	bool less = sum < states;
	uint64_t difference =
		less ? (uint64_t)states - (uint64_t)sum : (uint64_t)sum - (uint64_t)states;
	struct mu_finding finding = { .code = "mismatch",
				      .at = claim->at,
				      .across = covers_others(self, claim),
				      .field = self->measures[measure].name };
	char count[64], why[128] = "";

	if (parts.sum.value != sum) {
		finding.code = "overflow";
		return mu_report(ctx, finding,
				 "%s states %" PRId64 " for %s, its %" PRIu64
				 " rows add up to a number that does not fit 64 bits",
				 name.text, states, finding.field, parts.count);
	}
	finding.numbers = true;
	finding.expected = states;
	finding.found = sum;
	if (account) {
		finding.explanations = account->items;
		finding.n_explanations = account->count;
	}
	if (!parts.count && level->states == STATES_SUM) {
		finding.code = "empty-claim";
		return mu_report(ctx, finding, "%s states %" PRId64 " for %s, but covers no row",
				 name.text, states, finding.field);
	}
	if (account && !account->count)
		snprintf(why, sizeof why, "; %s", account->otherwise);
	else if (account && account->equal > 1)
		snprintf(why, sizeof why, "; %" PRIu32 " explanations fit equally well",
			 account->equal);
	parts_print(count, sizeof count, &parts, level);
	return mu_report(ctx, finding,
			 "%s states %s%" PRId64 " for %s, %s %" PRId64 ", %" PRIu64 " %s%s",
			 name.text, relations[level->relation], states, finding.field, count, sum,
			 difference, less ? "less" : "more", why);
}

/* A total that was not compared, for its parts are not all known. */
static int report_unevaluated(struct mu_ctx *ctx, struct totals *self, size_t index, size_t measure)
{
	const struct claim *claim = claim_at(self, index);
	struct parts parts = parts_of(self, claim, measure);
	struct phrase name = phrase_claim(self, claim);
	struct mu_finding finding = { .code = "unevaluated",
				      .severity = MU_WARNING,
				      .at = claim->at,
				      .across = covers_others(self, claim),
				      .field = self->measures[measure].name,
				      .other = parts.sum.unknown_at };
	char count[64];

	if (parts.sum.unknown)
		return mu_report(ctx, finding,
				 "%s states %" PRId64 " for %s, which is "
				 "unknown in %" PRIu64 " of its %" PRIu64 " rows",
				 name.text, claim->values[measure], finding.field,
				 parts.sum.unknown, parts.count);
	if (!parts.may_lack)
		return mu_report(ctx, finding,
				 "%s states %" PRId64 " for %s, and there are no rows", name.text,
				 claim->values[measure], finding.field);
	parts_print(count, sizeof count, &parts, level_of(self, claim));
	return mu_report(ctx, finding,
			 "%s states %" PRId64 " for %s, %s %" PRId64
			 ", and rows of %zu rejected %s may be missing",
			 name.text, claim->values[measure], finding.field, count,
			 (int64_t)parts.sum.value, self->rejected,
			 self->rejected == 1 ? "document" : "documents");
}

/* A total that is another number than the first one of the same rows. */
static int report_contradiction(struct mu_ctx *ctx, struct totals *self, const struct claim *claim,
				const struct claim *first, size_t measure)
{
	const struct mu_map_entry *level = &self->levels.entries[first->level];
	struct phrase name = phrase_claim(self, claim), other = { .len = 0 };
	struct mu_finding finding = { .code = "contradiction",
				      .at = claim->at,
				      .field = self->measures[measure].name,
				      .other = first->at,
				      .numbers = true,
				      .expected = first->values[measure],
				      .found = claim->values[measure],
				      .across = mu_at_document(first->at) !=
						mu_at_document(claim->at) };

	phrase_add(&other, (const char *)level->key, level->len);
	return mu_report(ctx, finding,
			 "%s states %" PRId64 " for %s, claim '%s' states %" PRId64
			 " for the same rows",
			 name.text, finding.found, finding.field, other.text, finding.expected);
}

static int report_rejected(struct mu_ctx *ctx, struct totals *self, const struct claim *claim)
{
	struct mu_finding finding = { .code = "unevaluated",
				      .severity = MU_WARNING,
				      .at = claim->at };
	struct phrase name = phrase_claim(self, claim);

	return mu_report(ctx, finding, "%s was rejected before, so it was compared with nothing",
			 name.text);
}

static struct mu_claim claim_end(const struct totals *self, const struct claim *claim)
{
	const struct mu_map_entry *level = &self->levels.entries[claim->level];

	return (struct mu_claim){ .at = claim->at & ~MU_AT_REJECTED,
				  .level = (const char *)level->key,
				  .level_len = level->len };
}

/* A claim that is for one value of a column that is gone. */
static int report_ended(struct mu_ctx *ctx, struct totals *self, const struct claim *claim)
{
	struct mu_claim end = claim_end(self, claim);
	struct mu_finding finding = { .code = "unevaluated",
				      .severity = MU_WARNING,
				      .at = claim->at };
	struct phrase name = phrase_claim(self, claim);
	int err = mu_claim(ctx, &end);

	return err ? err
		   : mu_report(ctx, finding,
			       "%s is for one value of '%s', which %s leaves out, so it was "
			       "compared with nothing: compare it before that",
			       name.text, end.column, end.stage);
}

/* Asks what became of the claims on their way here. */
static int ends_ask(struct mu_ctx *ctx, struct totals *self)
{
	size_t i;
	int err = 0;

	for (i = 0; i < n_claims(self) && !err; i++) {
		struct claim *claim = claim_at(self, i);
		struct mu_claim end = claim_end(self, claim);

		if (!mu_at_document(claim->at) || claim->at & MU_AT_REJECTED)
			continue;
		err = mu_claim(ctx, &end);
		claim->end = end.end;
	}
	return err;
}

/* Says what came of each claim, unless it passed. */
static int report_claims(struct mu_ctx *ctx, struct totals *self)
{
	size_t i, m;
	int err = 0;

	for (i = 0; i < self->noted.count && !err; i++) {
		size_t index = noted_at(self, i);
		const struct claim *claim = claim_at(self, index);

		if (claim->at & MU_AT_REJECTED)
			err = report_rejected(ctx, self, claim);
		else if (claim->end == MU_CLAIM_ENDED)
			err = report_ended(ctx, self, claim);
		for (m = 0; m < self->n_measures && !err; m++) {
			const struct claim *other;

			if (!is_compared(self, claim, m))
				continue;
			other = contradicted(self, index, m);
			if (outcome_of(self, claim, m) == MU_FAIL)
				err = report_failed(ctx, self, index, m);
			else if (outcome_of(self, claim, m) == MU_UNEVALUATED)
				err = report_unevaluated(ctx, self, index, m);
			if (!err && other)
				err = report_contradiction(ctx, self, claim, other, m);
		}
	}
	return err;
}

static int outcomes_count(struct mu_ctx *ctx, const struct totals *self)
{
	enum mu_outcome i;
	int err = 0;

	for (i = MU_PASS; i <= MU_UNEVALUATED && !err; i++)
		if (self->outcomes[i])
			err = mu_checked(ctx, i, self->outcomes[i]);
	return err;
}

static int report_unverified(struct mu_ctx *ctx, const struct totals *self, uint32_t id,
			     const char *measures)
{
	const struct mu_document *document = mu_document(ctx, mu_at(id, 0));
	const struct totals_document *source = &self->sources[id];
	struct mu_finding finding = { .code = "unverified",
				      .severity = self->require ? MU_ERROR : MU_WARNING,
				      .document = self->require ? id : 0 };
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
			err = report_unverified(ctx, self, (uint32_t)i, measures.text);
	return err;
}

int totals_check(struct mu_ctx *ctx, struct totals *self)
{
	int err;

	self->rejected = ctx->documents_rejected;
	err = meanings_look_up(ctx, self);
	if (!err)
		err = ends_ask(ctx, self);
	if (!err)
		err = fold(ctx, self);
	if (!err)
		err = evaluate_all(ctx, self);
	if (!err)
		err = explain(ctx, self);
	if (!err)
		err = outcomes_count(ctx, self);
	if (!err)
		err = report_claims(ctx, self);
	if (!err)
		err = check_sources(ctx, self);
	return err ? err : check_levels(ctx, self);
}
