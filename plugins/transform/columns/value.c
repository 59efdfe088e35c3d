#include "columns.h"

#include <stdio.h>
#include <stdlib.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "text/language.h"

struct value value_get(const struct mu_column *cells, int64_t row)
{
	struct value value = { .known = !mu_null(cells, row) };

	if (!value.known)
		return value;
	switch (cells->type) {
	case MU_STRING:
		value.as.text = mu_get_string(cells, row);
		break;
	case MU_INTEGER:
		value.as.integer = mu_get_integer(cells, row);
		break;
	case MU_NUMBER:
		value.as.number = mu_get_number(cells, row);
		break;
	case MU_BOOLEAN:
		value.as.boolean = mu_get_boolean(cells, row);
		break;
	case MU_DATE:
		value.as.date = mu_get_date(cells, row);
		break;
	case MU_PLACE:
		value.known = false;
		break;
	}
	return value;
}

void value_put(struct mu_builder *b, int64_t column, enum mu_data type, const struct value *value)
{
	if (!value->known)
		return;
	switch (type) {
	case MU_STRING:
		mu_put_string(b, column, value->as.text);
		break;
	case MU_INTEGER:
		mu_put_integer(b, column, value->as.integer);
		break;
	case MU_NUMBER:
		mu_put_number(b, column, value->as.number);
		break;
	case MU_BOOLEAN:
		mu_put_boolean(b, column, value->as.boolean);
		break;
	case MU_DATE:
		mu_put_date(b, column, value->as.date);
		break;
	case MU_PLACE:
		break;
	}
}

/* A column of one cell lends mu_format() the value. */
struct mu_string value_text(enum mu_data type, const struct value *value, char space[MU_FORMAT_MAX])
{
	uint8_t bit = type == MU_BOOLEAN && value->as.boolean;
	struct mu_column cell = { .type = type, .values = &value->as };

	if (type == MU_STRING)
		return value->as.text;
	if (type == MU_BOOLEAN)
		cell.values = &bit;
	return mu_format(&cell, 0, space);
}

static enum answer answer_of(enum language_answer answer)
{
	return answer == LANGUAGE_OK         ? VALUE_OK
	       : answer == LANGUAGE_OVERFLOW ? VALUE_OVERFLOW
	       : answer == LANGUAGE_LOSES    ? VALUE_LOSES
					     : VALUE_NOT;
}

static bool all_digits(struct mu_string text)
{
	size_t i = text.len && *text.data == '-';

	if (i == text.len)
		return false;
	for (; i < text.len; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return true;
}

static enum answer integer_parse(struct language *writes, struct mu_string text, int64_t *out)
{
	enum language_answer answer;

	if (!writes)
		return mu_parse_integer(text, out) ? VALUE_OK
		       : all_digits(text)          ? VALUE_OVERFLOW
						   : VALUE_NOT;
	answer = language_integer(writes, text, out);
	return answer_of(answer == LANGUAGE_NOT ? language_words(writes, text, out) : answer);
}

enum answer value_parse(const struct cast *cast, enum mu_data type, struct mu_string text,
			struct value *out)
{
	struct language *writes = cast ? cast->writes : NULL;
	bool ok = true;

	out->known = true;
	switch (type) {
	case MU_INTEGER:
		return integer_parse(writes, text, &out->as.integer);
	case MU_NUMBER:
		if (writes)
			return answer_of(language_number(writes, text, &out->as.number));
		ok = mu_parse_number(text, &out->as.number);
		break;
	case MU_BOOLEAN:
		ok = mu_parse_boolean(text, &out->as.boolean);
		break;
	case MU_DATE:
		if (writes)
			return answer_of(language_date(writes, cast->format, text, &out->as.date));
		ok = mu_parse_date(text, &out->as.date);
		break;
	default:
		out->as.text = text;
	}
	return ok ? VALUE_OK : VALUE_NOT;
}

bool value_castable(enum mu_data from, enum mu_data to)
{
	return from == to || from == MU_STRING || to == MU_STRING ||
	       (from == MU_INTEGER && to == MU_NUMBER) || (from == MU_NUMBER && to == MU_INTEGER);
}

/* A double has 53 bits: no integer is changed in silence. */
static enum answer number_of(int64_t integer, double *out)
{
	*out = (double)integer;
	return integer <= (1LL << 53) && integer >= -(1LL << 53) ? VALUE_OK : VALUE_OVERFLOW;
}

static enum answer integer_of(double number, int64_t *out)
{
	if (!(number >= -9223372036854775808.0 && number < 9223372036854775808.0))
		return number - number == 0 ? VALUE_OVERFLOW : VALUE_NOT;
	*out = (int64_t)number;
	return (double)*out == number ? VALUE_OK : VALUE_NOT;
}

/* By way of its digits, since no double but the nearest is right; from 2^53 on there are
 * none behind the point. */
double value_round(double number, int64_t decimals)
{
	char digits[64];
	int len;

	if (!(number > -9007199254740992.0 && number < 9007199254740992.0))
		return number;
	len = snprintf(digits, sizeof digits, "%.*f", (int)decimals, number);
	mu_parse_number((struct mu_string){ digits, (size_t)len }, &number);
	return number == 0 ? 0 : number;
}

enum answer value_cast(const struct cast *cast, enum mu_data from, enum mu_data to,
		       struct value *value, char space[MU_FORMAT_MAX])
{
	struct value was = *value;

	if (from == to)
		return VALUE_OK;
	if (from == MU_STRING)
		return value_parse(cast, to, was.as.text, value);
	if (from == MU_INTEGER && to == MU_NUMBER)
		return number_of(was.as.integer, &value->as.number);
	if (from == MU_NUMBER && to == MU_INTEGER)
		return integer_of(was.as.number, &value->as.integer);
	value->as.text = value_text(from, &was, space);
	return VALUE_OK;
}

/* Room for `size` bytes; what is there is lost. */
static bool buffer_room(struct buffer *buffer, size_t size)
{
	if (size <= buffer->size)
		return true;
	free(buffer->data);
	buffer->data = malloc(2 * size);
	buffer->size = buffer->data ? 2 * size : 0;
	return buffer->data != NULL;
}

/* One pass over UTF-16, from one buffer to the other. */
typedef int32_t (*pass_fn)(const struct normal *normal, const UChar *from, int32_t len, UChar *to,
			   int32_t room, UErrorCode *status);

static int32_t pass_form(const struct normal *normal, const UChar *from, int32_t len, UChar *to,
			 int32_t room, UErrorCode *status)
{
	const UNormalizer2 *form = normal->form == FORM_NFKC ? unorm2_getNFKCInstance(status)
							     : unorm2_getNFCInstance(status);

	return unorm2_normalize(form, from, len, to, room, status);
}

static int32_t pass_case(const struct normal *normal, const UChar *from, int32_t len, UChar *to,
			 int32_t room, UErrorCode *status)
{
	if (normal->letters == CASE_UPPER)
		return u_strToUpper(to, room, from, len, "", status);
	return u_strToLower(to, room, from, len, "", status);
}

/* Each run of white space becomes one space; those at the ends go. */
static int32_t pass_space(const struct normal *normal, const UChar *from, int32_t len, UChar *to,
			  int32_t room, UErrorCode *status)
{
	int32_t n = 0;
	bool space = false;

	(void)normal;
	/* It never grows, and all white space is in the first plane. */
	if (room < len) {
		*status = U_BUFFER_OVERFLOW_ERROR;
		return len;
	}
	for (int32_t i = 0; i < len; i++) {
		if (u_isUWhiteSpace(from[i])) {
			space = n > 0;
			continue;
		}
		if (space)
			to[n++] = ' ';
		space = false;
		to[n++] = from[i];
	}
	return n;
}

/* Runs a pass, twice when there was too little room, and swaps the buffers. */
static enum answer pass_run(struct self *self, const struct normal *normal, pass_fn pass,
			    int32_t *len)
{
	struct buffer swapped;
	int32_t got = *len;

	for (int tries = 0; tries < 2; tries++) {
		UErrorCode status = U_ZERO_ERROR;

		if (!buffer_room(&self->wider, ((size_t)got + 1) * sizeof(UChar)))
			return VALUE_NO_MEMORY;
		got = pass(normal, self->wide.data, *len, self->wider.data,
			   (int32_t)(self->wider.size / sizeof(UChar) < INT32_MAX
					     ? self->wider.size / sizeof(UChar)
					     : INT32_MAX),
			   &status);
		if (status == U_BUFFER_OVERFLOW_ERROR)
			continue;
		if (U_FAILURE(status))
			return status == U_MEMORY_ALLOCATION_ERROR ? VALUE_NO_MEMORY : VALUE_NOT;
		swapped = self->wide;
		self->wide = self->wider;
		self->wider = swapped;
		*len = got;
		return VALUE_OK;
	}
	return VALUE_NO_MEMORY;
}

static enum answer utf16_from(struct self *self, struct mu_string text, int32_t *len)
{
	UErrorCode status = U_ZERO_ERROR;

	/* No text in UTF-8 has more units in UTF-16 than it has bytes. */
	if (text.len > INT32_MAX - 1)
		return VALUE_NOT;
	if (!buffer_room(&self->wide, (text.len + 1) * sizeof(UChar)))
		return VALUE_NO_MEMORY;
	u_strFromUTF8(self->wide.data, (int32_t)text.len + 1, len, text.data, (int32_t)text.len,
		      &status);
	return U_FAILURE(status) ? VALUE_NOT : VALUE_OK;
}

static enum answer utf8_from(const struct self *self, int32_t len, struct buffer *result,
			     struct mu_string *out)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t got = 0;

	/* And a unit gives at most three bytes. */
	if (len > INT32_MAX / 3 - 1)
		return VALUE_NOT;
	if (!buffer_room(result, 3 * (size_t)len + 1))
		return VALUE_NO_MEMORY;
	u_strToUTF8(result->data, 3 * len + 1, &got, self->wide.data, len, &status);
	if (U_FAILURE(status))
		return VALUE_NOT;
	*out = (struct mu_string){ result->data, (size_t)got };
	return VALUE_OK;
}

enum answer value_normalise(struct self *self, struct column *c, struct mu_string *text)
{
	const struct normal *normal = c->normal;
	int32_t len = 0;
	enum answer answer = utf16_from(self, *text, &len);

	/* Case first: it may leave text that is no longer in its form. */
	if (answer == VALUE_OK && normal->letters != CASE_KEEP)
		answer = pass_run(self, normal, pass_case, &len);
	if (answer == VALUE_OK)
		answer = pass_run(self, normal, pass_form, &len);
	if (answer == VALUE_OK && normal->space == SPACE_COLLAPSE)
		answer = pass_run(self, normal, pass_space, &len);
	return answer == VALUE_OK ? utf8_from(self, len, &c->result, text) : answer;
}
