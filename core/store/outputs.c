#include "store/outputs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/standard.h"
#include "store/append.h"
#include "store/document.h"

#define LINKED "is another file as well, by a hard link"

#define HASH_TWICE 262144 /* bytes at most that are hashed once more before they are published */

static struct output *add_output(struct publish *p, const char *path)
{
	struct output *o;

	publish_lock();
	p->outputs = mem_resize(p->outputs, p->n_outputs + 1, sizeof *p->outputs);
	o = &p->outputs[p->n_outputs];
	*o = (struct output){ .path = mem_copy(path), .staged = publish_join(p->staging, path) };
	p->n_outputs++;
	publish_unlock();
	return o;
}

int publish_output(struct publish *p, const char *path, const char *by, const char **staged,
		   struct text *why)
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
	o->by = by;
	for (at = strchr(o->staged + strlen(p->staging) + 1, '/'); at && !err;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(o->staged, 0777) && errno != EEXIST)
			err = publish_fail(why, errno, path, "cannot be made");
		*at = '/';
	}
	*staged = o->staged;
	return err;
}

void outputs_write_out(int fd)
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
		return publish_fail(why, EINVAL, staged, "is no output that was declared");
	if (!o->append)
		o->append = append_open(staged, p->threads);
	if (!o->append)
		return publish_fail(why, errno, o->path,
				    errno == EMLINK ? LINKED : "cannot be made");
	err = len ? append_put(o->append, data, len) : append_wait(o->append);
	if (err)
		text_printf(why, "%s: %s", o->path, strerror(err));
	return err;
}

/* An exporter may have left something else there, even a pipe. */
static int open_staged(const char *path, const char *shown, int *fd, struct text *why)
{
	struct stat st = { 0 };

	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (*fd < 0)
		return publish_fail(why, errno, shown,
				    errno == ENOENT ? "was declared and not written"
						    : "cannot be read");
	if (!fstat(*fd, &st) && S_ISREG(st.st_mode) && st.st_nlink == 1)
		return 0;
	text_printf(why, "%s: %s", shown, S_ISREG(st.st_mode) ? LINKED : "is no plain file");
	close(*fd);
	return EINVAL;
}

static int changed(const struct output *o, struct text *why)
{
	text_printf(why, "%s: was changed by somebody else than %s, whose output it is", o->path,
		    o->by);
	return EPROTO;
}

static int measure(struct output *o, struct text *why)
{
	struct stat st;
	int fd, err = open_staged(o->staged, o->path, &fd, why);

	if (err)
		return err;
	outputs_write_out(fd);
	err = o->append ? append_measure(o->append, o->sha256, &o->bytes)
			: sha256_file(fd, o->sha256, &o->bytes);
	if (!err && fstat(fd, &st))
		err = errno;
	close(fd);
	if (err)
		return publish_fail(why, err, o->path, "cannot be stored");
	if ((uint64_t)st.st_size != o->bytes)
		return changed(o, why);
	o->file = st.st_ino;
	o->changed = st.st_mtim;
	return 0;
}

int publish_measure(struct publish *p, const char *by, struct text *why)
{
	size_t i;
	int err = 0;

	/* An exporter may have left a stream open: what is in it belongs to its output. */
	if (fflush(NULL) && !ferror(stdout) && !ferror(standard_output())) {
		err = errno;
		text_printf(why, "what an exporter has written cannot be stored: %s",
			    strerror(err));
	}
	for (i = 0; !err && i < p->n_outputs; i++)
		if (!strcmp(p->outputs[i].by, by))
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
		return publish_fail(why, err, o->path, "cannot be read");
	if (same)
		return 0;
	return changed(o, why);
}

static bool is_declared(const struct publish *p, const char *path)
{
	size_t i = 0;

	while (i < p->n_outputs && strcmp(p->outputs[i].path, path) != 0)
		i++;
	return i < p->n_outputs;
}

static int folder_check(const struct publish *p, const char *folder, struct text *why)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int err = dir ? 0 : publish_fail(why, errno, p->shown, "cannot be read");

	while (!err && (errno = 0, entry = readdir(dir))) {
		char *path = publish_join(folder, entry->d_name);
		const char *shown = path + strlen(p->staging) + 1;
		struct stat st;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    is_declared(p, shown)) {
			err = 0;
		} else if (!lstat(path, &st) && S_ISDIR(st.st_mode)) {
			err = folder_check(p, path, why);
		} else {
			text_printf(why, "%s: was written by an exporter that has not declared it",
				    shown);
			err = EPROTO;
		}
		free(path);
	}
	if (!err && errno)
		err = publish_fail(why, errno, p->shown, "cannot be read");
	if (dir)
		closedir(dir);
	return err;
}

int outputs_check(const struct publish *p, struct text *why)
{
	return folder_check(p, p->staging, why);
}

int outputs_compare(const struct publish *p, struct text *why)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < p->n_outputs; i++)
		err = compare(&p->outputs[i], why);
	return err;
}

int outputs_each_folder(const struct publish *p, output_folder *visit, struct text *why)
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
