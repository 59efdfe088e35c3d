/*
 * Claims that sentences of the running text state.
 */
#ifndef DOCUMENT_SENTENCE_H
#define DOCUMENT_SENTENCE_H

#include "read/record.h"

/* Adds what a sentence states, and reports when it is not there, or is there again and says
 * something else.  0, what mu_report() gave, or a positive errno value with a message. */
int scan_sentence(struct scan *scan, const struct claim *claim);

#endif
