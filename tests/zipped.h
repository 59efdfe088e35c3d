/*
 * ZIP archives in memory, entries stored as they are, for tests that need them odd.
 *
 *     struct zipped zip = { .len = 0 };
 *     zipped_add(&zip, "xl/workbook.xml", text, strlen(text));
 *     zipped_end(&zip);
 *     ... zip.bytes, zip.len ...
 *     zipped_release(&zip);
 */
#ifndef ZIPPED_H
#define ZIPPED_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ZIPPED_ENTRIES = 32 };

struct zipped_entry {
	const char *name;
	uint32_t at, len, crc;
	uint32_t size; /* that it says it unpacks to */
	uint16_t flags, method;
};

/* Zeroed is empty.  Entries may be changed before zipped_end(): then only the directory
 * says so. */
struct zipped {
	uint8_t *bytes;
	size_t len, room;
	struct zipped_entry entries[ZIPPED_ENTRIES];
	size_t n;
};

static inline void zipped_put(struct zipped *z, const void *bytes, size_t len)
{
	while (z->len + len > z->room) {
		z->room = z->room ? 2 * z->room : 4096;
		z->bytes = realloc(z->bytes, z->room);
		if (!z->bytes)
			abort();
	}
	if (len)
		memcpy(z->bytes + z->len, bytes, len);
	z->len += len;
}

static inline void zipped_number(struct zipped *z, uint32_t value, size_t size)
{
	uint8_t bytes[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			     (uint8_t)(value >> 24) };

	zipped_put(z, bytes, size);
}

static inline uint32_t zipped_crc(const uint8_t *bytes, size_t len)
{
	uint32_t crc = ~0u;

	for (; len--; bytes++) {
		crc ^= *bytes;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* What the header of an entry and its place in the directory have in common. */
static inline void zipped_describe(struct zipped *z, const struct zipped_entry *e)
{
	zipped_number(z, 20, 2);
	zipped_number(z, e->flags, 2);
	zipped_number(z, e->method, 2);
	zipped_number(z, 0x00210000, 4); /* 1980-01-01 */
	zipped_number(z, e->crc, 4);
	zipped_number(z, e->len, 4);
	zipped_number(z, e->size, 4);
	zipped_number(z, (uint32_t)strlen(e->name), 2);
	zipped_number(z, 0, 2);
}

static inline struct zipped_entry *zipped_add(struct zipped *z, const char *name,
					      const void *bytes, size_t len)
{
	struct zipped_entry *e = &z->entries[z->n++];

	if (z->n > ZIPPED_ENTRIES)
		abort();
	*e = (struct zipped_entry){ .name = name,
				    .at = (uint32_t)z->len,
				    .len = (uint32_t)len,
				    .size = (uint32_t)len,
				    .crc = zipped_crc(bytes, len) };
	zipped_put(z, "PK\3\4", 4);
	zipped_describe(z, e);
	zipped_put(z, name, strlen(name));
	zipped_put(z, bytes, len);
	return e;
}

static inline void zipped_end(struct zipped *z)
{
	uint32_t from = (uint32_t)z->len, len;

	for (size_t i = 0; i < z->n; i++) {
		zipped_put(z, "PK\1\2", 4);
		zipped_number(z, 20, 2);
		zipped_describe(z, &z->entries[i]);
		zipped_number(z, 0, 4);
		zipped_number(z, 0, 2);
		zipped_number(z, 0, 4);
		zipped_number(z, z->entries[i].at, 4);
		zipped_put(z, z->entries[i].name, strlen(z->entries[i].name));
	}
	len = (uint32_t)z->len - from;
	zipped_put(z, "PK\5\6", 4);
	zipped_number(z, 0, 4);
	zipped_number(z, (uint32_t)z->n, 2);
	zipped_number(z, (uint32_t)z->n, 2);
	zipped_number(z, len, 4);
	zipped_number(z, from, 4);
	zipped_number(z, 0, 2);
}

static inline void zipped_release(struct zipped *z)
{
	free(z->bytes);
	*z = (struct zipped){ .len = 0 };
}

#endif
