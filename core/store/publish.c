#include "store/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "base/tree.h"
#include "store/append.h"
#include "store/former.h"
#include "store/outputs.h"
#include "store/replace.h"
#include "store/staging.h"

#define TRIES 8

/* How much longer than the output folder's the longest name beside it is. */
#define STAGING_ADDS (sizeof(".muster-XXXXXX-old") - 1)

#define NOTHING_BESIDE "nothing can be written beside it"
#define MOUNT_POINT    "is a mount point and cannot be replaced; name a folder in it with --out"

/* What publish_abandon() removes: it may allocate nothing.  Memory may run out on
 * any thread, so what it reads changes under the lock; recursive, since it may
 * also run out in between. */
static struct publish *in_progress;
static const struct publish *published; /* which somebody may want to know in the end */
static pthread_mutex_t abandoning = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void publish_lock(void)
{
	pthread_mutex_lock(&abandoning);
}

void publish_unlock(void)
{
	pthread_mutex_unlock(&abandoning);
}

void publish_in_progress(struct publish *p)
{
	publish_lock();
	in_progress = p;
	publish_unlock();
}

int publish_fail(struct text *why, int err, const char *path, const char *what)
{
	text_printf(why, "%s: %s: %s", path, what, strerror(err));
	return err;
}

char *publish_join(const char *folder, const char *name)
{
	struct text path = { 0 };

	text_printf(&path, "%s/%s", folder, name);
	return path.data;
}

int publish_unmovable(const struct publish *p, int err, struct text *why)
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
		publish_fail(why, err, p->shown, "cannot be replaced");
	return err;
}

void publish_close(int *fd)
{
	if (*fd > 0)
		close(*fd);
	*fd = 0;
}

void publish_remove_known(const struct publish *p, int folder)
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
	return publish_join(strcmp(folder, "/") ? folder : "", name);
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
			err = publish_fail(why, errno, p->out, "cannot be made");
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
	publish_close(&p->lock);
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
	return err ? publish_fail(why, err, p->shown, "its group and access cannot be kept") : 0;
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
	p->package = publish_join(staging.data, PACKAGE);
	p->aside = mem_alloc(staging.len + sizeof "-old");
	if (!err)
		err = staging_make(p->staging, &p->lock);
	if (err) {
		publish_fail(why, err, p->shown, NOTHING_BESIDE);
		staging_forget(p);
		return err;
	}
	memcpy(p->package, staging.data, staging.len);
	memcpy(p->aside, staging.data, staging.len);
	memcpy(p->aside + staging.len, "-old", sizeof "-old");
	publish_in_progress(p);
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

/* The folder above, to be freed; NULL: there is none. */
static char *above(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct text folder = { 0 };

	if (!slash || !slash[1])
		return NULL;
	text_add(&folder, path, slash == path ? 1 : (size_t)(slash - path));
	return folder.data;
}

/* The dataset that a folder lies in, to be freed; NULL: in none. */
static char *dataset_around(const char *path)
{
	char *folder = above(path), *next;

	while (folder && !former_is_dataset(folder)) {
		next = above(folder);
		free(folder);
		folder = next;
	}
	return folder;
}

/* Of a folder that is real; `shown` is how the user calls it. */
static int check_folder(const char *real, const char *shown, struct text *why)
{
	char *around = NULL;

	if (real[0] != '/' || !real[1])
		text_printf(why, "%s: cannot be an output folder", real);
	else if (is_current_folder(real))
		text_printf(why,
			    "%s: the current folder cannot be replaced; name another one with "
			    "--out",
			    shown);
	else if (is_mount_point(real))
		text_printf(why, "%s: " MOUNT_POINT, shown);
	else if ((around = dataset_around(real)))
		text_printf(why,
			    "%s: is in %s, a folder that holds a dataset alone and is replaced as "
			    "a whole; name another one with --out",
			    shown, around);
	else
		return 0;
	free(around);
	return EINVAL;
}

/* Whether a folder can be made that is not there, as far as can be seen. */
static int check_parents(const char *real, const char *shown, struct text *why)
{
	char *folder = above(real), *next;
	int err;

	while (folder && (err = faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) ? errno : 0)) {
		if (err != ENOENT)
			break;
		next = above(folder);
		free(folder);
		folder = next;
	}
	free(folder);
	return err ? publish_fail(why, err, shown, NOTHING_BESIDE) : 0;
}

int publish_check(const char *out, struct text *why)
{
	char *real = publish_folder(out);
	int err = check_folder(real, out, why);
	struct former former;

	if (!err && strlen(strrchr(real, '/')) + STAGING_ADDS > NAME_MAX)
		err = publish_fail(why, ENAMETOOLONG, out, NOTHING_BESIDE);
	if (!err) {
		err = former_open(&former, real, out, why);
		former_close(&former);
	}
	if (!err)
		err = check_parents(real, out, why);
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
		return publish_fail(why, errno, p->shown, NOTHING_BESIDE);
	close(fd);
	if (rename(p->out, p->staging))
		err = errno;
	else if (rename(p->staging, p->out))
		return publish_fail(why, errno, p->staging,
				    "is the former dataset and cannot be put back");
	if (unlinkat(p->lock, PACKAGE, 0))
		return publish_fail(why, errno, p->shown, NOTHING_BESIDE);
	if (err == ENOTEMPTY || err == EEXIST || err == ENOENT)
		return 0;
	return publish_unmovable(p, err, why);
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

static int write_package(struct publish *p, const char *bytes, size_t len, struct text *why)
{
	FILE *file = fopen(p->package, "wxe");
	int err = 0;

	if (!file)
		return publish_fail(why, errno, PACKAGE, "cannot be made");
	if (fwrite(bytes, 1, len, file) != len || fflush(file))
		err = publish_fail(why, errno, PACKAGE, "cannot be written");
	outputs_write_out(fileno(file));
	if (fclose(file) && !err)
		err = publish_fail(why, errno, PACKAGE, "cannot be written");
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

int publish_commit(struct publish *p, const char *datapackage, size_t len, struct text *why)
{
	int err = outputs_check(p, why);

	if (!err)
		err = write_package(p, datapackage, len, why);
	if (!err)
		err = check_package(p, why);
	if (err)
		return err;
	err = replace_former(p, why);
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
			publish_remove_known(p, p->lock);
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
	publish_lock();
	if (p->staging && in_progress == p)
		withdraw(p);
	else if (p->out && p->parents && !p->staging && access(p->out, F_OK))
		remove_parents(p);
	in_progress = NULL;
	publish_unlock();
	staging_forget(p);
	publish_close(&p->parent);
}

static void say(const char *words)
{
	ssize_t written = write(STDERR_FILENO, words, strlen(words));

	(void)written; /* there is nobody left to tell */
}

void publish_abandon(void)
{
	/* Never given back: nothing may be staged any more. */
	publish_lock();
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
