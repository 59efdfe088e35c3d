#include "sheet/book.h"

#include <string.h>

int book_configure(struct mu_ctx *ctx, void *state)
{
	struct book *book = state;
	int err = sheet_configure(ctx, &book->sheet);

	return table_configure(ctx, &book->options) ? EINVAL : err;
}

/* A document that is refused has no more rows; why was reported. */
static int go_on(struct book *book, int err)
{
	if (err != REFUSED)
		return err;
	book->refused = true;
	return 0;
}

/* Begins to read the sheet from the top. */
static int begin(struct mu_ctx *ctx, struct book *book, const struct book_form *form,
		 enum sheet_aim aim, uint32_t row)
{
	xml_close(&book->xml);
	sheet_restart(&book->table, aim, row);
	book->rows = 0;
	return form->begin(ctx, book);
}

/* Looks at the header, and whether there is a row behind it. */
static int peek(struct mu_ctx *ctx, struct book *book, const struct book_form *form)
{
	int err = begin(ctx, book, form, SHEET_PEEK, 0);

	while (!err && !book->xml.ended && !book->table.found)
		err = xml_read(ctx, &book->xml);
	return err;
}

static int package_read(struct mu_ctx *ctx, struct book *book, const struct book_form *form)
{
	int err = package_open(ctx, form->name, book->sheet.max_size, book->sheet.max_inflated,
			       &book->package);

	return err ? err : form->read(ctx, book);
}

static int document_begin(struct mu_ctx *ctx, struct book *book, const struct book_form *form)
{
	int err = package_read(ctx, book, form);

	if (!err && form->prepare && !book->table.fills && book->table.header_rows)
		err = peek(ctx, book, form);
	if (!err && form->prepare)
		form->prepare(book);
	if (!err)
		err = begin(ctx, book, form, SHEET_GIVE, 0);
	book->ready = !err;
	return err;
}

/* Reads up to where the header ends, at least. */
static int header_read(struct mu_ctx *ctx, struct book *book, const struct book_form *form)
{
	int err = book->ready || book->refused ? 0 : document_begin(ctx, book, form);

	while (!err && book->ready && !book->refused && book->table.aim == SHEET_GIVE &&
	       !book->xml.ended && !tables_ready(book->table.rows))
		err = xml_read(ctx, &book->xml);
	return go_on(book, err);
}

int book_open(struct mu_ctx *ctx, struct book *book, const struct book_form *form,
	      struct ArrowSchema *out)
{
	int err = 0;

	book->opened = true;
	sheet_open(ctx, &book->table, &book->sheet, &book->options);
	err = notes_open(ctx, &book->known, &book->sheet.unread);
	if (!err && !book->options.columns.count)
		err = header_read(ctx, book, form);
	return err ? err : tables_schema(ctx, book->table.rows, out);
}

void book_close(struct book *book)
{
	if (book->opened)
		sheet_close(&book->table);
	notes_close(&book->known);
	xml_close(&book->xml);
	package_close(&book->package);
}

static int report_unread_sheet(struct mu_ctx *ctx, struct book *book, const struct book_form *form,
			       size_t i)
{
	struct sheet_name *sheet = &book->names[i];
	struct mu_string name = mu_string(sheet->name);
	struct mu_finding unread = { .severity = MU_WARNING,
				     .code = "unread-sheet",
				     .value = name.data,
				     .value_len = name.len,
				     .part = sheet->name };
	struct phrase shown = { .len = 0 };
	bool known;
	int err = notes_match(ctx, &book->known, name, 0, &known);

	if (!err && !known && form->look)
		err = form->look(ctx, book, i);
	if (!err && known)
		return mu_takes(ctx, sheet->name);
	if (err || !sheet->numbers)
		return err;
	phrase_add(&shown, name.data, name.len);
	if (sheet->hidden)
		unread.severity = MU_NOTE;
	return mu_report(ctx, unread, "the %ssheet '%s' has numbers, and no source reads it",
			 sheet->hidden ? "hidden " : "", shown.text);
}

/* Sheets that nobody reads; of a hidden one that is a note. */
static int report_unread(struct mu_ctx *ctx, struct book *book, const struct book_form *form)
{
	size_t i;
	int err = mu_takes(ctx, book->names[book->chosen - 1].name);

	for (i = 0; !err && i < book->n; i++)
		if (i + 1 != book->chosen && !book->names[i].no_table)
			err = report_unread_sheet(ctx, book, form, i);
	return err;
}

/* Reads the sheet once more, with its merged areas, for what they cover. */
static int read_again(struct mu_ctx *ctx, struct book *book, const struct book_form *form)
{
	int err = begin(ctx, book, form, SHEET_CHECK, 0);

	while (!err && !book->xml.ended)
		err = xml_read(ctx, &book->xml);
	return err ? err : sheet_rest(ctx, &book->table);
}

static int report_whole(struct mu_ctx *ctx, struct book *book, const struct book_form *form)
{
	int err = 0;

	if (book->told)
		return 0;
	book->told = true;
	if (form->check)
		err = form->check(ctx, book);
	if (!err)
		err = sheet_rest(ctx, &book->table);
	if (!err)
		err = tables_finish(ctx, book->table.rows);
	if (!err)
		err = sheet_report_hidden_sheet(ctx, &book->names[book->chosen - 1]);
	if (!err)
		err = sheet_report_hidden(ctx, &book->table);
	if (!err)
		err = sheet_report_outside(ctx, &book->table, &book->known);
	if (!err)
		err = report_unread(ctx, book, form);
	if (!err)
		err = form->report ? form->report(ctx, book) : 0;
	if (!err && form->covers && form->covers(book))
		err = read_again(ctx, book, form);
	if (!err)
		err = sheet_report_merged(ctx, &book->table);
	return err;
}

int book_parse(struct mu_ctx *ctx, struct book *book, const struct book_form *form,
	       struct ArrowArray *out)
{
	int err = header_read(ctx, book, form);

	*out = (struct ArrowArray){ .release = NULL };
	while (!err && !book->refused && !book->xml.ended && !tables_full(book->table.rows))
		err = go_on(book, xml_read(ctx, &book->xml));
	if (!err && !book->refused && book->xml.ended)
		err = go_on(book, report_whole(ctx, book, form));
	return err ? err : tables_take(ctx, book->table.rows, out);
}

int book_locate(struct mu_ctx *ctx, struct book *book, const struct book_form *form,
		uint64_t position, const char *field, struct mu_place *out)
{
	struct sheet *table = &book->table;
	uint32_t row = sheet_row_at(position);
	int err = header_read(ctx, book, form);

	if (err || book->refused || !book->chosen)
		return err;
	if (table->aim != SHEET_FIND ||
	    (row < book->rows && !(table->found && row == table->wanted)))
		err = begin(ctx, book, form, SHEET_FIND, row);
	table->found &= row == table->wanted;
	table->wanted = row;
	while (!err && !table->found && !book->xml.ended)
		err = xml_read(ctx, &book->xml);
	err = go_on(book, err);
	return err || book->refused
		       ? err
		       : sheet_place(ctx, table, book->names[book->chosen - 1].name, field, out);
}

/* Looks at the row behind a header of so many rows; *found is whether there is one. */
static int row_peek(struct mu_ctx *ctx, struct book *book, const struct book_form *form,
		    int64_t header_rows, bool *found)
{
	int err;

	sheet_close(&book->table);
	book->options.header_rows = header_rows;
	sheet_open(ctx, &book->table, &book->sheet, &book->options);
	err = peek(ctx, book, form);
	*found = !err && book->table.found;
	return err;
}

int book_guess(struct mu_ctx *ctx, struct book *book, const struct book_form *form,
	       struct mu_guess *out)
{
	int64_t rows = 0, header_rows = 1;
	bool found = true;
	uint8_t magic[4];
	size_t got;
	int err = mu_read(ctx, 0, magic, sizeof magic, &got);

	if (err || got < sizeof magic || memcmp(magic, "PK\003\004", sizeof magic) != 0)
		return err;
	book->guessing = book->opened = true;
	sheet_open(ctx, &book->table, &book->sheet, &book->options);
	err = package_read(ctx, book, form);
	while (!err && found && rows++ < SHEET_GUESSED) {
		err = row_peek(ctx, book, form, rows, &found);
		if (found && sheet_row_has_values(&book->table)) {
			header_rows = rows;
			found = false;
		}
	}
	if (!err && book->chosen)
		sheet_draft(ctx, book->names[book->chosen - 1].name, header_rows, out);
	return go_on(book, err);
}
