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
#include "balance.h"

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
		int64_t index;
		int wrong = mu_option_column(ctx, column, &index);

		if (wrong)
			err = wrong;
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

static void terms_make(struct mu_ctx *ctx, const struct self *self, struct rule *r)
{
	r->terms = mu_alloc(ctx, (self->n_slots + 1) * sizeof *r->terms);
	for (size_t i = 0; i < self->n_slots; i++)
		if (r->sign[i])
			r->terms[r->n_terms++] =
				(struct term){ .slot = i, .minus = r->sign[i] < 0 };
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
		terms_make(ctx, self, rule_of(self, i));
	}
	return 0;
}

static void balance_uses(struct mu_ctx *ctx, void *state, const bool *out, bool *in)
{
	const struct self *self = state;

	(void)ctx, (void)out;
	for (size_t i = 0; i < self->n_slots; i++)
		in[self->slots[i].index] = true;
}

/* Rows that all hold: nearly all do.  Where all numbers of a rule are known and none is very large, 64 bits
 * are enough to see that, and no row needs a branch. */

/* Numbers from -SMALL to SMALL - 1, of 129 columns at most, differ by less than half
 * of LARGE; a bound beyond LARGE is as good as none. */
#define SMALL ((uint64_t)1 << 54)
#define LARGE ((int64_t)1 << 62)

/* The numbers of two rows, and of how many rows a step is. */
typedef uint64_t two __attribute__((vector_size(16)));
#define STEP 4

static bool all_known(const struct mu_column *cells, int64_t first, int64_t n)
{
	if (cells->valid)
		for (int64_t i = first; i < first + n; i++)
			if (mu_null(cells, i))
				return false;
	return true;
}

/* Finds where the numbers of a rule are; false if one is unknown. */
static bool terms_find(const struct self *self, const struct rule *r, int64_t first, int64_t n)
{
	for (size_t i = 0; i < r->n_terms; i++) {
		const struct mu_column *cells = &self->slots[r->terms[i].slot].cells;

		if (!all_known(cells, first, n))
			return false;
		r->terms[i].numbers = (const int64_t *)cells->values + cells->offset + first;
	}
	return true;
}

static inline two two_of(int64_t number)
{
	return (two){ (uint64_t)number, (uint64_t)number };
}

/* Whether a rule surely holds for all of some rows.  Overflow is seen in the high bits:
 * those of `high` are 0 if all numbers are small, and then the sign of `outside` is that
 * of a difference out of bounds. */
static bool all_hold(const struct self *self, const struct rule *r, int64_t first, int64_t n)
{
	const two low = two_of(r->low < -LARGE ? -LARGE : (int64_t)r->low);
	const two top = two_of(r->high > LARGE ? LARGE : (int64_t)r->high);
	two high = { 0 }, outside = { 0 };

	if (n < STEP || !terms_find(self, r, first, n))
		return false;
	for (int64_t i = 0; i < n; i += STEP) {
		int64_t at = i + STEP <= n ? i : n - STEP; /* the last ones may be seen twice */
		two a = { 0 }, b = { 0 };

		for (size_t j = 0; j < r->n_terms; j++) {
			const int64_t *numbers = r->terms[j].numbers + at;
			two x, y;

			memcpy(&x, numbers, sizeof x);
			memcpy(&y, numbers + 2, sizeof y);
			high |= (x + SMALL) | (y + SMALL);
			a = r->terms[j].minus ? a - x : a + x;
			b = r->terms[j].minus ? b - y : b + y;
		}
		outside |= (a - low) | (top - a) | (b - low) | (top - b);
	}
	return !((high[0] | high[1]) / (2 * SMALL)) && !((outside[0] | outside[1]) >> 63);
}

static bool any_rejected(const struct mu_rows *rows, int64_t first, int64_t n)
{
	const uint64_t *at = (const uint64_t *)rows->at.values + rows->at.offset + first;
	two any = { 0 };
	int64_t i;

	for (i = 0; i + STEP <= n; i += STEP) {
		two x, y;

		memcpy(&x, at + i, sizeof x);
		memcpy(&y, at + i + 2, sizeof y);
		any |= x | y;
	}
	for (; i < n; i++)
		any[0] |= at[i];
	return (any[0] | any[1]) & MU_AT_REJECTED;
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

/* Evaluates a rule for some rows, but claims that do not speak of all its columns, and
 * notes in `suspect` which to look at. */
static void rule_check(const struct self *self, const struct rule *r, const struct mu_rows *rows,
		       int64_t first, int64_t n, bool *suspect, uint64_t counts[3])
{
	wide differences[FEW] = { 0 };
	uint8_t unknown[FEW] = { 0 };
	size_t slot;
	int64_t i;

	for (slot = 0; slot < self->n_slots; slot++)
		if (r->sign[slot])
			column_add(&self->slots[slot], r, slot, first, n, differences, unknown);
	for (i = 0; i < n; i++) {
		enum mu_outcome outcome = outcome_of(self, r, differences[i], unknown[i]);

		if (mu_row_is_rejected(rows, first + i) ||
		    (unknown[i] && mu_row_is_claim(rows, first + i)))
			continue;
		counts[outcome]++;
		suspect[i] |= outcome != MU_PASS;
	}
}

/* Reports which rules a row fails, and why, or why it was not evaluated. */
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
		else if (self->states[i].outcome == MU_UNEVALUATED)
			err = glued_report(ctx, self, i, at);
	return err;
}

static int few_check(struct mu_ctx *ctx, struct self *self, const struct mu_rows *rows,
		     int64_t first, int64_t n, uint64_t counts[3])
{
	bool rejected = any_rejected(rows, first, n), all = true;
	bool suspect[FEW] = { false };
	int err = 0;

	for (size_t i = 0; i < self->rules.count; i++) {
		if (!rejected && all_hold(self, rule_of(self, i), first, n)) {
			counts[MU_PASS] += (uint64_t)n;
		} else {
			rule_check(self, rule_of(self, i), rows, first, n, suspect, counts);
			all = false;
		}
	}
	for (int64_t i = 0; i < n && !all && !err; i++)
		if (suspect[i])
			err = row_report(ctx, self, first + i, mu_row_at(rows, first + i));
	return err;
}

static bool every_rule_holds(const struct self *self, const struct mu_rows *rows, int64_t first,
			     int64_t n)
{
	bool hold = !any_rejected(rows, first, n);

	for (size_t i = 0; i < self->rules.count && hold; i++)
		hold = all_hold(self, rule_of(self, i), first, n);
	return hold;
}

/* One bad row among many makes a few of them slow, not all. */
static int chunk_check(struct mu_ctx *ctx, struct self *self, const struct mu_rows *rows,
		       int64_t first, int64_t n, uint64_t counts[3])
{
	int64_t end = first + n;
	int err = 0;

	if (every_rule_holds(self, rows, first, n)) {
		counts[MU_PASS] += (uint64_t)n * self->rules.count;
		return 0;
	}
	for (; first < end && !err; first += FEW)
		err = few_check(ctx, self, rows, first, end - first < FEW ? end - first : FEW,
				counts);
	return err;
}

static int balance_validate(struct mu_ctx *ctx, void *state, const struct ArrowArray *batch)
{
	uint64_t counts[3] = { 0 };
	struct self *self = state;
	struct mu_rows rows;
	int64_t first;
	int err = 0;
	size_t j;

	if (!batch)
		return 0;
	rows = mu_rows(ctx->schema, batch);
	for (j = 0; j < self->n_slots; j++)
		self->slots[j].cells = mu_column(ctx->schema, batch, self->slots[j].index);
	for (first = 0; first < batch->length && !err; first += CHUNK) {
		int64_t left = batch->length - first;

		err = chunk_check(ctx, self, &rows, first, left < CHUNK ? left : CHUNK, counts);
	}
	for (j = MU_PASS; j <= MU_UNEVALUATED && !err; j++)
		if (counts[j])
			err = mu_checked(ctx, (enum mu_outcome)j, counts[j]);
	return err;
}

/* Nothing is kept from row to row. */
static int balance_merge(struct mu_ctx *ctx, void *state, void *other)
{
	(void)ctx, (void)state, (void)other;
	return 0;
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
	{ "glued",
	  "One column of a row has all its numbers, without the spaces between them, as far as the "
	  "rule can tell.",
	  "Look into the document which of the explanations is right, and correct the row; or "
	  "describe the columns in the parser so that it can tell them apart." },
	{ "overflow", "A rule fails, and its columns add up to a number that does not fit 64 bits.",
	  "One of the numbers is far too large: correct it." },
	{ 0 }
};

MUSTER_PLUGIN(.name = "balance", .summary = "columns of a row add up to another one",
	      .options = balance_options, .codes = balance_codes, .self_size = sizeof(struct self),
	      .configure = balance_configure, .open = balance_open, .validate = balance_validate,
	      .merge = balance_merge, .uses = balance_uses);
