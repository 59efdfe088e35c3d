#include "json.h"

#include <stdio.h>
#include <stdlib.h>

static bool object_read(struct self *self, struct shape *shape);

/* Resolves the escapes of a string behind what is in the space already. */
static bool space_add(struct self *self, struct mu_string raw)
{
	size_t room = self->space_room ? self->space_room : 1024;
	char *space;

	while (room - self->space_len < raw.len)
		room *= 2;
	if (room > self->space_room) {
		space = realloc(self->space, room);
		if (!space) {
			self->lexer.err = ENOMEM;
			return false;
		}
		self->space = space;
		self->space_room = room;
	}
	self->space_len += lexer_decode(raw, self->space + self->space_len);
	return true;
}

/* The string that was just read, good until more is added to the space. */
static bool name_take(struct self *self, struct mu_string *out)
{
	size_t before = self->space_len;

	*out = lexer_inside(&self->lexer);
	if (!self->lexer.escaped && (charset_is_plain(*out) || !charset_has_mark(*out)))
		return true;
	if (!space_add(self, *out))
		return false;
	*out = (struct mu_string){ self->space + before, self->space_len - before };
	out->len = charset_drop_marks(self->space + before, *out);
	self->space_len = before;
	return true;
}

static bool string_take(struct self *self, struct value *v)
{
	struct mu_string raw = lexer_inside(&self->lexer);

	*v = (struct value){ .kind = CELL_TEXT,
			     .from = self->lexer.start + 1,
			     .to = self->lexer.end - 1,
			     .copied = self->lexer.escaped };
	if (!v->copied)
		return true;
	v->copy = self->space_len;
	if (!space_add(self, raw))
		return false;
	v->len = self->space_len - v->copy;
	return true;
}

/* Reads the value whose first token was just read. */
static bool value_take(struct self *self, struct value *v, enum token token)
{
	struct lexer *lex = &self->lexer;
	bool ok = true;

	*v = (struct value){ .kind = CELL_BLANK, .from = lex->start, .to = lex->end };
	switch (token) {
	case TOKEN_STRING:
		return string_take(self, v);
	case TOKEN_NUMBER:
		v->kind = CELL_NUMBER;
		break;
	case TOKEN_TRUE:
	case TOKEN_FALSE:
		v->kind = CELL_BOOLEAN;
		v->truth = token == TOKEN_TRUE;
		break;
	case TOKEN_OBJECT:
	case TOKEN_ARRAY:
		v->kind = CELL_ERROR;
		ok = lexer_skip(lex, token);
		v->to = lexer_position(lex);
		break;
	default:
		ok = token == TOKEN_NULL;
		break;
	}
	return ok;
}

/* Columns that are read from within what is neither object nor array have no value: they
 * are empty there if it is null, else an error. */
static void shape_refuse(struct self *self, const struct shape *shape, enum cell_kind kind)
{
	const struct entry *e;

	for (e = shape->entries; e < shape->entries + shape->known; e++) {
		if (e->column != NO_COLUMN)
			self->values[e->column] = (struct value){ .kind = kind,
								  .from = self->lexer.start,
								  .to = self->lexer.end };
		if (e->below)
			shape_refuse(self, e->below, kind);
	}
}

static bool elements_read(struct self *self, const struct shape *shape)
{
	struct lexer *lex = &self->lexer;
	enum token token;
	char name[24];
	size_t i;

	for (uint64_t n = 0; (token = lexer_next(lex)) > TOKEN_CLOSE; n++) {
		int len = snprintf(name, sizeof name, "%llu", (unsigned long long)n);

		i = n < shape->elements ? mu_map_find(&shape->map, name, (size_t)len) : SIZE_MAX;
		if (i == SIZE_MAX || shape->entries[i].column == NO_COLUMN) {
			if (!lexer_skip(lex, token))
				return false;
			continue;
		}
		self->seen[shape->entries[i].column] = true;
		if (!value_take(self, &self->values[shape->entries[i].column], token))
			return false;
	}
	return token == TOKEN_CLOSE;
}

/* Reads a member in which columns are found; one may be of the member itself. */
static bool below_read(struct self *self, const struct entry *e, enum token token)
{
	struct shape *below = e->below;
	size_t column = e->column; /* the entry may move */
	uint64_t from = self->lexer.start;
	struct value own = { .kind = CELL_ERROR };
	bool ok = true;

	if (token == TOKEN_OBJECT) {
		ok = object_read(self, below);
	} else if (token == TOKEN_ARRAY) {
		ok = elements_read(self, below);
	} else {
		shape_refuse(self, below, token == TOKEN_NULL ? CELL_BLANK : CELL_ERROR);
		ok = value_take(self, &own, token);
	}
	if (ok && column != NO_COLUMN && own.kind == CELL_ERROR)
		own = (struct value){ .kind = CELL_ERROR,
				      .from = from,
				      .to = lexer_position(&self->lexer) };
	if (ok && column != NO_COLUMN)
		self->values[column] = own;
	return ok;
}

/* Takes note of a name that should not be there: whether its value is to be passed over. */
static bool name_is_odd(struct self *self, const struct shape *shape, struct entry *e,
			struct mu_string name)
{
	if (e->visit == shape->visit) {
		if (!self->twice.len)
			phrase_add(&self->twice, name.len ? name.data : " ", name.len);
		self->is_twice = true;
		return true;
	}
	e->visit = shape->visit;
	if (e->column != NO_COLUMN)
		self->seen[e->column] = true;
	if (self->listed && (size_t)(e - shape->entries) >= shape->known) {
		if (!self->late.len)
			phrase_add(&self->late, name.data, name.len);
		self->is_late = true;
	}
	return false;
}

/* Takes note of a member that no column is of, if its value says anything. */
static void other_note(struct self *self, const struct shape *shape, const struct entry *e,
		       enum token token)
{
	if (self->other_shape || token == TOKEN_NULL ||
	    (token == TOKEN_STRING && !mu_trim(lexer_inside(&self->lexer)).len))
		return;
	self->other_shape = shape;
	self->other = (size_t)(e - shape->entries);
}

/* Reads the member whose name was just read. */
static bool member_read(struct self *self, struct shape *shape)
{
	struct lexer *lex = &self->lexer;
	struct mu_string name;
	struct entry *e = NULL;
	enum token token;
	bool odd;

	if (shape->count == shape->most) {
		self->wide = true;
		return lexer_skip(lex, lexer_next(lex));
	}
	if (name_take(self, &name) && !(e = shape_meet(shape, name)))
		lex->err = ENOMEM;
	if (!e)
		return false;
	odd = name_is_odd(self, shape, e, name);
	token = lexer_next(lex);
	if (!odd && !e->below && e->column == NO_COLUMN)
		other_note(self, shape, e, token);
	if (odd || (!e->below && e->column == NO_COLUMN))
		return lexer_skip(lex, token);
	return e->below ? below_read(self, e, token)
			: value_take(self, &self->values[e->column], token);
}

static bool object_read(struct self *self, struct shape *shape)
{
	enum token token;

	if (!shape_begin(shape)) {
		self->lexer.err = ENOMEM;
		return false;
	}
	while ((token = lexer_next(&self->lexer)) == TOKEN_NAME)
		if (!member_read(self, shape))
			return false;
	return token == TOKEN_CLOSE;
}

bool row_value_is_blank(const struct self *self, const struct value *v)
{
	return v->kind == CELL_BLANK || (v->kind == CELL_TEXT && !mu_trim(row_text(self, v)).len);
}

/* Values past max_columns are only looked at. */
static bool array_read(struct self *self)
{
	size_t most = (size_t)self->options.max_columns, n = 0;
	struct value beyond = { .kind = CELL_BLANK };
	enum token token;

	for (; (token = lexer_next(&self->lexer)) > TOKEN_CLOSE; n++) {
		struct value *v = n < most ? &self->values[n] : &beyond;

		if (!value_take(self, v, token))
			return false;
		if (n < most || !row_value_is_blank(self, v))
			self->n_values = n + 1;
	}
	return token == TOKEN_CLOSE;
}

bool row_read(struct self *self, enum token token)
{
	struct lexer *lex = &self->lexer;
	bool ok;

	self->strange = token != (self->arrays ? TOKEN_ARRAY : TOKEN_OBJECT);
	if (self->strange)
		ok = lexer_skip(lex, token);
	else
		ok = self->arrays ? array_read(self) : object_read(self, &self->shape);
	/* However large the window is. */
	if (ok && lexer_position(lex) - lex->keep > (uint64_t)self->max_row) {
		lexer_too_large(lex, lex->keep);
		ok = false;
	}
	return ok;
}

struct mu_string row_text(const struct self *self, const struct value *v)
{
	if (v->copied)
		return (struct mu_string){ self->space + v->copy, v->len };
	return (struct mu_string){ lexer_bytes(&self->lexer, v->from), v->to - v->from };
}

void row_cells(struct self *self)
{
	size_t most = (size_t)self->options.max_columns, n = self->n_values, i;

	if (self->arrays && n > most)
		n = most;
	for (i = 0; i < n; i++) {
		const struct value *v = &self->values[i];
		struct cell *cell = &self->cells[i];

		cell->kind = v->kind;
		cell->truth = v->truth;
		if (v->kind != CELL_BLANK)
			cell->text = row_text(self, v);
	}
}

enum token row_begin(struct self *self, uint64_t *start)
{
	struct lexer *lex = &self->lexer;
	enum token token;

	if (!self->arrays && self->n_cells)
		memset(self->values, 0, self->n_cells * sizeof *self->values);
	self->n_values = self->arrays ? 0 : self->n_cells;
	self->space_len = self->twice.len = self->late.len = 0;
	self->wide = self->is_twice = self->is_late = false;
	self->other_shape = NULL;
	if (self->layout == LAYOUT_LINES)
		lex->expect = EXPECT_VALUE;
	if (lexer_peek(lex) < 0 && self->layout == LAYOUT_LINES)
		return lex->err || lex->problem.code ? TOKEN_BROKEN : TOKEN_END;
	lexer_hold(lex);
	token = lexer_next(lex);
	/* Behind a comma. */
	*start = lex->start;
	if (token != TOKEN_NAME)
		return token;
	if (!string_take(self, &self->name))
		return TOKEN_BROKEN;
	if (self->key_cell != NO_COLUMN)
		self->values[self->key_cell] = self->name;
	return lexer_next(lex);
}
