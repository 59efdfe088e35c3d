/*
 * From lines of cells to batches of rows: what parsers of tables have in common, so that a table
 * gives the same rows, types and claims in whichever form it was published.
 *
 * The parser gives lines from the top, header rows first, and takes batches:
 *
 *     struct tables *tables = tables_open(ctx, &self->options, &form);
 *     while (there is a line)
 *             tables_line(ctx, tables, &line);
 *             if (tables_full(tables))
 *                     tables_take(ctx, tables, out);
 *     tables_finish(ctx, tables);
 *     tables_take(ctx, tables, out);
 *
 * parse: csv makes its batches itself, column by column, and hands what is out of the
 * ordinary to the parts of this room:
 *
 *     describe  the options
 *     columns   the header (header.c, header_check.c)
 *     lines     what a line is
 *     reading   what a cell is
 *
 * A cell that has a type of its own is taken by that:
 *
 *     in a column of    text             number          boolean    date
 *     string            as it stands     in digits       true       2023-11-24
 *     integer           see below        if it is whole  an error   an error
 *     number            see below        as it stands    an error   an error
 *     boolean           if it reads so   if it is 0, 1   its value  an error
 *     date              if it reads so   an error        an error   without time of day
 *
 * Where numbers have a type, text that reads as a number is taken for one with the
 * warning text-number; in documents of nothing but text, without.  A whole number in text is
 * digits, and may have zeros behind a point, but not three of them.  A number in digits
 * has as few as read back as the same.  An error, such as #REF!, is no value.  What
 * the options `missing`, `zero` and `match` name is compared with the cell as it would
 * be in a column of strings.
 *
 * Lines of nothing but blank cells are passed over, before the header as well.  The
 * width of a table is that of its header, up to the last cell that is not blank;
 * without one it is the last column's that is declared.  A cell beyond that is an error.
 *
 * A line behind the header that has nothing but one text, be it in several cells, in which a
 * pattern of the option notes is found is passed over (see notes.h).
 *
 * A column is found by the texts of its header, in which any white space is as good as
 * one blank; by its position; or, without a header, by its place in the list.
 *
 * Counts of columns are from 0 in C, and from 1 in options and messages.
 */
#ifndef TABLES_H
#define TABLES_H

#include "table/cell.h"
#include "table/describe.h"

struct tables;

/* Begins a table, in memory of the stage; `options` must stay.  Never NULL. */
struct tables *tables_open(struct mu_ctx *ctx, const struct table_options *options,
			   const struct table_form *form);
void tables_close(struct tables *tables); /* NULL is fine */

/* The next line.  It may have more cells than max_columns: then the last of so many is not
 * blank, and those past max_columns need not be there.  Text longer than max_field may be cut,
 * so long as it is longer still.  Nothing is reported before the first line behind the header.
 * 0, or what mu_report() gave, or E2BIG with a message when there are too many rows. */
int tables_line(struct mu_ctx *ctx, struct tables *tables, const struct line *line);

/* Says that there are no more lines: reports what is wrong with the table as a whole. */
int tables_finish(struct mu_ctx *ctx, struct tables *tables);

/* Adds the counts of rows of another table of the same document and options, whose rows
 * were all taken, for tables_finish().  0, or E2BIG with a message when they are too many. */
int tables_merge(struct mu_ctx *ctx, struct tables *tables, const struct tables *other);

/* Whether the header has been read, or there is none. */
bool tables_ready(const struct tables *tables);

/* Whether it is time to take a batch. */
bool tables_full(const struct tables *tables);

/* Hands over the rows at hand; with none `out` stays released. */
int tables_take(struct mu_ctx *ctx, struct tables *tables, struct ArrowArray *out);

/* open, once, before any line behind the header: the columns that come out, hidden ones
 * included.  Without the option columns they are those of the header, so the table should
 * be ready; where it ends before that, there are none but the hidden ones. */
int tables_schema(struct mu_ctx *ctx, struct tables *tables, struct ArrowSchema *out);

/* Which cell of a line the column of a name is read from, once the table is ready; for one
 * of status_of, that which it speaks of.  SIZE_MAX when there is none. */
size_t tables_cell_of(const struct tables *tables, const char *field);

/* The name of the column that is read from a cell of a line; NULL when none is. */
const char *tables_field_of(const struct tables *tables, size_t cell);

#endif
