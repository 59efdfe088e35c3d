/*
 * Claims that lose what they cover when columns are left out.
 *
 * A claim with a value in a column covers the rows of that value, and without the column
 * it would seem to cover all.  It still means the same rows when a column that stays has
 * the same name in the document and is known in it (a code beside what was printed), or when
 * all rows of its document have that value, such as a date.  In a document without
 * rows it is the claims that must agree.  Both are known only at the end, so values are
 * remembered: of a document and a column the first, and that there are others.
 */
#include "columns.h"

#include <stdlib.h>

enum { NONE = 0 };

#define SEVERAL UINT32_MAX

/* A column that is left out. */
struct gone {
	int64_t in;
	int64_t *others; /* columns that stay and have its name in the document */
	size_t n_others;
};

/* The values of one column in one document: NONE, an entry of `values` from 1, or SEVERAL. */
struct extent {
	uint32_t rows, claims;
};

struct loss {
	uint64_t at; /* of a claim */
	uint32_t column, value;
};

static bool comes_out(const struct self *self, int64_t in)
{
	for (size_t i = 0; i < self->n_order; i++) {
		const struct column *c = &self->columns[self->order[i]];

		if (c->in == in)
			return true;
		for (size_t k = 0; c->set && k < c->set->sum.count; k++)
			if (c->set->summed[k] == in)
				return true;
	}
	return false;
}

static bool same_origin(const struct ArrowSchema *a, const struct ArrowSchema *b)
{
	char from[256], other[256];

	return mu_schema_from(a, from, sizeof from) && mu_schema_from(b, other, sizeof other) &&
	       !strcmp(from, other);
}

static void gone_add(struct mu_ctx *ctx, const struct self *self, struct lost *lost, int64_t in)
{
	int64_t visible = mu_schema_visible(ctx->schema);
	struct gone *gone = &lost->gone[lost->count++];

	gone->in = in;
	gone->others = mu_alloc(ctx, (size_t)visible * sizeof *gone->others);
	for (int64_t i = 0; i < visible; i++)
		if (i != in && comes_out(self, i) &&
		    same_origin(ctx->schema->children[i], ctx->schema->children[in]))
			gone->others[gone->n_others++] = i;
}

void lost_plan(struct mu_ctx *ctx, struct self *self)
{
	struct lost *lost = &self->lost;
	int64_t visible = mu_schema_visible(ctx->schema);

	if (!ctx->claims_asked)
		return;
	lost->gone = mu_alloc(ctx, (size_t)(visible + 1) * sizeof *lost->gone);
	for (int64_t i = 0; i < visible; i++)
		if (!mu_schema_measure(ctx->schema->children[i]) && !comes_out(self, i))
			gone_add(ctx, self, lost, i);
}

void lost_uses(const struct lost *lost, bool *in)
{
	for (size_t i = 0; i < lost->count; i++)
		in[lost->gone[i].in] = true;
}

/* The extents of a document, one for each column; NULL when memory is out. */
static struct extent *extents_of(struct lost *lost, uint32_t document)
{
	size_t n = lost->count, room;
	struct extent *extents;

	if (document >= lost->n_documents) {
		room = (size_t)document + 1 + document / 2;
		extents = reallocarray(lost->extents, room * n, sizeof *extents);
		if (!extents)
			return NULL;
		memset(extents + lost->n_documents * n, 0,
		       (room - lost->n_documents) * n * sizeof *extents);
		lost->extents = extents;
		lost->n_documents = room;
	}
	return lost->extents + document * n;
}

static bool is_value(const struct lost *lost, uint32_t value, const void *key, size_t len)
{
	const struct mu_map_entry *entry = &lost->values.entries[value - 1];

	return entry->len == len && !memcmp(entry->key, key, len);
}

/* The number of a value; NONE when memory is out. */
static uint32_t value_add(struct lost *lost, const void *key, size_t len)
{
	size_t index = mu_map_add(&lost->values, key, len);

	return index == SIZE_MAX ? NONE : (uint32_t)index + 1;
}

/* One value more of what is `seen`. */
static bool seen_add(struct lost *lost, uint32_t *seen, const void *key, size_t len)
{
	if (*seen == SEVERAL)
		return true;
	if (!*seen)
		return (*seen = value_add(lost, key, len)) != NONE;
	if (!is_value(lost, *seen, key, len))
		*seen = SEVERAL;
	return true;
}

static bool loss_add(struct lost *lost, struct loss loss)
{
	size_t room = lost->room ? 2 * lost->room : 64;
	struct loss *losses;

	if (lost->n_losses == lost->room) {
		losses = reallocarray(lost->losses, room, sizeof *losses);
		if (!losses)
			return false;
		lost->losses = losses;
		lost->room = room;
	}
	lost->losses[lost->n_losses++] = loss;
	return true;
}

static bool row_take(struct lost *lost, const struct mu_column *cells, int64_t row, uint32_t *seen)
{
	struct mu_key *key = &lost->key;

	if (*seen == SEVERAL)
		return true;
	mu_key_clear(key);
	mu_key_add(key, cells, row);
	return !key->broken && seen_add(lost, seen, key->data, key->len);
}

/* Whether a column that stays says what a claim covers. */
static bool stays(const struct self *self, const struct gone *gone, int64_t row)
{
	for (size_t i = 0; i < gone->n_others; i++)
		if (!mu_null(&self->cells[gone->others[i]], row))
			return true;
	return false;
}

static bool claim_take(struct self *self, size_t k, int64_t row, uint64_t at, uint32_t *seen)
{
	struct lost *lost = &self->lost;
	const struct gone *gone = &lost->gone[k];
	const struct mu_column *cells = &self->cells[gone->in];
	struct loss loss = { .at = at & ~MU_AT_REJECTED, .column = (uint32_t)k };

	if (mu_null(cells, row))
		return true;
	if (!row_take(lost, cells, row, seen))
		return false;
	if (stays(self, gone, row))
		return true;
	mu_key_clear(&lost->key);
	mu_key_add(&lost->key, cells, row);
	if (lost->key.broken)
		return false;
	loss.value = value_add(lost, lost->key.data, lost->key.len);
	return loss.value && loss_add(lost, loss);
}

static bool column_take(struct self *self, size_t k, const struct mu_rows *rows, int64_t n)
{
	struct lost *lost = &self->lost;
	const struct mu_column *cells = &self->cells[lost->gone[k].in];
	bool done = true;

	for (int64_t i = 0; i < n && done; i++) {
		uint64_t at = mu_row_at(rows, i);
		struct extent *extents = extents_of(lost, mu_at_document(at));

		if (!extents)
			return false;
		done = mu_row_is_claim(rows, i) ? claim_take(self, k, i, at, &extents[k].claims)
						: row_take(lost, cells, i, &extents[k].rows);
	}
	return done;
}

bool lost_take(struct self *self, const struct mu_rows *rows, int64_t n)
{
	bool done = true;

	for (size_t k = 0; k < self->lost.count && done; k++)
		done = column_take(self, k, rows, n);
	return done;
}

static bool seen_merge(struct lost *lost, uint32_t *seen, const struct lost *other, uint32_t theirs)
{
	const struct mu_map_entry *entry;

	if (theirs == NONE)
		return true;
	if (theirs == SEVERAL) {
		*seen = SEVERAL;
		return true;
	}
	entry = &other->values.entries[theirs - 1];
	return seen_add(lost, seen, entry->key, entry->len);
}

static bool document_merge(struct lost *lost, const struct lost *other, uint32_t document)
{
	const struct extent *theirs = other->extents + document * other->count;
	struct extent *own = extents_of(lost, document);
	bool done = own;

	for (size_t k = 0; k < lost->count && done; k++)
		done = seen_merge(lost, &own[k].rows, other, theirs[k].rows) &&
		       seen_merge(lost, &own[k].claims, other, theirs[k].claims);
	return done;
}

bool lost_merge(struct lost *lost, const struct lost *other)
{
	bool done = true;

	for (size_t i = 0; i < other->n_documents && done; i++)
		done = document_merge(lost, other, (uint32_t)i);
	for (size_t i = 0; i < other->n_losses && done; i++) {
		struct loss loss = other->losses[i];
		const struct mu_map_entry *entry = &other->values.entries[loss.value - 1];

		loss.value = value_add(lost, entry->key, entry->len);
		done = loss.value && loss_add(lost, loss);
	}
	lost->sorted = false;
	return done;
}

static int by_place(const void *x, const void *y)
{
	const struct loss *a = x, *b = y;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}

/* The first one of a place or behind it. */
static size_t loss_find(const struct lost *lost, uint64_t at)
{
	size_t low = 0, high = lost->n_losses;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (lost->losses[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int64_t lost_column(struct lost *lost, uint64_t at)
{
	if (!lost->sorted && lost->n_losses)
		qsort(lost->losses, lost->n_losses, sizeof *lost->losses, by_place);
	lost->sorted = true;
	for (size_t i = loss_find(lost, at); i < lost->n_losses; i++) {
		const struct loss *loss = &lost->losses[i];
		const struct extent *extent;

		if (loss->at != at)
			break;
		extent = &lost->extents[mu_at_document(at) * lost->count + loss->column];
		if ((extent->rows ? extent->rows : extent->claims) != loss->value)
			return lost->gone[loss->column].in;
	}
	return -1;
}

void lost_release(struct lost *lost)
{
	mu_map_release(&lost->values);
	mu_key_release(&lost->key);
	free(lost->extents);
	free(lost->losses);
}
