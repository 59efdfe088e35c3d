/*
 * Counts of what passes between two stages, and the law that nobody is lost:
 * what comes out of a stage is what went in and what the stage said it changed.
 */
#ifndef TALLY_H
#define TALLY_H

#include <muster/table.h>

#include "mem.h"
#include "text.h"

#define TALLY_MEASURES 32

struct tally_measure {
	char *name, *from; /* as the stages call it, as the parser did */
	int64_t column;
	int64_t sum;       /* over data rows */
	bool overflow;
};

/* Zeroed is empty; tally_init() before the first batch. */
struct tally {
	uint64_t rows, claims; /* data rows; claims */
	size_t n_measures;
	struct tally_measure measures[TALLY_MEASURES];
	int64_t claim_column;
};

/* A column is a measure when it says so itself or the dataset's schema (or
 * NULL) says so of its name.  E2BIG for more than TALLY_MEASURES. */
int tally_init(struct tally *tally, const struct ArrowSchema *schema,
	       const struct mu_table_schema *table);
void tally_add(struct tally *tally, const struct ArrowSchema *schema,
	       const struct ArrowArray *rows);
void tally_release(struct tally *tally);

const struct tally_measure *tally_measure(const struct tally *tally, const char *name);

/* What a transform stated with mu_adjusted(). */
struct adjustment {
	char *measure; /* NULL: data rows */
	int64_t by;
};

/* Whether `out` is `in` with the adjustments.  false with the difference in
 * `why`.  What overflowed is not compared. */
bool tally_conserved(const struct tally *in, const struct tally *out,
		     const struct adjustment *adjustments, size_t n, struct text *why);

#endif
