/*
 * Text that grows, and what texts have to go through on their way out.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <muster/table.h>

/* Zeroed is empty; `data` is NULL or ends in a zero byte. */
struct text {
	char *data;
	size_t len, room;
};

void text_add(struct text *text, const char *bytes, size_t len);
void text_puts(struct text *text, const char *string);
void text_putc(struct text *text, char c);
void text_repeat(struct text *text, char c, size_t times);
void text_printf(struct text *text, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *text, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0), nonnull(2)));
void text_clear(struct text *text);
void text_release(struct text *text);

/* The bytes fit for a terminal or a log: control characters (C0, DEL, C1, the
 * bidirectional overrides), those that nobody sees (U+00AD, U+200D) and bytes that are no UTF-8
 * become \x1b, \u202e; a tab becomes a space. */
void text_add_visible(struct text *text, const char *bytes, size_t len);

/* A JSON string with its quotes.  Bytes that are no UTF-8 become U+FFFD. */
void text_add_json(struct text *text, const char *bytes, size_t len);

/* A JSON text whose characters that would act on a terminal, or make it look other than it
 * is, are written \uXXXX: it says the same. */
void text_add_printable(struct text *text, const char *json);

/* A number of bytes for people: "512 B", "3.4 MB". */
void text_add_size(struct text *text, double bytes);

/* How many of something there are: "1 row", "2 rows". */
void text_add_count(struct text *text, uint64_t n, const char *noun);

/* How many columns of a terminal the UTF-8 text takes (wcwidth's rules:
 * combining marks none, East Asian wide characters two). */
size_t text_columns(const char *bytes, size_t len);
unsigned text_character_columns(uint32_t code);

/* One character of UTF-8 at the start: its code point and its length in bytes;
 * false, with a length of 1, when there is none. */
bool text_character(const char *bytes, size_t len, uint32_t *code, size_t *size);

/* How much of a UTF-8 text fits in `most` bytes, without half a character. */
static inline size_t text_cut(const char *text, size_t len, size_t most)
{
	if (len <= most)
		return len;
	while (most && mu_is_tail(text[most]))
		most--;
	return most;
}

/* Removes users and passwords from the addresses in a text: what stands between "//" and
 * "@", which may have blanks in it where somebody made a mistake. */
void text_remove_users(struct text *text);

/* Texts that must leave the program nowhere.  Zeroed is empty. */
struct secrets {
	char **items;
	size_t count;
};

void secrets_add(struct secrets *secrets, const char *value); /* "" is ignored */
/* Replaces each of them, and what is secret in addresses (see address.h), from `start` on, by
 * ***.  `secrets` may be NULL. */
void secrets_redact(const struct secrets *secrets, struct text *text, size_t start);

/* text_add_json() without secrets: what JSON escapes would no longer be found afterwards. */
void secrets_add_json(const struct secrets *secrets, struct text *text, const char *bytes,
		      size_t len);
void secrets_release(struct secrets *secrets);

#endif
