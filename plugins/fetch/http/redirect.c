/*
 * Where an answer leads: never to another scheme than those of the web, never from https
 * to http, and to another host without what is for this one.
 */
#include <inttypes.h>
#include <string.h>

#include "transfer.h"

/* An address taken apart. */
struct target {
	CURLU *url;
	char *scheme, *host, *port, *shown;
};

static void target_release(struct target *at)
{
	curl_free(at->scheme);
	curl_free(at->host);
	curl_free(at->port);
	curl_free(at->shown);
	curl_url_cleanup(at->url);
}

/* Without a user, which nobody here trusts; false: it cannot be read. */
static bool target_read(struct target *at, const char *address)
{
	at->url = curl_url();
	if (!at->url || !address ||
	    curl_url_set(at->url, CURLUPART_URL, address, CURLU_NON_SUPPORT_SCHEME))
		return false;
	curl_url_set(at->url, CURLUPART_USER, NULL, 0);
	curl_url_set(at->url, CURLUPART_PASSWORD, NULL, 0);
	curl_url_set(at->url, CURLUPART_OPTIONS, NULL, 0);
	curl_url_set(at->url, CURLUPART_FRAGMENT, NULL, 0);
	if (curl_url_get(at->url, CURLUPART_HOST, &at->host, 0))
		at->host = NULL;
	if (curl_url_get(at->url, CURLUPART_PORT, &at->port, CURLU_DEFAULT_PORT))
		at->port = NULL;
	return !curl_url_get(at->url, CURLUPART_SCHEME, &at->scheme, 0) &&
	       !curl_url_get(at->url, CURLUPART_URL, &at->shown, 0);
}

static bool is(const struct target *at, const char *scheme)
{
	return !strcmp(at->scheme, scheme);
}

/* The host of the address itself, over the same port or its secure one. */
static bool is_same_host(const struct target *home, const struct target *to)
{
	if (!home->host || !to->host || !home->port || !to->port ||
	    strcasecmp(home->host, to->host) != 0)
		return false;
	if (is(home, to->scheme))
		return !strcmp(home->port, to->port);
	return is(to, "https") && !strcmp(home->port, "80") && !strcmp(to->port, "443");
}

/* As browsers do: what was sent is not sent again but for 307 and 308. */
static bool becomes_get(long status)
{
	return status != 307 && status != 308;
}

static bool judge(struct transfer *t, const struct target *from, const struct target *to)
{
	const char *special;

	if (!is(to, "http") && !is(to, "https"))
		return transfer_judge(
			t, VERDICT_FINAL,
			"the server redirects to %s, and only http and https are followed",
			to->shown);
	if (is(from, "https") && is(to, "http"))
		return transfer_judge(t, VERDICT_FINAL,
				      "the server redirects to %s, from https to http", to->shown);
	if (t->redirects == t->http->max_redirects)
		return transfer_judge(t, VERDICT_FINAL,
				      "there are more than the %" PRId64
				      " redirects that max_redirects allows",
				      t->http->max_redirects);
	special = gate_refuses_host(&t->http->gate, to->host);
	if (special)
		return transfer_judge(t, VERDICT_FINAL,
				      "the server redirects to %s, %s: allow_private: true would "
				      "allow that",
				      to->shown, special);
	return true;
}

static void follow(struct transfer *t, const struct target *to)
{
	struct target home = { 0 };

	t->trusted = t->trusted && target_read(&home, t->url->uri) && is_same_host(&home, to);
	target_release(&home);
	if (becomes_get(t->answer.status))
		t->get = true;
	if (t->http->body && !t->get && !t->trusted) {
		transfer_judge(
			t, VERDICT_FINAL,
			"the server redirects to %s, another host, which the body is not for",
			to->shown);
		return;
	}
	curl_free(t->where);
	t->where = NULL;
	t->redirects++;
	if (curl_url_get(to->url, CURLUPART_URL, &t->where, 0))
		t->err = mu_fail(t->ctx, ENOMEM, "out of memory");
	else
		transfer_judge(t, VERDICT_REDIRECTED, "%s", "");
}

void redirect_follow(struct transfer *t)
{
	struct target from = { 0 }, to = { 0 };
	char *address = NULL;

	curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &address);
	if (!target_read(&from, transfer_where(t)) || !target_read(&to, address))
		transfer_judge(t, VERDICT_FINAL,
			       "the server answered %ld, without an address that can be followed",
			       t->answer.status);
	else if (judge(t, &from, &to))
		follow(t, &to);
	target_release(&from);
	target_release(&to);
}
