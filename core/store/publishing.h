/*
 * What the files of a publication share: publish.c begins and ends it, outputs.c has what exporters
 * write, replace.c puts it in the place of the former dataset.
 */
#ifndef PUBLISHING_H
#define PUBLISHING_H

#include "store/publish.h"

/* Held while what publish_abandon() reads changes.  A thread may take it again. */
void publish_lock(void);
void publish_unlock(void);

/* What publish_abandon() is to remove; NULL: nothing. */
void publish_in_progress(struct publish *p);

/* Writes "PATH: WHAT: why", and gives `err`. */
int publish_fail(struct text *why, int err, const char *path, const char *what);

/* Says that the former dataset cannot be renamed, and gives `err`. */
int publish_unmovable(const struct publish *p, int err, struct text *why);

/* FOLDER/NAME, to be freed. */
char *publish_join(const char *folder, const char *name);

/* Closes a descriptor, and sets it to 0.  0 is none: that one is the standard input. */
void publish_close(int *fd);

/* Removes the outputs, their folders and datapackage.json from an open folder: what has a name
 * that is known can be removed without a descriptor, and without looking.  Asks for no memory. */
void publish_remove_known(const struct publish *p, int folder);

#endif
