#include "store/cache_list.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LOCK ((size_t)256 << 20) /* bytes of a lock file */
#define MAX_ROOT ((size_t)64 << 10)

static int fail(struct text *why, int err, const char *path, const char *what)
{
	text_printf(why, "the cache: %s: %s: %s", path, what, strerror(err));
	return err;
}

struct walk {
	struct cache *cache;
	struct cache_list *list;
};

/* A file objects/ab/cdef... or addresses/ab/cdef... */
typedef void walk_file(struct walk *walk, const char *path, const char *sha256,
		       const struct stat *st);

static bool is_hex(const char *text, size_t len)
{
	return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

static void note_strange(struct cache_list *list, const char *path)
{
	list->strange = mem_resize(list->strange, list->n_strange + 1, sizeof *list->strange);
	list->strange[list->n_strange++] = path;
}

/* Calls `file` for each that has a name as it should be; `start` is the part of it that the
 * folder has, or NULL: these are folders themselves. */
static int walk_folder(struct walk *w, const char *path, const char *start, walk_file *file,
		       struct text *why) // NOLINT(misc-no-recursion)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	int err = 0;

	if (!folder)
		return fail(why, errno, path, "cannot be read");
	while (!err && (entry = readdir(folder))) {
		const char *name = entry->d_name, *below;
		struct arena *arena = &w->cache->arena;
		struct stat st;

		if (!strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		below = arena_printf(arena, "%s/%s", path, name);
		if (fstatat(dirfd(folder), name, &st, AT_SYMLINK_NOFOLLOW))
			err = fail(why, errno, below, "cannot be read");
		else if (!start && is_hex(name, 2) && S_ISDIR(st.st_mode))
			err = walk_folder(w, below, name, file, why);
		else if (start && is_hex(name, 62) && S_ISREG(st.st_mode))
			file(w, below, arena_printf(arena, "%s%s", start, name), &st);
		else
			note_strange(w->list, below);
	}
	closedir(folder);
	return err;
}

static void object_found(struct walk *w, const char *path, const char *sha256,
			 const struct stat *st)
{
	struct cache_list *list = w->list;

	list->objects = mem_resize(list->objects, list->n_objects + 1, sizeof *list->objects);
	list->objects[list->n_objects++] = (struct cache_object){
		.sha256 = sha256,
		.path = path,
		.bytes = (uint64_t)st->st_size,
		.used = st->st_atim.tv_sec,
	};
}

static void address_found(struct walk *w, const char *path, const char *sha256,
			  const struct stat *st)
{
	struct cache_list *list = w->list;
	struct version versions[CACHE_VERSIONS], *kept;
	size_t n = cache_address(w->cache, path, versions), i;

	(void)sha256, (void)st;
	if (!n) {
		note_strange(list, path);
		return;
	}
	kept = arena_alloc(&w->cache->arena, n * sizeof *kept);
	for (i = 0; i < n; i++)
		kept[i] = versions[i];
	list->addresses =
		mem_resize(list->addresses, list->n_addresses + 1, sizeof *list->addresses);
	list->addresses[list->n_addresses++] =
		(struct cache_address){ .path = path, .versions = kept, .count = n };
}

static int bytes_read(const char *path, size_t most, struct text *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
	char block[16384];
	struct stat st;
	ssize_t got = 1;

	if (fd < 0)
		return errno;
	if (fstat(fd, &st))
		err = errno;
	else if (!S_ISREG(st.st_mode))
		err = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	while (!err && got && out->len <= most) {
		got = read(fd, block, sizeof block);
		if (got > 0)
			text_add(out, block, (size_t)got);
		else if (got && errno != EINTR)
			err = errno;
	}
	close(fd);
	return err ? err : out->len > most ? EFBIG : 0;
}

/* Whatever looks like a sha256 in a lock file keeps its object: that of a broken one, too,
 * or of one that a newer muster wrote. */
static void pin_all(struct cache_list *list, const struct text *lock)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	while (at < lock->len) {
		const char *text = lock->data + at;
		size_t len = strspn(text, digits);

		if (len == 64) {
			size_t found = mu_map_find(&list->index, text, len);

			if (found != SIZE_MAX)
				list->objects[found].pinned = true;
		}
		at += len ? len : 1;
	}
}

static int root_read(struct cache_list *list, const char *root, struct text *why)
{
	struct text path = { 0 }, lock = { 0 };
	int err = bytes_read(root, MAX_ROOT, &path);

	if (!err && (!path.len || *path.data != '/' || strlen(path.data) != path.len))
		err = EINVAL;
	if (err) {
		fail(why, err, root, "does not tell a lock file");
	} else if ((err = bytes_read(path.data, MAX_LOCK, &lock)) == ENOENT || err == ENOTDIR) {
		list->lost_roots = mem_resize(list->lost_roots, list->n_lost_roots + 1,
					      sizeof *list->lost_roots);
		list->lost_roots[list->n_lost_roots++] = root;
		err = 0;
	} else if (err) {
		text_printf(why,
			    "%s cannot be read (%s), so nobody knows what it pins; if nothing, "
			    "remove %s",
			    path.data, strerror(err), root);
	} else {
		pin_all(list, &lock);
	}
	text_release(&path);
	text_release(&lock);
	return err;
}

static int roots_read(struct cache *c, struct cache_list *list, struct text *why)
{
	const char *path = arena_printf(&c->arena, "%s/roots", c->folder);
	DIR *folder = opendir(path);
	struct dirent *entry;
	int err = 0;

	if (!folder)
		return fail(why, errno, path, "cannot be read");
	while (!err && (entry = readdir(folder)))
		if (*entry->d_name != '.')
			err = root_read(list, arena_printf(&c->arena, "%s/%s", path, entry->d_name),
					why);
	closedir(folder);
	return err;
}

static int by_sha256(const void *a, const void *b)
{
	const struct cache_object *x = a, *y = b;

	return strcmp(x->sha256, y->sha256);
}

static int by_address(const void *a, const void *b)
{
	const struct version *x = ((const struct cache_address *)a)->versions;
	const struct version *y = ((const struct cache_address *)b)->versions;
	int order = strcmp(x->uri, y->uri);

	return order ? order : strcmp(x->request ? x->request : "", y->request ? y->request : "");
}

static void index_make(struct cache_list *list)
{
	size_t i;

	for (i = 0; i < list->n_objects; i++)
		if (mu_map_add(&list->index, list->objects[i].sha256, 64) != i)
			mem_exhausted();
}

struct cache_object *cache_list_object(const struct cache_list *list, const char *sha256)
{
	size_t found = mu_map_find(&list->index, sha256, 64);

	return found == SIZE_MAX ? NULL : &list->objects[found];
}

static void remembered_note(struct cache_list *list)
{
	struct cache_object *object;
	size_t i, j;

	for (i = 0; i < list->n_addresses; i++)
		for (j = 0; j < list->addresses[i].count; j++) {
			object = cache_list_object(list, list->addresses[i].versions[j].sha256);
			if (object)
				object->remembered = true;
		}
}

int cache_list_read(struct cache *c, struct cache_list *list, struct text *why)
{
	struct walk walk = { .cache = c, .list = list };
	int err = walk_folder(&walk, arena_printf(&c->arena, "%s/objects", c->folder), NULL,
			      object_found, why);

	if (!err)
		err = walk_folder(&walk, arena_printf(&c->arena, "%s/addresses", c->folder), NULL,
				  address_found, why);
	if (err)
		return err;
	if (list->n_objects)
		qsort(list->objects, list->n_objects, sizeof *list->objects, by_sha256);
	if (list->n_addresses)
		qsort(list->addresses, list->n_addresses, sizeof *list->addresses, by_address);
	index_make(list);
	remembered_note(list);
	return roots_read(c, list, why);
}

void cache_list_release(struct cache_list *list)
{
	free(list->objects);
	free(list->addresses);
	free(list->strange);
	free(list->lost_roots);
	mu_map_release(&list->index);
	*list = (struct cache_list){ 0 };
}

int cache_list_check(const struct cache_object *object, bool *whole, struct text *why)
{
	char found[65];
	uint64_t bytes;
	int fd = open(object->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME), err;

	/* Only who owns a file may read it unnoticed. */
	if (fd < 0 && errno == EPERM)
		fd = open(object->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail(why, errno, object->path, "cannot be read");
	err = sha256_file(fd, found, &bytes);
	close(fd);
	*whole = !err && !strcmp(found, object->sha256);
	/* A disk that does not give back what was written to it. */
	return err && err != EIO ? fail(why, err, object->path, "cannot be read") : 0;
}

int cache_alone(struct cache *c, struct text *why)
{
	if (!flock(c->lock, LOCK_EX | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return fail(why, errno, c->folder, "cannot be locked");
	text_puts(why, "the cache is in use: try again when no other muster is at work");
	return EBUSY;
}

static int by_use(const void *a, const void *b)
{
	const struct cache_object *x = *(struct cache_object *const *)a;
	const struct cache_object *y = *(struct cache_object *const *)b;

	return x->used != y->used ? (x->used > y->used) - (x->used < y->used)
				  : strcmp(x->sha256, y->sha256);
}

void cache_list_choose(struct cache_list *list, int64_t since, uint64_t most)
{
	struct cache_object **order = mem_alloc((list->n_objects + 1) * sizeof(void *));
	uint64_t left = 0;
	size_t i;

	for (i = 0; i < list->n_objects; i++) {
		order[i] = &list->objects[i];
		left += order[i]->bytes;
	}
	if (list->n_objects)
		qsort(order, list->n_objects, sizeof *order, by_use);
	for (i = 0; i < list->n_objects; i++) {
		struct cache_object *o = order[i];

		o->chosen = !o->pinned && (o->used < since || left > most);
		left -= o->chosen ? o->bytes : 0;
	}
	free(order);
}

static bool address_is_empty(const struct cache_list *list, const struct cache_address *address)
{
	size_t i;

	for (i = 0; i < address->count; i++) {
		const struct cache_object *o = cache_list_object(list, address->versions[i].sha256);

		if (o && !o->chosen)
			return false;
	}
	return true;
}

static int file_remove(const char *path, struct text *why)
{
	return unlink(path) && errno != ENOENT ? fail(why, errno, path, "cannot be removed") : 0;
}

int cache_list_remove(struct cache_list *list, struct text *why)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < list->n_objects; i++)
		if (list->objects[i].chosen)
			err = file_remove(list->objects[i].path, why);
	for (i = 0; !err && i < list->n_addresses; i++)
		if (address_is_empty(list, &list->addresses[i]))
			err = file_remove(list->addresses[i].path, why);
	for (i = 0; !err && i < list->n_lost_roots; i++)
		err = file_remove(list->lost_roots[i], why);
	return err;
}
