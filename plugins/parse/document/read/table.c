#include "read/table.h"

#include "read/grid.h"
#include "read/line.h"
#include "read/outside.h"

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
		     struct grid *grid, size_t line, struct table_counts *counts)
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
		counts->claims[claim]++;
		return scan_line_claim(s, t, header, &t->claims[claim], line, match);
	}
	if (!found)
		found = find_skip(s, t, text);
	if (found)
		return found < 0 ? -found : 0;
	counts->rows++;
	return scan_row(s, t, header, line);
}

static int report_tally(const struct scan *s, const struct table *t, const struct found_table *f,
			const struct table_counts *counts, bool ended)
{
	struct mu_finding finding = { .other = flat_at(s, f->flat) };
	bool explained = false;
	int err = 0;

	for (size_t i = 0; i < t->n_claims && !err; i++) {
		const struct claim *c = &t->claims[i];

		if (c->optional || counts->claims[i])
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
	if (!err && !counts->rows)
		err = scan_report(s, finding, "table '%s' has no rows", t->name);
	return err;
}

int scan_table(struct scan *s, size_t index)
{
	const struct table *t = &s->layout->tables[index];
	struct found_table *f = &s->tables[index];
	struct table_counts counts = { .claims = mu_alloc(s->ctx,
							  (t->n_claims + 1) * sizeof(size_t)) };
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
	grid = t->grid ? grid_begin(s, t, &counts) : NULL;
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
			err = scan_line(s, t, &header, grid, line, &counts);
	}
	if (!grid)
		f->header = header;
	if (grid && !err)
		err = grid_end(grid);
	else if (grid)
		grid_drop(grid);
	f->scanned = true;
	return err ? err : report_tally(s, t, f, &counts, ended);
}
