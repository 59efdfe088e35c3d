/*
 * The flow of data:
 *
 *     fetch -> documents -> who reads which (recognise.c)
 *         -> parse (reader.c, on threads)
 *         -> a source's validators and transforms, one link after another
 *             -> all sources appended -> the dataset's validators and transforms
 *                 -> rows that are neither claims nor rejected -> exporters
 *                     -> published together, when all is valid
 *
 * Every link pulls batches from the one before it.  Between two links rows,
 * claims and measures are counted, rows that errors name are marked, and a
 * transform that loses somebody fails the run.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "datapackage.h"
#include "interrupt.h"
#include "place.h"
#include "reader.h"
#include "recognise.h"
#include "rejects.h"

/* One validator or transform, and where it stands. */
struct link {
	struct stage stage;
	struct record *record;
	struct run *run;
	bool ended;
};

/* A source's parser as the beginning of a chain. */
struct head {
	struct run *run;
	struct reader *reader;
	struct record *record;
	size_t source;
};

struct chain_at_work {
	struct head head;
	struct link *links;
	size_t count;
	struct flow end;               /* what comes out of the last link */
	const struct balance *balance; /* counts of that */
};

/* All sources, one after the other, their columns in the order of the first. */
struct append {
	struct run *run;
	struct chain_at_work *chains;
	size_t count, current;
};

struct work {
	struct run *run;
	struct chain_at_work *chains; /* one a source */
	struct append append;
	struct chain_at_work dataset;
	struct stage *exporters;
	size_t n_exporters;
	struct ArrowArray *held; /* on_error: reject: rows until all have been judged */
	size_t n_held;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

const char *run_status_name(enum status status)
{
	static const char *const names[] = { "valid", "invalid", "failed" };

	return names[status];
}

struct record *run_record(struct run *run, const struct stage_config *config)
{
	size_t i = 0;

	while (run->records[i].config != config)
		i++;
	return &run->records[i];
}

int run_fail(struct run *run, const struct stage_config *config, int err, const char *why)
{
	pthread_mutex_lock(&run->lock);
	if (!run->failure.len) {
		if (config)
			text_printf(&run->failure, "%s (%s): ", config->name, config->plugin->full);
		text_puts(&run->failure, why);
	}
	pthread_mutex_unlock(&run->lock);
	return err ? err : EIO;
}

/* What a stage's callback gave, as the run's failure. */
static int stage_failed(struct run *run, const struct stage *s, int err)
{
	struct text why = { 0 };

	if (!err || run->failure.len || err == ECANCELED)
		return err;
	stage_failure(s, err, &why);
	run_fail(run, s->config, err, why.len ? why.data : "its options do not fit the data");
	if (s->opening && err == EINVAL)
		run->wrong_configuration = true;
	text_release(&why);
	return err;
}

static const struct mu_table_schema *table_of(const struct run *run)
{
	return run->pipeline->schema ? tableschema_table(run->pipeline->schema) : NULL;
}

static int count_from(struct run *run, struct record *record, const struct ArrowSchema *schema)
{
	if (balance_init(&record->counted, schema, table_of(run)))
		return run_fail(run, record->config, E2BIG, "more measures than can be counted");
	record->out = &record->counted;
	return 0;
}

/* ------------------------------------------------------------------ links */

static int head_next(void *from, struct ArrowArray *out)
{
	struct head *h = from;
	int err = interrupt_signal() ? ECANCELED : reader_next(h->reader, h->source, out);

	if (!err && out->release) {
		const struct ArrowSchema *schema = reader_schema(h->reader, h->source);

		balance_add(&h->record->counted, schema, out);
		rejections_mark(&h->run->rejections, schema, out);
	}
	return err;
}

static int validate_next(void *from, struct ArrowArray *out)
{
	struct link *l = from;
	struct stage *s = &l->stage;
	double start;
	int err = s->input.next(s->input.from, out);

	if (err || (l->ended && !out->release))
		return err;
	start = now();
	err = s->config->plugin->api.validate(&s->ctx, s->self, out->release ? out : NULL);
	s->seconds += now() - start;
	l->ended = !out->release;
	if (err)
		mu_array_release(out);
	else if (out->release)
		rejections_mark(&l->run->rejections, s->input.schema, out);
	return stage_failed(l->run, s, err);
}

static int not_conserved(struct link *l, const char *why)
{
	struct finding f = {
		.severity = MU_ERROR,
		.code = mem_copy("run/not-conserved"),
		.stage = l->stage.config->name,
		.source = l->stage.config->source,
	};
	struct text message = { 0 };

	text_printf(&message, "the stage does not give out what it took in: %s", why);
	f.message = mem_copy(message.data);
	findings_add(&l->run->findings, &f);
	run_fail(l->run, l->stage.config, EPROTO, message.data);
	text_release(&message);
	return EPROTO;
}

static int transform_ended(struct link *l)
{
	struct record *r = l->record;
	struct text why = { 0 };
	int err = 0;

	l->ended = true;
	if (!l->stage.input_ended)
		text_puts(&why, "it stopped before the end of its rows");
	else
		balance_conserved(r->in, r->out, l->stage.adjustments, l->stage.n_adjustments,
				  &why);
	if (why.len)
		err = not_conserved(l, why.data);
	text_release(&why);
	return err;
}

static int transform_next(void *from, struct ArrowArray *out)
{
	struct link *l = from;
	struct stage *s = &l->stage;
	struct text why = { 0 };
	double start = now();
	int err;

	*out = (struct ArrowArray){ 0 };
	if (l->ended)
		return 0;
	s->pulling = 0;
	err = s->config->plugin->api.transform(&s->ctx, s->self, out);
	s->seconds += now() - start - s->pulling;
	if (!err && !out->release)
		return transform_ended(l);
	if (!err && !batch_fits(stage_schema(s), out, &why))
		err = run_fail(l->run, s->config, EPROTO, why.data);
	text_release(&why);
	if (!err) {
		balance_add(&l->record->counted, stage_schema(s), out);
		rejections_mark(&l->run->rejections, stage_schema(s), out);
	} else {
		mu_array_release(out);
	}
	return stage_failed(l->run, s, err);
}

static int link_open(struct run *run, struct link *l, const struct stage_config *config,
		     struct chain_at_work *chain)
{
	bool transform = config->plugin->step == STEP_TRANSFORM;
	int err;

	l->run = run;
	l->record = run_record(run, config);
	l->record->in = l->record->out = chain->balance;
	l->record->opened = true;
	err = stage_init(&l->stage, config, run->pipeline, run, &run->pipeline->diagnostics);
	if (!err)
		err = stage_open(&l->stage, &chain->end, NULL);
	if (!err && transform)
		err = count_from(run, l->record, stage_schema(&l->stage));
	chain->balance = l->record->out;
	chain->end = (struct flow){ .from = l,
				    .next = transform ? transform_next : validate_next,
				    .schema = stage_schema(&l->stage) };
	return stage_failed(run, &l->stage, err);
}

static int chain_open(struct run *run, struct chain_at_work *work, const struct chain *chain,
		      size_t first)
{
	size_t i;
	int err = 0;

	work->links = mem_alloc((chain->count + 1) * sizeof *work->links);
	for (i = first; !err && i < chain->count; i++) {
		if (chain->stages[i].plugin->step == STEP_EXPORT)
			break;
		err = link_open(run, &work->links[work->count++], &chain->stages[i], work);
	}
	return err;
}

/* Closes a stage; what it said stays with its record. */
static void stage_end(struct record *r, struct stage *s)
{
	size_t i;

	findings_append(&r->findings, &s->findings);
	for (i = 0; i < 3; i++)
		r->checks[i] += s->checks[i];
	r->seconds += s->seconds;
	stage_close(s);
}

static void chain_close(struct chain_at_work *work)
{
	size_t i;

	for (i = 0; i < work->count; i++)
		stage_end(work->links[i].record, &work->links[i].stage);
	free(work->links);
}

/* --------------------------------------------------------------- appending */

static const struct chain *chain_of(const struct run *run, const char *source)
{
	size_t i = 0;

	while (run->pipeline->sources[i].name != source)
		i++;
	return &run->pipeline->sources[i];
}

static int append_next(void *from, struct ArrowArray *out)
{
	struct append *a = from;

	*out = (struct ArrowArray){ 0 };
	while (a->current < a->count) {
		struct flow *flow = &a->chains[a->current].end;
		int err = flow->next(flow->from, out);

		if (err)
			return err;
		if (!out->release) {
			a->current++;
			continue;
		}
		if (a->current) {
			const struct ArrowSchema *first = a->chains[0].end.schema;
			struct ArrowArray ordered = { 0 };
			int64_t i;

			if (mu_batch_init(&ordered, first->n_children, out->length))
				mem_exhausted();
			for (i = 0; i < first->n_children; i++)
				mu_batch_move(
					&ordered, i, out,
					mu_schema_find(flow->schema, first->children[i]->name));
			mu_array_release(out);
			*out = ordered;
		}
		balance_add(&a->run->appended, a->chains[0].end.schema, out);
		return 0;
	}
	return 0;
}

/* Every column of the one is in the other, with the same type. */
static bool columns_within(const struct ArrowSchema *a, const struct ArrowSchema *b,
			   const char *name_a, const char *name_b, struct text *why)
{
	int64_t i;

	for (i = 0; i < a->n_children; i++) {
		int64_t j = mu_schema_find(b, a->children[i]->name);

		if (j >= 0 && mu_schema_type(a->children[i]) == mu_schema_type(b->children[j]))
			continue;
		text_printf(why, "sources %s and %s cannot be appended: ", name_a, name_b);
		if (j < 0)
			text_printf(why, "%s has no column '%s'", name_b, a->children[i]->name);
		else
			text_printf(why, "column '%s' is %s in one and %s in the other",
				    a->children[i]->name,
				    mu_data_name(mu_schema_type(a->children[i])),
				    mu_data_name(mu_schema_type(b->children[j])));
		return false;
	}
	return true;
}

static int append_open(struct work *w)
{
	struct run *run = w->run;
	struct text why = { 0 };
	size_t i;
	bool ok = true;

	w->append = (struct append){ .run = run, .chains = w->chains, .count = run->n_sources };
	for (i = 1; ok && i < run->n_sources; i++) {
		const struct ArrowSchema *a = w->chains[0].end.schema, *b = w->chains[i].end.schema;
		const char *name_a = run->sources[0].name, *name_b = run->sources[i].name;

		ok = columns_within(a, b, name_a, name_b, &why) &&
		     columns_within(b, a, name_b, name_a, &why);
	}
	if (!ok) {
		run->wrong_configuration = true;
		run_fail(run, NULL, EINVAL, why.data);
	}
	text_release(&why);
	if (!ok)
		return EINVAL;
	if (balance_init(&run->appended, w->chains[0].end.schema, table_of(run)))
		return run_fail(run, NULL, E2BIG, "more measures than can be counted");
	w->dataset.end = (struct flow){ .from = &w->append,
					.next = append_next,
					.schema = w->chains[0].end.schema };
	w->dataset.balance = &run->appended;
	return 0;
}

/* ---------------------------------------------------------------- fetching */

static int fetch_all(struct run *run, struct stage *s, size_t source)
{
	const struct mu_plugin *api = &s->config->plugin->api;
	struct text why = { 0 };
	int err = 0;

	while (!err && !interrupt_signal()) {
		struct mu_document from = { .size = sizeof from };

		err = api->fetch(&s->ctx, s->self, &from);
		if (err || !from.path)
			break;
		if (!from.uri)
			from.uri = from.path;
		err = documents_add(&run->documents, &from, run->sources[source].name, source,
				    &why);
		if (err)
			run_fail(run, s->config, err, why.data);
	}
	text_release(&why);
	return interrupt_signal() ? ECANCELED : err;
}

static int fetch_source(struct run *run, size_t source)
{
	const struct stage_config *config = &chain_of(run, run->sources[source].name)->stages[0];
	struct source_result *result = &run->sources[source];
	struct record *record = run_record(run, config);
	struct stage s = { 0 };
	double start = now();
	int err;

	result->first_document = run->documents.count;
	record->opened = true;
	err = stage_init(&s, config, run->pipeline, run, &run->pipeline->diagnostics);
	if (!err)
		err = stage_open(&s, NULL, NULL);
	if (!err)
		err = fetch_all(run, &s, source);
	stage_failed(run, &s, err);
	s.seconds = now() - start;
	stage_end(record, &s);
	result->n_documents = run->documents.count - result->first_document;
	if (!err && !result->n_documents)
		err = run_fail(run, config, ENOENT, "no document came in");
	return err;
}

/* --------------------------------------------------------------- exporting */

static int exporters_open(struct work *w)
{
	const struct chain *chain = &w->run->pipeline->dataset;
	size_t i;
	int err = 0;

	w->exporters = mem_alloc((chain->count + 1) * sizeof *w->exporters);
	for (i = 0; !err && i < chain->count; i++) {
		struct stage *s = &w->exporters[w->n_exporters];

		if (chain->stages[i].plugin->step != STEP_EXPORT)
			continue;
		w->n_exporters++;
		run_record(w->run, &chain->stages[i])->opened = true;
		err = stage_init(s, &chain->stages[i], w->run->pipeline, w->run,
				 &w->run->pipeline->diagnostics);
		if (!err)
			err = stage_open(s, &w->dataset.end, NULL);
		stage_failed(w->run, s, err);
	}
	return err;
}

/* Takes claims and rejected rows out; those that are left are counted. */
static int select_rows(struct work *w, const struct ArrowArray *rows, struct ArrowArray *out)
{
	const struct ArrowSchema *schema = w->dataset.end.schema;
	struct mu_column *columns = mem_alloc((size_t)schema->n_children * sizeof *columns);
	struct mu_rows hidden = mu_rows(schema, rows);
	struct mu_builder kept = { 0 }, withheld = { 0 };
	struct ArrowArray rejected = { 0 };
	int64_t i;
	int err;

	for (i = 0; i < schema->n_children; i++)
		columns[i] = mu_column(schema, rows, i);
	err = mu_builder_init(&kept, schema);
	if (!err)
		err = mu_builder_init(&withheld, schema);
	for (i = 0; !err && i < rows->length; i++)
		if (!mu_row_is_claim(&hidden, i))
			mu_copy_row(rejections_withhold(&w->run->rejections, mu_row_at(&hidden, i))
					    ? &withheld
					    : &kept,
				    columns, i);
	if (!err)
		err = mu_builder_finish(&kept, out);
	if (!err)
		err = mu_builder_finish(&withheld, &rejected);
	if (!err && rejected.release)
		balance_add(&w->run->withheld, schema, &rejected);
	if (!err && out->release)
		balance_add(&w->run->dataset, schema, out);
	mu_array_release(&rejected);
	mu_builder_release(&kept);
	mu_builder_release(&withheld);
	free(columns);
	return err ? run_fail(w->run, NULL, err, "out of memory") : 0;
}

static int exporters_feed(struct work *w, const struct ArrowArray *rows)
{
	struct ArrowArray selected = { 0 };
	size_t i;
	int err = select_rows(w, rows, &selected);

	for (i = 0; !err && selected.release && i < w->n_exporters; i++) {
		struct stage *s = &w->exporters[i];
		double start = now();

		err = s->config->plugin->api.export(&s->ctx, s->self, &selected);
		s->seconds += now() - start;
		stage_failed(w->run, s, err);
	}
	mu_array_release(&selected);
	return err;
}

static int exporters_finish(struct work *w)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < w->n_exporters; i++) {
		struct stage *s = &w->exporters[i];
		double start = now();

		err = s->config->plugin->api.export(&s->ctx, s->self, NULL);
		s->seconds += now() - start;
		stage_failed(w->run, s, err);
	}
	return err;
}

static void exporters_close(struct work *w)
{
	size_t i;

	for (i = 0; i < w->n_exporters; i++) {
		struct record *r = run_record(w->run, w->exporters[i].config);

		r->in = &w->run->dataset;
		stage_end(r, &w->exporters[i]);
	}
	free(w->exporters);
}

/* ------------------------------------------------------------------- phases */

static int open_all(struct work *w)
{
	struct run *run = w->run;
	size_t i;
	int err = 0;

	run->reader = reader_new(run);
	w->chains = mem_alloc((run->n_sources + 1) * sizeof *w->chains);
	for (i = 0; !err && i < run->n_sources; i++) {
		const struct chain *chain = chain_of(run, run->sources[i].name);
		struct chain_at_work *work = &w->chains[i];
		const struct ArrowSchema *schema = reader_schema(run->reader, i);

		if (!schema)
			return EIO;
		work->head = (struct head){ .run = run,
					    .reader = run->reader,
					    .source = i,
					    .record = run_record(run, &chain->stages[1]) };
		work->head.record->opened = true;
		err = count_from(run, work->head.record, schema);
		work->balance = work->head.record->out;
		work->end =
			(struct flow){ .from = &work->head, .next = head_next, .schema = schema };
		if (!err)
			err = chain_open(run, work, chain, 2);
	}
	if (!err)
		err = append_open(w);
	if (!err)
		err = chain_open(run, &w->dataset, &run->pipeline->dataset, 0);
	if (!err && (balance_init(&run->dataset, w->dataset.end.schema, table_of(run)) ||
		     balance_init(&run->withheld, w->dataset.end.schema, table_of(run))))
		err = run_fail(run, NULL, E2BIG, "more measures than can be counted");
	if (!err && run->publish.staging)
		err = exporters_open(w);
	return err;
}

/* With on_error: reject a later finding may still take an earlier row back, so
 * rows are held until every validator has seen the last one. */
static int pump(struct work *w)
{
	struct flow *flow = &w->dataset.end;
	bool hold = w->run->pipeline->on_error == ON_ERROR_REJECT;
	struct ArrowArray rows = { 0 };
	size_t i;
	int err;

	while (!(err = interrupt_signal() ? ECANCELED : flow->next(flow->from, &rows)) &&
	       rows.release) {
		if (hold) {
			w->held = mem_resize(w->held, w->n_held + 1, sizeof *w->held);
			w->held[w->n_held++] = rows;
			continue;
		}
		err = exporters_feed(w, &rows);
		mu_array_release(&rows);
		if (err)
			break;
	}
	for (i = 0; i < w->n_held; i++) {
		if (!err)
			err = exporters_feed(w, &w->held[i]);
		mu_array_release(&w->held[i]);
	}
	free(w->held);
	return err;
}

static void work_close(struct work *w)
{
	size_t i;

	exporters_close(w);
	chain_close(&w->dataset);
	for (i = 0; w->chains && i < w->run->n_sources; i++)
		chain_close(&w->chains[i]);
	free(w->chains);
	locators_free(w->run);
	reader_free(w->run->reader);
	w->run->reader = NULL;
}

/* ----------------------------------------------------------------- deciding */

static void say(struct run *run, const char *code, const char *source, const char *message)
{
	struct finding f = { .severity = MU_ERROR,
			     .code = mem_copy(code),
			     .message = mem_copy(message),
			     .source = source };

	findings_add(&run->findings, &f);
}

/* What a source's parser gave out. */
static const struct balance *parsed(struct run *run, size_t source)
{
	return &run_record(run, &chain_of(run, run->sources[source].name)->stages[1])->counted;
}

/* Whether a source reads any of its documents, or leaves all to others. */
static bool reads(const struct run *run, size_t source)
{
	const struct source_result *s = &run->sources[source];
	size_t i;

	for (i = 0; i < s->n_documents; i++)
		if (!run->documents.items[s->first_document + i]->unread)
			return true;
	return false;
}

static void check_rows(struct run *run)
{
	bool said = false;
	size_t i;

	for (i = 0; i < run->n_sources; i++) {
		const struct balance *t = parsed(run, i);

		if (t->rows || t->claims || !reads(run, i))
			continue;
		say(run, "run/no-rows", run->sources[i].name, "the source has no rows");
		said = true;
	}
	if (!said && !run->dataset.rows && !run->options.select)
		say(run, "run/no-rows", NULL, "no row is left for the dataset");
}

static void check_overflow(struct run *run)
{
	struct text message = { 0 };
	size_t i, j;

	for (i = 0; i < run->n_records; i++)
		for (j = 0; j < run->records[i].counted.n_measures; j++) {
			if (!run->records[i].counted.measures[j].overflow)
				continue;
			text_clear(&message);
			text_printf(&message, "after %s the sum of %s does not fit 64 bits",
				    run->records[i].config->name,
				    run->records[i].counted.measures[j].name);
			say(run, "run/overflow", run->records[i].config->source, message.data);
		}
	text_release(&message);
}

/* Whether a source's claims were compared with its rows before a stage of it. */
static bool reconciled_before(const struct run *run, const char *stage)
{
	const char *source = NULL;
	bool totals = false;
	size_t i;

	for (i = 0; i < run->n_records; i++) {
		const struct stage_config *config = run->records[i].config;

		if (config->source != source)
			totals = false;
		source = config->source;
		if (config->name == stage)
			return source && totals;
		totals = totals || !strcmp(config->plugin->full, "validate/totals");
	}
	return false;
}

/* How many errors about a row are warnings: all when it was kept out of the dataset; and
 * when it is a claim of which nobody knows any more what it covers, those that say so,
 * when it was compared with its rows before. */
static uint64_t forgiven(const struct run *run, const struct rejection *r)
{
	if (run->pipeline->on_error != ON_ERROR_REJECT)
		return 0;
	if (r->kept_out)
		return r->errors;
	return r->lost && reconciled_before(run, r->stage) ? r->lost : 0;
}

static void forgive(struct run *run)
{
	size_t i;

	for (i = 0; i < run->rejections.count; i++) {
		uint64_t n = forgiven(run, &run->rejections.items[i]);

		run->counts[MU_ERROR] -= n;
		run->counts[MU_WARNING] += n;
	}
	for (i = 0; i < run->findings.count; i++) {
		struct finding *f = &run->findings.items[i];

		if (f->severity == MU_ERROR && f->at &&
		    ((f->lost && reconciled_before(run, f->stage)) ||
		     rejections_find_withheld(&run->rejections, f->at) != SIZE_MAX))
			f->severity = MU_WARNING;
	}
}

/* All findings in one list: stages in the order of the pipeline, then the
 * runner's own. */
static void gather(struct run *run)
{
	struct findings own = run->findings;
	size_t i, j;

	run->findings = (struct findings){ 0 };
	for (i = 0; i < run->n_records; i++) {
		findings_append(&run->findings, &run->records[i].findings);
		for (j = 0; j < 3; j++)
			run->checks[j] += run->records[i].checks[j];
	}
	findings_append(&run->findings, &own);
	memcpy(run->counts, run->findings.of, sizeof run->counts);
	if (run->pipeline->on_error == ON_ERROR_REJECT)
		forgive(run);
}

static int store(struct run *run)
{
	struct text package = { 0 }, why = { 0 };
	int err = publish_measure(&run->publish, &why);
	size_t i;

	for (i = 0; i < run->publish.n_outputs; i++)
		run->publish.outputs[i].rows =
			run->pipeline->on_error == ON_ERROR_REJECT &&
					!strcmp(run->publish.outputs[i].path, REJECTS)
				? run->withheld.rows
				: run->dataset.rows;
	if (!err) {
		datapackage_write(run, &package);
		err = publish_commit(&run->publish, package.data, package.len, &why);
	}
	if (err)
		run_fail(run, NULL, err, why.data);
	run->published = !err;
	text_release(&package);
	text_release(&why);
	return err;
}

/* Findings and checks as they stand, counted without taking them from the
 * stages; `counts` are by severity. */
static void add_stage(const struct stage *s, uint64_t counts[3], uint64_t *unevaluated)
{
	counts[MU_ERROR] += s->findings.of[MU_ERROR];
	counts[MU_WARNING] += s->findings.of[MU_WARNING];
	*unevaluated += s->checks[MU_UNEVALUATED];
}

static void count_so_far(const struct work *w, uint64_t counts[3], uint64_t *unevaluated)
{
	const struct run *run = w->run;
	size_t i, j;

	counts[MU_ERROR] = run->findings.of[MU_ERROR];
	for (i = 0; i < run->n_records; i++) {
		counts[MU_ERROR] += run->records[i].findings.of[MU_ERROR];
		counts[MU_WARNING] += run->records[i].findings.of[MU_WARNING];
		*unevaluated += run->records[i].checks[MU_UNEVALUATED];
	}
	for (i = 0; i <= run->n_sources; i++) {
		const struct chain_at_work *chain =
			i < run->n_sources ? &w->chains[i] : &w->dataset;

		for (j = 0; j < chain->count; j++)
			add_stage(&chain->links[j].stage, counts, unevaluated);
	}
	for (i = 0; i < w->n_exporters; i++)
		add_stage(&w->exporters[i], counts, unevaluated);
	for (i = 0; i < run->rejections.count; i++) {
		uint64_t n = forgiven(run, &run->rejections.items[i]);

		counts[MU_ERROR] -= n;
		counts[MU_WARNING] += n;
	}
}

static bool fit(const struct run *run, const uint64_t counts[3], uint64_t unevaluated)
{
	return !counts[MU_ERROR] && !(run->options.fail_on_warning && counts[MU_WARNING]) &&
	       !(run->options.strict && unevaluated);
}

/* What the runner has to say itself, where no stage has said it. */
static bool fit_so_far(struct work *w)
{
	uint64_t counts[3] = { 0 }, unevaluated = 0;

	count_so_far(w, counts, &unevaluated);
	if (!counts[MU_ERROR]) {
		check_rows(w->run);
		check_overflow(w->run);
		counts[MU_ERROR] += w->run->findings.of[MU_ERROR];
	}
	return fit(w->run, counts, unevaluated);
}

static void finish(struct run *run, int err)
{
	int number = interrupt_signal();
	bool valid;

	if (number && err) {
		text_clear(&run->failure);
		text_printf(&run->failure, "stopped by signal %d", number);
	}
	gather(run);
	valid = fit(run, run->counts, run->checks[MU_UNEVALUATED]);
	if (!err && !run->failure.len && valid && run->publish.staging)
		err = run->exported ? store(run)
				    : run_fail(run, NULL, EPROTO, "outputs were not finished");
	if (!run->published)
		publish_rollback(&run->publish);
	if (number && !run->published) {
		run->status = STATUS_FAILED;
		run->exit = 128 + number;
	} else if (err || run->failure.len) {
		run->status = STATUS_FAILED;
		run->exit = run->wrong_configuration ? 2 : 3;
	} else {
		run->status = valid ? STATUS_VALID : STATUS_INVALID;
		run->exit = run->status == STATUS_VALID ? 0 : 1;
	}
	places_find(run, &run->findings);
}

static int select_sources(struct run *run)
{
	struct pipeline *p = run->pipeline;
	size_t i, n = p->dataset.count, j;

	for (i = 0; i < p->n_sources; i++)
		n += p->sources[i].count;
	run->records = mem_alloc((n + 1) * sizeof *run->records);
	run->sources = mem_alloc((p->n_sources + 1) * sizeof *run->sources);
	for (i = 0; i <= p->n_sources; i++) {
		const struct chain *chain = i < p->n_sources ? &p->sources[i] : &p->dataset;

		for (j = 0; j < chain->count; j++)
			run->records[run->n_records++].config = &chain->stages[j];
		if (i < p->n_sources &&
		    (!run->options.select || !strcmp(run->options.select, chain->name)))
			run->sources[run->n_sources++].name = chain->name;
	}
	if (run->n_sources)
		return 0;
	run->wrong_configuration = true;
	return run_fail(run, NULL, EINVAL, "--select names no source of the pipeline");
}

static int begin(struct run *run)
{
	struct text why = { 0 }, out = { 0 };
	int err;

	if (run->options.dry_run || run->options.select)
		return 0;
	if (run->options.out)
		text_puts(&out, run->options.out);
	else
		text_printf(&out, "%s/out", run->pipeline->folder);
	run->publish.rejects = run->pipeline->on_error == ON_ERROR_REJECT;
	err = publish_begin(&run->publish, out.data, &why);
	if (err)
		run_fail(run, NULL, err, why.data);
	text_release(&out);
	text_release(&why);
	return err;
}

int run_pipeline(struct run *run)
{
	struct work w = { .run = run };
	size_t i;
	int err;

	pthread_mutex_init(&run->lock, NULL);
	rejections_init(&run->rejections);
	err = select_sources(run);
	for (i = 0; !err && i < run->n_sources; i++)
		err = fetch_source(run, i);
	if (!err)
		err = documents_recognise(run);
	if (!err)
		err = begin(run);
	if (!err)
		err = open_all(&w);
	if (!err)
		err = pump(&w);
	for (i = 0; i < run->n_sources; i++)
		run->sources[i].rows = parsed(run, i)->rows;
	if (!err && fit_so_far(&w) && run->publish.staging) {
		err = exporters_finish(&w);
		if (!err && run->pipeline->on_error == ON_ERROR_REJECT)
			err = rejects_write(run);
		run->exported = !err;
	}
	work_close(&w);
	finish(run, err);
	return run->exit;
}

void run_release(struct run *run)
{
	size_t i;

	locators_free(run);
	for (i = 0; i < run->n_records; i++) {
		balance_release(&run->records[i].counted);
		findings_release(&run->records[i].findings);
	}
	free(run->records);
	free(run->sources);
	balance_release(&run->appended);
	balance_release(&run->dataset);
	balance_release(&run->withheld);
	findings_release(&run->findings);
	rejections_release(&run->rejections);
	publish_release(&run->publish);
	documents_release(&run->documents);
	text_release(&run->failure);
	pthread_mutex_destroy(&run->lock);
}
