/*
 * The flow of data:
 *
 *     fetch (sources), by way of the cache (store), or what the lock pins
 *         -> documents -> who reads which (recognise.h)
 *         -> parse (reader.h, on lanes: threads that take documents, or pieces of them)
 *         -> a source's validators and transforms, one link after another (link.h)
 *             -> all sources appended -> the dataset's validators and transforms
 *                 -> rows that are neither claims nor rejected -> exporters (exporters.h)
 *                     -> published together (publish.h), when all is valid (verdict.h)
 *
 * Links that can be shared stand on each lane, as many as come first behind a parser that
 * splits its documents; batches are pushed through them there.  Every other link pulls
 * batches from the one before it.  At the end the lanes' links are merged into those of
 * the run.  Between two links rows, claims and measures are counted, rows that errors
 * name are marked, and a transform that loses somebody fails the run.
 */
#include "run/schedule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/progress.h"
#include "publish/rejects.h"
#include "run/ending.h"
#include "run/locked.h"
#include "run/out.h"
#include "run/work.h"
#include "sources/fetch.h"
#include "sources/lock.h"
#include "sources/recognise.h"
#include "sources/revision.h"
#include "stage/place.h"
#include "stage/rejected.h"
#include "stage/services.h"

/* That --select names none. */
static int no_source(struct run *run)
{
	const struct pipeline *p = run->pipeline;
	const char **names = mem_alloc((p->n_sources + 1) * sizeof *names), *near;
	struct text why = { 0 };
	size_t i;

	for (i = 0; i < p->n_sources; i++)
		names[i] = p->sources[i].name;
	near = mu_nearest(run->options.select, names);
	text_printf(&why, "the pipeline has no source '%s'; there are", run->options.select);
	for (i = 0; i < p->n_sources; i++)
		text_printf(&why, "%s '%s'", i ? "," : "", names[i]);
	if (near)
		text_printf(&why, "; did you mean '%s'?", near);
	free(names);
	run_refuse(run, NULL, EINVAL, why.data);
	text_release(&why);
	return EINVAL;
}

static int select_sources(struct run *run)
{
	struct pipeline *p = run->pipeline;
	size_t i, n = p->dataset.count, j;

	for (i = 0; i < p->n_sources; i++)
		n += p->sources[i].count;
	run->records = mem_alloc((n + 1) * sizeof *run->records);
	run->sources = mem_alloc((p->n_sources + 1) * sizeof *run->sources);
	for (i = 0; i <= p->n_sources; i++) {
		const struct chain *chain = i < p->n_sources ? &p->sources[i] : &p->dataset;

		for (j = 0; j < chain->count; j++) {
			run->records[run->n_records].findings.brief = run_is_brief(run);
			run->records[run->n_records++].config = &chain->stages[j];
		}
		if (i < p->n_sources &&
		    (!run->options.select || !strcmp(run->options.select, chain->name)))
			run->sources[run->n_sources++].name = chain->name;
	}
	return run->n_sources ? 0 : no_source(run);
}

static bool is_to_publish(const struct run *run)
{
	return !run->options.dry_run && !run->options.select;
}

/* Whatever becomes of this run: a run that was killed may have left a dataset aside. */
static int recover(struct run *run)
{
	struct text why = { 0 }, out = { 0 };
	int err = 0;

	run_out(run, &out);
	if (run->options.over)
		err = publish_recover(out.data, &why);
	if (!err && is_to_publish(run))
		err = out_check(run->pipeline, out.data, &why);
	if (err)
		run_fail(run, NULL, err, why.data);
	text_release(&out);
	text_release(&why);
	return err;
}

/* A report must not replace what the run reads. */
static int spare_documents(struct run *run)
{
	struct text why = { 0 };
	size_t i;
	int err = 0;

	for (i = 0; run->options.wanted && !err && i < run->documents.count; i++) {
		const struct document *d = run->documents.items[i];
		const char *path = run->options.wanted(run->options.asked, d);

		if (!path)
			continue;
		text_printf(&why,
			    "--report: '%s' cannot be written: it is the document %s of source "
			    "'%s'",
			    path, d->public.uri, d->public.source);
		err = run_refuse(run, NULL, EINVAL, why.data);
	}
	text_release(&why);
	return err;
}

static int begin(struct run *run)
{
	struct text why = { 0 }, out = { 0 };
	int err;

	if (!is_to_publish(run) || run->differs)
		return 0;
	run_out(run, &out);
	run->publish.rejects = run->pipeline->on_error == ON_ERROR_REJECT;
	run->publish.threads = run_jobs(run) > 1;
	err = publish_begin(&run->publish, out.data, &why);
	if (err)
		run_fail(run, NULL, err, why.data);
	text_release(&out);
	text_release(&why);
	return err;
}

static int find_revisions(struct run *run)
{
	struct text why = { 0 };
	int err = revisions_find(run, &why);

	if (err)
		run_fail(run, NULL, err, why.data);
	text_release(&why);
	return err;
}

static struct progress *progress_begin(const struct run *run)
{
	struct progress_options options = {
		.fd = STDERR_FILENO,
		.style = progress_style(STDERR_FILENO, run->options.verbosity),
		.each = run->options.verbosity > 0,
		.secrets = &run->pipeline->secrets,
	};

	return progress_new(&options);
}

static void documents_rewind(struct run *run)
{
	size_t i;

	for (i = 0; i < run->documents.count; i++) {
		struct document *d = run->documents.items[i];

		/* Of those that are rejected places are looked up in the end. */
		if (d->rejected)
			continue;
		d->n_pieces = 0;
		d->cut = false;
	}
}

static void rewind_tell(const struct run *run)
{
	struct text line = { 0 };

	if (run->options.verbosity < 1)
		return;
	text_printf(&line, "%s: %zu of %zu documents %s rejected: all others are read again",
		    run->pipeline->name, run->n_rejected, rejected_count(run).all,
		    run->n_rejected == 1 ? "is" : "are");
	progress_line(run->progress, line.data);
	text_release(&line);
}

/* Forgets what a pass gave, but for what it said of documents that are rejected now. */
static void run_rewind(struct run *run)
{
	size_t i;

	rewind_tell(run);
	rejected_withdraw(run);
	text_clear(&run->failure);
	run->wrong_configuration = false;
	locators_free(run);
	reader_free(run->reader);
	run->reader = NULL;
	publish_release(&run->publish);
	rejections_release(&run->rejections);
	rejections_init(&run->rejections);
	run->rejections.listed = true;
	if (run->rows)
		rowset_release(run->rows);
	free(run->rows);
	run->rows = NULL;
	for (i = 0; i < run->n_records; i++) {
		struct record *r = &run->records[i];

		balance_release(&r->counted);
		r->in = r->out = NULL;
		memset(r->checks, 0, sizeof r->checks);
	}
	balance_release(&run->appended);
	balance_release(&run->withheld);
	run->item = 0;
	documents_rewind(run);
}

/* Whether a pass came to nothing since stages do not fit the columns of the documents,
 * which may be those of a damaged one. */
static bool columns_unknown(struct run *run, int err)
{
	bool unknown;

	pthread_mutex_lock(&run->lock);
	unknown = run->failure.len ? run->wrong_configuration : err == ENODATA;
	pthread_mutex_unlock(&run->lock);
	return unknown && run->pipeline->on_error == ON_ERROR_REJECT && !interrupt_signal();
}

/* All that is read goes through, and once more without the documents that turned out to
 * be wrong: see rejected.h. */
static int pass_rows(struct run *run, struct work *w)
{
	size_t complaints = run->pipeline->diagnostics.count;

	for (;;) {
		int err = begin(run);

		*w = (struct work){ .run = run };
		if (!err)
			err = work_open(w);
		if (!err)
			err = work_pump(w);
		if (columns_unknown(run, err)) {
			work_close(w);
			*w = (struct work){ .run = run };
			if (run->reader)
				reader_gather(run->reader);
		} else if (err) {
			return err;
		}
		if (!rejected_find(run))
			return err;
		work_close(w);
		run_rewind(run);
		diagnostics_cut(&run->pipeline->diagnostics, complaints);
	}
}

/* What a difference from the lock means: the locked copies are run, too. */
static void explain_lock(struct run *run)
{
	struct run before = { .pipeline = run->pipeline,
			      .loader = run->loader,
			      .options = run->options };

	before.options.offline = before.options.compare = before.options.dry_run = true;
	before.options.locked = before.options.details = before.options.over = false;
	before.options.verbosity = -1;
	run_pipeline(&before);
	locked_compare(run, &before);
	run_release(&before);
}

static void begin_run(struct run *run)
{
	pthread_mutex_init(&run->lock, NULL);
	run->services = &services;
	run->progress = progress_begin(run);
	rejections_init(&run->rejections);
	run->rejections.listed = run->pipeline->on_error == ON_ERROR_REJECT;
	run->documents.folder = run->pipeline->folder;
	run->documents.secrets = &run->pipeline->secrets;
	run->cache.threads = run_jobs(run) > 1;
}

/* What the phases before them left: which findings are part of every pass over the
 * documents, and which documents are rejected before any is read. */
static int judge_documents(struct run *run)
{
	rejected_mark(run);
	if (rejected_find(run))
		rejected_withdraw(run);
	return 0;
}

/* The last rows have passed: exporters end when all is fit. */
static int end_outputs(struct run *run, struct work *w)
{
	int err;

	if (!work_is_fit(w) || !run->publish.staging)
		return 0;
	err = exporters_finish(&w->exporters);
	if (!err && run->pipeline->on_error == ON_ERROR_REJECT)
		err = rejects_write(run);
	run->exported = !err;
	return err;
}

/* In this order, until one gives an errno value. */
static int (*const before_rows[])(struct run *run) = {
	select_sources,      recover,         sources_fetch, spare_documents,
	documents_recognise, judge_documents,
};

int run_pipeline(struct run *run)
{
	struct work w = { .run = run };
	size_t i;
	int err = 0;

	begin_run(run);
	for (i = 0; !err && i < sizeof before_rows / sizeof *before_rows; i++)
		err = before_rows[i](run);
	if (!err)
		err = pass_rows(run, &w);
	if (!err)
		err = find_revisions(run);
	if (run->differs)
		explain_lock(run);
	work_count(&w, err != 0);
	for (i = 0; i < run->n_sources; i++)
		run->sources[i].rows = run_parsed(run, i)->rows;
	if (!err)
		err = end_outputs(run, &w);
	else if (err == ENODATA && !run_has_failed(run))
		err = 0; /* an error says so */
	work_close(&w);
	run_end(run, err);
	return run->exit;
}

void run_release(struct run *run)
{
	size_t i;

	locators_free(run);
	for (i = 0; i < run->n_records; i++) {
		balance_release(&run->records[i].counted);
		findings_release(&run->records[i].findings);
	}
	free(run->records);
	free(run->sources);
	balance_release(&run->appended);
	balance_release(&run->dataset);
	balance_release(&run->withheld);
	findings_release(&run->findings);
	findings_release(&run->withdrawn);
	mu_map_release(&run->taken);
	rejections_release(&run->rejections);
	publish_release(&run->publish);
	documents_release(&run->documents);
	cache_close(&run->cache);
	if (run->pins)
		lock_release(run->pins);
	free(run->pins);
	if (run->rows)
		rowset_release(run->rows);
	free(run->rows);
	text_release(&run->failure);
	progress_free(run->progress);
	pthread_mutex_destroy(&run->lock);
}
