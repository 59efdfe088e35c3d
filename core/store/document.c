#include "store/document.h"

#include <fcntl.h>
#include <inttypes.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LONG          ((uint64_t)4 << 20) /* bytes; of a shorter one the pages may stay */
#define SHORT         ((uint64_t)64 << 10)
#define SAMPLES       16                 /* of a document, */
#define SAMPLE_BYTES  4096               /* each so long */
#define REST_EVERY    32                 /* places of which nobody knows where they are */
#define REST_PAGE     ((size_t)64 << 10) /* bytes, a multiple of the machine's page */
#define MAX_DOCUMENTS (((size_t)1 << 23) - 1)

static void hexadecimal(const unsigned char *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * len] = '\0';
}

void sha256_end(struct sha256_ctx *digest, char out[65])
{
	unsigned char hash[SHA256_DIGEST_SIZE];

	sha256_digest(digest, sizeof hash, hash);
	hexadecimal(hash, sizeof hash, out);
}

int sha256_file(int fd, char out[65], uint64_t *bytes)
{
	unsigned char block[1 << 16];
	struct sha256_ctx digest;
	ssize_t n;

	*bytes = 0;
	sha256_init(&digest);
	while ((n = read(fd, block, sizeof block)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		sha256_update(&digest, (size_t)n, block);
		*bytes += (uint64_t)n;
	}
	sha256_end(&digest, out);
	return 0;
}

/* The last part of a URI, without a query. */
static char *last_part(struct arena *arena, const char *uri)
{
	size_t len = strcspn(uri, "?#");
	size_t start = len;

	while (start && uri[start - 1] != '/')
		start--;
	return start < len ? arena_copy(arena, uri + start, len - start)
			   : arena_copy(arena, uri, len);
}

static const char *copy_or_null(struct arena *arena, const char *text)
{
	return text ? arena_copy(arena, text, strlen(text)) : NULL;
}

/* Exporters write it as it is. */
static const char *without_secrets(struct documents *ds, const char *text)
{
	struct text clean = { 0 };
	const char *out;

	if (!ds->secrets || !ds->secrets->count)
		return text;
	text_puts(&clean, text);
	secrets_redact(ds->secrets, &clean, 0);
	out = arena_copy(&ds->arena, clean.data ? clean.data : "", clean.len);
	text_release(&clean);
	return out;
}

/* The way from the folder to a file in it; what was fetched has an address anyway. */
static const char *published_uri(struct documents *ds, const struct document *d)
{
	const char *uri = d->public.uri;
	size_t len = ds->folder ? strlen(ds->folder) : 0;

	if (len && !d->public.fetched && !strncmp(uri, ds->folder, len) && uri[len] == '/')
		uri += len + 1;
	return without_secrets(ds, uri);
}

static int inspect(int fd, struct stat *st, const char *uri, struct text *why)
{
	if (fstat(fd, st)) {
		text_printf(why, "%s: %s", uri, strerror(errno));
		return errno;
	}
	if (!S_ISREG(st->st_mode)) {
		text_printf(why, "%s: not a regular file", uri);
		return EINVAL;
	}
	if ((uint64_t)st->st_size > MU_AT_POSITION) {
		text_printf(why, "%s: larger than 1 TiB", uri);
		return EFBIG;
	}
	return 0;
}

static int add_open(struct documents *ds, const struct mu_document *from, int fd,
		    struct document **out, struct text *why)
{
	struct document *d;
	struct stat st;
	int err;

	err = inspect(fd, &st, from->uri, why);
	if (err)
		return err;
	d = arena_alloc(&ds->arena, sizeof *d);
	d->public = (struct mu_document){
		.size = sizeof d->public,
		.uri = copy_or_null(&ds->arena, from->uri),
		.path = copy_or_null(&ds->arena, from->path),
		.media_type = copy_or_null(&ds->arena, from->media_type),
		.name = from->name ? copy_or_null(&ds->arena, from->name)
				   : last_part(&ds->arena, from->uri),
		.bytes = (uint64_t)st.st_size,
		.final_uri = copy_or_null(&ds->arena, from->final_uri),
		.etag = copy_or_null(&ds->arena, from->etag),
		.last_modified = copy_or_null(&ds->arena, from->last_modified),
		.request = copy_or_null(&ds->arena, from->request),
		.fetched = from->fetched,
	};
	d->public.name = without_secrets(ds, d->public.name);
	d->public.published = published_uri(ds, d);
	if (from->sha256) {
		memcpy(d->hex, from->sha256, 64);
		d->public.sha256 = d->hex;
	}
	d->changed = st.st_mtim;
	d->device = st.st_dev;
	d->file = st.st_ino;
	d->fd = -1;
	sha256_init(&d->digest);
	pthread_mutex_init(&d->lock, NULL);
	pthread_mutex_init(&d->hash_lock, NULL);
	pthread_cond_init(&d->hash_changed, NULL);
	*out = d;
	return 0;
}

/* A path alone would not tell that the file was replaced between two looks at it. */
void document_file(const struct document *d, struct text *key)
{
	const uint64_t numbers[] = { d->device, d->file, d->public.bytes,
				     (uint64_t)d->changed.tv_sec, (uint64_t)d->changed.tv_nsec };

	text_add(key, (const char *)numbers, sizeof numbers);
	text_puts(key, d->public.path);
}

/* Documents that are one file share what programs print of it. */
static void file_share(struct documents *ds, struct document *d)
{
	struct text key = { 0 };
	size_t before = ds->files.count, entry;

	document_file(d, &key);
	entry = mu_map_add(&ds->files, key.data, key.len);
	text_release(&key);
	if (entry == SIZE_MAX)
		mem_exhausted();
	d->filtering = ds->files.count > before;
	d->first = d;
	if (!d->filtering) {
		d->first = ds->items[ds->files.entries[entry].value];
		d->filtered = d->first->filtered;
		return;
	}
	ds->files.entries[entry].value = ds->count;
	d->filtered = arena_alloc(&ds->arena, sizeof *d->filtered);
	filtered_init(d->filtered);
}

int documents_add(struct documents *ds, const struct mu_document *from, const char *source_name,
		  size_t source, struct text *why)
{
	struct document *d = NULL;
	int fd, err;

	if (ds->count == MAX_DOCUMENTS) {
		text_printf(why, "more than %zu documents", MAX_DOCUMENTS);
		return EOVERFLOW;
	}
	fd = open(from->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		err = errno;
		text_printf(why, "%s: %s", from->uri, strerror(err));
		return err;
	}
	err = add_open(ds, from, fd, &d, why);
	close(fd);
	if (err)
		return err;
	d->source = source;
	d->public.source = copy_or_null(&ds->arena, source_name);
	d->public.id = (uint32_t)ds->count + 1;
	file_share(ds, d);
	ds->items = mem_resize(ds->items, ds->count + 1, sizeof *ds->items);
	ds->items[ds->count++] = d;
	return 0;
}

struct document *documents_get(const struct documents *ds, uint32_t id)
{
	return id && id <= ds->count ? ds->items[id - 1] : NULL;
}

static int stale(const struct document *d, struct text *why)
{
	text_printf(why, "%s: changed while it was being read", d->public.uri);
	return ESTALE;
}

/* Whether an open file is still the one that came in. */
static int compare(const struct document *d, int fd, struct text *why)
{
	struct stat st;

	if (fstat(fd, &st)) {
		text_printf(why, "%s: %s", d->public.uri, strerror(errno));
		return errno;
	}
	if ((uint64_t)st.st_size != d->public.bytes || st.st_mtim.tv_sec != d->changed.tv_sec ||
	    st.st_mtim.tv_nsec != d->changed.tv_nsec)
		return stale(d, why);
	return 0;
}

/* Opens the file, if it still is that one. */
static int open_again(const struct document *d, int *fd, struct text *why)
{
	int err;

	*fd = open(d->public.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0) {
		err = errno;
		text_printf(why, "%s: %s", d->public.uri, strerror(err));
		return err;
	}
	err = compare(d, *fd, why);
	if (err) {
		close(*fd);
		*fd = -1;
	}
	return err;
}

static int read_at(const struct document *d, int fd, uint64_t offset, void *out, size_t len,
		   struct text *why)
{
	char *to = out;

	while (len) {
		ssize_t n = pread(fd, to, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			text_printf(why, "%s: %s", d->public.uri, strerror(errno));
			return errno;
		}
		if (!n)
			return stale(d, why);
		to += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int map_fd(struct document *d, int fd, struct text *why)
{
	const char *uri = d->public.uri;
	void *data;

	if (!d->public.bytes)
		return 0;
	data = mmap(NULL, d->public.bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED) {
		text_printf(why, "%s: cannot be mapped: %s", uri, strerror(errno));
		return errno;
	}
	d->data = data;
	return 0;
}

/* A copy of all of it, which is still the file that came in when it has been read. */
static int copy_fd(struct document *d, int fd, struct text *why)
{
	size_t len = (size_t)d->public.bytes;
	uint8_t *data = mem_alloc(len + 1);
	int err = read_at(d, fd, 0, data, len, why);

	if (!err)
		err = compare(d, fd, why);
	if (err) {
		free(data);
		return err;
	}
	d->data = data;
	d->copied = true;
	return 0;
}

/* Of a short file a mapping costs more than a copy, above all where threads make many. */
static int map_locked(struct document *d, bool copy, struct text *why)
{
	int fd, err;

	if (d->data)
		return 0;
	err = open_again(d, &fd, why);
	if (err)
		return err;
	err = copy && d->public.bytes && d->public.bytes <= SHORT ? copy_fd(d, fd, why)
								  : map_fd(d, fd, why);
	close(fd);
	return err;
}

static void forget_data(struct document *d)
{
	if (d->copied)
		free(d->data);
	else if (d->data)
		munmap(d->data, (size_t)d->public.bytes);
	d->data = NULL;
	d->copied = false;
}

int document_map(struct document *d, bool copy, const uint8_t **data, size_t *len, struct text *why)
{
	int err;

	pthread_mutex_lock(&d->lock);
	err = map_locked(d, copy, why);
	if (!err) {
		d->users++;
		*data = d->data ? d->data : (const uint8_t *)"";
		*len = (size_t)d->public.bytes;
	}
	pthread_mutex_unlock(&d->lock);
	return err;
}

void document_unmap(struct document *d)
{
	pthread_mutex_lock(&d->lock);
	if (!--d->users)
		forget_data(d);
	pthread_mutex_unlock(&d->lock);
}

void document_rest(struct document *d)
{
	pthread_mutex_lock(&d->lock);
	if (d->data && d->public.bytes > LONG)
		madvise(d->data, (size_t)d->public.bytes, MADV_DONTNEED);
	pthread_mutex_unlock(&d->lock);
}

/* What comes is mostly behind what was given back, so that together this costs no more than
 * the document is long. */
static void rest_behind_locked(struct document *d, uintptr_t at)
{
	size_t all = (size_t)d->public.bytes;
	uintptr_t begin = (uintptr_t)d->data;
	bool inside = at >= begin && at < begin + all;
	size_t until = inside ? (at - begin) / REST_PAGE * REST_PAGE : 0;

	if (inside && until >= d->rested) {
		if (until - d->rested < LONG)
			return;
		madvise(d->data + d->rested, until - d->rested, MADV_DONTNEED);
	} else if (inside || !(++d->looked % REST_EVERY)) {
		madvise(d->data, all, MADV_DONTNEED);
	}
	d->rested = until;
}

void document_rest_behind(struct document *d, const void *at)
{
	pthread_mutex_lock(&d->lock);
	if (d->data && d->public.bytes > LONG)
		rest_behind_locked(d, (uintptr_t)at);
	pthread_mutex_unlock(&d->lock);
}

int document_read(struct document *d, uint64_t offset, void *out, size_t len, size_t *got,
		  struct text *why)
{
	uint64_t left = offset < d->public.bytes ? d->public.bytes - offset : 0;
	int err = 0, fd;
	bool copied;

	*got = 0;
	if (len > left)
		len = (size_t)left;
	pthread_mutex_lock(&d->lock);
	copied = d->copied;
	if (copied && len)
		memcpy(out, d->data + offset, len);
	else if (!copied && d->fd < 0)
		err = open_again(d, &d->fd, why);
	fd = d->fd;
	pthread_mutex_unlock(&d->lock);
	if (copied)
		*got = len;
	if (err || copied)
		return err;
	err = read_at(d, fd, offset, out, len, why);
	if (!err)
		*got = len;
	return err;
}

int document_read_end(struct document *d, struct text *why)
{
	int err = 0;

	pthread_mutex_lock(&d->lock);
	if (d->fd >= 0) {
		err = compare(d, d->fd, why);
		close(d->fd);
	}
	d->fd = -1;
	pthread_mutex_unlock(&d->lock);
	return err;
}

#define BLOCK ((size_t)1 << 18)

/* Hashes the file from `hashed` up to an offset. */
static int hash_until(struct document *d, uint64_t end, struct text *why)
{
	size_t room = end - d->hashed < BLOCK ? (size_t)(end - d->hashed) : BLOCK;
	uint8_t *block = mem_alloc(room);
	int fd, err = open_again(d, &fd, why);

	while (!err && d->hashed < end) {
		size_t len = end - d->hashed < room ? (size_t)(end - d->hashed) : room;

		err = read_at(d, fd, d->hashed, block, len, why);
		if (err)
			break;
		sha256_update(&d->digest, len, block);
		d->hashed += len;
	}
	if (!err)
		err = compare(d, fd, why);
	if (fd >= 0)
		close(fd);
	free(block);
	return err;
}

void document_follow(struct document *d, uint64_t turn, uint64_t offset, const void *data,
		     size_t len, bool (*wanted)(void *), void *asked)
{
	pthread_mutex_lock(&d->hash_lock);
	while (d->turn < turn && wanted(asked))
		pthread_cond_wait(&d->hash_changed, &d->hash_lock);
	if (d->turn == turn && wanted(asked) && !d->public.sha256 && offset <= d->hashed &&
	    d->hashed < offset + len) {
		size_t known = (size_t)(d->hashed - offset);

		sha256_update(&d->digest, len - known, (const uint8_t *)data + known);
		d->hashed += len - known;
	}
	if (d->turn <= turn)
		d->turn = turn + 1;
	pthread_cond_broadcast(&d->hash_changed);
	pthread_mutex_unlock(&d->hash_lock);
}

int document_sha256(struct document *d, struct text *why)
{
	int err = 0;

	pthread_mutex_lock(&d->hash_lock);
	if (!d->public.sha256)
		err = hash_until(d, d->public.bytes, why);
	if (!err && !d->public.sha256) {
		sha256_end(&d->digest, d->hex);
		d->public.sha256 = d->hex;
	}
	pthread_mutex_unlock(&d->hash_lock);
	return err;
}

static uint64_t sketch_next(uint64_t sum, const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof word);
	return ((sum ^ word) * UINT64_C(0x9e3779b97f4a7c15)) ^ (sum >> 29);
}

/* Four sums side by side, since each multiplication waits for the one before. */
static void sketch_add(uint64_t out[4], const uint8_t *bytes, size_t len)
{
	uint64_t a = out[0], b = out[1], c = out[2], d = out[3];
	uint8_t rest[32] = { 0 };

	for (; len >= 32; bytes += 32, len -= 32) {
		a = sketch_next(a, bytes);
		b = sketch_next(b, bytes + 8);
		c = sketch_next(c, bytes + 16);
		d = sketch_next(d, bytes + 24);
	}
	memcpy(rest, bytes, len);
	out[0] = sketch_next(a, rest);
	out[1] = sketch_next(b, rest + 8);
	out[2] = sketch_next(c, rest + 16);
	out[3] = sketch_next(d, rest + 24);
}

int document_sketch(struct document *d, bool whole, uint64_t out[4], struct text *why)
{
	uint64_t all = d->public.bytes, step = whole ? BLOCK : all / SAMPLES + 1, offset;
	size_t most = whole ? BLOCK : SAMPLE_BYTES;
	uint8_t *block = mem_alloc(most);
	int fd, err = open_again(d, &fd, why);

	memset(out, 0, 4 * sizeof *out);
	for (offset = 0; !err && offset < all; offset += step) {
		size_t len = all - offset < most ? (size_t)(all - offset) : most;

		err = read_at(d, fd, offset, block, len, why);
		if (!err)
			sketch_add(out, block, len);
	}
	if (fd >= 0)
		close(fd);
	free(block);
	return err;
}

void blame_release(struct blame *b)
{
	free(b->code);
	free(b->field);
	free(b->from);
	free(b->value);
	free(b->message);
	*b = (struct blame){ 0 };
}

static void document_release(struct document *d)
{
	blame_release(&d->blame);
	if (d->fd >= 0)
		close(d->fd);
	free(d->pieces);
	pthread_mutex_destroy(&d->lock);
	pthread_mutex_destroy(&d->hash_lock);
	pthread_cond_destroy(&d->hash_changed);
	if (d->filtering)
		filtered_release(d->filtered);
}

void documents_release(struct documents *ds)
{
	size_t i;

	for (i = 0; i < ds->count; i++)
		document_release(ds->items[i]);
	free(ds->items);
	mu_map_release(&ds->files);
	arena_release(&ds->arena);
	*ds = (struct documents){ 0 };
}
