#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int writer_open(struct writer *w, const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return errno;
	*w = (struct writer){ .open = true, .fd = fd, .size = size };
	w->buffer = buffer;
	w->full = buffer + size;
	return 0;
}

static void write_all(struct writer *w, const char *data, size_t len)
{
	ssize_t n;

	while (len && !w->err) {
		n = write(w->fd, data, len);
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		} else if (!n || errno != EINTR) {
			w->err = n ? errno : EIO;
		}
	}
}

/* Always the same number of bytes, so that all but the last piece end where a page
 * of the file does. */
char *writer_drain(struct writer *w, char *at)
{
	while (at >= w->full) {
		write_all(w, w->buffer, w->size);
		memmove(w->buffer, w->full, (size_t)(at - w->full));
		at -= w->size;
	}
	return at;
}

char *writer_put(struct writer *w, char *at, const char *data, size_t len)
{
	size_t room;

	while (len) {
		at = writer_room(w, at);
		room = (size_t)(w->full - at);
		if (room > len)
			room = len;
		memcpy(at, data, room);
		at += room;
		data += room;
		len -= room;
	}
	return at;
}

int writer_finish(struct writer *w, const char *at)
{
	write_all(w, w->buffer, (size_t)(at - w->buffer));
	if (close(w->fd) && !w->err)
		w->err = errno;
	w->open = false;
	return w->err;
}

void writer_discard(struct writer *w)
{
	if (w->open)
		close(w->fd);
	w->open = false;
}
