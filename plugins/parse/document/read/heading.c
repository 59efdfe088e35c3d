#include "read/heading.h"

enum { MENTION_LINES = 3 }; /* below a heading that is only spoken of */

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

int heading_choose(const struct scan *s, const struct table *t, struct pattern_match *match)
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

int heading_find(struct scan *s, size_t index)
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
