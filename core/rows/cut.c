#include "rows/reader_state.h"

#include <sched.h>

#include "base/clock.h"
#include "base/mem.h"

#define LOOKS 2000 /* at a lock, before a thread sleeps: some 100 us */

static void relax(void)
{
#if defined __x86_64__ || defined __i386__
	__builtin_ia32_pause();
#else
	sched_yield();
#endif
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
static int cut_piece(struct lane *lane, size_t i, bool *last)
{
	struct reader *r = lane->reader;
	struct reading *rd = &r->readings[i];
	struct mu_piece piece = rd->next;
	struct stage *s;
	double start;
	int err = atomic_load(&rd->given_up) ? GIVEN_UP : reading_instance_open(lane, i);

	if (err)
		return err;
	s = reading_instance(lane, i);
	s->window = (struct window){ .len = 0 };
	start = clock_now();
	err = stage_split(s, &piece);
	s->seconds += clock_now() - start;
	if (!err && piece.to < piece.from)
		err = EPROTO;
	if (err)
		return reading_failed(r, i, s, err);
	*last = piece.to == piece.from;
	if (*last)
		return 0;
	piece_note(document_of(r, i), &rd->next, piece.to);
	rd->next = (struct mu_piece){ .from = piece.to, .mark = piece.mark };
	return 0;
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

	while (queue_wait(r)) {
		bool last = true;
		int err = is_shared(r, r->next) ? cut_piece(lane, r->next, &last) : 0;
		struct item *item;

		if (err == GIVEN_UP) {
			last = true;
			err = 0;
		}
		queue_add(lane, last, err);
		item = queue_at(r, lane->item - 1);
		if (!item->ended)
			return item;
	}
	return NULL;
}

struct item *cut_next(struct lane *lane)
{
	struct item *item;

	lock_soon(&lane->reader->cutting);
	item = take_locked(lane);
	pthread_mutex_unlock(&lane->reader->cutting);
	return item;
}

void cut_hash(const struct lane *lane, size_t i, uint64_t piece)
{
	const struct stage *s = reading_instance(lane, i);

	document_follow(document_of(lane->reader, i), piece, s->window.offset, s->window.data,
			s->window.len, hash_wanted, lane->reader);
}

int cut_short(struct lane *lane, size_t i)
{
	struct reading *rd = &lane->reader->readings[i];
	int err = cut_piece(lane, i, &rd->exhausted);

	if (!err && !rd->exhausted)
		cut_hash(lane, i, document_of(lane->reader, i)->n_pieces - 1);
	return err;
}
