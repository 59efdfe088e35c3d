/*
 * What the pipeline file says of a document: its tables, their columns, the
 * lines and sentences that are claims.
 *
 * The options are filled by the runner; layout_compile() checks them further
 * than their tables can, compiles the patterns and puts the columns of all
 * tables together to those of the rows: columns of one name are one column.
 */
#ifndef DOCUMENT_LAYOUT_H
#define DOCUMENT_LAYOUT_H

#include "text/pattern.h"

enum {
	COLUMNS_MAX = 64,      /* of one table, and of the rows */
	HEADER_WORDS_MAX = 96, /* of one table */
	OPTIONAL_MAX = 8,      /* columns of one table whose header may be absent */
};

enum column_type {
	COLUMN_STRING,
	COLUMN_INTEGER,
	COLUMN_NUMBER,
	COLUMN_DATE,
	COLUMN_BOOLEAN,
};

/* What a cell is the label of. */
enum group {
	GROUP_NONE,   /* its row */
	GROUP_ABOVE,  /* all rows below it, until the next one */
	GROUP_MERGED, /* the rows that it stands in the middle of */
	GROUP_BELOW,  /* of the rows above it, since the last one: a place of a claim */
};

/* Where the cells of a column stand. */
enum align {
	ALIGN_HEADER, /* near the words of its header, by their left, middle or right */
	ALIGN_LEFT,   /* left of them, below each other */
};

enum vocabulary { VOCABULARY_NONE, VOCABULARY_COUNTRY, VOCABULARY_MISSION };

/* A word of a header, as written and in comparable form ("" when it has none). */
struct header_word {
	struct mu_string text;
	char *folded;
};

struct column {
	/* the options */
	const char *name, *header, *capture, *status_of, *shares, *ignore;
	int type, vocabulary, group, align;
	bool measure, words, optional, month_end, place, unread;
	struct mu_texts missing, zero, format;

	size_t index; /* among the columns of the rows */
	struct pattern *ignore_pattern;
	const struct column *sharer; /* in whose rows its cells are that other's, or NULL */
	struct header_word *header_words;
	size_t n_header_words;
};

struct claim {
	/* the options */
	const char *name, *match, *table, *repeats, *cue;
	struct mu_texts labels, of_columns;
	bool unlabelled, partial, last, optional;

	struct pattern *pattern;       /* NULL: told by its cells */
	struct pattern *cue_pattern;   /* or NULL */
	const struct column *repeated; /* or NULL */
	uint64_t label_set, of_set;    /* columns by their index: a bit each */
	size_t of;                     /* in running text: its table, SIZE_MAX for none */
};

struct table {
	/* the options */
	const char *name, *begin, *end;
	struct mu_items column_items, claim_items;
	struct mu_texts skip;
	bool optional, grid, skip_taller;

	bool has_end; /* an end is declared, and blank lines are none */
	bool groups;  /* a column says which total below a row is its own */
	struct pattern *begin_pattern, *end_pattern;
	struct pattern **skip_patterns;
	struct column *columns;
	struct claim *claims;
	size_t n_columns, n_claims;
};

/* A column of the rows, by the first table that has it. */
struct field {
	const struct column *column;
	enum mu_data type;
};

struct layout {
	/* the options */
	const char *language, *encoding, *file_name, *file_format;
	int64_t max_size, max_lines, max_memory, max_output;
	double timeout;
	struct mu_texts furniture, unread;
	struct mu_items table_items, claim_items;

	struct pattern **furniture_patterns, **unread_patterns;
	struct pattern *name_pattern; /* NULL: a document's name says nothing */
	struct table *tables;
	struct claim *claims; /* in running text */
	size_t n_tables, n_claims;
	struct field fields[COLUMNS_MAX];
	size_t n_fields;
	bool uses[VOCABULARY_MISSION + 1]; /* vocabularies */
};

extern const struct mu_option layout_options[]; /* of a struct layout at offset 0 */

/* 0, EINVAL with messages, or ENOMEM.  Release in any case. */
int layout_compile(struct mu_ctx *ctx, struct layout *layout);
void layout_release(struct layout *layout);

/* Compiles the patterns of furniture alone. */
int layout_furniture(struct mu_ctx *ctx, struct layout *layout);

/* The columns of the rows, hidden ones included. */
int layout_schema(struct mu_ctx *ctx, const struct layout *layout, struct ArrowSchema *out);

/* The column that a capture of a pattern fills, or NULL: of a table, or, with
 * NULL for it, of the rows. */
const struct column *layout_column(const struct layout *layout, const struct table *table,
				   const char *name);

/* Whether a pattern has a capture of that name. */
bool pattern_has(const struct pattern *pattern, const char *name);

#endif
