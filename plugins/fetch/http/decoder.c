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
	struct decoder *d = calloc(1, sizeof *d);

	if (!d)
		return NULL;
	d->sink = sink;
	d->data = data;
	if (inflateInit2(&d->stream, ONLY_GZIP) == Z_OK)
		return d;
	free(d);
	return NULL;
}

void decoder_free(struct decoder *d)
{
	if (d)
		inflateEnd(&d->stream);
	free(d);
}

enum decoder_trouble decoder_put(struct decoder *d, const void *bytes, size_t len)
{
	int status = Z_OK;

	d->stream.next_in = bytes;
	d->stream.avail_in = (uInt)len;
	do {
		if (d->whole && d->stream.avail_in && inflateReset(&d->stream) == Z_OK)
			d->whole = false;
		d->stream.next_out = d->out;
		d->stream.avail_out = ROOM;
		status = inflate(&d->stream, Z_NO_FLUSH);
		if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
			return DECODER_BROKEN;
		if (d->stream.avail_out < ROOM &&
		    !d->sink(d->data, d->out, ROOM - d->stream.avail_out))
			return DECODER_REFUSED;
		if (status == Z_STREAM_END)
			d->whole = true;
	} while (d->stream.avail_in || !d->stream.avail_out);
	return DECODER_OK;
}

bool decoder_whole(const struct decoder *d)
{
	return d->whole;
}
