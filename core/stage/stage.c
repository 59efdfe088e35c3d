#include "stage/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit_code.h"
#include "base/surroundings.h"
#include "base/watch.h"
#include "stage/batch.h"
#include "stage/run.h"

void stage_failure(const struct stage *s, int err, struct text *why)
{
	if (s->failure.len)
		text_add(why, s->failure.data, s->failure.len);
	else if (!s->invalid)
		text_printf(why, "failed without a reason: %s", strerror(err));
}

/* Where a fetcher's file, or an exporter's, is named in the pipeline. */
static void add_mark(const struct run *run, const struct stage *s, struct text *why)
{
	enum step step = s->config->plugin->step;
	const struct yaml_node *path = yaml_get(s->config->map, "path");

	if (s->opening && path && (step == STEP_FETCH || step == STEP_EXPORT))
		text_printf(why, "%s:%u:%u: ", run->pipeline->path, path->mark.line,
			    path->mark.column);
}

int stage_failed(struct run *run, const struct stage *s, int err)
{
	struct text why = { 0 };

	if (!err || err == ECANCELED || run_has_failed(run))
		return err;
	if (s->failure.len)
		add_mark(run, s, &why);
	stage_failure(s, err, &why);
	if (!why.len)
		text_puts(&why, "its options do not fit the data");
	(s->opening && err == EINVAL ? run_refuse : run_fail)(run, s->config, err, why.data);
	text_release(&why);
	return err;
}

int stage_fail_va(struct stage *s, int err, const char *fmt, va_list ap)
{
	surroundings_locale();
	if (err <= 0)
		err = EIO;
	if (!s->refused)
		s->refused = err;
	if (!s->failure.len)
		text_vprintf(&s->failure, fmt, ap);
	return err;
}

int stage_fail(struct stage *s, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err = stage_fail_va(s, err, fmt, ap);
	va_end(ap);
	return err;
}

static void call_begin(struct stage *s, struct turn *turn, const char *call, const char *document)
{
	*turn = (struct turn){ .stage = s->config->name,
			       .plugin = s->config->plugin->full,
			       .call = call,
			       .document = document,
			       .secrets = &s->pipeline->secrets };
	turn_begin(turn);
}

/* Behind a call of somebody else's plugin. */
static void foreign_end(void)
{
	if (watch_is_copy()) /* that a plugin has forked: there is one run */
		watch_exit(EXIT_FAILED);
	surroundings_restore();
}

/* What the plugin gave, or what it did not want to know: a service that refused a call is
 * no less of a failure because the plugin has gone on. */
static int call_end(struct stage *s, struct turn *turn, int err)
{
	turn_end(turn);
	if (s->config->plugin->foreign)
		foreign_end();
	if (!err && s->refused)
		err = s->refused;
	return !err && s->invalid ? EINVAL : err;
}

/* What a plugin that is none of muster's own has made, and who has. */
struct made {
	void (*release)(struct ArrowArray *);
	void *private_data;
	struct turn turn;
};

static void made_release(struct ArrowArray *rows)
{
	struct made *m = rows->private_data;

	rows->release = m->release;
	rows->private_data = m->private_data;
	turn_begin(&m->turn);
	rows->release(rows);
	turn_end(&m->turn);
	rows->release = NULL;
	foreign_end();
	free(m);
}

/* Rows are released by whoever has them last: that a plugin then runs is told as its turn. */
static void made_keep(const struct stage *s, struct ArrowArray *rows)
{
	struct made *m = mem_alloc(sizeof *m);

	*m = (struct made){ .release = rows->release,
			    .private_data = rows->private_data,
			    .turn = { .stage = s->config->name,
				      .plugin = s->config->plugin->full,
				      .call = "release",
				      .document = s->document ? s->document->public.uri : NULL,
				      .secrets = &s->pipeline->secrets } };
	rows->release = made_release;
	rows->private_data = m;
}

static void columns_release(struct stage *s)
{
	struct turn turn;

	if (!s->out.release)
		return;
	call_begin(s, &turn, "release", NULL);
	mu_schema_release(&s->out);
	call_end(s, &turn, 0);
}

static void stage_begin(struct stage *s, const struct mu_ctx *services,
			const struct stage_config *config, const struct pipeline *pipeline,
			struct run *run, struct diagnostics *complaints)
{
	const struct mu_plugin *api = &config->plugin->api;

	*s = (struct stage){
		.ctx = *services,
		.config = config,
		.run = run,
		.pipeline = pipeline,
		.complaints = complaints,
		.fill = { .folder = pipeline->folder, .what = config->plugin->full },
	};
	s->fill.arena = &s->arena;
	s->findings.brief = run && run_is_brief(run);
	s->ctx.documents_rejected = run ? run->n_rejected : 0;
	s->ctx.claims_asked = pipeline_asks_claims(pipeline, config);
	s->ctx.table_schema = pipeline->schema ? tableschema_table(pipeline->schema) : NULL;
	s->self = mem_alloc(api->self_size ? api->self_size : 1);
	s->opening = s->configuring = true;
	option_fill(&s->fill, api->options, config->map, step_names[config->plugin->step], s->self);
}

static bool chain_has_like(const struct chain *chain, const struct stage_config *config)
{
	size_t i;

	for (i = 0; i < chain->count; i++)
		if (&chain->stages[i] != config && chain->stages[i].plugin == config->plugin)
			return true;
	return false;
}

/* Whether rows that pass a stage pass another one of the same plugin. */
static bool has_like(const struct pipeline *p, const struct stage_config *config)
{
	size_t i;

	if (chain_has_like(&p->dataset, config))
		return true;
	for (i = 0; i < p->n_sources; i++)
		if ((!config->source || p->sources[i].name == config->source) &&
		    chain_has_like(&p->sources[i], config))
			return true;
	return false;
}

static int configure(struct stage *s)
{
	const struct mu_plugin *api = &s->config->plugin->api;
	int err = 0;

	s->has_like = has_like(s->pipeline, s->config);
	if (api->configure) {
		struct turn turn;

		call_begin(s, &turn, "configure", NULL);
		err = call_end(s, &turn, api->configure(&s->ctx, s->self));
	}
	s->configuring = false;
	return err;
}

int stage_init(struct stage *s, const struct stage_config *config, struct run *run,
	       struct diagnostics *complaints)
{
	stage_begin(s, run->services, config, run->pipeline, run, complaints);
	return configure(s);
}

int stage_try(struct stage *s, const struct mu_ctx *services, const struct stage_config *config,
	      struct pipeline *pipeline)
{
	stage_begin(s, services, config, pipeline, NULL, &pipeline->diagnostics);
	return configure(s);
}

int stage_guess(struct stage *s, const struct stage_config *config, struct run *run,
		struct document *document, struct mu_guess *out)
{
	struct turn turn;
	int err;

	*out = (struct mu_guess){ .size = sizeof *out };
	stage_begin(s, run->services, config, run->pipeline, run, NULL);
	s->quiet = true;
	s->configuring = false;
	s->document = document;
	s->ctx.document = &document->public;
	call_begin(s, &turn, "guess", document->public.uri);
	err = config->plugin->api.guess(&s->ctx, s->self, out);
	call_end(s, &turn, err);
	return err;
}

int stage_open(struct stage *s, const struct flow *input, struct document *document)
{
	const struct mu_plugin *api = &s->config->plugin->api;
	int err = 0;

	if (input) {
		s->input = *input;
		s->ctx.schema = input->schema;
	}
	if (document) {
		s->document = document;
		s->ctx.document = &document->public;
		s->ctx.pieces = document->cut ? document->pieces : NULL;
		s->ctx.n_pieces = document->cut ? document->n_pieces : 0;
	}
	if (api->open) {
		struct turn turn;

		call_begin(s, &turn, "open", document ? document->public.uri : NULL);
		err = call_end(s, &turn, api->open(&s->ctx, s->self, &s->out));
	}
	if (!err && s->out.release && !columns_are_sound(&s->out, &s->failure))
		err = EPROTO;
	s->opening = err != 0;
	return err;
}

const struct ArrowSchema *stage_schema(const struct stage *s)
{
	return s->out.release ? &s->out : s->input.schema;
}

/* Nobody returns anything from there: what a service has refused is all that is known. */
static void close_call(struct stage *s)
{
	bool refused = s->refused || s->invalid;
	struct turn turn;
	int err;

	s->closing = true;
	call_begin(s, &turn, "close", s->document ? s->document->public.uri : NULL);
	s->config->plugin->api.close(&s->ctx, s->self);
	err = call_end(s, &turn, 0);
	if (err && !refused && s->run)
		stage_failed(s->run, s, err);
}

static void plugin_close(struct stage *s)
{
	if (s->left)
		return;
	if (s->config->plugin->api.close)
		close_call(s);
	if (s->mapped)
		document_unmap(s->document);
	if (s->document)
		filtered_rest(s->document->filtered);
	s->mapped = false;
	s->left = true;
}

/* What the plugin took, and what is needed to understand what it says. */
static void memory_release(struct stage *s)
{
	size_t i;

	for (i = 0; i < s->columns.count; i++)
		free(s->froms[i]);
	free(s->froms);
	s->froms = NULL;
	mu_map_release(&s->columns);
	text_release(&s->message);
	text_release(&s->value);
	free(s->fill.places);
	s->fill.places = NULL;
	free(s->self);
	s->self = NULL;
	arena_release(&s->arena);
}

void stage_leave(struct stage *s)
{
	if (!s->config || s->config->plugin->foreign)
		return;
	plugin_close(s);
	memory_release(s);
}

void stage_close(struct stage *s)
{
	if (!s->config)
		return;
	plugin_close(s);
	columns_release(s);
	findings_release(&s->findings);
	memory_release(s);
	free(s->adjustments);
	text_release(&s->failure);
	*s = (struct stage){ 0 };
}

static bool adjusts(const struct adjustment *a, const char *measure)
{
	return measure && a->measure ? !strcmp(a->measure, measure) : measure == a->measure;
}

void stage_adjust(struct stage *s, const char *measure, int64_t by)
{
	int64_t sum;
	size_t i;

	for (i = 0; i < s->n_adjustments; i++)
		if (adjusts(&s->adjustments[i], measure) &&
		    !__builtin_add_overflow(s->adjustments[i].by, by, &sum)) {
			s->adjustments[i].by = sum;
			return;
		}
	s->adjustments = mem_resize(s->adjustments, s->n_adjustments + 1, sizeof *s->adjustments);
	s->adjustments[s->n_adjustments++] = (struct adjustment){
		.measure = measure ? arena_copy(&s->arena, measure, strlen(measure)) : NULL,
		.by = by,
	};
}

bool stage_findings_are_counted(const struct stage *s)
{
	return findings_full(&s->findings, MU_ERROR) && !s->has_like &&
	       s->pipeline->on_error == ON_ERROR_STOP;
}

int stage_merge(struct stage *into, struct stage *from)
{
	struct turn turn;
	size_t i;
	int err;

	call_begin(into, &turn, "merge", NULL);
	err = call_end(into, &turn,
		       into->config->plugin->api.merge(&into->ctx, into->self, from->self));
	into->reported += from->reported;
	findings_merge(&into->findings, &from->findings);
	into->ctx.findings_counted = stage_findings_are_counted(into);
	checks_add(into->checks, from->checks);
	into->seconds += from->seconds;
	for (i = 0; i < from->n_adjustments; i++) {
		const struct adjustment *a = &from->adjustments[i];

		stage_adjust(into, a->measure, a->by);
	}
	stage_close(from);
	return err;
}

/* Whether rows that the plugin made are what it says. */
static int check_made(struct stage *s, const struct ArrowArray *rows, bool marked)
{
	const struct ArrowSchema *schema = stage_schema(s);
	struct places_allowed allowed = {
		.document = s->document ? s->document->public.id : 0,
		.documents = (uint32_t)s->run->documents.count,
		.marked = marked,
	};

	if (!batch_has_shape(schema, rows, &s->failure))
		return EPROTO;
	if (s->config->plugin->foreign && !batch_is_sound(schema, rows, &allowed, &s->failure))
		return EPROTO;
	return 0;
}

const char *stage_rows_uri(const struct stage *s, const struct ArrowArray *rows)
{
	struct mu_rows hidden = mu_rows(s->input.schema, rows);
	const struct document *d =
		rows->length
			? documents_get(&s->run->documents, mu_at_document(mu_row_at(&hidden, 0)))
			: NULL;

	return d ? d->public.uri : NULL;
}

int stage_fetch(struct stage *s, struct mu_document *out)
{
	struct turn turn;

	call_begin(s, &turn, "fetch", NULL);
	return call_end(s, &turn, s->config->plugin->api.fetch(&s->ctx, s->self, out));
}

int stage_split(struct stage *s, struct mu_piece *piece)
{
	struct turn turn;

	call_begin(s, &turn, "split", s->document->public.uri);
	return call_end(s, &turn, s->config->plugin->api.split(&s->ctx, s->self, piece));
}

int stage_parse(struct stage *s, struct ArrowArray *out)
{
	struct turn turn;
	int err;

	call_begin(s, &turn, "parse", s->document->public.uri);
	err = call_end(s, &turn, s->config->plugin->api.parse(&s->ctx, s->self, out));
	if (s->config->plugin->foreign && out->release)
		made_keep(s, out);
	return !err && out->release ? check_made(s, out, false) : err;
}

int stage_transform(struct stage *s, struct ArrowArray *out)
{
	struct turn turn;
	int err;

	call_begin(s, &turn, "transform", NULL);
	err = call_end(s, &turn, s->config->plugin->api.transform(&s->ctx, s->self, out));
	if (s->config->plugin->foreign && out->release)
		made_keep(s, out);
	return !err && out->release ? check_made(s, out, s->marked) : err;
}

/* A call that may look at rows and no more.  Those of exporters are compared by
 * exporters_feed(). */
static int show(struct stage *s, const char *name,
		int (*call)(struct mu_ctx *, void *, const struct ArrowArray *),
		const struct ArrowArray *rows)
{
	bool compare = rows && s->config->plugin->foreign && s->config->plugin->step != STEP_EXPORT;
	uint64_t digest = compare ? batch_digest(s->input.schema, rows) : 0;
	struct turn turn;
	int err;

	call_begin(s, &turn, name, rows ? stage_rows_uri(s, rows) : NULL);
	err = call_end(s, &turn, call(&s->ctx, s->self, rows));
	if (!compare || batch_digest(s->input.schema, rows) == digest)
		return err;
	return stage_fail(s, EPROTO, "the plugin changed rows that it may only look at");
}

int stage_validate(struct stage *s, const struct ArrowArray *rows)
{
	return show(s, "validate", s->config->plugin->api.validate, rows);
}

int stage_export(struct stage *s, const struct ArrowArray *rows)
{
	return show(s, "export", s->config->plugin->api.export, rows);
}

int stage_locate(struct stage *s, uint64_t position, const char *field, struct mu_place *out)
{
	struct turn turn;

	call_begin(s, &turn, "locate", s->document->public.uri);
	return call_end(s, &turn,
			s->config->plugin->api.locate(&s->ctx, s->self, position, field, out));
}

int stage_recognise(struct stage *s, struct mu_recognition *out)
{
	struct turn turn;

	call_begin(s, &turn, "recognise", s->document->public.uri);
	return call_end(s, &turn, s->config->plugin->api.recognise(&s->ctx, s->self, out));
}

int stage_adopt(struct stage *s, struct stage *other)
{
	struct turn turn;

	call_begin(s, &turn, "adopt", s->document->public.uri);
	return call_end(s, &turn, s->config->plugin->api.adopt(&s->ctx, s->self, other->self));
}

int stage_uses(struct stage *s, const bool *out, bool *in)
{
	struct turn turn;

	call_begin(s, &turn, "uses", NULL);
	s->config->plugin->api.uses(&s->ctx, s->self, out, in);
	return call_end(s, &turn, 0);
}

int stage_claim(struct stage *s, struct mu_claim *claim)
{
	struct turn turn;

	call_begin(s, &turn, "claim", NULL);
	return call_end(s, &turn, s->config->plugin->api.claim(&s->ctx, s->self, claim));
}
