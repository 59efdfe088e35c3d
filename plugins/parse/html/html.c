/*
 * A table of a web page:
 *
 *     - parse: html
 *       heading: Troops by country
 *       columns:
 *         - {name: country, header: Contributor}
 *         - {name: troops, header: [Personnel, Troops], type: integer, measure: true}
 *       header_rows: 2
 *       claims:
 *         - {name: total, column: country, match: Total}
 *
 * One table of the page must be the one that is meant: `heading` is the text of its
 * caption or of the nearest heading (h1 to h6) before it, `heading_pattern` a pattern
 * that all of that text matches, `contains` are texts that its header has, `position` is
 * its place among all tables, nested ones too.  Where several of these are given all must
 * hold; without any, the table is meant whose header has all columns that are declared.
 *
 * The first rows that are not blank are the header, as many as `header_rows`.  What
 * columns, claims, types and limits mean is as with parse: csv.  Everything is text.
 *
 * A cell is the text that a browser shows: white space, no-break spaces too, is one blank,
 * a line break is a line feed, and scripts, templates and what is hidden are left out, as
 * is a table inside, which is a table of its own.  Marks of footnotes (sup, or a style that
 * says so) are part of the text, their digits as raised ones, or are left out with
 * `footnotes: drop`.  Digits of sub, small, ins, a link or of what a style moves are raised
 * ones where they would be read as part of those before.  Text that is struck out (del, s,
 * strike) is an error, or is left out with `struck: drop`, or read with `struck: keep`.  A
 * hidden cell takes no place; hidden rows, and those of a hidden table, are read, with a
 * warning.  Hidden texts with numbers are counted in another one.  A number that a cell shows in
 * a field of a form, a drawing, a formula or, where it has no text, an image is an error.
 *
 * In the header a cell has its text in all places that it spans.  Below, `merged: down`,
 * the default, gives it to each row that it spans, in the leftmost of its columns; so a
 * country stands in all its rows, and the label of a total in one column.  A measure that
 * spans places is an error then, since nothing says whether each place has the number or
 * all of them together.  With `fill` each place has the text, with `first` the topmost and
 * leftmost.  Spans end with thead, tbody or tfoot; a row that has nothing of its own is blank.
 *
 * A table that does not end with </table> is an error, since rows may be missing.  Places
 * are lines, and paths of elements as the page has them: /html/body/table[2]/tr[5]/td[3].
 *
 * The encoding is that of a byte order mark, else UTF-8 where the bytes are that, else
 * the option encoding, what the server said, what the page says, windows-1252.  Nothing
 * that a DOCTYPE declares is ever looked at, and nothing is fetched.
 */
#include "html.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const char *const merged_names[] = { "down", "fill", "first", NULL };
static const char *const struck_names[] = { "refuse", "drop", "keep", NULL };
static const char *const footnotes_names[] = { "keep", "drop", NULL };

static const struct mu_option own_options[] = {
	MU_OPT_TEXT(struct self, heading,
		    .help = "of the table: its caption, or the nearest heading before it"),
	MU_OPT_TEXT(struct self, heading_pattern, .help = "what all of that text matches"),
	MU_OPT_TEXTS(struct self, contains, .min = 1, .max = 1000,
		     .help = "texts that the header of the table has"),
	MU_OPT_INT(struct self, position, .min = 1, .max = 1e9,
		   .help = "which table of the page it is, from 1"),
	MU_OPT_CHOICE(struct self, merged, .fallback = "down", .choices = merged_names,
		      .help = "which places have the text of a cell that spans several"),
	MU_OPT_TEXTS(
		struct self, unread, .max = NOTES_MOST,
		.help = "patterns of headings, captions or first rows of tables that are known "
			"and not read"),
	MU_OPT_CHOICE(struct self, footnotes, .fallback = "keep", .choices = footnotes_names,
		      .help = "what becomes of marks of footnotes"),
	MU_OPT_CHOICE(struct self, struck, .fallback = "refuse", .choices = struck_names,
		      .help = "what becomes of text that is struck out"),
	MU_OPT_TEXT(struct self, encoding,
		    .help = "of the page, where it says none or a wrong one"),
	MU_OPT_BYTES(struct self, max_size, .fallback = "1Gi", .min = 1, .max = 0x1p40,
		     .help = "bytes that a page may have"),
	TABLE_HEADER_OPTIONS(struct self),
	TABLE_OPTIONS(struct self),
	TABLE_NOTES_OPTION(struct self),
	{ 0 },
};

static const struct mu_code codes[] = {
	{ "no-table", "No table of the page is the one that is meant.",
	  "Look at the tables that are listed, and correct the options heading, contains, "
	  "position or columns." },
	{ "several-tables", "More than one table of the page may be the one that is meant.",
	  "Say which with the options heading, contains or position." },
	{ "unread-table",
	  "Another table of the page has all columns in its header, or numbers, and no source "
	  "reads it.",
	  "Read it with a source of its own, or name its heading, caption or first row in the "
	  "option unread." },
	{ "not-html", "The document is no web page.",
	  "Get the right document, or choose the parser for what it is." },
	{ "truncated", "The table does not end: there is no </table>, so rows may be missing.",
	  "Get the page again, or correct it." },
	{ "too-deep", "Elements are nested deeper than any page needs, and the rest was not read.",
	  "Get the page from a source that can be trusted." },
	{ "spans", "Cells that span others repeat far more text than the page has.",
	  "Get the page from a source that can be trusted, or say merged: first." },
	{ "overlap", "Two cells take the same place in the table, one of them from a row above.",
	  "Correct colspan or rowspan in the page." },
	{ "merged",
	  "A number stands in a cell that spans several places, and nothing says whether "
	  "each has it or all together.",
	  "Say merged: fill when each has it, merged: first when it is that of all together." },
	{ "struck", "Text of a cell is struck out. It was not read.",
	  "Look at the page: say struck: drop when what is left is the value, struck: keep when "
	  "what is struck counts." },
	{ "span-cut", "A cell should span more rows than its part of the table has.",
	  "Look whether rows are missing." },
	{ "hidden", "Rows of the table are hidden. They were read.",
	  "Look whether they belong to the table." },
	{ "hidden-text",
	  "Cells or texts of the table that nobody sees have numbers. They were not read.",
	  "Look whether somebody hid what belongs to the table." },
	{ "shown",
	  "A row shows a number that is no text: in a field of a form, a drawing, a formula or an "
	  "image. It was not read.",
	  "Get the numbers from another source, or have them written as text." },
	{ "outside", "Text stands in the table outside its cells. It was left out.",
	  "Look whether a tag of a cell is missing in the page." },
	{ "reference",
	  "A cell has a reference such as &name; that stands for no character which "
	  "is known.",
	  "Correct it in the page." },
	TABLE_MISSING_CODE,
	NOTES_CODE,
	TABLE_COMMON_CODES,
	CHARSET_CODES,
	{ 0 },
};

static int html_configure(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;
	int err = table_configure(ctx, &self->options);

	if (self->heading_pattern && pattern_compile(ctx, &self->heading_pattern,
						     self->heading_pattern, true, &self->pattern))
		err = EINVAL;
	if (self->heading && self->heading_pattern)
		err = mu_invalid(ctx, &self->heading_pattern,
				 "either heading is the text, or heading_pattern matches it");
	if (self->contains.count && !self->options.header_rows)
		err = mu_invalid(ctx, &self->contains, "the table is said to have no header");
	if (notes_check(ctx, &self->unread))
		err = EINVAL;
	if (self->encoding && !charset_known(self->encoding))
		err = mu_invalid(ctx, &self->encoding, "no encoding is called '%s'",
				 self->encoding);
	return err;
}

static int html_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	static const struct table_form form = { .typed = false };
	struct self *self = state;
	int err = 0;

	self->rows = tables_open(ctx, &self->options, &form);
	err = notes_open(ctx, &self->known, &self->unread);
	if (!err && !self->options.columns.count) {
		self->page.seeking = true;
		err = source_read(ctx, self);
		if (!err)
			err = page_read(ctx, self);
		self->page.seeking = false;
	}
	return err ? err : tables_schema(ctx, self->rows, out);
}

static void html_close(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;

	(void)ctx;
	tables_close(self->rows);
	pattern_free(self->pattern);
	page_release(&self->page);
	prose_release(&self->row_text);
	notes_close(&self->known);
	free(self->others);
}

static int report_hidden(struct mu_ctx *ctx, const struct self *self)
{
	struct mu_finding hidden = { .severity = MU_WARNING,
				     .code = "hidden",
				     .at = mu_at(ctx->document->id,
						 html_position(self->first_hidden)) };

	if (self->hidden < 2)
		return self->hidden ? mu_report(ctx, hidden, "this row is hidden") : 0;
	return mu_report(ctx, hidden, "%" PRIu64 " rows are hidden, of which this is the first",
			 self->hidden);
}

static int report_unread(struct mu_ctx *ctx, const struct self *self)
{
	struct mu_finding unread = { .severity = MU_WARNING,
				     .code = "hidden-text",
				     .at = mu_at(ctx->document->id,
						 html_position(self->first_unread)) };
	uint64_t n = self->unread_texts;

	if (n > 1)
		return mu_report(ctx, unread,
				 "numbers are hidden in cells in %" PRIu64
				 " places, of which the first is in this row, and were not read",
				 n);
	return n ? mu_report(ctx, unread,
			     "a number is hidden in a cell of this row, and was not read")
		 : 0;
}

static int report_cut(struct mu_ctx *ctx, const struct self *self)
{
	struct mu_finding cut = { .severity = MU_WARNING,
				  .code = "span-cut",
				  .at = mu_at(ctx->document->id, html_position(self->first_cut)) };

	return self->cut ? mu_report(ctx, cut,
				     "a cell of this row should span more rows than there are%s",
				     self->cut > 1 ? ", and there are others" : "")
			 : 0;
}

/* Says once what is wrong with the page as a whole. */
static int html_finish(struct mu_ctx *ctx, struct self *self)
{
	int err;

	if (self->told)
		return 0;
	self->told = true;
	/* What of it was not read, was reported. */
	if (self->unreadable || self->page.stopped)
		return 0;
	err = charset_report_guessed(ctx, &self->decoded);
	if (!err)
		err = charset_report_mended(ctx, &self->decoded);
	if (!err)
		err = choice_report(ctx, self);
	if (!err)
		err = choice_report_unread(ctx, self);
	if (!err && self->meant)
		err = tables_finish(ctx, self->rows);
	if (!err)
		err = report_hidden(ctx, self);
	if (!err)
		err = report_unread(ctx, self);
	return err ? err : report_cut(ctx, self);
}

static int html_parse(struct mu_ctx *ctx, void *state, struct ArrowArray *out)
{
	struct self *self = state;
	struct page *page = &self->page;
	int err = source_read(ctx, self);

	if (!err && page->foot_waits.n_foot) {
		err = table_foot_give(ctx, self, &page->foot_waits);
		page->foot_waits.n_foot = 0;
	}
	if (!err)
		err = page_read(ctx, self);
	if (!err && page->ended)
		err = html_finish(ctx, self);
	return err ? err : tables_take(ctx, self->rows, out);
}

/* What a quick look at a table shows. */
struct sketch {
	size_t number; /* of the table, from 1; 0: there is none */
	size_t rows;
	size_t header; /* rows in <thead>, or else the first ones that have no <td> */
	bool marks;    /* there are some <sup> */
};

/* What a tag adds to the sketch of the table at hand.  `body` is whether its header has
 * ended, `head` whether its <thead> is open. */
static void sketch_add(struct sketch *one, const struct token *tag, bool *head, bool *body)
{
	bool start = tag->kind == TOKEN_START;

	if (token_same_name(tag->text, mu_string("thead"))) {
		*head = start;
		*body = *body || !start;
	} else if (start && token_same_name(tag->text, mu_string("tr"))) {
		one->rows++;
		one->header += !*body;
	} else if (start && token_same_name(tag->text, mu_string("td")) && !*head && !*body) {
		*body = true;
		one->header -= one->header > 0;
	} else if (start && token_same_name(tag->text, mu_string("sup"))) {
		one->marks = true;
	}
}

/* The table with the most rows, and how many there are. */
static struct sketch largest_table(struct mu_string text, size_t *tables)
{
	struct sketch best = { .number = 0 }, one = best;
	struct tokens tokens = { .text = text };
	const struct element *element;
	bool head = false, body = false;
	struct token tag;

	*tables = 0;
	for (token_next(&tokens, &tag); tag.kind; token_next(&tokens, &tag)) {
		if (tag.kind == TOKEN_TEXT)
			continue;
		element = tag.kind == TOKEN_START ? element_find(tag.text) : NULL;
		if (element && element->is & IS_RAW)
			token_skip(&tokens, tag.text);
		if (element && element->kind == ELEMENT_TABLE) {
			one = (struct sketch){ .number = ++*tables };
			head = body = false;
		}
		sketch_add(&one, &tag, &head, &body);
		if (one.number && (one.number == best.number || one.rows > best.rows))
			best = one;
	}
	return best;
}

static int html_guess(struct mu_ctx *ctx, void *state, struct mu_guess *out)
{
	enum { ROOM = 400 };
	struct sketch best;
	const uint8_t *data;
	size_t len, tables, n = 0;
	char *draft;
	int err = mu_data(ctx, &data, &len);

	(void)state;
	if (err || memchr(data, '\0', len < 1024 ? len : 1024))
		return err;
	best = largest_table((struct mu_string){ (const char *)data, len }, &tables);
	if (!best.number)
		return 0;
	out->score = 0.92;
	out->options = draft = mu_alloc(ctx, ROOM);
	if (tables > 1)
		n += (size_t)snprintf(draft, ROOM,
				      "position: %zu  # of %zu tables, the one with the most "
				      "rows\n",
				      best.number, tables);
	if (best.header > 1 && best.header < best.rows && best.header <= HEADER_ROWS)
		n += (size_t)snprintf(draft + n, ROOM - n, "header_rows: %zu\n", best.header);
	if (best.marks)
		snprintf(draft + n, ROOM - n,
			 "footnotes: drop  # marks that are raised are no part of a cell\n");
	return 0;
}

MUSTER_PLUGIN(.name = "html", .summary = "tables of web pages", .options = own_options,
	      .codes = codes, .self_size = sizeof(struct self), .configure = html_configure,
	      .open = html_open, .close = html_close, .parse = html_parse, .locate = html_locate,
	      .guess = html_guess);
