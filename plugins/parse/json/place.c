#include "json.h"

#include <inttypes.h>
#include <stdio.h>

enum { LINE_SHOWN = 2000 }; /* bytes of a line before and behind a place */

/* Counts on from the place that was counted to last. */
static void count_on(struct self *self, uint64_t to)
{
	const char *from = self->text.data + self->counted, *last;
	size_t len = (size_t)(to - self->counted);

	last = len ? memrchr(from, '\n', len) : NULL;
	if (last) {
		self->line += skim_count(from, len);
		self->column = 0;
		from = last + 1;
	}
	self->column += utf8_count(from, (uint64_t)(self->text.data + to - from));
	self->counted = to;
}

/* Finds line and column of a position, from the piece that it is in if that is another
 * line; what all stands in one line is counted from its beginning. */
static void line_find(const struct mu_ctx *ctx, struct self *self, uint64_t at)
{
	const struct mu_piece *piece = mu_piece_before(ctx, at);
	uint64_t line = piece ? piece->mark & UINT32_MAX : 0;
	const char *last;

	if (at < self->counted)
		self->counted = self->line = self->column = 0;
	if (line > self->line && line < UINT32_MAX && piece->from > self->counted) {
		last = memrchr(self->text.data + self->counted, '\n',
			       (size_t)(piece->from - self->counted));
		if (last) {
			self->counted = (uint64_t)(last + 1 - self->text.data);
			self->line = line;
			self->column = 0;
		}
	}
	count_on(self, at);
}

/* Whether a position is in a row of an array or object: where that begins, and how many are
 * before it. */
static bool row_count(const struct mu_ctx *ctx, struct self *self, uint64_t at, uint64_t *start,
		      uint64_t *rows)
{
	const struct mu_piece *piece = mu_piece_before(ctx, at);
	uint64_t from = self->first;
	struct skim skim;

	*rows = 0;
	if (at < from)
		return false;
	if (piece && piece->from) {
		from = piece->from;
		*rows = piece->mark >> 32;
	}
	if (self->parted > from && self->parted <= at) {
		from = self->parted;
		*rows = self->rows_before;
	}
	skim = skim_rows(self->text.data + from, (size_t)(at - from));
	if (skim.closed)
		return false;
	*rows += skim.rows;
	from += skim.end;
	self->parted = from;
	self->rows_before = *rows;
	while (from < at && strchr(" \t\r\n", self->text.data[from]))
		from++;
	*start = from;
	return from <= at;
}

static uint64_t line_start(const struct self *self, uint64_t at)
{
	const char *text = self->text.data, *last = at ? memrchr(text, '\n', (size_t)at) : NULL;
	uint64_t start = last ? (uint64_t)(last + 1 - text) : 0;

	while (start < at && strchr(" \t\r", text[start]))
		start++;
	return start;
}

/* Reads the row that a position is in, if there is one: where it begins, and how many come
 * before it.  Rows that a transform made of one have positions inside of it. */
static bool row_find(const struct mu_ctx *ctx, struct self *self, uint64_t at, uint64_t *start,
		     uint64_t *rows)
{
	enum token token;
	uint64_t begun;

	*rows = 0;
	*start = at;
	if (!self->table || self->unreadable || at >= self->text.len)
		return false;
	if (self->layout == LAYOUT_LINES)
		*start = line_start(self, at);
	else if (!row_count(ctx, self, at, start, rows))
		return false;
	rows_seek(self, *start, self->text.len);
	token = row_begin(self, &begun);
	return begun == *start && token > TOKEN_NAME && row_read(self, token) &&
	       lexer_position(&self->lexer) > at;
}

/* Pointers of what a place shows: of the rows, the row and the column. */
struct cell_name {
	char *text;
	size_t len, room;
};

static void cell_add(struct cell_name *name, struct mu_string part)
{
	name->len += pointer_add(name->text + name->len, name->room - name->len, part);
}

static void cell_add_index(struct cell_name *name, uint64_t index)
{
	char text[24];
	int len = snprintf(text, sizeof text, "%" PRIu64, index);

	cell_add(name, (struct mu_string){ text, (size_t)len });
}

static void cell_add_row(struct self *self, struct cell_name *name, uint64_t rows)
{
	if (self->layout == LAYOUT_LINES)
		return;
	for (size_t i = 0; i < self->pointer.n; i++)
		cell_add(name, self->pointer.names[i]);
	if (self->layout == LAYOUT_ARRAY) {
		if (rows < UINT32_MAX)
			cell_add_index(name, rows);
		return;
	}
	cell_add(name, row_text(self, &self->name));
}

static void cell_add_pointer(struct cell_name *name, const char *pointer)
{
	size_t len = strlen(pointer);

	if (len > name->room - name->len)
		len = name->room - name->len;
	memcpy(name->text + name->len, pointer, len);
	name->len += len;
}

/* The member that a column is read from. */
static void cell_add_field(const struct self *self, struct cell_name *name, const char *field,
			   size_t cell)
{
	const struct declared_column *c = self->options.columns.items;
	size_t i = 0;

	if (self->arrays) {
		cell_add_index(name, cell);
		return;
	}
	if (cell == self->key_cell)
		return;
	while (i < self->options.columns.count &&
	       (c[i].status_of || tables_cell_of(self->table, c[i].name) != cell))
		i++;
	if (i == self->options.columns.count)
		cell_add(name, mu_string(field));
	else if (c[i].header.count && *c[i].header.items[0] == '/')
		cell_add_pointer(name, c[i].header.items[0]);
	else
		cell_add(name, mu_string(c[i].header.count ? c[i].header.items[0] : c[i].name));
}

/* The line of a position, if it is not too long for that; else what is around it. */
static void show_line(const struct self *self, uint64_t at, struct mu_place *out)
{
	const char *text = self->text.data, *end = text + self->text.len;
	const char *from = text + at, *to = from;

	while (from > text && from[-1] != '\n' && text + at - from < LINE_SHOWN)
		from--;
	while (to < end && *to != '\n' && *to != '\r' && to - text - (ptrdiff_t)at < LINE_SHOWN)
		to++;
	while (from < to && mu_is_tail(*from))
		from++;
	while (to < end && to > from && mu_is_tail(*to))
		to--;
	out->text = from;
	out->text_len = (size_t)(to - from);
}

/* The row at hand, from the beginning of its line if nothing else stands before it. */
static void show_row(const struct self *self, uint64_t at, struct mu_place *out)
{
	const char *text = self->text.data, *from = text + at, *begin = from;

	while (begin > text && (begin[-1] == ' ' || begin[-1] == '\t'))
		begin--;
	if (begin == text || begin[-1] == '\n')
		from = begin;
	out->text = from;
	out->text_len = (size_t)(text + lexer_position(&self->lexer) - from);
}

/* Of a column of the row at hand: where its value stands, if it has one. */
static uint64_t show_value(const struct self *self, size_t cell, struct mu_place *out)
{
	const struct value *v = &self->values[cell];
	bool quoted = v->kind == CELL_TEXT;
	struct mu_string text;

	if (cell >= self->n_values || cell >= (size_t)self->n_cells || !v->to)
		return 0;
	text = row_text(self, v);
	out->value = text.data;
	out->value_len = text.len;
	out->width =
		utf8_count(lexer_bytes(&self->lexer, v->from), v->to - v->from) + (quoted ? 2 : 0);
	return v->from - quoted;
}

int json_locate(struct mu_ctx *ctx, void *state, uint64_t position, const char *field,
		struct mu_place *out)
{
	struct self *self = state;
	struct cell_name name = { self->cell, 0, sizeof self->cell - 1 };
	uint64_t at = position, start, rows, value;
	size_t cell;
	int err = json_prepare(ctx, self);

	if (err || position > self->text.len)
		return err;
	if (row_find(ctx, self, position, &start, &rows)) {
		show_row(self, start, out);
		cell_add_row(self, &name, rows);
		cell = field ? tables_cell_of(self->table, field) : SIZE_MAX;
		if (cell != SIZE_MAX) {
			cell_add_field(self, &name, field, cell);
			value = show_value(self, cell, out);
			at = value ? value : at;
		}
	} else {
		show_line(self, position, out);
	}
	line_find(ctx, self, at);
	/* A value in another line than its row begins in is shown in its own. */
	if (at > start && self->column < LINE_SHOWN)
		show_line(self, at, out);
	out->line = self->line + 1;
	out->column = self->column + 1;
	self->cell[name.len] = '\0';
	out->cell = name.len ? self->cell : NULL;
	return self->lexer.err;
}
