/*
 * What a plugin shares with the whole program and must leave as it was: the current
 * folder, the mask of new files' modes, the environment, limits, signals, the standard
 * descriptors, the locale and how numbers are rounded.
 *
 * muster keeps them before it loads the first plugin that is none of its own, and puts
 * them back whenever one returns.  Threads beside the first one have a folder and a mode
 * mask of their own, where the system lets them, so that a change is not seen elsewhere
 * in between.
 */
#ifndef SURROUNDINGS_H
#define SURROUNDINGS_H

/* Keeps what there is, once. */
void surroundings_keep(void);

/* Puts it back; nothing happens when nothing was kept. */
void surroundings_restore(void);

/* Gives a regular file the mode that it has when no plugin has changed the mask. */
void surroundings_mode(const char *path);

/* Numbers are read and written in the locale "C" on this thread. */
void surroundings_locale(void);

/* The first thing on each thread that calls plugins. */
void surroundings_thread(void);

#endif
