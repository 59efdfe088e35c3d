#include "json.h"

#include <inttypes.h>
#include <stdlib.h>

/* The member that a column is of. */
static struct pointer field_pointer(struct mu_ctx *ctx, const struct declared_column *c)
{
	const char *field = c->header.count ? c->header.items[0] : c->name;
	struct pointer one = { .names = mu_alloc(ctx, sizeof *one.names), .n = 1 };

	if (c->header.count && *field == '/')
		return pointer_read(ctx, field);
	one.names[0] = mu_string(field);
	return one;
}

static bool is_key(const struct self *self, const struct declared_column *c)
{
	return self->key && !strcmp(self->key, c->name);
}

/* Puts a column into the shape, and gives back the cell that it is read from: another
 * column may have the same. */
static bool shape_place(struct self *self, const struct pointer *field, size_t *cell)
{
	struct shape *shape = &self->shape;
	struct entry *e = NULL;
	uint64_t index;
	size_t i;

	for (i = 0; i < field->n; i++) {
		e = shape_add(shape, field->names[i]);
		if (!e)
			return false;
		if (pointer_index(field->names[i], &index) && index >= shape->elements)
			shape->elements = index + 1;
		if (i + 1 == field->n)
			break;
		if (!e->below) {
			e->below = &self->shapes[self->n_shapes++];
			e->below->most = shape->most;
		}
		shape = e->below;
	}
	if (e && e->column == NO_COLUMN)
		e->column = self->n_cells++;
	*cell = e ? e->column : NO_COLUMN;
	return e;
}

/* Memory for the shapes below that of a row: one for each name of a pointer will do. */
static void shapes_take(struct mu_ctx *ctx, struct self *self)
{
	const struct declared_column *columns = self->options.columns.items;
	size_t n = 1, i, k;

	for (i = 0; i < self->options.columns.count; i++)
		for (k = 0; k < columns[i].header.count; k++)
			n += field_pointer(ctx, &columns[i]).n;
	self->shapes = mu_alloc(ctx, n * sizeof *self->shapes);
}

/* Columns as tables_open() takes them without a header: each with the place of its cell. */
static int objects_prepare(struct mu_ctx *ctx, struct self *self)
{
	const struct declared_column *columns = self->options.columns.items;
	size_t count = self->options.columns.count, cell, i;
	struct declared_column *own = mu_alloc(ctx, (count + 1) * sizeof *own);
	struct pointer field;

	shapes_take(ctx, self);
	for (i = 0; i < count; i++) {
		own[i] = columns[i];
		own[i].header.count = 0;
		own[i].optional = false;
		if (own[i].status_of)
			continue;
		cell = self->key_cell;
		field = field_pointer(ctx, &columns[i]);
		if (is_key(self, &columns[i]))
			cell = self->key_cell = self->n_cells++;
		else if (!shape_place(self, &field, &cell))
			return json_out_of_memory(ctx);
		own[i].position = (int64_t)cell + 1;
	}
	self->adapted.columns.items = own;
	return 0;
}

static struct mu_string known_name(const struct self *self, size_t i)
{
	const struct mu_map_entry *key = &self->shape.map.entries[i];

	return (struct mu_string){ (const char *)key->key, key->len };
}

/* Meets the names of the first rows. */
static int names_read(struct mu_ctx *ctx, struct self *self)
{
	struct lexer *lex = &self->lexer;
	size_t most = self->shape.most, n = 0;
	enum token token = TOKEN_NULL;
	uint64_t start;

	rows_seek(self, self->first, self->text.len);
	while (n++ < FIRST_ROWS && lexer_position(lex) - self->first < FIRST_BYTES) {
		token = row_begin(self, &start);
		if (token <= TOKEN_CLOSE || !row_read(self, token))
			break;
		/* Those that are too many come late. */
		self->shape.known = self->shape.map.count < most ? self->shape.map.count : most;
		lexer_let_go(lex);
		lexer_comma(lex);
	}
	return json_note_problem(ctx, self);
}

static int columns_list(struct mu_ctx *ctx, struct self *self)
{
	struct declared_column *own;
	size_t n = 0, i;
	int err;

	self->shapes = NULL;
	err = names_read(ctx, self);
	if (err)
		return err;
	own = mu_alloc(ctx, (self->shape.known + 1) * sizeof *own);
	if (self->key) {
		self->key_cell = self->n_cells++;
		own[n++] = (struct declared_column){ .name = self->key, .position = 1 };
	}
	for (i = 0; i < self->shape.known; i++) {
		struct mu_string name = known_name(self, i);
		char *copy;

		if (column_name_problem(name) || (self->key && mu_string_is(name, self->key)))
			continue;
		copy = mu_alloc(ctx, name.len + 1);
		memcpy(copy, name.data, name.len);
		self->shape.entries[i].column = self->n_cells++;
		own[n++] = (struct declared_column){ .name = copy,
						     .position = (int64_t)self->n_cells };
	}
	self->listed = true;
	self->adapted.columns = (struct mu_items){ n, own };
	return 0;
}

static void arrays_refuse(struct self *self, const char *why)
{
	lexer_break(&self->lexer, "rows", self->first, "%s", why);
}

/* Whether the options are for rows that are arrays, or objects, as they are. */
static bool options_suit(struct self *self)
{
	const struct declared_column *c = self->options.columns.items;
	const char *why = NULL;

	if (!self->arrays && self->header)
		why = "the rows are objects, so the first one is no header";
	else if (self->key && (self->arrays || self->layout != LAYOUT_OBJECT))
		why = "the option key is for rows that are objects in an object, with names";
	else if (self->arrays && !self->header && !self->options.columns.count)
		why = "the rows are arrays: name their columns, or say header: true";
	for (size_t i = 0; !why && i < self->options.columns.count; i++) {
		if (!self->arrays && c[i].position)
			why = "the rows are objects, so columns have no position";
		else if (self->arrays && !self->header && c[i].header.count)
			why = "the rows are arrays, so columns are told by position, not field";
	}
	if (why)
		arrays_refuse(self, why);
	return !why;
}

/* Gives the rows of the header. */
static int header_read(struct mu_ctx *ctx, struct self *self)
{
	enum token token;
	uint64_t start;
	int err = 0;

	rows_seek(self, self->first, self->text.len);
	while (!err && !tables_ready(self->table)) {
		token = row_begin(self, &start);
		if (token <= TOKEN_CLOSE || !row_read(self, token))
			break;
		row_cells(self);
		if (!self->strange)
			err = tables_line(ctx, self->table,
					  &(struct line){ self->cells, self->n_values, start });
		lexer_let_go(&self->lexer);
		lexer_comma(&self->lexer);
		self->data = lexer_position(&self->lexer);
	}
	return err ? err : json_note_problem(ctx, self);
}

static void arrays_prepare(struct mu_ctx *ctx, struct self *self)
{
	const struct declared_column *columns = self->options.columns.items;
	size_t count = self->options.columns.count, i;
	struct declared_column *own = mu_alloc(ctx, (count + 1) * sizeof *own);

	for (i = 0; i < count; i++) {
		own[i] = columns[i];
		own[i].optional = columns[i].optional && self->header;
	}
	self->adapted.columns.items = own;
	self->adapted.header_rows = self->header;
	self->n_cells = (size_t)self->options.max_columns;
	self->whole = self->whole || self->header;
}

static void memory_take(struct mu_ctx *ctx, struct self *self)
{
	size_t n = self->n_cells + 1;

	self->values = mu_alloc(ctx, n * sizeof *self->values);
	self->cells = mu_alloc(ctx, n * sizeof *self->cells);
	self->seen = mu_alloc(ctx, n * sizeof *self->seen);
	self->lacks = mu_alloc(ctx, n * sizeof *self->lacks);
}

int columns_prepare(struct mu_ctx *ctx, struct self *self)
{
	struct table_form form = { .typed = true };
	int err = 0;

	self->adapted = self->options;
	self->adapted.header_rows = 0;
	self->key_cell = NO_COLUMN;
	self->shape.most = (size_t)self->options.max_columns;
	if (!self->problem.code && !options_suit(self))
		err = json_note_problem(ctx, self);
	if (self->problem.code && !self->options.columns.count)
		self->listed = true;
	else if (self->arrays)
		arrays_prepare(ctx, self);
	else if (self->options.columns.count)
		err = objects_prepare(ctx, self);
	else
		err = columns_list(ctx, self);
	if (err)
		return err;
	memory_take(ctx, self);
	if (!self->arrays)
		self->adapted.max_columns = INT32_MAX;
	self->table = tables_open(ctx, &self->adapted, &form);
	if (self->arrays && self->header && !self->problem.code)
		err = header_read(ctx, self);
	return err ? err : tables_schema(ctx, self->table, &self->schema);
}

/* The columns that are declared. */
static int declared_schema(struct mu_ctx *ctx, const struct self *self, struct ArrowSchema *out)
{
	const struct declared_column *c = self->options.columns.items;
	int err = mu_schema_init(out);

	for (size_t i = 0; !err && i < self->options.columns.count; i++)
		err = mu_schema_add(out, c[i].name, (enum mu_data)(MU_STRING + c[i].type),
				    c[i].measure, NULL);
	if (!err)
		err = mu_schema_add_hidden(out);
	return err ? json_out_of_memory(ctx) : 0;
}

int columns_open(struct mu_ctx *ctx, struct self *self, struct ArrowSchema *out)
{
	int err;

	if (self->options.columns.count)
		return declared_schema(ctx, self, out);
	err = json_prepare(ctx, self);
	if (!err && !self->schema.release) /* it was told why */
		return declared_schema(ctx, self, out);
	return err ? err : mu_schema_copy(out, &self->schema);
}

void columns_release(struct self *self)
{
	for (size_t i = 0; i < self->n_shapes; i++)
		shape_release(&self->shapes[i]);
	shape_release(&self->shape);
	tables_close(self->table);
	mu_schema_release(&self->schema);
}

static int key_compare(const void *a, const void *b)
{
	const struct mu_map_entry *x = *(const struct mu_map_entry *const *)a;
	const struct mu_map_entry *y = *(const struct mu_map_entry *const *)b;
	int order = memcmp(x->key, y->key, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* The names of rows that no column asks for, or those of them that look like a name, in an
 * order that does not depend on who read which row. */
static void unused_names(struct mu_ctx *ctx, const struct shape *shape,
			 const struct mu_string *alike, struct phrase *out)
{
	size_t n = shape->map.count - shape->known, i;
	const struct mu_map_entry **keys = mu_alloc(ctx, (n + 1) * sizeof *keys);

	for (i = 0; i < n; i++)
		keys[i] = &shape->map.entries[shape->known + i];
	qsort(keys, n, sizeof *keys, key_compare);
	for (i = 0; i < n; i++) {
		struct mu_string name = { (const char *)keys[i]->key, keys[i]->len };

		if (alike && !charset_names_look_alike(name, *alike))
			continue;
		phrase_puts(out, out->len ? ", '" : "'");
		charset_name_show(out, name);
		phrase_puts(out, "'");
	}
}

static int report_missing(struct mu_ctx *ctx, const struct self *self, const char *field,
			  const char *member)
{
	struct mu_finding missing = { .code = "column-missing", .field = field };
	struct phrase name = { .len = 0 }, others = { .len = 0 };

	phrase_add(&name, member, strlen(member));
	if (!self->listed)
		unused_names(ctx, &self->shape, NULL, &others);
	return mu_report(ctx, missing, "no row has the member '%s'%s%s", name.text,
			 others.len ? "; not read are " : "", others.text);
}

static const char *member_of(const struct declared_column *c)
{
	return c->header.count ? c->header.items[0] : c->name;
}

/* A row that has members, but none with a value that a column is of, would be taken for a
 * blank one. */
static int report_stranger(struct mu_ctx *ctx, const struct self *self, uint64_t position)
{
	const struct declared_column *c = self->options.columns.items;
	const struct mu_map_entry *key = &self->other_shape->map.entries[self->other];
	struct mu_finding wrong = { .code = "column-missing",
				    .at = mu_at(ctx->document->id, position) };
	struct phrase has = { .len = 0 }, wanted = { .len = 0 };

	charset_name_show(&has, (struct mu_string){ (const char *)key->key, key->len });
	for (size_t i = 0; i < self->options.columns.count; i++) {
		if (c[i].status_of || is_key(self, &c[i]))
			continue;
		phrase_puts(&wanted, wanted.len ? ", '" : "'");
		phrase_add(&wanted, member_of(&c[i]), strlen(member_of(&c[i])));
		phrase_puts(&wanted, "'");
	}
	return mu_report(ctx, wrong,
			 "the row has the member '%s', but no value in any that a column is of: %s",
			 has.text, wanted.text);
}

int columns_lack(struct mu_ctx *ctx, struct self *self, uint64_t position)
{
	bool blank = true;

	if (!self->other_shape || self->arrays || self->listed)
		return 0;
	for (size_t i = 0; blank && i < self->n_cells; i++)
		blank = i == self->key_cell || row_value_is_blank(self, &self->values[i]);
	if (blank)
		return report_stranger(ctx, self, position);
	for (size_t i = 0; i < self->n_cells; i++)
		if (!self->values[i].to && !self->lacks[i].rows++)
			self->lacks[i].first = position;
	return 0;
}

static int report_lack(struct mu_ctx *ctx, const struct declared_column *c, const struct lack *lack)
{
	struct mu_finding missing = { .severity = MU_WARNING,
				      .code = "member-missing",
				      .at = mu_at(ctx->document->id, lack->first),
				      .field = c->name };
	struct phrase name = { .len = 0 };

	phrase_add(&name, member_of(c), strlen(member_of(c)));
	return mu_report(ctx, missing,
			 "%" PRIu64 " %s not have the member '%s', but others that no column is "
			 "of; it has no value there",
			 lack->rows, lack->rows == 1 ? "row does" : "rows do", name.text);
}

/* Tells of members that only look like the one that an optional column is of, or like one
 * that it is in. */
static int report_alike(struct mu_ctx *ctx, const struct self *self,
			const struct declared_column *c)
{
	struct mu_finding missing = { .code = "column-missing", .field = c->name };
	struct pointer field = field_pointer(ctx, c);
	const struct shape *shape = &self->shape;
	int err = 0;

	for (size_t n = 0; !err && shape && n < field.n; n++) {
		struct phrase has = { .len = 0 }, wanted = { .len = 0 };
		size_t below;

		unused_names(ctx, shape, &field.names[n], &has);
		phrase_add(&wanted, field.names[n].data, field.names[n].len);
		if (has.len)
			err = mu_report(ctx, missing, "rows have %s, which only looks like '%s'",
					has.text, wanted.text);
		below = mu_map_find(&shape->map, field.names[n].data, field.names[n].len);
		shape = below == SIZE_MAX ? NULL : shape->entries[below].below;
	}
	return err;
}

static int report_declared(struct mu_ctx *ctx, const struct self *self)
{
	const struct declared_column *c = self->options.columns.items;
	int err = 0;

	for (size_t i = 0; !err && i < self->options.columns.count; i++) {
		size_t cell = tables_cell_of(self->table, c[i].name);

		if (c[i].status_of || cell == self->key_cell)
			continue;
		if (c[i].optional)
			err = report_alike(ctx, self, &c[i]);
		else if (!self->seen[cell])
			err = report_missing(ctx, self, c[i].name, member_of(&c[i]));
		else if (self->lacks[cell].rows)
			err = report_lack(ctx, &c[i], &self->lacks[cell]);
	}
	return err;
}

/* A name that looks like another one. */
static int report_name_odd(struct mu_ctx *ctx, struct mu_string name)
{
	unsigned code = charset_name_odd(name);
	struct mu_finding odd = {
		.severity = MU_WARNING, .code = "control", .value = name.data, .value_len = name.len
	};
	struct phrase shown = { .len = 0 };

	charset_name_show(&shown, name);
	return code ? mu_report(ctx, odd,
				"the name of the member '%s' has the character U+%04X, %s",
				shown.text, code, charset_control_kind(code))
		    : 0;
}

/* Names that cannot be those of columns, and claims that are told by none. */
static int report_listed(struct mu_ctx *ctx, const struct self *self)
{
	const struct declared_claim *claims = self->options.claims.items;
	struct mu_finding wrong = { .code = "header" };
	int err = 0;
	size_t i;

	for (i = 0; !err && i < self->shape.known; i++) {
		struct mu_string name = known_name(self, i);
		const char *why = column_name_problem(name);
		struct phrase shown = { .len = 0 };

		if (self->shape.entries[i].column != NO_COLUMN) {
			err = report_name_odd(ctx, name);
			continue;
		}
		phrase_add(&shown, (const char *)name.data, name.len);
		err = mu_report(ctx, wrong, "the name of the member '%s' %s", shown.text,
				why ? why : "is that of the option key");
	}
	for (i = 0; !err && i < self->options.claims.count; i++)
		if (tables_cell_of(self->table, claims[i].column) == SIZE_MAX)
			err = report_missing(ctx, self, NULL, claims[i].column);
	return err;
}

int columns_report(struct mu_ctx *ctx, const struct self *self)
{
	if (self->arrays || !self->n_rows)
		return 0;
	return self->listed ? report_listed(ctx, self) : report_declared(ctx, self);
}
