/*
 * What came from elsewhere, kept on this machine, in $XDG_CACHE_HOME/muster:
 *
 *     objects/ab/cdef...    bytes, by their sha256; read-only.  The time of change is
 *                           always the same, so that one which another run puts at
 *                           its path is still the same file to those who read it;
 *                           the time of access is that of its last use.
 *     addresses/ab/cdef...  by the sha256 of an address and a request: which versions
 *                           came from there, the newest first (JSON)
 *     roots/abcdef...       paths of lock files, whose objects must stay
 *     incoming/PID-.../     files of a run that are not whole yet; locked while it lives
 *     lock                  held by every run, and by nobody else while something is
 *                           removed
 *
 * Whatever has a name among objects and addresses was whole before it got it: a run
 * that is killed leaves nothing but a folder below incoming/, which the next removes.
 * An object is hashed before it is used, in every run anew; one that is damaged is
 * removed, and fetched again.
 */
#ifndef CACHE_H
#define CACHE_H

#include <muster/map.h>

#include "store/version.h"

#define CACHE_VERSIONS 16 /* that are remembered of an address */

struct incoming;

/* Zeroed is closed. */
struct cache {
	struct arena arena;
	char *folder; /* NULL: not open */
	int lock, incoming_lock;
	char *incoming; /* the folder of this run's */
	bool threads;   /* may write incoming files */
	struct incoming *items;
	size_t count;
	uint64_t numbered;
	struct mu_map whole; /* sha256 of objects that were found whole in this run */
};

/* Opens it, unless it is: makes the folders, removes what killed runs have left.  0, or
 * an errno value with the reason in `why`, as all that follow. */
int cache_open(struct cache *cache, struct text *why);
void cache_close(struct cache *cache);

/* See mu_incoming() and mu_append(). */
int cache_incoming(struct cache *cache, const char **path, struct text *why);
int cache_append(struct cache *cache, const char *path, const void *data, size_t len,
		 struct text *why);
bool cache_is_incoming(const struct cache *cache, const char *path);

/* The path of the object with that sha256, whole, or NULL in `path`; `damaged`, if not
 * NULL, says whether it was there and was not.  Lives as long as the cache is open. */
int cache_find(struct cache *cache, const char *sha256, const char **path, bool *damaged,
	       struct text *why);

/* What came last from an address, with its path if it is whole; else with none. */
int cache_recall(struct cache *cache, const char *uri, const char *request,
		 struct mu_document *out, struct text *why);

/* All versions that are remembered of an address, the newest first. */
size_t cache_versions(struct cache *cache, const char *uri, const char *request,
		      struct version out[CACHE_VERSIONS]);

/* Likewise of a file below addresses/; none when it cannot be read. */
size_t cache_address(struct cache *cache, const char *path, struct version out[CACHE_VERSIONS]);

/* Takes a document that a fetcher gives out: an incoming file becomes an object and is
 * remembered; path, sha256, bytes and fetched are set anew for it, and for an object.
 * One of other files is left as it is, without a sha256. */
int cache_take(struct cache *cache, struct mu_document *document, const struct secrets *secrets,
	       struct text *why);

/* Remembers a version of what came from its address. */
int cache_remember(struct cache *cache, const struct version *version,
		   const struct secrets *secrets, struct text *why);

/* Puts a copy of a document there, if there is none. */
int cache_copy(struct cache *cache, struct document *document, struct text *why);

/* Notes that the objects which a lock file names must stay as long as it is there. */
int cache_root(struct cache *cache, const char *lock, struct text *why);

#endif
