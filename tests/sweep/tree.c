/*
 * What files hold, told by other means than muster's: a reader of folders, and one of
 * datapackage.json with jansson and nettle.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sweep.h"

#define MAX_ENTRIES 64
#define RANDOM      6 /* characters that mkdtemp() makes up */
#define MARK        "muster-"

void name_normalise(char *name)
{
	char *at = name;
	size_t i;

	while ((at = strstr(at, MARK))) {
		at += strlen(MARK);
		for (i = 0; i < RANDOM && at[i] && at[i] != '/' && at[i] != '\n'; i++)
			at[i] = 'X';
	}
}

static void digest(const char *path, char hex[2 * SHA256_DIGEST_SIZE + 1], long long *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t buffer[65536], sum[SHA256_DIGEST_SIZE];
	struct sha256_ctx context;
	ssize_t n;
	size_t i;

	*bytes = 0;
	sha256_init(&context);
	while (fd >= 0 && (n = read(fd, buffer, sizeof buffer)) > 0) {
		sha256_update(&context, (size_t)n, buffer);
		*bytes += n;
	}
	if (fd >= 0)
		close(fd);
	sha256_digest(&context, sizeof sum, sum);
	for (i = 0; i < sizeof sum; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
}

static void add_line(struct tree *tree, const char *relative, const char *path,
		     const struct stat *st)
{
	char hex[2 * SHA256_DIGEST_SIZE + 1] = "", name[MAX_PATH];
	long long bytes = 0;
	int n;

	snprintf(name, sizeof name, "%s", relative);
	name_normalise(name);
	if (S_ISREG(st->st_mode))
		digest(path, hex, &bytes);
	n = snprintf(tree->text + tree->len, MAX_TEXT - tree->len, "%s\t%06o\t%lld\t%.16s\n", name,
		     (unsigned)st->st_mode, bytes, hex);
	if (n > 0 && (size_t)n < MAX_TEXT - tree->len)
		tree->len += (size_t)n;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t names_in(const char *folder, char *names[MAX_ENTRIES])
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t n = 0;

	while (dir && n < MAX_ENTRIES && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			names[n++] = strdup(entry->d_name);
	if (dir)
		closedir(dir);
	qsort(names, n, sizeof *names, by_name);
	return n;
}

static void add_folder(struct tree *tree, const char *folder, size_t root, const char *without)
{
	char *names[MAX_ENTRIES];
	size_t n = names_in(folder, names), i;

	for (i = 0; i < n; i++) {
		char path[2 * MAX_PATH];
		struct stat st;

		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		free(names[i]);
		if ((without && !strcmp(path, without)) || lstat(path, &st))
			continue;
		add_line(tree, path + root + 1, path, &st);
		if (S_ISDIR(st.st_mode))
			add_folder(tree, path, root, without);
	}
}

void tree_read(struct tree *tree, const char *folder, const char *without)
{
	tree->len = 0;
	tree->text[0] = '\0';
	add_folder(tree, folder, strlen(folder), without);
}

bool tree_equal(const struct tree *a, const struct tree *b)
{
	return a->len == b->len && !memcmp(a->text, b->text, a->len);
}

static bool has_line(const struct tree *tree, const char *line, size_t len)
{
	const char *at;

	for (at = tree->text; *at; at = strchr(at, '\n') + 1)
		if (!strncmp(at, line, len) && at[len] == '\n')
			return true;
	return false;
}

bool tree_extra(const struct tree *a, const struct tree *b, char *line, size_t size)
{
	const char *at, *end;

	for (at = a->text; *at; at = end + 1) {
		end = strchr(at, '\n');
		if (has_line(b, at, (size_t)(end - at)))
			continue;
		snprintf(line, size, "%.*s", (int)strcspn(at, "\t\n"), at);
		return true;
	}
	return false;
}

void tree_without(struct tree *tree, const char *path)
{
	size_t len = strlen(path);
	char *at = tree->text, *end;

	while (*at) {
		end = strchr(at, '\n') + 1;
		if (!strncmp(at, path, len) && (at[len] == '/' || at[len] == '\t'))
			memmove(at, end, strlen(end) + 1);
		else
			at = end;
	}
	tree->len = strlen(tree->text);
}

void folder_remove(const char *path)
{
	char *names[MAX_ENTRIES];
	size_t n, i;

	if (!unlink(path) || errno == ENOENT)
		return;
	n = names_in(path, names);
	for (i = 0; i < n; i++) {
		char below[2 * MAX_PATH];

		snprintf(below, sizeof below, "%s/%s", path, names[i]);
		free(names[i]);
		folder_remove(below);
	}
	rmdir(path);
}

static void file_copy(const char *from, const char *to, mode_t mode)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	char buffer[65536];
	ssize_t n;

	while ((n = read(in, buffer, sizeof buffer)) > 0)
		if (write(out, buffer, (size_t)n) != n)
			perror(to);
	fchmod(out, mode);
	close(in);
	close(out);
}

void folder_copy(const char *from, const char *to)
{
	char *names[MAX_ENTRIES];
	size_t n = names_in(from, names), i;
	struct stat st;

	if (lstat(from, &st) || mkdir(to, 0700))
		return;
	for (i = 0; i < n; i++) {
		char source[2 * MAX_PATH], target[2 * MAX_PATH];
		struct stat below;

		snprintf(source, sizeof source, "%s/%s", from, names[i]);
		snprintf(target, sizeof target, "%s/%s", to, names[i]);
		free(names[i]);
		if (!lstat(source, &below) && S_ISDIR(below.st_mode))
			folder_copy(source, target);
		else
			file_copy(source, target, below.st_mode & 07777);
	}
	chmod(to, st.st_mode & 07777);
}

static const char *resource_wrong(const char *folder, const json_t *resource)
{
	const char *name = json_string_value(json_object_get(resource, "path"));
	const char *hash = json_string_value(json_object_get(resource, "hash"));
	long long bytes = json_integer_value(json_object_get(resource, "bytes")), there;
	char path[2 * MAX_PATH], hex[2 * SHA256_DIGEST_SIZE + 1];
	static char wrong[MAX_PATH];

	if (!name || !hash || strncmp(hash, "sha256:", 7) != 0)
		return "a resource lacks its path or hash";
	snprintf(path, sizeof path, "%s/%s", folder, name);
	digest(path, hex, &there);
	snprintf(wrong, sizeof wrong, "%s is not as datapackage.json says", name);
	return bytes != there || strcmp(hash + 7, hex) != 0 ? wrong : NULL;
}

const char *package_wrong(const char *folder)
{
	char path[2 * MAX_PATH];
	const json_t *resources, *resource;
	const char *wrong = NULL;
	json_t *package;
	size_t i;

	snprintf(path, sizeof path, "%s/datapackage.json", folder);
	package = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	if (!package)
		return "datapackage.json is no JSON or not there";
	resources = json_object_get(package, "resources");
	if (!json_array_size(resources))
		wrong = "datapackage.json lists no resources";
	json_array_foreach(resources, i, resource)
		if (!wrong)
			wrong = resource_wrong(folder, resource);
	json_decref(package);
	return wrong;
}
