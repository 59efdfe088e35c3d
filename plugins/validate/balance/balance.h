/*
 * What the rules of a row are made of; see balance.c.
 */
#ifndef BALANCE_H
#define BALANCE_H

#include <inttypes.h>
#include <stdio.h>

#include "text/phrase.h"

#define CHUNK 1024 /* rows added up at a time, in the processor's cache */
#define FEW   16   /* and where not all of them hold */

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
	size_t total_slot;
	int *sign;          /* of each slot in the difference: 1, -1 or 0 */
	wide low, high;     /* where the difference of parts and total has to be */
	struct term *terms; /* what the difference is made of */
	size_t n_terms;
};

/* A column in a difference. */
struct term {
	size_t slot;
	bool minus;
	const int64_t *numbers; /* of the rows at hand */
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

static inline struct rule *rule_of(const struct self *self, size_t i)
{
	return (struct rule *)self->rules.items + i;
}

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

/* Says that a rule fails for a row, and why; the numbers of the row are in the
 * slots, and what each rule makes of them in the states. */
int rule_report(struct mu_ctx *ctx, const struct self *self, size_t rule, uint64_t at);

/* Says so when the numbers of an unknown row are glued together in one column. */
int glued_report(struct mu_ctx *ctx, const struct self *self, size_t rule, uint64_t at);

#endif
