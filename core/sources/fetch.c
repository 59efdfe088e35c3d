#include "sources/fetch.h"

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "sources/lock.h"
#include "stage/run.h"

static int fetch_all(struct run *run, struct stage *s, size_t source)
{
	struct text why = { 0 };
	int err = 0;

	while (!err && !interrupt_signal()) {
		struct mu_document from = { .size = sizeof from };

		err = stage_fetch(s, &from);
		if (err || !from.path)
			break;
		if (!from.uri)
			from.uri = from.path;
		err = cache_take(&run->cache, &from, &run->pipeline->secrets, &why);
		if (!err)
			err = documents_add(&run->documents, &from, run->sources[source].name,
					    source, &why);
		if (err)
			run_fail(run, s->config, err, why.data);
	}
	text_release(&why);
	return interrupt_signal() ? ECANCELED : err;
}

/* Instead of what a fetcher gives out, what is pinned. */
static int deliver_locked(struct run *run, size_t source)
{
	struct text why = { 0 };
	int err = lock_deliver(run->pins, run, source, &why);

	if (err)
		run_fail(run, NULL, err, why.data);
	text_release(&why);
	return err;
}

static int fetch_by_plugin(struct run *run, const struct stage_config *config, size_t source)
{
	struct record *record = run_record(run, config);
	struct stage s = { 0 };
	double start = clock_now();
	int err;

	record->opened = true;
	err = stage_init(&s, config, run, &run->pipeline->diagnostics);
	if (!err)
		err = stage_open(&s, NULL, NULL);
	if (!err)
		err = fetch_all(run, &s, source);
	progress_end(run->progress);
	stage_failed(run, &s, err);
	s.seconds = clock_now() - start;
	record_end(record, &s);
	return err;
}

static int fetch_source(struct run *run, size_t source)
{
	const struct stage_config *config =
		chain_fetcher(run_chain(run, run->sources[source].name));
	struct source_result *result = &run->sources[source];
	int err;

	result->first_document = run->documents.count;
	err = run->options.offline ? deliver_locked(run, source)
				   : fetch_by_plugin(run, config, source);
	result->n_documents = run->documents.count - result->first_document;
	if (!err && !result->n_documents)
		err = run_fail(run, config, ENOENT, "no document came in");
	return err;
}

/* The lock is there, if it is needed. */
static int read_lock(struct run *run)
{
	struct text why = { 0 };
	int err;

	run->pins = mem_alloc(sizeof *run->pins);
	err = lock_read(run->pins, run->pipeline, &why);
	run->pinned = run->pins->path;
	if (!err && !run->pins->json &&
	    (run->options.locked || run->options.offline ||
	     (run->options.pinning && run->options.select))) {
		text_printf(&why, "there is no %s: muster lock makes it", run->pins->path);
		err = ENOENT;
	}
	if (err) {
		run_refuse(run, NULL, err, why.data);
	} else if (run->options.locked || run->options.offline) {
		/* On this machine somebody needs what it pins. */
		err = cache_root(&run->cache, run->pins->path, &why);
		if (err)
			run_fail(run, NULL, err, why.data);
	}
	text_release(&why);
	return err;
}

/* What came differs from what is pinned: `run->differs`. */
static int compare_lock(struct run *run)
{
	struct text why = { 0 };
	int err = 0;

	if (run->options.locked && !run->options.offline)
		err = lock_compare(run->pins, run, &why);
	if (err)
		run_fail(run, NULL, err, why.data);
	text_release(&why);
	return err;
}

int sources_fetch(struct run *run)
{
	int err = read_lock(run);
	size_t i;

	for (i = 0; !err && i < run->n_sources; i++)
		err = fetch_source(run, i);
	return err ? err : compare_lock(run);
}
