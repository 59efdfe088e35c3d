#include "table/rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "text/phrase.h"
#include "table/raised.h"

enum {
	BATCH_ROWS = 8192,
	BATCH_BYTES = 4 << 20, /* of text in one batch, but for its last row */
	SHOWN_BYTES = 1000,    /* of a value in a finding */
	DAY_MS = 86400000,
};

/* A column of the rows. */
struct field {
	const char *name;
	enum mu_data type;
	const struct declared_column *option; /* NULL when the document names the columns */
	struct mu_string *header;             /* of the option, as it is compared */
	size_t n_header;
	struct mu_string *missing, *zero; /* likewise */
	size_t cell;                      /* of a row; SIZE_MAX when there is none */
	const struct field *of;           /* of a status: whose */
};

/* A row of the header: texts without needless white space. */
struct heading {
	struct mu_string *texts;
	size_t n;
};

struct rows {
	const struct rows_options *options;
	struct rows_source source;

	struct heading *headings; /* header_rows of them */
	size_t n_headings;        /* those that were read */
	size_t width, wanted;     /* columns of the header that are read, and that it has */
	uint64_t header_at;
	struct field *fields;
	size_t n_fields;
	size_t *unnamed; /* columns without a name that no cell was met under */
	size_t n_unnamed;
	struct field **claim_fields; /* of each claim, or NULL */
	struct mu_string *matches;

	bool ready, told, ended;
	struct notes notes;
	bool noting; /* they are open */
	bool built;  /* there is a builder */
	struct mu_builder builder;
	size_t bytes; /* of text in it */
	uint64_t n_rows, n_data;
	bool *all;                /* all[i]: in the claim at hand, field i is null */
	struct cell_value *clean; /* a row, without byte order marks in its texts, */
	char *clean_texts;        /* which are here */
	size_t clean_cells, clean_room;
};

const struct mu_option rows_column_options[] = {
	COLUMN_OPTION_NAME,
	MU_OPT_TEXTS(struct declared_column, header, .max = 20,
		     .help = "its name in the document, where that is another; or what it has in "
			     "each row of the header, \"*\" for anything"),
	MU_OPT_INT(struct declared_column, position, .min = 1, .max = 10000,
		   .help = "which column of the table it is, from 1, where no header tells"),
	COLUMN_OPTIONS,
	{ 0 },
};

static int configure_header(struct mu_ctx *ctx, const struct rows_options *options,
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

int rows_configure(struct mu_ctx *ctx, const struct rows_options *options)
{
	const struct declared_column *all = options->columns.items, *c;
	int err = columns_check(ctx, &options->columns);

	for (c = all; c && c < all + options->columns.count; c++)
		if (configure_header(ctx, options, c))
			err = EINVAL;
	if (!err && !options->header_rows)
		err = positions_check(ctx, &options->columns);
	if (notes_check(ctx, &options->notes))
		err = EINVAL;
	if (claims_check(ctx, &options->columns, &options->claims, &options->all_claims))
		err = EINVAL;
	if (!options->header_rows && !options->columns.count)
		err = mu_invalid(ctx, &options->header_rows,
				 "without a header the option columns has to name them");
	return err;
}

static struct mu_string format_integer(int64_t value, char space[MU_FORMAT_MAX])
{
	struct mu_column one = { .type = MU_INTEGER, .values = &value };

	return mu_format(&one, 0, space);
}

/* Whole numbers that a double holds exactly have all their digits. */
static struct mu_string format_number(double value, char space[MU_FORMAT_MAX])
{
	struct mu_column one = { .type = MU_NUMBER, .values = &value };

	if (fabs(value) <= 0x1p53 && trunc(value) == value)
		return format_integer((int64_t)value, space);
	return mu_format(&one, 0, space);
}

static struct mu_string format_date(const struct cell_value *cell, char space[MU_FORMAT_MAX])
{
	struct mu_column one = { .type = MU_DATE, .values = &cell->days };
	struct mu_string date = mu_format(&one, 0, space);
	unsigned ms = (unsigned)cell->milliseconds;
	int len;

	if (!ms || ms >= DAY_MS)
		return date;
	len = snprintf(space + date.len, MU_FORMAT_MAX - date.len, "T%02u:%02u:%02u", ms / 3600000,
		       ms / 60000 % 60, ms / 1000 % 60);
	date.len += (size_t)len;
	if (ms % 1000) {
		len = snprintf(space + date.len, MU_FORMAT_MAX - date.len, ".%03u", ms % 1000);
		date.len += (size_t)len;
	}
	return date;
}

/* Whether digits are those that the whole number would be printed in, be it too large for
 * a number. */
static bool digits_are_plain(struct mu_string digits)
{
	size_t i = digits.len && digits.data[0] == '-';

	if (digits.len > i && digits.data[i] == '0')
		return digits.len == 1;
	for (; i < digits.len; i++)
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return false;
	return true;
}

struct mu_string cell_text(const struct cell_value *cell, char space[MU_FORMAT_MAX])
{
	double value;

	switch (cell->kind) {
	case CELL_EMPTY:
		break;
	case CELL_TEXT:
	case CELL_ERROR:
		return cell->text;
	case CELL_NUMBER:
		if (!cell->text.len)
			return format_number(cell->number, space);
		if (cell->padded || digits_are_plain(cell->text) ||
		    !mu_parse_number(cell->text, &value))
			return cell->text;
		return format_number(value, space);
	case CELL_BOOLEAN:
		return mu_string(cell->truth ? "true" : "false");
	case CELL_DATE:
		return format_date(cell, space);
	}
	return (struct mu_string){ "", 0 };
}

static bool cell_is_blank(const struct cell_value *cell)
{
	if (cell->kind == CELL_TEXT)
		return !cell->text.len ||
		       ((unsigned char)(cell->text.data[0] - 0x21) > 0x5d && /* not of ASCII */
			!mu_trim(cell->text).len);
	return cell->kind == CELL_EMPTY;
}

const char *rows_column_name(const struct rows_source *source, size_t cell,
			     char out[ROWS_COLUMN_NAME])
{
	size_t n = source->first + cell + 1, at = ROWS_COLUMN_NAME - 1;

	if (!source->letters) {
		snprintf(out, ROWS_COLUMN_NAME, "%zu", n);
		return out;
	}
	out[at] = '\0';
	for (; n && at; n = (n - 1) / 26)
		out[--at] = (char)('A' + (n - 1) % 26);
	memmove(out, out + at, ROWS_COLUMN_NAME - at);
	return out;
}

/* A copy in which white space is one blank, and none around; cut behind what is too
 * long to be compared. */
static struct mu_string text_collapse(struct mu_ctx *ctx, struct mu_string text)
{
	struct mu_string rest = mu_trim(text), from;
	size_t room = rest.len < COLUMN_NAME_MAX ? rest.len : COLUMN_NAME_MAX + 4, len = 0, n;
	char *copy = mu_alloc(ctx, room + 1);

	while (rest.len && len <= COLUMN_NAME_MAX) {
		for (n = 1; n < rest.len && n < 4; n++)
			if (((unsigned char)rest.data[n] & 0xc0) != 0x80)
				break;
		memcpy(copy + len, rest.data, n);
		len += n;
		from = (struct mu_string){ rest.data + n, rest.len - n };
		rest = mu_trim(from);
		if (rest.data != from.data && rest.len)
			copy[len++] = ' ';
	}
	return (struct mu_string){ copy, len };
}

/* The text of a column in a row of the header. */
static struct mu_string heading_text(const struct rows *rows, size_t row, size_t cell)
{
	const struct heading *h = &rows->headings[row];

	return cell < h->n ? h->texts[cell] : (struct mu_string){ "", 0 };
}

/* Its lowest text that is not blank. */
static struct mu_string header_name(const struct rows *rows, size_t cell)
{
	struct mu_string text = { "", 0 };
	size_t row = rows->n_headings;

	while (row-- && !text.len)
		text = heading_text(rows, row, cell);
	return text;
}

static bool looks_equal(struct mu_string a, struct mu_string b)
{
	return text_equal(a, b) || charset_names_look_alike(a, b);
}

/* Whether a column of the table has the header that is declared. */
static bool header_compare(const struct rows *rows, const struct field *f, size_t cell,
			   bool (*equal)(struct mu_string, struct mu_string))
{
	size_t row;

	for (row = 0; row < rows->n_headings; row++) {
		if (f->n_header == 1) {
			if (equal(heading_text(rows, row, cell), f->header[0]))
				return true;
		} else if (!mu_string_is(f->header[row], "*") &&
			   !equal(heading_text(rows, row, cell), f->header[row])) {
			return false;
		}
	}
	return f->n_header > 1;
}

static bool header_matches(const struct rows *rows, const struct field *f, size_t cell)
{
	return header_compare(rows, f, cell, text_equal);
}

/* Whether a column has a header that looks like the one that is declared. */
static bool header_looks_like(const struct rows *rows, const struct field *f)
{
	for (size_t i = 0; i < rows->width; i++)
		if (header_compare(rows, f, i, looks_equal))
			return true;
	return false;
}

static size_t header_find(const struct rows *rows, const struct field *f, size_t from)
{
	for (; from < rows->width; from++)
		if (header_matches(rows, f, from))
			return from;
	return SIZE_MAX;
}

/* Where a field with a position is; it must have the header as well if one is declared. */
static size_t position_find(const struct rows *rows, const struct field *f)
{
	size_t cell = (size_t)f->option->position - 1;

	if (!rows->options->header_rows)
		return cell;
	if (cell >= rows->width || (f->option->header.count && !header_matches(rows, f, cell)))
		return SIZE_MAX;
	return cell;
}

static void fields_find(struct rows *rows)
{
	struct field *f;
	size_t next = 0;

	for (f = rows->fields; f < rows->fields + rows->n_fields; f++) {
		if (f->of)
			continue;
		if (f->option->position)
			f->cell = position_find(rows, f);
		else if (rows->options->header_rows)
			f->cell = header_find(rows, f, 0);
		else
			f->cell = next++;
		if (!rows->options->header_rows && rows->width <= f->cell)
			rows->width = f->cell + 1;
	}
}

static const struct field *field_named(const struct rows *rows, struct mu_string name)
{
	const struct field *f;

	for (f = rows->fields; f < rows->fields + rows->n_fields; f++)
		if (mu_string_is(name, f->name))
			return f;
	return NULL;
}

/* The columns that the document names, but for those that report_names() refuses. */
static void fields_of_header(struct mu_ctx *ctx, struct rows *rows)
{
	struct mu_string name;
	char *copy;
	size_t i;

	rows->fields = mu_alloc(ctx, (rows->width + 1) * sizeof *rows->fields);
	rows->unnamed = mu_alloc(ctx, (rows->width + 1) * sizeof *rows->unnamed);
	for (i = 0; i < rows->width; i++) {
		name = header_name(rows, i);
		if (!name.len)
			rows->unnamed[rows->n_unnamed++] = i;
		if (column_name_problem(name) || field_named(rows, name))
			continue;
		copy = mu_alloc(ctx, name.len + 1);
		memcpy(copy, name.data, name.len);
		rows->fields[rows->n_fields++] =
			(struct field){ .name = copy, .type = MU_STRING, .cell = i };
	}
}

static void claims_resolve(struct mu_ctx *ctx, struct rows *rows)
{
	const struct declared_claim *claims = rows->options->claims.items;
	size_t i;

	rows->all = mu_alloc(ctx, (rows->n_fields + 1) * sizeof *rows->all);
	rows->claim_fields =
		mu_alloc(ctx, (rows->options->claims.count + 1) * sizeof *rows->claim_fields);
	rows->matches = mu_alloc(ctx, (rows->options->claims.count + 1) * sizeof *rows->matches);
	for (i = 0; i < rows->options->claims.count; i++) {
		rows->claim_fields[i] =
			(struct field *)field_named(rows, mu_string(claims[i].column));
		rows->matches[i] = mu_trim(mu_string(claims[i].match));
	}
}

static void rows_resolve(struct mu_ctx *ctx, struct rows *rows)
{
	rows->ready = true;
	rows->wanted = rows->width;
	if (rows->width > (size_t)rows->options->max_columns)
		rows->width = (size_t)rows->options->max_columns;
	if (rows->options->columns.count)
		fields_find(rows);
	else
		fields_of_header(ctx, rows);
	claims_resolve(ctx, rows);
}

static void header_add(struct mu_ctx *ctx, struct rows *rows, const struct cell_value *cells,
		       size_t n, size_t kept)
{
	struct heading *h = &rows->headings[rows->n_headings++];
	char space[MU_FORMAT_MAX];
	size_t i;

	h->n = kept;
	h->texts = mu_alloc(ctx, (kept + 1) * sizeof *h->texts);
	for (i = 0; i < kept; i++)
		h->texts[i] = text_collapse(ctx, cell_text(&cells[i], space));
	if (rows->width < n)
		rows->width = n;
}

static int report_column_missing(struct mu_ctx *ctx, const struct rows *rows, const struct field *f,
				 struct mu_string name)
{
	struct mu_finding missing = { .code = "column-missing",
				      .at = rows->header_at,
				      .field = f ? f->name : NULL };
	struct phrase wanted = { .len = 0 }, list = { .len = 0 };
	char column[ROWS_COLUMN_NAME];
	size_t i;

	for (i = 0; f && i < f->n_header; i++) {
		phrase_puts(&wanted, i ? "' above '" : "'");
		phrase_add(&wanted, f->header[i].data, f->header[i].len);
	}
	if (!f || !f->n_header) {
		phrase_puts(&wanted, "'");
		phrase_add(&wanted, name.data, name.len);
	}
	phrase_puts(&wanted, "'");
	for (i = 0; i < rows->width; i++) {
		name = header_name(rows, i);
		phrase_puts(&list, i ? ", '" : "'");
		charset_name_show(&list, name);
		phrase_puts(&list, "'");
	}
	if (!f || !f->option->position)
		return mu_report(ctx, missing, "the header has no %s, but %s", wanted.text,
				 list.text);
	i = (size_t)f->option->position - 1;
	rows_column_name(&rows->source, i, column);
	if (i >= rows->width)
		return mu_report(ctx, missing, "the header does not reach to column %s", column);
	name = header_name(rows, i);
	list.len = 0;
	phrase_add(&list, name.data, name.len);
	return mu_report(ctx, missing, "column %s has the header '%s', not %s", column, list.text,
			 wanted.text);
}

static int report_column_twice(struct mu_ctx *ctx, const struct rows *rows, const char *field,
			       size_t first, size_t second)
{
	struct mu_string name = header_name(rows, first);
	struct mu_finding twice = { .code = "column-twice",
				    .at = rows->header_at,
				    .field = field,
				    .value = name.data,
				    .value_len = name.len };
	char a[ROWS_COLUMN_NAME], b[ROWS_COLUMN_NAME];
	struct phrase shown = { .len = 0 };

	phrase_add(&shown, name.data, name.len);
	return mu_report(ctx, twice, "'%s' is the header of column %s and of column %s", shown.text,
			 rows_column_name(&rows->source, first, a),
			 rows_column_name(&rows->source, second, b));
}

static int report_declared(struct mu_ctx *ctx, const struct rows *rows)
{
	const struct field *f;
	size_t second;
	int err = 0;

	for (f = rows->fields; !err && f < rows->fields + rows->n_fields; f++) {
		if (f->of)
			continue;
		if (f->cell == SIZE_MAX) {
			if (!f->option->optional || header_looks_like(rows, f))
				err = report_column_missing(ctx, rows, f, mu_string(f->name));
			continue;
		}
		second = f->option->position ? SIZE_MAX : header_find(rows, f, f->cell + 1);
		if (second != SIZE_MAX)
			err = report_column_twice(ctx, rows, f->name, f->cell, second);
	}
	return err;
}

/* A name that looks like another one. */
static int report_name_odd(struct mu_ctx *ctx, const struct rows *rows, struct mu_string name,
			   size_t cell)
{
	unsigned code = charset_name_odd(name);
	char column[ROWS_COLUMN_NAME];
	struct mu_finding odd = { .severity = MU_WARNING,
				  .code = "control",
				  .at = rows->header_at,
				  .value = name.data,
				  .value_len = name.len };

	if (!code)
		return 0;
	return mu_report(ctx, odd, "the name of column %s has the character U+%04X, %s",
			 rows_column_name(&rows->source, cell, column), code,
			 charset_control_kind(code));
}

static int report_names(struct mu_ctx *ctx, const struct rows *rows)
{
	struct mu_finding wrong = { .code = "header", .at = rows->header_at };
	const struct declared_claim *claims = rows->options->claims.items;
	const struct field *f;
	struct mu_string name;
	const char *problem;
	char column[ROWS_COLUMN_NAME];
	size_t i;
	int err = 0;

	for (i = 0; !err && i < rows->width; i++) {
		name = header_name(rows, i);
		if (!name.len)
			continue; /* no matter, if it has no cells */
		problem = column_name_problem(name);
		f = problem ? NULL : field_named(rows, name);
		if (problem)
			err = mu_report(ctx, wrong, "the name of column %s %s",
					rows_column_name(&rows->source, i, column), problem);
		else if (f && f->cell != i)
			err = report_column_twice(ctx, rows, NULL, f->cell, i);
		else
			err = report_name_odd(ctx, rows, name, i);
	}
	for (i = 0; !err && i < rows->options->claims.count; i++)
		if (!rows->claim_fields[i])
			err = report_column_missing(ctx, rows, NULL, mu_string(claims[i].column));
	return err;
}

static int report_header(struct mu_ctx *ctx, struct rows *rows)
{
	struct mu_finding wide = { .code = "too-wide",
				   .at = rows->header_at,
				   .numbers = true,
				   .expected = rows->options->max_columns,
				   .found = (int64_t)rows->wanted };
	int err = 0;

	rows->told = true;
	if (!rows->options->header_rows)
		return 0;
	if (rows->wanted > rows->width)
		err = mu_report(ctx, wide,
				"the header has %zu columns, more than the %" PRId64
				" that max_columns allows",
				rows->wanted, rows->options->max_columns);
	if (!err)
		err = (rows->options->columns.count ? report_declared : report_names)(ctx, rows);
	return err;
}

static struct mu_string *texts_trim(struct mu_ctx *ctx, const struct mu_texts *texts)
{
	struct mu_string *out = mu_alloc(ctx, (texts->count + 1) * sizeof *out);
	size_t i;

	for (i = 0; i < texts->count; i++)
		out[i] = mu_trim(mu_string(texts->items[i]));
	return out;
}

static void field_declare(struct mu_ctx *ctx, struct field *f, const struct declared_column *c)
{
	size_t i;

	*f = (struct field){ .name = c->name,
			     .type = (enum mu_data)(MU_STRING + c->type),
			     .option = c,
			     .n_header = c->header.count ? c->header.count : 1,
			     .missing = texts_trim(ctx, &c->missing),
			     .zero = texts_trim(ctx, &c->zero),
			     .cell = SIZE_MAX };
	f->header = mu_alloc(ctx, f->n_header * sizeof *f->header);
	f->header[0] = text_collapse(ctx, mu_string(c->name));
	for (i = 0; i < c->header.count; i++)
		f->header[i] = text_collapse(ctx, mu_string(c->header.items[i]));
}

static void fields_declare(struct mu_ctx *ctx, struct rows *rows)
{
	const struct declared_column *columns = rows->options->columns.items;
	size_t i;

	rows->n_fields = rows->options->columns.count;
	for (i = 0; i < rows->n_fields; i++)
		field_declare(ctx, &rows->fields[i], &columns[i]);
	for (i = 0; i < rows->n_fields; i++)
		if (columns[i].status_of)
			rows->fields[i].of = field_named(rows, mu_string(columns[i].status_of));
}

struct rows *rows_open(struct mu_ctx *ctx, const struct rows_options *options,
		       const struct rows_source *source)
{
	struct rows *rows = mu_alloc(ctx, sizeof *rows);

	*rows = (struct rows){ .options = options, .source = *source };
	rows->headings = mu_alloc(ctx, ((size_t)options->header_rows + 1) * sizeof *rows->headings);
	rows->fields = mu_alloc(ctx, (options->columns.count + 1) * sizeof *rows->fields);
	if (options->columns.count)
		fields_declare(ctx, rows);
	else
		rows->fields = mu_alloc(ctx, sizeof *rows->fields); /* none yet */
	if (!options->header_rows)
		rows_resolve(ctx, rows);
	return rows;
}

void rows_close(struct rows *rows)
{
	if (!rows)
		return;
	if (rows->built)
		mu_builder_release(&rows->builder);
	notes_close(&rows->notes);
	free(rows->clean);
	free(rows->clean_texts);
}

bool rows_are_ready(const struct rows *rows)
{
	return rows->ready;
}

int rows_schema(struct mu_ctx *ctx, struct rows *rows, struct ArrowSchema *out)
{
	const struct field *f;
	int err = mu_schema_init(out);

	for (f = rows->fields; !err && f < rows->fields + rows->n_fields; f++)
		err = mu_schema_add(out, f->name, f->type, f->option && f->option->measure, NULL);
	if (!err)
		err = mu_schema_add_hidden(out);
	if (!err)
		err = mu_builder_init(&rows->builder, out);
	rows->built = !err;
	return err ? mu_fail(ctx, err, "out of memory") : 0;
}

size_t rows_cell_of(const struct rows *rows, const char *field)
{
	const struct field *f = field_named(rows, mu_string(field));

	if (f && f->of)
		f = f->of;
	return f ? f->cell : SIZE_MAX;
}

const char *rows_field_of(const struct rows *rows, size_t cell)
{
	const struct field *f;

	for (f = rows->fields; f < rows->fields + rows->n_fields; f++)
		if (f->cell == cell)
			return f->name;
	return NULL;
}

/* What a cell is in a column: a value, or none, and then why. */
struct reading {
	enum { READ_VALUE, READ_NOTHING, READ_WRONG } outcome;
	bool odd; /* a number, read from text in a typed document */
	union {
		struct mu_string text;
		int64_t integer;
		double number;
		bool boolean;
		int32_t date;
	} as;
	const char *code;     /* READ_WRONG: of the finding */
	struct mu_string why; /* READ_NOTHING: for a status */
};

static bool text_find(const struct mu_string *texts, size_t n, struct mu_string text,
		      struct mu_string *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (text_equal(texts[i], text)) {
			*out = texts[i];
			return true;
		}
	return false;
}

static bool read_whole(const struct cell_value *cell, int64_t *out)
{
	double value = cell->number;

	if (cell->text.len && mu_parse_integer(cell->text, out))
		return true;
	if (cell->text.len && !mu_parse_number(cell->text, &value))
		return false;
	if (!(fabs(value) <= 0x1p53) || trunc(value) != value)
		return false;
	*out = (int64_t)value;
	return true;
}

static bool read_integer(const struct cell_value *cell, struct reading *r)
{
	if (cell->kind == CELL_TEXT)
		return mu_parse_integer(mu_trim(cell->text), &r->as.integer);
	return cell->kind == CELL_NUMBER && read_whole(cell, &r->as.integer);
}

static bool read_number(const struct cell_value *cell, struct reading *r)
{
	if (cell->kind == CELL_TEXT)
		return mu_parse_number(mu_trim(cell->text), &r->as.number);
	if (cell->kind != CELL_NUMBER)
		return false;
	if (cell->text.len)
		return mu_parse_number(cell->text, &r->as.number);
	r->as.number = cell->number;
	return isfinite(cell->number);
}

static bool read_boolean(const struct cell_value *cell, struct reading *r)
{
	char space[MU_FORMAT_MAX];

	if (cell->kind == CELL_DATE)
		return false;
	return mu_parse_boolean(mu_trim(cell_text(cell, space)), &r->as.boolean);
}

static bool read_date(const struct cell_value *cell, struct reading *r)
{
	if (cell->kind == CELL_TEXT)
		return mu_parse_date(mu_trim(cell->text), &r->as.date);
	r->as.date = cell->days;
	return cell->kind == CELL_DATE && !cell->milliseconds;
}

/* Of a cell that is not blank and not named in an option. */
static bool read_typed(enum mu_data type, const struct cell_value *cell, struct reading *r,
		       char space[MU_FORMAT_MAX])
{
	switch (type) {
	case MU_STRING:
		r->as.text = cell_text(cell, space);
		return true;
	case MU_INTEGER:
		return read_integer(cell, r);
	case MU_NUMBER:
		return read_number(cell, r);
	case MU_BOOLEAN:
		return read_boolean(cell, r);
	case MU_DATE:
		return read_date(cell, r);
	default:
		return false;
	}
}

static void read_zero(enum mu_data type, struct reading *r)
{
	if (type == MU_NUMBER)
		r->as.number = 0;
	else
		r->as.integer = 0;
}

/* Whether the options of a column say what a cell means. */
static bool read_named(const struct field *f, const struct cell_value *cell, struct reading *r,
		       char space[MU_FORMAT_MAX])
{
	struct mu_string text, found;

	if (!f->option || !(f->option->missing.count + f->option->zero.count))
		return false;
	text = mu_trim(cell_text(cell, space));
	if (text_find(f->zero, f->option->zero.count, text, &found)) {
		read_zero(f->type, r);
		return true;
	}
	if (!text_find(f->missing, f->option->missing.count, text, &found))
		return false;
	r->outcome = READ_NOTHING;
	r->why = found.len ? found : mu_string("blank");
	return true;
}

/* Why nothing can be said of what a cell holds; NULL when something can.  `plain` is whether
 * its row is known to have no zero byte. */
static const char *cell_broken(const struct rows *rows, const struct cell_value *cell, bool plain)
{
	if (cell->kind != CELL_TEXT)
		return NULL;
	if (cell->text.len > (size_t)rows->options->max_field)
		return "too-long";
	if (!plain && cell->text.len && memchr(cell->text.data, '\0', cell->text.len))
		return "zero-byte";
	return NULL;
}

/* Whether a text would be a number but for raised digits at its end. */
static bool number_is_raised(enum mu_data type, const struct cell_value *cell)
{
	struct mu_string text = mu_trim(cell->text);
	size_t mark;
	double value;

	if (cell->kind != CELL_TEXT || (type != MU_INTEGER && type != MU_NUMBER) ||
	    !raised_at_end(text))
		return false;
	while ((mark = raised_at_end(text)))
		text.len -= mark;
	return mu_parse_number(mu_trim(text), &value);
}

static void cell_read(const struct rows *rows, const struct field *f, const struct cell_value *cell,
		      bool plain, struct reading *r, char space[MU_FORMAT_MAX])
{
	*r = (struct reading){ .outcome = READ_VALUE, .code = cell_broken(rows, cell, plain) };
	if (r->code) {
		r->outcome = READ_WRONG;
		return;
	}
	if (read_named(f, cell, r, space))
		return;
	if (cell_is_blank(cell)) {
		r->outcome = READ_NOTHING;
		r->why = mu_string("blank");
	} else if (cell->kind == CELL_ERROR) {
		r->outcome = READ_WRONG;
		r->code = "cell-error";
	} else if (!read_typed(f->type, cell, r, space)) {
		r->outcome = READ_WRONG;
		r->code = number_is_raised(f->type, cell) ? "raised" : mu_data_name(f->type);
	} else {
		r->odd = cell->kind == CELL_TEXT && rows->source.typed &&
			 (f->type == MU_INTEGER || f->type == MU_NUMBER);
	}
}

/* Bytes of a text for a finding: what is shown of it, and no more. */
static size_t shown_length(struct mu_string text)
{
	size_t len = text.len < SHOWN_BYTES ? text.len : SHOWN_BYTES;

	while (len < text.len && len && ((unsigned char)text.data[len] & 0xc0) == 0x80)
		len--;
	return len;
}

/* What is wrong with a cell, behind its column's name and its text. */
static const char *wrong_words(const struct cell_value *cell, const struct reading *r)
{
	static const char *const wanted[][2] = {
		{ "integer", "is not a whole number in digits that fits 64 bits, such as 1204" },
		{ "number", "is not a number in digits, such as 1204.5" },
		{ "boolean", "is not true or false" },
		{ "date", "is not a date such as 2023-11-24" },
		{ "cell-error", "is an error, and no value" },
		{ "too-long", "is longer than max_field allows" },
		{ "zero-byte", "holds a zero byte" },
		{ "raised", "is a number with a raised mark, which is no part of it" },
	};
	size_t i = 0;

	if (!r->code)
		return "is text, and was taken for a number";
	if (!strcmp(r->code, "number") && mu_number_loses(mu_trim(cell->text)))
		return "has digits that a number would lose; declare it as text or integer";
	if (!strcmp(r->code, "date") && cell->kind == CELL_NUMBER)
		return "is a number, and not formatted as a date";
	if (!strcmp(r->code, "date") && cell->kind == CELL_DATE)
		return "has a time of day, so it is not a date alone";
	while (strcmp(wanted[i][0], r->code) != 0)
		i++;
	return wanted[i][1];
}

static int report_reading(struct mu_ctx *ctx, const struct field *f, const struct cell_value *cell,
			  const struct reading *r, uint64_t at)
{
	char space[MU_FORMAT_MAX];
	struct mu_string text = cell_text(cell, space);
	struct mu_finding wrong = { .severity = r->code ? MU_ERROR : MU_WARNING,
				    .code = r->code ? r->code : "text-number",
				    .at = at,
				    .field = f->name,
				    .value = text.data,
				    .value_len = shown_length(text) };
	struct phrase shown = { .len = 0 };

	phrase_add(&shown, text.data, text.len);
	if (cell->kind == CELL_ERROR && text.len && text.data[0] != '#')
		return mu_report(ctx, wrong, "%s has no value: %s", f->name, shown.text);
	return mu_report(ctx, wrong, "%s '%s' %s", f->name, shown.text, wrong_words(cell, r));
}

static int report_control(struct mu_ctx *ctx, const struct field *f, struct mu_string text,
			  uint64_t at)
{
	struct mu_finding odd = { .severity = MU_WARNING,
				  .code = "control",
				  .at = at,
				  .field = f->name,
				  .value = text.data,
				  .value_len = shown_length(text) };

	return mu_report(ctx, odd, "%s has the character U+%04X, %s", f->name,
			 charset_control(text), charset_control_kind(charset_control(text)));
}

/* A row as it was given, with its place. */
struct row {
	const struct cell_value *cells;
	size_t n;
	uint64_t at;
	bool plain; /* there are no characters in its texts that nobody sees */
};

static const struct cell_value *cell_at(const struct row *row, size_t cell)
{
	static const struct cell_value empty = { .kind = CELL_EMPTY };

	return cell < row->n ? &row->cells[cell] : &empty;
}

static void value_put(struct rows *rows, int64_t column, enum mu_data type, const struct reading *r)
{
	switch (type) {
	case MU_STRING:
		mu_put_string(&rows->builder, column, r->as.text);
		rows->bytes += r->as.text.len;
		break;
	case MU_INTEGER:
		mu_put_integer(&rows->builder, column, r->as.integer);
		break;
	case MU_NUMBER:
		mu_put_number(&rows->builder, column, r->as.number);
		break;
	case MU_BOOLEAN:
		mu_put_boolean(&rows->builder, column, r->as.boolean);
		break;
	case MU_DATE:
		mu_put_date(&rows->builder, column, r->as.date);
		break;
	default:
		break;
	}
}

static int field_put(struct mu_ctx *ctx, struct rows *rows, const struct field *f,
		     const struct row *row)
{
	const struct cell_value *cell = cell_at(row, f->cell);
	char space[MU_FORMAT_MAX];
	struct reading r;

	cell_read(rows, f, cell, row->plain, &r, space);
	if (r.outcome == READ_VALUE)
		value_put(rows, f - rows->fields, f->type, &r);
	if (r.code || r.odd)
		return report_reading(ctx, f, cell, &r, row->at);
	if (r.outcome == READ_VALUE && f->type == MU_STRING && !row->plain &&
	    !charset_is_plain(r.as.text) && charset_control(r.as.text))
		return report_control(ctx, f, r.as.text, row->at);
	return 0;
}

/* Why a field has no value in a row; nothing when it has one, or its column is not there. */
static void status_put(struct rows *rows, const struct field *status, const struct row *row)
{
	char space[MU_FORMAT_MAX];
	struct reading r;

	if (status->of->cell == SIZE_MAX)
		return;
	cell_read(rows, status->of, cell_at(row, status->of->cell), row->plain, &r, space);
	if (r.outcome == READ_VALUE)
		return;
	mu_put_string(&rows->builder, status - rows->fields,
		      r.outcome == READ_WRONG ? mu_string("unreadable") : r.why);
}

/* The name of the claim that a row is, or NULL, and in rows->all which fields say so. */
static const char *claim_of(struct rows *rows, const struct row *row)
{
	const struct declared_claim *claims = rows->options->claims.items;
	const char *name = rows->options->all_claims;
	const struct cell_value *cell;
	char space[MU_FORMAT_MAX];
	size_t i;

	if (!rows->options->claims.count)
		return name;
	memset(rows->all, 0, rows->n_fields * sizeof *rows->all);
	for (i = 0; i < rows->options->claims.count; i++) {
		if (!rows->claim_fields[i] || rows->claim_fields[i]->cell == SIZE_MAX)
			continue;
		cell = cell_at(row, rows->claim_fields[i]->cell);
		if (cell->kind == CELL_ERROR || cell_broken(rows, cell, row->plain) ||
		    !text_equal(mu_trim(cell_text(cell, space)), rows->matches[i]))
			continue;
		name = claims[i].name;
		rows->all[rows->claim_fields[i] - rows->fields] = true;
	}
	return name;
}

static int report_beyond(struct mu_ctx *ctx, const struct rows *rows, const struct row *row,
			 size_t cell)
{
	char space[MU_FORMAT_MAX], column[ROWS_COLUMN_NAME], last[ROWS_COLUMN_NAME];
	struct mu_finding beyond = { .code = "beyond", .at = row->at };
	struct phrase shown = { .len = 0 };
	struct mu_string text;

	rows_column_name(&rows->source, cell, column);
	rows_column_name(&rows->source, rows->width ? rows->width - 1 : 0, last);
	/* What a row has behind max_columns is not kept. */
	if (cell >= row->n)
		return mu_report(ctx, beyond,
				 "column %s has a cell, but the last one of the table is %s",
				 column, last);
	text = cell_text(&row->cells[cell], space);
	beyond.value = text.data;
	beyond.value_len = shown_length(text);
	phrase_add(&shown, text.data, text.len);
	return mu_report(ctx, beyond, "column %s has '%s', but the last one of the table is %s",
			 column, shown.text, last);
}

/* Cells that stand under no header: `n` of the row were not blank. */
static int row_check(struct mu_ctx *ctx, struct rows *rows, const struct row *row, size_t n)
{
	struct mu_finding wrong = { .code = "header", .at = row->at };
	char column[ROWS_COLUMN_NAME];
	size_t i, kept = 0;
	int err = 0;

	for (i = rows->width; i < n; i++)
		if (i >= row->n || !cell_is_blank(&row->cells[i]))
			return report_beyond(ctx, rows, row, i);
	for (i = 0; !err && i < rows->n_unnamed; i++) {
		if (cell_is_blank(cell_at(row, rows->unnamed[i])))
			rows->unnamed[kept++] = rows->unnamed[i];
		else
			err = mu_report(ctx, wrong, "column %s has a cell but no name",
					rows_column_name(&rows->source, rows->unnamed[i], column));
	}
	if (!err)
		rows->n_unnamed = kept;
	return err;
}

static int row_put(struct mu_ctx *ctx, struct rows *rows, const struct row *row)
{
	const struct field *f;
	const char *claim = claim_of(rows, row);
	bool some = claim && rows->options->claims.count;
	int err = 0;

	for (f = rows->fields; !err && f < rows->fields + rows->n_fields; f++) {
		if (some && rows->all[f - rows->fields])
			continue;
		if (!f->of)
			err = field_put(ctx, rows, f, row);
		else if (!claim)
			status_put(rows, f, row);
	}
	mu_end_row_at(&rows->builder, row->at, claim);
	rows->n_data += !claim || rows->options->all_claims;
	return err;
}

/* Whether the cells of a row are the names in the header, of which there are several. */
static bool row_is_header(const struct rows *rows, const struct row *row, size_t n)
{
	size_t i, same = 0;

	if (n != rows->width || !rows->n_headings)
		return false;
	for (i = 0; i < n; i++) {
		const struct cell_value *cell = &row->cells[i];
		struct mu_string name = header_name(rows, i);

		if (cell_is_blank(cell)
			    ? name.len != 0
			    : cell->kind != CELL_TEXT || !text_equal(mu_trim(cell->text), name))
			return false;
		same += name.len != 0;
	}
	return same > 1;
}

/* Whether no column would refuse the header, had it a row of its own again. */
static bool takes_header(const struct rows *rows)
{
	const struct field *f;

	for (f = rows->fields; f < rows->fields + rows->n_fields; f++)
		if (f->type != MU_STRING)
			return false;
	return true;
}

static int report_again(struct mu_ctx *ctx, const struct row *row)
{
	struct mu_finding again = { .severity = MU_WARNING, .code = "header-again", .at = row->at };

	return mu_report(ctx, again, "the row is the header again, and was read as one of data");
}

/* How many cells there are up to the last one that is not blank. */
static size_t row_length(const struct cell_value *cells, size_t n, size_t kept)
{
	if (n > kept)
		return n;
	while (n && cell_is_blank(&cells[n - 1]))
		n--;
	return n;
}

static int rows_limit(struct mu_ctx *ctx, const struct rows *rows)
{
	if (rows->n_rows <= (uint64_t)rows->options->max_rows)
		return 0;
	return mu_fail(ctx, E2BIG, "it has more than %" PRId64 " rows; max_rows allows more",
		       rows->options->max_rows);
}

/* Whether a row has nothing but one text, be it in several cells, that is a note. */
static int row_is_note(struct mu_ctx *ctx, struct rows *rows, const struct row *row, bool *out)
{
	struct mu_string text = { NULL, 0 };
	size_t i;
	int err = 0;

	for (i = 0; i < row->n; i++) {
		const struct cell_value *cell = &row->cells[i];

		if (cell_is_blank(cell))
			continue;
		if (cell->kind != CELL_TEXT || cell_broken(rows, cell, row->plain) ||
		    (text.data && !text_equal(text, mu_trim(cell->text))))
			return 0;
		text = mu_trim(cell->text);
	}
	if (!rows->noting)
		err = notes_open(ctx, &rows->notes, &rows->options->notes);
	rows->noting = true;
	return err ? err : notes_match(ctx, &rows->notes, text, row->at, out);
}

/* Whether all that the texts of a row have is seen; numbers may have a text, too. */
static bool row_is_plain(const struct cell_value *cells, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((cells[i].kind == CELL_TEXT || cells[i].kind == CELL_NUMBER) &&
		    !charset_is_plain(cells[i].text) && charset_may_hide(cells[i].text))
			return false;
	return true;
}

/* How many bytes the texts of a row have, if there is a mark in one. */
static size_t marked_length(const struct cell_value *cells, size_t n)
{
	size_t i, len = 0;
	bool marked = false;

	for (i = 0; i < n; i++) {
		if (cells[i].kind != CELL_TEXT || cells[i].text.len < 3)
			continue;
		len += cells[i].text.len;
		marked = marked ||
			 (!charset_is_plain(cells[i].text) && charset_has_mark(cells[i].text));
	}
	return marked ? len : 0;
}

/* Room for a row whose texts have so many bytes. */
static bool clean_room(struct rows *rows, size_t cells, size_t len)
{
	if (cells > rows->clean_cells) {
		free(rows->clean);
		rows->clean = malloc(cells * sizeof *rows->clean);
		rows->clean_cells = rows->clean ? cells : 0;
	}
	if (len > rows->clean_room) {
		free(rows->clean_texts);
		rows->clean_texts = malloc(len);
		rows->clean_room = rows->clean_texts ? len : 0;
	}
	return rows->clean && rows->clean_texts;
}

/* A byte order mark, as parts of a document bring it along that were put together, is seen
 * by nobody and no part of a text. */
static int marks_drop(struct mu_ctx *ctx, struct rows *rows, struct row *row)
{
	size_t i, len, at = 0;
	struct cell_value *cell;

	row->plain = row_is_plain(row->cells, row->n);
	len = row->plain ? 0 : marked_length(row->cells, row->n);
	if (!len)
		return 0;
	if (!clean_room(rows, row->n, len))
		return mu_fail(ctx, ENOMEM, "out of memory");
	memcpy(rows->clean, row->cells, row->n * sizeof *rows->clean);
	for (i = 0; i < row->n; i++) {
		cell = &rows->clean[i];
		if (cell->kind != CELL_TEXT || cell->text.len < 3)
			continue;
		cell->text.len = charset_drop_marks(rows->clean_texts + at, cell->text);
		cell->text.data = rows->clean_texts + at;
		at += cell->text.len;
	}
	row->cells = rows->clean;
	return 0;
}

int rows_add(struct mu_ctx *ctx, struct rows *rows, const struct cell_value *cells, size_t n,
	     uint64_t position)
{
	size_t most = (size_t)rows->options->max_columns;
	struct row row = { .cells = cells,
			   .n = n < most ? n : most,
			   .at = mu_at(ctx->document->id, position) };
	bool note = false;
	int err = marks_drop(ctx, rows, &row);

	if (err)
		return err;
	if (row.cells != cells && n <= row.n)
		cells = row.cells;
	n = row_length(cells, n, row.n);
	if (!n && (rows->ready || !rows->n_headings))
		return 0;
	if (!rows->ready) {
		header_add(ctx, rows, cells, n, row.n < n ? row.n : n);
		rows->header_at = row.at;
		if (rows->n_headings == (size_t)rows->options->header_rows)
			rows_resolve(ctx, rows);
		return 0;
	}
	if (!rows->told)
		err = report_header(ctx, rows);
	if (!err && rows->options->notes.count && n <= row.n)
		err = row_is_note(ctx, rows, &row, &note);
	if (err || note)
		return err;
	rows->n_rows++;
	if (!err)
		err = rows_limit(ctx, rows);
	if (!err)
		err = row_check(ctx, rows, &row, n);
	if (!err && takes_header(rows) && row_is_header(rows, &row, n))
		err = report_again(ctx, &row);
	return err ? err : row_put(ctx, rows, &row);
}

int rows_finish(struct mu_ctx *ctx, struct rows *rows)
{
	struct mu_finding empty = { .code = "empty" }, none = { .code = "no-rows" };
	int err = 0;

	if (rows->ended)
		return 0;
	rows->ended = true;
	if (!rows->ready)
		return mu_report(ctx, empty,
				 rows->n_headings ? "the table ends before its header does"
						  : "the table has no cell that is not blank");
	if (!rows->told)
		err = report_header(ctx, rows);
	if (!err)
		err = notes_report(ctx, &rows->notes);
	if (err || rows->n_data)
		return err;
	return mu_report(ctx, none, "the table has no row of data%s",
			 rows->n_rows ? ", only claims" : "");
}

int rows_merge(struct mu_ctx *ctx, struct rows *rows, const struct rows *other)
{
	rows->n_rows += other->n_rows;
	rows->n_data += other->n_data;
	return rows_limit(ctx, rows);
}

bool rows_are_full(const struct rows *rows)
{
	return rows->builder.rows >= BATCH_ROWS || rows->bytes >= BATCH_BYTES;
}

int rows_give(struct mu_ctx *ctx, struct rows *rows, struct ArrowArray *out)
{
	int err = mu_builder_finish(&rows->builder, out);

	rows->bytes = 0;
	if (err == EOVERFLOW)
		return mu_fail(ctx, err, "a batch has too much text; max_field can forbid it");
	return err ? mu_fail(ctx, err, "out of memory") : 0;
}
