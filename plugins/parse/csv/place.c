#include "csv.h"

#include "scan.h"
#include "text/utf8.h"

static size_t characters(struct mu_string text, size_t from, size_t to)
{
	return from < to ? utf8_count(text.data + from, to - from) : 0;
}

static size_t line_begin(struct mu_string text, size_t at)
{
	if (at && text.data[at - 1] == '\r' && text.data[at] == '\n')
		at--;
	while (at && text.data[at - 1] != '\n' && text.data[at - 1] != '\r')
		at--;
	return at;
}

/* The line of `at`, counted from the nearest one whose number is known: that of the
 * position before, or where a piece begins. */
static void line_seek(const struct mu_ctx *ctx, struct self *self, size_t at)
{
	const struct mu_piece *piece = mu_piece_before(ctx, at);
	size_t begin = line_begin(self->text, at);

	if (begin < self->line_at) {
		size_t from = piece ? piece->from : 0;

		if (self->line_at - begin < begin - from) {
			self->line -= scan_lines(self->machine, self->text.data + begin,
						 self->line_at - begin);
			self->line_at = begin;
			return;
		}
		self->line_at = 0;
		self->line = 0;
	}
	if (piece && piece->from > self->line_at && piece->from <= begin) {
		self->line_at = piece->from;
		self->line = piece->mark;
	}
	self->line +=
		scan_lines(self->machine, self->text.data + self->line_at, begin - self->line_at);
	self->line_at = begin;
}

/* The cell of a column; for one that a short row lacks, where it would begin. */
static struct record_cell cell_named(const struct self *self, const char *field)
{
	const struct record *r = &self->record;
	size_t i;

	for (i = 0; field && i < self->n_fields; i++) {
		if (strcmp(self->fields[i].column->name, field) || self->fields[i].cell == SIZE_MAX)
			continue;
		if (self->fields[i].cell < r->kept)
			return r->cells[self->fields[i].cell];
		return (struct record_cell){ .start = r->end, .end = r->end };
	}
	return (struct record_cell){ .start = r->start, .end = line_end(self->text, r->start) };
}

int csv_locate(struct mu_ctx *ctx, void *state, uint64_t position, const char *field,
	       struct mu_place *out)
{
	struct self *self = state;
	struct mu_string value;
	struct record_cell cell;
	size_t start, end;
	int err = csv_prepare(ctx, self);

	if (err || position >= self->text.len)
		return err;
	line_seek(ctx, self, position); /* first, since memory comes faster in its order */
	if (!csv_record(self, self->text, position))
		return csv_out_of_memory(ctx);
	cell = cell_named(self, field);
	err = csv_value(ctx, self, self->text, &cell, &value);
	if (err)
		return err;
	out->line = self->line + 1;
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
