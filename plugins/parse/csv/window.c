#include "csv.h"

#include <inttypes.h>
#include <stdlib.h>

#include "scan.h"

#define PADDING ((size_t)CELLS_PADDING)

/* Takes the memory for so many bytes, unless that at hand will do: batches that point
 * into it keep it. */
static bool bytes_have(struct self *self, size_t len)
{
	struct window *w = &self->window;
	size_t room = len + 2 * PADDING + SCAN_BLOCK;

	if (w->slab && w->slab->room >= room && !slab_shared(w->slab))
		return true;
	slab_release(w->slab);
	w->slab = slab_take(self->window_slabs, room);
	return w->slab;
}

static size_t high_size(size_t len)
{
	return (len / SCAN_BLOCK / 64 + 1) * sizeof(uint64_t);
}

/* Places for the positions of all bytes, and more that are written over. */
static bool positions_have(struct window *w)
{
	size_t room = w->len + 2 * (size_t)SCAN_BLOCK;

	if (w->room >= room)
		return true;
	free(w->cells);
	free(w->rows);
	free(w->high);
	w->room = 0;
	w->cells = malloc(room * sizeof *w->cells);
	w->rows = malloc(room * sizeof *w->rows);
	w->high = malloc(high_size(room));
	if (!w->cells || !w->rows || !w->high)
		return false;
	w->room = (uint32_t)room;
	return true;
}

static int bytes_read(struct mu_ctx *ctx, struct self *self, char *to, size_t len)
{
	struct window *w = &self->window;
	/* The mark too, so that the runner sees all of the document. */
	uint64_t mark = w->base ? 0 : self->decoded.skipped;
	size_t got;
	int err;

	w->text = to;
	if (!self->decoded.direct) {
		memcpy(to, self->text.data + w->base, len);
		return 0;
	}
	w->text += mark;
	err = mu_read(ctx, w->base + self->decoded.skipped - mark, to, len + mark, &got);
	if (!err && got != len + mark)
		err = mu_fail(ctx, ESTALE, "%s changed while it was being read",
			      ctx->document->uri);
	return err;
}

/* Fills the window with at most `size` bytes. */
static int window_read(struct mu_ctx *ctx, struct self *self, uint64_t base, uint64_t size)
{
	struct window *w = &self->window;
	uint64_t left = self->text.len - base;
	size_t len = (size_t)(left < size ? left : size);
	int err;

	if (!bytes_have(self, len + self->decoded.skipped))
		return csv_out_of_memory(ctx);
	w->base = base;
	memset(w->slab->bytes, 0, PADDING);
	err = bytes_read(ctx, self, w->slab->bytes + PADDING, len);
	if (err)
		return err;
	memset(w->text + len, 0, PADDING);
	/* Of a CR that comes last nobody can tell yet whether an LF follows. */
	w->len = (uint32_t)len - (len < left && len && w->text[len - 1] == '\r');
	return positions_have(w) ? 0 : csv_out_of_memory(ctx);
}

void window_release(struct window *w)
{
	slab_release(w->slab);
	free(w->cells);
	free(w->rows);
	free(w->odds);
	free(w->high);
	*w = (struct window){ .slab = NULL };
}

static bool window_is_last(const struct self *self)
{
	return self->window.base + self->window.len == self->text.len;
}

static bool odd_add(struct window *w, uint32_t from, uint32_t next)
{
	uint32_t room = w->odds_room ? w->odds_room * 2 : 16;
	struct odd *odds;

	if (w->n_odds == w->odds_room) {
		odds = realloc(w->odds, room * sizeof *odds);
		if (!odds)
			return false;
		w->odds = odds;
		w->odds_room = room;
	}
	w->odds[w->n_odds++] = (struct odd){ from, next, w->n_rows };
	return true;
}

/* Scans from the start of a record up to something irregular, or the end. */
static uint32_t records_scan(struct self *self, struct scan *scan)
{
	struct window *w = &self->window;
	uint32_t stopped = scan_run(self->machine, scan);

	w->n_cells = (uint32_t)(scan->cells - w->cells);
	w->n_rows = (uint32_t)(scan->rows - w->rows);
	return stopped;
}

/* Finds the records from `from` on, where one starts. */
static int records_find(struct mu_ctx *ctx, struct self *self, uint32_t from)
{
	struct window *w = &self->window;
	struct scan scan = { .text = w->text,
			     .len = w->len,
			     .delimiter = self->dialect.delimiter,
			     .quote = self->dialect.quote,
			     .cells = w->cells,
			     .rows = w->rows,
			     .high = w->high };
	struct mu_string text = { w->text, w->len };
	bool last = window_is_last(self);

	memset(w->high, 0, high_size(w->len + SCAN_BLOCK));
	w->end = from;
	while (w->end < w->len) {
		uint32_t at = w->end, stopped;

		scan_restart(&scan, at);
		stopped = records_scan(self, &scan);
		if (w->n_rows && w->rows[w->n_rows - 1] >= at)
			w->end = w->rows[w->n_rows - 1] + 1;
		if (stopped == w->len && !(last && scan.inside))
			break;
		while (w->n_cells && w->cells[w->n_cells - 1] >= w->end)
			w->n_cells--;
		scan.cells = w->cells + w->n_cells;
		if (!csv_record(self, text, w->end))
			return csv_out_of_memory(ctx);
		if (self->record.end == w->len && !last)
			break;
		if (!odd_add(w, w->end, (uint32_t)self->record.next))
			return csv_out_of_memory(ctx);
		w->end = (uint32_t)self->record.next;
	}
	if (last && w->end < w->len) { /* a row without a line break */
		w->cells[w->n_cells++] = w->rows[w->n_rows++] = w->len;
		w->end = w->len;
	}
	w->paired = scan.paired;
	w->inner = scan.inner;
	return 0;
}

/* A record longer than any window. */
static int huge_find(struct mu_ctx *ctx, struct self *self, uint64_t at)
{
	struct window *w = &self->window;

	if (!csv_record(self, self->text, at))
		return csv_out_of_memory(ctx);
	w->base = at;
	w->len = w->end = w->at = w->n_rows = w->n_cells = w->n_odds = 0;
	w->huge = self->record.next;
	return 0;
}

int window_fill(struct mu_ctx *ctx, struct self *self, uint64_t at)
{
	struct window *w = &self->window;
	uint64_t base = at == self->at && at <= WINDOW_MOST ? 0 : at, room;
	int err;

	w->huge = 0;
	w->row = w->cell = w->odd = 0;
	w->at = (uint32_t)(at - base);
	for (room = self->window_bytes; room <= self->window_most; room *= 2) {
		w->n_rows = w->n_cells = w->n_odds = 0;
		err = window_read(ctx, self, base, w->at + room);
		if (!err)
			err = records_find(ctx, self, w->at);
		if (err || w->end > w->at || base + w->end == self->text.len)
			return err;
	}
	return huge_find(ctx, self, at);
}

/* How many lines end from a position on up to where the window does. */
static uint64_t lines_to_end(const struct self *self, uint64_t from)
{
	const struct window *w = &self->window;
	uint64_t before;

	if (from == w->base && !w->at && !w->inner && !w->n_odds && !w->huge)
		return w->n_rows;
	if (w->huge)
		return scan_lines(self->machine, self->text.data + from, w->huge - from);
	/* The first window may begin behind a long header. */
	before = scan_lines(self->machine, self->text.data + from, w->base - from);
	return before + scan_lines(self->machine, w->text, w->end);
}

int csv_split(struct mu_ctx *ctx, void *state, struct mu_piece *piece)
{
	struct self *self = state;
	int err = self->ready ? 0 : csv_find(ctx, self);

	piece->to = piece->from;
	if (!piece->from)
		self->first = true;
	/* What has to be decoded is one piece. */
	if (!err && !self->ready && (self->decoded.direct || !piece->from))
		err = csv_prepare(ctx, self);
	self->last = !err && piece->from >= self->text.len;
	if (err || self->last)
		return err;
	self->next = piece->from ? piece->from : self->at;
	self->to = piece->to = self->text.len;
	if (!self->decoded.direct || self->next == self->to)
		return 0;
	err = window_fill(ctx, self, self->next);
	if (err)
		return err;
	self->next = self->to = window_end(&self->window);
	piece->mark += lines_to_end(self, piece->from);
	piece->to = self->to;
	return 0;
}
