#include "csv.h"

enum {
	RUN_ROWS = 256, /* that fit the processor's nearest cache, with all that is about them */
};

/* Adds rows that are regular, whose cells follow one another. */
static void runs_add(struct self *self, uint32_t row, uint32_t count, uint32_t cell)
{
	struct run *last = self->n_runs ? &self->runs[self->n_runs - 1] : NULL;
	uint32_t width = (uint32_t)self->width, more = 0;

	if (last && last->row + last->count == row && last->cell + last->count * width == cell) {
		more = RUN_ROWS - last->count < count ? RUN_ROWS - last->count : count;
		last->count += more;
	}
	for (; more < count; more += RUN_ROWS) {
		uint32_t n = count - more < RUN_ROWS ? count - more : RUN_ROWS;

		self->runs[self->n_runs++] = (struct run){ row + more, n, cell + more * width };
	}
}

/* Takes the CR off the last cells of rows that end in CR LF. */
static void ends_trim(struct self *self, uint32_t row, uint32_t count, uint32_t cell)
{
	struct window *w = &self->window;
	uint32_t *end = w->cells + cell + self->width - 1;

	for (uint32_t i = 0; i < count; i++, end += self->width)
		if (w->text[*end] == '\n' && *end > self->before[row + i] + 1 &&
		    w->text[*end - 1] == '\r')
			--*end;
}

static uint32_t least(uint64_t a, uint64_t b)
{
	return (uint32_t)(a < b ? a : b);
}

/* Takes rows that have as many cells as they should and are neither blank nor long, up to
 * the first that is not so: how many. */
static uint32_t plain_take(struct self *self, uint32_t end, uint32_t row)
{
	struct window *w = &self->window;
	uint32_t width = (uint32_t)self->width, at = w->at, *before = self->before + row;
	const uint32_t *rows = w->rows + w->row, *stop = w->cells + w->cell + width - 1;
	uint32_t shortest = w->paired ? 2 : 1; /* CR LF is blank */
	uint32_t longest = least((uint64_t)self->max_field, UINT32_MAX), n = 0, most;

	if (longest < shortest || self->slowly || w->broken)
		return 0;
	most = least(end - w->row, BATCH_ROWS - row);
	most = least(most, (w->n_cells - w->cell) / width);
	for (; n < most && *stop == rows[n] && rows[n] - at - shortest <= longest - shortest;
	     stop += width) {
		before[n] = at - 1;
		at = rows[n++] + 1;
	}
	if (!n)
		return 0;
	runs_add(self, row, n, w->cell);
	if (w->paired)
		ends_trim(self, row, n, w->cell);
	w->row += n;
	w->cell += n * width;
	w->at = at;
	return n;
}

static bool row_is_blank(const struct window *w, uint32_t from, uint32_t end)
{
	return from == end ||
	       (end - from == 1 && end < w->len && w->text[from] == '\r' && w->text[end] == '\n');
}

/* Takes the next row, unless it is blank.  One that has not as many cells as it should,
 * or may have too long ones, is slow. */
static bool row_take(struct self *self, uint32_t *n_rows)
{
	struct window *w = &self->window;
	uint32_t end = w->rows[w->row++], at = w->at, cell = w->cell, row = *n_rows;
	bool plain = false;

	while (w->cells[w->cell++] != end)
		;
	w->at = end + 1;
	if (row_is_blank(w, at, end))
		return true;
	self->before[row] = at - 1;
	++*n_rows;
	plain = w->cell - cell == self->width && end - at <= (uint64_t)self->max_field &&
		!self->slowly && !w->broken;
	if (!plain)
		return csv_slow_add(&self->slows, row, ALL_CELLS);
	runs_add(self, row, 1, cell);
	if (w->paired)
		ends_trim(self, row, 1, cell);
	return true;
}

/* Takes rows up to one that comes behind an irregular record, `end`. */
static bool regular_take(struct self *self, uint32_t end, uint32_t *n_rows)
{
	struct window *w = &self->window;
	bool ok = true;

	while (ok && w->row < end && *n_rows < BATCH_ROWS) {
		*n_rows += plain_take(self, end, *n_rows);
		if (w->row < end && *n_rows < BATCH_ROWS)
			ok = row_take(self, n_rows);
	}
	return ok;
}

/* Takes the rows of the next batch from the window: how many. */
int rows_take(struct mu_ctx *ctx, struct self *self, uint32_t *n_rows)
{
	struct window *w = &self->window;
	bool ok = true;

	*n_rows = 0;
	self->n_runs = self->slows.count = 0;
	if (w->huge && !w->row++) {
		self->before[(*n_rows)++] = UINT32_MAX;
		ok = csv_slow_add(&self->slows, 0, ALL_CELLS);
	}
	while (ok && !w->huge && *n_rows < BATCH_ROWS) {
		const struct odd *odd = w->odd < w->n_odds ? &w->odds[w->odd] : NULL;

		ok = regular_take(self, odd ? odd->rows : w->n_rows, n_rows);
		if (!ok || *n_rows == BATCH_ROWS || !odd)
			break;
		self->before[*n_rows] = odd->from - 1;
		ok = csv_slow_add(&self->slows, (*n_rows)++, ALL_CELLS);
		w->at = odd->next;
		w->odd++;
	}
	return ok ? 0 : csv_out_of_memory(ctx);
}
