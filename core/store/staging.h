/*
 * The folders that stand beside an output folder `out`, while it is replaced and after a
 * run that was killed meanwhile:
 *
 *     .out.muster-XXXXXX      what is going to be published, or, when it has changed places
 *                             with it, the former dataset
 *     .out.muster-XXXXXX-old  the former dataset, where folders cannot change places
 *
 * Who works on one holds a lock of it (flock).  A lock counts only if the folder still has
 * its name when it is held.  So one that nobody holds was left behind; a run that makes
 * one and finds it locked or gone before it has the lock itself makes another.
 *
 * What stands aside may be the only dataset that there is.  It is put back when there is
 * none in its place, and removed only if there is.
 */
#ifndef STAGING_H
#define STAGING_H

#include "base/text.h"

/* Opens and locks a folder: EWOULDBLOCK when somebody else holds it, ENOENT when it is
 * gone.  Where folders cannot be locked it is only opened. */
int folder_lock(const char *path, int *fd);

/* Makes a folder whose path is `path` and six letters instead of its last six characters,
 * and locks it.  0 or errno; asks for no memory. */
int staging_make(char *path, int *fd);

/* Puts back what stands aside of an output folder, if it is missing, and removes what
 * runs that are no longer alive have left.  0, or errno with a message when a dataset
 * could not be put back. */
int staging_recover(const char *out, struct text *why);

#endif
