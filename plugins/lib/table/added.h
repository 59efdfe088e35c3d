/*
 * Columns of text that a transform makes of a column of text.
 *
 * They stand behind it, or instead of it when the first of them has its name, and
 * all other columns go through as they are.  Findings of the new columns point to
 * the cell that they were made of, since they share its parser's name.
 */
#ifndef ADDED_H
#define ADDED_H

#include <muster/table.h>

/* Zeroed is closed. */
struct added {
	struct mu_builder builder; /* of the new columns alone, counted from 0 */

	int64_t from; /* private, as all that follows; the column they are made of */
	bool replaced;
	struct ArrowSchema schema; /* of the new columns alone */
};

/* Prepares for columns of these names, made of column `from` of ctx->schema; no
 * other column may have one of the names.  `out` becomes the schema of what comes
 * out.  0, or ENOMEM with a message. */
int added_open(struct mu_ctx *ctx, struct added *added, int64_t from, const char *const *names,
	       size_t count, struct ArrowSchema *out);
void added_close(struct added *added);

/* The `uses` of a transform whose names, looked up, make findings: the column they stand
 * in is looked at whatever becomes of the new ones.  `visible` columns come in. */
void added_uses(const struct added *added, int64_t visible, const bool *out, bool *in);

/* Puts into `builder` what is new in each row of a batch, which was pulled and
 * may have none, and ends the row.  0, or a positive errno with a message. */
typedef int added_fill(struct mu_ctx *ctx, void *self, const struct ArrowArray *batch);

/* The step of a transform: pulls the next batch, fills and gives out its rows, one batch
 * for each.
 * `rows` are what they are called, "countries".  0, or a positive errno with a
 * message. */
int added_transform(struct mu_ctx *ctx, struct added *added, added_fill *fill, void *self,
		    const char *rows, struct ArrowArray *out);

#endif
