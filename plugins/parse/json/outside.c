#include "json.h"

#include <inttypes.h>
#include <stdio.h>

#include "table/counts.h"

/* A walk through a value that is no row. */
struct walk {
	char *path; /* of the value at hand; elements of arrays have that of the array */
	size_t lens[DEPTH_MOST + 2]; /* how long it is for each container around */
	size_t array;                /* containers around the elements of the array that may be
					one of rows; 0: there is none */
	bool numbers;                /* it has one in an object or an array */
	struct unread found;         /* the array */
};

size_t path_add_member(struct self *self, char path[PATH_MOST], size_t len)
{
	struct mu_string name = lexer_inside(&self->lexer);
	char text[PATH_MOST];

	if (name.len > sizeof text)
		name.len = sizeof text; /* too long in any case */
	else if (self->lexer.escaped)
		name = (struct mu_string){ text, lexer_decode(name, text) };
	return len + pointer_add(path + len, PATH_MOST - 1 - len, name);
}

size_t path_add_index(char path[PATH_MOST], size_t len, uint64_t index)
{
	char digits[32];

	snprintf(digits, sizeof digits, "%" PRIu64, index);
	return len + pointer_add(path + len, PATH_MOST - 1 - len, mu_string(digits));
}

static void unread_add(struct outside *out, const struct unread *array)
{
	if (out->n++ < OUTSIDE_KEPT)
		out->arrays[out->n - 1] = *array;
}

static void walk_enter(struct self *self, struct walk *w, enum token token, size_t len)
{
	struct lexer *lex = &self->lexer;

	w->lens[lex->depth] = len;
	if (token != TOKEN_ARRAY || w->array)
		return;
	w->array = lex->depth;
	w->numbers = false;
	w->found.at = lex->start;
	memcpy(w->found.path, w->path, len);
	w->found.path[len] = '\0';
}

static bool is_number(struct lexer *lex, enum token token)
{
	return token == TOKEN_NUMBER || (token == TOKEN_STRING && text_counts(lexer_inside(lex)));
}

bool outside_pass(struct self *self, enum token token, char path[PATH_MOST], size_t len,
		  struct outside *out)
{
	struct lexer *lex = &self->lexer;
	bool container = token == TOKEN_OBJECT || token == TOKEN_ARRAY;
	size_t around = lex->depth - container;
	struct walk w = { .path = path };

	for (; token > TOKEN_END; token = lexer_next(lex)) {
		if (token == TOKEN_NAME) {
			len = path_add_member(self, path, w.lens[lex->depth]);
			continue;
		}
		if (token == TOKEN_OBJECT || token == TOKEN_ARRAY)
			walk_enter(self, &w, token, len);
		else if (w.array && lex->depth > w.array && is_number(lex, token))
			w.numbers = true;
		if (w.array && lex->depth < w.array) {
			if (w.numbers)
				unread_add(out, &w.found);
			w.array = 0;
		}
		if (lex->depth == around)
			return true;
		len = w.lens[lex->depth];
	}
	return false;
}

/* Passes over what stands behind the rows in a container around them: an object, or an array in
 * which the rows are in the element `index`.  `len` is of its path. */
static bool rest_pass(struct self *self, char path[PATH_MOST], size_t len, uint64_t index)
{
	struct lexer *lex = &self->lexer;
	struct mu_string way = self->pointer.names[lex->depth - 1];
	enum token token;
	size_t end;

	while ((token = lexer_next(lex)) > TOKEN_CLOSE) {
		if (token == TOKEN_NAME && lexer_is(lex, way)) {
			lexer_break(lex, "rows", lex->start,
				    "this member is there twice, and the rows are in the first");
			return false;
		}
		if (token == TOKEN_NAME) {
			end = path_add_member(self, path, len);
			token = lexer_next(lex);
		} else {
			end = path_add_index(path, len, ++index);
		}
		if (!outside_pass(self, token, path, end, &self->behind))
			return false;
	}
	return token == TOKEN_CLOSE;
}

bool outside_read_tail(struct self *self)
{
	const struct pointer *pointer = &self->pointer;
	size_t lens[DEPTH_MOST + 2] = { 0 }, i;
	char path[PATH_MOST];
	uint64_t index;

	for (i = 0; i < pointer->n; i++)
		lens[i + 1] = lens[i] + pointer_add(path + lens[i], PATH_MOST - 1 - lens[i],
						    pointer->names[i]);
	while (i-- > 0) {
		if (!pointer_index(pointer->names[i], &index))
			index = 0;
		if (!rest_pass(self, path, lens[i], index))
			return false;
	}
	return lexer_next(&self->lexer) == TOKEN_END;
}

void outside_merge(struct outside *outside, const struct outside *other)
{
	for (size_t i = 0; i < other->n && i < OUTSIDE_KEPT; i++)
		unread_add(outside, &other->arrays[i]);
	outside->n += other->n > OUTSIDE_KEPT ? other->n - OUTSIDE_KEPT : 0;
}

static int report_array(struct mu_ctx *ctx, const struct self *self, const struct unread *array)
{
	struct mu_finding unread = { .severity = MU_WARNING,
				     .code = "unread-table",
				     .at = mu_at(ctx->document->id, array->at),
				     .part = array->path };
	struct phrase shown = { .len = 0 };

	for (size_t i = 0; i < self->unread.count; i++)
		if (!strcmp(self->unread.items[i], array->path))
			return mu_takes(ctx, array->path);
	phrase_puts(&shown, array->path);
	return mu_report(ctx, unread, "the array %s has numbers, and no source reads it",
			 shown.text);
}

static int report_arrays(struct mu_ctx *ctx, const struct self *self, const struct outside *outside)
{
	struct mu_finding more = { .severity = MU_WARNING, .code = "unread-table" };
	int err = 0;

	for (size_t i = 0; !err && i < outside->n && i < OUTSIDE_KEPT; i++)
		err = report_array(ctx, self, &outside->arrays[i]);
	if (err || outside->n <= OUTSIDE_KEPT)
		return err;
	return mu_report(ctx, more, "%zu more arrays have numbers, and are not read",
			 outside->n - OUTSIDE_KEPT);
}

int outside_report(struct mu_ctx *ctx, const struct self *self)
{
	char path[PATH_MOST];
	size_t len = 0, i;
	int err;

	if (self->layout == LAYOUT_LINES)
		return 0;
	for (i = 0; i < self->pointer.n; i++)
		len += pointer_add(path + len, sizeof path - 1 - len, self->pointer.names[i]);
	path[len] = '\0';
	err = mu_takes(ctx, path);
	if (!err)
		err = report_arrays(ctx, self, &self->before);
	return err ? err : report_arrays(ctx, self, &self->behind);
}
