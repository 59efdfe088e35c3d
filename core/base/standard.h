/*
 * The standard streams, as whoever started the program has opened them.
 *
 * What muster prints goes to a descriptor that nobody else knows.  Descriptor 1, and with it the
 * stdout of plugins and of their libraries, leads to standard error: what these print gets
 * neither into a report nor into data.
 */
#ifndef STANDARD_H
#define STANDARD_H

#include <stdbool.h>
#include <stdio.h>

/* The first thing in the program.  False: there are no descriptors. */
bool standard_begin(void);

/* Where muster prints what it was asked for. */
FILE *standard_output(void);

/* printf() to there. */
void standard_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
