#include "columns.h"

#include <stdlib.h>

static void memos_clear(struct column *c)
{
	for (size_t i = 0; i < c->n_memos; i++)
		free(c->memos[i].text);
	c->n_memos = 0;
}

void memos_release(struct column *c)
{
	memos_clear(c);
	free(c->memos);
}

/* How many different values a column of a batch can be made of; 0 when they are too
 * many, or not known. */
static size_t memos_needed(const struct column *c, const struct mu_column *cells, int64_t rows)
{
	if (c->in < 0)
		return c->set->sum.count == 0;
	return cells->words && cells->n_words <= rows ? (size_t)cells->n_words : 0;
}

bool memos_begin(struct column *c, const struct mu_column *cells, int64_t rows)
{
	size_t n = memos_needed(c, cells, rows);

	memos_clear(c);
	if (n > c->memos_room) {
		free(c->memos);
		c->memos = malloc(n * sizeof *c->memos);
		c->memos_room = c->memos ? n : 0;
	}
	if (n > c->memos_room)
		return false;
	if (n)
		memset(c->memos, 0, n * sizeof *c->memos);
	c->n_memos = n;
	c->document = 0;
	return true;
}

static void memo_forget(struct memo *memo)
{
	free(memo->text);
	*memo = (struct memo){ .text = NULL };
}

struct memo *memo_of(struct column *c, const struct mu_column *cells, int64_t row, uint64_t at)
{
	if (!c->n_memos)
		return NULL;
	if (c->in >= 0)
		return mu_null(cells, row) ? NULL : &c->memos[mu_get_code(cells, row)];
	if (c->set->origin != ORIGIN_NONE && c->document != mu_at_document(at)) {
		memo_forget(c->memos);
		c->document = mu_at_document(at);
	}
	return c->memos;
}

bool memo_keep(struct memo *memo, enum mu_data type, const struct value *value)
{
	struct mu_string text = value->as.text;

	if (!value->known)
		return true;
	if (type == MU_STRING) {
		memo->text = malloc(text.len + 1);
		if (!memo->text)
			return false;
		memcpy(memo->text, text.len ? text.data : "", text.len);
		text.data = memo->text;
	}
	memo->value = *value;
	if (type == MU_STRING)
		memo->value.as.text = text;
	return true;
}
