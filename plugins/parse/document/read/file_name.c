#include "read/file_name.h"

/* A date that the document's name says, where the document says none. */
static void name_fill(struct scan *s, const struct column *c, int32_t date)
{
	struct datum d = { .value = { .state = VALUE_KNOWN, .date = date } };

	for (size_t i = 0; i < s->n_records; i++)
		if (record_datum(s, i, c)->value.state == VALUE_NONE)
			*record_datum(s, i, c) = d;
}

/* The first date that the document itself says in a column. */
static const struct datum *date_printed(const struct scan *s, const struct column *c)
{
	for (size_t i = 0; i < s->n_records; i++)
		if (record_datum(s, i, c)->value.state != VALUE_NONE)
			return record_datum(s, i, c);
	return NULL;
}

static int name_compare(struct scan *s, const struct column *c, struct mu_string text)
{
	const char *format = s->layout->file_format, *file = s->ctx->document->name;
	const struct datum *printed = date_printed(s, c);
	struct mu_finding finding = { .code = printed ? "name" : "name-alone",
				      .field = c->name,
				      .severity = MU_WARNING };
	bool month = !strchr(format, 'd'), known = printed && printed->value.state == VALUE_KNOWN;
	int32_t date = 0;

	if (language_date(s->reader->language, format, text, &date) != LANGUAGE_OK ||
	    !date_plausible(date))
		return scan_report(s, finding, "%s: '%.*s' in the document's name '%s' is no date",
				   c->name, (int)text.len, text.data, file);
	date = month ? date_month_end(date) : date;
	if (!s->quiet && !s->dated && (known || !printed)) {
		int err = mu_as_of(s->ctx, known ? printed->value.date : date);

		if (err)
			return err;
	}
	if (!printed) {
		name_fill(s, c, date);
		return scan_report(s, finding,
				   "%s: the document prints none; its name '%s' says it", c->name,
				   file);
	}
	if (known && date != (month ? date_month_end(printed->value.date) : printed->value.date)) {
		finding.at = scan_at(s, s->records[0].position);
		return scan_report(s, finding, "%s: the document's name '%s' says another date",
				   c->name, file);
	}
	return 0;
}

static int report_undated(const struct scan *s, const struct column *c)
{
	struct mu_finding finding = { .code = "date", .field = c->name };

	if (date_printed(s, c) || !s->n_records)
		return 0;
	return scan_report(s, finding, "%s: neither the document nor its name '%s' says it",
			   c->name, s->ctx->document->name);
}

/* Compares what the document's name says with what the document does. */
int name_check(struct scan *s)
{
	struct pattern *pattern = s->layout->name_pattern;
	struct mu_string name = mu_string(s->ctx->document->name);
	struct pattern_match match;
	int found = pattern ? pattern_find(s->ctx, pattern, name, 0, &match) : 0, err = 0;

	if (found < 0)
		return -found;
	for (size_t i = 0; pattern && i < pattern_captures(pattern) && !err; i++) {
		const struct column *c =
			layout_column(s->layout, NULL, pattern_capture_name(pattern, i));

		if (found && pattern_capture(pattern, i).data)
			err = name_compare(s, c, pattern_capture(pattern, i));
		else
			err = report_undated(s, c);
	}
	return err;
}
