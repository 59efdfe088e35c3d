/*
 * A draft of the options for a document that nobody has described yet.
 *
 * sketch.h says where a table may be, plan.h makes a description of it, and this tries
 * it: the document is read as the description says, and what would be reported, and
 * which of the totals add up, tells it from others.  One thing after the other is then
 * changed, and what is better is kept.
 */
#ifndef DOCUMENT_GUESS_H
#define DOCUMENT_GUESS_H

#include "draft/plan.h"

/* Patterns of what belongs to the pages of a document, in memory of the stage, at most
 * FURNITURE_MAX.  0, or ENOMEM with a message. */
int guess_furniture(struct mu_ctx *ctx, const struct pages *pages, struct mu_texts *out);

/* Drafts options for the document that was read into `pages`, without what
 * guess_furniture() gave.  `reader` is opened, and
 * closed by the caller.  Leaves `out` alone where there is no table.  0, or a positive errno
 * value. */
int guess_draft(struct mu_ctx *ctx, const struct pages *pages, struct reader *reader,
		const struct mu_texts *furniture, struct mu_guess *out);

#endif
