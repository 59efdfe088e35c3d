#include "store/publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/append.h"
#include "base/attributes.h"
#include "store/document.h"
#include "store/former.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "store/staging.h"
#include "base/tree.h"

#define HASH_TWICE 262144 /* bytes at most that are hashed once more before they are published */
#define WAIT_MS    30000  /* for another run that publishes there */
#define STEP_MS    10
#define TRIES      8

#define MOUNT_POINT "is a mount point and cannot be replaced; name a folder in it with --out"

/* What publish_abandon() removes: it may allocate nothing.  Memory may run out on
 * any thread, so what it reads changes under the lock; recursive, since it may
 * also run out in between. */
static struct publish *in_progress;
static const struct publish *published; /* which somebody may want to know in the end */
static pthread_mutex_t abandoning = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static void set_in_progress(struct publish *p)
{
	pthread_mutex_lock(&abandoning);
	in_progress = p;
	pthread_mutex_unlock(&abandoning);
}

static int fail(struct text *why, int err, const char *path, const char *what)
{
	text_printf(why, "%s: %s: %s", path, what, strerror(err));
	return err;
}

static char *join(const char *folder, const char *name)
{
	struct text path = { 0 };

	text_printf(&path, "%s/%s", folder, name);
	return path.data;
}

/* The former dataset cannot be renamed. */
static int unmovable(const struct publish *p, int err, struct text *why)
{
	if (err == EBUSY)
		text_printf(why, "%s: " MOUNT_POINT, p->shown);
	else if (err == EXDEV)
		text_printf(why,
			    "%s: is in a lower layer of an overlay file system (it came with a "
			    "container's image) and cannot be replaced there; name another folder "
			    "with --out, or copy it (cp -a), remove it and rename the copy",
			    p->shown);
	else
		fail(why, err, p->shown, "cannot be replaced");
	return err;
}

/* A descriptor of 0 is none: that one is the standard input. */
static void close_one(int *fd)
{
	if (*fd > 0)
		close(*fd);
	*fd = 0;
}

/* The parent of what is not there yet will be no link. */
static char *below(char *folder, const char *name)
{
	char *slash;

	if (!strcmp(name, "..")) {
		slash = strrchr(folder, '/');
		if (slash)
			slash[slash == folder] = '\0';
	}
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return mem_copy(folder);
	return join(strcmp(folder, "/") ? folder : "", name);
}

char *publish_folder(const char *path)
{
	char *real = realpath(path, NULL), *copy, *slash, *parent, *out;

	if (real)
		return real;
	copy = mem_copy(path);
	while (strlen(copy) > 1 && copy[strlen(copy) - 1] == '/')
		copy[strlen(copy) - 1] = '\0';
	slash = strrchr(copy, '/');
	if (slash)
		*slash = '\0';
	else if (!strcmp(copy, "."))
		return copy; /* the current folder is gone */
	parent = publish_folder(slash ? (*copy ? copy : "/") : ".");
	out = below(parent, slash ? slash + 1 : copy);
	free(parent);
	free(copy);
	return out;
}

/* Makes the folders above p->out that are not there. */
static int make_parents(struct publish *p, struct text *why)
{
	char *at;
	int err = 0;

	for (at = strchr(p->out + 1, '/'); at && !err; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (!mkdir(p->out, 0777))
			p->parents++;
		else if (errno != EEXIST)
			err = fail(why, errno, p->out, "cannot be made");
		*at = '/';
	}
	return err;
}

/* Asks for no memory. */
static void remove_parents(struct publish *p)
{
	size_t len = strlen(p->out), at = len;

	while (p->parents && at) {
		while (at && p->out[at] != '/')
			at--;
		p->out[at] = '\0';
		if (!at || tree_remove_empty(AT_FDCWD, p->out))
			break;
		p->parents--;
	}
	for (; at < len; at++)
		if (!p->out[at])
			p->out[at] = '/';
}

static void staging_forget(struct publish *p)
{
	free(p->staging);
	free(p->package);
	free(p->aside);
	p->staging = p->package = p->aside = NULL;
	close_one(&p->lock);
}

/* What is made in the staging folder gets its group and its access control lists from
 * there; until it is whole nobody else looks into it. */
static int dress_staging(struct publish *p, struct text *why)
{
	int former = open(p->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW), err = 0;
	struct stat st;

	if (former >= 0) {
		err = attributes_copy(former, p->lock, S_ISGID | S_IRWXU);
		close(former);
	} else if (errno != ENOENT) {
		err = errno;
	}
	if (!err && fstat(p->lock, &st))
		err = errno;
	p->mode = (st.st_mode & S_ISGID) | (0777 & ~p->umask);
	return err ? fail(why, err, p->shown, "its group and access cannot be kept") : 0;
}

static int make_staging(struct publish *p, struct text *why)
{
	struct text staging = { 0 };
	const char *name = strrchr(p->out, '/') + 1;
	int err;

	text_add(&staging, p->out, (size_t)(name - p->out));
	p->parent = open(staging.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = p->parent < 0 && errno != EACCES ? errno : 0;
	/* Once the folder is there, nothing may fail before it is in progress. */
	text_printf(&staging, ".%s.muster-XXXXXX", name);
	p->staging = staging.data;
	p->package = join(staging.data, PACKAGE);
	p->aside = mem_alloc(staging.len + sizeof "-old");
	if (!err)
		err = staging_make(p->staging, &p->lock);
	if (err) {
		fail(why, err, p->shown, "nothing can be written beside it");
		staging_forget(p);
		return err;
	}
	memcpy(p->package, staging.data, staging.len);
	memcpy(p->aside, staging.data, staging.len);
	memcpy(p->aside + staging.len, "-old", sizeof "-old");
	set_in_progress(p);
	return dress_staging(p, why);
}

int publish_recover(const char *out, struct text *why)
{
	char *path = publish_folder(out);
	int err = path[0] == '/' && path[1] ? staging_recover(path, why) : 0;

	free(path);
	return err;
}

static bool is_current_folder(const char *path)
{
	char *current = getcwd(NULL, 0);
	bool is = current && !strcmp(current, path);

	free(current);
	return is;
}

/* Older kernels do not tell: then the attempt does, see try_moving(). */
static bool is_mount_point(const char *path)
{
	struct statx st;

	return !statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, 0, &st) &&
	       (st.stx_attributes_mask & st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Of a folder that is real; `shown` is how the user calls it. */
static int check_folder(const char *real, const char *shown, struct text *why)
{
	if (real[0] != '/' || !real[1])
		text_printf(why, "%s: cannot be an output folder", real);
	else if (is_current_folder(real))
		text_printf(why,
			    "%s: the current folder cannot be replaced; name another one with "
			    "--out",
			    shown);
	else if (is_mount_point(real))
		text_printf(why, "%s: " MOUNT_POINT, shown);
	else
		return 0;
	return EINVAL;
}

int publish_check(const char *out, struct text *why)
{
	char *real = publish_folder(out);
	int err = check_folder(real, out, why);

	free(real);
	return err;
}

/* Whether the former dataset can be moved away at all: it is tried with the staging folder, in
 * which something is, as the target, so that the one refusal that is left is that of a target
 * that is not empty.  A run need not come to its end to learn of any other. */
static int try_moving(struct publish *p, struct text *why)
{
	int fd = openat(p->lock, PACKAGE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), err = 0;

	if (fd < 0)
		return fail(why, errno, p->shown, "nothing can be written beside it");
	close(fd);
	if (rename(p->out, p->staging))
		err = errno;
	else if (rename(p->staging, p->out))
		return fail(why, errno, p->staging, "is the former dataset and cannot be put back");
	if (unlinkat(p->lock, PACKAGE, 0))
		return fail(why, errno, p->shown, "nothing can be written beside it");
	if (err == ENOTEMPTY || err == EEXIST || err == ENOENT)
		return 0;
	return unmovable(p, err, why);
}

int publish_begin(struct publish *p, const char *out, struct text *why)
{
	struct former former;
	int err;

	p->shown = mem_copy(out);
	p->out = publish_folder(out);
	p->umask = umask(0);
	umask(p->umask);
	err = check_folder(p->out, p->shown, why);
	if (err)
		return err;
	err = former_open(&former, p->out, p->shown, why);
	former_close(&former);
	if (!err)
		err = make_parents(p, why);
	if (!err)
		err = make_staging(p, why);
	return err ? err : try_moving(p, why);
}

static struct output *add_output(struct publish *p, const char *path)
{
	struct output *o;

	pthread_mutex_lock(&abandoning);
	p->outputs = mem_resize(p->outputs, p->n_outputs + 1, sizeof *p->outputs);
	o = &p->outputs[p->n_outputs];
	*o = (struct output){ .path = mem_copy(path), .staged = join(p->staging, path) };
	p->n_outputs++;
	pthread_mutex_unlock(&abandoning);
	return o;
}

int publish_output(struct publish *p, const char *path, const char **staged, struct text *why)
{
	const char *wrong = output_path_wrong(path, p->rejects);
	struct output *o;
	char *at;
	size_t i;
	int err = 0;

	for (i = 0; !wrong && i < p->n_outputs; i++)
		wrong = output_paths_clash(path, p->outputs[i].path);
	if (wrong) {
		text_printf(why, "the output path '%s' cannot be: %s", path, wrong);
		return EINVAL;
	}
	o = add_output(p, path);
	for (at = strchr(o->staged + strlen(p->staging) + 1, '/'); at && !err;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(o->staged, 0777) && errno != EEXIST)
			err = fail(why, errno, path, "cannot be made");
		*at = '/';
	}
	*staged = o->staged;
	return err;
}

/* Has the bytes on their way to the disk when sync() comes to wait for them, so that
 * several files are hardly more to wait for than one. */
static void write_out(int fd)
{
	sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

int publish_append(struct publish *p, const char *staged, const void *data, size_t len,
		   struct text *why)
{
	struct output *o = p->outputs;
	int err;

	while (o < p->outputs + p->n_outputs && strcmp(o->staged, staged) != 0)
		o++;
	if (o == p->outputs + p->n_outputs)
		return fail(why, EINVAL, staged, "is no output that was declared");
	if (!o->append)
		o->append = append_open(staged, p->threads);
	if (!o->append)
		return fail(why, errno, o->path, "cannot be made");
	err = len ? append_put(o->append, data, len) : append_wait(o->append);
	if (err)
		text_printf(why, "%s: %s", o->path, strerror(err));
	return err;
}

/* What was hashed is what is there, as far as its length can tell. */
static int measure_appended(struct output *o, int fd)
{
	struct stat st;
	int err = append_measure(o->append, o->sha256, &o->bytes);

	if (!err && fstat(fd, &st))
		err = errno;
	/* Nobody else writes to it, so what was written went elsewhere. */
	if (!err && (uint64_t)st.st_size != o->bytes)
		err = EIO;
	return err;
}

/* An exporter may have left something else there, even a pipe. */
static int open_staged(const char *path, const char *shown, int *fd, struct text *why)
{
	struct stat st;

	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (*fd < 0)
		return fail(why, errno, shown,
			    errno == ENOENT ? "was declared and not written" : "cannot be read");
	if (!fstat(*fd, &st) && S_ISREG(st.st_mode))
		return 0;
	close(*fd);
	text_printf(why, "%s: is no plain file", shown);
	return EINVAL;
}

static int measure(struct output *o, struct text *why)
{
	struct stat st;
	int fd, err = open_staged(o->staged, o->path, &fd, why);

	if (err)
		return err;
	write_out(fd);
	err = o->append ? measure_appended(o, fd) : sha256_file(fd, o->sha256, &o->bytes);
	if (!err && fstat(fd, &st))
		err = errno;
	close(fd);
	if (err)
		return fail(why, err, o->path, "cannot be stored");
	o->file = st.st_ino;
	o->changed = st.st_mtim;
	return 0;
}

int publish_measure(struct publish *p, struct text *why)
{
	size_t i;
	int err = 0;

	/* An exporter may have left a stream open: what is in it belongs to its output. */
	if (fflush(NULL) && !ferror(stdout)) {
		err = errno;
		text_printf(why, "what an exporter has written cannot be stored: %s",
			    strerror(err));
	}
	for (i = 0; !err && i < p->n_outputs; i++)
		err = measure(&p->outputs[i], why);
	return err;
}

/* Whether an output is what was measured: a short one by its bytes, too, since the time of
 * the last change has a grain. */
static int is_as_measured(const struct output *o, int fd, bool *is)
{
	struct stat st;
	uint64_t bytes;
	char sha256[65];
	int err;

	if (fstat(fd, &st))
		return errno;
	*is = st.st_ino == o->file && (uint64_t)st.st_size == o->bytes &&
	      st.st_mtim.tv_sec == o->changed.tv_sec && st.st_mtim.tv_nsec == o->changed.tv_nsec;
	if (!*is || o->bytes > HASH_TWICE)
		return 0;
	err = sha256_file(fd, sha256, &bytes);
	*is = !strcmp(sha256, o->sha256);
	return err;
}

static int compare(const struct output *o, struct text *why)
{
	bool same = true;
	int fd, err = open_staged(o->staged, o->path, &fd, why);

	if (err)
		return err;
	err = is_as_measured(o, fd, &same);
	close(fd);
	if (err)
		return fail(why, err, o->path, "cannot be read");
	if (same)
		return 0;
	text_printf(why, "%s: was changed after its exporter had ended and it was measured",
		    o->path);
	return EBUSY;
}

static bool is_declared(const struct publish *p, const char *path)
{
	size_t i = 0;

	while (i < p->n_outputs && strcmp(p->outputs[i].path, path) != 0)
		i++;
	return i < p->n_outputs;
}

/* Nothing is published that datapackage.json does not list. */
static int find_undeclared(const struct publish *p, const char *folder, struct text *why)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int err = dir ? 0 : fail(why, errno, p->shown, "cannot be read");

	while (!err && (errno = 0, entry = readdir(dir))) {
		char *path = join(folder, entry->d_name);
		const char *shown = path + strlen(p->staging) + 1;
		struct stat st;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    is_declared(p, shown)) {
			err = 0;
		} else if (!lstat(path, &st) && S_ISDIR(st.st_mode)) {
			err = find_undeclared(p, path, why);
		} else {
			text_printf(why, "%s: was written by an exporter that has not declared it",
				    shown);
			err = EPROTO;
		}
		free(path);
	}
	if (!err && errno)
		err = fail(why, errno, p->shown, "cannot be read");
	if (dir)
		closedir(dir);
	return err;
}

static int write_package(struct publish *p, const char *bytes, size_t len, struct text *why)
{
	FILE *file = fopen(p->package, "wxe");
	int err = 0;

	if (!file)
		return fail(why, errno, PACKAGE, "cannot be made");
	if (fwrite(bytes, 1, len, file) != len || fflush(file))
		err = fail(why, errno, PACKAGE, "cannot be written");
	write_out(fileno(file));
	if (fclose(file) && !err)
		err = fail(why, errno, PACKAGE, "cannot be written");
	return err;
}

static bool describes(const json_t *resource, const struct output *o)
{
	const char *path = json_string_value(json_object_get(resource, "path"));
	const char *hash = json_string_value(json_object_get(resource, "hash"));
	json_int_t bytes = json_integer_value(json_object_get(resource, "bytes"));

	return path && hash && !strcmp(path, o->path) && !strncmp(hash, "sha256:", 7) &&
	       !strcmp(hash + 7, o->sha256) && (uint64_t)bytes == o->bytes;
}

/* Reads datapackage.json as the next run will do: it must list what is published. */
static int check_package(const struct publish *p, struct text *why)
{
	struct text reason = { 0 };
	json_t *package, *resources;
	int err = package_read(p->package, &package, &reason);
	size_t i;

	resources = json_object_get(package, "resources");
	if (err) {
		text_printf(why, "%s: %s", PACKAGE, reason.data);
	} else if (!json_is_string(json_object_get(package, "muster")) ||
		   json_array_size(resources) != p->n_outputs) {
		err = EBADMSG;
		text_puts(why, PACKAGE ": does not list what is published");
	}
	for (i = 0; !err && i < p->n_outputs; i++) {
		if (describes(json_array_get(resources, i), &p->outputs[i]))
			continue;
		err = EBADMSG;
		text_printf(why,
			    "%s: does not describe '%s' as it is; if the value of a secret is a "
			    "part of its path, give it another one",
			    PACKAGE, p->outputs[i].path);
	}
	json_decref(package);
	text_release(&reason);
	return err;
}

static int sync_fd(int fd)
{
	int err = 0, tries;

	for (tries = 0; tries < TRIES; tries++) {
		err = fsync(fd) ? errno : 0;
		if (err != EINTR)
			break;
	}
	return err;
}

static int sync_file(const char *path, int flags, const char *shown, struct text *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | flags);
	int err = fd < 0 ? errno : sync_fd(fd);

	if (fd >= 0)
		close(fd);
	return err ? fail(why, err, shown, "cannot be stored") : 0;
}

/* Calls it with each folder of an output below the staging folder: one of them as often as
 * outputs are in it. */
static int subfolders_each(const struct publish *p,
			   int (*visit)(const struct publish *, const char *folder,
					struct text *why),
			   struct text *why)
{
	size_t i;
	int err = 0;

	for (i = 0; i < p->n_outputs; i++) {
		const char *path = p->outputs[i].path, *end;

		for (end = strchr(path, '/'); end && !err; end = strchr(end + 1, '/')) {
			struct text folder = { 0 };

			text_add(&folder, path, (size_t)(end - path));
			err = visit(p, folder.data, why);
			text_release(&folder);
		}
	}
	return err;
}

static int sync_subfolder(const struct publish *p, const char *folder, struct text *why)
{
	char *path = join(p->staging, folder);
	int err = sync_file(path, O_DIRECTORY, folder, why);

	free(path);
	return err;
}

/* Some file systems have nothing to synchronise of a folder. */
static int sync_folder(int fd)
{
	int err = fd > 0 ? sync_fd(fd) : 0;

	return err == EINVAL || err == EROFS || err == EBADF ? 0 : err;
}

/* The rename must not reach the disk before what is published does. */
static int sync_staged(const struct publish *p, struct text *why)
{
	int err = 0;
	size_t i;

	for (i = 0; !err && i < p->n_outputs; i++)
		err = sync_file(p->outputs[i].staged, 0, p->outputs[i].path, why);
	if (!err)
		err = sync_file(p->package, 0, PACKAGE, why);
	if (!err)
		err = subfolders_each(p, sync_subfolder, why);
	if (err)
		return err;
	err = sync_folder(p->lock);
	return err ? fail(why, err, p->shown, "cannot be stored") : 0;
}

/* What takes the place of a file or folder of the former dataset may be read by the same
 * people. */
static int keep_attributes(const struct publish *p, const char *path, struct text *why)
{
	char *old = join(p->out, path), *new = join(p->staging, path);
	int from = open(old, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int to = from < 0 ? -1 : open(new, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat a, b;
	int err = from < 0 ? (errno == ENOENT || errno == ELOOP ? 0 : errno) : to < 0 ? errno : 0;

	if (to >= 0 && !fstat(from, &a) && !fstat(to, &b) &&
	    (a.st_mode & S_IFMT) == (b.st_mode & S_IFMT))
		err = attributes_copy(from, to, 07777);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	free(old);
	free(new);
	return err ? fail(why, err, path, "its mode, group and access cannot be kept") : 0;
}

static int dress_all(const struct publish *p, struct text *why)
{
	int err = 0;
	size_t i;

	if (p->former <= 0)
		return fchmod(p->lock, p->mode)
			       ? fail(why, errno, p->shown, "cannot be made readable")
			       : 0;
	for (i = 0; !err && i < p->n_outputs; i++)
		err = keep_attributes(p, p->outputs[i].path, why);
	if (!err)
		err = keep_attributes(p, PACKAGE, why);
	if (!err)
		err = subfolders_each(p, keep_attributes, why);
	if (err)
		return err;
	err = attributes_copy(p->former, p->lock, 07777);
	return err ? fail(why, err, p->shown, "its mode, group and access cannot be kept") : 0;
}

/* Takes hold of the former dataset, so that no other run replaces it at the same time. */
static int lock_former(struct publish *p, struct text *why)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	int waited = 0, err;

	while ((err = folder_lock(p->out, &p->former)) == EWOULDBLOCK && waited < WAIT_MS &&
	       !interrupt_signal()) {
		nanosleep(&step, NULL);
		waited += STEP_MS;
	}
	if (!err)
		return 0;
	p->former = 0;
	if (err == ENOENT)
		return 0;
	if (err == EWOULDBLOCK)
		text_printf(why, "%s: is locked by another program, which does not let go of it",
			    p->shown);
	else
		fail(why, err, p->shown, "cannot be replaced");
	return err;
}

/* On file systems that cannot exchange, there is a moment without a dataset; when the
 * second step fails the first is undone, and when the run is killed in between the next
 * one does so. */
static int swap_slowly(struct publish *p)
{
	int err;

	if (rename(p->out, p->aside))
		return errno;
	p->stands_aside = true;
	if (!rename(p->staging, p->out))
		return 0;
	err = errno;
	p->stands_aside = rename(p->aside, p->out) != 0;
	return err;
}

static int swap(struct publish *p)
{
	int err;

	if (p->former <= 0)
		return rename(p->staging, p->out) ? errno : 0;
	if (!renameat2(AT_FDCWD, p->staging, AT_FDCWD, p->out, RENAME_EXCHANGE))
		return 0;
	err = errno;
	return err == EINVAL || err == ENOSYS || err == EOPNOTSUPP ? swap_slowly(p) : err;
}

/* The former dataset is put back. */
static int swap_back(struct publish *p)
{
	if (p->former > 0 && !p->stands_aside)
		return renameat2(AT_FDCWD, p->staging, AT_FDCWD, p->out, RENAME_EXCHANGE) ? errno
											  : 0;
	if (rename(p->out, p->staging))
		return errno;
	if (p->former > 0 && rename(p->aside, p->out))
		return errno;
	p->stands_aside = false;
	return 0;
}

/* The folder above, and those that were made above it. */
static int sync_parents(struct publish *p)
{
	int err = sync_folder(p->parent);
	size_t len = strlen(p->out), at = len, i;

	for (i = 0; !err && i <= p->parents && at; i++) {
		while (at && p->out[at] != '/')
			at--;
		p->out[at] = '\0';
		if (i) {
			int fd = open(at ? p->out : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			err = fd < 0 ? (errno == EACCES ? 0 : errno) : sync_folder(fd);
			if (fd >= 0)
				close(fd);
		}
	}
	for (; at < len; at++)
		if (!p->out[at])
			p->out[at] = '/';
	return err;
}

/* Outputs, their folders and datapackage.json: what has a name that is known can be removed
 * without a descriptor, and without looking. */
static void remove_known(const struct publish *p, int folder)
{
	char path[PATH_MAX], *slash;
	size_t i;

	for (i = 0; i < p->n_outputs; i++) {
		if (strlen(p->outputs[i].path) >= PATH_MAX)
			continue;
		memcpy(path, p->outputs[i].path, strlen(p->outputs[i].path) + 1);
		unlinkat(folder, path, 0);
		while ((slash = strrchr(path, '/'))) {
			*slash = '\0';
			unlinkat(folder, path, AT_REMOVEDIR);
		}
	}
	unlinkat(folder, PACKAGE, 0);
}

/* The former dataset goes away when the new one is sure to be there.  Between, no
 * memory is asked for: without any, the former one would stay. */
static void remove_former(struct publish *p)
{
	if (p->former <= 0)
		return;
	remove_known(p, p->former);
	tree_empty(p->former);
	p->unremoved = tree_remove_empty(AT_FDCWD, p->stands_aside ? p->aside : p->staging);
}

/* EAGAIN: another run has published meanwhile. */
static int replace(struct publish *p, struct text *why)
{
	int err, undone;

	/* Without memory on another thread nothing is removed from now on. */
	pthread_mutex_lock(&abandoning);
	err = swap(p);
	if (!err)
		in_progress = NULL;
	pthread_mutex_unlock(&abandoning);
	if (err == ENOTEMPTY || err == EEXIST || (err == ENOENT && p->former > 0))
		return EAGAIN;
	if (err && p->stands_aside)
		text_printf(why, "the former dataset stands in %s; ", p->aside);
	if (err)
		return unmovable(p, err, why);
	err = sync_parents(p);
	undone = err ? swap_back(p) : 0;
	if (!err) {
		remove_former(p);
		return 0;
	}
	fail(why, err, p->shown, "cannot be stored");
	if (undone)
		text_printf(why, "; the former dataset could not be put back: it is %s",
			    p->stands_aside ? p->aside : p->staging);
	else
		set_in_progress(p);
	return err;
}

/* One attempt; EAGAIN as replace() has it. */
static int try_replacing(struct publish *p, struct text *why)
{
	struct former former = { 0 };
	int err = lock_former(p, why);
	size_t i;

	if (!err)
		err = former_open(&former, p->out, p->shown, why);
	/* What was put aside has been replaced by what another run has published. */
	if (!err && p->stands_aside && former.paths) {
		tree_remove(AT_FDCWD, p->aside);
		p->stands_aside = false;
	}
	if (!err)
		err = former_keep(&former, p->staging, why);
	if (!err)
		err = dress_all(p, why);
	if (!err)
		err = sync_staged(p, why);
	for (i = 0; !err && i < p->n_outputs; i++)
		err = compare(&p->outputs[i], why);
	if (!err)
		err = replace(p, why);
	former_close(&former);
	return err;
}

int publish_commit(struct publish *p, const char *datapackage, size_t len, struct text *why)
{
	int err = find_undeclared(p, p->staging, why), tries;

	if (!err)
		err = write_package(p, datapackage, len, why);
	if (!err)
		err = check_package(p, why);
	if (err)
		return err;
	for (tries = 0; tries < TRIES; tries++) {
		err = try_replacing(p, why);
		close_one(&p->former);
		if (err != EAGAIN)
			break;
	}
	if (err == EAGAIN)
		fail(why, err, p->shown, "is replaced by others all the time");
	if (!err) {
		published = p;
		staging_forget(p);
	}
	return err;
}

static void stop_appending(struct publish *p)
{
	size_t i;

	for (i = 0; i < p->n_outputs; i++) {
		append_close(p->outputs[i].append);
		p->outputs[i].append = NULL;
	}
}

/* Gives the staging folder another name, which nobody knows who still makes files by
 * their paths.  Asks for no memory. */
static const char *hide(const struct publish *p, char hidden[PATH_MAX])
{
	size_t last = strlen(p->staging) - 1;
	int letter;

	if (last + 1 >= PATH_MAX)
		return p->staging;
	memcpy(hidden, p->staging, last + 2);
	for (letter = 'a'; letter <= 'z'; letter++) {
		hidden[last] = (char)letter;
		if (!renameat2(AT_FDCWD, p->staging, AT_FDCWD, hidden, RENAME_NOREPLACE))
			return hidden;
		if (errno != EEXIST)
			break;
	}
	return p->staging;
}

/* Asks for no memory.  Exporters on other threads may be at work on it. */
static void remove_staged(const struct publish *p)
{
	char hidden[PATH_MAX];
	const char *path = hide(p, hidden);
	int tries = 0, err;

	do {
		if (p->lock > 0) {
			remove_known(p, p->lock);
			tree_empty(p->lock);
		}
		err = tree_remove_empty(AT_FDCWD, path);
	} while ((err == ENOTEMPTY || err == EEXIST) && ++tries < TRIES);
}

static void withdraw(struct publish *p)
{
	remove_staged(p);
	if (!p->stands_aside)
		remove_parents(p);
}

void publish_rollback(struct publish *p)
{
	stop_appending(p);
	pthread_mutex_lock(&abandoning);
	if (p->staging && in_progress == p)
		withdraw(p);
	else if (p->out && p->parents && !p->staging && access(p->out, F_OK))
		remove_parents(p);
	in_progress = NULL;
	pthread_mutex_unlock(&abandoning);
	staging_forget(p);
	close_one(&p->parent);
}

static void say(const char *words)
{
	ssize_t written = write(STDERR_FILENO, words, strlen(words));

	(void)written; /* there is nobody left to tell */
}

void publish_abandon(void)
{
	/* Never given back: nothing may be staged any more. */
	pthread_mutex_lock(&abandoning);
	if (in_progress)
		withdraw(in_progress);
	if (published) {
		say("muster: the dataset is published in ");
		say(published->shown);
		say("\n");
	}
}

void publish_release(struct publish *p)
{
	size_t i;

	publish_rollback(p);
	if (published == p)
		published = NULL;
	for (i = 0; i < p->n_outputs; i++) {
		free(p->outputs[i].path);
		free(p->outputs[i].staged);
	}
	free(p->outputs);
	free(p->out);
	free(p->shown);
	*p = (struct publish){ 0 };
}
