/*
 * A table from keys of bytes to numbers: see muster/map.h.
 *
 * Open addressing: a slot holds 1 + the index of an entry, or 0; at most half
 * of them are taken, so a search soon meets an empty one.
 */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include <muster/map.h>

static uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

/* Called once for eight bytes, so it is not worth a call. */
static inline __attribute__((always_inline)) void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static uint64_t sip_word(const uint8_t *bytes, size_t n)
{
	uint64_t word = 0;

	while (n--)
		word = word << 8 | bytes[n];
	return word;
}

static void sip_mix(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

static uint64_t sip_hash(const uint64_t key[2], const uint8_t *bytes, size_t len)
{
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
			  key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573 };
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		uint64_t word;

		memcpy(&word, bytes + i, sizeof word);
		sip_mix(v, le64toh(word));
	}
	sip_mix(v, (uint64_t)len << 56 | sip_word(bytes + i, len - i));
	v[2] ^= 0xff;
	for (i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The slot of a key, or the empty one where it belongs. */
static size_t map_slot(const struct mu_map *map, const uint8_t *key, size_t len, uint64_t hash)
{
	size_t mask = map->n_slots - 1;
	size_t slot = (size_t)hash & mask;
	const struct mu_map_entry *e;

	for (; map->slots[slot]; slot = (slot + 1) & mask) {
		e = &map->entries[map->slots[slot] - 1];
		if (e->hash == hash && e->len == len && !memcmp(e->key, key, len))
			break;
	}
	return slot;
}

static bool map_grow_entries(struct mu_map *map)
{
	size_t room = map->room ? map->room * 2 : 32;
	struct mu_map_entry *entries = realloc(map->entries, room * sizeof *entries);

	if (!entries)
		return false;
	map->entries = entries;
	map->room = room;
	return true;
}

static bool map_grow_slots(struct mu_map *map)
{
	size_t n = map->n_slots ? map->n_slots * 2 : 64;
	uint32_t *slots = calloc(n, sizeof *slots);
	size_t i, slot;

	if (!slots)
		return false;
	for (i = 0; i < map->count; i++) {
		slot = (size_t)map->entries[i].hash & (n - 1);
		while (slots[slot])
			slot = (slot + 1) & (n - 1);
		slots[slot] = (uint32_t)i + 1;
	}
	free(map->slots);
	map->slots = slots;
	map->n_slots = n;
	return true;
}

/* Draws the key when the map is new.  A key that can be foreseen would be none,
 * so without one there is no map. */
static bool map_prepare(struct mu_map *map)
{
	if (!map->n_slots && getrandom(map->key, sizeof map->key, 0) != sizeof map->key)
		return false;
	if (map->count * 2 >= map->n_slots && !map_grow_slots(map))
		return false;
	return map->count < map->room || map_grow_entries(map);
}

size_t mu_map_add(struct mu_map *map, const void *key, size_t len)
{
	struct mu_map_entry entry = { .len = len };
	size_t slot;

	if (!map_prepare(map))
		return SIZE_MAX;
	key = len ? key : "";
	entry.hash = sip_hash(map->key, key, len);
	slot = map_slot(map, key, len, entry.hash);
	if (map->slots[slot])
		return map->slots[slot] - 1;
	if (map->count >= UINT32_MAX - 1)
		return SIZE_MAX;
	entry.key = malloc(len ? len : 1);
	if (!entry.key)
		return SIZE_MAX;
	memcpy(entry.key, key, len);
	map->entries[map->count++] = entry;
	map->slots[slot] = (uint32_t)map->count;
	return map->count - 1;
}

size_t mu_map_find(const struct mu_map *map, const void *key, size_t len)
{
	size_t slot;

	if (!map->n_slots)
		return SIZE_MAX;
	key = len ? key : "";
	slot = map_slot(map, key, len, sip_hash(map->key, key, len));
	return map->slots[slot] ? map->slots[slot] - 1 : SIZE_MAX;
}

void mu_map_release(struct mu_map *map)
{
	size_t i;

	for (i = 0; i < map->count; i++)
		free(map->entries[i].key);
	free(map->entries);
	free(map->slots);
	*map = (struct mu_map){ .entries = NULL };
}

static void key_append(struct mu_key *key, const void *bytes, size_t len)
{
	size_t room = key->room ? key->room : 64;
	uint8_t *data;

	if (key->broken || !len)
		return;
	while (room - key->len < len) {
		if (room > SIZE_MAX / 2) {
			key->broken = true;
			return;
		}
		room *= 2;
	}
	if (room != key->room) {
		data = realloc(key->data, room);
		if (!data) {
			key->broken = true;
			return;
		}
		key->data = data;
		key->room = room;
	}
	memcpy(key->data + key->len, bytes, len);
	key->len += len;
}

/* A value is the byte of its type and its bytes; text has its length before
 * it, so no two rows of values run together into the same bytes. */
static void key_append_value(struct mu_key *key, enum mu_data type, const void *bytes, size_t len)
{
	uint8_t tag = (uint8_t)type;

	key_append(key, &tag, 1);
	if (type == MU_STRING)
		key_append(key, &len, sizeof len);
	key_append(key, bytes, len);
}

void mu_key_add_null(struct mu_key *key)
{
	key_append(key, "", 1);
}

void mu_key_add(struct mu_key *key, const struct mu_column *column, int64_t row)
{
	struct mu_string text;
	int64_t integer;
	double number;
	bool boolean;
	int32_t date;
	uint64_t place;

	if (mu_null(column, row)) {
		mu_key_add_null(key);
		return;
	}
	switch (column->type) {
	case MU_STRING:
		text = mu_get_string(column, row);
		key_append_value(key, MU_STRING, text.data, text.len);
		break;
	case MU_INTEGER:
		integer = mu_get_integer(column, row);
		key_append_value(key, MU_INTEGER, &integer, sizeof integer);
		break;
	case MU_NUMBER:
		number = mu_get_number(column, row) + 0.0; /* -0 is 0 */
		key_append_value(key, MU_NUMBER, &number, sizeof number);
		break;
	case MU_BOOLEAN:
		boolean = mu_get_boolean(column, row);
		key_append_value(key, MU_BOOLEAN, &boolean, sizeof boolean);
		break;
	case MU_DATE:
		date = mu_get_date(column, row);
		key_append_value(key, MU_DATE, &date, sizeof date);
		break;
	case MU_PLACE:
		place = mu_get_place(column, row) & ~MU_AT_REJECTED;
		key_append_value(key, MU_PLACE, &place, sizeof place);
		break;
	}
}

void mu_key_release(struct mu_key *key)
{
	free(key->data);
	*key = (struct mu_key){ .data = NULL };
}
