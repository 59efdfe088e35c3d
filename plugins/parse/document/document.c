/*
 * Tables in running text, such as letters and reports, and the totals that the
 * text states.  No document is known here: the pipeline describes it.
 *
 *     - parse: document
 *       language: nl
 *       furniture: ['Pagina \d+ van \d+']
 *       tables:
 *         - name: missions
 *           begin: 'Overzicht uitgezonden functionarissen \(peildatum (?<day>[^)]+)\)'
 *           columns:
 *             - {name: as_of, capture: day, type: date}
 *             - {name: mission, header: Missienaam}
 *             - {name: station, header: Standplaats, vocabulary: country}
 *             - {name: headcount, header: Aantal, type: integer, measure: true}
 *           claims:
 *             - {name: total, match: '^Totaal', last: true}
 *       claims:
 *         - name: sentence
 *           match: 'in (?<station>[^,]+), waar (?<headcount>\w+) functionarissen'
 *           optional: true
 *
 * A table is a heading, `begin`; behind it the header words of its columns, on
 * one or more lines; behind these its lines.  It ends with the claim marked
 * `last` or before the line that matches `end`; where neither is declared, at
 * the first blank line.  Page breaks and furniture do not end it, and a header
 * repeated after them is passed over.  Every line is a claim, is named by
 * `skip`, or is a row; one that cannot be a row is an error.
 * Lines behind it that still read as rows, and other tables, are told, see
 * outside.h.  With a column `{place: true, group: below}` it goes on to the last
 * of the totals that its groups have.
 *
 * Patterns are PCRE2's.  Those of headings and sentences are looked for in text
 * whose lines are joined, so a space in them matches a line break, also one with
 * a blank line or a page break; those of lines in the line without the space
 * around it; one of furniture must match the whole of its line.
 *
 * Where the columns of a row are not told apart by gaps of two spaces or a tab,
 * types and vocabularies decide, see cut.h.  Numbers and dates are read as the
 * language writes them, and all of a cell must be the value.
 *
 * Behind what the pattern of a line's claim matches stand the numbers of the
 * measures, in their order, and nothing else; what is captured under a column's
 * name goes there instead.  The captures of the heading go into every row and
 * claim, into those of the running text too when there is one table only, or
 * `table` names it.  The first date captured by a heading is the document's.
 *
 * A PDF is read by poppler's pdftotext, as words with boxes (pdf.h), and put into lines;
 * marks of footnotes are left out.  In a table with `grid: true` a cell belongs to the
 * column whose header it is nearest to, so it may be empty; a text without numbers in
 * its line is a label or part of a cell of several lines, see grid.h and share.h.
 */
#include "read/scan.h"
#include "text/icu_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bytes/charset.h"

#include "draft/guess.h"
#include "words/extract.h"

enum {
	BATCH_ROWS = 4096,
	SHOWN = 200, /* bytes of a document in a message */
	SNIFFED = 4096,
	GUESSED_MAX = 16 << 20, /* bytes: what is larger is no letter */
};

struct self {
	struct layout layout; /* first: layout_options are offsets in it */

	struct ArrowSchema schema;
	struct mu_builder builder;
	struct reader reader;
	struct pages pages;
	struct pdf pdf;
	bool paged;        /* the pages were read */
	struct scan *scan; /* NULL until the document was scanned */
	size_t next;       /* record */
	char *plain;       /* a text with common spaces only */
	size_t plain_room;
};

static int document_configure(struct mu_ctx *ctx, void *data)
{
	struct self *self = data;

	icu_memory_set(ctx);
	return layout_compile(ctx, &self->layout);
}

static int document_open(struct mu_ctx *ctx, void *data, struct ArrowSchema *out)
{
	struct self *self = data;
	int err = layout_schema(ctx, &self->layout, out);

	if (err)
		return err;
	err = mu_schema_copy(&self->schema, out);
	if (!err)
		err = mu_builder_init(&self->builder, &self->schema);
	return err ? mu_fail(ctx, err, "out of memory") : 0;
}

static void document_close(struct mu_ctx *ctx, void *data)
{
	struct self *self = data;

	(void)ctx;
	if (self->scan)
		scan_release(self->scan);
	pages_release(&self->pages);
	pdf_release(&self->pdf);
	reader_close(&self->reader);
	mu_builder_release(&self->builder);
	mu_schema_release(&self->schema);
	layout_release(&self->layout);
	free(self->plain);
}

static int text_read(struct mu_ctx *ctx, struct self *self, const uint8_t *bytes, size_t len,
		     bool quiet)
{
	const struct layout *layout = &self->layout;
	struct charset_text decoded;
	int err = charset_decode(ctx, layout->encoding, layout->max_size, !quiet, &decoded);

	(void)bytes;
	/* Bytes that gave no text were reported. */
	if (err || (!decoded.text.len && len > decoded.skipped))
		return err;
	return pages_read(ctx, decoded.text, NULL, 0, layout->furniture_patterns,
			  layout->furniture.count, layout->max_lines, &self->pages);
}

static int pdf_pages(struct mu_ctx *ctx, struct self *self, bool quiet)
{
	const struct layout *layout = &self->layout;
	struct mu_string text;
	const struct extract_limits limits = { .seconds = layout->timeout,
					       .memory = (uint64_t)layout->max_memory,
					       .output = (uint64_t)layout->max_output };
	int err = self->pdf.len ? 0 : extract(ctx, &limits, quiet, &self->pdf);

	if (err || !self->pdf.len)
		return err;
	text = (struct mu_string){ self->pdf.text, self->pdf.len };
	return pages_read(ctx, text, self->pdf.boxes, self->pdf.n_boxes, layout->furniture_patterns,
			  layout->furniture.count, layout->max_lines, &self->pages);
}

/* Reads the document's lines, once. */
static int document_pages(struct mu_ctx *ctx, struct self *self, bool quiet)
{
	const uint8_t *bytes;
	size_t len;
	int err;

	if (self->paged)
		return 0;
	self->paged = true;
	err = mu_data(ctx, &bytes, &len);
	if (err)
		return err;
	return is_pdf(bytes, len) ? pdf_pages(ctx, self, quiet)
				  : text_read(ctx, self, bytes, len, quiet);
}

/* Reads and scans the document, once. */
static int document_read(struct mu_ctx *ctx, struct self *self, bool quiet)
{
	int err;

	if (self->scan)
		return 0;
	self->scan = mu_alloc(ctx, sizeof *self->scan);
	self->scan->ctx = ctx;
	self->scan->layout = &self->layout;
	self->scan->reader = &self->reader;
	self->scan->pages = &self->pages;
	self->scan->quiet = quiet;
	err = document_pages(ctx, self, quiet);
	/* What gave no text was reported. */
	if (err || !self->pages.flat)
		return err;
	err = reader_open(ctx, &self->layout, &self->reader);
	return err ? err : scan_run(self->scan);
}

static bool is_plain(struct mu_string text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] >= 0x80 || text.data[i] == '\n')
			return false;
	return true;
}

/* The text with one space for every white space.  False when memory is out. */
static bool make_plain(struct self *self, struct mu_string *text)
{
	size_t len = 0;

	if (is_plain(*text))
		return true;
	if (text->len > self->plain_room) {
		char *p = realloc(self->plain, text->len);

		if (!p)
			return false;
		self->plain = p;
		self->plain_room = text->len;
	}
	for (size_t i = 0, space; i < text->len; i += space ? space : 1) {
		space = space_len((struct mu_string){ text->data + i, text->len - i });
		self->plain[len++] = space ? ' ' : text->data[i];
	}
	*text = (struct mu_string){ self->plain, len };
	return true;
}

static int put_datum(struct self *self, size_t field, const struct datum *d)
{
	struct mu_string text = datum_text(self->scan, d);
	int64_t column = (int64_t)field;

	if (d->value.state != VALUE_KNOWN)
		return 0;
	switch (self->layout.fields[field].type) {
	case MU_INTEGER:
		mu_put_integer(&self->builder, column, d->value.integer);
		return 0;
	case MU_NUMBER:
		mu_put_number(&self->builder, column, d->value.number);
		return 0;
	case MU_DATE:
		mu_put_date(&self->builder, column, d->value.date);
		return 0;
	case MU_BOOLEAN:
		mu_put_boolean(&self->builder, column, d->value.boolean);
		return 0;
	default:
		if (!make_plain(self, &text))
			return ENOMEM;
		mu_put_string(&self->builder, column, text);
		return 0;
	}
}

/* Why another field of a record has no value; nothing when it has one. */
static int put_status(struct self *self, size_t field, const struct datum *data)
{
	const char *of = self->layout.fields[field].column->status_of;
	size_t i = 0;

	while (strcmp(self->layout.fields[i].column->name, of) != 0)
		i++;
	if (data[i].value.state == VALUE_MISSING) {
		struct mu_string text = datum_text(self->scan, &data[i]);

		if (!make_plain(self, &text))
			return ENOMEM;
		mu_put_string(&self->builder, (int64_t)field, text);
	} else if (data[i].value.state != VALUE_KNOWN) {
		mu_put_string(
			&self->builder, (int64_t)field,
			mu_string(data[i].value.state == VALUE_NONE ? "blank" : "unreadable"));
	}
	return 0;
}

/* Where a record, or its total, is, for people. */
static void put_place(struct self *self, size_t field, size_t flat)
{
	const struct pages *p = &self->pages;
	const struct line *line = &p->lines[pages_line_of_flat(p, flat)];
	char text[64];

	if (p->paged)
		snprintf(text, sizeof text, "page %" PRIu32 ", line %" PRIu32, line->page,
			 line->number);
	else
		snprintf(text, sizeof text, "line %" PRIu32, line->number);
	mu_put_string(&self->builder, (int64_t)field, mu_string(text));
}

static int put_record(struct mu_ctx *ctx, struct self *self, size_t index)
{
	const struct record *r = &self->scan->records[index];
	size_t fields = self->layout.n_fields;
	int err = 0;

	for (size_t i = 0; i < fields && !err; i++) {
		const struct datum *data = &self->scan->data[index * fields];

		if (self->layout.fields[i].column->group == GROUP_BELOW) {
			if (r->group)
				put_place(self, i, r->group - 1);
		} else if (self->layout.fields[i].column->place)
			put_place(self, i, r->flat);
		else if (!self->layout.fields[i].column->status_of)
			err = put_datum(self, i, &data[i]);
		else if (!r->claim) /* in a claim what is empty means all */
			err = put_status(self, i, data);
	}
	mu_end_row_at(&self->builder, mu_at(ctx->document->id, r->position), r->claim);
	return err;
}

static int document_parse(struct mu_ctx *ctx, void *data, struct ArrowArray *out)
{
	struct self *self = data;
	size_t stop = self->next + BATCH_ROWS;
	int err = document_read(ctx, self, false);

	if (err)
		return err;
	for (; self->next < self->scan->n_records && self->next < stop && !err; self->next++)
		err = put_record(ctx, self, self->next);
	if (!err)
		err = mu_builder_finish(&self->builder, out);
	if (err == EOVERFLOW)
		return mu_fail(ctx, err, "a batch of rows has more than 2 GiB of text");
	return err ? mu_fail(ctx, err, "out of memory") : 0;
}

static size_t field_index(const struct layout *layout, const char *name)
{
	size_t i = 0;

	while (name && i < layout->n_fields && strcmp(layout->fields[i].column->name, name))
		i++;
	return name ? i : layout->n_fields;
}

/* The part of the flat form that is meant. */
static struct datum find_place(const struct self *self, uint64_t position, const char *field)
{
	size_t record = scan_find(self->scan, position), n = self->layout.n_fields;
	size_t index = field_index(&self->layout, field);
	const struct line *line;

	if (record == SIZE_MAX) {
		line = &self->pages.lines[pages_line_of_start(&self->pages, (size_t)position)];
		return (struct datum){ .flat = line->flat, .len = line->flat_len };
	}
	if (index < n && self->scan->data[record * n + index].len)
		return self->scan->data[record * n + index];
	return (struct datum){ .flat = self->scan->records[record].flat,
			       .len = self->scan->records[record].len };
}

static bool ends_line(char c)
{
	return c == '\n' || c == '\r' || c == '\f';
}

static void fill_place(const struct self *self, const struct datum *what, struct mu_place *out)
{
	const struct pages *p = &self->pages;
	size_t start = pages_start(p, what->flat);
	size_t end = what->len ? pages_start(p, what->flat + what->len - 1) + 1 : start;
	const struct line *line = &p->lines[pages_line_of_start(p, start)];
	size_t first = start, last = start;

	while (first && !ends_line(p->text.data[first - 1]))
		first--;
	while (last < p->text.len && !ends_line(p->text.data[last]))
		last++;
	end = end < last ? end : last;
	out->page = p->paged ? line->page : 0;
	out->line = line->number;
	out->text = p->text.data + first;
	out->text_len = last - first;
	out->value = p->text.data + start;
	out->value_len = end - start;
	out->column = text_characters((struct mu_string){ out->text, start - first }) + 1;
	out->width = text_characters((struct mu_string){ out->value, out->value_len });
}

static int document_locate(struct mu_ctx *ctx, void *data, uint64_t position, const char *field,
			   struct mu_place *out)
{
	struct self *self = data;
	struct datum what;
	int err = document_read(ctx, self, true);

	if (err || !self->pages.n_lines)
		return err;
	what = find_place(self, position, field);
	fill_place(self, &what, out);
	return 0;
}

/* A text in quotes, cut to what a message can bear, in memory of the stage. */
static const char *quoted(struct mu_ctx *ctx, const char *before, struct mu_string text)
{
	size_t len = utf8_cut(text.data, text.len, SHOWN), room = strlen(before) + len + 6;
	char *out = mu_alloc(ctx, room);

	snprintf(out, room, "%s'%.*s%s'", before, (int)len, text.data, len < text.len ? "..." : "");
	return out;
}

static int document_recognise(struct mu_ctx *ctx, void *data, struct mu_recognition *out)
{
	struct self *self = data;
	struct scan scan = {
		.ctx = ctx, .layout = &self->layout, .pages = &self->pages, .quiet = true
	};
	int err = document_pages(ctx, self, false);

	if (err || !self->pages.flat)
		return err;
	out->found = quoted(ctx, "", (struct mu_string){ self->pages.flat, self->pages.flat_len });
	out->expected =
		quoted(ctx, "the header ", mu_string(header_text(ctx, &self->layout.tables[0])));
	return scan_recognises(&scan, &out->yes);
}

/* The words of a PDF do not depend on what the options say of its tables. */
static int document_adopt(struct mu_ctx *ctx, void *data, void *from)
{
	struct self *self = data, *other = from;
	const struct layout *a = &self->layout, *b = &other->layout;

	(void)ctx;
	if (a->max_memory != b->max_memory || a->max_output != b->max_output ||
	    a->timeout < b->timeout || b->timeout < a->timeout)
		return 0;
	self->pdf = other->pdf;
	other->pdf = (struct pdf){ 0 };
	return 0;
}

/* What is no text for people: data in other forms. */
static bool is_data(const uint8_t *bytes, size_t len)
{
	size_t within = len < SNIFFED ? len : SNIFFED, i = 0;

	if (is_pdf(bytes, len))
		return false;
	if (memchr(bytes, '\0', within) || (len > 1 && bytes[0] == 'P' && bytes[1] == 'K'))
		return true;
	while (i < within && (bytes[i] == ' ' || (bytes[i] >= '\t' && bytes[i] <= '\r')))
		i++;
	return i == within || bytes[i] == '<' || bytes[i] == '{' || bytes[i] == '[';
}

/* Finds what belongs to the page, and reads the lines again without it. */
static int furniture_drop(struct mu_ctx *ctx, struct self *self)
{
	struct layout *layout = &self->layout;
	struct pages all = self->pages;
	int err;

	err = guess_furniture(ctx, &all, &layout->furniture);
	if (err || !layout->furniture.count)
		return err;
	err = layout_furniture(ctx, layout);
	if (err)
		return err;
	err = pages_read(ctx, all.text, all.boxes, all.n_boxes, layout->furniture_patterns,
			 layout->furniture.count, layout->max_lines, &self->pages);
	pages_release(&all);
	return err;
}

static int document_guess(struct mu_ctx *ctx, void *data, struct mu_guess *out)
{
	struct self *self = data;
	const uint8_t *bytes;
	size_t len;
	int err = mu_data(ctx, &bytes, &len);

	if (err || len > GUESSED_MAX || is_data(bytes, len))
		return err;
	err = document_pages(ctx, self, true);
	if (!err && self->pages.n_lines)
		err = furniture_drop(ctx, self);
	if (err || !self->pages.n_lines)
		return err;
	return guess_draft(ctx, &self->pages, &self->reader, &self->layout.furniture, out);
}

MUSTER_PLUGIN(.name = "document",
	      .summary = "tables in running text, and the totals that the text states",
	      .options = layout_options,
	      .codes = (const struct mu_code[]){ SCAN_CODES,
						 EXTRACT_CODES,
						 CHARSET_CONTROL_CODE,
						 CHARSET_CODES,
						 { 0 } },
	      .self_size = sizeof(struct self), .configure = document_configure,
	      .open = document_open, .close = document_close, .parse = document_parse,
	      .locate = document_locate, .recognise = document_recognise, .guess = document_guess,
	      .adopt = document_adopt);
