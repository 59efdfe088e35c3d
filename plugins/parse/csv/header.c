#include "csv.h"

#include <inttypes.h>

#include "scan.h"

enum {
	SNIFF_RECORDS = 20,
	SNIFF_BYTES = 64 << 10,
	LOOKED_AT = 4 << 20,    /* bytes that show whether a document is UTF-8 */
	DECODED_MOST = 1 << 30, /* bytes of one that is not */
};

static int division_measure(struct mu_ctx *ctx, struct self *self, struct division *out)
{
	struct mu_string text = self->text;
	size_t at = self->at;

	self->dialect.delimiter = out->delimiter;
	if (text.len - at > SNIFF_BYTES)
		text.len = at + SNIFF_BYTES;
	while (at < text.len && out->records < SNIFF_RECORDS) {
		if (!csv_record(self, text, at))
			return csv_out_of_memory(ctx);
		at = self->record.next;
		if (record_is_blank(&self->record))
			continue;
		if (out->records && at == text.len && text.len < self->text.len)
			break; /* cut */
		if (!out->records)
			out->cells = self->record.count;
		out->records++;
		out->alike += self->record.count == out->cells;
		out->alone = self->record.count == 1 ? out->alone + 1 : 0;
	}
	return 0;
}

/* Below 0, 0, above 0: a divides worse than b, as well, better. */
static int division_compare(const struct division *a, const struct division *b)
{
	size_t x = a->alike * b->records, y = b->alike * a->records;

	if (x == y) {
		x = a->cells;
		y = b->cells;
	}
	return (x > y) - (x < y);
}

int csv_sniff(struct mu_ctx *ctx, struct self *self, struct division *best)
{
	struct division one;
	const char *candidate;
	int err, better;

	*best = (struct division){ .delimiter = ',' };
	for (candidate = ",;\t|"; *candidate; candidate++) {
		one = (struct division){ .delimiter = *candidate };
		if (*candidate == self->dialect.quote)
			continue;
		err = division_measure(ctx, self, &one);
		if (err)
			return err;
		if (one.cells < 2)
			continue;
		better = best->cells ? division_compare(&one, best) : 1;
		if (better > 0)
			*best = one;
		self->undecided = better == 0 || (better < 0 && self->undecided);
	}
	self->dialect.delimiter = best->delimiter;
	return 0;
}

size_t csv_skip_lines(const struct self *self)
{
	int64_t i;
	size_t at = 0;

	for (i = 0; i < self->skip && at < self->text.len; i++)
		at = line_next(self->text, at);
	return at;
}

/* Looks at the bytes of a long header that nobody has looked at: whether they are text. */
static int header_check(struct mu_ctx *ctx, struct self *self, bool *out)
{
	struct charset_text *decoded = &self->decoded;
	size_t end = self->record.next, valid;

	*out = true;
	if (!decoded->direct || end <= decoded->checked)
		return 0;
	valid = charset_utf8_length((struct mu_string){ self->text.data, end });
	*out = valid == end;
	if (*out)
		return 0;
	self->unreadable = true;
	self->at = self->text.len = 0;
	return charset_report_broken(ctx, decoded->encoding,
				     (const uint8_t *)decoded->text.data - decoded->skipped,
				     valid + decoded->skipped);
}

static void wrong_names_keep(struct mu_ctx *ctx, struct self *self)
{
	const struct record *r = &self->record;
	struct wrong_name *all = mu_alloc(ctx, (self->n_wrong + r->kept) * sizeof *all);

	if (self->n_wrong)
		memcpy(all, self->wrong, self->n_wrong * sizeof *all);
	self->wrong = all;
	for (size_t i = 0; i < r->kept; i++)
		if (r->cells[i].flags & (CELL_OPEN | CELL_JUNK))
			all[self->n_wrong++] = (struct wrong_name){ i, r->cells[i] };
}

/* Gives the records of the header to the columns. */
static int header_read(struct mu_ctx *ctx, struct self *self)
{
	struct record *record = &self->record;
	bool sound = true;
	int err = 0;

	self->row_text = self->text;
	self->row_base = 0;
	while (!err && !self->columns.ready && self->at < self->text.len) {
		if (!csv_record(self, self->text, self->at))
			return csv_out_of_memory(ctx);
		err = header_check(ctx, self, &sound);
		if (err || !sound)
			break;
		self->at = record->next;
		if (record_is_blank(record))
			continue;
		self->header_text = (struct mu_string){ self->text.data + record->start,
							record->end - record->start };
		self->width = record->count > self->width ? record->count : self->width;
		wrong_names_keep(ctx, self);
		err = csv_header_take(ctx, self);
	}
	return err;
}

void csv_fields_make(struct mu_ctx *ctx, struct self *self)
{
	if (!self->fields)
		self->fields = mu_alloc(ctx, (self->columns.n + 1) * sizeof *self->fields);
	self->n_fields = self->columns.n;
	for (size_t i = 0; i < self->n_fields; i++) {
		self->fields[i].column = &self->columns.items[i];
		self->fields[i].type = self->columns.items[i].type;
		self->fields[i].cell = self->columns.items[i].cell;
	}
}

int csv_find(struct mu_ctx *ctx, struct self *self)
{
	int err = self->found ? 0
			      : charset_find(ctx, self->encoding, self->max_size, LOOKED_AT,
					     &self->decoded);

	self->found = !err;
	return err;
}

int csv_decode(struct mu_ctx *ctx, struct self *self)
{
	const uint8_t *data;
	size_t len;
	int err = csv_find(ctx, self);

	if (!err)
		err = charset_convert(ctx, DECODED_MOST, &self->decoded);
	if (!err)
		err = mu_data(ctx, &data, &len);
	if (err)
		return err;
	self->text = self->decoded.text;
	self->unreadable = !self->text.len && len > self->decoded.skipped;
	return 0;
}

int csv_prepare(struct mu_ctx *ctx, struct self *self)
{
	struct division division;
	int err = self->ready ? 0 : csv_decode(ctx, self);

	if (err || self->ready)
		return err;
	self->dialect.quote = *self->quote;
	self->at = csv_skip_lines(self);
	if (self->delimiter)
		self->dialect.delimiter = *self->delimiter;
	else
		err = csv_sniff(ctx, self, &division);
	self->width = self->columns.width;
	if (!err)
		err = header_read(ctx, self);
	if (err)
		return err;
	self->ready = true;
	csv_fields_make(ctx, self);
	return 0;
}

static uint64_t line_of(const struct self *self, size_t at)
{
	return 1 + scan_lines(self->machine, self->text.data, at);
}

/* Names no row, since more than one is gone. */
int csv_report_unclosed(struct mu_ctx *ctx, const struct self *self, uint64_t from, uint64_t to)
{
	struct mu_finding unclosed = { .code = "unclosed" };

	if (line_end(self->text, from) == to)
		return 0; /* it took no other line along */
	return mu_report(ctx, unclosed,
			 "the quote that is opened in line %" PRIu64
			 " is never closed: everything to the end in line %" PRIu64
			 " was read as one cell",
			 line_of(self, from), line_of(self, to - 1));
}

/* The place of the header is no row's: nobody can take what is said of it for an error of one
 * row. */
static int report_header(struct mu_ctx *ctx, struct self *self)
{
	struct mu_finding empty = { .code = "empty" };
	struct mu_finding wrong = { .code = "header", .at = self->columns.header_at };
	int err = 0;

	if (self->unreadable)
		return 0;
	if (!self->columns.ready) {
		self->ended = true; /* with no need to say no-rows */
		return mu_report(ctx, empty, "the document has no header%s",
				 self->text.len ? "" : ": it is empty");
	}
	for (size_t i = 0; !err && i < self->n_wrong; i++) {
		const struct wrong_name *name = &self->wrong[i];

		if (name->cell.flags & CELL_OPEN)
			err = csv_report_unclosed(ctx, self, name->cell.start, name->cell.end);
		else
			err = mu_report(ctx, wrong,
					"the name of column %zu goes on behind its closing quote",
					name->column + 1);
	}
	return err ? err : table_columns_report(ctx, &self->columns);
}

static int report_undecided(struct mu_ctx *ctx, const struct self *self)
{
	struct mu_finding undecided = { .code = "delimiter", .severity = MU_WARNING };
	char c = self->dialect.delimiter;

	return mu_report(ctx, undecided,
			 "%s was taken for the delimiter, but another divides "
			 "the document as well",
			 c == '\t'  ? "the tab"
			 : c == '|' ? "the bar"
			 : c == ';' ? "the semicolon"
				    : "the comma");
}

int csv_start(struct mu_ctx *ctx, struct self *self)
{
	int err = csv_prepare(ctx, self);

	self->told = true;
	if (!err)
		err = charset_report_guessed(ctx, &self->decoded);
	if (!err && self->undecided)
		err = report_undecided(ctx, self);
	return err ? err : report_header(ctx, self);
}
