/*
 * The flow of data:
 *
 *     fetch (fetch.c), by way of the cache (cache.c), or what the lock pins (lock.c)
 *         -> documents -> who reads which (recognise.c)
 *         -> parse (reader.c, on lanes: threads that take documents, or pieces of them)
 *         -> a source's validators and transforms, one link after another (link.c)
 *             -> all sources appended -> the dataset's validators and transforms
 *                 -> rows that are neither claims nor rejected -> exporters (exporters.c)
 *                     -> published together (publish.c), when all is valid (verdict.c)
 *
 * Links that can be shared stand on each lane, as many as come first behind a parser that
 * splits its documents; batches are pushed through them there.  Every other link pulls
 * batches from the one before it.  At the end the lanes' links are merged into those of
 * the run.  Between two links rows, claims and measures are counted, rows that errors
 * name are marked, and a transform that loses somebody fails the run.
 */
#include "run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datapackage.h"
#include "exporters.h"
#include "fetch.h"
#include "interrupt.h"
#include "link.h"
#include "lock.h"
#include "locked.h"
#include "part.h"
#include "place.h"
#include "progress.h"
#include "reader.h"
#include "recognise.h"
#include "rejected.h"
#include "rejects.h"
#include "revision.h"
#include "verdict.h"

#define MAX_JOBS 256

/* A source: its parser, and the links behind it. */
struct head {
	struct run *run;
	struct links links;
	size_t source;
	struct flow parsed, end;       /* what goes into the first link; comes out of the last */
	const struct balance *balance; /* counts of the latter */
	bool *wanted;                  /* columns of the parser that are looked at */
};

struct work {
	struct run *run;
	struct head *heads; /* one a source */
	size_t current;     /* source whose rows are being consumed */
	struct links dataset;
	struct flow end; /* what comes out of its last link */
	const struct balance *balance;
	struct links **sources; /* for the reader */
	const struct ArrowSchema **ends;
	bool **wanted;
	struct exporters exporters;
	struct ArrowArray *held; /* on_error: reject: rows until all have been judged */
	size_t n_held;
};

const char *run_status_name(enum status status)
{
	static const char *const names[] = { "valid", "invalid", "failed" };

	return names[status];
}

struct record *run_record(struct run *run, const struct stage_config *config)
{
	size_t i = 0;

	while (run->records[i].config != config)
		i++;
	return &run->records[i];
}

const struct chain *run_chain(const struct run *run, const char *source)
{
	size_t i = 0;

	while (run->pipeline->sources[i].name != source)
		i++;
	return &run->pipeline->sources[i];
}

const struct balance *run_parsed(struct run *run, size_t source)
{
	return &run_record(run, &run_chain(run, run->sources[source].name)->stages[1])->counted;
}

size_t run_jobs(const struct run *run)
{
	size_t wanted = run->options.jobs;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (!wanted)
		wanted = processors > 0 ? (size_t)processors : 1;
	return wanted > MAX_JOBS ? MAX_JOBS : wanted;
}

static int note_failure(struct run *run, const struct stage_config *config, int err,
			const char *why, bool wrong_configuration)
{
	pthread_mutex_lock(&run->lock);
	if (!run->failure.len) {
		if (config)
			text_printf(&run->failure, "%s (%s): ", config->name, config->plugin->full);
		text_puts(&run->failure, why);
		run->wrong_configuration = wrong_configuration;
	}
	pthread_mutex_unlock(&run->lock);
	return err ? err : EIO;
}

int run_fail(struct run *run, const struct stage_config *config, int err, const char *why)
{
	return note_failure(run, config, err, why, false);
}

int run_refuse(struct run *run, const struct stage_config *config, int err, const char *why)
{
	return note_failure(run, config, err, why, true);
}

bool run_has_failed(struct run *run)
{
	bool failed;

	pthread_mutex_lock(&run->lock);
	failed = run->failure.len > 0;
	pthread_mutex_unlock(&run->lock);
	return failed;
}

const struct mu_table_schema *run_table(const struct run *run)
{
	return run->pipeline->schema ? tableschema_table(run->pipeline->schema) : NULL;
}

void run_said(struct run *run, enum mu_severity severity)
{
	if (run->pipeline->on_error == ON_ERROR_STOP &&
	    (severity == MU_ERROR || (severity == MU_WARNING && run->options.fail_on_warning)) &&
	    !atomic_load(&run->unfit)) /* which is written once, for threads share it */
		atomic_store(&run->unfit, true);
}

/* --------------------------------------------------------------- appending */

/* What comes behind the shared links of a source. */
static int head_next(void *from, struct ArrowArray *out)
{
	struct head *h = from;
	struct reader *reader = h->run->reader;
	bool named = false;
	int err = interrupt_signal() ? ECANCELED : reader_next(reader, h->source, out);

	if (err)
		return err;
	if (!out->release)
		return links_end(&h->links, h->links.shared);
	return reader_pushes(reader, h->source)
		       ? 0
		       : links_push(&h->links, h->links.shared, out, &named);
}

/* Whether batches of a source have passed the shared links of the dataset, too. */
static bool has_passed(const struct work *w, size_t source)
{
	return reader_pushes(w->run->reader, source) &&
	       w->heads[source].links.shared == w->heads[source].links.count;
}

/* What all sources have given, as the dataset's first link gets it. */
static void count_appended(struct work *w)
{
	struct balance *all = &w->run->appended;
	size_t i;

	all->rows = all->claims = 0;
	for (i = 0; i < all->n_measures; i++) {
		all->measures[i].sum = 0;
		all->measures[i].overflow = false;
	}
	for (i = 0; i < w->run->n_sources; i++)
		balance_merge(all, w->heads[i].balance);
}

static int appended_end(struct work *w)
{
	int err = reader_end(w->run->reader);

	count_appended(w);
	return err ? err : links_end(&w->dataset, w->dataset.shared);
}

/* All sources one after the other, behind the shared links of the dataset. */
static int append_next(void *from, struct ArrowArray *out)
{
	struct work *w = from;

	*out = (struct ArrowArray){ 0 };
	while (w->current < w->run->n_sources) {
		struct head *h = &w->heads[w->current];
		bool named = false;
		int err = h->end.next(h->end.from, out);

		if (!err && out->release && !has_passed(w, w->current)) {
			batch_order(w->ends[0], h->end.schema, out);
			err = links_push(&w->dataset, w->dataset.shared, out, &named);
			if (!err && !out->release)
				continue;
		}
		if (err || out->release)
			return err;
		w->current++;
		if (w->current == w->run->n_sources)
			return appended_end(w);
	}
	return 0;
}

/* Every column of the one is in the other, with the same type. */
static bool columns_within(const struct ArrowSchema *a, const struct ArrowSchema *b,
			   const char *name_a, const char *name_b, struct text *why)
{
	int64_t i;

	for (i = 0; i < a->n_children; i++) {
		int64_t j = mu_schema_find(b, a->children[i]->name);

		if (j >= 0 && mu_schema_type(a->children[i]) == mu_schema_type(b->children[j]))
			continue;
		text_printf(why, "sources %s and %s cannot be appended: ", name_a, name_b);
		if (j < 0)
			text_printf(why, "%s has no column '%s'", name_b, a->children[i]->name);
		else
			text_printf(why, "column '%s' is %s in one and %s in the other",
				    a->children[i]->name,
				    mu_data_name(mu_schema_type(a->children[i])),
				    mu_data_name(mu_schema_type(b->children[j])));
		return false;
	}
	return true;
}

static int append_open(struct work *w)
{
	struct run *run = w->run;
	struct text why = { 0 };
	size_t i;
	bool ok = true;

	for (i = 1; ok && i < run->n_sources; i++) {
		const struct ArrowSchema *a = w->ends[0], *b = w->ends[i];
		const char *name_a = run->sources[0].name, *name_b = run->sources[i].name;

		ok = columns_within(a, b, name_a, name_b, &why) &&
		     columns_within(b, a, name_b, name_a, &why);
	}
	if (!ok)
		run_refuse(run, NULL, EINVAL, why.data);
	text_release(&why);
	if (!ok)
		return EINVAL;
	if (balance_init(&run->appended, w->ends[0], run_table(run)))
		return run_fail(run, NULL, E2BIG, "more measures than can be counted");
	w->end = (struct flow){ .from = w, .next = append_next, .schema = w->ends[0] };
	w->balance = &run->appended;
	return 0;
}

/* ------------------------------------------------------------------- phases */

/* No document tells them. */
static int no_columns(struct run *run, size_t source)
{
	struct finding f = { .severity = MU_ERROR,
			     .code = mem_copy("run/no-rows"),
			     .message = mem_copy("the document that should tell the columns of the "
						 "source cannot be read"),
			     .source = run->sources[source].name };

	findings_add(&run->findings, &f);
	return ENODATA;
}

static int head_open(struct work *w, size_t i)
{
	struct run *run = w->run;
	struct head *h = &w->heads[i];
	const struct chain *chain = run_chain(run, run->sources[i].name);
	struct record *record = run_record(run, &chain->stages[1]);
	const struct ArrowSchema *schema = reader_schema(run->reader, i);
	int err;

	if (!schema)
		return run_has_failed(run) ? EIO : no_columns(run, i);
	*h = (struct head){ .run = run, .source = i };
	h->parsed = h->end = (struct flow){ .from = h, .next = head_next, .schema = schema };
	record->opened = true;
	err = record_count(run, record, schema);
	h->balance = record->out;
	if (!err)
		err = links_open(run, &h->links, chain, 2, &h->end, &h->balance);
	w->sources[i] = &h->links;
	w->ends[i] = h->end.schema;
	return err;
}

/* Exporters look at all columns, and so does who compares them. */
static bool *exported_columns(const struct work *w)
{
	size_t n = (size_t)mu_schema_visible(w->end.schema), i;
	bool *columns = mem_alloc(n + 1);

	for (i = 0; i < n; i++)
		columns[i] = w->exporters.count > 0 || w->run->rows;
	return columns;
}

/* Which columns of each parser are looked at, from the exporters backwards. */
static void find_wanted(struct work *w)
{
	bool *appended = links_uses(&w->dataset, exported_columns(w));
	size_t i, j;

	for (i = 0; i < w->run->n_sources; i++) {
		const struct ArrowSchema *end = w->ends[i];
		size_t n = (size_t)mu_schema_visible(end);
		bool *columns = mem_alloc(n + 1);

		for (j = 0; j < n; j++)
			columns[j] = appended[mu_schema_find(w->ends[0], end->children[j]->name)];
		w->wanted[i] = w->heads[i].wanted = links_uses(&w->heads[i].links, columns);
	}
	free(appended);
}

/* From here on rows can flow. */
static int share(struct work *w)
{
	size_t i;

	for (i = 0; i < w->run->n_sources; i++)
		links_share(&w->heads[i].links, &w->heads[i].parsed, &w->heads[i].end);
	links_share(&w->dataset, &(struct flow){ .from = w, .next = append_next }, &w->end);
	find_wanted(w);
	return reader_start(w->run->reader, w->sources, &w->dataset, w->ends, w->end.schema,
			    w->wanted);
}

static int open_all(struct work *w)
{
	struct run *run = w->run;
	size_t n = run->n_sources + 1, i;
	int err = 0;

	run->reader = reader_new(run);
	w->heads = mem_alloc(n * sizeof *w->heads);
	w->sources = mem_alloc(n * sizeof(struct links *));
	w->ends = mem_alloc(n * sizeof(struct ArrowSchema *));
	w->wanted = mem_alloc(n * sizeof(bool *));
	for (i = 0; !err && i < run->n_sources; i++)
		err = head_open(w, i);
	if (!err)
		err = append_open(w);
	if (!err)
		err = links_open(run, &w->dataset, &run->pipeline->dataset, 0, &w->end,
				 &w->balance);
	if (!err && balance_init(&run->withheld, w->end.schema, run_table(run)))
		err = run_fail(run, NULL, E2BIG, "more measures than can be counted");
	if (!err)
		err = exporters_open(&w->exporters, run, &w->end);
	if (!err && (run->differs || run->options.compare)) {
		run->rows = mem_alloc(sizeof *run->rows);
		run->rows->most = run->options.sample;
		run->rows->rejected = run->options.sample > 0;
		err = rowset_open(run->rows, w->end.schema, run_table(run), &run->documents);
	}
	return err ? err : share(w);
}

/* Whether a later finding may still reject a row that has passed: stages that are shared
 * speak of rows while they have them at hand. */
static bool may_come_back(const struct work *w)
{
	size_t i;

	for (i = 0; i < w->run->n_sources; i++)
		if (w->heads[i].links.shared < w->heads[i].links.count)
			return true;
	return w->dataset.shared < w->dataset.count;
}

static void held_add(struct work *w, struct ArrowArray rows)
{
	w->held = mem_resize(w->held, w->n_held + 1, sizeof *w->held);
	w->held[w->n_held++] = rows;
}

/* Hands what is held to the exporters, unless `err` says that nobody wants it. */
static int held_feed(struct work *w, int err)
{
	for (size_t i = 0; i < w->n_held; i++) {
		if (!err)
			err = exporters_feed(&w->exporters, &w->held[i]);
		mu_array_release(&w->held[i]);
	}
	w->n_held = 0;
	return err;
}

/* With on_error: reject rows are held, if they may come back, until every validator has
 * seen the last one.  Otherwise only the first batch is, until there is another or the end:
 * of a short document that is all, and the parser that has read it to its end then looks up
 * places of its rows, where another one would have to read it again. */
static int pump(struct work *w)
{
	struct flow *flow = &w->end;
	bool hold = w->run->pipeline->on_error == ON_ERROR_REJECT && may_come_back(w);
	bool first = w->exporters.count && !w->run->rows;
	struct ArrowArray rows = { 0 };
	int err;

	while (!(err = interrupt_signal() ? ECANCELED : flow->next(flow->from, &rows)) &&
	       rows.release) {
		if (hold || first) {
			held_add(w, rows);
			first = false;
			continue;
		}
		err = held_feed(w, 0);
		if (!err)
			err = exporters_feed(&w->exporters, &rows);
		mu_array_release(&rows);
		if (err || (w->run->options.sample && w->run->rows->full))
			break;
	}
	err = held_feed(w, err);
	free(w->held);
	w->held = NULL;
	return err;
}

/* What the exporters see is what came out in the end, but for claims and what is
 * withheld.  In a run that was cut short lanes have withheld rows that nobody has counted
 * yet. */
static void count_dataset(struct work *w, bool cut_short)
{
	if (!w->balance)
		return;
	count_appended(w);
	balance_copy(&w->run->dataset, w->balance);
	if (!cut_short)
		balance_subtract(&w->run->dataset, &w->run->withheld);
	w->run->dataset.claims = 0;
}

static void work_close(struct work *w)
{
	size_t i;

	exporters_close(&w->exporters);
	/* Before the links of the run, in which those of the lanes have ended. */
	reader_stop(w->run->reader);
	links_close(&w->dataset);
	for (i = 0; w->heads && i < w->run->n_sources; i++) {
		links_close(&w->heads[i].links);
		free(w->heads[i].wanted);
	}
	free(w->heads);
	free(w->sources);
	free(w->ends);
	free(w->wanted);
}

/* Whether it can be published, as far as can be told before the last stages end. */
static bool is_fit(struct work *w)
{
	struct run *run = w->run;
	struct verdict v = { .unevaluated = 0 };
	size_t i, j;

	parts_forget(run);
	verdict_claims(run);
	verdict_count(run, &v);
	for (i = 0; i <= run->n_sources; i++) {
		const struct links *links = i < run->n_sources ? &w->heads[i].links : &w->dataset;

		for (j = 0; j < links->count; j++)
			verdict_add_stage(&v, &links->items[j].stage);
	}
	for (i = 0; i < w->exporters.count; i++)
		verdict_add_stage(&v, &w->exporters.items[i]);
	verdict_check(run, &v);
	return verdict_is_fit(run, &v);
}

/* -------------------------------------------------------------- publishing */

static int store(struct run *run)
{
	struct text package = { 0 }, why = { 0 };
	int err = publish_measure(&run->publish, &why);
	size_t i;

	for (i = 0; i < run->publish.n_outputs; i++)
		run->publish.outputs[i].rows =
			run->pipeline->on_error == ON_ERROR_REJECT &&
					!strcmp(run->publish.outputs[i].path, REJECTS)
				? run->withheld.rows + rejected_count(run).rejected
				: run->dataset.rows;
	if (!err) {
		datapackage_write(run, &package);
		err = publish_commit(&run->publish, package.data, package.len, &why);
	}
	if (err)
		run_fail(run, NULL, err, why.data);
	run->published = !err;
	text_release(&package);
	text_release(&why);
	return err;
}

/* Makes the sha256 of every document, for the report and for what is published.  A
 * run that has failed goes without those that cannot be had. */
static int hash_documents(struct run *run)
{
	struct text why = { 0 };
	size_t i;
	int err = 0;

	for (i = 0; i < run->documents.count; i++) {
		int wrong = document_sha256(run->documents.items[i], &why);

		if (wrong && !err)
			err = run_fail(run, NULL, wrong, why.data);
		text_clear(&why);
	}
	text_release(&why);
	return err;
}

static void tell(struct run *run, struct text *line)
{
	struct text shown = { 0 };

	secrets_redact(&run->pipeline->secrets, line, 0);
	text_add_visible(&shown, line->data, line->len);
	progress_line(run->progress, shown.data);
	text_release(&shown);
	text_clear(line);
}

/* For -vv: which documents came, and what each stage had to do. */
static void tell_work(struct run *run)
{
	struct text line = { 0 };
	size_t i;

	for (i = 0; run->options.verbosity > 1 && i < run->documents.count; i++) {
		const struct document *d = run->documents.items[i];

		text_printf(&line, "%s: %s: %llu bytes%s", d->public.source, d->public.uri,
			    (unsigned long long)d->public.bytes, d->unread ? ", not read" : "");
		tell(run, &line);
	}
	for (i = 0; run->options.verbosity > 1 && i < run->n_records; i++) {
		const struct record *r = &run->records[i];

		if (!r->opened)
			continue;
		text_printf(&line, "%s (%s): ", r->config->name, r->config->plugin->full);
		if (r->out)
			text_printf(&line, "%llu rows and %llu claims given out, ",
				    (unsigned long long)r->out->rows,
				    (unsigned long long)r->out->claims);
		text_printf(&line, "%" PRIu64 " findings, %.3f s of work",
			    r->findings.of[MU_ERROR] + r->findings.of[MU_WARNING] +
				    r->findings.of[MU_NOTE],
			    r->seconds);
		tell(run, &line);
	}
	text_release(&line);
}

static void finish(struct run *run, int err)
{
	int number = interrupt_signal();
	bool valid;

	if (number && err) {
		text_clear(&run->failure);
		text_printf(&run->failure, "stopped by signal %d", number);
	}
	parts_forget(run);
	valid = verdict_gather(run);
	if (!run->options.no_hash && (run->options.details || (!err && valid && run->exported))) {
		int wrong = hash_documents(run);

		err = err ? err : wrong;
	}
	if (!err && !run->failure.len && valid && run->publish.staging)
		err = run->exported ? store(run)
				    : run_fail(run, NULL, EPROTO, "outputs were not finished");
	if (!run->published)
		publish_rollback(&run->publish);
	if (number && !run->published) {
		run->status = STATUS_FAILED;
		run->exit = 128 + number;
	} else if (err || run->failure.len) {
		run->status = STATUS_FAILED;
		run->exit = run->wrong_configuration ? 2 : 3;
	} else {
		run->status = valid ? STATUS_VALID : STATUS_INVALID;
		run->exit = run->status == STATUS_VALID ? 0 : 1;
	}
	if (run->differs && (run->exit == 1 || run->exit == 3))
		run->exit = 4;
	places_find(run);
	locators_free(run);
	reader_free(run->reader);
	run->reader = NULL;
}

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

		for (j = 0; j < chain->count; j++)
			run->records[run->n_records++].config = &chain->stages[j];
		if (i < p->n_sources &&
		    (!run->options.select || !strcmp(run->options.select, chain->name)))
			run->sources[run->n_sources++].name = chain->name;
	}
	return run->n_sources ? 0 : no_source(run);
}

void run_out(const struct run *run, struct text *out)
{
	if (run->options.out)
		text_puts(out, run->options.out);
	else
		text_printf(out, "%s/out", run->pipeline->folder);
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
		err = publish_check(out.data, &why);
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
	text_printf(&line, "%s: %zu of %zu documents are rejected: all others are read again",
		    run->pipeline->name, run->n_rejected, rejected_count(run).all);
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
static int passes(struct run *run, struct work *w)
{
	size_t complaints = run->pipeline->diagnostics.count;

	for (;;) {
		int err = begin(run);

		*w = (struct work){ .run = run };
		if (!err)
			err = open_all(w);
		if (!err)
			err = pump(w);
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

int run_pipeline(struct run *run)
{
	struct work w = { .run = run };
	size_t i;
	int err;

	pthread_mutex_init(&run->lock, NULL);
	run->progress = progress_begin(run);
	rejections_init(&run->rejections);
	run->rejections.listed = run->pipeline->on_error == ON_ERROR_REJECT;
	run->documents.folder = run->pipeline->folder;
	run->documents.secrets = &run->pipeline->secrets;
	run->cache.threads = run_jobs(run) > 1;
	err = select_sources(run);
	if (!err)
		err = recover(run);
	if (!err)
		err = sources_fetch(run);
	if (!err)
		err = spare_documents(run);
	if (!err)
		err = documents_recognise(run);
	rejected_mark(run);
	if (!err && rejected_find(run))
		rejected_withdraw(run);
	if (!err)
		err = passes(run, &w);
	if (!err)
		err = find_revisions(run);
	if (run->differs)
		explain_lock(run);
	count_dataset(&w, err != 0);
	for (i = 0; i < run->n_sources; i++)
		run->sources[i].rows = run_parsed(run, i)->rows;
	if (err == ENODATA && !run_has_failed(run))
		err = 0; /* an error says so */
	else if (!err && is_fit(&w) && run->publish.staging) {
		err = exporters_finish(&w.exporters);
		if (!err && run->pipeline->on_error == ON_ERROR_REJECT)
			err = rejects_write(run);
		run->exported = !err;
	}
	work_close(&w);
	tell_work(run);
	finish(run, err);
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
