/*
 * The constraints of a schema at work on rows.
 */
#ifndef CHECKS_H
#define CHECKS_H

#include <muster/map.h>
#include <muster/table.h>

#include "pattern.h"
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
};

/* One constraint of one field, or one key. */
struct check {
	const struct kind *kind;
	const struct mu_field *field; /* NULL: a key */
	const char *const *names;     /* of its columns, `count` of them */
	size_t count;
	int64_t *columns; /* their indexes */
	bool failed;

	/* By kind: */
	struct pattern *pattern;
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
	int suggestions;        /* that were looked for */
	struct icu icu;         /* open once one was */
	struct mu_key key;
	struct mu_column *columns; /* of the batch at hand */
};

/* The row at hand. */
struct row {
	struct checks *checks;
	int64_t index;
	uint64_t at;
	char space[MU_FORMAT_MAX];
};

/* Looks at a row, reports what is wrong; 0, or an errno value with a message. */
struct kind {
	const char *code;
	int (*row)(struct mu_ctx *ctx, struct check *check, struct row *row);
};

extern const struct kind check_kinds[]; /* by enum check_kind */

#endif
