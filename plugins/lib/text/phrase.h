/*
 * Short texts for messages, put together from texts of the data.
 *
 * A phrase has a fixed size.  Each piece is shortened to PHRASE_PIECE bytes,
 * between two characters and with "..." behind it, and what no longer fits is
 * left out, so a hostile value makes no message long.  A zero byte is written \x00.
 */
#ifndef PHRASE_H
#define PHRASE_H

#include <muster/table.h>

#include "text/utf8.h"

enum { PHRASE_PIECE = 60 };

/* Zeroed is empty. */
struct phrase {
	char text[320]; /* ended by a zero byte */
	size_t len;
};

static inline void phrase_puts(struct phrase *phrase, const char *text)
{
	size_t len = strlen(text);

	if (len >= sizeof phrase->text - phrase->len)
		return;
	memcpy(phrase->text + phrase->len, text, len + 1);
	phrase->len += len;
}

static inline void phrase_add(struct phrase *phrase, const char *text, size_t len)
{
	char piece[4 * PHRASE_PIECE + 4];
	size_t take = utf8_cut(text, len, PHRASE_PIECE), n = 0, i;

	for (i = 0; i < take; i++) {
		memcpy(piece + n, text[i] ? text + i : "\\x00", text[i] ? 1 : 4);
		n += text[i] ? 1 : 4;
	}
	memcpy(piece + n, take < len ? "..." : "\0\0\0", 4);
	phrase_puts(phrase, piece);
}

#endif
