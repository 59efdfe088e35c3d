/*
 * Who is at work: which plugin each thread is in, told when somebody has to know.
 *
 * Whoever calls a plugin takes a turn, and ends it when the plugin has returned.  Turns
 * nest on a thread: a transform pulls from the stage before it.  One line on standard
 * error names the stage, the plugin and the document
 *
 *     - of a turn in which the program crashes, or is ended by a signal, before it dies with
 *       that signal;
 *     - of a turn in which somebody leaves: exit, _exit, quick_exit, pthread_exit, or
 *       pthread_cancel of a thread that takes turns.  A run without a verdict is never a
 *       success, so the program then ends with 3;
 *     - of a turn that has lasted for WATCH_SECONDS, and again after twice as long;
 *     - of a turn that lasts WATCH_PATIENCE seconds longer than a signal that was to end
 *       the run: the program then ends with 128 and the number of that signal.
 *
 * A thread that is made during a turn, by a plugin or a library, belongs to that turn for as
 * long as it lives.
 *
 * Before the program ends in one of these ways, what was staged is removed.
 */
#ifndef WATCH_H
#define WATCH_H

#include <pthread.h>
#include <stdbool.h>

#define WATCH_SECONDS  5.0
#define WATCH_PATIENCE 3.0

struct secrets;

struct turn {
	const char *stage;             /* "sources.list[1]", or NULL */
	const char *plugin;            /* "parse/csv" */
	const char *call;              /* "parse" */
	const char *document;          /* its uri, or NULL */
	const struct secrets *secrets; /* that the uri may have, or NULL */
	/* Private. */
	double since, told;
	bool waits;
	bool inherited; /* of a thread that was made during it */
	struct turn *outer;
};

/* The texts of a turn live until it ends. */
void turn_begin(struct turn *turn);
void turn_end(struct turn *turn);

/* This thread's turn is about that document from now on.  NULL: about none. */
void turn_document(const char *uri);

/* This thread's turn waits for somebody else, or does no longer. */
void turn_waits(bool waits);

/* This thread's turn has shown that it goes on. */
void turn_goes_on(void);

/* From here to watch_end() crashes and exits are told.  With `clean`, which may allocate
 * nothing, a run is on: turns are timed, and `clean` is called before the program ends.
 * Runs stand within one another. */
void watch_begin(void (*clean)(void));
void watch_end(void);

/* For what stands in for a function that ends the program: tells who calls it, and does
 * not return, while somebody is watching. */
void watch_leaving(const char *function, int status);

/* For what stands in for pthread_create(): `make` is called with the thread's beginning, which
 * keeps a copy of the turn at hand, and is given up when `make` fails.  Without a turn it is
 * called with `begin` and `data` as they are. */
int watch_thread(int (*make)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *),
		 pthread_t *thread, const pthread_attr_t *attributes, void *(*begin)(void *),
		 void *data);

/* For what stands in for pthread_cancel(): does not return when somebody is watching and that
 * thread takes turns. */
void watch_cancelling(pthread_t thread);

/* Whether this is no longer the process that watch_begin() was called in, but a child that
 * somebody has forked. */
bool watch_is_copy(void);

/* Ends the program at once.  Nobody is told, no destructor runs. */
_Noreturn void watch_exit(int status);

#endif
