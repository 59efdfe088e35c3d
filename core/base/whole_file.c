#include "base/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/text.h"

#define TRIES 100

int write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n > 0) {
			at += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		} else if (!n || errno != EINTR) {
			return n ? errno : EIO;
		}
	}
	return 0;
}

/* "folder/.name.muster-new"; free() it. */
static char *beside(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct text out = { 0 };

	text_add(&out, path, (size_t)(name - path));
	text_printf(&out, ".%s.muster-new", name);
	return out.data;
}

static bool is_mine(const char *path, int fd)
{
	struct stat there, here;

	return !lstat(path, &there) && !fstat(fd, &here) && S_ISREG(here.st_mode) &&
	       here.st_nlink == 1 && there.st_ino == here.st_ino && there.st_dev == here.st_dev;
}

/* Where files cannot be locked they are not. */
static int take(const char *path, int *fd)
{
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		*fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
		if (*fd < 0)
			return errno;
		while (flock(*fd, LOCK_EX) && errno == EINTR)
			;
		if (is_mine(path, *fd))
			return 0;
		close(*fd);
	}
	return EEXIST;
}

/* The former file, *fd, or -1 when there is none. */
static int open_former(const char *path, int *fd)
{
	struct stat st;

	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (*fd < 0)
		return errno == ENOENT ? 0 : errno;
	if (!fstat(*fd, &st) && !(st.st_mode & 0222))
		return EACCES;
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) ? errno : 0;
}

static int write_new(int fd, int former, const void *data, size_t len)
{
	int err = ftruncate(fd, 0) ? errno : 0;

	if (!err && former >= 0)
		err = attributes_copy(former, fd, 07777);
	return err ? err : write_all(fd, data, len);
}

/* A link stays, and what it leads to is replaced. */
static int replace(const char *name, bool really, const void *data, size_t len)
{
	char *real = realpath(name, NULL);
	const char *path = real ? real : name;
	char *new = beside(path);
	int former, fd, err = open_former(path, &former);

	if (!err && !(err = take(new, &fd))) {
		if (really)
			err = write_new(fd, former, data, len);
		if (!err && really && rename(new, path))
			err = errno;
		if (err || !really)
			unlink(new);
		close(fd);
	}
	if (former >= 0)
		close(former);
	free(new);
	free(real);
	return err;
}

int whole_file_write(const char *path, const void *data, size_t len)
{
	return replace(path, true, data, len);
}

int whole_file_try(const char *path)
{
	return replace(path, false, NULL, 0);
}
