#include "traffic.h"

#include <stdlib.h>
#include <string.h>

enum {
	TICK = 250, /* milliseconds, after which somebody may have cancelled the run */
	AHEAD = 2,  /* as many times the transfers that may run are on hand, with those that wait */
};

#define SHOW_EVERY 0.1 /* seconds */

struct traffic {
	CURLM *multi;
	struct transfer *transfers; /* that of address i at i % n_transfers */
	size_t n_transfers;
	size_t next;  /* the address that is to be taken next */
	bool taken;   /* the one before it still has its place */
	CURL **spare; /* handles without a transfer */
	size_t n_spare;
	int64_t active;
};

static int out_of_memory(struct mu_ctx *ctx)
{
	return mu_fail(ctx, ENOMEM, "out of memory");
}

int traffic_open(struct mu_ctx *ctx, struct http *http)
{
	struct traffic *t = calloc(1, sizeof *t);

	http->traffic = t;
	if (!t)
		return out_of_memory(ctx);
	t->n_transfers = AHEAD * (size_t)http->max_connections;
	if (t->n_transfers > http->n_urls)
		t->n_transfers = http->n_urls;
	t->transfers = calloc(t->n_transfers, sizeof *t->transfers);
	t->spare = calloc((size_t)http->max_connections, sizeof(CURL *));
	t->multi = curl_multi_init();
	if (!t->transfers || !t->spare || !t->multi)
		return out_of_memory(ctx);
	curl_multi_setopt(t->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)http->connections);
	curl_multi_setopt(t->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)http->max_connections);
	curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, (long)http->max_connections);
	return 0;
}

void traffic_close(struct http *http)
{
	struct traffic *t = http->traffic;
	size_t i;

	if (!t)
		return;
	for (i = 0; t->transfers && i < t->n_transfers; i++) {
		CURL *easy = t->transfers[i].easy;

		if (easy)
			curl_multi_remove_handle(t->multi, easy);
		transfer_release(&t->transfers[i]);
		curl_easy_cleanup(easy);
	}
	for (i = 0; i < t->n_spare; i++)
		curl_easy_cleanup(t->spare[i]);
	curl_multi_cleanup(t->multi);
	free(t->spare);
	free(t->transfers);
	free(t);
	http->traffic = NULL;
}

static struct transfer *transfer_of(struct traffic *t, size_t index)
{
	return &t->transfers[index % t->n_transfers];
}

/* The addresses on hand are those from `next` to here. */
static size_t horizon(const struct traffic *t, const struct http *http)
{
	size_t end = t->next + t->n_transfers;

	return end < http->n_urls ? end : http->n_urls;
}

static int start(struct mu_ctx *ctx, struct http *http, struct transfer *of)
{
	struct traffic *t = http->traffic;
	CURL *easy = t->n_spare ? t->spare[--t->n_spare] : curl_easy_init();
	int err;

	if (!easy)
		return out_of_memory(ctx);
	http->hosts[of->url->host].active++;
	t->active++;
	err = transfer_start(of, easy);
	if (!err && curl_multi_add_handle(t->multi, easy))
		err = out_of_memory(ctx);
	if (err) {
		of->easy = NULL;
		t->spare[t->n_spare++] = easy;
	}
	return err;
}

static bool may_start(const struct http *http, const struct transfer *of, double now)
{
	const struct host *host = &http->hosts[of->url->host];

	return of->state == TRANSFER_READY && of->not_before <= now && host->not_before <= now &&
	       host->active < (uint64_t)http->connections;
}

/* Starts what may be; `wake` becomes the time when more may, if that is sooner. */
static int start_all(struct mu_ctx *ctx, struct http *http, double *wake)
{
	struct traffic *t = http->traffic;
	double now = clock_now();
	size_t end = horizon(t, http), i;
	int err = 0;

	for (i = t->next; !err && i < end && t->active < http->max_connections; i++) {
		struct transfer *of = transfer_of(t, i);
		double due;

		if (of->state == TRANSFER_FREE)
			transfer_init(of, ctx, http, i);
		if (of->state != TRANSFER_READY)
			continue;
		if (may_start(http, of, now)) {
			err = start(ctx, http, of);
			continue;
		}
		due = http->hosts[of->url->host].not_before;
		if (due < of->not_before)
			due = of->not_before;
		if (due > now && due < *wake)
			*wake = due;
	}
	return err;
}

/* Takes the handle of a transfer back. */
static void detach(struct http *http, struct transfer *of)
{
	struct traffic *t = http->traffic;

	curl_multi_remove_handle(t->multi, of->easy);
	t->spare[t->n_spare++] = of->easy;
	http->hosts[of->url->host].active--;
	t->active--;
}

static int end_all(struct http *http)
{
	struct traffic *t = http->traffic;
	CURLMsg *message;
	int left, err = 0;

	while (!err && (message = curl_multi_info_read(t->multi, &left))) {
		CURLcode code = message->data.result;
		struct transfer *of = NULL;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&of);
		detach(http, of);
		err = transfer_end(of, code);
	}
	return err;
}

/* `since`: when data was last looked for; what a transfer got later is not known. */
static int watch_all(struct http *http, double since)
{
	struct traffic *t = http->traffic;
	size_t end = horizon(t, http), i;
	int err = 0;

	for (i = t->next; !err && i < end; i++) {
		struct transfer *of = transfer_of(t, i);

		if (of->state != TRANSFER_RUNNING)
			continue;
		if (of->heard > 0 && since - of->heard > http->stall) {
			detach(http, of);
			err = transfer_stalled(of);
		} else if (since - of->shown > SHOW_EVERY) {
			transfer_show(of, MU_UNDER_WAY, NULL);
		}
	}
	return err;
}

/* Does what can be done now, and waits for more if nothing has come to its end. */
static int turn(struct mu_ctx *ctx, struct http *http)
{
	struct traffic *t = http->traffic;
	double now = clock_now(), wake = now + TICK / 1000.0;
	int running, err = start_all(ctx, http, &wake);
	int64_t active = t->active;
	CURLMcode code;

	if (err)
		return err;
	code = curl_multi_perform(t->multi, &running);
	if (code)
		return mu_fail(ctx, EIO, "libcurl: %s", curl_multi_strerror(code));
	err = end_all(http);
	if (!err)
		err = watch_all(http, now);
	now = clock_now();
	if (!err && t->active == active && wake > now)
		curl_multi_poll(t->multi, NULL, 0, (int)((wake - now) * 1000) + 1, NULL);
	return err;
}

int traffic_next(struct mu_ctx *ctx, struct http *http, const struct transfer **out)
{
	struct traffic *t = http->traffic;
	int err = 0;

	*out = NULL;
	if (t->taken)
		transfer_release(transfer_of(t, t->next - 1));
	t->taken = false;
	if (t->next == http->n_urls)
		return 0;
	for (;;) {
		const struct transfer *next = transfer_of(t, t->next);

		if (next->state == TRANSFER_ARRIVED || next->state == TRANSFER_MISSING) {
			*out = next;
			t->next++;
			t->taken = true;
			return 0;
		}
		if (mu_cancelled(ctx))
			return ECANCELED;
		err = turn(ctx, http);
		if (err)
			return err;
	}
}
