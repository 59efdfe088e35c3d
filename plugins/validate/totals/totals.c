/*
 * Claims against the rows that they cover.
 *
 *     - validate: totals
 *       of: [headcount, women]        # default: all measures
 *       by: [country, mission]        # default: all columns but the measures
 *       require: true                 # a document without a total is an error
 *       levels:                       # where something else than equality is meant
 *         - {name: women, relation: at_least}
 *         - {name: rounded, relation: about}
 *       expect: 28                    # a total that the pipeline states itself
 *
 * A claim is a total that the source states itself.  It covers those rows of
 * its document (with `within: all`, of all documents) that have its values in
 * the columns of `by`; where it has no value it covers all.  So "Total 28"
 * covers everything, "Albania 3" the rows of Albania, and claims may nest,
 * overlap, and come before or after their rows.
 *
 * For each claim and each measure it states, the rows are added up exactly and
 * compared as the claim's level says: the rows are equal to the claim, at most or
 * at least as many, or about as many, which means within half a unit of the last
 * digit that is no zero.  What is only "of which" a part is a claim at_least: it
 * is never added to its whole.  A claim that covers no row is compared with the
 * claims below it.
 *
 * That passes, fails, or is not evaluated, because a covered row or the claim
 * itself could not be read; then a warning says so, unless what could be read
 * decides it, as numbers that are never negative may.  A claim that covers rows of other
 * documents is not evaluated either when it lacks something and documents were rejected
 * as a whole.  Rows that an earlier stage
 * found wrong count as parts as long as their measure is known.  A document of
 * which no claim states a measure is not valid but unverified.
 *
 * Rows that a transform dropped or merged are parts no longer: reconcile a
 * source before consolidating it.
 */
#include "totals.h"

#include <stdlib.h>

/* The index of a column that an option names, or -1 and a message. */
static int64_t column_find(struct mu_ctx *ctx, const char **option)
{
	int64_t index;

	return mu_option_column(ctx, option, &index) ? -1 : index;
}

static int open_named_measures(struct mu_ctx *ctx, struct totals *self)
{
	int err = 0;
	size_t i;

	for (i = 0; i < self->of.count; i++) {
		const char **name = &self->of.items[i];
		int64_t index = column_find(ctx, name);

		if (index < 0)
			err = EINVAL;
		else if (mu_schema_type(ctx->schema->children[index]) != MU_INTEGER)
			err = mu_invalid(ctx, name, "column '%s' has no integers to add up", *name);
		self->measures[i] = (struct measure){ .name = *name, .index = index };
	}
	self->n_measures = self->of.count;
	return err;
}

static int open_measures(struct mu_ctx *ctx, struct totals *self)
{
	int64_t i, n = mu_schema_visible(ctx->schema);
	size_t room = self->of.count ? self->of.count : (size_t)n + 1;

	self->measures = mu_alloc(ctx, room * sizeof *self->measures);
	if (self->of.count)
		return open_named_measures(ctx, self);
	for (i = 0; i < n; i++) {
		const struct ArrowSchema *column = ctx->schema->children[i];

		if (mu_schema_measure(column) && mu_schema_type(column) == MU_INTEGER)
			self->measures[self->n_measures++] =
				(struct measure){ .name = column->name, .index = i };
	}
	if (!self->n_measures)
		return mu_invalid(ctx, &self->of, "of is absent, and no column is a measure");
	return 0;
}

static bool is_measure(const struct totals *self, int64_t index)
{
	size_t i;

	for (i = 0; i < self->n_measures; i++)
		if (self->measures[i].index == index)
			return true;
	return false;
}

/* Those of `by`, or all that are no measures. */
static int open_dimensions(struct mu_ctx *ctx, struct totals *self)
{
	int64_t i, visible = mu_schema_visible(ctx->schema);
	size_t n = 0, named;
	int64_t *columns = mu_alloc(ctx, (self->by.count + (size_t)visible + 1) * sizeof *columns);
	int err = 0;

	for (named = 0; named < self->by.count; named++) {
		const char **name = &self->by.items[named];
		int64_t index = column_find(ctx, name);

		if (index < 0)
			err = EINVAL;
		else if (is_measure(self, index))
			err = mu_invalid(ctx, name,
					 "column '%s' is added up, so it cannot say "
					 "what a claim covers",
					 *name);
		else
			columns[n++] = index;
	}
	for (i = 0; !self->by.count && i < visible; i++)
		if (!mu_schema_measure(ctx->schema->children[i]) && !is_measure(self, i))
			columns[n++] = i;
	if (!err)
		block_init(ctx, &self->block, columns, n, self->n_measures);
	return err;
}

/* Items are as large as there are measures. */
static void piles_init(struct totals *self)
{
	size_t n = self->n_measures;

	tally_init(&self->rows, self->block.width, n, (uint64_t)self->max_groups);
	tally_init(&self->scopes, self->block.width, n, UINT64_MAX);
	self->listed.size = sizeof(struct claim) + n * sizeof(int64_t) + (n + 7) / 8 * 8;
	self->kept.size = sizeof(struct row) + n * sizeof(struct amount);
}

static int totals_configure(struct mu_ctx *ctx, void *state)
{
	struct totals *self = state;

	if (self->expect && !mu_parse_integer(mu_string(self->expect), &self->expected))
		return mu_invalid(ctx, &self->expect, "'%s' is no whole number such as 28",
				  self->expect);
	return 0;
}

static int totals_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	struct totals *self = state;
	int err;

	(void)out;
	err = open_measures(ctx, self);
	if (!err)
		err = open_dimensions(ctx, self);
	if (err)
		return err;
	if (self->expect && self->n_measures != 1)
		return mu_invalid(ctx, &self->expect,
				  "it is not said which measure this is: name one in of");
	self->key = mu_alloc(ctx, self->block.width * sizeof *self->key);
	self->pattern = mu_alloc(ctx, self->block.width);
	self->latest_level = SIZE_MAX;
	piles_init(self);
	return 0;
}

static int totals_validate(struct mu_ctx *ctx, void *state, const struct ArrowArray *batch)
{
	struct totals *self = state;
	int err;

	if (batch)
		return rows_take(ctx, self, batch);
	err = totals_arrange(ctx, self);
	if (!err)
		err = expect_list(ctx, self);
	return err ? err : totals_check(ctx, self);
}

/* It has counted all that it looks at, whatever came of them. */
static int totals_claim(struct mu_ctx *ctx, void *state, struct mu_claim *claim)
{
	const struct totals *self = state;
	struct mu_string level = { claim->level, claim->level_len };

	(void)ctx;
	if (!self->claims.count || text_in(&self->claims, level))
		claim->end = MU_CLAIM_COMPARED;
	return 0;
}

static int totals_merge_other(struct mu_ctx *ctx, void *state, void *other)
{
	return totals_merge(ctx, state, other);
}

static void totals_uses(struct mu_ctx *ctx, void *state, const bool *out, bool *in)
{
	struct totals *self = state;
	size_t i;

	(void)ctx;
	(void)out;
	for (i = 0; i < self->n_measures; i++)
		in[self->measures[i].index] = true;
	for (i = 0; i < self->block.n_dimensions; i++)
		in[self->block.dimensions[i].index] = true;
}

static void totals_close(struct mu_ctx *ctx, void *state)
{
	struct totals *self = state;

	(void)ctx;
	block_release(&self->block);
	tally_release(&self->rows);
	tally_release(&self->scopes);
	mu_map_release(&self->patterns);
	mu_map_release(&self->levels);
	pile_release(&self->listed);
	pile_release(&self->subtotals);
	free(self->meanings);
	free(self->lacking);
	free(self->firsts);
	pile_release(&self->noted);
	free(self->sources);
	free(self->accounts);
	rows_forget(self);
}

static const char *const within_choices[] = { "document", "all", NULL };
static const char *const relation_choices[] = { "equal", "at_most", "at_least",
						"about", "none",    NULL };
static const char *const states_choices[] = { "sum", "rows", NULL };

static const struct mu_option level_options[] = {
	MU_OPT_TEXT(struct level, name, .required = true,
		    .help = "of the claims, as the parser has it"),
	MU_OPT_CHOICE(struct level, relation, .choices = relation_choices, .fallback = "equal",
		      .help = "what the rows are to the claim; none: not compared"),
	MU_OPT_INT(struct level, tolerance, .fallback = "0", .min = 0, .max = 9e15,
		   .help = "by how much the sum may miss it"),
	MU_OPT_CHOICE(struct level, states, .choices = states_choices, .fallback = "sum",
		      .help = "whether the claim states the sum of the rows or how many there are"),
	{ 0 }
};

static const struct mu_option totals_options[] = {
	MU_OPT_TEXTS(struct totals, of, .help = "measures to add up; all when absent"),
	MU_OPT_TEXTS(struct totals, by,
		     .help = "columns that say which rows a claim covers; all but the measures "
			     "when absent"),
	MU_OPT_BOOL(struct totals, require, .fallback = "false",
		    .help = "whether a document of which no claim states a measure is an error"),
	MU_OPT_TEXTS(struct totals, claims,
		     .help = "names of the claims to check; all when absent"),
	{ .name = "levels",
	  .type = MU_ITEMS,
	  .offset = MU_OFFSET(struct totals, level_items, struct mu_items),
	  .item_size = sizeof(struct level),
	  .fields = level_options,
	  .max = 1000,
	  .help = "levels of claims that mean something else than equality" },
	MU_OPT_TEXT(struct totals, expect, .help = "whole number that all rows have to add up to"),
	MU_OPT_BOOL(struct totals, negative, .fallback = "false",
		    .help = "whether numbers may be below 0, so that an unknown one may too"),
	MU_OPT_CHOICE(struct totals, within, .choices = within_choices, .fallback = "document",
		      .help = "whether a claim covers rows of its own document or of all"),
	MU_OPT_INT(struct totals, max_groups, .fallback = "10000000", .min = 1, .max = 4e9,
		   .help = "most different rows, and most claims, to keep in memory"),
	MU_OPT_INT(struct totals, max_patterns, .fallback = "256", .min = 1, .max = 65536,
		   .help = "most different sets of columns that claims fix"),
	MU_OPT_INT(struct totals, max_explained, .fallback = "200000", .min = 0, .max = 1e8,
		   .help = "most rows to keep in memory for explanations of what fails"),
	{ 0 }
};

static const struct mu_code totals_codes[] = {
	{ "mismatch", "The rows that a claim covers do not add up to what the claim states.",
	  "Look for a row that is missing, there twice or misread, then at the claim itself; "
	  "when the source is wrong, ask its publisher." },
	{ "empty-claim", "A claim states a number that is not 0, and covers no row at all.",
	  "Compare the claim's values in the columns of the option by with those of the rows: "
	  "mostly they are spelt in two ways, or the rows were not found." },
	{ "contradiction", "Two claims cover the same rows and state different numbers.",
	  "Find out which one is right; a claim that means fewer rows must say so in its "
	  "columns." },
	{ "unevaluated",
	  "A claim was not compared, because it or a row that it covers could not be read, or "
	  "because rows of documents that are rejected may be missing in it, or because a column "
	  "that "
	  "says what it covers was left out before.",
	  "Mend the finding that made the value unknown, or that rejected the document; place "
	  "validate: totals before the stage that leaves the column out." },
	{ "unverified",
	  "No claim states the total of a measure, so nothing shows that all rows are there.",
	  "Describe the line with the total as a claim in the parser; when the source states "
	  "none, accept the warning." },
	{ "overflow", "The rows that a claim covers add up to a number that does not fit 64 bits.",
	  "One of the numbers is misread: look for the longest." },
	{ 0 }
};

MUSTER_PLUGIN(.name = "totals", .summary = "the rows add up to the totals that their source states",
	      .options = totals_options, .codes = totals_codes, .self_size = sizeof(struct totals),
	      .configure = totals_configure, .open = totals_open, .close = totals_close,
	      .validate = totals_validate, .merge = totals_merge_other, .uses = totals_uses,
	      .claim = totals_claim);
