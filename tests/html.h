/*
 * A parser of web pages at work, and what it gave and said as text.
 */
#ifndef TESTS_HTML_H
#define TESTS_HTML_H

#include <inttypes.h>

#include "fake.h"

/* A plugin's files are its own, so its test takes them in. */
#include "../plugins/parse/html/token.c"
#include "../plugins/parse/html/element.c"
#include "../plugins/parse/html/reference.c"
#include "../plugins/parse/html/prose.c"
#include "../plugins/parse/html/source.c"
#include "../plugins/parse/html/page.c"
#include "../plugins/parse/html/plain.c"
#include "../plugins/parse/html/table.c"
#include "../plugins/parse/html/choice.c"
#include "../plugins/parse/html/place.c"
#include "../plugins/parse/html/html.c"

enum { OUTCOME_BYTES = 1 << 20, OUTCOME_ROWS = 1000 };

/* What came of a page.  What does not fit is left out. */
struct outcome {
	struct fake fake; /* first, so that the one leads to the other */
	struct self self;
	struct ArrowSchema schema;
	int err;
	char rows[OUTCOME_BYTES]; /* "a|b @position claim\n" each; ~ is null */
	size_t rows_len;
	char said[OUTCOME_BYTES]; /* "code @position: message\n" each */
	size_t said_len;
	uint64_t positions[OUTCOME_ROWS];
	size_t n_positions;
};

__attribute__((format(printf, 3, 4)))
static void outcome_add(char *text, size_t *len, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text + *len, OUTCOME_BYTES - *len, fmt, ap);
	va_end(ap);
	if (n > 0)
		*len += (size_t)n < OUTCOME_BYTES - *len ? (size_t)n : OUTCOME_BYTES - *len - 1;
}

__attribute__((format(printf, 3, 0)))
static int outcome_report(struct mu_ctx *ctx, const struct mu_finding *finding, const char *fmt,
			  va_list ap)
{
	struct outcome *o = (struct outcome *)(void *)ctx;
	char message[5000];

	vsnprintf(message, sizeof message, fmt, ap);
	outcome_add(o->said, &o->said_len, "%s @%" PRIu64 ": %s\n", finding->code,
		    mu_at_position(finding->at) >> 14, message);
	return 0;
}

static void outcome_take(struct outcome *o, const struct ArrowArray *batch)
{
	struct mu_rows hidden = mu_rows(&o->schema, batch);
	char space[MU_FORMAT_MAX];

	for (int64_t row = 0; row < batch->length; row++) {
		uint64_t position = mu_at_position(mu_row_at(&hidden, row));

		for (int64_t i = 0; i < mu_schema_visible(&o->schema); i++) {
			struct mu_column column = mu_column(&o->schema, batch, i);
			struct mu_string text = mu_format(&column, row, space);

			outcome_add(o->rows, &o->rows_len, "%s%.*s%s", i ? "|" : "", (int)text.len,
				    text.data, mu_null(&column, row) ? "~" : "");
		}
		outcome_add(o->rows, &o->rows_len, " @%" PRIu64, position >> 14);
		if (mu_row_is_claim(&hidden, row))
			outcome_add(o->rows, &o->rows_len, " claim");
		outcome_add(o->rows, &o->rows_len, "\n");
		if (o->n_positions < OUTCOME_ROWS)
			o->positions[o->n_positions++] = position;
	}
}

static void outcome_open(struct outcome *o, const struct self *model, const void *bytes, size_t len)
{
	fake_init(&o->fake);
	o->fake.ctx.report = outcome_report;
	fake_document(&o->fake, bytes, len);
	o->self = *model;
	o->schema.release = NULL;
	o->rows_len = o->said_len = o->n_positions = 0;
	*o->rows = *o->said = '\0';
	o->err = html_configure(&o->fake.ctx, &o->self);
	if (!o->err)
		o->err = html_open(&o->fake.ctx, &o->self, &o->schema);
}

static void outcome_close(struct outcome *o)
{
	html_close(&o->fake.ctx, &o->self);
	mu_schema_release(&o->schema);
	fake_release(&o->fake);
}

/* Opens a parser and reads a page to its end. */
static void outcome_go(struct outcome *o, const struct self *model, const void *bytes, size_t len)
{
	struct ArrowArray batch;

	outcome_open(o, model, bytes, len);
	while (!o->err) {
		batch.release = NULL;
		o->err = html_parse(&o->fake.ctx, &o->self, &batch);
		if (!batch.release)
			break;
		outcome_take(o, &batch);
		mu_array_release(&batch);
	}
}

#endif
