/*
 * What the files of rows.h share, and no parser includes: the state of a table whose rows are
 * added one by one.
 *
 *     header.c        which cell of a row each column is read from
 *     header_check.c  what is wrong with the header
 *     reading.c       a cell as the value of its column, and what is wrong with it
 *     rows.c          rows and claims to batches
 */
#ifndef TABLE_ROWS_STATE_H
#define TABLE_ROWS_STATE_H

#include "table/marks.h"
#include "table/rows.h"

/* A column of the rows. */
struct rows_field {
	const char *name;
	enum mu_data type;
	const struct declared_column *option; /* NULL when the document names the columns */
	struct mu_string *header;             /* of the option, as it is compared */
	size_t n_header;
	struct mu_string *missing, *zero; /* likewise */
	size_t cell;                      /* of a row; SIZE_MAX when there is none */
	const struct rows_field *of;           /* of a status: whose */
};

/* A row of the header: texts without needless white space. */
struct header_row {
	struct mu_string *texts;
	size_t n;
};

struct rows {
	const struct rows_options *options;
	struct rows_source source;

	struct header_row *headings; /* header_rows of them */
	size_t n_headings;           /* those that were read */
	size_t width, wanted;        /* columns of the header that are read, and that it has */
	uint64_t header_at;
	struct rows_field *fields;
	size_t n_fields;
	size_t *unnamed; /* columns without a name that no cell was met under */
	size_t n_unnamed;
	struct rows_field **claim_fields; /* of each claim, or NULL */
	struct mu_string *matches;

	bool ready, told, ended;
	struct notes notes;
	bool noting; /* they are open */
	bool built;  /* there is a builder */
	struct mu_builder builder;
	size_t bytes; /* of text in it */
	uint64_t n_rows, n_data;
	bool *all; /* all[i]: in the claim at hand, field i is null */
	struct marks marks;
};

/* The columns that the pipeline declares, before the header is read. */
void rows_fields_declare(struct mu_ctx *ctx, struct rows *rows);

/* The next row of the header: `kept` of its `n` cells are there. */
void rows_header_add(struct mu_ctx *ctx, struct rows *rows, const struct cell_value *cells,
		     size_t n, size_t kept);

/* When the header was read, or there is none: finds the cell of each column. */
void rows_fields_resolve(struct mu_ctx *ctx, struct rows *rows);

/* The name of a column of the table: the lowest text of its header that is not blank, or "". */
struct mu_string rows_header_name(const struct rows *rows, size_t cell);

/* The first cell from `from` on under the header that is declared for a column, or SIZE_MAX. */
size_t rows_header_find(const struct rows *rows, const struct rows_field *field, size_t from);

/* Whether the header of any cell looks like the one that is declared for a column. */
bool rows_header_looks_like(const struct rows *rows, const struct rows_field *field);

/* The column of a name, or NULL. */
const struct rows_field *rows_field_named(const struct rows *rows, struct mu_string name);

/* Reports what is wrong with the header, once.  0, or what mu_report() gave. */
int rows_header_report(struct mu_ctx *ctx, struct rows *rows);

/* What a cell is in a column: a value, or none, and then why. */
struct reading {
	enum { READ_VALUE, READ_NOTHING, READ_WRONG } outcome;
	bool odd; /* a number, read from text in a typed document */
	union {
		struct mu_string text;
		int64_t integer;
		double number;
		bool boolean;
		int32_t date;
	} as;
	const char *code;     /* READ_WRONG: of the finding */
	struct mu_string why; /* READ_NOTHING: for a status */
};

/* Why nothing can be said of what a cell holds; NULL when something can.  `plain` is whether
 * its row is known to have no zero byte. */
const char *cell_broken(const struct rows *rows, const struct cell_value *cell, bool plain);

/* Reads a cell as a value of a column.  Texts point into the cell or `space`. */
void reading_take(const struct rows *rows, const struct rows_field *field,
	       const struct cell_value *cell, bool plain, struct reading *reading,
	       char space[MU_FORMAT_MAX]);

/* Report a cell that has no value of its column's type, or one that is odd; a text with a
 * character that nobody sees.  0, or what mu_report() gave. */
int reading_report(struct mu_ctx *ctx, const struct rows_field *field,
		   const struct cell_value *cell, const struct reading *reading, uint64_t at);
int control_report(struct mu_ctx *ctx, const struct rows_field *field, struct mu_string text,
		   uint64_t at);

#endif
