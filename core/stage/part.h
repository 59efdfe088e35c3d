/*
 * Parts of documents, such as sheets, that one source reads and another leaves unread: a
 * finding that a part is not read is nothing when a source of the run reads it in the same
 * file, and is said once.
 */
#ifndef PART_H
#define PART_H

#include "stage/run.h"

/* Notes that a source reads a part of a document; on any thread. */
void part_take(struct run *run, const struct document *document, const char *part);

/* Drops the findings about parts that were taken, when all sources have been read.  Of a
 * run of one source among several nobody knows what the others read: then all are
 * dropped. */
void parts_forget(struct run *run);

#endif
