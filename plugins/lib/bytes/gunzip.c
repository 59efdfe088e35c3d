#include "bytes/gunzip.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	ROOM = 1 << 16,
	GZIP_ONLY = 16 + MAX_WBITS, /* as zlib has it: there has to be a gzip header */
};

/* As much of the file as there is, up to `len`. */
static int file_read(int fd, uint8_t *out, size_t len, size_t *got)
{
	ssize_t n;

	for (*got = 0; *got < len; *got += (size_t)n) {
		do
			n = read(fd, out + *got, len - *got);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return errno;
		if (!n)
			break;
	}
	return 0;
}

static int damaged(struct gunzip *g, const char *what)
{
	g->wrong = what;
	return EBADMSG;
}

int gunzip_open(struct gunzip *g, int fd)
{
	uint8_t magic[2];
	size_t got;
	int err;

	*g = (struct gunzip){ .fd = fd };
	if (lseek(fd, 0, SEEK_SET) < 0)
		return errno;
	err = file_read(fd, magic, sizeof magic, &got);
	if (err)
		return err;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return errno;
	if (got < sizeof magic || magic[0] != 0x1f || magic[1] != 0x8b)
		return 0;
	g->in = malloc(ROOM);
	if (!g->in || inflateInit2(&g->z, GZIP_ONLY) != Z_OK)
		return ENOMEM;
	g->packed = g->within = true;
	return 0;
}

void gunzip_close(struct gunzip *g)
{
	if (g->packed)
		inflateEnd(&g->z);
	free(g->in);
	*g = (struct gunzip){ 0 };
}

static int input_fill(struct gunzip *g)
{
	size_t got;
	int err = file_read(g->fd, g->in, ROOM, &got);

	g->z.next_in = g->in;
	g->z.avail_in = (uInt)got;
	return err;
}

/* Goes on with what is behind the end of a gzip file: nothing, or one more. */
static int next_begin(struct gunzip *g)
{
	if (!g->z.avail_in) {
		g->ended = true;
		return 0;
	}
	g->within = true;
	if (*g->z.next_in != 0x1f || inflateReset(&g->z) != Z_OK)
		return damaged(g, "something follows its end");
	return 0;
}

/* A step: some input or some output. */
static int unpack(struct gunzip *g)
{
	int err = g->z.avail_in ? 0 : input_fill(g);

	if (err)
		return err;
	if (!g->within)
		return next_begin(g);
	if (!g->z.avail_in)
		return damaged(g, "it is truncated");
	switch (inflate(&g->z, Z_NO_FLUSH)) {
	case Z_STREAM_END:
		g->within = false;
		return 0;
	case Z_OK:
		return 0;
	case Z_MEM_ERROR:
		return ENOMEM;
	default:
		return damaged(g, "what gzip packed is damaged");
	}
}

int gunzip_read(struct gunzip *g, void *out, size_t len, size_t *got)
{
	int err = 0;

	if (!g->packed)
		return file_read(g->fd, out, len, got);
	g->z.next_out = out;
	g->z.avail_out = (uInt)len;
	while (g->z.avail_out && !g->ended && !err)
		err = unpack(g);
	*got = len - g->z.avail_out;
	return err;
}
