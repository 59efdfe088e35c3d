#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/mem.h"

static void text_reserve(struct text *text, size_t more)
{
	size_t need;

	if (more > SIZE_MAX / 2 - text->len)
		mem_exhausted();
	need = text->len + more + 1;
	if (need <= text->room)
		return;
	text->room = need < 64 ? 64 : need + need / 2;
	text->data = mem_resize(text->data, text->room, 1);
}

void text_add(struct text *text, const char *bytes, size_t len)
{
	text_reserve(text, len);
	if (len)
		memcpy(text->data + text->len, bytes, len);
	text->len += len;
	text->data[text->len] = '\0';
}

void text_puts(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void text_putc(struct text *text, char c)
{
	text_add(text, &c, 1);
}

void text_repeat(struct text *text, char c, size_t times)
{
	text_reserve(text, times);
	memset(text->data + text->len, c, times);
	text->len += times;
	text->data[text->len] = '\0';
}

void text_vprintf(struct text *text, const char *fmt, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	text_reserve(text, 0);
	len = vsnprintf(text->data + text->len, text->room - text->len, fmt, ap);
	if (len < 0)
		mem_exhausted();
	if ((size_t)len >= text->room - text->len) {
		text_reserve(text, (size_t)len);
		vsnprintf(text->data + text->len, (size_t)len + 1, fmt, again);
	}
	va_end(again);
	text->len += (size_t)len;
}

void text_printf(struct text *text, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vprintf(text, fmt, ap);
	va_end(ap);
}

void text_clear(struct text *text)
{
	text->len = 0;
	if (text->data)
		text->data[0] = '\0';
}

void text_release(struct text *text)
{
	free(text->data);
	*text = (struct text){ 0 };
}

/* How many bytes follow a first one, and which bits of it belong to the code
 * point; false for one that cannot be first. */
static bool lead_byte(unsigned char c, size_t *more, uint32_t *code)
{
	if (c >= 0xc2 && c <= 0xdf) {
		*more = 1;
		*code = c & 0x1f;
	} else if (c >= 0xe0 && c <= 0xef) {
		*more = 2;
		*code = c & 0x0f;
	} else if (c >= 0xf0 && c <= 0xf4) {
		*more = 3;
		*code = c & 0x07;
	} else {
		return false;
	}
	return true;
}

bool text_character(const char *bytes, size_t len, uint32_t *code, size_t *size)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	const unsigned char *in = (const unsigned char *)bytes;
	uint32_t out;
	size_t more, i;

	*size = 1;
	*code = 0;
	if (!len)
		return false;
	if (in[0] < 0x80) {
		*code = in[0];
		return true;
	}
	if (!lead_byte(in[0], &more, &out) || more >= len)
		return false;
	for (i = 1; i <= more; i++) {
		if (!mu_is_tail(bytes[i]))
			return false;
		out = out << 6 | (in[i] & 0x3f);
	}
	if (out < least[more] || (out >= 0xd800 && out <= 0xdfff) || out > 0x10ffff)
		return false;
	*code = out;
	*size = more + 1;
	return true;
}

size_t text_columns(const char *bytes, size_t len)
{
	size_t columns = 0, size;
	uint32_t code;

	for (; len; bytes += size, len -= size)
		columns +=
			text_character(bytes, len, &code, &size) ? text_character_columns(code) : 1;
	return columns;
}

/* What would act on a terminal, or make a text look other than it is: control characters, those
 * of direction, and all that is shown as nothing (Unicode's Default_Ignorable_Code_Point), or as
 * a blank that is none. */
static bool character_is_unsafe(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} unsafe[] = {
		{ 0, 0x1f },          { 0x7f, 0x9f },       { 0xad, 0xad },
		{ 0x34f, 0x34f },     { 0x61c, 0x61c },     { 0x115f, 0x1160 },
		{ 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x200b, 0x200f },
		{ 0x2028, 0x202e },   { 0x2060, 0x206f },   { 0x2800, 0x2800 },
		{ 0x3164, 0x3164 },   { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },   { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	};
	size_t i = 0;

	while (i < sizeof unsafe / sizeof *unsafe && code > unsafe[i].last)
		i++;
	return i < sizeof unsafe / sizeof *unsafe && code >= unsafe[i].first;
}

void text_add_visible(struct text *text, const char *bytes, size_t len)
{
	uint32_t code;
	size_t size;

	for (; len; bytes += size, len -= size) {
		if (!text_character(bytes, len, &code, &size))
			text_printf(text, "\\x%02x", (unsigned char)bytes[0]);
		else if (code == '\t')
			text_putc(text, ' ');
		else if (!character_is_unsafe(code))
			text_add(text, bytes, size);
		else if (code < 0x80)
			text_printf(text, "\\x%02x", code);
		else if (code < 0x10000)
			text_printf(text, "\\u%04x", code);
		else
			text_printf(text, "\\U%08x", code);
	}
}

void text_add_count(struct text *text, uint64_t n, const char *noun)
{
	text_printf(text, "%" PRIu64 " %s%s", n, noun, mu_plural(n));
}

void text_add_size(struct text *text, double bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	size_t unit = 0;

	/* What would be shown as 1000 is one of the next unit. */
	for (; bytes >= (unit ? 999.95 : 999.5) && unit < 6; unit++)
		bytes /= 1000;
	text_printf(text, "%.*f %s", unit ? 1 : 0, bytes, units[unit]);
}

/* How many bytes a text begins with that JSON has as they are. */
static size_t json_plain(const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && bytes[i] >= 0x20 && bytes[i] < 0x7f && bytes[i] != '"' &&
	       bytes[i] != '\\')
		i++;
	return i;
}

void text_add_json(struct text *text, const char *bytes, size_t len)
{
	/* Letters of the short escapes, in the order of \b \t \n (\v) \f \r. */
	static const char letters[] = "btn\0fr";
	uint32_t code;
	size_t size;

	text_putc(text, '"');
	for (; len; bytes += size, len -= size) {
		size = json_plain(bytes, len);
		if (size)
			text_add(text, bytes, size);
		else if (!text_character(bytes, len, &code, &size))
			text_puts(text, "\xef\xbf\xbd");
		else if (code == '"' || code == '\\')
			text_printf(text, "\\%c", (char)code);
		else if (code >= '\b' && code <= '\r' && letters[code - '\b'])
			text_printf(text, "\\%c", letters[code - '\b']);
		else if (code < 0x20 || code == 0x7f)
			text_printf(text, "\\u%04x", code);
		else
			text_add(text, bytes, size);
	}
	text_putc(text, '"');
}

void text_add_printable(struct text *text, const char *json)
{
	size_t len = strlen(json), size;
	uint32_t code;

	for (; len; json += size, len -= size) {
		if (!text_character(json, len, &code, &size) || code < 0x7f ||
		    !character_is_unsafe(code))
			text_add(text, json, size);
		else if (code < 0x10000)
			text_printf(text, "\\u%04x", code);
		else
			text_printf(text, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
				    0xdc00 + ((code - 0x10000) & 0x3ff));
	}
}

/* A line of a secret of several is one too, unless it is so short that it
 * would turn up everywhere. */
#define SECRET_LINE_MIN 4

static void secrets_add_one(struct secrets *secrets, const char *value, size_t len)
{
	secrets->items = mem_resize(secrets->items, secrets->count + 1, sizeof *secrets->items);
	secrets->items[secrets->count] = mem_alloc(len + 1);
	memcpy(secrets->items[secrets->count++], value, len);
}

/* Reports for people and logs show some characters otherwise: that is the secret, too. */
static void secrets_add_shown(struct secrets *secrets, const char *value)
{
	struct text shown = { 0 };

	text_add_visible(&shown, value, strlen(value));
	if (strcmp(shown.data, value) != 0)
		secrets_add_one(secrets, shown.data, shown.len);
	explicit_bzero(shown.data, shown.len);
	text_release(&shown);
}

void secrets_add(struct secrets *secrets, const char *value)
{
	size_t len;

	if (*value) {
		secrets_add_one(secrets, value, strlen(value));
		secrets_add_shown(secrets, value);
	}
	if (!strpbrk(value, "\r\n"))
		return;
	for (; *value; value += len) {
		value += strspn(value, "\r\n");
		len = strcspn(value, "\r\n");
		if (len >= SECRET_LINE_MIN)
			secrets_add_one(secrets, value, len);
	}
}

/* Marks with a byte each what belongs to a secret. */
static bool secrets_mark(const struct secrets *secrets, const char *data, size_t len,
			 unsigned char *marks)
{
	bool found = false;
	size_t i;

	for (i = 0; i < secrets->count; i++) {
		const char *secret = secrets->items[i], *at = data, *hit;
		size_t size = strlen(secret);

		while ((hit = memmem(at, len - (size_t)(at - data), secret, size))) {
			memset(marks + (hit - data), 1, size);
			found = true;
			at = hit + 1;
		}
	}
	return found;
}

/* Few texts have a colon, and memmem() takes long to begin. */
static bool has_address(const char *bytes, size_t len)
{
	const char *end = bytes + len, *colon;

	for (; (colon = memchr(bytes, ':', (size_t)(end - bytes))); bytes = colon + 1)
		if (end - colon > 2 && colon[1] == '/' && colon[2] == '/')
			return true;
	return false;
}

void secrets_redact(const struct secrets *secrets, struct text *text, size_t start)
{
	unsigned char *marks;
	struct text out = { 0 };
	bool found;
	size_t i;

	if (start >= text->len ||
	    ((!secrets || !secrets->count) && !has_address(text->data + start, text->len - start)))
		return;
	/* Marked first and replaced then: secrets may overlap. */
	marks = mem_alloc(text->len);
	found = addresses_mark(text->data + start, text->len - start, marks + start);
	if (secrets)
		found |=
			secrets_mark(secrets, text->data + start, text->len - start, marks + start);
	if (found) {
		for (i = 0; i < text->len; i++) {
			if (!marks[i])
				text_putc(&out, text->data[i]);
			else if (i == start || !marks[i - 1])
				text_puts(&out, "***");
		}
		free(text->data);
		*text = out;
	}
	free(marks);
}

void secrets_add_json(const struct secrets *secrets, struct text *text, const char *bytes,
		      size_t len)
{
	struct text safe = { 0 };

	text_add(&safe, bytes, len);
	secrets_redact(secrets, &safe, 0);
	text_add_json(text, safe.len ? safe.data : "", safe.len);
	text_release(&safe);
}

void secrets_release(struct secrets *secrets)
{
	size_t i;

	for (i = 0; i < secrets->count; i++) {
		explicit_bzero(secrets->items[i], strlen(secrets->items[i]));
		free(secrets->items[i]);
	}
	free(secrets->items);
	*secrets = (struct secrets){ 0 };
}

void text_remove_users(struct text *text)
{
	char *at = text->data, *slashes;

	while (at && (slashes = strstr(at, "://"))) {
		char *from = slashes + 3, *end = from + strcspn(from, "/?#\r\n\"'"), *to = end;

		while (to > from && to[-1] != '@')
			to--;
		memmove(from, to, text->len - (size_t)(to - text->data) + 1);
		text->len -= (size_t)(to - from);
		at = from + (end - to);
	}
}
