/*
 * Characters of UTF-8 (RFC 3629).
 */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <muster/table.h>

/* The characters of a text: bytes that are no tail. */
static inline size_t utf8_count(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += !mu_is_tail(text[i]);
	return n;
}

/* How much of a text fits in `most` bytes, without half a character. */
static inline size_t utf8_cut(const char *text, size_t len, size_t most)
{
	if (len <= most)
		return len;
	while (most && mu_is_tail(text[most]))
		most--;
	return most;
}

/* The bytes of the character at the start of a text that is not empty, or 0: a form that is
 * too long, a surrogate, beyond U+10FFFF, or cut. */
static inline size_t utf8_character(const char *text, size_t len)
{
	unsigned char c = (unsigned char)text[0], next;

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4 || len < 2 || !mu_is_tail(text[1]))
		return 0;
	if (c < 0xe0)
		return 2;
	if (len < 3 || !mu_is_tail(text[2]))
		return 0;
	next = (unsigned char)text[1];
	if (c < 0xf0)
		return (c == 0xe0 && next < 0xa0) || (c == 0xed && next > 0x9f) ? 0 : 3;
	if (len < 4 || !mu_is_tail(text[3]))
		return 0;
	return (c == 0xf0 && next < 0x90) || (c == 0xf4 && next > 0x8f) ? 0 : 4;
}

/* Writes the character of a code point up to U+10FFFF; gives its bytes. */
static inline size_t utf8_write(uint32_t code, char out[4])
{
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; --i; code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(leads[n] | code);
	return n;
}

#endif
