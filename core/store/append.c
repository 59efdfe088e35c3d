#include "store/append.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/whole_file.h"
#include "store/document.h"

#define BLOCK   ((size_t)256 << 10)
#define BLOCKS  8
#define AT_ONCE ((uint64_t)1 << 20)  /* bytes that no thread is worth while for */
#define ON_WAY  ((uint64_t)16 << 20) /* bytes after which the disk is given something to do */

/* What is done with each block, by a thread of its own: writing waits for the disk where
 * hashing waits for nobody. */
struct worker {
	struct append *append;
	int (*job)(struct append *, const char *data, size_t len);
	uint64_t done; /* blocks; under the lock */
	bool running;
	pthread_t thread;
};

struct append {
	int fd;
	uint64_t bytes; /* that were given */
	bool threads;
	uint64_t written, on_way; /* to the file; of these, on their way to the disk */
	struct sha256_ctx digest;

	pthread_mutex_t lock; /* of what follows, once there are threads */
	pthread_cond_t more,
		fewer;   /* blocks: workers wait for the one, who appends for the other */
	bool waiting;    /* for fewer, */
	uint64_t enough; /* so many */
	int err;
	bool closing;
	char *blocks[BLOCKS]; /* a ring of what is to be written, each of BLOCK bytes */
	size_t lengths[BLOCKS];
	uint64_t full; /* how many have been filled so far */
	struct worker workers[2];

	size_t filled; /* of the next block, by who appends and without the lock */
};

struct append *append_open(const char *path, bool threads)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666), err = 0;
	struct append *a;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st))
		err = errno;
	else if (st.st_nlink > 1)
		err = EMLINK; /* it is a file of somebody else as well */
	else if (st.st_size && ftruncate(fd, 0))
		err = errno;
	if (err) {
		close(fd);
		errno = err;
		return NULL;
	}
	a = mem_alloc(sizeof *a);
	a->fd = fd;
	a->threads = threads;
	sha256_init(&a->digest);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->more, NULL);
	pthread_cond_init(&a->fewer, NULL);
	return a;
}

static int store(struct append *a, const char *data, size_t len)
{
	int err = write_all(a->fd, data, len);

	a->written += len;
	if (a->written - a->on_way >= ON_WAY) {
		sync_file_range(a->fd, (off_t)a->on_way, (off_t)(a->written - a->on_way),
				SYNC_FILE_RANGE_WRITE);
		a->on_way = a->written;
	}
	return err;
}

static int hash(struct append *a, const char *data, size_t len)
{
	sha256_update(&a->digest, len, (const uint8_t *)data);
	return 0;
}

/* Blocks that are not done with. */
static uint64_t left(const struct append *a)
{
	uint64_t some = a->workers[0].done, others = a->workers[1].done;

	return a->full - (some < others ? some : others);
}

static void *work(void *data)
{
	struct worker *w = data;
	struct append *a = w->append;

	pthread_mutex_lock(&a->lock);
	for (;;) {
		size_t at = w->done % BLOCKS;
		int err = a->err;

		if (w->done == a->full && a->closing)
			break;
		if (w->done == a->full) {
			pthread_cond_wait(&a->more, &a->lock);
			continue;
		}
		pthread_mutex_unlock(&a->lock);
		if (!err)
			err = w->job(a, a->blocks[at], a->lengths[at]);
		pthread_mutex_lock(&a->lock);
		if (!a->err)
			a->err = err;
		w->done++;
		if (a->waiting && left(a) <= a->enough)
			pthread_cond_signal(&a->fewer);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

static void worker_end(struct worker *w)
{
	if (w->running)
		pthread_join(w->thread, NULL);
	w->running = false;
}

static bool worker_start(struct append *a, struct worker *w,
			 int (*job)(struct append *, const char *, size_t))
{
	*w = (struct worker){ .append = a, .job = job };
	w->running = !pthread_create(&w->thread, NULL, work, w);
	return w->running;
}

/* Whether threads do the work from now on. */
static bool start(struct append *a)
{
	size_t i;

	if (a->workers[1].running)
		return true;
	if (!a->threads || a->bytes < AT_ONCE)
		return false;
	for (i = 0; i < BLOCKS; i++)
		a->blocks[i] = mem_alloc(BLOCK);
	a->threads =
		worker_start(a, &a->workers[0], store) && worker_start(a, &a->workers[1], hash);
	return a->threads;
}

/* Hands the block that was filled last to the threads. */
static int hand(struct append *a)
{
	int err;

	pthread_mutex_lock(&a->lock);
	a->lengths[a->full % BLOCKS] = a->filled;
	a->full++;
	err = a->err;
	pthread_cond_broadcast(&a->more);
	pthread_mutex_unlock(&a->lock);
	a->filled = 0;
	return err;
}

/* Under the lock: waits until no more than so many blocks are left. */
static void wait_for(struct append *a, uint64_t enough)
{
	a->enough = enough;
	a->waiting = true;
	while (left(a) > enough)
		pthread_cond_wait(&a->fewer, &a->lock);
	a->waiting = false;
}

/* Where the block at hand begins, once the threads are done with it.  When all are full it
 * is half of them that are waited for, so that the threads take turns less often. */
static int block_wait(struct append *a, char **block)
{
	int err;

	pthread_mutex_lock(&a->lock);
	if (left(a) == BLOCKS)
		wait_for(a, BLOCKS / 2);
	*block = a->blocks[a->full % BLOCKS];
	err = a->err;
	pthread_mutex_unlock(&a->lock);
	return err;
}

/* Adds some bytes to the block at hand: short pieces are not worth to wake the thread for. */
static int fill(struct append *a, const char *data, size_t *len)
{
	size_t room = BLOCK - a->filled;
	char *block;
	int err = block_wait(a, &block);

	if (err)
		return err;
	if (*len > room)
		*len = room;
	memcpy(block + a->filled, data, *len);
	a->filled += *len;
	return a->filled == BLOCK ? hand(a) : 0;
}

int append_put(struct append *a, const void *data, size_t len)
{
	const char *from = data;
	int err = 0;

	a->bytes += len;
	if (!start(a)) {
		if (!a->err)
			a->err = store(a, data, len);
		hash(a, data, len);
		return a->err;
	}
	while (len && !err) {
		size_t n = len;

		err = fill(a, from, &n);
		from += n;
		len -= n;
	}
	return err;
}

int append_wait(struct append *a)
{
	int err;

	if (a->filled)
		hand(a);
	pthread_mutex_lock(&a->lock);
	wait_for(a, 0);
	err = a->err;
	pthread_mutex_unlock(&a->lock);
	return err;
}

int append_measure(struct append *a, char sha256[65], uint64_t *bytes)
{
	int err = append_wait(a);

	*bytes = a->bytes;
	if (!err)
		sha256_end(&a->digest, sha256);
	return err;
}

void append_close(struct append *a)
{
	size_t i;

	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->closing = true;
	if (!a->err)
		a->err = ECANCELED; /* what is left is not wanted */
	pthread_cond_broadcast(&a->more);
	pthread_mutex_unlock(&a->lock);
	worker_end(&a->workers[0]);
	worker_end(&a->workers[1]);
	for (i = 0; i < BLOCKS; i++)
		free(a->blocks[i]);
	close(a->fd);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->more);
	pthread_cond_destroy(&a->fewer);
	free(a);
}
