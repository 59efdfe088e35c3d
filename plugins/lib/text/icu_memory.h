/*
 * What happens when ICU gets no memory.
 *
 * When it gets none, ICU 72 gives wrong answers (a language that is not there, a number that
 * cannot be read), waits for itself or crashes, depending on where that is.  With this
 * it is not told: the run ends for want of memory, as it does elsewhere.
 */
#ifndef ICU_MEMORY_H
#define ICU_MEMORY_H

#include <muster/plugin.h>

/* In configure, before anything else of ICU is called; more than once does no harm. */
void icu_memory_set(const struct mu_ctx *ctx);

#endif
