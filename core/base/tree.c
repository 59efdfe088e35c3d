#include "base/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DEPTH  32
#define TRIES      3
#define MAX_ROUNDS 1000

static int remove_entry(int parent, const char *name, int depth);

/* Removes the entries of a folder once: gives how many are gone, and counts those that are
 * left. */
static size_t empty_once(int folder, int depth, size_t *left, int *err)
{
	_Alignas(struct dirent64) char entries[2048];
	size_t gone = 0;
	ssize_t n, at;

	*left = 0;
	if (lseek(folder, 0, SEEK_SET) < 0)
		*err = errno;
	while ((n = getdents64(folder, entries, sizeof entries)) > 0) {
		for (at = 0; at < n;) {
			const struct dirent64 *entry = (const void *)(entries + at);
			int wrong;

			at += entry->d_reclen;
			if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
				continue;
			wrong = remove_entry(folder, entry->d_name, depth);
			*left += wrong != 0;
			gone += wrong == 0;
			*err = wrong ? wrong : *err;
		}
	}
	if (n < 0) {
		*err = errno;
		++*left;
	}
	return gone;
}

/* A folder whose entries go away while it is read may leave some out: it is read until it
 * is empty, or somebody fills it faster. */
static int empty(int folder, int depth)
{
	size_t gone, left, tries = 0, rounds = 0;
	int err = 0;

	if (depth > MAX_DEPTH)
		return ELOOP;
	do {
		gone = empty_once(folder, depth, &left, &err);
		tries += gone == 0;
	} while ((gone || left) && tries < TRIES && ++rounds < MAX_ROUNDS);
	return gone || left ? err : 0;
}

int tree_empty(int folder)
{
	return empty(folder, 0);
}

int tree_remove_empty(int parent, const char *name)
{
	int tries;

	for (tries = 0; unlinkat(parent, name, AT_REMOVEDIR); tries++) {
		if (errno == ENOENT)
			return 0;
		if (tries == TRIES || errno == ENOTEMPTY || errno == EEXIST)
			return errno;
	}
	return 0;
}

static int remove_folder(int parent, const char *name, int depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = 0;

	/* One without entries needs no descriptor. */
	if (fd >= 0) {
		err = empty(fd, depth + 1);
		close(fd);
	}
	return err ? err : tree_remove_empty(parent, name);
}

static int remove_entry(int parent, const char *name, int depth)
{
	struct stat st;

	if (!unlinkat(parent, name, 0) || errno == ENOENT)
		return 0;
	if (errno == EISDIR ||
	    (!fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode)))
		return remove_folder(parent, name, depth);
	return unlinkat(parent, name, 0) && errno != ENOENT ? errno : 0;
}

int tree_remove(int parent, const char *name)
{
	return remove_entry(parent, name, 0);
}
