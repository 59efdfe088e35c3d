#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A file system where two folders cannot change places. */
int renameat2(int from, const char *old, int to, const char *new, unsigned flags);
int renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
	(void)from, (void)old, (void)to, (void)new, (void)flags;
	errno = EINVAL;
	return -1;
}

/* KILL_AT: the renaming before which the program is killed. */
int rename(const char *old, const char *new)
{
	static int n;

	if (getenv("KILL_AT") && ++n == atoi(getenv("KILL_AT")))
		raise(SIGKILL);
	return (int)syscall(SYS_renameat, -100, old, -100, new);
}
