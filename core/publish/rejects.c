#include "publish/rejects.h"

#include "stage/place.h"
#include "stage/rejected.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER ((size_t)64 << 10)

/* How many bytes go out as they are, up to one that may not. */
static size_t plain_length(const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && bytes[i] > 0 && bytes[i] != '"')
		i++;
	return i;
}

/* A cell that no spreadsheet takes for a formula, quoted where RFC 4180 asks.  What is no
 * UTF-8, and a zero byte, is shown as in excerpts. */
static void add_cell(struct text *out, const char *bytes, size_t len)
{
	bool formula = len && bytes[0] && strchr("=+-@\t\r", bytes[0]);
	uint32_t code;
	size_t i, size;

	text_putc(out, '"');
	if (formula)
		text_putc(out, '\'');
	for (i = 0; i < len; i += size) {
		size = plain_length(bytes + i, len - i);
		if (size) {
			text_add(out, bytes + i, size);
			continue;
		}
		if (!text_character(bytes + i, len - i, &code, &size) || !code) {
			text_printf(out, "\\x%02x", (unsigned char)bytes[i]);
			continue;
		}
		if (code == '"')
			text_putc(out, '"');
		text_add(out, bytes + i, size);
	}
	text_putc(out, '"');
}

static void add_text(struct text *out, const char *text)
{
	text_putc(out, ',');
	if (text && *text)
		add_cell(out, text, strlen(text));
}

static void add_number(struct text *out, uint64_t number)
{
	char digits[20];
	size_t n = sizeof digits;

	text_putc(out, ',');
	for (; number; number /= 10)
		digits[--n] = (char)('0' + number % 10);
	text_add(out, digits + n, sizeof digits - n);
}

static void add_message(const struct rejection *r, bool whole, struct text *out)
{
	if (whole)
		text_puts(out, "the whole document is rejected: ");
	if (r->where && r->second)
		text_printf(out, "the other is %s, of which is said: %s", r->where, r->message);
	else if (r->where)
		text_printf(out, "%s; the other is %s", r->message, r->where);
	else
		text_puts(out, r->message);
}

/* `whole`: what is rejected is the document, not the row. */
static int add_row(struct run *run, const struct rejection *r, bool whole, const struct document *d,
		   struct text *out)
{
	struct text message = { 0 };
	struct mu_place place;
	int err = place_find(run, r->at, r->from, &place);

	/* Of a damaged document places may not be found. */
	if (err && !whole)
		return err;
	add_message(r, whole, &message);
	add_cell(out, d ? d->public.source : "", d ? strlen(d->public.source) : 0);
	add_text(out, d ? d->public.published : "");
	add_number(out, place.page);
	add_number(out, place.line);
	add_number(out, place.column);
	add_text(out, place.cell);
	add_text(out, r->code);
	add_text(out, r->field);
	add_text(out, r->value);
	add_text(out, message.data);
	text_putc(out, ',');
	if (place.text)
		add_cell(out, place.text, place.text_len);
	text_putc(out, '\n');
	text_release(&message);
	if (!err)
		place_rest(run, r->at, &place);
	return 0;
}

/* `whole`: the document that is rejected as a whole, or NULL. */
static int write_row(struct run *run, const struct rejection *r, const struct document *whole,
		     struct text *line, FILE *file, struct text *why)
{
	const struct document *d =
		whole ? whole : documents_get(&run->documents, mu_at_document(r->at));
	int err;

	text_clear(line);
	err = add_row(run, r, whole, d, line);
	if (err) {
		text_printf(why, "%s: a rejected row cannot be looked up: %s", REJECTS,
			    place_failure(run));
		return err;
	}
	secrets_redact(&run->pipeline->secrets, line, 0);
	return fwrite(line->data, 1, line->len, file) == line->len ? 0 : EIO;
}

static int write_document(struct run *run, const struct document *d, struct text *line, FILE *file,
			  struct text *why)
{
	const struct blame *b = &d->blame;
	const struct rejection r = { .at = b->at,
				     .code = b->code,
				     .field = b->field,
				     .from = b->from,
				     .value = b->value,
				     .message = b->message };

	return write_row(run, &r, d, line, file, why);
}

static int by_other(const void *a, const void *b)
{
	uint64_t x = (*(struct rejection *const *)a)->other,
		 y = (*(struct rejection *const *)b)->other;

	return (x > y) - (x < y);
}

static void other_find(struct run *run, struct rejection *r)
{
	const struct document *d = documents_get(&run->documents, mu_at_document(r->other));
	struct text where = { 0 };
	struct mu_place place;

	/* A reason without the other's place says more than none. */
	if (place_find(run, r->other, NULL, &place))
		return;
	place_write(&place, d && d->public.id != mu_at_document(r->at) ? d->public.published : NULL,
		    &where);
	if (where.len)
		r->where = arena_copy(&run->rejections.texts, where.data, where.len);
	text_release(&where);
	place_rest(run, r->other, &place);
}

/* In the order of places, so that each document is opened once. */
static void others_find(struct run *run)
{
	struct rejections *r = &run->rejections;
	struct rejection **all = mem_alloc((r->count + 1) * sizeof(struct rejection *));
	size_t n = 0, i;

	for (i = 0; i < r->count; i++)
		if (r->items[i].kept_out && r->items[i].other)
			all[n++] = &r->items[i];
	qsort(all, n, sizeof(struct rejection *), by_other);
	for (i = 0; i < n; i++)
		other_find(run, all[i]);
	free(all);
}

/* Row by row, since there may be more of them than fit the memory. */
static int write_all(struct run *run, FILE *file, struct text *why)
{
	struct text line = { 0 };
	const struct document *d;
	size_t i = 0;
	int err = 0;

	if (fputs("source,document,page,line,column,cell,code,field,value,message,text\n", file) <
	    0)
		err = EIO;
	while (!err && (d = rejected_next(run, &i)))
		err = write_document(run, d, &line, file, why);
	for (i = 0; !err && i < run->rejections.count; i++)
		if (run->rejections.items[i].kept_out)
			err = write_row(run, &run->rejections.items[i], NULL, &line, file, why);
	text_release(&line);
	return err;
}

int rejects_write(struct run *run)
{
	struct text why = { 0 };
	const char *staged;
	FILE *file = NULL;
	int err;

	rejections_sort(&run->rejections);
	others_find(run);
	run->publish.rejects = false;
	err = publish_output(&run->publish, REJECTS, "muster", &staged, &why);
	if (!err && !(file = fopen(staged, "wxe"))) {
		err = errno;
		text_printf(&why, "rejects.csv: %s", strerror(err));
	}
	if (file)
		setvbuf(file, NULL, _IOFBF, BUFFER);
	if (file)
		err = write_all(run, file, &why);
	if (file && fclose(file) && !err)
		err = EIO;
	if (!err)
		err = publish_measure(&run->publish, "muster", &why);
	if (err)
		run_fail(run, NULL, err, why.len ? why.data : "rejects.csv: cannot be written");
	text_release(&why);
	return err;
}
