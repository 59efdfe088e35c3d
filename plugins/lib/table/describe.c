#include "table/describe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

const char *const column_types[] = { "string", "integer", "number", "boolean", "date", NULL };

const struct mu_option table_column_options[] = {
	COLUMN_OPTION_NAME,
	MU_OPT_TEXTS(struct declared_column, header, .max = 20,
		     .help = "its name in the document, where that is another; or what it has in "
			     "each row of the header, \"*\" for anything"),
	MU_OPT_INT(struct declared_column, position, .min = 1, .max = 10000,
		   .help = "which column of the table it is, from 1, where no header tells"),
	COLUMN_OPTIONS,
	{ 0 },
};

const struct mu_option table_claim_options[] = {
	MU_OPT_TEXT(struct declared_claim, name, .required = true,
		    .help = "name of the level that it is a total of"),
	MU_OPT_TEXT(struct declared_claim, column, .required = true,
		    .help = "the column that tells it from the rows"),
	MU_OPT_TEXT(struct declared_claim, match,
		    .help = "what is written there; \"\" for nothing"),
	MU_OPT_TEXT(struct declared_claim, pattern,
		    .help = "or a pattern that is found in it; a document has such a claim, unless "
			    "it is optional"),
	MU_OPT_BOOL(struct declared_claim, optional,
		    .help = "whether a document may do without a claim that a pattern tells"),
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

static int columns_check(struct mu_ctx *ctx, const struct mu_items *columns)
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

static int pattern_check(struct mu_ctx *ctx, const char *const *option)
{
	struct pattern *pattern = NULL;
	int err = pattern_compile(ctx, option, *option, false, &pattern);

	pattern_free(pattern);
	return err;
}

static int claims_check(struct mu_ctx *ctx, const struct mu_items *columns,
			const struct mu_items *claims, const char *const *all_claims)
{
	const struct declared_claim *all = claims->items, *c;
	int err = 0;

	for (c = all; c && c < all + claims->count; c++) {
		if (!*c->name)
			err = mu_invalid(ctx, &c->name, "a claim needs a name");
		if (!c->match == !c->pattern)
			err = mu_invalid(
				ctx, &c->name,
				"a claim has either match, the text of its cell, or pattern");
		if (c->optional && !c->pattern)
			err = mu_invalid(ctx, &c->optional,
					 "any document may do without a claim that a text tells");
		if (c->pattern && pattern_check(ctx, &c->pattern))
			err = EINVAL;
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

int table_positions_check(struct mu_ctx *ctx, const struct mu_items *columns)
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

static int configure_header(struct mu_ctx *ctx, const struct table_options *options,
			    const struct declared_column *c)
{
	int err = 0;

	if (c->header.count && !options->header_rows)
		err = mu_invalid(ctx, &c->header, "the table is said to have no header");
	else if (c->header.count > 1 && (int64_t)c->header.count != options->header_rows)
		err = mu_invalid(ctx, &c->header,
				 "a list has a text for each row of the header, of which there "
				 "are %" PRId64 ", not %zu",
				 options->header_rows, c->header.count);
	if (c->optional && !options->header_rows)
		err = mu_invalid(ctx, &c->optional, "without a header every column must be there");
	if (c->position > options->max_columns)
		err = mu_invalid(ctx, &c->position,
				 "max_columns allows no more than %" PRId64 " columns",
				 options->max_columns);
	return err;
}

int table_configure(struct mu_ctx *ctx, const struct table_options *options)
{
	const struct declared_column *all = options->columns.items, *c;
	int err = columns_check(ctx, &options->columns);

	for (c = all; c && c < all + options->columns.count; c++)
		if (configure_header(ctx, options, c))
			err = EINVAL;
	if (!err && !options->header_rows)
		err = table_positions_check(ctx, &options->columns);
	if (notes_check(ctx, &options->notes))
		err = EINVAL;
	if (claims_check(ctx, &options->columns, &options->claims, &options->all_claims))
		err = EINVAL;
	if (!options->header_rows && !options->columns.count)
		err = mu_invalid(ctx, &options->header_rows,
				 "without a header the option columns has to name them");
	return err;
}

const char *table_column_name(const struct table_form *form, size_t cell,
			      char out[TABLE_COLUMN_NAME])
{
	size_t n = form->first + cell + 1, at = TABLE_COLUMN_NAME - 1;

	if (!form->letters) {
		snprintf(out, TABLE_COLUMN_NAME, "%zu", n);
		return out;
	}
	out[at] = '\0';
	for (; n && at; n = (n - 1) / 26)
		out[--at] = (char)('A' + (n - 1) % 26);
	memmove(out, out + at, TABLE_COLUMN_NAME - at);
	return out;
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
