/*
 * Cells as values of their columns: see tables.h for what a cell of one kind is in a column of
 * another.
 */
#ifndef TABLE_READING_H
#define TABLE_READING_H

#include "table/columns.h"

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
	const char *code;     /* READ_WRONG: of the finding, or NULL: it was told */
	struct mu_string why; /* READ_NOTHING: for a status */
	char space[MU_FORMAT_MAX]; /* texts that no cell has as it stands */
};

/* Whether nothing can be said of what a cell holds.  `plain`: the texts of its line have no
 * characters that nobody sees. */
bool cell_is_broken(const struct table_columns *columns, const struct cell *cell, bool plain);

/* Reads a cell of a column.  Texts point into the cell or reading->space. */
void reading_take(const struct table_columns *columns, const struct table_column *column,
		  const struct cell *cell, bool plain, struct reading *reading);

/* Whether nothing is to be reported of a cell that was read. */
static inline bool reading_is_plain(const struct reading *reading,
				    const struct table_column *column, bool plain)
{
	return !reading->code && !reading->odd &&
	       (plain || reading->outcome != READ_VALUE || column->type != MU_STRING);
}

/* Reports what is odd about a cell that was read, if anything: 0, or what mu_report() gave.
 * `at` as mu_at() makes it. */
int reading_report(struct mu_ctx *ctx, const struct table_column *column, const struct cell *cell,
		   const struct reading *reading, uint64_t at);

#endif
