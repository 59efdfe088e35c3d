/*
 * Why a rule fails for a row: the single slips with which it would hold.
 */
#include "balance.h"
#include "text/slip.h"

#define TOLD      20  /* explanations of a finding at the most */
#define EXCHANGED 0.5 /* how likely an exchange is beside the slips of slip.h */

/* Numbers of the row that would be other ones. */
struct change {
	size_t slot, other; /* the same but for an exchange */
	int64_t value;      /* that would stand in slot */
	enum slip slip;
	int mends; /* how many rules */
	double weight;
};

struct changes {
	struct change items[TOLD];
	uint32_t count;
	double weight; /* of all that were found */
};

/* How many rules of the row a change would mend; 0 also when the one at hand is
 * not among them, or another one would be broken. */
static int mended(const struct self *self, size_t rule, size_t slot, size_t other, int64_t value)
{
	wide by = (wide)value - self->slots[slot].value;
	size_t i, n = self->rules.count;
	int count = 0;

	for (i = 0; i < n; i++) {
		/* The one at hand comes first, since that says no most often. */
		size_t at = !i ? rule : i <= rule ? i - 1 : i;
		const struct rule *r = rule_of(self, at);
		const struct state *s = &self->states[at];
		wide moved = by * r->sign[slot] - (slot == other ? 0 : by * r->sign[other]);
		bool fails = outcome_of(self, r, s->difference + moved, s->unknown) == MU_FAIL;

		if (fails && (!i || s->outcome != MU_FAIL))
			return 0;
		count += !fails && s->outcome == MU_FAIL;
	}
	return count;
}

/* Takes a change in, before the first one that weighs less. */
static void change_add(struct changes *c, struct change change)
{
	uint32_t i = c->count;

	c->weight += change.weight;
	if (i < TOLD)
		c->count++;
	else if (c->items[--i].weight >= change.weight)
		return;
	for (; i && c->items[i - 1].weight < change.weight; i--)
		c->items[i] = c->items[i - 1];
	c->items[i] = change;
}

/* Takes a value for the one that stands in best->slot if it mends more rules than
 * the best so far, or as many and is likelier, or as likely and nearer. */
static void value_try(const struct self *self, size_t rule, wide value, struct change *best)
{
	int64_t stands = self->slots[best->slot].value;
	struct change c = { .slot = best->slot, .other = best->slot, .value = (int64_t)value };
	wide by = value - stands, best_by = (wide)best->value - stands;
	bool better;

	if (value > INT64_MAX || value < (self->negative ? INT64_MIN : 0))
		return;
	c.mends = mended(self, rule, c.slot, c.slot, c.value);
	if (!c.mends || c.mends < best->mends)
		return;
	c.slip = slip_find(c.value, stands, &c.weight);
	c.weight *= c.mends;
	better = c.mends > best->mends || c.weight > best->weight ||
		 (c.weight >= best->weight &&
		  (by < 0 ? -by : by) < (best_by < 0 ? -best_by : best_by));
	if (c.slip != SLIP_NONE && better)
		*best = c;
}

/* All numbers that a slip of one digit may have made the one that stands there. */
static void digits_try(const struct self *self, size_t rule, struct change *best)
{
	wide stands = self->slots[best->slot].value, sign = stands < 0 ? -1 : 1;
	wide size = sign * stands, unit, digit;

	for (unit = 1; unit <= size * 10 || unit == 1; unit *= 10) {
		wide before = size / unit, behind = size % unit;

		value_try(self, rule, sign * (before / 10 * unit + behind), best);
		value_try(
			self, rule,
			sign * ((before / 100 * 100 + before % 10 * 10 + before / 10 % 10) * unit +
				behind),
			best);
		for (digit = 0; digit < 10; digit++) {
			value_try(self, rule, sign * ((before / 10 * 10 + digit) * unit + behind),
				  best);
			value_try(self, rule, sign * ((before * 10 + digit) * unit + behind), best);
		}
	}
}

/* Only one number makes a rule hold that is an equality; of the others, the
 * nearest is tried and all that a slip leads to. */
static void slip_add(const struct self *self, size_t rule, size_t slot, struct changes *out)
{
	const struct rule *r = rule_of(self, rule);
	const struct state *s = &self->states[rule];
	struct change best = { .slot = slot };
	int64_t stands = self->slots[slot].value;
	wide miss = (s->difference > r->high ? r->high : r->low) - s->difference;

	value_try(self, rule, stands + r->sign[slot] * miss, &best);
	if (r->low < r->high || s->unknown) {
		value_try(self, rule, -(wide)stands, &best);
		value_try(self, rule, stands / 100, &best);
		value_try(self, rule, stands / 1000, &best);
		value_try(self, rule, (wide)stands * 1000, &best);
		digits_try(self, rule, &best);
	}
	if (best.weight > 0)
		change_add(out, best);
}

static void exchange_add(const struct self *self, size_t rule, size_t slot, size_t other,
			 struct changes *out)
{
	const struct rule *r = rule_of(self, rule);
	size_t n = 1 + r->parts.count + r->minus.count;
	struct change change = { .slot = slot, .other = other };

	if (r->sign[other] == 0 || !self->slots[other].known || r->sign[slot] == r->sign[other])
		return;
	change.value = self->slots[other].value;
	change.weight = EXCHANGED * mended(self, rule, slot, other, change.value) /
			((double)n * (double)(n - 1) / 2);
	if (change.weight > 0)
		change_add(out, change);
}

static struct changes explain(const struct self *self, size_t rule)
{
	struct changes found = { .count = 0 };
	size_t slot, other;

	for (slot = 0; slot < self->n_slots; slot++) {
		if (!rule_of(self, rule)->sign[slot] || !self->slots[slot].known)
			continue;
		slip_add(self, rule, slot, &found);
		for (other = slot + 1; other < self->n_slots; other++)
			exchange_add(self, rule, slot, other, &found);
	}
	return found;
}

/* printf() would take most of the time that an explanation takes. */
static void number_write(int64_t number, char out[MU_FORMAT_MAX])
{
	struct mu_column one = { .type = MU_INTEGER, .values = &number };

	out[mu_format(&one, 0, out).len] = '\0';
}

static void phrase_number(struct phrase *phrase, const char *before, int64_t number)
{
	char text[MU_FORMAT_MAX];

	number_write(number, text);
	phrase_puts(phrase, before);
	phrase_puts(phrase, text);
}

static struct phrase change_phrase(const struct self *self, const struct change *c)
{
	const struct slot *slot = &self->slots[c->slot], *other = &self->slots[c->other];
	struct phrase phrase = { .len = 0 };

	phrase_add(&phrase, slot->name, strlen(slot->name));
	phrase_number(&phrase, " reads ", slot->value);
	if (slot == other) {
		phrase_number(&phrase, ", ", c->value);
		phrase_puts(&phrase, " would fit: ");
		phrase_puts(&phrase, slip_phrase(c->slip));
		return phrase;
	}
	phrase_puts(&phrase, " and ");
	phrase_add(&phrase, other->name, strlen(other->name));
	phrase_number(&phrase, " ", other->value);
	phrase_puts(&phrase, ": two numbers of the row stand in each other's column");
	return phrase;
}

static wide sum_of(const struct self *self, size_t rule)
{
	return self->states[rule].difference + self->slots[rule_of(self, rule)->total_slot].value;
}

static const char *code_of(wide sum)
{
	return sum < INT64_MIN || sum > INT64_MAX ? "overflow" : "mismatch";
}

/* Reports with `finding`, which says where, that a rule fails. */
static int finding_make(struct mu_ctx *ctx, const struct self *self, size_t rule,
			struct mu_finding finding)
{
	const struct rule *r = rule_of(self, rule);
	const struct state *s = &self->states[rule];
	int64_t total = self->slots[r->total_slot].value;
	wide sum = sum_of(self, rule), size = s->difference < 0 ? -s->difference : s->difference;
	const char *bound = s->unknown & PART ? " at least" : s->unknown ? " at most" : "";
	const char *otherwise = finding.n_explanations ? "" : ", and no single slip explains it";

	finding.code = code_of(sum);
	if (sum < INT64_MIN || sum > INT64_MAX)
		return mu_report(ctx, finding,
				 "%s: %s is %" PRId64
				 ", %s %s a number that does not fit 64 bits%s",
				 r->label.text, r->total, total, r->sum.text, r->verb, otherwise);
	finding.numbers = true;
	finding.expected = total;
	finding.found = (int64_t)sum;
	return mu_report(ctx, finding,
			 "%s: %s is %" PRId64 ", %s %s%s %" PRId64 ", %" PRIu64 " %s%s",
			 r->label.text, r->total, total, r->sum.text, r->verb, bound, finding.found,
			 (uint64_t)size, s->difference < 0 ? "less" : "more", otherwise);
}

static int rule_explain(struct mu_ctx *ctx, const struct self *self, size_t rule, uint64_t at)
{
	struct changes found = explain(self, rule);
	struct mu_explanation explanations[TOLD];
	struct phrase phrases[TOLD];
	char numbers[TOLD][MU_FORMAT_MAX];
	uint32_t i;

	for (i = 0; i < found.count; i++) {
		const struct change *c = &found.items[i];

		phrases[i] = change_phrase(self, c);
		number_write(c->value, numbers[i]);
		explanations[i] = (struct mu_explanation){
			.kind = c->slot == c->other ? slip_kind(c->slip) : "columns-shifted",
			.message = phrases[i].text,
			.score = c->weight / found.weight,
			.at = at,
			.field = self->slots[c->slot].name,
			.suggested = numbers[i],
		};
	}
	return finding_make(ctx, self, rule,
			    (struct mu_finding){ .at = at,
						 .field = rule_of(self, rule)->total,
						 .explanations = explanations,
						 .n_explanations = found.count });
}

int rule_report(struct mu_ctx *ctx, const struct self *self, size_t rule, uint64_t at)
{
	if (!ctx->findings_counted)
		return rule_explain(ctx, self, rule, at);
	return mu_finding_count(
		ctx, (struct mu_finding){ .code = code_of(sum_of(self, rule)), .at = at });
}
