#include "publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "append.h"
#include "document.h"
#include "mem.h"

#define PACKAGE     "datapackage.json"
#define MAX_PACKAGE (16 << 20)
#define MAX_DEPTH   16
#define KEPT        64

/* What publish_abandon() removes: it may allocate nothing.  Memory may run out on
 * any thread, so what it reads changes under the lock; recursive, since it may
 * also run out in between. */
static struct publish *in_progress;
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

/* ------------------------------------------------------- removing folders */

static void remove_tree(int parent, const char *name, int depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!folder) {
		if (fd >= 0)
			close(fd);
		unlinkat(parent, name, 0);
		return;
	}
	while (depth < MAX_DEPTH && (entry = readdir(folder))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(folder), entry->d_name, 0))
			remove_tree(dirfd(folder), entry->d_name, depth + 1);
	}
	closedir(folder);
	unlinkat(parent, name, AT_REMOVEDIR);
}

/* Staging folders of runs that are no longer alive. */
static void remove_stale(const char *parent, const char *prefix)
{
	DIR *folder = opendir(parent);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		int fd;

		if (strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		fd = openat(dirfd(folder), entry->d_name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
			remove_tree(dirfd(folder), entry->d_name, 0);
		if (fd >= 0)
			close(fd);
	}
	if (folder)
		closedir(folder);
}

/* ------------------------------------------------- what is there already */

/* The paths that the folder's datapackage.json lists; NULL when it has none. */
static json_t *package_paths(const char *out)
{
	char *path = join(out, PACKAGE);
	json_t *package = NULL, *paths, *resources, *resource;
	struct stat st;
	size_t i;

	if (!lstat(path, &st) && S_ISREG(st.st_mode) && st.st_size <= MAX_PACKAGE)
		package = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	free(path);
	resources = json_object_get(package, "resources");
	if (!json_is_string(json_object_get(package, "muster")) || !json_is_array(resources)) {
		json_decref(package);
		return NULL;
	}
	paths = json_object();
	json_array_foreach(resources, i, resource) {
		const char *name = json_string_value(json_object_get(resource, "path"));

		if (name)
			json_object_set_new(paths, name, json_true());
	}
	json_decref(package);
	return paths;
}

/* The former dataset's own; its datapackage.json too, but not one of others. */
static bool listed(const json_t *paths, const char *path)
{
	return !strcmp(path, PACKAGE) ? paths != NULL : json_object_get(paths, path) != NULL;
}

/* Whether a folder below the output folder is one of the former dataset's. */
static bool holds_listed(const json_t *paths, const char *folder)
{
	size_t len = strlen(folder);
	const char *path;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)paths, path, value)
		if (!strncmp(path, folder, len) && path[len] == '/')
			return true;
	return false;
}

/* Looks at what is in the output folder that is not of the former dataset.  With
 * `into` (a folder) each such file gets a link there; EEXIST when it is in the
 * way of an output. */
static int foreign_each(const struct publish *p, const char *into, struct text *why)
{
	json_t *paths = package_paths(p->out);
	DIR *folder = opendir(p->out);
	struct dirent *entry;
	size_t kept = 0;
	int err = 0;

	while (!err && folder && (entry = readdir(folder))) {
		const char *name = entry->d_name;
		struct stat st;

		if (!strcmp(name, ".") || !strcmp(name, "..") || listed(paths, name) ||
		    fstatat(dirfd(folder), name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (S_ISDIR(st.st_mode) && holds_listed(paths, name))
			continue;
		if (S_ISDIR(st.st_mode) || ++kept > KEPT) {
			text_printf(why,
				    "%s: holds %s, so it is hardly a folder of datasets; "
				    "nothing was touched: name another one with --out",
				    p->shown,
				    S_ISDIR(st.st_mode) ? "other folders" : "many other files");
			err = EEXIST;
		} else if (into) {
			char *link = join(into, name);

			if (linkat(dirfd(folder), name, AT_FDCWD, link, 0))
				err = fail(why, errno, name,
					   errno == EEXIST
						   ? "is in the output folder and none of the "
						     "former dataset's; move it away"
						   : "cannot be kept");
			free(link);
		}
	}
	if (folder)
		closedir(folder);
	json_decref(paths);
	return err;
}

/* `into` as foreign_each() has it. */
static int check_replaceable(const struct publish *p, const char *into, struct text *why)
{
	char *current = getcwd(NULL, 0);
	bool here = current && !strcmp(current, p->out);
	struct stat st;

	free(current);
	if (here) {
		text_printf(why,
			    "%s: the current folder cannot be replaced; name another one with "
			    "--out",
			    p->shown);
		return EINVAL;
	}
	if (lstat(p->out, &st))
		return errno == ENOENT ? 0 : fail(why, errno, p->shown, "cannot be looked at");
	if (!S_ISDIR(st.st_mode)) {
		text_printf(why, "%s: is no folder; name another one with --out", p->shown);
		return ENOTDIR;
	}
	return foreign_each(p, into, why);
}

/* ------------------------------------------------------------------ begin */

/* The path without links as far as it exists, absolute. */
static char *absolute(const char *path)
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
	parent = absolute(slash ? (*copy ? copy : "/") : ".");
	out = join(strcmp(parent, "/") ? parent : "", slash ? slash + 1 : copy);
	free(parent);
	free(copy);
	return out;
}

/* Makes the folders above p->out that are not there. */
static int make_parents(struct publish *p, struct text *why)
{
	char *at;

	for (at = strchr(p->out + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (!mkdir(p->out, 0777)) {
			p->parents++;
		} else if (errno != EEXIST) {
			fail(why, errno, p->out, "cannot be made");
			*at = '/';
			return EIO;
		}
		*at = '/';
	}
	return 0;
}

static void remove_parents(struct publish *p)
{
	char *path = mem_copy(p->out), *slash;

	while (p->parents && (slash = strrchr(path, '/'))) {
		*slash = '\0';
		if (rmdir(path))
			break;
		p->parents--;
	}
	free(path);
}

static void staging_forget(struct publish *p)
{
	free(p->staging);
	free(p->package);
	p->staging = p->package = NULL;
}

static int make_staging(struct publish *p, struct text *why)
{
	struct text parent = { 0 }, prefix = { 0 }, staging = { 0 };
	const char *name = strrchr(p->out, '/') + 1;
	int err = 0;

	text_add(&parent, p->out, (size_t)(name - p->out));
	text_printf(&prefix, ".%s.muster-", name);
	text_printf(&staging, "%s%sXXXXXX", parent.data, prefix.data);
	remove_stale(parent.data, prefix.data);
	/* Once the folder is there, nothing may fail before it is in progress. */
	p->package = join(staging.data, PACKAGE);
	if (!mkdtemp(staging.data)) {
		err = errno;
		fail(why, err, p->shown, "nothing can be written beside it");
		text_release(&staging);
		staging_forget(p);
	} else {
		p->staging = staging.data;
		memcpy(p->package, staging.data, staging.len);
		p->lock = open(p->staging, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (p->lock >= 0)
			flock(p->lock, LOCK_EX | LOCK_NB);
		set_in_progress(p);
	}
	text_release(&parent);
	text_release(&prefix);
	return err;
}

int publish_begin(struct publish *p, const char *out, struct text *why)
{
	int err;

	p->lock = -1;
	p->shown = mem_copy(out);
	p->out = absolute(out);
	if (!strcmp(p->out, "/")) {
		text_puts(why, "/: cannot be an output folder");
		return EINVAL;
	}
	err = check_replaceable(p, NULL, why);
	if (!err)
		err = make_parents(p, why);
	if (!err)
		err = make_staging(p, why);
	return err;
}

/* ---------------------------------------------------------------- outputs */

static const char *wrong_path(const char *path)
{
	const char *part = path, *end;

	if (!*path || *path == '/')
		return "it must be relative to the output folder";
	if (!strcmp(path, PACKAGE))
		return "muster itself writes a file of that name";
	for (; *part; part = *end ? end + 1 : end) {
		end = part + strcspn(part, "/");
		if (end == part || *part == '.')
			return "no part of it may be empty or begin with a full stop";
	}
	for (part = path; *part; part++)
		if ((unsigned char)*part < ' ' || *part == '\\')
			return "it has a character that no file name should have";
	return NULL;
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
	const char *wrong = wrong_path(path);
	struct output *o;
	char *at;
	size_t i;

	if (!wrong && p->rejects && !strcmp(path, REJECTS))
		wrong = "muster itself writes a file of that name";
	for (i = 0; !wrong && i < p->n_outputs; i++)
		if (!strcmp(p->outputs[i].path, path))
			wrong = "another export writes it already";
	if (wrong) {
		text_printf(why, "the output path '%s' cannot be: %s", path, wrong);
		return EINVAL;
	}
	o = add_output(p, path);
	for (at = strchr(o->staged + strlen(p->staging) + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(o->staged, 0777) && errno != EEXIST)
			return fail(why, errno, path, "cannot be made");
		*at = '/';
	}
	*staged = o->staged;
	return 0;
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
	if (!err && (uint64_t)st.st_size != o->bytes)
		err = sha256_file(fd, o->sha256, &o->bytes);
	return err;
}

static int measure(struct output *o, struct text *why)
{
	int fd = open(o->staged, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), err;

	if (fd < 0)
		return fail(why, errno, o->path, "was declared and not written");
	write_out(fd);
	err = o->append ? measure_appended(o, fd) : sha256_file(fd, o->sha256, &o->bytes);
	close(fd);
	return err ? fail(why, err, o->path, "cannot be stored") : 0;
}

int publish_measure(struct publish *p, struct text *why)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < p->n_outputs; i++)
		err = measure(&p->outputs[i], why);
	return err;
}

/* ----------------------------------------------------------------- commit */

static int write_package(struct publish *p, const char *bytes, size_t len, struct text *why)
{
	FILE *file = fopen(p->package, "wxe");
	int err = 0;

	if (!file)
		err = fail(why, errno, PACKAGE, "cannot be made");
	if (file && (fwrite(bytes, 1, len, file) != len || fflush(file)))
		err = fail(why, errno, PACKAGE, "cannot be written");
	if (file)
		write_out(fileno(file));
	if (file && fclose(file) && !err)
		err = fail(why, errno, PACKAGE, "cannot be written");
	return err;
}

static int sync_file(const char *path, const char *shown, struct text *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), err = 0;

	if (fd < 0 || fsync(fd))
		err = fail(why, errno, shown, "cannot be stored");
	if (fd >= 0)
		close(fd);
	return err;
}

/* The rename must not reach the disk before the bytes do. */
static int sync_staged(const struct publish *p, struct text *why)
{
	int err = 0;
	size_t i;

	for (i = 0; !err && i < p->n_outputs; i++)
		err = sync_file(p->outputs[i].staged, p->outputs[i].path, why);
	return err ? err : sync_file(p->package, PACKAGE, why);
}

/* On file systems that cannot exchange, there is a moment without a dataset;
 * when the second step fails the first is undone. */
static int swap_slowly(const struct publish *p, const char *aside)
{
	int err;

	if (rename(p->out, aside))
		return errno;
	if (!rename(p->staging, p->out))
		return 0;
	err = errno;
	return rename(aside, p->out) ? EIO : err;
}

/* `former` is where the former dataset is then, NULL when there was none; `aside` is
 * a name that it may have. */
static int swap(const struct publish *p, const char *aside, const char **former)
{
	struct stat st;
	int err;

	*former = NULL;
	if (lstat(p->out, &st))
		return rename(p->staging, p->out) ? errno : 0;
	*former = p->staging;
	if (!renameat2(AT_FDCWD, p->staging, AT_FDCWD, p->out, RENAME_EXCHANGE))
		return 0;
	err = errno;
	*former = aside;
	return err == EINVAL || err == ENOSYS ? swap_slowly(p, aside) : err;
}

static void sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

/* The former dataset goes away when the new one is sure to be there.  Between, no
 * memory is asked for: without any, the former one would stay. */
static int replace(struct publish *p, struct text *why)
{
	struct text parent = { 0 }, aside = { 0 };
	const char *former;
	int err;

	text_add(&parent, p->out, (size_t)(strrchr(p->out, '/') + 1 - p->out));
	text_printf(&aside, "%s-old", p->staging);
	err = swap(p, aside.data, &former);
	if (err) {
		fail(why, err, p->shown,
		     err == EBUSY ? "is a mount point and cannot be replaced; name a folder "
				    "in it with --out"
				  : "cannot be replaced");
	} else {
		set_in_progress(NULL);
		sync_folder(parent.data);
		if (former)
			remove_tree(AT_FDCWD, former, 0);
		staging_forget(p);
	}
	text_release(&parent);
	text_release(&aside);
	return err;
}

int publish_commit(struct publish *p, const char *datapackage, size_t len, struct text *why)
{
	mode_t mask = umask(0);
	int err;

	umask(mask);
	err = write_package(p, datapackage, len, why);
	if (!err)
		err = check_replaceable(p, p->staging, why);
	if (!err)
		err = sync_staged(p, why);
	if (!err && chmod(p->staging, 0777 & ~mask))
		err = fail(why, errno, p->shown, "cannot be made readable");
	return err ? err : replace(p, why);
}

static void stop_appending(struct publish *p)
{
	size_t i;

	for (i = 0; i < p->n_outputs; i++) {
		append_close(p->outputs[i].append);
		p->outputs[i].append = NULL;
	}
}

void publish_rollback(struct publish *p)
{
	stop_appending(p);
	if (!p->staging) {
		if (p->out && p->parents && access(p->out, F_OK))
			remove_parents(p);
		return;
	}
	set_in_progress(NULL);
	remove_tree(AT_FDCWD, p->staging, 0);
	staging_forget(p);
	remove_parents(p);
}

void publish_abandon(void)
{
	struct publish *p;
	size_t i;

	/* Never given back: nothing may be staged any more. */
	pthread_mutex_lock(&abandoning);
	p = in_progress;
	if (!p)
		return;
	for (i = 0; i < p->n_outputs; i++)
		unlink(p->outputs[i].staged);
	unlink(p->package);
	rmdir(p->staging);
}

void publish_release(struct publish *p)
{
	size_t i;

	publish_rollback(p);
	for (i = 0; i < p->n_outputs; i++) {
		free(p->outputs[i].path);
		free(p->outputs[i].staged);
	}
	free(p->outputs);
	free(p->out);
	free(p->shown);
	if (p->lock > 0)
		close(p->lock);
	*p = (struct publish){ 0 };
}
