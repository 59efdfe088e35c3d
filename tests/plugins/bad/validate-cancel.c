/* The end of the thread that it is called on, by one of its own.
 *     exit 3
 *     line muster: sources.list[2] (validate/cancel): called pthread_cancel() on a thread made in validate, at work on list.csv
 */
#include <pthread.h>

#include "bad.h"

static void *cancel(void *data)
{
	pthread_cancel(*(pthread_t *)data);
	return NULL;
}

static int bad_show(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	pthread_t thread, here = pthread_self();

	(void)ctx, (void)self, (void)rows;
	pthread_create(&thread, NULL, cancel, &here);
	pthread_join(thread, NULL);
	return 0;
}

VALIDATOR("cancel", .validate = bad_show)
