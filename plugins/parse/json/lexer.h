/*
 * A strict reader of JSON: RFC 8259 and nothing else, one token after the other, from
 * windows of a text that may be of any size.
 *
 *     lexer_seek(lex, 0, len, EXPECT_VALUE);
 *     while ((token = lexer_next(lex)) > TOKEN_END)
 *             ...
 *
 * Positions are bytes of the text.  The bytes of the last token are at hand until the
 * next one; those from lexer_hold() on until lexer_let_go().  Neither a token nor what is
 * held may be longer than `most` bytes, or than a window if that is more.
 *
 * Broken is broken: every token behind a mistake is TOKEN_BROKEN, and `problem` or
 * `err` says why.
 */
#ifndef LEXER_H
#define LEXER_H

#include <muster/table.h>

#include "text/phrase.h"

/* Containers in one another. */
enum { DEPTH_MOST = 100 };

enum token {
	TOKEN_BROKEN,
	TOKEN_END,
	TOKEN_CLOSE, /* of the innermost container, which is left by then */
	TOKEN_NAME,  /* of a member: a string, whose value comes next */
	TOKEN_OBJECT,
	TOKEN_ARRAY,
	TOKEN_STRING,
	TOKEN_NUMBER,
	TOKEN_TRUE,
	TOKEN_FALSE,
	TOKEN_NULL,
};

enum expect {
	EXPECT_VALUE,
	EXPECT_FIRST_VALUE, /* or the end of the array */
	EXPECT_NAME,
	EXPECT_FIRST_NAME, /* or the end of the object */
	EXPECT_COLON,
	EXPECT_MORE, /* a comma or the end of the container */
	EXPECT_END,  /* of the text */
};

/* Why a document cannot be read, with the place. */
struct problem {
	const char *code; /* NULL: there is none */
	uint64_t at;
	uint64_t piece; /* where the piece begins that it was found in */
	struct phrase message;
};

/* Fills `to` with just so many bytes of the text, from `at` on.  0, or an error of which
 * the reason was told. */
typedef int lexer_fill(void *from, uint64_t at, char *to, size_t len);

struct lexer {
	lexer_fill *fill;
	void *from;
	size_t most;  /* bytes that a row may have, and a token elsewhere */
	size_t least; /* bytes of the window, which grows where it must */

	char *memory, *buffer; /* the window; zero bytes stand behind it */
	size_t room, len, at;  /* of it; and where the next token begins, at most */
	uint64_t base;         /* where it stands in the text */
	uint64_t limit;        /* where the text ends */
	uint64_t keep;         /* from where on bytes are kept */
	bool holding;

	enum expect expect;
	size_t depth;
	bool objects[DEPTH_MOST]; /* of each container around, whether it is one */

	uint64_t start, end; /* of the last token, a string's quotes included */
	bool escaped;        /* it is a string with escapes */
	struct problem problem;
	int err;
};

/* Goes on at a position with other bounds; the containers around are left as they are. */
void lexer_seek(struct lexer *lex, uint64_t at, uint64_t limit, enum expect expect);

/* Has the window begin at a position, with so many bytes, or less at the limit. */
bool lexer_load(struct lexer *lex, uint64_t at, size_t len);

enum token lexer_next(struct lexer *lex);

/* Passes over the value whose first token was just read: whether it is sound. */
bool lexer_skip(struct lexer *lex, enum token token);

/* Passes over a comma behind a value, if there is one. */
bool lexer_comma(struct lexer *lex);

/* The next byte that is no white space, which stays; -1 at the end. */
int lexer_peek(struct lexer *lex);

void lexer_hold(struct lexer *lex);
void lexer_let_go(struct lexer *lex);

static inline uint64_t lexer_position(const struct lexer *lex)
{
	return lex->base + lex->at;
}

/* Bytes that are at hand. */
static inline const char *lexer_bytes(const struct lexer *lex, uint64_t at)
{
	return lex->buffer + (at - lex->base);
}

/* Of the last token, a string: what stands between its quotes. */
static inline struct mu_string lexer_inside(const struct lexer *lex)
{
	return (struct mu_string){ lexer_bytes(lex, lex->start + 1), lex->end - lex->start - 2 };
}

/* Whether the last token, a string, says just that. */
bool lexer_is(const struct lexer *lex, struct mu_string text);

/* Says that the text is broken, once. */
__attribute__((format(printf, 4, 5)))
void lexer_break(struct lexer *lex, const char *code, uint64_t at, const char *fmt, ...);

/* Says so of what begins at a position, and is longer than `most`. */
void lexer_too_large(struct lexer *lex, uint64_t at);

void lexer_release(struct lexer *lex);

/* What a string that was read says, its escapes resolved: never longer than it is.
 * Returns the length. */
size_t lexer_decode(struct mu_string raw, char *out);

#endif
