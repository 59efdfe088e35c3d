/*
 * What a finding of a plugin goes through.
 *
 * It is checked: the plugin declares its code, and the places in it are places of documents
 * that there are.  Rows that it names are marked, and its document may be blamed for it.  Then
 * it is kept for the reports as long as these take findings of the stage, and counted behind
 * that.  Words are made only where somebody reads them.
 *
 * A finding is given as the `size` of this build has it.
 */
#ifndef REPORTED_H
#define REPORTED_H

#include "stage/stage.h"

/* Takes a finding with its message.  0, or EPROTO after stage_fail(). */
__attribute__((format(printf, 3, 0))) int reported_take(struct stage *stage,
							const struct mu_finding *finding,
							const char *fmt, va_list ap);

/* Takes a finding that nobody is going to read: see mu_finding_count().  Likewise. */
int reported_count(struct stage *stage, const struct mu_finding *finding);

#endif
