#include "rows/reader.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "rows/exporters.h"
#include "base/interrupt.h"
#include "stage/place.h"
#include "stage/rejected.h"

#define GIVEN_UP  (-1) /* no errno: the document is at fault, and the run goes on without it */
#define QUEUE     4
#define LOOKS     2000                  /* at a lock, before a thread sleeps: some 100 us */
#define LANE_WORK ((uint64_t)1 << 20)   /* bytes that a thread is worth while for, */
#define EACH_WORK ((uint64_t)16 << 10)  /* and how many of them one more document is like */
#define SHORT     ((uint64_t)256 << 10) /* bytes; a document up to this is not shared out */
#define MANY      64                    /* items at once, where there are many documents */

/* A document on its way: the instances of its parser. */
struct reading {
	struct stage *instances; /* one a lane; of a whole document the first alone */
	bool claimed, opened;    /* the first one is being opened; is, or failed to be */
	int err;                 /* of opening that */
	struct mu_piece next;    /* where it is to be cut */
	bool parsed;             /* to the end */
	atomic_bool given_up;    /* no more is made of it, */
	atomic_bool differs;     /* since it has other columns than the first of its source */
	bool exhausted;          /* nothing is left to cut, of what one lane has for itself */
};

/* A document or a piece of one. */
struct item {
	size_t document;
	uint64_t piece; /* counted from 0 */
	struct ArrowArray queue[QUEUE];
	unsigned first, queued;
	bool last;  /* of its document */
	bool ended; /* nothing more comes into the queue */
	int err;
};

/* What one thread works with. */
struct lane {
	struct reader *reader;
	size_t index;
	uint64_t item;         /* number of the one at hand */
	struct links *sources; /* copies, one a source; without threads the run's are used */
	struct links dataset;
	struct balance *heads; /* what parsers gave, one a source */
	pthread_t thread;
};

struct reader {
	struct run *run;
	struct reading *readings;            /* one a document */
	const struct stage_config **parsers; /* one a source */
	struct record **records;             /* of these */
	size_t *first;                       /* document whose columns are the source's */

	struct links *const *sources; /* of the run */
	struct links *dataset;
	const struct ArrowSchema *const *ends; /* columns behind each source's links */
	const struct ArrowSchema *last;        /* columns behind those of the dataset */
	bool *const *wanted;

	pthread_mutex_t cutting; /* held by the lane that takes an item */
	size_t next;             /* document that it is from */
	uint64_t piece;          /* of that document */

	pthread_mutex_t lock;  /* of what follows, and of items */
	pthread_cond_t opened; /* a document, or all that comes behind */
	pthread_cond_t room;   /* for items, or in the queue of one */
	pthread_cond_t came;   /* something for the consumer */
	bool ready;
	struct item *items; /* a ring */
	size_t window;
	uint64_t taken, done; /* how many items */
	bool all_taken;
	bool stopped;
	size_t *over; /* documents whose instance a lane is to close */
	size_t n_over;

	struct lane *lanes;
	size_t n_lanes, n_threads;
};

static void relax(void)
{
#if defined __x86_64__ || defined __i386__
	__builtin_ia32_pause();
#else
	sched_yield();
#endif
}

static struct document *document_of(const struct reader *r, size_t i)
{
	return r->run->documents.items[i];
}

static bool splits(const struct reader *r, size_t i)
{
	return r->parsers[document_of(r, i)->source]->plugin->api.split != NULL;
}

/* Whether lanes share a document: a short one is one lane's from its opening to its end,
 * since more instances, and turns to wait for, would cost more than they bring. */
static bool is_shared(const struct reader *r, size_t i)
{
	return splits(r, i) && document_of(r, i)->public.bytes > SHORT;
}

static bool stopping(const struct reader *r)
{
	return interrupt_signal() || atomic_load(&r->run->stopping);
}

/* GIVEN_UP when it is the document's fault and documents can be rejected for it, which is
 * said once. */
static int give_up(struct reader *r, size_t i, const struct stage *s, int err)
{
	struct text why = { 0 };

	if (atomic_load(&r->readings[i].given_up))
		return GIVEN_UP;
	stage_failure(s, err, &why);
	if (rejected_give_up(r->run, s->config, document_of(r, i), err, why.data)) {
		atomic_store(&r->readings[i].given_up, true);
		err = GIVEN_UP;
	}
	text_release(&why);
	return err;
}

static int parser_failed(struct reader *r, size_t i, const struct stage *s, int err)
{
	struct text why = { 0 };

	if (!err || err == ECANCELED)
		return err;
	err = give_up(r, i, s, err);
	if (err == GIVEN_UP)
		return err;
	text_printf(&why, "%s: ", document_of(r, i)->public.uri);
	stage_failure(s, err, &why);
	(err == EINVAL && s->opening ? run_refuse : run_fail)(
		r->run, s->config, err,
		s->invalid && !s->failure.len ? "its options do not fit together" : why.data);
	text_release(&why);
	return err;
}

static int parser_open(struct reader *r, size_t i, struct stage *s)
{
	struct document *d = document_of(r, i);
	double start = clock_now();
	int err = stage_init(s, r->parsers[d->source], r->run->pipeline, r->run,
			     &r->run->pipeline->diagnostics);

	if (!err)
		err = stage_open(s, NULL, d);
	if (!err && !s->out.release)
		err = EPROTO;
	s->seconds += clock_now() - start;
	document_rest(d);
	return err;
}

/* Opens the first instance, unless somebody else does, and waits until it is open.
 * 0, or errno, which is not told. */
static int first_open(struct reader *r, size_t i)
{
	struct reading *rd = &r->readings[i];
	bool mine;
	int err;

	pthread_mutex_lock(&r->lock);
	mine = !rd->claimed;
	rd->claimed = true;
	while (!mine && !rd->opened)
		pthread_cond_wait(&r->opened, &r->lock);
	pthread_mutex_unlock(&r->lock);
	if (!mine)
		return rd->err;
	err = parser_open(r, i, &rd->instances[0]);
	pthread_mutex_lock(&r->lock);
	rd->opened = true;
	rd->err = err;
	pthread_cond_broadcast(&r->opened);
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

/* Every document of a source has the columns of its first one. */
static int compare_columns(struct reader *r, size_t i, const struct stage *s)
{
	size_t source = document_of(r, i)->source, first = r->first[source];
	struct text why = { 0 };

	if (same_columns(&r->readings[first].instances[0].out, &s->out))
		return 0;
	/* Which of the two is wrong is seen when all are read: see say_differing(). */
	if (r->run->pipeline->on_error == ON_ERROR_REJECT) {
		atomic_store(&r->readings[i].differs, true);
		atomic_store(&r->readings[i].given_up, true);
		return GIVEN_UP;
	}
	text_printf(&why,
		    "%s has other columns than %s; documents of one source must have the "
		    "same: name the columns in the parser's options, or make two sources",
		    document_of(r, i)->public.uri, document_of(r, first)->public.uri);
	run_fail(r->run, r->parsers[source], EINVAL, why.data);
	text_release(&why);
	return EINVAL;
}

static struct stage *instance_of(const struct lane *lane, size_t i)
{
	const struct reading *rd = &lane->reader->readings[i];

	return &rd->instances[is_shared(lane->reader, i) ? lane->index : 0];
}

/* A lane's instance for a document that is split. */
static int instance_open(struct lane *lane, size_t i)
{
	struct reader *r = lane->reader;
	struct stage *s = instance_of(lane, i);
	int err = 0;

	if (!lane->index || !is_shared(r, i))
		err = first_open(r, i);
	else if (!s->config)
		err = parser_open(r, i, s);
	if (err)
		return parser_failed(r, i, s, err);
	s->item = &lane->item;
	s->ctx.wanted = r->wanted[document_of(r, i)->source];
	return compare_columns(r, i, s);
}

static bool hash_wanted(void *asked)
{
	const struct reader *r = asked;

	return !stopping(r) && !r->run->options.no_hash &&
	       (r->run->options.details ||
		(r->run->publish.staging && !atomic_load(&r->run->unfit)));
}

static void piece_note(struct document *d, const struct mu_piece *from, uint64_t to)
{
	if (!(d->n_pieces & (d->n_pieces - 1)))
		d->pieces =
			mem_resize(d->pieces, d->n_pieces ? 2 * d->n_pieces : 1, sizeof *d->pieces);
	d->pieces[d->n_pieces++] =
		(struct mu_piece){ .from = from->from, .to = to, .mark = from->mark };
}

/* Cuts the next piece off; none is left when `last` is set. */
static int piece_cut(struct lane *lane, size_t i, bool *last)
{
	struct reader *r = lane->reader;
	struct reading *rd = &r->readings[i];
	struct mu_piece piece = rd->next;
	struct stage *s;
	double start;
	int err = atomic_load(&rd->given_up) ? GIVEN_UP : instance_open(lane, i);

	if (err)
		return err;
	s = instance_of(lane, i);
	s->window = (struct window){ .len = 0 };
	start = clock_now();
	err = stage_split(s, &piece);
	s->seconds += clock_now() - start;
	if (!err && piece.to < piece.from)
		err = EPROTO;
	if (err)
		return parser_failed(r, i, s, err);
	*last = piece.to == piece.from;
	if (*last)
		return 0;
	piece_note(document_of(r, i), &rd->next, piece.to);
	rd->next = (struct mu_piece){ .from = piece.to, .mark = piece.mark };
	return 0;
}

static struct item *item_at(const struct reader *r, uint64_t number)
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

/* Items that have come to their end and left nothing for the consumer are done.  All
 * others are ended by the consumer alone. */
static void retire(struct reader *r)
{
	uint64_t before = r->done;

	while (r->done < r->taken) {
		const struct item *item = item_at(r, r->done);

		if (!item->ended || item->queued || item->last || item->err)
			break;
		r->done++;
	}
	if (r->done > before)
		pthread_cond_broadcast(&r->room);
}

/* Whether the consumer has to look at the item whose turn it is, after retire(). */
static bool is_due(const struct reader *r)
{
	const struct item *item = item_at(r, r->done);

	return r->done < r->taken && (item->queued || item->ended);
}

/* Whether to wake the consumer.  Short documents may wait for one another: it takes longer
 * to wake it than it has to do with one.  Who waits for the consumer, or takes the last
 * item, wakes it in any case. */
static bool is_worth_waking(const struct reader *r)
{
	return is_due(r) && (r->all_taken || 2 * (r->taken - r->done) >= r->window ||
			     document_of(r, item_at(r, r->done)->document)->public.bytes > SHORT);
}

static bool is_over(const struct reader *r)
{
	return stopping(r) || (r->all_taken && r->taken == r->done);
}

/* Waits until there is room for an item from the next document. */
static bool wait_room(struct reader *r)
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

/* Makes an item of what was cut, or of an error. */
static void item_add(struct lane *lane, bool last, int err)
{
	struct reader *r = lane->reader;
	struct item *item;

	pthread_mutex_lock(&r->lock);
	item = item_at(r, r->taken);
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

/* A piece is cut in less time than it takes to sleep and be woken, and threads that
 * wake one another end up on one processor: so this looks again for a while. */
static void lock_soon(pthread_mutex_t *mutex)
{
	int i;

	for (i = 0; i < LOOKS; i++) {
		if (!pthread_mutex_trylock(mutex))
			return;
		relax();
	}
	pthread_mutex_lock(mutex);
}

/* The next item for a lane, NULL when there is none. */
static struct item *take_locked(struct lane *lane)
{
	struct reader *r = lane->reader;

	while (wait_room(r)) {
		bool last = true;
		int err = is_shared(r, r->next) ? piece_cut(lane, r->next, &last) : 0;
		struct item *item;

		if (err == GIVEN_UP) {
			last = true;
			err = 0;
		}
		item_add(lane, last, err);
		item = item_at(r, lane->item - 1);
		if (!item->ended)
			return item;
	}
	return NULL;
}

static struct item *take(struct lane *lane)
{
	struct item *item;

	lock_soon(&lane->reader->cutting);
	item = take_locked(lane);
	pthread_mutex_unlock(&lane->reader->cutting);
	return item;
}

/* Hashes the piece that a lane has just cut. */
static void piece_hash(const struct lane *lane, size_t i, uint64_t piece)
{
	const struct stage *s = instance_of(lane, i);

	document_follow(document_of(lane->reader, i), piece, s->window.offset, s->window.data,
			s->window.len, hash_wanted, lane->reader);
}

/* Cuts the next piece of a document that one lane has for itself. */
static int short_cut(struct lane *lane, size_t i)
{
	struct reading *rd = &lane->reader->readings[i];
	int err = piece_cut(lane, i, &rd->exhausted);

	if (!err && !rd->exhausted)
		piece_hash(lane, i, document_of(lane->reader, i)->n_pieces - 1);
	return err;
}

/* Before the first batch of an item: opens a document that one lane reads, hashes a
 * piece. */
static int item_begin(struct lane *lane, const struct item *item)
{
	struct reader *r = lane->reader;
	struct stage *s = instance_of(lane, item->document);
	int err;

	if (is_shared(r, item->document)) {
		piece_hash(lane, item->document, item->piece);
		return 0;
	}
	if (splits(r, item->document))
		return short_cut(lane, item->document);
	err = first_open(r, item->document);
	s->item = &lane->item;
	return parser_failed(r, item->document, s, err);
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

/* Asks the one instance that is left what it has to say of the document as a whole. */
static int document_end(struct reader *r, size_t i, struct stage *s)
{
	struct ArrowArray rest = { 0 };
	struct mu_piece piece = r->readings[i].next;
	struct text why = { 0 };
	int err = stage_split(s, &piece);

	if (!err)
		err = stage_parse(s, &rest);
	if (!err && rest.release)
		err = EPROTO;
	mu_array_release(&rest);
	err = parser_failed(r, i, s, err);
	if (!err && (err = document_read_end(document_of(r, i), &why)))
		run_fail(r->run, s->config, err, why.data);
	text_release(&why);
	return err;
}

static int parse(struct reader *r, size_t i, struct stage *s, struct ArrowArray *out)
{
	double start = clock_now();
	int err = stage_parse(s, out);

	s->seconds += clock_now() - start;
	return parser_failed(r, i, s, err);
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
			err = short_cut(lane, i);
	}
	if (err || out->release)
		return err;
	return document_end(r, i, s);
}

/* A batch of an item, through all that the lane has; none (released) when there is
 * no more. */
static int lane_batch(struct lane *lane, size_t i, struct ArrowArray *out)
{
	struct reader *r = lane->reader;
	struct stage *s = instance_of(lane, i);
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

/* Into the queue of an item; false when nothing more is to come. */
static bool put(struct reader *r, struct item *item, struct ArrowArray *batch, int err)
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
	retire(r);
	if (is_worth_waking(r) || stopping(r))
		pthread_cond_signal(&r->came);
	pthread_mutex_unlock(&r->lock);
	return go_on;
}

/* Closes what the consumer has done with. */
static void close_over(struct reader *r)
{
	for (;;) {
		struct stage *s = NULL;

		pthread_mutex_lock(&r->lock);
		if (r->n_over)
			s = &r->readings[r->over[--r->n_over]].instances[0];
		pthread_mutex_unlock(&r->lock);
		if (!s)
			return;
		stage_close(s);
	}
}

/* A document that one lane has for itself has been read: its parser's memory is taken again
 * while it is in this processor's cache.  What it said waits for the consumer. */
static void leave(struct lane *lane, size_t i)
{
	const struct reader *r = lane->reader;

	if (!is_shared(r, i) && i != r->first[document_of(r, i)->source] &&
	    !atomic_load(&r->readings[i].given_up))
		stage_leave(instance_of(lane, i));
}

static void *work(void *data)
{
	struct lane *lane = data;
	struct item *item;

	while ((item = take(lane))) {
		close_over(lane->reader);
		struct ArrowArray batch = { 0 };
		int err = item_begin(lane, item);

		do {
			if (!err)
				err = lane_batch(lane, item->document, &batch);
			if (!err && !batch.release)
				leave(lane, item->document);
		} while (put(lane->reader, item, &batch, err));
	}
	return NULL;
}

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
	size_t i, j;

	r->parsers = mem_alloc((run->n_sources + 1) * sizeof *r->parsers);
	r->records = mem_alloc((run->n_sources + 1) * sizeof(struct record *));
	r->first = mem_alloc((run->n_sources + 1) * sizeof *r->first);
	for (i = 0; i < run->n_sources; i++) {
		r->first[i] = first_read(run, &run->sources[i]);
		for (j = 0; run->pipeline->sources[j].name != run->sources[i].name;)
			j++;
		r->parsers[i] = &run->pipeline->sources[j].stages[1];
		r->records[i] = run_record(run, r->parsers[i]);
	}
}

static void lane_init(struct reader *r, size_t i)
{
	struct lane *lane = &r->lanes[i];
	size_t n = r->run->n_sources + 1;

	*lane = (struct lane){ .reader = r, .index = i };
	lane->sources = mem_alloc(n * sizeof *lane->sources);
	lane->heads = mem_alloc(n * sizeof *lane->heads);
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
	for (i = 0; i < run->documents.count; i++)
		r->readings[i].instances = mem_alloc((is_shared(r, i) ? r->n_lanes : 1) *
						     sizeof *r->readings[i].instances);
	for (i = 0; i < r->n_lanes; i++)
		lane_init(r, i);
	for (i = 0; i < wanted; i++)
		if (pthread_create(&r->lanes[i].thread, NULL, work, &r->lanes[i]))
			break;
	r->n_threads = i;
	return r;
}

const struct ArrowSchema *reader_schema(struct reader *r, size_t source)
{
	size_t first = r->first[source];
	const struct stage *s = &r->readings[first].instances[0];
	int err = first_open(r, first);

	/* Columns of which some are missing are worse than none. */
	if (err && (!s->out.release || err == ENOMEM)) {
		parser_failed(r, first, s, err);
		return NULL;
	}
	return &s->out;
}

static int lane_start(struct reader *r, struct lane *lane)
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

/* Whether an item of the source has something for the consumer, waits until that is
 * known; none when the source has ended. */
static struct item *seek_item(struct reader *r, size_t source)
{
	struct item *item = NULL;

	pthread_mutex_lock(&r->lock);
	retire(r);
	while (!is_due(r) && !is_over(r)) {
		pthread_cond_wait(&r->came, &r->lock);
		retire(r);
	}
	if (r->taken > r->done)
		item = item_at(r, r->done);
	if (item && document_of(r, item->document)->source != source)
		item = NULL;
	pthread_mutex_unlock(&r->lock);
	return item;
}

/* Without threads, the work itself: the next batch, or the end, of the next item. */
static void work_once(struct reader *r)
{
	struct lane *lane = &r->lanes[0];
	struct item *item;
	struct ArrowArray batch = { 0 };
	int err = 0;

	if (r->taken > r->done) {
		item = item_at(r, r->done);
	} else {
		item = take(lane);
		if (!item)
			return;
		err = item_begin(lane, item);
	}
	if (!err)
		err = lane_batch(lane, item->document, &batch);
	put(r, item, &batch, err);
}

/* Until there is something for the consumer. */
static void work_on(struct reader *r)
{
	retire(r);
	while (!is_due(r) && !is_over(r))
		work_once(r);
}

/* The next batch of the item at hand, none (released) at its end. */
static int item_next(struct reader *r, struct item *item, struct ArrowArray *out)
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

/* All that a document's instances have said goes to the record.  The first document's
 * columns are looked at until the source ends, so that one stays open. */
static void document_close(struct reader *r, size_t i, struct stage *s)
{
	size_t source = document_of(r, i)->source;
	struct record *record = r->records[source];
	size_t j;

	findings_merge(&record->findings, &s->findings);
	for (j = 0; j < 3; j++) {
		record->checks[j] += s->checks[j];
		s->checks[j] = 0;
	}
	record->reported += s->reported;
	s->reported = 0;
	record->seconds += s->seconds;
	s->seconds = 0;
	if (i == r->first[source])
		return;
	if (is_shared(r, i) || !r->n_threads) {
		stage_close(s);
		return;
	}
	pthread_mutex_lock(&r->lock);
	r->over[r->n_over++] = i;
	pthread_mutex_unlock(&r->lock);
}

/* Nothing is asked of the instances any more. */
static void instances_forget(struct reader *r, size_t i)
{
	size_t j;

	for (j = 0; j < (is_shared(r, i) ? r->n_lanes : 1); j++)
		if (r->readings[i].instances[j].config)
			document_close(r, i, &r->readings[i].instances[j]);
}

static int instances_merge(struct reader *r, size_t i, struct stage **into)
{
	struct reading *rd = &r->readings[i];
	size_t j;
	int err = 0;

	*into = NULL;
	for (j = 0; j < r->n_lanes; j++) {
		struct stage *s = &rd->instances[j];

		if (!s->config)
			continue;
		if (!*into) {
			*into = s;
			s->item = &r->run->item;
		} else if (!err) {
			err = parser_failed(r, i, *into, stage_merge(*into, s));
		}
	}
	return err;
}

/* The parser of the first document of a source stays open: places can be asked of it.  A lane
 * may be closing that of any other. */
static void parser_lend(struct reader *r, size_t i, struct stage *s)
{
	struct document *d = document_of(r, i);

	if (i != r->first[d->source] || !s->config)
		return;
	s->ctx.pieces = d->pieces;
	s->ctx.n_pieces = d->n_pieces;
	place_lend(r->run, d->public.id, s);
}

/* Ends a document of which all rows have come. */
static int document_finish(struct reader *r, size_t i)
{
	struct stage *s = &r->readings[i].instances[0];
	int err = 0;

	if (atomic_load(&r->readings[i].given_up)) {
		document_of(r, i)->cut = true;
		instances_forget(r, i);
		return 0;
	}
	if (is_shared(r, i)) {
		err = instances_merge(r, i, &s);
		if (!err)
			err = document_end(r, i, s);
	}
	r->readings[i].parsed = !err;
	if (err == GIVEN_UP)
		err = 0;
	document_of(r, i)->cut = true;
	document_close(r, i, s);
	if (r->readings[i].parsed && s)
		parser_lend(r, i, s);
	return err;
}

/* Ends the item at hand. */
static int item_end(struct reader *r, struct item *item, int err)
{
	if (!err && item->last)
		err = document_finish(r, item->document);
	pthread_mutex_lock(&r->lock);
	if (r->taken - r->done++ == r->window)
		pthread_cond_broadcast(&r->room);
	pthread_mutex_unlock(&r->lock);
	return err;
}

/* Whole documents are counted here and compared with the first one. */
static int check_whole(struct reader *r, const struct item *item, const struct ArrowArray *batch)
{
	const struct stage *s = &r->readings[item->document].instances[0];
	int err;

	if (splits(r, item->document) || atomic_load(&r->readings[item->document].given_up))
		return 0;
	err = compare_columns(r, item->document, s);
	if (err == GIVEN_UP)
		return 0;
	if (!err && batch->release)
		balance_add(&r->records[document_of(r, item->document)->source]->counted, &s->out,
			    batch);
	return err;
}

static void say_other_columns(struct reader *r, size_t i, size_t n, const char *other)
{
	struct document *d = document_of(r, i);
	struct text message = { 0 };

	text_puts(&message, "it has other columns than ");
	if (n > 1)
		text_printf(&message, "%zu other documents of its source, such as ", n);
	text_printf(&message, "%s: name the columns in the parser's options, or make two sources",
		    other);
	rejected_say(r->run, r->parsers[d->source], d, "run/other-columns", message.data);
	text_release(&message);
}

/* Documents with other columns than most of their source are wrong.  When the first one is
 * damaged its columns say nothing of the others. */
static void say_differing(struct reader *r, size_t source)
{
	const struct source_result *s = &r->run->sources[source];
	size_t first = r->first[source], differing = 0, alike = 0, last = first, i;

	for (i = s->first_document; i < s->first_document + s->n_documents; i++) {
		bool differs = atomic_load(&r->readings[i].differs);

		last = differs ? i : last;
		differing += differs;
		alike += !differs && !document_of(r, i)->unread;
	}
	if (!differing || document_of(r, first)->blame.errors)
		return;
	if (differing > alike) {
		say_other_columns(r, first, differing, document_of(r, last)->public.name);
		return;
	}
	for (i = s->first_document; i <= last; i++)
		if (atomic_load(&r->readings[i].differs))
			say_other_columns(r, i, 1, document_of(r, first)->public.name);
}

static int lanes_merge(struct reader *r, size_t source)
{
	size_t i;
	int err = 0;

	say_differing(r, source);
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
		int err;

		if (!r->n_threads)
			work_on(r);
		item = seek_item(r, source);
		if (!item)
			return stopping(r) ? ECANCELED : lanes_merge(r, source);
		r->run->item = r->done + 1;
		err = item_next(r, item, out);
		if (!err)
			err = check_whole(r, item, out);
		if (!err && out->release && !atomic_load(&r->readings[item->document].given_up))
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

static void items_drop(struct reader *r)
{
	for (; r->done < r->taken; r->done++) {
		struct item *item = item_at(r, r->done);

		for (; item->queued; item->queued--) {
			mu_array_release(&item->queue[item->first]);
			item->first = (item->first + 1) % QUEUE;
		}
	}
}

static void instances_close(struct reader *r, size_t i)
{
	size_t j;

	for (j = 0; j < (is_shared(r, i) ? r->n_lanes : 1); j++)
		stage_close(&r->readings[i].instances[j]);
	free(r->readings[i].instances);
}

static void lane_close(struct lane *lane)
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
	items_drop(r);
	for (i = 0; i < r->n_lanes; i++)
		lane_close(&r->lanes[i]);
}

/* Opens all documents, to see whether it is the first one of their source that is wrong. */
static void compare_all(struct reader *r)
{
	size_t i;

	for (i = 0; i < r->run->documents.count; i++) {
		const struct stage *own = &r->readings[i].instances[0];
		size_t first = r->first[document_of(r, i)->source];

		if (i == first || document_of(r, i)->unread || first_open(r, first) ||
		    first_open(r, i))
			continue;
		if (!same_columns(&r->readings[first].instances[0].out, &own->out))
			atomic_store(&r->readings[i].differs, true);
	}
	for (i = 0; i < r->run->n_sources; i++)
		say_differing(r, i);
}

void reader_gather(struct reader *r)
{
	size_t i;

	compare_all(r);
	for (i = 0; i < r->run->documents.count; i++) {
		if (i == r->first[document_of(r, i)->source])
			instances_forget(r, i);
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
		instances_close(r, i);
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
