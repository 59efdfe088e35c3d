/*
 * What is on its way while a source is fetched, as people see it.
 *
 *     progress_tell, progress_tell, ... progress_end     for each source
 *
 * PROGRESS_LIVE is for a terminal: one line below everything else, once the source has taken half a
 * second.  It is drawn at most 10 times a second, is cut where the terminal ends, and is gone
 * when the source is: what takes less than half a second leaves no trace.  It is about the
 * one transfer, or, where there are several, about all of them:
 *
 *     sources.un[0]: 3.4 MB of 12.0 MB, 1.2 MB/s, 0:08 left, https://example.org/a.csv
 *     sources.un[0]: 12 arrived, 8.3 MB, 1.4 MB/s, 2 under way
 *
 * PROGRESS_PLAIN is for logs, and silent where nothing takes long: that line once 10 seconds
 * have passed, the next after 20 more, then 40, then every minute.
 *
 * Both end a source that took 10 seconds or more with a line of what came in.  With `each`
 * (-v) every source ends so, and every transfer has a line when it ends.
 *
 * Names and notes are shown without secrets and control characters.  One thread at a time.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <muster/plugin.h>

#include "base/text.h"

enum progress_style { PROGRESS_NONE, PROGRESS_PLAIN, PROGRESS_LIVE };

struct progress_options {
	int fd; /* where to write; what cannot be written is left out */
	enum progress_style style;
	bool each;                     /* a line for each transfer, too */
	const struct secrets *secrets; /* borrowed; or NULL */
	double (*now)(void *clock);    /* seconds that only rise; NULL: the system's */
	void *clock;
};

/* The style that suits `fd`: none below a verbosity of 0; live on a terminal, unless TERM
 * says that it is dumb or CI that nobody looks at it; else plain. */
enum progress_style progress_style(int fd, int verbosity);

struct progress *progress_new(const struct progress_options *options);
void progress_free(struct progress *progress); /* NULL is ignored; the live line is removed */

/* A transfer of the stage has come so far; `given` is as large as this program's own. */
void progress_tell(struct progress *progress, const char *stage, const struct mu_transfer *given);

/* The stage has fetched all; without a progress_tell() before, nothing happens. */
void progress_end(struct progress *progress);

/* Writes a line to `fd`, above the live one, in any style; `line` has no line feed. */
void progress_line(struct progress *progress, const char *line);

#endif
