/* A stack without an end, on a thread of its own.
 *     exit 139
 *     line muster: sources.list[2] (validate/thread-stack): crashed with SIGSEGV on a thread made in validate, at work on list.csv
 */
#include <pthread.h>

#include "bad.h"

/* The depth is more than any stack has; the compiler need not know. */
static int deep(int left) // NOLINT(misc-no-recursion)
{
	volatile char here[4096];

	here[0] = (char)left;
	return left ? deep(left - 1) + here[0] : 0;
}

static void *fall(void *data)
{
	(void)data;
	return (void *)(uintptr_t)deep(1 << 30);
}

static int bad_show(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	pthread_t thread;

	(void)ctx, (void)self, (void)rows;
	pthread_create(&thread, NULL, fall, NULL);
	pthread_join(thread, NULL);
	return 0;
}

VALIDATOR("thread-stack", .validate = bad_show)
