#include "csv.h"

#include <stdlib.h>

enum {
	PLAINLY = 32,        /* batches without a table, before it is tried again */
	ROWS_ENOUGH = 256,   /* of a batch, to tell whether its words are distinct */
	TEXT_MOST = 4 << 20, /* bytes of words that a table keeps */
};

bool csv_space(struct self *self, size_t len)
{
	char *space;

	if (self->space_room >= len)
		return true;
	space = realloc(self->space, len);
	if (!space)
		return false;
	self->space = space;
	self->space_room = len;
	return true;
}

int csv_value(struct mu_ctx *ctx, struct self *self, struct mu_string text,
	      const struct record_cell *cell, struct mu_string *out)
{
	size_t len = cell->end - cell->start;

	*out = (struct mu_string){ "", 0 };
	if (!csv_space(self, len))
		return csv_out_of_memory(ctx);
	*out = record_cell_value(cell, &self->dialect, text, self->space);
	return 0;
}

/* The flags of a cell that is given as it stands. */
static struct record_cell cell_of_text(const struct self *self, struct mu_string raw)
{
	struct record_cell cell = { .end = raw.len };
	char quote = self->dialect.quote;

	if (quote && raw.len > 1 && *raw.data == quote)
		cell.flags =
			CELL_QUOTED | (memchr(raw.data + 1, quote, raw.len - 2) ? CELL_DOUBLED : 0);
	return cell;
}

/* Decides what a cell says. */
static int word_decide(struct mu_ctx *ctx, struct self *self, const struct field *f,
		       struct mu_string raw, struct word *out)
{
	struct record_cell quoted = cell_of_text(self, raw);
	struct cell cell = { .kind = CELL_TEXT };
	struct reading reading;
	int err = csv_value(ctx, self, raw, &quoted, &cell.text);

	if (err)
		return err;
	*out = (struct word){ .text = cell.text.data, .len = (uint32_t)cell.text.len };
	if (f->claims)
		err = table_claim_of(ctx, &self->lines, f->column, cell.text, &out->claim);
	if (err)
		return err;
	reading_take(&self->columns, f->column, &cell, true, &reading);
	out->null = out->claim || reading.outcome != READ_VALUE;
	return 0;
}

/* Gives a row what its word says, which has a code unless it is null. */
static void word_put(struct self *self, const struct field *f, uint32_t row,
		     const struct word *word, int32_t code)
{
	((int32_t *)f->values)[row] = word->null ? 0 : code;
	if (word->null)
		cells_null(f->valid, row);
	else
		f->valid[row >> 3] |= (uint8_t)(1u << (row & 7));
	if (word->claim && word->claim > self->claim[row])
		self->claim[row] = word->claim;
}

int text_put_value(struct mu_ctx *ctx, struct self *self, struct field *f, uint32_t row,
		   struct mu_string value)
{
	struct word word = { .text = value.data };
	int32_t code;
	int err = batch_word(ctx, self, f, value, &code);

	if (!err)
		word_put(self, f, row, &word, code);
	return err;
}

/* Puts a word that has a slot in the table. */
static int slot_put(struct mu_ctx *ctx, struct self *self, struct field *f, uint32_t row,
		    struct word_slot *slot)
{
	const struct word *word = &f->words.items[slot->word].word;
	int32_t code = word->claim ? WORD_CLAIM : WORD_NULL;
	int err = 0;

	if (slot->mark >> 32 == self->stamp)
		code = (int32_t)(uint32_t)slot->mark;
	else if (!word->null)
		err = batch_word(ctx, self, f, (struct mu_string){ word->text, word->len }, &code);
	if (err)
		return err;
	slot->mark = word_mark(self->stamp, code);
	word_put(self, f, row, word, code);
	return 0;
}

/* Puts a cell that has no slot in the table, unless it is given one now. */
static int word_meet(struct mu_ctx *ctx, struct self *self, struct field *f, uint32_t row,
		     struct mu_string raw)
{
	struct word_slot *slot = NULL;
	struct word word;
	int32_t code = WORD_NULL;
	int err = word_decide(ctx, self, f, raw, &word), added = 0;

	if (!err && !f->plainly)
		slot = word_add(&f->words, &self->secret, raw.data, (uint32_t)raw.len, &word,
				&added);
	if (added)
		return csv_out_of_memory(ctx);
	if (slot)
		return slot_put(ctx, self, f, row, slot);
	if (!err && !word.null)
		err = batch_word(ctx, self, f, (struct mu_string){ word.text, word.len }, &code);
	if (!err)
		word_put(self, f, row, &word, code);
	return err;
}

int text_put(struct mu_ctx *ctx, struct self *self, struct field *f, uint32_t row,
	     struct mu_string raw)
{
	struct word_slot *slot =
		f->plainly ? NULL
			   : word_find(&f->words, &self->secret, raw.data, (uint32_t)raw.len);

	return slot ? slot_put(ctx, self, f, row, slot) : word_meet(ctx, self, f, row, raw);
}

/* Every cell has a word of its own, which stays where it is. */
static int put_plainly(struct mu_ctx *ctx, struct self *self, struct field *f,
		       const struct cells *cells)
{
	const char *text = cells->text;
	int32_t *codes = f->values;
	int err = 0;

	for (uint32_t i = 0; !err && i < cells->count; i++) {
		struct span s = cells_at(cells, i);
		struct mu_string raw = { text + s.from, s.end - s.from };

		if (!raw.len || f->special[(unsigned char)*raw.data]) {
			err = text_put(ctx, self, f, cells->row + i, raw);
			continue;
		}
		codes[cells->row + i] = (int32_t)f->n_words;
		f->views[f->n_words++] = batch_view(text, s);
	}
	return err;
}

/* Gives a row what the row above has, whose cell is the same. */
static void text_repeat(const struct field *f, uint32_t row)
{
	int32_t *codes = f->values;

	codes[row] = codes[row - 1];
	if (!mu_bit(f->valid, row - 1))
		cells_null(f->valid, row);
}

/* Puts cells by the table. */
static int put_words(struct mu_ctx *ctx, struct self *self, struct field *f,
		     const struct cells *cells)
{
	struct word_run run = { .cells = cells,
				.alike = cells->same && !f->unlike,
				.words = &f->words,
				.secret = &self->secret,
				.stamp = self->stamp,
				.codes = f->values };
	struct word_slot *slot;
	uint32_t i = 0;
	int err = 0;

	while (!err && (i = words_run(self->machine, &run, i, &slot)) < cells->count) {
		struct span s = cells_at(cells, i);
		struct mu_string raw = { cells->text + s.from, s.end - s.from };
		uint32_t row = cells->row + i++;

		err = slot ? slot_put(ctx, self, f, row, slot) : text_put(ctx, self, f, row, raw);
		if (err || f->claims || !run.alike)
			continue;
		for (; i < cells->count && cells_at(cells, i).end < cells->same[i]; i++)
			text_repeat(f, cells->row + i);
	}
	return err;
}

int text_put_all(struct mu_ctx *ctx, struct self *self, struct field *f, const struct cells *cells)
{
	/* To find out which cell is that of the row above takes more time than to look each
	 * up, unless it mostly is. */
	if (cells->same && !f->plainly && !f->alike--) {
		f->alike = ALIKE_RUNS;
		f->unlike = cells_repeated(cells) < cells->count / 4 * 3;
	}
	return f->plainly ? put_plainly(ctx, self, f, cells) : put_words(ctx, self, f, cells);
}

static void special_add(struct field *f, struct mu_string text)
{
	text = mu_trim(text);
	if (text.len)
		f->special[(unsigned char)*text.data] = true;
}

void text_prepare(struct mu_ctx *ctx, const struct self *self, struct field *f)
{
	const struct declared_column *option = f->column->option;
	const struct declared_claim *claims = self->options.claims.items;

	f->special = mu_alloc(ctx, 256 * sizeof *f->special);
	for (size_t i = 0; i < 256; i++) /* white space begins so */
		f->special[i] = i <= ' ' || i == 0xc2 || (i >= 0xe1 && i <= 0xe3);
	f->special[(unsigned char)*self->quote] = true;
	for (size_t i = 0; option && i < option->missing.count; i++)
		special_add(f, mu_string(option->missing.items[i]));
	for (size_t i = 0; i < self->options.claims.count; i++) {
		if (self->lines.claim_columns[i] != f->column)
			continue;
		f->claims = true;
		if (claims[i].pattern)
			memset(f->special, true, 256 * sizeof *f->special);
		else
			special_add(f, self->lines.matches[i]);
	}
}

void text_rest(const struct self *self, struct field *f)
{
	if (f->plainly) {
		f->plainly--;
		return;
	}
	if (self->n_rows >= ROWS_ENOUGH && f->n_words > self->n_rows / 2)
		f->plainly = PLAINLY;
	if (f->plainly || f->words.count > WORD_COUNT / 2 || f->words.text_len > TEXT_MOST)
		words_release(&f->words);
}
