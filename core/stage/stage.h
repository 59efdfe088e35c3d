/*
 * A plugin at work: an instance of its state, what it may call (services.h), and
 * what it has said so far.
 *
 *     stage_init  ->  stage_open  ->  steps by the runner  ->  stage_close
 *
 * stage_close() may be called at any point, on a zeroed stage too.
 */
#ifndef STAGE_H
#define STAGE_H

#include <muster/table.h>

#include "config/pipeline.h"
#include "ledger/balance.h"
#include "ledger/finding.h"
#include "store/document.h"

struct run;

typedef int flow_step(void *from, struct ArrowArray *out); /* 0 or errno; released: the end */

/* Where a stage gets its rows from. */
struct flow {
	void *from;
	flow_step *next;
	const struct ArrowSchema *schema;
};

/* Bytes of a document that a plugin has read. */
struct window {
	uint64_t offset;
	const void *data;
	size_t len;
};

struct stage {
	struct mu_ctx ctx; /* first, so that the one leads to the other */
	const struct stage_config *config;
	struct run *run; /* NULL: only checking the configuration */
	const struct pipeline *pipeline;
	void *self;
	struct arena arena;
	struct option_fill fill;
	struct diagnostics *complaints; /* where mu_invalid() goes */
	bool invalid;          /* mu_invalid() was called */
	int refused;           /* what a service gave that was not 0, the first time */
	bool closing;          /* the plugin's close() is running */
	bool left;             /* stage_leave() was called */
	bool configuring;
	bool marked;           /* rows that were rejected have come in */
	bool opening;          /* a failure now is one of configuration, if EINVAL */
	bool quiet;            /* an instance that only locates: it says nothing */
	bool serial;           /* mu_serial() was called */
	bool rejecting;        /* it has named rows since that was last looked at */
	const uint64_t *item;  /* of the run's work, the one at hand; NULL: none */
	struct window window;  /* what mu_read() filled last */
	struct flow input;
	bool input_ended;
	struct ArrowSchema out; /* what open() declared */
	struct document *document;
	bool mapped;
	struct findings findings;
	bool has_like;         /* another stage of the plugin gets the same rows */
	const char **codes;    /* that were used, by their place in the plugin's table */
	size_t code;           /* the one that was used last */
	struct mu_map columns; /* that were named in findings, to an index in: */
	char **froms;          /* how the parser calls them; or NULL */
	struct text message, value; /* of the finding at hand */
	uint64_t checks[3]; /* by enum mu_outcome */
	uint64_t reported;  /* findings, also those that another stage had made */
	struct adjustment *adjustments;
	size_t n_adjustments;
	struct text failure; /* what mu_fail() said */
	double seconds;      /* spent in the plugin, its input's time taken off */
	double pulling;
};

/* Makes self, fills the options, runs configure().  Complaints go to
 * `complaints`.  0, or EINVAL when there was one, or what configure() gave. */
int stage_init(struct stage *stage, const struct stage_config *config, struct run *run,
	       struct diagnostics *complaints);

/* The same without a run, to try the configuration: the plugin may call `services`, and
 * complaints are the pipeline's. */
int stage_try(struct stage *stage, const struct mu_ctx *services,
	      const struct stage_config *config, struct pipeline *pipeline);

/* Makes self with the fallbacks of its options, and asks the plugin for a draft of them.
 * 0, or what it gave. */
int stage_guess(struct stage *stage, const struct stage_config *config, struct run *run,
		struct document *document, struct mu_guess *out);

/* Opens with the rows or the document that come in; either may be NULL. */
int stage_open(struct stage *stage, const struct flow *input, struct document *document);

/* The schema of what comes out: its own, else that of what comes in. */
const struct ArrowSchema *stage_schema(const struct stage *stage);

void stage_close(struct stage *stage);

/* Closes the plugin alone: what it has said, counted and declared stays until
 * stage_close().  Nothing else is called then.  Somebody else's plugin stays open, since the
 * names of columns that it has declared may lie in its own memory. */
void stage_leave(struct stage *stage);

/* Folds an instance of the same plugin, and all that it has said, into another; it is
 * closed.  0, or what the plugin gave. */
int stage_merge(struct stage *into, struct stage *from);

/* Notes why the plugin cannot go on, or was refused a call; the first words count.  Gives
 * `err`, or EIO where that is no errno value. */
__attribute__((format(printf, 3, 4))) int stage_fail(struct stage *stage, int err,
						     const char *fmt, ...);
__attribute__((format(printf, 3, 0))) int stage_fail_va(struct stage *stage, int err,
							const char *fmt, va_list ap);

/* Tells `why` when the plugin gave `err`: its own words, else the errno's. */
void stage_failure(const struct stage *stage, int err, struct text *why);

/* Tells the run that a stage gave `err` (0: nothing happened), which is given back. */
int stage_failed(struct run *run, const struct stage *stage, int err);

/* Notes a change that the plugin states with mu_adjusted().  What is said of one measure
 * again and again is added up. */
void stage_adjust(struct stage *stage, const char *measure, int64_t by);

/* Whether nobody is ever going to read what another finding says: the reports have as many
 * as they take, rows are not listed with reasons, and no other stage may say the same. */
bool stage_findings_are_counted(const struct stage *stage);

/* The uri of the document that the first of the rows that came in stands in; NULL when there
 * is none. */
const char *stage_rows_uri(const struct stage *stage, const struct ArrowArray *rows);

/* The callbacks of the plugin, all of which are called here alone: who is at work is known
 * meanwhile (watch.h), what belongs to the program is as before afterwards (surroundings.h),
 * and a service that refused a call has failed, also when the plugin gives 0.  Rows that
 * come out are what batch.h says; rows that may only be looked at have not changed. */
int stage_fetch(struct stage *stage, struct mu_document *out);
int stage_split(struct stage *stage, struct mu_piece *piece);
int stage_parse(struct stage *stage, struct ArrowArray *out);
int stage_transform(struct stage *stage, struct ArrowArray *out);
int stage_validate(struct stage *stage, const struct ArrowArray *rows);
int stage_export(struct stage *stage, const struct ArrowArray *rows);
int stage_locate(struct stage *stage, uint64_t position, const char *field, struct mu_place *out);
int stage_recognise(struct stage *stage, struct mu_recognition *out);
int stage_adopt(struct stage *stage, struct stage *other);
int stage_uses(struct stage *stage, const bool *out, bool *in);
int stage_claim(struct stage *stage, struct mu_claim *claim);

#endif
