#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "base/watch.h"

/* An arena's blocks double from the one to the other: most arenas stay small, and
 * memory that nobody uses costs time when it is zeroed. */
#define BLOCK_MIN ((size_t)1 << 10)
#define BLOCK_MAX ((size_t)16 << 10)

/* The one global of the core: there is one memory to run out of, and whoever
 * notices that has nothing at hand to ask. */
static void (*_Atomic clean_up)(void);

struct arena_block {
	struct arena_block *next;
	size_t used, room;
	_Alignas(max_align_t) unsigned char data[];
};

void mem_at_exhaustion(void (*clean)(void))
{
	clean_up = clean;
}

void mem_exhausted(void)
{
	static const char message[] = "muster: out of memory\n";
	void (*clean)(void) = clean_up;
	ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);

	(void)written; /* there is nobody left to tell */
	if (clean)
		clean();
	watch_exit(EXIT_FAILED);
}

void *mem_alloc(size_t size)
{
	void *out = calloc(1, size ? size : 1);

	if (!out)
		mem_exhausted();
	return out;
}

void *mem_resize(void *items, size_t count, size_t size)
{
	void *out;

	if (size && count > SIZE_MAX / size)
		mem_exhausted();
	out = realloc(items, count && size ? count * size : 1);
	if (!out)
		mem_exhausted();
	return out;
}

char *mem_copy(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(mem_alloc(size), text, size);
}

static struct arena_block *block_new(size_t room)
{
	struct arena_block *block;

	if (room > SIZE_MAX - sizeof *block)
		mem_exhausted();
	block = mem_alloc(sizeof *block + room);
	block->room = room;
	return block;
}

static size_t next_room(const struct arena_block *block)
{
	if (!block)
		return BLOCK_MIN;
	return block->room < BLOCK_MAX / 2 ? block->room * 2 : BLOCK_MAX;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	struct arena_block *block = arena->blocks;
	void *out;

	if (size > SIZE_MAX - align)
		mem_exhausted();
	size = (size + align - 1) / align * align;
	if (!block || block->room - block->used < size) {
		size_t room = next_room(block);
		struct arena_block *fresh = block_new(size > room ? size : room);

		/* What is large gets a block of its own, behind the one that
		 * still has room. */
		if (block && size > room) {
			fresh->next = block->next;
			block->next = fresh;
		} else {
			fresh->next = block;
			arena->blocks = fresh;
		}
		block = fresh;
	}
	out = block->data + block->used;
	block->used += size;
	return out;
}

char *arena_copy(struct arena *arena, const char *text, size_t len)
{
	char *out = arena_alloc(arena, len + 1);

	if (len)
		memcpy(out, text, len);
	return out;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *out;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		mem_exhausted();
	out = arena_alloc(arena, (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(out, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return out;
}

void arena_release(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
}
