/*
 * Reading a document as a plan says, to see what comes of it.
 */
#ifndef DOCUMENT_TRIAL_H
#define DOCUMENT_TRIAL_H

#include "draft/plan.h"

/* What came of it. */
struct outcome {
	size_t rows;
	size_t troubles;       /* that would be reported */
	size_t passed, failed; /* totals, of which only some are added up when there are many */
	size_t odd;            /* what can be read so, but is not likely meant so */
};

/* 0, or ENOMEM or ECANCELED; a plan that is none leaves `out` without rows. */
int trial_run(struct mu_ctx *ctx, const struct reader *reader, const struct pages *pages,
	      const struct plan *plan, struct outcome *out);

#endif
