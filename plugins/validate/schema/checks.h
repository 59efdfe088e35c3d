/*
 * The constraints of a schema at work on rows.
 */
#ifndef CHECKS_H
#define CHECKS_H

#include <muster/map.h>
#include <muster/table.h>

#include "screen.h"
#include "text/pattern.h"
#include "values.h"

enum check_kind {
	CHECK_REQUIRED,
	CHECK_ENUM,
	CHECK_PATTERN,
	CHECK_MINIMUM,
	CHECK_MAXIMUM,
	CHECK_UNIQUE,
	CHECK_PRIMARY_KEY,
	CHECK_FOREIGN_KEY,
	CHECK_FUTURE, /* a date after today; tells, and never fails */
};

/* One constraint of one field, or one key. */
struct check {
	const struct kind *kind;
	const struct mu_field *field; /* NULL: a key */
	const char *const *names;     /* of its columns, `count` of them */
	size_t count;
	int64_t *columns; /* their indexes */
	bool every;       /* row of the batch at hand has to be looked at */
	bool failed;

	uint64_t late, late_at; /* CHECK_FUTURE: rows, and the place of the first */
	int32_t late_date;

	/* By kind: */
	struct pattern *pattern;
	struct screen_texts *texts; /* that passed, where there is passes() */
	int64_t integer; /* the bound, as the field's type has it */
	double number;
	int32_t date;
	struct mu_map seen;   /* keys to the places of their rows */
	struct values values; /* that are allowed */
	const char *resource; /* where they come from */
	struct mu_string *parts; /* of the value at hand */
	char (*spaces)[MU_FORMAT_MAX];
};

/* What all of the checks share. */
struct checks {
	struct check *items;
	size_t count;
	int64_t keys, max_keys; /* in all of the maps */
	struct icu icu;         /* open once a suggestion was looked for */
	struct mu_key key;
	struct mu_column *columns; /* of the batch at hand */
	struct screen screen;      /* likewise */
};

/* The row at hand. */
struct row {
	struct checks *checks;
	int64_t index;
	uint64_t at;
	char space[MU_FORMAT_MAX];
};

struct kind {
	const char *code;
	/* Looks at a row, reports what is wrong; 0, or an errno value with a message. */
	int (*row)(struct mu_ctx *ctx, struct check *check, struct row *row);
	/* Marks the rows that row() has to look at (see screen.h); NULL: all. */
	bool (*screen)(struct mu_ctx *ctx, struct checks *all, struct check *check);
	/* Whether row() has nothing to say of a text; where screen_texts() asks.  1, or 0, or
	 * less: that cannot be told. */
	int (*passes)(struct check *check, struct mu_string text);
	bool advises;   /* row() only notes, and nothing of it fails */
	bool remembers; /* row() compares a row with all that it has seen */
};

extern const struct kind check_kinds[]; /* by enum check_kind */

/* Reports what a check has noted that advises.  0, or an error with a message. */
int check_advise(struct mu_ctx *ctx, const struct check *check);

/* Where findings are only counted: one that a row has broken the check, and the place of
 * `other` (0: none) as well. */
int check_count(struct mu_ctx *ctx, struct check *check, uint64_t at, uint64_t other);

/* Whether a value that is not null breaks a minimum or maximum. */
bool check_beyond(const struct check *check, const struct mu_column *cells, int64_t row);

#endif
