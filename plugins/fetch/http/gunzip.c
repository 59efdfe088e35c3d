#define ZLIB_CONST
#include "gunzip.h"

#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

enum {
	ROOM = 128 << 10,
	ONLY_GZIP = 16 + MAX_WBITS,
};

struct gunzip {
	z_stream stream;
	bool whole; /* a member has ended, and no other begun */
	gunzip_sink *sink;
	void *data;
	uint8_t out[ROOM];
};

struct gunzip *gunzip_new(gunzip_sink *sink, void *data)
{
	struct gunzip *g = calloc(1, sizeof *g);

	if (!g)
		return NULL;
	g->sink = sink;
	g->data = data;
	if (inflateInit2(&g->stream, ONLY_GZIP) == Z_OK)
		return g;
	free(g);
	return NULL;
}

void gunzip_free(struct gunzip *g)
{
	if (g)
		inflateEnd(&g->stream);
	free(g);
}

enum gunzip_trouble gunzip_put(struct gunzip *g, const void *bytes, size_t len)
{
	int status = Z_OK;

	g->stream.next_in = bytes;
	g->stream.avail_in = (uInt)len;
	do {
		if (g->whole && g->stream.avail_in && inflateReset(&g->stream) == Z_OK)
			g->whole = false;
		g->stream.next_out = g->out;
		g->stream.avail_out = ROOM;
		status = inflate(&g->stream, Z_NO_FLUSH);
		if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
			return GUNZIP_BROKEN;
		if (g->stream.avail_out < ROOM &&
		    !g->sink(g->data, g->out, ROOM - g->stream.avail_out))
			return GUNZIP_REFUSED;
		if (status == Z_STREAM_END)
			g->whole = true;
	} while (g->stream.avail_in || !g->stream.avail_out);
	return GUNZIP_OK;
}

bool gunzip_whole(const struct gunzip *g)
{
	return g->whole;
}
