/*
 * A parser of JSON at work, and what it gave and said as text.
 *
 * There are several manners in which it can read one document: in windows of any size, and
 * on several instances that take turns.  All must give the same.
 */
#ifndef TESTS_JSON_H
#define TESTS_JSON_H

#include "fake.h"
#include "lines.h"

/* A plugin's files are its own, so its test takes them in. */
#include "../plugins/parse/json/pointer.c"
#include "../plugins/parse/json/lexer.c"
#include "../plugins/parse/json/shape.c"
#include "../plugins/parse/json/skim.c"
#include "../plugins/parse/json/row.c"
#include "../plugins/parse/json/columns.c"
#include "../plugins/parse/json/outside.c"
#include "../plugins/parse/json/find.c"
#include "../plugins/parse/json/pieces.c"
#include "../plugins/parse/json/place.c"
#include "../plugins/parse/json/json.c"

enum { INSTANCES = 3, PIECES = 1000 };

struct manner {
	uint32_t window_bytes; /* 0: as it is */
	unsigned instances;
};

/* What came of reading a document. */
struct outcome {
	struct fake fake; /* first, so that the one leads to the other */
	struct lines rows, said;
	struct mu_piece pieces[PIECES]; /* the first ones */
	size_t n_pieces;
	bool lines, direct, refused, misplaced; /* found out of the document */
	int err;
};

__attribute__((format(printf, 3, 0)))
static int outcome_report(struct mu_ctx *ctx, const struct mu_finding *finding, const char *fmt,
			  va_list ap)
{
	struct outcome *outcome = (struct outcome *)(void *)ctx;

	lines_add_finding(&outcome->said, finding, fmt, ap);
	outcome->refused |= !strcmp(finding->code, "syntax") || !strcmp(finding->code, "deep") ||
			    !strcmp(finding->code, "too-large");
	outcome->misplaced |= !strcmp(finding->code, "rows") || !strcmp(finding->code, "encoding");
	return fake_report(ctx, finding, fmt, ap);
}

static void piece_parse(struct outcome *outcome, struct self *self,
			const struct ArrowSchema *schema)
{
	struct ArrowArray batch = { .release = NULL };

	while (!outcome->err) {
		outcome->err = json_parse(&outcome->fake.ctx, self, &batch);
		if (!batch.release)
			break;
		lines_add_batch(&outcome->rows, schema, &batch);
		mu_array_release(&batch);
	}
}

/* The parts of a document in turn, and what is to be said in the end. */
static void pieces_parse(struct outcome *outcome, struct self *instances, unsigned n,
			 const struct ArrowSchema *schema)
{
	struct mu_ctx *ctx = &outcome->fake.ctx;
	struct mu_piece piece = { .from = 0 }, whole;
	unsigned turn = 0, i;

	while (!outcome->err) {
		whole = piece;
		outcome->err = json_split(ctx, &instances[turn % n], &piece);
		if (outcome->err || piece.to == piece.from)
			break;
		if (piece.to < piece.from)
			abort();
		whole.to = piece.to;
		if (outcome->n_pieces < PIECES)
			outcome->pieces[outcome->n_pieces++] = whole;
		piece_parse(outcome, &instances[turn++ % n], schema);
		piece.from = piece.to;
	}
	for (i = 1; !outcome->err && i < n; i++)
		outcome->err = json_merge(ctx, &instances[0], &instances[i]);
	piece_parse(outcome, &instances[0], schema);
}

/* Reads a document; `out` is to be initialised before, and released.  The first instance
 * is left open in `instances`. */
static void outcome_read(struct outcome *out, const struct self *model, struct manner manner,
			 const void *bytes, size_t len, struct self instances[INSTANCES])
{
	struct ArrowSchema schemas[INSTANCES] = { { .release = NULL } };
	struct mu_ctx *ctx = &out->fake.ctx;
	unsigned i;

	fake_document(&out->fake, bytes, len);
	for (i = 0; i < manner.instances; i++) {
		instances[i] = *model;
		instances[i].window_bytes = manner.window_bytes;
		/* What the first says on opening, the others say as well. */
		ctx->report = i ? fake_report : outcome_report;
		if (json_configure(ctx, &instances[i]))
			abort();
		out->err = out->err ? out->err : json_open(ctx, &instances[i], &schemas[i]);
	}
	ctx->report = outcome_report;
	pieces_parse(out, instances, manner.instances, &schemas[0]);
	out->lines = instances[0].layout == LAYOUT_LINES;
	out->direct = instances[0].decoded.direct && !instances[0].decoded.skipped;
	for (i = 0; i < manner.instances; i++) {
		if (i)
			json_close(ctx, &instances[i]);
		mu_schema_release(&schemas[i]);
	}
	lines_add(&out->rows, "%s", "");
	lines_add(&out->said, "%s", "");
}

static void outcome_go(struct outcome *out, const struct self *model, struct manner manner,
		       const void *bytes, size_t len)
{
	struct self instances[INSTANCES];

	outcome_read(out, model, manner, bytes, len, instances);
	json_close(&out->fake.ctx, &instances[0]);
}

static void outcome_init(struct outcome *outcome)
{
	*outcome = (struct outcome){ .n_pieces = 0 };
	fake_init(&outcome->fake);
}

static void outcome_release(struct outcome *outcome)
{
	fake_release(&outcome->fake);
	free(outcome->rows.text);
	free(outcome->said.text);
}

/* Options as they are where a pipeline says nothing. */
static struct self model_make(void)
{
	return (struct self){ .max_size = 1 << 30,
			      .max_row = 16 << 20,
			      .options = { .max_field = 1 << 20,
					.max_columns = 1000,
					.max_rows = 1000000 } };
}

#endif
