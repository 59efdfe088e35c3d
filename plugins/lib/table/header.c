#include "table/rows_state.h"

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
	const struct header_row *h = &rows->headings[row];

	return cell < h->n ? h->texts[cell] : (struct mu_string){ "", 0 };
}

/* Its lowest text that is not blank. */
struct mu_string rows_header_name(const struct rows *rows, size_t cell)
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
static bool header_compare(const struct rows *rows, const struct rows_field *f, size_t cell,
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

static bool header_matches(const struct rows *rows, const struct rows_field *f, size_t cell)
{
	return header_compare(rows, f, cell, text_equal);
}

bool rows_header_looks_like(const struct rows *rows, const struct rows_field *f)
{
	for (size_t i = 0; i < rows->width; i++)
		if (header_compare(rows, f, i, looks_equal))
			return true;
	return false;
}

size_t rows_header_find(const struct rows *rows, const struct rows_field *f, size_t from)
{
	for (; from < rows->width; from++)
		if (header_matches(rows, f, from))
			return from;
	return SIZE_MAX;
}

/* Where a field with a position is; it must have the header as well if one is declared. */
static size_t position_find(const struct rows *rows, const struct rows_field *f)
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
	struct rows_field *f;
	size_t next = 0;

	for (f = rows->fields; f < rows->fields + rows->n_fields; f++) {
		if (f->of)
			continue;
		if (f->option->position)
			f->cell = position_find(rows, f);
		else if (rows->options->header_rows)
			f->cell = rows_header_find(rows, f, 0);
		else
			f->cell = next++;
		if (!rows->options->header_rows && rows->width <= f->cell)
			rows->width = f->cell + 1;
	}
}

const struct rows_field *rows_field_named(const struct rows *rows, struct mu_string name)
{
	const struct rows_field *f;

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
		name = rows_header_name(rows, i);
		if (!name.len)
			rows->unnamed[rows->n_unnamed++] = i;
		if (column_name_problem(name) || rows_field_named(rows, name))
			continue;
		copy = mu_alloc(ctx, name.len + 1);
		memcpy(copy, name.data, name.len);
		rows->fields[rows->n_fields++] =
			(struct rows_field){ .name = copy, .type = MU_STRING, .cell = i };
	}
}

void rows_fields_resolve(struct mu_ctx *ctx, struct rows *rows)
{
	rows->wanted = rows->width;
	if (rows->width > (size_t)rows->options->max_columns)
		rows->width = (size_t)rows->options->max_columns;
	if (rows->options->columns.count)
		fields_find(rows);
	else
		fields_of_header(ctx, rows);
}

void rows_header_add(struct mu_ctx *ctx, struct rows *rows, const struct cell_value *cells,
		     size_t n, size_t kept)
{
	struct header_row *h = &rows->headings[rows->n_headings++];
	char space[MU_FORMAT_MAX];
	size_t i;

	h->n = kept;
	h->texts = mu_alloc(ctx, (kept + 1) * sizeof *h->texts);
	for (i = 0; i < kept; i++)
		h->texts[i] = text_collapse(ctx, cell_text(&cells[i], space));
	if (rows->width < n)
		rows->width = n;
}

static struct mu_string *texts_trim(struct mu_ctx *ctx, const struct mu_texts *texts)
{
	struct mu_string *out = mu_alloc(ctx, (texts->count + 1) * sizeof *out);
	size_t i;

	for (i = 0; i < texts->count; i++)
		out[i] = mu_trim(mu_string(texts->items[i]));
	return out;
}

static void field_declare(struct mu_ctx *ctx, struct rows_field *f, const struct declared_column *c)
{
	size_t i;

	*f = (struct rows_field){ .name = c->name,
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

void rows_fields_declare(struct mu_ctx *ctx, struct rows *rows)
{
	const struct declared_column *columns = rows->options->columns.items;
	size_t i;

	rows->n_fields = rows->options->columns.count;
	for (i = 0; i < rows->n_fields; i++)
		field_declare(ctx, &rows->fields[i], &columns[i]);
	for (i = 0; i < rows->n_fields; i++)
		if (columns[i].status_of)
			rows->fields[i].of =
				rows_field_named(rows, mu_string(columns[i].status_of));
}
