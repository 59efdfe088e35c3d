/*
 * Removing folders with all that is in them.
 *
 * It asks for no memory, so that it can be done when there is none, and tries again what
 * has failed: what stays behind lies in somebody's folder.  Links are removed, not followed.
 */
#ifndef TREE_H
#define TREE_H

/* Removes what a file or folder `name` in the open folder `parent` (or AT_FDCWD) is; one that
 * is not there is fine.  0 or errno. */
int tree_remove(int parent, const char *name);

/* Removes all that is in an open folder.  0 or errno. */
int tree_empty(int folder);

/* Removes a folder that has nothing in it; one that is not there is fine.  0 or errno. */
int tree_remove_empty(int parent, const char *name);

#endif
