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
 * decides it, as numbers that are never negative may.  Rows that an earlier stage
 * found wrong count as parts as long as their measure is known.  A document of
 * which no claim states a measure is not valid but unverified.
 *
 * Rows that a transform dropped or merged are parts no longer: reconcile a
 * source before consolidating it.
 */
#include "totals.h"

#include <stdlib.h>

static int out_of_memory(struct mu_ctx *ctx)
{
	return mu_fail(ctx, ENOMEM, "out of memory");
}

static bool text_in(const struct mu_texts *texts, struct mu_string text)
{
	size_t i;

	for (i = 0; i < texts->count; i++)
		if (mu_string_is(text, texts->items[i]))
			return true;
	return false;
}

/* -------------------------------------------------------------- columns */

/* The index of a column that an option names, or -1 and a message. */
static int64_t column_find(struct mu_ctx *ctx, const char **option)
{
	int64_t index = mu_schema_find(ctx->schema, *option);

	if (index >= 0 && index < mu_schema_visible(ctx->schema))
		return index;
	mu_invalid(ctx, option, "no column is called '%s'", *option);
	return -1;
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

static int open_named_dimensions(struct mu_ctx *ctx, struct totals *self)
{
	int err = 0;
	size_t i;

	for (i = 0; i < self->by.count; i++) {
		const char **name = &self->by.items[i];
		int64_t index = column_find(ctx, name);

		if (index < 0)
			err = EINVAL;
		else if (is_measure(self, index))
			err = mu_invalid(ctx, name,
					 "column '%s' is added up, so it cannot say "
					 "what a claim covers",
					 *name);
		self->dimensions[i] = (struct dimension){ .name = *name, .index = index };
	}
	self->n_dimensions = self->by.count;
	return err;
}

static int open_dimensions(struct mu_ctx *ctx, struct totals *self)
{
	int64_t i, n = mu_schema_visible(ctx->schema);
	size_t room = self->by.count ? self->by.count : (size_t)n + 1;

	self->dimensions = mu_alloc(ctx, room * sizeof *self->dimensions);
	if (self->by.count)
		return open_named_dimensions(ctx, self);
	for (i = 0; i < n; i++) {
		const struct ArrowSchema *column = ctx->schema->children[i];

		if (!mu_schema_measure(column) && !is_measure(self, i))
			self->dimensions[self->n_dimensions++] =
				(struct dimension){ .name = column->name, .index = i };
	}
	return 0;
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
	self->width = self->n_dimensions + 1;
	self->key = mu_alloc(ctx, self->width * sizeof *self->key);
	self->pattern = mu_alloc(ctx, self->width);
	self->latest_key = mu_alloc(ctx, self->width * sizeof *self->latest_key);
	self->latest = SIZE_MAX;
	self->rows = (struct tally){ .width = self->width, .n_measures = self->n_measures };
	self->scopes = self->rows;
	return 0;
}

/* ----------------------------------------------------------------- rows */

/* What is known of the document of a place; NULL when memory is out. */
static struct source *source_of(struct totals *self, uint64_t at)
{
	size_t id = mu_at_document(at);
	struct source *sources;
	size_t room;

	if (id >= self->n_sources) {
		room = id + 1 + id / 2;
		sources = reallocarray(self->sources, room, sizeof *sources);
		if (!sources)
			return NULL;
		memset(sources + self->n_sources, 0, (room - self->n_sources) * sizeof *sources);
		self->sources = sources;
		self->n_sources = room;
	}
	return &self->sources[id];
}

/* Fills self->key but for the document; false when memory is out. */
static bool key_fill(struct totals *self, int64_t row)
{
	size_t i;

	for (i = 0; i < self->n_dimensions; i++) {
		self->key[i + 1] = dimension_number(&self->dimensions[i], row);
		if (self->key[i + 1] == UINT32_MAX)
			return false;
	}
	return true;
}

static void rows_forget(struct totals *self)
{
	free(self->kept);
	free(self->cells);
	self->kept = NULL;
	self->cells = NULL;
	self->n_kept = self->kept_room = 0;
	self->too_many = true;
}

/* Keeps a row in case that something is to be explained. */
static int row_keep(struct mu_ctx *ctx, struct totals *self, int64_t row, uint64_t at,
		    uint32_t group)
{
	size_t i;

	if (self->n_kept == (uint64_t)self->max_explained) {
		rows_forget(self);
		return 0;
	}
	if (self->n_kept == self->kept_room) {
		size_t room = self->kept_room ? 2 * self->kept_room : 256;
		struct row *kept = reallocarray(self->kept, room, sizeof *kept);
		struct cell *cells;

		if (!kept)
			return out_of_memory(ctx);
		self->kept = kept;
		cells = reallocarray(self->cells, room, self->n_measures * sizeof *cells);
		if (!cells)
			return out_of_memory(ctx);
		self->cells = cells;
		self->kept_room = room;
	}
	for (i = 0; i < self->n_measures; i++) {
		bool known = !mu_null(&self->measures[i].cells, row);

		self->cells[self->n_kept * self->n_measures + i] = (struct cell){
			.known = known,
			.value = known ? mu_get_integer(&self->measures[i].cells, row) : 0,
		};
	}
	self->kept[self->n_kept++] = (struct row){ .at = at, .group = group };
	return 0;
}

/* The group of self->key, which mostly is that of the row before. */
static size_t group_of(struct totals *self)
{
	size_t size = self->width * sizeof *self->key;

	if (self->latest == SIZE_MAX || memcmp(self->key, self->latest_key, size) != 0) {
		self->latest = tally_group(&self->rows, self->key);
		memcpy(self->latest_key, self->key, size);
	}
	return self->latest;
}

static int take_data(struct mu_ctx *ctx, struct totals *self, int64_t row, uint64_t at)
{
	struct source *source = source_of(self, at);
	size_t i, group;

	if (!source || !key_fill(self, row))
		return out_of_memory(ctx);
	if (!source->rows++)
		source->at = at;
	self->key[0] = mu_at_document(at);
	group = group_of(self);
	if (group == SIZE_MAX)
		return out_of_memory(ctx);
	if (self->rows.keys.count > (uint64_t)self->max_groups)
		return mu_fail(ctx, E2BIG,
			       "more than %lld different rows to add up: "
			       "name fewer columns in by, or raise max_groups",
			       (long long)self->max_groups);
	if (!self->rows.groups[group].rows++) {
		self->rows.groups[group].at = at;
		for (i = 0; i < self->n_dimensions; i++)
			self->dimensions[i].gaps |= !self->key[i + 1];
	}
	for (i = 0; i < self->n_measures; i++) {
		struct sum *sum = tally_sum(&self->rows, group, i);

		if (!mu_null(&self->measures[i].cells, row))
			sum->value += mu_get_integer(&self->measures[i].cells, row);
		else if (!sum->unknown++)
			sum->unknown_at = at;
	}
	return self->too_many ? 0 : row_keep(ctx, self, row, at, (uint32_t)group);
}

/* Room for one claim more. */
static bool claims_grow(struct totals *self)
{
	size_t room = self->claims_room ? self->claims_room * 2 : 16;
	struct claim *listed;
	struct stated *stated;

	if (self->n_claims < self->claims_room)
		return true;
	listed = reallocarray(self->listed, room, sizeof *listed);
	if (!listed)
		return false;
	self->listed = listed;
	stated = reallocarray(self->stated, room, self->n_measures * sizeof *stated);
	if (!stated)
		return false;
	self->stated = stated;
	self->claims_room = room;
	return true;
}

/* Notes which places of self->key are fixed. */
static int take_pattern(struct mu_ctx *ctx, struct totals *self)
{
	size_t i;

	for (i = 0; i < self->width; i++)
		self->pattern[i] = self->key[i] != 0;
	if (mu_map_add(&self->patterns, self->pattern, self->width) == SIZE_MAX)
		return out_of_memory(ctx);
	if (self->patterns.count > (uint64_t)self->max_patterns)
		return mu_fail(ctx, E2BIG,
			       "claims fix more than %lld different sets of columns: "
			       "name fewer columns in by, or raise max_patterns",
			       (long long)self->max_patterns);
	return 0;
}

/* What the pipeline itself states, of all rows of all documents. */
static int expect_list(struct mu_ctx *ctx, struct totals *self)
{
	struct claim claim = { .measures = 1 };
	int err;

	if (!self->expect)
		return 0;
	memset(self->key, 0, self->width * sizeof *self->key);
	err = take_pattern(ctx, self);
	if (err)
		return err;
	claim.level = mu_map_add(&self->levels, "expect", strlen("expect"));
	claim.scope = tally_group(&self->scopes, self->key);
	if (claim.level == SIZE_MAX || claim.scope == SIZE_MAX || !claims_grow(self))
		return out_of_memory(ctx);
	self->stated[self->n_claims * self->n_measures] =
		(struct stated){ .known = true, .value = self->expected };
	self->listed[self->n_claims++] = claim;
	return 0;
}

/* Lists a claim whose key is in self->key. */
static int claim_list(struct mu_ctx *ctx, struct totals *self, struct mu_string level, int64_t row,
		      uint64_t at)
{
	struct claim claim = { .at = at };
	size_t i;

	claim.level = mu_map_add(&self->levels, level.data, level.len);
	claim.scope = tally_group(&self->scopes, self->key);
	if (claim.level == SIZE_MAX || claim.scope == SIZE_MAX || !claims_grow(self))
		return out_of_memory(ctx);
	for (i = 0; i < self->n_measures; i++) {
		struct stated *stated = &self->stated[self->n_claims * self->n_measures + i];

		*stated = (struct stated){ .known = !mu_null(&self->measures[i].cells, row) };
		if (stated->known)
			stated->value = mu_get_integer(&self->measures[i].cells, row);
		claim.measures += stated->known;
	}
	self->listed[self->n_claims++] = claim;
	if (at & MU_AT_REJECTED)
		source_of(self, at)->rejected++;
	else if (claim.measures)
		source_of(self, at)->verified = true;
	return 0;
}

static int take_claim(struct mu_ctx *ctx, struct totals *self, struct mu_string level, int64_t row,
		      uint64_t at)
{
	int err;

	if (self->claims.count && !text_in(&self->claims, level))
		return 0;
	if (self->n_claims >= (uint64_t)self->max_groups)
		return mu_fail(ctx, E2BIG, "more than %lld claims: raise max_groups",
			       (long long)self->max_groups);
	if (!source_of(self, at) || !key_fill(self, row))
		return out_of_memory(ctx);
	self->key[0] = self->within == WITHIN_DOCUMENT ? mu_at_document(at) : 0;
	err = take_pattern(ctx, self);
	return err ? err : claim_list(ctx, self, level, row, at);
}

static int totals_validate(struct mu_ctx *ctx, void *state, const struct ArrowArray *batch)
{
	struct totals *self = state;
	struct mu_rows rows;
	int64_t row;
	size_t i;
	int err = 0;

	if (!batch) {
		err = expect_list(ctx, self);
		return err ? err : totals_check(ctx, self);
	}
	rows = mu_rows(ctx->schema, batch);
	for (i = 0; i < self->n_dimensions; i++)
		self->dimensions[i].cells =
			mu_column(ctx->schema, batch, self->dimensions[i].index);
	for (i = 0; i < self->n_measures; i++)
		self->measures[i].cells = mu_column(ctx->schema, batch, self->measures[i].index);
	for (row = 0; row < batch->length && !err; row++) {
		uint64_t at = mu_row_at(&rows, row);

		if (mu_row_is_claim(&rows, row))
			err = take_claim(ctx, self, mu_get_string(&rows.claim, row), row, at);
		else
			err = take_data(ctx, self, row, at);
	}
	return err;
}

static void totals_close(struct mu_ctx *ctx, void *state)
{
	struct totals *self = state;
	size_t i;

	(void)ctx;
	for (i = 0; i < self->n_dimensions; i++)
		mu_map_release(&self->dimensions[i].values);
	tally_release(&self->rows);
	tally_release(&self->scopes);
	mu_map_release(&self->patterns);
	mu_map_release(&self->levels);
	free(self->listed);
	free(self->stated);
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
	  "A claim was not compared, because it or a row that it covers could not be read.",
	  "Mend the finding that made the value unknown." },
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
	      .validate = totals_validate, );
