#include "scan.h"

#include <stddef.h>
#include <string.h>

#include "bytes.h"

#if MACHINE_X86
#include <immintrin.h>
#endif

/* Bit i is what byte i of a block is. */
struct block {
	uint64_t delimiter, quote, lf, cr, zero, high;
};

/* Of a block, where separators are. */
struct found {
	uint64_t cells, rows;
};

static inline uint64_t bits_below(uint64_t n)
{
	return n < 64 ? ((uint64_t)1 << n) - 1 : ~(uint64_t)0;
}

/* CR before LF; `next` is the byte behind the block. */
static inline uint64_t cr_paired(const struct block *b, char next)
{
	return b->cr & (b->lf >> 1 | (uint64_t)(next == '\n') << 63);
}

/* Finds the separators of a block, given for each byte whether the number of quotes
 * up to it in the block is odd.  Returns which bytes are irregular. */
static inline __attribute__((always_inline)) uint64_t block_find(struct scan *s,
								 const struct block *b,
								 uint64_t odd, char next,
								 struct found *out)
{
	uint64_t breaks = b->lf | b->cr, separators = b->delimiter | breaks;
	uint64_t inside, outside = ~(uint64_t)0, irregular = b->zero, ends = b->lf;

	if (__builtin_expect(b->cr != 0, 0)) {
		uint64_t paired = cr_paired(b, next);

		ends = b->lf | (b->cr & ~paired);
		s->paired |= paired;
	}
	if (b->quote | s->inside | s->closed) {
		inside = odd ^ s->inside;
		outside = ~(inside | b->quote);
		irregular |= (b->quote & inside) &
			     ~((separators | b->quote) << 1 | s->separated | s->quoted);
		irregular |= ((b->quote & ~inside) << 1 | s->closed) & ~(separators | b->quote);
		s->inner |= breaks & inside;
		s->inside = (uint64_t)0 - (inside >> 63);
		s->closed = (b->quote & ~inside) >> 63;
	}
	s->quoted = b->quote >> 63;
	s->separated = separators >> 63;
	out->rows = ends & outside;
	out->cells = (b->delimiter & outside) | out->rows;
	return irregular;
}

/* The first n bytes of a block only. */
static inline __attribute__((always_inline)) void block_cut(struct block *b, uint64_t n)
{
	uint64_t kept = bits_below(n);

	b->delimiter &= kept;
	b->quote &= kept;
	b->lf &= kept;
	b->cr &= kept;
	b->zero &= kept;
}

static inline uint64_t first_bit(uint64_t bits)
{
	return (uint64_t)__builtin_ctzll(bits);
}

static inline uint32_t *positions_write(uint32_t *out, uint32_t at, uint64_t bits)
{
	for (; bits; bits &= bits - 1)
		*out++ = at + (uint32_t)first_bit(bits);
	return out;
}

/* A block that is scanned may lie in two of the text. */
static inline void high_mark(const struct scan *s)
{
	uint32_t first = s->at / SCAN_BLOCK, last = (s->at + SCAN_BLOCK - 1) / SCAN_BLOCK;

	s->high[first / 64] |= (uint64_t)1 << first % 64;
	s->high[last / 64] |= (uint64_t)1 << last % 64;
}

/* The loop of a scanner: READ makes a block of bytes, ODD counts its quotes, WRITE
 * writes positions down. */
#define SCAN_LOOP(READ, ODD, WRITE_CELLS, WRITE_ROWS) \
	do { \
		uint32_t left = s.len - s.at; \
		uint64_t irregular; \
		struct block b; \
		struct found found; \
\
		READ(s.text + s.at, &b); \
		if (__builtin_expect(b.high != 0, 0)) \
			high_mark(&s); \
		if (left < SCAN_BLOCK) \
			block_cut(&b, left); \
		irregular = block_find(&s, &b, ODD(b.quote), s.text[s.at + SCAN_BLOCK], &found); \
		if (left < SCAN_BLOCK) \
			irregular &= bits_below(left); \
		if (__builtin_expect(irregular != 0, 0)) { \
			uint64_t regular = bits_below(first_bit(irregular)); \
\
			s.cells = positions_write(s.cells, s.at, found.cells & regular); \
			s.rows = positions_write(s.rows, s.at, found.rows & regular); \
			s.at += (uint32_t)first_bit(irregular); \
			break; \
		} \
		WRITE_CELLS(s.cells, s.at, found.cells); \
		WRITE_ROWS(s.rows, s.at, found.rows); \
		s.at += left < SCAN_BLOCK ? left : SCAN_BLOCK; \
	} while (s.at < s.len)

/* Which of eight bytes are `byte`, which stands in all of `bytes`: bit 7 of each. */
static inline uint64_t bytes_equal(uint64_t eight, uint64_t bytes)
{
	uint64_t low = 0x7f * BYTES_EACH, x = eight ^ bytes;

	return ~(((x & low) + low) | x | low);
}

/* Which of eight bytes are control characters (C0 and DEL), but for white space: bit 7 of
 * each. */
static inline uint64_t bytes_control(uint64_t eight)
{
	return bytes_equal(eight, BYTES_EACH * 0x7f) |
	       (bytes_equal(eight & 0xe0 * BYTES_EACH, 0) &
		~(bytes_equal(eight, BYTES_EACH * '\n') | bytes_equal(eight, BYTES_EACH * '\r') |
		  bytes_equal(eight, BYTES_EACH * '\t')));
}

/* Bit 7 of each of eight bytes. */
static inline uint64_t bytes_mask(uint64_t eight)
{
	return (eight >> 7) * 0x0102040810204080 >> 56;
}

static inline void block_add(struct block *b, uint64_t eight, const struct scan *s, unsigned shift)
{
	uint64_t quote = s->quote ? bytes_equal(eight, BYTES_EACH * (uint8_t)s->quote) : 0;

	b->delimiter |= bytes_mask(bytes_equal(eight, BYTES_EACH * (uint8_t)s->delimiter)) << shift;
	b->quote |= bytes_mask(quote) << shift;
	b->lf |= bytes_mask(bytes_equal(eight, BYTES_EACH * '\n')) << shift;
	b->cr |= bytes_mask(bytes_equal(eight, BYTES_EACH * '\r')) << shift;
	b->zero |= bytes_mask(bytes_equal(eight, 0)) << shift;
}

static inline uint64_t odd_portable(uint64_t quotes)
{
	unsigned shift;

	for (shift = 1; shift < 64; shift *= 2)
		quotes ^= quotes << shift;
	return quotes;
}

static uint32_t scan_portable(struct scan *scan)
{
	struct scan s = *scan;
	unsigned i;

#define READ_PORTABLE(TEXT, B) \
	*(B) = (struct block){ .delimiter = 0 }; \
	for (i = 0; i < SCAN_BLOCK; i += 8) { \
		uint64_t eight = bytes_load((TEXT) + i); \
\
		(B)->high |= (eight & (0x80 * BYTES_EACH)) | bytes_control(eight); \
		block_add(B, eight, &s, i); \
	}
#define WRITE_PORTABLE(OUT, AT, BITS) OUT = positions_write(OUT, AT, BITS)
	SCAN_LOOP(READ_PORTABLE, odd_portable, WRITE_PORTABLE, WRITE_PORTABLE);
	*scan = s;
	return s.at;
}

static uint64_t lines_portable(const char *text, uint64_t len)
{
	uint64_t n = 0, at = 0, eight, lf, cr;

	/* One byte beyond is looked at. */
	for (; at + 8 < len; at += 8) {
		eight = bytes_load(text + at);
		lf = bytes_equal(eight, BYTES_EACH * '\n');
		cr = bytes_equal(eight, BYTES_EACH * '\r');
		if (cr)
			cr &= ~(lf >> 8 | (uint64_t)(text[at + 8] == '\n') << 63);
		n += (uint64_t)__builtin_popcountll(lf | cr);
	}
	for (; at < len; at++)
		n += text[at] == '\n' ||
		     (text[at] == '\r' && (at + 1 == len || text[at + 1] != '\n'));
	return n;
}

#if MACHINE_X86

TARGET_AVX2 static inline uint64_t pair_equal(__m256i a, __m256i b, __m256i byte)
{
	uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, byte));
	uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, byte));

	return low | (uint64_t)high << 32;
}

/* Which bytes are control characters, such as the rare CR and zero bytes. */
TARGET_AVX2 static inline uint64_t pair_control(__m256i a, __m256i b)
{
	__m256i most = _mm256_set1_epi8(0x1f);

	return pair_equal(_mm256_max_epu8(a, most), _mm256_max_epu8(b, most), most);
}

TARGET_AVX2 static inline uint64_t odd_pclmul(uint64_t quotes)
{
	__m128i product =
		_mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)quotes), _mm_set1_epi8(-1), 0);

	return (uint64_t)_mm_cvtsi128_si64(product);
}

/* Positions eight at a time: what is written beyond the last is written over. */
TARGET_AVX2 static inline uint32_t *positions_avx2(uint32_t *out, uint32_t at, uint64_t bits)
{
	uint32_t *end = out + __builtin_popcountll(bits);
	int i;

	do {
		for (i = 0; i < 8; i++) {
			out[i] = at + (uint32_t)_tzcnt_u64(bits);
			bits = _blsr_u64(bits);
		}
		out += 8;
	} while (out < end);
	return end;
}

TARGET_AVX2 static inline uint32_t *rows_avx2(uint32_t *out, uint32_t at, uint64_t bits)
{
	uint32_t *end = out + __builtin_popcountll(bits);

	do {
		out[0] = at + (uint32_t)_tzcnt_u64(bits);
		bits = _blsr_u64(bits);
		out[1] = at + (uint32_t)_tzcnt_u64(bits);
		bits = _blsr_u64(bits);
		out += 2;
	} while (out < end);
	return end;
}

TARGET_AVX2 static uint32_t scan_avx2(struct scan *scan)
{
	struct scan s = *scan;
	__m256i delimiter = _mm256_set1_epi8(s.delimiter), quote = _mm256_set1_epi8(s.quote);
	__m256i lf = _mm256_set1_epi8('\n'), cr = _mm256_set1_epi8('\r');
	__m256i tab = _mm256_set1_epi8('\t'), one = _mm256_set1_epi8(1);
	uint64_t quotes = s.quote ? ~(uint64_t)0 : 0, control;

#define READ_AVX2(TEXT, B) \
	__m256i low = _mm256_loadu_si256((const __m256i *)(const void *)(TEXT)); \
	__m256i high = _mm256_loadu_si256((const __m256i *)(const void *)((TEXT) + 32)); \
\
	*(B) = (struct block){ .delimiter = pair_equal(low, high, delimiter), \
			       .quote = pair_equal(low, high, quote) & quotes, \
			       .lf = pair_equal(low, high, lf), \
			       .high = (uint32_t)_mm256_movemask_epi8( \
				       _mm256_adds_epu8(_mm256_max_epu8(low, high), one)) }; \
	control = pair_control(low, high); \
	if (__builtin_expect(control != (B)->lf, 0)) { \
		(B)->cr = pair_equal(low, high, cr); \
		(B)->zero = pair_equal(low, high, _mm256_setzero_si256()); \
		(B)->high |= control & ~((B)->lf | (B)->cr | pair_equal(low, high, tab)); \
	}
#define WRITE_AVX2(OUT, AT, BITS)      OUT = positions_avx2(OUT, AT, BITS)
#define WRITE_ROWS_AVX2(OUT, AT, BITS) OUT = rows_avx2(OUT, AT, BITS)
	SCAN_LOOP(READ_AVX2, odd_pclmul, WRITE_AVX2, WRITE_ROWS_AVX2);
	*scan = s;
	return s.at;
}

TARGET_AVX2 static uint64_t lines_avx2(const char *text, uint64_t len)
{
	__m256i lf = _mm256_set1_epi8('\n'), cr = _mm256_set1_epi8('\r');
	uint64_t n = 0, at;

	for (at = 0; at + SCAN_BLOCK < len; at += SCAN_BLOCK) {
		__m256i low = _mm256_loadu_si256((const __m256i *)(const void *)(text + at));
		__m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(text + at + 32));
		struct block b = { .lf = pair_equal(low, high, lf),
				   .cr = pair_equal(low, high, cr) };

		n += (uint64_t)__builtin_popcountll(b.lf |
						    (b.cr & ~cr_paired(&b, text[at + SCAN_BLOCK])));
	}
	return n + lines_portable(text + at, len - at);
}

/* Sixteen of the bytes at a time as positions. */
TARGET_AVX512 static inline void positions_store(uint32_t *out, uint32_t at, __m128i bytes)
{
	__m512i base = _mm512_set1_epi32((int)at);

	_mm512_storeu_si512(out, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(bytes)));
}

TARGET_AVX512 static inline uint32_t *positions_avx512(uint32_t *out, uint32_t at, uint64_t bits,
						       __m512i numbers)
{
	__m512i bytes = _mm512_maskz_compress_epi8(bits, numbers);
	uint32_t n = (uint32_t)__builtin_popcountll(bits);

	positions_store(out, at, _mm512_castsi512_si128(bytes));
	if (__builtin_expect(n > 16, 0)) {
		positions_store(out + 16, at, _mm512_extracti32x4_epi32(bytes, 1));
		positions_store(out + 32, at, _mm512_extracti32x4_epi32(bytes, 2));
		positions_store(out + 48, at, _mm512_extracti32x4_epi32(bytes, 3));
	}
	return out + n;
}

TARGET_AVX512 static uint32_t scan_avx512(struct scan *scan)
{
	struct scan s = *scan;
	__m512i delimiter = _mm512_set1_epi8(s.delimiter), quote = _mm512_set1_epi8(s.quote);
	__m512i lf = _mm512_set1_epi8('\n'), cr = _mm512_set1_epi8('\r');
	__m512i blank = _mm512_set1_epi8(' '), del = _mm512_set1_epi8(0x7f);
	__m512i tab = _mm512_set1_epi8('\t'), numbers;
	uint64_t quotes = s.quote ? ~(uint64_t)0 : 0, control;
	uint8_t bytes[SCAN_BLOCK];
	unsigned i;

	for (i = 0; i < SCAN_BLOCK; i++)
		bytes[i] = (uint8_t)i;
	numbers = _mm512_loadu_si512(bytes);
#define READ_AVX512(TEXT, B) \
	__m512i text = _mm512_loadu_si512(TEXT); \
\
	*(B) = (struct block){ .delimiter = _mm512_cmpeq_epi8_mask(text, delimiter), \
			       .quote = _mm512_cmpeq_epi8_mask(text, quote) & quotes, \
			       .lf = _mm512_cmpeq_epi8_mask(text, lf), \
			       .high = _mm512_cmpge_epu8_mask(text, del) }; \
	control = _mm512_cmplt_epu8_mask(text, blank); \
	if (__builtin_expect(control != (B)->lf, 0)) { \
		(B)->cr = _mm512_cmpeq_epi8_mask(text, cr); \
		(B)->zero = _mm512_testn_epi8_mask(text, text); \
		(B)->high |= control & ~((B)->lf | (B)->cr | _mm512_cmpeq_epi8_mask(text, tab)); \
	}
#define WRITE_AVX512(OUT, AT, BITS) OUT = positions_avx512(OUT, AT, BITS, numbers)
	SCAN_LOOP(READ_AVX512, odd_pclmul, WRITE_AVX512, WRITE_ROWS_AVX2);
	*scan = s;
	return s.at;
}

#endif

uint32_t scan_run(enum machine machine, struct scan *scan)
{
	static uint32_t (*const runs[MACHINES])(struct scan *) = {
		[MACHINE_PORTABLE] = scan_portable,
#if MACHINE_X86
		[MACHINE_AVX2] = scan_avx2,
		[MACHINE_AVX512] = scan_avx512,
#endif
	};

	return scan->at < scan->len ? runs[machine](scan) : scan->at;
}

uint64_t scan_lines(enum machine machine, const char *text, uint64_t len)
{
#if MACHINE_X86
	if (machine != MACHINE_PORTABLE)
		return lines_avx2(text, len);
#endif
	(void)machine;
	return lines_portable(text, len);
}
