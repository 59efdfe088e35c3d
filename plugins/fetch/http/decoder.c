#define ZLIB_CONST
#include "decoder.h"

#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

enum {
	ROOM = 128 << 10,
	ONLY_GZIP = 16 + MAX_WBITS,
};

struct decoder {
	z_stream stream;
	bool whole; /* a member has ended, and no other begun */
	decoder_sink *sink;
	void *data;
	uint8_t out[ROOM];
};

struct decoder *decoder_new(decoder_sink *sink, void *data)
{
	struct decoder *g = calloc(1, sizeof *g);

	if (!g)
		return NULL;
	g->sink = sink;
	g->data = data;
	if (inflateInit2(&g->stream, ONLY_GZIP) == Z_OK)
		return g;
	free(g);
	return NULL;
}

void decoder_free(struct decoder *g)
{
	if (g)
		inflateEnd(&g->stream);
	free(g);
}

enum decoder_trouble decoder_put(struct decoder *g, const void *bytes, size_t len)
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
			return DECODER_BROKEN;
		if (g->stream.avail_out < ROOM &&
		    !g->sink(g->data, g->out, ROOM - g->stream.avail_out))
			return DECODER_REFUSED;
		if (status == Z_STREAM_END)
			g->whole = true;
	} while (g->stream.avail_in || !g->stream.avail_out);
	return DECODER_OK;
}

bool decoder_whole(const struct decoder *g)
{
	return g->whole;
}
