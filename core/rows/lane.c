#include "rows/reader_state.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "rows/exporters.h"

/* Before the first batch of an item: opens a document that one lane reads, hashes a
 * piece. */
static int item_begin(struct lane *lane, const struct item *item)
{
	struct reader *r = lane->reader;
	struct stage *s = reading_instance(lane, item->document);
	int err;

	if (is_shared(r, item->document)) {
		cut_hash(lane, item->document, item->piece);
		return 0;
	}
	if (splits(r, item->document))
		return cut_short(lane, item->document);
	err = reading_open(r, item->document);
	s->item = &lane->item;
	return reading_failed(r, item->document, s, err);
}

static bool pushes_far(const struct reader *r, size_t source)
{
	return r->sources[source]->shared == r->sources[source]->count;
}

/* Through the links that come behind the parser; `named` when these name rows of it. */
static int push(struct lane *lane, size_t source, struct ArrowArray *batch, bool *named)
{
	struct reader *r = lane->reader;
	struct links *links = r->n_threads ? &lane->sources[source] : r->sources[source];
	struct links *dataset = r->n_threads ? &lane->dataset : r->dataset;
	int err = links_push(links, links->shared, batch, named);

	if (err || !batch->release || !pushes_far(r, source))
		return err;
	batch_order(r->ends[0], r->ends[source], batch);
	return links_push(dataset, dataset->shared, batch, named);
}

/* Nobody is going to look at batches that have come so far; only what is rejected of
 * them counts. */
static bool unwatched(const struct reader *r, size_t source)
{
	const struct run *run = r->run;

	return pushes_far(r, source) && r->dataset->shared == r->dataset->count &&
	       run->pipeline->on_error == ON_ERROR_STOP &&
	       (!run->publish.staging || atomic_load(&run->unfit)) && !run->rows;
}

static int parse(struct reader *r, size_t i, struct stage *s, struct ArrowArray *out)
{
	double start = clock_now();
	int err = stage_parse(s, out);

	s->seconds += clock_now() - start;
	return reading_failed(r, i, s, err);
}

/* The next batch of an item from its parser, none at the end. */
static int item_parse(struct lane *lane, size_t i, struct stage *s, struct ArrowArray *out)
{
	struct reader *r = lane->reader;
	const struct reading *rd = &r->readings[i];
	int err = 0;

	if (!splits(r, i) || is_shared(r, i))
		return parse(r, i, s, out);
	while (!err && !out->release && !rd->exhausted) {
		err = parse(r, i, s, out);
		if (!err && !out->release)
			err = cut_short(lane, i);
	}
	if (err || out->release)
		return err;
	return reading_conclude(r, i, s);
}

/* A batch of an item, through all that the lane has; none (released) when there is
 * no more. */
static int lane_batch(struct lane *lane, size_t i, struct ArrowArray *out)
{
	struct reader *r = lane->reader;
	struct stage *s = reading_instance(lane, i);
	size_t source = document_of(r, i)->source;
	bool named;
	int err = 0;

	*out = (struct ArrowArray){ 0 };
	if (atomic_load(&r->readings[i].given_up))
		return 0;
	do {
		err = item_parse(lane, i, s, out);
		if (!splits(r, i))
			document_rest(document_of(r, i));
		if (err || !out->release)
			break;
		named = s->rejecting;
		if (named)
			rejections_mark(&r->run->rejections, &s->out, out);
		s->rejecting = false;
		if (!splits(r, i))
			return 0;
		balance_add(&lane->heads[source], &s->out, out);
		err = push(lane, source, out, &named);
		if (err)
			return err;
		if (unwatched(r, source)) {
			if (named)
				exporters_withhold(r->run, r->last, out);
			mu_array_release(out);
		}
	} while (!out->release);
	if (err) {
		mu_array_release(out);
		*out = (struct ArrowArray){ 0 };
	}
	return err;
}

/* Closes what the consumer has done with. */
static void close_over(struct reader *r)
{
	for (;;) {
		size_t i = SIZE_MAX;

		pthread_mutex_lock(&r->lock);
		if (r->n_over)
			i = r->over[--r->n_over];
		pthread_mutex_unlock(&r->lock);
		if (i == SIZE_MAX)
			return;
		reading_end(r, i);
	}
}

/* A document that one lane has for itself has been read: its parser's memory is taken again
 * while it is in this processor's cache.  What it said waits for the consumer. */
static void leave(struct lane *lane, size_t i)
{
	const struct reader *r = lane->reader;

	if (!is_shared(r, i) && i != r->first[document_of(r, i)->source] &&
	    !atomic_load(&r->readings[i].given_up))
		stage_leave(reading_instance(lane, i));
}

void *lane_work(void *data)
{
	struct lane *lane = data;
	struct item *item;

	while ((item = cut_next(lane))) {
		close_over(lane->reader);
		struct ArrowArray batch = { 0 };
		int err = item_begin(lane, item);

		do {
			if (!err)
				err = lane_batch(lane, item->document, &batch);
			if (!err && !batch.release)
				leave(lane, item->document);
		} while (queue_put(lane->reader, item, &batch, err));
	}
	return NULL;
}

void lane_init(struct reader *r, size_t i)
{
	struct lane *lane = &r->lanes[i];
	size_t n = r->run->n_sources + 1;

	*lane = (struct lane){ .reader = r, .index = i };
	lane->sources = mem_alloc(n * sizeof *lane->sources);
	lane->heads = mem_alloc(n * sizeof *lane->heads);
}

int lane_start(struct reader *r, struct lane *lane)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < r->run->n_sources; i++) {
		balance_copy(&lane->heads[i], &r->records[i]->counted);
		if (r->n_threads && r->parsers[i]->plugin->api.split)
			err = links_copy(r->sources[i], &lane->sources[i], &lane->item);
	}
	if (!err && r->n_threads)
		err = links_copy(r->dataset, &lane->dataset, &lane->item);
	return err;
}

/* Without threads, the work itself: the next batch, or the end, of the next item. */
static void work_once(struct reader *r)
{
	struct lane *lane = &r->lanes[0];
	struct item *item;
	struct ArrowArray batch = { 0 };
	int err = 0;

	if (r->taken > r->done) {
		item = queue_at(r, r->done);
	} else {
		item = cut_next(lane);
		if (!item)
			return;
		err = item_begin(lane, item);
	}
	if (!err)
		err = lane_batch(lane, item->document, &batch);
	queue_put(r, item, &batch, err);
}

void lane_work_on(struct reader *r)
{
	queue_retire(r);
	while (!queue_is_due(r) && !queue_is_over(r))
		work_once(r);
}

void lane_close(struct lane *lane)
{
	size_t i;

	for (i = 0; i < lane->reader->run->n_sources; i++) {
		links_close(&lane->sources[i]);
		balance_merge(&lane->reader->records[i]->counted, &lane->heads[i]);
		balance_release(&lane->heads[i]);
	}
	links_close(&lane->dataset);
	free(lane->sources);
	free(lane->heads);
}
