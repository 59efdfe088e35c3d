/*
 * A parser of spreadsheets at work on one part of a document, and what it gave and said
 * as text.
 */
#ifndef WORKBOOK_H
#define WORKBOOK_H

#include "fake.h"
#include "sheet/book.h"
#include "lines.h"
#include "zipped.h"

/* Options of a parser by the bits of a byte. */
static inline struct book book_choose(unsigned bits)
{
	static const char *dash[] = { "-" }, *list[] = { "a", "*" }, *notes[] = { "^[a*]" };
	static struct declared_column columns[] = {
		{ .name = "a", .position = 1, .missing = { 1, dash } },
		{ .name = "n", .position = 2, .type = 1, .measure = true },
		{ .name = "why", .status_of = "n" },
		{ .name = "x", .header = { 1, list }, .type = 2, .optional = true },
		{ .name = "d", .position = 3, .type = 4, .optional = true },
	};
	static struct declared_claim claims[] = {
		{ .name = "total", .column = "a", .match = "a" },
		{ .name = "none", .column = "a", .match = "" },
	};
	struct book book = {
		.sheet = { .merged = bits & 1,
			   .range = bits & 2 ? "A2:C9" : NULL,
			   .max_size = 1 << 26,
			   .max_inflated = 1 << 26 },
		.options = { .header_rows = bits >> 2 & 3,
			  .max_rows = 10000,
			  .max_columns = bits & 16 ? 100 : 3,
			  .max_field = bits & 16 ? 1000 : 4,
			  .columns = { bits & 32 || !(bits >> 2 & 3) ? 3 : 0, columns },
			  .notes = { bits & 128 ? 1 : 0, notes },
			  .claims = { bits & 64 ? 2 : 0, claims } },
	};

	if (book.options.columns.count && bits & 128 && book.options.header_rows)
		book.options.columns.count = 5;
	return book;
}

/* What a parser gave, said, and failed with. */
struct outcome {
	struct fake fake;
	struct lines lines;
	uint64_t last; /* position of the last row */
	int err;
};

__attribute__((format(printf, 3, 0)))
static inline int outcome_report(struct mu_ctx *ctx, const struct mu_finding *f, const char *fmt,
				 va_list ap)
{
	struct outcome *o = (struct outcome *)(void *)ctx;
	char message[1024];

	vsnprintf(message, sizeof message, fmt, ap);
	lines_add(&o->lines, "%s%s %" PRIu64 " %s: %s\n", f->severity ? "(note) " : "", f->code,
		  mu_at_position(f->at), f->field ? f->field : "-", message);
	return 0;
}

static inline void outcome_rows(struct outcome *o, const struct ArrowSchema *schema,
				const struct ArrowArray *batch)
{
	int64_t n = mu_schema_visible(schema);
	struct mu_rows hidden = mu_rows(schema, batch);
	char space[MU_FORMAT_MAX];

	for (int64_t r = 0; r < batch->length; r++) {
		o->last = mu_at_position(mu_row_at(&hidden, r));
		lines_add(&o->lines, "%" PRIu64, o->last + 1);
		for (int64_t c = 0; c < n; c++) {
			struct mu_column column = mu_column(schema, batch, c);
			struct mu_string cell = mu_format(&column, r, space);

			lines_add(&o->lines, mu_null(&column, r) ? "|~" : "|%.*s",
				  (int)(cell.len < 1000 ? cell.len : 1000), cell.data);
		}
		lines_add(&o->lines, mu_row_is_claim(&hidden, r) ? " claim\n" : "\n");
	}
}

static inline void outcome_place(struct outcome *o, const struct mu_plugin *plugin, void *self,
				 uint64_t position, const char *field)
{
	struct mu_place place = { .size = sizeof place };

	if (plugin->locate(&o->fake.ctx, self, position, field, &place) || !place.cell)
		return;
	lines_add(&o->lines, "%s '%.*s' of '%.*s'\n", place.cell, (int)place.value_len,
		  place.value ? place.value : "", (int)(place.text_len < 500 ? place.text_len : 500),
		  place.text);
}

/* Runs a parser on a document; `self` has its options. */
static inline void outcome_go(struct outcome *o, const struct mu_plugin *plugin, void *self,
			      const uint8_t *bytes, size_t len)
{
	struct ArrowSchema schema = { .release = NULL };
	struct ArrowArray batch;
	bool some = true;

	fake_init(&o->fake);
	o->fake.ctx.report = outcome_report;
	fake_document(&o->fake, bytes, len);
	o->err = plugin->configure(&o->fake.ctx, self);
	if (!o->err)
		o->err = plugin->open(&o->fake.ctx, self, &schema);
	while (!o->err && some) {
		o->err = plugin->parse(&o->fake.ctx, self, &batch);
		some = batch.release;
		if (some)
			outcome_rows(o, &schema, &batch);
		mu_array_release(&batch);
	}
	if (o->err) {
		lines_add(&o->lines, "failed: %s\n", o->fake.failed);
	} else {
		outcome_place(o, plugin, self, o->last / 2, NULL);
		outcome_place(o, plugin, self, o->last, schema.children[0]->name);
		outcome_place(o, plugin, self, 1, schema.children[0]->name);
	}
	plugin->close(&o->fake.ctx, self);
	mu_schema_release(&schema);
}

static inline void outcome_release(struct outcome *o)
{
	fake_release(&o->fake);
	free(o->lines.text);
	*o = (struct outcome){ .err = 0 };
}

#endif
