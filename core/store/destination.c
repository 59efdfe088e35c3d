#include "store/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/standard.h"
#include "base/whole_file.h"

#define MAX_LINKS 40

/* The path with its folder's links followed, but not its own; NULL with errno. */
static char *in_real_folder(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct text folder = { 0 }, out = { 0 };
	char *real;

	text_add(&folder, path, (size_t)(name - path));
	real = realpath(folder.len ? folder.data : ".", NULL);
	text_release(&folder);
	if (!real)
		return NULL;
	text_printf(&out, "%s/%s", strcmp(real, "/") ? real : "", name);
	free(real);
	return out.data;
}

/* Where a link leads to, seen from its own folder; NULL: it is none. */
static char *follow(const char *path)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof target - 1);
	struct text out = { 0 };

	if (len < 0)
		return NULL;
	target[len] = '\0';
	if (target[0] != '/')
		text_add(&out, path, (size_t)(strrchr(path, '/') + 1 - path));
	text_puts(&out, target);
	return out.data;
}

/* The number of an own descriptor, as /proc names them, or -1. */
static int descriptor(const char *path)
{
	char folder[64];
	int len = snprintf(folder, sizeof folder, "/proc/%ld/fd/", (long)getpid());
	char *end;
	long number;

	if (strncmp(path, folder, (size_t)len) != 0 || path[len] < '0' || path[len] > '9')
		return -1;
	number = strtol(path + len, &end, 10);
	return *end || number > INT_MAX ? -1 : (int)number;
}

/* What a path leads to in the end.  Descriptors look like links, and are none to follow: what
 * they lead to may have no name, and is open at a position. */
static int resolve(const char *path, char **out)
{
	char *at = in_real_folder(path), *next;
	int links;

	for (links = 0; at && descriptor(at) < 0 && (next = follow(at)); links++) {
		free(at);
		at = links < MAX_LINKS ? in_real_folder(next) : NULL;
		if (links == MAX_LINKS)
			errno = ELOOP;
		free(next);
	}
	*out = at;
	return at ? 0 : errno;
}

static int open_descriptor(struct destination *d, int number)
{
	bool standard = number == STDOUT_FILENO;
	int flags = fcntl(standard ? fileno(standard_output()) : number, F_GETFL);

	if (flags < 0 || (flags & O_PATH) || (flags & O_ACCMODE) == O_RDONLY)
		return EBADF;
	if (standard) {
		d->shown = NULL;
		return 0;
	}
	d->fd = fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return d->fd < 0 ? errno : 0;
}

static int identify(struct destination *d)
{
	struct stat st;

	if (d->fd > 0 || !d->path ? fstat(d->fd > 0 ? d->fd : fileno(standard_output()), &st)
				  : lstat(d->path, &st))
		return errno;
	d->there = true;
	d->device = st.st_dev;
	d->file = st.st_ino;
	d->plain = S_ISREG(st.st_mode);
	return S_ISDIR(st.st_mode) ? EISDIR : S_ISSOCK(st.st_mode) ? ENXIO : 0;
}

static bool is_pipe(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISFIFO(st.st_mode);
}

static int open_path(struct destination *d)
{
	int err = identify(d);

	if (err == ENOENT) {
		d->plain = true;
		err = 0;
	}
	if (err)
		return err;
	if (d->plain)
		return whole_file_try(d->path);
	/* To open a pipe is to wait for its reader, who may be waiting for another one. */
	if (is_pipe(d->path))
		return faccessat(AT_FDCWD, d->path, W_OK, AT_EACCESS) ? errno : 0;
	d->fd = open(d->path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	return d->fd < 0 ? errno : 0;
}

int destination_open(struct destination *d, const char *path, struct text *why)
{
	int err = 0, number;

	*d = (struct destination){ .shown = path };
	if (path)
		err = resolve(path, &d->path);
	number = d->path ? descriptor(d->path) : -1;
	if (number >= 0) {
		free(d->path);
		d->path = NULL;
		err = open_descriptor(d, number);
	}
	if (!err && d->path)
		err = open_path(d);
	else if (!err)
		identify(d);
	if (d->fd < 0)
		d->fd = 0;
	if (err)
		text_printf(why, "the report cannot be written to %s: %s", path, strerror(err));
	return err;
}

static int write_standard(const struct text *text)
{
	FILE *standard = standard_output();
	int err = 0;

	if (text->len &&
	    (fwrite(text->data, 1, text->len, standard) != text->len || fflush(standard))) {
		err = errno ? errno : EIO;
		clearerr(standard);
	}
	return err;
}

int destination_write(struct destination *d, const struct text *text)
{
	if (!d->shown)
		return write_standard(text);
	if (d->plain && d->path)
		return whole_file_write(d->path, text->data, text->len);
	if (d->fd <= 0)
		d->fd = open(d->path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (d->fd < 0)
		return errno;
	return write_all(d->fd, text->data, text->len);
}

void destination_close(struct destination *d)
{
	if (d->fd > 0)
		close(d->fd);
	free(d->path);
	*d = (struct destination){ 0 };
}

bool destination_is_file(const struct destination *d, dev_t device, ino_t file)
{
	return d->there && d->plain && d->device == device && d->file == file;
}

bool destination_is(const struct destination *d, const char *path)
{
	struct stat st;
	char *real;
	bool same;

	if (!d->plain)
		return false;
	if (!stat(path, &st))
		return destination_is_file(d, st.st_dev, st.st_ino);
	if (!d->path || resolve(path, &real))
		return false;
	same = !strcmp(real, d->path);
	free(real);
	return same;
}

bool destination_is_within(const struct destination *d, const char *folder)
{
	size_t len = strlen(folder);

	return d->plain && d->path && !strncmp(d->path, folder, len) && d->path[len] == '/';
}

bool destinations_clash(const struct destination *a, const struct destination *b)
{
	struct stat st;

	if (!a->shown && !b->shown)
		return true;
	if (!a->there || !b->there)
		return a->path && b->path && !strcmp(a->path, b->path);
	if (a->device != b->device || a->file != b->file)
		return false;
	/* Devices such as /dev/null take whatever comes. */
	return a->plain || (a->path && is_pipe(a->path)) ||
	       (a->fd > 0 && !fstat(a->fd, &st) && !S_ISCHR(st.st_mode));
}
