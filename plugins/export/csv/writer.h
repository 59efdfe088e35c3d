/*
 * A file that is written from its beginning to its end, in large pieces.
 *
 * Who writes keeps in a variable of its own where the next byte goes, `at`: first
 * writer_open()'s, then what each call gives back.  Behind writer_room() there are
 * WRITER_SPARE bytes to store, of which those count that `at` is moved by:
 *
 *     at = writer_room(&writer, at);
 *     memcpy(at, "more than is meant", 16);
 *     at += 4;
 *
 * A write that fails is remembered, and nothing is written any more; callers may
 * go on and ask later.  The runner writes, and has told why then.
 */
#ifndef WRITER_H
#define WRITER_H

#include <muster/plugin.h>

#define WRITER_SIZE  ((size_t)256 << 10) /* stays in the processor's second cache */
#define WRITER_SPARE 256

struct writer {
	struct mu_ctx *ctx;
	const char *staged; /* the output */
	int err; /* errno of the first write that failed */
	size_t size;
	char *buffer; /* its owner's */
	char *full;   /* from there on it is to be written */
};

/* Makes the file of an output.  It is written in pieces of `size` bytes; `buffer` has
 * room for them and at least WRITER_SPARE more, and stays the caller's.  0 or errno. */
int writer_open(struct writer *writer, struct mu_ctx *ctx, const char *staged, char *buffer,
		size_t size);

/* Writes what is full and moves the rest to the beginning: the new `at`. */
char *writer_drain(struct writer *writer, char *at);

static inline char *writer_room(struct writer *writer, char *at)
{
	return at < writer->full ? at : writer_drain(writer, at);
}

/* Puts bytes of any number. */
char *writer_put(struct writer *writer, char *at, const char *data, size_t len);

/* Writes what is left: 0, or the errno of the first failure. */
int writer_finish(struct writer *writer, const char *at);

#endif
