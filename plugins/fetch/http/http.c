/*
 * Documents of the web, and of servers for files (HTTP, HTTPS, FTP, FTPS and SFTP):
 *
 *     sources:
 *       contributions:
 *         - fetch: http
 *           url: https://peacekeeping.un.org/sites/default/files/{month}_{year}.pdf
 *           range: {year: 2019..2024, month: 01..12}
 *           missing: skip
 *         - parse: document
 *
 * `url` is one address, or with placeholders in braces as many as their values in `range`
 * have combinations: numbers from one to another, as wide as the first if that begins
 * with a zero, or texts with commas between them; the last placeholder changes first.  Values
 * are put in as they are written.  `list` names a file of addresses instead, one a line; empty
 * lines and those that begin with # say nothing.  Documents come in the order of addresses,
 * though several are fetched at a time.
 *
 * A document is given out only when it is whole: of the length that was announced, and to
 * the end of what was compressed.  What may be gone tomorrow is tried again, `retries`
 * times: no connection, one that breaks or is silent for longer than `stall`, and the
 * answers 408, 429, 500, 502, 503 and 504.  In between are waits up to `backoff` long, which
 * doubles each time, or as long as the server asks for, but never longer than `max_wait`; a
 * request that is sent again should therefore do no harm.  A transfer that broke off goes on where it
 * stopped, if the server names the version and sends a piece that is known once more; else
 * it begins again.  `timeout` bounds all of that for one address.  Answers 404 and 410
 * stop the run, or with missing: skip are findings.
 *
 * With `conditional` a server is asked whether what the cache has of a document is still
 * its last version, and if so that is given out.
 *
 * With `unpack` a document is an archive, of which it is the members that are given out: those
 * that match one of the patterns in `members`, in the order of the archive.
 *
 * Redirects are followed to http and https, and from https to https alone.  Headers, user,
 * password and token go to the host of the address and to no other.  Certificates are always
 * checked, against those of the system or of `ca_file`, and keys of SFTP servers against
 * `known_hosts`: one that is not there is refused.  Addresses of this machine, of private
 * networks and others that are not on the internet are not contacted, whatever name or redirect
 * leads to them, unless `allow_private` says so; a proxy may have one.  Proxies are those
 * of the environment (https_proxy and so on, see curl(1)); behind one, it is the proxy that
 * looks up names.
 */
#include "http.h"

#include <stdlib.h>

#include "bytes/archive.h"
#include "traffic.h"

static const char *const missing_choices[] = { "fail", "skip", NULL };

static const struct mu_option options[] = {
	MU_OPT_TEXT(struct http, url,
		    .help = "the address, with placeholders such as {year} for what range has"),
	MU_OPT_PAIRS(struct http, range,
		     .help = "values of each placeholder: 2015..2024, 01..12 or a,b,c"),
	MU_OPT_PATH(struct http, list, .help = "a file of addresses, one a line, instead of url"),
	MU_OPT_INT(struct http, max_documents, .fallback = "10000", .min = 1, .max = 8000000,
		   .help = "how many addresses there may be"),
	MU_OPT_CHOICE(struct http, missing, .choices = missing_choices, .fallback = "fail",
		      .help = "what to do when a server has no such document"),
	MU_OPT_TEXT(struct http, method, .help = "GET, or POST when there is a body"),
	MU_OPT_TEXT(struct http, body, .help = "what to send"),
	MU_OPT_PAIRS(struct http, headers, .help = "headers to send, by name"),
	MU_OPT_TEXT(struct http, user, .help = "name for basic authentication, FTP and SFTP"),
	MU_OPT_TEXT(struct http, password, .secret = true, .help = "its password"),
	MU_OPT_TEXT(struct http, token, .secret = true, .help = "token for bearer authentication"),
	MU_OPT_SECONDS(struct http, connect_timeout, .fallback = "10s", .min = 0.001, .max = 86400,
		       .help = "how long a connection may take to be made"),
	MU_OPT_SECONDS(struct http, timeout, .fallback = "1h", .min = 0.001, .max = 604800,
		       .help = "how long a document may take, with all tries and waits"),
	MU_OPT_SECONDS(struct http, stall, .fallback = "30s", .min = 0.001, .max = 86400,
		       .help = "how long a server may send nothing"),
	MU_OPT_INT(struct http, retries, .fallback = "4", .min = 0, .max = 100,
		   .help = "how many more tries there are for a document"),
	MU_OPT_SECONDS(struct http, backoff, .fallback = "1s", .min = 0, .max = 3600,
		       .help = "the longest wait before the second try, which then doubles"),
	MU_OPT_SECONDS(struct http, max_wait, .fallback = "60s", .min = 0, .max = 86400,
		       .help = "the longest wait of all, also when a server asks for it"),
	MU_OPT_INT(struct http, connections, .fallback = "8", .min = 1, .max = 64,
		   .help = "how many connections to one host there may be at a time"),
	MU_OPT_INT(struct http, max_connections, .fallback = "32", .min = 1, .max = 256,
		   .help = "how many connections in all"),
	MU_OPT_BYTES(struct http, max_size, .fallback = "1Gi", .min = 1, .max = 1099511627776,
		     .help = "how large a document may be, decoded"),
	MU_OPT_INT(struct http, max_redirects, .fallback = "10", .min = 0, .max = 100,
		   .help = "how many redirects may follow one another"),
	MU_OPT_PATH(struct http, ca_file,
		    .help = "certificates to trust instead of the system's (PEM)"),
	MU_OPT_PATH(struct http, known_hosts,
		    .help = "keys of SFTP servers, ~/.ssh/known_hosts unless given"),
	MU_OPT_BOOL(struct http, allow_private, .fallback = "false",
		    .help = "whether addresses of this machine and of private networks may be "
			    "contacted"),
	MU_OPT_BOOL(struct http, conditional, .fallback = "true",
		    .help = "whether only what has changed since the last run is transferred"),
	MU_OPT_BOOL(struct http, unpack, .fallback = "false",
		    .help = "whether documents are archives, whose members are wanted (zip, tar, "
			    "tar.gz)"),
	MU_OPT_TEXTS(struct http, members,
		     .help = "patterns of the members that are wanted, such as data/*.csv; all "
			     "unless given"),
	MU_OPT_INT(struct http, max_members, .fallback = "10000", .min = 1, .max = 8000000,
		   .help = "how many members an archive may have"),
	MU_OPT_BYTES(struct http, max_unpacked, .fallback = "4Gi", .min = 1, .max = 1099511627776,
		     .help = "how large the members of an archive may be together"),
	MU_OPT_INT(struct http, max_ratio, .fallback = "200", .min = 1, .max = 1000000,
		   .help = "how many times as large as the archive they may be"),
	{ 0 },
};

static const struct mu_code codes[] = {
	{ "missing", "A server has no document at an address of the source (404 or 410).",
	  "Leave the address out, or look where the publisher has moved the document; with "
	  "missing: fail the run stops there." },
	{ 0 },
};

/* `url`, with what belongs to it. */
static int addresses_check(struct mu_ctx *ctx, struct http *http)
{
	int err;

	if (!http->url && !http->list)
		return mu_invalid(ctx, &http->url,
				  "there is neither a url nor a list of addresses");
	if (http->url && http->list)
		return mu_invalid(ctx, &http->list, "there is a list beside a url: one is enough");
	err = template_check(ctx, http);
	if (err || !http->url)
		return err;
	err = template_expand(ctx, http, url_check);
	return err == ECANCELED ? 0 : err;
}

static int http_configure(struct mu_ctx *ctx, void *state)
{
	struct http *http = state;
	int err, next;

	http->gate.all = http->allow_private;
	err = addresses_check(ctx, http);
	next = request_check(ctx, http);
	err = err ? err : next;
	if (http->members.count && !http->unpack)
		err = mu_invalid(ctx, &http->members,
				 "members are those of archives: it takes unpack: true, too");
	return err;
}

/* Without a file that can be there, every host is unknown. */
static const char *known_hosts_path(struct mu_ctx *ctx)
{
	const char *home = getenv("HOME");

	return home && *home ? print(ctx, "%s/.ssh/known_hosts", home) : "/dev/null";
}

static int http_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	struct http *http = state;
	int err;

	(void)out;
	if (!http->known_hosts)
		http->known_hosts = known_hosts_path(ctx);
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return mu_fail(ctx, ENOMEM, "libcurl cannot be used");
	http->started = true;
	gate_open(&http->gate, http->allow_private);
	err = urls_open(ctx, http);
	return err ? err : traffic_open(ctx, http);
}

static void http_close(struct mu_ctx *ctx, void *state)
{
	struct http *http = state;

	(void)ctx;
	archive_close(http->archive);
	traffic_close(http);
	urls_close(http);
	if (http->started)
		curl_global_cleanup();
}

static int missing_report(struct mu_ctx *ctx, const struct transfer *t)
{
	struct mu_finding finding = {
		.severity = MU_WARNING,
		.code = "missing",
		.value = t->url->uri,
		.value_len = strlen(t->url->uri),
	};

	return mu_report(ctx, finding, "%s: %s", t->url->uri, t->why);
}

/* The next document that a server has; without a path at the end. */
static int arrived_next(struct mu_ctx *ctx, struct http *http, struct mu_document *out)
{
	const struct transfer *t;
	int err;

	do {
		err = traffic_next(ctx, http, &t);
		if (!err && t && t->state == TRANSFER_MISSING)
			err = missing_report(ctx, t);
	} while (!err && t && t->state == TRANSFER_MISSING);
	if (!err && t)
		*out = t->out;
	return err;
}

static int archive_begin(struct mu_ctx *ctx, struct http *http, const struct mu_document *packed)
{
	const struct archive_caps caps = {
		.members = http->max_members,
		.bytes = http->max_unpacked,
		.ratio = http->max_ratio,
	};
	const char *path;
	int err = mu_keep(ctx, packed, &path);

	return err ? err
		   : archive_open(ctx, path, packed->uri, &caps, &http->members, &http->archive);
}

/* The next member of all archives; without a path at the end. */
static int member_next(struct mu_ctx *ctx, struct http *http, struct mu_document *out)
{
	int err = 0;

	for (;;) {
		struct mu_document packed = { .size = sizeof packed };

		if (http->archive)
			err = archive_next(ctx, http->archive, out);
		if (err || out->path)
			return err;
		archive_close(http->archive);
		http->archive = NULL;
		err = arrived_next(ctx, http, &packed);
		if (err || !packed.path)
			return err;
		err = archive_begin(ctx, http, &packed);
		if (err)
			return err;
	}
}

static int http_fetch(struct mu_ctx *ctx, void *state, struct mu_document *out)
{
	struct http *http = state;

	*out = (struct mu_document){ .size = sizeof *out };
	return http->unpack ? member_next(ctx, http, out) : arrived_next(ctx, http, out);
}

MUSTER_PLUGIN(.name = "http", .summary = "documents of the web and of servers for files",
	      .options = options, .codes = codes, .self_size = sizeof(struct http),
	      .configure = http_configure, .open = http_open, .close = http_close,
	      .fetch = http_fetch);
