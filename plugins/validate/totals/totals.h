/*
 * What rows add up to, and what claims say they add up to.
 *
 * Rows are added up by keys of the document and the columns of `by`, as aggregate/block.h
 * says.  In the key of a row 0 means unknown, in that of a claim it means all.  The
 * columns where a claim's key is not 0 are its pattern.
 *
 * There are two tallies.  `rows` has the data by the whole of their keys.  `scopes` has
 * the keys of the claims, and stays without sums until all rows are there: claims may
 * come before or after their parts.  Then each group of `rows` is looked up once for
 * each pattern and added to the scope that covers it, so the work does not grow with
 * the number of claims.
 *
 * Rows may be shared out among instances that are merged in the end, see merge.c: no
 * result may depend on how values, groups and scopes were numbered meanwhile, and what
 * is listed is put into the order of its places before it is looked at.
 *
 * One claim and one measure that it states are an edit, a rule that the numbers
 * have to obey.  When some fail, the rows themselves are looked at, as long as
 * there are not too many to keep: see explain.c.
 *
 *     totals.c    options and columns
 *     take.c      rows and claims of a batch
 *     merge.c     two instances become one, and all is put in order
 *     check.c     sums, comparisons, findings
 *     explain.c   why claims fail
 */
#ifndef TOTALS_H
#define TOTALS_H

#include "aggregate/block.h"

/* Beyond all sums. */
#define FAR ((wide)1 << 100)

struct measure {
	const char *name;
	int64_t index;
	struct mu_column cells; /* of the batch at hand */
};

/* How what rows add up to relates to what the claims of a level state. */
enum relation { EQUAL, AT_MOST, AT_LEAST, ABOUT, NONE };

struct level {
	const char *name;
	int relation;
	int states;
	int64_t tolerance;
};

enum { STATES_SUM, STATES_ROWS };

struct amount {
	int64_t value;
	bool known;
};

/* A row of data as it came. */
struct row {
	uint64_t at;
	uint32_t group;      /* of `rows` */
	struct amount cells[]; /* of the measures */
};

/* What came of what a claim states of one measure. */
enum {
	STATED = 1,       /* it states something; */
	FIRST_STATED = 2, /* it is the first to state it of its scope */
	OUTCOME_SHIFT = 4 /* from here on: enum mu_outcome */
};

/* Behind the values stand their marks, a byte each. */
struct claim {
	uint64_t at;
	uint32_t level;   /* of `levels`: its name */
	uint32_t scope;   /* of `scopes`: what it covers */
	uint64_t end;     /* enum mu_claim_end */
	int64_t values[]; /* of the measures, 0 where it states none */
};

/* What the claims just below a scope without rows state of one measure.  These are the claims
 * that fix the fewest columns more; of several levels of such claims the first one counts. */
struct subtotal {
	wide sum;
	uint64_t parts;
	uint32_t fixed, level;
};

/* Why claims of a document, or a part of them, fail; see explain.c. */
struct account {
	uint32_t document;            /* 0: of all */
	struct mu_explanation *items; /* in memory of the stage */
	uint32_t count;
	uint32_t equal;        /* how many fit as well as the first, with it */
	const char *otherwise; /* where there are none: why */
};

/* A document of the run, by its id. */
struct totals_document {
	uint64_t rows;     /* of data */
	uint64_t rejected; /* claims in it that an earlier stage found wrong */
	bool verified;     /* some claim in it or over it states a measure */
};

struct totals {
	/* the options */
	struct mu_texts of, by, claims;
	struct mu_items level_items;
	const char *expect; /* as written, and what that is */
	int64_t expected;
	bool require, negative;

	bool too_many; /* no option: there were more rows than may be kept, so none are */
	bool merged;   /* no option: another instance was added, so patterns are in no order */

	int within; /* an option, as the next line */
	int64_t max_groups, max_patterns, max_explained;
	size_t rejected; /* documents of the run */

	struct measure *measures;
	size_t n_measures;
	struct block block; /* of the columns of `by` */
	uint32_t *key;      /* to work with */

	struct tally rows, scopes;
	struct mu_map patterns; /* a byte for each column of a key: 1 where fixed */
	uint8_t *pattern;       /* of the latest claim */
	size_t latest_level;    /* of the latest claim; SIZE_MAX: there is none */

	struct pile listed;     /* claims */
	struct mu_map levels;   /* names of claims */
	struct level *meanings; /* of each of `levels`, once all claims are there */

	struct totals_document *sources;
	size_t n_sources;

	struct pile kept; /* rows */

	size_t n_covered;      /* scopes that have rows */
	uint32_t *lacking;     /* of each scope: one more than the index of its subtotals, or 0
				  when it has rows; NULL when all have */
	struct pile subtotals; /* n_measures of them each */

	struct account *accounts;
	size_t n_accounts;
	uint32_t *part_accounts; /* of each claim: one more than the account of its part of the
				    document, or 0; NULL when there are no parts */
	size_t explained;        /* how much was looked at for the accounts */

	uint32_t *firsts;     /* of each scope and measure: one more than the index of the first
				 claim that states it; NULL when each scope has one claim */
	struct pile noted;    /* indices of claims of which there is something to say */
	uint64_t outcomes[3]; /* of checks, an enum mu_outcome each */
};

enum { WITHIN_DOCUMENT, WITHIN_ALL };

static inline int out_of_memory(struct mu_ctx *ctx)
{
	return mu_fail(ctx, ENOMEM, "out of memory");
}

static inline size_t n_claims(const struct totals *self)
{
	return self->listed.count;
}

static inline struct claim *claim_at(const struct totals *self, size_t index)
{
	return pile_at(&self->listed, index);
}

/* Of the claims of which there is something to say. */
static inline size_t noted_at(const struct totals *self, size_t i)
{
	return *(const uint32_t *)pile_at(&self->noted, i);
}

/* The mark of what a claim states of a measure. */
static inline uint8_t *claim_mark(const struct totals *self, const struct claim *claim,
				  size_t measure)
{
	return (uint8_t *)(uintptr_t)(claim->values + self->n_measures) + measure;
}

/* What the pipeline says of the level of a claim. */
static inline const struct level *level_of(const struct totals *self, const struct claim *claim)
{
	return &self->meanings[claim->level];
}

/* What is compared with nothing is no part of anything either. */
static inline bool is_compared(const struct totals *self, const struct claim *claim, size_t measure)
{
	return *claim_mark(self, claim, measure) & STATED && !(claim->at & MU_AT_REJECTED) &&
	       claim->end == MU_CLAIM_GOES_ON && level_of(self, claim)->relation != NONE;
}

static inline enum mu_outcome outcome_of(const struct totals *self, const struct claim *claim,
					 size_t measure)
{
	return (enum mu_outcome)(*claim_mark(self, claim, measure) >> OUTCOME_SHIFT);
}

static inline size_t n_scopes(const struct totals *self)
{
	return self->scopes.groups.count;
}

bool text_in(const struct mu_texts *texts, struct mu_string text);

int rows_take(struct mu_ctx *ctx, struct totals *self, const struct ArrowArray *batch);

/* Lists what the pipeline itself states, of all rows of all documents. */
int expect_list(struct mu_ctx *ctx, struct totals *self);

/* What is known of a document; NULL when memory is out. */
struct totals_document *source_of(struct totals *self, uint32_t document);

/* Says why a tally could not take groups: memory is out, or there are more than the option allows.
 * `err`, which is 0 for none, is what it gave. */
int groups_failed(struct mu_ctx *ctx, const struct totals *self, int err);

/* Fails when there would be more than the option allows with n more. */
int claims_limit(struct mu_ctx *ctx, const struct totals *self, size_t n);

/* Adds self->pattern to the patterns. */
int pattern_list(struct mu_ctx *ctx, struct totals *self);

/* The part of a row's key that a pattern fixes, the rest 0; false when the row has null in one
 * of these columns, for then no claim of the pattern covers it. */
bool key_mask(uint32_t *key, const uint8_t *pattern, size_t width);

/* Adds what the key of a claim fixes to the patterns.  0, or a positive errno. */
int pattern_add(struct mu_ctx *ctx, struct totals *self, const uint32_t *key);

/* All rows that were kept, and those to come: no explanation will need them. */
void rows_forget(struct totals *self);

/* Adds all that another instance took; it is left to be closed. */
int totals_merge(struct mu_ctx *ctx, struct totals *self, struct totals *other);

/* Puts claims, patterns and kept rows into the order of their places, as if one
 * instance had taken them all. */
int totals_arrange(struct mu_ctx *ctx, struct totals *self);

/* What a claim is compared with. */
struct parts {
	struct sum sum;
	uint64_t count; /* of rows, or */
	bool subtotals; /* no row was there, so the claims below were added up */
	bool may_lack;  /* rows of rejected documents may be all that is missing */
	wide low, high; /* what the sum may be */
};

struct parts parts_of(const struct totals *self, const struct claim *claim, size_t measure);

/* After the last row: adds up, compares, and reports. */
int totals_check(struct mu_ctx *ctx, struct totals *self);

/* The words with which a row or a claim is told from others, "(country PSE)". */
struct phrase;
void phrase_key(struct phrase *phrase, const struct totals *self, const uint32_t *key);

/* Why claims fail, a list for each document that has any; kept in `accounts`. */
int explain(struct mu_ctx *ctx, struct totals *self);

/* That of a claim, NULL when there is none. */
const struct account *account_of(const struct totals *self, size_t claim);

#endif
