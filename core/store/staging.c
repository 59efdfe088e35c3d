#include "store/staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/tree.h"

#define LETTERS 6
#define TRIES   100
#define ASIDE   "-old"

/* Network file systems often cannot lock a folder. */
static bool cannot_lock(int err)
{
	return err == EBADF || err == EOPNOTSUPP || err == ENOSYS || err == ENOLCK || err == EINVAL;
}

static bool is_still(const char *path, int fd)
{
	struct stat there, here;

	return !lstat(path, &there) && !fstat(fd, &here) && there.st_ino == here.st_ino &&
	       there.st_dev == here.st_dev;
}

int folder_lock(const char *path, int *fd)
{
	int err = 0, tries = 0;

	*fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		return errno;
	do
		err = flock(*fd, LOCK_EX | LOCK_NB) ? errno : 0;
	while (err == EINTR && ++tries < TRIES);
	if (cannot_lock(err))
		err = 0;
	if (!err && !is_still(path, *fd))
		err = ENOENT;
	if (err) {
		close(*fd);
		*fd = -1;
	}
	return err;
}

int staging_make(char *path, int *fd)
{
	int tries, err = 0;

	for (tries = 0; tries < TRIES; tries++) {
		memset(path + strlen(path) - LETTERS, 'X', LETTERS);
		if (!mkdtemp(path))
			return errno;
		err = folder_lock(path, fd);
		if (!err)
			return 0;
		/* Another run that begins takes it for one that was left behind. */
		tree_remove_empty(AT_FDCWD, path);
		if (err != EWOULDBLOCK && err != ENOENT)
			break;
	}
	return err;
}

/* What is left beside an output folder. */
struct beside {
	char *parent, *prefix;
	const char *out;
	bool complete; /* there is a dataset in its place */
	char *aside;   /* of those that stand aside the one that was put there last, or NULL, */
	struct timespec since; /* and when */
};

static bool is_aside(const char *name)
{
	size_t len = strlen(name);

	return len > strlen(ASIDE) && !strcmp(name + len - strlen(ASIDE), ASIDE);
}

/* Other names that begin alike may be somebody's own. */
static bool is_beside(const struct beside *b, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789";
	size_t len = strlen(b->prefix);

	return !strncmp(name, b->prefix, len) && strspn(name + len, letters) == LETTERS &&
	       (!name[len + LETTERS] || !strcmp(name + len + LETTERS, ASIDE));
}

static bool has_package(const char *folder)
{
	struct text path = { 0 };
	bool found;

	text_printf(&path, "%s/datapackage.json", folder);
	found = !access(path.data, F_OK);
	text_release(&path);
	return found;
}

static void find_aside(struct beside *b, const char *path)
{
	struct stat st;

	if (!is_aside(path) || lstat(path, &st) || !S_ISDIR(st.st_mode) ||
	    (b->aside &&
	     (st.st_ctim.tv_sec < b->since.tv_sec ||
	      (st.st_ctim.tv_sec == b->since.tv_sec && st.st_ctim.tv_nsec < b->since.tv_nsec))))
		return;
	free(b->aside);
	b->aside = mem_copy(path);
	b->since = st.st_ctim;
}

static void remove_left(struct beside *b, const char *path)
{
	int fd;

	if ((is_aside(path) && !b->complete) || folder_lock(path, &fd))
		return;
	tree_empty(fd);
	tree_remove_empty(AT_FDCWD, path);
	close(fd);
}

/* Calls it with the path of everything beside the output folder. */
static int beside_each(struct beside *b, void (*visit)(struct beside *, const char *path))
{
	DIR *folder = opendir(b->parent);
	struct dirent *entry;
	int err = folder ? 0 : errno;

	while (folder && (errno = 0, entry = readdir(folder))) {
		struct text path = { 0 };

		if (!is_beside(b, entry->d_name))
			continue;
		text_printf(&path, "%s%s", b->parent, entry->d_name);
		visit(b, path.data);
		text_release(&path);
	}
	if (folder) {
		err = errno;
		closedir(folder);
	}
	return err;
}

/* A folder that holds something else stays, and so does what stands aside. */
static int put_back(struct beside *b, struct text *why)
{
	int fd, err = b->aside ? folder_lock(b->aside, &fd) : ENOENT;

	/* Another run is about to put something in its place. */
	if (err == EWOULDBLOCK || err == ENOENT)
		return 0;
	if (!err) {
		err = rename(b->aside, b->out) ? errno : 0;
		close(fd);
	}
	if (err == ENOTEMPTY || err == EEXIST || err == ENOTDIR)
		return 0;
	if (err)
		text_printf(why,
			    "%s: the dataset that a killed run put aside there cannot be put back "
			    "as %s: %s",
			    b->aside, b->out, strerror(err));
	return err;
}

int staging_recover(const char *out, struct text *why)
{
	const char *name = strrchr(out, '/') + 1;
	struct text parent = { 0 }, prefix = { 0 };
	struct beside b = { .out = out, .complete = has_package(out) };
	int err;

	text_add(&parent, out, (size_t)(name - out));
	text_printf(&prefix, ".%s.muster-", name);
	b.parent = parent.data;
	b.prefix = prefix.data;
	err = beside_each(&b, b.complete ? remove_left : find_aside);
	if (!err && !b.complete) {
		err = put_back(&b, why);
		b.complete = has_package(out);
		if (!err)
			beside_each(&b, remove_left);
	} else {
		err = 0; /* what cannot be seen is not missed */
	}
	free(b.aside);
	text_release(&parent);
	text_release(&prefix);
	return err;
}
