/*
 * Allocations that fail.
 *
 * A test that includes this is linked with -Wl,--wrap=malloc and the like, so that the calls of
 * what is tested come here.  The one that finds `allocations_left` at 0 gives NULL; all others
 * give what was asked for.
 */
#ifndef TESTS_FAILING_H
#define TESTS_FAILING_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

static atomic_long allocations_left = LONG_MAX;

static bool allocation_fails(void)
{
	return allocations_left-- == 0;
}

// NOLINTBEGIN(bugprone-reserved-identifier)
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_reallocarray(void *block, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
	return allocation_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return allocation_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
	return allocation_fails() ? NULL : __real_realloc(block, size);
}

void *__wrap_reallocarray(void *block, size_t count, size_t size)
{
	return allocation_fails() ? NULL : __real_reallocarray(block, count, size);
}
// NOLINTEND(bugprone-reserved-identifier)

#endif
