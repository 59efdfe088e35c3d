#include "store/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/interrupt.h"
#include "base/tree.h"
#include "store/former.h"
#include "store/outputs.h"
#include "store/staging.h"

#define WAIT_MS 30000 /* for another run that publishes there */
#define STEP_MS 10
#define TRIES   8

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
	return err ? publish_fail(why, err, shown, "cannot be stored") : 0;
}

static int sync_subfolder(const struct publish *p, const char *folder, struct text *why)
{
	char *path = publish_join(p->staging, folder);
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
		err = outputs_each_folder(p, sync_subfolder, why);
	if (err)
		return err;
	err = sync_folder(p->lock);
	return err ? publish_fail(why, err, p->shown, "cannot be stored") : 0;
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

/* What takes the place of a file or folder of the former dataset may be read by the same
 * people. */
static int keep_attributes(const struct publish *p, const char *path, struct text *why)
{
	char *old = publish_join(p->out, path), *new = publish_join(p->staging, path);
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
	return err ? publish_fail(why, err, path, "its mode, group and access cannot be kept") : 0;
}

static int dress_all(const struct publish *p, struct text *why)
{
	int err = 0;
	size_t i;

	if (p->former <= 0)
		return fchmod(p->lock, p->mode)
			       ? publish_fail(why, errno, p->shown, "cannot be made readable")
			       : 0;
	for (i = 0; !err && i < p->n_outputs; i++)
		err = keep_attributes(p, p->outputs[i].path, why);
	if (!err)
		err = keep_attributes(p, PACKAGE, why);
	if (!err)
		err = outputs_each_folder(p, keep_attributes, why);
	if (err)
		return err;
	err = attributes_copy(p->former, p->lock, 07777);
	return err ? publish_fail(why, err, p->shown, "its mode, group and access cannot be kept")
		   : 0;
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
		publish_fail(why, err, p->shown, "cannot be replaced");
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

/* The former dataset goes away when the new one is sure to be there.  Between, no
 * memory is asked for: without any, the former one would stay. */
static void remove_former(struct publish *p)
{
	if (p->former <= 0)
		return;
	publish_remove_known(p, p->former);
	tree_empty(p->former);
	p->unremoved = tree_remove_empty(AT_FDCWD, p->stands_aside ? p->aside : p->staging);
}

/* EAGAIN: another run has published meanwhile. */
static int replace(struct publish *p, struct text *why)
{
	int err, undone;

	/* Without memory on another thread nothing is removed from now on. */
	publish_lock();
	err = swap(p);
	if (!err)
		publish_in_progress(NULL);
	publish_unlock();
	if (err == ENOTEMPTY || err == EEXIST || (err == ENOENT && p->former > 0))
		return EAGAIN;
	if (err && p->stands_aside)
		text_printf(why, "the former dataset stands in %s; ", p->aside);
	if (err)
		return publish_unmovable(p, err, why);
	err = sync_parents(p);
	undone = err ? swap_back(p) : 0;
	if (!err) {
		remove_former(p);
		return 0;
	}
	publish_fail(why, err, p->shown, "cannot be stored");
	if (undone)
		text_printf(why, "; the former dataset could not be put back: it is %s",
			    p->stands_aside ? p->aside : p->staging);
	else
		publish_in_progress(p);
	return err;
}

/* One attempt; EAGAIN as replace() has it. */
static int try_replacing(struct publish *p, struct text *why)
{
	struct former former = { 0 };
	int err = lock_former(p, why);

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
	if (!err)
		err = outputs_compare(p, why);
	if (!err)
		err = replace(p, why);
	former_close(&former);
	return err;
}

int replace_former(struct publish *p, struct text *why)
{
	int err = 0, tries;

	for (tries = 0; tries < TRIES; tries++) {
		err = try_replacing(p, why);
		publish_close(&p->former);
		if (err != EAGAIN)
			break;
	}
	if (err == EAGAIN)
		publish_fail(why, err, p->shown, "is replaced by others all the time");
	return err;
}
