#include "gate.h"

#include <curl/curl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

/* As libcurl has them: HTTP_PROXY is left out, since web servers set it from what clients
 * send. */
static const char *const variables[] = {
	"http_proxy", "https_proxy", "HTTPS_PROXY", "ftp_proxy",
	"FTP_PROXY",  "all_proxy",   "ALL_PROXY",
};

static void proxy_look_up(struct gate *gate, const char *host, const char *port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL, *at;

	if (getaddrinfo(host, port, &hints, &found))
		return;
	for (at = found; at && gate->n_proxies < GATE_PROXIES; at = at->ai_next)
		memcpy(&gate->proxies[gate->n_proxies++], at->ai_addr, at->ai_addrlen);
	freeaddrinfo(found);
}

/* A proxy is host, host:port, or an address with a scheme; libcurl's port is 1080 but for
 * https. */
static void proxy_add(struct gate *gate, CURLU *parts, const char *value)
{
	char *host = NULL, *port = NULL, *scheme = NULL;
	size_t len;

	if (!curl_url_set(parts, CURLUPART_URL, value,
			  CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME) &&
	    !curl_url_get(parts, CURLUPART_HOST, &host, 0) &&
	    !curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0)) {
		bool https = !strcmp(scheme, "https");

		curl_url_get(parts, CURLUPART_PORT, &port, 0);
		len = strlen(host);
		if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
			host[len - 1] = '\0';
			proxy_look_up(gate, host + 1, port ? port : https ? "443" : "1080");
		} else {
			proxy_look_up(gate, host, port ? port : https ? "443" : "1080");
		}
	}
	curl_free(host);
	curl_free(port);
	curl_free(scheme);
}

void gate_open(struct gate *gate, bool all)
{
	CURLU *parts = all ? NULL : curl_url();
	size_t i;

	gate->all = all;
	for (i = 0; parts && i < sizeof variables / sizeof *variables; i++) {
		const char *value = getenv(variables[i]);

		if (value && *value)
			proxy_add(gate, parts, value);
	}
	curl_url_cleanup(parts);
}

const char *gate_refuses(const struct gate *gate, const struct sockaddr *address)
{
	const char *kind = gate->all ? NULL : address_special(address);
	size_t i;

	for (i = 0; kind && i < gate->n_proxies; i++)
		if (address_equal(address, (const struct sockaddr *)&gate->proxies[i]))
			return NULL;
	return kind;
}

const char *gate_refuses_host(const struct gate *gate, const char *host)
{
	return gate->all ? NULL : address_special_host(host);
}
