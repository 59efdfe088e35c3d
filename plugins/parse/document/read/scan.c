#include "read/scan.h"

#include <stdlib.h>

#include "read/file_name.h"
#include "read/heading.h"
#include "read/outside.h"
#include "read/sentence.h"
#include "read/table.h"

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
