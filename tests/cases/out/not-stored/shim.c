#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int of_parent(int fd)
{
	struct stat a, b;

	return !fstat(fd, &a) && !stat(getenv("PARENT"), &b) && a.st_ino == b.st_ino;
}

/* The disk does not take what the folder above says. */
int fsync(int fd)
{
	if (of_parent(fd)) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

int renameat2(int from, const char *old, int to, const char *new, unsigned flags);
int renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
	if (getenv("SLOWLY")) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from, old, to, new, flags);
}
