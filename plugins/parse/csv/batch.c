#include "csv.h"

#include <stdlib.h>

/* What the pointers of a column lead to, in the same memory. */
struct child {
	const void *buffers[2];
	struct ArrowArray words;
	const void *word_buffers[2 + BATCH_BUFFERS + 1];
	int64_t lengths[BATCH_BUFFERS];
};

/* Memory that is shared out; without a beginning it is only measured. */
struct share {
	char *begin;
	size_t len;
};

static void *share_take(struct share *share, size_t len)
{
	void *part = share->begin ? share->begin + share->len : NULL;

	share->len += (len + 63) / 64 * 64;
	return part;
}

static size_t bits_size(uint32_t rows)
{
	return ((size_t)rows + 7) / 8;
}

static size_t values_size(enum mu_data type, uint32_t rows)
{
	switch (type) {
	case MU_BOOLEAN:
		return bits_size(rows);
	case MU_DATE:
	case MU_STRING:
		return rows * sizeof(int32_t);
	default:
		return rows * sizeof(int64_t);
	}
}

/* A record has not the cell; or nobody looks at a text, while what else cannot be read is
 * told in any case. */
static bool field_is_skipped(const struct mu_ctx *ctx, const struct self *self, size_t i)
{
	const struct field *f = &self->fields[i];

	if (f->cell >= (size_t)self->options.max_columns && !f->column->of)
		return true;
	return f->type == MU_STRING && !f->claims && ctx->columns_wanted && !ctx->columns_wanted[i];
}

static void field_lay(struct field *f, struct share *share, uint32_t rows)
{
	f->values = share_take(share, values_size(f->type, rows));
	f->valid = share_take(share, bits_size(rows));
	f->views = f->type == MU_STRING ? share_take(share, rows * sizeof *f->views) : NULL;
}

static void batch_lay(struct self *self, struct share *share, uint32_t rows)
{
	struct field *f;

	self->children = share_take(share, (self->n_fields + 2) * sizeof *self->children);
	for (f = self->fields; f < self->fields + self->n_fields; f++)
		if (!f->skipped)
			field_lay(f, share, rows);
	self->places = share_take(share, rows * sizeof *self->places);
	self->claim_field.type = MU_STRING;
	field_lay(&self->claim_field, share, rows);
	self->claim =
		self->options.claims.count ? share_take(share, rows * sizeof *self->claim) : NULL;
}

/* Zeros for columns without values. */
static bool zeros_have(struct self *self, uint32_t rows)
{
	size_t room = rows * sizeof(int64_t);

	if (self->zeros && self->zeros->room >= room)
		return true;
	slab_release(self->zeros);
	self->zeros = slab_take(self->slabs, room);
	if (self->zeros)
		memset(self->zeros->bytes, 0, self->zeros->room);
	return self->zeros;
}

int batch_begin(struct mu_ctx *ctx, struct self *self, uint32_t rows)
{
	struct share share = { .begin = NULL };
	struct field *f;

	for (size_t i = 0; i < self->n_fields; i++)
		self->fields[i].skipped = field_is_skipped(ctx, self, i);
	batch_lay(self, &share, rows);
	self->slab = slab_take(self->slabs, share.len);
	if (!self->slab || !zeros_have(self, rows))
		return csv_out_of_memory(ctx);
	share = (struct share){ .begin = self->slab->bytes };
	batch_lay(self, &share, rows);
	for (f = self->fields; f < self->fields + self->n_fields; f++) {
		f->n_words = 0;
		if (f->skipped)
			f->values = f->valid = (uint8_t *)self->zeros->bytes;
		else
			memset(f->valid, 0xff, bits_size(rows));
		if (!f->skipped && f->type == MU_BOOLEAN)
			memset(f->values, 0, bits_size(rows));
	}
	if (self->claim)
		memset(self->claim, 0, rows * sizeof *self->claim);
	self->claim_field.n_words = 0;
	self->n_rows = rows;
	self->texts_len = 0;
	self->stamp++;
	return 0;
}

void batch_value(struct field *f, uint32_t row, const struct reading *value)
{
	switch (f->type) {
	case MU_INTEGER:
		((int64_t *)f->values)[row] = value->as.integer;
		break;
	case MU_NUMBER:
		((double *)f->values)[row] = value->as.number;
		break;
	case MU_BOOLEAN:
		((uint8_t *)f->values)[row >> 3] |=
			(uint8_t)((unsigned)value->as.boolean << (row & 7));
		break;
	case MU_DATE:
		((int32_t *)f->values)[row] = value->as.date;
		break;
	default:
		return;
	}
	f->valid[row >> 3] |= (uint8_t)(1u << (row & 7));
}

void field_clear(struct field *f, uint32_t row)
{
	static const struct reading nothing = { .outcome = READ_NOTHING };

	if (f->type == MU_STRING)
		((int32_t *)f->values)[row] = 0;
	batch_value(f, row, &nothing);
	cells_null(f->valid, row);
}

/* Makes room for more text behind that at hand. */
static bool texts_grow(struct self *self, size_t more)
{
	size_t room =
		self->texts_len + more < TEXTS_ROOM ? TEXTS_ROOM : 2 * (self->texts_len + more);
	struct slab *grown = slab_take(self->text_slabs, room);

	if (grown && self->texts_len)
		memcpy(grown->bytes, self->texts->bytes, self->texts_len);
	slab_release(self->texts);
	self->texts = grown;
	return grown;
}

int batch_word(struct mu_ctx *ctx, struct self *self, struct field *f, struct mu_string word,
	       int32_t *code)
{
	struct mu_view *view = &f->views[f->n_words];

	*code = (int32_t)f->n_words++;
	*view = (struct mu_view){ .len = (int32_t)word.len };
	if (word.len <= sizeof view->bytes) {
		if (word.len)
			memcpy(view->bytes, word.data, word.len);
		return 0;
	}
	if (word.len > INT32_MAX - self->texts_len)
		return mu_fail(ctx, EOVERFLOW, "a batch is too large");
	if ((!self->texts || self->texts->room - self->texts_len < word.len) &&
	    !texts_grow(self, word.len))
		return csv_out_of_memory(ctx);
	memcpy(view->at.prefix, word.data, sizeof view->at.prefix);
	view->at.buffer = BATCH_TEXTS;
	view->at.offset = (int32_t)self->texts_len;
	memcpy(self->texts->bytes + self->texts_len, word.data, word.len);
	self->texts_len += word.len;
	return 0;
}

/* Names the claims of rows. */
static int claims_name(struct mu_ctx *ctx, struct self *self)
{
	const struct declared_claim *claims = self->options.claims.items;
	struct field *f = &self->claim_field;
	int32_t *codes = f->values;
	uint32_t row;
	int err = 0;

	memset(f->valid, 0, bits_size((uint32_t)self->n_rows));
	memset(f->values, 0, (size_t)self->n_rows * sizeof *codes);
	memset(self->claim_codes, -1, (self->options.claims.count + 1) * sizeof *self->claim_codes);
	for (row = 0; !err && row < self->n_rows; row++) {
		uint32_t claim = self->claim ? self->claim[row] : 0;
		const char *name = claim ? claims[claim - 1].name : self->options.all_claims;

		if (!name)
			continue;
		if (claim)
			self->lines.seen[claim - 1] = true;
		if (self->claim_codes[claim] < 0)
			err = batch_word(ctx, self, f, mu_string(name), &self->claim_codes[claim]);
		codes[row] = self->claim_codes[claim];
		f->valid[row >> 3] |= (uint8_t)(1u << (row & 7));
	}
	return err;
}

/* Whether no row is a claim: then the column is zeros. */
static bool claims_none(const struct self *self)
{
	uint32_t any = 0;

	for (int64_t row = 0; self->claim && row < self->n_rows; row++)
		any |= self->claim[row];
	return !any && !self->options.all_claims;
}

static void words_end(struct ArrowArray *words)
{
	slab_release(words->private_data);
	words->release = NULL;
}

static void column_end(struct ArrowArray *column)
{
	struct slab *slab = column->private_data;

	if (column->dictionary)
		mu_array_release(column->dictionary);
	slab_release(slab);
	column->release = NULL;
}

static int64_t bits_count(const uint8_t *bits, int64_t n)
{
	uint64_t eight;
	int64_t count = 0, i;

	for (i = 0; i + 64 <= n; i += 64) {
		memcpy(&eight, bits + i / 8, sizeof eight);
		count += __builtin_popcountll(eight);
	}
	for (; i < n; i++)
		count += mu_bit(bits, i);
	return count;
}

static void words_hand(struct self *self, const struct field *f, struct child *child)
{
	child->lengths[BATCH_TEXTS] = (int64_t)self->texts_len;
	child->lengths[BATCH_WINDOW] = self->window.len;
	child->word_buffers[0] = NULL;
	child->word_buffers[1] = f->views ? (const void *)f->views : self->zeros->bytes;
	child->word_buffers[2 + BATCH_TEXTS] =
		self->texts ? self->texts->bytes : self->zeros->bytes;
	child->word_buffers[2 + BATCH_WINDOW] =
		self->window.text ? self->window.text : self->zeros->bytes;
	child->word_buffers[2 + BATCH_BUFFERS] = child->lengths;
	child->words = (struct ArrowArray){ .length = f->n_words,
					    .n_buffers = 2 + BATCH_BUFFERS + 1,
					    .buffers = child->word_buffers,
					    .release = words_end,
					    .private_data = slab_use(self->slab) };
}

static void column_hand(struct self *self, const struct field *f, struct child *child,
			struct ArrowArray *out)
{
	int64_t nulls = self->n_rows - bits_count(f->valid, self->n_rows);

	child->buffers[0] = nulls ? f->valid : NULL;
	child->buffers[1] = f->values;
	*out = (struct ArrowArray){ .length = self->n_rows,
				    .null_count = nulls,
				    .n_buffers = 2,
				    .buffers = child->buffers,
				    .release = column_end,
				    .private_data = slab_use(self->slab) };
	if (f->type == MU_STRING) {
		words_hand(self, f, child);
		out->dictionary = &child->words;
	}
}

/* Whether the batch points into the window. */
static bool window_is_used(const struct self *self)
{
	const struct field *f;

	for (f = self->fields; f < self->fields + self->n_fields; f++)
		if (f->plainly && f->n_words)
			return true;
	return false;
}

static void places_hand(struct self *self, struct child *child, struct ArrowArray *out)
{
	child->buffers[0] = NULL;
	child->buffers[1] = self->places;
	*out = (struct ArrowArray){ .length = self->n_rows,
				    .n_buffers = 2,
				    .buffers = child->buffers,
				    .release = column_end,
				    .private_data = slab_use(self->slab) };
}

static void batch_hand(struct self *self, struct ArrowArray *out)
{
	struct field *claim = &self->claim_field;
	size_t n = self->n_fields;

	for (size_t i = 0; i < n; i++)
		column_hand(self, &self->fields[i], &self->children[i], out->children[i]);
	places_hand(self, &self->children[n], out->children[n]);
	column_hand(self, claim, &self->children[n + 1], out->children[n + 1]);
	self->slab->behind[0] = slab_use(self->zeros);
	if (self->texts_len) {
		self->slab->behind[1] = self->texts;
		self->texts = NULL;
	}
	if (window_is_used(self))
		self->slab->behind[2] = slab_use(self->window.slab);
}

int batch_finish(struct mu_ctx *ctx, struct self *self, struct ArrowArray *out)
{
	struct field *claim = &self->claim_field;
	int err = 0;

	if (claims_none(self))
		claim->values = claim->valid = (uint8_t *)self->zeros->bytes;
	else
		err = claims_name(ctx, self);
	if (!err && mu_batch_init(out, (int64_t)self->n_fields + 2, self->n_rows))
		err = csv_out_of_memory(ctx);
	if (err)
		return err;
	batch_hand(self, out);
	slab_release(self->slab);
	self->slab = NULL;
	self->rows += (uint64_t)self->n_rows;
	self->data_rows += (uint64_t)out->children[self->n_fields + 1]->null_count;
	return 0;
}

void batch_release(struct self *self)
{
	slab_release(self->slab);
	slab_release(self->zeros);
	slab_release(self->texts);
	slab_pool_release(self->slabs);
	slab_pool_release(self->text_slabs);
}
