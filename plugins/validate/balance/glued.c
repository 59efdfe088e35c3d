/*
 * Numbers that lost the space between them: "1313871400" for 13, 1387 and 1400.
 *
 * Where one number of a rule is all that there is of a row, its digits are cut
 * in every way into the numbers of all columns with which the rule holds.  There
 * may be several: 1313, 87 and 1400 would do as well.  None is chosen.
 */
#include <stdlib.h>

#include "balance.h"

#define DIGITS  20
#define COLUMNS 6
#define CUTS    8 /* told at the most */

/* One way to cut; the columns stand in the order of the row. */
struct cut {
	int64_t numbers[COLUMNS];
};

struct cutting {
	const struct self *self;
	const struct rule *rule;
	size_t columns[COLUMNS], n; /* slots of the rule */
	struct cut at, found[CUTS];
	size_t n_found; /* all of them */
};

static bool holds(const struct cutting *c)
{
	wide difference = 0;
	size_t i;

	for (i = 0; i < c->n; i++)
		difference += (wide)c->rule->sign[c->columns[i]] * c->at.numbers[i];
	return difference >= c->rule->low && difference <= c->rule->high;
}

/* Cuts what is left of the digits for the columns from `i` on. */
static void cut_from(struct cutting *c, size_t i, const char *from) // NOLINT(misc-no-recursion)
{
	size_t left = strlen(from), length;

	for (length = 1; length <= left; length++) {
		char text[DIGITS + 1];

		if ((i + 1 == c->n && length < left) || (length > 1 && *from == '0'))
			continue;
		memcpy(text, from, length);
		text[length] = '\0';
		c->at.numbers[i] = strtoll(text, NULL, 10);
		if (i + 1 < c->n) {
			cut_from(c, i + 1, from + length);
		} else if (holds(c)) {
			if (c->n_found < CUTS)
				c->found[c->n_found] = c->at;
			c->n_found++;
		}
	}
}

/* The slot of the only number there is; SIZE_MAX when there are more. */
static size_t only_number(struct cutting *c)
{
	const struct self *self = c->self;
	size_t only = SIZE_MAX, i;

	for (i = 0; i < self->n_slots; i++) {
		if (!c->rule->sign[i])
			continue;
		if (c->n == COLUMNS || (self->slots[i].known && only != SIZE_MAX))
			return SIZE_MAX;
		c->columns[c->n++] = i;
		if (self->slots[i].known)
			only = i;
	}
	return only;
}

static void phrase_cut(struct phrase *phrase, const struct cutting *c, const struct cut *cut)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		char text[32];

		phrase_puts(phrase, i ? ", " : "");
		phrase_puts(phrase, c->self->slots[c->columns[i]].name);
		snprintf(text, sizeof text, " %" PRId64, cut->numbers[i]);
		phrase_puts(phrase, text);
	}
}

int glued_report(struct mu_ctx *ctx, const struct self *self, size_t rule, uint64_t at)
{
	struct cutting c = { .self = self, .rule = rule_of(self, rule) };
	struct mu_explanation explanations[CUTS];
	struct phrase phrases[CUTS];
	size_t only = only_number(&c), i;
	char digits[DIGITS + 1];

	if (only == SIZE_MAX || c.n < 3 || self->slots[only].value < 100 ||
	    c.rule->low < c.rule->high)
		return 0;
	snprintf(digits, sizeof digits, "%" PRId64, self->slots[only].value);
	cut_from(&c, 0, digits);
	if (!c.n_found)
		return 0;
	for (i = 0; i < c.n_found && i < CUTS; i++) {
		phrases[i] = (struct phrase){ .len = 0 };
		phrase_cut(&phrases[i], &c, &c.found[i]);
		explanations[i] = (struct mu_explanation){ .kind = "numbers-glued",
							   .message = phrases[i].text,
							   .score = 1.0 / (double)c.n_found,
							   .at = at,
							   .field = self->slots[only].name };
	}
	return mu_report(ctx,
			 (struct mu_finding){ .code = "glued",
					      .at = at,
					      .field = self->slots[only].name,
					      .explanations = explanations,
					      .n_explanations = (uint32_t)i },
			 "%s: %s is %s and the other columns are empty: %s", c.rule->label.text,
			 self->slots[only].name, digits,
			 c.n_found == 1 ? "the numbers may stand there together"
					: "the numbers may stand there together, in more ways than "
					  "one");
}
