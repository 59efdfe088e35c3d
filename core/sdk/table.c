/*
 * Reading and making batches of rows: see muster/table.h.
 *
 * What is made here is freed here: every release callback knows the memory of
 * its own struct alone, so that a column can be moved from batch to batch.
 * Numbers are read and written in the locale "C".  That is the one of muster's
 * threads; where a plugin has taken another one for itself, what comes out shows it,
 * and is made again.
 */
#include <assert.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <muster/table.h>

#define KEY_MEASURE "muster:measure"
#define KEY_FROM    "muster:from"

static const struct {
	const char *name, *format;
	size_t size; /* of a value; 0 for bits and text */
} types[] = {
	[MU_STRING] = { "string", "u", 0 },
	[MU_INTEGER] = { "integer", "l", sizeof(int64_t) },
	[MU_NUMBER] = { "number", "g", sizeof(double) },
	[MU_BOOLEAN] = { "boolean", "b", 0 },
	[MU_DATE] = { "date", "tdD", sizeof(int32_t) },
	[MU_PLACE] = { "place", "L", sizeof(uint64_t) },
};

const char *mu_data_name(enum mu_data type)
{
	assert(type >= MU_STRING && type <= MU_PLACE);
	return types[type].name;
}

enum mu_data mu_data_by_name(const char *name)
{
	int i;

	for (i = MU_STRING; i < MU_PLACE; i++)
		if (!strcmp(name, types[i].name))
			return (enum mu_data)i;
	return 0;
}

static void schema_release(struct ArrowSchema *schema)
{
	int64_t i;

	for (i = 0; i < schema->n_children; i++) {
		mu_schema_release(schema->children[i]);
		free(schema->children[i]);
	}
	free(schema->children);
	free((char *)schema->name);
	free((char *)schema->metadata);
	schema->release = NULL;
}

int mu_schema_init(struct ArrowSchema *out)
{
	char *name = calloc(1, 1);

	*out = (struct ArrowSchema){ .format = "+s", .name = name };
	if (!name)
		return ENOMEM;
	out->release = schema_release;
	return 0;
}

static void metadata_put(char **at, const void *bytes, size_t len)
{
	memcpy(*at, bytes, len);
	*at += len;
}

static void metadata_put_text(char **at, struct mu_string text)
{
	int32_t len = (int32_t)text.len;

	metadata_put(at, &len, sizeof len);
	metadata_put(at, text.data, text.len);
}

/* Arrow's metadata: the number of pairs, then each key and value behind its
 * length, all numbers int32 of this machine.  NULL when memory is out. */
static char *metadata_make(bool measure, struct mu_string from)
{
	int32_t count = measure + !!from.data;
	char *made = malloc(5 * sizeof count + strlen(KEY_MEASURE "true" KEY_FROM) + from.len);
	char *at = made;

	if (!made)
		return NULL;
	metadata_put(&at, &count, sizeof count);
	if (measure) {
		metadata_put_text(&at, mu_string(KEY_MEASURE));
		metadata_put_text(&at, mu_string("true"));
	}
	if (from.data) {
		metadata_put_text(&at, mu_string(KEY_FROM));
		metadata_put_text(&at, from);
	}
	return made;
}

static struct mu_string metadata_get_text(const char **at)
{
	struct mu_string text;
	int32_t len;

	memcpy(&len, *at, sizeof len);
	text = (struct mu_string){ *at + sizeof len, (size_t)len };
	*at = text.data + text.len;
	return text;
}

/* The value of a key; .data is NULL when there is none. */
static struct mu_string metadata_find(const char *metadata, const char *key)
{
	struct mu_string name, value;
	int32_t count;

	if (!metadata)
		return (struct mu_string){ NULL, 0 };
	memcpy(&count, metadata, sizeof count);
	for (metadata += sizeof count; count > 0; count--) {
		name = metadata_get_text(&metadata);
		value = metadata_get_text(&metadata);
		if (mu_string_is(name, key))
			return value;
	}
	return (struct mu_string){ NULL, 0 };
}

static int column_init(struct ArrowSchema *out, const char *name, enum mu_data type, bool measure,
		       struct mu_string from)
{
	char *own_name = strdup(name);
	char *metadata = NULL;

	if (own_name && (measure || from.data))
		metadata = metadata_make(measure, from);
	if (!own_name || (!metadata && (measure || from.data))) {
		free(own_name);
		return ENOMEM;
	}
	*out = (struct ArrowSchema){ .format = types[type].format,
				     .name = own_name,
				     .metadata = metadata,
				     .flags = type == MU_PLACE ? 0 : ARROW_FLAG_NULLABLE,
				     .release = schema_release };
	return 0;
}

static int schema_add(struct ArrowSchema *schema, const char *name, enum mu_data type, bool measure,
		      struct mu_string from)
{
	size_t n = (size_t)schema->n_children;
	struct ArrowSchema **children = realloc(schema->children, (n + 1) * sizeof *children);
	struct ArrowSchema *column;
	int err;

	if (!children)
		return ENOMEM;
	schema->children = children;
	column = malloc(sizeof *column);
	if (!column)
		return ENOMEM;
	if (from.data && mu_string_is(from, name))
		from.data = NULL;
	err = column_init(column, name, type, measure, from);
	if (err) {
		free(column);
		return err;
	}
	children[n] = column;
	schema->n_children++;
	return 0;
}

int mu_schema_add(struct ArrowSchema *schema, const char *name, enum mu_data type, bool measure,
		  const char *from)
{
	return schema_add(schema, name, type, measure,
			  from ? mu_string(from) : (struct mu_string){ NULL, 0 });
}

int mu_schema_add_copy(struct ArrowSchema *schema, const struct ArrowSchema *column,
		       const char *name)
{
	struct mu_string from = metadata_find(column->metadata, KEY_FROM);
	enum mu_data type = mu_schema_type(column);

	assert(type);
	return schema_add(schema, name ? name : column->name, type, mu_schema_measure(column),
			  from.data ? from : mu_string(column->name));
}

int mu_schema_add_hidden(struct ArrowSchema *schema)
{
	int err = mu_schema_add(schema, MU_AT, MU_PLACE, false, NULL);

	return err ? err : mu_schema_add(schema, MU_CLAIM, MU_STRING, false, NULL);
}

int mu_schema_copy(struct ArrowSchema *out, const struct ArrowSchema *in)
{
	int err = mu_schema_init(out);
	int64_t i;

	for (i = 0; !err && i < in->n_children; i++)
		err = mu_schema_add_copy(out, in->children[i], NULL);
	if (err)
		mu_schema_release(out);
	return err;
}

int64_t mu_schema_find(const struct ArrowSchema *schema, const char *name)
{
	int64_t i;

	for (i = 0; i < schema->n_children; i++)
		if (!strcmp(schema->children[i]->name, name))
			return i;
	return -1;
}

int64_t mu_schema_visible(const struct ArrowSchema *schema)
{
	int64_t i;

	for (i = 0; i < schema->n_children; i++)
		if (!strcmp(schema->children[i]->name, MU_AT) ||
		    !strcmp(schema->children[i]->name, MU_CLAIM))
			break;
	return i;
}

enum mu_data mu_schema_type(const struct ArrowSchema *column)
{
	int i;

	for (i = MU_STRING; i <= MU_PLACE; i++)
		if (!strcmp(column->format, types[i].format))
			return (enum mu_data)i;
	return 0;
}

bool mu_schema_measure(const struct ArrowSchema *column)
{
	return mu_string_is(metadata_find(column->metadata, KEY_MEASURE), "true");
}

bool mu_schema_from(const struct ArrowSchema *column, char *out, size_t size)
{
	struct mu_string from = metadata_find(column->metadata, KEY_FROM);

	if (!from.data)
		from = mu_string(column->name);
	if (from.len >= size)
		return false;
	memcpy(out, from.data, from.len);
	out[from.len] = '\0';
	return true;
}

struct mu_column mu_column(const struct ArrowSchema *schema, const struct ArrowArray *rows,
			   int64_t index)
{
	const struct ArrowArray *array;
	struct mu_column column;

	assert(index >= 0 && index < schema->n_children && index < rows->n_children);
	array = rows->children[index];
	column = (struct mu_column){ .type = mu_schema_type(schema->children[index]),
				     .offset = rows->offset + array->offset };
	if (!array->release || array->n_buffers < 2) /* moved away: no row may be read */
		return column;
	column.valid = array->null_count ? array->buffers[0] : NULL;
	column.values = array->buffers[1];
	if (array->dictionary) {
		column.words = array->dictionary->buffers[1];
		column.n_words = array->dictionary->length;
		column.texts = array->dictionary->buffers + 2;
	} else if (column.type == MU_STRING) {
		column.text = array->buffers[2] ? array->buffers[2] : "";
	}
	return column;
}

/* What is said of the nulls of a whole column holds for a batch that is a slice of
 * it too, when it is that there is nothing else. */
static bool all_null(const struct ArrowArray *array)
{
	return array->release && array->null_count >= 0 && array->null_count == array->length;
}

struct mu_rows mu_rows(const struct ArrowSchema *schema, const struct ArrowArray *rows)
{
	int64_t claim = mu_schema_find(schema, MU_CLAIM);

	return (struct mu_rows){ .at = mu_column_named(schema, rows, MU_AT),
				 .claim = mu_column(schema, rows, claim),
				 .no_claims = all_null(rows->children[claim]) };
}

/* Writes a number below hundred as two digits. */
static char *put_pair(char *at, uint64_t value)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";

	memcpy(at, pairs + 2 * value, 2);
	return at + 2;
}

static size_t count_digits(uint64_t value)
{
	size_t n = 1;

	for (; value >= 1000; value /= 1000)
		n += 3;
	return n + (value >= 10) + (value >= 100);
}

/* From the last digit to the first. */
static int format_whole(uint64_t value, char *space)
{
	size_t len = count_digits(value);
	char *at = space + len;

	for (; value >= 100; value /= 100) {
		at -= 2;
		put_pair(at, value % 100);
	}
	if (value >= 10)
		put_pair(at - 2, value);
	else
		at[-1] = (char)('0' + value);
	return (int)len;
}

static int format_integer(int64_t value, char *space)
{
	if (value >= 0)
		return format_whole((uint64_t)value, space);
	*space = '-';
	return 1 + format_whole(-(uint64_t)value, space + 1);
}

static locale_t locale_plain(void)
{
	/* There is one of this name already, so nothing is made. */
	return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* Fifteen digits always read back as what was written in so many; numbers too
 * small to have that many need fewer. */
static int format_shortest(double value, char space[MU_FORMAT_MAX])
{
	int digits = fpclassify(value) == FP_SUBNORMAL ? 1 : 15;
	int len;

	do
		len = snprintf(space, MU_FORMAT_MAX, "%.*g", digits, value);
	while (strtod(space, NULL) != value && digits++ < 17);
	return len;
}

static int format_digits(double value, char space[MU_FORMAT_MAX])
{
	int len = format_shortest(value, space);
	locale_t before;

	if (space[strspn(space, "-+.e0123456789")] == '\0')
		return len;
	before = uselocale(locale_plain());
	len = format_shortest(value, space);
	uselocale(before);
	return len;
}

static int format_number(double value, char space[MU_FORMAT_MAX])
{
	if (isnan(value))
		return snprintf(space, MU_FORMAT_MAX, "NaN");
	if (isinf(value))
		return snprintf(space, MU_FORMAT_MAX, value < 0 ? "-INF" : "INF");
	/* Up to fifteen digits are printed as they are; a 0 has its sign. */
	if (fabs(value) < 1e15 && value != 0 && (double)(int64_t)value == value)
		return format_integer((int64_t)value, space);
	return format_digits(value, space);
}

static int format_date(int32_t days, char space[MU_FORMAT_MAX])
{
	int year, month, day;
	char *at = space;

	mu_date_to_civil(days, &year, &month, &day);
	if (year < 0 || year > 9999)
		return snprintf(space, MU_FORMAT_MAX, "%04d-%02d-%02d", year, month, day);
	at = put_pair(at, (uint64_t)year / 100);
	at = put_pair(at, (uint64_t)year % 100);
	*at++ = '-';
	at = put_pair(at, (uint64_t)month);
	*at++ = '-';
	at = put_pair(at, (uint64_t)day);
	return (int)(at - space);
}

struct mu_string mu_format(const struct mu_column *c, int64_t row, char space[MU_FORMAT_MAX])
{
	int len = 0;

	if (mu_null(c, row))
		return (struct mu_string){ "", 0 };
	switch (c->type) {
	case MU_STRING:
		return mu_get_string(c, row);
	case MU_INTEGER:
		len = format_integer(mu_get_integer(c, row), space);
		break;
	case MU_NUMBER:
		len = format_number(mu_get_number(c, row), space);
		break;
	case MU_BOOLEAN:
		return mu_string(mu_get_boolean(c, row) ? "true" : "false");
	case MU_DATE:
		len = format_date(mu_get_date(c, row), space);
		break;
	case MU_PLACE:
		len = format_whole(mu_get_place(c, row), space);
		break;
	}
	return (struct mu_string){ space, (size_t)len };
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* How many digits stand at `from`. */
static size_t digits_at(struct mu_string text, size_t from)
{
	size_t i = from;

	while (i < text.len && is_digit(text.data[i]))
		i++;
	return i - from;
}

static bool char_at(struct mu_string text, size_t i, char c)
{
	return i < text.len && text.data[i] == c;
}

bool mu_parse_integer(struct mu_string text, int64_t *out)
{
	bool negative = char_at(text, 0, '-');
	int64_t value = 0;
	size_t i;

	if (text.len == negative)
		return false;
	for (i = negative; i < text.len; i++) {
		if (!is_digit(text.data[i]) || __builtin_mul_overflow(value, 10, &value))
			return false;
		/* Counted downwards, since there is one negative number more. */
		if (__builtin_sub_overflow(value, text.data[i] - '0', &value))
			return false;
	}
	if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
		return false;
	*out = value;
	return true;
}

/* -?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)? */
static bool is_number(struct mu_string text)
{
	size_t i = char_at(text, 0, '-');
	size_t n = digits_at(text, i);

	i += n;
	if (n && char_at(text, i, '.')) {
		n = digits_at(text, i + 1);
		i += 1 + n;
	}
	if (n && (char_at(text, i, 'e') || char_at(text, i, 'E'))) {
		i++;
		i += char_at(text, i, '-') || char_at(text, i, '+');
		n = digits_at(text, i);
		i += n;
	}
	return n && i == text.len;
}

/* Of a number's text: whether a digit before the exponent is not 0. */
static bool has_digit_but_zero(const char *text)
{
	return text[strspn(text, "-0.")] >= '1' && text[strspn(text, "-0.")] <= '9';
}

/* The digits of a number's text before its exponent, without zeros around them; how many. */
static size_t digits_of(const char *text, char *out)
{
	size_t n = 0;

	for (; *text && *text != 'e' && *text != 'E'; text++)
		if (is_digit(*text) && (n || *text != '0'))
			out[n++] = *text;
	while (n && out[n - 1] == '0')
		n--;
	return n;
}

/* Whether a number has the digits that it was written with.  Of up to 15 it always has; more
 * have to be those that it is written with in its turn.  Of 16 and 17 those past the 15th may
 * also be the noise of a double that spreadsheets and other programs print: 28.1 is
 * 28.100000000000001 there. */
static bool keeps_digits(const char *text, double value)
{
	char written[400], kept[400], space[MU_FORMAT_MAX];
	size_t n = digits_of(text, written), n_kept;

	if (n <= 15 && fpclassify(value) != FP_SUBNORMAL)
		return true;
	space[format_number(value, space)] = '\0';
	n_kept = digits_of(space, kept);
	if (n_kept == n && !memcmp(written, kept, n))
		return true;
	if (n > 17 || fabs(value) >= 1e15)
		return false;
	snprintf(kept, sizeof kept, "%.*e", (int)n - 1, fabs(value));
	return n_kept <= 15 || (kept[0] == written[0] && !memcmp(kept + 2, written + 1, n - 1));
}

bool mu_is_number(struct mu_string text)
{
	return is_number(text);
}

/* Digits with or without a point, as most numbers are: a whole number and a power of ten that
 * doubles hold exactly, so that their quotient is the nearest one.  False for others. */
static bool parse_short(struct mu_string text, double *out)
{
	static const double powers[] = { 1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
					 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
	size_t i = char_at(text, 0, '-'), point = text.len;
	int64_t digits = 0;
	double value;

	if (text.len == i || text.len > 15 || !is_digit(text.data[i]) ||
	    !is_digit(text.data[text.len - 1]))
		return false;
	for (; i < text.len; i++) {
		if (is_digit(text.data[i]))
			digits = 10 * digits + (text.data[i] - '0');
		else if (text.data[i] == '.' && point == text.len)
			point = i;
		else
			return false;
	}
	value = (double)digits / powers[point < text.len ? text.len - 1 - point : 0];
	*out = *text.data == '-' ? -value : value;
	return true;
}

/* The double that is nearest to a number, whose text goes to `ended`; false: it is none, or
 * longer than any that is read. */
static bool nearest(struct mu_string text, char ended[400], double *value)
{
	char *end;

	if (text.len >= 400 || !is_number(text))
		return false;
	memcpy(ended, text.data, text.len);
	ended[text.len] = '\0';
	*value = strtod(ended, &end);
	if (*end)
		*value = strtod_l(ended, NULL, locale_plain());
	return true;
}

const char *mu_number_loss(struct mu_string text)
{
	char ended[400];
	double value;
	int64_t whole;

	if (!nearest(text, ended, &value) || isinf(value) || keeps_digits(ended, value))
		return NULL;
	return mu_parse_integer(text, &whole)
		       ? "has digits that a number would lose; as integer or text it keeps them"
		       : "has digits that a number would lose; as text it keeps them";
}

bool mu_parse_number(struct mu_string text, double *out)
{
	char ended[400];
	double value;

	if (parse_short(text, out))
		return true;
	if (!nearest(text, ended, &value))
		return false;
	/* Too large for a double, or so small that nothing would be left. */
	if (isinf(value) || (value == 0 && has_digit_but_zero(ended)) ||
	    !keeps_digits(ended, value))
		return false;
	*out = value;
	return true;
}

/* What Table Schema reads as a boolean unless told otherwise. */
bool mu_parse_boolean(struct mu_string text, bool *out)
{
	static const char *const words[] = { "true",  "True",  "TRUE",  "1",
					     "false", "False", "FALSE", "0" };
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++) {
		if (mu_string_is(text, words[i])) {
			*out = i < 4;
			return true;
		}
	}
	return false;
}

static int number_of_digits(const char *digits, size_t n)
{
	int value = 0;

	for (; n; n--)
		value = value * 10 + (*digits++ - '0');
	return value;
}

bool mu_parse_date(struct mu_string text, int32_t *out)
{
	if (text.len != 10 || digits_at(text, 0) != 4 || digits_at(text, 5) != 2 ||
	    digits_at(text, 8) != 2 || text.data[4] != '-' || text.data[7] != '-')
		return false;
	return mu_date_from_civil(number_of_digits(text.data, 4),
				  number_of_digits(text.data + 5, 2),
				  number_of_digits(text.data + 8, 2), out);
}

int mu_today(int32_t *days)
{
	const char *said = secure_getenv("SOURCE_DATE_EPOCH");
	int64_t seconds = (int64_t)time(NULL);

	if (said && (!mu_parse_integer(mu_string(said), &seconds) || seconds < 0 ||
		     seconds / 86400 > INT32_MAX - 1))
		return EINVAL;
	*days = (int32_t)(seconds / 86400);
	return 0;
}

/* Years begin in March here, so that the odd day comes last, and 400 of them,
 * an era, always have 146097 days. */
bool mu_date_from_civil(int year, int month, int day, int32_t *out)
{
	int y, era, of_era, of_year, back_year, back_month, back_day;
	int32_t days;

	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	y = year - (month <= 2);
	era = y / 400;
	of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	of_era = y % 400 * 365 + y % 400 / 4 - y % 400 / 100 + of_year;
	days = era * 146097 + of_era - 719468;
	mu_date_to_civil(days, &back_year, &back_month, &back_day);
	if (back_day != day) /* 30 February */
		return false;
	*out = days;
	return true;
}

void mu_date_to_civil(int32_t days, int *year, int *month, int *day)
{
	int64_t z = (int64_t)days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int of_era = (int)(z - era * 146097);
	int y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = of_era - (365 * y + y / 4 - y / 100);
	int m = (5 * of_year + 2) / 153;

	*day = of_year - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = (int)(y + era * 400) + (*month <= 2);
}

/* Whether n bytes are one character that is white space. */
static bool is_space(const char *text, size_t n)
{
	const unsigned char *c = (const unsigned char *)text;

	if (n == 1)
		return (*c >= '\t' && *c <= '\r') || *c == ' ';
	if (n == 2)
		return c[0] == 0xc2 && (c[1] == 0x85 || c[1] == 0xa0);
	switch (c[0] << 16 | c[1] << 8 | c[2]) {
	case 0xe19a80: /* U+1680 */
	case 0xe280a8: /* U+2028 */
	case 0xe280a9: /* U+2029 */
	case 0xe280af: /* U+202F */
	case 0xe2819f: /* U+205F */
	case 0xe38080: /* U+3000 */
		return true;
	}
	return c[0] == 0xe2 && c[1] == 0x80 && c[2] >= 0x80 && c[2] <= 0x8a; /* U+2000 to 200A */
}

/* Whether a byte is a character, and not white space. */
static bool is_solid(char c)
{
	return c > ' ' && c <= '~';
}

struct mu_string mu_trim(struct mu_string text)
{
	size_t n = 1;

	if (text.len && is_solid(text.data[0]) && is_solid(text.data[text.len - 1]))
		return text;
	while (n <= 3 && n <= text.len) {
		if (is_space(text.data, n)) {
			text = (struct mu_string){ text.data + n, text.len - n };
			n = 0;
		}
		n++;
	}
	n = 1;
	while (n <= 3 && n <= text.len) {
		if (is_space(text.data + text.len - n, n)) {
			text.len -= n;
			n = 0;
		}
		n++;
	}
	return text;
}

struct mu_builder_column {
	enum mu_data type;
	bool put;     /* in the row at hand */
	int64_t room; /* rows that valid and values have room for */
	int64_t nulls;
	uint8_t *valid;
	void *values;
	char *text;
	size_t text_len, text_room;
};

int mu_builder_init(struct mu_builder *b, const struct ArrowSchema *schema)
{
	size_t n = (size_t)schema->n_children;
	int64_t i;

	*b = (struct mu_builder){ .columns = calloc(n ? n : 1, sizeof *b->columns) };
	if (!b->columns)
		return ENOMEM;
	b->n_columns = schema->n_children;
	for (i = 0; i < b->n_columns; i++) {
		b->columns[i].type = mu_schema_type(schema->children[i]);
		assert(b->columns[i].type);
	}
	return 0;
}

/* Frees what is left of the rows and starts anew. */
static void builder_clear(struct mu_builder *b)
{
	struct mu_builder_column *c;

	for (c = b->columns; c && c < b->columns + b->n_columns; c++) {
		free(c->valid);
		free(c->values);
		free(c->text);
		*c = (struct mu_builder_column){ .type = c->type };
	}
	b->rows = 0;
	b->err = 0;
}

void mu_builder_release(struct mu_builder *b)
{
	builder_clear(b);
	free(b->columns);
	*b = (struct mu_builder){ .columns = NULL };
}

/* Bytes that values of so many rows take. */
static size_t values_size(enum mu_data type, int64_t rows)
{
	if (type == MU_STRING)
		return ((size_t)rows + 1) * sizeof(int32_t);
	if (type == MU_BOOLEAN)
		return (size_t)rows / 8;
	return (size_t)rows * types[type].size;
}

/* Twice the room for rows; what is new is zero. */
static int column_grow(struct mu_builder_column *c)
{
	int64_t room = c->room ? c->room * 2 : 64; /* stays a multiple of 8 */
	size_t had = c->values ? values_size(c->type, c->room) : 0;
	uint8_t *valid = realloc(c->valid, (size_t)room / 8);
	char *values;

	if (!valid)
		return ENOMEM;
	c->valid = valid;
	values = realloc(c->values, values_size(c->type, room));
	if (!values)
		return ENOMEM;
	c->values = values;
	memset(valid + c->room / 8, 0, (size_t)(room - c->room) / 8);
	memset(values + had, 0, values_size(c->type, room) - had);
	c->room = room;
	return 0;
}

/* Room for a value of the row at hand, which is marked as not null; NULL after
 * an error. */
static struct mu_builder_column *cell_begin(struct mu_builder *b, int64_t column, enum mu_data type)
{
	struct mu_builder_column *c;

	assert(column >= 0 && column < b->n_columns);
	c = &b->columns[column];
	assert(c->type == type);
	if (!b->err && b->rows == c->room)
		b->err = column_grow(c);
	if (b->err)
		return NULL;
	assert(!c->put);
	c->put = true;
	c->valid[b->rows >> 3] |= (uint8_t)(1u << (b->rows & 7));
	return c;
}

static int text_append(struct mu_builder_column *c, struct mu_string value)
{
	size_t room = c->text_room ? c->text_room : 256;
	char *text;

	if (value.len > INT32_MAX - c->text_len)
		return EOVERFLOW;
	while (room < c->text_len + value.len)
		room *= 2;
	if (room != c->text_room) {
		text = realloc(c->text, room);
		if (!text)
			return ENOMEM;
		c->text = text;
		c->text_room = room;
	}
	if (value.len)
		memcpy(c->text + c->text_len, value.data, value.len);
	c->text_len += value.len;
	return 0;
}

void mu_put_string(struct mu_builder *b, int64_t column, struct mu_string value)
{
	struct mu_builder_column *c = cell_begin(b, column, MU_STRING);

	if (!c)
		return;
	b->err = text_append(c, value);
	((int32_t *)c->values)[b->rows + 1] = (int32_t)c->text_len;
}

void mu_put_integer(struct mu_builder *b, int64_t column, int64_t value)
{
	struct mu_builder_column *c = cell_begin(b, column, MU_INTEGER);

	if (c)
		((int64_t *)c->values)[b->rows] = value;
}

void mu_put_number(struct mu_builder *b, int64_t column, double value)
{
	struct mu_builder_column *c = cell_begin(b, column, MU_NUMBER);

	if (c)
		((double *)c->values)[b->rows] = value;
}

void mu_put_boolean(struct mu_builder *b, int64_t column, bool value)
{
	struct mu_builder_column *c = cell_begin(b, column, MU_BOOLEAN);

	if (c && value)
		((uint8_t *)c->values)[b->rows >> 3] |= (uint8_t)(1u << (b->rows & 7));
}

void mu_put_date(struct mu_builder *b, int64_t column, int32_t value)
{
	struct mu_builder_column *c = cell_begin(b, column, MU_DATE);

	if (c)
		((int32_t *)c->values)[b->rows] = value;
}

void mu_put_place(struct mu_builder *b, int64_t column, uint64_t value)
{
	struct mu_builder_column *c = cell_begin(b, column, MU_PLACE);

	if (c)
		((uint64_t *)c->values)[b->rows] = value;
}

void mu_put_value(struct mu_builder *b, int64_t column, const struct mu_column *from, int64_t row)
{
	if (mu_null(from, row))
		return;
	switch (from->type) {
	case MU_STRING:
		mu_put_string(b, column, mu_get_string(from, row));
		break;
	case MU_INTEGER:
		mu_put_integer(b, column, mu_get_integer(from, row));
		break;
	case MU_NUMBER:
		mu_put_number(b, column, mu_get_number(from, row));
		break;
	case MU_BOOLEAN:
		mu_put_boolean(b, column, mu_get_boolean(from, row));
		break;
	case MU_DATE:
		mu_put_date(b, column, mu_get_date(from, row));
		break;
	case MU_PLACE:
		mu_put_place(b, column, mu_get_place(from, row));
		break;
	}
}

void mu_end_row(struct mu_builder *b)
{
	struct mu_builder_column *c;

	for (c = b->columns; !b->err && c < b->columns + b->n_columns; c++) {
		if (c->put) {
			c->put = false;
			continue;
		}
		if (b->rows == c->room)
			b->err = column_grow(c);
		if (!b->err && c->type == MU_STRING)
			((int32_t *)c->values)[b->rows + 1] = (int32_t)c->text_len;
		c->nulls++;
	}
	if (!b->err)
		b->rows++;
}

void mu_end_row_at(struct mu_builder *b, uint64_t at, const char *claim)
{
	assert(b->n_columns >= 2);
	mu_put_place(b, b->n_columns - 2, at);
	if (claim)
		mu_put_string(b, b->n_columns - 1, mu_string(claim));
	mu_end_row(b);
}

static void column_release(struct ArrowArray *array)
{
	int64_t i;

	for (i = 0; i < array->n_buffers; i++)
		free((void *)array->buffers[i]);
	free(array->buffers);
	array->release = NULL;
}

/* Hands the buffers of a column over. */
static int column_finish(struct mu_builder_column *c, int64_t rows, struct ArrowArray *out)
{
	bool text = c->type == MU_STRING;
	const void **buffers = calloc(3, sizeof *buffers);

	if (!buffers)
		return ENOMEM;
	*out = (struct ArrowArray){ .length = rows,
				    .null_count = c->nulls,
				    .n_buffers = text ? 3 : 2,
				    .buffers = buffers,
				    .release = column_release };
	buffers[1] = c->values;
	buffers[2] = c->text;
	if (c->nulls)
		buffers[0] = c->valid;
	else
		free(c->valid);
	*c = (struct mu_builder_column){ .type = c->type };
	return 0;
}

int mu_builder_finish(struct mu_builder *b, struct ArrowArray *out)
{
	*out = (struct ArrowArray){ .release = NULL };
	return b->err || b->rows ? mu_builder_finish_batch(b, out) : 0;
}

int mu_builder_finish_batch(struct mu_builder *b, struct ArrowArray *out)
{
	int err = b->err;
	int64_t i;

	*out = (struct ArrowArray){ .release = NULL };
	if (!err)
		err = mu_batch_init(out, b->n_columns, b->rows);
	for (i = 0; !err && i < b->n_columns; i++)
		err = column_finish(&b->columns[i], b->rows, out->children[i]);
	if (err)
		mu_array_release(out);
	builder_clear(b);
	return err;
}

/* What a batch owns besides its columns. */
struct frame {
	const void *buffers[1]; /* no bitmap: no row as a whole is null */
	struct ArrowArray **children;
	struct ArrowArray columns[];
};

static void batch_release(struct ArrowArray *batch)
{
	struct frame *frame = batch->private_data;
	int64_t i;

	for (i = 0; i < batch->n_children; i++)
		mu_array_release(batch->children[i]);
	free(frame->children);
	free(frame);
	batch->release = NULL;
}

int mu_batch_init(struct ArrowArray *out, int64_t n_columns, int64_t rows)
{
	size_t n = (size_t)n_columns;
	struct frame *frame = calloc(1, sizeof *frame + n * sizeof *frame->columns);
	size_t i;

	*out = (struct ArrowArray){ .release = NULL };
	if (frame)
		frame->children = calloc(n ? n : 1, sizeof(struct ArrowArray *));
	if (!frame || !frame->children) {
		free(frame);
		return ENOMEM;
	}
	for (i = 0; i < n; i++)
		frame->children[i] = &frame->columns[i];
	*out = (struct ArrowArray){ .length = rows,
				    .n_buffers = 1,
				    .n_children = n_columns,
				    .buffers = frame->buffers,
				    .children = frame->children,
				    .release = batch_release,
				    .private_data = frame };
	return 0;
}

void mu_batch_move(struct ArrowArray *to, int64_t i, struct ArrowArray *from, int64_t j)
{
	struct ArrowArray *column = to->children[i];

	assert(i < to->n_children && j < from->n_children && to->length == from->length);
	mu_array_release(column);
	*column = *from->children[j];
	*from->children[j] = (struct ArrowArray){ .release = NULL };
	/* A batch that is a slice is one by its own offset, which stays behind. */
	if (from->offset != to->offset || column->length != to->offset + to->length) {
		column->offset += from->offset - to->offset;
		column->length = to->offset + to->length;
		column->null_count = -1;
	}
}

void mu_copy_row(struct mu_builder *b, const struct mu_column *columns, int64_t row)
{
	int64_t i;

	for (i = 0; i < b->n_columns; i++)
		mu_put_value(b, i, &columns[i], row);
	mu_end_row(b);
}
