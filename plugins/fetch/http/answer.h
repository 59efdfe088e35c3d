/*
 * What a server says of the document that it sends, in the headers of its answer.
 *
 * Texts that are longer than is sensible count as absent.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct answer {
	long status;        /* 0: not of HTTP */
	int64_t length;     /* bytes announced; -1: none */
	int64_t from, to;   /* the first and the last byte of a part; -1: none, */
	int64_t total;      /* and how long the whole is; -1: not told */
	char etag[256];     /* empty: absent, as all below */
	char last_modified[64];
	char media_type[128]; /* lower case, without parameters */
	char encoding[64];
	bool stable; /* so many bytes can be asked for later, and are of the same version */
};

/* Reads it from a transfer whose headers have come. */
void answer_read(CURL *easy, bool http, struct answer *answer);

/* Whether both are of the same version of a document, as far as they tell. */
bool answer_same(const struct answer *a, const struct answer *b);

/* What `If-Range` asks for the rest of this version with. */
const char *answer_version(const struct answer *answer);

#endif
