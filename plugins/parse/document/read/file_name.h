/*
 * What the name of a document says of its date.
 */
#ifndef DOCUMENT_FILE_NAME_H
#define DOCUMENT_FILE_NAME_H

#include "read/record.h"

/* Compares what the document's name says with what the document does, and takes it where that
 * says nothing.  0, what mu_report() gave, or a positive errno value with a message. */
int name_check(struct scan *scan);

#endif
