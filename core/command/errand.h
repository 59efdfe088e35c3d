/*
 * A run as a command line wants it, from reading the pipeline to its reports.
 */
#ifndef ERRAND_H
#define ERRAND_H

#include "command/command.h"
#include "report/report.h"
#include "stage/run.h"
#include "store/destination.h"

#define MAX_REPORTS 16

struct wanted_report {
	const struct report_format *format;
	const char *path; /* NULL: standard output */
	struct destination to; /* while it runs */
};

struct errand {
	const char *pipeline; /* path of its file */
	struct settings settings;
	struct run_options options;
	struct wanted_report reports[MAX_REPORTS];
	size_t n_reports;
	int color; /* enum color_choice */
	/* What is to be done with a run that has come to its end, before the reports are
	 * written; it may fail the run.  NULL: nothing. */
	void (*then)(struct run *run);
};

/* Runs it, says on standard error what was wrong, and writes the reports: to standard
 * output a text, when no other was wanted there.  Does not begin when a report cannot be
 * written, or would replace what the run reads or writes.  Gives the exit code. */
int errand_run(struct errand *s);

#endif
