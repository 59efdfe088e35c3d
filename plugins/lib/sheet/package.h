/*
 * Documents that are ZIP archives of parts, such as XLSX and ODS.
 *
 * What is damaged, encrypted or made to do harm is refused as a whole (see refuse.h)
 * and before anything is unpacked: names that lead elsewhere, names twice, entries that
 * overlap, that unpack to too much, alone or together, or from too little.  Parts are
 * unpacked in pieces, and never to more than the archive says.
 *
 * What the directory at the end of the archive says counts, as with spreadsheet programs;
 * what stands before the entries is not compared with it.  Capitals make no other name
 * (ECMA-376 part 2, 6.2.2), and a backslash is as good as a slash.  Bytes before the
 * archive are passed over.
 */
#ifndef PACKAGE_H
#define PACKAGE_H

#include <zip.h>

#include <muster/map.h>

#include "sheet/refuse.h"

/* The findings that a plugin that reads packages must have in its codes. */
#define PACKAGE_CODES \
	{ "damaged", "The document is not what it should be: it is no archive, lacks parts, is broken, or is " \
	  "made to do harm. None of it counts.", \
	  "Get the document again; when a spreadsheet program opens it, save it anew with that." }, \
	{ "encrypted", "The document is encrypted.", "Save it without a password." }, \
	{ "other-format", "The document is a spreadsheet of another format.", \
	  "Save it as XLSX or ODS." }, \
	{ "too-much", "The document unpacks to more, or has more parts, than can be, or than the option " \
	  "max_inflated allows. None of it counts.", \
	  "Look whether it is the right document; if so, raise max_inflated." }

/* Zeroed is closed. */
struct package {
	zip_t *zip;
	struct mu_map names; /* in small letters and with slashes, to indexes and 1 */
};

/* Opens ctx->document, which has at most `max_size` bytes and unpacks to `max_inflated`.
 * `kind` is what messages call it: "XLSX".  0, REFUSED, or an error with a message. */
int package_open(struct mu_ctx *ctx, const char *kind, int64_t max_size, int64_t max_inflated,
		 struct package *out);
void package_close(struct package *package);

bool package_has(const struct package *package, const char *name);

/* A part that is read.  Zeroed is closed. */
struct package_part {
	zip_file_t *file;
	const char *name; /* the caller's */
	uint64_t left;    /* bytes that should still come */
};

/* Likewise. */
int package_part_open(struct mu_ctx *ctx, const struct package *package, const char *name,
		      struct package_part *out);
void package_part_close(struct package_part *part);

/* The next bytes; *got is 0 at the end. */
int package_part_read(struct mu_ctx *ctx, struct package_part *part, void *out, size_t len,
		      size_t *got);

#endif
