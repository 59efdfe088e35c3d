#include "ods.h"

#include <inttypes.h>

#include "table/counts.h"
#include "text/phrase.h"

#define OFFICE "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
#define TABLES "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
#define TEXTS  "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
#define STYLES "urn:oasis:names:tc:opendocument:xmlns:style:1.0"
#define CALC   "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"

enum { STYLES_KEPT = 10000 };

static uint32_t count_of(const char *text, uint32_t most)
{
	uint64_t value = 1;

	if (text && !xml_number(text, UINT32_MAX, &value))
		value = 1;
	return value < 1 ? 1 : value < most ? (uint32_t)value : most;
}

/* A style is called by the first letter of its family, and its name. */
static char family_of(const char *name)
{
	static const struct {
		const char *name;
		char letter;
	} families[] = {
		{ "table", 't' }, { "table-row", 'r' }, { "table-column", 'c' }, { "text", 'x' }
	};
	size_t i;

	for (i = 0; i < sizeof families / sizeof *families; i++)
		if (!strcmp(families[i].name, name))
			return families[i].letter;
	return 0;
}

static void style_start(struct xml *xml, struct self *self)
{
	const char *name = xml->values[NAME], *family = xml->values[FAMILY];
	size_t len;

	self->style = NULL;
	self->family = family ? family_of(family) : 0;
	if (!name || !self->family)
		return;
	len = strlen(name);
	if (len + 1 >= sizeof(struct phrase) || self->hidden_styles.count >= STYLES_KEPT ||
	    self->raised_styles.count >= STYLES_KEPT)
		return;
	if (!self->space)
		self->space = mu_alloc(xml->ctx, sizeof(struct phrase));
	self->space[0] = self->family;
	memcpy(self->space + 1, name, len + 1);
	self->style = self->space;
}

static void style_keep(struct xml *xml, struct mu_map *styles, const char *name)
{
	if (mu_map_add(styles, name, strlen(name)) == SIZE_MAX)
		xml_stop(xml, mu_fail(xml->ctx, ENOMEM, "out of memory"));
}

/* "0cm", "0.0in" */
static bool is_flat(const char *length)
{
	if (!length || (*length != '0' && *length != '.'))
		return false;
	length += strspn(length, "0.");
	return *length < '1' || *length > '9';
}

/* Properties by which a sheet, a row or a column is not seen. */
static void style_properties(struct xml *xml, struct self *self, char family)
{
	const char *display = xml->values[DISPLAY];
	bool hidden = family == 't' ? display && !strcmp(display, "false")
				    : is_flat(xml->values[family == 'r' ? HEIGHT : WIDTH]);

	if (self->style && self->family == family && hidden)
		style_keep(xml, &self->hidden_styles, self->style);
}

/* "super 58%", or how much it is raised: "33% 58%". */
static void style_text(struct xml *xml, struct self *self)
{
	const char *position = xml->values[TEXT_POSITION];

	if (self->style && self->family == 'x' && position &&
	    (!strncmp(position, "super", 5) || (*position >= '1' && *position <= '9')))
		style_keep(xml, &self->raised_styles, self->style + 1);
}

static bool style_is_hidden(const struct self *self, char family, const char *name)
{
	char key[sizeof(struct phrase)] = { family };
	size_t len = name ? strlen(name) : sizeof key;

	if (len + 1 >= sizeof key || !self->hidden_styles.count)
		return false;
	memcpy(key + 1, name, len);
	return mu_map_find(&self->hidden_styles, key, len + 1) != SIZE_MAX;
}

static void sheet_name(struct xml *xml, struct self *self)
{
	const char *name = xml->values[TABLE_NAME] ? xml->values[TABLE_NAME] : "";
	size_t len = strlen(name);

	if (self->book.n == ODS_SHEETS) {
		xml_stop(xml,
			 refuse(xml->ctx, "too-much", "it has more than %d sheets", ODS_SHEETS));
		return;
	}
	self->book.names[self->book.n++] = (struct sheet_name){
		.name = memcpy(mu_alloc(xml->ctx, len + 1), name, len + 1),
		.hidden = style_is_hidden(self, 't', xml->values[STYLE_NAME]),
	};
}

/* Whether the last sheet is the one to be read, as far as the ones before tell: others
 * may follow that are as good, and then sheet_choose() fails in the end. */
static bool sheet_is_it(const struct self *self)
{
	const struct sheet_name *last = &self->book.names[self->book.n - 1];
	const char *option = self->book.sheet.sheet;
	int64_t number;

	if (!option)
		return !last->hidden;
	return !strcmp(last->name, option) ||
	       (mu_parse_integer(mu_string(option), &number) && number == (int64_t)self->book.n);
}

static void table_start(struct xml *xml, struct self *self)
{
	if (self->in_table) {
		self->cell.divided = true;
		xml_skip(xml);
		return;
	}
	if (++self->passed > self->book.n)
		sheet_name(xml, self);
	if (xml->stopped)
		return;
	if (!self->book.chosen && sheet_is_it(self))
		self->book.chosen = self->book.n;
	self->in_table = self->passed == self->book.chosen;
	self->book.rows = self->columns = 0;
	self->other = !self->in_table;
}

/* A cell of a table that is not read; whether its paragraphs are to be looked at. */
static bool other_cell(const struct xml *xml, struct sheet_name *sheet)
{
	const char *type = xml->values[VALUE_TYPE], *value = xml->values[VALUE];

	if (!type || !strcmp(type, "void")) {
		sheet->numbers = xml->values[FORMULA] != NULL; /* without a value */
		return false;
	}
	if (!strcmp(type, "float") || !strcmp(type, "currency") || !strcmp(type, "percentage"))
		sheet->numbers = value && sheet_counts(mu_trim(mu_string(value)));
	else if (!strcmp(type, "string") && xml->values[STRING_VALUE])
		sheet->numbers = text_counts(mu_string(xml->values[STRING_VALUE]));
	else
		return !strcmp(type, "string");
	return false;
}

/* Of a table that is not read, it is looked whether it has numbers. */
static void other_start(struct xml *xml, struct self *self, int element)
{
	struct sheet_name *sheet = &self->book.names[self->passed - 1];
	static const char blank = ' ';
	bool goes_on = element == ROW || element == ROW_GROUP || element == P || element == SPAN;

	if (!sheet->numbers && element == CELL)
		goes_on = other_cell(xml, sheet);
	if (element == P) {
		xml->text_len = 0;
		xml->collects = true;
	} else if (element == S && xml->collects) {
		xml_text_add(xml, &blank, 1);
	}
	if (!goes_on || sheet->numbers) {
		xml->collects = false;
		xml_skip(xml);
	}
}

static void other_end(struct xml *xml, struct self *self, int element)
{
	struct mu_string text = { xml->text_len ? xml->text : "", xml->text_len };

	if (element == P) {
		xml->collects = false;
		if (text_counts(text))
			self->book.names[self->passed - 1].numbers = true;
	}
	self->other = element != TABLE;
}

static bool is_hidden(const char *visibility)
{
	return visibility && strcmp(visibility, "visible") != 0;
}

/* Groups of rows or columns that are folded up, and all in them. */
static void group_start(const struct xml *xml, struct self *self, int element)
{
	size_t *folded = element == ROW_GROUP ? &self->folded_rows : &self->folded_columns;
	const char *display = xml->values[DISPLAY];

	if (*folded || (display && !strcmp(display, "false")))
		++*folded;
}

static void group_end(struct self *self, int element)
{
	size_t *folded = element == ROW_GROUP ? &self->folded_rows : &self->folded_columns;

	*folded -= *folded > 0;
}

static void columns_describe(struct xml *xml, struct self *self)
{
	uint32_t n = count_of(xml->values[COLUMNS_REPEATED], SHEET_COLUMNS), first = self->columns;
	int err = 0;

	if (first < SHEET_COLUMNS && (is_hidden(xml->values[VISIBILITY]) || self->folded_columns ||
				      style_is_hidden(self, 'c', xml->values[STYLE_NAME])))
		err = sheet_hide(xml->ctx, &self->book.table, first, first + n - 1);
	self->columns = first < SHEET_COLUMNS ? first + n : first;
	if (err)
		xml_stop(xml, err);
}

static void row_start(struct xml *xml, struct self *self)
{
	int err = 0;

	self->times = count_of(xml->values[ROWS_REPEATED], UINT32_MAX / 2);
	self->column = 0;
	self->in_row = self->book.rows < SHEET_ROWS;
	if (self->in_row)
		err = sheet_row(xml->ctx, &self->book.table, self->book.rows,
				is_hidden(xml->values[VISIBILITY]) || self->folded_rows ||
					style_is_hidden(self, 'r', xml->values[STYLE_NAME]));
	if (err)
		xml_stop(xml, err);
}

static void row_end(struct xml *xml, struct self *self)
{
	int err = self->in_row ? sheet_row_end(xml->ctx, &self->book.table, self->times) : 0;

	self->in_row = false;
	self->book.rows = self->times < SHEET_ROWS - self->book.rows ? self->book.rows + self->times
								     : SHEET_ROWS;
	if (err)
		xml_stop(xml, err);
	else if (self->book.table.found || (!self->headed && tables_ready(self->book.table.rows)))
		xml_pause(xml);
	self->headed = tables_ready(self->book.table.rows);
}

static void cell_merge(struct xml *xml, struct self *self)
{
	uint32_t columns = count_of(xml->values[COLUMNS_SPANNED], SHEET_COLUMNS);
	uint32_t rows = count_of(xml->values[ROWS_SPANNED], SHEET_ROWS);
	struct area area = { .top = self->book.rows,
			     .left = self->column,
			     .bottom = self->book.rows + rows - 1,
			     .right = self->column + columns - 1 };
	int err = rows > 1 || columns > 1 ? sheet_merge(xml->ctx, &self->book.table, &area) : 0;

	if (err)
		xml_stop(xml, err);
}

static void cell_start(struct xml *xml, struct self *self)
{
	uint32_t left = self->book.table.range.left, first = self->column;
	uint32_t times = count_of(xml->values[COLUMNS_REPEATED], SHEET_COLUMNS);
	struct open_cell *cell = &self->cell;

	*cell = (struct open_cell){ .depth = xml->depth, .times = times };
	if (!xml->values[VALUE] || !mu_parse_integer(mu_string(xml->values[VALUE]), &cell->whole))
		cell->whole = -1;
	self->in_cell = true;
	if (!self->in_row || self->column >= SHEET_COLUMNS) {
		if (xml->values[VALUE_TYPE] || xml->values[FORMULA])
			xml_stop(xml,
				 refuse(xml->ctx, "too-much",
					"its sheet has a cell outside of %d rows and %d columns",
					SHEET_ROWS, SHEET_COLUMNS));
		return;
	}
	cell_merge(xml, self);
	self->column += times;
	if (first < left && self->column > left) {
		cell->times -= left - first;
		first = left;
	}
	/* Blank ones up to the end of a sheet are nothing. */
	if (xml->values[VALUE_TYPE] || xml->values[FORMULA] || times < 1000)
		cell->made = sheet_cell(&self->book.table, first);
	if (cell->made)
		value_read(xml, &self->book.table, cell);
	xml->text_len = 0;
}

/* Whether a number is shown with zeros in front. */
static bool is_padded(const struct xml *xml, const struct open_cell *cell)
{
	int64_t shown;

	return cell->made->kind == CELL_NUMBER && cell->whole >= 0 && cell->paragraphs == 1 &&
	       xml->text_len > 1 && *xml->text == '0' &&
	       mu_parse_integer((struct mu_string){ xml->text, xml->text_len }, &shown) &&
	       shown == cell->whole;
}

static void cell_end(struct xml *xml, struct self *self)
{
	struct open_cell *cell = &self->cell;

	self->in_cell = false;
	if (!cell->made)
		return;
	if (cell->divided) {
		*cell->made = (struct cell){ .kind = CELL_ERROR,
					     .text = mu_string("a table within the cell") };
	} else if (is_padded(xml, cell)) {
		cell->made->padded = true;
		sheet_text(&self->book.table, cell->made, xml->text, xml->text_len);
	} else if (cell->wants && cell->paragraphs) {
		cell->made->kind = cell->wants;
		sheet_text(&self->book.table, cell->made, xml->text, xml->text_len);
	} else if (cell->formula || cell->wants == CELL_ERROR) {
		*cell->made = (struct cell){
			.kind = CELL_ERROR,
			.text = mu_string(cell->formula ? "a formula without a stored value"
							: "an error"),
		};
	}
	if (cell->made->kind != CELL_BLANK)
		sheet_cell_repeat(&self->book.table, cell->times - 1);
}

/* Paragraphs of a cell, not of a drawing in it. */
static void paragraph_start(struct xml *xml, struct self *self)
{
	if (!self->in_cell || xml->depth != self->cell.depth + 1) {
		xml_skip(xml);
		return;
	}
	if (self->cell.paragraphs++)
		xml_text_add(xml, "\n", 1);
	self->cell.paragraph = xml->text_len;
	xml->collects = true;
}

static void paragraph_end(struct xml *xml, struct self *self)
{
	size_t from = self->cell.paragraph;

	xml->collects = false;
	if (xml->text_len > from)
		xml->text_len = from + paragraph_collapse(xml->text + from, xml->text_len - from);
}

static void span_start(struct xml *xml, struct self *self)
{
	const char *style = xml->values[SPAN_STYLE];

	self->spans++;
	if (self->raised_span || !style ||
	    mu_map_find(&self->raised_styles, style, strlen(style)) == SIZE_MAX)
		return;
	self->raised_span = self->spans;
	self->raised_from = xml->text_len;
}

static void span_end(struct xml *xml, struct self *self)
{
	if (self->spans-- != self->raised_span)
		return;
	self->raised_span = 0;
	if (xml->collects)
		xml_text_raise(xml, self->raised_from);
}

static void sign_add(struct xml *xml, char sign)
{
	uint32_t n = sign == SIGN_BLANK ? count_of(xml->values[COUNT], 10000) : 1;

	for (; n && xml->collects; n--)
		xml_text_add(xml, &sign, 1);
}

static void content_start(struct xml *xml, int element)
{
	struct self *self = xml->user;

	if (self->other) {
		other_start(xml, self, element);
		return;
	}
	switch (element) {
	case CELL:
	case COVERED:
		cell_start(xml, self);
		break;
	case P:
		paragraph_start(xml, self);
		break;
	case ROW:
		row_start(xml, self);
		break;
	case COLUMN:
		columns_describe(xml, self);
		break;
	case S:
		sign_add(xml, SIGN_BLANK);
		break;
	case TAB:
		sign_add(xml, SIGN_TAB);
		break;
	case LINE_BREAK:
		sign_add(xml, SIGN_BREAK);
		break;
	case TABLE:
		table_start(xml, self);
		break;
	case SPREADSHEET:
		self->spreadsheet = true;
		break;
	case STYLE:
		style_start(xml, self);
		break;
	case TABLE_PROPERTIES:
		style_properties(xml, self, 't');
		break;
	case ROW_PROPERTIES:
		style_properties(xml, self, 'r');
		break;
	case COLUMN_PROPERTIES:
		style_properties(xml, self, 'c');
		break;
	case ROW_GROUP:
	case COLUMN_GROUP:
		group_start(xml, self, element);
		break;
	case TEXT_PROPERTIES:
		style_text(xml, self);
		break;
	case SPAN:
		span_start(xml, self);
		break;
	default: /* notes, and how to read signs */
		xml_skip(xml);
		break;
	}
}

static void content_end(struct xml *xml, int element)
{
	struct self *self = xml->user;

	if (self->other)
		other_end(xml, self, element);
	else if (element == CELL || element == COVERED)
		cell_end(xml, self);
	else if (element == SPAN)
		span_end(xml, self);
	else if (element == P && self->in_cell)
		paragraph_end(xml, self);
	else if (element == ROW)
		row_end(xml, self);
	else if (element == TABLE && !self->in_cell)
		self->in_table = false;
	else if (element == ROW_GROUP || element == COLUMN_GROUP)
		group_end(self, element);
}

static const struct xml_name elements[] = {
	[CELL - 1] = { TABLES, NULL, "table-cell" },
	[COVERED - 1] = { TABLES, NULL, "covered-table-cell" },
	[P - 1] = { TEXTS, NULL, "p" },
	[ROW - 1] = { TABLES, NULL, "table-row" },
	[COLUMN - 1] = { TABLES, NULL, "table-column" },
	[S - 1] = { TEXTS, NULL, "s" },
	[TAB - 1] = { TEXTS, NULL, "tab" },
	[LINE_BREAK - 1] = { TEXTS, NULL, "line-break" },
	[TABLE - 1] = { TABLES, NULL, "table" },
	[SPREADSHEET - 1] = { OFFICE, NULL, "spreadsheet" },
	[ANNOTATION - 1] = { OFFICE, NULL, "annotation" },
	[NOTE - 1] = { TEXTS, NULL, "note" },
	[RUBY_TEXT - 1] = { TEXTS, NULL, "ruby-text" },
	[STYLE - 1] = { STYLES, NULL, "style" },
	[TABLE_PROPERTIES - 1] = { STYLES, NULL, "table-properties" },
	[TEXT_PROPERTIES - 1] = { STYLES, NULL, "text-properties" },
	[SPAN - 1] = { TEXTS, NULL, "span" },
	[ROW_PROPERTIES - 1] = { STYLES, NULL, "table-row-properties" },
	[COLUMN_PROPERTIES - 1] = { STYLES, NULL, "table-column-properties" },
	[ROW_GROUP - 1] = { TABLES, NULL, "table-row-group" },
	[COLUMN_GROUP - 1] = { TABLES, NULL, "table-column-group" },
	{ 0 },
};
static const struct xml_name attributes[] = {
	[VALUE_TYPE - 1] = { OFFICE, NULL, "value-type" },
	[VALUE - 1] = { OFFICE, NULL, "value" },
	[DATE_VALUE - 1] = { OFFICE, NULL, "date-value" },
	[TIME_VALUE - 1] = { OFFICE, NULL, "time-value" },
	[BOOLEAN_VALUE - 1] = { OFFICE, NULL, "boolean-value" },
	[STRING_VALUE - 1] = { OFFICE, NULL, "string-value" },
	[CALC_TYPE - 1] = { CALC, NULL, "value-type" },
	[FORMULA - 1] = { TABLES, NULL, "formula" },
	[COLUMNS_REPEATED - 1] = { TABLES, NULL, "number-columns-repeated" },
	[ROWS_REPEATED - 1] = { TABLES, NULL, "number-rows-repeated" },
	[COLUMNS_SPANNED - 1] = { TABLES, NULL, "number-columns-spanned" },
	[ROWS_SPANNED - 1] = { TABLES, NULL, "number-rows-spanned" },
	[VISIBILITY - 1] = { TABLES, NULL, "visibility" },
	[STYLE_NAME - 1] = { TABLES, NULL, "style-name" },
	[COUNT - 1] = { TEXTS, NULL, "c" },
	[TABLE_NAME - 1] = { TABLES, NULL, "name" },
	[NAME - 1] = { STYLES, NULL, "name" },
	[FAMILY - 1] = { STYLES, NULL, "family" },
	[DISPLAY - 1] = { TABLES, NULL, "display" },
	[TEXT_POSITION - 1] = { STYLES, NULL, "text-position" },
	[SPAN_STYLE - 1] = { TEXTS, NULL, "style-name" },
	[HEIGHT - 1] = { STYLES, NULL, "row-height" },
	[WIDTH - 1] = { STYLES, NULL, "column-width" },
	{ 0 },
};

int content_open(struct mu_ctx *ctx, struct self *self)
{
	static const struct xml_form form = { elements, attributes, content_start, content_end,
					      NULL };
	int err;

	if (!self->book.names)
		self->book.names = mu_alloc(ctx, ODS_SHEETS * sizeof *self->book.names);
	self->passed = 0;
	self->spans = self->raised_span = 0;
	self->folded_rows = self->folded_columns = 0;
	self->in_table = self->in_row = self->in_cell = self->other = false;
	err = xml_open(ctx, &self->book.xml, &self->book.package, "content.xml", &form, self);
	self->book.xml.text_most = self->book.table.text_most;
	return err;
}

enum { ENCRYPTION = 1 };

static void manifest_start(struct xml *xml, int element)
{
	(void)element;
	xml_stop(xml, refuse(xml->ctx, "encrypted", "it is encrypted; save it without a password"));
}

static void manifest_end(struct xml *xml, int element)
{
	(void)xml, (void)element;
}

int content_check(struct mu_ctx *ctx, struct self *self)
{
	static const char part[] = "META-INF/manifest.xml";
	static const struct xml_name known[] = {
		[ENCRYPTION - 1] = { "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0", NULL,
				     "encryption-data" },
		{ 0 },
	};
	static const struct xml_name none[] = { { 0 } };
	static const struct xml_form form = { known, none, manifest_start, manifest_end, NULL };
	struct xml xml = { .form = NULL };
	int err;

	if (!package_has(&self->book.package, "content.xml"))
		return refuse(ctx, "damaged", "it is no ODS file: it has no part 'content.xml'");
	if (!package_has(&self->book.package, part))
		return 0;
	err = xml_open(ctx, &xml, &self->book.package, part, &form, NULL);
	if (!err)
		err = xml_read_all(ctx, &xml);
	xml_close(&xml);
	return err;
}
