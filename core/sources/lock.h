/*
 * muster.lock, beside the pipeline file: what its sources delivered when they were
 * locked, so that a run can be repeated with the same bytes, and a difference noticed.
 *
 *     {"muster": 1,
 *      "pipelines": {"pipeline.yaml": {"sources": {
 *          "letter": {"plugin": "fetch/http",
 *                     "options": {"url": "https://..."},
 *                     "documents": [{"uri", "sha256", "bytes", ...}],
 *                     "order": [2, 0, 1]}}}}}
 *
 * Pipelines are told apart by the names of their files, so those of one folder share
 * a lock.  Keys and documents are sorted; `order` is there when the documents were
 * delivered in another order, and says it by their indices in the list.  The address
 * of a file of this machine is relative to the pipeline.  There are no secrets in it,
 * and nothing that changes as long as the documents do not.
 */
#ifndef LOCK_H
#define LOCK_H

#include "config/pipeline.h"
#include "store/cache.h"

struct run;

struct lock_source {
	const char *name;
	const char *plugin; /* that fetched */
	const json_t *options;
	struct version *documents; /* in the order in which they were delivered */
	size_t count;
};

/* Zeroed is one that is not there. */
struct lock {
	struct arena arena;
	char *path;
	json_t *json; /* of the whole file; NULL: there is none */
	struct lock_source *sources;
	size_t count;
};

/* Reads the lock of a pipeline; one that is not there is no mistake.  0, or an errno
 * value with the reason in `why`: EINVAL when it is no lock. */
int lock_read(struct lock *lock, const struct pipeline *pipeline, struct text *why);
void lock_release(struct lock *lock);

/* What is pinned of a source, or NULL. */
const struct lock_source *lock_find(const struct lock *lock, const char *source);

/* The version that is pinned for what came from an address, or NULL. */
const struct version *lock_version(const struct lock *lock, const struct run *run,
				   const struct document *document);

/* Adds the documents that are pinned of a source to the run: from the cache, or files of
 * this machine that are still the same.  ENOENT, with a reason, when one is not there. */
int lock_deliver(const struct lock *lock, struct run *run, size_t source, struct text *why);

/* Compares what came with what is pinned: what differs is reported, and run->differs
 * set. */
int lock_compare(const struct lock *lock, struct run *run, struct text *why);

/* Pins what the sources of a run delivered in place of what was pinned of them, with
 * copies of the documents in the cache. */
int lock_write(struct lock *lock, struct run *run, struct text *why);

#endif
