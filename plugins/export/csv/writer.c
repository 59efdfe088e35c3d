#include "writer.h"

#include <string.h>

int writer_open(struct writer *w, struct mu_ctx *ctx, const char *staged, char *buffer, size_t size)
{
	*w = (struct writer){ .ctx = ctx, .staged = staged, .size = size };
	w->buffer = buffer;
	w->full = buffer + size;
	w->err = mu_append(ctx, staged, NULL, 0);
	return w->err;
}

static void write_all(struct writer *w, const char *data, size_t len)
{
	if (len && !w->err)
		w->err = mu_append(w->ctx, w->staged, data, len);
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
	if (!w->err)
		w->err = mu_append(w->ctx, w->staged, NULL, 0);
	return w->err;
}
