/*
 * Reading and making batches of rows.
 *
 * A schema is an ArrowSchema of format "+s" whose children are the columns, a
 * batch an ArrowArray of the same shape.  Columns are of six types, enum
 * mu_data; a column may say in its metadata that it is a measure and under
 * which name its parser knew it, and copies of it keep saying so.
 *
 * Read a batch a column at a time: mu_column() once a batch, then the getters,
 * which check nothing, for each row.  Make one with a mu_builder, row by row;
 * errors (no memory, a batch too large) wait until mu_builder_finish().
 *
 * All of this is linked into each plugin by itself: nothing here is shared
 * between binaries but Arrow's structs.
 */
#ifndef MUSTER_TABLE_H
#define MUSTER_TABLE_H

#include <string.h>

#include <muster/plugin.h>

#define MU_AT    "_at"
#define MU_CLAIM "_claim"

/* What a column holds, and the C type of one value. */
enum mu_data {
	MU_STRING = 1, /* struct mu_string, UTF-8 */
	MU_INTEGER,    /* int64_t */
	MU_NUMBER,     /* double */
	MU_BOOLEAN,    /* bool */
	MU_DATE,       /* int32_t, days since 1970-01-01 */
	MU_PLACE,      /* uint64_t, the column _at */
};

/* A text, borrowed from whoever gave it. */
struct mu_string {
	const char *data; /* not ended by a zero byte */
	size_t len;
};

/* A text that is ended by a zero byte, as one with its length. */
static inline struct mu_string mu_string(const char *text)
{
	return (struct mu_string){ text, strlen(text) };
}

/* Whether it is that text, byte for byte; `text` is ended by a zero byte. */
static inline bool mu_string_is(struct mu_string s, const char *text)
{
	return s.len == strlen(text) && !memcmp(s.data, text, s.len);
}

/* Table Schema's name of a type: "string", "integer", "number", "boolean", "date". */
const char *mu_data_name(enum mu_data type);

/* The type that Table Schema calls so; 0 for a name that is none. */
enum mu_data mu_data_by_name(const char *name);

/* A schema without columns.  0 or ENOMEM, as all that follow. */
int mu_schema_init(struct ArrowSchema *out);

/* Adds a column at the end.  `from` is the parser's name of it when that is
 * another one, else NULL. */
int mu_schema_add(struct ArrowSchema *schema, const char *name, enum mu_data type,
		  bool measure, const char *from);

/* Adds a copy of a column, under another name unless `name` is NULL. */
int mu_schema_add_copy(struct ArrowSchema *schema, const struct ArrowSchema *column,
		       const char *name);

/* Adds _at and _claim; call it last. */
int mu_schema_add_hidden(struct ArrowSchema *schema);

/* A copy of a schema, to be released by the caller. */
int mu_schema_copy(struct ArrowSchema *out, const struct ArrowSchema *in);

/* The index of a column by name, or -1. */
int64_t mu_schema_find(const struct ArrowSchema *schema, const char *name);

/* How many columns are not hidden: they are the first ones. */
int64_t mu_schema_visible(const struct ArrowSchema *schema);

/* The index in ctx->schema of the visible column that an option names; `option` is the
 * member that has the name.  EINVAL when there is none: then mu_invalid() has been told
 * which columns there are, and which of them was probably meant. */
int mu_option_column(struct mu_ctx *ctx, const char *const *option, int64_t *index);

/* Says so of an option that names none of `names`, a NULL-ended array; EINVAL. */
int mu_no_column(struct mu_ctx *ctx, const char *const *option, const char *const *names);

/* The candidate that was probably meant by `name`: at most a third of its letters away
 * (optimal string alignment distance), else the only one that begins with it.  NULL when
 * there is none.  `candidates` is a NULL-ended array. */
const char *mu_nearest(const char *name, const char *const *candidates);

/* The type of a column; 0 when it is none of ours. */
enum mu_data mu_schema_type(const struct ArrowSchema *column);

/* Whether a column is a measure. */
bool mu_schema_measure(const struct ArrowSchema *column);

/* The parser's name for a column, which is the column's own when nothing else is said.  False
 * when it did not fit in `size` bytes, ended by a zero byte. */
bool mu_schema_from(const struct ArrowSchema *column, char *out, size_t size);

/* An element of Arrow's utf8_view: up to 12 bytes stand in it; of a longer text it
 * has the first four, and where all of it is. */
struct mu_view {
	int32_t len;
	union {
		char bytes[12];
		struct {
			char prefix[4];
			int32_t buffer, offset;
		} at;
	};
};

/* A column of one batch, borrowed until that is released.
 *
 * Text that is dictionary-encoded has `words`, and `values` are int32 codes into
 * them.  Who looks at every value of such a column can look at each word once
 * instead, and at rows by mu_get_code(). */
struct mu_column {
	enum mu_data type;
	int64_t offset;
	const uint8_t *valid; /* bitmap; NULL when nothing is null */
	const void *values;
	const char *text; /* of plain text */
	const struct mu_view *words; /* NULL: not dictionary-encoded */
	int64_t n_words;
	const void *const *texts; /* buffers of the words */
};

/* Column `index` of a batch; `index` must be that of a column of `schema`. */
struct mu_column mu_column(const struct ArrowSchema *schema, const struct ArrowArray *rows,
			   int64_t index);

/* The column called `name`, which must exist. */
static inline struct mu_column mu_column_named(const struct ArrowSchema *schema,
					       const struct ArrowArray *rows, const char *name)
{
	return mu_column(schema, rows, mu_schema_find(schema, name));
}

/* Whether bit `i` of a bitmap is set; bits are counted from the lowest of the first byte. */
static inline bool mu_bit(const void *bits, int64_t i)
{
	return ((const uint8_t *)bits)[i >> 3] >> (i & 7) & 1;
}

/* Whether there is no value in a row of the batch. */
static inline bool mu_null(const struct mu_column *c, int64_t row)
{
	return c->valid && !mu_bit(c->valid, c->offset + row);
}

/* The value in a row, of a column of MU_INTEGER.  As for all getters the row is one of the
 * batch, and not null. */
static inline int64_t mu_get_integer(const struct mu_column *c, int64_t row)
{
	return ((const int64_t *)c->values)[c->offset + row];
}

/* The same of MU_NUMBER. */
static inline double mu_get_number(const struct mu_column *c, int64_t row)
{
	return ((const double *)c->values)[c->offset + row];
}

/* The same of MU_BOOLEAN. */
static inline bool mu_get_boolean(const struct mu_column *c, int64_t row)
{
	return mu_bit(c->values, c->offset + row);
}

/* The same of MU_DATE: days since 1970-01-01. */
static inline int32_t mu_get_date(const struct mu_column *c, int64_t row)
{
	return ((const int32_t *)c->values)[c->offset + row];
}

/* The same of MU_PLACE. */
static inline uint64_t mu_get_place(const struct mu_column *c, int64_t row)
{
	return ((const uint64_t *)c->values)[c->offset + row];
}

/* Of a dictionary-encoded column: the code of a row's word, from 0 to n_words - 1. */
static inline int32_t mu_get_code(const struct mu_column *c, int64_t row)
{
	return ((const int32_t *)c->values)[c->offset + row];
}

/* Of a dictionary-encoded column: the word that a code means.  Lives as long as the batch. */
static inline struct mu_string mu_word(const struct mu_column *c, int64_t code)
{
	const struct mu_view *v = &c->words[code];

	if (v->len <= (int32_t)sizeof v->bytes)
		return (struct mu_string){ v->bytes, (size_t)v->len };
	return (struct mu_string){ (const char *)c->texts[v->at.buffer] + v->at.offset,
				   (size_t)v->len };
}

/* The same of MU_STRING, dictionary-encoded or not.  Lives as long as the batch. */
static inline struct mu_string mu_get_string(const struct mu_column *c, int64_t row)
{
	const int32_t *offsets = (const int32_t *)c->values + c->offset + row;

	if (c->words)
		return mu_word(c, *offsets);
	return (struct mu_string){ c->text + offsets[0], (size_t)(offsets[1] - offsets[0]) };
}

/* The hidden columns of a batch, and what they say of a row. */
struct mu_rows {
	struct mu_column at, claim;
	bool no_claims; /* not one row is a claim */
};

/* The hidden columns of a batch, whose schema has them.  Borrowed until it is released. */
struct mu_rows mu_rows(const struct ArrowSchema *schema, const struct ArrowArray *rows);

/* The place of a row. */
static inline uint64_t mu_row_at(const struct mu_rows *r, int64_t row)
{
	return mu_get_place(&r->at, row);
}

/* Whether a row is a claim; `claim` then has the name of its level. */
static inline bool mu_row_is_claim(const struct mu_rows *r, int64_t row)
{
	return !r->no_claims && !mu_null(&r->claim, row);
}

/* Whether the runner has marked a row as rejected. */
static inline bool mu_row_is_rejected(const struct mu_rows *r, int64_t row)
{
	return mu_get_place(&r->at, row) & MU_AT_REJECTED;
}

/* The bytes that mu_format() needs for what is no text. */
#define MU_FORMAT_MAX 32

/* A value as text: integers in digits, numbers in the fewest digits that read
 * back as the same, dates as 2023-11-24, true and false; a null gives a length
 * of 0.  Points into the batch or into `space`. */
struct mu_string mu_format(const struct mu_column *c, int64_t row, char space[MU_FORMAT_MAX]);

/* Whether all of a text is an integer that fits 64 bits.  As with all that parse here: no
 * surrounding space, no leading '+', no separators; `out` is set only when it is one. */
bool mu_parse_integer(struct mu_string text, int64_t *out);

/* Whether all of a text is a number.  It keeps all its digits, but for those past the 15th that
 * are the noise of a double (28.100000000000001): 9007199254740993, 0.12345678901234567 and
 * 1e400 are none. */
bool mu_parse_number(struct mu_string text, double *out);

/* Whether a text has the form of a number, whatever its size. */
bool mu_is_number(struct mu_string text);

/* Of a text that is a number, and none that mu_parse_number() gives because it would not have
 * all its digits: words for behind it in a message, with what keeps them.  NULL: of any other. */
const char *mu_number_loss(struct mu_string text);

/* Whether a byte stands in a character of UTF-8 behind its first. */
static inline bool mu_is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* How a noun ends behind a number of things, in a message: "%zu row%s". */
static inline const char *mu_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* Whether all of a text is "true" or "false". */
bool mu_parse_boolean(struct mu_string text, bool *out);

/* Whether all of a text is a date that exists, YYYY-MM-DD (ISO 8601); `out` is in days since
 * 1970-01-01. */
bool mu_parse_date(struct mu_string text, int32_t *out);

/* The day of today (UTC) in days since 1970-01-01, or the one that the environment's
 * SOURCE_DATE_EPOCH says, in seconds since then.  EINVAL when that says something else; muster
 * begins no run then. */
int mu_today(int32_t *days);

/* Days since 1970-01-01 of a day of the Gregorian calendar, years 1 to 9999; false when there is
 * no such day.  (Algorithm: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".) */
bool mu_date_from_civil(int year, int month, int day, int32_t *out);

/* The day of the Gregorian calendar that is so many days from 1970-01-01 (source as above). */
void mu_date_to_civil(int32_t days, int *year, int *month, int *day);

/* The text without white space around it: Unicode's White_Space, so no-break
 * spaces too. */
struct mu_string mu_trim(struct mu_string text);

/* A batch in the making.  Zeroed is a valid empty state for release. */
struct mu_builder {
	int64_t n_columns, rows;
	struct mu_builder_column *columns;
	int err; /* the first thing that went wrong */
};

/* Begins to make rows of a schema, which is only read during the call.  0, or ENOMEM. */
int mu_builder_init(struct mu_builder *b, const struct ArrowSchema *schema);

/* Frees what is in it, also when it is empty or half made. */
void mu_builder_release(struct mu_builder *b);

/* Puts a text in a column of MU_STRING, which is copied.  As with all that put a value: into the
 * row at hand, at most once for each column; what goes wrong is kept in `err`. */
void mu_put_string(struct mu_builder *b, int64_t column, struct mu_string value);

/* The same of MU_INTEGER. */
void mu_put_integer(struct mu_builder *b, int64_t column, int64_t value);

/* The same of MU_NUMBER. */
void mu_put_number(struct mu_builder *b, int64_t column, double value);

/* The same of MU_BOOLEAN. */
void mu_put_boolean(struct mu_builder *b, int64_t column, bool value);

/* The same of MU_DATE: days since 1970-01-01. */
void mu_put_date(struct mu_builder *b, int64_t column, int32_t value);

/* The same of MU_PLACE. */
void mu_put_place(struct mu_builder *b, int64_t column, uint64_t value);

/* Copies the value in a row of another column of the same type; null stays null. */
void mu_put_value(struct mu_builder *b, int64_t column, const struct mu_column *from, int64_t row);

/* Ends the row; what was not put is null. */
void mu_end_row(struct mu_builder *b);

/* Ends a row of a schema with hidden columns: a place, and the name of a claim
 * or NULL. */
void mu_end_row_at(struct mu_builder *b, uint64_t at, const char *claim);

/* Hands over what was built and starts anew; with no rows `out` stays released,
 * as at the end of rows.  0, ENOMEM, or EOVERFLOW past 2 GiB of text. */
int mu_builder_finish(struct mu_builder *b, struct ArrowArray *out);

/* Likewise, but without rows it is a batch of none: for a transform that owes one. */
int mu_builder_finish_batch(struct mu_builder *b, struct ArrowArray *out);

/* An empty frame of n columns and some rows, to move columns into. */
int mu_batch_init(struct ArrowArray *out, int64_t n_columns, int64_t rows);

/* Moves column j of one batch to place i of another.  Not a copy: column j of
 * `from` is released afterwards. */
void mu_batch_move(struct ArrowArray *to, int64_t i, struct ArrowArray *from, int64_t j);

/* Adds to `b`, made for `schema`, row `row` of `rows`, which has that schema.
 * `columns` is an array of mu_column, one for each. */
void mu_copy_row(struct mu_builder *b, const struct mu_column *columns, int64_t row);

/* Gives an array back, unless that has happened. */
static inline void mu_array_release(struct ArrowArray *a)
{
	if (a->release)
		a->release(a);
}

/* Gives a schema back, unless that has happened. */
static inline void mu_schema_release(struct ArrowSchema *s)
{
	if (s->release)
		s->release(s);
}

#endif
