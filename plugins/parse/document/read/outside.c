#include "read/outside.h"

#include "read/doubt.h"
#include "read/grid.h"
#include "read/line.h"
#include "read/mention.h"
#include "read/people.h"
#include "read/table.h"

enum {
	REPORTED_MAX = 20, /* lines that are told one by one */
	NEAR_LINES = 3,    /* that are no rows: then the text goes on */
	BEGINNING = 12,    /* lines from a table's heading to its first number */
	BETWEEN = 2,       /* lines without a digit between two rows */
};

struct outside {
	struct scan *s;
	bool *covered; /* lines of tables that were read */
	bool *known;   /* lines of tables that are known and not read, or were told */
	char *stated;  /* bytes of the flat form that claims of running text have read */
	size_t reported, more, more_errors, last;
};

static bool line_has_digit(const struct scan *s, size_t line)
{
	return has_digit(pages_line(s->pages, line));
}

/* Whether a line has a number in digits or, other than an article, a small one in words. */
static bool line_has_number(struct scan *s, size_t line)
{
	size_t n = text_words(pages_line(s->pages, line), s->words, CUT_WORDS);
	int64_t value;

	if (line_has_digit(s, line))
		return true;
	for (size_t i = 0; n != SIZE_MAX && i < n; i++)
		if (language_small(s->reader->language, word_alone(s->words[i].text), &value) &&
		    value != 1)
			return true;
	return false;
}

/* Whether a row can be without a digit. */
static bool counts_in_words(const struct found_table *f)
{
	for (size_t i = 0; i < f->header.n_columns; i++)
		if (f->header.columns[i]->words)
			return true;
	return false;
}

/* Whether a blank line stands before a line, and no page ends there. */
static bool is_apart(const struct scan *s, size_t line)
{
	return s->pages->lines[line].blanks && !s->pages->lines[line].broken;
}

static const struct table *table_of(const struct scan *s, const struct found_table *f)
{
	return &s->layout->tables[f - s->tables];
}

/* Whether a text is a number that may count people in a table of this shape. */
static bool is_count(const struct scan *s, const struct found_table *f, const struct column *c,
		     struct mu_string text, bool near)
{
	struct value v;
	size_t digits = 0;

	if (value_strip(s->reader, c, &text))
		return false;
	v = value_read(s->reader, c, text, false);
	if (v.state == VALUE_MISSING)
		return true;
	if (v.state != VALUE_KNOWN || c->type != COLUMN_INTEGER)
		return v.state == VALUE_KNOWN;
	for (size_t i = 0; i < text.len; i++)
		digits += text.data[i] >= '0' && text.data[i] <= '9';
	if (!f->shape.years && digits == 4 && text.len == 4 && v.integer >= YEAR_FIRST &&
	    v.integer <= YEAR_LAST)
		return false;
	return near || digits <= f->shape.digits + 1;
}

/* Whether a way to cut a line makes it a row like those that were read. */
static bool is_row_like(const struct scan *s, const struct found_table *f, const struct way *way,
			bool near)
{
	bool counted = false;

	for (size_t i = 0; i < s->cut.n_columns; i++) {
		const struct column *c = s->cut.columns[i];
		size_t words = (size_t)(way->cells[i].end - way->cells[i].first);
		size_t longest = f->shape.words[c->index];

		if (c->type != COLUMN_STRING) {
			if (!is_count(s, f, c, cut_text(&s->cut, way->cells[i]), near))
				return false;
			counted = true;
		} else if (f->shape.rows && (!c->vocabulary || !way->known[i]) &&
			   words > longest * (near ? 2 : 1) + 1) {
			return false;
		}
	}
	return counted;
}

static int text_reads(struct scan *s, const struct found_table *f, size_t line, bool near)
{
	size_t n = pages_words(s->pages, line, s->words, CUT_WORDS);
	enum cut_answer answer;
	bool reads = false;

	if (n == SIZE_MAX || !(line_has_digit(s, line) || counts_in_words(f)))
		return 0;
	s->cut.strict = !near;
	s->cut.exact = true;
	answer = scan_cut(s, f->header.columns, f->header.n_columns, n, s->pages->gap);
	s->cut.strict = s->cut.exact = false;
	if (s->cut.err)
		return -s->cut.err;
	for (size_t i = 0; i < s->cut.n_ways && !reads; i++)
		reads = answer != CUT_NONE && is_row_like(s, f, &s->cut.ways[i], near);
	return reads;
}

/* Whether what stands behind a claim's pattern states its numbers. */
static int text_states(struct scan *s, const struct found_table *f, const struct claim *claim,
		       struct mu_string rest, bool near)
{
	const struct column *columns[COLUMNS_MAX];
	size_t measures = measures_left(&f->header, claim, columns);
	size_t n = text_words(rest, s->words, CUT_WORDS);
	bool reads;

	if (!measures || n == SIZE_MAX)
		return n == 0;
	if (near && n <= 2 * measures + 1 && has_digit(rest))
		return 1;
	reads = scan_cut(s, columns, measures, n, 0) == CUT_DONE;
	return s->cut.err ? -s->cut.err : reads && is_row_like(s, f, &s->cut.ways[0], near);
}

static int states(struct scan *s, const struct found_table *f, size_t line, bool near)
{
	const struct table *t = table_of(s, f);
	struct mu_string text = pages_line(s->pages, line);

	for (size_t i = 0; i < t->n_claims; i++) {
		const struct claim *claim = &t->claims[i];
		struct pattern_match match;
		int found;

		if (!claim->pattern)
			continue;
		found = pattern_find(s->ctx, claim->pattern, text, 0, &match);
		if (found < 0)
			return found;
		if (!found || match.start)
			continue;
		text = (struct mu_string){ text.data + match.end, text.len - match.end };
		return t->grid ? grid_states(s, t, f, claim, line, match.end)
			       : text_states(s, f, claim, text, near);
	}
	return 0;
}

/* What a line is, or a negative errno value. */
static int kind_of(struct scan *s, const struct found_table *f, size_t line, bool near)
{
	const struct table *t = table_of(s, f);
	int found = find_skip(s, t, pages_line(s->pages, line));

	if (found)
		return found < 0 ? found : OUTSIDE_TEXT;
	found = states(s, f, line, near);
	if (found)
		return found < 0 ? found : OUTSIDE_CLAIM;
	found = t->grid ? grid_reads(s, t, f, line) : text_reads(s, f, line, near);
	return found > 0 ? OUTSIDE_ROW : found;
}

int outside_kind(struct scan *s, const struct found_table *f, size_t line)
{
	return kind_of(s, f, line, true);
}

/* The first line behind a table that begins on a line: its lines go on as long as they have
 * numbers, up to a blank line. */
static size_t region_end(const struct outside *o, size_t line)
{
	struct scan *s = o->s;
	size_t n = s->pages->n_lines, last = line, at = line + 1;

	while (at < n && at <= line + BEGINNING && !o->covered[at] && !line_has_number(s, at))
		at++;
	if (at >= n || at > line + BEGINNING || o->covered[at])
		return line + 1;
	for (size_t misses = 0; at < n && !o->covered[at] && misses <= BETWEEN; at++) {
		bool number = line_has_number(s, at);

		if (last > line && is_apart(s, at))
			break;
		misses = number ? 0 : misses + 1;
		last = number ? at : last;
	}
	return last + 1;
}

/* Marks the lines of tables that are known and not read. */
static int known_find(struct outside *o)
{
	const struct scan *s = o->s;
	struct mu_string flat = { s->pages->flat, s->pages->flat_len };

	for (size_t i = 0; i < s->layout->unread.count; i++) {
		struct pattern_match match;
		size_t from = 0;
		int found;

		while ((found = pattern_find(s->ctx, s->layout->unread_patterns[i], flat, from,
					     &match)) > 0) {
			size_t line = pages_line_of_flat(s->pages, match.start);
			size_t end = o->known[line] ? line : region_end(o, line);

			if (mu_cancelled(s->ctx))
				return ECANCELED;
			for (; line < end; line++)
				o->known[line] = true;
			from = behind(flat, match);
		}
		if (found < 0)
			return -found;
	}
	return 0;
}

static enum header_likeness likeness(const struct scan *s, size_t line, const struct table **as)
{
	enum header_likeness most = HEADER_OTHER;

	for (size_t i = 0; i < s->layout->n_tables; i++) {
		enum header_likeness one = header_like(s->pages, &s->layout->tables[i], line);

		if (one > most) {
			most = one;
			*as = &s->layout->tables[i];
		}
	}
	return most;
}

static struct mu_finding finding_at(const struct scan *s, size_t line, const char *code)
{
	struct mu_string text = pages_line(s->pages, line);

	return (struct mu_finding){ .code = code,
				    .other = flat_at(s, s->pages->lines[line].flat),
				    .value = text.data,
				    .value_len = text.len };
}

/* Reports a table from `line` to `end`; `rows`: lines of it that read as those of `as`. */
static int report_table(const struct scan *s, size_t line, const struct table *as, size_t rows)
{
	struct mu_finding finding = finding_at(s, line, "unread-table");
	struct phrase text = quote(pages_line(s->pages, line));

	if (rows)
		return scan_report(s, finding,
				   "the header '%s' begins a table that was not read, and %zu of "
				   "its lines read as those of table '%s'",
				   text.text, rows, as->name);
	finding.severity = MU_WARNING;
	return scan_report(s, finding, "the header '%s' begins a table that was not read",
			   text.text);
}

/* Looks for a table that begins with a header on a line; the line behind it in `end`, the
 * line itself when there is none. */
static int table_check(const struct outside *o, size_t line, size_t *end)
{
	struct scan *s = o->s;
	const struct table *as = NULL;
	size_t rows = 0;

	*end = line;
	if (likeness(s, line, &as) == HEADER_OTHER)
		return 0;
	*end = region_end(o, line);
	if (*end == line + 1)
		return 0;
	for (size_t i = line + 1; i < *end; i++) {
		int kind = s->tables[as - s->layout->tables].scanned
				   ? kind_of(s, &s->tables[as - s->layout->tables], i, false)
				   : OUTSIDE_TEXT;

		if (kind < 0)
			return -kind;
		rows += kind != OUTSIDE_TEXT;
	}
	return report_table(s, line, as, rows);
}

/* Whether a line is told by itself; it is counted otherwise. */
static bool is_told(struct outside *o, size_t line, enum mu_severity severity)
{
	o->last = line;
	if (o->reported < REPORTED_MAX) {
		o->reported++;
		return true;
	}
	o->more++;
	o->more_errors += severity == MU_ERROR;
	return false;
}

static int report_behind(struct outside *o, const struct found_table *f, size_t line,
			 enum outside_kind kind)
{
	const struct scan *s = o->s;
	struct phrase end = quote(pages_line(s->pages, f->stop - 1));
	struct phrase text = quote(pages_line(s->pages, line));

	if (!is_told(o, line, MU_ERROR))
		return 0;
	return scan_report(s, finding_at(s, line, "continues"),
			   "table '%s' ended with '%s', but '%s' behind it reads as %s",
			   table_of(s, f)->name, end.text, text.text,
			   kind == OUTSIDE_CLAIM ? "its total" : "its row");
}

static int report_doubt(struct outside *o, const struct found_table *f, size_t line,
			enum doubt doubt)
{
	const struct scan *s = o->s;
	struct phrase end = quote(pages_line(s->pages, f->stop - 1));
	struct phrase text = quote(pages_line(s->pages, line));
	struct mu_finding finding = finding_at(s, line, "continues");

	if (doubt == DOUBT_MAYBE)
		finding.severity = MU_WARNING;
	if (!is_told(o, line, finding.severity))
		return 0;
	return scan_report(s, finding,
			   "table '%s' ended with '%s', and '%s' behind it %s it, but is no row, "
			   "total or line to skip that the pipeline describes",
			   table_of(s, f)->name, end.text, text.text,
			   doubt == DOUBT_MAYBE ? "may go on with" : "looks like a line of");
}

static int report_more(const struct outside *o)
{
	struct mu_finding finding;

	if (!o->more)
		return 0;
	finding = finding_at(o->s, o->last, "continues");
	finding.severity = o->more_errors ? MU_ERROR : MU_WARNING;
	return scan_report(o->s, finding,
			   "%zu more lines around tables read or look like rows or totals of "
			   "theirs, or speak of them",
			   o->more);
}

/* Whether the line is the first one that `end` says is behind the table. */
static int is_closed(const struct scan *s, const struct table *t, size_t line)
{
	struct pattern_match match;

	if (!t->end_pattern)
		return 0;
	return pattern_find(s->ctx, t->end_pattern, pages_line(s->pages, line), 0, &match);
}

static bool has_vocabulary(const struct found_table *f)
{
	for (size_t i = 0; i < f->header.n_columns; i++)
		if (f->header.columns[i]->vocabulary)
			return true;
	return false;
}

/* 1 when a claim of running text is on the line, 0, or a negative errno value. */
static int find_sentence(const struct scan *s, size_t line)
{
	struct pattern_match match;
	int found = 0;

	for (size_t i = 0; i < s->layout->n_claims && !found; i++)
		found = pattern_find(s->ctx, s->layout->claims[i].pattern,
				     pages_line(s->pages, line), 0, &match);
	return found;
}

/* Tells a line that speaks of a row or total which the table has not. */
static int mention_check(struct outside *o, const struct found_table *f, size_t line,
			 const char *where)
{
	struct scan *s = o->s;
	struct mu_finding finding = finding_at(s, line, "mentioned");
	struct phrase text, name = { .len = 0 };
	struct mention m;
	int err = mention_find(s, f, line, o->stated, &m);

	if (err || m.kind == MENTION_NONE)
		return err;
	o->known[line] = true;
	if (!is_told(o, line, MU_WARNING))
		return 0;
	finding.severity = MU_WARNING;
	text = quote(pages_line(s->pages, line));
	phrase_add(&name, m.name.data, m.name.len);
	phrase_puts(&name, "' and '");
	phrase_add(&name, m.number.data, m.number.len);
	return scan_report(s, finding,
			   "%s table '%s' the text '%s' has '%s', as no %s of the table; it was "
			   "not read",
			   where, table_of(s, f)->name, text.text, name.text,
			   m.kind == MENTION_ROW ? "row" : "total");
}

/* Looks at a line that reads as no row and no total. */
static int text_check(struct outside *o, const struct found_table *f, size_t line,
		      struct doubt_place *place)
{
	const struct table *t = table_of(o->s, f);
	enum doubt doubt;
	int known;

	if (t->grid)
		return mention_check(o, f, line, "behind");
	known = find_skip(o->s, t, pages_line(o->s->pages, line));
	if (known)
		return known < 0 ? -known : 0;
	doubt = doubt_line(o->s, f, line, place);
	if (doubt == DOUBT_NONE)
		return mention_check(o, f, line, "behind");
	known = find_sentence(o->s, line);
	if (known)
		return known < 0 ? -known : 0;
	return report_doubt(o, f, line, doubt);
}

/* Looks at the lines behind a table, from `line` to the next table or the end of the
 * document. */
static int behind_check(struct outside *o, const struct found_table *f)
{
	struct scan *s = o->s;
	const struct table *t = table_of(s, f);
	bool near = true, proof = t->grid || has_vocabulary(f);
	size_t misses = 0, held = SIZE_MAX, line = f->stop;
	struct doubt_place place = { 0 };
	int err = 0;

	for (; line < s->pages->n_lines && !err; line++) {
		int kind, closed = is_closed(s, t, line);

		if (closed < 0)
			return -closed;
		/* A heading that a later page repeats ends nothing. */
		if (closed || (o->covered[line] && !s->repeated[line]))
			break;
		if (mu_cancelled(s->ctx))
			return ECANCELED;
		near = near && !is_apart(s, line) && misses <= NEAR_LINES;
		doubt_pass(s, line, &place);
		if (o->known[line] || s->repeated[line])
			continue;
		kind = kind_of(s, f, line, near);
		if (kind < 0)
			return -kind;
		misses = kind == OUTSIDE_TEXT ? misses + 1 : 0;
		if (kind == OUTSIDE_TEXT) {
			held = SIZE_MAX;
			err = text_check(o, f, line, &place);
			continue;
		}
		if (!near && !proof && kind == OUTSIDE_ROW &&
		    (held == SIZE_MAX || is_apart(s, line))) {
			held = line;
			continue;
		}
		if (held != SIZE_MAX)
			err = report_behind(o, f, held, OUTSIDE_ROW);
		held = SIZE_MAX;
		near = true;
		place = (struct doubt_place){ 0 };
		if (!err)
			err = report_behind(o, f, line, (enum outside_kind)kind);
	}
	return err;
}

static bool has_vocabularies(const struct found_table *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->header.n_columns; i++)
		n += f->header.columns[i]->vocabulary != VOCABULARY_NONE;
	return n > 1;
}

/* `sure`: names of several vocabularies are there. */
static int report_before(struct outside *o, const struct found_table *f, size_t line,
			 enum outside_kind kind, bool sure)
{
	const struct scan *s = o->s;
	struct mu_finding finding = finding_at(s, line, "precedes");
	struct phrase text = quote(pages_line(s->pages, line));
	struct phrase heading = quote(pages_line(s->pages, f->first));

	o->known[line] = true;
	finding.severity = sure ? MU_ERROR : MU_WARNING;
	if (!is_told(o, line, finding.severity))
		return 0;
	return scan_report(s, finding,
			   "table '%s' begins with '%s', but '%s' before it reads as %s",
			   table_of(s, f)->name, heading.text, text.text,
			   kind == OUTSIDE_CLAIM ? "its total" : "its row");
}

/* Looks at the lines before a table, back to another one or to the beginning of the document.
 * Without names of several vocabularies one line alone is no row: a letter's head has such. */
static int before_check(struct outside *o, const struct found_table *f)
{
	struct scan *s = o->s;
	bool sure = has_vocabularies(f), rows = false;
	size_t line = f->first, held = SIZE_MAX;
	int err = 0;

	while (line && !o->covered[line - 1])
		line--;
	for (; line < f->first && !err; line++) {
		int kind;

		if (mu_cancelled(s->ctx))
			return ECANCELED;
		if (o->known[line])
			continue;
		kind = kind_of(s, f, line, false);
		if (kind < 0)
			return -kind;
		if (kind == OUTSIDE_TEXT || (kind == OUTSIDE_CLAIM && !rows)) {
			held = SIZE_MAX;
			rows = false;
			kind = find_skip(s, table_of(s, f), pages_line(s->pages, line));
			err = kind < 0 ? -kind : kind ? 0 : mention_check(o, f, line, "before");
			continue;
		}
		if (!sure && !rows && (held == SIZE_MAX || is_apart(s, line))) {
			held = line;
			continue;
		}
		rows = true;
		if (held != SIZE_MAX)
			err = report_before(o, f, held, OUTSIDE_ROW, sure);
		held = SIZE_MAX;
		if (!err)
			err = report_before(o, f, line, (enum outside_kind)kind, sure);
	}
	return err;
}

/* Marks what claims of running text have read. */
static int stated_find(struct outside *o)
{
	const struct scan *s = o->s;
	struct mu_string flat = { s->pages->flat, s->pages->flat_len };

	for (size_t i = 0; i < s->layout->n_claims; i++) {
		struct pattern_match match;
		size_t from = 0;
		int found;

		while ((found = pattern_find(s->ctx, s->layout->claims[i].pattern, flat, from,
					     &match)) > 0) {
			if (mu_cancelled(s->ctx))
				return ECANCELED;
			memset(o->stated + match.start, 1, match.end - match.start);
			from = behind(flat, match);
		}
		if (found < 0)
			return -found;
	}
	return 0;
}

/* Tables that nobody described, anywhere. */
static int tables_check(struct outside *o)
{
	size_t end, n = o->s->pages->n_lines;
	int err = 0;

	for (size_t line = 0; line < n && !err; line = end > line ? end : line + 1) {
		end = line;
		if (o->covered[line] || o->known[line])
			continue;
		if (mu_cancelled(o->s->ctx))
			return ECANCELED;
		err = table_check(o, line, &end);
		for (size_t i = line; i < end; i++)
			o->known[i] = true;
	}
	return err;
}

int outside_check(struct scan *s)
{
	struct outside o = { .s = s };
	size_t n = s->pages->n_lines;
	int err;

	o.covered = mu_alloc(s->ctx, n + 1);
	o.known = mu_alloc(s->ctx, n + 1);
	memcpy(o.covered, s->repeated, n);
	for (size_t i = 0; i < s->layout->n_tables; i++) {
		const struct found_table *f = &s->tables[i];

		for (size_t line = f->first; f->scanned && line < f->stop; line++)
			o.covered[line] = true;
	}
	o.stated = mu_alloc(s->ctx, s->pages->flat_len + 1);
	err = known_find(&o);
	if (!err)
		err = stated_find(&o);
	/* Of a table without its header that was told. */
	for (size_t i = 0; i < s->layout->n_tables; i++)
		for (size_t line = s->tables[i].first, end = region_end(&o, line);
		     s->tables[i].found && !s->tables[i].scanned && line < end; line++)
			o.known[line] = true;
	if (!err)
		err = tables_check(&o);
	for (size_t i = 0; i < s->layout->n_tables && !err; i++)
		if (s->tables[i].scanned && !s->tables[i].closed && s->tables[i].shape.rows)
			err = behind_check(&o, &s->tables[i]);
	for (size_t i = 0; i < s->layout->n_tables && !err; i++)
		if (s->tables[i].scanned && s->tables[i].shape.rows)
			err = before_check(&o, &s->tables[i]);
	return err ? err : report_more(&o);
}
