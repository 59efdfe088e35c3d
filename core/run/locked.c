#include "run/locked.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/rowset.h"
#include "stage/place.h"

static const char *shown(const char *cell)
{
	return cell ? cell : "empty";
}

/* "the total 'country' of (2023-11-24)", "the row (2023-11-24, NLD)". */
static void name_row(const struct rowset *set, const struct rowset_row *row, struct text *out)
{
	if (row->level)
		text_printf(out, "the stated total '%s' of (", row->level);
	else
		text_puts(out, "the row (");
	rowset_key(set, row, out);
	text_putc(out, ')');
}

/* The cells that are no part of the key. */
static void name_cells(const struct rowset *set, const struct rowset_row *row, struct text *out)
{
	size_t i;

	for (i = 0; i < set->n_columns; i++)
		if (!set->key[i] && row->cells[i])
			text_printf(out, ", %s %s", set->schema.children[i]->name, row->cells[i]);
}

static void say_cell(struct run *run, const struct rowset *set, const struct rowset_row *old,
		     const struct rowset_row *row, size_t column)
{
	const char *name = set->schema.children[column]->name;
	const char *was = old->cells[column], *is = row->cells[column];
	struct text of = { 0 };
	struct finding f = { .severity = MU_ERROR,
			     .at = row->at,
			     .field = mem_copy(name),
			     .from = place_column(&set->schema, NULL, name),
			     .value = is ? mem_copy(is) : NULL,
			     .value_len = is ? strlen(is) : 0 };

	name_row(set, row, &of);
	f.numbers = was && is && mu_parse_integer(mu_string(was), &f.expected) &&
		    mu_parse_integer(mu_string(is), &f.found);
	run_report(run, "run/cell-changed", f, "%s of %s was %s when it was locked, and is %s now",
		   name, of.data, shown(was), shown(is));
	text_release(&of);
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void compare_row(struct run *run, const struct rowset *set, struct rowset_row *old,
			const struct rowset_row *row)
{
	struct text name = { 0 };
	size_t i;

	if (!old) {
		name_row(set, row, &name);
		name_cells(set, row, &name);
		run_report(run, "run/row-added",
			   (struct finding){ .severity = MU_ERROR, .at = row->at },
			   "%s, was not there when it was locked", name.data);
		text_release(&name);
		return;
	}
	old->met = true;
	for (i = 0; i < set->n_columns; i++)
		if (!same(old->cells[i], row->cells[i]))
			say_cell(run, set, old, row, i);
}

/* The id of what came from the same address as a locked document, or 0. */
static uint32_t successor(const struct run *run, const struct document *locked)
{
	uint32_t id = 0;
	size_t i;

	for (i = 0; locked && !id && i < run->documents.count; i++) {
		const struct mu_document *d = &run->documents.items[i]->public;
		char *uri = version_clean(d->uri, &run->pipeline->secrets);

		if (!strcmp(uri, locked->public.uri))
			id = d->id;
		free(uri);
	}
	return id;
}

/* A row that is gone has a place in the locked copy alone. */
static void say_gone(struct run *run, struct run *before, const struct rowset_row *old)
{
	const struct document *d = documents_get(&before->documents, mu_at_document(old->at));
	struct text message = { 0 };
	struct mu_place place;

	name_row(before->rows, old, &message);
	name_cells(before->rows, old, &message);
	text_puts(&message, ", is no longer there");
	place_find(before, old->at, NULL, &place);
	if (d && place.cell)
		text_printf(&message, "; it was %s of the locked %s", place.cell, d->public.name);
	else if (d && place.line)
		text_printf(&message, "; it was line %llu of the locked %s",
			    (unsigned long long)place.line, d->public.name);
	run_report(run, "run/row-removed",
		   (struct finding){ .severity = MU_ERROR, .document = successor(run, d) }, "%s",
		   message.data);
	text_release(&message);
}

static void compare(struct run *run, struct run *before)
{
	const struct rowset *now = run->rows;
	struct rowset *old = before->rows;
	uint64_t said = run->findings.of[MU_ERROR];
	size_t i;

	for (i = 0; i < now->count; i++)
		compare_row(run, now, rowset_match(old, now, i), &now->rows[i]);
	for (i = 0; i < old->count; i++)
		if (!old->rows[i].met)
			say_gone(run, before, &old->rows[i]);
	if (said == run->findings.of[MU_ERROR])
		run_report(run, "run/lock-compared", (struct finding){ .severity = MU_NOTE },
			   "the documents differ from the lock, and no cell of the dataset does");
}

/* Why the two cannot be compared, if they cannot. */
static void find_obstacle(const struct run *run, const struct run *before, struct text *why)
{
	if (before->failure.len)
		text_printf(why, "the locked copies cannot be read: %s", before->failure.data);
	else if (!before->rows)
		text_puts(why, "the locked copies gave no rows");
	else if (!run->rows || run->failure.len)
		text_puts(why, "what came could not be read to its end");
	else if (run->rows->full || before->rows->full)
		text_printf(why, "the dataset has more than %zu rows", ROWSET_MAX);
	else if (run->rows->n_columns != before->rows->n_columns)
		text_puts(why, "the dataset has other columns");
}

void locked_compare(struct run *run, struct run *before)
{
	struct text why = { 0 };

	find_obstacle(run, before, &why);
	if (why.len)
		run_report(run, "run/lock-compared", (struct finding){ .severity = MU_NOTE },
			   "the difference from the lock cannot be told cell by cell: %s",
			   why.data);
	else
		compare(run, before);
	text_release(&why);
}
