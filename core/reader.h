/*
 * The documents of all sources through their parsers, on as many threads as
 * there are processors, handed out in a fixed order.
 *
 * Threads take documents in the order of the run and put batches into a short
 * queue for each; whoever consumes takes the queues in that same order.  A
 * thread that waits for room always works on a document whose turn comes, so
 * nobody waits for ever.  One document has a thread too, so that it is parsed while
 * later stages open and work.  With one job there are no threads: the consumer's
 * calls do the work.
 */
#ifndef READER_H
#define READER_H

#include "run.h"

struct reader;

struct reader *reader_new(struct run *run);

/* On how many threads documents are read. */
size_t reader_jobs(const struct run *run);

/* The columns of a source's documents, which must all be the same; NULL after
 * run_fail().  `source` counts the sources that are run. */
const struct ArrowSchema *reader_schema(struct reader *reader, size_t source);

/* The next batch of a source; its parsers' findings go to the source's record.
 * 0, or errno after run_fail(). */
int reader_next(struct reader *reader, size_t source, struct ArrowArray *out);

/* The stage of a document that has been read to its end and stays open until
 * reader_free(), else NULL. */
struct stage *reader_parsed(struct reader *reader, uint32_t document);

/* Ends the threads; parsers that have not been consumed are closed. */
void reader_free(struct reader *reader);

#endif
