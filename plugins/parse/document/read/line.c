#include "read/line.h"

enum { SUGGESTIONS_MAX = 5 };

struct mu_finding line_finding(const struct scan *s, const char *code)
{
	return record_finding(s, s->n_records - 1, code);
}

/* Of a line that nobody can read: whether it is one row, several or none is not known, so
 * what is wrong is the document, not a row of it. */
static struct mu_finding unread_finding(const struct scan *s)
{
	struct mu_finding finding = line_finding(s, "unrecognised");

	finding.other = finding.at;
	finding.at = 0;
	return finding;
}

/* Names near the words before `end`, "" when there are none. */
static const char *suggest(struct scan *s, const struct column *c, size_t end)
{
	const char *names = "";

	if (s->quiet || s->suggestions >= SUGGESTIONS_MAX)
		return names;
	s->suggestions++;
	for (size_t n = 1; n <= 3 && n <= end && !*names; n++) {
		struct word_range cell = { (uint16_t)(end - n), (uint16_t)end };
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
	struct mu_finding finding = unread_finding(s);
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

			phrase_puts(&ways, c ? " '" : "'");
			phrase_add(&ways, text.data, text.len);
			phrase_puts(&ways, "'");
		}
	}
	return scan_report(s, line_finding(s, "undecided"),
			   "a line of table '%s' can be cut in several ways: %s%s", t->name,
			   ways.text, cut->n_ways > 3 || cut->more ? " or others" : "");
}

static int report_crowded(const struct scan *s, const struct table *t)
{
	return scan_report(s, unread_finding(s),
			   "a line of table '%s' has more cells than the table columns: a gap "
			   "stands before a number that no column takes",
			   t->name);
}

/* Puts the cells of a cut into the latest record. */
static int cells_read(const struct scan *s, const char *code)
{
	const struct cut *cut = &s->cut;
	int err = 0;

	for (size_t i = 0; i < cut->n_columns && !err; i++) {
		const struct column *c = cut->columns[i];
		struct datum *d = latest_datum(s, c);
		struct mu_string text = cut_text(cut, cut->ways[0].cells[i]);

		err = value_strip(s->reader, c, &text);
		if (err)
			return err;
		*d = datum_read(s, c, text, false);
		err = datum_report(s, (struct mu_finding){ .code = code, .at = latest_at(s) }, c,
				   d);
	}
	return err;
}

enum cut_answer scan_cut(struct scan *s, const struct column *const *columns, size_t n_columns,
			 size_t n_words, double gap)
{
	s->cut.reader = s->reader;
	s->cut.columns = columns;
	s->cut.n_columns = n_columns;
	s->cut.words = s->words;
	s->cut.n_words = n_words;
	s->cut.gap = gap;
	return cut_line(&s->cut);
}

/* Notes what the row that was cut last looks like. */
static void shape_add(const struct scan *s, struct shape *shape)
{
	const struct cut *cut = &s->cut;

	shape->rows++;
	for (size_t i = 0; i < cut->n_columns; i++) {
		struct word_range cell = cut->ways[0].cells[i];
		size_t words = (size_t)(cell.end - cell.first), f = cut->columns[i]->index;

		shape->words[f] = words > shape->words[f] ? words : shape->words[f];
		if (cut->columns[i]->type == COLUMN_INTEGER)
			shape_number(shape, cut_text(cut, cell));
	}
}

int scan_row(struct scan *s, const struct table *t, const struct header *header, size_t line)
{
	const struct line *l = &s->pages->lines[line];
	size_t n_words = pages_words(s->pages, line, s->words, CUT_WORDS);
	struct found_table *found = &s->tables[t - s->layout->tables];
	int err = record_add(s, found, NULL, l->flat, l->flat_len);

	if (err)
		return err;
	switch (scan_cut(s, header->columns, header->n_columns, n_words, s->pages->gap)) {
	case CUT_DONE:
		shape_add(s, &found->shape);
		return cells_read(s, NULL);
	case CUT_UNDECIDED:
		return report_undecided(s, t);
	case CUT_CROWDED:
		return report_crowded(s, t);
	default:
		return s->cut.err ? s->cut.err : report_unrecognised(s, t);
	}
}

void captures_read(const struct scan *s, const struct table *t, const struct pattern *pattern,
		   bool words, struct datum *data)
{
	for (size_t i = 0; i < pattern_captures(pattern); i++) {
		const struct column *c =
			layout_column(s->layout, t, pattern_capture_name(pattern, i));
		struct mu_string text = pattern_capture(pattern, i);

		if (c && text.data)
			data[c->index] = datum_read(s, c, text, words);
	}
}

int captures_report(const struct scan *s, const struct table *t, const struct claim *claim)
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

size_t measures_left(const struct header *header, const struct claim *claim,
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

int scan_line_claim(struct scan *s, const struct table *t, const struct header *header,
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
