/*
 * A parser of spreadsheets, but for what each format has of its own: from a package to
 * batches of one sheet's table, places in it, and a first draft.
 *
 * The plugin's self begins with a struct book, whose options are its options:
 *
 *     static const struct mu_option options[] = { BOOK_OPTIONS, { 0 } };
 *
 * and its callbacks call book_parse() and so on with a struct book_form, which says how
 * documents of the format are read.
 */
#ifndef BOOK_H
#define BOOK_H

#include "sheet/package.h"
#include "sheet/sheet.h"
#include "sheet/xml.h"

struct book {
	struct sheet_options sheet;
	struct table_options options;

	struct package package;
	struct sheet_name *names; /* of sheets, as far as they are known */
	size_t n, chosen;         /* how many, and which one is read, from 1; 0: not known */
	bool guessing;            /* the first visible sheet will do */
	struct sheet table;
	bool opened;              /* the table is */
	bool ready;               /* the package is open, and the sheet is being read */
	bool told;                /* what is to be said of the whole */
	bool refused;             /* the document was, and no more of it is read */
	struct notes known;       /* the patterns of sheet.unread */
	struct xml xml;           /* that has the sheet */
	uint32_t rows;            /* of it that have been passed, repeated ones counted */
};

#define BOOK_OPTIONS \
	SHEET_OPTIONS(struct book), TABLE_HEADER_OPTIONS(struct book), TABLE_OPTIONS(struct book), \
	TABLE_NOTES_OPTION(struct book)

/* Each gives 0, or an error with a message. */
struct book_form {
	const char *name; /* "XLSX" */
	/* Reads what has to be known before the sheet can be: the package is open. */
	int (*read)(struct mu_ctx *ctx, struct book *book);
	/* Or NULL: the header, if there is one, was looked at (see table.gaps), and all is
	 * going to be read. */
	void (*prepare)(struct book *book);
	/* Opens book->xml, which gives the rows of the sheet from the top. */
	int (*begin)(struct mu_ctx *ctx, struct book *book);
	/* Or NULL: finds out whether another sheet has numbers, where that is not known when
	 * all was read. */
	int (*look)(struct mu_ctx *ctx, struct book *book, size_t sheet);
	/* Or NULL: when all was read, whether merged areas of which nothing was known reach
	 * below the header; then it is begun once more, and they are to be told. */
	bool (*covers)(struct book *book);
	/* Or NULL: when all was read, before and after what is said of any sheet. */
	int (*check)(struct mu_ctx *ctx, struct book *book);
	int (*report)(struct mu_ctx *ctx, struct book *book);
};

/* The plugin's callbacks. */
int book_configure(struct mu_ctx *ctx, void *state);
int book_open(struct mu_ctx *ctx, struct book *book, const struct book_form *form,
	      struct ArrowSchema *out);
void book_close(struct book *book);
int book_parse(struct mu_ctx *ctx, struct book *book, const struct book_form *form,
	       struct ArrowArray *out);
int book_locate(struct mu_ctx *ctx, struct book *book, const struct book_form *form,
		uint64_t position, const char *field, struct mu_place *out);

/* The header of a draft ends where the first numbers are. */
int book_guess(struct mu_ctx *ctx, struct book *book, const struct book_form *form,
	       struct mu_guess *out);

#endif
