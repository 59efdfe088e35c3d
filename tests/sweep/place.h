/*
 * A place where a job is run over and over, always from the same state: a former dataset
 * is there, of other data than the run is given.
 */
#ifndef SWEEP_PLACE_H
#define SWEEP_PLACE_H

#include "sweep.h"

struct job {
	const char *name;
	const char *pipeline; /* a folder of the project with pipeline.yaml */
	const char *input;    /* in that folder; copies of it are changed by sed scripts: */
	const char *variable; /* of the pipeline, that names it */
	const char *former, *invalid;
	bool without_exchange;
};

enum input { INPUT_FRESH, INPUT_FORMER, INPUT_INVALID, INPUTS };

struct place {
	const struct job *job;
	const char *program;
	char root[MAX_PATH]; /* all that is watched */
	char above[MAX_PATH], out[MAX_PATH], kept[MAX_PATH];
	char settings[INPUTS][3 * MAX_PATH];
	char pipeline[MAX_PATH];
	struct command command;
	char *arguments[16];
	char *environment[16];
	size_t n_variables;
	char variables[8][MAX_PATH];
	struct shared *shared;
	int shared_fd;

	/* The whole place, the output folder alone, and all but that. */
	struct tree former, former_out, fresh, fresh_out, others;
	char report[16384]; /* what the run prints */
};

/* Makes the place in an empty folder.  What went wrong, or NULL. */
const char *place_make(struct place *place, const struct job *job, const char *program,
		       const char *preload, const char *folder);
/* Before it is made: what tests/sweep/planted.sh, the program then, does. */
void place_plant(struct place *place, const char *plant, const char *muster);
/* Puts back what was there at the start. */
void place_restore(struct place *place);
/* One run in it. */
int place_run(struct place *place, enum input input, const struct injected *injected,
	      struct outcome *outcome, void (*seen)(const struct seen *, void *), void *data);
/* The first bytes of what a stream of the last run holds. */
void place_printed(int fd, char *text, size_t size);

#endif
