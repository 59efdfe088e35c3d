#include "answer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SURE = 60 }; /* seconds after which a document that has changed has another date */

/* Empty when it is absent or has no room. */
static void header_read(CURL *easy, const char *name, char *out, size_t room)
{
	struct curl_header *header;

	*out = '\0';
	if (!curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) &&
	    strlen(header->value) < room)
		memcpy(out, header->value, strlen(header->value) + 1);
}

/* A whole number at `*at`, which moves behind it; -1: there is none. */
static int64_t number_read(const char **at)
{
	char *end;
	int64_t number;

	if (!isdigit((unsigned char)**at))
		return -1;
	number = strtoll(*at, &end, 10);
	*at = end;
	return number == INT64_MAX ? -1 : number;
}

/* "bytes 100-199/200", or * for the last. */
static void range_read(const char *text, struct answer *a)
{
	const char *at = text + 6;

	a->from = a->to = a->total = -1;
	if (strncasecmp(text, "bytes ", 6) != 0)
		return;
	a->from = number_read(&at);
	if (*at++ != '-')
		a->from = -1;
	else
		a->to = number_read(&at);
	if (a->from < 0 || a->to < a->from || *at++ != '/')
		a->from = a->to = -1;
	else
		a->total = number_read(&at);
}

static void media_type_read(const char *text, struct answer *a)
{
	size_t len = strcspn(text, "; \t"), i;

	if (len >= sizeof a->media_type || !memchr(text, '/', len))
		len = 0;
	for (i = 0; i < len; i++)
		a->media_type[i] = (char)tolower((unsigned char)text[i]);
	a->media_type[len] = '\0';
}

/* A strong ETag changes with every byte; a date does once it is some time ago. */
static bool is_stable(CURL *easy, const struct answer *a)
{
	time_t sent, modified;
	char text[64];

	if (*a->encoding)
		return false;
	if (*a->etag == '"')
		return true;
	header_read(easy, "Accept-Ranges", text, sizeof text);
	if (strcasecmp(text, "bytes") != 0 || !*a->last_modified)
		return false;
	header_read(easy, "Date", text, sizeof text);
	sent = curl_getdate(text, NULL);
	modified = curl_getdate(a->last_modified, NULL);
	return sent >= 0 && modified >= 0 && sent - modified >= SURE;
}

void answer_read(CURL *easy, bool http, struct answer *a)
{
	curl_off_t length = -1;
	char text[256];

	*a = (struct answer){ .length = -1, .from = -1, .to = -1, .total = -1 };
	curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	a->length = length;
	if (!http)
		return;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &a->status);
	header_read(easy, "ETag", a->etag, sizeof a->etag);
	header_read(easy, "Last-Modified", a->last_modified, sizeof a->last_modified);
	header_read(easy, "Content-Encoding", a->encoding, sizeof a->encoding);
	header_read(easy, "Content-Range", text, sizeof text);
	range_read(text, a);
	header_read(easy, "Content-Type", text, sizeof text);
	media_type_read(text, a);
	header_read(easy, "Transfer-Encoding", text, sizeof text);
	if (*text)
		a->length = -1;
	if (!strcasecmp(a->encoding, "identity"))
		*a->encoding = '\0';
	a->stable = is_stable(easy, a);
}

bool answer_same(const struct answer *a, const struct answer *b)
{
	return !strcmp(a->etag, b->etag) && !strcmp(a->last_modified, b->last_modified);
}

const char *answer_version(const struct answer *a)
{
	return *a->etag == '"' ? a->etag : a->last_modified;
}
