/*
 * Programs of others, run without a shell.
 *
 * A program runs in a process group of its own, with nothing to read, few variables
 * and limits on time, memory and output.  Whatever it has started ends with it, and it
 * ends with muster.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <muster/plugin.h>

#include "base/text.h"

/* How a program ended.  Zeroed is empty. */
struct ending {
	enum mu_end end;
	int status;      /* its exit status, or the signal */
	uint64_t output; /* bytes that it printed */
	char *message;   /* what it wrote to standard error, the first few lines */
};

void ending_release(struct ending *ending);

/* Runs it until it ends.  It prints to `out`, an empty file that is open to write, and
 * in its arguments "{}" stands for `document`, unless that is NULL.  `stop` is asked
 * some times a second whether to give up.  0, also when it ended badly, or an errno
 * value with the reason in `why`: ENOENT when the program is not there, ECANCELED. */
int program_run(const struct mu_program *program, const char *document, int out,
		bool (*stop)(void *), void *stop_data, struct ending *ending, struct text *why);

/* An empty file without a name, for what a program prints, in TMPDIR or /tmp; -1 with
 * errno set. */
int program_file(void);

#endif
