#include "stage/services.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "base/surroundings.h"
#include "base/watch.h"
#include "stage/claim.h"
#include "stage/part.h"
#include "stage/place.h"
#include "stage/printing.h"
#include "stage/reported.h"
#include "stage/run.h"

int (*stage_fault)(void);

static struct stage *stage_of(struct mu_ctx *ctx)
{
	return (struct stage *)(void *)ctx;
}

static int fault(void)
{
	return stage_fault ? stage_fault() : 0;
}

/* Whom a service is for. */
#define OF(step) (1u << (step))
#define OF_ALL   (~0u)

/* First of all in a service: 0 when the stage may have it.  `not_done` is what a failure of
 * it means.  Quickly: for what is called for every row, writes no text and opens no file. */
static int begin_quickly(struct stage *s, unsigned steps, const char *call, const char *not_done)
{
	enum step step = s->config->plugin->step;
	int err = fault();

	if (err)
		return stage_fail(s, err, "%s", not_done);
	if (!(steps & OF(step)))
		return stage_fail(s, EPROTO,
				  "the plugin calls %s(), which is not for who performs '%s'", call,
				  step_names[step]);
	if (!s->run || s->configuring)
		return stage_fail(s, EPROTO, "the plugin calls %s() when it is configured", call);
	return 0;
}

/* Likewise for what is said of the data: in close() it is too late for that. */
static int begin_saying(struct stage *s, const char *call, const char *not_done)
{
	int err = begin_quickly(s, OF_ALL, call, not_done);

	if (!err && s->closing)
		err = stage_fail(s, EPROTO, "the plugin calls %s() when it is closed", call);
	return err;
}

/* Likewise; what the plugin has changed around it is as before. */
static int begin(struct stage *s, unsigned steps, const char *call, const char *not_done)
{
	int err = begin_quickly(s, steps, call, not_done);

	surroundings_locale();
	if (!err && s->config->plugin->foreign)
		surroundings_restore();
	return err;
}

__attribute__((format(printf, 3, 0))) static int service_failed(struct mu_ctx *ctx, int err,
								const char *fmt, va_list ap)
{
	return stage_fail_va(stage_of(ctx), err, fmt, ap);
}

__attribute__((format(printf, 3, 0))) static int service_invalid(struct mu_ctx *ctx,
								 const void *option,
								 const char *fmt, va_list ap)
{
	struct stage *s = stage_of(ctx);

	surroundings_locale();
	s->invalid = true;
	if (!s->complaints)
		return EINVAL;
	if (s->run)
		pthread_mutex_lock(&s->run->lock);
	diagnose_va(s->complaints, option_mark(&s->fill, s->config->map, option), NULL, fmt, ap);
	if (s->run)
		pthread_mutex_unlock(&s->run->lock);
	return EINVAL;
}

__attribute__((format(printf, 3, 0))) static void service_log(struct mu_ctx *ctx, uint32_t level,
							      const char *fmt, va_list ap)
{
	struct stage *s = stage_of(ctx);
	struct text line = { 0 }, shown = { 0 };

	if (!s->run || s->quiet || s->run->options.verbosity <= (int)level)
		return;
	surroundings_locale();
	text_printf(&line, "%s: ", s->config->name);
	text_vprintf(&line, fmt, ap);
	secrets_redact(&s->pipeline->secrets, &line, 0);
	text_add_visible(&shown, line.data, line.len);
	pthread_mutex_lock(&s->run->lock);
	progress_line(s->run->progress, shown.data);
	pthread_mutex_unlock(&s->run->lock);
	text_release(&line);
	text_release(&shown);
}

static void service_progress(struct mu_ctx *ctx, const struct mu_transfer *given)
{
	struct stage *s = stage_of(ctx);
	struct mu_transfer own = { 0 };

	turn_goes_on();
	if (!s->run)
		return;
	memcpy(&own, given, given->size < sizeof own ? given->size : sizeof own);
	pthread_mutex_lock(&s->run->lock);
	progress_tell(s->run->progress, s->config->name, &own);
	pthread_mutex_unlock(&s->run->lock);
}

static void *service_alloc(struct mu_ctx *ctx, size_t size)
{
	return arena_alloc(&stage_of(ctx)->arena, size);
}

static bool service_cancelled(struct mu_ctx *ctx)
{
	struct stage *s = stage_of(ctx);

	return interrupt_signal() || (s->run && atomic_load(&s->run->stopping));
}

static void service_serial(struct mu_ctx *ctx)
{
	stage_of(ctx)->serial = true;
}

static int service_data(struct mu_ctx *ctx, const uint8_t **data, size_t *len)
{
	struct stage *s = stage_of(ctx);
	struct text why = { 0 };
	int err = begin(s, OF(STEP_PARSE), "mu_data", "the document cannot be read");

	if (err)
		return err;
	/* Bytes that somebody else's plugin could change would not be those of the sha256. */
	err = document_map(s->document, !s->config->plugin->foreign, data, len, &why);
	if (err)
		stage_fail(s, err, "%s", why.data);
	else if (s->mapped)
		document_unmap(s->document);
	else
		s->mapped = true;
	text_release(&why);
	return err;
}

static int service_read(struct mu_ctx *ctx, uint64_t offset, void *out, size_t len, size_t *got)
{
	struct stage *s = stage_of(ctx);
	struct text why = { 0 };
	int err = begin(s, OF(STEP_PARSE), "mu_read", "the document cannot be read");

	*got = 0;
	if (err)
		return err;
	err = document_read(s->document, offset, out, len, got, &why);
	if (err)
		stage_fail(s, err, "%s", why.data);
	s->window = (struct window){ .offset = offset, .data = out, .len = *got };
	text_release(&why);
	return err;
}

static int service_as_of(struct mu_ctx *ctx, int32_t days)
{
	struct stage *s = stage_of(ctx);
	int err = begin_quickly(s, OF(STEP_PARSE), "mu_as_of", "a date cannot be noted");

	if (err)
		return err;
	if (s->document && !s->quiet) {
		s->document->as_of = days;
		s->document->dated = true;
	}
	return 0;
}

static int service_takes(struct mu_ctx *ctx, const char *part)
{
	struct stage *s = stage_of(ctx);
	int err = begin_quickly(s, OF(STEP_PARSE), "mu_takes",
				"a part of a document cannot be taken");

	if (!err && !s->quiet && s->document)
		part_take(s->run, s->document, part);
	return err;
}

static const struct mu_document *service_document(struct mu_ctx *ctx, uint32_t id)
{
	const struct run *run = stage_of(ctx)->run;
	struct document *d = run ? documents_get(&run->documents, id) : NULL;

	return d ? &d->public : NULL;
}

static int service_sha256(struct mu_ctx *ctx, uint32_t id, const char **out)
{
	struct stage *s = stage_of(ctx);
	struct document *d;
	struct text why = { 0 };
	int err = begin(s, OF_ALL, "mu_sha256", "the sha256 of a document cannot be made");

	*out = NULL;
	if (err)
		return err;
	d = documents_get(&s->run->documents, id);
	if (!d)
		return 0;
	err = document_sha256(d, &why);
	if (err)
		stage_fail(s, err, "%s", why.data);
	else
		*out = d->hex;
	text_release(&why);
	return err;
}

static int service_locate(struct mu_ctx *ctx, uint64_t at, const char *field, struct mu_place *out)
{
	struct stage *s = stage_of(ctx);
	char *from = field ? place_column(s->input.schema, NULL, field) : NULL;
	int err = begin(s, OF_ALL, "mu_locate", "a place cannot be looked up");

	if (!err)
		err = place_find(s->run, at, from, out);
	if (err)
		stage_fail(s, err, "a place cannot be looked up");
	free(from);
	return err;
}

static int service_reference(struct mu_ctx *ctx, const char *name, const char **path)
{
	struct stage *s = stage_of(ctx);
	struct loader *loader;
	char *shared, *own;
	int err = fault();

	if (err)
		return stage_fail(s, err, "the reference list '%s' cannot be read", name);
	if (!*name || *name == '.' || strchr(name, '/'))
		return stage_fail(s, EINVAL, "'%s' is no name of a reference list", name);
	own = arena_printf(&s->arena, "%s/reference/%s", s->pipeline->folder, name);
	if (!access(own, R_OK)) {
		*path = own;
		return 0;
	}
	own = arena_printf(&s->arena, "schemas/reference/%s", name);
	loader = s->run ? s->run->loader : loader_new();
	shared = loader_shared(loader, own);
	if (!s->run)
		loader_free(loader);
	if (!shared)
		return stage_fail(s, ENOENT,
				  "the reference list '%s' is neither in reference/ "
				  "beside the pipeline nor among those that come with muster",
				  name);
	*path = arena_copy(&s->arena, shared, strlen(shared));
	free(shared);
	return 0;
}

static bool any_marked(const struct ArrowSchema *schema, const struct ArrowArray *rows)
{
	struct mu_rows hidden = mu_rows(schema, rows);
	int64_t i = 0;

	while (i < rows->length && !mu_row_is_rejected(&hidden, i))
		i++;
	return i < rows->length;
}

static void pulled(struct stage *s, const struct ArrowArray *rows)
{
	turn_document(stage_rows_uri(s, rows));
	if (s->config->plugin->foreign && !s->marked)
		s->marked = any_marked(s->input.schema, rows);
}

static int service_pull(struct mu_ctx *ctx, struct ArrowArray *out)
{
	struct stage *s = stage_of(ctx);
	double start = clock_now();
	int err = begin(s, OF(STEP_TRANSFORM), "mu_pull", "rows cannot be had");

	*out = (struct ArrowArray){ 0 };
	if (!err) {
		turn_waits(true);
		err = s->input.next(s->input.from, out);
		turn_waits(false);
	}
	if (!err && !out->release)
		s->input_ended = true;
	if (!err && out->release)
		pulled(s, out);
	if (err && !s->refused)
		s->refused = err; /* whoever failed has said why */
	s->pulling += clock_now() - start;
	return err;
}

static int service_adjusted(struct mu_ctx *ctx, const char *measure, int64_t by)
{
	struct stage *s = stage_of(ctx);
	int err = begin_quickly(s, OF(STEP_TRANSFORM), "mu_adjusted",
				"an adjustment cannot be noted");

	if (err)
		return err;
	if (measure && mu_schema_find(s->input.schema, measure) < 0 &&
	    mu_schema_find(stage_schema(s), measure) < 0)
		return stage_fail(s, EPROTO,
				  "the plugin states a change of '%s', and no column is called so",
				  measure);
	stage_adjust(s, measure, by);
	return 0;
}

/* The plugin may have been built with an older one. */
static struct mu_finding finding_of(const struct mu_finding *given)
{
	struct mu_finding own = { 0 };

	memcpy(&own, given, given->size < sizeof own ? given->size : sizeof own);
	return own;
}

__attribute__((format(printf, 3, 0))) static int service_report(struct mu_ctx *ctx,
								const struct mu_finding *given,
								const char *fmt, va_list ap)
{
	struct stage *s = stage_of(ctx);
	struct mu_finding own;
	int err = begin_saying(s, "mu_report", "a finding cannot be taken");

	if (err)
		return err;
	own = finding_of(given);
	return reported_take(s, &own, fmt, ap);
}

static int service_finding_count(struct mu_ctx *ctx, const struct mu_finding *given)
{
	struct stage *s = stage_of(ctx);
	struct mu_finding own;
	int err = begin_saying(s, "mu_finding_count", "a finding cannot be taken");

	if (!err && !s->ctx.findings_counted)
		err = stage_fail(s, EPROTO,
				 "the plugin calls mu_finding_count() for a finding that is "
				 "to be told");
	if (!err && given->size != sizeof own) {
		own = finding_of(given);
		given = &own;
	}
	return err ? err : reported_count(s, given);
}

static int service_checked(struct mu_ctx *ctx, uint32_t outcome, uint64_t times)
{
	struct stage *s = stage_of(ctx);
	int err = begin_saying(s, "mu_checked", "a check cannot be counted");

	if (err)
		return err;
	if (outcome > MU_UNEVALUATED)
		return stage_fail(s, EPROTO, "the plugin counts checks of an unknown outcome");
	if (times > CHECKS_MOST - s->checks[outcome])
		return stage_fail(s, EOVERFLOW, "the plugin counts more checks than there can be");
	s->checks[outcome] += times;
	return 0;
}

static int service_claim(struct mu_ctx *ctx, struct mu_claim *claim)
{
	struct stage *s = stage_of(ctx);
	int err = begin_quickly(s, OF(STEP_VALIDATE), "mu_claim",
				"what became of a claim cannot be found out");

	if (!err)
		err = claim_ask(s->run, s->config, claim);
	return err ? stage_fail(s, err, "what became of a claim cannot be found out") : 0;
}

static int service_incoming(struct mu_ctx *ctx, const char **path)
{
	struct stage *s = stage_of(ctx);
	struct text why = { 0 };
	int err = begin(s, OF(STEP_FETCH), "mu_incoming", "an incoming file cannot be made");

	if (err)
		return err;
	err = cache_incoming(&s->run->cache, path, &why);
	if (err)
		stage_fail(s, err, "%s", why.data);
	text_release(&why);
	return err;
}

static int service_cached(struct mu_ctx *ctx, const char *uri, const char *request,
			  struct mu_document *out)
{
	struct stage *s = stage_of(ctx);
	struct mu_document own = { 0 };
	struct text why = { 0 };
	size_t size = out->size;
	int err = begin(s, OF(STEP_FETCH), "mu_cached", "the cache cannot be read");

	if (err)
		return err;
	err = cache_recall(&s->run->cache, uri, request, &own, &why);
	if (err)
		stage_fail(s, err, "%s", why.data);
	memcpy(out, &own, size < sizeof own ? size : sizeof own);
	out->size = (uint32_t)size;
	text_release(&why);
	return err;
}

static int service_keep(struct mu_ctx *ctx, const struct mu_document *document, const char **path)
{
	struct stage *s = stage_of(ctx);
	struct mu_document own = { 0 };
	struct text why = { 0 };
	int err = begin(s, OF(STEP_FETCH), "mu_keep", "a file cannot be kept");

	if (err)
		return err;
	memcpy(&own, document, document->size < sizeof own ? document->size : sizeof own);
	err = cache_take(&s->run->cache, &own, &s->pipeline->secrets, &why);
	if (err)
		stage_fail(s, err, "%s", why.data);
	*path = own.path;
	text_release(&why);
	return err;
}

static int service_output(struct mu_ctx *ctx, const char *path, const char **staged)
{
	struct stage *s = stage_of(ctx);
	struct text why = { 0 };
	int err = begin(s, OF(STEP_EXPORT), "mu_output", "an output cannot be made");

	if (err)
		return err;
	err = publish_output(&s->run->publish, path, s->config->name, staged, &why);
	if (err)
		stage_fail(s, err, "%s", why.data);
	text_release(&why);
	return err;
}

static int service_append(struct mu_ctx *ctx, const char *staged, const void *data, size_t len)
{
	struct stage *s = stage_of(ctx);
	struct text why = { 0 };
	int err = begin(s, OF(STEP_EXPORT) | OF(STEP_FETCH), "mu_append",
			"an output cannot be written");

	if (err)
		return err;
	if (s->config->plugin->step == STEP_FETCH)
		err = cache_append(&s->run->cache, staged, data, len, &why);
	else
		err = publish_append(&s->run->publish, staged, data, len, &why);
	if (err)
		stage_fail(s, err, "%s", why.data);
	text_release(&why);
	return err;
}

static int service_program_run(struct mu_ctx *ctx, const struct mu_program *program,
			       struct mu_printed *out)
{
	struct stage *s = stage_of(ctx);
	struct mu_printed own = { .size = sizeof own, .data = (const uint8_t *)"", .message = "" };
	struct mu_program all = { 0 };
	struct text why = { 0 };
	size_t size = out->size;
	int err = begin(s, OF(STEP_PARSE) | OF(STEP_FETCH), "mu_program_run",
			"a program cannot be run");

	if (err)
		return err;
	memcpy(&all, program, program->size < sizeof all ? program->size : sizeof all);
	turn_waits(true);
	err = printing_run(s, &all, &own, &why);
	turn_waits(false);
	if (err)
		stage_fail(s, err, "%s", why.len ? why.data : strerror(err));
	else
		memcpy(out, &own, size < sizeof own ? size : sizeof own);
	text_release(&why);
	return err;
}

const struct mu_ctx services = {
	.size = sizeof(struct mu_ctx),
	.data = service_data,
	.read = service_read,
	.as_of = service_as_of,
	.takes = service_takes,
	.document_by_id = service_document,
	.sha256 = service_sha256,
	.locate = service_locate,
	.pull = service_pull,
	.adjusted = service_adjusted,
	.serial = service_serial,
	.report = service_report,
	.finding_count = service_finding_count,
	.checked = service_checked,
	.claim = service_claim,
	.incoming = service_incoming,
	.cached = service_cached,
	.keep = service_keep,
	.progress = service_progress,
	.output = service_output,
	.append = service_append,
	.program_run = service_program_run,
	.reference = service_reference,
	.invalid = service_invalid,
	.failed = service_failed,
	.log = service_log,
	.cancelled = service_cancelled,
	.alloc = service_alloc,
	.exhausted = mem_exhausted,
};
