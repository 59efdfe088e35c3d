#include "prose.h"

#include <stdlib.h>

#include "bytes/charset.h"
#include "reference.h"
#include "table/raised.h"
#include "text/utf8.h"
#include "token.h"

void prose_clear(struct prose *p)
{
	p->len = p->start = 0;
	p->gap = GAP_NONE;
	p->edge = EDGE_NONE;
}

void prose_release(struct prose *p)
{
	free(p->data);
	*p = (struct prose){ .data = NULL };
}

void prose_begin(struct prose *p, size_t most)
{
	p->start = p->len;
	p->most = most;
	p->gap = GAP_NONE;
	p->edge = EDGE_NONE;
}

void prose_space(struct prose *p, enum prose_gap gap)
{
	if (p->len > p->start && p->gap < gap)
		p->gap = gap;
}

static bool room_make(struct prose *p, size_t more)
{
	size_t room;
	char *data;

	if (p->room - p->len >= more)
		return true;
	room = 2 * p->room + more + 256;
	data = realloc(p->data, room);
	if (!data) {
		p->broken = true;
		return false;
	}
	p->data = data;
	p->room = room;
	return true;
}

/* Adds bytes in which there is no white space, after what stands before them; or, when
 * there are enough, at least so many that there are too many. */
static void bytes_add(struct prose *p, const char *bytes, size_t n)
{
	size_t len = p->len - p->start;

	if (!n || len > p->most)
		return;
	if (n > p->most - len + 1) {
		size_t most = p->most - len + 1;

		while (most < n && mu_is_tail(bytes[most]))
			most++;
		n = most;
	}
	if (!room_make(p, n + 1))
		return;
	if (p->gap)
		p->data[p->len++] = p->gap == GAP_LINE ? '\n' : ' ';
	p->gap = GAP_NONE;
	memcpy(p->data + p->len, bytes, n);
	p->len += n;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Adds the digits that a text begins with as raised ones; how many there are. */
static size_t digits_raise(struct prose *p, const char *bytes, size_t n)
{
	char digit[3];
	size_t i;

	for (i = 0; i < n && is_digit(bytes[i]); i++)
		bytes_add(p, digit, raised_digit(bytes[i], digit));
	return i;
}

/* Adds raised text. */
static void raised_add(struct prose *p, const char *bytes, size_t n)
{
	size_t i = 0, from;

	while (i < n) {
		for (from = i; i < n && !is_digit(bytes[i]);)
			i++;
		bytes_add(p, bytes + from, i - from);
		if (i < n && raised_glues(prose_text(p)))
			i += digits_raise(p, bytes + i, n - i);
		for (from = i; i < n && is_digit(bytes[i]);)
			i++;
		bytes_add(p, bytes + from, i - from);
	}
}

/* Whether digits that are added at an edge would be read as part of what is before. */
static bool edge_glues(const struct prose *p)
{
	struct mu_string before = prose_text(p);
	unsigned char last;

	if (!before.len || p->gap)
		return false;
	last = (unsigned char)before.data[before.len - 1];
	if (is_digit((char)last) || raised_at_end(before))
		return true;
	return p->edge == EDGE_WORD && (last >= 0x80 || (unsigned char)((last | 0x20) - 'a') < 26);
}

/* Adds bytes in which there is no white space, as the elements around them show them. */
static void shown_add(struct prose *p, const char *bytes, size_t n)
{
	size_t raised = 0;

	if (!p->raised && !p->edge) {
		bytes_add(p, bytes, n);
		return;
	}
	if (p->raised) {
		raised_add(p, bytes, n);
		return;
	}
	if (p->edge && edge_glues(p))
		raised = digits_raise(p, bytes, n);
	/* Digits that are written as references go on. */
	if (raised < n)
		p->edge = EDGE_NONE;
	bytes_add(p, bytes + raised, n - raised);
}

void prose_copy(struct prose *p, struct mu_string text)
{
	p->start = p->len;
	if (!text.len || !room_make(p, text.len))
		return;
	memcpy(p->data + p->len, text.data, text.len);
	p->len += text.len;
}

/* Adds the reference that a text begins with; how many bytes it has. */
static size_t reference_add(struct prose *p, struct mu_string text)
{
	size_t used = 1, len = 0;
	char out[4];
	enum reference kind = reference_read(text, &used, out, &len);

	if (kind == REFERENCE_NONE) {
		bytes_add(p, "&", 1);
		return 1;
	}
	if (kind == REFERENCE_ODD && !p->odd.len)
		p->odd = (struct mu_string){ text.data, used };
	if (!len)
		bytes_add(p, text.data, used);
	else if (charset_mark_length((struct mu_string){ out, len }))
		return used;
	else if ((len == 1 && token_is_space(*out)) || (len == 2 && !memcmp(out, "\xc2\xa0", 2)))
		prose_space(p, GAP_BLANK);
	else
		shown_add(p, out, len);
	return used;
}

/* How many bytes stand for themselves. */
static size_t plain_length(struct mu_string text)
{
	size_t i = 0;

	while (i < text.len && (unsigned char)text.data[i] > ' ' && text.data[i] != '&' &&
	       text.data[i] != '\xc2' && text.data[i] != '\xef')
		i++;
	return i;
}

/* White space, or how many bytes make one character that is none. */
static size_t space_length(struct mu_string text, bool *space)
{
	bool no_break = text.len > 1 && !memcmp(text.data, "\xc2\xa0", 2);

	*space = no_break || token_is_space(*text.data);
	if (*text.data == '\xef' && text.len > 2)
		return 3;
	return *text.data == '\xc2' && text.len > 1 ? 2 : 1;
}

void prose_add(struct prose *p, struct mu_string text)
{
	bool space;
	size_t n;

	for (; text.len; text.data += n, text.len -= n) {
		n = plain_length(text);
		if (n) {
			shown_add(p, text.data, n);
		} else if (*text.data == '&') {
			n = reference_add(p, text);
		} else {
			n = space_length(text, &space);
			if (space)
				prose_space(p, GAP_BLANK);
			else if (!charset_mark_length(text))
				shown_add(p, text.data, n);
		}
	}
}
