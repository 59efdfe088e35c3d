#include "interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_int came;

/* Stays in place, so that it can be put back where a plugin has removed it. */
static void note(int number)
{
	if (came) {
		signal(number, SIG_DFL);
		raise(number);
	}
	came = number;
}

void interrupt_listen(void)
{
	struct sigaction action = { .sa_handler = note };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int interrupt_signal(void)
{
	return (int)came;
}
