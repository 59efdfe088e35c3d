#include "ledger/finding.h"

#include <stdlib.h>
#include <string.h>

#define ALIKE_SHOWN 20

const struct mu_code core_codes[] = {
	{ "run/not-conserved",
	  "A stage gave out other rows, claims or sums of a measure than it took in, and did not "
	  "say so. The run fails, because somebody could have been lost.",
	  "This is a fault of the plugin: a transform that changes rows or sums on purpose states "
	  "it with mu_adjusted()." },
	{ "run/failed-check",
	  "A stage counts checks that failed, and reports no finding that would say what is "
	  "wrong and where.",
	  "This is a fault of the plugin: what fails a check with mu_checked() is reported with "
	  "mu_report(), too." },
	{ "run/overflow",
	  "The sum of a measure over the rows of a stage does not fit 64 bits, so it cannot be "
	  "known whether all are still there.",
	  "Look for numbers that cannot be counts, such as identifiers in the wrong column; when "
	  "the column is no count, do not declare it a measure." },
	{ "run/no-rows",
	  "A source delivered no rows at all. An empty dataset is never called valid.",
	  "Look at the document: a source without rows is mostly the wrong file, or a layout that "
	  "has changed." },
	{ "run/unchecked-claims",
	  "The documents of a source state totals, and no stage of the pipeline compares them with "
	  "the rows. They count as checks that were not evaluated.",
	  "Add `validate: totals` to the source, or to the dataset; or do not describe as claims "
	  "what nobody is to compare." },
	{ "run/too-many-rejected",
	  "With on_error: reject more documents, or more rows, would have to be left out than "
	  "max_rejected of the pipeline allows. So much is wrong that it is hardly the documents' "
	  "fault, and nothing is published.",
	  "Look at the findings before it: mostly a layout has changed, or an option does not fit. "
	  "When it is right to go without so many, raise max_rejected." },
	{ "run/unreadable-document",
	  "A parser gave a document up: it is damaged, or larger than an option allows.",
	  "The message says why; get the document again, or raise the option that it names." },
	{ "run/other-columns",
	  "A document has other columns than the first one of its source, and the parser's options "
	  "do not name them.",
	  "Name the columns in the options of the parser, or make two sources." },
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
	{ "run/lock-differs",
	  "A document has other bytes than the lock says, though it comes from the same address. "
	  "The "
	  "findings after it tell which cells of the dataset differ.",
	  "When the new document is right, muster lock --update SOURCE pins it; until then "
	  "--offline "
	  "runs with the locked copy." },
	{ "run/lock-added", "A document, or a whole source, came that is not in the lock.",
	  "muster lock --update SOURCE pins it, if it belongs there." },
	{ "run/lock-missing", "A document that is in the lock did not come.",
	  "Look whether it was published elsewhere; muster lock --update SOURCE pins what there is "
	  "now." },
	{ "run/lock-options",
	  "A source is fetched with other options, or another plugin, than when it was locked. "
	  "What "
	  "came is compared all the same.",
	  "muster lock --update SOURCE notes the new options." },
	{ "run/lock-compared",
	  "What a difference from the lock means for the dataset: nothing, or it cannot be told.",
	  "When it cannot be told, the message says why; muster run --offline runs with the locked "
	  "copies." },
	{ "run/cell-changed",
	  "A cell of the dataset, or a total that a document states, has another value than with "
	  "the "
	  "locked documents. Rows are compared by the primary key of the schema, or else by all "
	  "columns that are no measures.",
	  "Ask the publisher when the change is not announced; muster lock --update SOURCE accepts "
	  "it." },
	{ "run/row-added",
	  "The dataset has a row, or a document states a total, that was not there with the locked "
	  "documents.",
	  "muster lock --update SOURCE accepts it." },
	{ "run/row-removed",
	  "A row of the dataset, or a stated total, that was there with the locked documents is "
	  "gone.",
	  "Look at the document: a row may be missing by mistake; muster lock --update SOURCE "
	  "accepts "
	  "it." },
	{ "run/silent-revision",
	  "A document was changed, and the date that it states was not. It is compared with the "
	  "locked version, or without a lock with those that the cache has seen.",
	  "Ask the publisher what was revised; muster lock --update SOURCE accepts it." },
	{ "run/changed", "A document has other bytes than the lock says.",
	  "With --locked the run fails, and says which cells differ; muster lock --update SOURCE "
	  "pins "
	  "the new one." },
	{ "run/two-dates",
	  "The same bytes are read as of two dates: under two addresses, or now and before.",
	  "One of the dates is wrong, or a document was published again in place of a new one." },
	{ "run/future-date", "A document is read as of a day that has not come yet.",
	  "Look whether it is a plan, or its year a slip; the day of today is that of the "
	  "machine's clock, or of SOURCE_DATE_EPOCH." },
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
	free(f->part);
	free(f->suggested);
	free(f->cell);
	free(f->text);
	if (f->second)
		finding_release(f->second);
	free(f->second);
	for (i = 0; i < f->n_explanations; i++)
		finding_release(&f->explanations[i]);
	free(f->explanations);
}

bool findings_full(const struct findings *fs, enum mu_severity severity)
{
	return fs->kept[severity] >= FINDINGS_KEPT;
}

/* What findings are alike in. */
struct likeness {
	const char *stage;
	uint32_t document;
	char code[];
};

static bool is_like(const struct likeness *like, const struct finding *f)
{
	return like->stage == f->stage &&
	       like->document == (f->at ? mu_at_document(f->at) : f->document) &&
	       !strcmp(like->code, f->code);
}

static struct likeness *likeness_of(const struct finding *f, size_t *size)
{
	struct likeness *like;

	*size = sizeof *like + strlen(f->code) + 1;
	like = mem_alloc(*size);
	like->stage = f->stage;
	like->document = f->at ? mu_at_document(f->at) : f->document;
	memcpy(like->code, f->code, *size - sizeof *like);
	return like;
}

/* How many lone findings like this one are kept.  Mostly it is like the one before. */
static uint64_t *alike(struct findings *fs, const struct finding *f)
{
	struct mu_map *map = &fs->alike;
	struct likeness *like;
	size_t size;

	if (!map->count || !is_like((const void *)map->entries[fs->latest].key, f)) {
		like = likeness_of(f, &size);
		fs->latest = mu_map_add(map, like, size);
		free(like);
	}
	if (fs->latest == SIZE_MAX)
		mem_exhausted();
	return &map->entries[fs->latest].value;
}

bool findings_counts(struct findings *fs, const struct finding *f)
{
	return findings_full(fs, f->severity) ||
	       (fs->brief && f->lone && *alike(fs, f) >= ALIKE_SHOWN);
}

static void keep(struct findings *fs, const struct finding *f)
{
	if (!(fs->count & (fs->count - 1)))
		fs->items = mem_resize(fs->items, fs->count ? 2 * fs->count : 1, sizeof *f);
	fs->items[fs->count++] = *f;
	fs->kept[f->severity]++;
	if (fs->brief && f->lone)
		++*alike(fs, f);
}

void findings_add(struct findings *fs, struct finding *f)
{
	fs->of[f->severity]++;
	if (findings_counts(fs, f))
		finding_release(f);
	else
		keep(fs, f);
}

/* What was in it is somebody else's, or gone. */
static void empty(struct findings *fs)
{
	mu_map_release(&fs->alike);
	free(fs->items);
	*fs = (struct findings){ .brief = fs->brief };
}

void findings_gather(struct findings *fs, struct findings *from)
{
	size_t i;

	for (i = 0; i < 3; i++)
		fs->of[i] += from->of[i];
	for (i = 0; i < from->count; i++)
		keep(fs, &from->items[i]);
	empty(from);
}

void findings_append(struct findings *fs, struct findings *from)
{
	uint64_t of[3];
	size_t i;

	for (i = 0; i < 3; i++)
		of[i] = fs->of[i] + from->of[i];
	if (!fs->count && fs->brief == from->brief) {
		empty(fs);
		*fs = *from;
		*from = (struct findings){ .brief = fs->brief };
	}
	for (i = 0; i < from->count; i++)
		findings_add(fs, &from->items[i]);
	memcpy(fs->of, of, sizeof of);
	empty(from);
}

void findings_merge(struct findings *fs, struct findings *from)
{
	struct findings own = *fs;
	size_t i = 0, j = 0;

	/* Mostly they come one after the other. */
	if (!from->count || !fs->count || fs->items[fs->count - 1].item <= from->items[0].item) {
		findings_append(fs, from);
		return;
	}
	*fs = (struct findings){ .brief = own.brief };
	while (i < own.count || j < from->count) {
		bool first = j == from->count ||
			     (i < own.count && own.items[i].item <= from->items[j].item);

		findings_add(fs, first ? &own.items[i++] : &from->items[j++]);
	}
	for (i = 0; i < 3; i++)
		fs->of[i] = own.of[i] + from->of[i];
	empty(&own);
	empty(from);
}

bool findings_shows(const struct findings *fs, size_t index)
{
	const struct finding *f = &fs->items[index];
	size_t alike = 0, i;

	for (i = index; i-- > 0 && alike < ALIKE_SHOWN;)
		alike += fs->items[i].stage == f->stage && !strcmp(fs->items[i].code, f->code);
	return alike < ALIKE_SHOWN;
}

void findings_release(struct findings *fs)
{
	size_t i;

	for (i = 0; i < fs->count; i++)
		finding_release(&fs->items[i]);
	empty(fs);
}

void checks_add(uint64_t checks[3], const uint64_t more[3])
{
	size_t i;

	for (i = 0; i < 3; i++)
		checks[i] += more[i] < CHECKS_MOST - checks[i] ? more[i] : CHECKS_MOST - checks[i];
}
