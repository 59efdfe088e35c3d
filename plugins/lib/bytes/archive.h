/*
 * Archives to documents, for fetchers: zip, tar, and tar packed with gzip.
 *
 * An archive is read from front to end, all of it, also what nobody asks for: so
 * its members are whole, have the length and the checksum that the archive says,
 * and count against the caps.  Each regular file among them whose name matches a
 * pattern becomes an incoming file.  An archive within an archive is just a file.
 *
 * A member's name is UTF-8; bytes that are none are written %84.  "./" in front is
 * left away.  Names are never those of files on this machine.
 *
 * What is not as it should be stops the fetcher, with a message that names archive
 * and member: an archive that is damaged, truncated, encrypted or has something
 * behind its end; a name that is absolute, leads out of the archive by .., has
 * control characters or a zero byte, or occurs twice; a link or a device that matches; zip members
 * that overlap; and whatever exceeds the caps.  Folders are passed over.
 */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include <muster/plugin.h>

/* What an archive may have at most; each is at least 1. */
struct archive_caps {
	int64_t members; /* also those that do not match, and folders */
	int64_t bytes;   /* unpacked, of all members together */
	int64_t ratio;   /* unpacked bytes for one packed byte, of the whole archive,
			    once there are more than 1 MiB */
};

struct archive_reader;

/* Begins to read the archive in a file.  `shown` is its address as messages have it,
 * without credentials.  `patterns` are those of fnmatch(), in which * stands for a /
 * too, for whole names; none: all match.  Pointers are borrowed until archive_close().
 * 0, or an errno value with a message; *out may be there then, too. */
int archive_open(struct mu_ctx *ctx, const char *path, const char *shown,
		 const struct archive_caps *caps, const struct mu_texts *patterns,
		 struct archive_reader **out);

/* Writes the next member that matches to an incoming file and describes it: path, name,
 * media_type, and as uri "SHOWN#folder/name".  Pointers live until the next call.
 * out->path is NULL at the end.  0, or an errno value with a message: then none of the
 * archive's members is to be trusted.  ENOENT when no member matched. */
int archive_next(struct mu_ctx *ctx, struct archive_reader *reader, struct mu_document *out);

/* NULL is fine. */
void archive_close(struct archive_reader *reader);

#endif
