#include "csv.h"

static uint64_t characters(struct mu_string text, size_t from, size_t to)
{
	uint64_t n = 0;

	for (; from < to; from++)
		n += ((unsigned char)text.data[from] & 0xc0) != 0x80;
	return n;
}

/* The line of `at`, counted from the line of the position before, which is kept
 * for the next one. */
static void line_seek(struct self *self, size_t at)
{
	size_t next;

	if (at < self->line_at) {
		self->line_at = 0;
		self->line = 1;
	}
	while ((next = line_next(self->text, self->line_at)) <= at) {
		self->line_at = next;
		self->line++;
	}
}

/* The cell of a column; for one that a short row lacks, where it would begin. */
static struct cell cell_named(const struct self *self, const char *field)
{
	const struct record *r = &self->record;
	struct cell cell = { .start = r->start, .end = line_end(self->text, r->start) };
	size_t i;

	for (i = 0; field && i < self->n_fields; i++) {
		if (strcmp(self->fields[i].name, field) || self->fields[i].cell == SIZE_MAX)
			continue;
		if (self->fields[i].cell < r->kept)
			return r->cells[self->fields[i].cell];
		return (struct cell){ .start = r->end, .end = r->end };
	}
	return cell;
}

int csv_locate(struct mu_ctx *ctx, void *state, uint64_t position, const char *field,
	       struct mu_place *out)
{
	struct self *self = state;
	struct mu_string value;
	struct cell cell;
	size_t start, end;
	int err = self->ready ? 0 : csv_prepare(ctx, self, false);

	if (!err && self->columns.count && !self->started)
		csv_fields_declared(ctx, self);
	self->started = true;
	if (err || position >= self->text.len)
		return err;
	if (!csv_record(self, self->text, position))
		return csv_out_of_memory(ctx);
	cell = cell_named(self, field);
	err = csv_value(ctx, self, &cell, &value);
	if (err)
		return err;
	line_seek(self, position);
	out->line = self->line;
	start = self->line_at;
	for (; (end = line_end(self->text, start)) < cell.start; out->line++)
		start = line_next(self->text, start);
	out->column = characters(self->text, start, cell.start) + 1;
	out->width = characters(self->text, cell.start, cell.end < end ? cell.end : end);
	out->text = self->text.data + start;
	out->text_len = end - start;
	out->value = value.data;
	out->value_len = value.len;
	return 0;
}
