#include "read/scan.h"

#include <stdlib.h>

#include "read/grid.h"
#include "read/outside.h"

enum {
	SUGGESTIONS_MAX = 5,
	MENTION_LINES = 3, /* below a heading that is only spoken of */
	SENTENCE_MAX = 60, /* words of a sentence that are looked at for a number */
};

size_t behind(struct mu_string text, struct pattern_match match)
{
	size_t at = match.end;

	if (match.end > match.start)
		return at;
	do
		at++;
	while (at < text.len && ((unsigned char)text.data[at] & 0xc0) == 0x80);
	return at;
}

static struct mu_finding line_finding(const struct scan *s, const char *code)
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
		struct cell cell = cut->ways[0].cells[i];
		size_t words = (size_t)(cell.end - cell.first), f = cut->columns[i]->index;

		shape->words[f] = words > shape->words[f] ? words : shape->words[f];
		if (cut->columns[i]->type == COLUMN_INTEGER)
			shape_number(shape, cut_text(cut, cell));
	}
}

static int scan_row(struct scan *s, const struct table *t, const struct header *header, size_t line)
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

/* Whether a place is in a table that was read. */
static bool is_in_table(const struct scan *s, size_t flat)
{
	size_t line = pages_line_of_flat(s->pages, flat);

	for (size_t i = 0; i < s->layout->n_tables; i++)
		if (s->tables[i].scanned && line >= s->tables[i].first && line < s->tables[i].stop)
			return true;
	return false;
}

/* Goes on to the first match of a claim that ends behind a place.  1, 0 when there is none, or
 * a negative errno value; `match` is the one before at first. */
static int match_advance(const struct scan *s, const struct claim *claim, size_t at,
			 struct pattern_match *match)
{
	struct mu_string flat = { s->pages->flat, s->pages->flat_len };
	int found = 1;

	while (found > 0 && match->end <= at) {
		if (mu_cancelled(s->ctx))
			return -ECANCELED;
		found = pattern_find(s->ctx, claim->pattern, flat, behind(flat, *match), match);
	}
	/* Behind the last one there is no more to look for. */
	if (!found)
		*match = (struct pattern_match){ flat.len, SIZE_MAX };
	return found;
}

/* Whether a sentence that goes on from a place has a number. */
static bool states_number(const struct scan *s, size_t at)
{
	struct mu_string rest = { s->pages->flat + at, s->pages->flat_len - at };
	int64_t ignored;

	for (size_t words = 0; rest.len && words < SENTENCE_MAX; words++) {
		size_t len = 0;
		struct mu_string word;

		while (len < rest.len && !space_len((struct mu_string){ rest.data + len, 1 }))
			len++;
		word = (struct mu_string){ rest.data, len };
		while (word.len && memchr(",.;:()", word.data[word.len - 1], 6))
			word.len--;
		if (has_digit(word) || language_small(s->reader->language, word, &ignored))
			return true;
		if (len && memchr(".!?", rest.data[len - 1], 3))
			return false;
		len += len < rest.len;
		rest = (struct mu_string){ rest.data + len, rest.len - len };
	}
	return false;
}

/* Looks at each place where the cue of a claim is, whose first match is given: a sentence with
 * other words may state another number. */
static int cues_check(const struct scan *s, const struct claim *claim, struct pattern_match first)
{
	struct mu_string flat = { s->pages->flat, s->pages->flat_len };
	struct mu_finding finding = { .code = "claim-absent" };
	struct pattern_match match;
	size_t from = 0;
	int found = 0, err = 0;

	if (!claim->cue_pattern)
		return 0;
	while (!err && (found = pattern_find(s->ctx, claim->cue_pattern, flat, from, &match)) > 0) {
		struct phrase said = quote(flat_text(s, match.start, match.end - match.start));
		int more = match_advance(s, claim, match.start, &first);

		if (more < 0 || mu_cancelled(s->ctx))
			return more < 0 ? -more : ECANCELED;
		from = behind(flat, match);
		if (first.start <= match.start || is_in_table(s, match.start))
			continue;
		finding.other = flat_at(s, match.start);
		finding.severity = states_number(s, match.start) ? MU_ERROR : MU_WARNING;
		err = scan_report(s, finding,
				  "'%s' tells that the claim '%s' is there once more, but it does "
				  "not match '%s'",
				  said.text, claim->name, claim->match);
	}
	return err ? err : -found;
}

/* An optional sentence that nothing matches: an error where its cue says that it is there, a
 * note where nothing can tell. */
static int sentence_absent(const struct scan *s, const struct claim *claim)
{
	struct mu_string flat = { s->pages->flat, s->pages->flat_len };
	struct mu_finding finding = { .code = "claim-absent" };
	struct pattern_match match;
	size_t from = 0;
	int found = 0;

	if (!claim->cue_pattern) {
		finding.severity = MU_NOTE;
		return scan_report(s, finding,
				   "the text says nothing that matches '%s', so the optional claim "
				   "'%s' was not checked",
				   claim->match, claim->name);
	}
	while ((found = pattern_find(s->ctx, claim->cue_pattern, flat, from, &match)) > 0) {
		struct phrase said = quote(flat_text(s, match.start, match.end - match.start));

		if (mu_cancelled(s->ctx))
			return ECANCELED;
		from = behind(flat, match);
		if (is_in_table(s, match.start))
			continue;
		finding.other = flat_at(s, match.start);
		return scan_report(s, finding,
				   "'%s' tells that the claim '%s' is there, but it does not match "
				   "'%s'",
				   said.text, claim->name, claim->match);
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
		return sentence_absent(s, claim);
	if (!found)
		return scan_report(s, (struct mu_finding){ .code = "claim-absent" },
				   "the text says nothing that matches '%s', the claim '%s'",
				   claim->match, claim->name);
	err = record_add(s, table, claim->name, match.start, match.end - match.start);
	if (err)
		return err;
	captures_read(s, NULL, claim->pattern, true, latest_datum(s, s->layout->fields[0].column));
	err = captures_report(s, NULL, claim);
	if (!err)
		err = scan_again(s, claim, behind(flat, match));
	return err ? err : cues_check(s, claim, match);
}

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

/* Whether the heading that was found last captures what the table's did. */
static bool same_heading(const struct scan *s, const struct table *t, const struct found_table *f)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct column *c = &t->columns[i];
		const struct datum *d = &f->data[c->index];

		for (size_t k = 0; c->capture && k < pattern_captures(t->begin_pattern); k++) {
			struct mu_string text = pattern_capture(t->begin_pattern, k);

			if (strcmp(pattern_capture_name(t->begin_pattern, k), c->capture) != 0)
				continue;
			text = text.data ? mu_trim(text) : (struct mu_string){ "", 0 };
			if (text.len != d->len ||
			    memcmp(text.data, s->pages->flat + d->flat, d->len) != 0)
				return false;
		}
	}
	return true;
}

/* The last line of a match. */
static size_t match_last(const struct scan *s, struct pattern_match match)
{
	return pages_line_of_flat(s->pages, match.end > match.start ? match.end - 1 : match.start);
}

/* Whether a line of a table of contents ends behind a match: "..... 3". */
static bool is_entry(const struct scan *s, struct pattern_match match)
{
	const struct line *l = &s->pages->lines[match_last(s, match)];
	const char *rest = s->pages->flat + match.end;
	size_t len = match.end < l->flat + l->flat_len ? l->flat + l->flat_len - match.end : 0;
	size_t dots = 0, digits = 0;

	for (size_t i = 0; i < len; i++) {
		if (rest[i] >= '0' && rest[i] <= '9')
			digits++;
		else if (rest[i] == '.' && !digits)
			dots++;
		else if (rest[i] != ' ')
			return false;
	}
	return dots > 2 && digits;
}

/* Whether a heading that no header follows is only spoken of: in a table of contents, or
 * without numbers below it. */
static bool is_mention(const struct scan *s, struct pattern_match match)
{
	size_t line = match_last(s, match) + 1, end = line + MENTION_LINES;

	if (line == s->pages->n_lines || is_entry(s, match))
		return line < s->pages->n_lines;
	for (; line < end && line < s->pages->n_lines; line++) {
		struct mu_string text = pages_line(s->pages, line);

		if (text.data[text.len - 1] >= '0' && text.data[text.len - 1] <= '9')
			return false;
	}
	return true;
}

/* Looks at another place with the heading of a table.  On a later page it may be
 * repeated with the same words; anywhere else it must not be. */
static int heading_other(struct scan *s, const struct table *t, const struct found_table *f,
			 struct pattern_match match)
{
	size_t first = pages_line_of_flat(s->pages, f->flat);
	size_t line = pages_line_of_flat(s->pages, match.start), last = match_last(s, match);
	struct header header;

	if (s->pages->lines[line].page > s->pages->lines[first].page && same_heading(s, t, f)) {
		/* What begins with the table's own header is not passed over twice. */
		for (; match.end > match.start && line <= last; line++)
			s->repeated[line] = true;
		return 0;
	}
	if (!header_find(s->pages, t, match.end, &header) && is_mention(s, match))
		return 0;
	return scan_report(
		s, (struct mu_finding){ .code = "table-twice", .other = flat_at(s, match.start) },
		"the heading of table '%s' is there more than once", t->name);
}

/* Looks at all places with the heading of a table but its own. */
static int heading_again(struct scan *s, const struct table *t, const struct found_table *f)
{
	struct mu_string flat = { s->pages->flat, s->pages->flat_len };
	struct pattern_match match;
	size_t from = 0;
	int found, err = 0;

	while ((found = pattern_find(s->ctx, t->begin_pattern, flat, from, &match)) > 0 && !err) {
		if (mu_cancelled(s->ctx))
			return ECANCELED;
		if (match.start != f->flat)
			err = heading_other(s, t, f, match);
		from = behind(flat, match);
	}
	return found < 0 ? -found : err;
}

/* Finds the heading of a table: the first that its header follows, else the first one.  1,
 * 0, or a negative errno value. */
static int heading_choose(const struct scan *s, const struct table *t, struct pattern_match *match)
{
	struct mu_string flat = { s->pages->flat, s->pages->flat_len };
	struct pattern_match first;
	struct header header;
	int found = pattern_find(s->ctx, t->begin_pattern, flat, 0, &first);

	*match = first;
	while (found > 0 && !header_find(s->pages, t, match->end, &header)) {
		if (mu_cancelled(s->ctx))
			return -ECANCELED;
		found = pattern_find(s->ctx, t->begin_pattern, flat, behind(flat, *match), match);
		/* Once more, for what it captures. */
		if (!found)
			return pattern_find(s->ctx, t->begin_pattern, flat, first.start, match);
	}
	return found;
}

static int heading_find(struct scan *s, size_t index)
{
	const struct table *t = &s->layout->tables[index];
	struct found_table *f = &s->tables[index];
	struct pattern_match match;
	int found = heading_choose(s, t, &match), err;

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
	f->first = pages_line_of_flat(s->pages, match.start);
	err = heading_read(s, t, f);
	return err ? err : heading_again(s, t, f);
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

/* Where the table whose first line is `line` ends: the line after it, in `stop`; `closed`:
 * that is the line that `end` tells.  1, 0 when the end that was declared is not there, or a negative errno value. */
static int table_end(const struct scan *s, const struct table *t, size_t line, size_t limit,
		     size_t *stop, bool *closed)
{
	for (size_t i = line; t->has_end && i < limit; i++) {
		int ends = ends_table(s, t, i);

		if (mu_cancelled(s->ctx))
			return -ECANCELED;
		if (!ends)
			continue;
		*stop = ends == 1 ? i + 1 : i;
		*closed = ends == 2;
		return ends < 0 ? ends : 1;
	}
	/* Blank lines end it, unless a page ended there. */
	for (*stop = line; *stop < limit; ++*stop)
		if (*stop > line && s->pages->lines[*stop].blanks && !s->pages->lines[*stop].broken)
			break;
	return !t->has_end;
}

/* Whether a line may stand between two totals of groups: a row, another total, or one to be
 * skipped.  1, 2 when it is a total that may be the last, 0, or a negative errno value. */
static int is_in_group(struct scan *s, const struct table *t, const struct found_table *f,
		       size_t line)
{
	int found = find_skip(s, t, pages_line(s->pages, line)), ends;

	if (found)
		return found;
	ends = ends_table(s, t, line);
	if (ends < 0 || ends == 2)
		return ends < 0 ? ends : 0;
	found = outside_kind(s, f, line);
	if (found == OUTSIDE_CLAIM)
		return ends ? 2 : 1;
	return found == OUTSIDE_ROW ? 1 : found;
}

/* In a table with totals of groups: the line behind its last one, to which rows and totals
 * lead from line to line.  `stop` is behind the first.  Or a negative errno value. */
static int64_t groups_end(struct scan *s, const struct table *t, const struct found_table *f,
			  size_t stop, size_t limit)
{
	struct header header = f->header;
	size_t line = stop, again;
	bool paged = false;

	while (line < limit) {
		int in = 1;

		if (mu_cancelled(s->ctx))
			return -ECANCELED;
		paged = s->pages->lines[line].broken || (paged && s->repeated[line - 1]);
		again = paged ? header_again(s->pages, &header, line) : 0;
		if (!again && !s->repeated[line])
			in = is_in_group(s, t, f, line);
		if (in <= 0)
			return in < 0 ? in : (int64_t)stop;
		line = again ? again : line + 1;
		stop = in == 2 ? line : stop;
	}
	return (int64_t)stop;
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

int find_skip(const struct scan *s, const struct table *t, struct mu_string text)
{
	struct pattern_match match;
	int found = 0;

	for (size_t i = 0; i < t->skip.count && !found; i++)
		found = pattern_find(s->ctx, t->skip_patterns[i], text, 0, &match);
	return found;
}

static int scan_line(struct scan *s, const struct table *t, const struct header *header,
		     struct grid *grid, size_t line, struct tally *tally)
{
	struct mu_string text = pages_line(s->pages, line);
	struct pattern_match match;
	size_t claim = 0;
	int found;

	if (grid) {
		found = find_skip(s, t, text);
		return found < 0 ? -found : found ? 0 : grid_line(grid, line);
	}
	found = find_claim(s, t, text, &claim, &match);
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
				  t->name, c->name, c->match ? c->match : "its cells");
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
	struct found_table *f = &s->tables[index];
	struct tally tally = { .claims = mu_alloc(s->ctx, (t->n_claims + 1) * sizeof(size_t)) };
	struct header header;
	struct grid *grid;
	size_t line, again, stop = 0;
	int err = 0, ended;

	line = header_find(s->pages, t, f->end, &header);
	if (!line)
		return report_header(s, t, f);
	ended = table_end(s, t, line, table_limit(s, f), &stop, &f->closed);
	if (ended < 0)
		return -ended;
	f->header = header;
	if (t->groups && !t->grid && ended && !f->closed) {
		int64_t behind_groups = groups_end(s, t, f, stop, table_limit(s, f));

		if (behind_groups < 0)
			return (int)-behind_groups;
		stop = (size_t)behind_groups;
	}
	f->stop = stop;
	grid = t->grid ? grid_begin(s, t, &tally) : NULL;
	if (grid)
		err = grid_header(grid, &header, line);
	for (; line < stop && !err; line = again ? again : line + 1) {
		if (mu_cancelled(s->ctx)) {
			err = ECANCELED;
			break;
		}
		/* A heading and a header may be repeated on the next page. */
		again = s->repeated[line] ? line + 1 : header_again(s->pages, &header, line);
		if (again && grid)
			err = grid_header(grid, &header, again);
		else if (!again)
			err = scan_line(s, t, &header, grid, line, &tally);
	}
	if (!grid)
		f->header = header;
	if (grid && !err)
		err = grid_end(grid);
	else if (grid)
		grid_drop(grid);
	f->scanned = true;
	return err ? err : report_tally(s, t, f, &tally, ended);
}

/* Whether a record is the total of the rows above it, whatever they are. */
static bool closes_group(const struct scan *s, const struct record *r)
{
	const struct table *t = r->table ? &s->layout->tables[r->table - s->tables] : NULL;
	const struct claim *claim = t ? t->claims : NULL;

	if (!t || !t->groups || !r->claim)
		return false;
	while (claim->name != r->claim)
		claim++;
	if (!claim->pattern || claim->of_columns.count)
		return false;
	for (size_t i = 0; i < pattern_captures(claim->pattern); i++) {
		const struct column *c =
			layout_column(s->layout, t, pattern_capture_name(claim->pattern, i));

		if (c && !c->measure)
			return false;
	}
	return true;
}

/* Gives rows the total below them.  A total without rows since the one before is for all,
 * and so is the only one of a document. */
static int groups_find(struct scan *s)
{
	size_t n_groups = 0, first = 0, open = 0;
	int err = 0;

	for (size_t i = 0; i < s->n_records; i++) {
		struct record *r = &s->records[i];

		if (i && r->table != s->records[i - 1].table)
			open = 0;
		first = open ? first : i;
		open += !r->claim;
		if (!open || !closes_group(s, r))
			continue;
		for (size_t k = first; k <= i; k++)
			if (k == i || !s->records[k].claim)
				s->records[k].group = r->flat + 1;
		n_groups++;
		open = 0;
	}
	for (size_t i = 0; i < s->n_records && !err; i++) {
		struct record *r = &s->records[i];

		if (n_groups && !r->claim && !r->group && r->table &&
		    s->layout->tables[r->table - s->tables].groups)
			err = scan_report(s, record_finding(s, i, "claim-missing"),
					  "the row has no total below it, as the others have");
		r->group = n_groups > 1 ? r->group : 0;
	}
	return err;
}

size_t scan_find(const struct scan *s, uint64_t position)
{
	size_t entry = SIZE_MAX, line = pages_line_of_start(s->pages, (size_t)position);
	uint64_t first = s->pages->n_lines ? s->pages->lines[line].start : position;

	/* Later stages make several rows of one, at the positions behind it. */
	do
		entry = mu_map_find(&s->positions, &position, sizeof position);
	while (entry == SIZE_MAX && position-- > first);
	return entry == SIZE_MAX ? SIZE_MAX : (size_t)s->positions.entries[entry].value;
}

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
static int name_check(struct scan *s)
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

int scan_run(struct scan *s)
{
	const struct layout *layout = s->layout;
	int err = 0;

	s->tables = mu_alloc(s->ctx, layout->n_tables * sizeof *s->tables);
	s->repeated = mu_alloc(s->ctx, s->pages->n_lines + 1);
	for (size_t i = 0; i < layout->n_tables && !err; i++)
		err = heading_find(s, i);
	for (size_t i = 0; i < layout->n_tables && !err; i++)
		if (s->tables[i].found)
			err = scan_table(s, i);
	if (!err)
		err = groups_find(s);
	if (!err && !s->quiet)
		err = outside_check(s);
	for (size_t i = 0; i < layout->n_claims && !err; i++)
		err = scan_sentence(s, &layout->claims[i]);
	return err ? err : name_check(s);
}

int scan_recognises(struct scan *s, bool *yes)
{
	const struct layout *layout = s->layout;

	*yes = false;
	for (size_t i = 0; i < layout->n_tables; i++) {
		const struct table *t = &layout->tables[i];
		struct pattern_match match;
		struct header header;
		int found = heading_choose(s, t, &match);

		if (found < 0)
			return -found;
		if (found && header_find(s->pages, t, match.end, &header)) {
			*yes = true;
		} else if (!t->optional) {
			*yes = false;
			return 0;
		}
	}
	return 0;
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
