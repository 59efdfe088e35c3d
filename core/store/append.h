/*
 * A file that grows at its end, written and hashed as it grows.
 *
 * A short one is written at once; for a longer one there are two threads, one for each,
 * while whoever appends goes on.  A write that fails is remembered, and nothing is
 * written any more.
 */
#ifndef APPEND_H
#define APPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct append;

/* Makes the file, or empties it; without `threads` there is none.  NULL with errno: EMLINK, and
 * nothing is emptied, when it has a second name somewhere. */
struct append *append_open(const char *path, bool threads);

/* Appends a copy of some bytes.  0, or the errno of the first write that failed; one
 * that is still under way may be told later. */
int append_put(struct append *append, const void *data, size_t len);

/* Waits until all is written: 0, or the errno of the first failure. */
int append_wait(struct append *append);

/* Waits, and gives the sha256 as 64 hexadecimal digits, and the length in bytes. */
int append_measure(struct append *append, char sha256[65], uint64_t *bytes);

/* Closes it; what is not written yet may stay so.  NULL is fine. */
void append_close(struct append *append);

#endif
