#include "store/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/append.h"

#define CHANGED     1                /* when every object was last changed, in seconds since 1970 */
#define MAX_ADDRESS ((off_t)1 << 20) /* bytes of what is remembered of an address */

/* A file that is not whole yet. */
struct incoming {
	const char *path;      /* NULL: it is an object now */
	struct append *append; /* NULL: nobody has appended to it */
};

static int fail(struct text *why, int err, const char *path, const char *what)
{
	text_printf(why, "the cache: %s: %s: %s", path, what, strerror(err));
	return err;
}

/* Makes a folder and those above it, for this user alone. */
static int folder_make(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? errno : 0;
}

static char *folder_find(struct arena *arena)
{
	const char *base = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");

	/* A relative one is to be ignored, says the XDG Base Directory Specification. */
	if (base && *base == '/')
		return arena_printf(arena, "%s/muster", base);
	return home && *home == '/' ? arena_printf(arena, "%s/.cache/muster", home) : NULL;
}

/* The files of a folder, which has no others in it, and the folder itself. */
static void folder_remove(int parent, const char *name, int fd)
{
	DIR *folder = fdopendir(fd);
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		unlinkat(dirfd(folder), entry->d_name, 0);
	unlinkat(parent, name, AT_REMOVEDIR);
	if (folder)
		closedir(folder);
	else
		close(fd);
}

/* Incoming files of runs that are no longer alive. */
static void incoming_clean(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		int fd;

		if (*entry->d_name == '.')
			continue;
		fd = openat(dirfd(folder), entry->d_name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (flock(fd, LOCK_EX | LOCK_NB))
			close(fd);
		else
			folder_remove(dirfd(folder), entry->d_name, fd);
	}
	if (folder)
		closedir(folder);
}

/* A folder of this run's own.  Whoever cleans up may take it for one that was left
 * behind, before it is locked: then there is another one. */
static int incoming_make(struct cache *c, struct text *why)
{
	const char *all = arena_printf(&c->arena, "%s/incoming", c->folder);
	int tries, fd;

	for (tries = 0; tries < 100; tries++) {
		char *path = arena_printf(&c->arena, "%s/%ld-XXXXXX", all, (long)getpid());

		if (!mkdtemp(path))
			return fail(why, errno, all, "no folder can be made in it");
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && !flock(fd, LOCK_EX) && !access(path, F_OK)) {
			c->incoming = path;
			c->incoming_lock = fd;
			return 0;
		}
		if (fd >= 0)
			close(fd);
	}
	return fail(why, EBUSY, all, "no folder in it stays");
}

static int lock_take(struct cache *c, struct text *why)
{
	const char *path = arena_printf(&c->arena, "%s/lock", c->folder);

	c->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (c->lock < 0)
		return fail(why, errno, path, "cannot be opened");
	while (flock(c->lock, LOCK_SH))
		if (errno != EINTR)
			return fail(why, errno, path, "cannot be locked");
	return 0;
}

int cache_open(struct cache *c, struct text *why)
{
	static const char *const folders[] = { "objects", "addresses", "roots", "incoming" };
	char *folder;
	size_t i;
	int err = 0;

	if (c->folder)
		return 0;
	folder = folder_find(&c->arena);
	if (!folder) {
		text_puts(why, "there is no folder for the cache: neither XDG_CACHE_HOME nor HOME "
			       "is set to an absolute path");
		return ENOENT;
	}
	c->lock = c->incoming_lock = -1;
	for (i = 0; !err && i < sizeof folders / sizeof *folders; i++) {
		char *path = arena_printf(&c->arena, "%s/%s", folder, folders[i]);

		err = folder_make(path);
		if (err)
			return fail(why, err, path, "cannot be made");
	}
	c->folder = folder;
	err = lock_take(c, why);
	incoming_clean(arena_printf(&c->arena, "%s/incoming", folder));
	return err;
}

void cache_close(struct cache *c)
{
	size_t i;

	for (i = 0; i < c->count; i++) {
		append_close(c->items[i].append);
		if (c->items[i].path)
			unlink(c->items[i].path);
	}
	free(c->items);
	if (c->incoming) {
		rmdir(c->incoming);
		close(c->incoming_lock);
	}
	if (c->folder && c->lock >= 0)
		close(c->lock);
	mu_map_release(&c->whole);
	arena_release(&c->arena);
	*c = (struct cache){ 0 };
}

static struct incoming *incoming_find(const struct cache *c, const char *path)
{
	size_t i = c->count;

	while (i-- > 0)
		if (c->items[i].path && !strcmp(c->items[i].path, path))
			return &c->items[i];
	return NULL;
}

bool cache_is_incoming(const struct cache *c, const char *path)
{
	return incoming_find(c, path) != NULL;
}

/* A slot in the list: that of one which has become an object, or a new one. */
static struct incoming *incoming_slot(struct cache *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (!c->items[i].path)
			return &c->items[i];
	c->items = mem_resize(c->items, c->count + 1, sizeof *c->items);
	return &c->items[c->count++];
}

int cache_incoming(struct cache *c, const char **path, struct text *why)
{
	struct incoming *item = *path ? incoming_find(c, *path) : NULL;
	int err = cache_open(c, why), fd;

	if (!err && !c->incoming)
		err = incoming_make(c, why);
	if (err)
		return err;
	if (*path && !item)
		return fail(why, EINVAL, *path, "is no incoming file");
	if (item) {
		append_close(item->append);
	} else {
		item = incoming_slot(c);
		*path = arena_printf(&c->arena, "%s/%" PRIu64, c->incoming, ++c->numbered);
	}
	*item = (struct incoming){ .path = *path };
	fd = open(*path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(why, errno, *path, "cannot be made");
	close(fd);
	return 0;
}

int cache_append(struct cache *c, const char *path, const void *data, size_t len, struct text *why)
{
	struct incoming *item = incoming_find(c, path);
	int err;

	if (!item)
		return fail(why, EINVAL, path, "is no incoming file");
	if (!item->append)
		item->append = append_open(path, c->threads);
	if (!item->append)
		return fail(why, errno, path, "cannot be written");
	err = len ? append_put(item->append, data, len) : append_wait(item->append);
	return err ? fail(why, err, path, "cannot be written") : 0;
}

static char *named(struct cache *c, const char *kind, const char *sha256)
{
	return arena_printf(&c->arena, "%s/%s/%.2s/%s", c->folder, kind, sha256, sha256 + 2);
}

/* The folder of a path that named() gave. */
static int named_folder(struct cache *c, const char *path)
{
	char *folder = arena_copy(&c->arena, path, strlen(path));

	*strrchr(folder, '/') = '\0';
	return mkdir(folder, 0700) && errno != EEXIST ? errno : 0;
}

static void note_whole(struct cache *c, const char *sha256)
{
	if (mu_map_add(&c->whole, sha256, 64) == SIZE_MAX)
		mem_exhausted();
}

static bool is_whole(const struct cache *c, const char *sha256)
{
	return mu_map_find(&c->whole, sha256, 64) != SIZE_MAX;
}

/* Makes a whole file the object of its sha256; `path` is then where it is. */
static int object_put(struct cache *c, const char *file, const char *sha256, const char **path,
		      struct text *why)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_sec = CHANGED } };
	int err;

	*path = named(c, "objects", sha256);
	if (is_whole(c, sha256)) {
		unlink(file);
		return 0;
	}
	err = named_folder(c, *path);
	if (err)
		return fail(why, err, *path, "its folder cannot be made");
	if (chmod(file, 0400) || utimensat(AT_FDCWD, file, times, 0) || rename(file, *path))
		return fail(why, errno, *path, "cannot be stored");
	note_whole(c, sha256);
	return 0;
}

/* Whether an open object is what its name says; then it counts as used now. */
static int object_check(int fd, const char *sha256, bool *whole)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_sec = CHANGED } };
	char found[65];
	uint64_t bytes;
	int err = sha256_file(fd, found, &bytes);

	*whole = !err && !strcmp(found, sha256);
	if (*whole)
		futimens(fd, times);
	return err;
}

int cache_find(struct cache *c, const char *sha256, const char **path, bool *damaged,
	       struct text *why)
{
	const char *object;
	bool whole;
	int err = cache_open(c, why), fd;

	*path = NULL;
	if (damaged)
		*damaged = false;
	if (err)
		return err;
	object = named(c, "objects", sha256);
	if (is_whole(c, sha256)) {
		*path = object;
		return 0;
	}
	fd = open(object, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : fail(why, errno, object, "cannot be read");
	err = object_check(fd, sha256, &whole);
	close(fd);
	if (err)
		return fail(why, err, object, "cannot be read");
	if (!whole) {
		unlink(object);
		if (damaged)
			*damaged = true;
		return 0;
	}
	note_whole(c, sha256);
	*path = object;
	return 0;
}

int cache_copy(struct cache *c, struct document *d, struct text *why)
{
	const char *path = NULL;
	const uint8_t *data;
	size_t len, at, n;
	int err = document_sha256(d, why);

	if (!err)
		err = cache_find(c, d->public.sha256, &path, NULL, why);
	if (err || path)
		return err;
	err = cache_incoming(c, &path, why);
	if (err)
		return err;
	err = document_map(d, false, &data, &len, why);
	if (err)
		return err;
	for (at = 0; !err && at < len; at += n) {
		n = len - at < (size_t)1 << 20 ? len - at : (size_t)1 << 20;
		err = cache_append(c, path, data + at, n, why);
	}
	document_unmap(d);
	if (!err) {
		struct mu_document copy = { .path = path };

		err = cache_take(c, &copy, NULL, why);
		if (!err && strcmp(copy.sha256, d->public.sha256) != 0)
			err = fail(why, ESTALE, d->public.uri, "changed while it was copied");
	}
	return err;
}

/* The file of what is remembered of an address: the hash keeps what is secret in it. */
static char *address_path(struct cache *c, const char *uri, const char *request)
{
	struct sha256_ctx digest;
	char name[65];

	sha256_init(&digest);
	sha256_update(&digest, strlen(uri) + 1, (const uint8_t *)uri);
	if (request)
		sha256_update(&digest, strlen(request), (const uint8_t *)request);
	sha256_end(&digest, name);
	return named(c, "addresses", name);
}

/* NULL when there is nothing that can be used. */
static json_t *address_load(const char *path)
{
	FILE *file = fopen(path, "re");
	json_t *json = NULL;
	struct stat st;

	if (file && !fstat(fileno(file), &st) && S_ISREG(st.st_mode) && st.st_size <= MAX_ADDRESS)
		json = json_loadf(file, JSON_REJECT_DUPLICATES, NULL);
	if (file)
		fclose(file);
	if (json_is_array(json_object_get(json, "versions")))
		return json;
	json_decref(json);
	return NULL;
}

size_t cache_address(struct cache *c, const char *path, struct version out[CACHE_VERSIONS])
{
	json_t *json = address_load(path), *item;
	size_t n = 0, i;

	json_array_foreach(json_object_get(json, "versions"), i, item)
		if (n < CACHE_VERSIONS && version_from_json(item, &c->arena, &out[n]))
			n++;
	json_decref(json);
	return n;
}

size_t cache_versions(struct cache *c, const char *uri, const char *request,
		      struct version out[CACHE_VERSIONS])
{
	return cache_address(c, address_path(c, uri, request), out);
}

int cache_recall(struct cache *c, const char *uri, const char *request, struct mu_document *out,
		 struct text *why)
{
	struct version versions[CACHE_VERSIONS];
	const char *path = NULL;
	int err = cache_open(c, why);

	if (err || !cache_versions(c, uri, request, versions))
		return err;
	err = cache_find(c, versions[0].sha256, &path, NULL, why);
	if (err || !path)
		return err;
	*out = version_document(&versions[0]);
	/* As it was asked for: what is written down has no secrets. */
	out->uri = arena_copy(&c->arena, uri, strlen(uri));
	out->request = request ? arena_copy(&c->arena, request, strlen(request)) : NULL;
	out->path = path;
	return 0;
}

/* Writes a file beside and moves it into place. */
static int file_replace(struct cache *c, const char *path, const char *text, struct text *why)
{
	const char *beside = NULL;
	int err = named_folder(c, path);

	if (err)
		return fail(why, err, path, "its folder cannot be made");
	err = cache_incoming(c, &beside, why);
	if (!err)
		err = cache_append(c, beside, text, strlen(text), why);
	if (!err)
		err = cache_append(c, beside, NULL, 0, why);
	if (err)
		return err;
	append_close(incoming_find(c, beside)->append);
	*incoming_find(c, beside) = (struct incoming){ 0 };
	return rename(beside, path) ? fail(why, errno, path, "cannot be stored") : 0;
}

int cache_remember(struct cache *c, const struct version *version, const struct secrets *secrets,
		   struct text *why)
{
	char *path = address_path(c, version->uri, version->request), *dump;
	json_t *json = address_load(path), *versions, *item;
	int err = cache_open(c, why);
	size_t i;

	if (!json)
		json = json_pack("{s:[]}", "versions");
	versions = json_object_get(json, "versions");
	for (i = json_array_size(versions); i-- > 0;) {
		item = json_object_get(json_array_get(versions, i), "sha256");
		if (!json_is_string(item) || !strcmp(json_string_value(item), version->sha256))
			json_array_remove(versions, i);
	}
	json_array_insert_new(versions, 0, version_to_json(version, secrets));
	while (json_array_size(versions) > CACHE_VERSIONS)
		json_array_remove(versions, CACHE_VERSIONS);
	dump = json_dumps(json, JSON_INDENT(1));
	json_decref(json);
	if (!dump)
		mem_exhausted();
	if (!err)
		err = file_replace(c, path, dump, why);
	free(dump);
	return err;
}

/* When the bytes of an incoming file came: if it is a known version, then. */
static int64_t first_fetched(struct cache *c, const struct mu_document *d)
{
	struct version versions[CACHE_VERSIONS];
	size_t n = cache_versions(c, d->uri, d->request, versions), i;

	for (i = 0; i < n; i++)
		if (!strcmp(versions[i].sha256, d->sha256) && versions[i].fetched)
			return versions[i].fetched;
	return (int64_t)time(NULL);
}

static int incoming_measure(struct incoming *item, char sha256[65], uint64_t *bytes,
			    struct text *why)
{
	int err, fd;

	if (item->append) {
		err = append_measure(item->append, sha256, bytes);
	} else {
		fd = open(item->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		err = fd < 0 ? errno : sha256_file(fd, sha256, bytes);
		if (fd >= 0)
			close(fd);
	}
	append_close(item->append);
	item->append = NULL;
	return err ? fail(why, err, item->path, "cannot be written") : 0;
}

static int take_incoming(struct cache *c, struct incoming *item, struct mu_document *d,
			 const struct secrets *secrets, struct text *why)
{
	struct version version;
	char sha256[65];
	int err = incoming_measure(item, sha256, &d->bytes, why);

	if (err)
		return err;
	d->sha256 = arena_copy(&c->arena, sha256, 64);
	err = object_put(c, item->path, d->sha256, &d->path, why);
	if (err)
		return err;
	item->path = NULL;
	if (!d->uri)
		return 0;
	d->fetched = first_fetched(c, d);
	version = version_of(d);
	return cache_remember(c, &version, secrets, why);
}

int cache_take(struct cache *c, struct mu_document *d, const struct secrets *secrets,
	       struct text *why)
{
	struct incoming *item = c->folder ? incoming_find(c, d->path) : NULL;
	size_t len = c->folder ? strlen(c->folder) : 0;
	const char *rest = c->folder && !strncmp(d->path, c->folder, len) ? d->path + len : "";

	if (item)
		return take_incoming(c, item, d, secrets, why);
	d->sha256 = NULL;
	/* An object: its name says which. */
	if (!strncmp(rest, "/objects/", 9) && strlen(rest) == 9 + 65) {
		d->sha256 = arena_printf(&c->arena, "%.2s%s", rest + 9, rest + 12);
		return is_whole(c, d->sha256) ? 0 : fail(why, EINVAL, d->path, "is not known");
	}
	d->fetched = 0;
	return 0;
}

int cache_root(struct cache *c, const char *lock, struct text *why)
{
	struct sha256_ctx digest;
	char name[65];
	int err = cache_open(c, why);

	if (err)
		return err;
	sha256_init(&digest);
	sha256_update(&digest, strlen(lock), (const uint8_t *)lock);
	sha256_end(&digest, name);
	return file_replace(c, arena_printf(&c->arena, "%s/roots/%s", c->folder, name), lock, why);
}
