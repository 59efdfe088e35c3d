/*
 * transform/columns: what its options ask for, and the plan made of them.
 *
 * open() makes a plan: a list of columns, each with where it comes from and the
 * work that is done on it.  Columns without work are moved from batch to batch;
 * the others are computed, row by row: each takes its value, of the row as it
 * came in, and goes through trim, normalise and cast.  What a word of a dictionary, a
 * document or a constant gave is remembered for the other rows of the batch.
 */
#ifndef COLUMNS_H
#define COLUMNS_H

#include <muster/map.h>
#include <muster/table.h>

struct language;
struct pattern;

enum origin {
	ORIGIN_NONE,
	ORIGIN_NAME,
	ORIGIN_URI,
	ORIGIN_SHA256,
	ORIGIN_MEDIA_TYPE,
	ORIGIN_SOURCE
};
enum form { FORM_NFC, FORM_NFKC };
enum space { SPACE_KEEP, SPACE_COLLAPSE };
enum letters { CASE_KEEP, CASE_UPPER, CASE_LOWER };

/* An option `type` has its choices in the order of enum mu_data. */
static inline enum mu_data type_chosen(int choice)
{
	return (enum mu_data)(choice + MU_STRING);
}

struct set {
	const char *name, *value, *column, *match;
	struct mu_texts sum;
	bool empty;
	int origin, type;

	int64_t *summed; /* the columns that come in of `sum` */

	struct pattern *pattern; /* of `match`, or NULL */
};

struct normal {
	const char *name;
	int form, space, letters;
};

struct replacement {
	const char *name;
	struct mu_pairs values;
};

struct cast {
	const char *name, *language, *format;
	int type;
	int64_t decimals; /* 0: all that a number has */

	struct language *writes; /* NULL: as programs write */
};

struct value {
	bool known; /* else null */
	union {
		struct mu_string text; /* borrowed */
		int64_t integer;
		double number;
		bool boolean;
		int32_t date;
	} as;
};

/* Text in the making, in UTF-8 or UTF-16; kept from row to row. */
struct buffer {
	void *data;
	size_t size; /* bytes */
};

/* What a word gave, when that is a value. */
struct memo {
	struct value value; /* not known: nothing is remembered */
	char *text;         /* the memo's own, or NULL */
};

struct column {
	const char *name;
	const char *seen;  /* its name in findings: that among the columns that come in */
	enum mu_data type; /* of what comes out */
	bool measure, dropped;

	int64_t in; /* the column that comes in and that it is, or is made of; or -1 */
	const struct ArrowSchema *like; /* whose origin it shares, or NULL */

	const struct set *set; /* NULL: it is the column that comes in */
	struct value constant; /* known when that is what `set` gives */
	enum mu_data taken;    /* its type before cast */
	bool trimmed;
	const struct normal *normal;
	const struct replacement *replacement;
	const struct cast *cast;

	struct buffer result; /* of normalise, for the row at hand */

	struct memo *memos; /* of the words of the batch at hand, or of the one document */
	size_t n_memos, memos_room;
	uint32_t document; /* that the one memo is of */
};

/* Claims that may no longer say what they cover; see lost.c. */
struct lost {
	struct gone *gone; /* columns that are left out */
	size_t count;      /* 0 also when nobody asks */
	struct mu_map values;
	struct mu_key key;
	struct extent *extents; /* `count` of each document */
	size_t n_documents;
	struct loss *losses;
	size_t n_losses, room;
	bool sorted;
};

struct self {
	struct mu_pairs rename;
	struct mu_items set, normalise, replace, cast;
	struct mu_texts trim, measure, drop, select;

	struct column *columns; /* in the order in which they come to be */
	size_t count;
	size_t *order; /* those that come out */
	size_t n_order;
	struct ArrowSchema schema;   /* of what comes out */
	struct ArrowSchema computed; /* of the columns that are not moved */
	struct mu_builder builder;   /* of these */
	struct mu_column *cells;     /* of the batch at hand, by column that comes in */
	struct buffer wide, wider;   /* for normalise */
	struct lost lost;
};

static inline bool column_is_computed(const struct column *c)
{
	return c->set || c->trimmed || c->normal || c->replacement || c->cast;
}

/* Forgets what the words of the batch before gave, and makes room for those of the next.
 * False when memory is out. */
bool memos_begin(struct column *c, const struct mu_column *cells, int64_t rows);

void memos_release(struct column *c);

/* Where the value of a row is remembered, or NULL. */
struct memo *memo_of(struct column *c, const struct mu_column *cells, int64_t row, uint64_t at);

/* Remembers a value, if it is known.  False when memory is out. */
bool memo_keep(struct memo *memo, enum mu_data type, const struct value *value);

/* Whether it is the column that came in, its values untouched. */
static inline bool column_is_same(const struct column *c)
{
	return !c->set && !c->cast;
}

/* Makes the plan for ctx->schema.  0 or EINVAL or ENOMEM with a message. */
int plan_make(struct mu_ctx *ctx, struct self *self);
void plan_release(struct self *self);

/* Behind the plan: which columns claims may have been about. */
void lost_plan(struct mu_ctx *ctx, struct self *self);
void lost_uses(const struct lost *lost, bool *in);

/* Looks at a batch, in self->cells.  False when memory is out, as for the next. */
bool lost_take(struct self *self, const struct mu_rows *rows, int64_t n);
bool lost_merge(struct lost *lost, const struct lost *other);

/* At the end: the column without which the claim of a place would cover other rows, by its
 * index among those that come in; -1 when there is none. */
int64_t lost_column(struct lost *lost, uint64_t at);

void lost_release(struct lost *lost);

enum answer { VALUE_OK, VALUE_NOT, VALUE_OVERFLOW, VALUE_LOSES, VALUE_NO_MEMORY };

/* Text as a value of a type; `cast` says how it is written, or NULL. */
enum answer value_parse(const struct cast *cast, enum mu_data type, struct mu_string text,
			struct value *out);

/* A value of one type as one of another; `space` is for the text of a number. */
enum answer value_cast(const struct cast *cast, enum mu_data from, enum mu_data to,
		       struct value *value, char space[MU_FORMAT_MAX]);

/* The number with so many digits behind the point that is nearest. */
double value_round(double number, int64_t decimals);

/* Whether any value of one type can be one of another. */
bool value_castable(enum mu_data from, enum mu_data to);

/* The value of a cell. */
struct value value_get(const struct mu_column *cells, int64_t row);

/* A value as text, in itself or in `space`. */
struct mu_string value_text(enum mu_data type, const struct value *value,
			    char space[MU_FORMAT_MAX]);

/* Text in one form of Unicode, in c->result. */
enum answer value_normalise(struct self *self, struct column *c, struct mu_string *text);

void value_put(struct mu_builder *b, int64_t column, enum mu_data type, const struct value *value);

#endif
