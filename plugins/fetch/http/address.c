#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char loopback[] = "a loopback address", private[] = "a private address",
		  local[] = "a link-local address", shared[] = "an address shared by a provider",
		  unspecified[] = "an unspecified address", multicast[] = "a multicast address",
		  documentation[] = "an address for documentation",
		  benchmark[] = "an address for benchmarks", reserved[] = "a reserved address";

/* All addresses that begin with these bits. */
struct block {
	uint8_t prefix[16];
	unsigned bits;
	const char *kind;
};

static const struct block blocks4[] = {
	{ { 0 }, 8, unspecified },
	{ { 10 }, 8, private },
	{ { 100, 64 }, 10, shared },
	{ { 127 }, 8, loopback },
	{ { 169, 254 }, 16, local },
	{ { 172, 16 }, 12, private },
	{ { 192, 0, 0 }, 24, reserved },
	{ { 192, 0, 2 }, 24, documentation },
	{ { 192, 88, 99 }, 24, reserved },
	{ { 192, 168 }, 16, private },
	{ { 198, 18 }, 15, benchmark },
	{ { 198, 51, 100 }, 24, documentation },
	{ { 203, 0, 113 }, 24, documentation },
	{ { 224 }, 4, multicast },
	{ { 240 }, 4, reserved },
	{ { 0 }, 0, NULL },
};

/* In order: the first that fits says it. */
static const struct block blocks6[] = {
	{ { 0 }, 128, unspecified },
	{ { [15] = 1 }, 128, loopback },
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48, private },
	{ { 0x20, 0x01, 0x00, 0x02, 0x00, 0x00 }, 48, benchmark },
	{ { 0x20, 0x01, 0x00, 0x00 }, 23, reserved },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, documentation },
	{ { 0x3f, 0xff, 0x00 }, 20, documentation },
	{ { 0x20 }, 3, NULL }, /* what is given to everybody */
	{ { 0xfc }, 7, private },
	{ { 0xfe, 0x80 }, 10, local },
	{ { 0xfe, 0xc0 }, 10, private },
	{ { 0xff }, 8, multicast },
	{ { 0 }, 0, reserved },
};

/* Addresses that have an IPv4 address in them, behind so many bytes. */
static const struct {
	uint8_t prefix[16];
	unsigned bits, at;
	uint8_t flipped; /* what its bytes were combined with by xor */
} embeddings[] = {
	{ { [10] = 0xff, 0xff }, 96, 12, 0 },              /* mapped */
	{ { [8] = 0xff, 0xff }, 96, 12, 0 },               /* translated */
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, 12, 0 },         /* NAT64 */
	{ { 0x20, 0x02 }, 16, 2, 0 },                      /* 6to4 */
	{ { 0x20, 0x01, 0x00, 0x00 }, 32, 4, 0 },          /* Teredo: the server, */
	{ { 0x20, 0x01, 0x00, 0x00 }, 32, 12, UINT8_MAX }, /* and the client */
};

static bool begins(const uint8_t *address, const uint8_t *prefix, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return !memcmp(address, prefix, whole) &&
	       (!rest || !((address[whole] ^ prefix[whole]) >> (8 - rest)));
}

/* The last block of a table has all addresses. */
static const char *kind_of(const struct block *blocks, const uint8_t *address)
{
	while (!begins(address, blocks->prefix, blocks->bits))
		blocks++;
	return blocks->kind;
}

static const char *special6(const uint8_t *address)
{
	bool embedded = false;
	uint8_t inner[4];
	size_t i, k;

	for (i = 0; i < sizeof embeddings / sizeof *embeddings; i++) {
		const char *kind;

		if (!begins(address, embeddings[i].prefix, embeddings[i].bits))
			continue;
		for (k = 0; k < sizeof inner; k++)
			inner[k] = address[embeddings[i].at + k] ^ embeddings[i].flipped;
		kind = kind_of(blocks4, inner);
		if (kind)
			return kind;
		embedded = true;
	}
	return embedded ? NULL : kind_of(blocks6, address);
}

/* The bytes of an address; NULL: it is none of the internet. */
static const void *bytes_of(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return &((const struct sockaddr_in *)(const void *)address)->sin_addr;
	if (address->sa_family == AF_INET6)
		return &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	return NULL;
}

const char *address_special(const struct sockaddr *address)
{
	const void *bytes = bytes_of(address);

	if (!bytes)
		return "no address of the internet";
	return address->sa_family == AF_INET ? kind_of(blocks4, bytes) : special6(bytes);
}

const char *address_special_host(const char *host)
{
	size_t len = strcspn(host, "%]"), dotted = strlen(host);
	char text[INET6_ADDRSTRLEN];
	uint8_t bytes[16];

	if (*host == '[') {
		snprintf(text, sizeof text, "%.*s", (int)(len - 1), host + 1);
		return inet_pton(AF_INET6, text, bytes) == 1 ? special6(bytes) : reserved;
	}
	if (inet_pton(AF_INET, host, bytes) == 1)
		return kind_of(blocks4, bytes);
	if (dotted && host[dotted - 1] == '.')
		dotted--;
	if (dotted >= 9 && !strncasecmp(host + dotted - 9, "localhost", 9) &&
	    (dotted == 9 || host[dotted - 10] == '.'))
		return loopback;
	return NULL;
}

void address_show(const struct sockaddr *address, char out[ADDRESS_SHOWN])
{
	const void *bytes = bytes_of(address);

	if (!bytes || !inet_ntop(address->sa_family, bytes, out, ADDRESS_SHOWN))
		snprintf(out, ADDRESS_SHOWN, "an unknown address");
}

bool address_equal(const struct sockaddr *a, const struct sockaddr *b)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;

	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return a4->sin_port == b4->sin_port &&
		       !memcmp(&a4->sin_addr, &b4->sin_addr, sizeof a4->sin_addr);
	return a->sa_family == AF_INET6 && a6->sin6_port == b6->sin6_port &&
	       !memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof a6->sin6_addr);
}
