#include "dimension.h"

#include <math.h>
#include <stdlib.h>
#include <sys/random.h>

#define VALUES_MAX (UINT32_MAX - 1)
#define NEAR_MAX   65536 /* from the first value to the last */

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

/* The slot of a value, or the empty one where it belongs: by the upper bits of a
 * product with a secret, which values cannot be chosen against. */
static size_t bits_slot(const struct bits *bits, int64_t value)
{
	size_t slot = (size_t)(((uint64_t)value * bits->secret) >> 32) & (bits->n_slots - 1);
	uint32_t number;

	while ((number = bits->slots[slot]) && bits->values[number - 1] != value)
		slot = (slot + 1) & (bits->n_slots - 1);
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

/* At most half of the slots are taken. */
static bool bits_prepare(struct bits *bits)
{
	size_t size = sizeof bits->secret, room = bits->room ? 2 * bits->room : 32;
	int64_t *values;

	if (!bits->n_slots && getrandom(&bits->secret, size, 0) != (ssize_t)size)
		return false;
	bits->secret |= 1;
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
	size_t slot;

	if (!bits_prepare(bits))
		return 0;
	slot = bits_slot(bits, value);
	if (!bits->slots[slot] && bits->count < VALUES_MAX) {
		bits->values[bits->count++] = value;
		bits->slots[slot] = (uint32_t)bits->count;
	}
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

/* A value that is no text, so that equal bits are the same as equal texts. */
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
		number = mu_get_number(cells, row);
		if (isnan(number))
			number = NAN;
		memcpy(&bits, &number, sizeof bits);
		return bits;
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

/* A word that is in no row is no value. */
static uint32_t word_number(struct dimension *dimension, int32_t code)
{
	if (!dimension->words[code])
		dimension->words[code] = text_number(dimension, mu_word(&dimension->cells, code));
	return dimension->words[code];
}

bool dimension_turn(struct dimension *dimension, const struct ArrowSchema *schema,
		    const struct ArrowArray *batch)
{
	size_t n;
	uint32_t *words;

	dimension->cells = mu_column(schema, batch, dimension->index);
	n = (size_t)dimension->cells.n_words;
	if (n > dimension->words_room) {
		words = reallocarray(dimension->words, n, sizeof *words);
		if (!words)
			return false;
		dimension->words = words;
		dimension->words_room = n;
	}
	if (n)
		memset(dimension->words, 0, n * sizeof *dimension->words);
	return true;
}

/* Of each row its number, where the column itself does not tell values apart. */
static bool numbers_fill(struct dimension *dimension, int64_t row, size_t n)
{
	const struct mu_column *cells = &dimension->cells;
	uint32_t *out = dimension->numbers, *end = out + n;

	for (; out < end; out++, row++) {
		if (mu_null(cells, row)) {
			*out = 0;
			continue;
		}
		if (cells->words)
			*out = word_number(dimension, mu_get_code(cells, row));
		else if (dimension->type == MU_STRING)
			*out = text_number(dimension, mu_get_string(cells, row));
		else
			*out = bits_number(&dimension->bits, cell_bits(cells, row));
		if (!*out)
			return false;
	}
	return true;
}

bool dimension_look(struct dimension *dimension, int64_t row, size_t n)
{
	const struct mu_column *cells = &dimension->cells;
	bool small = cells->words || cells->type == MU_DATE;

	if (cells->valid || !(small || cells->type == MU_INTEGER)) {
		dimension->lanes = dimension->numbers;
		dimension->lane_size = sizeof *dimension->numbers;
		return numbers_fill(dimension, row, n);
	}
	dimension->lane_size = small ? sizeof(int32_t) : sizeof(int64_t);
	dimension->lanes =
		(const char *)cells->values + (size_t)(cells->offset + row) * dimension->lane_size;
	return true;
}

static bool numbers_of_words(struct dimension *dimension, const uint32_t *rows, size_t n,
			     uint32_t *out, size_t stride)
{
	const int32_t *codes = dimension->lanes;
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
	struct bits known = *bits;
	size_t i;

	for (i = 0; i < n; i++, out += stride) {
		int64_t value = small ? ((const int32_t *)lanes)[rows[i]]
				      : ((const int64_t *)lanes)[rows[i]];
		uint64_t at = (uint64_t)value - (uint64_t)known.base;

		*out = at < known.n_near ? known.near[at] : 0;
		if (*out)
			continue;
		*out = far_number(bits, value);
		if (!*out)
			return false;
		known = *bits;
	}
	return true;
}

bool dimension_numbers(struct dimension *dimension, const uint32_t *rows, size_t n, uint32_t *out,
		       size_t stride)
{
	size_t i;

	if (dimension->lanes == dimension->numbers) {
		for (i = 0; i < n; i++, out += stride)
			*out = dimension->numbers[rows[i]];
		return true;
	}
	if (dimension->cells.words)
		return numbers_of_words(dimension, rows, n, out, stride);
	if (dimension->type == MU_DATE)
		return numbers_of_bits(&dimension->bits, dimension->lanes, true, rows, n, out,
				       stride);
	return numbers_of_bits(&dimension->bits, dimension->lanes, false, rows, n, out, stride);
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
	const struct mu_map_entry *text;
	uint8_t boolean;
	int32_t date;

	if (dimension->type == MU_STRING) {
		text = &dimension->texts.entries[number - 1];
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
