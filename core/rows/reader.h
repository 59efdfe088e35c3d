/*
 * The documents of all sources through their parsers and what can follow these, on
 * as many threads as there are processors, handed out in a fixed order.
 *
 * The work is cut into items: a document, or a piece of one where its parser can
 * split it.  Items have numbers in the order of the run, from 1.  Each thread is a
 * lane: it has instances of its own of the parser and of those stages behind it that
 * can be merged (link.h), takes the next item, puts its batches through them, and
 * into a short queue; whoever consumes takes the queues in the order of items.  A
 * document is cut by one lane at a time, exactly, since each piece begins where the
 * one before has ended.  A lane that waits for room always works on an item whose turn
 * comes, so nobody waits for ever.
 *
 * Documents that are read as a whole are parsed from the start, while later stages
 * still open; pieces wait for reader_start().  With one job, or when there is little
 * to read, there are no threads: the consumer's calls do the work.
 */
#ifndef READER_H
#define READER_H

#include "rows/link.h"

struct reader;

struct reader *reader_new(struct run *run);

/* The columns of a source's documents, which must all be the same; NULL after run_fail(),
 * or when the first document was given up: then an error is pinned to it.  `source`
 * counts the sources that are run. */
const struct ArrowSchema *reader_schema(struct reader *reader, size_t source);

/* All chains are open and shared: `sources` has one for each source, `ends` the columns
 * that come out of it (`last`: of the dataset's links), `wanted` those of its parser that are looked at.  Where all
 * links of a source are shared, its batches go through the shared links of `dataset`
 * too, in the order of columns of the first source.  0, or errno after run_fail(). */
int reader_start(struct reader *reader, struct links *const *sources, struct links *dataset,
		 const struct ArrowSchema *const *ends, const struct ArrowSchema *last,
		 bool *const *wanted);

/* Whether batches of a source come pushed through the shared links already. */
bool reader_pushes(const struct reader *reader, size_t source);

/* The next batch of a source.  At the end the lanes' links of the source are merged
 * into those of the run.  0, or errno after run_fail(). */
int reader_next(struct reader *reader, size_t source, struct ArrowArray *out);

/* When all sources have ended: merges the lanes' links of the dataset. */
int reader_end(struct reader *reader);

/* Ends the threads, and closes what comes behind the parsers. */
void reader_stop(struct reader *reader);

/* When that was before all documents were read, since nothing fits the columns of the first
 * ones of the sources: an error is pinned to one that most others of its source differ
 * from.  All that was said of the first ones goes to the records, what was said of others
 * is forgotten. */
void reader_gather(struct reader *reader);

void reader_free(struct reader *reader);

#endif
