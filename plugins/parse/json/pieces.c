#include "json.h"

#include <inttypes.h>

/* Whether there is anything at a position.  What has to be decoded is one piece, and so
 * is what had to be read as a whole to find the rows. */
static bool is_left(const struct self *self, uint64_t from)
{
	return from < self->text.len && (self->decoded.direct || !from);
}

/* Rows and lines before a piece: 32 bits each, all of them set where that is too few. */
static uint64_t mark_make(uint64_t rows, uint64_t lines)
{
	rows = rows < UINT32_MAX ? rows : UINT32_MAX;
	lines = lines < UINT32_MAX ? lines : UINT32_MAX;
	return rows << 32 | lines;
}

/* Reads a window and finds where a row ends in it; where none does, or all do, the rest
 * of the document is one piece. */
static int piece_cut(struct mu_ctx *ctx, struct self *self, uint64_t from, struct skim *skim)
{
	struct lexer *lex = &self->lexer;
	uint64_t base = from == self->first && from < self->window_bytes ? 0 : from, room;
	size_t before = (size_t)(from - base);

	lex->limit = self->text.len;
	for (room = self->window_bytes;; room *= 2) {
		size_t len = (size_t)(room < lex->most ? room : lex->most);

		if (!lexer_load(lex, base, before + len))
			return json_note_problem(ctx, self);
		*skim = (self->layout == LAYOUT_LINES ? skim_lines : skim_rows)(
			lex->buffer + before, lex->len - before);
		if (skim->end || skim->closed || len == lex->most ||
		    base + lex->len == self->text.len)
			return 0;
	}
}

int json_split(struct mu_ctx *ctx, void *state, struct mu_piece *piece)
{
	struct self *self = state;
	uint64_t from, rows = piece->mark >> 32, lines = piece->mark & UINT32_MAX;
	struct skim skim = { 0 };
	int err = json_document(ctx, self);

	piece->to = piece->from;
	self->last = true;
	if (!err && !is_left(self, piece->from) && piece->from)
		return 0;
	if (!err)
		err = json_prepare(ctx, self);
	if (err || self->unreadable)
		return err;
	self->last = self->begun = self->closed = false;
	self->working = true;
	self->from = from = piece->from ? piece->from : self->first;
	self->to = piece->to = self->text.len;
	if (self->whole || !self->decoded.direct)
		return 0;
	err = piece_cut(ctx, self, from, &skim);
	if (err || skim.closed || !skim.end)
		return err;
	self->to = piece->to = from + skim.end;
	lines += skim_count(lexer_bytes(&self->lexer, from), skim.end);
	lines += piece->from ? 0 : self->head_lines;
	piece->mark = mark_make(rows + skim.rows, lines);
	return 0;
}

static int row_report(struct mu_ctx *ctx, const struct self *self, uint64_t at)
{
	struct mu_finding twice = { .code = "duplicate", .at = at };
	struct mu_finding late = { .code = "late", .at = at };
	struct mu_finding wide = { .code = "too-wide", .at = at };
	int err = 0;

	if (self->is_twice)
		err = mu_report(ctx, twice, "the member '%s' is there twice", self->twice.text);
	if (!err && self->is_late)
		err = mu_report(ctx, late,
				"the member '%s' is in none of the first rows, so no column is "
				"of it",
				self->late.text);
	if (!err && self->wide)
		err = mu_report(ctx, wide,
				"an object has more members than the %" PRId64
				" that max_columns allows",
				self->options.max_columns);
	return err;
}

/* Hands over the row at hand. */
static int row_give(struct mu_ctx *ctx, struct self *self, uint64_t start)
{
	struct mu_finding strange = { .code = "row", .at = mu_at(ctx->document->id, start) };
	int err;

	self->n_rows++;
	if (self->strange)
		return mu_report(ctx, strange, "a row is no %s, as the first one is",
				 self->arrays ? "array" : "object");
	err = row_report(ctx, self, strange.at);
	if (err)
		return err;
	err = self->is_twice || self->wide ? 0 : columns_lack(ctx, self, start);
	if (err)
		return err;
	row_cells(self);
	return tables_line(ctx, self->table, &(struct line){ self->cells, self->n_values, start });
}

/* Whether the line of the row at hand ends with it. */
static bool line_is_over(struct self *self, uint64_t start)
{
	struct lexer *lex = &self->lexer;
	uint64_t end = lexer_position(lex);
	const char *row = lexer_bytes(lex, start), *broken = memchr(row, '\n', end - start);

	if (broken) {
		lexer_break(lex, "syntax", start + (uint64_t)(broken - row),
			    "the line ends inside of its value");
		return false;
	}
	if (lexer_peek(lex) >= 0 &&
	    !memchr(lexer_bytes(lex, end), '\n', lexer_position(lex) - end)) {
		lexer_break(lex, "syntax", lexer_position(lex), "a line has more than one value");
		return false;
	}
	return !lex->err && !lex->problem.code;
}

/* Whether the piece at hand goes on. */
static bool piece_goes_on(const struct self *self)
{
	const struct lexer *lex = &self->lexer;

	if (!self->working || self->closed || lex->err || lex->problem.code)
		return false;
	return lexer_position(lex) < self->to || self->to == self->text.len;
}

static int row_next(struct mu_ctx *ctx, struct self *self)
{
	struct lexer *lex = &self->lexer;
	enum token token;
	uint64_t start;
	int err = 0;

	token = row_begin(self, &start);
	if (token == TOKEN_CLOSE) {
		lexer_let_go(lex);
		self->closed = outside_read_tail(self);
	}
	if (token == TOKEN_END) {
		self->closed = self->to == self->text.len;
		self->working = false;
	}
	if (token <= TOKEN_CLOSE || !row_read(self, token))
		return 0;
	if (self->layout == LAYOUT_LINES && !line_is_over(self, start))
		return 0;
	if (start >= self->data)
		err = row_give(ctx, self, start);
	lexer_let_go(lex);
	lexer_comma(lex);
	return err;
}

static int report_end(struct mu_ctx *ctx, struct self *self)
{
	struct mu_finding broken = { .code = self->problem.code };
	int err;

	if (!self->last || self->told)
		return 0;
	self->told = true;
	err = json_prepare(ctx, self);
	if (err)
		return err;
	if (self->problem.code) {
		broken.code = self->problem.code;
		broken.at = mu_at(ctx->document->id, self->problem.at);
		return mu_report(ctx, broken, "%s", self->problem.message.text);
	}
	err = columns_report(ctx, self);
	if (!err)
		err = outside_report(ctx, self);
	return err ? err : tables_finish(ctx, self->table);
}

int json_parse(struct mu_ctx *ctx, void *state, struct ArrowArray *out)
{
	struct self *self = state;
	int err = 0;

	*out = (struct ArrowArray){ .release = NULL };
	self->ctx = ctx;
	if (self->working && !self->begun) {
		rows_seek(self, self->from, self->to);
		self->begun = true;
	}
	while (!err && piece_goes_on(self) && !tables_full(self->table))
		err = row_next(ctx, self);
	if (!err && self->table)
		err = json_note_problem(ctx, self);
	if (!err && self->table)
		err = tables_take(ctx, self->table, out);
	return !err && !out->release ? report_end(ctx, self) : err;
}

static void lack_merge(struct lack *lack, const struct lack *other)
{
	if (other->rows && (!lack->rows || other->first < lack->first))
		lack->first = other->first;
	lack->rows += other->rows;
}

int json_merge(struct mu_ctx *ctx, void *state, void *other_state)
{
	struct self *self = state, *other = other_state;
	int err;

	self->last = true;
	self->told = self->told || other->told;
	err = self->told ? 0 : json_prepare(ctx, self);
	if (err || self->told || !other->table)
		return err;
	for (size_t i = 0; i < self->n_cells; i++) {
		self->seen[i] = self->seen[i] || other->seen[i];
		lack_merge(&self->lacks[i], &other->lacks[i]);
	}
	if (!shape_join(&self->shape, &other->shape))
		return json_out_of_memory(ctx);
	for (size_t i = 0; i < self->n_shapes; i++)
		if (!shape_join(&self->shapes[i], &other->shapes[i]))
			return json_out_of_memory(ctx);
	self->n_rows += other->n_rows;
	outside_merge(&self->behind, &other->behind);
	if (other->problem.code &&
	    (!self->problem.code || other->problem.piece < self->problem.piece))
		self->problem = other->problem;
	return tables_merge(ctx, self->table, other->table);
}
