/*
 * Files that are replaced as a whole: whoever looks sees the former bytes or the new ones.
 *
 * The new ones are written to a file beside it, whose name is always the same and which is
 * locked meanwhile.  So what a program that was killed has left there is used by the next,
 * and two programs take turns.
 */
#ifndef WHOLE_FILE_H
#define WHOLE_FILE_H

#include <stddef.h>

/* Writes the file; mode, group and access control lists of a former one stay.  A read-only one
 * is EACCES.  0 or errno, with the former file as it was. */
int whole_file_write(const char *path, const void *data, size_t len);

/* Whether the file could be written, as far as can be told without doing it: 0 or errno. */
int whole_file_try(const char *path);

/* Writes all bytes to a descriptor, however many writes that takes: 0 or errno. */
int write_all(int fd, const void *data, size_t len);

#endif
