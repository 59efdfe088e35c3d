#include "cells.h"

#include <inttypes.h>

#include "table/counts.h"
#include "text/phrase.h"

enum cell_type {
	TYPE_NUMBER,
	TYPE_SHARED,
	TYPE_TEXT,
	TYPE_INLINE,
	TYPE_TRUTH,
	TYPE_ERROR,
	TYPE_DATE
};

static int fail_damaged(struct mu_ctx *ctx, const struct self *self, const char *what)
{
	struct phrase name = { .len = 0 };
	const char *sheet = self->book.names[self->book.chosen - 1].name;

	phrase_add(&name, sheet, strlen(sheet));
	return refuse(ctx, "damaged", "its sheet '%s' is damaged: %s behind row %" PRIu32,
		      name.text, what, self->book.rows);
}

/* Whether a row or column has a height or width of 0, so that nobody sees it. */
static bool is_flat(const char *size)
{
	double value;

	return size && mu_parse_number(mu_string(size), &value) && !(value > 0);
}

/* A row or cell that does not say where it is follows the one before. */
static void row_start(struct xml *xml, struct self *self)
{
	uint64_t row = (uint64_t)self->book.rows + 1;
	int err;

	if (xml->values[REF] && !xml_number(xml->values[REF], SHEET_ROWS, &row))
		row = 0;
	if (!row || row > SHEET_ROWS || self->in_row) {
		xml_stop(xml, fail_damaged(xml->ctx, self, "a row without a number or end"));
		return;
	}
	self->in_row = true;
	self->book.rows = (uint32_t)row;
	self->cell.column = UINT32_MAX;
	err = sheet_row(xml->ctx, &self->book.table, self->book.rows - 1,
			xml_true(xml->values[HIDDEN]) || is_flat(xml->values[HEIGHT]));
	if (err)
		xml_stop(xml, err);
}

static int type_of(const char *type)
{
	static const struct {
		const char *name;
		enum cell_type type;
	} types[] = {
		{ "s", TYPE_SHARED }, { "n", TYPE_NUMBER },         { "str", TYPE_TEXT },
		{ "b", TYPE_TRUTH },  { "inlineStr", TYPE_INLINE }, { "e", TYPE_ERROR },
		{ "d", TYPE_DATE },
	};
	size_t i;

	for (i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(type, types[i].name))
			return (int)types[i].type;
	return -1;
}

static void cell_start(struct xml *xml, struct self *self)
{
	uint32_t row = self->book.rows - 1, column = self->cell.column + 1;
	uint64_t style = 0;

	if (!self->in_row) {
		xml_stop(xml, fail_damaged(xml->ctx, self, "a cell outside of rows"));
		return;
	}
	if (xml->values[REF] &&
	    (!area_parse_cell(xml->values[REF], &row, &column) || row != self->book.rows - 1 ||
	     (self->cell.column != UINT32_MAX && column <= self->cell.column))) {
		xml_stop(xml, fail_damaged(xml->ctx, self, "cells are out of order"));
		return;
	}
	self->cell = (struct open_cell){ .column = column };
	if (xml->values[TYPE])
		self->cell.type = type_of(xml->values[TYPE]);
	if (self->cell.type < 0 || column >= SHEET_COLUMNS) {
		xml_stop(xml, fail_damaged(xml->ctx, self, "a cell of no type or place"));
		return;
	}
	if (xml->values[STYLE] && xml_number(xml->values[STYLE], UINT32_MAX, &style) &&
	    style < self->n_looks)
		self->cell.look = (enum look)self->looks[style];
	xml->text_len = 0;
}

static void put_text(struct self *self, struct cell *cell, enum cell_kind kind,
		     struct mu_string text)
{
	cell->kind = kind;
	sheet_text(&self->book.table, cell, text.data, text.len);
}

/* A text that several cells share stays where it is. */
static int put_shared(struct self *self, struct cell *cell, struct mu_string text)
{
	const struct strings *s = &self->strings;
	int64_t index;
	size_t from;

	if (!mu_parse_integer(text, &index) || index < 0 || (uint64_t)index >= s->n)
		return fail_damaged(self->book.xml.ctx, self, "a cell has no text that there is");
	from = index ? s->ends[index - 1] : 0;
	*cell = (struct cell){ .kind = CELL_TEXT,
			       .text = { s->bytes ? s->bytes + from : "", s->ends[index] - from } };
	return 0;
}

/* A number that is shown with so many digits at least. */
static void put_padded(struct self *self, struct cell *cell, struct mu_string text, size_t digits)
{
	char space[LOOK_PADDED_MOST] = "";
	size_t i, zeros = text.len < digits ? digits - text.len : 0;

	for (i = 0; i < text.len; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			zeros = 0;
	if (zeros && text.len) {
		memset(space, '0', zeros);
		memcpy(space + zeros, text.data, text.len);
		text = (struct mu_string){ space, digits };
		cell->padded = true;
	}
	put_text(self, cell, CELL_NUMBER, text);
}

static void put_number(struct self *self, struct cell *cell, struct mu_string text)
{
	char space[MU_FORMAT_MAX];
	struct cell made;
	double serial;

	if (self->cell.look >= LOOK_PADDED) {
		put_padded(self, cell, text, (size_t)(self->cell.look - LOOK_PADDED));
		return;
	}
	if (self->cell.look == LOOK_NUMBER || !mu_parse_number(text, &serial)) {
		put_text(self, cell, CELL_NUMBER, text);
		return;
	}
	serial_read(serial, self->cell.look, self->workbook.from_1904, &made, space);
	*cell = made;
	if (made.text.len)
		put_text(self, cell, made.kind, made.text);
}

static int put_value(struct self *self, struct cell *cell, struct mu_string text)
{
	switch ((enum cell_type)self->cell.type) {
	case TYPE_SHARED:
		return put_shared(self, cell, mu_trim(text));
	case TYPE_NUMBER:
		put_number(self, cell, mu_trim(text));
		break;
	case TYPE_TEXT:
	case TYPE_INLINE:
		text.len = text.len ? text_unescape(self->book.xml.text, text.len) : 0;
		put_text(self, cell, CELL_TEXT, text);
		break;
	case TYPE_TRUTH:
		if (mu_parse_boolean(mu_trim(text), &cell->truth))
			cell->kind = CELL_BOOLEAN;
		else
			put_text(self, cell, CELL_TEXT, mu_trim(text));
		break;
	case TYPE_ERROR:
		put_text(self, cell, CELL_ERROR, mu_trim(text));
		break;
	case TYPE_DATE:
		if (!sheet_date_parse(mu_trim(text), cell))
			put_text(self, cell, CELL_TEXT, mu_trim(text));
		break;
	}
	return 0;
}

static void cell_end(struct xml *xml, struct self *self)
{
	struct cell *cell = sheet_cell(&self->book.table, self->cell.column);
	struct mu_string text = { xml->text_len ? xml->text : "", xml->text_len };
	bool texty = self->cell.type == TYPE_TEXT || self->cell.type == TYPE_INLINE;
	int err;

	if (!cell)
		return;
	if (!self->cell.value || (!text.len && !texty)) {
		if (self->cell.formula)
			*cell = (struct cell){ .kind = CELL_ERROR,
					       .text = mu_string(
						       "a formula without a stored value") };
		return;
	}
	if (self->cell.formula && !sheet_is_beside(&self->book.table) && !self->formulas++)
		self->first_formula = self->book.rows - 1;
	err = put_value(self, cell, text);
	if (err)
		xml_stop(xml, err);
}

/* Where the header ends, the columns become known; and what locate() wants is not to be
 * written over. */
static void row_end(struct xml *xml, struct self *self)
{
	int err = sheet_row_end(xml->ctx, &self->book.table, 1);

	self->in_row = false;
	if (err)
		xml_stop(xml, err);
	else if (self->book.table.found || (!self->headed && tables_ready(self->book.table.rows)))
		xml_pause(xml);
	self->headed = tables_ready(self->book.table.rows);
}

static void column_hide(struct xml *xml, struct self *self)
{
	uint64_t first, last;
	int err;

	if ((!xml_true(xml->values[HIDDEN]) && !is_flat(xml->values[WIDTH])) ||
	    !xml_number(xml->values[FIRST], SHEET_COLUMNS, &first) ||
	    !xml_number(xml->values[LAST], SHEET_COLUMNS, &last) || !first || !last)
		return;
	err = sheet_hide(xml->ctx, &self->book.table, (uint32_t)first - 1, (uint32_t)last - 1);
	if (err)
		xml_stop(xml, err);
}

/* A value, or a text that stands in the cell itself, whatever its type says. */
static void value_start(struct xml *xml, struct self *self, int element)
{
	if (self->cell.value)
		xml_stop(xml, fail_damaged(xml->ctx, self, "a cell has two values"));
	self->cell.value = true;
	if (element == IS)
		self->cell.type = TYPE_INLINE;
	xml->collects = element == V;
}

void cells_start(struct xml *xml, int element)
{
	struct self *self = xml->user;
	struct area area;

	if (element == SHEET_DATA) {
		self->data_depth = xml->depth;
		xml->until = "</row>";
	} else if (element == COL) {
		column_hide(xml, self);
	} else if (element == MERGE_CELL && xml->values[AREA]) {
		self->covers |= area_parse(xml->values[AREA], &area) &&
				sheet_reaches_body(&self->book.table, &area);
	}
	if (!self->data_depth)
		return;
	switch (element) {
	case C:
		cell_start(xml, self);
		break;
	case V:
	case IS:
		value_start(xml, self, element);
		break;
	case ROW:
		row_start(xml, self);
		break;
	case F:
		self->cell.formula = true;
		break;
	case T:
		xml->collects = self->cell.type == TYPE_INLINE && self->cell.value;
		self->cell.from = xml->text_len;
		break;
	case RUN:
		self->cell.raised = false;
		break;
	case VERTICAL:
		self->cell.raised =
			xml->values[ALIGN] && !strcmp(xml->values[ALIGN], "superscript");
		break;
	case RPH:
		xml_skip(xml);
		break;
	default:
		break;
	}
}

void cells_end(struct xml *xml, int element)
{
	struct self *self = xml->user;

	if (!self->data_depth)
		return;
	if (element == T && xml->collects && self->cell.raised)
		xml_text_raise(xml, self->cell.from);
	if (element == V || element == T)
		xml->collects = false;
	else if (element == C)
		cell_end(xml, self);
	else if (element == ROW)
		row_end(xml, self);
	if (element != SHEET_DATA)
		return;
	self->data_depth = 0;
	xml->until = NULL;
}

static const struct xml_name elements[] = {
	[C - 1] = { MAIN, STRICT, "c" },
	[V - 1] = { MAIN, STRICT, "v" },
	[ROW - 1] = { MAIN, STRICT, "row" },
	[F - 1] = { MAIN, STRICT, "f" },
	[IS - 1] = { MAIN, STRICT, "is" },
	[T - 1] = { MAIN, STRICT, "t" },
	[RPH - 1] = { MAIN, STRICT, "rPh" },
	[SHEET_DATA - 1] = { MAIN, STRICT, "sheetData" },
	[COL - 1] = { MAIN, STRICT, "col" },
	[MERGE_CELL - 1] = { MAIN, STRICT, "mergeCell" },
	[RUN - 1] = { MAIN, STRICT, "r" },
	[VERTICAL - 1] = { MAIN, STRICT, "vertAlign" },
	{ 0 },
};
static const struct xml_name attributes[] = {
	[REF - 1] = { NULL, NULL, "r" },
	[STYLE - 1] = { .local = "s" },
	[TYPE - 1] = { NULL, NULL, "t" },
	[HIDDEN - 1] = { .local = "hidden" },
	[AREA - 1] = { NULL, NULL, "ref" },
	[FIRST - 1] = { .local = "min" },
	[LAST - 1] = { NULL, NULL, "max" },
	[ALIGN - 1] = { .local = "val" },
	[HEIGHT - 1] = { NULL, NULL, "ht" },
	[WIDTH - 1] = { .local = "width" },
	{ 0 },
};

int cells_open(struct mu_ctx *ctx, struct self *self)
{
	static const struct xml_form form = { elements, attributes, cells_start, cells_end,
					      plain_take },
				     slow = { elements, attributes, cells_start, cells_end, NULL };
	const char *part = self->workbook.parts[self->book.chosen - 1];
	int err;

	self->data_depth = 0;
	self->in_row = false;
	err = xml_open(ctx, &self->book.xml, &self->book.package, part,
		       self->slowly ? &slow : &form, self);
	self->book.xml.until = "<sheetData>";
	self->book.xml.text_most = self->book.table.text_most;
	return err;
}

static void merges_start(struct xml *xml, int element)
{
	struct self *self = xml->user;
	struct area area;
	int err;

	if (element != MERGE_CELL || !xml->values[AREA])
		return;
	err = area_parse(xml->values[AREA], &area)
		      ? sheet_merge(xml->ctx, &self->book.table, &area)
		      : fail_damaged(xml->ctx, self, "a merged area that is none");
	if (err)
		xml_stop(xml, err);
}

static void merges_end(struct xml *xml, int element)
{
	(void)xml, (void)element;
}

/* Whether the sheet may have merged areas, which stand behind all cells, so that not all
 * of it need be read as XML to learn that there are none. */
static int merges_look(struct mu_ctx *ctx, struct self *self, bool *out)
{
	static const char word[] = "mergeCell";
	struct package_part part = { .file = NULL };
	char bytes[32768];
	size_t got = 1, kept = 0, all;
	bool first = true;
	int err = package_part_open(ctx, &self->book.package,
				    self->workbook.parts[self->book.chosen - 1], &part);

	*out = false;
	while (!err && got && !*out) {
		err = package_part_read(ctx, &part, bytes + kept, sizeof bytes - kept, &got);
		all = kept + got;
		/* Other encodings have zero bytes, or a mark. */
		*out = (first && all > 1 && (bytes[0] != '<' || !bytes[1])) ||
		       memmem(bytes, all, word, sizeof word - 1);
		first = false;
		kept = all < sizeof word ? all : sizeof word;
		memmove(bytes, bytes + all - kept, kept);
	}
	package_part_close(&part);
	return err;
}

int cells_read_merges(struct mu_ctx *ctx, struct self *self)
{
	static const struct xml_form form = { elements, attributes, merges_start, merges_end,
					      NULL };
	struct xml xml = { .form = NULL };
	bool some;
	int err = merges_look(ctx, self, &some);

	if (err || !some)
		return err;
	err = xml_open(ctx, &xml, &self->book.package, self->workbook.parts[self->book.chosen - 1],
		       &form, self);
	if (!err)
		err = xml_read_all(ctx, &xml);
	xml_close(&xml);
	return err;
}

/* Of a sheet that is not read. */
struct looking {
	const struct self *self;
	struct sheet_name *sheet;
	int type;            /* of the cell at hand */
	bool passed;         /* it is a date or a time */
	bool formula, value; /* it has one */
};

static void look_cell(struct xml *xml, struct looking *l)
{
	const char *type = xml->values[TYPE];
	uint64_t style = 0;

	if (xml->values[STYLE])
		xml_number(xml->values[STYLE], UINT32_MAX, &style);
	l->type = type ? type_of(type) : TYPE_NUMBER;
	l->passed = l->type == TYPE_NUMBER && style < l->self->n_looks &&
		    l->self->looks[style] != LOOK_NUMBER;
	l->formula = l->value = false;
	xml->text_len = 0;
}

static void look_start(struct xml *xml, int element)
{
	struct looking *l = xml->user;

	if (element == C)
		look_cell(xml, l);
	else if (element == F)
		l->formula = true;
	else if (element == RPH)
		xml_skip(xml);
	else if (element == (l->type == TYPE_INLINE ? T : V))
		l->value = xml->collects = !l->passed;
}

/* Whether the cell at hand has a number, or may have one. */
static bool look_counts(const struct xml *xml, const struct looking *l)
{
	struct mu_string text = { xml->text_len ? xml->text : "", xml->text_len };
	const struct strings *s = &l->self->strings;
	int64_t index;
	size_t from;

	text = mu_trim(text);
	if (l->passed)
		return false;
	if (!l->value || !text.len)
		return l->formula;
	if (l->type == TYPE_NUMBER)
		return sheet_counts(text);
	if (l->type == TYPE_TEXT || l->type == TYPE_INLINE)
		return text_counts(text);
	if (l->type != TYPE_SHARED || !mu_parse_integer(text, &index) || index < 0 ||
	    (uint64_t)index >= s->n || !s->bytes)
		return false;
	from = index ? s->ends[index - 1] : 0;
	return text_counts((struct mu_string){ s->bytes + from, s->ends[index] - from });
}

static void look_end(struct xml *xml, int element)
{
	struct looking *l = xml->user;

	xml->collects = false;
	if (element != C || !look_counts(xml, l))
		return;
	l->sheet->numbers = true;
	xml_stop(xml, 0);
}

int cells_look(struct mu_ctx *ctx, struct book *book, size_t sheet)
{
	static const struct xml_form form = { elements, attributes, look_start, look_end, NULL };
	struct self *self = (struct self *)book;
	struct looking l = { .self = self, .sheet = &book->names[sheet] };
	struct xml xml = { .form = NULL };
	int err;

	if (!package_has(&book->package, self->workbook.parts[sheet]))
		return 0;
	err = xml_open(ctx, &xml, &book->package, self->workbook.parts[sheet], &form, &l);
	xml.text_most = MU_FORMAT_MAX;
	if (!err)
		err = xml_read_all(ctx, &xml);
	xml_close(&xml);
	return err;
}
