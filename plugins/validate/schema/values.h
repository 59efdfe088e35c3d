/*
 * The values that a field may have, from an enum or from a list in a CSV file.
 */
#ifndef VALUES_H
#define VALUES_H

#include <muster/map.h>
#include <muster/table.h>

#include "text/icu.h"

/* Zeroed is empty.  A value has one part for each column of a foreign key, all
 * of them as text: numbers and dates as mu_format() writes them. */
struct values {
	struct mu_map map; /* where there is one part, its keys are the values */
	size_t parts;
	struct mu_key key; /* private, as all that follows */
	struct candidate *candidates; /* for values_nearest(), from the first one on */
	size_t n_candidates;
	struct mu_map asked; /* what it was asked for, to 1 + the index of the answer */
};

void values_release(struct values *values);

/* How many values there are. */
static inline size_t values_count(const struct values *values)
{
	return values->map.count;
}

/* false when memory is out. */
bool values_add(struct values *values, const struct mu_string *parts);

/* 1 there, 0 not, -1 when memory is out. */
int values_find(struct values *values, const struct mu_string *parts);

/* The one value that `value` was probably meant to be, in memory of the stage;
 * NULL when there is none, or several as good, or more than one part, or when there
 * are so many values that looking would take long.  Depends on nothing that was asked
 * before, and takes at most about a millisecond. */
const char *values_nearest(struct mu_ctx *ctx, const struct icu *icu, struct values *values,
			   struct mu_string value);

/* The values of a foreign key: rows of its CSV file in which no part is empty.
 * The file is of RFC 4180, in UTF-8, with a header, of 64 MiB at the most.  0, or
 * a positive errno value with a message: EINVAL when the file is not like that,
 * E2BIG at more than `max` values. */
int values_read(struct mu_ctx *ctx, const struct mu_foreign_key *key, int64_t max,
		struct values *out);

#endif
