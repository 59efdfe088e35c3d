#include "aggregate/pile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <muster/plugin.h>

/* Straight from the system, so that memory of a chunk that is dropped goes back there. */
static char *chunk_new(const struct pile *pile)
{
	void *chunk = mmap(NULL, PILE_CHUNK * pile->size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return chunk == MAP_FAILED ? NULL : chunk;
}

static void chunk_free(const struct pile *pile, size_t i)
{
	if (pile->chunks[i])
		munmap(pile->chunks[i], PILE_CHUNK * pile->size);
	pile->chunks[i] = NULL;
}

bool pile_grow(struct pile *pile)
{
	size_t n = pile->count >> PILE_BITS, room = pile->room ? 2 * pile->room : 4;
	char **chunks;

	if (n == pile->room) {
		chunks = reallocarray(pile->chunks, room, sizeof *chunks);
		if (!chunks)
			return false;
		memset(chunks + n, 0, (room - n) * sizeof *chunks);
		pile->chunks = chunks;
		pile->room = room;
	}
	if (!pile->chunks[n])
		pile->chunks[n] = chunk_new(pile);
	return pile->chunks[n];
}

/* Memory that was used already is there: new one costs more than to zero it. */
void pile_pass(struct pile *pile, size_t index, struct pile *to)
{
	size_t n = index >> PILE_BITS, next = (to->count + PILE_CHUNK - 1) >> PILE_BITS;

	if (next < to->room && !to->chunks[next]) {
		to->chunks[next] = memset(pile->chunks[n], 0, PILE_CHUNK * pile->size);
		pile->chunks[n] = NULL;
	}
	chunk_free(pile, n);
}

void pile_release(struct pile *pile)
{
	size_t i;

	for (i = 0; i < pile->room; i++)
		chunk_free(pile, i);
	free(pile->chunks);
	*pile = (struct pile){ .size = pile->size };
}

static uint64_t place_of(const struct pile *pile, size_t index)
{
	return *(const uint64_t *)pile_at(pile, index) & ~MU_AT_REJECTED;
}

/* Moves the items from `*next` to `end` of a pile behind those of another one. */
static bool items_move(struct pile *to, struct pile *from, size_t *next, size_t end)
{
	while (*next < end) {
		size_t room = PILE_CHUNK - to->count % PILE_CHUNK;
		size_t n = PILE_CHUNK - *next % PILE_CHUNK;

		n = n < end - *next ? n : end - *next;
		n = n < room ? n : room;
		if (room == PILE_CHUNK && !pile_grow(to))
			return false;
		memcpy(pile_at(to, to->count), pile_at(from, *next), n * from->size);
		to->count += n;
		*next += n;
		if (*next % PILE_CHUNK == 0)
			pile_pass(from, *next - 1, to);
	}
	return true;
}

/* Where items, from `next` on, no longer stand before a place or at it. */
static size_t stretch_end(const struct pile *pile, size_t next, uint64_t place)
{
	while (next < pile->count && place_of(pile, next) <= place)
		next++;
	return next;
}

bool pile_merge(struct pile *pile, struct pile *other)
{
	struct pile all = { .size = pile->size };
	size_t a = 0, b = 0, end;
	bool done = true;

	while (done && b < other->count) {
		end = stretch_end(pile, a, place_of(other, b));
		done = items_move(&all, pile, &a, end);
		end = stretch_end(other, b, a < pile->count ? place_of(pile, a) : UINT64_MAX);
		done = done && items_move(&all, other, &b, end);
	}
	done = done && items_move(&all, pile, &a, pile->count);
	pile_release(pile);
	pile_release(other);
	*pile = all;
	return done;
}

/* Where an item of a place is. */
struct spot {
	uint64_t at;
	size_t index;
};

static bool is_sorted(const struct pile *pile)
{
	uint64_t last = 0, at;
	size_t i;

	for (i = 0; i < pile->count; i++, last = at) {
		at = place_of(pile, i);
		if (at < last)
			return false;
	}
	return true;
}

/* The end of the run that begins at i: what is in order already. */
static size_t run_end(const struct spot *spots, size_t i, size_t n)
{
	while (i + 1 < n && spots[i].at <= spots[i + 1].at)
		i++;
	return i < n ? i + 1 : n;
}

/* Merges each two runs; false when there is but one run, and `to` is a copy. */
static bool runs_merge(const struct spot *from, struct spot *to, size_t n)
{
	size_t a, b, middle, end, start;

	for (start = 0; start < n; start = end) {
		middle = run_end(from, start, n);
		end = run_end(from, middle, n);
		for (a = start, b = middle; a < middle || b < end; to++)
			*to = b == end || (a < middle && from[a].at <= from[b].at) ? from[a++]
										   : from[b++];
		if (start == 0 && middle == n)
			return false;
	}
	return true;
}

/* Moves each item to where its spot is, along the circles that these form. */
static void spots_fill(struct pile *pile, struct spot *spots, void *held)
{
	size_t i, to, from;

	for (i = 0; i < pile->count; i++) {
		if (spots[i].index == i)
			continue;
		memcpy(held, pile_at(pile, i), pile->size);
		for (to = i; (from = spots[to].index) != i; to = from) {
			memcpy(pile_at(pile, to), pile_at(pile, from), pile->size);
			spots[to].index = to;
		}
		memcpy(pile_at(pile, to), held, pile->size);
		spots[to].index = to;
	}
}

/* A merge sort by the runs that are there: instances took their batches in order. */
bool pile_sort(struct pile *pile, bool *moved)
{
	size_t n = pile->count, i;
	struct spot *from, *to, *sorted;
	void *held;
	bool done;

	*moved = !is_sorted(pile);
	if (!*moved)
		return true;
	from = reallocarray(NULL, n, sizeof *from);
	to = reallocarray(NULL, n, sizeof *to);
	held = malloc(pile->size);
	done = from && to && held;
	for (i = 0; i < n && done; i++)
		from[i] = (struct spot){ .at = place_of(pile, i), .index = i };
	while (done && runs_merge(from, to, n)) {
		sorted = to;
		to = from;
		from = sorted;
	}
	if (done)
		spots_fill(pile, from, held);
	free(from);
	free(to);
	free(held);
	return done;
}
