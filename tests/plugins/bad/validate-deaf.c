/* Signals that it ignores and holds back.  The second of these is put back when it returns.
 *     exit 143
 *     stop 1
 *     line muster: stopped by signal 15
 */
#include <signal.h>

#include "bad.h"

static void refuse(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal(SIGTERM, SIG_IGN);
}

BAD_OPEN(refuse())
BAD_SHOW(for (int i = 0; i < 100 && !mu_cancelled(ctx); i++) usleep(100000))
VALIDATOR("deaf", .open = bad_open, .validate = bad_show)
