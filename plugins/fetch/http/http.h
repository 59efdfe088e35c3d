/*
 * fetch/http: its options, and what its parts share.
 *
 * http.c      the options, and documents one after the other
 * template.c  an address with placeholders, for each combination of their values
 * urls.c      all addresses, as servers and as people get them
 * request.c   what the options make of every request
 * transfer.c  one address on its way, from its first try to its last
 * answer.c    what a server says of a document
 * traffic.c   many transfers at once
 * gate.c      whom to talk to, and address.c what is private
 * decoder.c   bodies that servers compress
 */
#ifndef HTTP_H
#define HTTP_H

#include <curl/curl.h>
#include <muster/map.h>
#include <muster/plugin.h>

#include "gate.h"

/* One address. */
struct url {
	const char *uri;             /* without user, password and fragment */
	const char *user, *password; /* that stood in it, or NULL */
	const char *request;         /* see mu_document; or NULL */
	uint32_t host;               /* its index in `hosts` */
	bool http;                   /* http or https; else ftp, ftps or sftp */
};

/* What a scheme, a name and a port stand for. */
struct host {
	uint64_t active;   /* transfers under way */
	double not_before; /* when it wants to be asked again */
};

enum missing { MISSING_FAIL, MISSING_SKIP };

struct http {
	/* the options */
	const char *url, *list;
	struct mu_pairs range;
	int64_t max_documents;
	int missing;
	const char *method, *body;
	struct mu_pairs headers;
	const char *user, *password, *token;
	double connect_timeout, timeout, stall;
	int64_t retries;
	double backoff, max_wait;
	int64_t connections, max_connections;
	int64_t max_size, max_redirects;
	const char *ca_file, *known_hosts;
	bool allow_private, conditional;
	bool unpack;
	struct mu_texts members;
	int64_t max_members, max_unpacked, max_ratio;

	bool started; /* libcurl */
	struct gate gate;
	struct url *urls;
	size_t n_urls, urls_room;
	struct mu_map host_names;
	struct host *hosts; /* by their index in host_names */
	struct traffic *traffic;
	struct archive_reader *archive; /* whose members are given out at present */
};

/* configure: whether the options fit together. */
int template_check(struct mu_ctx *ctx, struct http *http);
int request_check(struct mu_ctx *ctx, struct http *http);

/* Calls `add` with each address that `url` and `range` stand for, in order, until it
 * returns something else than 0, and returns that. */
int template_expand(struct mu_ctx *ctx, struct http *http,
		    int (*add)(struct mu_ctx *, struct http *, const char *text));

/* For template_expand(): says what is wrong with the first address, or returns ECANCELED. */
int url_check(struct mu_ctx *ctx, struct http *http, const char *text);

/* open: fills `urls` and `hosts`. */
int urls_open(struct mu_ctx *ctx, struct http *http);
void urls_close(struct http *http);

/* What besides the uri decides what comes from an address, without secrets; NULL: nothing. */
const char *request_text(struct mu_ctx *ctx, const struct http *http, const struct url *url);

/* The method, as it is sent. */
const char *request_method(const struct http *http);

/* Texts printed into memory of the stage. */
const char *print(struct mu_ctx *ctx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
