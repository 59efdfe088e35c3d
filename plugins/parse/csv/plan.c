#include "csv.h"

enum {
	RUN_ROWS = 256, /* that fit the processor's nearest cache, with all that is about them */
};

/* Adds rows that are regular, whose cells follow one another. */
static void runs_add(struct self *self, uint32_t row, uint32_t count, uint32_t cell, uint32_t width)
{
	struct run *last = self->n_runs ? &self->runs[self->n_runs - 1] : NULL;
	uint32_t more = 0;

	if (last && last->width == width && last->row + last->count == row &&
	    last->cell + last->count * width == cell) {
		more = RUN_ROWS - last->count < count ? RUN_ROWS - last->count : count;
		last->count += more;
	}
	for (; more < count; more += RUN_ROWS) {
		uint32_t n = count - more < RUN_ROWS ? count - more : RUN_ROWS;

		self->runs[self->n_runs++] = (struct run){
			.row = row + more, .count = n, .cell = cell + more * width, .width = width
		};
	}
}

/* Takes the CR off the last cells of rows that end in CR LF. */
static void ends_trim(struct self *self, uint32_t row, uint32_t count, uint32_t cell,
		      uint32_t width)
{
	struct window *w = &self->window;
	uint32_t *end = w->cells + cell + width - 1;

	for (uint32_t i = 0; i < count; i++, end += width)
		if (w->text[*end] == '\n' && *end > self->before[row + i] + 1 &&
		    w->text[*end - 1] == '\r')
			--*end;
}

static uint32_t least(uint64_t a, uint64_t b)
{
	return (uint32_t)(a < b ? a : b);
}

/* Whether a byte is part of a cell that is not blank. */
static bool is_solid(const struct dialect *d, char c)
{
	return c > ' ' && c <= '~' && c != d->delimiter && c != d->quote;
}

/* Whether a row of so many cells may have nothing but one text: one whose first and last
 * cells are not blank has more. */
static bool may_be_note(const struct self *self, uint32_t from, uint32_t end, size_t cells)
{
	const char *text = self->window.text;

	if (!self->options.notes.count || end == from)
		return false;
	if (text[end - 1] == '\r' && end - from > 1)
		end--;
	return cells < 2 || !is_solid(&self->dialect, text[from]) ||
	       !is_solid(&self->dialect, text[end - 1]);
}

/* Takes rows that have as many cells as they should and are neither blank nor long, nor
 * may be notes, up to the first that is not so: how many. */
static uint32_t plain_take(struct self *self, uint32_t end, uint32_t row)
{
	struct window *w = &self->window;
	uint32_t width = (uint32_t)self->width, at = w->at, *before = self->before + row;
	const uint32_t *rows = w->rows + w->row, *stop = w->cells + w->cell + width - 1;
	uint32_t shortest = w->paired ? 2 : 1; /* CR LF is blank */
	uint32_t longest = least((uint64_t)self->options.max_field, UINT32_MAX), n = 0, most;

	if (longest < shortest || self->slowly || window_is_odd(w))
		return 0;
	most = least(end - w->row, BATCH_ROWS - row);
	most = least(most, (w->n_cells - w->cell) / width);
	for (; n < most && *stop == rows[n] && rows[n] - at - shortest <= longest - shortest &&
	       !may_be_note(self, at, rows[n], width);
	     stop += width) {
		before[n] = at - 1;
		at = rows[n++] + 1;
	}
	if (!n)
		return 0;
	runs_add(self, row, n, w->cell, width);
	if (w->paired)
		ends_trim(self, row, n, w->cell, width);
	w->row += n;
	w->cell += n * width;
	w->at = at;
	return n;
}

static bool row_is_blank(const struct window *w, uint32_t from, uint32_t end)
{
	/* Several in a row, as record_cell_read() passes over them. */
	while (w->marked && from < end &&
	       charset_mark_length((struct mu_string){ w->text + from, end - from }))
		from += (uint32_t)strlen(CHARSET_MARK);
	return from == end ||
	       (end - from == 1 && end < w->len && w->text[from] == '\r' && w->text[end] == '\n');
}

/* Whether the record whose row would be told by `before` is one that the option notes
 * passes over. */
static int note_look(struct mu_ctx *ctx, struct self *self, uint32_t before, bool *note)
{
	*note = false;
	if (!self->options.notes.count)
		return 0;
	return csv_row_read(self, before) ? csv_row_is_note(ctx, self, note)
					  : csv_out_of_memory(ctx);
}

/* Takes a row that is to be read by itself. */
static int slow_take(struct mu_ctx *ctx, struct self *self, uint32_t before, uint32_t *n_rows)
{
	self->before[*n_rows] = before;
	return csv_slow_add(&self->slows, (*n_rows)++, ALL_CELLS) ? 0 : csv_out_of_memory(ctx);
}

/* Takes a regular row with all its cells, whether or not they are as many as they should. */
static int plain_add(struct mu_ctx *ctx, struct self *self, uint32_t row, uint32_t cell,
		     uint32_t width)
{
	runs_add(self, row, 1, cell, width);
	if (self->window.paired)
		ends_trim(self, row, 1, cell, width);
	return width == self->width || csv_slow_add(&self->slows, row, RAGGED)
		       ? 0
		       : csv_out_of_memory(ctx);
}

/* Takes the next row, unless it is blank or a note.  One that may have too long cells is
 * slow. */
static int row_take(struct mu_ctx *ctx, struct self *self, uint32_t *n_rows)
{
	struct window *w = &self->window;
	uint32_t end = w->rows[w->row++], at = w->at, cell = w->cell;
	bool plain, note;
	int err;

	while (w->cells[w->cell++] != end)
		;
	w->at = end + 1;
	if (row_is_blank(w, at, end))
		return 0;
	if (may_be_note(self, at, end, w->cell - cell)) {
		err = note_look(ctx, self, at - 1, &note);
		if (err || note)
			return err;
	}
	plain = end - at <= (uint64_t)self->options.max_field && !self->slowly && !window_is_odd(w);
	if (!plain)
		return slow_take(ctx, self, at - 1, n_rows);
	self->before[*n_rows] = at - 1;
	return plain_add(ctx, self, (*n_rows)++, cell, w->cell - cell);
}

/* Takes rows up to one that comes behind an irregular record, `end`. */
static int regular_take(struct mu_ctx *ctx, struct self *self, uint32_t end, uint32_t *n_rows)
{
	struct window *w = &self->window;
	int err = 0;

	while (!err && w->row < end && *n_rows < BATCH_ROWS) {
		*n_rows += plain_take(self, end, *n_rows);
		if (w->row < end && *n_rows < BATCH_ROWS)
			err = row_take(ctx, self, n_rows);
	}
	return err;
}

/* Takes the irregular record that comes next, unless it is a note. */
static int odd_take(struct mu_ctx *ctx, struct self *self, const struct odd *odd, uint32_t *n_rows)
{
	bool note;
	int err = note_look(ctx, self, odd->from - 1, &note);

	if (!err && !note)
		err = slow_take(ctx, self, odd->from - 1, n_rows);
	self->window.at = odd->next;
	self->window.odd++;
	return err;
}

static int huge_take(struct mu_ctx *ctx, struct self *self, uint32_t *n_rows)
{
	bool note;
	int err = note_look(ctx, self, UINT32_MAX, &note);

	return err || note ? err : slow_take(ctx, self, UINT32_MAX, n_rows);
}

/* Takes the rows of the next batch from the window: how many. */
int rows_take(struct mu_ctx *ctx, struct self *self, uint32_t *n_rows)
{
	struct window *w = &self->window;
	int err = 0;

	*n_rows = 0;
	self->n_runs = self->slows.count = 0;
	if (w->huge && !w->row++)
		err = huge_take(ctx, self, n_rows);
	while (!err && !w->huge && *n_rows < BATCH_ROWS) {
		const struct odd *odd = w->odd < w->n_odds ? &w->odds[w->odd] : NULL;

		err = regular_take(ctx, self, odd ? odd->rows : w->n_rows, n_rows);
		if (err || *n_rows == BATCH_ROWS || !odd)
			break;
		err = odd_take(ctx, self, odd, n_rows);
	}
	return err;
}
