/*
 * What comes in: from the socket to the incoming file.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "request.h"
#include "transfer.h"

enum {
	OVERLAP = 16 << 10,  /* asked for again when a transfer is resumed */
	IGNORED = 256 << 10, /* what is read of a body that nobody wants */
	HEADERS = 256 << 10, /* of all answers of a hop */
};

/* Whether the rest of the document can be asked for. */
static bool is_resumable(const struct transfer *t)
{
	return t->stored > OVERLAP && t->of.stable && !t->http->body &&
	       !strcmp(request_method(t->http), "GET");
}

static int overlap_load(struct transfer *t)
{
	int err = mu_append(t->ctx, t->path, NULL, 0), fd;
	ssize_t got;

	if (err)
		return err;
	t->overlap = malloc(OVERLAP);
	fd = open(t->path, O_RDONLY | O_CLOEXEC);
	got = t->overlap && fd >= 0 ? pread(fd, t->overlap, OVERLAP, (off_t)(t->stored - OVERLAP))
				    : -1;
	if (fd >= 0)
		close(fd);
	if (got != OVERLAP)
		return mu_fail(t->ctx, EIO, "%s: what came so far cannot be read again", t->path);
	t->overlap_len = OVERLAP;
	t->resumed = (int64_t)t->stored - OVERLAP;
	return 0;
}

static int resume_start(struct transfer *t)
{
	char range[64];
	int err = overlap_load(t);

	if (err)
		return err;
	snprintf(range, sizeof range, "bytes=%" PRId64 "-", t->resumed);
	err = request_header(&t->headers, "Range", range);
	if (!err)
		err = request_header(&t->headers, "If-Range", answer_version(&t->of));
	return err;
}

static bool out_of_memory(struct transfer *t)
{
	t->err = mu_fail(t->ctx, ENOMEM, "out of memory");
	return false;
}

static bool too_large(struct transfer *t)
{
	return transfer_judge(t, VERDICT_FINAL,
			      "the document has more than the %" PRId64
			      " bytes that max_size allows",
			      t->http->max_size);
}

/* Decoded bytes of the document. */
static bool store(void *data, const void *bytes, size_t len)
{
	struct transfer *t = data;
	const uint8_t *from = bytes;
	size_t n = t->overlap_len - t->overlap_at;

	if (n > len)
		n = len;
	if (n && memcmp(t->overlap + t->overlap_at, from, n) != 0) {
		t->stored = 0;
		return transfer_judge(
			t, VERDICT_AGAIN,
			"the transfer broke off, and the rest is of another document");
	}
	t->overlap_at += n;
	from += n;
	len -= n;
	if (len > (uint64_t)t->http->max_size - t->stored)
		return too_large(t);
	t->err = len ? mu_append(t->ctx, t->path, from, len) : 0;
	t->stored += len;
	return !t->err;
}

/* Begins the document anew. */
static bool body_anew(struct transfer *t)
{
	t->overlap_len = 0;
	t->resumed = 0;
	t->stored = 0;
	t->of = t->answer;
	t->err = mu_incoming(t->ctx, &t->path);
	if (t->err)
		return false;
	t->wanted = true;
	if (t->answer.length > t->http->max_size)
		return too_large(t);
	if (!*t->answer.encoding)
		return true;
	if (strcasecmp(t->answer.encoding, "gzip") != 0 &&
	    strcasecmp(t->answer.encoding, "x-gzip") != 0)
		return transfer_judge(t, VERDICT_FINAL,
				      "the document is encoded as '%s', which nobody asked for",
				      t->answer.encoding);
	t->decoder = decoder_new(store, t);
	return t->decoder || out_of_memory(t);
}

/* Takes the rest of a document, when it is that of the same. */
static bool body_resume(struct transfer *t)
{
	const struct answer *a = &t->answer;

	if (a->from == t->resumed && a->to == a->total - 1 && answer_same(a, &t->of) &&
	    !*a->encoding && (t->of.length < 0 || t->of.length == a->total)) {
		t->of.length = a->total;
		t->wanted = true;
		return true;
	}
	t->stored = 0;
	return transfer_judge(t, VERDICT_AGAIN,
			      "the transfer broke off, and the server sent something else than the "
			      "rest");
}

/* Once the headers have come.  false: the transfer is to end. */
static bool answer_take(struct transfer *t)
{
	if (t->answered)
		return true;
	t->answered = true;
	answer_read(t->easy, t->url->http, &t->answer);
	switch (t->answer.status) {
	case 0:
	case 200:
	case 203:
		return body_anew(t);
	case 206:
		if (t->resumed)
			return body_resume(t);
		return transfer_judge(t, VERDICT_FINAL,
				      "the server sent a part of the document without being asked");
	case 416:
		if (!t->resumed)
			return true;
		t->stored = 0;
		return transfer_judge(t, VERDICT_AGAIN,
				      "the transfer broke off, and the server has no rest of it");
	default:
		return true;
	}
}

/* What stands behind the announced end, in the clear, is no part of the next answer: nothing
 * was asked for.  libcurl would leave it there and tell nobody. */
static void excess_peek(struct transfer *t)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	long version = 0;
	char byte;

	if (!t->url->http || strncasecmp(transfer_where(t), "http:", 5) != 0 ||
	    curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version) ||
	    version > CURL_HTTP_VERSION_1_1 ||
	    curl_easy_getinfo(t->easy, CURLINFO_ACTIVESOCKET, &fd) || fd == CURL_SOCKET_BAD)
		return;
	if (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
		t->excess = true;
}

/* Takes some bytes as they came; false: the transfer is to end. */
static bool body_put(struct transfer *t, const char *bytes, size_t len)
{
	if (!answer_take(t))
		return false;
	t->received += len;
	if (!t->wanted)
		return t->received <= IGNORED;
	if (t->answer.length >= 0 && t->received == (uint64_t)t->answer.length)
		excess_peek(t);
	if (!t->decoder)
		return store(t, bytes, len);
	switch (decoder_put(t->decoder, bytes, len)) {
	case DECODER_OK:
		return true;
	case DECODER_BROKEN:
		return transfer_judge(t, VERDICT_AGAIN, "what came compressed is damaged");
	case DECODER_REFUSED:
		break;
	}
	return false;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
	struct transfer *t = data;

	t->heard = clock_now();
	return body_put(t, bytes, size * count) ? size * count : 0;
}

// NOLINTNEXTLINE(readability-non-const-parameter)
static size_t on_header(char *bytes, size_t size, size_t count, void *data)
{
	struct transfer *t = data;

	(void)bytes;
	t->heard = clock_now();
	t->header_bytes += size * count;
	if (t->header_bytes <= HEADERS)
		return size * count;
	transfer_judge(t, VERDICT_FINAL, "the headers of the answer have more than %d bytes",
		       HEADERS);
	return 0;
}

/* Of a body that is longer than was announced, libcurl takes what was announced and tells
 * of the rest here alone. */
static int on_debug(CURL *easy, curl_infotype type, char *text, size_t len, void *data)
{
	static const char excess[] = "Excess found";
	struct transfer *t = data;

	(void)easy;
	if (type == CURLINFO_TEXT && len >= sizeof excess - 1 &&
	    !strncasecmp(text, excess, sizeof excess - 1))
		t->excess = true;
	return 0;
}

int body_start(struct transfer *t)
{
	int err = 0;

	t->answered = t->wanted = t->excess = false;
	t->received = t->header_bytes = 0;
	t->overlap_at = t->overlap_len = 0;
	t->resumed = 0;
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(t->easy, CURLOPT_DEBUGDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_VERBOSE, 1L);
	if (!t->url->http)
		return 0;
	if (is_resumable(t))
		err = resume_start(t);
	else
		err = request_header(&t->headers, "Accept-Encoding", "gzip");
	return err;
}

/* What is whole so far may be so by accident only. */
static void body_broken(struct transfer *t, const char *what)
{
	t->stored = 0;
	transfer_judge(t, VERDICT_AGAIN, "%s", what);
}

void body_end(struct transfer *t)
{
	if (!answer_take(t) || !t->wanted)
		return;
	/* Not to be tried again: the rest is not seen each time. */
	if (t->excess)
		transfer_judge(t, VERDICT_FINAL, "the server sent more than it announced");
	else if (t->answer.length >= 0 && t->received != (uint64_t)t->answer.length)
		body_broken(t, "the server sent less than it announced");
	else if (t->overlap_at < t->overlap_len)
		body_broken(t, "the transfer broke off, and no rest came");
	else if (t->decoder && !decoder_whole(t->decoder))
		body_broken(t, "what came compressed ends before its end");
	else
		transfer_judge(t, VERDICT_DONE, "%s", "");
}
