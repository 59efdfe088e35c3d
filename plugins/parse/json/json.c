/*
 * Rows from JSON, as RFC 8259 has it: an array of them somewhere in the document, the
 * members of an object, or a value in each line.
 *
 *     - parse: json
 *       rows: /data/deployments
 *       columns:
 *         - {name: mission}
 *         - {name: country, field: contributor}
 *         - {name: latitude, field: /location/lat, type: number}
 *         - {name: headcount, field: total, type: integer, measure: true, missing: [NA]}
 *       claims:
 *         - {name: country, column: mission, match: all}
 *         - {name: grand, column: country, match: all}
 *
 * `rows` is a JSON Pointer (RFC 6901) to an array or object; "" is the whole document.
 * Without it they are the document if that is an array, else the only array of objects
 * that it has outside of others.  Where each line is a value of its own (NDJSON, JSON
 * Lines) there is no `rows`; `lines: true` says so where it cannot be seen, since there
 * is one line only.  When rows are the members of an object, `key: COLUMN` has their
 * names in a column.
 *
 * A row is an object, and `field` names a member of it, or by a pointer one further in;
 * without it that is the name of the column.  Members that no column is of are left out.
 * Without `columns` all members of the first 1,000 rows come, as strings, and one that
 * appears later is an error.  Where rows are arrays, columns are told by `position`, or
 * are in order; with `header: true` the first row names them, and `field` is what stands
 * there.
 *
 * A member that is null, absent, a text of nothing but white space, or one of `missing`,
 * has no value.  A row without any value is passed over, unless it has members that no
 * column is of: then it is an error.  A row that has such members and not that of a column
 * which is not `optional` is counted in a warning.  Numbers keep all their digits.  A text in a
 * column of numbers is a warning if it reads as one; an object or array in a column is an error;
 * so is a name that an object has twice, and a column that no row has, unless it is `optional`
 * and no member only looks like its own.  What
 * else the options of columns and claims mean is as parse: csv has it: totals that stand
 * among the details are claims when the cell in `column` is `match`.  When several match,
 * the last one of the list gives the name, and all these cells become null.
 *
 * A document may be of any size: it is read in windows, and on several threads unless
 * the rows had to be looked for, or it is not UTF-8.  It is read strictly and to its end:
 * one that is damaged, cut off or goes on behind its end gives one error with the place,
 * and nothing of it is published.  Limits are options; besides, a hundred objects and
 * arrays may stand in one another.
 */
#include "json.h"

#include <inttypes.h>
#include <stdlib.h>

static const struct mu_option column_options[] = {
	COLUMN_OPTION_NAME,
	{ .name = "field",
	  .type = MU_TEXTS,
	  .offset = MU_OFFSET(struct declared_column, header, struct mu_texts),
	  .max = 1,
	  .help = "the member of a row, where it has another name: that, or a pointer such as "
		  "/location/x" },
	MU_OPT_INT(struct declared_column, position, .min = 1, .max = 10000,
		   .help = "which value it is, from 1, where rows are arrays"),
	COLUMN_OPTIONS,
	{ 0 },
};

static const struct mu_option own_options[] = {
	MU_OPT_TEXT(
		struct self, rows,
		.help = "JSON Pointer to the rows, such as /data; \"\" for the document itself"),
	MU_OPT_TEXTS(struct self, unread, .max = 1000,
		     .help = "pointers to other arrays of rows that are known and not read"),
	MU_OPT_BOOL(struct self, lines, .help = "whether each line is a row, be it one alone"),
	MU_OPT_TEXT(struct self, key,
		    .help = "column for the names of the rows, where they are an object's members"),
	MU_OPT_BOOL(struct self, header,
		    .help = "whether rows are arrays and the first one names the columns"),
	MU_OPT_TEXT(struct self, encoding,
		    .help = "of the document, if it is neither UTF-8 nor UTF-16"),
	MU_OPT_BYTES(struct self, max_size, .fallback = "1024Gi", .min = 1, .max = 0x1p40,
		     .help = "bytes that a document may have"),
	MU_OPT_BYTES(struct self, max_row, .fallback = "16Mi", .min = 1024, .max = 0x1p30,
		     .help = "bytes that a row may have, and any text outside of rows"),
	TABLE_OPTION(MU_ITEMS, struct mu_items, struct self, columns, .fields = column_options,
		     .item_size = sizeof(struct declared_column), .min = 1, .max = 10000,
		     .help = "columns to take; all, as strings, where there is no list"),
	TABLE_OPTION(MU_ITEMS, struct mu_items, struct self, claims, .fields = table_claim_options,
		     .item_size = sizeof(struct declared_claim), .max = 1000,
		     .help = "rows that are totals"),
	TABLE_OPTION(MU_TEXT, const char *, struct self, all_claims,
		     .help = "name of the level of which all rows are totals"),
	TABLE_OPTION(MU_BYTES, int64_t, struct self, max_field, .fallback = "1Mi", .min = 1,
		     .max = 1e9, .help = "bytes that a value may have"),
	TABLE_OPTION(MU_INT, int64_t, struct self, max_columns, .fallback = "1000", .min = 1,
		     .max = 10000, .help = "members that an object in a row may have"),
	TABLE_OPTION(MU_INT, int64_t, struct self, max_rows, .fallback = "10000000000", .min = 1,
		     .max = 1e12, .help = "rows that a document may have, claims among them"),
	{ 0 },
};

static const struct mu_code codes[] = {
	{ "syntax", "The document is no JSON, or it is damaged or cut off. None of it counts.",
	  "Get the document again, and look at the place: there may be an error page instead." },
	{ "deep", "Objects and arrays stand in one another more than a hundred deep.",
	  "Look whether this is the right document: none of a publisher's is so deep." },
	{ "too-large", "A row, or a text elsewhere, is longer than the option max_row allows.",
	  "Look at the place; if all is right, raise max_row." },
	{ "rows", "There are no rows where they should be, or it is not plain where they are.",
	  "Correct the option rows, or what else the message names." },
	{ "unread-table",
	  "Another array has objects or arrays with numbers, and no source reads it.",
	  "Read it with a source of its own, or name its pointer in the option unread." },
	{ "row",
	  "A row is of another kind than the first one: rows are all objects, or all arrays.",
	  "Get the document again, or tell its publisher." },
	{ "duplicate", "An object in a row has two members of the same name.",
	  "Tell the publisher: nobody can know which one is meant." },
	{ "late",
	  "A row has a member that none of the first 1,000 had, so there is no column of it.",
	  "Declare the columns in the pipeline with the option columns." },
	{ "column-missing",
	  "No row has a member that the pipeline declares a column of, or one row has no value "
	  "in any of them though it has other members, or the header does not have its name.",
	  "Correct the option field or position of the column, or declare it optional: true; "
	  "of a row, look at the names of its members." },
	{ "member-missing",
	  "Rows do not have a member that a column is of, but members that no column is of. They "
	  "have no value there.",
	  "Look whether the member has another name in them; if not, declare the column "
	  "optional: true." },
	{ "cell-error",
	  "A column's member is an object or an array, or what it is a member of is "
	  "neither.",
	  "Name a member further in, such as field: /location/x, or take the column out." },
	TABLE_COMMON_CODES,
	TABLE_TEXT_NUMBER_CODE,
	{ "zero-byte", "A cell holds a zero byte.", "Get an undamaged copy." },
	{ "encoding", "The document has bytes that mean nothing in its encoding.",
	  "Declare the right encoding with the option encoding, or get an undamaged copy." },
	{ 0 },
};

static int configure_field(struct mu_ctx *ctx, const struct self *self,
			   const struct declared_column *c)
{
	const char *field = c->header.count ? c->header.items[0] : NULL, *problem = NULL;
	bool key = self->key && !strcmp(self->key, c->name);

	if (c->status_of)
		return 0;
	if (field && !*field)
		return mu_invalid(ctx, &c->header, "a field needs a name");
	if (field && *field == '/' && !self->header)
		problem = pointer_problem(field);
	if (problem)
		return mu_invalid(ctx, &c->header, "a pointer %s", problem);
	if (key && field)
		return mu_invalid(ctx, &c->header, "the column of the option key has no field");
	if (c->position && field && !self->header)
		return mu_invalid(ctx, &c->position,
				  "a column has a field where rows are objects, or a position "
				  "where they are arrays");
	return 0;
}

static int configure_columns(struct mu_ctx *ctx, const struct self *self)
{
	const struct declared_column *all = self->options.columns.items, *c;
	bool key = !self->key || !self->options.columns.count;
	int err = 0;

	for (c = all; c && c < all + self->options.columns.count; c++) {
		key = key || !strcmp(self->key, c->name);
		if (configure_field(ctx, self, c))
			err = EINVAL;
	}
	if (!key)
		err = mu_invalid(ctx, &self->key, "no column is called '%s'", self->key);
	return err || self->header ? err : table_positions_check(ctx, &self->options.columns);
}

static int json_configure(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;
	const char *problem = self->rows ? pointer_problem(self->rows) : NULL;
	int err;

	/* So that columns may have the options of a header, which field is. */
	self->options.header_rows = 1;
	err = table_configure(ctx, &self->options);
	if (configure_columns(ctx, self))
		err = EINVAL;
	if (problem)
		err = mu_invalid(ctx, &self->rows, "a pointer %s", problem);
	for (size_t i = 0; i < self->unread.count; i++)
		if (pointer_problem(self->unread.items[i]))
			err = mu_invalid(ctx, &self->unread.items[i], "a pointer %s",
					 pointer_problem(self->unread.items[i]));
	if (self->rows && self->lines)
		err = mu_invalid(ctx, &self->rows,
				 "where each line is a row there is no pointer to them");
	if (self->key && !*self->key)
		err = mu_invalid(ctx, &self->key, "a column needs a name");
	if (self->key && self->header)
		err = mu_invalid(ctx, &self->key,
				 "rows with a header are arrays, and have no names");
	if (self->encoding && !charset_known(self->encoding))
		err = mu_invalid(ctx, &self->encoding, "no encoding is called '%s'",
				 self->encoding);
	return err;
}

int json_out_of_memory(struct mu_ctx *ctx)
{
	return mu_fail(ctx, ENOMEM, "out of memory");
}

int json_note_problem(struct mu_ctx *ctx, struct self *self)
{
	const struct problem *found = &self->lexer.problem;

	if (self->lexer.err)
		return self->lexer.err == ENOMEM ? json_out_of_memory(ctx) : self->lexer.err;
	if (!found->code || (self->problem.code && self->problem.piece <= self->from))
		return 0;
	self->problem = *found;
	self->problem.piece = self->from;
	return 0;
}

/* Bytes of the text for the lexer. */
static int text_fill(void *from, uint64_t at, char *to, size_t len)
{
	struct self *self = from;
	/* The mark too, so that the runner sees all of the document: there is room for it. */
	size_t mark = at ? 0 : self->decoded.skipped, got;
	int err;

	if (mu_cancelled(self->ctx)) /* a walk to the rows may be long */
		return ECANCELED;
	if (!self->decoded.direct) {
		memcpy(to, self->text.data + at, len);
		return 0;
	}
	err = mu_read(self->ctx, at + self->decoded.skipped - mark, to - mark, len + mark, &got);
	if (!err && got != len + mark)
		err = mu_fail(self->ctx, ESTALE, "%s changed while it was being read",
			      self->ctx->document->uri);
	return err;
}

int json_document(struct mu_ctx *ctx, struct self *self)
{
	static const int64_t decoded_most = 1 << 30;
	int err;

	self->ctx = ctx;
	if (self->opened)
		return 0;
	if (!self->window_bytes)
		self->window_bytes = WINDOW_BYTES;
	self->lexer.fill = text_fill;
	self->lexer.from = self;
	self->lexer.most = (size_t)self->max_row;
	self->lexer.least = self->window_bytes;
	err = charset_find(ctx, self->encoding ? self->encoding : "UTF-8", self->max_size, 0,
			   &self->decoded);
	if (!err)
		err = charset_convert(ctx, decoded_most, &self->decoded);
	self->text = self->decoded.text;
	self->opened = !err;
	return err;
}

int json_prepare(struct mu_ctx *ctx, struct self *self)
{
	int err = json_document(ctx, self);

	if (err || self->ready)
		return err;
	self->ready = true;
	/* What cannot be decoded was told. */
	if (!self->text.len && ctx->document->bytes > self->decoded.skipped)
		self->told = self->unreadable = true;
	if (self->told)
		return 0;
	if (self->text.len)
		err = find_rows(ctx, self);
	else
		lexer_break(&self->lexer, "syntax", 0, "the document is empty");
	if (!err)
		err = json_note_problem(ctx, self);
	if (!err)
		err = columns_prepare(ctx, self);
	if (!err)
		err = json_note_problem(ctx, self);
	self->unreadable = self->problem.code;
	return err;
}

static int json_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	return columns_open(ctx, state, out);
}

static void json_close(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;

	(void)ctx;
	columns_release(self);
	lexer_release(&self->lexer);
	free(self->space);
}

/* How it begins is enough to tell; where the rows are, opening it finds out. */
static int json_guess(struct mu_ctx *ctx, void *state, struct mu_guess *out)
{
	const uint8_t *data;
	size_t len, at;
	int err = mu_data(ctx, &data, &len);

	(void)state;
	if (err)
		return err;
	at = len >= 3 && !memcmp(data, "\xef\xbb\xbf", 3) ? 3 : 0;
	while (at < len && strchr(" \t\r\n", data[at]) && data[at])
		at++;
	if (at < len && (data[at] == '{' || data[at] == '['))
		out->score = 0.9;
	out->header = "field";
	return 0;
}

MUSTER_PLUGIN(.name = "json", .summary = "rows of JSON: arrays, objects, or a value in each line",
	      .options = own_options, .codes = codes, .self_size = sizeof(struct self),
	      .configure = json_configure, .open = json_open, .close = json_close,
	      .split = json_split, .parse = json_parse, .merge = json_merge, .locate = json_locate,
	      .guess = json_guess);
