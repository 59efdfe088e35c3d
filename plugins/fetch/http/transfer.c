#include "transfer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "request.h"

enum { BUFFER = 512 << 10 };

/* What libcurl's codes mean for the document; all others are final, in libcurl's words. */
static const struct {
	CURLcode code;
	enum verdict verdict;
	bool detail; /* libcurl's words follow */
	const char *text;
} troubles[] = {
	{ CURLE_COULDNT_RESOLVE_PROXY, VERDICT_AGAIN, false, "the name of the proxy is not known" },
	{ CURLE_COULDNT_RESOLVE_HOST, VERDICT_AGAIN, false, "the name of the host is not known" },
	{ CURLE_WEIRD_SERVER_REPLY, VERDICT_AGAIN, true, "the answer cannot be understood" },
	{ CURLE_PARTIAL_FILE, VERDICT_AGAIN, false,
	  "the transfer broke off before the announced end" },
	{ CURLE_GOT_NOTHING, VERDICT_AGAIN, false, "the server hung up without an answer" },
	{ CURLE_SEND_ERROR, VERDICT_AGAIN, true, "the connection broke" },
	{ CURLE_RECV_ERROR, VERDICT_AGAIN, true, "the connection broke" },
	{ CURLE_HTTP2, VERDICT_AGAIN, false, "the connection broke" },
	{ CURLE_HTTP2_STREAM, VERDICT_AGAIN, false, "the connection broke" },
	{ CURLE_FTP_ACCEPT_TIMEOUT, VERDICT_AGAIN, false, "no connection for the data was made" },
	{ CURLE_REMOTE_FILE_NOT_FOUND, VERDICT_MISSING, false, "the server has no such document" },
	{ CURLE_LOGIN_DENIED, VERDICT_FINAL, false, "the server does not let this user in" },
	{ CURLE_REMOTE_ACCESS_DENIED, VERDICT_FINAL, false,
	  "the server does not give it to this user" },
	{ CURLE_SSL_CONNECT_ERROR, VERDICT_FINAL, true, "no secure connection can be made" },
	{ CURLE_SSL_CACERT_BADFILE, VERDICT_FINAL, true,
	  "the certificates to trust cannot be read" },
};

/* What people know some statuses by. */
static const struct {
	long status;
	enum verdict verdict;
	const char *text;
} statuses[] = {
	{ 400, VERDICT_FINAL, "bad request" },
	{ 401, VERDICT_FINAL, "it wants to know who asks" },
	{ 403, VERDICT_FINAL, "forbidden" },
	{ 404, VERDICT_MISSING, "there is no such document" },
	{ 405, VERDICT_FINAL, "not with this method" },
	{ 407, VERDICT_FINAL, "the proxy wants to know who asks" },
	{ 408, VERDICT_AGAIN, "it waited too long" },
	{ 410, VERDICT_MISSING, "the document is gone" },
	{ 429, VERDICT_AGAIN, "too many requests" },
	{ 500, VERDICT_AGAIN, "an error of its own" },
	{ 502, VERDICT_AGAIN, "an error of a server behind it" },
	{ 503, VERDICT_AGAIN, "not available now" },
	{ 504, VERDICT_AGAIN, "a server behind it is silent" },
};

double clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool transfer_judge(struct transfer *t, enum verdict verdict, const char *fmt, ...)
{
	va_list ap;

	if (t->verdict != VERDICT_NONE)
		return false;
	t->verdict = verdict;
	va_start(ap, fmt);
	vsnprintf(t->why, sizeof t->why, fmt, ap);
	va_end(ap);
	return false;
}

void transfer_show(struct transfer *t, uint32_t state, const char *note)
{
	uint64_t before = (uint64_t)t->resumed;

	t->shown = clock_now();
	mu_progress(t->ctx, (struct mu_transfer){
				    .id = (uint32_t)t->index + 1,
				    .state = state,
				    .name = t->url->uri,
				    .done = before + t->received,
				    .total = t->wanted && t->answer.length > 0
						     ? before + (uint64_t)t->answer.length
						     : 0,
				    .note = note,
			    });
}

void transfer_init(struct transfer *t, struct mu_ctx *ctx, struct http *http, size_t index)
{
	*t = (struct transfer){
		.ctx = ctx,
		.http = http,
		.url = &http->urls[index],
		.index = index,
		.state = TRANSFER_READY,
		.trusted = true,
	};
}

static void hop_release(struct transfer *t)
{
	curl_slist_free_all(t->headers);
	t->headers = NULL;
	decoder_free(t->decoder);
	t->decoder = NULL;
	free(t->overlap);
	t->overlap = NULL;
	t->easy = NULL;
}

void transfer_release(struct transfer *t)
{
	hop_release(t);
	curl_free(t->where);
	*t = (struct transfer){ 0 };
}

static curl_socket_t on_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = data;
	const char *kind = gate_refuses(&t->http->gate, &address->addr);
	char shown[ADDRESS_SHOWN];

	(void)purpose;
	if (!kind) {
		t->contacted = true;
		return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	}
	address_show(&address->addr, shown);
	snprintf(t->refused, sizeof t->refused, "%s, %s", shown, kind);
	return CURL_SOCKET_BAD;
}

/* Connected, and about to ask. */
// NOLINTNEXTLINE(readability-non-const-parameter)
static int on_request(void *data, char *remote, char *local, int remote_port, int local_port)
{
	struct transfer *t = data;

	(void)remote;
	(void)local;
	(void)remote_port;
	(void)local_port;
	t->heard = clock_now();
	return CURL_PREREQFUNC_OK;
}

static long milliseconds(double seconds)
{
	return seconds < 0.001 ? 1 : (long)(seconds * 1000);
}

static void credentials_set(struct transfer *t, CURL *easy)
{
	const struct http *http = t->http;

	if (!t->trusted)
		return;
	if (http->token) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
		curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, http->token);
		return;
	}
	curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
	curl_easy_setopt(easy, CURLOPT_USERNAME, t->url->user ? t->url->user : http->user);
	curl_easy_setopt(easy, CURLOPT_PASSWORD, t->url->user ? t->url->password : http->password);
}

static void method_set(const struct transfer *t, CURL *easy)
{
	const struct http *http = t->http;
	const char *method = t->get ? "GET" : request_method(http);

	if (http->body && !t->get) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(http->body));
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, http->body);
	}
	if (strcmp(method, "GET") != 0 || (http->body && !t->get))
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

static void limits_set(struct transfer *t, CURL *easy)
{
	const struct http *http = t->http;

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
			 t->redirects ? "http,https" : "http,https,ftp,ftps,sftp");
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(http->connect_timeout));
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds(t->deadline - clock_now()));
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)http->max_size);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
}

static void security_set(const struct transfer *t, CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (t->http->ca_file) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, t->http->ca_file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(easy, CURLOPT_SSH_KNOWNHOSTS, t->http->known_hosts);
}

/* Asks for the document only if it is another than the one at hand. */
static int condition_set(struct transfer *t)
{
	const struct mu_document *c = &t->cached;

	if (!c->path || t->resumed || (!c->etag && !c->last_modified))
		return 0;
	if (c->etag)
		return request_header(&t->headers, "If-None-Match", c->etag);
	return request_header(&t->headers, "If-Modified-Since", c->last_modified);
}

static int headers_set(struct transfer *t, CURL *easy)
{
	int err = 0;

	if (!t->url->http)
		return 0;
	err = request_without(&t->headers, "Expect");
	if (!err && t->trusted)
		err = request_headers(t->http, &t->headers);
	if (!err)
		err = condition_set(t);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
	return err;
}

/* Before the first try. */
static int begin(struct transfer *t)
{
	struct mu_document *c = &t->cached;

	t->deadline = clock_now() + t->http->timeout;
	if (!t->http->conditional || !t->url->http || strcmp(request_method(t->http), "GET") != 0)
		return 0;
	return mu_cached(t->ctx, t->url->uri, t->url->request, c);
}

int transfer_start(struct transfer *t, CURL *easy)
{
	int err = t->tries ? 0 : begin(t);

	if (err)
		return err;
	if (!t->where)
		t->tries++;
	t->easy = easy;
	t->verdict = VERDICT_NONE;
	t->heard = 0;
	t->contacted = false;
	*t->refused = *t->error = '\0';
	curl_easy_reset(easy);
	err = body_start(t);
	if (!err)
		err = headers_set(t, easy);
	if (err == ENOMEM)
		return mu_fail(t->ctx, err, "out of memory");
	limits_set(t, easy);
	security_set(t, easy);
	method_set(t, easy);
	credentials_set(t, easy);
	curl_easy_setopt(easy, CURLOPT_URL, transfer_where(t));
	curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "muster");
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	t->state = TRANSFER_RUNNING;
	return err;
}

static void judge_timeout(struct transfer *t)
{
	if (clock_now() >= t->deadline - 0.01)
		transfer_judge(t, VERDICT_FINAL, "it took longer than the %g s that timeout allows",
			       t->http->timeout);
	else if (t->heard <= 0)
		transfer_judge(t, VERDICT_AGAIN, "no connection was made within %g s",
			       t->http->connect_timeout);
	else
		transfer_judge(t, VERDICT_AGAIN, "the server is too slow");
}

static void judge_connection(struct transfer *t)
{
	long number = 0;

	if (*t->refused && !t->contacted) {
		transfer_judge(t, VERDICT_FINAL,
			       "the host is at %s: allow_private: true would allow that",
			       t->refused);
		return;
	}
	curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &number);
	transfer_judge(t, VERDICT_AGAIN, "no connection can be made%s%s", number ? ": " : "",
		       number ? strerror((int)number) : "");
}

/* Neither certificates nor keys of hosts are ever taken on trust. */
static void judge_identity(struct transfer *t)
{
	if (strncmp(transfer_where(t), "sftp:", 5) != 0)
		transfer_judge(t, VERDICT_FINAL, "the server cannot be trusted: %s", t->error);
	else
		transfer_judge(t, VERDICT_FINAL,
			       "the server cannot be trusted: its key is not the one in %s",
			       t->http->known_hosts ? t->http->known_hosts : "known_hosts");
}

/* A server that is overloaded may hang up amid the greetings. */
static bool is_broken(const struct transfer *t, CURLcode code)
{
	long number = 0;

	curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &number);
	return code == CURLE_SSL_CONNECT_ERROR && (number == ECONNRESET || number == EPIPE);
}

/* By the table; `who` has answered. */
static void judge_answer(struct transfer *t, const char *who, long status)
{
	size_t n = sizeof statuses / sizeof *statuses, i;

	for (i = 0; i < n && statuses[i].status != status; i++)
		;
	if (i < n)
		transfer_judge(t, statuses[i].verdict, "%s answered %ld (%s)", who, status,
			       statuses[i].text);
	else
		transfer_judge(t, VERDICT_FINAL, "%s answered %ld, without a document", who,
			       status);
}

static void judge_status(struct transfer *t, long status)
{
	if (status == 304 && t->cached.path)
		transfer_judge(t, VERDICT_DONE, "%s", "");
	else if (status == 301 || status == 302 || status == 303 || status == 307 || status == 308)
		redirect_follow(t);
	else
		judge_answer(t, "the server", status);
}

/* Which knows nothing of documents. */
static void judge_proxy(struct transfer *t, long status)
{
	judge_answer(t, "the proxy", status);
	if (t->verdict == VERDICT_MISSING)
		t->verdict = VERDICT_FINAL;
}

static void judge_trouble(struct transfer *t, CURLcode code)
{
	const char *detail = *t->error ? t->error : curl_easy_strerror(code);
	size_t n = sizeof troubles / sizeof *troubles, i;
	long proxy = 0;

	curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
	for (i = 0; i < n && troubles[i].code != code; i++)
		;
	if (proxy >= 300)
		judge_proxy(t, proxy);
	else if (is_broken(t, code))
		transfer_judge(t, VERDICT_AGAIN, "the connection broke");
	else if (i < n)
		transfer_judge(t, troubles[i].verdict, "%s%s%s", troubles[i].text,
			       troubles[i].detail ? ": " : "", troubles[i].detail ? detail : "");
	else
		transfer_judge(t, VERDICT_FINAL, "%s", detail);
}

static void judge(struct transfer *t, CURLcode code)
{
	if (t->verdict != VERDICT_NONE || t->err)
		return;
	/* The end of a body that nobody wants does not matter. */
	if (t->answered && !t->wanted && code != CURLE_OPERATION_TIMEDOUT)
		code = CURLE_OK;
	switch (code) {
	case CURLE_OK:
		body_end(t);
		if (t->verdict == VERDICT_NONE && !t->err)
			judge_status(t, t->answer.status);
		break;
	case CURLE_OPERATION_TIMEDOUT:
		judge_timeout(t);
		break;
	case CURLE_COULDNT_CONNECT:
		judge_connection(t);
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
		judge_identity(t);
		break;
	case CURLE_FILESIZE_EXCEEDED:
		transfer_judge(t, VERDICT_FINAL,
			       "the document has more than the %" PRId64
			       " bytes that max_size allows",
			       t->http->max_size);
		break;
	case CURLE_OUT_OF_MEMORY:
		t->err = mu_fail(t->ctx, ENOMEM, "out of memory");
		break;
	default:
		judge_trouble(t, code);
	}
}

static int fail(struct transfer *t, const char *more)
{
	char tries[64] = "";

	transfer_show(t, MU_GAVE_UP, NULL);
	if (t->tries > 1)
		snprintf(tries, sizeof tries, " (tried %" PRId64 " times)", t->tries);
	if (t->where)
		return mu_fail(t->ctx, EIO, "%s, redirected to %s: %s%s%s", t->url->uri, t->where,
			       t->why, more, tries);
	return mu_fail(t->ctx, EIO, "%s: %s%s%s", t->url->uri, t->why, more, tries);
}

/* Somewhere between none and the longest wait, so that those who failed together do not
 * come again together. */
static double backoff(const struct transfer *t)
{
	double longest = t->http->backoff;
	uint32_t random = 0;
	int64_t i;

	for (i = 1; i < t->tries && longest < t->http->max_wait; i++)
		longest *= 2;
	if (longest > t->http->max_wait)
		longest = t->http->max_wait;
	if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
		random = UINT32_MAX;
	return longest * ((double)random / UINT32_MAX);
}

/* Seconds that the server asks to wait, after which it is not asked before. */
static double server_wait(const struct transfer *t)
{
	curl_off_t seconds = 0;

	if (t->answer.status == 429 || t->answer.status == 503)
		curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &seconds);
	return seconds > 0 ? (double)seconds : 0;
}

static int try_again(struct transfer *t)
{
	struct host *host = &t->http->hosts[t->url->host];
	double now = clock_now(), wait = t->answered ? server_wait(t) : 0, pause = backoff(t);
	char note[128] = "";

	if (wait > 0)
		snprintf(note, sizeof note, ", and asks to wait %g s", wait);
	if (wait > t->http->max_wait) {
		snprintf(note, sizeof note,
			 ", and asks to wait %g s, longer than the %g s that max_wait allows", wait,
			 t->http->max_wait);
		return fail(t, note);
	}
	if (t->tries > t->http->retries)
		return fail(t, note);
	t->not_before = now + (pause > wait ? pause : wait);
	if (t->not_before > t->deadline) {
		snprintf(note, sizeof note, ", and timeout allows no more than %g s in all",
			 t->http->timeout);
		return fail(t, note);
	}
	if (wait > 0 && host->not_before < now + wait)
		host->not_before = now + wait;
	mu_log(t->ctx, MU_INFO, "%s: %s%s; tries again", t->url->uri, t->why, note);
	snprintf(note, sizeof note, "waits %.0f s, then tries again", t->not_before - now);
	transfer_show(t, MU_UNDER_WAY, note);
	curl_free(t->where);
	t->where = NULL;
	t->redirects = 0;
	t->trusted = true;
	t->get = false;
	t->state = TRANSFER_READY;
	return 0;
}

static int missing(struct transfer *t)
{
	if (t->http->missing == MISSING_FAIL)
		return fail(t, "");
	transfer_show(t, MU_GAVE_UP, NULL);
	t->state = TRANSFER_MISSING;
	return 0;
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

/* Without a query: redirects lead to addresses that are signed for the moment, and whoever
 * knows the signature can fetch. */
static const char *final_uri(const struct transfer *t)
{
	if (!t->where)
		return NULL;
	return print(t->ctx, "%.*s", (int)strcspn(t->where, "?"), t->where);
}

static int arrived(struct transfer *t)
{
	const struct answer *a = &t->of;

	transfer_show(t, MU_ARRIVED, NULL);
	t->state = TRANSFER_ARRIVED;
	if (t->answer.status == 304) {
		t->out = t->cached;
		return 0;
	}
	if (t->url->http && a->length < 0)
		mu_log(t->ctx, MU_DEBUG, "%s: the server did not say how long it is", t->url->uri);
	t->out = (struct mu_document){
		.size = sizeof t->out,
		.uri = t->url->uri,
		.path = t->path,
		.media_type = or_null(a->media_type),
		.final_uri = final_uri(t),
		.etag = or_null(a->etag),
		.last_modified = or_null(a->last_modified),
		.request = t->url->request,
	};
	return 0;
}

int transfer_end(struct transfer *t, CURLcode code)
{
	int err;

	judge(t, code);
	err = t->err;
	if (!err)
		switch (t->verdict) {
		case VERDICT_DONE:
			err = arrived(t);
			break;
		case VERDICT_REDIRECTED:
			t->state = TRANSFER_READY;
			break;
		case VERDICT_MISSING:
			err = missing(t);
			break;
		case VERDICT_AGAIN:
			err = try_again(t);
			break;
		case VERDICT_NONE:
		case VERDICT_FINAL:
			err = fail(t, "");
		}
	hop_release(t);
	return err;
}

int transfer_stalled(struct transfer *t)
{
	transfer_judge(t, VERDICT_AGAIN, "nothing came for %g s", t->http->stall);
	return transfer_end(t, CURLE_OPERATION_TIMEDOUT);
}
