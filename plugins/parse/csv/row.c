#include "csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "text/phrase.h"

int csv_value(struct mu_ctx *ctx, struct self *self, struct mu_string text, const struct cell *cell,
	      struct mu_string *out)
{
	struct mu_string raw = { text.data + cell->start, cell->end - cell->start };
	bool marked = charset_has_mark(raw);
	char *space;

	*out = (struct mu_string){ "", 0 };
	if ((marked || cell->flags & CELL_DOUBLED) && self->space_room < raw.len) {
		space = realloc(self->space, raw.len);
		if (!space)
			return csv_out_of_memory(ctx);
		self->space = space;
		self->space_room = raw.len;
	}
	*out = cell_value(cell, &self->dialect, text, self->space);
	if (marked)
		*out = (struct mu_string){ self->space, charset_drop_marks(self->space, *out) };
	return 0;
}

/* Bytes of a text for a finding: what is shown of it, and no more. */
static size_t shown_length(const struct self *self, struct mu_string text)
{
	size_t len = utf8_cut(text.data, text.len, 1000);

	if (self->window.broken)
		len = charset_utf8_length((struct mu_string){ text.data, len });
	return len;
}

static uint64_t row_at(struct mu_ctx *ctx, const struct self *self)
{
	return mu_at(ctx->document->id, self->row_base + self->record.start);
}

static bool cell_too_long(const struct self *self, const struct cell *cell)
{
	return cell->end - cell->start > (size_t)self->max_field;
}

/* How many bytes of a cell mean something. */
static size_t cell_utf8(const struct self *self, const struct cell *cell)
{
	struct mu_string raw = { self->row_text.data + cell->start, cell->end - cell->start };

	return self->window.broken ? charset_utf8_length(raw) : raw.len;
}

/* Whether nothing can be said of what a cell holds. */
static bool cell_is_broken(const struct self *self, const struct cell *cell)
{
	return cell->flags & (CELL_JUNK | CELL_OPEN | CELL_ZERO) || cell_too_long(self, cell) ||
	       cell_utf8(self, cell) < cell->end - cell->start;
}

/* The name of the column of a cell; NULL for one that is left out. */
static const char *field_of(const struct self *self, size_t cell)
{
	size_t i;

	for (i = 0; i < self->n_fields; i++)
		if (self->fields[i].cell == cell)
			return self->fields[i].name;
	return NULL;
}

/* Where nobody reads what is wrong with a row. */
static int count_row(struct mu_ctx *ctx, const struct self *self, const char *code)
{
	return mu_finding_count(ctx, (struct mu_finding){ .code = code, .at = row_at(ctx, self) });
}

static int report_cell(struct mu_ctx *ctx, const struct self *self, size_t i, const char *code,
		       const char *message)
{
	const struct cell *cell = &self->record.cells[i];
	struct mu_string raw = { self->row_text.data + cell->start, cell->end - cell->start };
	struct mu_finding wrong = { .code = code,
				    .at = row_at(ctx, self),
				    .field = field_of(self, i),
				    .value = raw.data,
				    .value_len = shown_length(self, raw) };

	if (!strcmp(code, "stray-quote") || !strcmp(code, "control"))
		wrong.severity = MU_WARNING;
	return mu_report(ctx, wrong, "cell %zu %s", i + 1, message);
}

/* A byte that is no UTF-8, in a document that is too long to be looked at as a whole. */
static int report_encoding(struct mu_ctx *ctx, const struct self *self, size_t i)
{
	const struct cell *cell = &self->record.cells[i];
	size_t at = cell->start + cell_utf8(self, cell);
	struct mu_finding wrong = { .code = "encoding",
				    .at = row_at(ctx, self),
				    .field = field_of(self, i) };
	char value[8];

	if (at == cell->end)
		return 0;
	snprintf(value, sizeof value, "0x%02x", (unsigned char)self->row_text.data[at]);
	wrong.value = value;
	wrong.value_len = strlen(value);
	return mu_report(ctx, wrong,
			 "cell %zu has byte %s at offset %" PRIu64 ", which means nothing in UTF-8",
			 i + 1, value, self->row_base + at + self->decoded.skipped);
}

static int report_open(struct mu_ctx *ctx, const struct self *self, size_t i)
{
	struct cell cell = self->record.cells[i];
	int err = report_cell(ctx, self, i, "quote", "has a quote that is never closed");

	cell.start += self->row_base;
	cell.end += self->row_base;
	return err ? err : csv_report_unclosed(ctx, self, &cell);
}

/* The character nobody sees that a cell has which is read, or 0. */
static unsigned cell_control(const struct self *self, size_t i)
{
	const struct cell *cell = &self->record.cells[i];
	struct mu_string raw = { self->row_text.data + cell->start, cell->end - cell->start };

	return self->window.controlled && field_of(self, i) ? charset_control(raw) : 0;
}

static int report_control(struct mu_ctx *ctx, const struct self *self, size_t i)
{
	char message[80];

	snprintf(message, sizeof message, "has the character U+%04X, %s", cell_control(self, i),
		 charset_control_kind(cell_control(self, i)));
	return report_cell(ctx, self, i, "control", message);
}

static int report_flags(struct mu_ctx *ctx, const struct self *self, size_t i)
{
	const struct cell *cell = &self->record.cells[i];
	int err = report_encoding(ctx, self, i);

	if (!err && cell->flags & CELL_ZERO)
		err = report_cell(ctx, self, i, "zero-byte", "holds a zero byte");
	if (!err && cell->flags & CELL_OPEN)
		err = report_open(ctx, self, i);
	if (!err && cell->flags & CELL_JUNK)
		err = report_cell(ctx, self, i, "quote", "goes on behind its closing quote");
	if (!err && cell->flags & CELL_STRAY)
		err = report_cell(
			ctx, self, i, "stray-quote",
			"has a quote in it but none around it, and was taken as it stands");
	if (!err && cell_too_long(self, cell))
		err = report_cell(ctx, self, i, "too-long", "is longer than max_field allows");
	if (!err && cell_control(self, i))
		err = report_control(ctx, self, i);
	return err;
}

/* Cells that are missing are null; those too many are kept in the finding. */
static int report_ragged(struct mu_ctx *ctx, const struct self *self)
{
	const struct record *r = &self->record;
	struct mu_finding ragged = { .code = "ragged",
				     .at = row_at(ctx, self),
				     .numbers = true,
				     .expected = (int64_t)self->width,
				     .found = (int64_t)r->count };
	struct mu_string extra;

	if (r->count < self->width) {
		ragged.field = field_of(self, r->count);
	} else if (self->width < r->kept) {
		extra.data = self->row_text.data + r->cells[self->width].start;
		extra.len = r->end - r->cells[self->width].start;
		ragged.value = extra.data;
		ragged.value_len = shown_length(self, extra);
	}
	return mu_report(ctx, ragged, "the row has %zu cell%s, not %zu", r->count,
			 r->count == 1 ? "" : "s", self->width);
}

int row_ragged(struct mu_ctx *ctx, const struct self *self)
{
	return ctx->findings_counted ? count_row(ctx, self, "ragged") : report_ragged(ctx, self);
}

/* A row that ends in a quote never closed lacks cells for no other reason. */
static bool record_is_cut(const struct record *record)
{
	return record->kept == record->count && record->cells[record->kept - 1].flags & CELL_OPEN;
}

int row_is_note(struct mu_ctx *ctx, struct self *self, bool *out)
{
	const struct record *record = &self->record;
	struct mu_string only = { "", 0 }, value;
	size_t i;
	int err = 0;

	*out = false;
	for (i = 0; !err && i < record->kept; i++) {
		if (cell_is_broken(self, &record->cells[i]))
			return 0;
		err = csv_value(ctx, self, self->row_text, &record->cells[i], &value);
		value = mu_trim(value);
		if (only.len && value.len)
			return err;
		/* No other one is going to be read. */
		if (value.len)
			only = value;
	}
	if (err || !only.len || record->kept < record->count)
		return err;
	return notes_match(ctx, &self->passed, only, row_at(ctx, self), out);
}

static int report_record(struct mu_ctx *ctx, const struct self *self)
{
	size_t i;
	int err = 0;

	if (self->record.count != self->width && !record_is_cut(&self->record))
		err = row_ragged(ctx, self);
	for (i = 0; !err && i < self->record.kept; i++)
		if (self->record.cells[i].flags & ~(unsigned)(CELL_QUOTED | CELL_DOUBLED) ||
		    cell_is_broken(self, &self->record.cells[i]) || cell_control(self, i))
			err = report_flags(ctx, self, i);
	return err;
}

/* The cell of a field in the record at hand; NULL when there is none. */
static const struct cell *cell_of(const struct self *self, const struct field *f)
{
	return f->cell < self->record.kept ? &self->record.cells[f->cell] : NULL;
}

/* Which claim the record at hand is, 1 and its index or 0, and which of its fields
 * say so. */
static int claim_of(struct mu_ctx *ctx, struct self *self, uint32_t *out)
{
	const struct declared_claim *claims = self->claims.items;
	const struct cell *cell;
	struct mu_string value;
	size_t i, j;
	int err;

	*out = 0;
	memset(self->all, 0, self->n_fields * sizeof *self->all);
	for (i = 0; i < self->claims.count; i++) {
		j = self->claim_fields[i];
		cell = j < self->n_fields ? cell_of(self, &self->fields[j]) : NULL;
		if (!cell || cell_is_broken(self, cell))
			continue;
		err = csv_value(ctx, self, self->row_text, cell, &value);
		if (err)
			return err;
		if (!text_equal(mu_trim(value), mu_trim(mu_string(claims[i].match))))
			continue;
		*out = (uint32_t)i + 1;
		self->all[j] = true;
	}
	return 0;
}

const char *csv_text_find(const struct mu_texts *texts, struct mu_string trimmed)
{
	size_t i;

	for (i = 0; i < texts->count; i++)
		if (text_equal(trimmed, mu_trim(mu_string(texts->items[i]))))
			return texts->items[i];
	return NULL;
}

static bool is_zero(const struct field *f, struct mu_string trimmed)
{
	return f->option && csv_text_find(&f->option->zero, trimmed);
}

static bool is_missing(const struct field *f, struct mu_string trimmed)
{
	if (f->option && csv_text_find(&f->option->missing, trimmed))
		return true;
	return !trimmed.len;
}

static int report_value(struct mu_ctx *ctx, const struct self *self, const struct field *f,
			struct mu_string value)
{
	static const char *const wanted[] = {
		[MU_INTEGER] = "a whole number in digits that fits 64 bits, such as 1204",
		[MU_NUMBER] = "a number in digits, such as 1204.5",
		[MU_BOOLEAN] = "true or false",
		[MU_DATE] = "a date such as 2023-11-24",
	};
	struct mu_finding wrong = { .code = mu_data_name(f->type),
				    .at = row_at(ctx, self),
				    .field = f->name,
				    .value = value.data,
				    .value_len = shown_length(self, value) };
	struct phrase shown = { .len = 0 };

	phrase_add(&shown, value.data, value.len);
	if (f->type == MU_NUMBER && mu_number_loss(mu_trim(value)))
		return mu_report(ctx, wrong, "%s '%s' %s", f->name, shown.text,
				 mu_number_loss(mu_trim(value)));
	return mu_report(ctx, wrong, "%s '%s' is not %s", f->name, shown.text, wanted[f->type]);
}

/* A text as a value of some type. */
struct value {
	enum mu_data type; /* says which one it is */
	union {
		struct mu_string text;
		int64_t integer;
		double number;
		bool boolean;
		int32_t date;
	} as;
};

/* Reads what is neither blank nor named in an option; false: it cannot be read. */
static bool value_parse(enum mu_data type, struct mu_string text, struct value *out)
{
	struct mu_string trimmed = mu_trim(text);

	out->type = type;
	switch (type) {
	case MU_STRING:
		out->as.text = text;
		return true;
	case MU_INTEGER:
		return mu_parse_integer(trimmed, &out->as.integer);
	case MU_NUMBER:
		return mu_parse_number(trimmed, &out->as.number);
	case MU_BOOLEAN:
		return mu_parse_boolean(trimmed, &out->as.boolean);
	case MU_DATE:
		return mu_parse_date(trimmed, &out->as.date);
	default:
		return false;
	}
}

bool csv_reads(enum mu_data type, struct mu_string text)
{
	struct value value;

	return value_parse(type, text, &value);
}

/* Puts a value that is no text. */
static void value_put(struct field *f, uint32_t row, const struct value *value)
{
	switch (value->type) {
	case MU_INTEGER:
		((int64_t *)f->values)[row] = value->as.integer;
		break;
	case MU_NUMBER:
		((double *)f->values)[row] = value->as.number;
		break;
	case MU_BOOLEAN:
		((uint8_t *)f->values)[row >> 3] |=
			(uint8_t)((unsigned)value->as.boolean << (row & 7));
		break;
	case MU_DATE:
		((int32_t *)f->values)[row] = value->as.date;
		break;
	default:
		return;
	}
	f->valid[row >> 3] |= (uint8_t)(1u << (row & 7));
}

/* Puts what a cell that is not broken holds, or nothing. */
static int cell_put(struct mu_ctx *ctx, struct self *self, struct field *f, uint32_t row,
		    const struct cell *cell)
{
	struct mu_string text, trimmed;
	struct value value;
	bool zero;
	int err;

	if (f->type == MU_STRING) {
		text.data = self->row_text.data + cell->start;
		text.len = cell->end - cell->start;
		return text_put(ctx, self, f, row, text);
	}
	err = csv_value(ctx, self, self->row_text, cell, &text);
	if (err)
		return err;
	trimmed = mu_trim(text);
	zero = is_zero(f, trimmed);
	if (!zero && is_missing(f, trimmed))
		return 0;
	if (!value_parse(f->type, zero ? mu_string("0") : text, &value))
		return ctx->findings_counted ? count_row(ctx, self, mu_data_name(f->type))
					     : report_value(ctx, self, f, text);
	value_put(f, row, &value);
	return 0;
}

/* Why a field has no value in the record at hand; nothing when it has one. */
static int put_status(struct mu_ctx *ctx, struct self *self, struct field *status, uint32_t row)
{
	const struct field *f = self->fields;
	const struct cell *cell;
	struct mu_string text;
	struct value value;
	const char *why;
	int err;

	while (strcmp(f->name, status->option->status_of) != 0)
		f++;
	if (f->cell == SIZE_MAX)
		return 0; /* the file may do without it */
	cell = cell_of(self, f);
	if (!cell || cell_is_broken(self, cell))
		return text_put_value(ctx, self, status, row, mu_string("unreadable"));
	err = csv_value(ctx, self, self->row_text, cell, &text);
	if (err)
		return err;
	text = mu_trim(text);
	why = csv_text_find(&f->option->missing, text);
	if (!why && !text.len)
		why = "blank";
	else if (!why && !value_parse(f->type, text, &value))
		why = "unreadable";
	if (!why || is_zero(f, text))
		return 0;
	return text_put_value(ctx, self, status, row, mu_trim(mu_string(why)));
}

int row_put_cell(struct mu_ctx *ctx, struct self *self, uint32_t row, size_t field, size_t at)
{
	const struct cell cell = cell_read(&self->dialect, self->row_text, at);

	return cell_is_broken(self, &cell) ? 0
					   : cell_put(ctx, self, &self->fields[field], row, &cell);
}

/* Likewise, of the record at hand, if it has the cell. */
static int put_cell(struct mu_ctx *ctx, struct self *self, struct field *f, uint32_t row)
{
	const struct cell *cell = cell_of(self, f);

	return cell && !cell_is_broken(self, cell) ? cell_put(ctx, self, f, row, cell) : 0;
}

void field_clear(struct field *f, uint32_t row)
{
	const struct value nothing = { .type = f->type };

	if (f->type == MU_STRING)
		((int32_t *)f->values)[row] = 0;
	value_put(f, row, &nothing);
	cells_null(f->valid, row);
}

/* A row without values. */
static void row_clear(struct self *self, uint32_t row)
{
	struct field *f;

	for (f = self->fields; f < self->fields + self->n_fields; f++)
		if (!f->skipped)
			field_clear(f, row);
}

int row_put(struct mu_ctx *ctx, struct self *self, uint32_t row)
{
	struct field *f;
	uint32_t claim;
	size_t i;
	int err = report_record(ctx, self);

	row_clear(self, row);
	if (!err)
		err = claim_of(ctx, self, &claim);
	if (!err && self->claim)
		self->claim[row] = claim;
	for (i = 0; !err && i < self->n_fields; i++) {
		f = &self->fields[i];
		if (f->skipped || self->all[i])
			continue;
		if (!f->option || !f->option->status_of)
			err = put_cell(ctx, self, f, row);
		else if (!claim && !self->all_claims)
			err = put_status(ctx, self, f, row);
	}
	return err;
}
