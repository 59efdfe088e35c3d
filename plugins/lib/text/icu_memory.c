#include "text/icu_memory.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <unicode/uclean.h>

/* ICU passes no context that could hold a function. */
static void (*exhausted)(void);

static void *memory_get(const void *context, size_t size)
{
	void *block = malloc(size);

	(void)context;
	if (!block)
		exhausted();
	return block;
}

static void *memory_resize(const void *context, void *block, size_t size)
{
	void *resized = realloc(block, size);

	(void)context;
	if (!resized && size)
		exhausted();
	return resized;
}

static void memory_give(const void *context, void *block)
{
	(void)context;
	free(block);
}

void icu_memory_set(const struct mu_ctx *ctx)
{
	static atomic_flag done = ATOMIC_FLAG_INIT;
	UErrorCode status = U_ZERO_ERROR;

	if (!ctx->exhausted || atomic_flag_test_and_set(&done))
		return;
	exhausted = ctx->exhausted;
	u_setMemoryFunctions(NULL, memory_get, memory_resize, memory_give, &status);
}
