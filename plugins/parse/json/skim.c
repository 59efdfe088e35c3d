#include "json.h"

enum { PLAIN, QUOTE, OPEN, CLOSE, COMMA, ZERO };

static const uint8_t classes[256] = {
	['"'] = QUOTE, ['{'] = OPEN,  ['['] = OPEN,  ['}'] = CLOSE,
	[']'] = CLOSE, [','] = COMMA, ['\0'] = ZERO,
};

#define EACH_BYTE ((uint64_t)0x0101010101010101)

/* The first quote or backslash. */
static const char *quote_find(const char *p, const char *end)
{
	uint64_t eight, found;

	for (; end - p >= 8; p += 8) {
		memcpy(&eight, p, sizeof eight);
		eight ^= EACH_BYTE * '"';
		found = (eight - EACH_BYTE) & ~eight;
		eight ^= EACH_BYTE * ('"' ^ '\\');
		found |= (eight - EACH_BYTE) & ~eight;
		if (found & EACH_BYTE * 0x80)
			break;
	}
	while (p < end && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* Behind the quote that opens a string: the end of it. */
static const char *string_pass(const char *p, const char *end)
{
	while ((p = quote_find(p, end)) < end && *p == '\\')
		p += end - p > 1 ? 2 : 1;
	return p < end ? p + 1 : end;
}

struct skim skim_rows(const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	struct skim skim = { .end = 0 };
	size_t depth = 0;

	for (;;) {
		while (p < end && classes[(unsigned char)*p] == PLAIN)
			p++;
		if (p >= end)
			return skim;
		switch (classes[(unsigned char)*p++]) {
		case QUOTE:
			p = string_pass(p, end);
			break;
		case OPEN:
			depth++;
			break;
		case CLOSE:
			if (depth--)
				break;
			skim.closed = true;
			skim.close = (size_t)(p - text);
			return skim;
		case COMMA:
			if (depth)
				break;
			skim.end = (size_t)(p - text);
			skim.rows++;
			break;
		default:
			break;
		}
	}
}

struct skim skim_lines(const char *text, size_t len)
{
	const char *last = len ? memrchr(text, '\n', len) : NULL;

	return (struct skim){ .end = last ? (size_t)(last - text) + 1 : 0 };
}

uint64_t skim_count(const char *text, size_t len)
{
	const uint64_t low = EACH_BYTE * 0x7f;
	uint64_t eight, n = 0;
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&eight, text + i, sizeof eight);
		eight ^= EACH_BYTE * '\n';
		/* The highest bit of each byte that is now zero, and then their sum. */
		eight = ~(((eight & low) + low) | eight | low);
		n += (eight >> 7) * EACH_BYTE >> 56;
	}
	for (; i < len; i++)
		n += text[i] == '\n';
	return n;
}
