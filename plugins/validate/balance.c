/*
 * Columns that are parts of another column, within one row.
 *
 *     - validate: balance
 *       rules:
 *         - {name: sex, total: total, parts: [male, female]}   # total = male + female
 *         - {name: change, total: change, parts: [arrived], minus: [left]}
 *         - {total: total, parts: [female], relation: at_least}   # total >= female
 *         - {name: age, total: total, parts: [young, old], tolerance: 2}   # may miss by 2
 *
 * The columns are integers.  Rows and claims are held to the rules, for a line
 * of totals must balance too; rows that an earlier stage found wrong are not.
 *
 * Where a number is unknown, a rule is not evaluated, unless the known ones
 * decide it: when 7 and something unknown should be 5, that fails, as numbers
 * are not below 0 (`negative: true` says that they may be).  Claims that
 * have none of a rule's numbers say nothing of it.
 *
 * Of a row that fails it is told which single slips would explain that, as in
 * Scholtus (2009), see slip.h: a number that stands there instead of one with
 * which the rule holds, or two numbers of the rule in each other's column.  What
 * would break another rule of the row is none; what mends two of them counts
 * twice.  Where many numbers would do, one of each column is told: that which
 * mends most rules, of those the likeliest, and the nearest.  A score is the share in the weight of all that were found.
 */
#include <inttypes.h>
#include <stdio.h>

#include "phrase.h"
#include "slip.h"

#define CHUNK     1024 /* rows added up at a time, in the processor's cache */
#define TOLD      20   /* explanations of a finding at the most */
#define EXCHANGED 0.5  /* how likely an exchange is beside the slips of slip.h */

/* Sums and differences of any columns of 64 bits. */
__extension__ typedef __int128 wide;

#define FAR ((wide)1 << 100)

enum relation { EQUAL, AT_MOST, AT_LEAST };
enum { PART = 1, MINUS = 2, TOTAL = 4 }; /* which numbers are unknown */

struct rule {
	const char *name, *total;
	struct mu_texts parts, minus;
	int relation;
	int64_t tolerance;
	struct phrase label, sum;
	const char *verb;
	size_t total_slot, n_slots;
	int *sign;      /* of each slot in the difference: 1, -1 or 0 */
	wide low, high; /* where the difference of parts and total has to be */
};

/* What a rule makes of the row at hand. */
struct state {
	wide difference;
	unsigned unknown;
	enum mu_outcome outcome;
};

/* A column that a rule names. */
struct slot {
	int64_t index;
	const char *name;
	struct mu_column cells;
	bool known; /* in the row at hand */
	int64_t value;
};

struct self {
	struct mu_items rules;
	bool negative;
	size_t n_slots;
	struct slot *slots; /* in the order of the columns */
	struct state *states;
};

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

static struct rule *rule_of(const struct self *self, size_t i)
{
	return (struct rule *)self->rules.items + i;
}

/* -------------------------------------------------------------- columns */

/* Column `i` of a rule: its total, its parts, what is taken off.  NULL: no more. */
static const char **column_of(struct rule *r, size_t i)
{
	if (!i)
		return &r->total;
	if (i <= r->parts.count)
		return &r->parts.items[i - 1];
	i -= r->parts.count + 1;
	return i < r->minus.count ? &r->minus.items[i] : NULL;
}

static int balance_configure(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;
	size_t i, j, k;
	int err = 0;

	for (i = 0; i < self->rules.count; i++) {
		struct rule *r = rule_of(self, i);
		const char **column;

		for (j = 1; (column = column_of(r, j)); j++)
			for (k = 0; k < j; k++)
				if (!strcmp(*column, *column_of(r, k))) {
					err = mu_invalid(ctx, column,
							 "column '%s' stands in the rule twice",
							 *column);
					break;
				}
	}
	return err;
}

/* "male + female"; of many columns only how many. */
static void phrases_make(struct rule *r)
{
	static const char *const relations[] = { " = ", " <= ", " >= " };
	size_t n = r->parts.count + r->minus.count, i;
	const char **column;
	char text[64];

	r->verb = n == 1 || n > 6 ? "is" : r->minus.count ? "give" : "add up to";
	snprintf(text, sizeof text, "the sum of %zu columns", n);
	if (n > 6)
		phrase_puts(&r->sum, text);
	for (i = 1; n <= 6 && (column = column_of(r, i)); i++) {
		if (i > 1)
			phrase_puts(&r->sum, i > r->parts.count ? " - " : " + ");
		phrase_add(&r->sum, *column, strlen(*column));
	}
	if (r->name)
		phrase_add(&r->label, r->name, strlen(r->name));
	if (r->name && r->relation == EQUAL)
		return;
	phrase_puts(&r->label, r->name ? " (" : "");
	phrase_add(&r->label, r->total, strlen(r->total));
	phrase_puts(&r->label, relations[r->relation]);
	phrase_add(&r->label, r->sum.text, r->sum.len);
	phrase_puts(&r->label, r->name ? ")" : "");
}

/* Finds the columns of a rule; `used` is for each column whether a rule does. */
static int rule_open(struct mu_ctx *ctx, struct rule *r, bool *used)
{
	const char **column;
	int err = 0;
	size_t i;

	for (i = 0; (column = column_of(r, i)); i++) {
		int64_t index = mu_schema_find(ctx->schema, *column);

		if (index < 0 || index >= mu_schema_visible(ctx->schema))
			err = mu_invalid(ctx, column, "no column is called '%s'", *column);
		else if (mu_schema_type(ctx->schema->children[index]) != MU_INTEGER)
			err = mu_invalid(ctx, column, "column '%s' has no integers to add up",
					 *column);
		else
			used[index] = true;
	}
	r->low = r->relation == AT_LEAST ? -FAR : -(wide)r->tolerance;
	r->high = r->relation == AT_MOST ? FAR : r->tolerance;
	phrases_make(r);
	return err;
}

static void signs_set(struct self *self, struct rule *r)
{
	const char **column;
	size_t i, j;

	for (i = 0; (column = column_of(r, i)); i++)
		for (j = 0; j < self->n_slots; j++)
			if (!strcmp(self->slots[j].name, *column)) {
				r->sign[j] = i && i <= r->parts.count ? 1 : -1;
				r->total_slot = i ? r->total_slot : j;
			}
}

static int balance_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	int64_t n = mu_schema_visible(ctx->schema), column;
	bool *used = mu_alloc(ctx, (size_t)n + 1);
	struct self *self = state;
	int err = 0;
	size_t i;

	(void)out;
	for (i = 0; i < self->rules.count; i++)
		if (rule_open(ctx, rule_of(self, i), used))
			err = EINVAL;
	if (err)
		return err;
	self->slots = mu_alloc(ctx, (size_t)(n + 1) * sizeof *self->slots);
	self->states = mu_alloc(ctx, self->rules.count * sizeof *self->states);
	for (column = 0; column < n; column++)
		if (used[column])
			self->slots[self->n_slots++] =
				(struct slot){ .index = column,
					       .name = ctx->schema->children[column]->name };
	for (i = 0; i < self->rules.count; i++) {
		rule_of(self, i)->sign = mu_alloc(ctx, (self->n_slots + 1) * sizeof(int));
		signs_set(self, rule_of(self, i));
	}
	return 0;
}

/* ------------------------------------------------------------ evaluating */

static inline unsigned unknown_bit(const struct rule *r, size_t slot)
{
	return slot == r->total_slot ? TOTAL : r->sign[slot] > 0 ? PART : MINUS;
}

static inline enum mu_outcome outcome_of(const struct self *self, const struct rule *r,
					 wide difference, unsigned unknown)
{
	bool above = difference > r->high, below = difference < r->low;

	if (!unknown)
		return above || below ? MU_FAIL : MU_PASS;
	if (self->negative || unknown & TOTAL)
		return MU_UNEVALUATED;
	/* An unknown part can only add, one that is taken off only take away. */
	if ((above && !(unknown & MINUS)) || (below && !(unknown & PART)))
		return MU_FAIL;
	if (above || below || (unknown & PART && r->high < FAR) ||
	    (unknown & MINUS && r->low > -FAR))
		return MU_UNEVALUATED;
	return MU_PASS;
}

static bool says_nothing(const struct self *self, const struct rule *r, int64_t row)
{
	size_t i;

	for (i = 0; i < self->n_slots; i++)
		if (r->sign[i] && !mu_null(&self->slots[i].cells, row))
			return false;
	return true;
}

static void column_add(const struct slot *s, const struct rule *r, size_t slot, int64_t first,
		       int64_t n, wide *differences, uint8_t *unknown)
{
	int64_t sign = r->sign[slot], i;

	for (i = 0; i < n; i++) {
		if (!mu_null(&s->cells, first + i))
			differences[i] += (wide)sign * mu_get_integer(&s->cells, first + i);
		else
			unknown[i] |= (uint8_t)unknown_bit(r, slot);
	}
}

/* Evaluates a rule for some rows, and notes in `failed` which fail. */
static void rule_check(const struct self *self, const struct rule *r, const struct mu_rows *rows,
		       int64_t first, int64_t n, bool *failed, uint64_t counts[3])
{
	wide differences[CHUNK] = { 0 };
	uint8_t unknown[CHUNK] = { 0 };
	size_t slot;
	int64_t i;

	for (slot = 0; slot < self->n_slots; slot++)
		if (r->sign[slot])
			column_add(&self->slots[slot], r, slot, first, n, differences, unknown);
	for (i = 0; i < n; i++) {
		enum mu_outcome outcome = outcome_of(self, r, differences[i], unknown[i]);

		if (mu_row_is_rejected(rows, first + i) ||
		    (unknown[i] && mu_row_is_claim(rows, first + i) &&
		     says_nothing(self, r, first + i)))
			continue;
		counts[outcome]++;
		failed[i] |= outcome == MU_FAIL;
	}
}

/* ------------------------------------------------------------ explaining */

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

/* -------------------------------------------------------------- reporting */

static void phrase_number(struct phrase *phrase, const char *before, int64_t number)
{
	char text[64];

	snprintf(text, sizeof text, "%s%" PRId64, before, number);
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

/* Reports with `finding`, which says where, that a rule fails. */
static int finding_make(struct mu_ctx *ctx, const struct self *self, size_t rule,
			struct mu_finding finding)
{
	const struct rule *r = rule_of(self, rule);
	const struct state *s = &self->states[rule];
	int64_t total = self->slots[r->total_slot].value;
	wide sum = s->difference + total, size = s->difference < 0 ? -s->difference : s->difference;
	const char *bound = s->unknown & PART ? " at least" : s->unknown ? " at most" : "";
	const char *otherwise = finding.n_explanations ? "" : ", and no single slip explains it";

	if (sum < INT64_MIN || sum > INT64_MAX) {
		finding.code = "overflow";
		return mu_report(ctx, finding,
				 "%s: %s is %" PRId64
				 ", %s %s a number that does not fit 64 bits%s",
				 r->label.text, r->total, total, r->sum.text, r->verb, otherwise);
	}
	finding.code = "mismatch";
	finding.numbers = true;
	finding.expected = total;
	finding.found = (int64_t)sum;
	return mu_report(ctx, finding,
			 "%s: %s is %" PRId64 ", %s %s%s %" PRId64 ", %" PRIu64 " %s%s",
			 r->label.text, r->total, total, r->sum.text, r->verb, bound, finding.found,
			 (uint64_t)size, s->difference < 0 ? "less" : "more", otherwise);
}

static int rule_report(struct mu_ctx *ctx, const struct self *self, size_t rule, uint64_t at)
{
	struct changes found = explain(self, rule);
	struct mu_explanation explanations[TOLD];
	struct phrase phrases[TOLD];
	char numbers[TOLD][MU_FORMAT_MAX];
	uint32_t i;

	for (i = 0; i < found.count; i++) {
		const struct change *c = &found.items[i];

		phrases[i] = change_phrase(self, c);
		snprintf(numbers[i], sizeof numbers[i], "%" PRId64, c->value);
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

/* Reports which rules a row fails, and why. */
static int row_report(struct mu_ctx *ctx, struct self *self, int64_t row, uint64_t at)
{
	size_t i, j;
	int err = 0;

	for (i = 0; i < self->n_slots; i++) {
		struct slot *slot = &self->slots[i];

		slot->known = !mu_null(&slot->cells, row);
		slot->value = slot->known ? mu_get_integer(&slot->cells, row) : 0;
	}
	for (i = 0; i < self->rules.count; i++) {
		const struct rule *r = rule_of(self, i);
		struct state s = { .unknown = 0 };

		for (j = 0; j < self->n_slots; j++) {
			s.difference += (wide)r->sign[j] * self->slots[j].value;
			if (r->sign[j] && !self->slots[j].known)
				s.unknown |= unknown_bit(r, j);
		}
		s.outcome = outcome_of(self, r, s.difference, s.unknown);
		self->states[i] = s;
	}
	for (i = 0; i < self->rules.count && !err; i++)
		if (self->states[i].outcome == MU_FAIL)
			err = rule_report(ctx, self, i, at);
	return err;
}

static int balance_validate(struct mu_ctx *ctx, void *state, const struct ArrowArray *batch)
{
	uint64_t counts[3] = { 0 };
	struct self *self = state;
	struct mu_rows rows;
	int64_t first, i;
	int err = 0;
	size_t j;

	if (!batch)
		return 0;
	rows = mu_rows(ctx->schema, batch);
	for (j = 0; j < self->n_slots; j++)
		self->slots[j].cells = mu_column(ctx->schema, batch, self->slots[j].index);
	for (first = 0; first < batch->length && !err; first += CHUNK) {
		int64_t n = batch->length - first < CHUNK ? batch->length - first : CHUNK;
		bool failed[CHUNK] = { false };

		for (j = 0; j < self->rules.count; j++)
			rule_check(self, rule_of(self, j), &rows, first, n, failed, counts);
		for (i = 0; i < n && !err; i++)
			if (failed[i])
				err = row_report(ctx, self, first + i, mu_row_at(&rows, first + i));
	}
	for (j = MU_PASS; j <= MU_UNEVALUATED && !err; j++)
		if (counts[j])
			err = mu_checked(ctx, (enum mu_outcome)j, counts[j]);
	return err;
}

static const char *const relation_choices[] = { "equal", "at_most", "at_least", NULL };

static const struct mu_option rule_options[] = {
	MU_OPT_TEXT(struct rule, name,
		    .help = "what messages call it; made of the columns if absent"),
	MU_OPT_TEXT(struct rule, total, .required = true, .help = "the column that is the whole"),
	MU_OPT_TEXTS(struct rule, parts, .required = true, .min = 1, .max = 64,
		     .help = "columns to add up"),
	MU_OPT_TEXTS(struct rule, minus, .max = 64, .help = "columns to take off that sum"),
	MU_OPT_CHOICE(struct rule, relation, .choices = relation_choices, .fallback = "equal",
		      .help = "what total is to the sum of parts; at_least: total >= sum, "
			      "at_most: total <= sum"),
	MU_OPT_INT(struct rule, tolerance, .fallback = "0", .min = 0, .max = 9e15,
		   .help = "by how much total may miss that"),
	{ 0 }
};

static const struct mu_option balance_options[] = {
	MU_OPT_ITEMS(struct self, rules, struct rule, rule_options, .required = true, .min = 1,
		     .max = 100, .help = "what has to hold in each row"),
	MU_OPT_BOOL(struct self, negative, .fallback = "false",
		    .help = "whether numbers may be below 0, so that an unknown one may too"),
	{ 0 }
};

static const struct mu_code balance_codes[] = {
	{ "mismatch", "A column of a row is not what its parts in the same row say.",
	  "Look at the numbers of the row and at its explanations, and correct the source; "
	  "or correct the rule's columns, relation or tolerance." },
	{ "overflow", "A rule fails, and its columns add up to a number that does not fit 64 bits.",
	  "One of the numbers is far too large: correct it." },
	{ 0 }
};

MUSTER_PLUGIN(.name = "balance", .summary = "columns of a row add up to another one",
	      .options = balance_options, .codes = balance_codes, .self_size = sizeof(struct self),
	      .configure = balance_configure, .open = balance_open, .validate = balance_validate);
