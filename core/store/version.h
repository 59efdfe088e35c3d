/*
 * One version of a document that came from some address: what the cache remembers
 * and a lock pins.
 */
#ifndef VERSION_H
#define VERSION_H

#include <jansson.h>

#include "store/document.h"

/* Texts are NULL when not known. */
struct version {
	const char *uri, *request, *name;
	const char *sha256; /* 64 hexadecimal digits */
	const char *final_uri, *media_type, *etag, *last_modified;
	uint64_t bytes;
	int64_t fetched; /* seconds since 1970-01-01 UTC; 0: it is a file that was there */
	int32_t as_of;   /* days since 1970-01-01 */
	bool dated;      /* whether as_of is known */
};

/* Of a document whose sha256 is known, without a date; texts stay the document's. */
struct version version_of(const struct mu_document *document);

/* A new object, absent members left out; texts go through the secrets, and lose the
 * user and password of an address. */
json_t *version_to_json(const struct version *version, const struct secrets *secrets);

/* Texts go to the arena.  False when it is none: `uri`, `sha256` and `bytes` must be
 * there, and everything of its type. */
bool version_from_json(const json_t *json, struct arena *arena, struct version *out);

/* What a fetcher could have given out for it, but for the path. */
struct mu_document version_document(const struct version *version);

/* The text without what must not be written to a file: secrets, and what stands
 * before the @ of an address.  To be freed. */
char *version_clean(const char *text, const struct secrets *secrets);

/* "2023-11-24" for days and "2023-11-24T08:00:00Z" for seconds since 1970-01-01 UTC;
 * `size` is 48 at least. */
void date_write(int32_t days, char *out, size_t size);
void time_write(int64_t seconds, char *out, size_t size);

#endif
