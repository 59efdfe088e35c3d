#include "words/pdf.h"

#include <math.h>
#include <stdlib.h>

#include "text/utf8.h"

#define SAME_LINE  0.4  /* of its height: how far apart the middles of a line's words are */
#define SAME_PLACE 0.25 /* of its height: how far apart a word and the same drawn again are */
#define SMALL      0.75 /* of the height of what stands beside it: a footnote's mark */

enum {
	FAR_OUT = 1000000, /* no page is so large, in points */
	LINES_NEAR = 2,    /* how many lines away a word is looked for that a mark is beside */
	NEAR = 300,        /* how many words are looked at for those beside one */
};

/* A word of the page at hand. */
struct pdf_word {
	struct mu_string text; /* as printed, with entities */
	double x0, y0, x1, y1;
	size_t line;
	bool mark;
};

struct extraction {
	struct pdf *out;
	struct pdf_word *pieces;
	size_t n, room;
	int64_t words_left;
};

static bool put(struct pdf *out, const char *data, size_t len)
{
	if (!items_grow(&out->text, &out->room, out->len + len + 1, 1))
		return false;
	memcpy(out->text + out->len, data, len);
	out->len += len;
	return true;
}

/* The character that an entity stands for, and its length in `len`; 0 for none. */
static char entity(struct mu_string t, size_t *len)
{
	static const struct {
		const char *name;
		char is;
	} all[] = { { "&amp;", '&' },
		    { "&lt;", '<' },
		    { "&gt;", '>' },
		    { "&quot;", '"' },
		    { "&apos;", '\'' } };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		*len = strlen(all[i].name);
		if (t.len >= *len && !memcmp(t.data, all[i].name, *len))
			return all[i].is;
	}
	return 0;
}

static bool begin_word(struct pdf *out, const struct pdf_word *p)
{
	if (!items_grow(&out->boxes, &out->boxes_room, out->n_boxes + 1, sizeof *out->boxes))
		return false;
	if (out->len && out->text[out->len - 1] != '\n' && out->text[out->len - 1] != '\f' &&
	    !put(out, " ", 1))
		return false;
	out->boxes[out->n_boxes++] = (struct box){ .start = out->len,
						   .x0 = (float)p->x0,
						   .y0 = (float)p->y0,
						   .x1 = (float)p->x1,
						   .y1 = (float)p->y1 };
	return true;
}

/* How many bytes of a word stand for themselves. */
static size_t plain_length(struct mu_string t)
{
	size_t n = 0;

	while (n < t.len && t.data[n] > ' ' && t.data[n] < 0x7f && t.data[n] != '&')
		n++;
	return n;
}

/* Writes a word; white space in it makes several of it, and what is no character
 * becomes U+FFFD. */
static bool put_word(struct pdf *out, const struct pdf_word *p)
{
	bool inside = false;

	for (size_t i = 0, n; i < p->text.len; i += n) {
		struct mu_string left = { p->text.data + i, p->text.len - i };
		size_t plain = plain_length(left), space = plain ? 0 : space_len(left);
		char is;

		n = space;
		if (space) {
			inside = false;
			continue;
		}
		if (!inside && !begin_word(out, p))
			return false;
		inside = true;
		if (plain) {
			n = plain;
			if (!put(out, left.data, n))
				return false;
			continue;
		}
		is = *left.data == '&' ? entity(left, &n) : 0;
		if (is) {
			if (!put(out, &is, 1))
				return false;
			continue;
		}
		n = utf8_character(left.data, left.len);
		if (n && !((unsigned char)*left.data < ' ' || *left.data == 0x7f)) {
			if (!put(out, left.data, n))
				return false;
			continue;
		}
		n = n ? n : 1;
		if (!put(out, "\xef\xbf\xbd", 3))
			return false;
	}
	return true;
}

static double piece_middle(const struct pdf_word *p)
{
	return (p->y0 + p->y1) / 2;
}

static double piece_height(const struct pdf_word *p)
{
	return p->y1 - p->y0;
}

static int by_height(const void *a, const void *b)
{
	double x = piece_middle(a), y = piece_middle(b);

	return x < y ? -1 : x > y;
}

static int by_place(const void *a, const void *b)
{
	const struct pdf_word *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->x0 < y->x0 || x->x0 > y->x0)
		return x->x0 < y->x0 ? -1 : 1;
	return x->text.data < y->text.data ? -1 : 1;
}

/* Gives the pieces of a page, sorted by height, their lines. */
static void lines_tell(struct extraction *r)
{
	const struct pdf_word *first = r->pieces;

	for (size_t i = 0; i < r->n; i++) {
		struct pdf_word *p = &r->pieces[i];
		double h = piece_height(p) < piece_height(first) ? piece_height(p)
								 : piece_height(first);

		p->line = first->line;
		if (piece_middle(p) - piece_middle(first) < SAME_LINE * h)
			continue;
		p->line = first->line + 1;
		first = p;
	}
}

/* Whether a piece is much smaller than another; it mostly is not. */
static bool is_small_for(const struct pdf_word *p, const struct pdf_word *other)
{
	return piece_height(p) < SMALL * piece_height(other);
}

/* Whether a piece that is smaller than another stands beside it and reaches into it. */
static bool is_mark_of(const struct pdf_word *p, const struct pdf_word *other)
{
	return p->y0 < other->y1 && p->y1 > other->y0 && p->x0 < other->x1 + piece_height(other) &&
	       p->x1 > other->x0 - piece_height(other);
}

/* What may be beside a piece is in its line or one near it: a line of another column may
 * be between a number and its mark. */
static void marks_tell(struct extraction *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct pdf_word *p = &r->pieces[i];
		size_t end = i + NEAR < r->n ? i + NEAR : r->n;

		for (size_t k = i; k-- > 0 && i - k < NEAR && !p->mark;) {
			if (r->pieces[k].line + LINES_NEAR < p->line)
				break;
			p->mark = is_small_for(p, &r->pieces[k]) && is_mark_of(p, &r->pieces[k]);
		}
		for (size_t k = i + 1; k < end && !p->mark; k++) {
			if (r->pieces[k].line > p->line + LINES_NEAR)
				break;
			p->mark = is_small_for(p, &r->pieces[k]) && is_mark_of(p, &r->pieces[k]);
		}
	}
}

/* Whether a piece is the one before it once more, as some programs draw bold text or a shadow. */
static bool is_drawn_again(const struct pdf_word *p, const struct pdf_word *before)
{
	double near = SAME_PLACE * piece_height(before);

	return p->line == before->line && fabs(p->x0 - before->x0) < near &&
	       fabs(p->x1 - before->x1) < near &&
	       fabs(piece_middle(p) - piece_middle(before)) < near &&
	       p->text.len == before->text.len &&
	       !memcmp(p->text.data, before->text.data, p->text.len);
}

static int page_end(struct extraction *r)
{
	size_t line = 0;
	bool begun = false;

	if (r->n) {
		qsort(r->pieces, r->n, sizeof *r->pieces, by_height);
		r->pieces[0].line = 0;
		lines_tell(r);
		qsort(r->pieces, r->n, sizeof *r->pieces, by_place);
		marks_tell(r);
	}
	for (size_t i = 0; i < r->n; i++) {
		const struct pdf_word *p = &r->pieces[i];

		if (p->mark || (i && is_drawn_again(p, p - 1)))
			continue;
		if (begun && p->line != line && !put(r->out, "\n", 1))
			return ENOMEM;
		begun = true;
		line = p->line;
		if (!put_word(r->out, p))
			return ENOMEM;
	}
	r->n = 0;
	r->out->pages++;
	return put(r->out, "\n\f", 2) ? 0 : ENOMEM;
}

static bool accept(struct mu_string *t, const char *what)
{
	size_t len = strlen(what);

	if (t->len < len || memcmp(t->data, what, len) != 0)
		return false;
	*t = (struct mu_string){ t->data + len, t->len - len };
	return true;
}

/* A number as printf's %f writes it: its digits are divided once.  Those that say nothing
 * of a place on a page are passed over. */
static bool number_skip(struct mu_string *t, double *out)
{
	static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
	const char *at = t->data, *end = at + t->len, *from;
	bool minus = accept(t, "-"), near;
	int64_t digits = 0;
	double value;
	int behind = 0;

	at += minus;
	for (from = at; at < end && *at >= '0' && *at <= '9'; at++)
		if (digits < FAR_OUT)
			digits = digits * 10 + (*at - '0');
	near = at > from && digits < FAR_OUT;
	if (at < end && *at == '.')
		for (at++; at < end && *at >= '0' && *at <= '9'; at++)
			if (behind < 9) {
				digits = digits * 10 + (*at - '0');
				behind++;
			}
	*t = (struct mu_string){ at, (size_t)(end - at) };
	value = (double)digits / powers[behind];
	*out = minus ? -value : value;
	return near;
}

static const char *text_find(struct mu_string t, const char *what)
{
	return memmem(t.data, t.len, what, strlen(what));
}

/* What stands behind `<word`, without what follows `</word>`. */
static bool word_skip(struct mu_string *t, struct pdf_word *p)
{
	const char *end;

	if (!accept(t, " xMin=\"") || !number_skip(t, &p->x0) || !accept(t, "\" yMin=\"") ||
	    !number_skip(t, &p->y0) || !accept(t, "\" xMax=\"") || !number_skip(t, &p->x1) ||
	    !accept(t, "\" yMax=\"") || !number_skip(t, &p->y1) || !accept(t, "\">"))
		return false;
	end = text_find(*t, "</word>");
	if (!end)
		return false;
	p->text = (struct mu_string){ t->data, (size_t)(end - t->data) };
	*t = (struct mu_string){ end, t->len - p->text.len };
	return accept(t, "</word>");
}

static int word_add(struct extraction *r, struct mu_string *t)
{
	struct pdf_word p = { 0 };

	if (!word_skip(t, &p))
		return EINVAL;
	if (r->words_left-- <= 0)
		return EFBIG;
	if (!items_grow(&r->pieces, &r->room, r->n + 1, sizeof *r->pieces))
		return ENOMEM;
	r->pieces[r->n++] = p;
	return 0;
}

/* One element after the other, until the end of all. */
static int elements_read(struct extraction *r, struct mu_string t)
{
	bool open = false;
	int err = 0;

	while (!err) {
		const char *next = memchr(t.data, '<', t.len);

		if (!next)
			return EINVAL;
		t = (struct mu_string){ next, t.len - (size_t)(next - t.data) };
		if (accept(&t, "<word"))
			err = open ? word_add(r, &t) : EINVAL;
		else if (accept(&t, "<page ") && !open)
			open = true;
		else if (accept(&t, "</page>") && open) {
			err = page_end(r);
			open = false;
		} else if (accept(&t, "</doc>"))
			return open ? EINVAL : 0;
		else
			return EINVAL;
	}
	return err;
}

int pdf_read(struct mu_string printed, int64_t max_words, struct pdf *out)
{
	struct extraction r = { .out = out, .words_left = max_words };
	const char *body = printed.len ? text_find(printed, "\n<doc>\n") : NULL;
	int err;

	*out = (struct pdf){ 0 };
	if (!body)
		return EINVAL;
	body += strlen("\n<doc>\n");
	err = elements_read(
		&r, (struct mu_string){ body, printed.len - (size_t)(body - printed.data) });
	free(r.pieces);
	return err;
}

void pdf_release(struct pdf *pdf)
{
	free(pdf->text);
	free(pdf->boxes);
	*pdf = (struct pdf){ 0 };
}
