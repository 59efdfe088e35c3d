/*
 * A fuzz target, for libFuzzer (`make fuzz`) or for tests/fuzz.c, which is in its place where
 * there is no clang.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Puts one of `n` pieces for each byte of the input, one behind the other; with `zeros` a
 * zero byte behind that of 255.  How many bytes `out` then has. */
static inline size_t pieces_join(char *out, const uint8_t *data, size_t len,
				 const char *const *pieces, size_t n, int zeros)
{
	size_t size = 0, i;

	for (i = 0; i < len; i++) {
		const char *piece = pieces[data[i] % n];

		memcpy(out + size, piece, strlen(piece));
		size += strlen(piece);
		if (zeros && data[i] == 255)
			out[size++] = '\0';
	}
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
