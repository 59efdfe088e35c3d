#include "table/column.h"

#include <errno.h>

const char *const column_types[] = { "string", "integer", "number", "boolean", "date", NULL };

const struct mu_option claim_options[] = {
	MU_OPT_TEXT(struct declared_claim, name, .required = true,
		    .help = "name of the level that it is a total of"),
	MU_OPT_TEXT(struct declared_claim, column, .required = true,
		    .help = "the column that tells it from the rows"),
	MU_OPT_TEXT(struct declared_claim, match, .required = true,
		    .help = "what is written there; \"\" for nothing"),
	{ 0 },
};

static bool type_is(const struct declared_column *c, const char *type)
{
	return !strcmp(column_types[c->type], type);
}

static int name_check(struct mu_ctx *ctx, const struct mu_items *columns,
		      const struct declared_column *c)
{
	const struct declared_column *earlier;
	int err = 0;

	if (!*c->name)
		err = mu_invalid(ctx, &c->name, "a column needs a name");
	else if (!strcmp(c->name, MU_AT) || !strcmp(c->name, MU_CLAIM))
		err = mu_invalid(ctx, &c->name, "the name '%s' is muster's own", c->name);
	for (earlier = columns->items; earlier < c; earlier++)
		if (!strcmp(earlier->name, c->name))
			err = mu_invalid(ctx, &c->name, "two columns are called '%s'", c->name);
	return err;
}

static bool text_among(const struct mu_texts *texts, const char *text)
{
	size_t i;

	for (i = 0; i < texts->count; i++)
		if (text_equal(mu_trim(mu_string(texts->items[i])), mu_trim(mu_string(text))))
			return true;
	return false;
}

static int zero_check(struct mu_ctx *ctx, const struct declared_column *c)
{
	size_t i;

	if (c->zero.count && !type_is(c, "integer") && !type_is(c, "number"))
		return mu_invalid(ctx, &c->zero, "a column of type %s has no 0",
				  column_types[c->type]);
	for (i = 0; i < c->zero.count; i++)
		if (text_among(&c->missing, c->zero.items[i]))
			return mu_invalid(ctx, &c->zero.items[i],
					  "'%s' cannot mean both 0 and that there is no value",
					  c->zero.items[i]);
	return 0;
}

/* A status speaks of another column, and has no cell. */
static int status_check(struct mu_ctx *ctx, const struct mu_items *columns,
			const struct declared_column *c)
{
	const struct declared_column *all = columns->items, *other;

	if (!c->status_of)
		return 0;
	if (c->header.count || c->position || c->type || c->missing.count)
		return mu_invalid(
			ctx, &c->status_of,
			"a column with status_of reads no cell: it has nothing but a name");
	for (other = all; other < all + columns->count; other++)
		if (!strcmp(other->name, c->status_of) && !other->status_of)
			return 0;
	return mu_invalid(ctx, &c->status_of, "no column with cells is called '%s'", c->status_of);
}

int columns_check(struct mu_ctx *ctx, const struct mu_items *columns)
{
	const struct declared_column *all = columns->items, *c;
	int err = 0;

	for (c = all; c && c < all + columns->count; c++) {
		if (name_check(ctx, columns, c))
			err = EINVAL;
		if (zero_check(ctx, c) || status_check(ctx, columns, c))
			err = EINVAL;
		if (c->measure && !type_is(c, "integer"))
			err = mu_invalid(ctx, &c->measure, "a measure is of type integer, not %s",
					 column_types[c->type]);
	}
	return err;
}

static bool column_declared(const struct mu_items *columns, const char *name)
{
	const struct declared_column *c = columns->items;
	size_t i;

	for (i = 0; i < columns->count; i++)
		if (!strcmp(c[i].name, name))
			return true;
	return false;
}

int claims_check(struct mu_ctx *ctx, const struct mu_items *columns, const struct mu_items *claims,
		 const char *const *all_claims)
{
	const struct declared_claim *all = claims->items, *c;
	int err = 0;

	for (c = all; c && c < all + claims->count; c++) {
		if (!*c->name)
			err = mu_invalid(ctx, &c->name, "a claim needs a name");
		if (columns->count && !column_declared(columns, c->column))
			err = mu_invalid(ctx, &c->column, "no column is called '%s'", c->column);
	}
	if (*all_claims && !**all_claims)
		err = mu_invalid(ctx, all_claims, "a claim needs a name");
	if (*all_claims && claims->count)
		err = mu_invalid(ctx, all_claims,
				 "either claims tells which rows are totals, or all are");
	return err;
}

int positions_check(struct mu_ctx *ctx, const struct mu_items *columns)
{
	const struct declared_column *all = columns->items, *c;
	size_t told = 0, cells = 0;

	for (c = all; c && c < all + columns->count; c++) {
		cells += !c->status_of;
		told += c->position > 0;
	}
	for (c = all; c && c < all + columns->count; c++)
		if (told && told < cells && !c->position && !c->status_of)
			return mu_invalid(ctx, &c->name,
					  "without a header all columns have a position, or none");
	return 0;
}

const char *column_name_problem(struct mu_string name)
{
	if (!mu_trim(name).len)
		return "is blank";
	if (name.len > COLUMN_NAME_MAX)
		return "is too long";
	if (memchr(name.data, '\0', name.len))
		return "holds a zero byte";
	if (mu_string_is(name, MU_AT) || mu_string_is(name, MU_CLAIM))
		return "is muster's own";
	return NULL;
}
