/*
 * Findings: what stages said of the data, kept until the reports are written.
 *
 * Each instance of a stage collects its own, so that instances may work side by
 * side; a finding knows on which item of the run's work it was made (see reader.h),
 * and in the end there is one list a stage in the order of items, which does not
 * depend on threads.  Lists are capped, counts are not.  A brief list has of each code of a
 * stage in each document no more than reports for people show, but for findings that may be one
 * with others.
 *
 * Every finding has a code "plugin/name" that stands in a table with its
 * meaning and its remedy: the plugin's own, or core_codes for the runner's.
 */
#ifndef FINDING_H
#define FINDING_H

#include <muster/map.h>
#include <muster/plugin.h>

#include "base/mem.h"
#include "base/text.h"

/* How many findings of each severity one stage keeps, and how long their texts may be. */
#define FINDINGS_KEPT 10000
#define FINDING_TEXT  4096
#define EXPLANATIONS_KEPT 64 /* of a finding */

struct finding {
	enum mu_severity severity;
	char *code; /* "csv/ragged" */
	char *message;
	uint64_t at;      /* 0: none */
	char *field;      /* column as the stage calls it, or NULL */
	char *from;       /* as the parser calls it, or NULL */
	char *value;      /* or NULL */
	bool numbers;
	int64_t expected, found;
	uint64_t other;
	char *suggested;
	struct finding *second; /* the place of mu_finding.beside, or NULL */
	const char *stage, *source; /* names; source may be NULL */
	uint64_t item; /* of the work at hand: 0 before the first, UINT64_MAX after the last */
	bool lone; /* no other one is about the same place, so it counts for itself: see place.h */
	bool lost; /* it is about a claim of which nobody knows what it covers */
	bool across; /* it is about several documents */
	bool noted; /* rejected_note() has counted it */
	bool ordered; /* it stands in the order of documents among others that do */
	size_t order; /* while they are sorted */
	uint32_t document; /* id when no row is to blame but a document; 0: none */
	/* Each as a finding with kind, message, place, field and suggested value. */
	struct finding *explanations;
	size_t n_explanations;
	double score; /* of an explanation */
	/* Filled by places_find(). */
	uint64_t repeated; /* findings that said the same of other rows, which have the value
			      from the same place: they are no longer there */
	bool apart;        /* others that say the same are about other places */
	bool located;
	uint32_t page;
	uint64_t line, column, width;
	char *cell, *text;
	size_t text_len, value_len; /* either may have zero bytes */
	char *part; /* of the document, that is not read; or NULL */
};

struct findings {
	struct finding *items;
	size_t count;     /* kept */
	size_t kept[3];   /* of these, by enum mu_severity */
	uint64_t of[3];   /* all, likewise */
	bool brief;
	struct mu_map alike; /* of a brief list: what findings are alike in, to how many lone ones
				are kept */
	size_t latest;       /* the entry that was looked up last */
};

/* The runner's own codes, name "run/..."; ended by a NULL name. */
extern const struct mu_code core_codes[];

const char *severity_name(enum mu_severity severity);

/* Takes over what `f` points to. */
void findings_add(struct findings *fs, struct finding *f);
/* Whether another finding of that severity is only counted. */
bool findings_full(const struct findings *fs, enum mu_severity severity);
/* Whether just this one would be. */
bool findings_counts(struct findings *fs, const struct finding *f);
/* Moves all of `from` to the end, as far as there is room. */
void findings_append(struct findings *fs, struct findings *from);
/* Moves all of `from` to the end, however many there are already. */
void findings_gather(struct findings *fs, struct findings *from);
/* Moves all of `from` in between, by item; both are in that order. */
void findings_merge(struct findings *fs, struct findings *from);
/* Whether reports for people show a finding: not one that comes after many of its stage
 * and code. */
bool findings_shows(const struct findings *fs, size_t index);
void finding_release(struct finding *finding);
void findings_release(struct findings *fs);

/* The most checks of one outcome: a number that every report can hold. */
#define CHECKS_MOST ((uint64_t)INT64_MAX)

/* Adds counts of checks, by enum mu_outcome.  A sum stays at CHECKS_MOST. */
void checks_add(uint64_t checks[3], const uint64_t more[3]);

#endif
