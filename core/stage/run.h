/*
 * A run of a pipeline from its documents to its published dataset.
 */
#ifndef RUN_H
#define RUN_H

#include <stdatomic.h>

#include "config/pipeline.h"
#include "ledger/balance.h"
#include "ledger/finding.h"
#include "ledger/rejection.h"
#include "ledger/rowset.h"
#include "stage/record.h"
#include "store/cache.h"
#include "store/document.h"
#include "store/publish.h"

struct lock;

struct run_options {
	const char *out;       /* output folder; NULL: out/ beside the pipeline */
	const char *select;    /* name of the only source to run, or NULL */
	unsigned jobs;         /* threads that parse; 0: as many as there are processors */
	bool dry_run;          /* all but publishing */
	bool over;             /* it is one over its output folder: what a killed one left beside
				  that is put in order */
	bool locked;           /* what arrives must be what is in the lock */
	bool offline;          /* the documents are those of the lock */
	bool pinning;          /* what came is going to be pinned in the lock */
	bool compare;          /* the rows of the dataset are kept in run.rows, */
	size_t sample;         /* so many of them; 0: as many as can be compared */
	bool fail_on_warning;
	bool strict;           /* unevaluated checks fail */
	bool no_hash;          /* reports and the dataset go without the sha256 of documents */
	bool details;          /* a report has all places, and the sha256 of documents */
	bool excerpts;         /* reports are for people, who see some findings of each kind */
	int verbosity;         /* -1 quiet, 0, 1 info, 2 debug */
	/* What would be written over a document, "report.json", or NULL; it is asked of each
	 * before any is read.  NULL: nothing would. */
	const char *(*wanted)(void *asked, const struct document *document);
	void *asked;
};

struct source_result {
	const char *name;
	size_t first_document, n_documents;
	uint64_t rows;
};

enum status { STATUS_VALID, STATUS_INVALID, STATUS_FAILED };

struct run {
	struct pipeline *pipeline;
	struct loader *loader;
	const struct mu_ctx *services; /* what its stages may call: see services.h */
	struct run_options options;
	struct cache cache;
	struct lock *pins;           /* of the pipeline: see lock.h */
	const char *pinned;          /* the path of that */
	bool differs;                /* what came is not what is in the lock */
	struct rowset *rows;         /* of the dataset, if they are to be compared */
	struct documents documents;
	struct rejections rejections;
	struct publish publish;
	struct record *records;      /* sources' stages in order, then the dataset's */
	size_t n_records;
	struct source_result *sources; /* those that were run */
	size_t n_sources;
	struct findings findings;    /* the runner's own, then all, when it is over */
	size_t before;               /* as in struct record */
	struct findings withdrawn;   /* about documents that are rejected: see rejected.h */
	size_t n_rejected;           /* how many these are: files */
	bool too_many;               /* documents would have to be */
	struct mu_map taken;         /* parts of documents that sources read: see part.h */
	struct balance appended;       /* of all sources */
	struct balance dataset;        /* of what the exporters saw */
	struct balance withheld;       /* of the rejected rows */
	uint64_t counts[3];          /* findings by severity, as they count in the end */
	uint64_t checks[3];
	enum status status;
	int exit;
	bool exported;               /* all outputs are whole */
	bool published;
	bool wrong_configuration;    /* so says the failure */
	struct text failure;         /* why it could not run to the end */
	struct progress *progress;   /* what goes to standard error until the run is over */
	pthread_mutex_t lock;        /* of the failure and wrong_configuration while threads are at
					work, see run_has_failed(), and of progress */
	atomic_bool stopping;        /* threads are to end */
	atomic_bool unfit;           /* whatever comes, nothing will be published */
	uint64_t item;               /* of the work, that is being consumed: see reader.h */
	uint64_t unchecked;          /* claims that no stage compares */
	struct reader *reader;       /* while documents are read and exported */
	struct locators *locators;   /* see place.h */
};

/* Notes why the run cannot go on; the first call counts, on whatever thread.  Gives `err`. */
int run_fail(struct run *run, const struct stage_config *config, int err, const char *why);

/* The same where the configuration is to be changed: the run then ends with 2. */
int run_refuse(struct run *run, const struct stage_config *config, int err, const char *why);

/* Whether somebody has said why the run cannot go on. */
bool run_has_failed(struct run *run);

/* Adds a finding of the runner's own, without a lock.  `about` tells its severity and what it
 * is about; its `field`, `from` and `value` pass to the run. */
void run_report(struct run *run, const char *code, struct finding about, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Takes note that a stage has reported something of that severity. */
void run_said(struct run *run, enum mu_severity severity);

/* Whether stages keep no more findings than reports show.  Where rows are not listed, what
 * plugins may leave unsaid depends on how many are kept: see mu_finding_count(). */
bool run_is_brief(const struct run *run);

/* Adds the path of the output folder, as the user knows it. */
void run_out(const struct run *run, struct text *out);

/* What the schema of the dataset says; NULL: none was declared. */
const struct mu_table_schema *run_table(const struct run *run);

/* On how many threads documents are read at the most. */
size_t run_jobs(const struct run *run);

/* The stages of a source of the pipeline; NULL: there is no such source. */
const struct chain *run_chain(const struct run *run, const char *source);

/* What the parser of a source gave out. */
const struct balance *run_parsed(struct run *run, size_t source);

struct record *run_record(struct run *run, const struct stage_config *config);
const char *run_status_name(enum status status);

#endif
