#include "csv.h"

#include <inttypes.h>
#include <stdlib.h>

#include "scan.h"

enum {
	ALIKE_BYTES = 8,
};

/* Whether a text of the column's options reads as a value of it. */
static bool field_is_careful(const struct self *self, const struct field *f)
{
	const struct declared_column *option = f->column->option;
	const struct mu_texts *lists[] = { &option->missing, &option->zero };
	const struct table_column bare = { .type = f->type };
	struct reading reading;

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < lists[k]->count; i++) {
			struct cell cell = { .kind = CELL_TEXT,
					     .text = mu_string(lists[k]->items[i]) };

			reading_take(&self->columns, &bare, &cell, true, &reading);
			if (reading.outcome == READ_VALUE)
				return true;
		}
	return false;
}

/* Keeps the integers that texts of the column's options read as. */
static void field_take_meaning(struct mu_ctx *ctx, struct field *f)
{
	const struct declared_column *option = f->column->option;
	const struct mu_texts *lists[] = { &option->missing, &option->zero };

	f->meaning = mu_alloc(ctx, (lists[0]->count + lists[1]->count) * sizeof *f->meaning);
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < lists[k]->count; i++)
			f->n_meaning += mu_parse_integer(mu_trim(mu_string(lists[k]->items[i])),
							 &f->meaning[f->n_meaning]);
}

/* Whether a claim is told by what its column holds as a value. */
static bool claims_are_odd(const struct self *self)
{
	for (size_t i = 0; i < self->options.claims.count; i++)
		if (self->lines.claim_columns[i] && self->lines.claim_columns[i]->type != MU_STRING)
			return true;
	return false;
}

void csv_fields_prepare(struct mu_ctx *ctx, struct self *self)
{
	struct field *f;

	self->slowly = claims_are_odd(self);
	for (f = self->fields; f < self->fields + self->n_fields; f++) {
		if (f->type == MU_STRING)
			text_prepare(ctx, self, f);
		else if (f->column->option)
			f->careful = field_is_careful(self, f);
		if (f->careful && f->type == MU_INTEGER)
			field_take_meaning(ctx, f);
		if (f->column->of)
			self->slowly = true;
	}
}

bool csv_slow_add(struct slows *slows, uint32_t row, uint32_t field)
{
	size_t room = slows->room ? slows->room * 2 : 256;
	struct slow *items;

	if (slows->count == slows->room) {
		items = realloc(slows->items, room * sizeof *items);
		if (!items)
			return false;
		slows->items = items;
		slows->room = room;
	}
	slows->items[slows->count++] = (struct slow){ row, field };
	return true;
}

/* Sorts by row, and leaves the order within one. */
static bool slows_sort(struct self *self)
{
	struct slows *from = &self->slows, *to = &self->sorted;
	uint32_t *starts, at = 0;
	size_t i;

	if (to->room < from->room) {
		struct slow *items = realloc(to->items, from->room * sizeof *items);

		if (!items)
			return false;
		*to = (struct slows){ .items = items, .room = from->room };
	}
	starts = calloc((size_t)self->n_rows, sizeof *starts);
	if (!starts)
		return false;
	for (i = 0; i < from->count; i++)
		starts[from->items[i].row]++;
	for (i = 0; i < (size_t)self->n_rows; i++) {
		uint32_t n = starts[i];

		starts[i] = at;
		at += n;
	}
	for (i = 0; i < from->count; i++)
		to->items[starts[from->items[i].row]++] = from->items[i];
	to->count = from->count;
	free(starts);
	return true;
}

bool csv_row_read(struct self *self, uint32_t before)
{
	struct window *w = &self->window;

	if (w->huge) {
		self->row_text = self->text;
		self->row_base = 0;
		return csv_record(self, self->text, w->base);
	}
	self->row_text = (struct mu_string){ w->text, w->len };
	self->row_base = w->base;
	return csv_record(self, self->row_text, before + 1);
}

/* Of the first row in a window `before` is -1. */
static uint32_t row_start(const struct self *self, uint32_t row)
{
	return self->before[row] + 1;
}

/* Where the cell of a field begins in a regular record. */
static uint32_t cell_start(const struct self *self, const struct run *run, const struct slow *slow)
{
	const struct field *f = &self->fields[slow->field];
	size_t end = run->cell + (size_t)(slow->row - run->row) * run->width + f->cell;

	return f->cell ? self->window.cells[end - 1] + 1 : row_start(self, slow->row);
}

/* Puts one cell of a regular record, whose other cells nobody looks at, or tells that there
 * are too few or too many. */
static int slow_put_regular(struct mu_ctx *ctx, struct self *self, const struct run *run,
			    const struct slow *slow)
{
	struct window *w = &self->window;

	if (slow->field == RAGGED && !ctx->findings_counted &&
	    !csv_row_read(self, self->before[slow->row]))
		return csv_out_of_memory(ctx);
	self->row_text = (struct mu_string){ w->text, w->len };
	self->row_base = w->base;
	self->record.start = row_start(self, slow->row);
	return slow->field == RAGGED ? csv_report_ragged(ctx, self)
				     : csv_row_put_cell(ctx, self, slow->row, slow->field,
							cell_start(self, run, slow));
}

static int slows_put(struct mu_ctx *ctx, struct self *self)
{
	const struct run *run = self->runs;
	const struct slow *s;
	int err = 0;

	if (!self->slows.count)
		return 0;
	if (!slows_sort(self))
		return csv_out_of_memory(ctx);
	for (s = self->sorted.items; !err && s < self->sorted.items + self->sorted.count; s++) {
		if (s->field == ALL_CELLS) {
			if (!csv_row_read(self, self->before[s->row]))
				return csv_out_of_memory(ctx);
			err = csv_row_put(ctx, self, s->row);
			continue;
		}
		while (s->row - run->row >= run->count)
			run++;
		err = slow_put_regular(ctx, self, run, s);
	}
	return err;
}

static struct cells cells_of(const struct self *self, const struct field *f, const struct run *run)
{
	const uint32_t *end = self->window.cells + run->cell + f->cell;
	bool first = !f->cell;

	return (struct cells){ .text = self->window.text,
			       .before = first ? self->before + run->row : end - 1,
			       .end = end,
			       .same = self->unlike ? NULL : self->same,
			       .before_step = first ? 1 : run->width,
			       .step = run->width,
			       .count = run->count,
			       .quote = self->dialect.quote,
			       .row = run->row,
			       .valid = f->valid };
}

static bool integer_has_meaning(const struct field *f, int64_t value)
{
	for (size_t i = 0; i < f->n_meaning; i++)
		if (f->meaning[i] == value)
			return true;
	return false;
}

/* Takes back values that may mean something else: how many. */
static uint32_t values_doubt(const struct field *f, const struct cells *cells, uint32_t *odd)
{
	const int64_t *values = f->values;
	uint32_t n = 0;

	for (uint32_t row = cells->row; row < cells->row + cells->count; row++) {
		if (!mu_bit(f->valid, row) ||
		    (f->type == MU_INTEGER && !integer_has_meaning(f, values[row])))
			continue;
		cells_null(f->valid, row);
		odd[n++] = row;
	}
	return n;
}

/* Puts values of a column that is no text: how many odd cells there are. */
static uint32_t values_put(const struct self *self, const struct field *f,
			   const struct cells *cells, uint32_t *odd)
{
	switch (f->type) {
	case MU_INTEGER:
		return cells_integers(self->machine, cells, f->values, odd);
	case MU_NUMBER:
		return cells_numbers(cells, f->values, odd);
	case MU_BOOLEAN:
		return cells_booleans(cells, f->values, odd);
	default:
		return cells_dates(cells, f->values, odd);
	}
}

/* The records have not the cell. */
static void field_lack(struct field *f, const struct run *run)
{
	for (uint32_t row = run->row; row < run->row + run->count; row++)
		field_clear(f, row);
}

static int field_put(struct mu_ctx *ctx, struct self *self, struct field *f, const struct run *run)
{
	struct cells cells;
	uint32_t n;

	if (f->cell >= run->width) {
		field_lack(f, run);
		return 0;
	}
	cells = cells_of(self, f, run);
	if (f->type == MU_STRING)
		return text_put_all(ctx, self, f, &cells);
	n = values_put(self, f, &cells, self->odd_rows);
	if (f->careful)
		n += values_doubt(f, &cells, self->odd_rows + n);
	for (uint32_t i = 0; i < n; i++)
		if (!csv_slow_add(&self->slows, self->odd_rows[i], (uint32_t)(f - self->fields)))
			return csv_out_of_memory(ctx);
	return 0;
}

/* Whether most rows of a run begin like the one above. */
static bool run_is_alike(const struct self *self, const struct run *run)
{
	const uint32_t *before = self->before + run->row;
	uint64_t sum = 0;

	for (uint32_t i = 1; i < run->count; i++)
		sum += self->same[i] - before[i];
	return sum > (uint64_t)run->count * ALIKE_BYTES;
}

/* Finds out which cells are those of the row above, as long as some are. */
static void run_compare(struct self *self, const struct run *run)
{
	bool look = !self->alike--;

	if (!look && self->unlike)
		return;
	cells_compare(self->machine, self->window.text, self->before + run->row, run->count,
		      self->same);
	if (look) {
		self->alike = ALIKE_RUNS;
		self->unlike = !run_is_alike(self, run);
	}
}

static int runs_put(struct mu_ctx *ctx, struct self *self)
{
	const struct run *run;
	struct field *f;
	int err = 0;

	for (run = self->runs; run < self->runs + self->n_runs; run++) {
		run_compare(self, run);
		for (f = self->fields; !err && f < self->fields + self->n_fields; f++)
			if (!f->skipped)
				err = field_put(ctx, self, f, run);
	}
	return err;
}

static void places_put(struct mu_ctx *ctx, struct self *self)
{
	uint64_t first = mu_at(ctx->document->id, self->window.base);

	for (int64_t row = 0; row < self->n_rows; row++)
		self->places[row] = first + (uint32_t)(self->before[row] + 1);
}

static bool block_is_high(const struct window *w, size_t block)
{
	return w->high[block / 64] >> block % 64 & 1;
}

/* Looks at bytes of a window, of which it may be known that they are UTF-8. */
static void stretch_look(struct window *w, struct mu_string text, bool checked)
{
	w->broken |= !checked && charset_utf8_length(text) < text.len;
	if (!charset_may_hide(text))
		return;
	w->marked |= charset_has_mark(text);
	w->controlled |= charset_control(text) != 0;
}

/* Looks at the blocks that have a byte beyond ASCII, or a control character. */
static void blocks_look(struct window *w, bool checked)
{
	size_t blocks = (w->end + (size_t)SCAN_BLOCK - 1) / SCAN_BLOCK, i = 0, first;

	while (i < blocks) {
		struct mu_string text;

		while (i < blocks && !block_is_high(w, i))
			i = w->high[i / 64] ? i + 1 : (i | 63) + 1;
		for (first = i; i < blocks && block_is_high(w, i); i++)
			;
		if (first >= blocks)
			break;
		text.data = w->text + first * SCAN_BLOCK;
		text.len = (i < blocks ? i * SCAN_BLOCK : w->end) - first * SCAN_BLOCK;
		stretch_look(w, text, checked);
	}
}

/* What comes late in a document is not known to be UTF-8. */
static void window_check(struct self *self)
{
	struct window *w = &self->window;
	struct mu_string text = { w->text, w->end };
	bool checked;

	if (w->row || w->odd)
		return;
	if (w->huge)
		text = (struct mu_string){ self->text.data + w->base, w->huge - w->base };
	checked = !self->decoded.direct || w->base + text.len <= self->decoded.checked;
	w->broken = w->marked = w->controlled = false;
	if (w->huge || w->n_odds) /* which were not scanned */
		stretch_look(w, text, checked);
	else
		blocks_look(w, checked);
}

/* Behind quotes, spaces and a byte order mark, which tell no two names apart. */
static size_t dress_skip(struct mu_string text, size_t at)
{
	for (;;) {
		if (at < text.len && (text.data[at] == ' ' || text.data[at] == '"'))
			at++;
		else if (at + 3 <= text.len && !memcmp(text.data + at, "\xef\xbb\xbf", 3))
			at += 3;
		else
			return at;
	}
}

/* Whether a line of the text is the header, perhaps dressed otherwise. */
static bool repeats(struct mu_string text, struct mu_string header)
{
	size_t at = dress_skip(text, 0), i = dress_skip(header, 0);

	while (i < header.len && at < text.len && text.data[at] == header.data[i]) {
		at = dress_skip(text, at + 1);
		i = dress_skip(header, i + 1);
	}
	return i == header.len &&
	       (at == text.len || text.data[at] == '\n' || text.data[at] == '\r');
}

/* Rows of the batch that are the header again, where no column of another type refuses
 * them. */
static int report_again(struct mu_ctx *ctx, const struct self *self, uint32_t n_rows)
{
	struct mu_finding again = { .severity = MU_WARNING, .code = "header-again" };
	const struct window *w = &self->window;
	struct mu_string header = self->header_text;
	const char *text = w->huge ? self->text.data + w->base : w->text;
	uint64_t end = w->huge ? w->huge - w->base : w->end;
	const struct field *f;
	uint32_t i;
	int err = 0;

	for (f = self->fields; f < self->fields + self->n_fields; f++)
		if (f->type != MU_STRING)
			return 0;
	for (i = 0; !err && i < n_rows; i++) {
		uint32_t from = self->before[i] + 1;

		if (!repeats((struct mu_string){ text + from, end - from }, header))
			continue;
		again.at = mu_at(ctx->document->id, w->base + from);
		err = mu_report(ctx, again,
				"the row is the header again, and was read as one of data");
	}
	return err;
}

/* The next batch of the window; none when all that is left of it are blank lines. */
static int batch_make(struct mu_ctx *ctx, struct self *self, struct ArrowArray *out)
{
	struct field *f;
	uint32_t n_rows;
	int err;

	window_check(self);
	err = rows_take(ctx, self, &n_rows);
	if (!err && self->options.header_rows && self->width > 1)
		err = report_again(ctx, self, n_rows);
	if (err || !n_rows)
		return err;
	err = batch_begin(ctx, self, n_rows);
	if (err)
		return err;
	places_put(ctx, self);
	err = runs_put(ctx, self);
	if (!err)
		err = slows_put(ctx, self);
	if (!err)
		err = batch_finish(ctx, self, out);
	for (f = self->fields; f < self->fields + self->n_fields; f++)
		if (f->type == MU_STRING && !f->skipped)
			text_rest(self, f);
	return err;
}

static int report_no_rows(struct mu_ctx *ctx, struct self *self)
{
	struct mu_finding none = { .code = "no-rows" };

	if (self->ended || self->unreadable || self->data_rows ||
	    (self->options.all_claims && self->rows))
		return 0;
	self->ended = true;
	return mu_report(ctx, none, "the document has no row of data%s",
			 self->rows ? ", only claims" : "");
}

/* Of this instance, and in the end of all that were merged into it. */
static int rows_limit(struct mu_ctx *ctx, const struct self *self)
{
	if (self->rows <= (uint64_t)self->options.max_rows)
		return 0;
	return mu_fail(ctx, E2BIG, "it has more than %" PRId64 " rows; max_rows allows more",
		       self->options.max_rows);
}

int csv_parse(struct mu_ctx *ctx, void *state, struct ArrowArray *out)
{
	struct self *self = state;
	int err = self->first && !self->told ? csv_start(ctx, self) : 0;

	*out = (struct ArrowArray){ .release = NULL };
	while (!err && !out->release) {
		if (window_is_left(&self->window)) {
			err = batch_make(ctx, self, out);
		} else if (self->next < self->to) {
			err = window_fill(ctx, self, self->next);
			self->next = window_end(&self->window);
		} else {
			break;
		}
	}
	if (!err && !out->release && self->last && !self->reported) {
		self->reported = true;
		err = self->rows ? table_lines_report(ctx, &self->lines)
				 : notes_report(ctx, &self->lines.notes);
	}
	if (!err && !out->release && self->last)
		err = report_no_rows(ctx, self);
	return err ? err : rows_limit(ctx, self);
}

int csv_merge(struct mu_ctx *ctx, void *state, void *other_state)
{
	struct self *self = state, *other = other_state;

	(void)ctx;
	self->rows += other->rows;
	self->data_rows += other->data_rows;
	self->first = self->first || (other->first && !other->told);
	self->ended = self->ended || other->ended;
	self->unreadable = self->unreadable || other->unreadable;
	self->last = true;
	table_lines_merge(&self->lines, &other->lines);
	return 0;
}
