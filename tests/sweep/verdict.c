#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "verdict.h"

const char *const violation_names[VIOLATIONS] = {
	[VIOLATION_EXIT] = "exit",       [VIOLATION_ZERO] = "zero",
	[VIOLATION_BLAMES] = "blames",   [VIOLATION_SILENT] = "silent",
	[VIOLATION_DATASET] = "dataset", [VIOLATION_LEFT] = "left",
	[VIOLATION_NEXT] = "next",
};

struct judged {
	struct place *place;
	const struct injected *injected;
	const struct outcome *outcome;
	const struct fault *fault;
	unsigned violations;
	char *why;
	size_t size;
	bool former, fresh;              /* which dataset is there, whole */
	char printed[16384], said[8192]; /* to standard output, standard error */
};

static __attribute__((format(printf, 3, 4))) void violated(struct judged *j,
							   enum violation violation,
							   const char *format, ...)
{
	size_t len = strlen(j->why);
	va_list args;

	if (len && len < j->size - 3)
		len += (size_t)snprintf(j->why + len, j->size - len, "; ");
	j->violations |= 1U << violation;
	va_start(args, format);
	vsnprintf(j->why + len, j->size - len, format, args);
	va_end(args);
}

static bool says(const struct judged *j, const char *what)
{
	return strstr(j->said, what) || strstr(j->printed, what);
}

/* Whether a configuration that cannot be used is said to be so for the reason that it has.
 * The dynamic loader does not always tell it: then what it could not load. */
static bool says_reason(const struct judged *j)
{
	return says(j, strerror(j->fault->error)) || says(j, "cannot be loaded");
}

static void judge_zero(struct judged *j)
{
	if (!j->fresh)
		violated(j, VIOLATION_ZERO, "exit 0 and the new dataset is not there");
	else if (strcmp(j->printed, j->place->report) != 0)
		violated(j, VIOLATION_ZERO, "exit 0 with another report");
}

/* The dynamic loader ends the process by itself when it has no memory for what is local to
 * a thread, which nobody can catch. */
static bool loader_gave_up(const struct judged *j, int code)
{
	return j->fault->error == ENOMEM && code == 127 &&
	       (says(j, "cannot allocate memory") || says(j, "out of memory"));
}

static void judge_failed(struct judged *j, int code)
{
	char text[64];

	if (loader_gave_up(j, code))
		return;

	snprintf(text, sizeof text, "exit %d: %.40s", code, j->said);
	text[strcspn(text, "\n")] = '\0';
	if (code == 1 || (code == 2 && !says_reason(j)))
		violated(j, VIOLATION_BLAMES, "%s", text);
	else if (code != 2 && code != 3)
		violated(j, VIOLATION_EXIT, "%s", text);
	if (j->outcome->output_failed)
		return;
	if (!j->said[0])
		violated(j, VIOLATION_SILENT, "%s without a word", text);
	else if (j->fresh && !says(j, "published"))
		violated(j, VIOLATION_SILENT, "%s: that the dataset is published is not said",
			 text);
}

static void judge_status(struct judged *j)
{
	int status = j->outcome->status, signal = j->fault->signal, code = WEXITSTATUS(status);
	char text[64];

	if (j->outcome->hung) {
		violated(j, VIOLATION_EXIT, "it did not end");
	} else if (WIFSIGNALED(status)) {
		snprintf(text, sizeof text, "killed by signal %d", WTERMSIG(status));
		if (WTERMSIG(status) != signal)
			violated(j, VIOLATION_EXIT, "%s", text);
	} else if (!code) {
		judge_zero(j);
	} else if (!signal) {
		judge_failed(j, code);
	} else if (code != 128 + signal) {
		snprintf(text, sizeof text, "exit %d at a signal", code);
		violated(j, VIOLATION_EXIT, "%s", text);
	}
}

static bool may_leave(const struct judged *j)
{
	return j->fault->signal == SIGKILL || j->outcome->removal_failed;
}

/* On a file system that cannot exchange, the former dataset may stand aside for a moment. */
static bool may_lack_dataset(const struct judged *j)
{
	return j->injected->without_exchange && j->fault->signal == SIGKILL;
}

/* Where renaming has failed for good, nobody can put the former dataset back: it may stand
 * beside its place if it is whole there and muster has said where. */
static bool stands_aside(const struct judged *j, char *path, size_t size)
{
	static struct tree there;
	const struct dirent *entry;
	DIR *above;
	bool found = false;

	if (!j->outcome->rename_failed || !j->injected->sticky)
		return false;
	above = opendir(j->place->above);
	while (above && !found && (entry = readdir(above))) {
		snprintf(path, size, "%s/%s", j->place->above, entry->d_name);
		tree_read(&there, path, NULL);
		found = strncmp(entry->d_name, ".out.", 5) == 0 && says(j, path) &&
			tree_equal(&there, &j->place->former_out);
	}
	if (above)
		closedir(above);
	return found;
}

static void judge_tree(struct judged *j)
{
	static struct tree out, others;
	struct place *p = j->place;
	char line[2 * MAX_PATH];
	const char *wrong;
	bool aside;

	tree_read(&out, p->out, NULL);
	tree_read(&others, p->root, p->out);
	j->former = tree_equal(&out, &p->former_out);
	j->fresh = tree_equal(&out, &p->fresh_out);
	aside = !j->former && stands_aside(j, line, sizeof line);
	if (aside) {
		memmove(line, line + strlen(p->root) + 1, strlen(line) - strlen(p->root));
		name_normalise(line);
		tree_without(&others, line);
	}
	if (!j->former && !j->fresh && (out.len || !(aside || may_lack_dataset(j)))) {
		wrong = package_wrong(p->out);
		violated(j, VIOLATION_DATASET, "neither dataset is there: %s",
			 wrong ? wrong : "another one is");
	}
	if (!may_leave(j) && tree_extra(&others, &p->others, line, sizeof line))
		violated(j, VIOLATION_LEFT, "left behind: %s", line);
	if (tree_extra(&p->others, &others, line, sizeof line))
		violated(j, VIOLATION_LEFT, "was changed or taken away: %s", line);
}

static void run_next(struct judged *j, enum input input, int expected)
{
	const struct injected none = { .fault = FAULT_NONE };
	static struct tree out, others;
	struct place *p = j->place;
	struct outcome outcome;
	char line[MAX_PATH];
	bool former, fresh;

	place_run(p, input, &none, &outcome, NULL, NULL);
	tree_read(&out, p->out, NULL);
	tree_read(&others, p->root, p->out);
	former = tree_equal(&out, &p->former_out);
	fresh = tree_equal(&out, &p->fresh_out);
	if (!WIFEXITED(outcome.status) || WEXITSTATUS(outcome.status) != expected)
		violated(j, VIOLATION_NEXT, "the next run ended otherwise (%s)",
			 input == INPUT_FRESH ? "valid" : "invalid");
	if (!fresh && (!former || input == INPUT_FRESH))
		violated(j, VIOLATION_NEXT, "the next run (%s) leaves no whole dataset",
			 input == INPUT_FRESH ? "valid" : "invalid");
	if (tree_extra(&others, &p->others, line, sizeof line))
		violated(j, VIOLATION_NEXT, "the next run leaves behind: %s", line);
}

/* A run from a state that is known to end well needs not be made again. */
static void judge_next(struct judged *j)
{
	static struct tree now, known;

	tree_read(&now, j->place->root, NULL);
	if (tree_equal(&now, &j->place->former) || tree_equal(&now, &j->place->fresh) ||
	    tree_equal(&now, &known))
		return;
	run_next(j, INPUT_INVALID, 1);
	run_next(j, INPUT_FRESH, 0);
	if (!(j->violations & (1U << VIOLATION_NEXT)))
		known = now;
}

unsigned judge(struct place *place, const struct injected *injected, const struct outcome *outcome,
	       char *why, size_t size)
{
	static struct judged j;

	j = (struct judged){ .place = place,
			     .injected = injected,
			     .outcome = outcome,
			     .fault = &faults[injected->fault],
			     .why = why,
			     .size = size };
	why[0] = '\0';
	place_printed(place->command.out, j.printed, sizeof j.printed);
	place_printed(place->command.err, j.said, sizeof j.said);
	judge_tree(&j);
	judge_status(&j);
	judge_next(&j);
	return j.violations;
}
