#include "stage/batch.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/mem.h"

__attribute__((format(printf, 2, 3))) static bool wrong(struct text *why, const char *fmt, ...)
{
	va_list ap;

	text_puts(why, "the plugin gave out a batch ");
	va_start(ap, fmt);
	text_vprintf(why, fmt, ap);
	va_end(ap);
	return false;
}

__attribute__((format(printf, 3, 4))) static bool broken(struct text *why, const char *column,
							 const char *fmt, ...)
{
	va_list ap;

	text_printf(why, "the plugin gave out a batch whose column '%s' is broken: ", column);
	va_start(ap, fmt);
	text_vprintf(why, fmt, ap);
	va_end(ap);
	return false;
}

static bool is_utf8(const char *text, size_t len)
{
	uint64_t eight;
	uint32_t code;
	size_t n;

	for (; len; text += n, len -= n) {
		if (len >= sizeof eight) {
			memcpy(&eight, text, sizeof eight);
			n = sizeof eight;
			if (!(eight & 0x8080808080808080))
				continue;
		}
		if (!text_character(text, len, &code, &n))
			return false;
	}
	return true;
}

static bool column_is_sound(const struct ArrowSchema *schema, int64_t i, struct text *why)
{
	const struct ArrowSchema *c = schema->children[i];
	int64_t j;

	if (!c || !c->release || !c->name || !c->format) {
		text_printf(why, "the plugin declares a column without a name or a type");
		return false;
	}
	if (!*c->name || !is_utf8(c->name, strlen(c->name))) {
		text_printf(why, "the plugin declares a column with the name '%s'", c->name);
		return false;
	}
	if (!mu_schema_type(c)) {
		text_printf(why,
			    "the plugin declares column '%s' with the type '%s', which is none",
			    c->name, c->format);
		return false;
	}
	for (j = 0; j < i; j++)
		if (!strcmp(schema->children[j]->name, c->name)) {
			text_printf(why, "the plugin declares two columns '%s'", c->name);
			return false;
		}
	return true;
}

static bool is_column(const struct ArrowSchema *schema, int64_t i, const char *name,
		      enum mu_data type)
{
	return i >= 0 && !strcmp(schema->children[i]->name, name) &&
	       mu_schema_type(schema->children[i]) == type;
}

bool columns_are_sound(const struct ArrowSchema *schema, struct text *why)
{
	int64_t n = schema->n_children, i;

	if (!schema->format || strcmp(schema->format, "+s") != 0 || (n > 0 && !schema->children)) {
		text_puts(why, "the plugin declares something else than columns");
		return false;
	}
	for (i = 0; i < n; i++)
		if (!column_is_sound(schema, i, why))
			return false;
	if (is_column(schema, n - 2, MU_AT, MU_PLACE) &&
	    is_column(schema, n - 1, MU_CLAIM, MU_STRING))
		return true;
	text_puts(why, "the plugin declares columns that do not end with " MU_AT " and " MU_CLAIM);
	return false;
}

/* Views, texts, and the lengths of these. */
static bool words_have_shape(const struct ArrowArray *words)
{
	return words->release && words->n_buffers >= 3 && !words->offset && words->length >= 0 &&
	       words->buffers && (!words->length || words->buffers[1]);
}

static bool column_has_shape(const struct ArrowSchema *schema, const struct ArrowArray *array,
			     int64_t rows)
{
	bool text = mu_schema_type(schema) == MU_STRING;

	if (!array || !array->release)
		return false;
	if (array->dictionary && (!text || !words_have_shape(array->dictionary)))
		return false;
	return array->n_buffers == (text && !array->dictionary ? 3 : 2) && array->offset >= 0 &&
	       array->length >= rows && array->buffers && (!rows || array->buffers[1]);
}

bool batch_has_shape(const struct ArrowSchema *schema, const struct ArrowArray *rows,
		     struct text *why)
{
	int64_t i;

	if (rows->n_children != schema->n_children)
		return wrong(why, "of %lld columns and declared %lld", (long long)rows->n_children,
			     (long long)schema->n_children);
	if (rows->length < 0 || rows->offset || (rows->n_children && !rows->children))
		return wrong(why, "of %lld rows from %lld on", (long long)rows->length,
			     (long long)rows->offset);
	for (i = 0; i < rows->n_children; i++)
		if (!column_has_shape(schema->children[i], rows->children[i], rows->length))
			return broken(why, schema->children[i]->name,
				      "it has not the buffers or the length that it needs");
	return true;
}

static int64_t count_nulls(const uint8_t *valid, int64_t from, int64_t n)
{
	int64_t nulls = 0, i;

	for (i = from; i < from + n; i++)
		nulls += !mu_bit(valid, i);
	return nulls;
}

/* What is said of nulls is so. */
static bool nulls_are_sound(const char *name, const struct ArrowArray *array, struct text *why)
{
	int64_t said = array->null_count, found;

	if (said < -1 || said > array->length)
		return broken(why, name, "%lld of %lld values are said to be null", (long long)said,
			      (long long)array->length);
	if (!array->buffers[0])
		return said <= 0 ||
		       broken(why, name, "it does not say which of its values are null");
	if (said < 0)
		return true;
	found = count_nulls(array->buffers[0], array->offset, array->length);
	return found == said || broken(why, name, "%lld values are said to be null and %lld are",
				       (long long)said, (long long)found);
}

static bool text_is_sound(const char *name, const struct ArrowArray *array, struct text *why)
{
	const int32_t *at = (const int32_t *)array->buffers[1] + array->offset;
	const char *text = array->buffers[2];
	int64_t i;

	for (i = 0; i < array->length; i++) {
		if (at[i] < 0 || at[i + 1] < at[i])
			return broken(why, name, "the text of row %lld ends before it begins",
				      (long long)i + 1);
		if (at[i + 1] > at[i] && !text)
			return broken(why, name, "it has no text");
		if (at[i + 1] > at[i] && !is_utf8(text + at[i], (size_t)(at[i + 1] - at[i])))
			return broken(why, name, "the text of row %lld is not UTF-8",
				      (long long)i + 1);
	}
	return true;
}

/* A text that does not stand in its view lies in one of the buffers between the views and
 * the last one, which has their lengths. */
static bool word_is_sound(const struct ArrowArray *words, int64_t i)
{
	const struct mu_view *v = &((const struct mu_view *)words->buffers[1])[i];
	const int64_t *lengths = words->buffers[words->n_buffers - 1];
	const char *text;

	if (v->len < 0)
		return false;
	if (v->len <= (int32_t)sizeof v->bytes)
		return is_utf8(v->bytes, (size_t)v->len);
	if (v->at.buffer < 0 || v->at.buffer >= words->n_buffers - 3 || !lengths)
		return false;
	text = words->buffers[2 + v->at.buffer];
	return text && v->at.offset >= 0 && v->at.offset <= lengths[v->at.buffer] - v->len &&
	       is_utf8(text + v->at.offset, (size_t)v->len);
}

static bool words_are_sound(const char *name, const struct ArrowArray *array, struct text *why)
{
	const struct ArrowArray *words = array->dictionary;
	const int32_t *codes = (const int32_t *)array->buffers[1] + array->offset;
	const uint8_t *valid = array->null_count ? array->buffers[0] : NULL;
	int64_t i;

	for (i = 0; i < words->length; i++)
		if (!word_is_sound(words, i))
			return broken(why, name, "word %lld is outside of its buffers or not UTF-8",
				      (long long)i);
	for (i = 0; i < array->length; i++) {
		if (valid && !mu_bit(valid, array->offset + i))
			continue;
		if (codes[i] < 0 || codes[i] >= words->length)
			return broken(why, name, "row %lld has word %d of %lld", (long long)i + 1,
				      (int)codes[i], (long long)words->length);
	}
	return true;
}

static bool content_is_sound(const struct ArrowSchema *column, const struct ArrowArray *array,
			     struct text *why)
{
	if (!array->length)
		return true;
	if (!nulls_are_sound(column->name, array, why))
		return false;
	if (mu_schema_type(column) != MU_STRING)
		return true;
	return array->dictionary ? words_are_sound(column->name, array, why)
				 : text_is_sound(column->name, array, why);
}

static int place_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool is_twice(uint64_t at, struct text *why)
{
	return wrong(why, "with two rows at position %llu of document %u",
		     (unsigned long long)mu_at_position(at), (unsigned)mu_at_document(at));
}

/* Most batches have their rows in order; others are sorted to see.  Rows that are made of
 * a rejected one keep its place, by which they are known. */
static bool places_differ(const uint64_t *at, int64_t rows, struct text *why)
{
	uint64_t *sorted;
	int64_t n = 0, i = 1;

	while (i < rows && at[i] > at[i - 1])
		i++;
	if (i >= rows)
		return true;
	sorted = mem_alloc((size_t)rows * sizeof *sorted);
	for (i = 0; i < rows; i++)
		if (!(at[i] & MU_AT_REJECTED))
			sorted[n++] = at[i];
	qsort(sorted, (size_t)n, sizeof *sorted, place_compare);
	for (i = 1; i < n && sorted[i] != sorted[i - 1];)
		i++;
	if (i < n)
		is_twice(sorted[i], why);
	free(sorted);
	return i >= n;
}

static bool places_are_sound(const struct ArrowSchema *schema, const struct ArrowArray *rows,
			     const struct places_allowed *allowed, struct text *why)
{
	int64_t column = mu_schema_find(schema, MU_AT), i;
	struct mu_column at = mu_column(schema, rows, column);

	for (i = 0; i < rows->length; i++) {
		uint64_t place = mu_null(&at, i) ? 0 : mu_get_place(&at, i);
		uint32_t document = mu_at_document(place);

		if (!document || document > allowed->documents)
			return wrong(why, "with row %lld in document %u, and there are %u",
				     (long long)i + 1, (unsigned)document,
				     (unsigned)allowed->documents);
		if (allowed->document && document != allowed->document)
			return wrong(why, "with row %lld in document %u, and reads number %u",
				     (long long)i + 1, (unsigned)document,
				     (unsigned)allowed->document);
		if ((place & MU_AT_REJECTED) && !allowed->marked)
			return wrong(
				why,
				"with row %lld marked as rejected, which is the runner's to do",
				(long long)i + 1);
	}
	return !rows->length ||
	       places_differ((const uint64_t *)at.values + at.offset, rows->length, why);
}

bool batch_is_sound(const struct ArrowSchema *schema, const struct ArrowArray *rows,
		    const struct places_allowed *allowed, struct text *why)
{
	int64_t i;

	for (i = 0; i < rows->n_children; i++)
		if (!content_is_sound(schema->children[i], rows->children[i], why))
			return false;
	return places_are_sound(schema, rows, allowed, why);
}

static uint64_t mix(uint64_t digest, uint64_t value)
{
	digest = (digest ^ value) * 0x9e3779b97f4a7c15;
	return digest ^ (digest >> 29);
}

static uint64_t mix_bytes(uint64_t digest, const void *bytes, size_t len)
{
	const char *at = bytes;
	uint64_t eight;

	digest = mix(digest, (uintptr_t)bytes);
	if (!bytes)
		return digest;
	for (; len >= sizeof eight; len -= sizeof eight, at += sizeof eight) {
		memcpy(&eight, at, sizeof eight);
		digest = mix(digest, eight);
	}
	eight = 0;
	memcpy(&eight, at, len);
	return mix(digest, eight);
}

static uint64_t mix_frame(uint64_t digest, const struct ArrowArray *a)
{
	digest = mix(digest, (uint64_t)a->length);
	digest = mix(digest, (uint64_t)a->null_count);
	digest = mix(digest, (uint64_t)a->offset);
	digest = mix(digest, (uint64_t)a->n_children);
	digest = mix(digest, (uintptr_t)a->children);
	digest = mix(digest, (uintptr_t)a->dictionary);
	return mix(digest, (uintptr_t)a->release);
}

static uint64_t mix_words(uint64_t digest, const struct ArrowArray *words)
{
	const int64_t *lengths = words->buffers[words->n_buffers - 1];
	int64_t i;

	digest = mix_frame(digest, words);
	digest = mix_bytes(digest, words->buffers[1],
			   (size_t)words->length * sizeof(struct mu_view));
	for (i = 0; lengths && i < words->n_buffers - 3; i++)
		digest = mix_bytes(digest, words->buffers[2 + i], (size_t)lengths[i]);
	return digest;
}

/* Bytes of a column's values, from the beginning of their buffer. */
static size_t values_bytes(enum mu_data type, const struct ArrowArray *a)
{
	size_t n = (size_t)(a->offset + a->length);

	switch (type) {
	case MU_STRING:
		return (n + !a->dictionary) * sizeof(int32_t);
	case MU_BOOLEAN:
		return (n + 7) / 8;
	case MU_DATE:
		return n * sizeof(int32_t);
	default:
		return n * sizeof(int64_t);
	}
}

static uint64_t mix_column(uint64_t digest, enum mu_data type, const struct ArrowArray *a)
{
	size_t n = (size_t)(a->offset + a->length);

	digest = mix_frame(digest, a);
	if (!a->release || !a->length)
		return digest;
	if (a->null_count)
		digest = mix_bytes(digest, a->buffers[0], (n + 7) / 8);
	digest = mix_bytes(digest, a->buffers[1], values_bytes(type, a));
	if (a->dictionary)
		return mix_words(digest, a->dictionary);
	if (type == MU_STRING && a->buffers[2])
		digest = mix_bytes(digest, a->buffers[2],
				   (size_t)((const int32_t *)a->buffers[1])[n]);
	return digest;
}

uint64_t batch_digest(const struct ArrowSchema *schema, const struct ArrowArray *rows)
{
	uint64_t digest = mix_frame(1, rows);
	int64_t i;

	if (!rows->release)
		return digest;
	for (i = 0; i < rows->n_children; i++)
		digest = mix_column(digest, mu_schema_type(schema->children[i]), rows->children[i]);
	return digest;
}
