/*
 * Records and cells of RFC 4180, found in text and left there.
 *
 * A record is a line, but for line breaks inside quotes; line breaks are CR LF,
 * LF and CR, mixed as they come.  Nothing here reports: what is odd about a
 * cell are bits of it.
 */
#ifndef RECORD_H
#define RECORD_H

#include <muster/table.h>

/* How a file separates and quotes; quote 0: never. */
struct dialect {
	char delimiter, quote;
};

enum {
	CELL_QUOTED = 1 << 0,  /* begins with a quote */
	CELL_DOUBLED = 1 << 1, /* in it stand two quotes for one */
	CELL_JUNK = 1 << 2,    /* more follows behind the closing quote */
	CELL_OPEN = 1 << 3,    /* there is no closing quote */
	CELL_STRAY = 1 << 4,   /* a quote in a cell that does not begin with one */
	CELL_ZERO = 1 << 5,    /* holds a zero byte */

	/* What csv_cell_faults() finds besides. */
	CELL_LONG = 1 << 6,    /* it is longer than max_field allows */
	CELL_CODED = 1 << 7,   /* it has bytes that are no UTF-8 */
	CELL_CONTROL = 1 << 8, /* a character that nobody sees, in one that is read */

	/* Nothing can be said of what the cell holds. */
	CELL_WORTHLESS = CELL_JUNK | CELL_OPEN | CELL_ZERO | CELL_LONG | CELL_CODED,
	CELL_FAULTS = CELL_WORTHLESS | CELL_STRAY | CELL_CONTROL,
};

struct record_cell {
	size_t start, end; /* in the text, with the quotes */
	unsigned flags;
};

/* Zeroed is empty. */
struct record {
	size_t start, end; /* in the text, without its line break */
	size_t next;       /* where the next one starts */
	size_t count;      /* of cells; only so many as fit are kept: */
	struct record_cell *cells;
	size_t kept, room;
};

/* The record that starts at `at`, which must lie before the text's end; at most
 * `max` cells are kept.  False when memory is out. */
bool record_read(struct record *record, const struct dialect *dialect, struct mu_string text,
		 size_t at, size_t max);
void record_release(struct record *record);

/* The cell that starts at `at`. */
struct record_cell record_cell_read(const struct dialect *dialect, struct mu_string text, size_t at);

/* Whether a record is a blank line. */
static inline bool record_is_blank(const struct record *record)
{
	return record->count == 1 && record->cells[0].start == record->end;
}

/* Where the line ends that `at` lies in, and where the next one starts. */
size_t line_end(struct mu_string text, size_t at);
size_t line_next(struct mu_string text, size_t at);

/* A cell as it stands. */
static inline struct mu_string record_cell_raw(const struct record_cell *cell,
					       struct mu_string text)
{
	return (struct mu_string){ text.data + cell->start, cell->end - cell->start };
}

/* What a cell says, without its quotes and byte order marks; one that is open or has junk
 * behind it is given as it stands.  Points into the text, or into `space`, which must have room
 * for it. */
struct mu_string record_cell_value(const struct record_cell *cell, const struct dialect *dialect,
				   struct mu_string text, char *space);

#endif
