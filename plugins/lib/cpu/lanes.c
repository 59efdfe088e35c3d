#include "cpu/lanes.h"

#include "cpu/cpu.h"

#if defined __x86_64__
#include <immintrin.h>
#endif

static void note(uint64_t *changed, size_t i, uint64_t bits)
{
	changed[i / 64] |= bits << i % 64;
}

static void compare_4(const uint32_t *lanes, size_t from, size_t n, uint64_t *changed)
{
	size_t i;

	for (i = from; i < n; i++)
		note(changed, i, lanes[i] != lanes[i - 1]);
}

static void compare_8(const uint64_t *lanes, size_t from, size_t n, uint64_t *changed)
{
	size_t i;

	for (i = from; i < n; i++)
		note(changed, i, lanes[i] != lanes[i - 1]);
}

void lanes_portable(const void *lanes, size_t size, size_t n, uint64_t *changed)
{
	if (size == sizeof(uint32_t))
		compare_4(lanes, 1, n, changed);
	else
		compare_8(lanes, 1, n, changed);
}

#if defined __x86_64__

/* From lane 8 on, so that what is found at once is in one word. */
__attribute__((target("avx2"))) static void compare_4_avx2(const uint32_t *lanes, size_t n,
							   uint64_t *changed)
{
	size_t i;

	compare_4(lanes, 1, n < 8 ? n : 8, changed);
	for (i = 8; i + 8 <= n; i += 8) {
		__m256i here = _mm256_loadu_si256((const void *)(lanes + i));
		__m256i before = _mm256_loadu_si256((const void *)(lanes + i - 1));
		__m256i same = _mm256_cmpeq_epi32(here, before);

		note(changed, i, ~(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(same)) & 0xff);
	}
	compare_4(lanes, i, n, changed);
}

__attribute__((target("avx2"))) static void compare_8_avx2(const uint64_t *lanes, size_t n,
							   uint64_t *changed)
{
	size_t i;

	compare_8(lanes, 1, n < 4 ? n : 4, changed);
	for (i = 4; i + 4 <= n; i += 4) {
		__m256i here = _mm256_loadu_si256((const void *)(lanes + i));
		__m256i before = _mm256_loadu_si256((const void *)(lanes + i - 1));
		__m256i same = _mm256_cmpeq_epi64(here, before);

		note(changed, i, ~(uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(same)) & 0xf);
	}
	compare_8(lanes, i, n, changed);
}

static void lanes_avx2(const void *lanes, size_t size, size_t n, uint64_t *changed)
{
	if (size == sizeof(uint32_t))
		compare_4_avx2(lanes, n, changed);
	else
		compare_8_avx2(lanes, n, changed);
}

lanes_compare *lanes_pick(void)
{
	return CPU_HAS(AVX2, "avx2") ? lanes_avx2 : lanes_portable;
}

#else

lanes_compare *lanes_pick(void)
{
	return lanes_portable;
}

#endif

size_t lanes_starts(const uint64_t *changed, size_t n, uint32_t *starts)
{
	size_t count = 0, word;
	uint64_t bits;

	for (word = 0; word * 64 < n; word++)
		for (bits = changed[word]; bits; bits &= bits - 1)
			starts[count++] = (uint32_t)(word * 64 + (size_t)__builtin_ctzll(bits));
	starts[count] = (uint32_t)n;
	return count;
}
