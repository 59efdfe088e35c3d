#include "filter.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "document.h"

enum {
	ASK_MS = 100,   /* how often somebody may say stop */
	MESSAGE = 2000, /* bytes of standard error that are kept */
	ARGS_MAX = 64,
};

/* A program that is being run. */
struct job {
	const struct mu_program *program;
	char *path; /* of the program */
	char *args[ARGS_MAX + 1];
	char *environment[5];
	int out, err; /* where it prints to */
	pid_t pid;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ----------------------------------------------------------------- files */

/* A file without a name, in TMPDIR or /tmp; -1 with errno set. */
static int nameless(void)
{
	const char *folder = secure_getenv("TMPDIR");
	struct text path = { 0 };
	int fd;

	if (!folder || *folder != '/')
		folder = "/tmp";
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	text_printf(&path, "%s/muster.XXXXXX", folder);
	fd = mkostemp(path.data, O_CLOEXEC);
	if (fd >= 0)
		unlink(path.data);
	text_release(&path);
	return fd;
}

/* ------------------------------------------------------------- the program */

/* Looks for a program in PATH; NULL when it is not there. */
static char *program_find(const char *name)
{
	const char *folders = secure_getenv("PATH");
	struct text path = { 0 };

	if (strchr(name, '/'))
		return access(name, X_OK) ? NULL : mem_copy(name);
	for (folders = folders ? folders : "/usr/bin:/bin"; *folders;) {
		size_t len = strcspn(folders, ":");

		text_clear(&path);
		text_add(&path, folders, len);
		text_printf(&path, "/%s", name);
		/* A relative folder would be one of whoever wrote the documents. */
		if (*folders == '/' && !access(path.data, X_OK))
			return path.data;
		folders += len + (folders[len] == ':');
	}
	text_release(&path);
	return NULL;
}

static char *variable(const char *name, const char *otherwise)
{
	const char *value = secure_getenv(name);
	struct text text = { 0 };

	text_printf(&text, "%s=%s", name, value ? value : otherwise);
	return text.data;
}

static void job_release(struct job *j)
{
	size_t i;

	for (i = 0; i < 4; i++)
		free(j->environment[i]);
	free(j->path);
	if (j->out >= 0)
		close(j->out);
	if (j->err >= 0)
		close(j->err);
}

static int job_prepare(struct job *j, const struct document *d, struct text *why)
{
	const char *const *argv = j->program->argv;
	size_t n = 0;

	j->environment[0] = variable("PATH", "/usr/bin:/bin");
	j->environment[1] = mem_copy("LC_ALL=C.UTF-8");
	j->environment[2] = variable("HOME", "/");
	j->environment[3] = variable("TMPDIR", "/tmp");
	for (; argv[n] && n < ARGS_MAX; n++)
		j->args[n] = (char *)(uintptr_t)(strcmp(argv[n], "{}") ? argv[n] : d->public.path);
	j->path = program_find(argv[0]);
	if (!j->path) {
		text_printf(why, "the program %s is not installed%s%s", argv[0],
			    j->program->package ? ": apt-get install " : "",
			    j->program->package ? j->program->package : "");
		return ENOENT;
	}
	j->out = nameless();
	j->err = nameless();
	if (j->out >= 0 && j->err >= 0)
		return 0;
	text_printf(why, "no temporary file can be made for %s: %s", argv[0], strerror(errno));
	return errno;
}

/* ------------------------------------------------------------------ child */

static void limit(int what, uint64_t most)
{
	struct rlimit l = { .rlim_cur = most, .rlim_max = most };

	setrlimit((__rlimit_resource_t)what, &l);
}

/* Between fork and exec: nothing here may allocate or lock. */
__attribute__((noreturn)) static void child_run(const struct job *j, pid_t parent)
{
	const struct mu_program *p = j->program;
	int in = open("/dev/null", O_RDONLY);
	sigset_t none;
	int i;

	sigemptyset(&none);
	for (i = 1; i < NSIG; i++)
		if (i != SIGKILL && i != SIGSTOP)
			signal(i, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (in < 0 || getppid() != parent || dup2(in, 0) < 0 || dup2(j->out, 1) < 0 ||
	    dup2(j->err, 2) < 0)
		_exit(126);
	syscall(SYS_close_range, 3U, ~0U, 0U);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_AS, p->memory);
	limit(RLIMIT_CPU, (uint64_t)p->seconds + 1);
	/* One byte more tells too much from just enough. */
	limit(RLIMIT_FSIZE, p->output + 1);
	execve(j->path, j->args, j->environment);
	_exit(126);
}

/* ----------------------------------------------------------------- parent */

/* Waits until the program ends, at most `ms`; whether it did. */
static bool ended_within(const struct job *j, int watch, int ms)
{
	struct pollfd poll_for = { .fd = watch, .events = POLLIN };
	siginfo_t info = { 0 };

	if (watch >= 0)
		poll(&poll_for, 1, ms);
	else
		usleep(1000);
	return !waitid(P_PID, (id_t)j->pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid;
}

/* MU_END_TIME when it had to be ended, else MU_END_OK: it ended, somehow. */
static enum mu_end wait_end(const struct job *j, bool (*stop)(void *), void *stop_data)
{
	int watch = (int)syscall(SYS_pidfd_open, j->pid, 0);
	double end = now() + j->program->seconds, left;
	enum mu_end how = MU_END_OK;

	while (how == MU_END_OK) {
		left = (end - now()) * 1000;
		if (ended_within(j, watch, left < 0 ? 0 : left < ASK_MS ? (int)left + 1 : ASK_MS))
			break;
		if (left <= 0 || stop(stop_data))
			how = MU_END_TIME;
	}
	/* Whatever it has left behind ends with it. */
	kill(-j->pid, SIGKILL);
	if (watch >= 0)
		close(watch);
	return how;
}

static char *message_read(int fd)
{
	char *text = mem_alloc(MESSAGE + 1);
	ssize_t n = pread(fd, text, MESSAGE, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* The file goes on as a mapping, so that any number of documents leaves none open. */
static int output_map(const struct job *j, struct printout *out, struct text *why)
{
	struct stat st;
	void *data;

	if (fstat(j->out, &st))
		return errno;
	out->len = (size_t)st.st_size;
	if (!out->len)
		return 0;
	data = mmap(NULL, out->len, PROT_READ, MAP_PRIVATE, j->out, 0);
	if (data == MAP_FAILED) {
		text_printf(why, "what %s printed cannot be mapped: %s", j->path, strerror(errno));
		return errno;
	}
	out->data = data;
	return 0;
}

static int job_run(struct job *j, bool (*stop)(void *), void *stop_data, struct printout *out,
		   struct text *why)
{
	pid_t self = getpid();
	int status = 0, err;

	j->pid = fork();
	if (!j->pid)
		child_run(j, self);
	if (j->pid < 0) {
		text_printf(why, "%s cannot be started: %s", j->path, strerror(errno));
		return errno;
	}
	/* Both sides do it: whoever comes first. */
	setpgid(j->pid, j->pid);
	out->end = wait_end(j, stop, stop_data);
	while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (stop(stop_data))
		return ECANCELED;
	err = output_map(j, out, why);
	if (err)
		return err;
	out->message = message_read(j->err);
	if (out->end == MU_END_OK && (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU))
		out->end = MU_END_TIME;
	else if (out->len > j->program->output ||
		 (WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ))
		out->end = MU_END_OUTPUT;
	else if (out->end == MU_END_OK && WIFSIGNALED(status))
		out->end = MU_END_SIGNAL;
	else if (out->end == MU_END_OK && WEXITSTATUS(status))
		out->end = MU_END_STATUS;
	out->status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

/* --------------------------------------------------------------- documents */

static char *command_of(const struct mu_program *program)
{
	struct text text = { 0 };
	const char *const *arg;

	for (arg = program->argv; *arg; arg++)
		text_printf(&text, "%s\n", *arg);
	return text.data;
}

/* The document is still the one that came in. */
static int same_document(struct document *d, struct text *why)
{
	const uint8_t *data;
	size_t len;
	int err = document_map(d, &data, &len, why);

	if (!err)
		document_unmap(d);
	return err;
}

static int filter_new(struct document *d, const struct mu_program *program, bool (*stop)(void *),
		      void *stop_data, struct printout *out, struct text *why)
{
	struct job j = { .program = program, .out = -1, .err = -1 };
	int err = job_prepare(&j, d, why);

	if (!err)
		err = job_run(&j, stop, stop_data, out, why);
	if (!err)
		err = same_document(d, why);
	job_release(&j);
	return err;
}

static void printouts_free(struct printout *p)
{
	while (p) {
		struct printout *next = p->next;

		if (p->data)
			munmap(p->data, p->len);
		free(p->command);
		free(p->message);
		free(p);
		p = next;
	}
}

int filter_run(struct document *d, const struct mu_program *program, bool (*stop)(void *),
	       void *stop_data, const struct printout **out, struct text *why)
{
	char *command = command_of(program);
	struct filtered *f = d->filtered;
	struct printout *p;
	int err = 0;

	pthread_mutex_lock(&f->lock);
	for (p = f->printouts; p && strcmp(p->command, command) != 0; p = p->next)
		;
	if (!p) {
		p = mem_alloc(sizeof *p);
		p->command = command;
		command = NULL;
		err = filter_new(d, program, stop, stop_data, p, why);
		if (err) {
			printouts_free(p);
		} else {
			p->next = f->printouts;
			f->printouts = p;
		}
	}
	*out = err ? NULL : p;
	pthread_mutex_unlock(&f->lock);
	free(command);
	return err;
}

void filtered_init(struct filtered *f)
{
	*f = (struct filtered){ 0 };
	pthread_mutex_init(&f->lock, NULL);
}

void filtered_rest(struct filtered *f)
{
	pthread_mutex_lock(&f->lock);
	for (const struct printout *p = f->printouts; p; p = p->next)
		if (p->data)
			madvise(p->data, p->len, MADV_DONTNEED);
	pthread_mutex_unlock(&f->lock);
}

void filtered_release(struct filtered *f)
{
	pthread_mutex_destroy(&f->lock);
	printouts_free(f->printouts);
}
