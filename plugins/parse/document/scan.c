#include "scan.h"

#include <stdlib.h>

#include "phrase.h"

enum { SUGGESTIONS_MAX = 5 };

/* --------------------------------------------------------------- reports */

__attribute__((format(printf, 3, 4))) static int scan_report(const struct scan *s,
							     struct mu_finding finding,
							     const char *fmt, ...)
{
	va_list ap;
	int err;

	if (s->quiet)
		return 0;
	finding.size = sizeof finding;
	va_start(ap, fmt);
	err = s->ctx->report(s->ctx, &finding, fmt, ap);
	va_end(ap);
	return err;
}

static int no_memory(const struct scan *s)
{
	return mu_fail(s->ctx, ENOMEM, "out of memory");
}

static uint64_t scan_at(const struct scan *s, uint64_t position)
{
	return mu_at(s->ctx->document->id, position);
}

/* A place in the flat form for a finding that is not about a row. */
static uint64_t flat_at(const struct scan *s, size_t flat)
{
	return scan_at(s, pages_start(s->pages, flat));
}

static struct mu_string flat_text(const struct scan *s, size_t flat, size_t len)
{
	return (struct mu_string){ s->pages->flat + flat, len };
}

static struct mu_string datum_text(const struct scan *s, const struct datum *d)
{
	return flat_text(s, d->flat, d->len);
}

/* A text of the document, cut to a length that a message can bear. */
static struct phrase quote(struct mu_string text)
{
	struct phrase phrase = { 0 };

	phrase_add(&phrase, text.data, text.len);
	return phrase;
}

/* Where to look for the next match: not where an empty one was. */
static size_t behind(struct mu_string text, struct pattern_match match)
{
	size_t at = match.end;

	if (match.end > match.start)
		return at;
	do
		at++;
	while (at < text.len && ((unsigned char)text.data[at] & 0xc0) == 0x80);
	return at;
}

/* --------------------------------------------------------------- records */

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

/* Adds a record that begins with what the heading of a table says, or knows
 * nothing yet.  Its position is that of its first byte, or one of the next when
 * another record begins there too. */
static int record_add(struct scan *s, const struct found_table *table, const char *claim,
		      size_t flat, size_t len)
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
	s->records[s->n_records++] = (struct record){ position, claim, flat, len };
	return 0;
}

static struct record *record_latest(const struct scan *s)
{
	return &s->records[s->n_records - 1];
}

static struct datum *latest_datum(const struct scan *s, const struct column *column)
{
	return &s->data[(s->n_records - 1) * s->layout->n_fields + column->index];
}

static uint64_t latest_at(const struct scan *s)
{
	return scan_at(s, record_latest(s)->position);
}

size_t scan_find(const struct scan *s, uint64_t position)
{
	size_t entry = mu_map_find(&s->positions, &position, sizeof position);

	return entry == SIZE_MAX ? SIZE_MAX : (size_t)s->positions.entries[entry].value;
}

/* ---------------------------------------------------------------- values */

static struct datum datum_read(const struct scan *s, const struct column *c, struct mu_string text,
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

static bool datum_is_wrong(const struct datum *d)
{
	return d->value.state == VALUE_UNREAD || d->value.state == VALUE_OVERFLOW ||
	       d->value.state == VALUE_NEGATIVE;
}

static const char *value_trouble(const struct column *c, enum value_state state)
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
	if (state == VALUE_NEGATIVE)
		return "below zero";
	return c->words ? "no whole number" : troubles[c->type];
}

/* Reports a value that is wrong; `finding` says where.  Without a code the trouble
 * gives its own. */
static int datum_report(const struct scan *s, struct mu_finding finding, const struct column *c,
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

/* ------------------------------------------------------------------ rows */

static struct mu_finding line_finding(const struct scan *s, const char *code)
{
	const struct record *r = record_latest(s);

	return (struct mu_finding){ .code = code,
				    .at = latest_at(s),
				    .value_len = r->len,
				    .value = s->pages->flat + r->flat };
}

/* Names near the words before `end`, "" when there are none. */
static const char *suggest(struct scan *s, const struct column *c, size_t end)
{
	const char *names = "";

	if (s->quiet || s->suggestions >= SUGGESTIONS_MAX)
		return names;
	s->suggestions++;
	for (size_t n = 1; n <= 3 && n <= end && !*names; n++) {
		struct cell cell = { (uint16_t)(end - n), (uint16_t)end };
		struct mu_string text = cut_text(&s->cut, cell);

		if (c->vocabulary == VOCABULARY_COUNTRY)
			names = country_candidates(s->ctx, s->reader->country, text, 3);
		else
			names = mission_candidates(s->ctx, s->reader->mission, text, 3);
	}
	return names;
}

static int report_unrecognised(struct scan *s, const struct table *t)
{
	struct mu_finding finding = line_finding(s, "unrecognised");
	const struct cut *cut = &s->cut;
	const struct column *c;
	struct phrase before;
	const char *names;

	if (cut->n_words > CUT_WORDS)
		return scan_report(s, finding, "a line of table '%s' has more than %d words",
				   t->name, CUT_WORDS);
	if (cut->stuck_column >= cut->n_columns || cut->stuck_end <= cut->stuck_column)
		return scan_report(s, finding,
				   "a line of table '%s' has too few words for %zu columns",
				   t->name, cut->n_columns);
	c = cut->columns[cut->stuck_column];
	before = quote(cut->words[cut->stuck_end - 1].text);
	if (!c->vocabulary)
		return scan_report(s, finding, "a line of table '%s' is no row: for %s, '%s' is %s",
				   t->name, c->name, before.text, value_trouble(c, VALUE_UNREAD));
	names = suggest(s, c, cut->stuck_end);
	return scan_report(s, finding,
			   "a line of table '%s' is no row: for %s, no known %s ends "
			   "with '%s'%s%s",
			   t->name, c->name,
			   c->vocabulary == VOCABULARY_COUNTRY ? "country" : "mission", before.text,
			   *names ? "; near it are " : "", names);
}

static int report_undecided(const struct scan *s, const struct table *t)
{
	const struct cut *cut = &s->cut;
	struct phrase ways = { 0 };

	for (size_t i = 0; i < cut->n_ways && i < 3; i++) {
		phrase_puts(&ways, i ? " or " : "");
		for (size_t c = 0; c < cut->n_columns; c++) {
			struct mu_string text = cut_text(cut, cut->ways[i].cells[c]);

			phrase_puts(&ways, c ? " | " : "");
			phrase_add(&ways, text.data, text.len);
		}
	}
	return scan_report(s, line_finding(s, "undecided"),
			   "a line of table '%s' can be cut in several ways: %s%s", t->name,
			   ways.text, cut->n_ways > 3 || cut->more ? " or others" : "");
}

/* Puts the cells of a cut into the latest record. */
static int cells_read(const struct scan *s, const char *code)
{
	const struct cut *cut = &s->cut;
	int err = 0;

	for (size_t i = 0; i < cut->n_columns && !err; i++) {
		const struct column *c = cut->columns[i];
		struct datum *d = latest_datum(s, c);

		*d = datum_read(s, c, cut_text(cut, cut->ways[0].cells[i]), false);
		err = datum_report(s, (struct mu_finding){ .code = code, .at = latest_at(s) }, c,
				   d);
	}
	return err;
}

static enum cut_answer scan_cut(struct scan *s, const struct column *const *columns,
				size_t n_columns, size_t n_words, double gap)
{
	s->cut.reader = s->reader;
	s->cut.columns = columns;
	s->cut.n_columns = n_columns;
	s->cut.words = s->words;
	s->cut.n_words = n_words;
	s->cut.gap = gap;
	return cut_line(&s->cut);
}

static int scan_row(struct scan *s, const struct table *t, const struct header *header, size_t line)
{
	const struct line *l = &s->pages->lines[line];
	size_t n_words = pages_words(s->pages, line, s->words, CUT_WORDS);
	const struct found_table *found = &s->tables[t - s->layout->tables];
	int err = record_add(s, found, NULL, l->flat, l->flat_len);

	if (err)
		return err;
	switch (scan_cut(s, header->columns, header->n_columns, n_words, s->pages->gap)) {
	case CUT_DONE:
		return cells_read(s, NULL);
	case CUT_UNDECIDED:
		return report_undecided(s, t);
	default:
		return report_unrecognised(s, t);
	}
}

/* ---------------------------------------------------------------- claims */

/* Puts the captures of the latest find into `data`, by field.  `t` as in
 * layout_column(). */
static void captures_read(const struct scan *s, const struct table *t,
			  const struct pattern *pattern, bool words, struct datum *data)
{
	for (size_t i = 0; i < pattern_captures(pattern); i++) {
		const struct column *c =
			layout_column(s->layout, t, pattern_capture_name(pattern, i));
		struct mu_string text = pattern_capture(pattern, i);

		if (c && text.data)
			data[c->index] = datum_read(s, c, text, words);
	}
}

/* Reports what is wrong with the captures of the latest record's claim, and
 * measures that are captured but say nothing at all. */
static int captures_report(const struct scan *s, const struct table *t, const struct claim *claim)
{
	struct mu_finding finding = { .code = "claim-value", .at = latest_at(s) };
	bool measures = false, stated = false;
	int err = 0;

	for (size_t i = 0; i < pattern_captures(claim->pattern) && !err; i++) {
		const struct column *c =
			layout_column(s->layout, t, pattern_capture_name(claim->pattern, i));
		const struct datum *d = c ? latest_datum(s, c) : NULL;

		if (!d)
			continue;
		measures |= c->measure;
		stated |= c->measure && d->value.state != VALUE_NONE;
		err = datum_report(s, finding, c, d);
	}
	if (err || stated || !measures)
		return err;
	return scan_report(s, line_finding(s, "claim-value"), "'%s' states no number", claim->name);
}

/* The measures that a claim's line states by their order. */
static size_t measures_left(const struct header *header, const struct claim *claim,
			    const struct column **out)
{
	size_t n = 0;

	for (size_t i = 0; i < header->n_columns; i++)
		if (header->columns[i]->measure &&
		    !pattern_has(claim->pattern, header->columns[i]->name))
			out[n++] = header->columns[i];
	return n;
}

static int report_rest(const struct scan *s, const struct claim *claim, size_t measures)
{
	return scan_report(s, line_finding(s, "claim-value"),
			   "a line that states '%s' must have %s%s after what its pattern matches",
			   claim->name,
			   !measures       ? "nothing"
			   : measures == 1 ? "one number and nothing else"
					   : "a number for each measure",
			   measures > 1 ? " and nothing else" : "");
}

static int scan_line_claim(struct scan *s, const struct table *t, const struct header *header,
			   const struct claim *claim, size_t line, struct pattern_match match)
{
	const struct line *l = &s->pages->lines[line];
	const struct column *columns[COLUMNS_MAX];
	size_t measures = measures_left(header, claim, columns), n_words;
	struct mu_string rest = { s->pages->flat + l->flat + match.end, l->flat_len - match.end };
	const struct found_table *found = &s->tables[t - s->layout->tables];
	int err = record_add(s, found, claim->name, l->flat, l->flat_len);

	if (err)
		return err;
	captures_read(s, t, claim->pattern, false, latest_datum(s, s->layout->fields[0].column));
	err = captures_report(s, t, claim);
	if (err)
		return err;
	n_words = text_words(rest, s->words, CUT_WORDS);
	if (match.start)
		return report_rest(s, claim, measures);
	if (!measures)
		return n_words ? report_rest(s, claim, measures) : 0;
	if (scan_cut(s, columns, measures, n_words, 0) != CUT_DONE)
		return report_rest(s, claim, measures);
	return cells_read(s, "claim-value");
}

/* Whether two matches of a sentence say the same. */
static bool same_statement(const struct scan *s, const struct pattern *pattern,
			   const struct datum *a, const struct datum *b)
{
	for (size_t i = 0; i < pattern_captures(pattern); i++) {
		const struct column *c =
			layout_column(s->layout, NULL, pattern_capture_name(pattern, i));
		const struct datum *x = &a[c->index], *y = &b[c->index];
		bool same = x->value.state == y->value.state;

		if (same && x->value.state == VALUE_KNOWN && c->type == COLUMN_INTEGER)
			same = x->value.integer == y->value.integer;
		else if (same)
			same = x->len == y->len &&
			       !memcmp(datum_text(s, x).data, datum_text(s, y).data, x->len);
		if (!same)
			return false;
	}
	return true;
}

/* Looks whether the sentence of the latest record, which ends at `from`, is
 * there again with other values. */
static int scan_again(struct scan *s, const struct claim *claim, size_t from)
{
	const struct datum *said = latest_datum(s, s->layout->fields[0].column);
	struct mu_string flat = { s->pages->flat, s->pages->flat_len };
	struct mu_finding finding = line_finding(s, "claim-ambiguous");
	struct datum again[COLUMNS_MAX] = { 0 };
	struct pattern_match match;
	int found;

	while ((found = pattern_find(s->ctx, claim->pattern, flat, from, &match)) > 0) {
		if (mu_cancelled(s->ctx))
			return ECANCELED;
		memset(again, 0, sizeof again);
		captures_read(s, NULL, claim->pattern, true, again);
		if (!same_statement(s, claim->pattern, said, again)) {
			finding.other = flat_at(s, match.start);
			return scan_report(s, finding,
					   "'%s' is stated more than once, and not the same",
					   claim->name);
		}
		from = behind(flat, match);
	}
	return -found;
}

static int scan_sentence(struct scan *s, const struct claim *claim)
{
	struct mu_string flat = { s->pages->flat, s->pages->flat_len };
	const struct found_table *table = claim->of == SIZE_MAX ? NULL : &s->tables[claim->of];
	struct pattern_match match;
	int found = pattern_find(s->ctx, claim->pattern, flat, 0, &match), err;

	if (found < 0)
		return -found;
	if (!found && claim->optional)
		return 0;
	if (!found)
		return scan_report(s, (struct mu_finding){ .code = "claim-absent" },
				   "the text says nothing that matches '%s', the claim '%s'",
				   claim->match, claim->name);
	err = record_add(s, table, claim->name, match.start, match.end - match.start);
	if (err)
		return err;
	captures_read(s, NULL, claim->pattern, true, latest_datum(s, s->layout->fields[0].column));
	err = captures_report(s, NULL, claim);
	return err ? err : scan_again(s, claim, behind(flat, match));
}

/* ---------------------------------------------------------------- tables */

/* Reads what the heading captures. */
static int heading_read(struct scan *s, const struct table *t, struct found_table *found)
{
	struct mu_finding finding = { .other = flat_at(s, found->flat) };
	int err = 0;

	for (size_t i = 0; i < t->n_columns && !err; i++) {
		const struct column *c = &t->columns[i];
		struct datum *d = &found->data[c->index];

		for (size_t k = 0; c->capture && k < pattern_captures(t->begin_pattern); k++)
			if (!strcmp(pattern_capture_name(t->begin_pattern, k), c->capture))
				*d = datum_read(s, c, pattern_capture(t->begin_pattern, k), false);
		if (!c->capture)
			continue;
		finding.code = d->value.state == VALUE_NONE ? "header" : NULL;
		finding.field = c->name;
		if (!finding.code)
			err = datum_report(s, finding, c, d);
		else if (!c->optional)
			err = scan_report(s, finding,
					  "the heading of table '%s' does not say its %s", t->name,
					  c->name);
		if (err || c->type != COLUMN_DATE || d->value.state != VALUE_KNOWN || s->dated ||
		    s->quiet)
			continue;
		s->dated = true;
		err = mu_as_of(s->ctx, d->value.date);
	}
	return err;
}

static int heading_find(struct scan *s, size_t index)
{
	struct mu_string flat = { s->pages->flat, s->pages->flat_len };
	const struct table *t = &s->layout->tables[index];
	struct found_table *f = &s->tables[index];
	struct pattern_match match;
	int found = pattern_find(s->ctx, t->begin_pattern, flat, 0, &match), err;

	if (found < 0)
		return -found;
	if (!found && t->optional)
		return 0;
	if (!found)
		return scan_report(s, (struct mu_finding){ .code = "no-table" },
				   "no heading of table '%s' is there: nothing matches '%s'",
				   t->name, t->begin);
	f->found = true;
	f->flat = match.start;
	f->end = match.end;
	err = heading_read(s, t, f);
	if (err)
		return err;
	found = pattern_find(s->ctx, t->begin_pattern, flat, behind(flat, match), &match);
	if (found <= 0)
		return -found;
	return scan_report(
		s, (struct mu_finding){ .code = "table-twice", .other = flat_at(s, match.start) },
		"the heading of table '%s' is there more than once", t->name);
}

static int report_header(const struct scan *s, const struct table *t, const struct found_table *f)
{
	size_t flat = f->end, len;
	struct phrase expected, given;
	struct mu_finding finding = { .code = "header", .other = flat_at(s, f->flat) };

	while (flat < s->pages->flat_len &&
	       (s->pages->flat[flat] == ' ' || s->pages->flat[flat] == '\n'))
		flat++;
	len = s->pages->flat_len - flat;
	given = quote(flat_text(s, flat, len));
	expected = quote(mu_string(header_text(s->ctx, t)));
	return scan_report(s, finding, "table '%s' must have the header '%s', not '%s'", t->name,
			   expected.text, len ? given.text : "");
}

/* 1 when the line ends the table and belongs to it, 2 when it is the first
 * behind it, 0 when it is neither, or a negative errno value. */
static int ends_table(const struct scan *s, const struct table *t, size_t line)
{
	struct mu_string text = pages_line(s->pages, line);
	struct pattern_match match;
	int found = 0;

	for (size_t i = 0; i < t->n_claims && !found; i++)
		if (t->claims[i].last)
			found = pattern_find(s->ctx, t->claims[i].pattern, text, 0, &match);
	if (found || !t->end_pattern)
		return found;
	found = pattern_find(s->ctx, t->end_pattern, text, 0, &match);
	return found > 0 ? 2 : found;
}

/* Where the table whose first line is `line` ends: the line after it, in `stop`.
 * 1, 0 when the end that was declared is not there, or a negative errno value. */
static int table_end(const struct scan *s, const struct table *t, size_t line, size_t limit,
		     size_t *stop)
{
	for (size_t i = line; t->has_end && i < limit; i++) {
		int ends = ends_table(s, t, i);

		if (mu_cancelled(s->ctx))
			return -ECANCELED;
		if (!ends)
			continue;
		*stop = ends == 1 ? i + 1 : i;
		return ends < 0 ? ends : 1;
	}
	/* Blank lines end it, unless a page ended there. */
	for (*stop = line; *stop < limit; ++*stop)
		if (*stop > line && s->pages->lines[*stop].blanks && !s->pages->lines[*stop].broken)
			break;
	return !t->has_end;
}

/* The line on which the next table begins. */
static size_t table_limit(const struct scan *s, const struct found_table *f)
{
	size_t limit = s->pages->n_lines;

	for (size_t i = 0; i < s->layout->n_tables; i++) {
		const struct found_table *other = &s->tables[i];
		size_t line;

		if (!other->found || other->flat <= f->flat)
			continue;
		line = pages_line_of_flat(s->pages, other->flat);
		limit = line < limit ? line : limit;
	}
	return limit;
}

/* 1 when one of the patterns is on the line, with its index and the match. */
static int find_claim(const struct scan *s, const struct table *t, struct mu_string text,
		      size_t *index, struct pattern_match *match)
{
	int found = 0;

	for (size_t i = 0; i < t->n_claims && !found; i++) {
		found = pattern_find(s->ctx, t->claims[i].pattern, text, 0, match);
		*index = i;
	}
	return found;
}

static int find_skip(const struct scan *s, const struct table *t, struct mu_string text)
{
	struct pattern_match match;
	int found = 0;

	for (size_t i = 0; i < t->skip.count && !found; i++)
		found = pattern_find(s->ctx, t->skip_patterns[i], text, 0, &match);
	return found;
}

/* What a scan of a table has met. */
struct tally {
	size_t rows;
	size_t *claims; /* how often each claim was there */
};

static int scan_line(struct scan *s, const struct table *t, const struct header *header,
		     size_t line, struct tally *tally)
{
	struct mu_string text = pages_line(s->pages, line);
	struct pattern_match match;
	size_t claim = 0;
	int found = find_claim(s, t, text, &claim, &match);

	if (found > 0) {
		tally->claims[claim]++;
		return scan_line_claim(s, t, header, &t->claims[claim], line, match);
	}
	if (!found)
		found = find_skip(s, t, text);
	if (found)
		return found < 0 ? -found : 0;
	tally->rows++;
	return scan_row(s, t, header, line);
}

static int report_tally(const struct scan *s, const struct table *t, const struct found_table *f,
			const struct tally *tally, bool ended)
{
	struct mu_finding finding = { .other = flat_at(s, f->flat) };
	bool explained = false;
	int err = 0;

	for (size_t i = 0; i < t->n_claims && !err; i++) {
		const struct claim *c = &t->claims[i];

		if (c->optional || tally->claims[i])
			continue;
		explained |= c->last;
		finding.code = "claim-missing";
		err = scan_report(s, finding,
				  "table '%s' has no line that states '%s': none matches '%s'",
				  t->name, c->name, c->match);
	}
	finding.code = "no-end";
	if (!err && !ended && !explained)
		err = scan_report(s, finding, "table '%s' has no end: no line %s", t->name,
				  t->end ? "matches the pattern in end" : "is the last claim");
	finding.code = "no-rows";
	if (!err && !tally->rows)
		err = scan_report(s, finding, "table '%s' has no rows", t->name);
	return err;
}

static int scan_table(struct scan *s, size_t index)
{
	const struct table *t = &s->layout->tables[index];
	const struct found_table *f = &s->tables[index];
	struct tally tally = { .claims = mu_alloc(s->ctx, (t->n_claims + 1) * sizeof(size_t)) };
	struct header header;
	size_t line, again, stop = 0;
	int err = 0, ended;

	line = header_find(s->pages, t, f->end, &header);
	if (!line)
		return report_header(s, t, f);
	ended = table_end(s, t, line, table_limit(s, f), &stop);
	if (ended < 0)
		return -ended;
	for (; line < stop && !err; line = again ? again : line + 1) {
		if (mu_cancelled(s->ctx))
			return ECANCELED;
		/* A header may be repeated on the next page. */
		again = header_again(s->pages, &header, line);
		if (!again)
			err = scan_line(s, t, &header, line, &tally);
	}
	return err ? err : report_tally(s, t, f, &tally, ended);
}

int scan_run(struct scan *s)
{
	const struct layout *layout = s->layout;
	int err = 0;

	s->tables = mu_alloc(s->ctx, layout->n_tables * sizeof *s->tables);
	for (size_t i = 0; i < layout->n_tables && !err; i++)
		err = heading_find(s, i);
	for (size_t i = 0; i < layout->n_tables && !err; i++)
		if (s->tables[i].found)
			err = scan_table(s, i);
	for (size_t i = 0; i < layout->n_claims && !err; i++)
		err = scan_sentence(s, &layout->claims[i]);
	return err;
}

void scan_release(struct scan *s)
{
	free(s->records);
	free(s->data);
	mu_map_release(&s->positions);
	s->records = NULL;
	s->data = NULL;
	s->n_records = s->room = 0;
}
