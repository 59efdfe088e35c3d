#include "config/diagnostic.h"

#include <stdlib.h>
#include <string.h>

#include <muster/table.h>

#include "base/mem.h"

#define EXCERPT_COLUMNS 100 /* of a line that are shown */
#define EXCERPT_BEFORE  40  /* of them, before the caret in a longer line */
#define EXCERPT_AROUND  400 /* characters that are looked at on each side of it */
#define MESSAGE_BYTES   1000
#define NAMES_LISTED    16
#define TAB_COLUMNS     8

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool diagnostics_has(const struct diagnostics *d, const struct diagnostic *one)
{
	size_t i;

	for (i = 0; i < d->count; i++) {
		const struct diagnostic *other = &d->items[i];

		if (other->mark.line == one->mark.line && other->mark.column == one->mark.column &&
		    same_text(other->message, one->message) && same_text(other->hint, one->hint))
			return true;
	}
	return false;
}

void diagnose_va(struct diagnostics *d, struct mark mark, const char *hint, const char *fmt,
		 va_list ap)
{
	struct diagnostic one = { .mark = mark };
	struct text message = { 0 };

	if (d->count >= DIAGNOSTICS_KEPT) {
		d->count++;
		return;
	}
	text_vprintf(&message, fmt, ap);
	one.message = message.data;
	one.hint = hint ? mem_copy(hint) : NULL;
	if (diagnostics_has(d, &one)) {
		free(one.message);
		free(one.hint);
		return;
	}
	d->items = mem_resize(d->items, d->count + 1, sizeof *d->items);
	d->items[d->count++] = one;
}

void diagnose(struct diagnostics *d, struct mark mark, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diagnose_va(d, mark, hint, fmt, ap);
	va_end(ap);
}

static void list_names(struct text *out, const char *const *names)
{
	size_t i;

	for (i = 0; names[i] && i < NAMES_LISTED; i++)
		text_printf(out, "%s%s", i ? ", " : "one of: ", names[i]);
	if (names[i])
		text_puts(out, ", ...");
}

void diagnose_name(struct diagnostics *d, struct mark mark, const char *name,
		   const char *const *candidates, const char *fmt, ...)
{
	const char *nearest = mu_nearest(name, candidates);
	struct text hint = { 0 };
	va_list ap;

	if (nearest)
		text_printf(&hint, "did you mean '%s'?", nearest);
	else
		list_names(&hint, candidates);
	va_start(ap, fmt);
	diagnose_va(d, mark, hint.data, fmt, ap);
	va_end(ap);
	text_release(&hint);
}

/* A line as it will be shown, and the bytes of it that are to blame. */
struct excerpt {
	struct text text;
	size_t from, to;
	bool caret;
	bool more_before, more_after; /* of the line than is in `text` */
};

/* Line `number` of the file, without its end; lines end in LF, CR LF or CR. */
static bool line_find(const struct diagnostics *d, uint32_t number, const char **line, size_t *len)
{
	const char *at = d->text, *end;
	uint32_t here = 1;

	if (!d->text || !number)
		return false;
	end = at + d->len;
	if (d->len >= 3 && !memcmp(at, "\xef\xbb\xbf", 3))
		at += 3;
	for (; here < number && at < end; at++)
		if (*at == '\n' || (*at == '\r' && (at + 1 == end || at[1] != '\n')))
			here++;
	if (here < number)
		return false;
	*line = at;
	while (at < end && *at != '\n' && *at != '\r')
		at++;
	*len = (size_t)(at - *line);
	return true;
}

/* Adds the line, or of a long one the part around the mark, with tabs as spaces;
 * what `mark` names lies between from and to. */
static void excerpt_expand(struct excerpt *e, struct mark mark, const char *line, size_t len)
{
	size_t columns = 0, start = 0, number = 1, size;
	uint32_t code;

	e->from = e->to = SIZE_MAX;
	for (; len && number + EXCERPT_AROUND < mark.column; number++) {
		text_character(line, len, &code, &size);
		line += size;
		len -= size;
		e->more_before = true;
	}
	for (; len; line += size, len -= size, number++) {
		e->more_after = number > (size_t)mark.column + EXCERPT_AROUND;
		if (e->more_after)
			break;
		if (number == mark.column)
			e->from = e->text.len;
		if (number == (size_t)mark.column + mark.width)
			e->to = e->text.len;
		start = e->text.len;
		if (text_character(line, len, &code, &size) && code == '\t')
			text_repeat(&e->text, ' ', TAB_COLUMNS - columns % TAB_COLUMNS);
		else
			text_add_visible(&e->text, line, size);
		columns += text_columns(e->text.data + start, e->text.len - start);
	}
	if (e->from > e->text.len)
		e->from = e->text.len;
	if (e->to > e->text.len || e->to < e->from)
		e->to = mark.width ? e->text.len : e->from;
}

/* The byte `columns` columns on from `at`, or the end. */
static size_t excerpt_forward(const struct text *text, size_t at, size_t columns)
{
	uint32_t code;
	size_t size, wide;

	while (at < text->len) {
		wide = text_character(text->data + at, text->len - at, &code, &size)
			       ? text_character_columns(code)
			       : 1;
		if (wide > columns)
			break;
		columns -= wide;
		at += size;
	}
	return at;
}

/* Cuts a long line to the part around the caret. */
static void excerpt_cut(struct excerpt *e)
{
	size_t total = text_columns(e->text.data, e->text.len), before, start = 0, end;
	struct text out = { 0 };

	if (total <= EXCERPT_COLUMNS && !e->more_before && !e->more_after)
		return;
	before = text_columns(e->text.data, e->from);
	if (before > EXCERPT_BEFORE && total > EXCERPT_COLUMNS) {
		size_t most = total - EXCERPT_COLUMNS + 1, skip = before - EXCERPT_BEFORE;

		start = excerpt_forward(&e->text, 0, skip < most ? skip : most);
		e->more_before = true;
	}
	if (e->more_before)
		text_puts(&out, "\xe2\x80\xa6");
	end = excerpt_forward(&e->text, start, EXCERPT_COLUMNS - 1 - (out.len != 0));
	if (!e->more_after && text_columns(e->text.data + end, e->text.len - end) <= 1)
		end = e->text.len;
	if (e->to > end)
		e->to = end;
	e->from = e->from - start + out.len;
	e->to = e->to - start + out.len;
	text_add(&out, e->text.data + start, end - start);
	if (end < e->text.len || e->more_after)
		text_puts(&out, "\xe2\x80\xa6");
	text_release(&e->text);
	e->text = out;
}

static bool excerpt_make(struct excerpt *e, const struct diagnostics *d, struct mark mark)
{
	struct text safe = { 0 };
	const char *line;
	size_t len;

	*e = (struct excerpt){ .caret = mark.column != 0 };
	if (!line_find(d, mark.line, &line, &len))
		return false;
	text_add(&safe, line, len);
	secrets_redact(d->secrets, &safe, 0);
	text_remove_users(&safe);
	/* With a secret taken out nobody knows where the caret belongs. */
	if (safe.len != len || memcmp(safe.data, line, len)) {
		e->caret = false;
		mark.column = 1;
	}
	excerpt_expand(e, mark, safe.data, safe.len);
	text_release(&safe);
	if (!e->text.data)
		text_puts(&e->text, "");
	excerpt_cut(e);
	return true;
}

static void excerpt_print(const struct excerpt *e, uint32_t number, struct text *out, bool color)
{
	size_t width;

	text_printf(out, "%5u |%s", (unsigned)number, e->text.len ? " " : "");
	text_add(out, e->text.data, e->text.len);
	text_putc(out, '\n');
	if (!e->caret)
		return;
	width = text_columns(e->text.data + e->from, e->to - e->from);
	text_puts(out, "      | ");
	text_repeat(out, ' ', text_columns(e->text.data, e->from));
	text_puts(out, color ? "\x1b[1;32m^" : "^");
	if (width > 1)
		text_repeat(out, '~', width - 1);
	text_puts(out, color ? "\x1b[0m\n" : "\n");
}

static int diagnostic_compare(const void *a, const void *b)
{
	const struct diagnostic *const *x = a, *const *y = b;

	if ((*x)->mark.line != (*y)->mark.line)
		return (*x)->mark.line < (*y)->mark.line ? -1 : 1;
	if ((*x)->mark.column != (*y)->mark.column)
		return (*x)->mark.column < (*y)->mark.column ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

/* Text that may hold anything: without secrets first, since cutting or escaping
 * one would hide it from the search. */
static void add_message(struct text *out, const struct diagnostics *d, const char *message)
{
	struct text safe = { 0 };
	size_t len;

	text_puts(&safe, message);
	secrets_redact(d->secrets, &safe, 0);
	len = text_cut(safe.data, safe.len, MESSAGE_BYTES);
	text_add_visible(out, safe.data, len);
	if (len < safe.len)
		text_puts(out, "\xe2\x80\xa6");
	text_release(&safe);
}

static void diagnostic_print(const struct diagnostics *d, const struct diagnostic *one,
			     struct text *out, bool color)
{
	struct excerpt excerpt;

	if (color)
		text_puts(out, "\x1b[1m");
	text_add_visible(out, d->path, strlen(d->path));
	if (one->mark.line)
		text_printf(out, ":%u", (unsigned)one->mark.line);
	if (one->mark.line && one->mark.column)
		text_printf(out, ":%u", (unsigned)one->mark.column);
	text_puts(out, color ? ": \x1b[31merror:\x1b[0m " : ": error: ");
	add_message(out, d, one->message);
	text_putc(out, '\n');
	if (excerpt_make(&excerpt, d, one->mark))
		excerpt_print(&excerpt, one->mark.line, out, color);
	text_release(&excerpt.text);
	if (one->hint) {
		text_puts(out, "   ");
		add_message(out, d, one->hint);
		text_putc(out, '\n');
	}
}

void diagnostics_print(struct diagnostics *d, struct text *out, bool color)
{
	size_t kept = d->count < DIAGNOSTICS_KEPT ? d->count : DIAGNOSTICS_KEPT, i;
	const struct diagnostic **order = mem_alloc(kept * sizeof *order);

	for (i = 0; i < kept; i++)
		order[i] = &d->items[i];
	qsort(order, kept, sizeof *order, diagnostic_compare);
	for (i = 0; i < kept; i++)
		diagnostic_print(d, order[i], out, color);
	if (d->count > kept) {
		text_add_visible(out, d->path, strlen(d->path));
		text_printf(out, ": error: %zu more mistakes are not shown\n", d->count - kept);
	}
	free(order);
}

void diagnostics_cut(struct diagnostics *d, size_t count)
{
	size_t i;

	for (i = count; i < d->count && i < DIAGNOSTICS_KEPT; i++) {
		free(d->items[i].message);
		free(d->items[i].hint);
	}
	if (d->count > count)
		d->count = count;
}

void diagnostics_release(struct diagnostics *d)
{
	diagnostics_cut(d, 0);
	free(d->items);
	d->items = NULL;
}
