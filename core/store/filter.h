/*
 * Programs that turn a document into something easier to read.
 *
 * What a program prints goes to a file without a name and is kept for the rest of the
 * run, so that it runs once for each document, whoever asks.
 */
#ifndef FILTER_H
#define FILTER_H

#include <pthread.h>

#include <muster/plugin.h>

#include "base/text.h"
#include "store/program.h"

struct document;

/* What a program printed. */
struct printout {
	char *command; /* its arguments, a line feed behind each */
	uint8_t *data; /* the file, mapped; NULL when it is empty */
	size_t len;
	struct ending ending;
	struct printout *next;
};

/* What programs printed of a file. */
struct filtered {
	pthread_mutex_t lock; /* held while one runs */
	struct printout *printouts;
};

/* Runs the program on a document, unless it was.  `stop` is asked some times a second
 * whether to give up.  0, or an errno value with the reason in `why`: ENOENT when the
 * program is not there, ESTALE when the document is no longer the one that came in,
 * ECANCELED.  The printout lives as long as the document. */
int filter_run(struct document *document, const struct mu_program *program,
	       bool (*stop)(void *), void *stop_data, const struct printout **out,
	       struct text *why);

void filtered_init(struct filtered *filtered);

/* Gives back the memory that printouts have taken, until somebody reads them again. */
void filtered_rest(struct filtered *filtered);

void filtered_release(struct filtered *filtered);

#endif
