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

static const struct mu_option own_options[] = { BOOK_OPTIONS, { 0 } };

static const struct mu_code codes[] = {
	SHEET_CODES,
	PACKAGE_CODES,
	TABLE_MISSING_CODE,
	TABLE_ERROR_CODE,
	TABLE_TEXT_NUMBER_CODE,
	NOTES_CODE,
	TABLE_COMMON_CODES,
	{ 0 },
};

static int ods_read(struct mu_ctx *ctx, struct book *book)
{
	return content_check(ctx, (struct self *)book);
}

static int ods_begin(struct mu_ctx *ctx, struct book *book)
{
	return content_open(ctx, (struct self *)book);
}

/* All sheets are known now, and with them whether the right one was read. */
static int ods_check(struct mu_ctx *ctx, struct book *book)
{
	size_t right;
	int err;

	if (!((struct self *)book)->spreadsheet)
		return refuse(ctx, "damaged", "it is no ODS file, but another document");
	err = sheet_choose(ctx, book->sheet.sheet, book->names, book->n, &right);
	if (!err && right + 1 != book->chosen)
		err = refuse(ctx, "sheet",
			     "the sheet '%s' is one by its name, another by its number",
			     book->sheet.sheet);
	return err;
}

static const struct book_form ods = {
	.name = "ODS",
	.read = ods_read,
	.begin = ods_begin,
	.check = ods_check,
};

static int ods_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	return book_open(ctx, state, &ods, out);
}

static void ods_close(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;

	(void)ctx;
	book_close(&self->book);
	mu_map_release(&self->hidden_styles);
	mu_map_release(&self->raised_styles);
}

static int ods_parse(struct mu_ctx *ctx, void *state, struct ArrowArray *out)
{
	return book_parse(ctx, state, &ods, out);
}

static int ods_locate(struct mu_ctx *ctx, void *state, uint64_t position, const char *field,
		      struct mu_place *out)
{
	return book_locate(ctx, state, &ods, position, field, out);
}

static int ods_guess(struct mu_ctx *ctx, void *state, struct mu_guess *out)
{
	return book_guess(ctx, state, &ods, out);
}

MUSTER_PLUGIN(.name = "ods", .summary = "tables of spreadsheets as LibreOffice has them",
	      .options = own_options, .codes = codes, .self_size = sizeof(struct self),
	      .configure = book_configure, .open = ods_open, .close = ods_close, .parse = ods_parse,
	      .locate = ods_locate, .guess = ods_guess);
