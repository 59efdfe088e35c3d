#include "base/attributes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/mem.h"

#define MAX_VALUE ((size_t)1 << 16) /* Linux's own limits, of a value */
#define MAX_NAMES ((size_t)1 << 16) /* and of all names */

static bool begins(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

/* Access control lists say who may read; the rest is of use, no more. */
static bool is_essential(const char *name)
{
	return begins(name, "system.posix_acl_");
}

/* What users have noted of a file may speak of its bytes, which are others now. */
static bool is_kept(const char *name, bool folder)
{
	return is_essential(name) || !strcmp(name, "security.selinux") ||
	       (folder && begins(name, "user."));
}

static bool is_unknown(int err)
{
	return err == ENOTSUP || err == ENODATA || err == ENOSYS;
}

static int copy_one(int from, int to, const char *name, char *value)
{
	ssize_t len = fgetxattr(from, name, value, MAX_VALUE), there;
	char *other;
	bool same;

	if (len < 0)
		return is_unknown(errno) ? 0 : errno;
	other = mem_alloc(MAX_VALUE);
	there = fgetxattr(to, name, other, MAX_VALUE);
	same = there == len && !memcmp(value, other, (size_t)len);
	free(other);
	return same || !fsetxattr(to, name, value, (size_t)len, 0) ? 0 : errno;
}

/* A list that the new one got from its parent, and the other has not, goes away. */
static int remove_foreign(int from, int to, const char *name)
{
	char none;

	if (fgetxattr(from, name, &none, 0) >= 0 || !is_unknown(errno) ||
	    fgetxattr(to, name, &none, 0) < 0 || !fremovexattr(to, name))
		return 0;
	return is_unknown(errno) ? 0 : errno;
}

static int copy_extended(int from, int to, bool folder)
{
	char *names, *value;
	ssize_t len, at;
	int err, wrong;

	err = remove_foreign(from, to, "system.posix_acl_access");
	if (!err)
		err = remove_foreign(from, to, "system.posix_acl_default");
	if (err)
		return err;
	len = flistxattr(from, NULL, 0);
	if (len <= 0)
		return len && !is_unknown(errno) ? errno : 0;
	names = mem_alloc(MAX_NAMES);
	value = mem_alloc(MAX_VALUE);
	len = flistxattr(from, names, MAX_NAMES);
	if (len < 0)
		err = errno;
	for (at = 0; !err && at < len; at += (ssize_t)strlen(names + at) + 1) {
		if (!is_kept(names + at, folder))
			continue;
		wrong = copy_one(from, to, names + at, value);
		err = is_essential(names + at) ? wrong : 0;
	}
	free(names);
	free(value);
	return err;
}

int attributes_copy(int from, int to, mode_t mask)
{
	struct stat st, now;
	int err;

	if (fstat(from, &st) || fstat(to, &now))
		return errno;
	if (st.st_uid != now.st_uid || st.st_gid != now.st_gid) {
		if (fchown(to, st.st_uid, st.st_gid) && st.st_gid != now.st_gid &&
		    fchown(to, (uid_t)-1, st.st_gid))
			return errno;
	}
	err = copy_extended(from, to, S_ISDIR(st.st_mode));
	/* After the lists, which it is a part of, and the owner, whose change takes bits away. */
	return err || !fchmod(to, st.st_mode & mask) ? err : errno;
}
