/*
 * What the options make of every request.
 */
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "request.h"

/* Of a header or a body: enough to tell one from another. */
enum { DIGEST = 8, DIGEST_TEXT = 2 * DIGEST + 1 };

static const char token_characters[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* Headers that would change what an answer means, or how it comes. */
static const char *const own_headers[] = {
	"Accept-Encoding",
	"Connection",
	"Content-Length",
	"Expect",
	"Host",
	"If-Match",
	"If-Modified-Since",
	"If-None-Match",
	"If-Range",
	"If-Unmodified-Since",
	"Range",
	"TE",
	"Trailer",
	"Transfer-Encoding",
	"Upgrade",
};

const char *print(struct mu_ctx *ctx, const char *fmt, ...)
{
	va_list ap, again;
	char *out;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	out = mu_alloc(ctx, (size_t)(len < 0 ? 0 : len) + 1);
	vsnprintf(out, (size_t)(len < 0 ? 0 : len) + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return out;
}

const char *request_method(const struct http *http)
{
	return http->method ? http->method : http->body ? "POST" : "GET";
}

static bool is_token(const char *text)
{
	return *text && !text[strspn(text, token_characters)];
}

static int header_check(struct mu_ctx *ctx, const struct http *http, const struct mu_pair *header)
{
	size_t i;

	if (!is_token(header->name))
		return mu_invalid(ctx, &http->headers, "'%s' is no name of a header", header->name);
	if (header->value[strcspn(header->value, "\r\n")])
		return mu_invalid(ctx, &http->headers, "the header %s has a line end in its value",
				  header->name);
	for (i = 0; i < sizeof own_headers / sizeof *own_headers; i++)
		if (!strcasecmp(header->name, own_headers[i]))
			return mu_invalid(ctx, &http->headers,
					  "the header %s is not for pipelines to set",
					  own_headers[i]);
	if ((http->user || http->token) && !strcasecmp(header->name, "Authorization"))
		return mu_invalid(ctx, &http->headers,
				  "there is a header Authorization beside %s: one is enough",
				  http->token ? "a token" : "a user");
	return 0;
}

static int credentials_check(struct mu_ctx *ctx, const struct http *http)
{
	if (http->user && http->token)
		return mu_invalid(ctx, &http->token,
				  "there is a token beside a user: one is enough");
	if (http->password && !http->user)
		return mu_invalid(ctx, &http->password, "there is a password without a user");
	if (http->user && strchr(http->user, ':'))
		return mu_invalid(ctx, &http->user, "the user has a colon in it");
	if (http->token && (!*http->token || http->token[strcspn(http->token, "\r\n")]))
		return mu_invalid(ctx, &http->token, "the token is empty, or has a line end in it");
	return 0;
}

int request_check(struct mu_ctx *ctx, struct http *http)
{
	size_t i;
	int err = credentials_check(ctx, http);

	if (http->method && (!is_token(http->method) || !strcmp(http->method, "HEAD")))
		err = mu_invalid(ctx, &http->method,
				 "the method is '%s': no document comes that way, as with GET or "
				 "POST",
				 http->method);
	for (i = 0; i < http->headers.count; i++)
		if (header_check(ctx, http, &http->headers.items[i]))
			err = EINVAL;
	return err;
}

static void digest(const char *text, char out[DIGEST_TEXT])
{
	uint8_t bytes[SHA256_DIGEST_SIZE];
	struct sha256_ctx ctx;
	size_t i;

	sha256_init(&ctx);
	sha256_update(&ctx, strlen(text), (const uint8_t *)text);
	sha256_digest(&ctx, sizeof bytes, bytes);
	for (i = 0; i < DIGEST; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* A token or a password may be renewed, and what comes is still the same. */
const char *request_text(struct mu_ctx *ctx, const struct http *http, const struct url *url)
{
	const char *user = url->user ? url->user : http->user, *text = "";
	char hash[DIGEST_TEXT];
	size_t i;

	if (strcmp(request_method(http), "GET") != 0)
		text = print(ctx, " %s", request_method(http));
	if (http->body) {
		digest(http->body, hash);
		text = print(ctx, "%s body=%s", text, hash);
	}
	for (i = 0; i < http->headers.count; i++) {
		digest(http->headers.items[i].value, hash);
		text = print(ctx, "%s %s=%s", text, http->headers.items[i].name, hash);
	}
	if (user) {
		digest(user, hash);
		text = print(ctx, "%s user=%s", text, hash);
	}
	if (http->token)
		text = print(ctx, "%s token", text);
	return *text ? text + 1 : NULL;
}

/* As libcurl has lines: "Name: value", "Name;" for one that is empty, "Name:" for none. */
static int line_add(struct curl_slist **headers, const char *name, const char *mark,
		    const char *value)
{
	size_t len = strlen(name) + strlen(mark) + strlen(value) + 1;
	struct curl_slist *longer = NULL;
	char *line = malloc(len);

	if (line) {
		snprintf(line, len, "%s%s%s", name, mark, value);
		longer = curl_slist_append(*headers, line);
	}
	free(line);
	if (!longer)
		return ENOMEM;
	*headers = longer;
	return 0;
}

int request_header(struct curl_slist **headers, const char *name, const char *value)
{
	return line_add(headers, name, *value ? ": " : ";", value);
}

int request_without(struct curl_slist **headers, const char *name)
{
	return line_add(headers, name, ":", "");
}

int request_headers(const struct http *http, struct curl_slist **headers)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < http->headers.count; i++)
		err = request_header(headers, http->headers.items[i].name,
				     http->headers.items[i].value);
	return err;
}
