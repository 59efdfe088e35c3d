#include "lexer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	FRONT = 64,   /* bytes before the window, for a mark that is read with it */
	PADDING = 64, /* zero bytes behind it */
};

#define EACH ((uint64_t)0x0101010101010101)

void lexer_break(struct lexer *lex, const char *code, uint64_t at, const char *fmt, ...)
{
	char message[sizeof lex->problem.message.text];
	va_list ap;

	if (lex->problem.code)
		return;
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	lex->problem = (struct problem){ .code = code, .at = at };
	phrase_puts(&lex->problem.message, message);
}

void lexer_too_large(struct lexer *lex, uint64_t at)
{
	lexer_break(lex, "too-large", at,
		    "here begins what is longer than the %zu bytes that max_row allows", lex->most);
}

static bool is_broken(const struct lexer *lex)
{
	return lex->err || lex->problem.code;
}

static bool window_room(struct lexer *lex, size_t room)
{
	char *memory;

	if (room <= lex->room)
		return true;
	memory = realloc(lex->memory, FRONT + room + PADDING);
	if (!memory) {
		lex->err = ENOMEM;
		return false;
	}
	lex->memory = memory;
	lex->buffer = memory + FRONT;
	lex->room = room;
	return true;
}

/* Reads more behind what is in the window: whether there was any. */
static bool window_read(struct lexer *lex, size_t len)
{
	uint64_t end = lex->base + lex->len;

	if (len > lex->limit - end)
		len = (size_t)(lex->limit - end);
	if (len)
		lex->err = lex->fill(lex->from, end, lex->buffer + lex->len, len);
	if (lex->err)
		len = 0;
	lex->len += len;
	memset(lex->buffer + lex->len, 0, PADDING);
	return len;
}

/* Moves the window on, without what need not be kept: whether there is more in it. */
static bool window_more(struct lexer *lex)
{
	size_t gone = (size_t)(lex->keep - lex->base), room = lex->room;

	if (is_broken(lex) || lex->base + lex->len >= lex->limit)
		return false;
	if (lex->len - gone > room / 2 && room < lex->most)
		room = 2 * room < lex->most ? 2 * room : lex->most;
	if (lex->len - gone >= room) {
		lexer_too_large(lex, lex->keep);
		return false;
	}
	memmove(lex->buffer, lex->buffer + gone, lex->len - gone);
	lex->base += gone;
	lex->len -= gone;
	lex->at -= gone;
	return window_room(lex, room) && window_read(lex, room - lex->len);
}

/* Sees to it that so many bytes are at hand, where the text has them. */
static void window_have(struct lexer *lex, size_t n)
{
	while (lex->len - lex->at < n && window_more(lex))
		;
}

bool lexer_load(struct lexer *lex, uint64_t at, size_t len)
{
	if (!window_room(lex, len > lex->least ? len : lex->least))
		return false;
	lex->base = lex->keep = at;
	lex->len = lex->at = 0;
	window_read(lex, len);
	return !lex->err;
}

void lexer_seek(struct lexer *lex, uint64_t at, uint64_t limit, enum expect expect)
{
	lex->limit = limit;
	if (lex->base + lex->len > limit) {
		lex->len = limit > lex->base ? (size_t)(limit - lex->base) : 0;
		if (lex->buffer)
			memset(lex->buffer + lex->len, 0, PADDING);
	}
	if (at < lex->base || at > lex->base + lex->len || !lex->buffer) {
		lex->base = at;
		lex->len = 0;
		if (window_room(lex, lex->least))
			memset(lex->buffer, 0, PADDING);
	}
	lex->at = (size_t)(at - lex->base);
	lex->keep = at;
	lex->holding = false;
	lex->expect = expect;
}

void lexer_hold(struct lexer *lex)
{
	lex->keep = lexer_position(lex);
	lex->holding = true;
}

void lexer_let_go(struct lexer *lex)
{
	lex->holding = false;
}

void lexer_release(struct lexer *lex)
{
	free(lex->memory);
	lex->memory = lex->buffer = NULL;
}

int lexer_peek(struct lexer *lex)
{
	if (!lex->buffer)
		return -1;
	do {
		const char *p = lex->buffer + lex->at;

		while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')
			p++;
		lex->at = (size_t)(p - lex->buffer);
		if (!lex->holding)
			lex->keep = lexer_position(lex);
		if (lex->at < lex->len)
			return (unsigned char)*p;
	} while (window_more(lex));
	return -1;
}

/* Says what should stand where something else does, or nothing. */
static enum token token_wrong(struct lexer *lex, const char *wanted)
{
	uint64_t at = lexer_position(lex);
	const char *p = lex->buffer ? lex->buffer + lex->at : "";
	unsigned char c = (unsigned char)*p;

	if (is_broken(lex))
		return TOKEN_BROKEN;
	if (lex->at >= lex->len)
		lexer_break(lex, "syntax", at, "the text ends where %s should stand", wanted);
	else if (c > ' ' && c < 0x7f)
		lexer_break(lex, "syntax", at, "%s should stand here, not '%c'", wanted, c);
	else
		lexer_break(lex, "syntax", at, "%s should stand here, not the byte 0x%02x", wanted,
			    c);
	return TOKEN_BROKEN;
}

/* The first byte that is more than a plain character of ASCII in a string. */
static const char *plain_end(const char *p)
{
	uint64_t eight, found;

	for (;; p += 8) {
		memcpy(&eight, p, sizeof eight);
		found = eight | ((eight - EACH * 0x20) & ~eight);
		eight ^= EACH * '"';
		found |= (eight - EACH) & ~eight;
		eight ^= EACH * ('"' ^ '\\');
		found |= (eight - EACH) & ~eight;
		if (found & EACH * 0x80)
			break;
	}
	while ((unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return p;
}

static bool hex_read(const char *p, unsigned *out)
{
	size_t i;

	*out = 0;
	for (i = 0; i < 4; i++) {
		unsigned c = (unsigned char)p[i], low = c | 0x20;

		if (c >= '0' && c <= '9')
			*out = *out << 4 | (c - '0');
		else if (low >= 'a' && low <= 'f')
			*out = *out << 4 | (low - 'a' + 10);
		else
			return false;
	}
	return true;
}

static bool is_high(unsigned code)
{
	return code >= 0xd800 && code < 0xdc00;
}

static bool is_low(unsigned code)
{
	return code >= 0xdc00 && code < 0xe000;
}

/* At a backslash: how many bytes the escape has, 0 when it is none. */
static size_t escape_length(const char *p)
{
	unsigned code, low;

	if (p[1] != 'u')
		return p[1] && strchr("\"\\/bfnrt", p[1]) ? 2 : 0;
	if (!hex_read(p + 2, &code) || is_low(code))
		return 0;
	if (!is_high(code))
		return 6;
	return p[6] == '\\' && p[7] == 'u' && hex_read(p + 8, &low) && is_low(low) ? 12 : 0;
}

/* What is wrong with a byte of a string. */
static void string_wrong(struct lexer *lex)
{
	unsigned char c = (unsigned char)lex->buffer[lex->at];
	uint64_t at = lexer_position(lex);

	if (is_broken(lex))
		return;
	if (lex->at >= lex->len)
		lexer_break(lex, "syntax", lex->start,
			    "a string begins here that is not closed before the text ends");
	else if (c == '\\')
		lexer_break(lex, "syntax", at, "a backslash begins no escape that JSON has");
	else if (c < 0x20)
		lexer_break(lex, "syntax", at,
			    "the byte 0x%02x stands in a string, where it has to be an escape", c);
	else
		lexer_break(lex, "syntax", at, "the byte 0x%02x is no UTF-8", c);
}

/* At the quote that opens it. */
static bool string_read(struct lexer *lex)
{
	size_t n;

	lex->escaped = false;
	lex->at++;
	for (;;) {
		const char *p = plain_end(lex->buffer + lex->at);

		lex->at = (size_t)(p - lex->buffer);
		if (lex->at >= lex->len && window_more(lex))
			continue;
		if (lex->at < lex->len && *p == '"') {
			lex->at++;
			return true;
		}
		window_have(lex, 12);
		p = lex->buffer + lex->at;
		if (*p == '\\')
			n = escape_length(p);
		else /* zeros end the buffer */
			n = (unsigned char)*p < 0x80 ? 0 : utf8_character(p, 4);
		if (!n || lex->at >= lex->len)
			break;
		lex->escaped |= *p == '\\';
		lex->at += n;
	}
	string_wrong(lex);
	return false;
}

static const char *digits_end(const char *p)
{
	while (*p >= '0' && *p <= '9')
		p++;
	return p;
}

/* The end of the number that begins at p, or p. */
static const char *number_end(const char *p)
{
	const char *from = p, *digits = p + (*p == '-'), *more;

	p = *digits == '0' ? digits + 1 : digits_end(digits);
	if (p == digits)
		return from;
	if (*p == '.') {
		more = digits_end(p + 1);
		if (more == p + 1)
			return from;
		p = more;
	}
	if ((*p | 0x20) == 'e') {
		digits = p + 1 + (p[1] == '+' || p[1] == '-');
		more = digits_end(digits);
		if (more == digits)
			return from;
		p = more;
	}
	return p;
}

static bool number_read(struct lexer *lex)
{
	const char *p, *end;

	for (;;) {
		p = lex->buffer + lex->at;
		end = p;
		while ((*end >= '0' && *end <= '9') || *end == '-' || *end == '+' || *end == '.' ||
		       (*end | 0x20) == 'e')
			end++;
		if ((size_t)(end - lex->buffer) < lex->len || !window_more(lex))
			break;
	}
	if (is_broken(lex))
		return false;
	end = number_end(p);
	if (end == p)
		lexer_break(lex, "syntax", lexer_position(lex),
			    "a number begins here that is none");
	lex->at += (size_t)(end - p);
	return end > p;
}

static enum token word_read(struct lexer *lex, const char *word, enum token token)
{
	size_t len = strlen(word);

	window_have(lex, len);
	if (lex->len - lex->at < len || memcmp(lex->buffer + lex->at, word, len) != 0)
		return token_wrong(lex, "a value");
	lex->at += len;
	return token;
}

static enum token container_open(struct lexer *lex, bool object)
{
	if (lex->depth == DEPTH_MOST) {
		lexer_break(lex, "deep", lexer_position(lex),
			    "more than %d objects and arrays stand in one another", DEPTH_MOST);
		return TOKEN_BROKEN;
	}
	lex->objects[lex->depth++] = object;
	lex->at++;
	lex->expect = object ? EXPECT_FIRST_NAME : EXPECT_FIRST_VALUE;
	return object ? TOKEN_OBJECT : TOKEN_ARRAY;
}

static enum expect value_expect(const struct lexer *lex)
{
	return lex->depth ? EXPECT_MORE : EXPECT_END;
}

static enum token container_close(struct lexer *lex)
{
	lex->depth--;
	lex->at++;
	lex->expect = value_expect(lex);
	return TOKEN_CLOSE;
}

static enum token value_read(struct lexer *lex, int c)
{
	lex->expect = value_expect(lex);
	switch (c) {
	case '{':
		return container_open(lex, true);
	case '[':
		return container_open(lex, false);
	case '"':
		return string_read(lex) ? TOKEN_STRING : TOKEN_BROKEN;
	case 't':
		return word_read(lex, "true", TOKEN_TRUE);
	case 'f':
		return word_read(lex, "false", TOKEN_FALSE);
	case 'n':
		return word_read(lex, "null", TOKEN_NULL);
	default:
		if (c != '-' && (c < '0' || c > '9'))
			return token_wrong(lex, "a value");
		return number_read(lex) ? TOKEN_NUMBER : TOKEN_BROKEN;
	}
}

static enum token name_read(struct lexer *lex, int c)
{
	if (c != '"')
		return token_wrong(lex, lex->expect == EXPECT_NAME ? "a name in quotes"
								   : "a name in quotes or }");
	lex->expect = EXPECT_COLON;
	return string_read(lex) ? TOKEN_NAME : TOKEN_BROKEN;
}

static enum token token_read(struct lexer *lex, int c)
{
	bool object = lex->depth && lex->objects[lex->depth - 1];

	switch (lex->expect) {
	case EXPECT_FIRST_VALUE:
		if (c == ']')
			return container_close(lex);
		return value_read(lex, c);
	case EXPECT_VALUE:
		return value_read(lex, c);
	case EXPECT_FIRST_NAME:
		if (c == '}')
			return container_close(lex);
		return name_read(lex, c);
	case EXPECT_NAME:
		return name_read(lex, c);
	case EXPECT_COLON:
		return token_wrong(lex, "a colon");
	case EXPECT_MORE:
		if (c == (object ? '}' : ']'))
			return container_close(lex);
		return token_wrong(lex, object ? "a comma or }" : "a comma or ]");
	case EXPECT_END:
		break;
	}
	return c < 0 && !is_broken(lex) ? TOKEN_END : token_wrong(lex, "nothing more");
}

bool lexer_comma(struct lexer *lex)
{
	if (lex->expect != EXPECT_MORE || lexer_peek(lex) != ',')
		return false;
	lex->at++;
	lex->expect = lex->objects[lex->depth - 1] ? EXPECT_NAME : EXPECT_VALUE;
	return true;
}

enum token lexer_next(struct lexer *lex)
{
	enum token token;
	int c = lexer_peek(lex);

	if (is_broken(lex))
		return TOKEN_BROKEN;
	if (c == ':' && lex->expect == EXPECT_COLON) {
		lex->at++;
		lex->expect = EXPECT_VALUE;
		c = lexer_peek(lex);
	} else if (lexer_comma(lex)) {
		c = lexer_peek(lex);
	}
	lex->start = lexer_position(lex);
	token = token_read(lex, c);
	lex->end = lexer_position(lex);
	return token;
}

bool lexer_skip(struct lexer *lex, enum token token)
{
	size_t depth = lex->depth;

	if (token == TOKEN_OBJECT || token == TOKEN_ARRAY)
		while (lex->depth >= depth && (token = lexer_next(lex)) > TOKEN_END)
			;
	return token > TOKEN_END;
}

/* Resolves the escape at p, and returns the end of it. */
static const char *escape_put(const char *p, char **out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	unsigned code = 0, low = 0;

	if (p[1] != 'u') {
		*(*out)++ = to[strchr(from, p[1]) - from];
		return p + 2;
	}
	hex_read(p + 2, &code);
	if (!is_high(code)) {
		*out += utf8_write(code, *out);
		return p + 6;
	}
	hex_read(p + 8, &low);
	*out += utf8_write(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00), *out);
	return p + 12;
}

size_t lexer_decode(struct mu_string raw, char *out)
{
	const char *p = raw.data, *end = raw.data + raw.len, *next;
	char *to = out;

	while (p < end) {
		next = memchr(p, '\\', (size_t)(end - p));
		next = next ? next : end;
		memcpy(to, p, (size_t)(next - p));
		to += next - p;
		p = next < end ? escape_put(next, &to) : end;
	}
	return (size_t)(to - out);
}

bool lexer_is(const struct lexer *lex, struct mu_string text)
{
	struct mu_string raw = lexer_inside(lex);
	char said[4096];

	if (!lex->escaped)
		return raw.len == text.len && (!raw.len || !memcmp(raw.data, text.data, raw.len));
	/* So long none is that a pipeline names. */
	if (raw.len > sizeof said || text.len > raw.len)
		return false;
	raw.len = lexer_decode(raw, said);
	return raw.len == text.len && !memcmp(said, text.data, raw.len);
}
