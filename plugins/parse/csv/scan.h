/*
 * Where the separators of a text are, 64 bytes at a time.
 *
 * What is outside quotes and what is inside follows from the number of quotes
 * before, as long as quotes stand where RFC 4180 has them: an opening one behind
 * a separator, a closing one before a separator, and two for one in between.  At
 * anything else, and at a zero byte, a scan stops; the record that it lies in is
 * for record_read().
 */
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"

/* Bytes that are read, and whose values do not matter, behind a text. */
enum { SCAN_BLOCK = 64 };

/* How far a scan has come. */
struct scan {
	const char *text;
	uint32_t at, len;
	char delimiter, quote; /* quote 0: none */
	uint32_t *cells;       /* where the next positions of separators go: delimiters and ends */
	uint32_t *rows;        /* of rows.  The end of a row is its LF, or a CR alone.  Both have */
			       /* room for `len` + SCAN_BLOCK - at of them. */
	uint64_t inside;       /* all ones in quotes, else 0 */
	uint64_t separated, quoted, closed; /* bit 0: the byte before is a separator, a quote,
					       a closing quote */
	uint64_t *high;  /* bits, set for blocks of the text, counted from its start, that may
			    have a byte beyond ASCII, or a control character that is no white
			    space; a bit more than there are blocks */
	uint64_t paired; /* not 0: a row ended in CR LF */
	uint64_t inner;  /* not 0: a line ended inside quotes */
};

/* Goes on at a byte where a record starts. */
static inline void scan_restart(struct scan *scan, uint32_t at)
{
	scan->at = at;
	scan->inside = scan->quoted = scan->closed = 0;
	scan->separated = 1;
}

/* Scans up to `len`, and returns that, or the position of the first byte that is
 * irregular: all separators before it were found. */
uint32_t scan_run(enum machine machine, struct scan *scan);

/* How many lines end in a text: with LF, CR LF or CR. */
uint64_t scan_lines(enum machine machine, const char *text, uint64_t len);

#endif
