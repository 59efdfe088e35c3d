#include "rows/reader.h"

#include <stdlib.h>
#include <string.h>

#include "rows/reader_state.h"
#include "stage/rejected.h"

#define LANE_WORK ((uint64_t)1 << 20)  /* bytes that a thread is worth while for, */
#define EACH_WORK ((uint64_t)16 << 10) /* and how many of them one more document is like */
#define MANY      64                   /* items at once, where there are many documents */

/* How many threads there is work for. */
static size_t threads_for(const struct reader *r)
{
	size_t wanted = run_jobs(r->run), whole = 0, i;
	uint64_t bytes = 0;

	for (i = 0; i < r->run->documents.count; i++) {
		if (document_of(r, i)->unread)
			continue;
		if (splits(r, i))
			bytes += document_of(r, i)->public.bytes + EACH_WORK;
		else
			whole++;
	}
	if (wanted < 2)
		return 0;
	if (wanted > whole + bytes / LANE_WORK)
		wanted = whole + (size_t)(bytes / LANE_WORK);
	return wanted;
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

static void sources_find(struct reader *r)
{
	struct run *run = r->run;
	size_t i;

	r->parsers = mem_alloc((run->n_sources + 1) * sizeof *r->parsers);
	r->records = mem_alloc((run->n_sources + 1) * sizeof(struct record *));
	r->first = mem_alloc((run->n_sources + 1) * sizeof *r->first);
	for (i = 0; i < run->n_sources; i++) {
		r->first[i] = first_read(run, &run->sources[i]);
		r->parsers[i] = chain_parser(run_chain(run, run->sources[i].name));
		r->records[i] = run_record(run, r->parsers[i]);
	}
}

struct reader *reader_new(struct run *run)
{
	struct reader *r = mem_alloc(sizeof *r);
	size_t i, wanted;

	r->run = run;
	r->readings = mem_alloc((run->documents.count + 1) * sizeof *r->readings);
	r->over = mem_alloc((run->documents.count + 1) * sizeof *r->over);
	sources_find(r);
	pthread_mutex_init(&r->cutting, NULL);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->opened, NULL);
	pthread_cond_init(&r->room, NULL);
	pthread_cond_init(&r->came, NULL);
	wanted = threads_for(r);
	r->n_lanes = wanted ? wanted : 1;
	r->window = 4 * r->n_lanes + 4;
	if (run->documents.count >= MANY && r->window < MANY)
		r->window = MANY;
	r->items = mem_alloc(r->window * sizeof *r->items);
	r->lanes = mem_alloc(r->n_lanes * sizeof *r->lanes);
	/* Those that several threads may ask for; the others are made when they are opened. */
	for (i = 0; i < run->documents.count; i++)
		if (is_shared(r, i) || i == r->first[document_of(r, i)->source])
			r->readings[i].instances = mem_alloc((is_shared(r, i) ? r->n_lanes : 1) *
							     sizeof *r->readings[i].instances);
	for (i = 0; i < r->n_lanes; i++)
		lane_init(r, i);
	for (i = 0; i < wanted; i++)
		if (pthread_create(&r->lanes[i].thread, NULL, lane_work, &r->lanes[i]))
			break;
	r->n_threads = i;
	return r;
}

const struct ArrowSchema *reader_schema(struct reader *r, size_t source)
{
	size_t first = r->first[source];
	int err = reading_open(r, first);
	const struct stage *s = r->readings[first].instances;

	/* Columns of which some are missing are worse than none. */
	if (err && (!s->out.release || err == ENOMEM)) {
		reading_failed(r, first, s, err);
		return NULL;
	}
	return &s->out;
}

bool reader_pushes(const struct reader *r, size_t source)
{
	return r->parsers[source]->plugin->api.split;
}

int reader_start(struct reader *r, struct links *const *sources, struct links *dataset,
		 const struct ArrowSchema *const *ends, const struct ArrowSchema *last,
		 bool *const *wanted)
{
	size_t i;
	int err = 0;

	r->sources = sources;
	r->dataset = dataset;
	r->ends = ends;
	r->last = last;
	r->wanted = wanted;
	for (i = 0; !err && i < (r->n_threads ? r->n_threads : 1); i++)
		err = lane_start(r, &r->lanes[i]);
	if (err)
		return err;
	pthread_mutex_lock(&r->lock);
	r->ready = true;
	pthread_cond_broadcast(&r->opened);
	pthread_mutex_unlock(&r->lock);
	return 0;
}

/* Ends the item at hand. */
static int item_end(struct reader *r, struct item *item, int err)
{
	if (!err && item->last)
		err = reading_finish(r, item->document);
	pthread_mutex_lock(&r->lock);
	if (r->taken - r->done++ == r->window)
		pthread_cond_broadcast(&r->room);
	pthread_mutex_unlock(&r->lock);
	return err;
}

/* Whole documents are counted here and compared with the first one. */
static int check_whole(struct reader *r, size_t i, const struct ArrowArray *batch)
{
	const struct stage *s = r->readings[i].instances;
	int err;

	if (splits(r, i) || atomic_load(&r->readings[i].given_up))
		return 0;
	err = reading_compare(r, i, s);
	if (err == GIVEN_UP)
		return 0;
	if (!err && batch->release)
		balance_add(&r->records[document_of(r, i)->source]->counted, &s->out, batch);
	return err;
}

static int lanes_merge(struct reader *r, size_t source)
{
	size_t i;
	int err = 0;

	reading_tell(r, source);
	for (i = 0; !err && i < (r->n_threads ? r->n_threads : 1); i++) {
		struct lane *lane = &r->lanes[i];

		balance_merge(&r->records[source]->counted, &lane->heads[source]);
		balance_release(&lane->heads[source]);
		if (r->n_threads)
			err = links_merge(r->sources[source], &lane->sources[source]);
	}
	return err;
}

int reader_next(struct reader *r, size_t source, struct ArrowArray *out)
{
	*out = (struct ArrowArray){ 0 };
	for (;;) {
		struct item *item;
		size_t document;
		int err;

		if (!r->n_threads)
			lane_work_on(r);
		item = queue_seek(r, source);
		if (!item)
			return stopping(r) ? ECANCELED : lanes_merge(r, source);
		r->run->item = r->done + 1;
		document = item->document; /* when its last batch is taken the item may be done */
		err = queue_next(r, item, out);
		if (!err)
			err = check_whole(r, document, out);
		if (!err && out->release && !atomic_load(&r->readings[document].given_up))
			return 0;
		if (!err && out->release) {
			mu_array_release(out);
			continue;
		}
		mu_array_release(out);
		err = item_end(r, item, err);
		if (err)
			return err;
	}
}

int reader_end(struct reader *r)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < r->n_threads; i++)
		err = links_merge(r->dataset, &r->lanes[i].dataset);
	r->run->item = UINT64_MAX;
	return err;
}

void reader_stop(struct reader *r)
{
	size_t i;

	if (!r || r->stopped)
		return;
	r->stopped = true;
	pthread_mutex_lock(&r->lock);
	atomic_store(&r->run->stopping, true);
	pthread_cond_broadcast(&r->opened);
	pthread_cond_broadcast(&r->room);
	pthread_mutex_unlock(&r->lock);
	for (i = 0; i < r->n_threads; i++)
		pthread_join(r->lanes[i].thread, NULL);
	/* Places are still to be looked up. */
	atomic_store(&r->run->stopping, false);
	queue_drop(r);
	for (i = 0; i < r->n_lanes; i++)
		lane_close(&r->lanes[i]);
}

void reader_gather(struct reader *r)
{
	size_t i;

	reading_compare_all(r);
	for (i = 0; i < r->run->documents.count; i++) {
		if (i == r->first[document_of(r, i)->source])
			reading_forget(r, i);
		else
			rejected_forget(document_of(r, i));
	}
}

void reader_free(struct reader *r)
{
	size_t i;

	if (!r)
		return;
	for (i = 0; i < r->run->documents.count; i++)
		reading_end(r, i);
	pthread_mutex_destroy(&r->cutting);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->opened);
	pthread_cond_destroy(&r->room);
	pthread_cond_destroy(&r->came);
	free(r->readings);
	free(r->over);
	free(r->parsers);
	free(r->records);
	free(r->first);
	free(r->items);
	free(r->lanes);
	free(r);
}
