#include "html.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* The number that an attribute begins with, up to `most`; 1 when there is none. */
static uint32_t span_read(struct mu_string text, uint32_t most)
{
	uint32_t value = 0;
	size_t i = 0, from;

	while (i < text.len && token_is_space(text.data[i]))
		i++;
	i += i < text.len && text.data[i] == '+';
	for (from = i; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++)
		if (value < most)
			value = 10 * value + (uint32_t)(text.data[i] - '0');
	if (i == from)
		return 1;
	return value < most ? value : most;
}

static size_t colspan_read(struct mu_string text)
{
	uint32_t span = span_read(text, COLSPAN_MAX);

	return span ? span : 1;
}

/* Whether the row at hand is of a tfoot that stands before the header. */
static bool is_early_foot(const struct self *self, const struct table *t)
{
	return t->in_foot && t->state == TABLE_OPEN && !t->n_header && self->options.header_rows &&
	       t->n_foot < FOOT_ROWS;
}

static bool is_header(const struct self *self, const struct table *t)
{
	if (is_early_foot(self, t))
		return false;
	return t->state == TABLE_OPEN || (self->options.header_rows && !tables_ready(self->rows));
}

/* Whether something hangs down into a place of the row at hand. */
static bool hangs_into(const struct table *t, size_t column)
{
	return column < t->n_hanging && t->hanging[column].rows && !t->hanging[column].fresh;
}

/* Takes what hangs down into a place out of it. */
static void hanging_clear(struct hanging *h)
{
	h->rows = 0;
	h->len = 0;
	h->fresh = h->open = false;
}

static int report_overlap(struct mu_ctx *ctx, const struct table *t, size_t column)
{
	struct mu_finding overlap = { .code = "overlap",
				      .at = mu_at(ctx->document->id, html_position(t->rows)) };

	return mu_report(ctx, overlap,
			 "a cell spans column %zu, which a cell from a row above has already",
			 column + 1);
}

/* Lets the cell at hand hang down from the places that it has, up to `end`. */
static int hang(struct mu_ctx *ctx, struct self *self, struct table *t, struct mu_string text,
		size_t end)
{
	struct hanging *h;
	size_t i;

	if (!html_room(&t->hanging, &t->hanging_room, end, sizeof *t->hanging))
		return html_out_of_memory(ctx);
	for (i = t->n_hanging; i < end; i++)
		hanging_clear(&t->hanging[i]);
	if (end > t->n_hanging)
		t->n_hanging = end;
	for (i = t->column; i < end; i++) {
		h = &t->hanging[i];
		h->rows = t->rowspan ? t->rowspan - 1 : UINT32_MAX;
		h->open = !t->rowspan || t->rowspan == ROWSPAN_MAX;
		h->fresh = true;
		h->first = i == t->column;
		h->owner = (uint32_t)t->column;
		h->tag = t->cell_tag;
		h->row = t->rows;
	}
	h = &t->hanging[t->column];
	if (!html_room(&h->text, &h->room, text.len + 1, 1))
		return html_out_of_memory(ctx);
	memcpy(h->text, text.data, text.len);
	h->len = text.len;
	if (self->page.locating && t->state == TABLE_MEANT)
		page_path(&self->page, t->cell, &self->page.hanging_paths[t->column]);
	return 0;
}

int table_cell_begin(struct mu_ctx *ctx, struct self *self, struct table *t,
		     const struct token *token, bool hidden)
{
	(void)ctx;
	if (hidden || (t->state == TABLE_OTHER && !choice_looks(self, t)))
		return 0;
	if (t->state == TABLE_OTHER) {
		t->in_cell = true;
		prose_begin(&t->texts, PHRASE_PIECE);
		return 0;
	}
	while (hangs_into(t, t->column))
		t->column++;
	t->in_cell = true;
	t->struck = t->pictured = false;
	t->cell_tag = token->at;
	t->colspan = colspan_read(token->colspan);
	/* 0 means all rows of its part of the table. */
	t->rowspan = span_read(token->rowspan, ROWSPAN_MAX);
	prose_begin(&t->texts, (size_t)self->options.max_field);
	return 0;
}

/* Puts the cell at hand into its places. */
static int cell_place(struct mu_ctx *ctx, struct self *self, struct table *t, struct mu_string text)
{
	size_t most = (size_t)self->options.max_columns, end = t->column + t->colspan, i;
	struct slot slot = { .from = t->texts.start,
			     .len = text.len,
			     .tag = t->cell_tag,
			     .set = true,
			     .struck = t->struck,
			     .merged = t->colspan > 1 || t->rowspan != 1 };
	int err = 0;

	if (end > most) {
		if (text.len && (is_header(self, t) || self->merged == MERGED_FILL))
			t->beyond = end;
		else if (text.len && t->column >= most)
			t->beyond = t->column + 1;
		end = most;
	}
	if (!html_room(&t->slots, &t->room, end, sizeof *t->slots))
		return html_out_of_memory(ctx);
	for (i = t->n; i < end; i++)
		t->slots[i].set = false;
	for (i = t->column; !err && i < end; i++) {
		if (hangs_into(t, i) && t->state == TABLE_MEANT)
			err = report_overlap(ctx, t, i);
		slot.first = i == t->column;
		t->slots[i] = slot;
		if (self->page.locating && t->rows == self->page.wanted)
			page_path(&self->page, t->cell, &self->page.slot_paths[i]);
	}
	if (end > t->n)
		t->n = end;
	if (!err && t->rowspan != 1 && t->column < end)
		err = hang(ctx, self, t, text, end);
	return err;
}

int table_cell_end(struct mu_ctx *ctx, struct self *self, struct table *t)
{
	int err = 0;

	if (t->in_cell && t->state == TABLE_OTHER) {
		choice_look(t, prose_text(&t->texts));
	} else if (t->in_cell) {
		t->shown |= t->pictured && !prose_text(&t->texts).len;
		err = t->texts.broken ? html_out_of_memory(ctx)
				      : cell_place(ctx, self, t, prose_text(&t->texts));
		t->column += t->colspan;
	}
	if (t->texts.odd.len && !t->odd_row)
		t->odd_row = t->rows;
	t->in_cell = false;
	t->cell = 0;
	return err;
}

/* Keeps a row of the header, of which `n` cells are at hand. */
static int header_add(struct mu_ctx *ctx, struct self *self, struct table *t, size_t n)
{
	const struct cell *cells = self->page.cells;
	struct name name = { .from = 0 };
	size_t i;

	if (!html_room(&t->names, &t->names_room, t->n_names + n, sizeof *t->names))
		return html_out_of_memory(ctx);
	for (i = 0; i < n; i++) {
		/* A cell that spans columns is kept once. */
		if (!i || cells[i].text.data != cells[i - 1].text.data) {
			name = (struct name){ t->header.len, cells[i].text.len };
			prose_copy(&t->header, cells[i].text);
		}
		t->names[t->n_names++] = name;
	}
	t->header_end[t->n_header] = t->n_names;
	t->header_beyond[t->n_header] = t->beyond;
	t->header_row[t->n_header++] = t->rows;
	return t->header.broken ? html_out_of_memory(ctx) : 0;
}

/* Adds the rows that were kept. */
static int header_give(struct mu_ctx *ctx, struct self *self, const struct table *t)
{
	struct page *page = &self->page;
	size_t from = 0, n;
	int64_t row;
	int err = 0;

	for (row = 0; !err && row < t->n_header; row++) {
		n = t->header_end[row] - from;
		if (!html_room(&page->cells, &page->cells_room, n, sizeof *page->cells))
			return html_out_of_memory(ctx);
		for (size_t i = 0; i < n; i++) {
			const struct name *name = &t->names[from + i];

			page->cells[i] = (struct cell){
				.kind = name->len ? CELL_TEXT : CELL_BLANK,
				.text = { name->len ? t->header.data + name->from : "", name->len }
			};
		}
		from = t->header_end[row];
		if (t->header_beyond[row])
			n = t->header_beyond[row];
		err = tables_line(
			ctx, self->rows,
			&(struct line){ page->cells, n, html_position(t->header_row[row]) });
	}
	return err;
}

static bool is_shown(const struct self *self, bool header, bool first)
{
	return header || first || self->merged == MERGED_FILL;
}

/* One of several paths, where there are any. */
static const struct path *path_of(const struct path *paths, size_t i)
{
	return paths ? &paths[i] : NULL;
}

/* The cell of a row in a column, and where it is from. */
static void cell_fill(struct self *self, const struct table *t, size_t column, bool header)
{
	struct page *page = &self->page;
	struct mu_string text = { "", 0 };
	struct text_origin source = { .merged = true };

	if (column < t->n && t->slots[column].set) {
		const struct slot *slot = &t->slots[column];

		source = (struct text_origin){ slot->tag, path_of(page->slot_paths, column),
					       slot->merged, slot->struck };
		if (is_shown(self, header, slot->first) && slot->len)
			text = (struct mu_string){ t->texts.data + slot->from, slot->len };
		page->repeated += slot->first ? 0 : text.len + 1;
	} else if (hangs_into(t, column)) {
		const struct hanging *h = &t->hanging[column], *owner = &t->hanging[h->owner];

		source.tag = h->tag;
		source.path = path_of(page->hanging_paths, h->owner);
		if (is_shown(self, header, h->first && self->merged != MERGED_FIRST) && owner->len)
			text = (struct mu_string){ owner->text, owner->len };
		page->repeated += text.len + 1;
	} else {
		source.merged = false;
	}
	page->sources[column] = source;
	page->cells[column] = (struct cell){
		.kind = text.len ? CELL_TEXT : CELL_BLANK,
		.text = text,
	};
}

/* Whether one of the row's own cells has a text. */
static bool row_says(const struct table *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->slots[i].set && t->slots[i].len)
			return true;
	return t->beyond;
}

/* Sets the cells of the row at hand; how many there are up to the last with a text.  Below
 * the header a row is blank that has nothing but what hangs down into it. */
static int row_fill(struct mu_ctx *ctx, struct self *self, struct table *t, size_t *n)
{
	struct page *page = &self->page;
	size_t most = t->n > t->n_hanging ? t->n : t->n_hanging, i;
	bool header = is_header(self, t);

	if (!html_room(&page->cells, &page->cells_room, most, sizeof *page->cells) ||
	    !html_room(&page->sources, &page->sources_room, most, sizeof *page->sources))
		return html_out_of_memory(ctx);
	for (*n = i = 0; i < most; i++) {
		cell_fill(self, t, i, header);
		if (page->cells[i].text.len)
			*n = i + 1;
	}
	if (!header && !row_says(t))
		*n = 0;
	page->n_cells = most;
	return 0;
}

/* Lets what hangs down reach one row less. */
static void hanging_lower(struct table *t)
{
	size_t i;

	for (i = 0; i < t->n_hanging; i++) {
		struct hanging *h = &t->hanging[i];

		if (h->fresh)
			h->fresh = false;
		else if (h->rows && h->rows != UINT32_MAX)
			h->rows--;
	}
	while (t->n_hanging && !t->hanging[t->n_hanging - 1].rows)
		t->n_hanging--;
}

static int report_spans(struct mu_ctx *ctx, struct self *self)
{
	struct mu_finding spans = { .code = "spans" };

	self->page.ended = self->page.stopped = true;
	return mu_report(ctx, spans,
			 "cells that span others repeat more text than %d times the "
			 "size of the page",
			 SPANS_MOST);
}

static int report_odd(struct mu_ctx *ctx, struct table *t)
{
	struct mu_string text = t->texts.odd;
	struct mu_finding odd = { .code = "reference",
				  .at = mu_at(ctx->document->id, html_position(t->odd_row)),
				  .value = text.data,
				  .value_len = text.len };

	if (!text.len)
		return 0;
	t->texts.odd.len = 0;
	t->odd_row = 0;
	return mu_report(ctx, odd, "'%.*s' is no character that is known", (int)text.len,
			 text.data);
}

static bool is_measure(const struct self *self, size_t column)
{
	const char *name = tables_field_of(self->rows, column);
	const struct declared_column *c = self->options.columns.items;
	size_t i;

	for (i = 0; name && i < self->options.columns.count; i++)
		if (c[i].measure && !strcmp(c[i].name, name))
			return true;
	return false;
}

/* Numbers that stand once for several rows or columns. */
static int row_check_merged(struct mu_ctx *ctx, const struct self *self, const struct table *t,
			    size_t n)
{
	struct mu_finding merged = { .code = "merged",
				     .at = mu_at(ctx->document->id, html_position(t->rows)) };
	const struct page *page = &self->page;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < n; i++) {
		if (!page->sources[i].merged || !page->cells[i].text.len || !is_measure(self, i))
			continue;
		merged.field = tables_field_of(self->rows, i);
		err = mu_report(ctx, merged,
				"%s stands in a cell that spans several rows or columns, and "
				"nothing says whether each has it or all together",
				merged.field);
	}
	return err;
}

/* Values of which some is struck out: nobody knows whether what is left is all of them. */
static int row_check_struck(struct mu_ctx *ctx, const struct self *self, const struct table *t)
{
	struct mu_finding struck = { .code = "struck",
				     .at = mu_at(ctx->document->id, html_position(t->rows)) };
	const struct page *page = &self->page;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < page->n_cells; i++) {
		if (!page->sources[i].struck)
			continue;
		struck.field = tables_field_of(self->rows, i);
		if (struck.field)
			err = mu_report(ctx, struck,
					"%s has text that is struck out; struck: drop leaves it "
					"out, struck: keep reads it",
					struck.field);
	}
	return err;
}

/* A number that a person sees in the row and that is no text of a cell. */
static int row_check_shown(struct mu_ctx *ctx, const struct table *t)
{
	struct mu_finding shown = { .code = "shown",
				    .at = mu_at(ctx->document->id, html_position(t->rows)) };

	return t->shown ? mu_report(ctx, shown,
				    "a cell of the row shows a number that is no text, in a "
				    "field of a form, a drawing or an image; it was not read")
			: 0;
}

/* A row of the table that is meant. */
static int row_give(struct mu_ctx *ctx, struct self *self, struct table *t, size_t n)
{
	struct page *page = &self->page;
	bool header = is_header(self, t);
	int err = 0;

	if (page->locating) {
		page->found = t->rows == page->wanted;
		page->found_tag = t->row_tag;
		page->found_path = page->row_path;
		return 0;
	}
	if (n && t->row_hidden && !self->hidden++)
		self->first_hidden = t->rows;
	if (!header && self->merged == MERGED_DOWN)
		err = row_check_merged(ctx, self, t, n);
	if (!err && !header && self->struck == STRUCK_REFUSE)
		err = row_check_struck(ctx, self, t);
	if (!err && !header)
		err = row_check_shown(ctx, t);
	if (!err)
		err = tables_line(ctx, self->rows,
				  &(struct line){ page->cells, t->beyond ? t->beyond : n,
						  html_position(t->rows) });
	return !err && !header ? report_odd(ctx, t) : err;
}

/* Keeps a row of a tfoot that stands before the header, of which `n` cells are at hand. */
static int foot_add(struct mu_ctx *ctx, struct self *self, struct table *t, size_t n)
{
	const struct page *page = &self->page;
	size_t all = t->n_foot_cells + page->n_cells, i;

	if (!html_room(&t->foot_cells, &t->foot_room, all, sizeof *t->foot_cells))
		return html_out_of_memory(ctx);
	for (i = 0; i < page->n_cells; i++) {
		t->foot_cells[t->n_foot_cells++] =
			(struct foot_cell){ t->foot.len, page->cells[i].text.len,
					    page->sources[i].merged, page->sources[i].struck };
		prose_copy(&t->foot, page->cells[i].text);
	}
	t->foot_rows[t->n_foot++] = (struct foot_row){ all, n, t->rows, t->beyond, t->row_hidden };
	return t->foot.broken ? html_out_of_memory(ctx) : 0;
}

int table_foot_give(struct mu_ctx *ctx, struct self *self, struct table *t)
{
	struct page *page = &self->page;
	uint64_t rows = t->rows;
	size_t beyond = t->beyond, from = 0, i, k;
	bool hidden = t->row_hidden;
	int err = 0;

	for (i = 0; !err && i < t->n_foot; i++) {
		const struct foot_row *row = &t->foot_rows[i];

		page->n_cells = row->end - from;
		if (!html_room(&page->cells, &page->cells_room, page->n_cells,
			       sizeof *page->cells) ||
		    !html_room(&page->sources, &page->sources_room, page->n_cells,
			       sizeof *page->sources))
			return html_out_of_memory(ctx);
		for (k = 0; k < page->n_cells; k++) {
			const struct foot_cell *cell = &t->foot_cells[from + k];

			page->sources[k] = (struct text_origin){ .merged = cell->merged,
								 .struck = cell->struck };
			page->cells[k] =
				(struct cell){ .kind = cell->len ? CELL_TEXT : CELL_BLANK,
					       .text = { cell->len ? t->foot.data + cell->from : "",
							 cell->len } };
		}
		from = row->end;
		t->rows = row->row;
		t->beyond = row->beyond;
		t->row_hidden = row->hidden;
		err = row_give(ctx, self, t, row->n);
	}
	t->rows = rows;
	t->beyond = beyond;
	t->row_hidden = hidden;
	return err;
}

/* Where the columns alone are sought its rows wait until there can be any. */
static void foot_put_off(struct page *page, struct table *t)
{
	struct table *waits = &page->foot_waits;

	if (!t->n_foot)
		return;
	prose_release(&waits->foot);
	free(waits->foot_cells);
	*waits = *t;
	waits->texts.odd.len = 0; /* which is the table's to tell */
	t->foot = (struct prose){ 0 };
	t->foot_cells = NULL;
	t->foot_room = t->n_foot_cells = t->n_foot = 0;
}

/* Whether the table is the one that is meant, once its header is known or there is no
 * more of it. */
static int table_decide(struct mu_ctx *ctx, struct self *self, struct table *t)
{
	char part[PART_NAME];
	bool meant;
	int err = choice_make(ctx, self, t, &meant);

	t->state = TABLE_OTHER;
	if (err || !meant || self->matches > 1)
		return err;
	t->state = TABLE_MEANT;
	self->meant = t->number;
	err = mu_takes(ctx, choice_part(t->number, part));
	if (err)
		return err;
	if (!tables_ready(self->rows))
		err = header_give(ctx, self, t);
	if (err || !tables_ready(self->rows))
		return err;
	if (!self->page.seeking || self->page.locating)
		return table_foot_give(ctx, self, t);
	foot_put_off(&self->page, t);
	return 0;
}

int table_row_begin(struct mu_ctx *ctx, struct self *self, struct table *t, size_t tag, bool hidden)
{
	bool first = !t->rows;
	int err = 0;

	t->in_row = true;
	t->row_hidden = hidden || t->section_hidden || t->hidden;
	t->shown = false;
	t->row_tag = tag;
	t->rows++;
	t->column = t->n = t->beyond = 0;
	prose_clear(&t->texts);
	if (first && !self->options.header_rows && t->state == TABLE_OPEN)
		err = table_decide(ctx, self, t);
	if (!err && self->page.locating && t->state == TABLE_MEANT)
		page_path(&self->page, t->row ? t->row : t->level, &self->page.row_path);
	return err;
}

bool table_takes_rows(const struct self *self, const struct table *t)
{
	return !t->in_row && !t->n_hanging && !t->section_hidden && !t->hidden &&
	       !is_early_foot(self, t) && !is_header(self, t);
}

/* The texts of cells that do not stand for themselves, one after the other. */
static int texts_read(struct mu_ctx *ctx, struct self *self, struct table *t, size_t n)
{
	const size_t most = (size_t)self->options.max_field;
	struct cell *cells = self->page.cells;
	struct tokens tokens;
	struct token token;
	size_t i, at = 0;

	for (i = 0; i < n; i++) {
		/* What is too long is cut. */
		cells[i].truth |= cells[i].text.len > most;
		if (!cells[i].truth)
			continue;
		prose_begin(&t->texts, most);
		tokens = (struct tokens){ .text = cells[i].text };
		for (token_next(&tokens, &token); token.kind; token_next(&tokens, &token))
			if (token.kind == TOKEN_TEXT)
				prose_add(&t->texts, token.text);
		cells[i].text.len = prose_text(&t->texts).len;
	}
	if (t->texts.broken)
		return html_out_of_memory(ctx);
	for (i = 0; i < n; i++) {
		if (!cells[i].truth)
			continue;
		cells[i].kind = cells[i].text.len ? CELL_TEXT : CELL_BLANK;
		if (cells[i].text.len)
			cells[i].text.data = t->texts.data + at;
		at += cells[i].text.len;
	}
	if (t->texts.odd.len && !t->odd_row)
		t->odd_row = t->rows;
	return 0;
}

/* The row at hand, of a table that is not meant. */
static int other_row_take(struct mu_ctx *ctx, struct self *self, struct table *t,
			  const struct plain_row *row)
{
	size_t i;
	int err;

	if (!choice_looks(self, t))
		return 0;
	prose_clear(&t->texts);
	err = texts_read(ctx, self, t, row->n);
	for (i = 0; !err && i < row->n; i++)
		choice_look(t, self->page.cells[i].text);
	return err;
}

int table_row_take(struct mu_ctx *ctx, struct self *self, struct table *t,
		   const struct plain_row *row)
{
	int err;

	t->rows++;
	if (t->state == TABLE_OTHER)
		return other_row_take(ctx, self, t, row);
	if (row->spaced)
		prose_space(&t->stray, GAP_BLANK);
	prose_clear(&t->texts);
	err = texts_read(ctx, self, t, row->n);
	if (!err)
		err = tables_line(
			ctx, self->rows,
			&(struct line){ self->page.cells, row->n, html_position(t->rows) });
	return err ? err : report_odd(ctx, t);
}

int table_row_end(struct mu_ctx *ctx, struct self *self, struct table *t)
{
	size_t n = 0;
	int err;

	t->row = 0;
	t->in_row = false;
	if (t->state == TABLE_OTHER)
		return 0;
	err = row_fill(ctx, self, t, &n);
	if (err)
		return err;
	if (t->state == TABLE_MEANT) {
		err = row_give(ctx, self, t, n);
	} else if (is_early_foot(self, t)) {
		err = foot_add(ctx, self, t, n);
	} else if (n || t->beyond || t->n_header) {
		err = header_add(ctx, self, t, n);
		if (!err &&
		    (t->n_header == self->options.header_rows || t->header.len > HEADER_BYTES))
			err = table_decide(ctx, self, t);
	}
	hanging_lower(t);
	if (!err && self->page.repeated / SPANS_MOST > self->text.len + SPANS_FREE)
		err = report_spans(ctx, self);
	return err;
}

int table_section_end(struct mu_ctx *ctx, struct self *self, struct table *t)
{
	int err = t->in_row ? table_row_end(ctx, self, t) : 0;
	size_t i;

	t->section = 0;
	t->section_hidden = t->in_foot = false;
	for (i = 0; i < t->n_hanging; i++) {
		struct hanging *h = &t->hanging[i];

		if (h->rows && !h->open && h->first && t->state == TABLE_MEANT && !self->cut++)
			self->first_cut = h->row;
		hanging_clear(h);
	}
	t->n_hanging = 0;
	return err;
}

int table_begin(struct mu_ctx *ctx, struct self *self)
{
	struct page *page = &self->page;
	struct table *t;

	if (!html_room(&page->tables, &page->tables_room, page->n_tables + 1, sizeof *t))
		return html_out_of_memory(ctx);
	if (page->n_tables)
		page->tables[page->n_tables - 1].inner = true;
	t = &page->tables[page->n_tables++];
	t->inner = t->known = t->fits = false;
	t->counts = t->says = false;
	t->number = ++page->count;
	t->state = TABLE_OPEN;
	if (page->locating)
		t->state = t->number == self->meant ? TABLE_MEANT : TABLE_OTHER;
	t->level = page->n - 1;
	t->hidden = page->stack[t->level].hidden;
	t->shown = t->pictured = false;
	t->unread = 0;
	t->section = t->row = t->cell = t->caption_level = 0;
	t->ended = t->in_row = t->in_cell = t->section_hidden = t->in_foot = false;
	t->n_foot = t->n_foot_cells = 0;
	t->rows = t->odd_row = 0;
	t->n_hanging = t->n_names = 0;
	t->n_header = 0;
	t->texts.odd.len = 0;
	prose_clear(&t->stray);
	prose_begin(&t->stray, PHRASE_PIECE);
	prose_clear(&t->header);
	prose_clear(&t->foot);
	prose_clear(&t->caption);
	prose_clear(&t->heading);
	prose_copy(&t->heading, prose_text(&page->heading));
	return t->heading.broken ? html_out_of_memory(ctx) : 0;
}

static int report_truncated(struct mu_ctx *ctx, const struct table *t)
{
	struct mu_finding truncated = { .code = "truncated" };

	return mu_report(ctx, truncated,
			 "the table ends without </table>, behind row %" PRIu64
			 ", so rows may be missing",
			 t->rows);
}

static int report_stray(struct mu_ctx *ctx, const struct table *t)
{
	struct mu_string text = prose_text(&t->stray);
	struct mu_finding stray = {
		.severity = MU_WARNING, .code = "outside", .value = text.data, .value_len = text.len
	};
	struct phrase shown = { .len = 0 };

	phrase_add(&shown, text.data, text.len);
	return text.len ? mu_report(ctx, stray, "'%s' stands in the table outside its cells",
				    shown.text)
			: 0;
}

int table_end(struct mu_ctx *ctx, struct self *self, struct table *t)
{
	struct page *page = &self->page;
	int err = table_section_end(ctx, self, t);

	if (!err && t->state == TABLE_OPEN)
		err = table_decide(ctx, self, t);
	page->n_tables--;
	if (!err && t->state == TABLE_OTHER)
		err = choice_end(ctx, self, t);
	if (err || t->state != TABLE_MEANT)
		return err;
	page->ended = page->locating;
	if (page->locating)
		return 0;
	self->unread_texts = t->unread;
	self->first_unread = t->unread_row;
	err = report_odd(ctx, t);
	if (!err)
		err = report_stray(ctx, t);
	return err || t->ended ? err : report_truncated(ctx, t);
}

void table_release(struct table *t)
{
	size_t i;

	for (i = 0; i < t->hanging_room; i++)
		free(t->hanging[i].text);
	free(t->hanging);
	prose_release(&t->heading);
	prose_release(&t->caption);
	prose_release(&t->texts);
	prose_release(&t->header);
	prose_release(&t->foot);
	free(t->foot_cells);
	prose_release(&t->stray);
	free(t->slots);
	free(t->names);
}
