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

/* What the program was told to ignore when it began, as by nohup, it goes on to ignore. */
static void listen_to(int number)
{
	struct sigaction action = { .sa_handler = note }, before;

	if (!sigaction(number, NULL, &before) && before.sa_handler != SIG_IGN)
		sigaction(number, &action, NULL);
}

void interrupt_listen(void)
{
	listen_to(SIGINT);
	listen_to(SIGTERM);
	listen_to(SIGHUP);
	listen_to(SIGQUIT);
	/* A write says so by itself. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

int interrupt_signal(void)
{
	return (int)came;
}
