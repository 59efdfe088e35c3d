#include "csv.h"

#include <stdlib.h>

/* Room for the cells of a row; false when memory is out. */
static bool cells_have(struct self *self, size_t n)
{
	struct cell *cells;

	if (self->cells_room >= n)
		return true;
	cells = realloc(self->cells, n * sizeof *cells);
	if (!cells)
		return false;
	self->cells = cells;
	self->cells_room = n;
	return true;
}

/* Makes a row of the record at hand, good until the next value is asked for.  Cells that it lacks
 * of `least`, and those of which nothing can be said, are broken: that is told of the record. */
static int row_make(struct mu_ctx *ctx, struct self *self, size_t least, struct table_row *out)
{
	const struct record *r = &self->record;
	struct mu_string all = { self->row_text.data + r->start, r->end - r->start };
	bool marked = charset_has_mark(all);

	*out = (struct table_row){ .n = r->kept > least ? r->kept : least,
				   .at = csv_row_at(ctx, self),
				   .plain = true };
	if (!csv_space(self, all.len) || !cells_have(self, out->n))
		return csv_out_of_memory(ctx);
	out->cells = self->cells;
	for (size_t i = 0; i < out->n; i++) {
		const struct record_cell *raw = i < r->kept ? &r->cells[i] : NULL;
		struct cell *cell = &self->cells[i];

		*cell = (struct cell){ .kind = CELL_BROKEN };
		if (!raw)
			continue;
		if (!(csv_cell_faults(self, raw) & CELL_WORTHLESS))
			cell->kind = CELL_TEXT;
		cell->text = marked || raw->flags & CELL_QUOTED
				     ? record_cell_value(raw, &self->dialect, self->row_text,
							 self->space + (raw->start - r->start))
				     : record_cell_raw(raw, self->row_text);
	}
	return 0;
}

int csv_header_take(struct mu_ctx *ctx, struct self *self)
{
	struct table_row row;
	int err = row_make(ctx, self, 0, &row);

	if (err)
		return err;
	for (size_t i = 0; i < row.n; i++)
		if (!(self->record.cells[i].flags & (CELL_OPEN | CELL_JUNK)))
			self->cells[i].kind = CELL_TEXT;
	table_columns_take_header(ctx, &self->columns, row.cells, self->record.count, row.n,
				  row.at);
	return 0;
}

/* Whether a cell certainly has a text. */
static bool is_text(const struct self *self, const struct record_cell *cell)
{
	struct mu_string raw = mu_trim(record_cell_raw(cell, self->row_text));

	return raw.len && !(cell->flags & CELL_QUOTED) && !charset_has_mark(raw);
}

int csv_row_is_note(struct mu_ctx *ctx, struct self *self, bool *out)
{
	const struct record *r = &self->record;
	struct table_row row;
	size_t texts = 0;
	int err;

	*out = false;
	for (size_t i = 0; i < r->kept && texts < 2; i++)
		texts += is_text(self, &r->cells[i]);
	if (texts > 1 || r->kept < r->count)
		return 0;
	err = row_make(ctx, self, 0, &row);
	return err ? err : table_row_is_note(ctx, &self->lines, &row, out);
}

int csv_row_put_cell(struct mu_ctx *ctx, struct self *self, uint32_t row, size_t field, size_t at)
{
	const struct record_cell raw = record_cell_read(&self->dialect, self->row_text, at);
	struct field *f = &self->fields[field];
	struct cell cell = { .kind = CELL_TEXT };
	struct reading reading;
	int err;

	if (csv_cell_faults(self, &raw) & CELL_WORTHLESS)
		return 0;
	err = csv_value(ctx, self, self->row_text, &raw, &cell.text);
	if (err)
		return err;
	reading_take(&self->columns, f->column, &cell, true, &reading);
	if (reading.outcome == READ_VALUE)
		batch_value(f, row, &reading);
	return reading_report(ctx, f->column, &cell, &reading, csv_row_at(ctx, self));
}

int csv_row_put(struct mu_ctx *ctx, struct self *self, uint32_t row)
{
	const struct record *r = &self->record;
	struct table_row line;
	struct reading reading;
	struct field *f;
	int err = csv_record_report(ctx, self);

	if (!err)
		err = row_make(ctx, self, self->columns.width, &line);
	if (err)
		return err;
	err = table_row_find_claim(ctx, &self->lines, &line);
	if (self->claim)
		self->claim[row] = line.claim;
	for (f = self->fields; !err && f < self->fields + self->n_fields; f++) {
		if (f->skipped)
			continue;
		field_clear(f, row);
		if (f->type == MU_STRING && !f->column->of) {
			if (table_row_cell(&line, f->column)->kind == CELL_TEXT)
				err = text_put(ctx, self, f, row,
					       record_cell_raw(&r->cells[f->cell], self->row_text));
			continue;
		}
		err = table_row_read(ctx, &self->lines, &line, f->column, &reading);
		if (err || reading.outcome != READ_VALUE)
			continue;
		if (f->column->of)
			err = text_put_value(ctx, self, f, row, reading.as.text);
		else
			batch_value(f, row, &reading);
	}
	return err;
}
