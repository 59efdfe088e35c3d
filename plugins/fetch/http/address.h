/*
 * Which addresses of the internet are those of everybody: the rest are of this machine,
 * of the network around it, or of nobody.
 *
 * After the registries of special-purpose addresses that IANA keeps for IPv4 and IPv6
 * (RFC 6890).  An IPv6 address that stands for an IPv4 one, such as of NAT64, is what
 * that one is.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

enum { ADDRESS_SHOWN = 64 };

/* What an address is when it is none of everybody's: "a loopback address"; else NULL. */
const char *address_special(const struct sockaddr *address);

/* The same of a host as it stands in an address of the web: 127.0.0.1, [::1], localhost.
 * NULL for a name, too. */
const char *address_special_host(const char *host);

/* Writes "192.0.2.1" or "2001:db8::1". */
void address_show(const struct sockaddr *address, char out[ADDRESS_SHOWN]);

/* Whether both have the same number and the same port. */
bool address_equal(const struct sockaddr *a, const struct sockaddr *b);

#endif
