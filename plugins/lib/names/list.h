/*
 * Lists of names and values in CSV files: RFC 4180, UTF-8, with a header.
 *
 * A list is read whole, up to a size, and walked from its header on, cell by cell
 * or row by row.  Cells in quotes may have line breaks; a byte order mark in front
 * and blank lines are passed over.  Cells are in the list's memory, where they
 * may be changed, until list_close().
 *
 * A list is the user's to put right: what is wrong with it is EINVAL, with a message
 * that begins with file and line.
 */
#ifndef LIST_H
#define LIST_H

#include <muster/table.h>

/* Zeroed is closed. */
struct list {
	struct mu_ctx *ctx;
	const char *path; /* the caller's */
	size_t line;      /* from 1, of the cell that was read last */

	char *bytes; /* private, as all that follows; ended by a zero byte */
	size_t len, next;
	bool broken; /* the line ended with the cell that was read last */
};

/* 0, or a positive errno with a message, also when it is closed then. */
int list_open(struct mu_ctx *ctx, const char *path, size_t max, struct list *out);
void list_close(struct list *list);

/* Whether there is another row, at whose first cell the list then is. */
bool list_more(struct list *list);

/* The next cell, never NULL, and whether it is its row's last. */
int list_cell(struct list *list, char **cell, bool *last);

/* The next row, which has to have `count` cells. */
int list_row(struct list *list, char **cells, size_t count);

/* The header, which has to have these names in this order. */
int list_header(struct list *list, const char *const *names, size_t count);

/* Says what is wrong at the current line; EINVAL. */
int list_malformed(const struct list *list, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
