#include "finding.h"

#include <stdlib.h>
#include <string.h>

const struct mu_code core_codes[] = {
	{ "run/not-conserved",
	  "A stage gave out other rows, claims or sums of a measure than it took in, and did not "
	  "say so. The run fails, because somebody could have been lost.",
	  "This is a fault of the plugin: a transform that changes rows or sums on purpose states "
	  "it with mu_adjusted()." },
	{ "run/overflow",
	  "The sum of a measure over the rows of a stage does not fit 64 bits, so it cannot be "
	  "known whether all are still there.",
	  "Look for numbers that cannot be counts, such as identifiers in the wrong column; when "
	  "the column is no count, do not declare it a measure." },
	{ "run/no-rows",
	  "A source delivered no rows at all. An empty dataset is never called valid.",
	  "Look at the document: a source without rows is mostly the wrong file, or a layout that "
	  "has changed." },
	{ "run/same-bytes",
	  "Two documents of a source have the same bytes, so the second one is not read again.",
	  "Remove one of them; when the second should be another one, it was saved or published "
	  "wrongly." },
	{ "run/unrecognised-document",
	  "Several sources fetch a document, and none recognises it as the one that it describes.",
	  "Look whether it is the right document; if it has a new layout, adapt a source or add "
	  "one "
	  "that describes it." },
	{ "run/ambiguous-document",
	  "Several sources recognise a document as the one that they describe, so it is not "
	  "certain "
	  "who is to read it.",
	  "Make the headings or headers that the sources declare more definite." },
	{ NULL, NULL, NULL },
};

const char *severity_name(enum mu_severity severity)
{
	static const char *const names[] = { "error", "warning", "note" };

	return names[severity];
}

void finding_release(struct finding *f) // NOLINT(misc-no-recursion)
{
	size_t i;

	free(f->code);
	free(f->message);
	free(f->field);
	free(f->from);
	free(f->value);
	free(f->suggested);
	free(f->cell);
	free(f->text);
	for (i = 0; i < f->n_explanations; i++)
		finding_release(&f->explanations[i]);
	free(f->explanations);
}

void findings_add(struct findings *fs, struct finding *f)
{
	fs->of[f->severity]++;
	if (fs->count >= FINDINGS_KEPT) {
		finding_release(f);
		return;
	}
	if (!(fs->count & (fs->count - 1)))
		fs->items = mem_resize(fs->items, fs->count ? 2 * fs->count : 1, sizeof *f);
	fs->items[fs->count++] = *f;
}

void findings_append(struct findings *fs, struct findings *from)
{
	uint64_t of[3];
	size_t i;

	for (i = 0; i < 3; i++)
		of[i] = fs->of[i] + from->of[i];
	for (i = 0; i < from->count; i++)
		findings_add(fs, &from->items[i]);
	memcpy(fs->of, of, sizeof of);
	free(from->items);
	*from = (struct findings){ 0 };
}

void findings_merge(struct findings *fs, struct findings *from)
{
	struct findings own = *fs;
	size_t i = 0, j = 0;

	if (!from->count) {
		findings_append(fs, from);
		return;
	}
	*fs = (struct findings){ 0 };
	while (i < own.count || j < from->count) {
		bool first = j == from->count ||
			     (i < own.count && own.items[i].item <= from->items[j].item);

		findings_add(fs, first ? &own.items[i++] : &from->items[j++]);
	}
	for (i = 0; i < 3; i++)
		fs->of[i] = own.of[i] + from->of[i];
	free(own.items);
	free(from->items);
	*from = (struct findings){ 0 };
}

void findings_release(struct findings *fs)
{
	size_t i;

	for (i = 0; i < fs->count; i++)
		finding_release(&fs->items[i]);
	free(fs->items);
	*fs = (struct findings){ 0 };
}
