#include "reader.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define QUEUE    4
#define MAX_JOBS 256

/* One document on its way through its parser. */
struct reading {
	struct stage stage;
	struct ArrowArray queue[QUEUE];
	unsigned first, queued;
	bool started, opened, ended;
	int err;
};

struct reader {
	struct run *run;
	struct reading *readings;            /* one a document */
	const struct stage_config **parsers; /* one a source */
	size_t *current;                     /* document being consumed, one a source */
	size_t *first;                       /* whose columns are the source's */
	size_t next;                         /* document to be started */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t *threads;
	unsigned n_threads;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int reading_open(struct reader *r, size_t i)
{
	struct document *d = r->run->documents.items[i];
	struct reading *reading = &r->readings[i];
	double start = now();
	int err;

	err = stage_init(&reading->stage, r->parsers[d->source], r->run->pipeline, r->run,
			 &r->run->pipeline->diagnostics);
	if (!err)
		err = stage_open(&reading->stage, NULL, d);
	if (!err && !reading->stage.out.release)
		err = EPROTO;
	reading->stage.seconds += now() - start;
	return err;
}

/* One batch, checked; released when there is no more. */
static int reading_step(struct reading *reading, struct ArrowArray *out)
{
	struct stage *s = &reading->stage;
	double start = now();
	int err;

	*out = (struct ArrowArray){ 0 };
	err = s->config->plugin->api.parse(&s->ctx, s->self, out);
	s->seconds += now() - start;
	if (!err && out->release && !batch_fits(&s->out, out, &s->failure))
		err = EPROTO;
	if (err)
		mu_array_release(out);
	if (err)
		*out = (struct ArrowArray){ 0 };
	return err;
}

/* ---------------------------------------------------------------- threads */

static bool put(struct reader *r, struct reading *reading, struct ArrowArray *batch, int err)
{
	bool go_on;

	pthread_mutex_lock(&r->lock);
	while (reading->queued == QUEUE && !atomic_load(&r->run->stopping))
		pthread_cond_wait(&r->changed, &r->lock);
	if (atomic_load(&r->run->stopping)) {
		mu_array_release(batch);
		reading->ended = true;
		reading->err = ECANCELED;
	} else if (err || !batch->release) {
		reading->ended = true;
		reading->err = err;
	} else {
		reading->queue[(reading->first + reading->queued++) % QUEUE] = *batch;
	}
	go_on = !reading->ended;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	return go_on;
}

static void read_document(struct reader *r, size_t i)
{
	struct reading *reading = &r->readings[i];
	struct ArrowArray batch = { 0 };
	int err = reading_open(r, i);

	pthread_mutex_lock(&r->lock);
	reading->opened = true;
	reading->err = err;
	reading->ended = err != 0;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	while (!err) {
		err = reading_step(reading, &batch);
		if (!put(r, reading, &batch, err))
			break;
	}
}

static void *work(void *data)
{
	struct reader *r = data;

	for (;;) {
		size_t i;

		pthread_mutex_lock(&r->lock);
		while (r->next < r->run->documents.count &&
		       r->run->documents.items[r->next]->unread)
			r->next++;
		i = r->next;
		if (i < r->run->documents.count)
			r->readings[r->next++].started = true;
		pthread_mutex_unlock(&r->lock);
		if (i >= r->run->documents.count || atomic_load(&r->run->stopping))
			return NULL;
		read_document(r, i);
	}
}

size_t reader_jobs(const struct run *run)
{
	size_t wanted = run->options.jobs;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (!wanted)
		wanted = processors > 0 ? (size_t)processors : 1;
	return wanted > MAX_JOBS ? MAX_JOBS : wanted;
}

static void start_threads(struct reader *r)
{
	size_t wanted = reader_jobs(r->run);

	if (wanted < 2)
		return;
	if (wanted > r->run->documents.count)
		wanted = r->run->documents.count;
	r->threads = mem_alloc(wanted * sizeof *r->threads);
	while (r->n_threads < wanted && !pthread_create(&r->threads[r->n_threads], NULL, work, r))
		r->n_threads++;
}

/* The first document that a source reads; the first one when it reads none. */
static size_t first_read(const struct run *run, const struct source_result *source)
{
	size_t i;

	for (i = source->first_document; i < source->first_document + source->n_documents; i++)
		if (!run->documents.items[i]->unread)
			return i;
	return source->first_document;
}

struct reader *reader_new(struct run *run)
{
	struct reader *r = mem_alloc(sizeof *r);
	size_t i;

	r->run = run;
	r->readings = mem_alloc((run->documents.count + 1) * sizeof *r->readings);
	r->parsers = mem_alloc((run->n_sources + 1) * sizeof *r->parsers);
	r->current = mem_alloc((run->n_sources + 1) * sizeof *r->current);
	r->first = mem_alloc((run->n_sources + 1) * sizeof *r->first);
	for (i = 0; i < run->n_sources; i++) {
		r->current[i] = run->sources[i].first_document;
		r->first[i] = first_read(run, &run->sources[i]);
	}
	for (i = 0; i < run->pipeline->n_sources; i++) {
		size_t j;

		for (j = 0; j < run->n_sources; j++)
			if (run->sources[j].name == run->pipeline->sources[i].name)
				r->parsers[j] = &run->pipeline->sources[i].stages[1];
	}
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	start_threads(r);
	return r;
}

/* --------------------------------------------------------------- consumer */

static int fail(struct reader *r, size_t i, int err)
{
	struct reading *reading = &r->readings[i];
	struct text why = { 0 };

	if (err == ECANCELED)
		return err;
	if (err == EINVAL && reading->stage.opening)
		r->run->wrong_configuration = true;
	text_printf(&why, "%s: ", r->run->documents.items[i]->public.uri);
	stage_failure(&reading->stage, err, &why);
	run_fail(r->run, reading->stage.config, err,
		 reading->stage.invalid && !reading->stage.failure.len
			 ? "its options do not fit together"
			 : why.data);
	text_release(&why);
	return err;
}

/* Waits until a document's parser is open. */
static int wait_open(struct reader *r, size_t i)
{
	struct reading *reading = &r->readings[i];
	int err;

	/* Of a source that reads none, the columns alone are wanted. */
	if (!r->n_threads || r->run->documents.items[i]->unread) {
		if (!reading->started) {
			reading->started = true;
			reading->err = reading_open(r, i);
			reading->opened = true;
		}
		return reading->err;
	}
	pthread_mutex_lock(&r->lock);
	while (!reading->opened && !atomic_load(&r->run->stopping))
		pthread_cond_wait(&r->changed, &r->lock);
	err = reading->opened ? (reading->queued ? 0 : reading->err) : ECANCELED;
	pthread_mutex_unlock(&r->lock);
	return err;
}

static bool same_columns(const struct ArrowSchema *a, const struct ArrowSchema *b)
{
	int64_t i;

	if (a->n_children != b->n_children)
		return false;
	for (i = 0; i < a->n_children; i++)
		if (strcmp(a->children[i]->name, b->children[i]->name) ||
		    mu_schema_type(a->children[i]) != mu_schema_type(b->children[i]) ||
		    mu_schema_measure(a->children[i]) != mu_schema_measure(b->children[i]))
			return false;
	return true;
}

const struct ArrowSchema *reader_schema(struct reader *r, size_t source)
{
	size_t first = r->first[source];
	int err = wait_open(r, first);

	if (err && !r->readings[first].stage.out.release) {
		fail(r, first, err);
		return NULL;
	}
	return &r->readings[first].stage.out;
}

static int compare_columns(struct reader *r, size_t source, size_t i)
{
	size_t first = r->first[source];
	struct text why = { 0 };

	if (same_columns(&r->readings[first].stage.out, &r->readings[i].stage.out))
		return 0;
	text_printf(&why,
		    "%s has other columns than %s; documents of one source must have the "
		    "same: name the columns in the parser's options, or make two sources",
		    r->run->documents.items[i]->public.uri,
		    r->run->documents.items[first]->public.uri);
	run_fail(r->run, r->parsers[source], EINVAL, why.data);
	text_release(&why);
	return EINVAL;
}

static int take(struct reader *r, size_t i, struct ArrowArray *out)
{
	struct reading *reading = &r->readings[i];
	int err = 0;

	if (!r->n_threads)
		return reading_step(reading, out);
	pthread_mutex_lock(&r->lock);
	while (!reading->queued && !reading->ended && !atomic_load(&r->run->stopping))
		pthread_cond_wait(&r->changed, &r->lock);
	if (reading->queued) {
		*out = reading->queue[reading->first];
		reading->first = (reading->first + 1) % QUEUE;
		reading->queued--;
		pthread_cond_broadcast(&r->changed);
	} else {
		err = reading->ended ? reading->err : ECANCELED;
	}
	pthread_mutex_unlock(&r->lock);
	return err;
}

/* The first document's columns are looked at until the source ends, so its
 * stage is closed by reader_free(). */
static void finish(struct reader *r, size_t source, size_t i)
{
	struct stage *s = &r->readings[i].stage;
	struct record *record = run_record(r->run, r->parsers[source]);
	size_t j;

	findings_append(&record->findings, &s->findings);
	for (j = 0; j < 3; j++)
		record->checks[j] += s->checks[j];
	record->seconds += s->seconds;
	if (i != r->first[source])
		stage_close(s);
}

struct stage *reader_parsed(struct reader *r, uint32_t document)
{
	size_t i = document - 1;
	struct reading *reading = &r->readings[i];
	size_t source = r->run->documents.items[i]->source;
	bool parsed;

	if (!r->n_threads || i != r->first[source] || r->run->documents.items[i]->unread)
		return NULL;
	pthread_mutex_lock(&r->lock);
	parsed = reading->ended && !reading->err && !reading->queued;
	pthread_mutex_unlock(&r->lock);
	return parsed ? &reading->stage : NULL;
}

int reader_next(struct reader *r, size_t source, struct ArrowArray *out)
{
	const struct source_result *result = &r->run->sources[source];
	size_t end = result->first_document + result->n_documents;

	*out = (struct ArrowArray){ 0 };
	while (r->current[source] < end) {
		size_t i = r->current[source];
		int err;

		if (r->run->documents.items[i]->unread) {
			r->current[source]++;
			continue;
		}
		err = wait_open(r, i);
		if (!err)
			err = compare_columns(r, source, i);
		if (!err)
			err = take(r, i, out);
		if (err || !out->release) {
			if (err)
				fail(r, i, err);
			finish(r, source, i);
			r->current[source] = err ? end : i + 1;
		}
		if (err || out->release)
			return err;
	}
	return 0;
}

void reader_free(struct reader *r)
{
	size_t i;

	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	atomic_store(&r->run->stopping, true);
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	for (i = 0; i < r->n_threads; i++)
		pthread_join(r->threads[i], NULL);
	/* Places are still to be looked up. */
	atomic_store(&r->run->stopping, false);
	for (i = 0; i < r->run->documents.count; i++) {
		for (; r->readings[i].queued; r->readings[i].queued--) {
			mu_array_release(&r->readings[i].queue[r->readings[i].first]);
			r->readings[i].first = (r->readings[i].first + 1) % QUEUE;
		}
		stage_close(&r->readings[i].stage);
	}
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->changed);
	free(r->readings);
	free(r->parsers);
	free(r->current);
	free(r->first);
	free(r->threads);
	free(r);
}
