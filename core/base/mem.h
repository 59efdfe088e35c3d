/*
 * Memory of the runner: never NULL.
 *
 * A run whose memory is gone cannot end well, only cleanly: mem_exhausted()
 * says so on standard error, removes what a run in progress has staged and
 * ends the program with exit 3.  So nothing in the core tests for NULL.
 *
 * What lives as long as the run is taken from an arena and freed with it.
 */
#ifndef MEM_H
#define MEM_H

#include <stdarg.h>
#include <stddef.h>

/* Zeroed; to be given to free(). */
void *mem_alloc(size_t size);

/* The array `items` with room for `count` items of `size` bytes; new ones are
 * not zeroed.  An overflow of the product counts as memory being gone. */
void *mem_resize(void *items, size_t count, size_t size);

char *mem_copy(const char *text);

/* What else is to be done before the end, e.g. removing staged files; it must
 * not allocate. */
void mem_at_exhaustion(void (*clean)(void));
__attribute__((noreturn)) void mem_exhausted(void);

/* Zeroed is empty and ready.  One thread at a time. */
struct arena {
	struct arena_block *blocks;
};

void *arena_alloc(struct arena *arena, size_t size); /* zeroed, aligned for all */
char *arena_copy(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(2)));
void arena_release(struct arena *arena);

#endif
