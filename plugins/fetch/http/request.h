/*
 * Headers of requests.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include "http.h"

/* Adds a header; 0 or ENOMEM.  The list is freed with curl_slist_free_all(). */
int request_header(struct curl_slist **headers, const char *name, const char *value);

/* Likewise: one that libcurl sends by itself is left away. */
int request_without(struct curl_slist **headers, const char *name);

/* Adds those of the options, which are for the host of the address alone. */
int request_headers(const struct http *http, struct curl_slist **headers);

#endif
