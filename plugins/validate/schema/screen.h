/*
 * Which rows of a batch the checks have to be asked about.
 *
 * Nearly all rows are right.  So each check goes over its column once, for the whole
 * batch and in the cheapest way that there is, and marks the rows of which it may
 * have something to say; of dictionary-encoded text it looks at each word alone.
 * Only marked rows are then gone through one by one, with all checks, which gives
 * the findings and their order.  A mark too many costs time, one too few a finding.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <muster/plugin.h>
#include <muster/table.h>

struct check;
struct checks;

enum {
	ROW_SUSPECT = 1,
	ROW_PASSED_OVER = 2, /* a claim, or rejected before: never looked at */
	ROW_UNDECIDED = 4,   /* a suspect of which a check cannot tell whether it is right */
};

/* Zeroed is empty. */
struct screen {
	int64_t rows;          /* of the batch at hand */
	struct mu_rows hidden; /* its hidden columns, which last as long as the batch */
	int64_t passed_over;   /* how many of them are */
	bool suspects;         /* whether any row is marked as one */
	bool counted;          /* what checks know to be wrong is counted, and no suspect */
	int err;               /* that counting gave; 0 */
	uint8_t *marks;        /* for each row, of the above */
	int8_t *words;         /* private: whether words pass; no more than there are rows */
	size_t room;           /* private: of either */
};

/* A text of 1 to 24 bytes: its length and all of its bytes, some of them twice. */
struct screen_text {
	uint64_t len, parts[3];
};

/* The short texts that a check was content with last, so that it need not look again.
 * Zeroed is empty. */
#define SCREEN_TEXTS 512
struct screen_texts {
	struct screen_text passed[SCREEN_TEXTS];
};

/* Begins a batch of `rows` rows: marks those that are passed over.  What `hidden` points to
 * must last as long as the batch.  false when memory is out. */
bool screen_begin(struct screen *screen, const struct mu_rows *hidden, int64_t rows);
void screen_release(struct screen *screen);

/* Each marks the rows of which one kind of check may have something to say; where findings
 * are only counted it counts those of which it knows, and sets `err` when that fails.  false:
 * it cannot tell, so all rows have to be gone through. */
bool screen_nulls(struct mu_ctx *ctx, struct checks *all, struct check *check);
bool screen_texts(struct mu_ctx *ctx, struct checks *all, struct check *check);
bool screen_bounds(struct mu_ctx *ctx, struct checks *all, struct check *check);

#endif
