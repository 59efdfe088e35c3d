#include "html.h"

static uint64_t count_lines(const struct self *self, size_t from, size_t to)
{
	const char *at = self->text.data + from, *end = self->text.data + to;
	uint64_t n = 0;

	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		n++;
	}
	return n;
}

/* The line that an offset is in, counted from the place that was asked for before. */
static uint64_t line_of(struct self *self, size_t at)
{
	if (at < self->line_at)
		self->lines -= count_lines(self, at, self->line_at);
	else
		self->lines += count_lines(self, self->line_at, at);
	self->line_at = at;
	return self->lines + 1;
}

/* Joins the texts of the row, on one line. */
static void row_join(struct self *self)
{
	const struct page *page = &self->page;
	struct prose *out = &self->row_text;
	size_t n = page->n_cells, i, from;

	while (n && !page->cells[n - 1].text.len)
		n--;
	prose_clear(out);
	for (i = 0; i < n; i++) {
		prose_copy(out, mu_string(i ? " | " : ""));
		from = out->len;
		prose_copy(out, page->cells[i].text);
		for (; from < out->len; from++)
			if (out->data[from] == '\n')
				out->data[from] = ' ';
	}
}

/* Reads on to a row, or from the top when it is not ahead. */
static int row_seek(struct mu_ctx *ctx, struct self *self, uint64_t row)
{
	struct page *page = &self->page;
	size_t most = (size_t)self->options.max_columns;
	int err = 0;

	if (!html_room(&page->slot_paths, &page->paths_room[0], most, sizeof(struct path)) ||
	    !html_room(&page->hanging_paths, &page->paths_room[1], most, sizeof(struct path)))
		return html_out_of_memory(ctx);
	if (!page->locating || page->ended || row <= page->wanted)
		err = page_begin(ctx, self, true);
	page->wanted = row;
	page->found = false;
	return err ? err : page_read(ctx, self);
}

/* Finds the table, if nobody has yet. */
static int table_seek(struct mu_ctx *ctx, struct self *self)
{
	int err = source_read(ctx, self);

	self->page.seeking = true;
	return err || self->meant ? err : page_read(ctx, self);
}

int html_locate(struct mu_ctx *ctx, void *state, uint64_t position, const char *field,
		struct mu_place *out)
{
	struct self *self = state;
	struct page *page = &self->page;
	uint64_t row = position >> 14;
	size_t cell;
	int err = table_seek(ctx, self);

	if (err || !self->meant)
		return err;
	if (!page->locating || !page->found || page->wanted != row)
		err = row_seek(ctx, self, row);
	if (err || !page->found)
		return err;
	cell = field ? tables_cell_of(self->rows, field) : SIZE_MAX;
	row_join(self);
	out->text = self->row_text.len ? self->row_text.data : "";
	out->text_len = self->row_text.len;
	out->line = line_of(self, page->found_tag);
	out->cell = page->found_path.text;
	if (cell >= page->n_cells || !page->sources[cell].path)
		return 0;
	out->line = line_of(self, page->sources[cell].tag);
	out->cell = page->sources[cell].path->text;
	out->value = page->cells[cell].text.data;
	out->value_len = page->cells[cell].text.len;
	return 0;
}
