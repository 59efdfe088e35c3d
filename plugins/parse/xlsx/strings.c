#include "xlsx.h"

#include <stdlib.h>

#include "text/utf8.h"

enum {
	BYTES_MOST = 128 << 20, /* of all texts */
	STRINGS_MOST = 16 << 20,
};

enum { STRING = 1, STRING_TEXT, STRING_PHONETIC, STRING_RUN, STRING_ALIGN };
enum { ALIGN_VALUE = 1 };

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character of an escape, _x000D_ (ECMA-376, part 1, 22.9.2.19); -1 when it is none,
 * or means what cannot be told in one. */
static long escape_read(const char *text, size_t len)
{
	long value = 0;
	size_t i;

	if (len < 7 || text[0] != '_' || text[1] != 'x' || text[6] != '_')
		return -1;
	for (i = 2; i < 6; i++) {
		if (hex(text[i]) < 0)
			return -1;
		value = value * 16 + hex(text[i]);
	}
	return !value || (value >= 0xd800 && value < 0xe000) ? -1 : value;
}

size_t text_unescape(char *text, size_t len)
{
	char *to = memchr(text, '_', len), *from = to, *end = text + len;
	long c;

	if (!to)
		return len;
	while (from < end) {
		c = *from == '_' ? escape_read(from, (size_t)(end - from)) : -1;
		if (c < 0) {
			*to++ = *from++;
			continue;
		}
		from += 7;
		to += utf8_write((uint32_t)c, to);
	}
	return (size_t)(to - text);
}

static bool strings_room(struct strings *s, size_t len)
{
	size_t room = s->room ? s->room : 4096, n_room = s->n_room ? 2 * s->n_room : 256;
	void *grown;

	while (room < s->len + len)
		room *= 2;
	if (room > s->room) {
		grown = realloc(s->bytes, room);
		if (!grown)
			return false;
		s->bytes = grown;
		s->room = room;
	}
	if (s->n == s->n_room) {
		grown = realloc(s->ends, n_room * sizeof *s->ends);
		if (!grown)
			return false;
		s->ends = grown;
		s->n_room = n_room;
	}
	return true;
}

static void string_add(struct xml *xml, struct strings *s)
{
	size_t len = xml->text_len ? text_unescape(xml->text, xml->text_len) : 0;

	if (s->n == STRINGS_MOST || s->len + len > BYTES_MOST) {
		xml_stop(xml, refuse(xml->ctx, "too-much", "its cells share more texts than %d MiB",
				     BYTES_MOST >> 20));
		return;
	}
	if (!strings_room(s, len)) {
		xml_stop(xml, mu_fail(xml->ctx, ENOMEM, "out of memory"));
		return;
	}
	if (len)
		memcpy(s->bytes + s->len, xml->text, len);
	s->len += len;
	s->ends[s->n++] = s->len;
}

static void string_start(struct xml *xml, int element)
{
	struct strings *s = xml->user;
	const char *align = xml->values[ALIGN_VALUE];

	switch (element) {
	case STRING:
		xml->text_len = 0;
		s->raised = false;
		break;
	case STRING_TEXT:
		xml->collects = true;
		s->from = xml->text_len;
		break;
	case STRING_RUN:
		s->raised = false;
		break;
	case STRING_ALIGN:
		s->raised = align && !strcmp(align, "superscript");
		break;
	default:
		xml_skip(xml);
		break;
	}
}

static void string_end(struct xml *xml, int element)
{
	struct strings *s = xml->user;

	if (element == STRING_TEXT)
		xml->collects = false;
	if (element == STRING_TEXT && s->raised)
		xml_text_raise(xml, s->from);
	else if (element == STRING)
		string_add(xml, s);
}

int strings_read(struct mu_ctx *ctx, struct self *self)
{
	static const struct xml_name elements[] = {
		[STRING - 1] = { MAIN, STRICT, "si" },
		[STRING_TEXT - 1] = { MAIN, STRICT, "t" },
		[STRING_PHONETIC - 1] = { MAIN, STRICT, "rPh" },
		[STRING_RUN - 1] = { MAIN, STRICT, "r" },
		[STRING_ALIGN - 1] = { MAIN, STRICT, "vertAlign" },
		{ 0 },
	};
	static const struct xml_name attributes[] = { [ALIGN_VALUE - 1] = { NULL, NULL, "val" },
						      { 0 } };
	static const struct xml_form form = { elements, attributes, string_start, string_end,
					      NULL };
	struct xml xml = { .form = NULL };
	int err;

	if (!self->workbook.strings)
		return 0;
	err = xml_open(ctx, &xml, &self->book.package, self->workbook.strings, &form,
		       &self->strings);
	xml.text_most = self->book.table.text_most;
	if (!err)
		err = xml_read_all(ctx, &xml);
	xml_close(&xml);
	return err;
}

void strings_release(struct strings *s)
{
	free(s->bytes);
	free(s->ends);
}
