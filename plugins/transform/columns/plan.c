#include "columns.h"

#include <stdlib.h>

#include "text/language.h"
#include "text/pattern.h"

static struct column *column_find(const struct self *self, const char *name)
{
	for (size_t i = 0; i < self->count; i++)
		if (!strcmp(self->columns[i].name, name))
			return &self->columns[i];
	return NULL;
}

/* The column that an option names; NULL, and `err` set, when there is none. */
static struct column *column_named(struct mu_ctx *ctx, const struct self *self,
				   const char *const *option, int *err)
{
	struct column *c = column_find(self, *option);
	const char **names;

	if (c)
		return c;
	names = mu_alloc(ctx, (self->count + 1) * sizeof *names);
	for (size_t i = 0; i < self->count; i++)
		names[i] = self->columns[i].name;
	*err = mu_no_column(ctx, option, names);
	return NULL;
}

/* Likewise of one with text. */
static struct column *text_named(struct mu_ctx *ctx, const struct self *self,
				 const char *const *option, int *err)
{
	struct column *c = column_named(ctx, self, option, err);

	if (!c || c->taken == MU_STRING)
		return c;
	*err = mu_invalid(ctx, option, "column '%s' holds no text: it is of type %s", *option,
			  mu_data_name(c->taken));
	return NULL;
}

static bool name_is_hidden(const char *name)
{
	return !strcmp(name, MU_AT) || !strcmp(name, MU_CLAIM);
}

static void columns_begin(struct mu_ctx *ctx, struct self *self)
{
	size_t visible = (size_t)mu_schema_visible(ctx->schema);

	self->columns = mu_alloc(ctx, (visible + self->set.count) * sizeof *self->columns);
	self->cells = mu_alloc(ctx, visible * sizeof *self->cells);
	for (size_t i = 0; i < visible; i++) {
		const struct ArrowSchema *like = ctx->schema->children[i];
		enum mu_data type = mu_schema_type(like);

		self->columns[i] = (struct column){
			.name = like->name,
			.seen = like->name,
			.type = type,
			.taken = type,
			.measure = mu_schema_measure(like),
			.in = (int64_t)i,
			.like = like,
		};
	}
	self->count = visible;
}

static bool name_is_free(const struct self *self, const struct column *but, const char *name)
{
	for (size_t i = 0; i < self->count; i++)
		if (&self->columns[i] != but && !strcmp(self->columns[i].name, name))
			return false;
	return !name_is_hidden(name);
}

/* All names change at once, so that two columns can change places. */
static int rename_plan(struct mu_ctx *ctx, struct self *self)
{
	struct mu_pair *pairs = self->rename.items;
	struct column **renamed = mu_alloc(ctx, self->rename.count * sizeof *renamed);
	int err = 0;
	size_t i, j;

	for (i = 0; i < self->rename.count && !err; i++) {
		renamed[i] = column_named(ctx, self, &pairs[i].value, &err);
		for (j = 0; j < i && !err; j++)
			if (renamed[j] == renamed[i])
				err = mu_invalid(ctx, &pairs[i].value,
						 "column '%s' is renamed twice", pairs[i].value);
	}
	for (i = 0; i < self->rename.count && !err; i++)
		renamed[i]->name = pairs[i].name;
	for (i = 0; i < self->rename.count && !err; i++)
		if (!name_is_free(self, renamed[i], pairs[i].name))
			err = mu_invalid(ctx, &pairs[i].name, "there is a column '%s' already",
					 pairs[i].name);
	return err;
}

/* A text that is the same for all rows. */
static int constant_plan(struct mu_ctx *ctx, const struct set *set, struct column *c)
{
	if (value_parse(NULL, c->type, mu_string(set->value), &c->constant) != VALUE_OK)
		return mu_invalid(ctx, &set->value, "'%s' is not of type %s", set->value,
				  mu_data_name(c->type));
	return 0;
}

/* Which column that comes in it is made of. */
static int source_plan(struct mu_ctx *ctx, const struct self *self, const struct set *set,
		       struct column *c)
{
	const struct column *source;
	enum mu_data type;
	int err = 0;

	source = column_named(ctx, self, &set->column, &err);
	if (!source)
		return err;
	if (source->set)
		return mu_invalid(ctx, &set->column, "column '%s' is itself set in this stage",
				  set->column);
	type = set->match ? MU_STRING : source->type;
	if (!value_castable(type, c->type))
		return mu_invalid(ctx, &set->type,
				  "column '%s' is of type %s, which cannot become "
				  "%s",
				  set->column, mu_data_name(type), mu_data_name(c->type));
	c->in = source->in;
	c->like = source->like;
	c->seen = source->seen;
	return 0;
}

/* Which columns that come in it is the sum of. */
static int sum_plan(struct mu_ctx *ctx, const struct self *self, struct set *set, struct column *c)
{
	int err = 0;

	if (c->type != MU_INTEGER)
		return mu_invalid(ctx, &set->type, "column '%s' is a sum: its type is integer",
				  set->name);
	set->summed = mu_alloc(ctx, set->sum.count * sizeof *set->summed);
	for (size_t i = 0; i < set->sum.count && !err; i++) {
		const struct column *part = column_named(ctx, self, &set->sum.items[i], &err);

		if (part && (part->set || part->type != MU_INTEGER))
			err = mu_invalid(ctx, &set->sum.items[i],
					 "column '%s' is no column of integers that comes in",
					 set->sum.items[i]);
		else if (part)
			set->summed[i] = part->in;
	}
	return err;
}

static int set_plan(struct mu_ctx *ctx, struct self *self, struct set *set)
{
	struct column *old = column_find(self, set->name);
	struct column c = { .name = set->name, .seen = set->name, .in = -1, .set = set };
	int err = 0;

	c.type = c.taken = type_chosen(set->type);
	if ((old && (old->set || !set->column || strcmp(set->column, set->name) != 0)) ||
	    name_is_hidden(set->name))
		return mu_invalid(ctx, &set->name, "there is a column '%s' already", set->name);
	if (set->value)
		err = constant_plan(ctx, set, &c);
	else if (set->sum.count)
		err = sum_plan(ctx, self, set, &c);
	else if (set->column)
		err = source_plan(ctx, self, set, &c);
	if (!err && set->match)
		err = pattern_compile(ctx, &set->match, set->match, false, &set->pattern);
	if (!err && old)
		*old = c;
	else if (!err)
		self->columns[self->count++] = c;
	return err;
}

static int trim_plan(struct mu_ctx *ctx, struct self *self, const char *const *name)
{
	int err = 0;
	struct column *c = text_named(ctx, self, name, &err);

	if (c)
		c->trimmed = true;
	return err;
}

static int normalise_plan(struct mu_ctx *ctx, struct self *self, const struct normal *normal)
{
	int err = 0;
	struct column *c = text_named(ctx, self, &normal->name, &err);

	if (!c)
		return err;
	if (c->normal)
		return mu_invalid(ctx, &normal->name, "column '%s' is normalised twice", c->name);
	c->normal = normal;
	return 0;
}

static int replace_plan(struct mu_ctx *ctx, struct self *self,
			const struct replacement *replacement)
{
	int err = 0;
	struct column *c = text_named(ctx, self, &replacement->name, &err);

	if (!c)
		return err;
	if (c->replacement)
		return mu_invalid(ctx, &replacement->name, "column '%s' is replaced twice",
				  c->name);
	c->replacement = replacement;
	return 0;
}

static int cast_plan(struct mu_ctx *ctx, struct self *self, struct cast *cast)
{
	int err = 0;
	struct column *c = column_named(ctx, self, &cast->name, &err);
	enum mu_data type = type_chosen(cast->type);

	if (!c)
		return err;
	if (c->cast)
		return mu_invalid(ctx, &cast->name, "column '%s' is cast twice", c->name);
	if (!value_castable(c->taken, type))
		return mu_invalid(ctx, &cast->type,
				  "column '%s' is of type %s, which cannot become %s", c->name,
				  mu_data_name(c->taken), mu_data_name(type));
	if (cast->decimals && type != MU_NUMBER)
		return mu_invalid(ctx, &cast->decimals,
				  "column '%s' becomes no number, so it has no decimals", c->name);
	if (c->taken == type && !cast->decimals)
		return 0;
	c->cast = cast;
	c->type = type;
	c->measure = false;
	if (cast->language || cast->format)
		err = language_open(ctx, cast->language ? cast->language : "en", &cast->writes);
	return err;
}

static int measure_plan(struct mu_ctx *ctx, struct self *self, const char *const *name)
{
	int err = 0;
	struct column *c = column_named(ctx, self, name, &err);

	if (!c)
		return err;
	if (c->type != MU_INTEGER)
		return mu_invalid(ctx, name,
				  "column '%s' is of type %s, and a measure has to be an integer",
				  c->name, mu_data_name(c->type));
	c->measure = true;
	return 0;
}

static int drop_plan(struct mu_ctx *ctx, struct self *self)
{
	int err = 0;
	size_t i;

	for (i = 0; i < self->drop.count && !err; i++) {
		struct column *c = column_named(ctx, self, &self->drop.items[i], &err);

		if (c)
			c->dropped = true;
	}
	for (i = 0; i < self->count; i++)
		if (!self->columns[i].dropped)
			self->order[self->n_order++] = i;
	if (!err && !self->n_order)
		return mu_invalid(ctx, &self->drop, "no column would be left");
	return err;
}

static int select_plan(struct mu_ctx *ctx, struct self *self)
{
	struct column *c;
	int err = 0;
	size_t i;

	for (i = 0; i < self->count; i++)
		self->columns[i].dropped = true;
	for (i = 0; i < self->select.count && !err; i++) {
		c = column_named(ctx, self, &self->select.items[i], &err);
		if (c && !c->dropped)
			err = mu_invalid(ctx, &self->select.items[i],
					 "column '%s' is selected twice", c->name);
		if (err)
			break;
		c->dropped = false;
		self->order[self->n_order++] = (size_t)(c - self->columns);
	}
	return err;
}

/* Adds a column as it comes out. */
static int schema_add(struct ArrowSchema *schema, const struct column *c)
{
	char origin[256];
	bool known;

	if (c->like && mu_schema_type(c->like) == c->type &&
	    mu_schema_measure(c->like) == c->measure)
		return mu_schema_add_copy(schema, c->like, c->name);
	known = c->like && mu_schema_from(c->like, origin, sizeof origin);
	return mu_schema_add(schema, c->name, c->type, c->measure, known ? origin : NULL);
}

static int schemas_make(const struct ArrowSchema *in, struct self *self)
{
	int err = mu_schema_init(&self->schema);
	int64_t i;

	if (!err)
		err = mu_schema_init(&self->computed);
	for (size_t k = 0; k < self->n_order && !err; k++) {
		const struct column *c = &self->columns[self->order[k]];

		err = schema_add(&self->schema, c);
		if (!err && column_is_computed(c))
			err = schema_add(&self->computed, c);
	}
	for (i = mu_schema_visible(in); i < in->n_children && !err; i++)
		err = mu_schema_add_copy(&self->schema, in->children[i], NULL);
	if (!err && self->computed.n_children)
		err = mu_builder_init(&self->builder, &self->computed);
	return err;
}

int plan_make(struct mu_ctx *ctx, struct self *self)
{
	struct set *set = self->set.items;
	struct normal *normal = self->normalise.items;
	struct replacement *replace = self->replace.items;
	struct cast *cast = self->cast.items;
	size_t i;
	int err;

	columns_begin(ctx, self);
	err = rename_plan(ctx, self);
	for (i = 0; i < self->set.count && !err; i++)
		err = set_plan(ctx, self, &set[i]);
	for (i = 0; i < self->trim.count && !err; i++)
		err = trim_plan(ctx, self, &self->trim.items[i]);
	for (i = 0; i < self->normalise.count && !err; i++)
		err = normalise_plan(ctx, self, &normal[i]);
	for (i = 0; i < self->replace.count && !err; i++)
		err = replace_plan(ctx, self, &replace[i]);
	for (i = 0; i < self->cast.count && !err; i++)
		err = cast_plan(ctx, self, &cast[i]);
	for (i = 0; i < self->measure.count && !err; i++)
		err = measure_plan(ctx, self, &self->measure.items[i]);
	self->order = mu_alloc(ctx, self->count * sizeof *self->order);
	if (!err)
		err = self->select.count ? select_plan(ctx, self) : drop_plan(ctx, self);
	if (!err && schemas_make(ctx->schema, self))
		err = mu_fail(ctx, ENOMEM, "out of memory");
	return err;
}

void plan_release(struct self *self)
{
	struct set *set = self->set.items;
	struct cast *cast = self->cast.items;
	size_t i;

	for (i = 0; i < self->count; i++) {
		memos_release(&self->columns[i]);
		free(self->columns[i].result.data);
	}
	for (i = 0; i < self->set.count; i++)
		pattern_free(set[i].pattern);
	for (i = 0; i < self->cast.count; i++)
		language_close(cast[i].writes);
	free(self->wide.data);
	free(self->wider.data);
	mu_builder_release(&self->builder);
	mu_schema_release(&self->computed);
	mu_schema_release(&self->schema);
}
