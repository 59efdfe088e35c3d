/*
 * Which source reads which document.
 *
 * Several sources may fetch the same file: then the parsers that have
 * recognise() are asked, and exactly one must say that the file is its own; the
 * others leave it to that one.  Within a source, a document whose bytes another
 * one has too is read once.
 */
#ifndef RECOGNISE_H
#define RECOGNISE_H

#include "stage/run.h"

/* Sets `unread` in every document that its source is not to read, and reports what
 * nobody recognises.  On as many threads as parse; what comes of it does not depend on
 * them.  0, or errno after run_fail(). */
int documents_recognise(struct run *run);

#endif
