/*
 * Counts of what passes between two stages, and the law that nobody is lost:
 * what comes out of a stage is what went in and what the stage said it changed.
 */
#ifndef BALANCE_H
#define BALANCE_H

#include <muster/table.h>

#include "base/mem.h"
#include "base/text.h"

#define BALANCE_MEASURES 32

struct balance_measure {
	char *name;
	int64_t column;
	int64_t sum;       /* over data rows */
	bool overflow;
};

/* Zeroed is empty; balance_init() before the first batch. */
struct balance {
	uint64_t rows, claims; /* data rows; claims */
	size_t n_measures;
	struct balance_measure measures[BALANCE_MEASURES];
	int64_t claim_column;
};

/* A column is a measure when it says so itself or the dataset's schema (or
 * NULL) says so of its name.  E2BIG for more than BALANCE_MEASURES. */
int balance_init(struct balance *b, const struct ArrowSchema *schema,
	       const struct mu_table_schema *table);
void balance_add(struct balance *b, const struct ArrowSchema *schema,
	       const struct ArrowArray *rows);
void balance_release(struct balance *b);

/* Adds counts to counts, takes them away again (of what was counted before), or
 * makes a copy.  Measures are told by name; one that the other lacks stays. */
void balance_merge(struct balance *b, const struct balance *other);
void balance_subtract(struct balance *b, const struct balance *other);
void balance_copy(struct balance *b, const struct balance *from);

const struct balance_measure *balance_measure(const struct balance *b, const char *name);

/* What a transform stated with mu_adjusted(). */
struct adjustment {
	char *measure; /* NULL: data rows */
	int64_t by;
};

/* Whether `out` is `in` with the adjustments, measure by measure; one that is no
 * longer there counts as 0, one that was not there before is not compared.
 * false with the difference in `why`.  What overflowed is not compared. */
bool balance_conserved(const struct balance *in, const struct balance *out,
		     const struct adjustment *adjustments, size_t n, struct text *why);

#endif
