/*
 * All addresses: each is looked at before the first is fetched.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"

enum { LINE = 16 << 10 }; /* the longest address, with its line end */

/* What can be fetched. */
static const struct {
	const char *scheme;
	bool http;
} schemes[] = {
	{ "http", true }, { "https", true }, { "ftp", false }, { "ftps", false }, { "sftp", false },
};

/* Whose parts have been taken out. */
struct parts {
	CURLU *url;
	char *uri, *scheme, *host, *port, *path, *user, *password;
};

static void parts_release(struct parts *p)
{
	char *all[] = { p->uri, p->scheme, p->host, p->port, p->path, p->user, p->password };
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		curl_free(all[i]);
	curl_url_cleanup(p->url);
}

/* Without what the address of a document does not have; 0 or what is wrong. */
static CURLUcode parts_read(struct parts *p, const char *text)
{
	CURLUcode code = CURLUE_OUT_OF_MEMORY;

	p->url = curl_url();
	if (p->url)
		code = curl_url_set(p->url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
	if (code)
		return code;
	curl_url_get(p->url, CURLUPART_USER, &p->user, CURLU_URLDECODE);
	curl_url_get(p->url, CURLUPART_PASSWORD, &p->password, CURLU_URLDECODE);
	curl_url_get(p->url, CURLUPART_SCHEME, &p->scheme, 0);
	curl_url_get(p->url, CURLUPART_HOST, &p->host, 0);
	curl_url_get(p->url, CURLUPART_PORT, &p->port, CURLU_DEFAULT_PORT);
	curl_url_get(p->url, CURLUPART_PATH, &p->path, 0);
	curl_url_set(p->url, CURLUPART_USER, NULL, 0);
	curl_url_set(p->url, CURLUPART_PASSWORD, NULL, 0);
	curl_url_set(p->url, CURLUPART_OPTIONS, NULL, 0);
	curl_url_set(p->url, CURLUPART_FRAGMENT, NULL, 0);
	return curl_url_get(p->url, CURLUPART_URL, &p->uri, 0);
}

/* NULL: it can be fetched as the options want it. */
static const char *parts_wrong(const struct http *http, const struct parts *p, bool *is_http)
{
	size_t n = sizeof schemes / sizeof *schemes, i;

	for (i = 0; i < n && strcmp(p->scheme, schemes[i].scheme) != 0; i++)
		;
	if (i == n)
		return "can be fetched in no way: the scheme should be http, https, ftp, ftps or "
		       "sftp";
	*is_http = schemes[i].http;
	if (!p->host || !*p->host)
		return "names no host";
	if (!*is_http && p->path[strlen(p->path) - 1] == '/')
		return "is a folder, not a file";
	if (!*is_http && (http->method || http->body || http->headers.count || http->token))
		return "is none of the web, where method, body, headers and token are of use";
	if (p->user && (http->user || http->token))
		return "has a user of its own, beside the option for one";
	return NULL;
}

static const char *keep(struct mu_ctx *ctx, const char *text)
{
	return text ? print(ctx, "%s", text) : NULL;
}

static int out_of_memory(struct mu_ctx *ctx)
{
	return mu_fail(ctx, ENOMEM, "out of memory");
}

static int host_find(struct mu_ctx *ctx, struct http *http, const struct parts *p, uint32_t *out)
{
	const char *name = print(ctx, "%s://%s:%s", p->scheme, p->host, p->port ? p->port : "");
	size_t before = http->host_names.count;
	size_t i = mu_map_add(&http->host_names, name, strlen(name));
	struct host *grown;

	if (i == SIZE_MAX)
		return out_of_memory(ctx);
	*out = (uint32_t)i;
	if (http->host_names.count == before)
		return 0;
	grown = reallocarray(http->hosts, before + 1, sizeof *grown);
	if (!grown)
		return out_of_memory(ctx);
	http->hosts = grown;
	http->hosts[i] = (struct host){ 0 };
	return 0;
}

static int url_put(struct mu_ctx *ctx, struct http *http, const struct parts *p, bool is_http)
{
	struct url *url;

	if (http->n_urls == (uint64_t)http->max_documents)
		return mu_fail(ctx, E2BIG,
			       "there are more addresses than the %" PRId64
			       " that max_documents allows",
			       http->max_documents);
	if (http->n_urls == http->urls_room) {
		http->urls_room = http->urls_room ? 2 * http->urls_room : 64;
		url = reallocarray(http->urls, http->urls_room, sizeof *url);
		if (!url)
			return out_of_memory(ctx);
		http->urls = url;
	}
	url = &http->urls[http->n_urls++];
	*url = (struct url){
		.uri = keep(ctx, p->uri),
		.user = keep(ctx, p->user),
		.password = keep(ctx, p->password),
		.http = is_http,
	};
	url->request = request_text(ctx, http, url);
	return host_find(ctx, http, p, &url->host);
}

/* Reads an address, and says in `why` what is wrong with it, if anything is.  What cannot be
 * taken apart is not shown: it may have a password in it. */
static bool url_read(struct mu_ctx *ctx, const struct http *http, const char *text,
		     struct parts *parts, bool *is_http, const char **why)
{
	CURLUcode code = parts_read(parts, text);
	const char *wrong = code ? NULL : parts_wrong(http, parts, is_http), *kind;

	*why = NULL;
	if (code)
		*why = print(ctx, "the address is none: %s", curl_url_strerror(code));
	else if (wrong)
		*why = print(ctx, "%s %s", parts->uri, wrong);
	else if ((kind = gate_refuses_host(&http->gate, parts->host)))
		*why = print(ctx, "%s: the host is %s: allow_private: true would allow that",
			     parts->uri, kind);
	return !*why;
}

/* `where`: "addresses.txt:7: ", or nothing. */
static int url_add(struct mu_ctx *ctx, struct http *http, const char *where, const char *text)
{
	struct parts parts = { 0 };
	bool is_http = false;
	const char *why;
	int err;

	if (url_read(ctx, http, text, &parts, &is_http, &why))
		err = url_put(ctx, http, &parts, is_http);
	else
		err = mu_fail(ctx, EINVAL, "%s%s", where, why);
	parts_release(&parts);
	return err;
}

int url_check(struct mu_ctx *ctx, struct http *http, const char *text)
{
	struct parts parts = { 0 };
	bool is_http = false;
	const char *why;
	int err = ECANCELED;

	if (!url_read(ctx, http, text, &parts, &is_http, &why))
		err = mu_invalid(ctx, &http->url, "%s", why);
	parts_release(&parts);
	return err;
}

static int url_add_expanded(struct mu_ctx *ctx, struct http *http, const char *text)
{
	return url_add(ctx, http, "", text);
}

/* A line without white space at its ends; NULL: it has no address. */
static char *line_trim(char *line)
{
	char *end = line + strlen(line);

	line += strspn(line, " \t");
	while (end > line && strchr(" \t\r\n", end[-1]))
		*--end = '\0';
	return *line && *line != '#' ? line : NULL;
}

static int list_read(struct mu_ctx *ctx, struct http *http, FILE *file)
{
	char *line = mu_alloc(ctx, LINE), where[512];
	size_t number = 0;
	int err = 0;

	while (!err && fgets(line, LINE, file)) {
		char *text;

		number++;
		snprintf(where, sizeof where, "%s:%zu: ", http->list, number);
		if (strlen(line) == LINE - 1)
			return mu_fail(ctx, E2BIG, "%sthe address has more than %d bytes", where,
				       LINE - 2);
		text = line_trim(line);
		if (text)
			err = url_add(ctx, http, where, text);
	}
	if (!err && ferror(file))
		err = mu_fail(ctx, errno, "%s: %s", http->list, strerror(errno));
	return err;
}

static int list_open(struct mu_ctx *ctx, struct http *http)
{
	FILE *file = fopen(http->list, "re");
	int err;

	if (!file)
		return mu_fail(ctx, errno, "%s: %s", http->list, strerror(errno));
	err = list_read(ctx, http, file);
	fclose(file);
	if (!err && !http->n_urls)
		err = mu_fail(ctx, ENOENT, "%s: no line has an address", http->list);
	return err;
}

/* The same document would be read twice, and all that is in it counted twice. */
static int urls_distinct(struct mu_ctx *ctx, const struct http *http)
{
	struct mu_map seen = { 0 };
	size_t i;
	int err = 0;

	for (i = 0; !err && i < http->n_urls; i++) {
		const char *uri = http->urls[i].uri;
		size_t at = mu_map_add(&seen, uri, strlen(uri));

		if (at == SIZE_MAX)
			err = out_of_memory(ctx);
		else if (seen.entries[at].value++)
			err = mu_fail(ctx, EINVAL, "the address %s is there twice", uri);
	}
	mu_map_release(&seen);
	return err;
}

int urls_open(struct mu_ctx *ctx, struct http *http)
{
	int err = http->list ? list_open(ctx, http) : template_expand(ctx, http, url_add_expanded);

	return err ? err : urls_distinct(ctx, http);
}

void urls_close(struct http *http)
{
	free(http->urls);
	free(http->hosts);
	mu_map_release(&http->host_names);
}
