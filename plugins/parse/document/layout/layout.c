#include "layout/layout.h"

#include <stdlib.h>

#include "bytes/charset.h"
#include "text/language.h"
#include "text/words.h"

#include "words/page.h"

enum { NAME_MAX_FOLDED = 256 };

static const char *const types[] = { "string", "integer", "number", "date", "boolean", NULL };
static const char *const aligns[] = { "header", "left", NULL };
static const char *const groups[] = { "none", "above", "merged", "below", NULL };
static const char *const vocabularies[] = { "none", "country", "mission", NULL };

static const struct mu_option column_options[] = {
	MU_OPT_TEXT(struct column, name, .required = true, .help = "name of the column"),
	MU_OPT_TEXT(struct column, header, .help = "the words over it in the document"),
	MU_OPT_TEXT(struct column, capture,
		    .help = "instead of a header: a named capture of begin that fills it"),
	MU_OPT_CHOICE(struct column, type, .choices = types, .fallback = "string",
		      .help = "what its cells hold"),
	MU_OPT_BOOL(struct column, measure,
		    .help = "a count that totals add up: a whole number, never negative"),
	MU_OPT_TEXTS(struct column, format,
		     .help = "dates: Unicode's patterns (d/M/yyyy), any of them, if not as the "
			     "language writes them; 'language' among them: or so"),
	MU_OPT_BOOL(struct column, month_end,
		    .help = "of a date that is a month: its last day is meant"),
	MU_OPT_CHOICE(struct column, align, .choices = aligns, .fallback = "header",
		      .help = "in a grid: its cells stand near the words of its header, or begin "
			      "left of them below each other"),
	MU_OPT_TEXT(struct column, ignore,
		    .help = "pattern of what its cells begin or end with and do not mean"),
	MU_OPT_CHOICE(
		struct column, group, .choices = groups, .fallback = "none",
		.help = "in a grid: its cells are for all rows below (above), or for those that "
			"they stand in the middle of (merged); with place, anywhere: where "
			"the total behind the row stands, which is for those since the one "
			"before (below)"),
	MU_OPT_CHOICE(struct column, vocabulary, .choices = vocabularies, .fallback = "none",
		      .help = "names that split a line when nothing else does"),
	MU_OPT_BOOL(struct column, words, .help = "whole numbers may be in words"),
	MU_OPT_TEXTS(struct column, missing, .help = "texts that mean unknown"),
	MU_OPT_TEXTS(struct column, zero, .help = "texts that mean 0, such as a dash"),
	MU_OPT_TEXT(struct column, status_of,
		    .help = "instead of a header: why the column of this name has no value"),
	MU_OPT_BOOL(struct column, unread,
		    .help = "in a grid: its cells are passed over, and it is unknown in all rows"),
	MU_OPT_BOOL(struct column, place,
		    .help = "instead of a header: the page and line of the row, or with group: "
			    "below of its total"),
	MU_OPT_TEXT(struct column, shares,
		    .help = "in a grid, instead of a header: its cells stand in the place of this "
			    "column, whose own are on lines without numbers"),
	MU_OPT_BOOL(struct column, optional,
		    .help = "the document may be without it: then unknown in all rows"),
	{ 0 },
};

static const struct mu_option line_claim_options[] = {
	MU_OPT_TEXT(struct claim, name, .required = true, .help = "level that it is a total of"),
	MU_OPT_TEXT(
		struct claim, match,
		.help = "pattern of the line's beginning; captures named as columns fill these"),
	MU_OPT_TEXT(struct claim, repeats,
		    .help = "in a grid: the line begins with the present label of this column"),
	MU_OPT_TEXTS(struct claim, labels,
		     .help = "in a grid: the line has cells just in these columns and measures"),
	MU_OPT_BOOL(struct claim, unlabelled, .help = "in a grid: the line has numbers alone"),
	{ .name = "of",
	  .type = MU_TEXTS,
	  .offset = MU_OFFSET(struct claim, of_columns, struct mu_texts),
	  .help = "in a grid: columns whose present label it is for" },
	MU_OPT_BOOL(struct claim, partial,
		    .help = "in a grid: what stands behind it in the line is another claim"),
	MU_OPT_BOOL(struct claim, last, .help = "the table ends with it"),
	MU_OPT_BOOL(struct claim, optional, .help = "the table may be without it"),
	{ 0 },
};

static const struct mu_option text_claim_options[] = {
	MU_OPT_TEXT(struct claim, name, .required = true, .help = "level that it is a total of"),
	MU_OPT_TEXT(
		struct claim, match, .required = true,
		.help = "pattern with line breaks as spaces; captures named as columns fill these"),
	MU_OPT_TEXT(struct claim, table, .help = "table of whose rows it speaks"),
	MU_OPT_BOOL(struct claim, optional, .help = "the text may be without it"),
	MU_OPT_TEXT(struct claim, cue,
		    .help = "pattern of words by which an optional one is told however it is "
			    "written: then it must be readable"),
	{ 0 },
};

static const struct mu_option table_options[] = {
	MU_OPT_TEXT(struct table, name, .required = true, .help = "for messages and claims"),
	MU_OPT_TEXT(struct table, begin, .required = true,
		    .help = "pattern of its heading, with line breaks as spaces"),
	{ .name = "columns",
	  .type = MU_ITEMS,
	  .required = true,
	  .min = 1,
	  .max = COLUMNS_MAX,
	  .fields = column_options,
	  .item_size = sizeof(struct column),
	  .offset = MU_OFFSET(struct table, column_items, struct mu_items),
	  .help = "its columns from left to right" },
	{ .name = "claims",
	  .type = MU_ITEMS,
	  .fields = line_claim_options,
	  .item_size = sizeof(struct claim),
	  .offset = MU_OFFSET(struct table, claim_items, struct mu_items),
	  .help = "lines that state totals" },
	MU_OPT_TEXTS(struct table, skip, .help = "patterns of lines in it that say nothing"),
	MU_OPT_TEXT(struct table, end, .help = "pattern of the first line behind it"),
	MU_OPT_BOOL(
		struct table, grid,
		.help = "its cells lie below their headers, may be empty and have several lines"),
	MU_OPT_BOOL(struct table, skip_taller,
		    .help = "in a grid: lines in larger letters than the header are other text"),
	MU_OPT_BOOL(struct table, optional, .help = "the document may be without it"),
	{ 0 },
};

const struct mu_option layout_options[] = {
	MU_OPT_TEXT(struct layout, language, .required = true,
		    .help = "of the document: a BCP 47 tag such as nl or pt-BR"),
	MU_OPT_TEXT(struct layout, encoding,
		    .help = "to read it in when it says nothing itself and is not UTF-8"),
	MU_OPT_BYTES(struct layout, max_size, .fallback = "64Mi", .min = 1, .max = 1073741824,
		     .help = "larger documents are refused"),
	MU_OPT_INT(struct layout, max_lines, .fallback = "2000000", .min = 1, .max = 100000000,
		   .help = "documents with more lines are refused"),
	MU_OPT_TEXT(struct layout, file_name,
		    .help = "pattern of the document's name; a capture named as a column of dates "
			    "must agree with it, or fills it"),
	MU_OPT_TEXT(struct layout, file_format, .fallback = "yyyy-MM",
		    .help = "how the document's name writes it: Unicode's pattern"),
	MU_OPT_SECONDS(struct layout, timeout, .fallback = "60s", .min = 0.1, .max = 3600,
		       .help = "PDF: time that pdftotext has"),
	MU_OPT_BYTES(struct layout, max_memory, .fallback = "1Gi", .min = 16777216,
		     .max = 68719476736, .help = "PDF: memory that pdftotext has"),
	MU_OPT_BYTES(struct layout, max_output, .fallback = "256Mi", .min = 1, .max = 4294967296,
		     .help = "PDF: how much pdftotext may print"),
	MU_OPT_TEXTS(struct layout, furniture,
		     .help = "patterns of whole lines that belong to the page, not to the text"),
	MU_OPT_TEXTS(struct layout, unread,
		     .help = "patterns of headings or headers of other tables, which are known and "
			     "not read"),
	{ .name = "tables",
	  .type = MU_ITEMS,
	  .required = true,
	  .min = 1,
	  .max = 64,
	  .fields = table_options,
	  .item_size = sizeof(struct table),
	  .offset = MU_OFFSET(struct layout, table_items, struct mu_items),
	  .help = "what to read" },
	{ .name = "claims",
	  .type = MU_ITEMS,
	  .fields = text_claim_options,
	  .item_size = sizeof(struct claim),
	  .offset = MU_OFFSET(struct layout, claim_items, struct mu_items),
	  .help = "sentences that state totals" },
	{ 0 },
};

bool pattern_has(const struct pattern *pattern, const char *name)
{
	for (size_t i = 0; i < pattern_captures(pattern); i++)
		if (!strcmp(pattern_capture_name(pattern, i), name))
			return true;
	return false;
}

const struct column *layout_column(const struct layout *layout, const struct table *table,
				   const char *name)
{
	for (size_t i = 0; table && i < table->n_columns; i++)
		if (!strcmp(table->columns[i].name, name))
			return &table->columns[i];
	for (size_t i = 0; !table && i < layout->n_fields; i++)
		if (!strcmp(layout->fields[i].column->name, name))
			return layout->fields[i].column;
	return NULL;
}

static enum mu_data column_data(const struct column *c)
{
	static const enum mu_data data[] = {
		[COLUMN_STRING] = MU_STRING,   [COLUMN_INTEGER] = MU_INTEGER,
		[COLUMN_NUMBER] = MU_NUMBER,   [COLUMN_DATE] = MU_DATE,
		[COLUMN_BOOLEAN] = MU_BOOLEAN,
	};

	return data[c->type];
}

static int check_type(struct mu_ctx *ctx, struct column *c)
{
	int err = 0;

	if (c->measure && c->type != COLUMN_INTEGER)
		err = mu_invalid(ctx, &c->measure,
				 "column '%s' is a measure: its type must be integer", c->name);
	if (c->words && c->type != COLUMN_INTEGER)
		err = mu_invalid(ctx, &c->words,
				 "column '%s' has words: only numbers of type integer may",
				 c->name);
	if (c->format.count && c->type != COLUMN_DATE)
		err = mu_invalid(ctx, &c->format, "column '%s' has a format: only dates have one",
				 c->name);
	if (c->month_end && c->type != COLUMN_DATE)
		err = mu_invalid(ctx, &c->month_end,
				 "column '%s' has a month's end: only dates have one", c->name);
	if (c->group && c->type != COLUMN_STRING)
		err = mu_invalid(ctx, &c->group,
				 "column '%s' is a label of several rows: its type must be string",
				 c->name);
	if (c->vocabulary && c->type != COLUMN_STRING)
		err = mu_invalid(ctx, &c->vocabulary,
				 "column '%s' has a vocabulary: its type must be string", c->name);
	return err;
}

static int check_zero(struct mu_ctx *ctx, const struct column *c)
{
	if (c->zero.count && c->type != COLUMN_INTEGER && c->type != COLUMN_NUMBER)
		return mu_invalid(ctx, &c->zero, "column '%s' has a zero: only numbers have one",
				  c->name);
	for (size_t i = 0; i < c->zero.count; i++)
		for (size_t j = 0; j < c->missing.count; j++)
			if (!strcmp(c->zero.items[i], c->missing.items[j]))
				return mu_invalid(ctx, &c->zero.items[i],
						  "'%s' cannot mean both 0 and unknown",
						  c->zero.items[i]);
	return 0;
}

/* A status speaks of another column of its table, and has no words of its own. */
static int check_status(struct mu_ctx *ctx, const struct table *t, const struct column *c)
{
	if (c->type != COLUMN_STRING)
		return mu_invalid(ctx, &c->status_of,
				  "column '%s' has a status: its type is string", c->name);
	for (size_t i = 0; i < t->n_columns; i++)
		if (!strcmp(t->columns[i].name, c->status_of) && !t->columns[i].status_of)
			return 0;
	return mu_invalid(ctx, &c->status_of, "table '%s' has no column '%s' to speak of", t->name,
			  c->status_of);
}

/* A column that shares the place of another one before it, of labels. */
static int check_shares(struct mu_ctx *ctx, const struct table *t, const struct column *c)
{
	for (struct column *other = t->columns; other < c; other++)
		if (!strcmp(other->name, c->shares) && other->group == GROUP_ABOVE &&
		    !other->sharer) {
			other->sharer = c;
			return 0;
		}
	return mu_invalid(ctx, &c->shares,
			  "table '%s' has before it no column '%s' with group: above, or another "
			  "column shares its place already",
			  t->name, c->shares);
}

/* Whether the document's name says what the column holds. */
static bool is_named(const struct layout *layout, const struct column *c)
{
	return layout->name_pattern && pattern_has(layout->name_pattern, c->name);
}

static int check_source(struct mu_ctx *ctx, const struct layout *layout, const struct table *t,
			struct column *c)
{
	int ways = !!c->header + !!c->capture + !!c->status_of + !!c->shares + c->place;

	if (check_zero(ctx, c))
		return EINVAL;

	if (!ways && is_named(layout, c))
		return 0;
	if (ways != 1)
		return mu_invalid(
			ctx,
			c->status_of ? &c->status_of
			: c->capture ? &c->capture
				     : &c->name,
			"column '%s' needs one of header, capture, shares, place and status_of",
			c->name);
	if (c->status_of)
		return check_status(ctx, t, c);
	if (c->shares)
		return check_shares(ctx, t, c);
	if (c->place && c->type != COLUMN_STRING)
		return mu_invalid(ctx, &c->place, "column '%s' is a place: its type is string",
				  c->name);
	if (c->capture && !pattern_has(t->begin_pattern, c->capture))
		return mu_invalid(ctx, &c->capture, "begin has no capture (?<%s>...)", c->capture);
	if (c->capture && c->vocabulary)
		return mu_invalid(ctx, &c->vocabulary,
				  "column '%s' is captured and needs no vocabulary to be found",
				  c->name);
	return 0;
}

static int header_split(struct mu_ctx *ctx, struct column *c)
{
	struct word words[HEADER_WORDS_MAX];
	size_t n = text_words(mu_string(c->header), words, HEADER_WORDS_MAX);

	if (!n || n == SIZE_MAX)
		return mu_invalid(ctx, &c->header, "header has 1 to %d words", HEADER_WORDS_MAX);
	c->header_words = mu_alloc(ctx, n * sizeof *c->header_words);
	c->n_header_words = n;
	for (size_t i = 0; i < n; i++) {
		struct header_word *w = &c->header_words[i];
		size_t len;

		w->text = words[i].text;
		w->folded = mu_alloc(ctx, NAME_MAX_FOLDED);
		len = words_fold(w->text, w->folded, NAME_MAX_FOLDED);
		w->folded[len < NAME_MAX_FOLDED ? len : 0] = '\0';
	}
	return 0;
}

/* Finds the column among those of the rows or adds it. */
static int column_join(struct mu_ctx *ctx, struct layout *layout, struct column *c)
{
	size_t i = 0;

	while (i < layout->n_fields && strcmp(layout->fields[i].column->name, c->name))
		i++;
	if (i == COLUMNS_MAX)
		return mu_invalid(ctx, &c->name, "all tables together have more than %d columns",
				  COLUMNS_MAX);
	c->index = i;
	if (i == layout->n_fields) {
		layout->fields[layout->n_fields++] = (struct field){ c, column_data(c) };
		return 0;
	}
	if (layout->fields[i].type != column_data(c) ||
	    layout->fields[i].column->measure != c->measure)
		return mu_invalid(
			ctx, &c->name,
			"column '%s' is of another type, or another measure, in another table",
			c->name);
	return 0;
}

static int check_name(struct mu_ctx *ctx, const struct table *t, const struct column *c)
{
	if (!*c->name || *c->name == '_')
		return mu_invalid(ctx, &c->name,
				  "column '%s' needs a name that begins with a letter", c->name);
	for (const struct column *other = t->columns; other < c; other++)
		if (!strcmp(other->name, c->name))
			return mu_invalid(ctx, &c->name, "column '%s' is there twice", c->name);
	return 0;
}

static int column_compile(struct mu_ctx *ctx, struct layout *layout, struct table *t,
			  struct column *c)
{
	int err = check_name(ctx, t, c), other = check_type(ctx, c);

	err = err ? err : other;
	other = check_source(ctx, layout, t, c);
	err = err ? err : other;
	if (!err && c->group == GROUP_BELOW) {
		t->groups = true;
		if (!c->place)
			err = mu_invalid(ctx, &c->group,
					 "column '%s': only a place is told by a total below",
					 c->name);
	} else if (!err && c->group && (!t->grid || !c->header))
		err = mu_invalid(ctx, &c->group,
				 "column '%s': only in a table with grid: true, and under a header",
				 c->name);
	if (!err && c->ignore && !c->header)
		err = mu_invalid(ctx, &c->ignore,
				 "column '%s': only cells under a header have something to ignore",
				 c->name);
	if (!err && c->header)
		err = header_split(ctx, c);
	if (!err && c->ignore)
		err = pattern_compile(ctx, &c->ignore, c->ignore, false, &c->ignore_pattern);
	if (!err)
		err = column_join(ctx, layout, c);
	layout->uses[c->vocabulary] = true;
	return err;
}

static int columns_compile(struct mu_ctx *ctx, struct layout *layout, struct table *t)
{
	size_t words = 0, optional = 0, headers = 0;
	int err = 0;

	for (size_t i = 0; i < t->n_columns; i++) {
		struct column *c = &t->columns[i];
		int other = column_compile(ctx, layout, t, c);

		err = err ? err : other;
		words += c->n_header_words;
		headers += c->header != NULL;
		optional += c->header && c->optional;
	}
	if (words > HEADER_WORDS_MAX)
		err = mu_invalid(ctx, &t->column_items,
				 "the headers have more than %d words together", HEADER_WORDS_MAX);
	if (optional > OPTIONAL_MAX || optional == headers)
		err = mu_invalid(
			ctx, &t->column_items,
			"at least one column has a header and is not optional, and at most "
			"%d are optional",
			OPTIONAL_MAX);
	return err;
}

static bool captures_measure(const struct layout *layout, const struct table *t,
			     const struct pattern *pattern)
{
	for (size_t i = 0; i < pattern_captures(pattern); i++) {
		const char *name = pattern_capture_name(pattern, i);
		const struct column *c = layout_column(layout, t, name);

		if (c && c->measure)
			return true;
	}
	return false;
}

static bool has_measure(const struct table *t)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (t->columns[i].measure)
			return true;
	return false;
}

/* The columns of a table by their names, as a set. */
static int column_set(struct mu_ctx *ctx, const struct layout *layout, const struct table *t,
		      const struct mu_texts *names, uint64_t *set)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct column *c = layout_column(layout, t, names->items[i]);

		if (!c || !c->header || c->measure)
			return mu_invalid(ctx, &names->items[i],
					  "table '%s' has no column '%s' with labels", t->name,
					  names->items[i]);
		*set |= (uint64_t)1 << c->index;
	}
	return 0;
}

/* A claim that is told by its cells. */
static int claim_cells(struct mu_ctx *ctx, const struct layout *layout, const struct table *t,
		       struct claim *c)
{
	int ways = !!c->match + !!c->repeats + !!c->labels.count + c->unlabelled, err;
	bool cells = !c->match || c->of_columns.count || c->partial;

	if (ways != 1)
		return mu_invalid(ctx, &c->name,
				  "claim '%s' needs one of match, repeats, labels and unlabelled%s",
				  c->name, ways ? ", not several" : "");
	if (cells && !t->grid)
		return mu_invalid(ctx, &c->name,
				  "claim '%s' is told by cells: its table needs grid: true",
				  c->name);
	if (c->repeats)
		c->repeated = layout_column(layout, t, c->repeats);
	if (c->repeats && (!c->repeated || c->repeated->group != GROUP_ABOVE))
		return mu_invalid(ctx, &c->repeats, "no column '%s' has group: above", c->repeats);
	if (c->last && !c->match)
		return mu_invalid(ctx, &c->last, "only a claim with match can be the last");
	err = column_set(ctx, layout, t, &c->labels, &c->label_set);
	return err ? err : column_set(ctx, layout, t, &c->of_columns, &c->of_set);
}

/* `t` is the table of a claim on a line, NULL for one in running text. */
static int claim_compile(struct mu_ctx *ctx, const struct layout *layout, const struct table *t,
			 struct claim *c)
{
	int err = t ? claim_cells(ctx, layout, t, c) : 0;

	if (!err && c->match)
		err = pattern_compile(ctx, &c->match, c->match, false, &c->pattern);
	if (!err && c->cue)
		err = pattern_compile(ctx, &c->cue, c->cue, false, &c->cue_pattern);
	if (!err && c->cue && !c->optional)
		err = mu_invalid(ctx, &c->cue, "claim '%s' has a cue: only optional ones need one",
				 c->name);
	if (err)
		return err;
	if (!*c->name)
		return mu_invalid(ctx, &c->name, "a claim needs a name");
	for (size_t i = 0; c->pattern && i < pattern_captures(c->pattern); i++)
		if (!layout_column(layout, t, pattern_capture_name(c->pattern, i)))
			return mu_invalid(ctx, &c->match, "no column is called as its capture '%s'",
					  pattern_capture_name(c->pattern, i));
	if (t ? !has_measure(t) : !captures_measure(layout, NULL, c->pattern))
		return mu_invalid(ctx, c->match ? &c->match : &c->name,
				  t ? "claim '%s' has no measure to speak of: mark a "
				      "column with measure: true"
				    : "claim '%s' captures no measure: (?<COLUMN>...)",
				  c->name);
	return 0;
}

static int claim_find_table(struct mu_ctx *ctx, const struct layout *layout, struct claim *c)
{
	c->of = layout->n_tables == 1 ? 0 : SIZE_MAX;
	if (!c->table)
		return 0;
	for (size_t i = 0; i < layout->n_tables; i++)
		if (!strcmp(layout->tables[i].name, c->table)) {
			c->of = i;
			return 0;
		}
	return mu_invalid(ctx, &c->table, "no table is called '%s'", c->table);
}

static int patterns_compile(struct mu_ctx *ctx, const struct mu_texts *texts, bool whole,
			    struct pattern ***out)
{
	int err = 0;

	*out = mu_alloc(ctx, (texts->count + 1) * sizeof **out);
	for (size_t i = 0; i < texts->count; i++) {
		int other =
			pattern_compile(ctx, &texts->items[i], texts->items[i], whole, &(*out)[i]);

		err = err ? err : other;
	}
	return err;
}

static int table_patterns(struct mu_ctx *ctx, struct table *t)
{
	int err = pattern_compile(ctx, &t->begin, t->begin, false, &t->begin_pattern), other;

	if (t->end) {
		t->has_end = true;
		other = pattern_compile(ctx, &t->end, t->end, false, &t->end_pattern);
		err = err ? err : other;
	}
	other = patterns_compile(ctx, &t->skip, false, &t->skip_patterns);
	return err ? err : other;
}

static int table_compile(struct mu_ctx *ctx, struct layout *layout, struct table *t)
{
	int err = table_patterns(ctx, t);

	t->columns = t->column_items.items;
	t->claims = t->claim_items.items;
	t->n_claims = t->claim_items.count;
	t->n_columns = t->column_items.count;
	for (struct table *other = layout->tables; other < t; other++)
		if (!strcmp(other->name, t->name))
			err = mu_invalid(ctx, &t->name, "table '%s' is there twice", t->name);
	if (!err)
		err = columns_compile(ctx, layout, t);
	for (size_t i = 0; i < t->n_claims && !err; i++) {
		err = claim_compile(ctx, layout, t, &t->claims[i]);
		t->has_end |= t->claims[i].last;
	}
	return err;
}

static int check_file_name(struct mu_ctx *ctx, const struct layout *layout)
{
	for (size_t i = 0; i < pattern_captures(layout->name_pattern); i++) {
		const char *name = pattern_capture_name(layout->name_pattern, i);
		const struct column *c = layout_column(layout, NULL, name);

		if (!c || c->type != COLUMN_DATE)
			return mu_invalid(ctx, &layout->file_name,
					  "no column of dates is called as its capture '%s'", name);
	}
	return 0;
}

int layout_furniture(struct mu_ctx *ctx, struct layout *layout)
{
	return patterns_compile(ctx, &layout->furniture, true, &layout->furniture_patterns);
}

int layout_compile(struct mu_ctx *ctx, struct layout *layout)
{
	int err = 0, other;

	layout->tables = layout->table_items.items;
	layout->n_tables = layout->table_items.count;
	layout->claims = layout->claim_items.items;
	layout->n_claims = layout->claim_items.count;
	if (!language_known(layout->language))
		err = mu_invalid(ctx, &layout->language, "no language is known as '%s'",
				 layout->language);
	if (layout->encoding && !charset_known(layout->encoding))
		err = mu_invalid(ctx, &layout->encoding, "no encoding is known as '%s'",
				 layout->encoding);
	other = layout_furniture(ctx, layout);
	err = err ? err : other;
	other = patterns_compile(ctx, &layout->unread, false, &layout->unread_patterns);
	err = err ? err : other;
	if (layout->file_name) {
		other = pattern_compile(ctx, &layout->file_name, layout->file_name, false,
					&layout->name_pattern);
		err = err ? err : other;
	}
	for (size_t i = 0; i < layout->n_tables; i++) {
		other = table_compile(ctx, layout, &layout->tables[i]);
		err = err ? err : other;
	}
	if (!err && layout->name_pattern)
		err = check_file_name(ctx, layout);
	for (size_t i = 0; i < layout->n_claims && !err; i++) {
		err = claim_compile(ctx, layout, NULL, &layout->claims[i]);
		if (!err)
			err = claim_find_table(ctx, layout, &layout->claims[i]);
	}
	return err;
}

static void patterns_free(struct pattern **patterns, size_t n)
{
	for (size_t i = 0; patterns && i < n; i++)
		pattern_free(patterns[i]);
}

static void claims_free(struct claim *claims, size_t n)
{
	for (size_t i = 0; claims && i < n; i++) {
		pattern_free(claims[i].pattern);
		pattern_free(claims[i].cue_pattern);
	}
}

void layout_release(struct layout *layout)
{
	patterns_free(layout->furniture_patterns, layout->furniture.count);
	patterns_free(layout->unread_patterns, layout->unread.count);
	pattern_free(layout->name_pattern);
	claims_free(layout->claims, layout->n_claims);
	for (size_t i = 0; i < layout->n_tables; i++) {
		struct table *t = &layout->tables[i];

		pattern_free(t->begin_pattern);
		pattern_free(t->end_pattern);
		patterns_free(t->skip_patterns, t->skip.count);
		claims_free(t->claims, t->n_claims);
		for (size_t k = 0; k < t->n_columns; k++)
			pattern_free(t->columns[k].ignore_pattern);
	}
}

int layout_schema(struct mu_ctx *ctx, const struct layout *layout, struct ArrowSchema *out)
{
	int err = mu_schema_init(out);

	for (size_t i = 0; i < layout->n_fields && !err; i++)
		err = mu_schema_add(out, layout->fields[i].column->name, layout->fields[i].type,
				    layout->fields[i].column->measure, NULL);
	if (!err)
		err = mu_schema_add_hidden(out);
	return err ? mu_fail(ctx, err, "out of memory") : 0;
}
