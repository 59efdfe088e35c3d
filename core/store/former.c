#include "store/former.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json_file.h"
#include "base/output_path.h"

#define MAX_PACKAGE ((off_t)256 << 20)
#define MAX_KEPT    64

int package_read(const char *path, json_t **package, struct text *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), err = 0;
	json_error_t error;
	struct stat st;

	*package = NULL;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st)) {
		err = errno;
		text_printf(why, "cannot be read: %s", strerror(err));
	} else if (!S_ISREG(st.st_mode) || st.st_size > MAX_PACKAGE) {
		err = EBADMSG;
		text_puts(why, S_ISREG(st.st_mode) ? "is too long" : "is no plain file");
	} else if ((err = json_file_read(fd, package, &error)) == EBADMSG) {
		text_printf(why, "is no JSON (line %d: %s)", error.line, error.text);
	} else if (err) {
		text_printf(why, "cannot be read: %s", strerror(err));
	}
	if (fd >= 0)
		close(fd);
	return err;
}

/* The paths that a package of muster's lists, or NULL. */
static json_t *listed_paths(json_t *package)
{
	json_t *resources = json_object_get(package, "resources"), *paths, *resource;
	size_t i;

	if (!json_is_string(json_object_get(package, "muster")) || !json_is_array(resources))
		return NULL;
	paths = json_object();
	json_array_foreach(resources, i, resource) {
		const char *path = json_string_value(json_object_get(resource, "path"));

		if (path && json_object_set_new(paths, path, json_true())) {
			json_decref(paths);
			return NULL;
		}
	}
	return paths;
}

static int read_paths(struct former *former, struct text *why)
{
	struct text path = { 0 }, reason = { 0 };
	json_t *package;
	int err;

	text_printf(&path, "%s/" PACKAGE, former->out);
	err = package_read(path.data, &package, &reason);
	former->paths = listed_paths(package);
	if (err && err != EBADMSG) {
		text_printf(why, "%s/" PACKAGE ": %s", former->shown, reason.data);
	} else if (err || (package && !former->paths)) {
		err = EEXIST;
		text_printf(why,
			    "%s/" PACKAGE ": %s, so nobody can tell which files there are of a "
			    "former dataset; nothing was touched: move away what is to be kept "
			    "and remove the folder, or name another one with --out",
			    former->shown,
			    reason.len ? reason.data : "is not one that muster has written");
	}
	json_decref(package);
	text_release(&path);
	text_release(&reason);
	return err;
}

bool former_is_dataset(const char *folder)
{
	struct text path = { 0 }, reason = { 0 };
	json_t *package, *paths = NULL;

	text_printf(&path, "%s/" PACKAGE, folder);
	if (!package_read(path.data, &package, &reason))
		paths = listed_paths(package);
	json_decref(package);
	json_decref(paths);
	text_release(&path);
	text_release(&reason);
	return paths != NULL;
}

bool former_has(const struct former *former, const char *path)
{
	return former->paths &&
	       (!strcmp(path, PACKAGE) || json_object_get(former->paths, path) != NULL);
}

static bool has_within(const struct former *former, const char *folder)
{
	size_t len = strlen(folder);
	const char *path;
	json_t *value;

	json_object_foreach(former->paths, path, value)
		if (!strncmp(path, folder, len) && path[len] == '/')
			return true;
	return false;
}

static int cannot(struct text *why, const struct former *former, int err, const char *name,
		  const char *what)
{
	text_printf(why, "%s%s%s: %s: %s", former->shown, *name ? "/" : "", name, what,
		    strerror(err));
	return err;
}

/* 0: it is the former dataset's; EEXIST: it is not; else what went wrong. */
static int judge(const struct former *former, int folder, const char *name, size_t *kept,
		 struct text *why)
{
	struct stat st;

	if (!strcmp(name, ".") || !strcmp(name, "..") || former_has(former, name))
		return 0;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : cannot(why, former, errno, name, "cannot be seen");
	if (S_ISDIR(st.st_mode) && has_within(former, name))
		return 0;
	if (!S_ISDIR(st.st_mode) && ++*kept <= MAX_KEPT)
		return EEXIST;
	text_printf(why,
		    "%s: holds %s, so it is hardly a folder of datasets; nothing was touched: "
		    "name another one with --out",
		    former->shown, S_ISDIR(st.st_mode) ? "other folders" : "many other files");
	return ENOTEMPTY;
}

static bool is_same(int folder, const char *name, int into)
{
	struct stat a, b;

	return !fstatat(folder, name, &a, AT_SYMLINK_NOFOLLOW) &&
	       !fstatat(into, name, &b, AT_SYMLINK_NOFOLLOW) && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

static int keep(const struct former *former, int folder, const char *name, int into,
		struct text *why)
{
	int err = linkat(folder, name, into, name, 0) ? errno : 0;

	if (!err || (err == EEXIST && is_same(folder, name, into)))
		return 0;
	return cannot(why, former, err, name,
		      err == EEXIST ? "is none of the former dataset's; move it away"
				    : "cannot be kept");
}

/* Without `into` only looks. */
static int each(const struct former *former, const char *into, struct text *why)
{
	DIR *folder = opendir(former->out);
	struct dirent *entry;
	size_t kept = 0;
	int to = -1, err = 0;

	if (!folder)
		return errno == ENOENT ? 0 : cannot(why, former, errno, "", "cannot be read");
	if (into && (to = open(into, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		err = cannot(why, former, errno, "", "cannot be replaced");
	while (!err && (errno = 0, entry = readdir(folder))) {
		err = judge(former, dirfd(folder), entry->d_name, &kept, why);
		if (err == EEXIST)
			err = into ? keep(former, dirfd(folder), entry->d_name, to, why) : 0;
	}
	if (!err && errno)
		err = cannot(why, former, errno, "", "cannot be read");
	closedir(folder);
	if (to >= 0)
		close(to);
	return err;
}

int former_open(struct former *former, const char *out, const char *shown, struct text *why)
{
	struct stat st;
	int err;

	*former = (struct former){ .out = out, .shown = shown };
	if (lstat(out, &st))
		return errno == ENOENT ? 0 : cannot(why, former, errno, "", "cannot be seen");
	if (!S_ISDIR(st.st_mode)) {
		text_printf(why, "%s: is no folder; name another one with --out", shown);
		return ENOTDIR;
	}
	if (!(st.st_mode & 0222) || faccessat(AT_FDCWD, out, W_OK | X_OK, AT_EACCESS)) {
		text_printf(why,
			    "%s: is read-only, so it is not replaced; name another one with --out",
			    shown);
		return EACCES;
	}
	err = read_paths(former, why);
	return err ? err : each(former, NULL, why);
}

void former_close(struct former *former)
{
	json_decref(former->paths);
	former->paths = NULL;
}

int former_keep(const struct former *former, const char *into, struct text *why)
{
	return each(former, into, why);
}
