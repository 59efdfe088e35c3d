/*
 * Whom the fetcher may talk to: everybody on the internet, and the proxies that the
 * environment names; all others only with allow_private.
 */
#ifndef GATE_H
#define GATE_H

#include <muster/plugin.h>

#include "address.h"

enum { GATE_PROXIES = 32 };

/* Zeroed is shut, without proxies. */
struct gate {
	bool all;
	size_t n_proxies; /* their addresses */
	struct sockaddr_storage proxies[GATE_PROXIES];
};

/* Looks up the proxies of the environment: those that libcurl will use. */
void gate_open(struct gate *gate, bool all);

/* Why an address must not be contacted, "a loopback address"; NULL: it may. */
const char *gate_refuses(const struct gate *gate, const struct sockaddr *address);

/* The same of a host of an address, which a proxy might look up: NULL for names. */
const char *gate_refuses_host(const struct gate *gate, const char *host);

#endif
