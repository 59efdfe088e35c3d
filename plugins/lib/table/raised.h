/*
 * Raised marks, such as those of footnotes, in the text of a cell.
 *
 * A raised digit beside a digit would make another number of it, 12 with the mark 1 is not
 * 121, and beside a name another name.  It becomes a raised digit of Unicode, so that the
 * text says what is to be seen and is no number any more.  In brackets, [1], it is told
 * from what is before it in any case.
 */
#ifndef RAISED_H
#define RAISED_H

#include <muster/table.h>

/* How many bytes of a text are a raised digit at its end, or 0. */
static inline size_t raised_at_end(struct mu_string text)
{
	const char *end = text.data + text.len;

	if (text.len >= 2 && end[-2] == '\xc2' && strchr("\xb9\xb2\xb3", end[-1]) && end[-1])
		return 2;
	if (text.len >= 3 && !memcmp(end - 3, "\xe2\x81", 2) && (unsigned char)end[-1] >= 0xb0 &&
	    (unsigned char)end[-1] <= 0xb9)
		return 3;
	return 0;
}

/* Whether a raised digit behind a text would be read as part of it, or of what follows. */
static inline bool raised_glues(struct mu_string before)
{
	before = mu_trim(before);
	return !before.len || !strchr("[(", before.data[before.len - 1]);
}

/* The raised form of a digit; how many bytes it has. */
static inline size_t raised_digit(char digit, char out[3])
{
	static const char low[][3] = { "", "\xc2\xb9", "\xc2\xb2", "\xc2\xb3" };

	if (digit >= '1' && digit <= '3') {
		memcpy(out, low[digit - '0'], 2);
		return 2;
	}
	memcpy(out, "\xe2\x81\xb0", 3);
	out[2] = (char)(out[2] + (digit - '0'));
	return 3;
}

#endif
