/*
 * Names and spellings of missions to the reference list
 * schemas/reference/missions.csv: columns acronym, organisation, name, start,
 * end, host (alpha-3 codes, separated by spaces, of where its people are), aliases (separated by |),
 * successor (an acronym).  Dates are ISO 8601, empty when open or unknown.
 * Compared as countries are: words alone, nothing in part.
 */
#ifndef MISSION_H
#define MISSION_H

#include <muster/table.h>

struct mission_index;

#define MISSION_REFERENCE "missions.csv"

struct mission {
	const char *acronym, *organisation, *name, *hosts, *successor; /* "" when unknown */
	int32_t start, end; /* days; INT32_MIN and INT32_MAX when unknown or open */
};

int mission_open(struct mu_ctx *ctx, struct mission_index **out);
void mission_close(struct mission_index *index);

/* The mission that a name means on a day (INT32_MIN: any day), or NULL; `several`
 * says that it was the names of more than one. */
const struct mission *mission_find(struct mission_index *index, struct mu_string name,
				   int32_t day, bool *several);

/* As country_candidates(). */
const char *mission_candidates(struct mu_ctx *ctx, struct mission_index *index,
			       struct mu_string name, int max);

#endif
