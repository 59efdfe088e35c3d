/*
 * What a server has compressed with gzip (RFC 1952), as it comes in.
 *
 * Several members one after the other are fine; a stream that ends within one, or goes on
 * with something else, is not.
 */
#ifndef GUNZIP_H
#define GUNZIP_H

#include <stdbool.h>
#include <stddef.h>

struct gunzip;

enum gunzip_trouble {
	GUNZIP_OK,
	GUNZIP_BROKEN, /* it is not gzip, or damaged */
	GUNZIP_REFUSED, /* the sink did not want it */
};

/* Takes some decoded bytes; false stops. */
typedef bool gunzip_sink(void *data, const void *bytes, size_t len);

/* NULL: memory is out. */
struct gunzip *gunzip_new(gunzip_sink *sink, void *data);
void gunzip_free(struct gunzip *gunzip);

enum gunzip_trouble gunzip_put(struct gunzip *gunzip, const void *bytes, size_t len);

/* Whether what came so far is whole; nothing at all is not. */
bool gunzip_whole(const struct gunzip *gunzip);

#endif
