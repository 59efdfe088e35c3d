#include "rejects.h"

#include "place.h"

#include <stdlib.h>
#include <string.h>

/* A cell that no spreadsheet takes for a formula, quoted where RFC 4180 asks. */
static void add_cell(struct text *out, const char *bytes, size_t len)
{
	bool formula = len && strchr("=+-@\t\r", bytes[0]);
	size_t i;

	text_putc(out, '"');
	if (formula)
		text_putc(out, '\'');
	for (i = 0; i < len; i++) {
		if (bytes[i] == '"')
			text_putc(out, '"');
		text_putc(out, bytes[i]);
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
	text_putc(out, ',');
	if (number)
		text_printf(out, "%llu", (unsigned long long)number);
}

static void add_row(struct run *run, const struct rejection *r, struct text *out)
{
	const struct document *d = documents_get(&run->documents, mu_at_document(r->at));
	struct mu_place place;

	place_find(run, r->at, r->from, &place);
	add_cell(out, d ? d->public.source : "", d ? strlen(d->public.source) : 0);
	add_text(out, d ? d->public.published : "");
	add_number(out, place.page);
	add_number(out, place.line);
	add_number(out, place.column);
	add_text(out, place.cell);
	add_text(out, r->code);
	add_text(out, r->field);
	add_text(out, r->value);
	add_text(out, r->message);
	text_putc(out, ',');
	if (place.text)
		add_cell(out, place.text, place.text_len);
	text_putc(out, '\n');
}

static void add_all(struct run *run, struct text *out)
{
	size_t i;

	text_puts(out, "source,document,page,line,column,cell,code,field,value,message,text\n");
	for (i = 0; i < run->rejections.count; i++)
		if (run->rejections.items[i].kept_out)
			add_row(run, &run->rejections.items[i], out);
	secrets_redact(&run->pipeline->secrets, out, 0);
}

int rejects_write(struct run *run)
{
	struct text out = { 0 }, why = { 0 };
	const char *staged;
	FILE *file = NULL;
	int err;

	rejections_sort(&run->rejections);
	run->publish.rejects = false;
	err = publish_output(&run->publish, REJECTS, &staged, &why);
	if (!err && !(file = fopen(staged, "wxe"))) {
		err = errno;
		text_printf(&why, "rejects.csv: %s", strerror(err));
	}
	add_all(run, &out);
	if (file && fwrite(out.data, 1, out.len, file) != out.len)
		err = EIO;
	if (file && fclose(file))
		err = EIO;
	if (err)
		run_fail(run, NULL, err, why.len ? why.data : "rejects.csv: cannot be written");
	text_release(&out);
	text_release(&why);
	return err;
}
