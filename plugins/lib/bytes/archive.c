#include "bytes/archive.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include <muster/map.h>

#include "bytes/charset.h"
#include "bytes/gunzip.h"
#include "bytes/media.h"

enum {
	BLOCK = 1 << 16,
	NAME_MAX_BYTES = 4096,
	RATIO_FROM = 1 << 20,
	ZIP_HEADER = 30, /* of a member, at least */
	ZIP_END = 22,    /* the record at the end, without its comment */
	ZIP_COMMENT = 0xffff,
	TAR_END = 512, /* of zeros say that a tar archive is at its end */
};

struct archive_reader {
	const char *shown;
	struct archive_caps caps;
	const struct mu_texts *patterns;
	struct archive *source;
	locale_t utf8;
	int fd;
	int64_t packed; /* bytes of the file */

	bool zip;
	int64_t announced; /* members, by the end of a zip archive; -1: it does not say */
	int64_t zip_end;   /* where the last zip member ended */

	struct gunzip stream; /* tar */
	int64_t given;        /* bytes of it to libarchive, */
	int64_t filled;       /* of which there are zeros alone behind so many */

	int64_t members, bytes, matched;
	struct mu_map names;
	char *uri;
	const char *name;     /* in uri: the member's whole name */
	uint8_t block[BLOCK]; /* of the stream */
	uint8_t data[BLOCK];  /* of a member */
};

/* Says what is wrong with the current member. */
__attribute__((format(printf, 4, 5))) static int member_fail(struct mu_ctx *ctx,
							     const struct archive_reader *r,
							     int err, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return mu_fail(ctx, err, "%s: the member '%s' %s", r->shown, r->name, what);
}

static int out_of_memory(struct mu_ctx *ctx)
{
	return mu_fail(ctx, ENOMEM, "out of memory");
}

static int nothing_found(struct mu_ctx *ctx, const struct archive_reader *r)
{
	return mu_fail(ctx, ENOENT, "%s has no file%s among its %" PRId64 " member%s", r->shown,
		       r->patterns->count ? " that matches" : "", r->members,
		       mu_plural((uint64_t)r->members));
}

static int no_archive(struct mu_ctx *ctx, const struct archive_reader *r)
{
	return mu_fail(ctx, EBADMSG,
		       "%s is no archive that unpack can read: zip, tar and tar.gz are", r->shown);
}

static const char *source_error(const struct archive_reader *r)
{
	const char *text = archive_error_string(r->source);

	return r->stream.wrong ? r->stream.wrong : text ? text : "it is damaged";
}

/* How many of the bytes are there before only zeros follow. */
static size_t filled(const uint8_t *data, size_t len)
{
	while (len && !data[len - 1])
		len--;
	return len;
}

/* Hands the bytes of a tar archive to libarchive, whose own reader of gzip does not
 * look at the checksum.  What it had before is not asked for again: it takes records of
 * 512 bytes, of which a block is a multiple. */
static la_ssize_t stream_read(struct archive *source, void *data, const void **out)
{
	struct archive_reader *r = data;
	size_t got, len;
	int err = gunzip_read(&r->stream, r->block, sizeof r->block, &got);

	if (err) {
		archive_set_error(source, err, "%s",
				  r->stream.wrong ? r->stream.wrong : strerror(err));
		return -1;
	}
	len = filled(r->block, got);
	if (len)
		r->filled = r->given + (int64_t)len;
	r->given += (int64_t)got;
	*out = r->block;
	return (la_ssize_t)got;
}

static int ratio_check(struct mu_ctx *ctx, const struct archive_reader *r)
{
	int64_t unpacked = r->zip ? r->bytes : r->given;

	if (unpacked <= RATIO_FROM || unpacked / r->packed < r->caps.ratio)
		return 0;
	return mu_fail(ctx, E2BIG,
		       "%s unpacks to more than %" PRId64
		       " times its size, which is more than max_ratio allows",
		       r->shown, r->caps.ratio);
}

static uint16_t le16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

/* Looks at the record at the end of a zip archive, which has the number of members and
 * a comment that ends with the file. */
static int zip_end_read(struct mu_ctx *ctx, struct archive_reader *r)
{
	uint8_t tail[ZIP_END + ZIP_COMMENT];
	int64_t len = r->packed < (int64_t)sizeof tail ? r->packed : (int64_t)sizeof tail;
	int64_t at = len - ZIP_END;

	if (pread(r->fd, tail, (size_t)len, r->packed - len) != len)
		return mu_fail(ctx, EIO, "%s cannot be read", r->shown);
	while (at >= 0 && memcmp(tail + at, "PK\5\6", 4) != 0)
		at--;
	if (at < 0)
		return mu_fail(ctx, EBADMSG, "%s is truncated: a zip archive without its end",
			       r->shown);
	if (at + ZIP_END + le16(tail + at + 20) != len)
		return mu_fail(ctx, EBADMSG,
			       "%s is damaged: the end of the zip archive is not "
			       "that of the file",
			       r->shown);
	/* More than fit in 16 bits stand elsewhere. */
	r->announced = le16(tail + at + 10);
	if (r->announced == UINT16_MAX)
		r->announced = -1;
	return r->announced ? 0 : nothing_found(ctx, r);
}

/* What the file is, is told by its first bytes, so that none can be read as both. */
static int kind_find(struct mu_ctx *ctx, struct archive_reader *r)
{
	uint8_t start[4] = { 0 };
	struct stat st;

	if (fstat(r->fd, &st) || pread(r->fd, start, sizeof start, 0) < 0)
		return mu_fail(ctx, errno, "%s: %s", r->shown, strerror(errno));
	r->packed = st.st_size;
	r->zip = !memcmp(start, "PK\3\4", 4) || !memcmp(start, "PK\5\6", 4);
	return r->zip ? zip_end_read(ctx, r) : 0;
}

static int source_open(struct mu_ctx *ctx, struct archive_reader *r)
{
	int answer, err;

	r->source = archive_read_new();
	if (!r->source)
		return out_of_memory(ctx);
	if (r->zip) {
		archive_read_support_format_zip_seekable(r->source);
		answer = archive_read_open_fd(r->source, r->fd, BLOCK);
	} else {
		err = gunzip_open(&r->stream, r->fd);
		if (err)
			return mu_fail(ctx, err, "%s: %s", r->shown, strerror(err));
		archive_read_support_format_tar(r->source);
		answer = archive_read_open(r->source, r, NULL, stream_read, NULL);
	}
	if (answer != ARCHIVE_OK && r->stream.wrong)
		return mu_fail(ctx, EBADMSG, "%s: %s", r->shown, r->stream.wrong);
	return answer == ARCHIVE_OK ? 0 : no_archive(ctx, r);
}

int archive_open(struct mu_ctx *ctx, const char *path, const char *shown,
		 const struct archive_caps *caps, const struct mu_texts *patterns,
		 struct archive_reader **out)
{
	struct archive_reader *r = calloc(1, sizeof *r);
	int err;

	*out = r;
	if (!r)
		return out_of_memory(ctx);
	r->shown = shown;
	r->caps = *caps;
	r->patterns = patterns;
	r->announced = -1;
	r->fd = -1;
	/* libarchive drops names that the locale cannot write. */
	r->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	if (!r->utf8)
		return mu_fail(ctx, errno, "the locale C.UTF-8 is missing");
	r->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		return mu_fail(ctx, errno, "%s: %s", shown, strerror(errno));
	err = kind_find(ctx, r);
	return err ? err : source_open(ctx, r);
}

void archive_close(struct archive_reader *r)
{
	if (!r)
		return;
	archive_read_free(r->source);
	gunzip_close(&r->stream);
	if (r->utf8)
		freelocale(r->utf8);
	if (r->fd >= 0)
		close(r->fd);
	mu_map_release(&r->names);
	free(r->uri);
	free(r);
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static char *hex_add(char *to, char c)
{
	static const char digits[] = "0123456789ABCDEF";

	*to++ = '%';
	*to++ = digits[(unsigned char)c >> 4];
	*to++ = digits[c & 15];
	return to;
}

/* Sets name and uri.  What cannot be shown is written %XX. */
static int name_set(struct mu_ctx *ctx, struct archive_reader *r, const char *raw)
{
	size_t len = strnlen(raw, NAME_MAX_BYTES + 1), good = 0, i;
	size_t room = strlen(r->shown) + 1 + 3 * len + 1;
	char *to = realloc(r->uri, room);

	if (!to)
		return out_of_memory(ctx);
	r->uri = to;
	to += snprintf(to, room, "%s#", r->shown);
	r->name = to;
	for (i = 0; i < len; i++) {
		if (i >= good)
			good = i + charset_utf8_length((struct mu_string){ raw + i, len - i });
		if (i >= good || is_control(raw[i]))
			to = hex_add(to, raw[i]);
		else
			*to++ = raw[i];
	}
	*to = '\0';
	return 0;
}

/* Whether one of the folders is "..", however they are divided. */
static bool leads_out(const char *name)
{
	while (*name) {
		size_t len = strcspn(name, "/\\");

		if (len == 2 && name[0] == '.' && name[1] == '.')
			return true;
		name += len + (name[len] != '\0');
	}
	return false;
}

static int name_check(struct mu_ctx *ctx, const struct archive_reader *r, const char *raw)
{
	const char *c;

	if (!*raw)
		return member_fail(ctx, r, EBADMSG, "has no name");
	if (strnlen(raw, NAME_MAX_BYTES + 1) > NAME_MAX_BYTES)
		return member_fail(ctx, r, EBADMSG, "has a name of more than %d bytes",
				   NAME_MAX_BYTES);
	for (c = raw; *c; c++)
		if (is_control(*c))
			return member_fail(ctx, r, EBADMSG, "has control characters in its name");
	if (*raw == '/' || *raw == '\\')
		return member_fail(ctx, r, EBADMSG,
				   "has a name that does not begin in the archive");
	if (leads_out(raw))
		return member_fail(ctx, r, EBADMSG, "has a name that leads out of the archive");
	return 0;
}

static int name_remember(struct mu_ctx *ctx, struct archive_reader *r)
{
	size_t i = mu_map_add(&r->names, r->name, strlen(r->name));

	if (i == SIZE_MAX)
		return out_of_memory(ctx);
	if (r->names.entries[i].value++)
		return member_fail(ctx, r, EBADMSG, "is there twice");
	return 0;
}

static bool is_wanted(const struct archive_reader *r)
{
	size_t i;

	for (i = 0; i < r->patterns->count; i++)
		if (!fnmatch(r->patterns->items[i], r->name, 0))
			return true;
	return !r->patterns->count;
}

static int bytes_fail(struct mu_ctx *ctx, const struct archive_reader *r)
{
	return mu_fail(ctx, E2BIG,
		       "%s unpacks to more than %" PRId64
		       " bytes, which is more than max_unpacked allows",
		       r->shown, r->caps.bytes);
}

/* The header of a zip member, which ends where its data begin, somewhere in the bytes
 * before that; NULL when it is not there. */
static const uint8_t *zip_header_find(const uint8_t *bytes, size_t len)
{
	size_t at, behind;

	for (behind = ZIP_HEADER; behind <= len; behind++) {
		at = len - behind;
		if (!memcmp(bytes + at, "PK\3\4", 4) &&
		    (size_t)ZIP_HEADER + le16(bytes + at + 26) + le16(bytes + at + 28) == behind)
			return bytes + at;
	}
	return NULL;
}

/* A zip member begins, with its header, behind the one before: else a few bytes could be
 * unpacked again and again.  And what libarchive takes for the name ends at the first
 * zero byte. */
static int zip_header_check(struct mu_ctx *ctx, struct archive_reader *r)
{
	int64_t end = archive_filter_bytes(r->source, 0), len = end - r->zip_end;
	const uint8_t *header;

	if (len < ZIP_HEADER)
		return member_fail(ctx, r, EBADMSG, "overlaps with the one before");
	if (len > (int64_t)sizeof r->data)
		len = sizeof r->data;
	if (pread(r->fd, r->data, (size_t)len, end - len) != len)
		return member_fail(ctx, r, EIO, "cannot be read");
	header = zip_header_find(r->data, (size_t)len);
	if (!header)
		return member_fail(ctx, r, EBADMSG, "has no header of its own");
	if (memchr(header + ZIP_HEADER, 0, le16(header + 26)))
		return member_fail(ctx, r, EBADMSG, "has a zero byte in its name");
	return 0;
}

static const char *raw_name(struct archive_entry *entry)
{
	const char *raw = archive_entry_pathname(entry);

	if (!raw)
		raw = "";
	while (raw[0] == '.' && raw[1] == '/')
		raw += 2;
	return raw;
}

/* Neither a folder nor a file. */
static int special_check(struct mu_ctx *ctx, const struct archive_reader *r,
			 struct archive_entry *entry)
{
	if (archive_entry_hardlink(entry) || archive_entry_filetype(entry) == AE_IFLNK)
		return member_fail(ctx, r, ENOTSUP, "is a link, not a file");
	if (archive_entry_filetype(entry) != AE_IFREG)
		return member_fail(ctx, r, ENOTSUP, "is a device or a pipe, not a file");
	return 0;
}

/* Looks at what is said of a file, and whether it is wanted. */
static int file_check(struct mu_ctx *ctx, struct archive_reader *r, struct archive_entry *entry,
		      bool *wanted)
{
	int err = name_check(ctx, r, raw_name(entry));

	if (err)
		return err;
	*wanted = is_wanted(r);
	if (*wanted)
		err = special_check(ctx, r, entry);
	if (err)
		return err;
	if (archive_entry_is_encrypted(entry))
		return member_fail(ctx, r, ENOTSUP, "is encrypted");
	if (archive_entry_size_is_set(entry) &&
	    archive_entry_size(entry) > r->caps.bytes - r->bytes)
		return bytes_fail(ctx, r);
	return name_remember(ctx, r);
}

static int member_check(struct mu_ctx *ctx, struct archive_reader *r, struct archive_entry *entry,
			bool *wanted)
{
	int err = name_set(ctx, r, raw_name(entry));

	*wanted = false;
	if (!err && archive_entry_filetype(entry) != AE_IFDIR)
		err = file_check(ctx, r, entry, wanted);
	/* Where a link leads has been read with its header. */
	if (err || !r->zip || archive_entry_filetype(entry) == AE_IFLNK)
		return err;
	return zip_header_check(ctx, r);
}

/* Some bytes of the current member; `got` is 0 at its end. */
static int member_read(struct mu_ctx *ctx, struct archive_reader *r, size_t *got)
{
	la_ssize_t n = archive_read_data(r->source, r->data, sizeof r->data);

	*got = n > 0 ? (size_t)n : 0;
	if (mu_cancelled(ctx))
		return ECANCELED;
	if (n < 0)
		return member_fail(ctx, r, EBADMSG, "cannot be read: %s", source_error(r));
	r->bytes += n;
	return r->bytes > r->caps.bytes ? bytes_fail(ctx, r) : ratio_check(ctx, r);
}

/* Reads a member to its end, and writes it to `path` unless that is NULL. */
static int member_unpack(struct mu_ctx *ctx, struct archive_reader *r, struct archive_entry *entry,
			 const char *path)
{
	int64_t before = r->bytes;
	size_t got = 1;
	int err = 0;

	while (got && !err) {
		err = member_read(ctx, r, &got);
		if (!err && got && path)
			err = mu_append(ctx, path, r->data, got);
	}
	if (!err && path)
		err = mu_append(ctx, path, NULL, 0);
	if (err)
		return err;
	r->zip_end = archive_filter_bytes(r->source, 0);
	if (archive_entry_size_is_set(entry) && r->bytes - before != archive_entry_size(entry))
		return member_fail(ctx, r, EBADMSG,
				   "has %" PRId64 " byte%s, where the archive says %" PRId64,
				   r->bytes - before, mu_plural((uint64_t)(r->bytes - before)),
				   (int64_t)archive_entry_size(entry));
	return 0;
}

/* A tar archive ends with zeros, else it is truncated, and nothing follows them. */
static int tar_end_check(struct mu_ctx *ctx, struct archive_reader *r)
{
	int64_t end = archive_filter_bytes(r->source, 0);
	const void *rest;
	la_ssize_t n = 1;
	int err = 0;

	if (end - archive_read_header_position(r->source) < TAR_END)
		return mu_fail(ctx, EBADMSG, "%s is truncated: a tar archive without its end",
			       r->shown);
	while (n > 0 && !err) {
		n = stream_read(r->source, r, &rest);
		err = mu_cancelled(ctx) ? ECANCELED : ratio_check(ctx, r);
	}
	if (err)
		return err;
	if (n < 0)
		return mu_fail(ctx, EBADMSG, "%s: %s", r->shown, source_error(r));
	if (r->filled > end)
		return mu_fail(ctx, EBADMSG,
			       "%s is damaged: something follows the end of the tar archive",
			       r->shown);
	return 0;
}

static int archive_end_check(struct mu_ctx *ctx, struct archive_reader *r)
{
	int err = r->zip ? 0 : tar_end_check(ctx, r);

	if (err)
		return err;
	if (r->announced >= 0 && r->members != r->announced)
		return mu_fail(ctx, EBADMSG,
			       "%s is damaged: it has %" PRId64 " member%s, and says %" PRId64,
			       r->shown, r->members, mu_plural((uint64_t)r->members), r->announced);
	return r->matched ? 0 : nothing_found(ctx, r);
}

/* The header of the next member; *out is NULL at the end. */
static int header_read(struct mu_ctx *ctx, struct archive_reader *r, struct archive_entry **out)
{
	int answer = archive_read_next_header(r->source, out);

	if (answer == ARCHIVE_EOF) {
		*out = NULL;
		return archive_end_check(ctx, r);
	}
	if (answer != ARCHIVE_OK && r->members)
		return mu_fail(ctx, EBADMSG, "%s: behind the member '%s': %s", r->shown, r->name,
			       source_error(r));
	if (answer != ARCHIVE_OK)
		return mu_fail(ctx, EBADMSG, "%s: %s", r->shown, source_error(r));
	if (++r->members > r->caps.members)
		return mu_fail(ctx, E2BIG,
			       "%s has more than %" PRId64
			       " members, which is more than max_members allows",
			       r->shown, r->caps.members);
	return 0;
}

static int member_next(struct mu_ctx *ctx, struct archive_reader *r, struct mu_document *out)
{
	const char *path = NULL;
	struct archive_entry *entry;
	bool wanted = false;
	int err;

	while (!path) {
		err = header_read(ctx, r, &entry);
		if (err || !entry)
			return err;
		err = member_check(ctx, r, entry, &wanted);
		if (!err && wanted)
			err = mu_incoming(ctx, &path);
		if (!err)
			err = member_unpack(ctx, r, entry, path);
		if (err)
			return err;
	}
	r->matched++;
	out->path = path;
	out->uri = r->uri;
	out->name = strrchr(r->name, '/') ? strrchr(r->name, '/') + 1 : r->name;
	out->media_type = media_type_of(out->name);
	return 0;
}

int archive_next(struct mu_ctx *ctx, struct archive_reader *r, struct mu_document *out)
{
	locale_t before = uselocale(r->utf8);
	int err;

	*out = (struct mu_document){ .size = sizeof *out };
	err = member_next(ctx, r, out);
	uselocale(before);
	return err;
}
