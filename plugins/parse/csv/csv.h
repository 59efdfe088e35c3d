/*
 * The state of a parser of CSV, and what its files do for one another.
 *
 *     csv.c     its options, and the columns that come out
 *     header.c  from the first byte to the first row: delimiter, header
 *     rows.c    records to rows
 *     place.c   a position back to line, column and text
 *     record.c  RFC 4180
 */
#ifndef CSV_H
#define CSV_H

#include "record.h"

/* An option of columns, and of claims. */
struct column {
	const char *name, *header, *status_of;
	int type; /* enum mu_data, counted from 0 */
	bool measure, optional;
	struct mu_texts missing, zero;
};

struct claim {
	const char *name, *column, *match;
};

/* A column of the rows. */
struct field {
	const char *name;
	enum mu_data type;
	const struct column *option; /* NULL when the file names the columns */
	size_t cell;                 /* of a record; SIZE_MAX when the file has it not */
};

struct self {
	const char *delimiter, *quote, *encoding, *all_claims;
	bool header;
	int64_t skip, max_size, max_field, max_columns;
	struct mu_items columns, claims;

	struct mu_string text;
	bool ready;      /* all of the following */
	bool unreadable; /* which was said */
	bool undecided;  /* another delimiter divides the text as well */
	struct dialect dialect;
	struct record record;
	struct mu_string *names;  /* of the header */
	size_t n_names;           /* of those kept */
	size_t width;             /* cells that each record should have */
	struct cell header_wrong; /* the first one whose quotes are wrong */
	size_t header_at;
	size_t at; /* where the next record starts */
	struct field *fields;
	size_t n_fields;
	size_t *claim_fields; /* of each claim, or SIZE_MAX */

	struct mu_builder builder;
	bool started, ended, *all; /* all[i]: in the claim at hand, field i is null */
	uint64_t rows, data_rows;
	char *space; /* for the value of a cell */
	size_t space_room;
	size_t line_at; /* a line's start, and its number: for locate() */
	uint64_t line;
};

static inline int csv_out_of_memory(struct mu_ctx *ctx)
{
	return mu_fail(ctx, ENOMEM, "out of memory");
}

static inline bool csv_text_equal(struct mu_string a, struct mu_string b)
{
	return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

/* Reads the record at `at`, which must lie in `text`; false when memory is out. */
static inline bool csv_record(struct self *self, struct mu_string text, size_t at)
{
	return record_read(&self->record, &self->dialect, text, at, (size_t)self->max_columns);
}

/* Reads the document up to its first row; reports nothing but what
 * charset_decode() does.  May be called again, to report more. */
int csv_prepare(struct mu_ctx *ctx, struct self *self, bool reporting);

/* Sets `fields`: to those of the option columns, with their cells once the header
 * is known, or to those that the file names. */
void csv_fields_declared(struct mu_ctx *ctx, struct self *self);
void csv_fields_of_file(struct mu_ctx *ctx, struct self *self);

/* Prepares for parsing, and reports what is wrong with the header. */
int csv_start(struct mu_ctx *ctx, struct self *self);

/* Reports the rows that a cell which is never closed took along, if any. */
int csv_report_unclosed(struct mu_ctx *ctx, const struct self *self, const struct cell *cell);

/* The value of a cell; until the next one is asked for. */
int csv_value(struct mu_ctx *ctx, struct self *self, const struct cell *cell,
	      struct mu_string *out);

int csv_parse(struct mu_ctx *ctx, void *state, struct ArrowArray *out);
int csv_locate(struct mu_ctx *ctx, void *state, uint64_t position, const char *field,
	       struct mu_place *out);

#endif
