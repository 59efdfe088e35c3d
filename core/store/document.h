/*
 * The documents of a run: files on this machine, mapped as a whole or read in
 * pieces while somebody reads them.
 *
 * The sha256 is made when somebody asks for it, or of pieces as they pass by, since
 * it can take as long as all else.  That a file is the same all the time is told by
 * its size and the time of its last change.
 */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include <nettle/sha2.h>
#include <pthread.h>
#include <sys/stat.h>

#include <muster/map.h>
#include <muster/plugin.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/filter.h"

/* What is wrong with a document as a whole: the first error that is pinned to it. */
struct blame {
	uint64_t errors; /* 0: nothing is wrong */
	uint64_t at;     /* where it stands, or 0 */
	const char *stage;
	char *code, *field, *from, *value, *message;
};

struct document {
	struct mu_document public;
	size_t source;        /* index of its source */
	int32_t as_of;        /* days since 1970-01-01 */
	bool dated;           /* whether as_of is known */
	bool unread;          /* its source does not read it: see recognise.h, rejected.h */
	bool twin;            /* another document of its source has the same bytes */
	bool rejected;        /* as a whole, with all documents that are this file */
	bool missed;          /* rejected, and its source would have read it */
	struct document *first; /* of the documents that are this file */
	struct document *reason; /* of `first`: the one whose blame rejects the file */
	struct blame blame;
	_Atomic uint64_t said[3]; /* findings about it, by enum mu_severity: see rejected.h */
	uint64_t rows;        /* data rows that its parser delivered */
	dev_t device; /* of the file, when it came in, as what follows */
	ino_t file;
	struct timespec changed;
	pthread_mutex_t lock; /* of what follows */
	uint8_t *data; /* a mapping, */
	bool copied;   /* or of a short one a copy */
	size_t rested;   /* bytes whose pages were given back, from the beginning */
	unsigned looked; /* places that were not in the document */
	unsigned users;
	int fd; /* of the file, while it is read in pieces; else -1 */
	struct mu_piece *pieces; /* in which it was read, in order */
	size_t n_pieces;
	bool cut; /* there will be no more of them: any thread may look at them */

	pthread_mutex_t hash_lock; /* of what follows */
	pthread_cond_t hash_changed;
	struct sha256_ctx digest; /* of the first `hashed` bytes */
	uint64_t hashed;
	uint64_t turn;  /* the piece that is to be hashed next */
	char hex[65];

	struct filtered *filtered; /* shared with all documents that are this file, */
	bool filtering;            /* of which this is the first */
};

struct documents {
	const char *folder; /* of the pipeline, or NULL */
	const struct secrets *secrets; /* that no dataset may have, or NULL */
	struct arena arena;
	struct mu_map files; /* by what tells a file: the first document that is that file */
	struct document **items;
	size_t count;
};

/* Takes note of what a fetcher delivered: a regular file, which is known to have the
 * sha256 of `from` when there is one.  0, or an errno value with the reason in `why`. */
int documents_add(struct documents *ds, const struct mu_document *from,
		  const char *source_name, size_t source, struct text *why);

/* The document with that id, or NULL. */
struct document *documents_get(const struct documents *ds, uint32_t id);

/* Frees what it points to; it is empty then. */
void blame_release(struct blame *blame);

/* Which other documents are the same file, as bytes in `key`. */
void document_file(const struct document *document, struct text *key);

/* Its bytes, until as many calls of unmap: a mapping that nobody can write to, or with
 * `copy` in the memory of the program where the document is short, which costs less.  ESTALE
 * when the file is no longer the one that came in. */
int document_map(struct document *document, bool copy, const uint8_t **data, size_t *len,
		 struct text *why);
void document_unmap(struct document *document);

/* Gives the memory back that pages of a long document take which somebody has looked
 * at; they come again when they are looked at again. */
void document_rest(struct document *document);

/* Likewise while somebody goes through a document from its beginning: of the pages before
 * `at`, which has been looked at.  What is not in the document says nothing: then all are
 * given back now and then. */
void document_rest_behind(struct document *document, const void *at);

/* Copies bytes from an offset on; `got` is less than `len` only at its end.  ESTALE as
 * above, EIO.  document_read_end() looks once more whether the file is still the one
 * that came in, and closes it. */
int document_read(struct document *document, uint64_t offset, void *out, size_t len,
		  size_t *got, struct text *why);
int document_read_end(struct document *document, struct text *why);

/* Hashes what was just read, while it is in the processor's cache: `turn` counts the
 * pieces of the document, and waits for those before it as long as `wanted` says so.
 * What is not hashed this way document_sha256() reads again. */
void document_follow(struct document *document, uint64_t turn, uint64_t offset,
		     const void *data, size_t len, bool (*wanted)(void *), void *asked);

/* Four numbers that are the same for the same bytes, and mostly for no others: of samples
 * or of the whole, which is read faster than it is hashed.  0, or an errno value with a
 * reason. */
int document_sketch(struct document *document, bool whole, uint64_t out[4], struct text *why);

/* Makes sure that `public.sha256` is known.  0, or an errno value with a reason. */
int document_sha256(struct document *document, struct text *why);

void documents_release(struct documents *ds);

/* What a digest says in the end, as 64 hexadecimal digits. */
void sha256_end(struct sha256_ctx *digest, char out[65]);

/* The sha256 of a file as 64 hexadecimal digits, and its length. */
int sha256_file(int fd, char out[65], uint64_t *bytes);

#endif
