/*
 * The parser of JSON as its files share it.
 *
 * A document is first walked to where its rows begin (find.c), and its columns are laid
 * out (columns.c).  From there on it is cut into pieces at the commas between rows, or at
 * the ends of lines (pieces.c, skim.c); each piece is read strictly, row by row (row.c), and
 * that which has the end of the rows goes on to the end of the document.
 *
 * Positions are bytes of the text: the document in UTF-8 without its mark.  A row stands
 * where its value begins, or its name where rows are the members of an object.
 */
#ifndef JSON_H
#define JSON_H

#include "bytes/charset.h"
#include "lexer.h"
#include "pointer.h"
#include "shape.h"
#include "table/tables.h"

enum {
	WINDOW_BYTES = 256 << 10, /* of a window; a longer row has a longer one */
	FIRST_ROWS = 1000,        /* whose members are the columns, where none are named, */
	FIRST_BYTES = 1 << 20,    /* or less of them */
	PATH_MOST = 1024,         /* bytes of a pointer that was met, and a zero */
	OUTSIDE_KEPT = 10,        /* arrays that are not read, of which each is told */
};

/* How rows stand in the document. */
enum layout {
	LAYOUT_ARRAY,
	LAYOUT_OBJECT, /* the members of one */
	LAYOUT_LINES,
};

/* What a row has in a column. */
struct value {
	enum cell_kind kind;
	uint64_t from, to; /* in the text, quotes not included; 0: it is not there */
	bool copied;       /* a string with escapes, which are resolved in `space`, */
	size_t copy, len;  /* there */
	bool truth;
};

/* Rows that have members which no column is of, and not the one that a column is of. */
struct lack {
	uint64_t rows, first; /* how many, and where the first one stands */
};

/* An array that no row is in, with objects or arrays that have numbers. */
struct unread {
	uint64_t at;
	char path[PATH_MOST]; /* a pointer without indices of arrays on the way */
};

struct outside {
	size_t n; /* how many there are, */
	struct unread arrays[OUTSIDE_KEPT];
};

struct self {
	/* the options */
	const char *rows, *key, *encoding;
	struct mu_texts unread;
	int64_t max_size, max_row;
	struct table_options options;
	bool lines, header;

	/* the document */
	bool opened;           /* its text is known */
	uint32_t window_bytes; /* WINDOW_BYTES but in tests */
	struct mu_ctx *ctx;    /* of the call at hand */
	struct charset_text decoded;
	struct mu_string text; /* mapped; read in windows, but for places */
	struct lexer lexer;
	struct problem problem; /* why nothing more is read; of several the first one */

	/* what json_prepare() finds */
	enum layout layout;
	bool ready;
	bool unreadable; /* there is a problem before the first row */
	bool whole;      /* it is read in one piece, since all of it was looked at to find
			    the rows, or the first one is a header */
	bool arrays;     /* rows are arrays, not objects */
	bool around[DEPTH_MOST]; /* of the containers around a row, which are objects */
	size_t depth;            /* and how many there are */
	struct pointer pointer;  /* to the rows */
	uint64_t first;          /* where they begin, behind the bracket, */
	uint64_t data;           /* and those that are no header */
	uint64_t head_lines;     /* before `first` */

	struct outside before;   /* what else there is in front of the rows, */
	struct outside behind;   /* and behind them, as far as this instance went there */

	/* columns.c */
	struct table_options adapted; /* as tables_open() takes them */
	struct tables *table;
	struct ArrowSchema schema;
	struct shape shape, *shapes; /* of a row, and a list of those below */
	size_t n_shapes;
	size_t n_cells, key_cell;    /* of a row; and that which its name fills, or NO_COLUMN */
	bool *seen;                  /* of each cell, whether any row had it */
	struct lack *lacks;          /* of each cell */

	/* row.c: the row at hand */
	struct value name; /* where rows are members */
	struct value *values;
	struct cell *cells;
	size_t n_values; /* of an array, all of them; else n_cells */
	char *space;     /* strings whose escapes are resolved */
	size_t space_len, space_room;
	struct phrase twice, late; /* the first names that are there twice, or come late */
	bool is_twice, is_late;
	const struct shape *other_shape; /* the first member with a value that no column is of, */
	size_t other;                    /* an entry of this shape; NULL: there is none */
	bool listed;  /* without the option columns: other members are late */
	bool strange; /* it is no object, or no array, unlike the first one */
	bool wide;    /* it has more members than max_columns allows */

	/* pieces.c */
	bool last;         /* all pieces were read, by this instance or those merged into it */
	bool working;      /* on a piece, */
	bool begun;        /* of which something was read */
	bool closed;       /* the end of the document was reached, and all is sound */
	bool told;         /* what there was to say in the end */
	uint64_t from, to; /* the piece at hand */
	uint64_t n_rows;

	/* place.c: a place that was counted to, lines from 0 and columns in characters; and
	 * one between two rows, with how many come before */
	uint64_t counted, line, column;
	uint64_t parted, rows_before;
	char cell[1024];
};

int json_out_of_memory(struct mu_ctx *ctx);

/* Keeps the problem of the lexer, unless an earlier one is known.  0, or its error. */
int json_note_problem(struct mu_ctx *ctx, struct self *self);

/* Finds out how the document is encoded, and sets the text. */
int json_document(struct mu_ctx *ctx, struct self *self);

/* Walks to the rows and lays out the columns, once.  What is wrong with the document is
 * kept in `problem`. */
int json_prepare(struct mu_ctx *ctx, struct self *self);

/* find.c: walks to the rows. */
int find_rows(struct mu_ctx *ctx, struct self *self);

/* Begins to read rows at a position up to another one. */
void rows_seek(struct self *self, uint64_t at, uint64_t limit);

/* The first token of the next row, and where the row begins; its name is put where it is
 * a column.  TOKEN_CLOSE when there are no more, TOKEN_END at the end of the lines. */
enum token row_begin(struct self *self, uint64_t *start);

/* outside.c: what stands around the rows.
 *
 * Passes over a value whose first token was just read, and keeps the arrays in it that look like
 * rows in `out`.  `path`, with `len` bytes, is where it stands, and is written on.  Whether it is
 * sound. */
bool outside_pass(struct self *self, enum token token, char path[PATH_MOST], size_t len,
		  struct outside *out);

/* Passes over all that stands behind the rows: whether the document ends well. */
bool outside_read_tail(struct self *self);

/* Adds the name of a member, the token at hand, or an index to a path: its new length. */
size_t path_add_member(struct self *self, char path[PATH_MOST], size_t len);
size_t path_add_index(char path[PATH_MOST], size_t len, uint64_t index);

/* Adds what another instance found. */
void outside_merge(struct outside *outside, const struct outside *other);

/* Reports what nobody reads. */
int outside_report(struct mu_ctx *ctx, const struct self *self);

/* columns.c */
int columns_open(struct mu_ctx *ctx, struct self *self, struct ArrowSchema *out);
int columns_prepare(struct mu_ctx *ctx, struct self *self);
int columns_report(struct mu_ctx *ctx, const struct self *self);

/* Looks for what a row that was read does not have, although it has members that no column
 * is of.  Reports one that has nothing that is asked for. */
int columns_lack(struct mu_ctx *ctx, struct self *self, uint64_t position);
void columns_release(struct self *self);

/* row.c: reads the row whose first token was just read.  False when it is broken, or
 * memory is out: then the lexer says so. */
bool row_read(struct self *self, enum token token);

/* Puts the row into cells that are good until the next one. */
void row_cells(struct self *self);

/* What the row has in a column, in the manner of row_cells(). */
struct mu_string row_text(const struct self *self, const struct value *value);

/* Whether it says nothing: null, absent, or white space. */
bool row_value_is_blank(const struct self *self, const struct value *value);

/* skim.c: where rows end in a window, roughly: in what is no sound JSON it may be
 * mistaken, never beyond a mistake that the lexer will find. */
struct skim {
	size_t end;    /* behind the last comma between rows, or line end; 0: there is none */
	uint64_t rows; /* before it */
	bool closed;   /* the rows end in the window */
	size_t close;  /* where */
};

struct skim skim_rows(const char *text, size_t len);
struct skim skim_lines(const char *text, size_t len);

/* How many lines end in a text. */
uint64_t skim_count(const char *text, size_t len);

/* place.c */
int json_locate(struct mu_ctx *ctx, void *state, uint64_t position, const char *field,
		struct mu_place *out);

/* pieces.c */
int json_split(struct mu_ctx *ctx, void *state, struct mu_piece *piece);
int json_parse(struct mu_ctx *ctx, void *state, struct ArrowArray *out);
int json_merge(struct mu_ctx *ctx, void *state, void *other);

#endif
