/*
 * A parser of CSV at work, and what it gave and said as text.
 *
 * There are many manners in which it can read one document: with each of the loops for
 * a kind of processor, in windows of any size, on several instances that take turns, and
 * record by record.  All must give the same.
 */
#ifndef TESTS_CSV_H
#define TESTS_CSV_H

#include "fake.h"
#include "lines.h"

/* A plugin's files are its own, so its test takes them in. */
#include "../plugins/parse/csv/slab.c"
#include "../plugins/parse/csv/record.c"
#include "../plugins/parse/csv/scan.c"
#include "../plugins/parse/csv/cells.c"
#include "../plugins/parse/csv/word.c"
#include "../plugins/parse/csv/header.c"
#include "../plugins/parse/csv/window.c"
#include "../plugins/parse/csv/batch.c"
#include "../plugins/parse/csv/text.c"
#include "../plugins/parse/csv/row.c"
#include "../plugins/parse/csv/fault.c"
#include "../plugins/parse/csv/plan.c"
#include "../plugins/parse/csv/rows.c"
#include "../plugins/parse/csv/place.c"
#include "../plugins/parse/csv/guess.c"
#include "../plugins/parse/csv/csv.c"

enum { INSTANCES = 3 };

struct manner {
	enum machine machine;
	uint32_t window_bytes, window_most; /* 0: as they are */
	unsigned instances; /* 0: record by record */
};

/* What came of reading a document. */
struct outcome {
	struct fake fake; /* first, so that the one leads to the other */
	struct lines rows, said;
	struct lines ahead; /* said before a batch, so that where batches end does not matter */
	struct mu_piece pieces[1000]; /* the first ones */
	size_t n_pieces;
};

__attribute__((format(printf, 3, 0)))
static int outcome_report(struct mu_ctx *ctx, const struct mu_finding *finding, const char *fmt,
			  va_list ap)
{
	struct outcome *outcome = (struct outcome *)(void *)ctx;

	lines_add_finding(strcmp(finding->code, "header-again") ? &outcome->said : &outcome->ahead,
			  finding, fmt, ap);
	return fake_report(ctx, finding, fmt, ap);
}

static void succeed(int err)
{
	if (err)
		abort();
}

/* Batches are looked at late, and released when their parser may be gone. */
struct given {
	struct ArrowArray *batches;
	size_t n, room;
};

static void given_add(struct given *given, const struct ArrowArray *batch)
{
	if (given->n == given->room) {
		given->room = 2 * given->room + 8;
		given->batches = realloc(given->batches, given->room * sizeof *batch);
		if (!given->batches)
			abort();
	}
	given->batches[given->n++] = *batch;
}

static void piece_parse(struct outcome *outcome, struct self *self, struct given *given)
{
	struct ArrowArray batch;

	for (;;) {
		succeed(csv_parse(&outcome->fake.ctx, self, &batch));
		if (!batch.release)
			break;
		given_add(given, &batch);
	}
}

/* The parts of a document in turn, and what is to be said in the end. */
static void pieces_parse(struct outcome *outcome, struct self *instances, unsigned n,
			 struct given *given)
{
	struct mu_ctx *ctx = &outcome->fake.ctx;
	struct mu_piece piece = { .from = 0 }, whole;
	unsigned turn = 0, i;

	for (;;) {
		whole = piece;
		succeed(csv_split(ctx, &instances[turn % n], &piece));
		if (piece.to == piece.from)
			break;
		if (piece.to < piece.from)
			abort();
		whole.to = piece.to;
		if (outcome->n_pieces < sizeof outcome->pieces / sizeof *outcome->pieces)
			outcome->pieces[outcome->n_pieces++] = whole;
		piece_parse(outcome, &instances[turn++ % n], given);
		piece.from = piece.to;
	}
	for (i = 1; i < n; i++)
		succeed(csv_merge(ctx, &instances[0], &instances[i]));
	piece_parse(outcome, &instances[0], given);
}

/* Whether a record has just the bytes of the header, and could be a row of texts. */
static bool is_header_again(const struct self *self)
{
	struct mu_string header = self->header_text;
	size_t from = self->record.start, to = from + header.len;
	size_t i;

	for (i = 0; i < self->n_fields; i++)
		if (self->fields[i].type != MU_STRING)
			return false;
	return self->options.header_rows && self->width > 1 && to <= self->text.len &&
	       !memcmp(self->text.data + from, header.data, header.len) &&
	       (to == self->text.len || strchr("\r\n", self->text.data[to]));
}

/* One record after the other, by record_read() and csv_row_put() alone. */
static void records_parse(struct outcome *outcome, struct self *self, struct given *given)
{
	struct mu_ctx *ctx = &outcome->fake.ctx;
	struct ArrowArray batch;
	bool note = false;

	succeed(csv_start(ctx, self));
	self->row_text = self->text;
	/* As what is longer than any window is read. */
	self->window.broken = self->decoded.direct &&
			      charset_utf8_length(self->text) < self->text.len;
	self->window.controlled = charset_control(self->text);
	while (self->at < self->text.len) {
		if (!csv_record(self, self->text, self->at))
			abort();
		self->at = self->record.next;
		if (record_is_blank(&self->record))
			continue;
		if (self->options.notes.count)
			succeed(csv_row_is_note(ctx, self, &note));
		if (note)
			continue;
		succeed(batch_begin(ctx, self, 1));
		self->places[0] = mu_at(ctx->document->id, self->record.start);
		if (is_header_again(self))
			succeed(mu_report(ctx,
					  (struct mu_finding){ .severity = MU_WARNING,
							       .code = "header-again",
							       .at = self->places[0] },
					  "the row is the header again, and was read as one of "
					  "data"));
		succeed(csv_row_put(ctx, self, 0));
		succeed(batch_finish(ctx, self, &batch));
		given_add(given, &batch);
	}
	self->last = true;
	piece_parse(outcome, self, given);
}

/* Reads a document.  `out` is to be released, and to be initialised before. */
static void outcome_go(struct outcome *out, const struct self *model, struct manner manner,
		       const void *bytes, size_t len)
{
	struct self instances[INSTANCES];
	struct ArrowSchema schemas[INSTANCES];
	unsigned n = manner.instances ? manner.instances : 1, i;
	struct given given = { .batches = NULL };
	size_t k;

	out->fake.ctx.report = outcome_report;
	fake_document(&out->fake, bytes, len);
	for (i = 0; i < n; i++) {
		instances[i] = *model;
		instances[i].machine = manner.machine;
		instances[i].window_bytes = manner.window_bytes;
		instances[i].window_most = manner.window_most;
		/* What the first says on opening, the others say as well. */
		if (i)
			out->fake.ctx.report = fake_report;
		k = out->fake.findings;
		succeed(csv_configure(&out->fake.ctx, &instances[i]));
		succeed(csv_open(&out->fake.ctx, &instances[i], &schemas[i]));
		if (i)
			out->fake.findings = k;
	}
	out->fake.ctx.report = outcome_report;
	if (manner.instances)
		pieces_parse(out, instances, n, &given);
	else
		records_parse(out, instances, &given);
	for (i = 0; i < n; i++)
		csv_close(&out->fake.ctx, &instances[i]);
	lines_add(&out->rows, "%s", "");
	lines_add(&out->said, "%s", "");
	lines_add(&out->ahead, "%s", "");
	for (k = 0; k < given.n; k++) {
		lines_add_batch(&out->rows, &schemas[0], &given.batches[k]);
		mu_array_release(&given.batches[k]);
	}
	free(given.batches);
	for (i = 0; i < n; i++)
		mu_schema_release(&schemas[i]);
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
	free(outcome->ahead.text);
}

static bool lines_equal(const struct lines *a, const struct lines *b)
{
	return a->len == b->len && !memcmp(a->text, b->text, a->len);
}

/* Whether a machine's loops can run here. */
static bool machine_is_here(enum machine machine)
{
	return machine <= machine_find();
}

#endif
