/*
 * Eight bytes of text in a number, the first one lowest.
 */
#ifndef BYTES_H
#define BYTES_H

#include <stdint.h>
#include <string.h>

/* A byte times this stands in all eight. */
#define BYTES_EACH ((uint64_t)0x0101010101010101)

static inline uint64_t bytes_load(const char *text)
{
	uint64_t eight;

	memcpy(&eight, text, sizeof eight);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	eight = __builtin_bswap64(eight);
#endif
	return eight;
}

#endif
