/*
 * What a server has compressed with gzip (RFC 1952), as it comes in.
 *
 * Several members one after the other are fine; a stream that ends within one, or goes on
 * with something else, is not.
 */
#ifndef DECODER_H
#define DECODER_H

#include <stdbool.h>
#include <stddef.h>

struct decoder;

enum decoder_trouble {
	DECODER_OK,
	DECODER_BROKEN, /* it is not gzip, or damaged */
	DECODER_REFUSED, /* the sink did not want it */
};

/* Takes some decoded bytes; false stops. */
typedef bool decoder_sink(void *data, const void *bytes, size_t len);

/* NULL: memory is out. */
struct decoder *decoder_new(decoder_sink *sink, void *data);
void decoder_free(struct decoder *decoder);

enum decoder_trouble decoder_put(struct decoder *decoder, const void *bytes, size_t len);

/* Whether what came so far is whole; nothing at all is not. */
bool decoder_whole(const struct decoder *decoder);

#endif
