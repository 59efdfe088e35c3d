#include "cells.h"

#include <string.h>

#include "bytes.h"

#if MACHINE_X86
#include <immintrin.h>
#endif

enum plain { PLAIN_VALUE, PLAIN_NULL, PLAIN_ODD };

/* Takes the quotes off, if there are any around it. */
static bool unquote(const struct cells *c, struct span *s)
{
	if (!c->quote || s->end - s->from < 2 || c->text[s->from] != c->quote ||
	    c->text[s->end - 1] != c->quote)
		return false;
	s->from++;
	s->end--;
	return true;
}

/* Notes a cell without a value. */
static uint32_t *note(const struct cells *c, uint32_t i, enum plain plain, uint32_t *odd)
{
	if (plain == PLAIN_VALUE)
		return odd;
	cells_null(c->valid, c->row + i);
	*odd = c->row + i;
	return odd + (plain == PLAIN_ODD);
}

/* Up to eight digits, with zeros before them. */
static inline uint64_t digits_load(const char *text, uint32_t len)
{
	return (bytes_load(text) ^ BYTES_EACH * '0') << ((0 - 8 * len) & 63);
}

static inline bool are_digits(uint64_t digits)
{
	return !(((digits + BYTES_EACH * (0x80 - 10)) | digits) & BYTES_EACH * 0x80);
}

/* Each step joins neighbours: eight digits, four numbers below 100, two below 10000. */
static inline uint64_t digits_value(uint64_t digits)
{
	digits = digits * 10 + (digits >> 8);
	return ((digits & 0x000000ff000000ff) * 0x000f424000000064 +
		((digits >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >>
		       32 &
	       0xffffffff;
}

/* 1 to 18 digits. */
static bool digits_read(const char *text, struct span s, uint64_t *out)
{
	static const uint64_t powers[] = { 1, 100000000, 10000000000000000 };
	uint64_t digits;
	uint32_t len;

	*out = 0;
	if (s.end == s.from || s.end - s.from > 18)
		return false;
	for (size_t i = 0; s.end > s.from; i++) {
		len = s.end - s.from < 8 ? s.end - s.from : 8;
		s.end -= len;
		digits = digits_load(text + s.end, len);
		if (!are_digits(digits))
			return false;
		*out += digits_value(digits) * powers[i];
	}
	return true;
}

static enum plain integer_read(const struct cells *c, struct span s, int64_t *out)
{
	bool negative;
	uint64_t value;

	*out = 0;
	unquote(c, &s);
	if (s.from == s.end)
		return PLAIN_NULL;
	negative = c->text[s.from] == '-';
	s.from += negative;
	if (!digits_read(c->text, s, &value))
		return PLAIN_ODD;
	*out = negative ? -(int64_t)value : (int64_t)value;
	return PLAIN_VALUE;
}

static uint32_t *integer_put(const struct cells *c, uint32_t i, int64_t *values, uint32_t *odd)
{
	return note(c, i, integer_read(c, cells_at(c, i), &values[c->row + i]), odd);
}

/* From cell `i` on. */
static uint32_t *integers_portable(const struct cells *c, uint32_t i, int64_t *values,
				   uint32_t *odd)
{
	const uint32_t *before = c->before + i * c->before_step, *end = c->end + i * c->step;
	const size_t before_step = c->before_step, step = c->step;
	const uint32_t count = c->count;
	const char *text = c->text;
	int64_t *out = values + c->row;

	for (; i < count; i++) {
		uint32_t from = *before + 1, len = *end - from;
		uint64_t digits = digits_load(text + from, len);

		before += before_step;
		end += step;
		if (__builtin_expect(len - 1 < 8 && are_digits(digits), 1))
			out[i] = (int64_t)digits_value(digits);
		else
			odd = integer_put(c, i, values, odd);
	}
	return odd;
}

#if MACHINE_X86

/* Eight bytes each from two places. */
TARGET_AVX2 static inline __m128i two_load(const char *a, const char *b)
{
	__m128i low = _mm_loadl_epi64((const __m128i *)(const void *)a);

	return _mm_castpd_si128(
		_mm_loadh_pd(_mm_castsi128_pd(low), (const double *)(const void *)b));
}

/* Four numbers from every n-th place. */
TARGET_AVX2 static inline __m128i four_load(const uint32_t *at, size_t n)
{
	return _mm_set_epi32((int)at[3 * n], (int)at[2 * n], (int)at[n], (int)at[0]);
}

/* Four cells at a time, as long as all of them are plain. */
TARGET_AVX2 static uint32_t *integers_avx2(const struct cells *c, int64_t *values, uint32_t *odd)
{
	const __m256i zeros = _mm256_set1_epi8('0');
	const __m256i tens = _mm256_set1_epi16(0x010a), nine = _mm256_set1_epi8(9);
	const __m256i hundreds = _mm256_set1_epi32(0x00010064);
	const __m256i myriads = _mm256_set1_epi64x(10000);
	const uint32_t *before = c->before, *end = c->end;
	const size_t before_step = c->before_step, step = c->step;
	const uint32_t count = c->count;
	const char *text = c->text;
	int64_t *out = values + c->row;
	uint32_t i;

	for (i = 0; i + 4 <= count; i += 4) {
		__m128i low = two_load(text + (uint32_t)(before[0] + 1),
				       text + (uint32_t)(before[before_step] + 1));
		__m128i high = two_load(text + (uint32_t)(before[2 * before_step] + 1),
					text + (uint32_t)(before[3 * before_step] + 1));
		__m256i digits = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
		/* One more than the lengths, and then what is missing of eight. */
		__m256i lens = _mm256_cvtepu32_epi64(
			_mm_sub_epi32(four_load(end, step), four_load(before, before_step)));
		__m256i left = _mm256_sub_epi64(_mm256_set1_epi64x(9), lens), value;

		before += 4 * before_step;
		end += 4 * step;
		/* Shifted by 64 bits or more, all is zero. */
		digits = _mm256_sllv_epi64(_mm256_xor_si256(digits, zeros),
					   _mm256_slli_epi64(left, 3));
		value = _mm256_madd_epi16(_mm256_maddubs_epi16(digits, tens), hundreds);
		value = _mm256_add_epi64(_mm256_mul_epu32(value, myriads),
					 _mm256_srli_epi64(value, 32));
		_mm256_storeu_si256((__m256i *)(void *)(out + i), value);
		/* Lengths of 1 to 8, and digits. */
		left = _mm256_or_si256(_mm256_cmpgt_epi64(left, _mm256_set1_epi64x(7)),
				       _mm256_cmpgt_epi64(_mm256_setzero_si256(), left));
		left = _mm256_or_si256(left, _mm256_subs_epu8(digits, nine));
		if (__builtin_expect(_mm256_testz_si256(left, left), 1))
			continue;
		for (uint32_t k = 0; k < 4; k++)
			odd = integer_put(c, i + k, values, odd);
	}
	return integers_portable(c, i, values, odd);
}

#endif

uint32_t cells_integers(enum machine machine, const struct cells *cells, int64_t *values,
			uint32_t *odd)
{
#if MACHINE_X86
	if (machine != MACHINE_PORTABLE)
		return (uint32_t)(integers_avx2(cells, values, odd) - odd);
#endif
	(void)machine;
	return (uint32_t)(integers_portable(cells, 0, values, odd) - odd);
}

/* Up to 15 digits, with a point or not: they fit 53 bits, and the power of ten is one that a
 * double has exactly, so their quotient is the nearest (Clinger 1990, "How to Read Floating Point Numbers
 * Accurately"). */
static enum plain number_read(const struct cells *c, struct span s, double *out)
{
	static const double powers[] = { 1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
					 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
	const char *at, *end, *point = NULL;
	bool negative;
	uint64_t digits = 0;

	*out = 0;
	unquote(c, &s);
	end = c->text + s.end;
	at = c->text + s.from;
	if (at == end)
		return PLAIN_NULL;
	negative = *at == '-';
	at += negative;
	if (end - at > 16 || at == end || *at == '.' || end[-1] == '.')
		return PLAIN_ODD;
	for (; at < end; at++) {
		unsigned digit = (unsigned)(uint8_t)*at - '0';

		if (digit < 10)
			digits = digits * 10 + digit;
		else if (*at == '.' && !point)
			point = at;
		else
			return PLAIN_ODD;
	}
	if (digits > 999999999999999)
		return PLAIN_ODD;
	*out = (double)digits / powers[point ? end - point - 1 : 0];
	if (negative)
		*out = -*out;
	return PLAIN_VALUE;
}

uint32_t cells_numbers(const struct cells *c, double *values, uint32_t *odd)
{
	uint32_t *first = odd;

	for (uint32_t i = 0; i < c->count; i++)
		odd = note(c, i, number_read(c, cells_at(c, i), &values[c->row + i]), odd);
	return (uint32_t)(odd - first);
}

static enum plain boolean_read(const struct cells *c, struct span s, bool *out)
{
	const char *text;

	unquote(c, &s);
	text = c->text + s.from;
	switch (s.end - s.from) {
	case 0:
		return PLAIN_NULL;
	case 1:
		*out = *text == '1';
		return *out || *text == '0' ? PLAIN_VALUE : PLAIN_ODD;
	case 4:
		*out = true;
		return memcmp(text, "true", 4) ? PLAIN_ODD : PLAIN_VALUE;
	case 5:
		return memcmp(text, "false", 5) ? PLAIN_ODD : PLAIN_VALUE;
	default:
		return PLAIN_ODD;
	}
}

uint32_t cells_booleans(const struct cells *c, uint8_t *values, uint32_t *odd)
{
	uint32_t *first = odd, row;

	for (uint32_t i = 0; i < c->count; i++) {
		bool value = false;

		odd = note(c, i, boolean_read(c, cells_at(c, i), &value), odd);
		row = c->row + i;
		values[row >> 3] |= (uint8_t)((unsigned)value << (row & 7));
	}
	return (uint32_t)(odd - first);
}

/* A month of the calendar: how many days it has, and the day before its first one. */
struct month {
	uint64_t head; /* "2023-11-" as its bytes are; 0: none */
	int32_t before;
	uint32_t days;
};

enum { MONTHS = 128 };

static bool month_of(uint32_t year, uint32_t month, struct month *out)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	int years = (int)year - 1;

	if (year < 1 || month < 1 || month > 12)
		return false;
	out->days = (uint32_t)(before[month] - before[month - 1] + (leap && month == 2));
	/* 719163 days from the last of the year before the first one to 1970. */
	out->before = years * 365 + years / 4 - years / 100 + years / 400 + before[month - 1] +
		      (leap && month > 2) - 719163;
	return true;
}

/* The month that eight bytes name; one of those that were met, or read. */
static const struct month *month_read(struct month months[MONTHS], uint64_t head)
{
	struct month *m = &months[head * 0x9e3779b97f4a7c15 >> 57];
	uint64_t digits = head ^ 0x2d30302d30303030, pairs;

	if (m->head == head)
		return m;
	/* Of digits and of the two that must be '-'. */
	if (((digits + 0x7f76767f76767676) | digits) & BYTES_EACH * 0x80)
		return NULL;
	pairs = digits * 10 + (digits >> 8); /* each below 100 */
	m->head = 0;
	if (!month_of((uint32_t)((pairs & 0xff) * 100 + (pairs >> 16 & 0xff)),
		      (uint32_t)(pairs >> 40 & 0xff), m))
		return NULL;
	m->head = head;
	return m;
}

/* Ten bytes, the first eight and the last eight. */
static bool date_read(struct month months[MONTHS], uint64_t head, uint64_t tail, int32_t *out)
{
	const struct month *m = month_read(months, head);
	uint64_t digits = tail >> 48 ^ 0x3030;
	uint32_t day = (uint32_t)((digits & 0xff) * 10 + (digits >> 8));

	if (!m || !are_digits(digits) || day < 1 || day > m->days)
		return false;
	*out = m->before + (int32_t)day;
	return true;
}

uint32_t cells_dates(const struct cells *c, int32_t *values, uint32_t *odd)
{
	const uint32_t *before = c->before, *end = c->end, *same = c->same;
	const size_t before_step = c->before_step, step = c->step;
	const uint32_t count = c->count;
	const char *text = c->text;
	uint64_t head, tail, last_head = 0, last_tail = 0; /* of no date */
	struct month months[MONTHS] = { { 0 } };
	uint32_t *first = odd;
	int32_t value = 0, *out = values + c->row;

	for (uint32_t i = 0; i < count; i++) {
		struct span s = { *before + 1, *end };

		before += before_step;
		end += step;
		out[i] = 0;
		if (__builtin_expect(s.end - s.from != 10, 0))
			unquote(c, &s);
		if (__builtin_expect(s.end - s.from != 10, 0)) {
			odd = note(c, i, s.end == s.from ? PLAIN_NULL : PLAIN_ODD, odd);
			continue;
		}
		head = bytes_load(text + s.from);
		tail = bytes_load(text + s.from + 2);
		if (head != last_head || tail != last_tail) {
			if (!date_read(months, head, tail, &value)) {
				odd = note(c, i, PLAIN_ODD, odd);
				continue;
			}
			last_head = head;
			last_tail = tail;
		}
		out[i] = value;
		while (same && i + 1 < count && *end < same[i + 1]) {
			out[++i] = value;
			before += before_step;
			end += step;
		}
	}
	return (uint32_t)(odd - first);
}

/* In 32 bits, since before the first byte there is a separator at -1. */
static inline const char *row_begin(const char *text, uint32_t before)
{
	return text + (uint32_t)(before + 1);
}

static void compare_portable(const char *text, const uint32_t *before, uint32_t count,
			     uint32_t *same)
{
	for (uint32_t i = 1; i < count; i++) {
		const char *last = row_begin(text, before[i - 1]),
			   *row = row_begin(text, before[i]);
		uint64_t differ = 0;
		uint32_t n;

		for (n = 0; n < CELLS_PADDING && !differ; n += 8)
			differ = bytes_load(last + n) ^ bytes_load(row + n);
		if (differ)
			n -= 8 - (uint32_t)__builtin_ctzll(differ) / 8;
		same[i] = before[i] + 1 + n;
	}
}

#if MACHINE_X86

TARGET_AVX2 static void compare_avx2(const char *text, const uint32_t *before, uint32_t count,
				     uint32_t *same)
{
	const __m256i *row = (const __m256i *)(const void *)(row_begin(text, before[0]));
	__m256i low = _mm256_loadu_si256(row), high = _mm256_loadu_si256(row + 1);

	for (uint32_t i = 1; i < count; i++) {
		__m256i last_low = low, last_high = high;
		uint64_t equal;

		row = (const __m256i *)(const void *)(row_begin(text, before[i]));
		low = _mm256_loadu_si256(row);
		high = _mm256_loadu_si256(row + 1);
		equal = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, last_low));
		equal |=
			(uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, last_high))
			<< 32;
		same[i] = before[i] + 1 + (uint32_t)_tzcnt_u64(~equal);
	}
}

TARGET_AVX512 static void compare_avx512(const char *text, const uint32_t *before, uint32_t count,
					 uint32_t *same)
{
	__m512i row = _mm512_loadu_si512(row_begin(text, before[0]));

	for (uint32_t i = 1; i < count; i++) {
		__m512i last = row;

		row = _mm512_loadu_si512(row_begin(text, before[i]));
		same[i] = before[i] + 1 + (uint32_t)_tzcnt_u64(_mm512_cmpneq_epi8_mask(row, last));
	}
}

#endif

void cells_compare(enum machine machine, const char *text, const uint32_t *before, uint32_t count,
		   uint32_t *same)
{
	static void (*const compares[MACHINES])(const char *, const uint32_t *, uint32_t,
						uint32_t *) = {
		[MACHINE_PORTABLE] = compare_portable,
#if MACHINE_X86
		[MACHINE_AVX2] = compare_avx2,
		[MACHINE_AVX512] = compare_avx512,
#endif
	};

	same[0] = 0;
	compares[machine](text, before, count, same);
}

uint32_t cells_repeated(const struct cells *c)
{
	const uint32_t *end = c->end, *same = c->same;
	const size_t step = c->step;
	const uint32_t count = c->count;
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++, end += step)
		n += *end < same[i];
	return n;
}
