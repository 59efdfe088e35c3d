/*
 * A run with one fault.  System calls are stopped at by a seccomp filter, so that those
 * that nobody asks about cost nothing, and changed with ptrace: a call that is to fail is
 * not made, one that is to be short is made for less.  This sees all calls, those that
 * libraries make without the C library's names too.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sweep.h"

#ifdef __x86_64__

#define SECONDS_MAX  30
#define CANNOT_TRACE 124

static volatile sig_atomic_t late;
static volatile pid_t running;

static void too_late(int number)
{
	(void)number;
	late = 1;
	if (running > 0)
		kill(-running, SIGKILL);
}

static void timer_set(int seconds)
{
	struct sigaction action = { .sa_handler = too_late, .sa_flags = SA_RESTART };
	struct itimerval timer = { .it_value.tv_sec = seconds };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static int filter_set(void)
{
	struct sock_filter filter[256];
	struct sock_fprog program = { .filter = filter };
	unsigned short n = 0;
	const struct call *c;

	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						   offsetof(struct seccomp_data, nr));
	for (c = calls; c->name; c++) {
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							   (unsigned)c->number, 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	}
	filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MARKER, 0, 1);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = n;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Other descriptors are not for the program, but for the one that it shares. */
static void descriptors_set(const struct command *command, int shared_fd)
{
	int null = open("/dev/null", O_RDONLY);

	dup2(null, STDIN_FILENO);
	dup2(command->out, STDOUT_FILENO);
	dup2(command->err, STDERR_FILENO);
	if (shared_fd >= 0)
		fcntl(shared_fd, F_SETFD, 0);
}

static _Noreturn void child(const struct command *command, int shared_fd, bool traced)
{
	struct rlimit none = { 0 };

	setpgid(0, 0);
	setrlimit(RLIMIT_CORE, &none);
	descriptors_set(command, shared_fd);
	if (chdir(command->folder))
		_exit(CANNOT_TRACE);
	if (traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(CANNOT_TRACE);
	if (traced) {
		raise(SIGSTOP);
		if (filter_set())
			_exit(CANNOT_TRACE);
	}
	execve(command->arguments[0], command->arguments, command->environment);
	_exit(CANNOT_TRACE);
}

struct trace {
	const struct injected *injected;
	struct outcome *outcome;
	void (*seen)(const struct seen *, void *);
	void *data;
	pid_t main;
	bool begun;
};

static unsigned long argument(const struct user_regs_struct *regs, int n)
{
	const unsigned long values[] = { regs->rdi, regs->rsi, regs->rdx,
					 regs->r10, regs->r8,  regs->r9 };

	return values[n];
}

static void path_of(pid_t pid, unsigned long address, char *where)
{
	/* Two pieces, since the second may lie in a page that is not there. */
	size_t first = 4096 - address % 4096;
	struct iovec to = { where, MAX_WHERE - 1 }, from[2];

	if (first > MAX_WHERE - 1)
		first = MAX_WHERE - 1;
	from[0] = (struct iovec){ (void *)address, first };
	from[1] = (struct iovec){ (void *)(address + first), MAX_WHERE - 1 - first };
	memset(where, 0, MAX_WHERE);
	process_vm_readv(pid, &to, 1, from, 2, 0);
}

static bool opens(const struct call *call)
{
	return call->number == SYS_openat || call->number == SYS_open;
}

static void describe(pid_t pid, const struct call *call, const struct user_regs_struct *regs,
		     struct seen *seen)
{
	struct stat st;
	char link[64];
	ssize_t n;

	*seen = (struct seen){ .call = call };
	if (call->path >= 0)
		path_of(pid, argument(regs, call->path), seen->where);
	if (call->fd >= 0 && (int)argument(regs, call->fd) >= 0) {
		snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)pid,
			 (int)argument(regs, call->fd));
		n = readlink(link, seen->where, MAX_WHERE - 1);
		seen->where[n < 0 ? 0 : n] = '\0';
		/* The link may be written when the descriptor may. */
		seen->writes = !lstat(link, &st) && (st.st_mode & S_IWUSR);
	}
	seen->creates = opens(call) && (argument(regs, call->flags) & O_CREAT);
}

static bool applies(const struct trace *t, pid_t pid, const struct call *call,
		    const struct user_regs_struct *regs)
{
	const struct injected *in = t->injected;
	bool first = !t->outcome->hit;
	struct seen seen;

	if (in->fault == FAULT_NONE || in->fault == FAULT_ALLOC || t->outcome->calls < in->at)
		return false;
	if (!first && !in->sticky)
		return false;
	/* A file is read in full but once in a while, and the loader counts on it. */
	if (!first && in->fault == FAULT_SHORT && !(call->can & (1U << FAULT_ENOSPC)))
		return false;
	if (faults[in->fault].signal)
		return true;
	if (!(call->can & (1U << in->fault)))
		return false;
	if (call->after || (in->fault == FAULT_ENOSPC && opens(call))) {
		describe(pid, call, regs, &seen);
		if (call->after ? !seen.writes : !seen.creates)
			return false;
	}
	if (in->fault == FAULT_ENOMEM && call->number == SYS_brk && !argument(regs, 0))
		return false;
	/* The disk is full or broken; the terminal is not. */
	return first || call->fd < 0 || argument(regs, call->fd) != STDERR_FILENO;
}

/* Whether it is on what muster prints to, by whatever descriptor: see place.c. */
static bool is_output(pid_t pid, const struct call *call, const struct user_regs_struct *regs)
{
	struct seen seen;

	if (call->fd < 0)
		return false;
	describe(pid, call, regs, &seen);
	return !strncmp(seen.where, "/memfd:out", 10) || !strncmp(seen.where, "/memfd:err", 10);
}

static void note_hit(struct trace *t, pid_t pid, const struct call *call,
		     const struct user_regs_struct *regs)
{
	struct outcome *o = t->outcome;
	bool fails = faults[t->injected->fault].error != 0;

	if (!o->hit)
		describe(pid, call, regs, &o->first);
	o->hit = true;
	o->removal_failed = o->removal_failed || (fails && call->removes);
	o->rename_failed = o->rename_failed || (fails && !strncmp(call->name, "rename", 6));
	o->output_failed = o->output_failed || (fails && is_output(pid, call, regs));
}

/* The call is made with the arguments that `changed` has, and ends; `regs` is then what the
 * program sees, which counts on its registers being as they were.  `result` replaces what
 * the call gives unless it is 0. */
static void make_call(pid_t pid, const struct user_regs_struct *regs,
		      const struct user_regs_struct *changed, long result)
{
	struct user_regs_struct after;
	int status;

	ptrace(PTRACE_SETREGS, pid, NULL, changed);
	if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) || waitpid(pid, &status, __WALL) != pid ||
	    !WIFSTOPPED(status) || ptrace(PTRACE_GETREGS, pid, NULL, &after))
		return;
	after.rdi = regs->rdi;
	after.rdx = regs->rdx;
	if (result)
		after.rax = (unsigned long)result;
	ptrace(PTRACE_SETREGS, pid, NULL, &after);
}

static void fail_call(pid_t pid, struct user_regs_struct *regs, long result)
{
	regs->orig_rax = (unsigned long)-1L;
	regs->rax = (unsigned long)result;
	ptrace(PTRACE_SETREGS, pid, NULL, regs);
}

static void inject(struct trace *t, pid_t pid, const struct call *call,
		   struct user_regs_struct *regs)
{
	const struct fault *fault = &faults[t->injected->fault];
	struct user_regs_struct changed = *regs;
	int error = fault->error;

	note_hit(t, pid, call, regs);
	if (fault->signal) {
		kill(t->main, fault->signal);
	} else if (!error) {
		if (regs->rdx > 1)
			changed.rdx /= 2;
		make_call(pid, regs, &changed, 0);
	} else if (call->after) {
		make_call(pid, regs, regs, -error);
	} else if (call->number == SYS_brk) {
		/* It gives no errno: what it gives is where the break is, as it was. */
		changed.rdi = 0;
		make_call(pid, regs, &changed, 0);
	} else {
		fail_call(pid, regs, call->number == SYS_clone3 ? -EAGAIN : -error);
	}
}

static void stopped_at_call(struct trace *t, pid_t pid)
{
	struct user_regs_struct regs;
	const struct call *call;
	struct seen seen;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs))
		return;
	if (regs.orig_rax == MARKER && regs.rdi == MARKER_ARGUMENT)
		t->begun = true;
	call = call_find((long)regs.orig_rax);
	if (!t->begun || !call)
		return;
	t->outcome->calls++;
	if (t->seen) {
		describe(pid, call, &regs, &seen);
		t->seen(&seen, t->data);
	}
	if (t->injected->without_exchange && call->number == SYS_renameat2 && regs.r8)
		fail_call(pid, &regs, -EINVAL);
	else if (applies(t, pid, call, &regs))
		inject(t, pid, call, &regs);
}

/* What a process that stopped goes on with: the signal that is for it. */
static int stopped(struct trace *t, pid_t pid, int status)
{
	int event = status >> 16, number = WSTOPSIG(status);

	if (event == PTRACE_EVENT_SECCOMP) {
		stopped_at_call(t, pid);
		return 0;
	}
	return event || number == SIGTRAP || number == SIGSTOP ? 0 : number;
}

static int trace_begin(pid_t pid)
{
	long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
		       PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, options))
		return EPERM;
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	return 0;
}

static void trace_to_end(struct trace *t)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid <= 0)
			continue;
		if (WIFSTOPPED(status)) {
			int number = stopped(t, pid, status);

			ptrace(PTRACE_CONT, pid, NULL, number);
		} else if (pid == t->main) {
			t->outcome->status = status;
			kill(-pid, SIGKILL);
		}
	}
}

static void stream_empty(int fd)
{
	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))
		perror("sweep: stream");
}

int trace_run(const struct command *command, const struct injected *injected, struct shared *shared,
	      int shared_fd, struct outcome *outcome, void (*seen)(const struct seen *, void *),
	      void *data)
{
	bool traced = seen || injected->without_exchange ||
		      (injected->fault != FAULT_NONE && injected->fault != FAULT_ALLOC);
	struct trace t = { injected, outcome, seen, data, .begun = false };
	int err = 0;

	*outcome = (struct outcome){ 0 };
	stream_empty(command->out);
	stream_empty(command->err);
	if (shared) {
		shared->count = 0;
		shared->where[0] = '\0';
		shared->fail_at = injected->fault == FAULT_ALLOC ? injected->at : 0;
		shared->sticky = injected->sticky;
	}
	late = 0;
	t.main = fork();
	if (t.main < 0)
		return errno;
	if (!t.main)
		child(command, shared ? shared_fd : -1, traced);
	running = t.main;
	timer_set(SECONDS_MAX);
	if (traced)
		err = trace_begin(t.main);
	trace_to_end(&t);
	timer_set(0);
	running = 0;
	outcome->hung = late;
	if (injected->fault == FAULT_ALLOC && shared)
		outcome->hit = shared->where[0] != '\0';
	if (WIFEXITED(outcome->status) && WEXITSTATUS(outcome->status) == CANNOT_TRACE)
		err = EPERM;
	return err;
}

#else

int trace_run(const struct command *command, const struct injected *injected, struct shared *shared,
	      int shared_fd, struct outcome *outcome, void (*seen)(const struct seen *, void *),
	      void *data)
{
	(void)command, (void)injected, (void)shared, (void)shared_fd, (void)outcome;
	(void)seen, (void)data;
	return ENOSYS;
}

#endif
