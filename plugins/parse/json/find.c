#include "json.h"

enum { NAMES_SHOWN = 10 };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Whether a text is one object. */
static bool is_object(struct self *self, uint64_t from, uint64_t end)
{
	struct lexer *lex = &self->lexer;
	bool yes;

	lex->depth = 0;
	lexer_seek(lex, from, end, EXPECT_VALUE);
	yes = lexer_next(lex) == TOKEN_OBJECT && lexer_skip(lex, TOKEN_OBJECT) &&
	      lexer_next(lex) == TOKEN_END;
	lex->problem.code = NULL;
	return yes;
}

/* Whether the first line that is not blank is an object, and another begins behind it. */
static bool are_lines(struct self *self)
{
	const char *p = self->text.data, *end = p + self->text.len, *line;
	size_t left;

	if (self->lines)
		return true;
	if (self->rows)
		return false;
	while (p < end && is_blank(*p))
		p++;
	left = (size_t)(end - p);
	if (!left || *p != '{')
		return false;
	line = memchr(p, '\n', left < self->lexer.most ? left : self->lexer.most);
	if (!line ||
	    !is_object(self, (uint64_t)(p - self->text.data), (uint64_t)(line - self->text.data)))
		return false;
	while (line < end && is_blank(*line))
		line++;
	return line < end && *line == '{';
}

/* Writes the first names of a pointer. */
static void pointer_print(const struct pointer *pointer, size_t n, struct phrase *out)
{
	char text[512];
	size_t len = 0, i;

	for (i = 0; i < n; i++)
		len += pointer_add(text + len, sizeof text - len, pointer->names[i]);
	phrase_add(out, text, len);
}

/* Goes on to the value of a member, or the element of an index; lists what is there.  `path`,
 * with `len` bytes, is of the container. */
static enum token value_seek(struct self *self, bool object, struct mu_string name,
			     struct phrase *list, char path[PATH_MOST], size_t len)
{
	struct lexer *lex = &self->lexer;
	struct mu_string inside;
	uint64_t index, n = 0;
	enum token token;
	size_t end;

	if (!object && !pointer_index(name, &index))
		return TOKEN_CLOSE;
	for (; (token = lexer_next(lex)) > TOKEN_CLOSE; n++) {
		if (object ? lexer_is(lex, name) : n == index)
			return object ? lexer_next(lex) : token;
		if (object && n < NAMES_SHOWN) {
			inside = lexer_inside(lex);
			phrase_puts(list, n ? ", '" : "'");
			phrase_add(list, inside.data, inside.len);
			phrase_puts(list, "'");
		}
		end = object ? path_add_member(self, path, len) : path_add_index(path, len, n);
		if (!outside_pass(self, object ? lexer_next(lex) : token, path, end, &self->before))
			return TOKEN_BROKEN;
	}
	return token;
}

static const char *token_name(enum token token)
{
	static const char *const names[] = {
		[TOKEN_OBJECT] = "an object", [TOKEN_ARRAY] = "an array",
		[TOKEN_STRING] = "a string",  [TOKEN_NUMBER] = "a number",
		[TOKEN_TRUE] = "true",        [TOKEN_FALSE] = "false",
		[TOKEN_NULL] = "null",
	};

	return names[token];
}

static void pointer_fails(struct self *self, size_t i, uint64_t at, enum token token,
			  const struct phrase *list)
{
	struct phrase wanted = { .len = 0 };

	pointer_print(&self->pointer, i + 1, &wanted);
	if (token > TOKEN_NAME)
		lexer_break(&self->lexer, "rows", at, "there is no %s, since %s stands here",
			    wanted.text, token_name(token));
	else if (list->len)
		lexer_break(&self->lexer, "rows", at, "there is no %s, but here are %s",
			    wanted.text, list->text);
	else
		lexer_break(&self->lexer, "rows", at, "there is no %s", wanted.text);
}

/* Goes where the pointer says, and into the container there. */
static void rows_walk(struct self *self)
{
	struct lexer *lex = &self->lexer;
	struct phrase list = { .len = 0 }, name = { .len = 0 };
	enum token token = lexer_next(lex);
	uint64_t at = lex->start;
	char path[PATH_MOST];
	size_t len = 0, i;

	for (i = 0; i < self->pointer.n && token > TOKEN_NAME; i++) {
		const struct mu_string way = self->pointer.names[i];

		if (token != TOKEN_OBJECT && token != TOKEN_ARRAY) {
			pointer_fails(self, i, at, token, &list);
			return;
		}
		token = value_seek(self, token == TOKEN_OBJECT, way, &list, path, len);
		if (token == TOKEN_CLOSE)
			pointer_fails(self, i, at, token, &list);
		list.len = 0;
		at = lex->start;
		len += pointer_add(path + len, sizeof path - 1 - len, way);
	}
	if (token <= TOKEN_NAME)
		return;
	self->layout = token == TOKEN_OBJECT ? LAYOUT_OBJECT : LAYOUT_ARRAY;
	if (token == TOKEN_OBJECT || token == TOKEN_ARRAY)
		return;
	pointer_print(&self->pointer, i, &name);
	lexer_break(lex, "rows", at, "%s holds no rows but %s", i ? name.text : "the document",
		    token_name(token));
}

/* Arrays of objects, met on a walk. */
struct candidates {
	size_t n;
	struct phrase list;
	char path[PATH_MOST];        /* of the member at hand, */
	size_t lens[DEPTH_MOST + 2]; /* and how long it is for each container around */
	char first[PATH_MOST];
	bool cut; /* the first one's path is too long */
};

static void candidate_add(struct candidates *c, size_t len)
{
	if (!c->n++) {
		memcpy(c->first, c->path, len);
		c->first[len] = '\0';
		c->cut = len + 8 > sizeof c->path || memchr(c->first, '\0', len);
	}
	if (c->n > NAMES_SHOWN)
		return;
	phrase_puts(&c->list, c->n > 1 ? ", " : "");
	phrase_add(&c->list, c->path, len);
}

/* Passes over an array, whose elements are looked at when they are objects. */
static enum token array_pass(struct self *self, struct candidates *c)
{
	struct lexer *lex = &self->lexer;
	size_t depth = lex->depth;
	enum token token = lexer_next(lex);

	if (token == TOKEN_OBJECT)
		candidate_add(c, c->lens[depth]);
	while (token > TOKEN_END && lex->depth >= depth)
		token = lexer_next(lex);
	return token;
}

/* Walks through the whole document, which is an object. */
static void candidates_find(struct self *self, struct candidates *c)
{
	struct lexer *lex = &self->lexer;
	enum token token = lexer_next(lex);

	while (token > TOKEN_END && lex->depth) {
		if (token == TOKEN_NAME)
			c->lens[lex->depth + 1] =
				path_add_member(self, c->path, c->lens[lex->depth]);
		token = token == TOKEN_ARRAY ? array_pass(self, c) : lexer_next(lex);
	}
	if (token > TOKEN_END && lex->expect == EXPECT_END)
		lexer_next(lex);
}

static int pointer_choose(struct mu_ctx *ctx, struct self *self)
{
	struct candidates *c = mu_alloc(ctx, sizeof *c);
	struct lexer *lex = &self->lexer;

	candidates_find(self, c);
	if (lex->err || lex->problem.code)
		return 0;
	if (!c->n)
		lexer_break(lex, "rows", 0,
			    "there is no array of objects; the option rows says where rows are");
	else if (c->n > 1 || c->cut)
		lexer_break(lex, "rows", 0,
			    "rows may be in %zu places, and the option rows has to say where: %s",
			    c->n, c->list.text);
	else
		self->pointer = pointer_read(ctx, c->first);
	return 0;
}

void rows_seek(struct self *self, uint64_t at, uint64_t limit)
{
	bool first = at == self->first, object = self->layout == LAYOUT_OBJECT;
	struct lexer *lex = &self->lexer;

	lex->problem.code = NULL;
	lex->depth = self->depth;
	memcpy(lex->objects, self->around, sizeof lex->objects);
	if (object)
		lexer_seek(lex, at, limit, first ? EXPECT_FIRST_NAME : EXPECT_NAME);
	else if (self->layout == LAYOUT_ARRAY)
		lexer_seek(lex, at, limit, first ? EXPECT_FIRST_VALUE : EXPECT_VALUE);
	else
		lexer_seek(lex, at, limit, EXPECT_VALUE);
}

/* Looks at what the first row is. */
static void rows_look(struct self *self)
{
	struct lexer *lex = &self->lexer;
	struct phrase name = { .len = 0 };
	enum token token;
	uint64_t start;

	self->key_cell = NO_COLUMN;
	rows_seek(self, self->first, self->text.len);
	token = row_begin(self, &start);
	self->arrays = token == TOKEN_ARRAY;
	if (token <= TOKEN_ARRAY)
		return;
	pointer_print(&self->pointer, self->pointer.n, &name);
	lexer_break(lex, "rows", start, "%s%sa row should be an object or an array, not %s",
		    name.text, name.len ? ": " : "", token_name(token));
}

int find_rows(struct mu_ctx *ctx, struct self *self)
{
	struct lexer *lex = &self->lexer;
	int err = 0;

	if (are_lines(self)) {
		self->layout = LAYOUT_LINES;
		rows_look(self);
		return 0;
	}
	lex->depth = 0;
	lexer_seek(lex, 0, self->text.len, EXPECT_VALUE);
	if (self->rows) {
		self->pointer = pointer_read(ctx, self->rows);
	} else if (lexer_next(lex) == TOKEN_OBJECT) {
		self->whole = true;
		err = pointer_choose(ctx, self);
	}
	if (err || lex->err || lex->problem.code)
		return err;
	lex->depth = 0;
	lexer_seek(lex, 0, self->text.len, EXPECT_VALUE);
	rows_walk(self);
	if (lex->err || lex->problem.code)
		return 0;
	self->first = lexer_position(lex);
	self->depth = lex->depth;
	memcpy(self->around, lex->objects, sizeof lex->objects);
	self->head_lines = skim_count(self->text.data, (size_t)self->first);
	rows_look(self);
	return 0;
}
