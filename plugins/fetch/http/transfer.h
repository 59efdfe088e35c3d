/*
 * One address on its way: tries, each of which may be redirected to further hops, until
 * its document has arrived, is missing, or nothing helps.
 *
 * body.c takes in what comes, redirect.c follows, transfer.c decides.
 */
#ifndef TRANSFER_H
#define TRANSFER_H

#include "answer.h"
#include "decoder.h"
#include "http.h"

enum transfer_state {
	TRANSFER_FREE, /* zeroed */
	TRANSFER_READY, /* to be started, at once or at `not_before` */
	TRANSFER_RUNNING,
	TRANSFER_ARRIVED, /* `out` is the document */
	TRANSFER_MISSING, /* and that is no reason to stop: `why` says how it is known */
};

/* What a try has come to.  `why` has the words for the last three. */
enum verdict {
	VERDICT_NONE, /* not known yet */
	VERDICT_DONE,
	VERDICT_REDIRECTED,
	VERDICT_MISSING,
	VERDICT_AGAIN, /* another try may help, */
	VERDICT_FINAL, /* or will not */
};

struct transfer {
	struct mu_ctx *ctx;
	struct http *http;
	const struct url *url;
	size_t index; /* of the address */
	enum transfer_state state;

	/* over all tries */
	int64_t tries;
	double deadline, not_before;
	const char *path; /* of the incoming file; NULL: none yet, */
	uint64_t stored;  /* how many bytes it has, */
	struct answer of; /* and of which answer they are the beginning */
	struct mu_document cached;

	/* of a try */
	char *where;       /* of the hop, as libcurl allocates it; NULL: the address itself */
	int64_t redirects;
	bool trusted;      /* the hop is at the host of the address */
	bool get;          /* a redirect has made GET of the method */

	/* of a hop */
	CURL *easy;
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];
	double heard; /* when a byte came last; 0: not connected */
	double shown; /* when its progress was told last */
	char refused[160]; /* an address that must not be contacted, and why */
	bool contacted; /* one that may be was there, too */
	struct answer answer;
	bool answered; /* `answer` is read */
	bool wanted;   /* the body is that of a document */
	uint64_t received, header_bytes;
	bool excess; /* more came than was announced */
	struct decoder *decoder;
	int64_t resumed; /* at this byte; 0: from the beginning */
	uint8_t *overlap; /* what is known of what should come next */
	size_t overlap_len, overlap_at;
	int err; /* of a call to the runner, which has told why */
	enum verdict verdict;
	char why[1024];

	struct mu_document out;
};

double clock_now(void);

void transfer_init(struct transfer *t, struct mu_ctx *ctx, struct http *http, size_t index);
void transfer_release(struct transfer *t);

/* Sets the handle up for the next hop. */
int transfer_start(struct transfer *t, CURL *easy);

/* Judges a hop that has ended, and sets the state; the handle is the caller's again. */
int transfer_end(struct transfer *t, CURLcode code);

/* A hop that was silent for too long. */
int transfer_stalled(struct transfer *t);

void transfer_show(struct transfer *t, uint32_t state, const char *note);

/* The address of the hop. */
static inline const char *transfer_where(const struct transfer *t)
{
	return t->where ? t->where : t->url->uri;
}

/* Notes what the try has come to, unless that is known already; returns false. */
bool transfer_judge(struct transfer *t, enum verdict verdict, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* body.c: sets the callbacks and headers that concern the body.  0 or ENOMEM or what the
 * runner returned. */
int body_start(struct transfer *t);

/* Looks at an answer that had no body, and whether the body is whole. */
void body_end(struct transfer *t);

/* redirect.c: judges where the answer leads. */
void redirect_follow(struct transfer *t);

#endif
