#include "stage/rejected.h"

#include <stdlib.h>
#include <string.h>

#include "stage/run.h"

static char *copy(const char *text)
{
	return text ? mem_copy(text) : NULL;
}

/* 0: the runner itself. */
static size_t stage_order(const struct run *run, const char *stage)
{
	size_t i = 0;

	while (stage && run->records[i++].config->name != stage)
		;
	return i;
}

/* The error of the first stage tells the reason, and of several the first in the document;
 * which one that is does not depend on threads. */
static bool comes_before(const struct run *run, const struct blame *b, uint64_t at,
			 const struct finding *f)
{
	int order;

	if (!b->code)
		return true;
	if (b->stage != f->stage)
		return stage_order(run, f->stage) < stage_order(run, b->stage);
	if (at != b->at)
		return at < b->at;
	order = strcmp(f->code, b->code);
	return order < 0 || (!order && strcmp(f->message, b->message) < 0);
}

static void blame_set(struct blame *b, uint64_t at, const struct finding *f)
{
	uint64_t errors = b->errors;

	blame_release(b);
	*b = (struct blame){ .errors = errors,
			     .at = at,
			     .stage = f->stage,
			     .code = mem_copy(f->code),
			     .field = copy(f->field),
			     .from = copy(f->from),
			     .value = copy(f->value),
			     .message = mem_copy(f->message) };
}

/* The lock is the run's. */
static void blame_locked(const struct run *run, struct document *d, uint64_t at,
			 const struct finding *f, uint64_t errors)
{
	if (comes_before(run, &d->blame, at, f))
		blame_set(&d->blame, at, f);
	d->blame.errors += errors;
}

bool rejected_pins(const struct run *run, const struct finding *f)
{
	return run->pipeline->on_error == ON_ERROR_REJECT && f->severity == MU_ERROR && !f->at &&
	       !f->across;
}

void rejected_note(struct run *run, struct document *d, struct finding *f)
{
	if (run->pipeline->on_error != ON_ERROR_REJECT || d->rejected)
		return;
	f->noted = true;
	d->said[f->severity]++;
	if (!rejected_pins(run, f))
		return;
	pthread_mutex_lock(&run->lock);
	blame_locked(run, d, mu_at_document(f->other) == d->public.id ? f->other : 0, f, 1);
	pthread_mutex_unlock(&run->lock);
}

void rejected_forget(struct document *d)
{
	size_t i;

	if (d->rejected)
		return;
	blame_release(&d->blame);
	for (i = 0; i < 3; i++)
		d->said[i] = 0;
}

/* Whichever thread says it first, the list is in the order of documents. */
static void add_in_order(struct findings *fs, struct finding *f)
{
	size_t i = fs->count;

	findings_add(fs, f);
	if (fs->count == i)
		return;
	for (; i && fs->items[i - 1].ordered && fs->items[i - 1].document > f->document; i--) {
		struct finding later = fs->items[i - 1];

		fs->items[i - 1] = fs->items[i];
		fs->items[i] = later;
	}
}

void rejected_say(struct run *run, const struct stage_config *config, struct document *d,
		  const char *code, const char *message)
{
	struct finding f = { .severity = MU_ERROR,
			     .code = mem_copy(code),
			     .message = mem_copy(message),
			     .stage = config->name,
			     .source = d->public.source,
			     .document = d->public.id,
			     .ordered = true };

	rejected_note(run, d, &f);
	run_said(run, f.severity);
	pthread_mutex_lock(&run->lock);
	add_in_order(&run->findings, &f);
	pthread_mutex_unlock(&run->lock);
}

/* See mu_fail(). */
static bool blames_document(int err)
{
	return err == EBADMSG || err == EILSEQ || err == E2BIG || err == EFBIG ||
	       err == EOVERFLOW || err == ELOOP;
}

bool rejected_give_up(struct run *run, const struct stage_config *parser, struct document *d,
		      int err, const char *why)
{
	if (run->pipeline->on_error != ON_ERROR_REJECT || !blames_document(err))
		return false;
	rejected_say(run, parser, d, "run/unreadable-document", why);
	return true;
}

bool rejected_reconciled_before(const struct run *run, const char *stage)
{
	const char *source = NULL;
	bool totals = false;
	size_t i;

	for (i = 0; i < run->n_records; i++) {
		const struct stage_config *config = run->records[i].config;

		if (config->source != source)
			totals = false;
		source = config->source;
		if (config->name == stage)
			return source && totals;
		totals = totals || !strcmp(config->plugin->full, "validate/totals");
	}
	return false;
}

uint64_t rejected_forgiven(const struct run *run, const struct rejection *r)
{
	if (run->pipeline->on_error != ON_ERROR_REJECT)
		return 0;
	if (r->kept_out)
		return r->errors;
	return r->lost && rejected_reconciled_before(run, r->stage) ? r->lost : 0;
}

static uint64_t pinned(const struct run *run, const struct rejection *r)
{
	uint64_t others = rejected_forgiven(run, r) + r->across;

	return r->errors > others ? r->errors - others : 0;
}

/* Errors at a place where no row was withheld for them, such as that of a total. */
static void blame_places(struct run *run)
{
	size_t i;

	for (i = 0; i < run->rejections.count; i++) {
		const struct rejection *r = &run->rejections.items[i];
		struct document *d = documents_get(&run->documents, mu_at_document(r->at));
		uint64_t errors = pinned(run, r);
		const struct finding f = { .stage = r->stage,
					   .code = (char *)r->code,
					   .field = (char *)r->field,
					   .from = (char *)r->from,
					   .value = (char *)r->value,
					   .message = (char *)r->message };

		if (errors && d && !d->rejected)
			blame_locked(run, d, r->at, &f, errors);
	}
}

bool limit_allows(const struct limit *limit, uint64_t n, uint64_t all)
{
	return (n <= limit->number && !(limit->fewer && n && n >= all - n)) ||
	       (double)n * 100 <= limit->percent * (double)all;
}

void limit_write(const struct limit *limit, struct text *out)
{
	if (limit->percent > 0)
		text_printf(out, "%.15g %%", limit->percent);
	if (limit->percent > 0 && limit->number)
		text_puts(out, ", or ");
	if (limit->number || !(limit->percent > 0))
		text_printf(out, "%llu", (unsigned long long)limit->number);
	if (limit->fewer)
		text_puts(out, " when that is less than half");
}

static void say_too_many(struct run *run, const struct tallied *n)
{
	struct text allowed = { 0 };

	limit_write(&run->pipeline->max_rejected.documents, &allowed);
	run_report(run, "run/too-many-rejected", (struct finding){ .severity = MU_ERROR },
		   "%zu of %zu document%s %s not as %s should be, and max_rejected allows %s",
		   n->rejected, n->all, mu_plural(n->all), n->rejected == 1 ? "is" : "are",
		   n->rejected == 1 ? "it" : "they", allowed.data);
	text_release(&allowed);
}

/* Files that errors are pinned to, with those that are rejected already; `reason` of the
 * first document that is the file tells which one knows why. */
static struct tallied reasons_find(struct run *run)
{
	struct tallied n = rejected_count(run);
	size_t i;

	for (i = 0; i < run->documents.count; i++) {
		struct document *d = run->documents.items[i];

		if (!d->blame.errors || d->first->reason)
			continue;
		d->first->reason = d;
		n.rejected++;
	}
	return n;
}

static void reasons_forget(struct run *run)
{
	size_t i;

	for (i = 0; i < run->documents.count; i++)
		if (!run->documents.items[i]->rejected)
			run->documents.items[i]->reason = NULL;
}

struct tallied rejected_count(const struct run *run)
{
	struct tallied n = { 0 };
	size_t i;

	for (i = 0; i < run->documents.count; i++) {
		const struct document *d = run->documents.items[i];

		n.all += d->first == d && !d->twin;
		n.rejected += d->first == d && d->rejected;
	}
	return n;
}

const struct document *rejected_next(const struct run *run, size_t *index)
{
	while (*index < run->documents.count) {
		const struct document *d = run->documents.items[(*index)++];

		if (d->first == d && d->rejected)
			return d->reason;
	}
	return NULL;
}

void rejected_mark(struct run *run)
{
	size_t i;

	for (i = 0; i < run->n_records; i++)
		run->records[i].before = run->records[i].findings.count;
	run->before = run->findings.count;
}

/* Keeps the first `before` findings, moves those about rejected documents to
 * run->withdrawn, forgets the others. */
static void findings_withdraw(struct run *run, struct findings *fs, size_t *before)
{
	struct findings kept = { .brief = fs->brief };
	size_t i;

	for (i = 0; i < fs->count; i++) {
		struct finding *f = &fs->items[i];
		struct document *d = documents_get(
			&run->documents, f->document ? f->document : mu_at_document(f->at));

		if (d && d->rejected && f->noted) {
			f->severity = f->severity == MU_ERROR ? MU_WARNING : f->severity;
			f->item = 0;
			findings_add(&run->withdrawn, f);
		} else if (i < *before) {
			if (d && f->noted)
				d->said[f->severity]++;
			findings_add(&kept, f);
		} else {
			finding_release(f);
		}
	}
	free(fs->items);
	mu_map_release(&fs->alike);
	*fs = kept;
	*before = kept.count;
}

static int by_document(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	uint32_t of[2] = { x->document ? x->document : mu_at_document(x->at),
			   y->document ? y->document : mu_at_document(y->at) };

	if (of[0] != of[1])
		return of[0] < of[1] ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* Those of a document stand together, as they came. */
static void sort(struct findings *fs)
{
	size_t i;

	for (i = 0; i < fs->count; i++)
		fs->items[i].order = i;
	if (fs->count)
		qsort(fs->items, fs->count, sizeof *fs->items, by_document);
}

void rejected_withdraw(struct run *run)
{
	uint64_t of[3];
	size_t i, j;

	memcpy(of, run->withdrawn.of, sizeof of);
	for (i = 0; i < run->documents.count; i++) {
		struct document *d = run->documents.items[i];

		if (d->rejected) {
			of[MU_WARNING] += d->said[MU_ERROR] + d->said[MU_WARNING];
			of[MU_NOTE] += d->said[MU_NOTE];
		}
		for (j = 0; j < 3; j++)
			d->said[j] = 0;
	}
	for (i = 0; i < run->n_records; i++)
		findings_withdraw(run, &run->records[i].findings, &run->records[i].before);
	findings_withdraw(run, &run->findings, &run->before);
	memcpy(run->withdrawn.of, of, sizeof of);
	sort(&run->withdrawn);
}

static void reject(struct run *run, size_t n)
{
	size_t i;

	run->n_rejected = n;
	for (i = 0; i < run->documents.count; i++) {
		struct document *d = run->documents.items[i];

		if (!d->first->reason || d->rejected)
			continue;
		d->missed = !d->unread;
		d->rejected = d->unread = true;
	}
}

bool rejected_find(struct run *run)
{
	struct tallied before = rejected_count(run), n;

	if (run->pipeline->on_error != ON_ERROR_REJECT || run->options.sample || run->too_many)
		return false;
	blame_places(run);
	n = reasons_find(run);
	if (n.rejected == before.rejected)
		return false;
	if (n.rejected < n.all &&
	    limit_allows(&run->pipeline->max_rejected.documents, n.rejected, n.all)) {
		reject(run, n.rejected);
		return true;
	}
	reasons_forget(run);
	run->too_many = n.rejected < n.all;
	if (run->too_many)
		say_too_many(run, &n);
	return false;
}
