/*
 * One column of a batch, as codes into a table of rendered words.
 *
 * A column of few texts has such codes already, and each of its words is rendered once
 * in a batch; whole numbers below a thousand are codes themselves; dates get theirs as
 * they come.  What is in no table has the code CODE_NONE, and a null has CODE_NULL or
 * that.
 */
#ifndef COLUMN_H
#define COLUMN_H

#include "word.h"

enum { CODE_NONE = -2, CODE_NULL = -1 };

#define N_CODES   256   /* rows at a time */
#define N_SMALL   1000  /* whole numbers that are rendered */
#define N_DAYS    1024  /* dates that are rendered of a batch */
#define WORDS_MAX 16384 /* words that are rendered of a batch */

enum way {
	AS_WORDS,    /* the batch's own codes */
	AS_NULLABLE, /* likewise, but for nulls */
	AS_INTEGER,
	AS_DATE,
	AS_ITSELF, /* none has a code */
};

struct column {
	const struct style *style;
	const struct word *small; /* numbers of that style */
	struct mu_column cells; /* of the batch at hand */
	enum way way;
	const char *text_end;     /* up to where its plain text can be read */
	const struct word *words; /* what codes mean */
	int32_t *codes;           /* N_CODES, when they are not the batch's own */

	struct word *rendered; /* of the batch */
	size_t room;
	int32_t *days; /* the dates of N_DAYS rendered words */
};

/* A table of the whole numbers below N_SMALL.  Memory is the stage's, always. */
const struct word *small_numbers(struct mu_ctx *ctx, const struct style *style);

/* A column without rows.  `small` are small_numbers() of the style; both are borrowed for
 * as long as the column. */
void column_init(struct column *column, struct mu_ctx *ctx, const struct style *style,
		 const struct word *small);

/* Turns to the column's cells of another batch of so many rows, which are borrowed. */
void column_begin(struct column *column, struct mu_ctx *ctx, struct mu_column cells,
		  int64_t rows);

/* The codes of up to N_CODES rows, until the next call. */
const int32_t *column_codes(struct column *column, int64_t from, int64_t n);

#endif
