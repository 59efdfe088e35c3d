#include "aggregate/dimension.h"

#include <math.h>
#include <stdlib.h>

#define VALUES_MAX (UINT32_MAX - 1)
#define NEAR_MAX   65536 /* from the first value to the last */

struct dimension dimension_of(struct mu_ctx *ctx, int64_t index)
{
	const struct ArrowSchema *column = ctx->schema->children[index];

	return (struct dimension){ .name = column->name,
				   .index = index,
				   .type = mu_schema_type(column),
				   .numbers = mu_alloc(ctx, BLOCK * sizeof(uint32_t)) };
}

void dimension_release(struct dimension *dimension)
{
	mu_map_release(&dimension->texts);
	free(dimension->bits.values);
	free(dimension->bits.slots);
	free(dimension->bits.near);
	free(dimension->words);
	dimension->bits = (struct bits){ .values = NULL };
	dimension->words = NULL;
}

/* The slot of a value, or the empty one where it belongs. */
static size_t bits_slot(const struct bits *bits, int64_t value)
{
	size_t mask = bits->n_slots - 1;
	size_t slot = secret_hash(&bits->secret, bits->secret.start ^ (uint64_t)value) & mask;
	uint32_t number;

	while ((number = bits->slots[slot]) && bits->values[number - 1] != value)
		slot = (slot + 1) & mask;
	return slot;
}

static bool bits_grow_slots(struct bits *bits)
{
	size_t n = bits->n_slots ? 2 * bits->n_slots : 64, i;
	uint32_t *slots = calloc(n, sizeof *slots);

	if (!slots)
		return false;
	free(bits->slots);
	bits->slots = slots;
	bits->n_slots = n;
	for (i = 0; i < bits->count; i++)
		slots[bits_slot(bits, bits->values[i])] = (uint32_t)i + 1;
	return true;
}

/* Makes room for one value more; at most half of the slots are taken. */
static bool bits_grow(struct bits *bits)
{
	size_t room = bits->room ? 2 * bits->room : 32;
	int64_t *values;

	if (!secret_draw(&bits->secret))
		return false;
	if (2 * bits->count >= bits->n_slots && !bits_grow_slots(bits))
		return false;
	if (bits->count < bits->room)
		return true;
	values = reallocarray(bits->values, room, sizeof *values);
	if (!values)
		return false;
	bits->values = values;
	bits->room = room;
	return true;
}

/* The number of a value, a new one when it is not there; 0 when memory is out. */
static uint32_t bits_add(struct bits *bits, int64_t value)
{
	size_t slot = bits->n_slots ? bits_slot(bits, value) : 0;

	if (bits->n_slots && bits->slots[slot])
		return bits->slots[slot];
	if (bits->count >= VALUES_MAX)
		return 0;
	if (2 * bits->count >= bits->n_slots || bits->count == bits->room) {
		if (!bits_grow(bits))
			return 0;
		slot = bits_slot(bits, value);
	}
	bits->values[bits->count++] = value;
	bits->slots[slot] = (uint32_t)bits->count;
	return bits->slots[slot];
}

/* Lets `near` reach a value, unless that is too far away; its size is a power of two, so
 * that it seldom grows. */
static bool near_reach(struct bits *bits, int64_t value)
{
	bool ahead = bits->n_near && value > bits->base, back = bits->n_near && !ahead;
	uint64_t way = ahead  ? (uint64_t)value - (uint64_t)bits->base
		       : back ? (uint64_t)bits->base - (uint64_t)value
			      : 0;
	size_t n = bits->n_near ? bits->n_near : 64, i;
	int64_t base = ahead ? bits->base : value;
	uint32_t *near;

	while (way < NEAR_MAX && n < (back ? way + bits->n_near : way + 1))
		n *= 2;
	if (way >= NEAR_MAX || n > NEAR_MAX)
		return true;
	near = calloc(n, sizeof *near);
	if (!near)
		return false;
	free(bits->near);
	bits->near = near;
	bits->n_near = n;
	bits->base = base;
	for (i = 0; i < bits->count; i++)
		if ((uint64_t)bits->values[i] - (uint64_t)base < n)
			near[(uint64_t)bits->values[i] - (uint64_t)base] = (uint32_t)i + 1;
	return true;
}

/* Of a value that is not in `near`; 0 when memory is out. */
static uint32_t far_number(struct bits *bits, int64_t value)
{
	uint64_t near = (uint64_t)value - (uint64_t)bits->base;
	size_t known = bits->count;
	uint32_t number = bits_add(bits, value);

	if (!number || bits->count == known)
		return number;
	if (near < bits->n_near)
		bits->near[near] = number;
	else if (!near_reach(bits, value))
		return 0;
	return number;
}

/* 0 when memory is out. */
static inline uint32_t bits_number(struct bits *bits, int64_t value)
{
	uint64_t near = (uint64_t)value - (uint64_t)bits->base;

	if (near < bits->n_near && bits->near[near])
		return bits->near[near];
	return far_number(bits, value);
}

/* A value that is no text; equal values have equal bits. */
static int64_t cell_bits(const struct mu_column *cells, int64_t row)
{
	double number;
	int64_t bits;

	switch (cells->type) {
	case MU_DATE:
		return mu_get_date(cells, row);
	case MU_BOOLEAN:
		return mu_get_boolean(cells, row);
	case MU_NUMBER:
		number = mu_get_number(cells, row) + 0.0; /* -0 is 0 */
		if (isnan(number))
			number = NAN;
		memcpy(&bits, &number, sizeof bits);
		return bits;
	case MU_PLACE:
		return (int64_t)(mu_get_place(cells, row) & ~MU_AT_REJECTED);
	default:
		return mu_get_integer(cells, row);
	}
}

/* Neighbouring rows mostly have the same value in most columns. */
static bool is_latest(const struct dimension *dimension, struct mu_string value)
{
	const struct mu_map_entry *entry;

	if (!dimension->latest)
		return false;
	entry = &dimension->texts.entries[dimension->latest - 1];
	if (entry->len != value.len)
		return false;
	return !value.len || !memcmp(entry->key, value.data, value.len);
}

/* 0 when memory is out. */
static uint32_t text_number(struct dimension *dimension, struct mu_string value)
{
	if (!is_latest(dimension, value))
		dimension->latest =
			(uint32_t)(mu_map_add(&dimension->texts, value.data, value.len) + 1);
	return dimension->latest;
}

/* 0 when memory is out, as of the others. */
static inline uint32_t word_number(struct dimension *dimension, int32_t code)
{
	if (!dimension->few_words)
		return text_number(dimension, mu_word(&dimension->cells, code));
	if (!dimension->words[code]) {
		struct mu_string word = mu_word(&dimension->cells, code);

		dimension->words[code] =
			(uint32_t)(mu_map_add(&dimension->texts, word.data, word.len) + 1);
	}
	return dimension->words[code];
}

/* A word that is in no row is no value, so none is numbered here.  Of a slice of many rows there
 * may be more words than are worth an array. */
bool dimension_turn(struct dimension *dimension, const struct ArrowSchema *schema,
		    const struct ArrowArray *batch)
{
	size_t n;
	uint32_t *words;

	dimension->cells = mu_column(schema, batch, dimension->index);
	n = (size_t)dimension->cells.n_words;
	dimension->few_words = n <= (size_t)batch->length;
	if (!n || !dimension->few_words)
		return true;
	if (n > dimension->words_room) {
		words = reallocarray(dimension->words, n, sizeof *words);
		if (!words)
			return false;
		dimension->words = words;
		dimension->words_room = n;
	}
	memset(dimension->words, 0, n * sizeof *dimension->words);
	return true;
}

/* False when memory is out. */
static bool cell_number(struct dimension *dimension, int64_t row, uint32_t *out)
{
	const struct mu_column *cells = &dimension->cells;

	*out = 0;
	if (mu_null(cells, row))
		return true;
	if (cells->words)
		*out = word_number(dimension, mu_get_code(cells, row));
	else if (dimension->type == MU_STRING)
		*out = text_number(dimension, mu_get_string(cells, row));
	else
		*out = bits_number(&dimension->bits, cell_bits(cells, row));
	return *out;
}

/* The values of a column from a row on, where they tell rows apart as they are; else NULL. */
static const void *lanes_of(const struct mu_column *cells, int64_t row, size_t *size)
{
	bool small = cells->words || cells->type == MU_DATE;

	if (cells->valid || !(small || cells->type == MU_INTEGER))
		return NULL;
	*size = small ? sizeof(int32_t) : sizeof(int64_t);
	return (const char *)cells->values + (size_t)(cells->offset + row) * *size;
}

bool dimension_look(struct dimension *dimension, int64_t row, size_t n)
{
	uint32_t *out = dimension->numbers, *end = out + n;

	dimension->lanes = lanes_of(&dimension->cells, row, &dimension->lane_size);
	if (dimension->lanes)
		return true;
	dimension->lanes = dimension->numbers;
	dimension->lane_size = sizeof *dimension->numbers;
	for (; out < end; out++, row++)
		if (!cell_number(dimension, row, out))
			return false;
	return true;
}

static bool numbers_of_words(struct dimension *dimension, const int32_t *codes,
			     const uint32_t *rows, size_t n, uint32_t *out, size_t stride)
{
	const uint32_t *words = dimension->words;
	size_t i;

	for (i = 0; i < n; i++, out += stride) {
		*out = words[codes[rows[i]]];
		if (!*out && !(*out = word_number(dimension, codes[rows[i]])))
			return false;
	}
	return true;
}

/* Dates when they are `small`, else integers. */
static inline bool numbers_of_bits(struct bits *bits, const void *lanes, bool small,
				   const uint32_t *rows, size_t n, uint32_t *out, size_t stride)
{
	const uint32_t *near = bits->near;
	uint64_t n_near = bits->n_near, base = (uint64_t)bits->base;
	size_t i;

	for (i = 0; i < n; i++, out += stride) {
		int64_t value = small ? ((const int32_t *)lanes)[rows[i]]
				      : ((const int64_t *)lanes)[rows[i]];
		uint64_t at = (uint64_t)value - base;

		*out = at < n_near ? near[at] : 0;
		if (*out)
			continue;
		*out = far_number(bits, value);
		if (!*out)
			return false;
		near = bits->near;
		n_near = bits->n_near;
		base = (uint64_t)bits->base;
	}
	return true;
}

bool dimension_numbers(struct dimension *dimension, int64_t row, const uint32_t *rows, size_t n,
		       uint32_t *out, size_t stride)
{
	const struct mu_column *cells = &dimension->cells;
	size_t size, i;
	const void *lanes = lanes_of(cells, row, &size);

	if (lanes && !cells->words)
		return cells->type == MU_DATE ? numbers_of_bits(&dimension->bits, lanes, true, rows,
								n, out, stride)
					      : numbers_of_bits(&dimension->bits, lanes, false,
								rows, n, out, stride);
	if (lanes && dimension->few_words)
		return numbers_of_words(dimension, lanes, rows, n, out, stride);
	for (i = 0; i < n; i++, out += stride)
		if (!cell_number(dimension, row + rows[i], out))
			return false;
	return true;
}

bool dimension_pick(struct dimension *dimension, int64_t row, const uint32_t *rows, size_t n,
		    uint32_t *out, size_t stride)
{
	size_t i;

	if (dimension->lanes != dimension->numbers)
		return dimension_numbers(dimension, row, rows, n, out, stride);
	for (i = 0; i < n; i++, out += stride)
		*out = dimension->numbers[rows[i]];
	return true;
}

void dimension_take(struct dimension *dimension, struct dimension *other)
{
	dimension->texts = other->texts;
	dimension->bits = other->bits;
	dimension->latest = other->latest;
	dimension->gaps = other->gaps;
	other->texts = (struct mu_map){ .entries = NULL };
	other->bits = (struct bits){ .values = NULL };
	other->latest = 0;
}

bool dimension_merge(struct dimension *dimension, const struct dimension *other, uint32_t *map)
{
	size_t i;

	*map++ = 0;
	for (i = 0; i < other->texts.count; i++) {
		const struct mu_map_entry *e = &other->texts.entries[i];

		map[i] = text_number(dimension, (struct mu_string){ (const char *)e->key, e->len });
		if (!map[i])
			return false;
	}
	for (i = 0; i < other->bits.count; i++) {
		map[i] = bits_number(&dimension->bits, other->bits.values[i]);
		if (!map[i])
			return false;
	}
	dimension->gaps |= other->gaps;
	return true;
}

struct mu_string dimension_value(const struct dimension *dimension, uint32_t number,
				 char space[MU_FORMAT_MAX])
{
	struct mu_column cell = { .type = dimension->type };
	uint8_t boolean;
	int32_t date;

	if (dimension->type == MU_STRING) {
		const struct mu_map_entry *text = &dimension->texts.entries[number - 1];

		return (struct mu_string){ (const char *)text->key, text->len };
	}
	cell.values = &dimension->bits.values[number - 1];
	boolean = (uint8_t)dimension->bits.values[number - 1];
	date = (int32_t)dimension->bits.values[number - 1];
	if (dimension->type == MU_BOOLEAN)
		cell.values = &boolean;
	else if (dimension->type == MU_DATE)
		cell.values = &date;
	return mu_format(&cell, 0, space);
}
