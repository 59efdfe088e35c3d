#include "table/columns.h"

/* A row of the header: texts without needless white space. */
struct header_row {
	struct mu_string *texts;
	bool *broken; /* their cells are */
	size_t n;
};

/* A copy as it is compared: without white space around it, and in it one blank, unless the
 * header is names; cut behind what is too long to be compared. */
static struct mu_string text_keep(struct mu_ctx *ctx, const struct table_columns *columns,
				  struct mu_string text)
{
	struct mu_string rest = mu_trim(text), from;
	size_t room = rest.len < COLUMN_NAME_MAX ? rest.len : COLUMN_NAME_MAX + 4, len = 0, n;
	char *copy = mu_alloc(ctx, room + 1);

	while (rest.len && len <= COLUMN_NAME_MAX) {
		for (n = 1; n < rest.len && n < 4 && mu_is_tail(rest.data[n]); n++)
			;
		memcpy(copy + len, rest.data, n);
		len += n;
		from = (struct mu_string){ rest.data + n, rest.len - n };
		rest = mu_trim(from);
		if (columns->form.names)
			rest = from;
		else if (rest.data != from.data && rest.len)
			copy[len++] = ' ';
	}
	return (struct mu_string){ copy, len };
}

struct mu_string table_columns_text(const struct table_columns *columns, size_t row, size_t cell)
{
	const struct header_row *h = &columns->headings[row];

	return cell < h->n ? h->texts[cell] : (struct mu_string){ "", 0 };
}

struct mu_string table_columns_heading(const struct table_columns *columns, size_t cell)
{
	struct mu_string text = { "", 0 };
	size_t row = columns->n_headings;

	while (row-- && !text.len)
		text = table_columns_text(columns, row, cell);
	return text;
}

static bool looks_equal(struct mu_string a, struct mu_string b)
{
	return text_equal(a, b) || charset_names_look_alike(a, b);
}

/* Whether a column of the table has the header that is declared. */
static bool header_compare(const struct table_columns *columns, const struct table_column *c,
			   size_t cell, bool (*equal)(struct mu_string, struct mu_string))
{
	size_t row;

	for (row = 0; row < columns->n_headings; row++) {
		if (c->n_header == 1) {
			if (equal(table_columns_text(columns, row, cell), c->header[0]))
				return true;
		} else if (!mu_string_is(c->header[row], "*") &&
			   !equal(table_columns_text(columns, row, cell), c->header[row])) {
			return false;
		}
	}
	return c->n_header > 1;
}

static bool header_matches(const struct table_columns *columns, const struct table_column *c,
			   size_t cell)
{
	return header_compare(columns, c, cell, text_equal);
}

bool table_columns_look_like(const struct table_columns *columns, const struct table_column *c)
{
	for (size_t i = 0; i < columns->width; i++)
		if (header_compare(columns, c, i, looks_equal))
			return true;
	return false;
}

size_t table_columns_find(const struct table_columns *columns, const struct table_column *c,
			  size_t from)
{
	for (; from < columns->width; from++)
		if (header_matches(columns, c, from))
			return from;
	return SIZE_MAX;
}

/* Where a column with a position is; it must have the header as well if one is declared. */
static size_t position_find(const struct table_columns *columns, const struct table_column *c)
{
	size_t cell = (size_t)c->option->position - 1;

	if (!columns->options->header_rows)
		return cell;
	if (cell >= columns->width ||
	    (c->option->header.count && !header_matches(columns, c, cell)))
		return SIZE_MAX;
	return cell;
}

static void columns_place(struct table_columns *columns)
{
	struct table_column *c;
	size_t next = 0;

	for (c = columns->items; c < columns->items + columns->n; c++) {
		if (c->of)
			continue;
		if (c->option->position)
			c->cell = position_find(columns, c);
		else if (columns->options->header_rows)
			c->cell = table_columns_find(columns, c, 0);
		else
			c->cell = next++;
		if (!columns->options->header_rows && columns->width <= c->cell)
			columns->width = c->cell + 1;
	}
}

const struct table_column *table_columns_named(const struct table_columns *columns,
					       struct mu_string name)
{
	const struct table_column *c;

	for (c = columns->items; c < columns->items + columns->n; c++)
		if (mu_string_is(name, c->name))
			return c;
	return NULL;
}

/* The columns that the document names, but for those that report_names() refuses. */
static void columns_name(struct mu_ctx *ctx, struct table_columns *columns)
{
	struct mu_string name;
	char *copy;
	size_t i;

	columns->items = mu_alloc(ctx, (columns->width + 1) * sizeof *columns->items);
	columns->unnamed = mu_alloc(ctx, (columns->width + 1) * sizeof *columns->unnamed);
	for (i = 0; i < columns->width; i++) {
		name = table_columns_heading(columns, i);
		if (!name.len)
			columns->unnamed[columns->n_unnamed++] = i;
		if (column_name_problem(name) || table_columns_named(columns, name))
			continue;
		copy = mu_alloc(ctx, name.len + 1);
		memcpy(copy, name.data, name.len);
		columns->items[columns->n++] =
			(struct table_column){ .name = copy, .type = MU_STRING, .cell = i };
	}
}

static void columns_resolve(struct mu_ctx *ctx, struct table_columns *columns)
{
	columns->ready = true;
	columns->wanted = columns->width;
	if (columns->width > (size_t)columns->options->max_columns)
		columns->width = (size_t)columns->options->max_columns;
	if (columns->options->columns.count)
		columns_place(columns);
	else
		columns_name(ctx, columns);
}

void table_columns_take_header(struct mu_ctx *ctx, struct table_columns *columns,
			       const struct cell *cells, size_t n, size_t kept, uint64_t at)
{
	struct header_row *h = &columns->headings[columns->n_headings++];
	char space[MU_FORMAT_MAX];
	size_t i;

	h->n = kept;
	h->texts = mu_alloc(ctx, (kept + 1) * sizeof *h->texts);
	h->broken = mu_alloc(ctx, kept + 1);
	for (i = 0; i < kept; i++) {
		h->texts[i] = text_keep(ctx, columns, cell_text(&cells[i], space));
		h->broken[i] = cells[i].kind == CELL_BROKEN;
	}
	if (columns->width < n)
		columns->width = n;
	columns->header_at = at;
	if (columns->n_headings == (size_t)columns->options->header_rows)
		columns_resolve(ctx, columns);
}

bool table_columns_told(const struct table_columns *columns, size_t cell)
{
	for (size_t row = 0; row < columns->n_headings; row++)
		if (cell < columns->headings[row].n && columns->headings[row].broken[cell])
			return true;
	return false;
}

bool table_columns_are_in(const struct table_columns *columns, const struct cell *cells, size_t n)
{
	size_t i, same = 0;

	if (n != columns->width || !columns->n_headings)
		return false;
	for (i = 0; i < n; i++) {
		struct mu_string name = table_columns_heading(columns, i);

		if (cell_is_blank(&cells[i]) ? name.len != 0
					     : cells[i].kind != CELL_TEXT ||
						       !text_equal(mu_trim(cells[i].text), name))
			return false;
		same += name.len != 0;
	}
	return same > 1;
}

static struct mu_string *texts_trim(struct mu_ctx *ctx, const struct mu_texts *texts)
{
	struct mu_string *out = mu_alloc(ctx, (texts->count + 1) * sizeof *out);
	size_t i;

	for (i = 0; i < texts->count; i++)
		out[i] = mu_trim(mu_string(texts->items[i]));
	return out;
}

static void column_declare(struct mu_ctx *ctx, const struct table_columns *columns,
			   struct table_column *c, const struct declared_column *option)
{
	size_t i;

	*c = (struct table_column){ .name = option->name,
				    .type = (enum mu_data)(MU_STRING + option->type),
				    .option = option,
				    .n_header = option->header.count ? option->header.count : 1,
				    .missing = texts_trim(ctx, &option->missing),
				    .zero = texts_trim(ctx, &option->zero),
				    .cell = SIZE_MAX };
	c->header = mu_alloc(ctx, c->n_header * sizeof *c->header);
	c->header[0] = text_keep(ctx, columns, mu_string(option->name));
	for (i = 0; i < option->header.count; i++)
		c->header[i] = text_keep(ctx, columns, mu_string(option->header.items[i]));
}

void table_columns_open(struct mu_ctx *ctx, struct table_columns *columns,
			const struct table_options *options, const struct table_form *form)
{
	const struct declared_column *declared = options->columns.items;
	size_t n = options->columns.count, i;

	*columns = (struct table_columns){ .options = options, .form = *form, .n = n };
	columns->headings =
		mu_alloc(ctx, ((size_t)options->header_rows + 1) * sizeof *columns->headings);
	columns->items = mu_alloc(ctx, (n + 1) * sizeof *columns->items);
	for (i = 0; i < n; i++)
		column_declare(ctx, columns, &columns->items[i], &declared[i]);
	for (i = 0; i < n; i++)
		if (declared[i].status_of)
			columns->items[i].of =
				table_columns_named(columns, mu_string(declared[i].status_of));
	if (!options->header_rows)
		columns_resolve(ctx, columns);
}
