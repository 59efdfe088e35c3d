/*
 * Tables of spreadsheets as Excel has them (XLSX):
 *
 *     - parse: xlsx
 *       sheet: Yearly
 *       header_rows: 2
 *       columns:
 *         - {name: mission, header: Mission}
 *         - {name: as_of, header: Date, type: date}
 *         - {name: planned, header: [Personnel, planned], type: integer}
 *         - {name: headcount, header: [Personnel, actual], type: integer, measure: true}
 *       claims:
 *         - {name: total, column: mission, match: Total}
 *
 * The sheet is the only one that is visible, or the one that `sheet` names, or counts
 * from 1.  The table begins with the first row that is not blank, or where `range` says,
 * such as A3: or A1:AO43, and ends with the last one.  Its first `header_rows` rows name
 * the columns.  `header` of a column is what any of them has, in one column; or a list
 * of what each has, from the top, with "*" for anything.  `position` counts columns from
 * 1 within the range, for those that no header tells; `header_rows: 0` says that there
 * is none.
 *
 * Of a merged area the upper left cell has the value.  In the header all its cells have;
 * elsewhere with `merged: fill`.
 *
 * Claims, `missing`, `zero` and `status_of` are as with parse: csv.  A number is a date
 * where its cell is formatted as one.  A formula is its value as stored when the file was
 * saved; none, or an error such as #REF!, is an error and null.  Text that reads as a
 * number where one is wanted is taken with a warning.  What is hidden is read, with a
 * warning.  A cell right of the header is an error.
 *
 * Files that are damaged, encrypted, or made to do harm are refused as a whole; formulas
 * are not calculated and links not followed.
 */
#include "xlsx.h"

#include <stdlib.h>

static const struct mu_option options[] = {
	SHEET_OPTIONS(struct self),
	GRID_HEADER_OPTIONS(struct self),
	GRID_OPTIONS(struct self),
	{ 0 },
};

static const struct mu_code codes[] = {
	{ "uncalculated",
	  "The file says that its formulas are to be calculated when it is opened, so the "
	  "values stored with them may be old, or zeros in their place.",
	  "Open the file in a spreadsheet program and save it again." },
	SHEET_CODES,
	GRID_CODES,
	{ 0 },
};

static int xlsx_configure(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;
	int err = sheet_configure(ctx, &self->sheet);

	return grid_configure(ctx, &self->grid) ? EINVAL : err;
}

/* Begins to read the sheet from the top.  Its merged areas stand behind its cells, so
 * where they matter all of it is read for them before. */
static int sheet_begin(struct mu_ctx *ctx, struct self *self, enum sheet_aim aim, uint32_t row)
{
	int err = 0;

	xml_close(&self->xml);
	sheet_restart(&self->table, aim, row);
	if (self->merges)
		err = cells_read_merges(ctx, self);
	if (!err)
		err = cells_open(ctx, self);
	self->reading = true;
	return err;
}

/* Whether a merged area could matter: those of the header do, if it has blank cells. */
static int merges_decide(struct mu_ctx *ctx, struct self *self)
{
	int err = 0;

	if (!self->table.fills && self->table.header_rows) {
		err = sheet_begin(ctx, self, SHEET_PEEK, 0);
		while (!err && !self->xml.ended && !self->table.found)
			err = xml_read(ctx, &self->xml);
	}
	self->merges = self->table.fills || self->table.gaps;
	return err;
}

static int document_read(struct mu_ctx *ctx, struct self *self)
{
	int err;

	if (self->ready)
		return 0;
	err = package_open(ctx, "XLSX", self->sheet.max_size, self->sheet.max_inflated,
			   &self->package);
	if (!err)
		err = workbook_read(ctx, self);
	if (!err)
		err = strings_read(ctx, self);
	if (!err)
		err = styles_read(ctx, self);
	if (!err)
		err = merges_decide(ctx, self);
	if (!err)
		err = sheet_begin(ctx, self, SHEET_GIVE, 0);
	self->ready = !err;
	return err;
}

/* Reads up to where the header ends, at least. */
static int header_read(struct mu_ctx *ctx, struct self *self)
{
	int err = document_read(ctx, self);

	while (!err && self->table.aim == SHEET_GIVE && !self->xml.ended &&
	       !grid_is_ready(self->table.grid))
		err = xml_read(ctx, &self->xml);
	return err;
}

static int xlsx_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	struct self *self = state;
	int err = 0;

	self->opened = true;
	sheet_open(ctx, &self->table, &self->sheet, &self->grid);
	if (!self->grid.columns.count)
		err = header_read(ctx, self);
	return err ? err : grid_schema(ctx, self->table.grid, out);
}

static void xlsx_close(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;

	(void)ctx;
	if (self->opened)
		sheet_close(&self->table);
	xml_close(&self->xml);
	strings_release(&self->strings);
	free(self->plain.items);
	package_close(&self->package);
}

static int report_uncalculated(struct mu_ctx *ctx, const struct self *self)
{
	struct mu_finding stale = { .severity = MU_WARNING,
				    .code = "uncalculated",
				    .at = mu_at(ctx->document->id,
						sheet_position(self->first_formula)) };

	if (!self->book.stale || !self->formulas)
		return 0;
	return mu_report(ctx, stale,
			 "it has %zu formulas that are to be calculated when it is opened, so "
			 "their stored values may be old",
			 (size_t)self->formulas);
}

static int report_whole(struct mu_ctx *ctx, struct self *self)
{
	int err;

	if (self->told)
		return 0;
	self->told = true;
	err = sheet_rest(ctx, &self->table);
	if (!err)
		err = grid_finish(ctx, self->table.grid);
	if (!err)
		err = sheet_report_hidden_sheet(ctx, &self->book.names[self->book.chosen]);
	if (!err)
		err = sheet_report_hidden(ctx, &self->table);
	return err ? err : report_uncalculated(ctx, self);
}

static int xlsx_parse(struct mu_ctx *ctx, void *state, struct ArrowArray *out)
{
	struct self *self = state;
	int err = header_read(ctx, self);

	*out = (struct ArrowArray){ .release = NULL };
	while (!err && !self->xml.ended && !grid_is_full(self->table.grid))
		err = xml_read(ctx, &self->xml);
	if (!err && self->xml.ended)
		err = report_whole(ctx, self);
	return err ? err : grid_take(ctx, self->table.grid, out);
}

static int xlsx_locate(struct mu_ctx *ctx, void *state, uint64_t position, const char *field,
		       struct mu_place *out)
{
	struct self *self = state;
	struct sheet *table = &self->table;
	uint32_t row = sheet_row_at(position);
	int err = header_read(ctx, self);

	if (err)
		return err;
	if (table->aim != SHEET_FIND ||
	    (row <= table->row && !(table->found && row == table->wanted)))
		err = sheet_begin(ctx, self, SHEET_FIND, row);
	table->found &= row == table->wanted;
	table->wanted = row;
	while (!err && !table->found && !self->xml.ended)
		err = xml_read(ctx, &self->xml);
	return err ? err
		   : sheet_place(ctx, table, self->book.names[self->book.chosen].name, field, out);
}

/* Looks at the row behind a header of so many rows; *found is whether there is one. */
static int row_peek(struct mu_ctx *ctx, struct self *self, int64_t header_rows, bool *found)
{
	int err;

	sheet_close(&self->table);
	self->grid.header_rows = header_rows;
	sheet_open(ctx, &self->table, &self->sheet, &self->grid);
	err = sheet_begin(ctx, self, SHEET_PEEK, 0);
	while (!err && !self->xml.ended && !self->table.found)
		err = xml_read(ctx, &self->xml);
	*found = !err && self->table.found;
	return err;
}

/* The header ends where the first numbers are. */
static int xlsx_guess(struct mu_ctx *ctx, void *state, struct mu_guess *out)
{
	struct self *self = state;
	int64_t rows = 0, header_rows = 1;
	bool found = true;
	uint8_t magic[4];
	size_t got;
	int err = mu_read(ctx, 0, magic, sizeof magic, &got);

	if (err || got < sizeof magic || memcmp(magic, "PK\003\004", sizeof magic) != 0)
		return err;
	self->guessing = self->opened = true;
	sheet_open(ctx, &self->table, &self->sheet, &self->grid);
	err = package_open(ctx, "XLSX", self->sheet.max_size, self->sheet.max_inflated,
			   &self->package);
	if (!err)
		err = workbook_read(ctx, self);
	if (!err)
		err = strings_read(ctx, self);
	if (!err)
		err = styles_read(ctx, self);
	while (!err && found && rows++ < SHEET_GUESSED) {
		err = row_peek(ctx, self, rows, &found);
		if (found && sheet_row_has_values(&self->table)) {
			header_rows = rows;
			found = false;
		}
	}
	if (!err)
		sheet_draft(ctx, self->book.names[self->book.chosen].name, 0, header_rows, out);
	return err;
}

MUSTER_PLUGIN(.name = "xlsx", .summary = "tables of spreadsheets as Excel has them",
	      .options = options, .codes = codes, .self_size = sizeof(struct self),
	      .configure = xlsx_configure, .open = xlsx_open, .close = xlsx_close,
	      .parse = xlsx_parse, .locate = xlsx_locate, .guess = xlsx_guess);
