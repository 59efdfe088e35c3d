/*
 * Everything a plugin shares with the runner.
 *
 * A plugin is a shared object that exports one constant, `muster_plugin`.  It
 * says what the plugin is called, which options it takes, which findings it
 * can make, and which one step of a pipeline it performs: fetch, parse,
 * validate, transform or export.  MUSTER_PLUGIN() at the end of this file
 * defines it; plugins/validate/required.c is a complete example.
 *
 * A stage of a run is one plugin at work on one instance of its own state,
 * `self`, which the runner allocates zeroed, fills from the options of the
 * pipeline file and frees.  It goes through
 *
 *     configure  ->  open  ->  step, step, ... step  ->  close
 *
 * always in that order and on one thread at a time.  configure and open may
 * be absent.  close runs even when open failed, and must cope with half a
 * self.  A parser has an instance of its own for each document; every other
 * stage has one for the whole run.  Two callbacks lift that: with `split`
 * several instances of a parser share a document, each taking pieces of it, and
 * with `merge` several instances of a validator or transform share the rows.
 * Plugin code stays single-threaded all the same.
 *
 * What passes between stages are batches of rows (muster/table.h reads and
 * makes them).  Behind the columns that have a name of their own, every batch
 * carries two hidden ones:
 *
 *     _at     where the row stands: a document and a position in it.  Only the
 *             parser knows what the position means; its locate() tells line,
 *             column and text, when somebody asks.  No two rows share one.
 *     _claim  null for data.  Else the row is a claim, a total that the source
 *             states itself, and this is the name of the level that it is a
 *             total of.  In a claim, null in a column means "all", and null in
 *             a measure means "says nothing of it".
 *
 * A column of text is an array of Arrow's utf8, or dictionary-encoded: int32
 * codes, and in `dictionary` an array of Arrow's utf8_view with the values that
 * occur in this batch.  Each batch says by itself which it is (Arrow would have
 * it in the schema), since batches of one column come from several places;
 * muster/table.h reads both alike.
 *
 * Data are never dropped by a plugin that dislikes them and claims never
 * become data: the runner counts rows, claims and measures on both sides of
 * every stage, and what goes missing without mu_adjusted() fails the run.
 *
 * Three things can go wrong, and each has one way to say so:
 *
 *     the data is wrong       mu_report(); the run goes on
 *     the stage cannot go on  return mu_fail(); the run stops
 *     the program is wrong    assert()
 *
 * Callbacks return 0 or a positive errno value.  The one that knows the reason
 * writes the message; whoever passes the number up adds nothing.
 */
#ifndef MUSTER_PLUGIN_H
#define MUSTER_PLUGIN_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <muster/arrow.h>

/* Raised when the meaning or the place of an existing member changes.  Structs
 * with a `size` grow at their end without it: a member beyond the size that
 * the other side was built with reads as zero. */
#define MUSTER_ABI 2

/* A file on this machine and where it came from.  Lives as long as the run. */
struct mu_document {
	uint32_t size;          /* sizeof(struct mu_document) */
	uint32_t id;            /* its place in the run's list, from 1 */
	const char *source;     /* name of the source that fetched it */
	const char *uri;        /* as reports print it */
	const char *name;       /* the last part of the uri: letter.txt */
	const char *path;       /* where its bytes are */
	const char *media_type; /* NULL when unknown */
	const char *sha256;     /* 64 hexadecimal digits, or NULL: see mu_sha256(); a
				   fetcher leaves it out */
	uint64_t bytes;         /* likewise */
	/* Of what came from elsewhere; NULL or zero when not known. */
	const char *final_uri;     /* where redirects led, when they did, without a query */
	const char *etag;          /* what the server calls this version, and */
	const char *last_modified; /* since when it is, both as it was sent */
	const char *request;       /* what besides the uri decided what comes, such as
				      headers, without secrets: the cache keeps answers
				      to different requests apart */
	int64_t fetched;           /* when its bytes came, in seconds since 1970-01-01
				      UTC; a fetcher leaves it out */
	const char *published;     /* the uri as datasets have it: of a file in the folder
				      of the pipeline, the way from there, so that they
				      are the same on all machines; a fetcher leaves it
				      out */
};

/* A part of a document that one instance of its parser reads: the bytes from one
 * position of it to another.  Members are fixed as long as MUSTER_ABI is. */
struct mu_piece {
	uint64_t from, to;
	uint64_t mark; /* what the parser wants to know there when it locates, such as
			  the number of the line that begins at `from` */
};

/* A place in a document, the value of the column _at: from the highest bit,
 * one bit that the runner sets for a row it has rejected, 23 bits for the id
 * of the document, 40 bits for the position in it (so up to 1 TiB). */
#define MU_AT_REJECTED ((uint64_t)1 << 63)
#define MU_AT_POSITION (((uint64_t)1 << 40) - 1)

/* The place of a position, of which the lowest 40 bits count, in the document with an id. */
static inline uint64_t mu_at(uint32_t document, uint64_t position)
{
	return (uint64_t)document << 40 | (position & MU_AT_POSITION);
}

/* The id of a place's document; 0: the place is none. */
static inline uint32_t mu_at_document(uint64_t at)
{
	return (uint32_t)((at & ~MU_AT_REJECTED) >> 40);
}

/* The position of a place in its document. */
static inline uint64_t mu_at_position(uint64_t at)
{
	return at & MU_AT_POSITION;
}

/* What a place looks like to a person.  Zero means unknown, or not of this
 * kind of document.  Pointers live until the next mu_locate() of the stage. */
struct mu_place {
	uint32_t size;   /* sizeof(struct mu_place) */
	uint32_t page;   /* from 1 */
	uint64_t line;   /* from 1 */
	uint64_t column; /* in characters, from 1, of the field's first one */
	uint64_t width;  /* of the field, in characters */
	const char *cell;  /* "Sheet1!B14" */
	double box[4];     /* left, top, right, bottom on the page, in points */
	const char *text;  /* the line or row as the document has it, in UTF-8 */
	size_t text_len;
	const char *value; /* the field as the document has it, in UTF-8 */
	size_t value_len;
};

/* What the dataset's schema says of a column (Table Schema,
 * https://specs.frictionlessdata.io/table-schema/). */
struct mu_field {
	const char *name;
	const char *type;    /* string, integer, number, boolean, date */
	const char *title;   /* NULL when absent, as all text below */
	const char *pattern; /* that the whole of a text must match */
	const char *minimum, *maximum; /* as written */
	const char *const *values;     /* enum: NULL-ended, or NULL */
	bool required, unique, measure;
};

/* Columns whose values together must be those of a row of another file. */
struct mu_foreign_key {
	const char *const *fields;  /* NULL-ended, columns of the dataset */
	const char *resource;       /* path of a CSV file, found by the runner */
	const char *const *columns; /* NULL-ended, columns of that file */
};

/* What it says of the dataset.  Members are fixed as long as MUSTER_ABI is, here and in the two
 * structs above. */
struct mu_table_schema {
	const char *name; /* or NULL */
	size_t n_fields, n_foreign_keys;
	const struct mu_field *fields;
	const char *const *primary_key; /* NULL-ended, or NULL */
	const struct mu_foreign_key *foreign_keys;
};

/* How bad a finding is: an error fails the run, unless the pipeline says otherwise. */
enum mu_severity { MU_ERROR, MU_WARNING, MU_NOTE };

/* A kind of finding, as `muster explain` prints it. */
struct mu_code {
	const char *name;    /* "ragged"; NULL ends a table */
	const char *meaning; /* what is wrong, in a sentence or two */
	const char *remedy;  /* what to do about it */
};

/* A change that would make right what a finding says is wrong.  The data is left
 * as it is; people decide. */
struct mu_explanation {
	const char *kind;    /* "row-missing", "digit-wrong": a word for programs */
	const char *message; /* what is meant, for people */
	double score;        /* 0 to 1: how likely, beside the others of the finding */
	uint64_t at;         /* the row that would change, or 0 */
	const char *field;   /* its column, or NULL */
	const char *suggested; /* what would stand there, or NULL */
};

/* Something wrong with the data.  Pointers are borrowed for the call. */
struct mu_finding {
	uint32_t size;     /* sizeof(struct mu_finding); set by mu_report() */
	uint32_t severity; /* enum mu_severity; zero is an error */
	const char *code;  /* the name of one of the plugin's codes */

	/* Where it is. */
	uint64_t at;       /* the row's _at; 0 when none is to blame */
	const char *field; /* column; NULL for the whole row */
	const char *value; /* offending text; NULL for none */
	size_t value_len;
	uint32_t document; /* without a row to blame: the id of the document that it is about.
			      Parsers leave it out: it is theirs */
	bool across;       /* it is about several documents: where documents are rejected, no
			      single one is for this */
	const char *part;  /* a part of the document that this stage does not read, such as
			      the name of a sheet, or NULL.  The finding is nothing when
			      another source reads that part: see mu_takes() */

	/* A second row, or 0. */
	uint64_t other;    /* the error is about that row as much: where rows are rejected, both
			      are.  Of a parser, with `at` 0: the place of a line of which
			      nobody knows what it is */
	uint64_t beside;   /* reports name its place; it is to blame only when it is `other`,
			      too */

	bool reject;       /* the row is marked as rejected though this is no error: a claim of
			      which nobody knows any more what it covers */

	/* What would be right. */
	bool numbers;      /* whether the next two say something */
	int64_t expected, found;
	const char *suggested; /* a value that would be right, or NULL */
	const struct mu_explanation *explanations; /* the likeliest first */
	uint32_t n_explanations;
	uint32_t explanation_size; /* set by mu_report() */
};

/* What has become of a claim. */
enum mu_claim_end {
	MU_CLAIM_GOES_ON,  /* it means what it meant before */
	MU_CLAIM_COMPARED, /* a validator accounts for it: it was compared, or it was said that
			      it was not */
	MU_CLAIM_ENDED,    /* nobody knows any more which rows it covers */
};

/* A claim, and what became of it. */
struct mu_claim {
	uint32_t size;      /* sizeof(struct mu_claim); set by mu_claim() */
	uint32_t end;       /* enum mu_claim_end */
	uint64_t at;        /* its _at where the question is asked */
	const char *level;  /* its _claim */
	size_t level_len;
	const char *column; /* ended: the column that it had a value in, which is gone; lives
			       until the run is over */
	const char *stage;  /* ended: the stage that left out the column; set by mu_claim(), and
			       lives until the run is over */
};

/* A program for mu_program_run(): one that reads ctx->document and prints something easier to
 * read, or one that prints what a fetcher delivers. */
struct mu_program {
	uint32_t size;           /* sizeof(struct mu_program) */
	const char *const *argv; /* NULL-ended; the first is looked for in PATH, "{}"
				    stands for the path of the document */
	const char *package;     /* the Debian package that has it, or NULL */
	double seconds;          /* the time that it has */
	uint64_t memory;         /* the memory that it has, in bytes of address space */
	uint64_t output;         /* how many bytes it may print */
	const char *folder;      /* where it runs; NULL: the current folder.  A name with
				    a / in argv[0] starts there, too */
	const char *const *variables; /* NULL-ended, "NAME=VALUE": more of its environment
				    than PATH, HOME, TMPDIR and LC_ALL; or NULL */
};

/* How a program ended. */
enum mu_end {
	MU_END_OK,
	MU_END_STATUS, /* with another exit status than 0 */
	MU_END_SIGNAL, /* it crashed */
	MU_END_TIME,   /* it was ended since it took too long */
	MU_END_OUTPUT, /* it was ended since it printed too much */
};

/* How a program ended, and what it printed.  Pointers live until the stage is closed. */
struct mu_printed {
	uint32_t size;       /* sizeof(struct mu_printed) */
	uint32_t end;        /* enum mu_end */
	int32_t status;      /* its exit status, or the signal */
	const uint8_t *data;
	size_t len;
	const char *message; /* what it wrote to standard error, at most some lines */
	const char *path;    /* fetchers: the incoming file that it printed to; `data` is
				NULL then */
};

/* How far a transfer is. */
enum mu_transfer_state { MU_UNDER_WAY, MU_ARRIVED, MU_GAVE_UP };

/* How far something has come that is on its way; pointers are borrowed. */
struct mu_transfer {
	uint32_t size;  /* sizeof(struct mu_transfer); set by mu_progress() */
	uint32_t id;    /* tells it from others of the stage, from 1 */
	uint32_t state; /* enum mu_transfer_state; the last call for it says one of the
			   latter two */
	const char *name;     /* its address, without credentials */
	uint64_t done, total; /* bytes; total is 0 when nobody knows */
	const char *note;     /* "waits 5 s, then tries again", or NULL */
};

/* From which -v on mu_log() is seen: -v, -vv. */
enum mu_level { MU_INFO, MU_DEBUG };

/* What came of a check. */
enum mu_outcome { MU_PASS, MU_FAIL, MU_UNEVALUATED };

/* What the runner has for a stage and does for it.  Read the data members; call the others
 * through the functions below, which say what they do and for whom they are. */
struct mu_ctx {
	uint32_t size;                      /* sizeof(struct mu_ctx) of the runner */
	const struct mu_document *document; /* parsers: the one to read; else NULL */
	const struct mu_piece *pieces;      /* in locate: the pieces in which the document was
					       read, in order, as far as it was */
	size_t n_pieces;                    /* 0: it was read as a whole */
	const struct ArrowSchema *schema;   /* of the rows that come in; NULL for fetchers and
					       parsers */
	const struct mu_table_schema *table_schema; /* of the dataset; NULL: none declared */
	const bool *columns_wanted; /* parsers with split, from the first split() on: for each
				       visible column whether any stage looks at its values.
				       The others may be null in every row.  NULL: all are */
	size_t documents_rejected;  /* as a whole, so that none of their rows comes: what is
				       said of several documents may be about them */
	bool claims_asked;          /* validators and transforms, from open on: a validator
				       behind this stage asks what became of claims */
	bool findings_counted;      /* from now on findings of this instance are only counted,
				       and their rows marked: see mu_finding_count() */

	/* The document of a parser. */
	int (*data)(struct mu_ctx *, const uint8_t **data, size_t *len);
	int (*read)(struct mu_ctx *, uint64_t offset, void *out, size_t len, size_t *got);
	int (*as_of)(struct mu_ctx *, int32_t days);
	int (*takes)(struct mu_ctx *, const char *part);

	/* Documents of the run, and places in them. */
	const struct mu_document *(*document_by_id)(struct mu_ctx *, uint32_t id);
	int (*sha256)(struct mu_ctx *, uint32_t document, const char **out);
	int (*locate)(struct mu_ctx *, uint64_t at, const char *field, struct mu_place *out);

	/* Rows. */
	int (*pull)(struct mu_ctx *, struct ArrowArray *out);
	int (*adjusted)(struct mu_ctx *, const char *measure, int64_t by);
	void (*serial)(struct mu_ctx *);

	/* Findings and checks. */
	int (*report)(struct mu_ctx *, const struct mu_finding *, const char *fmt, va_list)
		__attribute__((format(printf, 3, 0)));
	int (*finding_count)(struct mu_ctx *, const struct mu_finding *);
	int (*checked)(struct mu_ctx *, uint32_t outcome, uint64_t times);
	int (*claim)(struct mu_ctx *, struct mu_claim *);

	/* What comes from elsewhere, and the cache. */
	int (*incoming)(struct mu_ctx *, const char **path);
	int (*cached)(struct mu_ctx *, const char *uri, const char *request,
		      struct mu_document *out);
	int (*keep)(struct mu_ctx *, const struct mu_document *, const char **path);
	void (*progress)(struct mu_ctx *, const struct mu_transfer *);

	/* The output folder; `append` is for incoming files, too. */
	int (*output)(struct mu_ctx *, const char *path, const char **staged);
	int (*append)(struct mu_ctx *, const char *staged, const void *data, size_t len);

	/* Programs and lists. */
	int (*program_run)(struct mu_ctx *, const struct mu_program *, struct mu_printed *out);
	int (*reference)(struct mu_ctx *, const char *name, const char **path);

	/* The stage itself. */
	int (*invalid)(struct mu_ctx *, const void *option, const char *fmt, va_list)
		__attribute__((format(printf, 3, 0)));
	int (*failed)(struct mu_ctx *, int err, const char *fmt, va_list)
		__attribute__((format(printf, 3, 0)));
	void (*log)(struct mu_ctx *, uint32_t level, const char *fmt, va_list)
		__attribute__((format(printf, 3, 0)));
	bool (*cancelled)(struct mu_ctx *);
	void *(*alloc)(struct mu_ctx *, size_t);
	void (*exhausted)(void); /* any thread: ends the run for want of memory, after all that
				    was staged is removed.  For a library that does not cope
				    with an allocation that fails.  Does not return */
};

/*
 * What a stage may call, in the order of struct mu_ctx.
 *
 * A function that gives an int gives 0, or an errno value after the runner has noted why.
 * Then the stage has failed: return that value from the callback at once, and say no more.
 *
 * Each is for the steps that it names; one that names none is for all.  Who else calls it gets
 * EPROTO.  In configure only mu_invalid(), mu_fail(), mu_log(), mu_alloc(), mu_cancelled(),
 * mu_reference(), mu_progress() and mu_serial() can be called.  In close it is too late for
 * mu_report(), mu_finding_count() and mu_checked().
 *
 * What a function takes is borrowed for the call.
 */

/* Parsers: the whole of ctx->document, of `len` bytes.  They are read-only, and stay until
 * the stage is closed. */
static inline int mu_data(struct mu_ctx *ctx, const uint8_t **data, size_t *len)
{
	return ctx->data(ctx, data, len);
}

/* Parsers: copies up to `len` bytes of ctx->document into `out`, from `offset` on.  `got` is
 * how many these are: less than `len` only at the end of the document.  What this filled
 * during split() must stay as it is until the first parse() of the piece. */
static inline int mu_read(struct mu_ctx *ctx, uint64_t offset, void *out, size_t len, size_t *got)
{
	return ctx->read(ctx, offset, out, len, got);
}

/* Parsers, in locate: the last piece of the document that begins at or before a position;
 * NULL when there is none.  It lives until the stage is closed. */
static inline const struct mu_piece *mu_piece_before(const struct mu_ctx *ctx, uint64_t position)
{
	size_t low = 0, high = ctx->n_pieces;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ctx->pieces[middle].from <= position)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &ctx->pieces[low - 1] : NULL;
}

/* Parsers: the date of which ctx->document speaks, in days since 1970-01-01.  The last call
 * counts. */
static inline int mu_as_of(struct mu_ctx *ctx, int32_t days)
{
	return ctx->as_of(ctx, days);
}

/* Parsers: says that a part of ctx->document is read, or known by an option not to be.  All
 * instances of the plugin have the same name for a part (mu_finding.part). */
static inline int mu_takes(struct mu_ctx *ctx, const char *part)
{
	return ctx->takes(ctx, part);
}

/* The document of a place; NULL when there is none.  It lives as long as the run. */
static inline const struct mu_document *mu_document(struct mu_ctx *ctx, uint64_t at)
{
	return ctx->document_by_id(ctx, mu_at_document(at));
}

/* The sha256 of the document of a place, as 64 hexadecimal digits that live as long as the
 * run.  NULL when the place has no document.  It may be necessary to read all of it. */
static inline int mu_sha256(struct mu_ctx *ctx, uint64_t at, const char **out)
{
	return ctx->sha256(ctx, mu_at_document(at), out);
}

/* What a row's place looks like to a person; `field` is a column of ctx->schema, or NULL for
 * the whole row.  A document without places leaves `out` zeroed.  Texts in it live until
 * the next call.  Not for stages that have `merge`: a place is looked up in the end, for what
 * people read. */
static inline int mu_locate(struct mu_ctx *ctx, uint64_t at, const char *field,
			    struct mu_place *out)
{
	out->size = sizeof *out;
	return ctx->locate(ctx, at, field, out);
}

/* Transforms: the next batch of ctx->schema, to be released by the caller.  One whose
 * `release` is NULL is the end. */
static inline int mu_pull(struct mu_ctx *ctx, struct ArrowArray *out)
{
	return ctx->pull(ctx, out);
}

/* Transforms: states that what comes out differs on purpose from what went in.  There is `by`
 * more (negative: less) of a measure, of data rows when `measure` is NULL, or of claims when
 * it is MU_CLAIM.  Calls add up.  EPROTO when there is no such column, neither in what
 * comes in nor in what goes out. */
static inline int mu_adjusted(struct mu_ctx *ctx, const char *measure, int64_t by)
{
	return ctx->adjusted(ctx, measure, by);
}

/* Validators and transforms with `merge`, in configure or open: as it is configured now, this
 * stage must see all rows in order.  There will be one instance of it. */
static inline void mu_serial(struct mu_ctx *ctx)
{
	ctx->serial(ctx);
}

/* Says that the data is wrong.  The message is a sentence without the place in it, lower
 * case, no full stop.  A parser that cannot read a cell puts null there and still delivers
 * the row.  An error that names a row makes the runner mark it as rejected; the pipeline says
 * what becomes of such rows.  EPROTO when the plugin declares no such code, or a place is in no
 * document of the run. */
__attribute__((format(printf, 3, 4)))
static inline int mu_report(struct mu_ctx *ctx, struct mu_finding f, const char *fmt, ...)
{
	va_list ap;
	int err;

	f.size = sizeof f;
	f.explanation_size = sizeof *f.explanations;
	va_start(ap, fmt);
	err = ctx->report(ctx, &f, fmt, ap);
	va_end(ap);
	return err;
}

/* The same without words, where ctx->findings_counted is true (else EPROTO).  It is true once
 * the reports have as many errors of the stage as they take: then nobody reads what another
 * one says.  Only severity, code, at, other, document, part and reject matter, so the rest need
 * not be found out.  mu_report() does as well, and takes longer. */
static inline int mu_finding_count(struct mu_ctx *ctx, struct mu_finding f)
{
	f.size = sizeof f;
	return ctx->finding_count(ctx, &f);
}

/* Counts checks, so that "not evaluated" never looks like passed.  A failed one needs a finding
 * too.  EOVERFLOW when there would be more than INT64_MAX. */
static inline int mu_checked(struct mu_ctx *ctx, enum mu_outcome outcome, uint64_t times)
{
	return ctx->checked(ctx, (uint32_t)outcome, times);
}

/* Validators, at the end: what the stages before have made of a claim.  The caller sets `at`
 * and `level`, this sets the rest.  MU_CLAIM_COMPARED: one of these stages was a validator
 * that accounts for it. */
static inline int mu_claim(struct mu_ctx *ctx, struct mu_claim *claim)
{
	claim->size = sizeof *claim;
	claim->end = MU_CLAIM_GOES_ON;
	return ctx->claim ? ctx->claim(ctx, claim) : 0;
}

/* Fetchers: makes an empty file for what comes in, where the cache can take it over without a
 * copy.  Write to it with mu_append().  Give out its path as that of a document once all
 * has come, and not before.  Where *path is not NULL it is a path that came from here, and that
 * file is emptied instead.  Whatever was not given out is removed at the end, also when
 * the program is killed.  The path lives until the stage is closed. */
static inline int mu_incoming(struct mu_ctx *ctx, const char **path)
{
	return ctx->incoming(ctx, path);
}

/* Fetchers: what the cache has of an address from the last time, as it was given out then:
 * `path`, `etag`, `last_modified`, `media_type`, `final_uri`, `fetched` and so on.  `request` is
 * as in mu_document, or NULL.  out->path is NULL when there is nothing, or it is damaged.
 * When the source says that nothing has changed, give out this document.  Pointers live until
 * the stage is closed. */
static inline int mu_cached(struct mu_ctx *ctx, const char *uri, const char *request,
			    struct mu_document *out)
{
	*out = (struct mu_document){ .size = sizeof *out };
	return ctx->cached(ctx, uri, request, out);
}

/* Fetchers: takes an incoming file into the cache as giving it out would, and does not give it
 * out.  This is for an archive whose members are the documents.  `path` is where its bytes are
 * then; it lives until the stage is closed. */
static inline int mu_keep(struct mu_ctx *ctx, const struct mu_document *document,
			  const char **path)
{
	return ctx->keep(ctx, document, path);
}

/* Fetchers: tells how far a transfer is, as often as you like; the runner shows it.  The time
 * after which a callback is told to take long begins anew. */
static inline void mu_progress(struct mu_ctx *ctx, struct mu_transfer transfer)
{
	transfer.size = sizeof transfer;
	ctx->progress(ctx, &transfer);
}

/* Exporters, in open: declares a file of the output folder.  `path` is relative to it and may
 * not leave it.  `staged` is where to write; it lives until the stage is closed.  The runner
 * moves all outputs into place together, or removes them. */
static inline int mu_output(struct mu_ctx *ctx, const char *path, const char **staged)
{
	return ctx->output(ctx, path, staged);
}

/* Exporters and fetchers: appends `len` bytes to an output by the path that mu_output() gave,
 * or to an incoming file by the path that mu_incoming() gave.  The first call makes the output;
 * who uses this writes to it in no other way.  The runner writes and hashes on a thread of its
 * own where that is worth while, so a later call may tell of a failure.  One of no bytes waits
 * until all is written, and tells. */
static inline int mu_append(struct mu_ctx *ctx, const char *staged, const void *data, size_t len)
{
	return ctx->append(ctx, staged, data, len);
}

/* Parsers and fetchers: runs a program and waits for it, without a shell and under the limits
 * that `program` states.  0 also when it ended badly: `out` says how.  A parser's program reads
 * ctx->document, and runs once in a run however often it is asked for.  What a fetcher's
 * program prints goes to a file as mu_incoming() makes them, out->path. */
static inline int mu_program_run(struct mu_ctx *ctx, const struct mu_program *program,
				 struct mu_printed *out)
{
	out->size = sizeof *out;
	return ctx->program_run(ctx, program, out);
}

/* The path of a reference list by its name, "countries.csv": the one beside the pipeline in
 * reference/, else the one that came with muster.  It lives until the stage is closed.  ENOENT
 * when there is neither, EINVAL for what is no name of a file. */
static inline int mu_reference(struct mu_ctx *ctx, const char *name, const char **path)
{
	return ctx->reference(ctx, name, path);
}

/* In configure and open: says what is wrong with the value of an option.  `option` is the
 * address of its member (&self->member, or &array[i].member of a list's item), or that of an
 * element of a list of texts.  The user sees its place in the pipeline file.  Gives EINVAL;
 * may be called for several options before that is returned. */
__attribute__((format(printf, 3, 4)))
static inline int mu_invalid(struct mu_ctx *ctx, const void *option, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = ctx->invalid(ctx, option, fmt, ap);
	va_end(ap);
	return err;
}

/* Says why the stage cannot go on, and gives `err`, which is not 0.  The first message counts.
 * From a parser EBADMSG and EILSEQ (damaged), E2BIG, EFBIG, EOVERFLOW and ELOOP (beyond a limit)
 * blame the document, which may be rejected and the run go on.  All others blame the machine or
 * the plugin. */
__attribute__((format(printf, 3, 4)))
static inline int mu_fail(struct mu_ctx *ctx, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err = ctx->failed(ctx, err, fmt, ap);
	va_end(ap);
	return err;
}

/* Tells the user something that needs no action, for -v (MU_INFO) or -vv (MU_DEBUG).  The
 * message is a line without its end. */
__attribute__((format(printf, 3, 4)))
static inline void mu_log(struct mu_ctx *ctx, enum mu_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ctx->log(ctx, (uint32_t)level, fmt, ap);
	va_end(ap);
}

/* True once the run is to stop.  The runner asks between steps.  A step that can take longer
 * than a second asks as well, and returns ECANCELED. */
static inline bool mu_cancelled(struct mu_ctx *ctx)
{
	return ctx->cancelled(ctx);
}

/* `size` bytes of zeroed memory that live until the stage is closed.  Never NULL: without memory
 * the run ends. */
static inline void *mu_alloc(struct mu_ctx *ctx, size_t size)
{
	return ctx->alloc(ctx, size);
}

/* The C type that an option's member has. */
enum mu_type {
	MU_TEXT = 1, /* const char *, NULL when absent */
	MU_INT,      /* int64_t */
	MU_REAL,     /* double */
	MU_BOOL,     /* bool */
	MU_BYTES,    /* int64_t; written 512, 64Ki, 10Mi, 2Gi */
	MU_SECONDS,  /* double; written 250ms, 30s, 5m, 1h, or plain seconds */
	MU_CHOICE,   /* int, the index in .choices */
	MU_PATH,     /* const char *; relative ones start at the pipeline file,
			or at the current folder when they come from --set */
	MU_TEXTS,    /* struct mu_texts: a list of texts, or one alone */
	MU_PAIRS,    /* struct mu_pairs: a mapping of names to texts, in order */
	MU_ITEMS,    /* struct mu_items: a list of mappings, as .fields says */
	MU_OUTPUT,   /* const char *, of exporters: what mu_output() is going to be given;
			one that it would refuse is a mistake of the pipeline */
	MU_GONE,     /* none: an option of former versions, which is an error that gives .help,
			what is to be written now */
};

/* The value of MU_TEXTS: a list of texts, in order. */
struct mu_texts {
	size_t count;
	const char **items;
};

/* A name and its text, one of MU_PAIRS. */
struct mu_pair {
	const char *name, *value;
};

/* The value of MU_PAIRS, in the order of the pipeline file. */
struct mu_pairs {
	size_t count;
	struct mu_pair *items;
};

/* The value of MU_ITEMS. */
struct mu_items {
	size_t count;
	void *items; /* an array of structs of .item_size */
};

/* One option.  The runner fills the member at `offset` of self (of the item,
 * for the options of a list's items) before configure().  `muster plugins`, the
 * schema of pipeline files and the errors come from these tables. */
struct mu_option {
	const char *name; /* as written in the pipeline file; NULL ends a table */
	const char *help; /* a line, no full stop */
	const char *fallback; /* text to take when absent; NULL leaves zero */
	bool required;
	const char *const *choices; /* MU_CHOICE: NULL-ended */
	double min, max; /* numbers: bounds, unless both are 0; lists: lengths */
	const struct mu_option *fields; /* MU_ITEMS */
	size_t item_size;               /* MU_ITEMS */
	size_t offset;
	uint32_t type;
	bool secret; /* a password or the like: its value is shown and written nowhere,
			also when the pipeline has it in clear */
};

/* The offset of a member; no other type of member compiles. */
#define MU_OFFSET(self, member, ctype) \
	_Generic(((self *)0)->member, ctype: offsetof(self, member))

/* What follows the member are more designated initialisers, or nothing; there is a comma
 * behind all, so that standard C finds an argument for every `...`. */
#define MU_OPTION(tag, ctype, self, ...) MU_OPTION_(tag, ctype, self, __VA_ARGS__, )
#define MU_OPTION_(tag, ctype, self, member, ...) \
	{ .name = #member, .type = (tag), \
	  .offset = MU_OFFSET(self, member, ctype), __VA_ARGS__ }

#define MU_OPT_TEXT(self, ...)    MU_OPTION(MU_TEXT, const char *, self, __VA_ARGS__)
#define MU_OPT_INT(self, ...)     MU_OPTION(MU_INT, int64_t, self, __VA_ARGS__)
#define MU_OPT_REAL(self, ...)    MU_OPTION(MU_REAL, double, self, __VA_ARGS__)
#define MU_OPT_BOOL(self, ...)    MU_OPTION(MU_BOOL, bool, self, __VA_ARGS__)
#define MU_OPT_BYTES(self, ...)   MU_OPTION(MU_BYTES, int64_t, self, __VA_ARGS__)
#define MU_OPT_SECONDS(self, ...) MU_OPTION(MU_SECONDS, double, self, __VA_ARGS__)
#define MU_OPT_CHOICE(self, ...)  MU_OPTION(MU_CHOICE, int, self, __VA_ARGS__)
#define MU_OPT_PATH(self, ...)    MU_OPTION(MU_PATH, const char *, self, __VA_ARGS__)
#define MU_OPT_OUTPUT(self, ...)  MU_OPTION(MU_OUTPUT, const char *, self, __VA_ARGS__)
#define MU_OPT_TEXTS(self, ...)   MU_OPTION(MU_TEXTS, struct mu_texts, self, __VA_ARGS__)
#define MU_OPT_GONE(option, now)  { .name = (option), .type = MU_GONE, .help = (now) }
#define MU_OPT_PAIRS(self, ...)   MU_OPTION(MU_PAIRS, struct mu_pairs, self, __VA_ARGS__)
#define MU_OPT_ITEMS(self, member, item, ...) MU_OPT_ITEMS_(self, member, item, __VA_ARGS__, )
#define MU_OPT_ITEMS_(self, member, item, table, ...) \
	MU_OPTION_(MU_ITEMS, struct mu_items, self, member, \
		   .item_size = sizeof(item), .fields = (table), __VA_ARGS__)

/* Whether a document is a parser's own.  Texts live until the stage is closed. */
struct mu_recognition {
	uint32_t size;        /* sizeof(struct mu_recognition) */
	bool yes;
	const char *expected; /* what it should have: "the header 'A B'"; or NULL */
	const char *found;    /* what it has instead, or NULL */
};

/* A parser's draft of its own options for a document that nobody has described yet. */
struct mu_guess {
	uint32_t size;       /* sizeof(struct mu_guess) */
	double score;        /* 0: it is no document of this kind, to 1: it certainly is */
	const char *options; /* YAML, lines as they stand below "- parse: NAME", each ended by
				a line feed; NULL: none are needed.  Lives until the stage is
				closed. */
	bool columns;        /* they name the columns; else the runner reads all columns as
				texts with these options, and finds out what they hold */
	const char *header;  /* then, the option of a column that has its name in the
				document; NULL: header */
};

/* A plugin: what muster_plugin is.  Callbacks give 0 or an errno value. */
struct mu_plugin {
	uint32_t abi;  /* MUSTER_ABI */
	uint32_t size; /* sizeof(struct mu_plugin) when the plugin was built */
	const char *name;    /* as pipelines write it: the file's name */
	const char *summary; /* a line for `muster plugins` */
	const struct mu_option *options; /* NULL: none */
	const struct mu_code *codes;     /* NULL: makes no findings */
	uint32_t option_size; /* sizeof(struct mu_option) when built, and the */
	uint32_t code_size;   /* other structs that stand in arrays likewise */
	size_t self_size;

	/* Parsers: no two rows have a value from one place of the document, as they may have
	 * the date in a heading, so that what this parser says of a row it says of no other. */
	bool rows_apart;

	/* Checks the options further than their table can, with mu_invalid().
	 * Runs for `muster check` too: no network, no data. */
	int (*configure)(struct mu_ctx *, void *self);

	/* Optional, parsers: drafts options for ctx->document.  Called on an instance that
	 * has the fallbacks of its options and was neither configured nor opened. */
	int (*guess)(struct mu_ctx *, void *self, struct mu_guess *out);

	/* Says which columns will come out, hidden ones included, in `out`.
	 * Parsers must; a transform that leaves it alone gives out the columns
	 * that come in; the others are not asked. */
	int (*open)(struct mu_ctx *, void *self, struct ArrowSchema *out);

	/* Optional, parsers with recognise: takes over from `other`, an instance with other
	 * options that was asked about the same document, what it has read of it, if these
	 * options read the same.  `other` is only closed afterwards.  Called on an instance
	 * that was opened, just before recognise. */
	int (*adopt)(struct mu_ctx *, void *self, void *other);

	/* Optional, parsers: whether ctx->document is the one that the options
	 * describe.  Asked when several sources fetch the same file, on an
	 * instance that was opened and has parsed nothing; exactly one source
	 * must say yes.  A document that nobody could read is told with
	 * mu_report(), and then no other source is asked. */
	int (*recognise)(struct mu_ctx *, void *self, struct mu_recognition *out);

	/* Optional, validators, transforms and exporters: which columns are looked at.
	 * `in` has a place for each visible column that comes in, `out` for each that
	 * a transform gives out (else NULL): where that is true a later stage looks at
	 * it.  Sets `in` to true, and leaves it alone elsewhere; absent: all are. */
	void (*uses)(struct mu_ctx *, void *self, const bool *out, bool *in);

	/* The step.  Exactly one is set, and it names the plugin's folder. */

	/* The next document, its pointers borrowed until the next call; a NULL
	 * path is the end.  The path is that of a file of this machine, or of
	 * mu_incoming(), or of mu_cached(); the latter two go into the cache. */
	int (*fetch)(struct mu_ctx *, void *self, struct mu_document *out);

	/* The next rows of ctx->document; out->release stays NULL at the end.
	 * Batches of some thousand rows stay in the processor's cache. */
	int (*parse)(struct mu_ctx *, void *self, struct ArrowArray *out);

	/* Looks at rows and reports; NULL comes once, after the last batch. */
	int (*validate)(struct mu_ctx *, void *self, const struct ArrowArray *rows);

	/* Rows from mu_pull(); out->release stays NULL at the end. */
	int (*transform)(struct mu_ctx *, void *self, struct ArrowArray *out);

	/* Writes rows; neither claims nor rejected rows are among them.  NULL
	 * comes once, after the whole run was found valid: finish the files.
	 * A close() without it means that the run is not to be published. */
	int (*export)(struct mu_ctx *, void *self, const struct ArrowArray *rows);

	/* On several threads. */

	/* Optional, parsers: takes the next piece of ctx->document for this instance
	 * to parse.  `piece->from` and `->mark` are the `to` and `mark` that the piece
	 * before ended with, on whichever instance; zero at first.  Sets `piece->to` to
	 * where a later piece can begin, exactly, and `piece->mark` to what is then the
	 * next one's; `to` == `from` says that the document is at its end.  Pieces of
	 * some hundred KiB keep the work in the processor's cache.  Called on one
	 * instance at a time and in the order of the document, so do here what needs
	 * that order and no more; parse() then gives the rows of the piece, on several
	 * threads at once, and ends with the piece.  In the end all instances are
	 * merged into one, split() on it says that no piece is left, and a last parse()
	 * may report on the document as a whole. */
	int (*split)(struct mu_ctx *, void *self, struct mu_piece *piece);

	/* Optional: adds the state of `other`, an instance with the same options that
	 * was opened alike, to that of self; `other` is only closed afterwards.  Parsers
	 * with split must have it.  A validator that has it takes batches in any order
	 * on any instance, and gets the NULL of the end on the instance that all others
	 * were merged into: what it then reports must not depend on how rows were
	 * shared out (places in _at tell their order), and concerns claims and the
	 * whole: errors of a row of data are reported while it is at hand,
	 * since later it cannot be rejected any more.  A transform that has it gives
	 * out one batch for each batch that it pulls, whatever came before. */
	int (*merge)(struct mu_ctx *, void *self, void *other);

	/* Behind the last row. */

	/* Optional, validators and transforms: what this stage has made of a claim, asked on
	 * the merged instance after the last row.  A validator says MU_CLAIM_COMPARED of those
	 * that it accounts for; a transform MU_CLAIM_ENDED, with `column`, of those that lost
	 * what they cover, and sets `at` back to the place that came in where it has
	 * given the claim another (0: the claim is its own). */
	int (*claim)(struct mu_ctx *, void *self, struct mu_claim *claim);

	/* Optional, parsers: what the row at `position` of ctx->document looks
	 * like; `field` is a column as open() named it, or NULL for the row.
	 * Called on an instance that was opened and has parsed nothing, or all,
	 * mostly with positions that rise. */
	int (*locate)(struct mu_ctx *, void *self, uint64_t position, const char *field,
		      struct mu_place *out);

	/* Frees what the instance holds, also when open() failed half way. */
	void (*close)(struct mu_ctx *, void *self);
};

#define MUSTER_PLUGIN(...) \
	__attribute__((visibility("default"))) \
	extern const struct mu_plugin muster_plugin; \
	const struct mu_plugin muster_plugin = { \
		.abi = MUSTER_ABI, .size = sizeof(struct mu_plugin), \
		.option_size = sizeof(struct mu_option), \
		.code_size = sizeof(struct mu_code), __VA_ARGS__ \
	}

#endif
