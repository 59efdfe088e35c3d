/*
 * What rows add up to, and what claims say they add up to.
 *
 * A value of a column is known by a number: 0 is null, else it is one more than
 * the value's place in the column's dictionary.  A key is an array of `width`
 * such numbers: first the id of the document, then one for each of the columns
 * of `by`.  In the key of a row 0 means unknown, in that of a claim it means
 * all; the places where a claim's key is not 0 are its pattern.
 *
 * A tally has a group for each key that it has met, with the number of rows and
 * the sums of the measures.  There are two.  `rows` has the data by the whole
 * of their keys.  `scopes` has the keys of the claims, and stays without sums
 * until all rows are there: claims may come before or after their parts.  Then
 * each group of `rows` is looked up once for each pattern and added to the
 * scope that covers it, so the work does not grow with the number of claims.
 *
 * One claim and one measure that it states are an edit, a rule that the numbers
 * have to obey.  When some fail, the rows themselves are looked at, as long as
 * there are not too many to keep: see explain.c.
 */
#ifndef TOTALS_H
#define TOTALS_H

#include <muster/map.h>

/* Wide enough for 2^64 values of 64 bits, so that only what they all add up to
 * has to fit, in whichever order they come. */
__extension__ typedef __int128 wide;

/* Beyond all sums. */
#define FAR ((wide)1 << 100)

/* Of one measure over the rows of one group. */
struct sum {
	wide value;          /* of the rows where it is known */
	uint64_t unknown;    /* rows where it is not */
	uint64_t unknown_at; /* the first of them */
};

struct group {
	uint64_t rows;
	uint64_t at; /* the first of them */
};

struct tally {
	size_t width, n_measures;
	struct mu_map keys; /* a group's index is its key's */
	struct group *groups;
	struct sum *sums; /* n_measures for each group */
	size_t room;
};

/* The group of a key; tally_group() adds a new one, and gives SIZE_MAX when
 * memory is out; tally_find() gives SIZE_MAX when there is none. */
size_t tally_group(struct tally *tally, const uint32_t *key);
size_t tally_find(const struct tally *tally, const uint32_t *key);
void tally_key(const struct tally *tally, size_t group, uint32_t *key);
void tally_release(struct tally *tally);

static inline struct sum *tally_sum(const struct tally *tally, size_t group, size_t measure)
{
	return &tally->sums[group * tally->n_measures + measure];
}

/* Adds all rows of a group to a group of another tally of the same measures. */
void tally_merge(struct tally *to, size_t group, const struct tally *from, size_t other);

/* The part of a row's key that a pattern fixes, the rest 0; false when the row
 * has null in one of these places, for then no claim of the pattern covers it. */
bool key_mask(uint32_t *key, const uint8_t *pattern, size_t width);

struct measure {
	const char *name;
	int64_t index;
	struct mu_column cells; /* of the batch at hand */
};

/* A column of `by`. */
struct dimension {
	const char *name;
	int64_t index;
	struct mu_column cells; /* of the batch at hand */
	struct mu_map values;   /* as text */
	uint32_t latest;        /* number of the latest value */
	bool gaps;              /* a row of data has null here */
};

/* The number of the value in a row; UINT32_MAX when memory is out. */
uint32_t dimension_number(struct dimension *dimension, int64_t row);

/* How what rows add up to relates to what the claims of a level state. */
enum relation { EQUAL, AT_MOST, AT_LEAST, ABOUT, NONE };

struct level {
	const char *name;
	int relation;
	int states;
	int64_t tolerance;
};

enum { STATES_SUM, STATES_ROWS };

/* What a claim says of one measure, and what came of it. */
struct stated {
	int64_t value;
	bool known;
	bool subtotals;  /* no row was there, so the claims below were added up */
	uint8_t outcome; /* enum mu_outcome, once it was evaluated */
	wide low, high;  /* what the parts may add up to */
	struct sum sum;  /* what they do */
	uint64_t parts;
};

struct cell {
	int64_t value;
	bool known;
};

/* A row of data as it came. */
struct row {
	uint64_t at;
	uint32_t group; /* of `rows` */
};

/* Why claims of a document, or a part of them, fail; see explain.c. */
struct account {
	uint32_t document;            /* 0: of all */
	struct mu_explanation *items; /* in memory of the stage */
	uint32_t count;
	uint32_t equal;        /* how many fit as well as the first, with it */
	const char *otherwise; /* where there are none: why */
};

struct claim {
	uint64_t at;
	size_t level;    /* of `levels`: its name */
	size_t scope;    /* of `scopes`: what it covers */
	size_t measures; /* how many it states */
	size_t account;  /* of its part of the document, from 1; 0: that of the document */
};

/* A document of the run, by its id. */
struct source {
	uint64_t rows;     /* of data */
	uint64_t at;       /* of a row */
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
	int within;
	int64_t max_groups, max_patterns, max_explained;

	struct measure *measures;
	struct dimension *dimensions;
	size_t n_measures, n_dimensions, width;
	uint32_t *key;        /* of the row at hand */
	uint32_t *latest_key; /* of the data row before it, whose group is `latest` */
	size_t latest;        /* SIZE_MAX: none */

	struct tally rows, scopes;
	struct mu_map patterns; /* a byte for each place of a key: 1 where fixed */
	uint8_t *pattern;       /* of the claim at hand */

	struct claim *listed;  /* in the order in which they came */
	struct stated *stated; /* n_measures for each of them */
	size_t n_claims, claims_room;
	struct mu_map levels; /* names of claims */

	struct source *sources;
	size_t n_sources;

	struct row *kept;   /* in the order in which they came */
	struct cell *cells; /* n_measures for each of them */
	size_t n_kept, kept_room;
	bool too_many; /* to keep: then there are none */
	struct account *accounts;
	size_t n_accounts;
	size_t explained; /* how much was looked at for them */
};

enum { WITHIN_DOCUMENT, WITHIN_ALL };

/* What the pipeline says of the level of a claim. */
struct level level_of(const struct totals *self, const struct claim *claim);

static inline struct stated *stated_of(const struct totals *self, size_t claim, size_t measure)
{
	return &self->stated[claim * self->n_measures + measure];
}

/* After the last row: adds up, compares, and reports. */
int totals_check(struct mu_ctx *ctx, struct totals *self);

/* Why claims fail, a list for each document that has any; kept in `accounts`. */
int explain(struct mu_ctx *ctx, struct totals *self);

/* That of a claim, NULL when there is none. */
const struct account *account_of(const struct totals *self, const struct claim *claim);

/* The words with which a row or a claim is told from others, "(country PSE)". */
struct phrase;
void phrase_key(struct phrase *phrase, const struct totals *self, const uint32_t *key);

#endif
