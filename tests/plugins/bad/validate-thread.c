/* exit() on a thread of its own.
 *     exit 3
 *     line muster: sources.list[2] (validate/thread): called exit(0) on a thread made in validate
 */
#include <pthread.h>

#include "bad.h"

static void *leave(void *data)
{
	exit(data ? 1 : 0);
}

static int bad_show(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	pthread_t thread;

	(void)ctx, (void)self, (void)rows;
	pthread_create(&thread, NULL, leave, NULL);
	pthread_join(thread, NULL);
	return 0;
}

VALIDATOR("thread", .validate = bad_show)
