#include "base/watch.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include "base/clock.h"
#include "base/exit_code.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/surroundings.h"
#include "base/text.h"

#define LINE_MAX_BYTES 2048
#define NAME_BYTES     256
#define STACK_BYTES    ((size_t)64 << 10)
#define LOOK_MS        250
#define REAL_TIME      64

/* A line in the making where nothing may be allocated. */
struct line {
	char bytes[LINE_MAX_BYTES];
	size_t len;
};

/* What a thread is in, read by other threads under its lock. */
struct seat {
	pthread_mutex_t lock;
	struct turn *top;
	struct turn last; /* a copy of it: pthread_exit unwinds the stack that it is on */
	struct seat *next;
	void *stack; /* for handlers, where the thread's own is full */
	pthread_t thread;
	bool taken;
};

/* The beginning of a thread that is made during a turn, which may be over before the thread
 * is: the texts are copies. */
struct descent {
	struct turn turn;
	char stage[NAME_BYTES], plugin[NAME_BYTES], call[NAME_BYTES];
	struct line document; /* without secrets */
	void *(*begin)(void *);
	void *data;
};

static _Thread_local struct seat own = { .lock = PTHREAD_MUTEX_INITIALIZER };
static _Thread_local struct descent *descent; /* NULL: the thread was made outside of turns */

/* Signals end a program, and there is one program: what follows is global. */
static struct seat *seats; /* under `lock` */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t leaving; /* its destructor hears of the end of a thread */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_int watching; /* how many watch_begin() have had no watch_end() */
static void (*_Atomic clean_up)(void);
static atomic_int process;     /* this one, and not a child that a plugin has forked */
static atomic_uintptr_t dying; /* the thread that tells of its crash */

static pthread_t watcher;
static bool watcher_runs;
static pthread_cond_t watcher_changed;
static bool watcher_watches, watcher_to_end; /* under `lock` */

_Noreturn void watch_exit(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

static void put(struct line *l, const char *text)
{
	size_t n = strlen(text), room = sizeof l->bytes - 1 - l->len;

	if (n > room)
		n = room;
	memcpy(l->bytes + l->len, text, n);
	l->len += n;
}

static void put_number(struct line *l, int number)
{
	char digits[16];
	size_t at = sizeof digits - 1;
	unsigned left = number < 0 ? -(unsigned)number : (unsigned)number;

	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + left % 10);
	while (left /= 10);
	if (number < 0)
		digits[--at] = '-';
	put(l, digits + at);
}

/* How many bytes of a secret stand at a text; 0: none does. */
static size_t secret_at(const struct secrets *secrets, const char *text)
{
	size_t i, longest = 0;

	for (i = 0; secrets && i < secrets->count; i++) {
		size_t n = strlen(secrets->items[i]);

		if (n > longest && !strncmp(text, secrets->items[i], n))
			longest = n;
	}
	return longest;
}

/* Without secrets, and with nothing that a terminal would act on. */
static void put_shown(struct line *l, const char *text, const struct secrets *secrets)
{
	while (*text) {
		size_t n = secret_at(secrets, text);
		char one[2] = { (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, '\0' };

		put(l, n ? "***" : one);
		text += n ? n : 1;
	}
}

static void put_who(struct line *l, const struct turn *t)
{
	put(l, "muster: ");
	if (t && t->stage) {
		put(l, t->stage);
		put(l, " (");
		put(l, t->plugin);
		put(l, ")");
	} else {
		put(l, t ? "plugin " : "the program");
		put(l, t ? t->plugin : "");
	}
	put(l, ": ");
}

static void put_where(struct line *l, const struct turn *t)
{
	if (!t)
		return;
	put(l, t->inherited ? " on a thread made in " : " in ");
	put(l, t->call);
	if (!t->document)
		return;
	put(l, ", at work on ");
	put_shown(l, t->document, t->secrets);
}

static void line_write(struct line *l)
{
	size_t done = 0;

	l->bytes[l->len++] = '\n';
	while (done < l->len) {
		ssize_t n = write(STDERR_FILENO, l->bytes + done, l->len - done);

		if (n < 0 && errno != EINTR)
			return;
		done += n > 0 ? (size_t)n : 0;
	}
}

/* The turn of the thread at hand, or the one that it was made in; NULL: there is none. */
static const struct turn *turn_at_hand(void)
{
	return own.top || !descent ? own.top : &descent->turn;
}

/* Whose turn it is when the thread at hand has none: a signal came to any of them.  Nothing
 * is waited for. */
static const struct turn *turn_of_any(void)
{
	const struct turn *found = turn_at_hand();
	struct seat *s;

	if (found || pthread_mutex_trylock(&lock))
		return found;
	for (s = seats; s && !found; s = s->next)
		found = s->top;
	pthread_mutex_unlock(&lock);
	return found;
}

_Noreturn static void end_left(const char *function, const char *status)
{
	const struct turn *t = turn_of_any();
	void (*clean)(void) = clean_up;
	struct line l = { .len = 0 };

	atomic_store(&watching, 0);
	put_who(&l, t);
	put(&l, turn_at_hand() || !t ? "called " : "somebody called ");
	put(&l, function);
	put(&l, "(");
	put(&l, status);
	put(&l, ")");
	put_where(&l, t);
	put(&l, clean ? ", before the run had its end" : ", before the program had its end");
	line_write(&l);
	if (clean)
		clean();
	watch_exit(EXIT_FAILED);
}

bool watch_is_copy(void)
{
	return atomic_load(&watching) > 0 && atomic_load(&process) != (int)getpid();
}

static bool is_watched(void)
{
	return atomic_load(&watching) > 0 && !watch_is_copy();
}

void watch_leaving(const char *function, int status)
{
	struct line number = { .len = 0 };

	if (!is_watched())
		return;
	put_number(&number, status);
	end_left(function, number.bytes);
}

static void on_leaving_exit(int status, void *data)
{
	(void)data;
	watch_leaving("exit", status);
}

static void on_leaving_quickly(void)
{
	if (is_watched())
		end_left("quick_exit", "");
}

static void stack_set(struct seat *s)
{
	stack_t stack = { .ss_size = STACK_BYTES };

	/* Sanitizers have one of their own. */
	if (!sigaltstack(NULL, &stack) && !(stack.ss_flags & SS_DISABLE))
		return;
	s->stack = mem_alloc(STACK_BYTES);
	stack = (stack_t){ .ss_sp = s->stack, .ss_size = STACK_BYTES };
	sigaltstack(&stack, NULL);
}

static void stack_free(struct seat *s)
{
	stack_t none = { .ss_flags = SS_DISABLE };

	if (s->stack)
		sigaltstack(&none, NULL);
	free(s->stack);
	s->stack = NULL;
}

/* What frames pthread_exit() has left behind AddressSanitizer takes for theirs still. */
static void frames_forget(void)
{
#ifdef __SANITIZE_ADDRESS__
	__asan_unpoison_memory_region((char *)__builtin_frame_address(0) - STACK_BYTES,
				      STACK_BYTES);
#endif
}

/* A thread ends: in the middle of a turn that is no end that anybody waits for. */
static void seat_leave(void *data)
{
	struct seat *s = data, **at;

	if (s->top && is_watched()) {
		frames_forget();
		s->top = &s->last;
		end_left("pthread_exit", "");
	}
	pthread_mutex_lock(&lock);
	for (at = &seats; *at != s;)
		at = &(*at)->next;
	*at = s->next;
	pthread_mutex_unlock(&lock);
	stack_free(s);
	s->taken = false;
}

static void begin_once(void)
{
	pthread_condattr_t monotonic;

	pthread_key_create(&leaving, seat_leave);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&watcher_changed, &monotonic);
	on_exit(on_leaving_exit, NULL);
	(void)at_quick_exit(on_leaving_quickly);
}

/* Nobody else may end a thread that takes turns where it stands. */
static void cancelling_end(void)
{
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
}

static void seat_take(struct seat *s)
{
	pthread_once(&once, begin_once);
	s->taken = true;
	s->thread = pthread_self();
	cancelling_end();
	if (!s->stack)
		stack_set(s);
	pthread_setspecific(leaving, s);
	surroundings_thread();
	pthread_mutex_lock(&lock);
	s->next = seats;
	seats = s;
	pthread_mutex_unlock(&lock);
}

void turn_begin(struct turn *t)
{
	if (!own.taken)
		seat_take(&own);
	t->since = clock_now();
	t->told = 0;
	t->waits = false;
	pthread_mutex_lock(&own.lock);
	t->outer = own.top;
	own.top = t;
	own.last = *t;
	pthread_mutex_unlock(&own.lock);
}

void turn_end(struct turn *t)
{
	pthread_mutex_lock(&own.lock);
	own.top = t->outer;
	if (own.top) {
		own.top->since = clock_now();
		own.last = *own.top;
	}
	pthread_mutex_unlock(&own.lock);
	cancelling_end();
}

void turn_document(const char *uri)
{
	if (!own.top)
		return;
	pthread_mutex_lock(&own.lock);
	own.top->document = own.last.document = uri;
	pthread_mutex_unlock(&own.lock);
}

void turn_waits(bool waits)
{
	if (!own.top)
		return;
	pthread_mutex_lock(&own.lock);
	own.top->waits = waits;
	own.top->since = clock_now();
	pthread_mutex_unlock(&own.lock);
}

void turn_goes_on(void)
{
	if (!own.top)
		return;
	pthread_mutex_lock(&own.lock);
	own.top->since = clock_now();
	pthread_mutex_unlock(&own.lock);
}

static void name_copy(char *out, const char *name)
{
	size_t len = strnlen(name, NAME_BYTES - 1);

	memcpy(out, name, len);
	out[len] = '\0';
}

static struct descent *descent_of(const struct turn *t)
{
	struct descent *d = mem_alloc(sizeof *d);

	d->turn = (struct turn){ .plugin = d->plugin, .call = d->call, .inherited = true };
	name_copy(d->plugin, t->plugin);
	name_copy(d->call, t->call);
	if (t->stage) {
		name_copy(d->stage, t->stage);
		d->turn.stage = d->stage;
	}
	if (t->document) {
		put_shown(&d->document, t->document, t->secrets);
		d->turn.document = d->document.bytes;
	}
	return d;
}

static void descent_leave(void *data)
{
	descent = NULL;
	free(data);
	if (!own.taken)
		stack_free(&own);
}

static void *descend(void *data)
{
	struct descent *d = data;
	void *given;

	descent = d;
	stack_set(&own);
	pthread_cleanup_push(descent_leave, d);
	given = d->begin(d->data);
	pthread_cleanup_pop(1);
	return given;
}

int watch_thread(int (*make)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *),
		 pthread_t *thread, const pthread_attr_t *attributes, void *(*begin)(void *),
		 void *data)
{
	const struct turn *t = turn_at_hand();
	struct descent *d;
	int err;

	if (!t || !is_watched())
		return make(thread, attributes, begin, data);
	d = descent_of(t);
	d->begin = begin;
	d->data = data;
	err = make(thread, attributes, descend, d);
	if (err)
		free(d);
	return err;
}

void watch_cancelling(pthread_t thread)
{
	struct seat *s;

	if (!is_watched())
		return;
	pthread_mutex_lock(&lock);
	for (s = seats; s && !pthread_equal(s->thread, thread); s = s->next)
		;
	pthread_mutex_unlock(&lock);
	if (s)
		end_left("pthread_cancel", "");
}

static const struct deadly {
	int number;
	bool repeats; /* what faulted does so again when the handler returns */
	const char *what;
} deadly[] = {
	{ SIGSEGV, true, "crashed with SIGSEGV" },
	{ SIGBUS, true, "crashed with SIGBUS" },
	{ SIGILL, true, "crashed with SIGILL" },
	{ SIGFPE, true, "crashed with SIGFPE" },
	{ SIGABRT, false, "gave up with SIGABRT" },
	{ SIGSYS, false, "crashed with SIGSYS" },
	{ SIGTRAP, false, "crashed with SIGTRAP" },
	{ SIGALRM, false, "was ended by SIGALRM" },
	{ SIGVTALRM, false, "was ended by SIGVTALRM" },
	{ SIGPROF, false, "was ended by SIGPROF" },
	{ SIGXCPU, false, "was ended by SIGXCPU" },
	{ SIGUSR1, false, "was ended by SIGUSR1" },
	{ SIGUSR2, false, "was ended by SIGUSR2" },
	{ SIGPOLL, false, "was ended by SIGPOLL" },
	{ SIGPWR, false, "was ended by SIGPWR" },
	{ SIGSTKFLT, false, "was ended by SIGSTKFLT" },
};

#define N_DEADLY (sizeof deadly / sizeof *deadly)

/* All that end a program and are not heard by interrupt.c: the former, then those of real
 * time. */
static struct sigaction former[N_DEADLY + REAL_TIME];

static size_t n_deadly(void)
{
	int real_time = SIGRTMAX - SIGRTMIN + 1;

	return N_DEADLY + (size_t)(real_time < REAL_TIME ? real_time : REAL_TIME);
}

static int deadly_number(size_t i)
{
	return i < N_DEADLY ? deadly[i].number : SIGRTMIN + (int)(i - N_DEADLY);
}

static void put_what(struct line *l, size_t i)
{
	if (i < N_DEADLY) {
		put(l, deadly[i].what);
	} else {
		put(l, "was ended by signal ");
		put_number(l, deadly_number(i));
	}
}

/* Whom a signal concerns: a plugin has no part in what other programs send. */
static const struct turn *turn_of_signal(const siginfo_t *info)
{
	bool sent = info->si_code == SI_USER || info->si_code == SI_QUEUE;

	return sent && info->si_pid != getpid() ? NULL : turn_of_any();
}

/* A file that others cut short while it was mapped. */
static bool is_cut_short(int number, const siginfo_t *info)
{
	return number == SIGBUS && info->si_code == BUS_ADRERR;
}

_Noreturn static void end_cut_short(const struct turn *t)
{
	void (*clean)(void) = clean_up;
	struct line l = { .len = 0 };

	put(&l, "muster: a document was cut short while it was being read");
	if (t && t->document) {
		put(&l, ": ");
		put_shown(&l, t->document, t->secrets);
	}
	line_write(&l);
	if (clean)
		clean();
	watch_exit(EXIT_FAILED);
}

static void on_crash(int number, siginfo_t *info, void *context)
{
	const struct turn *t = turn_of_signal(info);
	void (*clean)(void) = clean_up;
	struct line l = { .len = 0 };
	uintptr_t nobody = 0;
	size_t i = 0;

	(void)context;
	while (deadly_number(i) != number)
		i++;
	if (!atomic_compare_exchange_strong(&dying, &nobody, (uintptr_t)&own)) {
		/* Another thread is dying already, or this one again. */
		while (nobody != (uintptr_t)&own)
			pause();
	} else if (is_watched()) {
		if (is_cut_short(number, info))
			end_cut_short(t);
		put_who(&l, t);
		put_what(&l, i);
		put_where(&l, t);
		line_write(&l);
		if (clean)
			clean();
	}
	sigaction(number, &former[i], NULL);
	if (info->si_code <= 0 || i >= N_DEADLY || !deadly[i].repeats)
		raise(number);
}

static void listen(void)
{
	struct sigaction action = { .sa_sigaction = on_crash,
				    .sa_flags = SA_SIGINFO | (int)SA_ONSTACK };
	size_t i;

	for (i = 0; i < n_deadly(); i++)
		if (!sigaction(deadly_number(i), NULL, &former[i]) &&
		    former[i].sa_handler != SIG_IGN)
			sigaction(deadly_number(i), &action, NULL);
}

static void unlisten(void)
{
	size_t i;

	for (i = 0; i < n_deadly(); i++)
		sigaction(deadly_number(i), &former[i], NULL);
}

static void tell_long(struct turn *t, double now)
{
	struct line l = { .len = 0 };
	double lasted = now - t->since;

	if (t->told > lasted) /* it has gone on since */
		t->told = 0;
	if (lasted < WATCH_SECONDS || lasted < 2 * t->told)
		return;
	t->told = lasted;
	put_who(&l, t);
	put(&l, "has been at it for ");
	put_number(&l, (int)lasted);
	put(&l, " s");
	put_where(&l, t);
	line_write(&l);
	interrupt_insist();
}

_Noreturn static void end_impatient(const struct turn *t)
{
	void (*clean)(void) = clean_up;
	struct line l = { .len = 0 };

	put_who(&l, t);
	put(&l, "does not return, so the run is ended by signal ");
	put_number(&l, interrupt_signal());
	put_where(&l, t);
	line_write(&l);
	if (clean)
		clean();
	watch_exit(EXIT_SIGNAL + interrupt_signal());
}

static void look(double now, double *asked)
{
	struct seat *s;

	if (interrupt_signal() && *asked == 0)
		*asked = now;
	for (s = seats; s; s = s->next) {
		pthread_mutex_lock(&s->lock);
		if (s->top && !s->top->waits && *asked != 0 && now - *asked >= WATCH_PATIENCE)
			end_impatient(s->top);
		if (s->top && !s->top->waits && *asked == 0)
			tell_long(s->top, now);
		pthread_mutex_unlock(&s->lock);
	}
}

static void *watch(void *data)
{
	double asked = 0; /* when a signal asked the run to end */

	(void)data;
	pthread_mutex_lock(&lock);
	watcher_watches = true;
	pthread_cond_signal(&watcher_changed);
	while (!watcher_to_end) {
		struct timespec until;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += LOOK_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		pthread_cond_timedwait(&watcher_changed, &lock, &until);
		if (!watcher_to_end)
			look(clock_now(), &asked);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

/* Signals go to the threads that work; those that end a run come here, too, when a plugin
 * has blocked them there: the kernel takes the first thread while that listens.  Without
 * the thread nobody is told of turns that last.  A thread that only begins may hold a lock of the
 * allocator, which a child that is forked meanwhile would wait for without end. */
static void watcher_begin(void)
{
	sigset_t most, before;

	watcher_to_end = watcher_watches = false;
	sigfillset(&most);
	interrupt_unmask(&most);
	pthread_sigmask(SIG_SETMASK, &most, &before);
	watcher_runs = !pthread_create(&watcher, NULL, watch, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_mutex_lock(&lock);
	while (watcher_runs && !watcher_watches)
		pthread_cond_wait(&watcher_changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void watcher_end(void)
{
	if (!watcher_runs)
		return;
	pthread_mutex_lock(&lock);
	watcher_to_end = true;
	pthread_cond_signal(&watcher_changed);
	pthread_mutex_unlock(&lock);
	pthread_join(watcher, NULL);
	watcher_runs = false;
}

void watch_begin(void (*clean)(void))
{
	pthread_once(&once, begin_once);
	atomic_store(&process, (int)getpid());
	if (!own.taken)
		seat_take(&own);
	if (!atomic_fetch_add(&watching, 1))
		listen();
	if (!clean)
		return;
	clean_up = clean;
	watcher_begin();
}

void watch_end(void)
{
	watcher_end();
	clean_up = (void (*)(void))0;
	if (atomic_fetch_sub(&watching, 1) == 1)
		unlisten();
}
