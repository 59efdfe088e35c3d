/*
 * Documents that are ZIP archives of parts, such as XLSX and ODS.
 *
 * What is damaged, encrypted or made to do harm is refused as a whole, with mu_fail()
 * and before anything is unpacked: names that lead elsewhere, names twice, entries that
 * overlap, that unpack to too much, alone or together, or from too little.  Parts are
 * unpacked in pieces, and never to more than the archive says.
 */
#ifndef PACKAGE_H
#define PACKAGE_H

#include <zip.h>

#include <muster/plugin.h>

/* Zeroed is closed. */
struct package {
	zip_t *zip;
};

/* Opens ctx->document, which has at most `max_size` bytes and unpacks to `max_inflated`.
 * `kind` is what messages call it: "XLSX".  0, or an error with a message. */
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

/* ENOENT with a message when there is no such part. */
int package_part_open(struct mu_ctx *ctx, const struct package *package, const char *name,
		      struct package_part *out);
void package_part_close(struct package_part *part);

/* The next bytes; *got is 0 at the end. */
int package_part_read(struct mu_ctx *ctx, struct package_part *part, void *out, size_t len,
		      size_t *got);

#endif
