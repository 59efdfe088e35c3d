/*
 * Tables of spreadsheets as LibreOffice has them (ODS):
 *
 *     - parse: ods
 *       sheet: Yearly
 *       columns:
 *         - {name: mission, header: Mission}
 *         - {name: headcount, header: Personnel, type: integer, measure: true}
 *
 * Options, and what they mean, are those of parse: xlsx.  Text of several paragraphs is
 * joined by line feeds; notes and drawings on cells are not part of them.
 */
#include "ods.h"

static const struct mu_option options[] = {
	SHEET_OPTIONS(struct self),
	GRID_HEADER_OPTIONS(struct self),
	GRID_OPTIONS(struct self),
	{ 0 },
};

static const struct mu_code codes[] = {
	SHEET_CODES,
	GRID_CODES,
	{ 0 },
};

static int ods_configure(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;
	int err = sheet_configure(ctx, &self->sheet);

	return grid_configure(ctx, &self->grid) ? EINVAL : err;
}

/* Begins to read the sheet from the top. */
static int sheet_begin(struct mu_ctx *ctx, struct self *self, enum sheet_aim aim, uint32_t row)
{
	xml_close(&self->xml);
	sheet_restart(&self->table, aim, row);
	return content_open(ctx, self);
}

static int document_read(struct mu_ctx *ctx, struct self *self)
{
	int err;

	if (self->ready)
		return 0;
	err = package_open(ctx, "ODS", self->sheet.max_size, self->sheet.max_inflated,
			   &self->package);
	if (!err)
		err = content_check(ctx, self);
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

static int ods_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	struct self *self = state;
	int err = 0;

	self->opened = true;
	sheet_open(ctx, &self->table, &self->sheet, &self->grid);
	if (!self->grid.columns.count)
		err = header_read(ctx, self);
	return err ? err : grid_schema(ctx, self->table.grid, out);
}

static void ods_close(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;

	(void)ctx;
	if (self->opened)
		sheet_close(&self->table);
	xml_close(&self->xml);
	mu_map_release(&self->hidden_styles);
	package_close(&self->package);
}

/* All sheets are known now, and with them whether the right one was read. */
static int choice_check(struct mu_ctx *ctx, struct self *self)
{
	size_t right;
	int err;

	if (!self->spreadsheet)
		return mu_fail(ctx, EBADMSG, "it is no ODS file, but another document");
	err = sheet_choose(ctx, self->sheet.sheet, self->names, self->n, &right);
	if (!err && right + 1 != self->chosen)
		err = mu_fail(ctx, ENOENT,
			      "the sheet '%s' is one by its name, another by its number",
			      self->sheet.sheet);
	return err;
}

static int report_whole(struct mu_ctx *ctx, struct self *self)
{
	int err;

	if (self->told)
		return 0;
	self->told = true;
	err = choice_check(ctx, self);
	if (!err)
		err = sheet_rest(ctx, &self->table);
	if (!err)
		err = grid_finish(ctx, self->table.grid);
	if (!err)
		err = sheet_report_hidden_sheet(ctx, &self->names[self->chosen - 1]);
	return err ? err : sheet_report_hidden(ctx, &self->table);
}

static int ods_parse(struct mu_ctx *ctx, void *state, struct ArrowArray *out)
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

static int ods_locate(struct mu_ctx *ctx, void *state, uint64_t position, const char *field,
		      struct mu_place *out)
{
	struct self *self = state;
	struct sheet *table = &self->table;
	uint32_t row = sheet_row_at(position);
	int err = header_read(ctx, self);

	if (err || !self->chosen)
		return err;
	if (table->aim != SHEET_FIND ||
	    (row < self->row && !(table->found && row == table->wanted)))
		err = sheet_begin(ctx, self, SHEET_FIND, row);
	table->found &= row == table->wanted;
	table->wanted = row;
	while (!err && !table->found && !self->xml.ended)
		err = xml_read(ctx, &self->xml);
	return err ? err : sheet_place(ctx, table, self->names[self->chosen - 1].name, field, out);
}

/* Looks at the row behind a header of so many rows; *found is whether there is one. */
static int row_peek(struct mu_ctx *ctx, struct self *self, int64_t header_rows, bool *found)
{
	int err;

	if (self->opened)
		sheet_close(&self->table);
	self->grid.header_rows = header_rows;
	self->opened = true;
	sheet_open(ctx, &self->table, &self->sheet, &self->grid);
	err = sheet_begin(ctx, self, SHEET_PEEK, 0);
	while (!err && !self->xml.ended && !self->table.found)
		err = xml_read(ctx, &self->xml);
	*found = !err && self->table.found;
	return err;
}

/* The header ends where the first numbers are. */
static int ods_guess(struct mu_ctx *ctx, void *state, struct mu_guess *out)
{
	struct self *self = state;
	int64_t rows = 0, header_rows = 1;
	bool found = true;
	uint8_t magic[4];
	size_t got;
	int err = mu_read(ctx, 0, magic, sizeof magic, &got);

	if (err || got < sizeof magic || memcmp(magic, "PK\003\004", sizeof magic) != 0)
		return err;
	err = package_open(ctx, "ODS", self->sheet.max_size, self->sheet.max_inflated,
			   &self->package);
	if (!err)
		err = content_check(ctx, self);
	while (!err && found && rows++ < SHEET_GUESSED) {
		err = row_peek(ctx, self, rows, &found);
		if (found && sheet_row_has_values(&self->table)) {
			header_rows = rows;
			found = false;
		}
	}
	if (!err && self->chosen)
		sheet_draft(ctx, "", self->chosen, header_rows, out);
	return err;
}

MUSTER_PLUGIN(.name = "ods", .summary = "tables of spreadsheets as LibreOffice has them",
	      .options = options, .codes = codes, .self_size = sizeof(struct self),
	      .configure = ods_configure, .open = ods_open, .close = ods_close, .parse = ods_parse,
	      .locate = ods_locate, .guess = ods_guess);
