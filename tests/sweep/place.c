#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "place.h"

static const char *const folders[] = { "above", "tmp", "home", "cache", "here" };

static __attribute__((format(printf, 1, 2))) bool shell(const char *format, ...)
{
	char command[8 * MAX_PATH];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(command, sizeof command, format, args);
	va_end(args);
	return n > 0 && (size_t)n < sizeof command && !system(command);
}

static bool make_inputs(struct place *p, const char *folder)
{
	const char *scripts[INPUTS] = { "", p->job->former, p->job->invalid };
	const char *names[INPUTS] = { "fresh", "former", "invalid" };
	char from[2 * MAX_PATH], to[2 * MAX_PATH];
	size_t i;

	for (i = 0; i < INPUTS; i++) {
		snprintf(from, sizeof from, "%.900s/%.100s", folder, p->job->input);
		snprintf(to, sizeof to, "%.900s/%.100s.txt", folder, names[i]);
		if (!shell("sed -e '%s' '%s' >'%s'", scripts[i], from, to))
			return false;
		snprintf(p->settings[i], sizeof p->settings[i], "%s=%s", p->job->variable, to);
	}
	return true;
}

static bool make_folders(struct place *p, const char *folder)
{
	char path[2 * MAX_PATH];
	size_t i;

	snprintf(p->root, MAX_PATH, "%.400s/place", folder);
	snprintf(p->above, MAX_PATH, "%.400s/place/above", folder);
	snprintf(p->out, MAX_PATH, "%.400s/place/above/out", folder);
	snprintf(p->kept, MAX_PATH, "%.400s/former", folder);
	snprintf(p->pipeline, MAX_PATH, "%.400s/place/pipelines/it/pipeline.yaml", folder);
	mkdir(folder, 0700);
	mkdir(p->root, 0700);
	for (i = 0; i < sizeof folders / sizeof *folders; i++) {
		snprintf(path, sizeof path, "%s/%s", p->root, folders[i]);
		if (mkdir(path, 0700))
			return false;
	}
	snprintf(path, sizeof path, "%s/pipelines/it", p->root);
	return shell("mkdir '%s/pipelines' && cp -r '%s' '%s' && cp -r schemas '%s/schemas'",
		     p->root, p->job->pipeline, path, p->root) &&
	       make_inputs(p, path);
}

static __attribute__((format(printf, 3, 4))) void set_variable(struct place *p, const char *name,
							       const char *format, ...)
{
	char *to = p->variables[p->n_variables++];
	int n = snprintf(to, MAX_PATH, "%s=", name);
	va_list args;

	va_start(args, format);
	vsnprintf(to + n, MAX_PATH - (size_t)n, format, args);
	va_end(args);
}

void place_plant(struct place *p, const char *plant, const char *muster)
{
	set_variable(p, "PLANT", "%s", plant);
	set_variable(p, "MUSTER", "%s", muster);
}

static void make_command(struct place *p, const char *preload)
{
	static char run[] = "run", set[] = "--set", out[] = "--out", jobs[] = "--jobs", one[] = "1";
	char *arguments[] = { (char *)(uintptr_t)p->program,
			      run,
			      p->pipeline,
			      set,
			      p->settings[INPUT_FRESH],
			      out,
			      p->out,
			      jobs,
			      one,
			      NULL };
	size_t i;

	memcpy(p->arguments, arguments, sizeof arguments);
	set_variable(p, "PATH", "/usr/bin:/bin");
	set_variable(p, "HOME", "%.400s/home", p->root);
	set_variable(p, "TMPDIR", "%.400s/tmp", p->root);
	set_variable(p, "XDG_CACHE_HOME", "%.400s/cache", p->root);
	set_variable(p, "LD_PRELOAD", "%.400s", preload);
	set_variable(p, SHARED_VARIABLE, "%d", p->shared_fd);
	for (i = 0; i < p->n_variables; i++)
		p->environment[i] = p->variables[i];
	p->command = (struct command){ .arguments = p->arguments,
				       .environment = p->environment,
				       .folder = p->above,
				       .out = memfd_create("out", MFD_CLOEXEC),
				       .err = memfd_create("err", MFD_CLOEXEC) };
}

static bool share(struct place *p)
{
	p->shared_fd = memfd_create("shared", MFD_CLOEXEC);
	if (p->shared_fd < 0 || ftruncate(p->shared_fd, sizeof *p->shared))
		return false;
	p->shared =
		mmap(NULL, sizeof *p->shared, PROT_READ | PROT_WRITE, MAP_SHARED, p->shared_fd, 0);
	return p->shared != MAP_FAILED;
}

void place_printed(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
}

int place_run(struct place *p, enum input input, const struct injected *injected,
	      struct outcome *outcome, void (*seen)(const struct seen *, void *), void *data)
{
	p->arguments[4] = p->settings[input];
	return trace_run(&p->command, injected, p->shared, p->shared_fd, outcome, seen, data);
}

static const char *run_valid(struct place *p, enum input input, const char *what)
{
	const struct injected none = { .fault = FAULT_NONE };
	struct outcome outcome;
	static char wrong[4096];
	char printed[2048];

	if (place_run(p, input, &none, &outcome, NULL, NULL))
		return "a program cannot be run";
	if (WIFEXITED(outcome.status) && !WEXITSTATUS(outcome.status))
		return NULL;
	place_printed(p->command.err, printed, sizeof printed);
	snprintf(wrong, sizeof wrong, "%s: a run without a fault did not end with 0 (%x): %s", what,
		 (unsigned)outcome.status, printed);
	return wrong;
}

void place_restore(struct place *p)
{
	static struct tree now;
	char path[2 * MAX_PATH];
	size_t i;

	tree_read(&now, p->root, NULL);
	if (tree_equal(&now, &p->former))
		return;
	for (i = 0; i < sizeof folders / sizeof *folders; i++) {
		snprintf(path, sizeof path, "%s/%s", p->root, folders[i]);
		folder_remove(path);
		mkdir(path, 0700);
	}
	folder_copy(p->kept, p->out);
	tree_read(&now, p->root, NULL);
	if (!tree_equal(&now, &p->former)) {
		fprintf(stderr, "sweep: what the runs are given has changed\n");
		exit(2);
	}
}

const char *place_make(struct place *p, const struct job *job, const char *program,
		       const char *preload, const char *folder)
{
	const char *wrong;

	p->job = job;
	p->program = program;
	if (!share(p) || !make_folders(p, folder))
		return "its folder cannot be made";
	make_command(p, preload);
	wrong = run_valid(p, INPUT_FORMER, job->name);
	if (wrong)
		return wrong;
	folder_copy(p->out, p->kept);
	tree_read(&p->former, p->root, NULL);
	tree_read(&p->former_out, p->out, NULL);
	tree_read(&p->others, p->root, p->out);
	wrong = run_valid(p, INPUT_FRESH, job->name);
	if (!wrong)
		wrong = package_wrong(p->out);
	if (wrong)
		return wrong;
	place_printed(p->command.out, p->report, sizeof p->report);
	tree_read(&p->fresh, p->root, NULL);
	tree_read(&p->fresh_out, p->out, NULL);
	if (tree_equal(&p->former_out, &p->fresh_out))
		return "the former dataset is the same as the new one";
	/* The same once more, over the new one: it is as well a state to begin from. */
	wrong = run_valid(p, INPUT_FRESH, job->name);
	return wrong;
}
