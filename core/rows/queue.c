/*
 * The ring of items, between the lanes and the consumer.
 *
 *        done                        taken
 *         |                            |
 *     ... [ 7 ][ 8 ][ 9 ][ 10 ][ 11 ]  .  .       window: how many there can be at once
 *           ^ whose turn it is
 *
 * A lane takes an item by adding it behind the last one.  It puts the item's batches into a
 * short queue of the item, and waits while that is full.  The consumer takes batches of the
 * item whose turn it is alone, so results come in the order of items whatever the lanes do.
 * Nobody waits for ever: the item whose turn it is belongs to a lane that works on it, since
 * items are taken in order and a lane has one at a time.
 */
#include "rows/reader_state.h"

struct item *queue_at(const struct reader *r, uint64_t number)
{
	return &r->items[number % r->window];
}

/* Whether there is a document to take an item from. */
static bool seek_document(struct reader *r)
{
	while (r->next < r->run->documents.count && document_of(r, r->next)->unread)
		r->next++;
	return r->next < r->run->documents.count;
}

void queue_retire(struct reader *r)
{
	uint64_t before = r->done;

	while (r->done < r->taken) {
		const struct item *item = queue_at(r, r->done);

		if (!item->ended || item->queued || item->last || item->err)
			break;
		r->done++;
	}
	if (r->done > before)
		pthread_cond_broadcast(&r->room);
}

bool queue_is_due(const struct reader *r)
{
	const struct item *item = queue_at(r, r->done);

	return r->done < r->taken && (item->queued || item->ended);
}

/* Whether to wake the consumer; lock held.  Short documents may wait for one another: it takes longer
 * to wake it than it has to do with one.  Who waits for the consumer, or takes the last
 * item, wakes it in any case. */
static bool is_worth_waking(const struct reader *r)
{
	return queue_is_due(r) &&
	       (r->all_taken || 2 * (r->taken - r->done) >= r->window ||
		document_of(r, queue_at(r, r->done)->document)->public.bytes > SHORT);
}

bool queue_is_over(const struct reader *r)
{
	return stopping(r) || (r->all_taken && r->taken == r->done);
}

bool queue_wait(struct reader *r)
{
	bool left = seek_document(r), go_on;

	pthread_mutex_lock(&r->lock);
	while (left && !stopping(r) && !r->ready && splits(r, r->next))
		pthread_cond_wait(&r->opened, &r->lock);
	while (left && !stopping(r) && r->taken - r->done == r->window) {
		pthread_cond_signal(&r->came);
		pthread_cond_wait(&r->room, &r->lock);
	}
	go_on = left && !stopping(r);
	r->all_taken = !left;
	if (!go_on)
		pthread_cond_signal(&r->came);
	pthread_mutex_unlock(&r->lock);
	return go_on;
}

void queue_add(struct lane *lane, bool last, int err)
{
	struct reader *r = lane->reader;
	struct item *item;

	pthread_mutex_lock(&r->lock);
	item = queue_at(r, r->taken);
	*item = (struct item){ .document = r->next,
			       .piece = r->piece,
			       .last = last,
			       .ended = err || (last && is_shared(r, r->next)),
			       .err = err };
	lane->item = ++r->taken;
	if (is_worth_waking(r))
		pthread_cond_signal(&r->came);
	pthread_mutex_unlock(&r->lock);
	r->piece++;
	if (last || err) {
		r->next++;
		r->piece = 0;
	}
}

bool queue_put(struct reader *r, struct item *item, struct ArrowArray *batch, int err)
{
	bool go_on;

	pthread_mutex_lock(&r->lock);
	while (batch->release && item->queued == QUEUE && !stopping(r)) {
		pthread_cond_signal(&r->came);
		pthread_cond_wait(&r->room, &r->lock);
	}
	if (stopping(r)) {
		mu_array_release(batch);
		item->ended = true;
		item->err = ECANCELED;
	} else if (err || !batch->release) {
		item->ended = true;
		item->err = err == GIVEN_UP ? 0 : err;
	} else {
		item->queue[(item->first + item->queued++) % QUEUE] = *batch;
	}
	go_on = !item->ended;
	queue_retire(r);
	if (is_worth_waking(r) || stopping(r))
		pthread_cond_signal(&r->came);
	pthread_mutex_unlock(&r->lock);
	return go_on;
}

struct item *queue_seek(struct reader *r, size_t source)
{
	struct item *item = NULL;

	pthread_mutex_lock(&r->lock);
	queue_retire(r);
	while (!queue_is_due(r) && !queue_is_over(r)) {
		pthread_cond_wait(&r->came, &r->lock);
		queue_retire(r);
	}
	if (r->taken > r->done)
		item = queue_at(r, r->done);
	if (item && document_of(r, item->document)->source != source)
		item = NULL;
	pthread_mutex_unlock(&r->lock);
	return item;
}

int queue_next(struct reader *r, struct item *item, struct ArrowArray *out)
{
	int err = 0;

	pthread_mutex_lock(&r->lock);
	if (item->queued) {
		*out = item->queue[item->first];
		item->first = (item->first + 1) % QUEUE;
		if (item->queued-- == QUEUE)
			pthread_cond_broadcast(&r->room);
	} else {
		err = item->ended ? item->err : ECANCELED;
	}
	pthread_mutex_unlock(&r->lock);
	return err;
}

void queue_drop(struct reader *r)
{
	for (; r->done < r->taken; r->done++) {
		struct item *item = queue_at(r, r->done);

		for (; item->queued; item->queued--) {
			mu_array_release(&item->queue[item->first]);
			item->first = (item->first + 1) % QUEUE;
		}
	}
}
