/*
 * Seconds that pass, whatever happens to the time of day.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <time.h>

static inline double clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#endif
