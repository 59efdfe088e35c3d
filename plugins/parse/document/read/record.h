/*
 * What a scan of a document makes: records, one for each row and claim, whose
 * values know their places; and how it says what is wrong with them.
 */
#ifndef DOCUMENT_RECORD_H
#define DOCUMENT_RECORD_H

#include <muster/map.h>

#include "layout/header.h"
#include "read/cut.h"
#include "text/phrase.h"

/* A value of a record, and where its text is in the flat form. */
struct datum {
	size_t flat, len;   /* len 0: nowhere */
	const char *joined; /* the text when it is put together from several lines,
			       in memory of the stage; `flat` and `len` are its first */
	size_t joined_len;
	struct value value;
};

struct record {
	uint64_t position; /* in the text: of its line, or of the sentence */
	const char *claim; /* NULL: a row */
	size_t flat, len;  /* all of it */
	const struct found_table *table; /* NULL: of running text */
	size_t group;      /* of the total that it is for: 1 + its place in the flat form;
			      0: none, or all */
};

/* What the rows of a table that were read have in common. */
struct shape {
	size_t rows;
	size_t words[COLUMNS_MAX];               /* of the longest cell, by field */
	double x0[COLUMNS_MAX], x1[COLUMNS_MAX]; /* in a grid: where cells stand, by field */
	size_t digits;                           /* of the longest number */
	bool years;                              /* numbers of four digits are there */
};

/* A table: its heading, and where it is when it was read. */
struct found_table {
	bool found;
	size_t flat, end;
	struct datum data[COLUMNS_MAX]; /* its captures, by field */

	bool scanned;
	bool closed;        /* by the line that `end` tells, or by the next table */
	size_t first, stop; /* lines of its heading, and the first behind it */
	struct header header;
	struct shape shape;
};

struct scan {
	struct mu_ctx *ctx;
	const struct layout *layout;
	const struct reader *reader;
	const struct pages *pages;
	bool quiet;       /* reports nothing */
	size_t *troubles; /* counts what would be reported, or NULL */

	struct record *records;
	struct datum *data; /* layout->n_fields for each record */
	size_t n_records, room;

	/* private */
	struct mu_map positions; /* of records: their index */
	struct found_table *tables;
	struct cut cut;
	struct word words[CUT_WORDS];
	unsigned suggestions; /* they cost time: only some lines get them */
	bool dated;
	bool *repeated; /* lines that repeat a heading on a later page */
};

__attribute__((format(printf, 3, 4))) int scan_report(const struct scan *s,
						      struct mu_finding finding, const char *fmt,
						      ...);
int no_memory(const struct scan *s);

/* The _at of a position; of a place in the flat form, for a finding that is not
 * about a row. */
uint64_t scan_at(const struct scan *s, uint64_t position);
uint64_t flat_at(const struct scan *s, size_t flat);

struct mu_string flat_text(const struct scan *s, size_t flat, size_t len);
struct mu_string datum_text(const struct scan *s, const struct datum *d);

/* Where to look for the next match in a text: not where an empty one was. */
size_t behind(struct mu_string text, struct pattern_match match);

/* A text of the document, cut to a length that a message can bear. */
struct phrase quote(struct mu_string text);

/* Adds a record that begins with what the heading of a table says, or knows
 * nothing yet.  Its position is that of its first byte, or one of the next when
 * another record begins there too. */
int record_add(struct scan *s, const struct found_table *table, const char *claim, size_t flat,
	       size_t len);

struct record *record_latest(const struct scan *s);
struct datum *record_datum(const struct scan *s, size_t record, const struct column *column);
struct datum *latest_datum(const struct scan *s, const struct column *column);
uint64_t latest_at(const struct scan *s);

/* Notes what a number of a row looks like. */
void shape_number(struct shape *shape, struct mu_string text);

/* A finding about all of a record. */
struct mu_finding record_finding(const struct scan *s, size_t record, const char *code);

struct datum datum_read(const struct scan *s, const struct column *c, struct mu_string text,
			bool words);
bool datum_is_wrong(const struct datum *d);
const char *value_trouble(const struct column *c, enum value_state state);

/* Reports a value that is wrong; `finding` says where.  Without a code the trouble
 * gives its own. */
int datum_report(const struct scan *s, struct mu_finding finding, const struct column *c,
		 const struct datum *d);

#endif
