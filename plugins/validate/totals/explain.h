/*
 * The parts of an explanation; see explain.c for what is done with them.
 *
 *     problem.c   the edits of a document, its rows, and what changes do to them
 *     change.c    which changes there are, and how likely each is
 *     search.c    which of them mend all that fails, alone and together
 *     tell.c      what is said of those
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "text/icu.h"
#include "text/phrase.h"
#include "totals.h"

#define FOUND_MAX   4096 /* to be ranked */
#define CHANGES_MAX 8    /* errors of one document that are told apart */
#define NO_SCOPE    UINT32_MAX
#define GIVEN_UP    "the search for an explanation was given up"

/* How often things are beside slips in a number that is given; see change.c. */
#define ANY_ROW 2e-3 /* a row should not be there */

enum what { NUMBER, ROW_EXTRA, ROW_MISSING, CLAIM };

/* One change.
 *
 *     NUMBER, ROW_EXTRA   of the row `index` of the document
 *     ROW_MISSING         where the edits `index` and `other` - 1 meet; `other` 0 is no second one
 *     CLAIM               of the claim `index` */
struct change {
	enum what what;
	size_t index, other;
	size_t measure;
	wide by; /* what it adds to the number */
	const char *kind, *phrase;
	double weight;
};

struct solution {
	struct change changes[CHANGES_MAX];
	size_t count;
	double weight;
};

/* One edit: a claim and a measure.  `sum` changes while changes are tried. */
struct edit {
	size_t claim, measure;
	wide low, high, sum;
	int64_t states;
};

/* The edits of one document and its rows. */
struct problem {
	struct mu_ctx *ctx;
	struct totals *totals;
	struct icu icu;    /* open, to compare words with */
	uint32_t document; /* 0: all */
	size_t *rows;      /* indices into totals->kept */
	size_t n_rows;
	uint32_t *scopes; /* of each row, one a pattern */
	struct edit *edits;
	size_t n_edits;
	size_t *edits_from; /* of each scope: where its edits begin in edits_of */
	size_t *edits_of;
	size_t *rows_from; /* of each scope: where its rows begin in rows_of */
	size_t *rows_of;
	uint32_t *part_of; /* of each scope: its part; NULL while all are looked at */
	uint32_t part;     /* the one that is looked at */
	size_t *broken; /* edits that fail at the moment */
	size_t n_broken;
	uint32_t *key;
	uint32_t *meeting; /* scopes that cover a row that is missing */
	int64_t largest;   /* number of a row */
	size_t n_negative; /* numbers below 0 */
	struct solution *found;
	size_t n_found;
	size_t steps;
	bool gave_up;
};

/* How a change of one number would do. */
struct effect {
	wide by;
	size_t mended; /* edits that fail and would not */
	bool harms;    /* one that holds would fail */
	bool leaves;   /* one that fails still would */
};

static inline const struct row *row_of(const struct problem *p, size_t row)
{
	return pile_at(&p->totals->kept, p->rows[row]);
}

static inline const struct amount *cell_of(const struct problem *p, size_t row, size_t measure)
{
	return &row_of(p, row)->cells[measure];
}

static inline const uint32_t *scopes_of(const struct problem *p, size_t row)
{
	return &p->scopes[row * p->totals->patterns.count];
}

static inline size_t scope_of(const struct problem *p, size_t edit)
{
	return claim_at(p->totals, p->edits[edit].claim)->scope;
}

static inline bool fails(const struct edit *e)
{
	return e->sum < e->low || e->sum > e->high;
}

/* What the sum lacks. */
static inline wide residual(const struct edit *e)
{
	return e->states - e->sum;
}

static inline bool fits(wide value)
{
	return value >= INT64_MIN && value <= INT64_MAX;
}

void rows_list(struct problem *p);
void edits_list(struct problem *p);
void edits_index(struct problem *p);
uint32_t scope_find(struct problem *p, const uint32_t *key, size_t pattern);
void rows_index(struct problem *p);
void broken_list(struct problem *p);

/* Which edits have to do with each other: those that cover a row together, directly or
 * over others.  A scope's part is one of its scopes. */
void parts_find(struct problem *p);

/* Calls for every edit of a measure that covers a row. */
typedef void edit_visit(struct problem *p, struct edit *e, void *data);
void edits_visit(struct problem *p, const uint32_t *scopes, size_t measure, edit_visit *visit,
		 void *data);
/* Whether with it nothing fails any more. */
bool mends_all(const struct problem *p, const struct effect *effect);

struct effect effect_of(struct problem *p, const uint32_t *scopes, size_t measure, wide by);
/* Puts the values that a scope fixes into p->key; false when they contradict. */
bool key_join(struct problem *p, size_t scope);

/* The scopes of a row where two edits meet; false when none can be in both. */
bool meet(struct problem *p, size_t a, size_t b, uint32_t *scopes);

/* Carries a change out, or with `sign` -1 takes it back. */
void apply(struct problem *p, const struct change *c, int sign);

/* Whether a row has all the values that are in p->key, which are all there are. */
bool group_is_there(struct problem *p);

bool number_change(const struct problem *p, struct change *c, size_t row, size_t measure, wide by);
/* Whether all that fails would hold without a row, of which all numbers go. */
bool extra_change(struct problem *p, struct change *c, size_t row);

/* A row too many, when something speaks for it. */
bool extra_suspect(struct problem *p, struct change *c, size_t row, size_t measure);

bool missing_change(struct problem *p, struct change *c);
/* A row that is missing where two broken edits meet. */
bool missing_between(struct problem *p, struct change *c, size_t a, size_t b);

bool claim_change(struct problem *p, struct change *c, size_t edit);
/* Looks for what mends the edits that fail, of a part of them when `part_of` is set. */
int solve(struct problem *p, struct account *account);

void account_write(struct problem *p, struct account *account);

#endif
