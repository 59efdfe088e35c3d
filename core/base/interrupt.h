/*
 * SIGINT, SIGTERM, SIGHUP and SIGQUIT ask a run to end; it does so between two batches.
 * A second one ends the program at once, unless it comes with the first.  One that was ignored when the
 * program began stays so.
 */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <signal.h>

void interrupt_listen(void);
int interrupt_signal(void); /* the signal that came, or 0 */

/* Listens again where somebody else has seen to it that a signal is not heard. */
void interrupt_insist(void);

/* Takes these signals out of a mask. */
void interrupt_unmask(sigset_t *mask);

#endif
