/*
 * Files of this machine:
 *
 *     sources:
 *       letters:
 *         - fetch: file
 *           path: data/letter-*.txt
 *         - parse: csv
 *
 * A path is relative to the pipeline file.  In it, * stands for any characters
 * of a name, ? for one, [a-z] for one of several; a name beginning with a dot
 * has to be asked for with a dot.  What exists just as it is written is that
 * file, whatever characters it has.  A pattern gives as many documents as it
 * matches, in the order of their bytes; one that matches nothing stops the run,
 * and so does a folder, a pipe or a device.
 */
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <muster/plugin.h>

#include "bytes/media.h"

struct self {
	const char *path;
	int64_t max_files;

	glob_t found;
	char **paths; /* those of `found` */
	size_t count, next;
};

static const struct mu_option options[] = {
	MU_OPT_PATH(struct self, path, .required = true,
		    .help = "the file, or a pattern of files such as data/*.csv"),
	MU_OPT_INT(struct self, max_files, .fallback = "100000", .min = 1, .max = 8000000,
		   .help = "how many files a pattern may match"),
	{ 0 },
};

static bool has_wildcard(const char *path)
{
	return path[strcspn(path, "*?[")];
}

static int path_missing(struct mu_ctx *ctx, const char *path, int err)
{
	if (err == ENOENT)
		return mu_fail(ctx, err, "%s: there is no such file", path);
	return mu_fail(ctx, err, "%s: %s", path, strerror(err));
}

/* Whether a path is that of a file whose bytes will stay there to be read. */
static int path_check(struct mu_ctx *ctx, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return path_missing(ctx, path, errno);
	if (S_ISDIR(st.st_mode))
		return mu_fail(ctx, EISDIR,
			       "%s is a folder, not a file: for the files in it write %s%s*", path,
			       path, path[strlen(path) - 1] == '/' ? "" : "/");
	if (!S_ISREG(st.st_mode))
		return mu_fail(ctx, ENOTSUP, "%s is not a regular file", path);
	return 0;
}

/* The path as a pattern in which folders that exist as they are written stand
 * for themselves: the pipeline may well lie in one called [2024]. */
static char *pattern_make(struct mu_ctx *ctx, const char *path)
{
	size_t len = strlen(path), start = 0, end, i;
	char *prefix = mu_alloc(ctx, len + 1);
	char *pattern = mu_alloc(ctx, 2 * len + 1), *to = pattern;
	bool literal = true;
	struct stat st;

	for (; start < len; start = end) {
		end = start + strspn(path + start, "/");
		end += strcspn(path + end, "/");
		memcpy(prefix, path, end);
		prefix[end] = '\0';
		literal = literal && !stat(prefix, &st);
		for (i = start; i < end; i++) {
			if (path[i] == '\\' || (literal && strchr("*?[", path[i])))
				*to++ = '\\';
			*to++ = path[i];
		}
	}
	return pattern;
}

/* A folder that cannot be read may hold files that belong to the dataset; what
 * a pattern takes for a folder and is none holds nothing. */
static int folder_unreadable(const char *path, int err)
{
	(void)path;
	return err != ENOENT && err != ENOTDIR;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int pattern_expand(struct mu_ctx *ctx, struct self *self)
{
	const char *pattern = pattern_make(ctx, self->path);
	int answer = glob(pattern, GLOB_NOSORT, folder_unreadable, &self->found);

	switch (answer) {
	case 0:
		break;
	case GLOB_NOMATCH:
		return mu_fail(ctx, ENOENT, "%s: no file matches", self->path);
	case GLOB_NOSPACE:
		return mu_fail(ctx, ENOMEM, "out of memory");
	default:
		return mu_fail(ctx, EACCES, "%s: a folder on the way cannot be read: %s",
			       self->path, strerror(errno));
	}
	self->paths = self->found.gl_pathv;
	self->count = self->found.gl_pathc;
	if (self->count > (uint64_t)self->max_files)
		return mu_fail(ctx, E2BIG,
			       "%s matches %zu files, more than the %" PRId64
			       " that max_files allows",
			       self->path, self->count, self->max_files);
	qsort(self->paths, self->count, sizeof *self->paths, by_bytes);
	return 0;
}

static int file_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	struct self *self = state;
	struct stat st;
	size_t i;
	int err = 0;

	(void)out;
	if (has_wildcard(self->path) && stat(self->path, &st)) {
		err = pattern_expand(ctx, self);
	} else {
		self->paths = (char **)&self->path;
		self->count = 1;
	}
	for (i = 0; !err && i < self->count; i++)
		err = path_check(ctx, self->paths[i]);
	return err;
}

static void file_close(struct mu_ctx *ctx, void *state)
{
	(void)ctx;
	globfree(&((struct self *)state)->found);
}

static int file_fetch(struct mu_ctx *ctx, void *state, struct mu_document *out)
{
	struct self *self = state;
	const char *path, *slash;

	(void)ctx;
	*out = (struct mu_document){ .size = sizeof *out };
	if (self->next == self->count)
		return 0;
	path = self->paths[self->next++];
	slash = strrchr(path, '/');
	out->path = out->uri = path;
	out->name = slash ? slash + 1 : path;
	out->media_type = media_type_of(out->name);
	return 0;
}

MUSTER_PLUGIN(.name = "file", .summary = "files of this machine, one or all that match a pattern",
	      .options = options, .self_size = sizeof(struct self), .open = file_open,
	      .close = file_close, .fetch = file_fetch);
