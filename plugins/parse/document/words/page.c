#include "words/page.h"

#include <stdlib.h>

#include "text/utf8.h"

/* A line of the text on its way into the flat form. */
struct reading {
	struct mu_ctx *ctx;
	struct pages *pages;
	struct pattern *const *furniture;
	size_t n_furniture;
	int64_t max_lines;
	uint32_t number, page, blanks;
	bool broken;
};

size_t space_len(struct mu_string t)
{
	const unsigned char *s = (const unsigned char *)t.data;

	if (!t.len)
		return 0;
	if (s[0] < 0x80)
		return s[0] == ' ' || (s[0] >= '\t' && s[0] <= '\r');
	if (t.len >= 2 && s[0] == 0xc2)
		return s[1] == 0x85 || s[1] == 0xa0 ? 2 : 0;
	if (t.len < 3 || s[0] < 0xe1 || s[0] > 0xe3)
		return 0;
	if (s[0] == 0xe1)
		return s[1] == 0x9a && s[2] == 0x80 ? 3 : 0;
	if (s[0] == 0xe3)
		return s[1] == 0x80 && s[2] == 0x80 ? 3 : 0;
	if (s[1] == 0x81)
		return s[2] == 0x9f ? 3 : 0;
	if (s[1] != 0x80)
		return 0;
	return s[2] <= 0x8a || s[2] == 0xa8 || s[2] == 0xa9 || s[2] == 0xaf ? 3 : 0;
}

size_t text_characters(struct mu_string t)
{
	return utf8_count(t.data, t.len);
}

static struct mu_string rest(struct mu_string t, size_t from)
{
	return (struct mu_string){ t.data + from, t.len - from };
}

/* Skips to the next word; `gap` is how many columns that is wide. */
static size_t skip_spaces(struct mu_string t, size_t i, size_t column, size_t *gap)
{
	size_t n, at = column;

	while ((n = space_len(rest(t, i)))) {
		/* A tab separates cells, however narrow it happens to be. */
		at = t.data[i] == '\t' ? ((at + 2) / 8 + 1) * 8 : at + 1;
		i += n;
	}
	*gap = at - column;
	return i;
}

static size_t skip_word(struct mu_string t, size_t i)
{
	while (i < t.len && !space_len(rest(t, i)))
		i++;
	return i;
}

static bool digit(struct mu_string t, size_t i)
{
	return i < t.len && t.data[i] >= '0' && t.data[i] <= '9';
}

/* U+00A0, U+2009 or U+202F alone between two digits. */
static bool holds_number(struct mu_string t, size_t from, size_t to)
{
	return from && to - from > 1 && space_len(rest(t, from)) == to - from &&
	       (!memcmp(t.data + from, "\xc2\xa0", 2) ||
		!memcmp(t.data + from, "\xe2\x80\x89", 2) ||
		!memcmp(t.data + from, "\xe2\x80\xaf", 3)) &&
	       digit(t, from - 1) && digit(t, to);
}

bool items_grow(void *items, size_t *room, size_t need, size_t size)
{
	void **array = items, *p;
	size_t more = *room ? *room : 64;

	if (need <= *room)
		return true;
	while (more < need)
		more *= 2;
	p = realloc(*array, more * size);
	if (!p)
		return false;
	*array = p;
	*room = more;
	return true;
}

static bool joint_add(struct pages *p, size_t flat, size_t start)
{
	const struct joint *last = p->n_joints ? &p->joints[p->n_joints - 1] : NULL;

	if (last && flat - last->flat == start - last->start)
		return true;
	if (!items_grow(&p->joints, &p->joints_room, p->n_joints + 1, sizeof *p->joints))
		return false;
	p->joints[p->n_joints++] = (struct joint){ flat, start };
	return true;
}

static void flat_put(struct pages *p, const char *data, size_t len)
{
	memcpy(p->flat + p->flat_len, data, len);
	p->flat_len += len;
}

/* Appends the words of a line; false when memory is out. */
static bool flat_line(struct pages *p, struct mu_string line, size_t start)
{
	size_t gap, i = skip_spaces(line, 0, 0, &gap);

	while (i < line.len) {
		size_t end = skip_word(line, i), next = skip_spaces(line, end, 0, &gap);

		if (!joint_add(p, p->flat_len, start + i))
			return false;
		flat_put(p, line.data + i, end - i);
		if (next < line.len && holds_number(line, end, next))
			flat_put(p, line.data + end, next - end);
		else if (next < line.len)
			flat_put(p, " ", 1);
		i = next;
	}
	return true;
}

/* 1 when the words at the end of the flat form are furniture, 0 when not, or a
 * negative errno value. */
static int is_furniture(struct reading *r, size_t flat)
{
	struct mu_string words = { r->pages->flat + flat, r->pages->flat_len - flat };
	struct pattern_match match;
	int found = 0;

	for (size_t i = 0; i < r->n_furniture && !found; i++)
		found = pattern_find(r->ctx, r->furniture[i], words, 0, &match);
	return found;
}

static int line_add(struct reading *r, struct line line)
{
	struct pages *p = r->pages;

	if (p->n_lines >= (size_t)r->max_lines)
		return mu_fail(r->ctx, EFBIG,
			       "%s has more than %lld lines: see the option max_lines",
			       r->ctx->document->name, (long long)r->max_lines);
	if (!items_grow(&p->lines, &p->lines_room, p->n_lines + 1, sizeof *p->lines))
		return mu_fail(r->ctx, ENOMEM, "out of memory");
	p->lines[p->n_lines++] = line;
	r->blanks = 0;
	r->broken = false;
	return 0;
}

static int read_line(struct reading *r, struct mu_string text, size_t start)
{
	struct pages *p = r->pages;
	size_t before = p->flat_len, joints = p->n_joints, flat;
	int found;

	if (before)
		flat_put(p, r->blanks > 1 && !r->broken ? "\n" : " ", 1);
	flat = p->flat_len;
	if (!flat_line(p, text, start))
		return mu_fail(r->ctx, ENOMEM, "out of memory");
	found = p->flat_len > flat ? is_furniture(r, flat) : 0;
	if (found < 0)
		return -found;
	if (p->flat_len > flat && !found)
		return line_add(r, (struct line){ .start = start,
						  .len = text.len,
						  .flat = flat,
						  .flat_len = p->flat_len - flat,
						  .number = r->number,
						  .page = r->page,
						  .blanks = r->blanks,
						  .broken = r->broken });
	if (found)
		r->broken = true;
	else
		r->blanks++;
	p->flat_len = before;
	p->n_joints = joints;
	return 0;
}

static size_t line_end(struct mu_string text, size_t from)
{
	while (from < text.len && text.data[from] != '\n' && text.data[from] != '\r' &&
	       text.data[from] != '\f')
		from++;
	return from;
}

static int read_lines(struct reading *r, struct mu_string text)
{
	int err = 0;

	for (size_t i = 0; i < text.len && !err;) {
		size_t end = line_end(text, i);

		if (mu_cancelled(r->ctx))
			return ECANCELED;
		/* What stands before a form feed is a line only if it says something. */
		if (end == text.len || text.data[end] != '\f' || end > i)
			err = read_line(r, (struct mu_string){ text.data + i, end - i }, i);
		i = end + 1;
		if (end == text.len)
			break;
		if (text.data[end] == '\f') {
			r->broken = r->pages->paged = true;
			r->page++;
			continue;
		}
		r->number++;
		if (text.data[end] == '\r' && i < text.len && text.data[i] == '\n')
			i++;
	}
	return err;
}

int pages_read(struct mu_ctx *ctx, struct mu_string text, const struct box *boxes, size_t n_boxes,
	       struct pattern *const *furniture, size_t n_furniture, int64_t max_lines,
	       struct pages *out)
{
	struct reading r = { .ctx = ctx,
			     .pages = out,
			     .furniture = furniture,
			     .n_furniture = n_furniture,
			     .max_lines = max_lines,
			     .number = 1,
			     .page = 1 };

	*out = (struct pages){ .text = text, .boxes = boxes, .n_boxes = n_boxes, .gap = 2 };
	/* Never longer than the text, but for a separator before its end. */
	out->flat = malloc(text.len + 2);
	if (!out->flat)
		return mu_fail(ctx, ENOMEM, "out of memory");
	return read_lines(&r, text);
}

void pages_release(struct pages *p)
{
	free(p->flat);
	free(p->lines);
	free(p->joints);
	*p = (struct pages){ 0 };
}

struct mu_string pages_line(const struct pages *p, size_t line)
{
	return (struct mu_string){ p->flat + p->lines[line].flat, p->lines[line].flat_len };
}

size_t text_words(struct mu_string text, struct word *out, size_t max)
{
	size_t gap, n = 0;

	for (size_t i = skip_spaces(text, 0, 0, &gap); i < text.len; n++) {
		size_t end = skip_word(text, i);

		if (n == max)
			return SIZE_MAX;
		out[n] = (struct word){ .text = { text.data + i, end - i } };
		i = skip_spaces(text, end, 0, &gap);
	}
	return n;
}

/* The first box at or after a place in the text. */
static size_t box_at(const struct pages *p, size_t start)
{
	size_t low = 0, high = p->n_boxes;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->boxes[middle].start < start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t boxed_words(const struct pages *p, size_t line, struct word *out, size_t max)
{
	size_t n = text_words(pages_line(p, line), out, max), at = box_at(p, p->lines[line].start);

	for (size_t w = 0; n != SIZE_MAX && w < n; w++) {
		const struct box *b = &p->boxes[at + w];

		out[w].x0 = b->x0;
		out[w].y0 = b->y0;
		out[w].x1 = b->x1;
		out[w].y1 = b->y1;
	}
	return n;
}

static size_t spaced_words(const struct pages *p, size_t line, struct word *out, size_t max)
{
	const struct line *l = &p->lines[line];
	struct mu_string text = { p->text.data + l->start, l->len };
	size_t gap, i, column, n = text_words(pages_line(p, line), out, max);

	i = skip_spaces(text, 0, 0, &gap);
	column = gap;
	for (size_t w = 0; n != SIZE_MAX && w < n; w++) {
		size_t end = skip_word(text, i);

		out[w].x0 = (double)column;
		column += text_characters((struct mu_string){ text.data + i, end - i });
		out[w].x1 = (double)column;
		out[w].y0 = (double)l->number;
		out[w].y1 = (double)l->number + 1;
		i = skip_spaces(text, end, column, &gap);
		column += gap;
	}
	return n;
}

size_t pages_words(const struct pages *p, size_t line, struct word *out, size_t max)
{
	if (p->boxes)
		return boxed_words(p, line, out, max);
	return spaced_words(p, line, out, max);
}

size_t pages_line_of_flat(const struct pages *p, size_t flat)
{
	size_t low = 0, high = p->n_lines;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (p->lines[middle].flat <= flat)
			low = middle;
		else
			high = middle;
	}
	return low;
}

size_t pages_line_of_start(const struct pages *p, size_t start)
{
	size_t low = 0, high = p->n_lines;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (p->lines[middle].start <= start)
			low = middle;
		else
			high = middle;
	}
	return low;
}

size_t pages_start(const struct pages *p, size_t flat)
{
	size_t low = 0, high = p->n_joints;

	if (!high)
		return 0;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (p->joints[middle].flat <= flat)
			low = middle;
		else
			high = middle;
	}
	return p->joints[low].start + (flat - p->joints[low].flat);
}
