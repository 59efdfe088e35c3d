/*
 * What the files of the reader share: documents, items, lanes.  See reader.h for the model.
 */
#ifndef READER_STATE_H
#define READER_STATE_H

#include <pthread.h>

#include "base/interrupt.h"
#include "rows/reader.h"

#define GIVEN_UP (-1) /* no errno: the document is at fault, and the run goes on without it */
#define QUEUE    4    /* batches of an item that wait for the consumer */
#define SHORT    ((uint64_t)256 << 10) /* bytes; a document up to this is not shared out */

/* A document on its way: the instances of its parser. */
struct reading {
	struct stage *instances; /* one a lane; of a whole document the first alone; NULL while
				    it is not open */
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

static inline struct document *document_of(const struct reader *r, size_t i)
{
	return r->run->documents.items[i];
}

static inline bool splits(const struct reader *r, size_t i)
{
	return r->parsers[document_of(r, i)->source]->plugin->api.split != NULL;
}

/* Whether lanes share a document: a short one is one lane's from its opening to its end,
 * since more instances, and turns to wait for, would cost more than they bring. */
static inline bool is_shared(const struct reader *r, size_t i)
{
	return splits(r, i) && document_of(r, i)->public.bytes > SHORT;
}

static inline bool stopping(const struct reader *r)
{
	return interrupt_signal() || atomic_load(&r->run->stopping);
}

/* reading.c: the parsers of documents. */

/* Tells the run that a parser gave `err`, which is given back (0: nothing happened); or
 * GIVEN_UP when it is the document's fault and documents can be rejected for it. */
int reading_failed(struct reader *r, size_t i, const struct stage *s, int err);

/* Opens the first instance of a document's parser, unless somebody else does, and waits
 * until it is open.  0, or errno, which is not told. */
int reading_open(struct reader *r, size_t i);

/* Every document of a source has the columns of its first one: 0, GIVEN_UP, or errno after
 * run_fail(). */
int reading_compare(struct reader *r, size_t i, const struct stage *s);

/* The instance of a document's parser that a lane has. */
struct stage *reading_instance(const struct lane *lane, size_t i);

/* Opens that instance, for a document that is split. */
int reading_instance_open(struct lane *lane, size_t i);

/* Asks the one instance that is left what it has to say of the document as a whole. */
int reading_conclude(struct reader *r, size_t i, struct stage *s);

/* Nothing is asked of the instances any more. */
void reading_forget(struct reader *r, size_t i);

/* Ends a document of which all rows have come. */
int reading_finish(struct reader *r, size_t i);

/* Documents with other columns than most of their source are wrong.  When the first one is
 * damaged its columns say nothing of the others. */
void reading_tell(struct reader *r, size_t source);

/* Closes the instances of a document. */
void reading_end(struct reader *r, size_t i);

/* Opens all documents, to see whether it is the first one of their source that is wrong. */
void reading_compare_all(struct reader *r);

/* queue.c: items on their way to the consumer. */

/* The item of a number that is not done; lock held, but for who works on it. */
struct item *queue_at(const struct reader *r, uint64_t number);

/* Items that have come to their end and left nothing for the consumer are done.  All
 * others are ended by the consumer alone.  Lock held, where there are threads. */
void queue_retire(struct reader *r);

/* Whether the consumer has to look at the item whose turn it is, after queue_retire(); lock
 * held. */
bool queue_is_due(const struct reader *r);

/* Whether nothing more is to come; lock held. */
bool queue_is_over(const struct reader *r);

/* Waits until there is room for an item from the next document; false: there is none. */
bool queue_wait(struct reader *r);

/* Makes an item of what was cut, or of an error; `cutting` held. */
void queue_add(struct lane *lane, bool last, int err);

/* Puts a batch into the queue of an item; none is its end.  False when nothing more is to
 * come. */
bool queue_put(struct reader *r, struct item *item, struct ArrowArray *batch, int err);

/* The item of a source that has something for the consumer, waits until that is known; NULL
 * when the source has ended. */
struct item *queue_seek(struct reader *r, size_t source);

/* The next batch of the item at hand, none (released) at its end. */
int queue_next(struct reader *r, struct item *item, struct ArrowArray *out);

/* Releases what nobody has taken, when all threads have ended. */
void queue_drop(struct reader *r);

/* cut.c: items are cut from documents. */

/* The next item for a lane, NULL when there is none. */
struct item *cut_next(struct lane *lane);

/* Hashes the piece that a lane has just cut. */
void cut_hash(const struct lane *lane, size_t i, uint64_t piece);

/* Cuts the next piece of a document that one lane has for itself. */
int cut_short(struct lane *lane, size_t i);

/* lane.c: a thread and what it works with. */

/* What a thread does: items, until there are none. */
void *lane_work(void *data);

/* Zeroed but for what it is allocated with. */
void lane_init(struct reader *r, size_t i);

/* All chains are open: makes the lane's copies of them. */
int lane_start(struct reader *r, struct lane *lane);

/* Without threads the consumer does the work, until there is something for it. */
void lane_work_on(struct reader *r);

/* Closes what the lane has; counts go to the records. */
void lane_close(struct lane *lane);

#endif
