/*
 * SIGINT and SIGTERM ask a run to end; it does so between two batches.  A
 * second signal ends the program at once.
 */
#ifndef INTERRUPT_H
#define INTERRUPT_H

void interrupt_listen(void);
int interrupt_signal(void); /* the signal that came, or 0 */

#endif
