/*
 * The state of a parser of web pages, and what its files do for one another.
 *
 *     html.c    its options, and the columns that come out
 *     source.c  bytes to text: encodings, and what is no page
 *     page.c    which elements are open, and whose text is whose
 *     plain.c   rows that are written so plainly that they are taken as a whole
 *     table.c   cells to rows: spans, and what is hidden
 *     choice.c  which table is meant
 *     place.c   a position back to line, element and text
 *
 * They know nothing of the state:
 *
 *     token.c      text to tags
 *     element.c    what tags mean
 *     reference.c  &eacute;
 *     prose.c      text as a browser shows it
 *
 * The page is read from the top, and reading stops where there are rows enough for a
 * batch.  A table is looked at until its header is known; then it is the one that is
 * meant, and its rows are added one by one, or it is passed over.  So memory is
 * bounded by the options, and by how deep elements may nest.
 *
 * Which elements end which is as in browsers, as far as tables, headings and hidden parts
 * depend on it.
 */
#ifndef HTML_H
#define HTML_H

#include "bytes/charset.h"
#include "element.h"
#include "prose.h"
#include "table/tables.h"
#include "text/pattern.h"
#include "text/phrase.h"
#include "token.h"

enum {
	DEPTH_MAX = 512,        /* elements that may be open */
	COLSPAN_MAX = 1000,     /* as in browsers */
	ROWSPAN_MAX = 65534,    /* likewise */
	SPANS_MOST = 16,        /* bytes that spans may repeat for each one of the page, */
	SPANS_FREE = 1 << 20,   /* which counts as so much larger */
	HEADING_BYTES = 1024,
	HEADER_ROWS = 20,
	HEADER_BYTES = 4 << 20, /* of text in the header of a table that may be meant */
	PATH_BYTES = 256,
	LISTED = 8,             /* tables that a message lists */
};

enum struck { STRUCK_REFUSE, STRUCK_DROP, STRUCK_KEEP };

enum merged { MERGED_DOWN, MERGED_FILL, MERGED_FIRST };

/* Where an element is: /html/body/table[2]/tr[5], or the end of that. */
struct path {
	char text[PATH_BYTES];
};

/* A place in the row at hand that a cell of this row has. */
struct slot {
	size_t from, len; /* of its text, in `texts` */
	size_t tag;       /* where its tag begins in the page */
	bool set;
	bool first;       /* the leftmost of its cell */
	bool merged;      /* the cell has other places */
	bool struck;      /* some of its text is struck out */
};

/* What hangs down from a row into those below. */
struct hanging {
	uint32_t rows; /* that it reaches into yet */
	bool fresh;    /* it begins in the row at hand */
	bool first;    /* as in a slot */
	bool open;     /* it ends with its part of the table, wherever that is */
	uint32_t owner; /* the column that has its text */
	size_t tag;
	uint64_t row;  /* the number of the one it begins in */
	char *text;    /* of an owner */
	size_t len, room;
};

/* Where a text of a row is from. */
struct text_origin {
	size_t tag;
	const struct path *path; /* locating */
	bool merged;             /* its cell has other places */
	bool struck;             /* some of its text is struck out, and was not read */
};

/* A text of the header. */
struct name {
	size_t from, len;
};

enum table_state {
	TABLE_OPEN,  /* its header is not complete */
	TABLE_MEANT,
	TABLE_OTHER,
};

/* A row of a tfoot that stands before the header, where a browser shows it below. */
enum { FOOT_ROWS = 16 };

struct foot_cell {
	size_t from, len; /* in `foot` */
	bool merged, struck;
};

struct foot_row {
	size_t end, n; /* behind its last cell, and cells up to the last one with a text */
	uint64_t row;
	size_t beyond;
	bool hidden;
};

/* A table that is open.  Its memory is used again for later ones of its depth. */
struct table {
	uint64_t number; /* from 1, in the order of the page */
	enum table_state state;
	bool ended;      /* its end tag was seen */
	struct prose heading, caption;
	struct prose stray; /* text outside its cells and its caption */

	/* Its place in the stack of elements, and those of its open parts: 0 for none. */
	size_t level, section, row, cell, caption_level;

	uint64_t rows; /* that have begun */
	bool in_row, in_cell;
	bool hidden, section_hidden, row_hidden;
	bool pictured; /* the cell at hand has an image whose words have a number */
	bool shown;    /* the row at hand shows a number that is no text */
	uint64_t unread, unread_row; /* texts that are hidden, have a number and were not read;
					the row of the first */
	bool in_foot; /* the part that is open is a tfoot */
	bool struck; /* some text of the cell at hand is */
	size_t row_tag;
	size_t column; /* of the cell at hand, or of the next */
	size_t cell_tag, colspan;
	uint32_t rowspan;
	struct prose texts;
	struct slot *slots;
	size_t n, room;  /* slots up to the last that is set */
	size_t beyond;   /* past max_columns, where a cell that is not blank is, and 1 */
	uint64_t odd_row; /* of `texts.odd` */
	struct hanging *hanging;
	size_t n_hanging, hanging_room;

	/* Of one that is not meant: */
	bool inner; /* another one stands in it, so that it is layout */
	bool known; /* as the option unread says */
	bool fits;  /* its header has all columns */
	bool counts, says; /* it has a number that may count something; another text */
	struct phrase what;

	/* The header, row by row. */
	struct prose header;
	struct name *names;
	size_t n_names, names_room;
	size_t header_end[HEADER_ROWS];   /* in `names` */
	size_t header_beyond[HEADER_ROWS]; /* as `beyond` */
	uint64_t header_row[HEADER_ROWS]; /* its number */
	int64_t n_header;

	/* Rows of a tfoot before it, which are given behind it. */
	struct prose foot;
	struct foot_cell *foot_cells;
	size_t n_foot_cells, foot_room, n_foot;
	struct foot_row foot_rows[FOOT_ROWS];
};

/* Whose text it is. */
enum owner { OWNER_NONE, OWNER_CELL, OWNER_CAPTION, OWNER_TABLE };

/* Children of one name that an element has had. */
struct child {
	struct mu_string name;
	uint32_t count;
};

/* An element that is open.  Its memory is used again. */
struct open {
	struct mu_string name;
	const struct element *element; /* or NULL */
	enum owner owner;
	bool silent;    /* its text is not shown */
	bool hidden;    /* it is hidden with all that is in it */
	bool raised;    /* it is raised */
	bool struck;    /* it is struck out */
	bool apart;     /* its digits are none of those around it */
	size_t floor;   /* the nearest place in the stack that end tags do not reach beyond:
			   that of a table, a cell or a caption, or 0 */
	uint32_t nth;   /* of its name in its parent; locating */
	struct child *children;
	size_t n_children, children_room;
};

struct page {
	struct tokens tokens;
	struct open *stack; /* [0] is the body */
	size_t n, room;
	const struct element *unseen; /* one whose content is not shown is open, */
	size_t unseen_depth;          /* and so many of its name in it */
	size_t heading_level;         /* of a heading that is open */
	struct prose heading;         /* the last one */
	struct table *tables;         /* those that are open, the innermost last */
	size_t n_tables, tables_room, tables_used;
	uint64_t count;               /* of tables so far */
	uint64_t repeated;            /* by spans: bytes, and places */
	bool ended;
	bool stopped; /* before its end, which was said */
	bool seeking; /* it is read up to the header of the table that is meant */
	struct table foot_waits; /* whose rows of a tfoot are to be given when rows can be */

	/* locate: the row that it is read for, and what was found of it. */
	bool locating, found;
	uint64_t wanted;
	size_t found_tag;
	struct path found_path;
	struct path row_path, *slot_paths, *hanging_paths; /* of the row at hand */

	/* The row at hand, as tables_line() takes it, and where its cells are from. */
	struct cell *cells;
	struct text_origin *sources;
	size_t n_cells, cells_room, sources_room, paths_room[2];
};

/* A table that is not read. */
struct other {
	uint64_t number;
	bool fits;
	struct phrase what;
};

struct self {
	struct table_options options;
	const char *heading, *heading_pattern, *encoding;
	int64_t position, max_size;
	struct mu_texts contains, unread;
	int merged;    /* enum merged */
	int footnotes; /* 1: their marks are left out */
	int struck;    /* enum struck */

	struct pattern *pattern;
	struct charset_text decoded;
	struct mu_string text; /* of the page */
	size_t checked;        /* so much of it is what it should be */
	bool found;            /* its text */
	bool stepwise;         /* for tests: no row is taken as a whole */
	bool unreadable;       /* which was said */

	struct tables *rows;
	struct page page;
	bool told;
	uint64_t meant;               /* number of the table; 0: not found yet */
	uint64_t matches;
	struct notes known;          /* the patterns of unread */
	struct other *others;        /* tables that nobody reads, though it seems they should */
	size_t n_others, others_room;
	struct phrase listed[LISTED]; /* the first tables, */
	struct phrase also[LISTED];   /* and the first ones that are meant */
	uint64_t hidden, first_hidden; /* rows, and the number of the first */
	uint64_t unread_texts, first_unread; /* hidden ones with a number, and the row of the
						first */
	uint64_t cut, first_cut;      /* spans that end with their part of the table before
					 they should, and the row of the first */

	struct prose row_text; /* of the row that was located */
	size_t line_at;        /* a place in the page, and how many lines end before it */
	uint64_t lines;
};

static inline int html_out_of_memory(struct mu_ctx *ctx)
{
	return mu_fail(ctx, ENOMEM, "out of memory");
}

/* Room for `n` items of `size` bytes; false when memory is out.  New ones are zeroed. */
bool html_room(void *items, size_t *room, size_t n, size_t size);

/* Sets self->text and begins the page, once. */
int source_read(struct mu_ctx *ctx, struct self *self);

/* Looks whether the text is text up to `to`, and ends the page when it is not. */
int source_check(struct mu_ctx *ctx, struct self *self, size_t to);

/* Begins the page anew. */
int page_begin(struct mu_ctx *ctx, struct self *self, bool locating);

/* Reads until a batch is full, what is sought or wanted is found, or the page is at its
 * end. */
int page_read(struct mu_ctx *ctx, struct self *self);
void page_release(struct page *page);

/* Where an element of the stack is. */
void page_path(const struct page *page, size_t level, struct path *out);

/* A row of cells that have nothing but text, and tags that mean nothing to it:
 * "<tr> <td>text</td> <td><a>text</a></td> </tr>".  page->cells has its cells.  The text of
 * one with tags, references or white space that does not stand for itself is as it stands
 * in the page, and the cell is marked by `truth`. */
struct plain_row {
	size_t end;  /* in the page */
	size_t n;    /* cells */
	bool spaced; /* white space stands between its tags */
};

/* Reads the row that begins at hand; false when it is none that is plain, or has more than
 * `most` cells, or memory is out.  Moves nothing. */
enum {
	PLAIN_TAGS = 32,             /* that a cell may have, */
	PLAIN_DEPTH = PLAIN_TAGS + 2 /* so that so many elements may be open in a table */
};

bool plain_row_read(struct page *page, size_t most, struct plain_row *out);

/* Whether rows can be taken as a whole: the header is known, and nothing hangs down. */
bool table_takes_rows(const struct self *self, const struct table *table);

/* Takes the row in page->cells. */
int table_row_take(struct mu_ctx *ctx, struct self *self, struct table *table,
		   const struct plain_row *row);

/* What the tags of a table and of its parts do; `tag` is where the tag begins. */
int table_begin(struct mu_ctx *ctx, struct self *self);
int table_end(struct mu_ctx *ctx, struct self *self, struct table *table);
int table_section_end(struct mu_ctx *ctx, struct self *self, struct table *table);
int table_row_begin(struct mu_ctx *ctx, struct self *self, struct table *table, size_t tag,
		    bool hidden);
int table_row_end(struct mu_ctx *ctx, struct self *self, struct table *table);

/* Gives the rows of a tfoot that stood before the header. */
int table_foot_give(struct mu_ctx *ctx, struct self *self, struct table *table);

/* Begins a cell in the row at hand; one that is hidden has no place in it. */
int table_cell_begin(struct mu_ctx *ctx, struct self *self, struct table *table,
		     const struct token *token, bool hidden);
int table_cell_end(struct mu_ctx *ctx, struct self *self, struct table *table);
void table_release(struct table *table);

/* Whether a table is meant, once its header is known or it has ended. */
int choice_make(struct mu_ctx *ctx, struct self *self, struct table *table, bool *meant);

/* What a table that is not read is called by mu_takes(). */
enum { PART_NAME = 32 };
const char *choice_part(uint64_t number, char out[PART_NAME]);

/* Looks at a cell of a table that is not meant; and at its end, whether it is worth a word. */
void choice_look(struct table *table, struct mu_string text);
int choice_end(struct mu_ctx *ctx, struct self *self, const struct table *table);
int choice_report_unread(struct mu_ctx *ctx, const struct self *self);

/* Whether its cells are still of interest. */
static inline bool choice_looks(const struct self *self, const struct table *table)
{
	return !self->page.locating && !table->inner && !table->known && !table->fits &&
	       !(table->counts && table->says);
}

/* At the end of the page: reports that none was meant, or several. */
int choice_report(struct mu_ctx *ctx, const struct self *self);

/* The position in _at of a row of the table, counted from 0; up to the next one there is
 * room for the rows that a transform makes of it, one for each of its columns and more. */
static inline uint64_t html_position(uint64_t row)
{
	return row << 14;
}

int html_locate(struct mu_ctx *ctx, void *state, uint64_t position, const char *field,
		struct mu_place *out);

#endif
