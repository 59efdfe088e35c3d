/*
 * The documents of a run: files on this machine, hashed when they come in and
 * mapped while somebody reads them.
 */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include <pthread.h>
#include <sys/stat.h>

#include <muster/map.h>
#include <muster/plugin.h>

#include "filter.h"
#include "mem.h"
#include "text.h"

struct document {
	struct mu_document public;
	size_t source;        /* index of its source */
	int32_t as_of;        /* days since 1970-01-01 */
	bool dated;           /* whether as_of is known */
	bool unread;          /* its source does not read it: see recognise.h */
	uint64_t rows;        /* data rows that its parser delivered */
	struct timespec changed; /* of the file, when it was hashed */
	pthread_mutex_t lock; /* of what follows */
	uint8_t *data;
	unsigned users;
	struct filtered *filtered; /* shared with all documents that are this file, */
	bool filtering;            /* of which this is the first */
};

struct documents {
	struct arena arena;
	struct mu_map files; /* by hash and path: the first document that is that file */
	struct document **items;
	size_t count;
};

/* Takes note of what a fetcher delivered: a regular file, hashed here.  0, or an
 * errno value with the reason in `why`. */
int documents_add(struct documents *ds, const struct mu_document *from,
		  const char *source_name, size_t source, struct text *why);

/* The document with that id, or NULL. */
struct document *documents_get(const struct documents *ds, uint32_t id);

/* Its bytes, until as many calls of unmap.  ESTALE when the file is no longer
 * the one that was hashed. */
int document_map(struct document *document, const uint8_t **data, size_t *len,
		 struct text *why);
void document_unmap(struct document *document);

void documents_release(struct documents *ds);

/* A file cut short while it is mapped would kill the program without a word:
 * this makes SIGBUS say so, clean up and exit with 3. */
void document_guard_mapping(void (*clean)(void));

/* The sha256 of a file as 64 hexadecimal digits, and its length. */
int sha256_file(int fd, char out[65], uint64_t *bytes);

#endif
