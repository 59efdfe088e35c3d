#include "append.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "document.h"
#include "mem.h"

#define BLOCK   ((size_t)256 << 10)
#define BLOCKS  4
#define AT_ONCE ((uint64_t)1 << 20)  /* bytes that no thread is worth while for */
#define ON_WAY  ((uint64_t)16 << 20) /* bytes after which the disk is given something to do */

struct append {
	int fd;
	uint64_t bytes; /* that were given */
	bool threads;

	pthread_mutex_t lock; /* of what follows, once there is a thread */
	pthread_cond_t changed;
	int err;
	uint64_t written, on_way; /* to the file; of these, on their way to the disk */
	struct sha256_ctx digest; /* the thread's own, as long as blocks are left */
	bool running, closing;
	pthread_t thread;
	char *blocks[BLOCKS]; /* a ring of what is to be written, each of BLOCK bytes */
	size_t lengths[BLOCKS];
	unsigned first, count;
	size_t filled; /* of the block behind these, by who appends and without the lock */
};

struct append *append_open(const char *path, bool threads)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	struct append *a;

	if (fd < 0)
		return NULL;
	a = mem_alloc(sizeof *a);
	a->fd = fd;
	a->threads = threads;
	sha256_init(&a->digest);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	return a;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n > 0) {
			data += n;
			len -= (size_t)n;
		} else if (!n || errno != EINTR) {
			return n ? errno : EIO;
		}
	}
	return 0;
}

static int store(struct append *a, const char *data, size_t len)
{
	int err = write_all(a->fd, data, len);

	if (!err)
		sha256_update(&a->digest, len, (const uint8_t *)data);
	a->written += len;
	if (a->written - a->on_way >= ON_WAY) {
		sync_file_range(a->fd, (off_t)a->on_way, (off_t)(a->written - a->on_way),
				SYNC_FILE_RANGE_WRITE);
		a->on_way = a->written;
	}
	return err;
}

static void *work(void *data)
{
	struct append *a = data;

	pthread_mutex_lock(&a->lock);
	for (;;) {
		unsigned at = a->first;
		int err = a->err;

		if (!a->count && a->closing)
			break;
		if (!a->count) {
			pthread_cond_wait(&a->changed, &a->lock);
			continue;
		}
		pthread_mutex_unlock(&a->lock);
		if (!err)
			err = store(a, a->blocks[at], a->lengths[at]);
		pthread_mutex_lock(&a->lock);
		a->err = err;
		a->first = (a->first + 1) % BLOCKS;
		a->count--;
		pthread_cond_broadcast(&a->changed);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* Whether a thread does the work from now on. */
static bool start(struct append *a)
{
	size_t i;

	if (a->running)
		return true;
	if (!a->threads || a->bytes < AT_ONCE)
		return false;
	for (i = 0; i < BLOCKS; i++)
		a->blocks[i] = mem_alloc(BLOCK);
	a->running = !pthread_create(&a->thread, NULL, work, a);
	a->threads = a->running;
	return a->running;
}

/* Hands the block that was filled last to the thread. */
static int hand(struct append *a)
{
	int err;

	pthread_mutex_lock(&a->lock);
	a->lengths[(a->first + a->count) % BLOCKS] = a->filled;
	a->count++;
	err = a->err;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->lock);
	a->filled = 0;
	return err;
}

/* Where the block at hand begins, once the thread is done with it. */
static int block_wait(struct append *a, char **block)
{
	int err;

	pthread_mutex_lock(&a->lock);
	while (a->count == BLOCKS)
		pthread_cond_wait(&a->changed, &a->lock);
	*block = a->blocks[(a->first + a->count) % BLOCKS];
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
	while (a->count)
		pthread_cond_wait(&a->changed, &a->lock);
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
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->lock);
	if (a->running)
		pthread_join(a->thread, NULL);
	for (i = 0; i < BLOCKS; i++)
		free(a->blocks[i]);
	close(a->fd);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->changed);
	free(a);
}
