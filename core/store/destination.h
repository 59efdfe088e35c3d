/*
 * Where a report goes: to standard output, to a plain file, which is replaced as a whole, or
 * to something else that can be written, such as a device, a pipe or a descriptor that whoever
 * started the program has opened (/dev/fd/3).
 *
 * It is looked for before the run, so that a run does not begin whose report would have no
 * place.  Links are followed: what they lead to is written, and they stay.
 */
#ifndef DESTINATION_H
#define DESTINATION_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/text.h"

struct destination {
	const char *shown; /* as the user gave it; NULL: standard output */
	char *path;        /* what it leads to, absolute and without links, unless it is open */
	int fd;            /* open for writing; 0: not open */
	bool plain;        /* a file to be replaced, which may be there or not */
	bool there;        /* if so, this is the file: */
	dev_t device;
	ino_t file;
};

/* Looks for it: 0, or errno with a reason.  `path` must live as long; NULL is standard
 * output.  It is to be closed in any case. */
int destination_open(struct destination *d, const char *path, struct text *why);

/* Writes it, once: 0 or errno. */
int destination_write(struct destination *d, const struct text *text);
void destination_close(struct destination *d);

/* Whether it is the file of that path, though there may be none yet.  What is written
 * through is none. */
bool destination_is(const struct destination *d, const char *path);
bool destination_is_file(const struct destination *d, dev_t device, ino_t file);

/* Whether it is a file in that folder, which is absolute and without links. */
bool destination_is_within(const struct destination *d, const char *folder);

/* Whether what is written to both would get mixed, or the one would replace the other. */
bool destinations_clash(const struct destination *a, const struct destination *b);

#endif
