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
 * elsewhere with `merged: fill`.  Where an area has several rows and nothing is said, that is
 * a warning; a value that lies under a merged cell is an error.
 *
 * Another visible sheet that has numbers, also as text, and that no source reads is a
 * warning, and so are numbers on any side of the range; `unread` names those that are known.
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

static const struct mu_option own_options[] = { BOOK_OPTIONS, { 0 } };

static const struct mu_code codes[] = {
	{ "uncalculated",
	  "The file says that its formulas are to be calculated when it is opened, so the "
	  "values stored with them may be old, or zeros in their place.",
	  "Open the file in a spreadsheet program and save it again." },
	SHEET_CODES,
	PACKAGE_CODES,
	TABLE_MISSING_CODE,
	TABLE_ERROR_CODE,
	TABLE_TEXT_NUMBER_CODE,
	NOTES_CODE,
	TABLE_COMMON_CODES,
	{ 0 },
};

static int xlsx_read(struct mu_ctx *ctx, struct book *book)
{
	struct self *self = (struct self *)book;
	int err = workbook_read(ctx, self);

	if (!err)
		err = strings_read(ctx, self);
	return err ? err : styles_read(ctx, self);
}

/* Merged areas stand behind the cells of a sheet, so where they matter all of it is read
 * for them before. */
static int xlsx_begin(struct mu_ctx *ctx, struct book *book)
{
	struct self *self = (struct self *)book;
	int err = self->merges ? cells_read_merges(ctx, self) : 0;

	return err ? err : cells_open(ctx, self);
}

/* Those of the header matter if it has blank cells. */
static void xlsx_prepare(struct book *book)
{
	((struct self *)book)->merges = book->table.fills || book->table.gaps;
}

static bool xlsx_covers(struct book *book)
{
	struct self *self = (struct self *)book;
	bool unknown = self->covers && !self->merges;

	self->merges = self->merges || unknown;
	return unknown;
}

static int report_uncalculated(struct mu_ctx *ctx, struct book *book)
{
	const struct self *self = (struct self *)book;
	struct mu_finding stale = { .severity = MU_WARNING,
				    .code = "uncalculated",
				    .at = mu_at(ctx->document->id,
						sheet_position(self->first_formula)) };

	if (!self->workbook.stale || !self->formulas)
		return 0;
	return mu_report(ctx, stale,
			 self->formulas == 1 ? "it has %zu formula that is to be calculated when "
					       "it is opened, so its stored value may be old"
					     : "it has %zu formulas that are to be calculated when "
					       "it is opened, so their stored values may be old",
			 (size_t)self->formulas);
}

static const struct book_form xlsx = {
	.name = "XLSX",
	.read = xlsx_read,
	.prepare = xlsx_prepare,
	.begin = xlsx_begin,
	.look = cells_look,
	.covers = xlsx_covers,
	.report = report_uncalculated,
};

static int xlsx_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	return book_open(ctx, state, &xlsx, out);
}

static void xlsx_close(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;

	(void)ctx;
	book_close(&self->book);
	strings_release(&self->strings);
	free(self->plain.items);
}

static int xlsx_parse(struct mu_ctx *ctx, void *state, struct ArrowArray *out)
{
	return book_parse(ctx, state, &xlsx, out);
}

static int xlsx_locate(struct mu_ctx *ctx, void *state, uint64_t position, const char *field,
		       struct mu_place *out)
{
	return book_locate(ctx, state, &xlsx, position, field, out);
}

static int xlsx_guess(struct mu_ctx *ctx, void *state, struct mu_guess *out)
{
	return book_guess(ctx, state, &xlsx, out);
}

MUSTER_PLUGIN(.name = "xlsx", .summary = "tables of spreadsheets as Excel has them",
	      .options = own_options, .codes = codes, .self_size = sizeof(struct self),
	      .configure = book_configure, .open = xlsx_open, .close = xlsx_close,
	      .parse = xlsx_parse, .locate = xlsx_locate, .guess = xlsx_guess);
