#include "store/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

enum {
	ASK_MS = 100,   /* how often somebody may say stop */
	MESSAGE = 4000, /* bytes of standard error that are kept */
};

/* A program that is being run. */
struct job {
	const struct mu_program *program;
	char *path; /* of the program, absolute or from its folder on */
	char **args, **environment;
	uint64_t cpu; /* seconds of all processors */
	int out, err; /* where it prints to */
	pid_t pid;
};

int program_file(void)
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

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* A name with a slash, which may start at the folder that the program runs in. */
static char *program_at(const char *name, const char *folder)
{
	struct text path = { 0 };
	bool found;

	if (*name != '/' && folder)
		text_printf(&path, "%s/", folder);
	text_puts(&path, name);
	found = is_program(path.data);
	text_release(&path);
	return found ? mem_copy(name) : NULL;
}

/* Looks for a program; NULL when it is not there. */
static char *program_find(const char *name, const char *folder)
{
	const char *folders = secure_getenv("PATH");
	struct text path = { 0 };

	if (strchr(name, '/'))
		return program_at(name, folder);
	for (folders = folders ? folders : "/usr/bin:/bin"; *folders;) {
		size_t len = strcspn(folders, ":");

		text_clear(&path);
		text_add(&path, folders, len);
		text_printf(&path, "/%s", name);
		/* A relative folder would be one of whoever wrote the documents. */
		if (*folders == '/' && is_program(path.data))
			return path.data;
		folders += len + (folders[len] == ':');
	}
	text_release(&path);
	return NULL;
}

static size_t count(const char *const *texts)
{
	size_t n = 0;

	while (texts && texts[n])
		n++;
	return n;
}

/* Whether a program is given a variable, by its name. */
static bool has_variable(const struct mu_program *p, const char *name)
{
	const char *const *v;
	size_t len = strlen(name);

	for (v = p->variables; v && *v; v++)
		if (!strncmp(*v, name, len) && (*v)[len] == '=')
			return true;
	return false;
}

/* What every program has, unless it is given another value, and what it is given. */
static char **environment_make(const struct mu_program *p)
{
	static const struct {
		const char *name, *otherwise;
		bool inherited;
	} all[] = { { "PATH", "/usr/bin:/bin", true },
		    { "HOME", "/", true },
		    { "TMPDIR", "/tmp", true },
		    { "LC_ALL", "C.UTF-8", false } };
	size_t n_all = sizeof all / sizeof *all, given = count(p->variables), n = 0, i;
	char **out = mem_resize(NULL, n_all + given + 1, sizeof *out);

	for (i = 0; i < n_all; i++) {
		const char *value = all[i].inherited ? secure_getenv(all[i].name) : NULL;
		struct text text = { 0 };

		if (has_variable(p, all[i].name))
			continue;
		text_printf(&text, "%s=%s", all[i].name, value ? value : all[i].otherwise);
		out[n++] = text.data;
	}
	for (i = 0; i < given; i++)
		out[n++] = mem_copy(p->variables[i]);
	out[n] = NULL;
	return out;
}

static char **args_make(const struct mu_program *p, const char *document)
{
	size_t n = count(p->argv), i;
	char **out = mem_resize(NULL, n + 1, sizeof *out);

	for (i = 0; i < n; i++)
		out[i] = mem_copy(document && !strcmp(p->argv[i], "{}") ? document : p->argv[i]);
	out[n] = NULL;
	return out;
}

static void texts_free(char **texts)
{
	size_t i;

	for (i = 0; texts && texts[i]; i++)
		free(texts[i]);
	free(texts);
}

static void job_release(struct job *j)
{
	texts_free(j->environment);
	texts_free(j->args);
	free(j->path);
	if (j->err >= 0)
		close(j->err);
}

static int job_prepare(struct job *j, const char *document, struct text *why)
{
	const struct mu_program *p = j->program;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	j->environment = environment_make(p);
	j->args = args_make(p, document);
	j->cpu = (uint64_t)(p->seconds * (processors > 1 ? (double)processors : 1)) + 1;
	j->path = program_find(p->argv[0], p->folder);
	if (!j->path) {
		text_printf(why,
			    strchr(p->argv[0], '/') ? "there is no program %s that may be run"
						    : "the program %s is not installed",
			    p->argv[0]);
		if (p->package)
			text_printf(why, ": apt-get install %s", p->package);
		return ENOENT;
	}
	j->err = program_file();
	if (j->err >= 0)
		return 0;
	text_printf(why, "no temporary file can be made for %s: %s", p->argv[0], strerror(errno));
	return errno;
}

static void limit(int what, uint64_t most)
{
	struct rlimit l = { .rlim_cur = most, .rlim_max = most };

	setrlimit((__rlimit_resource_t)what, &l);
}

/* Between fork and exec: nothing here may allocate or lock. */
__attribute__((noreturn)) static void child_run(const struct job *j, pid_t parent)
{
	static const char excuse[] = "it cannot be executed\n";
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
	    dup2(j->err, 2) < 0 || (p->folder && chdir(p->folder)))
		_exit(126);
	syscall(SYS_close_range, 3U, ~0U, 0U);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_AS, p->memory);
	limit(RLIMIT_CPU, j->cpu);
	/* One byte more tells too much from just enough. */
	limit(RLIMIT_FSIZE, p->output + 1);
	execve(j->path, j->args, j->environment);
	if (write(2, excuse, sizeof excuse - 1) < 0)
		_exit(127);
	_exit(126);
}

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
	double end = clock_now() + j->program->seconds, left;
	enum mu_end how = MU_END_OK;

	while (how == MU_END_OK) {
		left = (end - clock_now()) * 1000;
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

static void ending_tell(const struct job *j, int status, struct ending *e)
{
	if (e->end == MU_END_OK && (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU))
		e->end = MU_END_TIME;
	else if (e->output > j->program->output ||
		 (WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ))
		e->end = MU_END_OUTPUT;
	else if (e->end == MU_END_OK && WIFSIGNALED(status))
		e->end = MU_END_SIGNAL;
	else if (e->end == MU_END_OK && WEXITSTATUS(status))
		e->end = MU_END_STATUS;
	e->status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static int job_run(struct job *j, bool (*stop)(void *), void *stop_data, struct ending *e,
		   struct text *why)
{
	pid_t self = getpid();
	struct stat st;
	int status = 0;

	j->pid = fork();
	if (!j->pid)
		child_run(j, self);
	if (j->pid < 0) {
		text_printf(why, "%s cannot be started: %s", j->path, strerror(errno));
		return errno;
	}
	/* Both sides do it: whoever comes first. */
	setpgid(j->pid, j->pid);
	e->end = wait_end(j, stop, stop_data);
	while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (stop(stop_data))
		return ECANCELED;
	if (fstat(j->out, &st)) {
		text_printf(why, "what %s printed cannot be read: %s", j->path, strerror(errno));
		return errno;
	}
	e->output = (uint64_t)st.st_size;
	e->message = message_read(j->err);
	ending_tell(j, status, e);
	return 0;
}

int program_run(const struct mu_program *program, const char *document, int out,
		bool (*stop)(void *), void *stop_data, struct ending *ending, struct text *why)
{
	struct job j = { .program = program, .out = out, .err = -1 };
	int err = job_prepare(&j, document, why);

	*ending = (struct ending){ 0 };
	if (!err)
		err = job_run(&j, stop, stop_data, ending, why);
	job_release(&j);
	return err;
}

void ending_release(struct ending *ending)
{
	free(ending->message);
	*ending = (struct ending){ 0 };
}
