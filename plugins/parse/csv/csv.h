/*
 * The state of a parser of CSV, and what its files do for one another.
 *
 *     csv.c     its options, and the columns that come out
 *     header.c  from the first byte to the first row: delimiter, header
 *     window.c  pieces of the document, and where their records and cells are
 *     plan.c    which records become the rows of a batch, and how
 *     rows.c    records to rows: as many as can be column by column
 *     row.c     the others one by one, by the parts of lib/table
 *     fault.c   what is wrong with a record as text
 *     cells.c   cells to values
 *     text.c    cells to words
 *     batch.c   the memory that rows are given out in
 *     place.c   a position back to line, column and text
 *     guess.c   how a file is read that nobody has described
 *
 * They know nothing of the state:
 *
 *     record.c  RFC 4180, to the letter
 *     scan.c    RFC 4180, 64 bytes at a time and as far as it is regular
 *     word.c    the distinct texts of a column
 *     slab.c    memory that is used again
 *
 * A document is read in windows that fit the processor's cache.  A window begins with
 * a record and is cut behind its last whole one; that is also how instances share a
 * document.  Positions are bytes of the document's text, which is UTF-8: of the document
 * without its byte order mark, or of what it was decoded to.
 */
#ifndef CSV_H
#define CSV_H

#include "bytes/charset.h"
#include "machine.h"
#include "record.h"
#include "slab.h"
#include "table/lines.h"
#include "word.h"

enum {
	WINDOW_BYTES = 256 << 10, /* of a window; a longer record has a longer one, */
	WINDOW_MOST = 8 << 20,    /* up to this */
	BATCH_ROWS = 32 << 10,    /* at most, in one batch */
	ALIKE_RUNS = 64,          /* before it is found out again whether rows are alike */
	TEXTS_ROOM = 16 << 10,    /* bytes of longer words in one, at first */
};

/* A column of the rows. */
struct field {
	const struct table_column *column;
	enum mu_data type;           /* of it, as what follows */
	size_t cell;                 /* of a record; SIZE_MAX when the file has it not */

	/* How its cells are read: see csv_fields_prepare(). */
	bool claims;      /* there are claims that it tells */
	bool careful;     /* what reads as a value may be in an option and mean another: */
	int64_t *meaning; /* integers that do */
	size_t n_meaning;
	bool *special;    /* of text: by its first byte, a cell may not be what it looks like */
	struct words words;
	uint32_t plainly; /* batches for which `words` is not worth while */
	uint32_t alike;   /* runs before it is looked whether cells are often like those above, */
	bool unlike;      /* which they are not */

	/* In the batch at hand. */
	void *values;
	uint8_t *valid; /* bits */
	struct mu_view *views;
	int64_t n_words;
	bool skipped; /* nobody looks at it */
};

/* A cell of the header whose quotes are wrong. */
struct wrong_name {
	size_t column;
	struct record_cell cell;
};

/* Where the text of a word is, if it is not in the view. */
enum { BATCH_TEXTS, BATCH_WINDOW, BATCH_BUFFERS };

/* A record that is not regular. */
struct odd {
	uint32_t from, next;
	uint32_t rows; /* how many regular ones are before it */
};

/* A part of the text.  Positions are counted from its first byte. */
struct window {
	struct slab *slab;
	uint64_t base; /* where it begins in the document's text */
	char *text;    /* SCAN_BLOCK bytes on both sides of it can be read */
	uint32_t len, end; /* where the bytes end, and where the last whole record does */
	uint64_t huge; /* not 0: too long a record is at `base`, and ends here, likewise in
			  the document's text.  Then all else is empty. */
	uint32_t *cells, *rows; /* of regular records, where cells end, and where rows do */
	uint32_t n_cells, n_rows, room;
	struct odd *odds;
	uint32_t n_odds, odds_room;
	bool paired; /* rows may end in CR LF */
	bool inner;  /* lines may end in quotes */
	uint64_t *high; /* bits, set for blocks of SCAN_BLOCK bytes that may be looked at, see scan.h;
			   not so for what only odd records have */
	bool broken; /* it is not UTF-8 */
	bool marked; /* there are byte order marks in it, */
	bool controlled; /* or control characters */

	/* How far rows were made of it. */
	uint32_t row, cell, odd, at;
};

/* Regular records in a row, and in their batch. */
struct run {
	uint32_t row, count;
	uint32_t cell;  /* where the end of their first cell stands in `cells` */
	uint32_t width; /* cells of each, which may be other than there should be */
};

/* What is to be done slowly: a cell, or a record with all its cells, or it is to be told that
 * these are too few or too many. */
struct slow {
	uint32_t row, field; /* or ALL_CELLS, or RAGGED */
};

#define ALL_CELLS UINT32_MAX
#define RAGGED    (UINT32_MAX - 1)

struct slows {
	struct slow *items;
	size_t count, room;
};

struct self {
	const char *delimiter, *quote, *encoding;
	int64_t skip, max_size;
	struct table_options options;

	/* The document, and what stands in front of its first row. */
	struct charset_text decoded;
	struct mu_string text; /* all of it */
	bool found;      /* the encoding is known */
	bool ready;      /* all of the following */
	bool unreadable; /* which was said */
	bool undecided;  /* another delimiter divides the text as well */
	struct dialect dialect;
	struct record record;
	struct mu_string header_text; /* as it stands in the document */
	size_t width;             /* cells that each record should have */
	struct wrong_name *wrong; /* of the header */
	size_t n_wrong;
	struct table_columns columns;
	struct table_lines lines; /* that are not plain */
	size_t at; /* where the first record behind the header starts */
	struct field *fields;
	size_t n_fields;

	/* Reading it. */
	enum machine machine;
	uint32_t window_bytes, window_most; /* WINDOW_BYTES and WINDOW_MOST but in tests */
	struct window window;
	uint64_t next, to;   /* where the next window begins, and where the piece ends */
	uint64_t rows, data_rows;
	uint32_t stamp;      /* number of the batch at hand, from 1 */
	uint32_t alike;      /* runs before it is found out whether rows begin alike, */
	bool unlike;         /* which they do not */
	bool first, told;    /* this instance has the first piece; has told of the header */
	bool last;           /* there is no other piece */
	bool ended;          /* with no need to say no-rows */
	bool slowly;         /* every row by itself: an option wants it */
	bool reported;       /* rows that were passed over */

	/* The batch at hand. */
	struct slab_pool *slabs, *text_slabs, *window_slabs;
	struct slab *slab, *zeros, *texts;
	size_t texts_len;
	int64_t n_rows;
	struct child *children;
	uint64_t *places;    /* of rows */
	uint32_t *claim;     /* of rows: 1 and its index, or 0; NULL without claims */
	struct field claim_field;
	int32_t *claim_codes; /* of each claim and 1; -1: none yet */
	uint32_t *before;    /* of rows: where the row begins, less 1 */
	struct run *runs;
	size_t n_runs;
	uint32_t *odd_rows;  /* of the column at hand */
	uint32_t *same;      /* of the run at hand: see cells_compare() */
	struct slows slows, sorted;
	struct mu_string row_text; /* that the record at hand is of, */
	uint64_t row_base;         /* and where that begins in the document's text */
	struct cell *cells;        /* of the record at hand */
	size_t cells_room;
	struct word_secret secret;

	char *space; /* for the value of a cell */
	size_t space_room;
	size_t line_at; /* a line's start, and its number: for locate() */
	uint64_t line;
};

static inline int csv_out_of_memory(struct mu_ctx *ctx)
{
	return mu_fail(ctx, ENOMEM, "out of memory");
}

/* Reads the record at `at`, which must lie in `text`; false when memory is out. */
static inline bool csv_record(struct self *self, struct mu_string text, size_t at)
{
	return record_read(&self->record, &self->dialect, text, at, (size_t)self->options.max_columns);
}

int csv_guess(struct mu_ctx *ctx, void *state, struct mu_guess *out);

/* Finds the encoding of the document, and its text where that is UTF-8. */
int csv_find(struct mu_ctx *ctx, struct self *self);

/* The same of any encoding: sets `text`. */
int csv_decode(struct mu_ctx *ctx, struct self *self);

/* How evenly a delimiter divides the first records from `at` on. */
struct division {
	char delimiter;
	size_t cells, alike, records; /* cells of the first, how many have as many */
	size_t alone; /* the last ones of them that have one cell */
};

/* Sets the dialect's delimiter to that of the best division, and `undecided`. */
int csv_sniff(struct mu_ctx *ctx, struct self *self, struct division *best);

/* Where the text goes on behind the lines that the option `skip` passes over. */
size_t csv_skip_lines(const struct self *self);

/* Reads the document up to its first row, once, and sets `fields`; reports nothing but
 * bytes that mean nothing. */
int csv_prepare(struct mu_ctx *ctx, struct self *self);

/* Sets `fields` to those of the columns, as far as these are known. */
void csv_fields_make(struct mu_ctx *ctx, struct self *self);

/* Reports what is wrong with the header. */
int csv_start(struct mu_ctx *ctx, struct self *self);

/* Reports the rows that a cell which is never closed took along, if any: where it begins and
 * ends in the document's text. */
int csv_report_unclosed(struct mu_ctx *ctx, const struct self *self, uint64_t from, uint64_t to);

int csv_split(struct mu_ctx *ctx, void *state, struct mu_piece *piece);

/* Reads the window that begins with the record at `at`, of the document's text. */
int window_fill(struct mu_ctx *ctx, struct self *self, uint64_t at);
void window_release(struct window *window);

/* Where the next one begins, in the document's text. */
static inline uint64_t window_end(const struct window *w)
{
	return w->huge ? w->huge : w->base + w->end;
}

/* Takes the rows of the next batch from the window, into `runs`, `slows` and `before`, and
 * sets how many there are. */
int rows_take(struct mu_ctx *ctx, struct self *self, uint32_t *n_rows);

/* Whether each row of a window is read by itself. */
static inline bool window_is_odd(const struct window *w)
{
	return w->broken || w->marked || w->controlled;
}

static inline bool window_is_left(const struct window *w)
{
	return w->huge ? !w->row : w->row < w->n_rows || w->odd < w->n_odds;
}

/* False when memory is out. */
bool csv_slow_add(struct slows *slows, uint32_t row, uint32_t field);

/* Reads the record behind a byte of the window, or the one that is too long for one.  False
 * when memory is out. */
bool csv_row_read(struct self *self, uint32_t before);

/* Finds out how the cells of all fields can be read. */
void csv_fields_prepare(struct mu_ctx *ctx, struct self *self);

int csv_parse(struct mu_ctx *ctx, void *state, struct ArrowArray *out);
int csv_merge(struct mu_ctx *ctx, void *state, void *other_state);

/* The place of the record at hand. */
static inline uint64_t csv_row_at(struct mu_ctx *ctx, const struct self *self)
{
	return mu_at(ctx->document->id, self->row_base + self->record.start);
}

/* Gives the record at hand to the columns as a row of the header. */
int csv_header_take(struct mu_ctx *ctx, struct self *self);

/* Puts the record at hand into a row of the batch, with all its cells, and reports what
 * is wrong with it. */
int csv_row_put(struct mu_ctx *ctx, struct self *self, uint32_t row);

/* Puts the cell of a field that begins at `at` of row_text, and reports what is wrong with its
 * value; `row_base` and the record's start tell of which row it is. */
int csv_row_put_cell(struct mu_ctx *ctx, struct self *self, uint32_t row, size_t field, size_t at);

/* Puts a value that is no text into a row of a field; nothing. */
void batch_value(struct field *f, uint32_t row, const struct reading *value);
void field_clear(struct field *f, uint32_t row);

/* Whether the record at hand is one that the option notes passes over, and counts it. */
int csv_row_is_note(struct mu_ctx *ctx, struct self *self, bool *out);

/* fault.c: what characters are in a cell of row_text that should not be, of CELL_FAULTS. */
unsigned csv_cell_look(const struct self *self, const struct record_cell *cell);

/* All of CELL_FAULTS that a cell of row_text has. */
static inline unsigned csv_cell_faults(const struct self *self, const struct record_cell *cell)
{
	unsigned faults = cell->flags & CELL_FAULTS;

	if (cell->end - cell->start > (size_t)self->options.max_field)
		faults |= CELL_LONG;
	if (self->window.broken || self->window.controlled)
		faults |= csv_cell_look(self, cell);
	return faults;
}

/* Reports what is wrong with the record at hand as text. */
int csv_record_report(struct mu_ctx *ctx, const struct self *self);

/* Reports that the record at hand has not as many cells as it should.  Where findings are
 * only counted its start is enough. */
int csv_report_ragged(struct mu_ctx *ctx, const struct self *self);

/* Room in `space`; false when memory is out. */
bool csv_space(struct self *self, size_t len);

/* The value of a cell of a text; until the next one is asked for. */
int csv_value(struct mu_ctx *ctx, struct self *self, struct mu_string text,
	      const struct record_cell *cell, struct mu_string *out);

/* Puts a text into a row. */
int text_put_value(struct mu_ctx *ctx, struct self *self, struct field *f, uint32_t row,
		   struct mu_string value);

/* Puts what a cell says, given as it stands; nothing in its quotes, if it has any, may be
 * wrong. */
int text_put(struct mu_ctx *ctx, struct self *self, struct field *f, uint32_t row,
	     struct mu_string raw);

/* Puts cells of the window at hand. */
int text_put_all(struct mu_ctx *ctx, struct self *self, struct field *f, const struct cells *cells);

/* Marks the first bytes of cells of which there is something to decide. */
void text_prepare(struct mu_ctx *ctx, const struct self *self, struct field *f);

/* Gets ready for the next batch. */
void text_rest(const struct self *self, struct field *f);

/* Begins a batch of so many rows.  Where a column is skipped none of them has a value; in
 * others all have one, which is to be put, or is to be marked as none. */
int batch_begin(struct mu_ctx *ctx, struct self *self, uint32_t rows);

/* Adds a word to those of a column, at most one for each row, and sets its code.
 * 0, or ENOMEM or EOVERFLOW with a message. */
int batch_word(struct mu_ctx *ctx, struct self *self, struct field *f, struct mu_string word,
	       int32_t *code);

/* A word of the window at hand, that stays where it is. */
static inline struct mu_view batch_view(const char *text, struct span s)
{
	struct mu_view view = { .len = (int32_t)(s.end - s.from) };

	if (view.len <= (int32_t)sizeof view.bytes) {
		for (int32_t i = 0; i < view.len; i++)
			view.bytes[i] = text[s.from + (uint32_t)i];
		return view;
	}
	memcpy(view.at.prefix, text + s.from, sizeof view.at.prefix);
	view.at.buffer = BATCH_WINDOW;
	view.at.offset = (int32_t)s.from;
	return view;
}

/* Hands over what was put. */
int batch_finish(struct mu_ctx *ctx, struct self *self, struct ArrowArray *out);
void batch_release(struct self *self);

int csv_locate(struct mu_ctx *ctx, void *state, uint64_t position, const char *field,
	       struct mu_place *out);

#endif
