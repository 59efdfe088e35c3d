#include "csv.h"

#include <inttypes.h>

#include "scan.h"
#include "text/phrase.h"

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

/* Keeps the names of the header, without white space around them. */
static int header_read(struct mu_ctx *ctx, struct self *self)
{
	struct record *record = &self->record;
	struct mu_string name;
	char *space;
	bool marked;
	size_t i;

	while (self->at < self->text.len) {
		self->header_at = self->at;
		if (!csv_record(self, self->text, self->at))
			return csv_out_of_memory(ctx);
		self->at = record->next;
		if (!record_is_blank(record))
			break;
		record->count = record->kept = 0;
	}
	self->header_text = (struct mu_string){ self->text.data + self->header_at,
						record->end - self->header_at };
	self->width = record->count;
	self->n_names = record->kept;
	self->names = mu_alloc(ctx, (record->kept + 1) * sizeof *self->names);
	self->name_cells = mu_alloc(ctx, (record->kept + 1) * sizeof *self->name_cells);
	for (i = 0; i < record->kept; i++) {
		const struct cell *cell = &record->cells[i];

		space = NULL;
		name = (struct mu_string){ self->text.data + cell->start, cell->end - cell->start };
		marked = charset_has_mark(name);
		if (marked || cell->flags & CELL_DOUBLED)
			space = mu_alloc(ctx, name.len);
		name = cell_value(cell, &self->dialect, self->text, space);
		if (marked)
			name = (struct mu_string){ space, charset_drop_marks(space, name) };
		self->names[i] = mu_trim(name);
		self->name_cells[i] = *cell;
	}
	return 0;
}

/* The column of the file that has a name; SIZE_MAX when none has it. */
static size_t name_find(const struct self *self, struct mu_string name, size_t from)
{
	for (; from < self->n_names; from++)
		if (text_equal(self->names[from], name))
			return from;
	return SIZE_MAX;
}

static struct mu_string column_header(const struct declared_column *column)
{
	return mu_trim(mu_string(column->header.count ? column->header.items[0] : column->name));
}

/* How many cells a record has when there is no header. */
static size_t cells_declared(const struct self *self)
{
	const struct declared_column *columns = self->columns.items;
	size_t i, n = 0;

	for (i = 0; i < self->columns.count; i++)
		n += !columns[i].status_of;
	return n;
}

void csv_fields_declared(struct mu_ctx *ctx, struct self *self)
{
	const struct declared_column *columns = self->columns.items;
	struct field *f;
	size_t i, cells = 0;

	if (!self->fields)
		self->fields = mu_alloc(ctx, self->columns.count * sizeof *self->fields);
	self->n_fields = self->columns.count;
	for (i = 0; i < self->n_fields; i++) {
		f = &self->fields[i];
		f->name = columns[i].name;
		f->type = (enum mu_data)(MU_STRING + columns[i].type);
		f->option = &columns[i];
		f->cell = columns[i].status_of ? SIZE_MAX : cells++;
		if (columns[i].status_of)
			continue;
		if (self->ready && self->header)
			f->cell = name_find(self, column_header(&columns[i]), 0);
	}
}

/* The columns that the file names, but for those that report_header() refuses. */
static void fields_of_file(struct mu_ctx *ctx, struct self *self)
{
	struct mu_string name;
	char *copy;
	size_t i;

	self->fields = mu_alloc(ctx, (self->n_names + 1) * sizeof *self->fields);
	for (i = 0; i < self->n_names; i++) {
		name = self->names[i];
		if (column_name_problem(name) || name_find(self, name, 0) != i)
			continue;
		copy = mu_alloc(ctx, name.len + 1);
		memcpy(copy, name.data, name.len);
		self->fields[self->n_fields++] =
			(struct field){ .name = copy, .type = MU_STRING, .cell = i };
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

/* Looks at the bytes of a long header that nobody has looked at. */
static int header_check(struct mu_ctx *ctx, struct self *self)
{
	struct charset_text *decoded = &self->decoded;
	size_t valid;

	if (!decoded->direct || self->at <= decoded->checked)
		return 0;
	valid = charset_utf8_length((struct mu_string){ self->text.data, self->at });
	if (valid == self->at)
		return 0;
	self->unreadable = true;
	self->at = self->n_names = self->text.len = 0;
	return charset_report_broken(ctx, decoded->encoding,
				     (const uint8_t *)decoded->text.data - decoded->skipped,
				     valid + decoded->skipped);
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
	self->width = cells_declared(self);
	if (!err && self->header)
		err = header_read(ctx, self);
	if (!err)
		err = header_check(ctx, self);
	if (err)
		return err;
	self->ready = true;
	if (self->columns.count)
		csv_fields_declared(ctx, self);
	else
		fields_of_file(ctx, self);
	return 0;
}

/* The place of the header, which is no row's: nobody can take what is said of it
 * for an error of one row. */
static uint64_t header_at(struct mu_ctx *ctx, const struct self *self)
{
	return mu_at(ctx->document->id, self->header_at);
}

static int report_column_missing(struct mu_ctx *ctx, const struct self *self, const char *name,
				 struct mu_string header)
{
	struct mu_finding missing = { .code = "column-missing",
				      .at = header_at(ctx, self),
				      .field = name };
	struct phrase wanted = { .len = 0 }, list = { .len = 0 };
	size_t i;

	phrase_add(&wanted, header.data, header.len);
	for (i = 0; i < self->n_names; i++) {
		phrase_puts(&list, i ? ", '" : "'");
		charset_name_show(&list, self->names[i]);
		phrase_puts(&list, "'");
	}
	return mu_report(ctx, missing, "the header has no '%s', but %s", wanted.text, list.text);
}

static int report_column_twice(struct mu_ctx *ctx, const struct self *self, size_t i)
{
	struct mu_finding twice = { .code = "column-twice",
				    .at = header_at(ctx, self),
				    .value = self->names[i].data,
				    .value_len = self->names[i].len };
	struct phrase name = { .len = 0 };

	phrase_add(&name, self->names[i].data, self->names[i].len);
	return mu_report(ctx, twice, "'%s' stands more than once in the header", name.text);
}

/* Whether the header has a name that only looks like another one. */
static bool name_looks_like(const struct self *self, struct mu_string name)
{
	for (size_t i = 0; i < self->n_names; i++)
		if (charset_names_look_alike(self->names[i], name))
			return true;
	return false;
}

static int report_declared(struct mu_ctx *ctx, const struct self *self)
{
	const struct field *f;
	struct mu_string header;
	int err = 0;

	for (f = self->fields; !err && f < self->fields + self->n_fields; f++) {
		if (f->option->status_of)
			continue;
		header = column_header(f->option);
		if (f->cell == SIZE_MAX && (!f->option->optional || name_looks_like(self, header)))
			err = report_column_missing(ctx, self, f->name, header);
		else if (f->cell != SIZE_MAX && name_find(self, header, f->cell + 1) != SIZE_MAX)
			err = report_column_twice(ctx, self, f->cell);
	}
	return err;
}

/* A name that looks like another one. */
static int report_name_odd(struct mu_ctx *ctx, const struct self *self, size_t i)
{
	unsigned code = charset_name_odd(self->names[i]);
	struct mu_finding odd = { .severity = MU_WARNING,
				  .code = "control",
				  .at = header_at(ctx, self),
				  .value = self->names[i].data,
				  .value_len = self->names[i].len };

	if (!code || self->name_cells[i].flags & (CELL_OPEN | CELL_JUNK))
		return 0;
	return mu_report(ctx, odd, "the name of column %zu has the character U+%04X, %s", i + 1,
			 code, charset_control_kind(code));
}

static int report_names(struct mu_ctx *ctx, const struct self *self)
{
	struct mu_finding wrong = { .code = "header", .at = header_at(ctx, self) };
	const struct declared_claim *claims = self->claims.items;
	const char *problem;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < self->n_names; i++) {
		problem = column_name_problem(self->names[i]);
		if (problem)
			err = mu_report(ctx, wrong, "the name of column %zu %s", i + 1, problem);
		else if (name_find(self, self->names[i], 0) != i)
			err = report_column_twice(ctx, self, i);
		else
			err = report_name_odd(ctx, self, i);
	}
	for (i = 0; !err && i < self->claims.count; i++)
		if (name_find(self, mu_string(claims[i].column), 0) == SIZE_MAX)
			err = report_column_missing(ctx, self, NULL, mu_string(claims[i].column));
	return err;
}

static uint64_t line_of(const struct self *self, size_t at)
{
	return 1 + scan_lines(self->machine, self->text.data, at);
}

/* Names no row, since more than one is gone. */
int csv_report_unclosed(struct mu_ctx *ctx, const struct self *self, const struct cell *cell)
{
	struct mu_finding unclosed = { .code = "unclosed" };
	uint64_t first = line_of(self, cell->start), last = line_of(self, cell->end - 1);

	if (line_end(self->text, cell->start) == cell->end)
		return 0; /* it took no other line along */
	return mu_report(ctx, unclosed,
			 "the quote that is opened in line %" PRIu64
			 " is never closed: everything to the end in line %" PRIu64
			 " was read as one cell",
			 first, last);
}

static int report_header_quotes(struct mu_ctx *ctx, const struct self *self)
{
	struct mu_finding wrong = { .code = "header", .at = header_at(ctx, self) };
	int err = 0;

	for (size_t i = 0; !err && i < self->n_names; i++) {
		const struct cell *cell = &self->name_cells[i];

		if (cell->flags & CELL_OPEN)
			err = csv_report_unclosed(ctx, self, cell);
		else if (cell->flags & CELL_JUNK)
			err = mu_report(ctx, wrong,
					"the name of column %zu goes on behind its closing quote",
					i + 1);
	}
	return err;
}

static int report_header(struct mu_ctx *ctx, struct self *self)
{
	struct mu_finding empty = { .code = "empty" };
	struct mu_finding wide = { .code = "too-wide",
				   .at = header_at(ctx, self),
				   .numbers = true,
				   .expected = self->max_columns,
				   .found = (int64_t)self->width };
	int err = 0;

	if (self->unreadable)
		return 0;
	if (self->header && !self->width) {
		self->ended = true; /* with no need to say no-rows */
		return mu_report(ctx, empty, "the document has no header%s",
				 self->text.len ? "" : ": it is empty");
	}
	if (self->width > (size_t)self->max_columns)
		err = mu_report(ctx, wide,
				"the header has %zu columns, more than the %" PRId64
				" that max_columns allows",
				self->width, self->max_columns);
	if (!err && self->header)
		err = report_header_quotes(ctx, self);
	if (!err && self->header)
		err = (self->columns.count ? report_declared : report_names)(ctx, self);
	return err;
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
