/*
 * The distinct texts of a column, so that what there is to decide of a text is
 * decided once.
 *
 * A table leads from the bytes of a cell, as they stand, to what they say.  Its hash
 * has a secret, and no search in it is long: what it has no slot for is not kept,
 * and decided each time.
 */
#ifndef WORD_H
#define WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cells.h"

enum {
	WORD_KEY = 32,      /* bytes of a cell that stand in a slot */
	WORD_PROBES = 8,    /* slots that are looked at */
	WORD_BITS = 6,      /* of the number of slots of a new table, */
	WORD_SPARSE = 12,   /* and of one that need not be sparse */
	WORD_COUNT = 16384, /* words that a table may have */
};

/* A word's code in a batch, where it has none.  Both are negative. */
enum { WORD_NULL = -1, WORD_CLAIM = -2 };

/* What a cell says. */
struct word {
	const char *text;
	uint32_t len;
	bool null;      /* there is no value */
	uint32_t claim; /* 1 and the index of the last claim that it matches, or 0 */
};

/* A slot of the table.  No two have one key, but for those of longer cells. */
struct word_slot {
	_Alignas(64) uint64_t key[WORD_KEY / 8]; /* the first bytes, zeros behind them; 0
						    and not 0 are the first two of a longer
						    cell and of a free slot */
	uint64_t hash;
	uint64_t mark; /* what word_mark() makes */
	uint32_t size; /* of the cell and 1; 0: free */
	uint32_t word; /* its index */
};

/* The number of the batch, from 1, that met a word last, and its code in that. */
static inline uint64_t word_mark(uint32_t stamp, int32_t code)
{
	return (uint64_t)stamp << 32 | (uint32_t)code;
}

struct word_secret {
	uint32_t lanes[WORD_KEY / 4];
};

struct word_raw {
	const char *text;
	struct word word;
};

/* Zeroed is empty. */
struct words {
	struct word_slot *slots; /* 1 << bits of them and WORD_PROBES more, or NULL */
	unsigned bits;
	uint32_t count;
	struct word_raw *items;
	struct word_text *texts; /* where bytes of words are */
	size_t text_len;
};

/* The slot of a cell of `len` bytes, or NULL: then `*out` tells whether there
 * is none yet, which is for word_add(). */
struct word_slot *word_find(struct words *words, const struct word_secret *secret,
			    const char *cell, uint32_t len);

/* Keeps what a cell that has no slot says; `word->text` may be a part of the cell.  NULL
 * when there is no slot for it: `*err` is then 0, or ENOMEM. */
struct word_slot *word_add(struct words *words, const struct word_secret *secret,
			   const char *cell, uint32_t len, const struct word *word, int *err);

void words_release(struct words *words);

/* Cells of a column, and where their codes go. */
struct word_run {
	const struct cells *cells;
	bool alike; /* `same` of the cells is worth while */
	struct words *words;
	const struct word_secret *secret;
	uint32_t stamp;
	int32_t *codes; /* of all rows; 0 where there is no value */
};

/* Gives codes to cells from `i` on, as long as their words are in the table and have a
 * code in this batch or are null.  Returns the first one that is left, and in `*slot` the
 * slot of its word, if it has one; or the count of cells. */
uint32_t words_run(enum machine machine, const struct word_run *run, uint32_t i,
		   struct word_slot **slot);

#endif
