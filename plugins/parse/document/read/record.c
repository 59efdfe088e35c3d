#include "read/record.h"

#include <stdlib.h>

int scan_report(const struct scan *s, struct mu_finding finding, const char *fmt, ...)
{
	va_list ap;
	int err;

	if (s->troubles)
		++*s->troubles;
	if (s->quiet)
		return 0;
	finding.size = sizeof finding;
	va_start(ap, fmt);
	err = s->ctx->report(s->ctx, &finding, fmt, ap);
	va_end(ap);
	return err;
}

int no_memory(const struct scan *s)
{
	return mu_fail(s->ctx, ENOMEM, "out of memory");
}

uint64_t scan_at(const struct scan *s, uint64_t position)
{
	return mu_at(s->ctx->document->id, position);
}

uint64_t flat_at(const struct scan *s, size_t flat)
{
	return scan_at(s, pages_start(s->pages, flat));
}

struct mu_string flat_text(const struct scan *s, size_t flat, size_t len)
{
	return (struct mu_string){ s->pages->flat + flat, len };
}

struct mu_string datum_text(const struct scan *s, const struct datum *d)
{
	if (d->joined)
		return (struct mu_string){ d->joined, d->joined_len };
	return flat_text(s, d->flat, d->len);
}

size_t behind(struct mu_string text, struct pattern_match match)
{
	size_t at = match.end;

	if (match.end > match.start)
		return at;
	do
		at++;
	while (at < text.len && mu_is_tail(text.data[at]));
	return at;
}

struct phrase quote(struct mu_string text)
{
	struct phrase phrase = { 0 };

	phrase_add(&phrase, text.data, text.len);
	return phrase;
}

static bool records_grow(struct scan *s)
{
	size_t room = s->room ? s->room * 2 : 64;
	struct record *records;
	struct datum *data;

	if (s->n_records < s->room)
		return true;
	records = realloc(s->records, room * sizeof *records);
	if (!records)
		return false;
	s->records = records;
	data = realloc(s->data, room * s->layout->n_fields * sizeof *data);
	if (!data)
		return false;
	s->data = data;
	s->room = room;
	return true;
}

int record_add(struct scan *s, const struct found_table *table, const char *claim, size_t flat,
	       size_t len)
{
	size_t fields = s->layout->n_fields, before = s->positions.count, entry;
	uint64_t position = pages_start(s->pages, flat);
	struct datum *data;

	if (!records_grow(s))
		return no_memory(s);
	for (;; position++) {
		entry = mu_map_add(&s->positions, &position, sizeof position);
		if (entry == SIZE_MAX)
			return no_memory(s);
		if (s->positions.count > before)
			break;
	}
	s->positions.entries[entry].value = s->n_records;
	data = &s->data[s->n_records * fields];
	for (size_t i = 0; i < fields; i++)
		data[i] = table && table->found ? table->data[i] : (struct datum){ 0 };
	s->records[s->n_records++] = (struct record){
		.position = position, .claim = claim, .flat = flat, .len = len, .table = table
	};
	return 0;
}

struct record *record_latest(const struct scan *s)
{
	return &s->records[s->n_records - 1];
}

struct datum *record_datum(const struct scan *s, size_t record, const struct column *column)
{
	return &s->data[record * s->layout->n_fields + column->index];
}

struct datum *latest_datum(const struct scan *s, const struct column *column)
{
	return record_datum(s, s->n_records - 1, column);
}

uint64_t latest_at(const struct scan *s)
{
	return scan_at(s, record_latest(s)->position);
}

void shape_number(struct shape *shape, struct mu_string text)
{
	size_t digits = 0;

	for (size_t i = 0; i < text.len; i++)
		digits += text.data[i] >= '0' && text.data[i] <= '9';
	shape->digits = digits > shape->digits ? digits : shape->digits;
	shape->years |= digits == 4 && text.len == 4;
}

struct mu_finding record_finding(const struct scan *s, size_t record, const char *code)
{
	const struct record *r = &s->records[record];

	return (struct mu_finding){ .code = code,
				    .at = scan_at(s, r->position),
				    .value_len = r->len,
				    .value = s->pages->flat + r->flat };
}

struct datum datum_read(const struct scan *s, const struct column *c, struct mu_string text,
			bool words)
{
	struct datum d = { 0 };

	if (!text.data)
		return d;
	text = mu_trim(text);
	d.value = value_read(s->reader, c, text, words);
	if (text.len) {
		d.flat = (size_t)(text.data - s->pages->flat);
		d.len = text.len;
	}
	return d;
}

bool datum_is_wrong(const struct datum *d)
{
	return d->value.state >= VALUE_UNREAD;
}

const char *value_trouble(const struct column *c, enum value_state state)
{
	static const char *const troubles[] = {
		[COLUMN_STRING] = "no text",
		[COLUMN_INTEGER] = "no whole number in digits",
		[COLUMN_NUMBER] = "no number",
		[COLUMN_DATE] = "no date",
		[COLUMN_BOOLEAN] = "neither true nor false",
	};

	if (state == VALUE_OVERFLOW)
		return "too large for 64 bits";
	if (state == VALUE_LOSES)
		return "a number with digits that it would lose; as text it keeps them";
	if (state == VALUE_NEGATIVE)
		return "below zero";
	if (state == VALUE_FAR)
		return "in no year from 1945 to 2100";
	return c->words ? "no whole number" : troubles[c->type];
}

int datum_report(const struct scan *s, struct mu_finding finding, const struct column *c,
		 const struct datum *d)
{
	static const char *const codes[] = {
		[COLUMN_STRING] = "unrecognised", [COLUMN_INTEGER] = "integer",
		[COLUMN_NUMBER] = "number",       [COLUMN_DATE] = "date",
		[COLUMN_BOOLEAN] = "boolean",
	};
	struct mu_string text = datum_text(s, d);
	enum value_state state = d->value.state;

	if (!datum_is_wrong(d))
		return 0;
	if (!finding.code)
		finding.code = state == VALUE_OVERFLOW   ? "overflow"
			       : state == VALUE_NEGATIVE ? "negative"
							 : codes[c->type];
	finding.field = c->name;
	finding.value = text.data;
	finding.value_len = text.len;
	return scan_report(s, finding, "%s: '%s' is %s", c->name, quote(text).text,
			   value_trouble(c, state));
}
