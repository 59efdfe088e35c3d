/*
 * The columns of a table: which cell of a line each is read from, as the rows of the header
 * say, the option position, or, without a header, the place in the list.
 *
 * Texts of headers are compared with any white space as one blank.
 */
#ifndef TABLE_COLUMNS_H
#define TABLE_COLUMNS_H

#include "table/cell.h"
#include "table/describe.h"

struct table_column {
	const char *name;
	enum mu_data type;
	const struct declared_column *option; /* NULL when the document names the columns */
	struct mu_string *header;             /* of the option, as it is compared */
	size_t n_header;
	struct mu_string *missing, *zero; /* likewise */
	size_t cell;                      /* of a line; SIZE_MAX when there is none */
	const struct table_column *of;    /* of a status: whose */
};

struct table_columns {
	const struct table_options *options;
	struct table_form form;
	struct table_column *items; /* none before the header is known, if nothing declares them */
	size_t n;
	bool ready;   /* the header is known, or there is none */
	size_t width; /* cells of a line that may have something: up to the last one of the header
			 that is not blank, or the last one that is declared */
	size_t *unnamed; /* cells without a name that nothing was met under, if the document names
			    the columns */
	size_t n_unnamed;

	uint64_t header_at; /* the last row of the header, as mu_at() makes it */

	struct header_row *headings; /* private, as all that follows */
	size_t n_headings, wanted;   /* wanted: `width`, were it not for max_columns */
};

/* Begins with the columns that are declared, in memory of the stage; `options` must stay. */
void table_columns_open(struct mu_ctx *ctx, struct table_columns *columns,
			const struct table_options *options, const struct table_form *form);

/* Takes the next row of the header, while `ready` is false: `kept` of its `n` cells are there.
 * With the last one the columns become ready. */
void table_columns_take_header(struct mu_ctx *ctx, struct table_columns *columns,
			       const struct cell *cells, size_t n, size_t kept, uint64_t at);

/* Reports what is wrong with the header of columns that are ready.  0, or what mu_report()
 * gave. */
int table_columns_report(struct mu_ctx *ctx, const struct table_columns *columns);

/* What a cell of the header says: its lowest text that is not blank, or "". */
struct mu_string table_columns_heading(const struct table_columns *columns, size_t cell);

/* The text of a cell in a row of the header, from 0. */
struct mu_string table_columns_text(const struct table_columns *columns, size_t row, size_t cell);

/* Whether a cell of the header is broken, so that no more is to be said of it. */
bool table_columns_told(const struct table_columns *columns, size_t cell);

/* Whether the cells of a line, up to the last one that is not blank, are those of the header,
 * of which several have a text. */
bool table_columns_are_in(const struct table_columns *columns, const struct cell *cells, size_t n);

/* The column of a name, or NULL. */
const struct table_column *table_columns_named(const struct table_columns *columns,
					       struct mu_string name);

/* The first cell from `from` on under the header that is declared for a column, or SIZE_MAX;
 * whether the header of any cell looks like that. */
size_t table_columns_find(const struct table_columns *columns, const struct table_column *column,
			  size_t from);
bool table_columns_look_like(const struct table_columns *columns,
			     const struct table_column *column);

#endif
