/*
 * A description of a document in the making: the options of this plugin, what is said of
 * them in comments, and how it becomes a layout to be tried, or YAML to be printed.
 */
#ifndef DOCUMENT_PLAN_H
#define DOCUMENT_PLAN_H

#include "draft/sketch.h"

enum { PLAN_CLAIMS = 8, PLAN_REMARKS = 8, PLAN_SKIPS = 8 };

/* Only what are options in tables, columns and claims is set, and pointers in it are in
 * memory of the stage: a plan is copied by assignment. */
struct plan {
	const char *language;
	bool language_certain;
	const char *furniture[FURNITURE_MAX];
	size_t n_furniture;
	struct table table; /* without columns and claims */
	struct column columns[COLUMNS_MAX];
	const char *notes[COLUMNS_MAX]; /* behind these, or NULL */
	size_t n_columns;
	struct claim claims[PLAN_CLAIMS];
	size_t n_claims;
	const char *remarks[PLAN_REMARKS]; /* lines above all */
	size_t n_remarks;
};

/* The language that reads the numbers, and what belongs to the page, are set before.
 * False when a table with this header can have no measure. */
bool plan_make(struct mu_ctx *ctx, struct language *language, const struct sketch *sketch,
	       const struct sketch_header *header, bool grid, struct plan *plan);

/* A text in memory of the stage. */
__attribute__((format(printf, 2, 3))) const char *plan_print(struct mu_ctx *ctx, const char *fmt,
							     ...);

void plan_remark(struct plan *plan, const char *remark);

/* As options; to be released with layout_release() in any case.  0, or EINVAL or ENOMEM. */
int plan_compile(struct mu_ctx *ctx, const struct plan *plan, struct layout *out);

/* As lines of YAML, in memory of the stage; NULL when memory is out. */
const char *plan_write(struct mu_ctx *ctx, const struct plan *plan);

#endif
