#include "base/interrupt.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

static atomic_int came;
static _Atomic int64_t first; /* when that was */

/* What comes so soon behind the first is the same wish: timeout(1) asks the program and then
 * its group, which may be heard on two threads. */
#define SAME_MS 50

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Stays in place, so that it can be put back where a plugin has removed it. */
static void note(int number)
{
	if (!came) {
		first = now_ms();
		came = number;
	} else if (now_ms() - first >= SAME_MS) {
		signal(number, SIG_DFL);
		raise(number);
	}
}

/* What the program was told to ignore when it began, as by nohup, it goes on to ignore. */
static bool listen_to(int number)
{
	struct sigaction action = { .sa_handler = note }, before;

	return !sigaction(number, NULL, &before) && before.sa_handler != SIG_IGN &&
	       !sigaction(number, &action, NULL);
}

static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

#define N_ENDING (sizeof ending / sizeof *ending)

static bool listens[N_ENDING];

void interrupt_insist(void)
{
	struct sigaction action = { .sa_handler = note }, now;
	size_t i;

	for (i = 0; i < N_ENDING; i++)
		if (listens[i] && !came && !sigaction(ending[i], NULL, &now) &&
		    now.sa_handler != note)
			sigaction(ending[i], &action, NULL);
}

void interrupt_unmask(sigset_t *mask)
{
	size_t i;

	for (i = 0; i < N_ENDING; i++)
		sigdelset(mask, ending[i]);
}

void interrupt_listen(void)
{
	size_t i;

	for (i = 0; i < N_ENDING; i++)
		listens[i] = listen_to(ending[i]);
	/* A write says so by itself. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

int interrupt_signal(void)
{
	return (int)came;
}
