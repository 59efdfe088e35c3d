#include "base/surroundings.h"

#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define SIGNALS    32
#define STANDARD   3
#define HIGH_ABOVE 20 /* the least descriptor for copies */

static const __rlimit_resource_t limited[] = { RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_AS,
					       RLIMIT_DATA,  RLIMIT_CPU,    RLIMIT_STACK };

#define N_LIMITED (sizeof limited / sizeof *limited)

/* There is one of each in a program. */
static struct {
	_Atomic bool kept;
	mode_t mask;
	int folder;                    /* -1: it cannot be had */
	char **environment, **strings; /* in use; as it was */
	size_t n_strings;              /* with the NULL at its end */
	struct rlimit limits[N_LIMITED];
	struct sigaction actions[SIGNALS];
	sigset_t blocked;
	int copies[STANDARD]; /* of the standard descriptors; -1: there is none */
	struct stat files[STANDARD];
} kept;

static void environment_keep(void)
{
	size_t n = 0, i;

	while (environ && environ[n])
		n++;
	kept.n_strings = n + 1;
	kept.strings = mem_alloc(kept.n_strings * sizeof *kept.strings);
	kept.environment = mem_alloc(kept.n_strings * sizeof *kept.strings);
	for (i = 0; i < n; i++)
		kept.strings[i] = mem_copy(environ[i]);
	memcpy(kept.environment, kept.strings, kept.n_strings * sizeof *kept.strings);
	environ = kept.environment;
}

static void environment_restore(void)
{
	size_t size = kept.n_strings * sizeof *kept.strings;

	if (environ != kept.environment)
		environ = kept.environment;
	if (memcmp(kept.environment, kept.strings, size) != 0)
		memcpy(kept.environment, kept.strings, size);
}

static void standard_keep(void)
{
	int fd;

	for (fd = 0; fd < STANDARD; fd++) {
		kept.copies[fd] = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_ABOVE);
		if (kept.copies[fd] >= 0 && fstat(fd, &kept.files[fd])) {
			close(kept.copies[fd]);
			kept.copies[fd] = -1;
		}
	}
}

static void standard_restore(void)
{
	struct stat now;
	int fd;

	for (fd = 0; fd < STANDARD; fd++)
		if (kept.copies[fd] >= 0 &&
		    (fstat(fd, &now) || now.st_dev != kept.files[fd].st_dev ||
		     now.st_ino != kept.files[fd].st_ino))
			dup2(kept.copies[fd], fd);
}

static void signals_keep(void)
{
	int i;

	for (i = 1; i < SIGNALS; i++)
		sigaction(i, NULL, &kept.actions[i]);
	pthread_sigmask(SIG_SETMASK, NULL, &kept.blocked);
}

static void signals_restore(void)
{
	struct sigaction now;
	int i;

	for (i = 1; i < SIGNALS; i++)
		if (!sigaction(i, NULL, &now) &&
		    (now.sa_sigaction != kept.actions[i].sa_sigaction ||
		     now.sa_flags != kept.actions[i].sa_flags))
			sigaction(i, &kept.actions[i], NULL);
	pthread_sigmask(SIG_SETMASK, &kept.blocked, NULL);
}

/* A limit that was lowered for good stays: what cannot be done then says so. */
static void limits_restore(void)
{
	struct rlimit now;
	size_t i;

	for (i = 0; i < N_LIMITED; i++) {
		if (getrlimit(limited[i], &now) || now.rlim_cur == kept.limits[i].rlim_cur)
			continue;
		now.rlim_cur = kept.limits[i].rlim_cur < now.rlim_max ? kept.limits[i].rlim_cur
								      : now.rlim_max;
		setrlimit(limited[i], &now);
	}
}

void surroundings_keep(void)
{
	size_t i;

	if (kept.kept)
		return;
	kept.mask = umask(0);
	umask(kept.mask);
	kept.folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < N_LIMITED; i++)
		getrlimit(limited[i], &kept.limits[i]);
	environment_keep();
	standard_keep();
	signals_keep();
	kept.kept = true;
}

void surroundings_mode(const char *path)
{
	struct stat st;

	if (kept.kept && !lstat(path, &st) && S_ISREG(st.st_mode))
		chmod(path, 0666 & ~kept.mask);
}

void surroundings_locale(void)
{
	/* The one of this name is there without being made. */
	locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	if (plain && uselocale((locale_t)0) != plain)
		uselocale(plain);
}

void surroundings_thread(void)
{
	surroundings_locale();
	if (kept.kept && gettid() != getpid())
		unshare(CLONE_FS);
}

void surroundings_restore(void)
{
	if (!kept.kept)
		return;
	standard_restore();
	umask(kept.mask);
	if (kept.folder >= 0 && fchdir(kept.folder))
		kept.folder = -1;
	limits_restore();
	environment_restore();
	signals_restore();
	surroundings_locale();
	fesetenv(FE_DFL_ENV);
}
