/*
 * Documents that are rejected as a whole, with `on_error: reject`.
 *
 * An error that names no row of data is pinned to the document that it stands in: it
 * is damaged, no source recognises it, its own totals fail.  Its rows may be anywhere
 * by then, added up with those of others or written by an exporter.  So nothing is taken
 * back: all goes through once more without that document, until no further one is
 * rejected, and what is published is just what a run without these documents gives.
 * Errors about several documents (mu_finding.across) are pinned to none.
 *
 * A document is a file: whoever fetched it, all its readings are rejected together.
 */
#ifndef REJECTED_H
#define REJECTED_H

#include "stage/run.h"

/* Whether a finding is pinned to the document that it is about. */
bool rejected_pins(const struct run *run, const struct finding *finding);

/* Takes note of a finding about the document; an error that names no row of it is pinned
 * to it.  Any thread. */
void rejected_note(struct run *run, struct document *document, struct finding *finding);

/* An error of the runner's own about a document as a whole, on behalf of its parser.  Any
 * thread. */
void rejected_say(struct run *run, const struct stage_config *config,
		  struct document *document, const char *code, const char *message);

/* Forgets what rejected_note() knows of a document. */
void rejected_forget(struct document *document);

/* Whether it is the document's fault that its parser failed with an error, and documents
 * can be rejected for it: then that is said, and the run goes on without its rows. */
bool rejected_give_up(struct run *run, const struct stage_config *parser,
		      struct document *document, int err, const char *why);

/* What was said so far is part of every pass over the documents. */
void rejected_mark(struct run *run);

/* Rejects the documents to which errors were pinned, unless they are too many, which is
 * an error then, or all that there are.  Whether there were any. */
bool rejected_find(struct run *run);

/* When all stages have ended: what was said of rejected documents are warnings, in
 * run->withdrawn; what else was said since rejected_mark() is forgotten. */
void rejected_withdraw(struct run *run);

/* Whether a source's claims were compared with its rows before a stage of it. */
bool rejected_reconciled_before(const struct run *run, const char *stage);

/* How many errors about a row are warnings: all when it was kept out of the dataset; and
 * when it is a claim of which nobody knows any more what it covers, those that say so,
 * when it was compared with its rows before. */
uint64_t rejected_forgiven(const struct run *run, const struct rejection *rejection);

/* How many documents came that are to be read, and how many of them are rejected. */
struct tallied {
	size_t all, rejected;
};
struct tallied rejected_count(const struct run *run);

/* The rejected documents: the first at or after an index, which is moved behind it, as
 * the source has it that found the reason (document.blame); NULL: no more. */
const struct document *rejected_next(const struct run *run, size_t *index);

/* Whether so many of all are within a limit; a limit as text: "10 %, or 1". */
bool limit_allows(const struct limit *limit, uint64_t n, uint64_t all);
void limit_write(const struct limit *limit, struct text *out);

#endif
