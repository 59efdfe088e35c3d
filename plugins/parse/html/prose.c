#include "prose.h"

#include <stdlib.h>

#include "charset.h"
#include "raised.h"
#include "reference.h"
#include "token.h"

void prose_clear(struct prose *p)
{
	p->len = p->start = 0;
	p->gap = GAP_NONE;
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

		while (most < n && ((unsigned char)bytes[most] & 0xc0) == 0x80)
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

/* Likewise, as raised text. */
static void raised_add(struct prose *p, const char *bytes, size_t n)
{
	size_t i, from = 0;
	char digit[3];

	for (i = 0; i < n; i++) {
		if (bytes[i] < '0' || bytes[i] > '9')
			continue;
		bytes_add(p, bytes + from, i - from);
		from = i;
		if (!raised_glues(prose_text(p)))
			continue;
		bytes_add(p, digit, raised_digit(bytes[i], digit));
		from = i + 1;
	}
	bytes_add(p, bytes + from, n - from);
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
		bytes_add(p, out, len);
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
			(p->raised ? raised_add : bytes_add)(p, text.data, n);
		} else if (*text.data == '&') {
			n = reference_add(p, text);
		} else {
			n = space_length(text, &space);
			if (space)
				prose_space(p, GAP_BLANK);
			else if (!charset_mark_length(text))
				bytes_add(p, text.data, n);
		}
	}
}
