/*
 * Rows kept by their key, to be compared with those of another run.
 *
 * The key is what tells rows apart: the primary key of the dataset's schema when all
 * of its columns are there, else the source and every column that is no measure; of
 * several rows with one key the first is compared with the first, and so on.  Claims
 * are kept beside the rows, by their level too.
 *
 * Limits: ROWSET_MAX rows; of more, none is compared.
 */
#ifndef ROWSET_H
#define ROWSET_H

#include <muster/map.h>
#include <muster/table.h>

#include "store/document.h"

#define ROWSET_MAX ((size_t)2000000)

struct rowset_row {
	uint64_t at;
	const char *level;  /* of a claim; NULL: it is data */
	const char **cells; /* one a column; NULL: null */
	bool met;           /* for whoever compares */
};

/* Zeroed is empty. */
struct rowset {
	struct arena arena;
	struct ArrowSchema schema; /* of what comes in */
	size_t n_columns;
	bool *key;    /* for each column, whether it belongs to the key */
	bool primary; /* it is the schema's */
	const struct documents *documents; /* that rows come from */
	struct mu_map times; /* how often each key has come */
	struct mu_map keys;  /* with that, one a row and in the same order */
	struct rowset_row *rows;
	size_t count;
	size_t most; /* rows that are kept; 0: ROWSET_MAX */
	bool full;   /* there were more */
	bool rejected; /* rows that are rejected are kept too */
};

/* `table` may be NULL; the documents stay the caller's.  0 or ENOMEM. */
int rowset_open(struct rowset *set, const struct ArrowSchema *schema,
		const struct mu_table_schema *table, const struct documents *documents);
void rowset_add(struct rowset *set, const struct ArrowArray *rows);
void rowset_release(struct rowset *set);

/* The row of `set` that has the key of another set's row, or NULL. */
struct rowset_row *rowset_match(struct rowset *set, const struct rowset *other, size_t index);

/* The key for people: "2023-11-24, NLD, UNMISS, police". */
void rowset_key(const struct rowset *set, const struct rowset_row *row, struct text *out);

#endif
