/*
 * The bytes of a file, unpacked if it is packed with gzip (RFC 1952).
 *
 * Several gzip files one behind the other are one, as gzip itself has it.  Length
 * and CRC at the end of each are checked, and nothing else may follow.
 */
#ifndef GUNZIP_H
#define GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zlib.h>

/* Zeroed is closed. */
struct gunzip {
	const char *wrong; /* why gunzip_read() failed, "it is truncated", unless it
			      could not read */

	int fd; /* private, as all that follows; the caller's, and stays open */
	bool packed, within, ended;
	z_stream z;
	uint8_t *in;
};

/* Begins at the start of the file, and looks whether it is packed.  0, or an errno
 * value. */
int gunzip_open(struct gunzip *g, int fd);
void gunzip_close(struct gunzip *g);

/* The next `len` bytes; `got` is less than that only at the end.  0, or an errno value:
 * EBADMSG with g->wrong when the file is damaged. */
int gunzip_read(struct gunzip *g, void *out, size_t len, size_t *got);

#endif
