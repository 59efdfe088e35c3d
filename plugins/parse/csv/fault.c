#include "csv.h"

#include <inttypes.h>
#include <stdio.h>

#include "text/utf8.h"

/* What is said of a cell that has a flag, in this order. */
static const struct {
	unsigned flag;
	enum mu_severity severity;
	const char *code, *words;
} faults[] = {
	{ CELL_ZERO, MU_ERROR, "zero-byte", "holds a zero byte" },
	{ CELL_OPEN, MU_ERROR, "quote", "has a quote that is never closed" },
	{ CELL_JUNK, MU_ERROR, "quote", "goes on behind its closing quote" },
	{ CELL_STRAY, MU_WARNING, "stray-quote",
	  "has a quote in it but none around it, and was taken as it stands" },
	{ CELL_LONG, MU_ERROR, "too-long", "is longer than max_field allows" },
	{ CELL_CONTROL, MU_WARNING, "control", NULL }, /* which one, and of what kind */
};

/* The name of the column of a cell; NULL for one that is left out. */
static const char *field_of(const struct self *self, size_t cell)
{
	for (size_t i = 0; i < self->n_fields; i++)
		if (self->fields[i].cell == cell)
			return self->fields[i].column->name;
	return NULL;
}

/* Bytes of a text for a finding: what is shown of it, and no more. */
static size_t shown_length(const struct self *self, struct mu_string text)
{
	size_t len = utf8_cut(text.data, text.len, 1000);

	if (self->window.broken)
		len = charset_utf8_length((struct mu_string){ text.data, len });
	return len;
}

unsigned csv_cell_look(const struct self *self, const struct record_cell *cell)
{
	struct mu_string raw = record_cell_raw(cell, self->row_text);
	unsigned found = 0;

	if (self->window.broken && charset_utf8_length(raw) < raw.len)
		found |= CELL_CODED;
	if (self->window.controlled && charset_control(raw))
		found |= CELL_CONTROL;
	return found;
}

/* A byte that is no UTF-8, in a document that is too long to be looked at as a whole. */
static int report_coded(struct mu_ctx *ctx, const struct self *self, size_t i)
{
	const struct record_cell *cell = &self->record.cells[i];
	size_t at = cell->start + charset_utf8_length(record_cell_raw(cell, self->row_text));
	char value[8];
	int len = snprintf(value, sizeof value, "0x%02x", (unsigned char)self->row_text.data[at]);
	struct mu_finding wrong = { .code = "encoding",
				    .at = csv_row_at(ctx, self),
				    .field = field_of(self, i),
				    .value = value,
				    .value_len = (size_t)len };

	return mu_report(ctx, wrong,
			 "cell %zu has byte %s at offset %" PRIu64 ", which means nothing in UTF-8",
			 i + 1, value, self->row_base + at + self->decoded.skipped);
}

/* Reports what is wrong with a cell of the record at hand. */
static int cell_report(struct mu_ctx *ctx, const struct self *self, size_t i, unsigned flags)
{
	const struct record_cell *cell = &self->record.cells[i];
	struct mu_string raw = record_cell_raw(cell, self->row_text);
	char words[80];
	int err = flags & CELL_CODED ? report_coded(ctx, self, i) : 0;

	for (size_t k = 0; !err && k < sizeof faults / sizeof *faults; k++) {
		struct mu_finding wrong = { .severity = faults[k].severity,
					    .code = faults[k].code,
					    .at = csv_row_at(ctx, self),
					    .field = field_of(self, i),
					    .value = raw.data,
					    .value_len = shown_length(self, raw) };

		if (!(flags & faults[k].flag) || (faults[k].flag == CELL_CONTROL && !wrong.field))
			continue;
		if (faults[k].flag == CELL_CONTROL)
			snprintf(words, sizeof words, "has the character U+%04X, %s",
				 charset_control(raw), charset_control_kind(charset_control(raw)));
		err = mu_report(ctx, wrong, "cell %zu %s", i + 1,
				faults[k].words ? faults[k].words : words);
		if (!err && faults[k].flag == CELL_OPEN)
			err = csv_report_unclosed(ctx, self, self->row_base + cell->start,
						  self->row_base + cell->end);
	}
	return err;
}

/* Cells that are missing are null; those too many are kept in the finding. */
int csv_report_ragged(struct mu_ctx *ctx, const struct self *self)
{
	const struct record *r = &self->record;
	struct mu_finding ragged = { .code = "ragged",
				     .at = csv_row_at(ctx, self),
				     .numbers = true,
				     .expected = (int64_t)self->width,
				     .found = (int64_t)r->count };

	if (ctx->findings_counted)
		return mu_finding_count(ctx, ragged);
	if (r->count < self->width) {
		ragged.field = field_of(self, r->count);
	} else if (self->width < r->kept) {
		struct mu_string extra = { self->row_text.data + r->cells[self->width].start,
					   r->end - r->cells[self->width].start };

		ragged.value = extra.data;
		ragged.value_len = shown_length(self, extra);
	}
	return mu_report(ctx, ragged, "the row has %zu cell%s, not %zu", r->count,
			 mu_plural(r->count), self->width);
}

int csv_record_report(struct mu_ctx *ctx, const struct self *self)
{
	const struct record *r = &self->record;
	int err = 0;

	/* A row that ends in a quote never closed lacks cells for no other reason. */
	if (r->count != self->width &&
	    !(r->kept == r->count && r->cells[r->kept - 1].flags & CELL_OPEN))
		err = csv_report_ragged(ctx, self);
	for (size_t i = 0; !err && i < r->kept; i++) {
		unsigned flags = csv_cell_faults(self, &r->cells[i]);

		if (flags)
			err = cell_report(ctx, self, i, flags);
	}
	return err;
}
