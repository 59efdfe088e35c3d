/* A crash on a thread that lives longer than the call that made it.
 *     exit 139
 *     line muster: sources.list[1] (parse/thread-crash): crashed with SIGSEGV on a thread made in open, at work on list.csv
 */
#include <pthread.h>
#include <signal.h>

#include "bad.h"

static void *crash(void *data)
{
	(void)data;
	usleep(200000);
	raise(SIGSEGV);
	return NULL;
}

static int bad_open(struct mu_ctx *ctx, void *self, struct ArrowSchema *out)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, crash, NULL);

	if (!err)
		pthread_detach(thread);
	return err ? err : good_open(ctx, self, out);
}

BAD_PARSE(sleep(30))
PARSER("thread-crash", .open = bad_open, .parse = bad_parse)
