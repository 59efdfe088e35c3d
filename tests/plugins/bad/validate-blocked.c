/* All signals are held back, and it does not return.
 *     exit 143
 *     stop 1
 *     line muster: sources.list[2] (validate/blocked): does not return, so the run is ended by signal 15 in validate, at work on list.csv
 */
#include <signal.h>

#include "bad.h"

static void block(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (;;)
		;
}

BAD_SHOW(block())
VALIDATOR("blocked", .validate = bad_show)
