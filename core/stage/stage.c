#include "stage/stage.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stage/batch.h"
#include "base/clock.h"
#include "base/exit_code.h"
#include "base/interrupt.h"
#include "stage/part.h"
#include "stage/place.h"
#include "store/program.h"
#include "base/progress.h"
#include "stage/claim.h"
#include "stage/rejected.h"
#include "stage/run.h"
#include "base/surroundings.h"
#include "base/watch.h"

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

__attribute__((format(printf, 3, 0))) static int service_failed(struct mu_ctx *ctx, int err,
								const char *fmt, va_list ap)
{
	struct stage *s = stage_of(ctx);

	surroundings_locale();
	if (err <= 0)
		err = EIO;
	if (!s->refused)
		s->refused = err;
	if (!s->failure.len)
		text_vprintf(&s->failure, fmt, ap);
	return err;
}

__attribute__((format(printf, 3, 4))) static int fail_with(struct stage *s, int err,
							   const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err = service_failed(&s->ctx, err, fmt, ap);
	va_end(ap);
	return err;
}

/* First of all in a service: 0 when the stage may have it.  `not_done` is what a failure of
 * it means.  Quickly: for what is called for every row, writes no text and opens no file. */
static int begin_quickly(struct stage *s, unsigned steps, const char *call, const char *not_done)
{
	enum step step = s->config->plugin->step;
	int err = fault();

	if (err)
		return fail_with(s, err, "%s", not_done);
	if (!(steps & OF(step)))
		return fail_with(s, EPROTO,
				 "the plugin calls %s(), which is not for who performs '%s'", call,
				 step_names[step]);
	if (!s->run || s->configuring)
		return fail_with(s, EPROTO, "the plugin calls %s() when it is configured", call);
	return 0;
}

/* Likewise for what is said of the data: in close() it is too late for that. */
static int begin_saying(struct stage *s, const char *call, const char *not_done)
{
	int err = begin_quickly(s, OF_ALL, call, not_done);

	if (!err && s->closing)
		err = fail_with(s, EPROTO, "the plugin calls %s() when it is closed", call);
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
		fail_with(s, err, "%s", why.data);
	else if (s->mapped)
		document_unmap(s->document);
	else
		s->mapped = true;
	text_release(&why);
	return err;
}

static bool any_marked(const struct ArrowSchema *schema, const struct ArrowArray *rows)
{
	struct mu_rows hidden = mu_rows(schema, rows);
	int64_t i = 0;

	while (i < rows->length && !mu_row_is_rejected(&hidden, i))
		i++;
	return i < rows->length;
}

/* The document of the first row; NULL when there is none. */
static const char *document_of(const struct run *run, const struct ArrowSchema *schema,
			       const struct ArrowArray *rows)
{
	struct mu_rows hidden = mu_rows(schema, rows);
	const struct document *d =
		rows->length ? documents_get(&run->documents, mu_at_document(mu_row_at(&hidden, 0)))
			     : NULL;

	return d ? d->public.uri : NULL;
}

static void pulled(struct stage *s, const struct ArrowArray *rows)
{
	turn_document(document_of(s->run, s->input.schema, rows));
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

/* "csv/ragged" for a declared "ragged", else NULL.  It is made once. */
static const char *full_code(struct stage *s, const char *name)
{
	const struct plugin *plugin = s->config->plugin;
	const struct mu_code *codes = plugin->api.codes;
	size_t n = 0, i = s->code;

	/* Mostly it is the one of the finding before, and linkers keep one of equal texts. */
	if (!s->codes || (codes[i].name != name && strcmp(codes[i].name, name) != 0))
		for (i = 0; codes && codes[i].name && strcmp(codes[i].name, name) != 0;)
			i++;
	if (!codes || !codes[i].name)
		return NULL;
	if (!s->codes) {
		while (codes[n].name)
			n++;
		s->codes = arena_alloc(&s->arena, n * sizeof *s->codes);
	}
	if (!s->codes[i])
		s->codes[i] = arena_printf(&s->arena, "%s/%s", plugin->name, name);
	s->code = i;
	return s->codes[i];
}

/* The parser's name of a column, or NULL.  It is looked up once. */
static const char *from_of(struct stage *s, const char *field)
{
	size_t before = s->columns.count, i = mu_map_add(&s->columns, field, strlen(field));
	char *from;

	if (i == SIZE_MAX)
		mem_exhausted();
	if (s->columns.count > before) {
		from = place_column(s->input.schema, s->out.release ? &s->out : NULL, field);
		s->froms = mem_resize(s->froms, i + 1, sizeof *s->froms);
		s->froms[i] = from;
	}
	return s->froms[i];
}

static void add_limited(struct text *out, const char *text, size_t len)
{
	text_add(out, text, len > FINDING_TEXT ? FINDING_TEXT : len);
	if (len > FINDING_TEXT)
		text_puts(out, "…");
}

/* Ended by a zero byte, too. */
static void limit(struct text *text)
{
	bool longer = text->len > FINDING_TEXT;

	if (longer)
		text->len = FINDING_TEXT;
	text_puts(text, longer ? "…" : "");
}

static char *copy_or_null(const char *text)
{
	return text ? mem_copy(text) : NULL;
}

static struct text redacted(const struct stage *s, const char *text)
{
	struct text out = { 0 };

	text_puts(&out, text);
	secrets_redact(&s->pipeline->secrets, &out, 0);
	return out;
}

static struct finding explanation_copy(struct stage *s, const struct mu_explanation *e)
{
	struct text message = redacted(s, e->message ? e->message : "");
	struct finding kept = {
		.code = mem_copy(e->kind ? e->kind : ""),
		.score = e->score,
		.at = e->at & ~MU_AT_REJECTED,
		.field = e->field ? mem_copy(e->field) : NULL,
		.suggested = e->suggested ? mem_copy(e->suggested) : NULL,
		.stage = s->config->name,
		.source = s->config->source,
	};

	limit(&message);
	kept.message = message.data;
	if (kept.field)
		kept.from = copy_or_null(from_of(s, kept.field));
	return kept;
}

/* Explanations stand in an array of the plugin's own, which may be older. */
static void explanations_copy(struct stage *s, const struct mu_finding *f, struct finding *out)
{
	size_t n = f->n_explanations < EXPLANATIONS_KEPT ? f->n_explanations : EXPLANATIONS_KEPT;
	size_t size = f->explanation_size, i;

	if (!n || !f->explanations || !size)
		return;
	out->explanations = mem_alloc(n * sizeof *out->explanations);
	for (i = 0; i < n; i++) {
		struct mu_explanation e = { 0 };

		memcpy(&e, (const char *)f->explanations + i * size,
		       size < sizeof e ? size : sizeof e);
		out->explanations[out->n_explanations++] = explanation_copy(s, &e);
	}
}

static bool place_exists(const struct stage *s, uint64_t at)
{
	at &= ~MU_AT_REJECTED;
	return !at || documents_get(&s->run->documents, mu_at_document(at));
}

/* What is said of a finding, in the stage's own texts. */
__attribute__((format(printf, 4, 0))) static void finding_word(struct stage *s,
							       const struct mu_finding *f,
							       struct finding *out, const char *fmt,
							       va_list ap)
{
	surroundings_locale();
	text_clear(&s->value);
	text_clear(&s->message);
	text_vprintf(&s->message, fmt, ap);
	secrets_redact(&s->pipeline->secrets, &s->message, 0);
	limit(&s->message);
	out->message = s->message.data;
	if (f->value) {
		add_limited(&s->value, f->value, f->value_len);
		text_add(&s->value, "", 0);
		out->value = s->value.data;
		out->value_len = s->value.len;
	}
	out->from = f->field ? (char *)from_of(s, f->field) : NULL;
}

/* The other row that a finding is about, to be located as the finding is. */
static struct finding *second_copy(const struct mu_finding *f, const struct finding *kept)
{
	uint64_t at = f->beside & ~MU_AT_REJECTED;
	struct finding *second;

	if (!at || !kept->at)
		return NULL;
	second = mem_alloc(sizeof *second);
	second->at = at;
	second->from = kept->from ? mem_copy(kept->from) : NULL;
	return second;
}

/* Whether nobody is ever going to read what another finding says: the reports have as many
 * as they take, rows are not listed with reasons, and no other stage may say the same. */
static bool findings_are_counted(const struct stage *s)
{
	return s->findings.count >= FINDINGS_KEPT && !s->has_like &&
	       s->pipeline->on_error == ON_ERROR_STOP;
}

/* Takes over what was said, for the reports. */
static void finding_keep(struct stage *s, const struct mu_finding *f, struct finding said)
{
	said.code = mem_copy(said.code);
	said.message = mem_copy(said.message);
	said.field = copy_or_null(said.field);
	said.from = copy_or_null(said.from);
	if (said.value)
		said.value = memcpy(mem_alloc(said.value_len + 1), said.value, said.value_len + 1);
	said.suggested = copy_or_null(said.suggested);
	said.part = copy_or_null(f->part);
	explanations_copy(s, f, &said);
	said.second = second_copy(f, &said);
	findings_add(&s->findings, &said);
	s->ctx.counted = findings_are_counted(s);
}

/* Whether a finding names rows: they are marked.  A parser's line of which nobody knows what
 * it is may have come out as a row. */
static bool names_rows(const struct stage *s, const struct mu_finding *f)
{
	return (f->severity == MU_ERROR || f->reject) && (f->at || (f->other && s->document));
}

/* Takes a finding that nobody is going to read. */
static void finding_count(struct stage *s, const struct mu_finding *f)
{
	if (names_rows(s, f)) {
		rejections_mark_places(&s->run->rejections, s->config->name,
				       f->at & ~MU_AT_REJECTED, f->other & ~MU_AT_REJECTED);
		s->rejecting = true;
	}
	if (!f->part) /* else it is not known yet whether it counts */
		run_said(s->run, (enum mu_severity)f->severity);
	s->findings.of[f->severity]++;
}

/* Whether a finding is one that the plugin may make, about places that there are; *code is
 * the full one. */
static int finding_check(struct stage *s, const struct mu_finding *f, const char **code)
{
	if (!place_exists(s, f->at) || !place_exists(s, f->other))
		return fail_with(
			s, EPROTO,
			"the plugin reports a finding '%s' at a place in document %u, and "
			"there are %zu",
			f->code ? f->code : "",
			(unsigned)mu_at_document(place_exists(s, f->at) ? f->other : f->at),
			s->run->documents.count);
	*code = f->code ? full_code(s, f->code) : NULL;
	if (!*code || f->severity > MU_NOTE)
		return fail_with(s, EPROTO,
				 "the plugin reports a finding '%s' that it does not "
				 "declare",
				 f->code ? f->code : "");
	s->reported++;
	return 0;
}

/* The plugin may have been built with an older one. */
static struct mu_finding finding_of(const struct mu_finding *given)
{
	struct mu_finding own = { 0 };

	memcpy(&own, given, given->size < sizeof own ? given->size : sizeof own);
	return own;
}

static int service_count(struct mu_ctx *ctx, const struct mu_finding *given)
{
	struct stage *s = stage_of(ctx);
	struct mu_finding own;
	const char *code;
	int err = begin_saying(s, "mu_count", "a finding cannot be taken");

	if (!err && !s->ctx.counted)
		err = fail_with(s, EPROTO,
				"the plugin calls mu_count() for a finding that is "
				"to be told");
	if (!err && given->size != sizeof own) {
		own = finding_of(given);
		given = &own;
	}
	if (!err)
		err = finding_check(s, given, &code);
	if (!err)
		finding_count(s, given);
	return err;
}

/* A finding that is one too many for the reports, and one of many of a row, is counted and
 * not put into words. */
__attribute__((format(printf, 3, 0))) static int service_report(struct mu_ctx *ctx,
								const struct mu_finding *given,
								const char *fmt, va_list ap)
{
	struct stage *s = stage_of(ctx);
	struct mu_finding own, *f = &own;
	struct finding said;
	const char *code;
	struct document *about;
	bool kept, fresh = false;
	int err = begin_saying(s, "mu_report", "a finding cannot be taken");

	if (err)
		return err;
	if (s->quiet) {
		/* Kept, for who asked wants to know why there is no answer. */
		surroundings_locale();
		if (given->severity == MU_ERROR && !s->failure.len)
			text_vprintf(&s->failure, fmt, ap);
		return 0;
	}
	own = finding_of(given);
	err = finding_check(s, f, &code);
	if (err)
		return err;
	if (s->ctx.counted) {
		finding_count(s, f);
		return 0;
	}
	said = (struct finding){
		.severity = (enum mu_severity)f->severity,
		.code = (char *)code,
		.at = f->at & ~MU_AT_REJECTED,
		.field = (char *)f->field,
		.numbers = f->numbers,
		.expected = f->expected,
		.found = f->found,
		.other = f->other & ~MU_AT_REJECTED,
		.suggested = (char *)f->suggested,
		.lost = f->reject,
		.item = s->item ? *s->item : 0,
		.stage = s->config->name,
		.source = s->config->source,
		.across = f->across,
		.document = s->document ? s->document->public.id : f->document,
	};
	kept = s->findings.count < FINDINGS_KEPT;
	if (kept || s->has_like)
		finding_word(s, f, &said, fmt, ap);
	if (s->has_like && rejections_repeated(&s->run->rejections, &said))
		return 0;
	if (names_rows(s, f)) {
		fresh = rejections_add(&s->run->rejections, &said);
		s->rejecting = true;
	}
	if (fresh && !said.message)
		finding_word(s, f, &said, fmt, ap);
	if (fresh)
		rejections_explain(&s->run->rejections, &said);
	about = documents_get(&s->run->documents,
			      said.at ? mu_at_document(said.at) : said.document);
	if (about && !said.message && rejected_pins(s->run, &said))
		finding_word(s, f, &said, fmt, ap);
	if (about)
		rejected_note(s->run, about, &said);
	if (!f->part) /* else it is not known yet whether it counts */
		run_said(s->run, said.severity);
	if (kept)
		finding_keep(s, f, said);
	else
		s->findings.of[said.severity]++;
	return 0;
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

static int service_checked(struct mu_ctx *ctx, uint32_t outcome, uint64_t times)
{
	struct stage *s = stage_of(ctx);
	int err = begin_saying(s, "mu_checked", "a check cannot be counted");

	if (err)
		return err;
	if (outcome > MU_UNEVALUATED)
		return fail_with(s, EPROTO, "the plugin counts checks of an unknown outcome");
	if (__builtin_add_overflow(s->checks[outcome], times, &s->checks[outcome]))
		return fail_with(s, EOVERFLOW, "the plugin counts more checks than there can be");
	return 0;
}

static bool adjusts(const struct adjustment *a, const char *measure)
{
	return measure && a->measure ? !strcmp(a->measure, measure) : measure == a->measure;
}

/* What is said of one measure again and again is added up. */
static void adjustment_note(struct stage *s, const char *measure, int64_t by)
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

static int service_adjusted(struct mu_ctx *ctx, const char *measure, int64_t by)
{
	struct stage *s = stage_of(ctx);
	int err = begin_quickly(s, OF(STEP_TRANSFORM), "mu_adjusted",
				"an adjustment cannot be noted");

	if (err)
		return err;
	if (measure && mu_schema_find(s->input.schema, measure) < 0 &&
	    mu_schema_find(stage_schema(s), measure) < 0)
		return fail_with(s, EPROTO,
				 "the plugin states a change of '%s', and no column is called so",
				 measure);
	adjustment_note(s, measure, by);
	return 0;
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

static int service_output(struct mu_ctx *ctx, const char *path, const char **staged)
{
	struct stage *s = stage_of(ctx);
	struct text why = { 0 };
	int err = begin(s, OF(STEP_EXPORT), "mu_output", "an output cannot be made");

	if (err)
		return err;
	err = publish_output(&s->run->publish, path, staged, &why);
	if (err)
		fail_with(s, err, "%s", why.data);
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
		fail_with(s, err, "%s", why.data);
	text_release(&why);
	return err;
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
		fail_with(s, err, "%s", why.data);
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
		fail_with(s, err, "%s", why.data);
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
		fail_with(s, err, "%s", why.data);
	*path = own.path;
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
		fail_with(s, err, "a place cannot be looked up");
	free(from);
	return err;
}

static const struct mu_document *service_document(struct mu_ctx *ctx, uint32_t id)
{
	const struct run *run = stage_of(ctx)->run;
	struct document *d = run ? documents_get(&run->documents, id) : NULL;

	return d ? &d->public : NULL;
}

static int service_reference(struct mu_ctx *ctx, const char *name, const char **path)
{
	struct stage *s = stage_of(ctx);
	struct loader *loader;
	char *shared, *own;
	int err = fault();

	if (err)
		return fail_with(s, err, "the reference list '%s' cannot be read", name);
	if (!*name || *name == '.' || strchr(name, '/'))
		return fail_with(s, EINVAL, "'%s' is no name of a reference list", name);
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
		return fail_with(s, ENOENT,
				 "the reference list '%s' is neither in reference/ "
				 "beside the pipeline nor among those that come with muster",
				 name);
	*path = arena_copy(&s->arena, shared, strlen(shared));
	free(shared);
	return 0;
}

static bool filter_stop(void *data)
{
	return service_cancelled(data);
}

/* Runs a program on the document that a parser reads. */
static int filter_document(struct stage *s, const struct mu_program *program,
			   struct mu_printed *out, struct text *why)
{
	const struct printout *from = NULL;
	int err = filter_run(s->document, program, filter_stop, &s->ctx, &from, why);

	if (err)
		return err;
	if (from->data)
		out->data = from->data;
	out->len = from->len;
	out->end = (uint32_t)from->ending.end;
	out->status = from->ending.status;
	out->message = from->ending.message;
	return 0;
}

/* A program at work for a fetcher. */
struct printing {
	struct stage *stage;
	const char *name;
	int out; /* what it prints */
};

static void printing_tell(const struct printing *p, uint32_t state)
{
	struct mu_transfer t = { .size = sizeof t, .state = state, .name = p->name };
	struct stat st;

	if (!fstat(p->out, &st))
		t.done = (uint64_t)st.st_size;
	service_progress(&p->stage->ctx, &t);
}

static bool printing_stop(void *data)
{
	struct printing *p = data;

	printing_tell(p, MU_UNDER_WAY);
	return service_cancelled(&p->stage->ctx);
}

/* Runs a program for a fetcher; what it prints is an incoming file.  Its message loses
 * the secrets here, while they are whole in it. */
static int filter_incoming(struct stage *s, const struct mu_program *program,
			   struct mu_printed *out, struct text *why)
{
	struct ending ending = { 0 };
	struct text message;
	struct printing printing = { .stage = s, .name = program->argv[0] };
	int err = cache_incoming(&s->run->cache, &out->path, why);

	if (err)
		return err;
	printing.out = open(out->path, O_WRONLY | O_CLOEXEC);
	if (printing.out < 0)
		return errno;
	err = program_run(program, NULL, printing.out, printing_stop, &printing, &ending, why);
	printing_tell(&printing, err || ending.end != MU_END_OK ? MU_GAVE_UP : MU_ARRIVED);
	close(printing.out);
	if (!err) {
		message = redacted(s, ending.message);
		out->message = arena_copy(&s->arena, message.data, message.len);
		text_release(&message);
	}
	out->data = NULL;
	out->len = (size_t)ending.output;
	out->end = (uint32_t)ending.end;
	out->status = ending.status;
	ending_release(&ending);
	return err;
}

static int service_filter(struct mu_ctx *ctx, const struct mu_program *program,
			  struct mu_printed *out)
{
	struct stage *s = stage_of(ctx);
	struct mu_printed own = { .size = sizeof own, .data = (const uint8_t *)"", .message = "" };
	struct mu_program all = { 0 };
	struct text why = { 0 };
	size_t size = out->size;
	int err = begin(s, OF(STEP_PARSE) | OF(STEP_FETCH), "mu_filter", "a program cannot be run");

	if (err)
		return err;
	memcpy(&all, program, program->size < sizeof all ? program->size : sizeof all);
	turn_waits(true);
	err = s->document ? filter_document(s, &all, &own, &why)
			  : filter_incoming(s, &all, &own, &why);
	turn_waits(false);
	if (err)
		fail_with(s, err, "%s", why.len ? why.data : strerror(err));
	else
		memcpy(out, &own, size < sizeof own ? size : sizeof own);
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
		fail_with(s, err, "%s", why.data);
	s->window = (struct window){ .offset = offset, .data = out, .len = *got };
	text_release(&why);
	return err;
}

static void service_serial(struct mu_ctx *ctx)
{
	stage_of(ctx)->serial = true;
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
		fail_with(s, err, "%s", why.data);
	else
		*out = d->hex;
	text_release(&why);
	return err;
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

static int service_claim(struct mu_ctx *ctx, struct mu_claim *claim)
{
	struct stage *s = stage_of(ctx);
	int err = begin_quickly(s, OF(STEP_VALIDATE), "mu_claim",
				"what became of a claim cannot be found out");

	if (!err)
		err = claim_ask(s->run, s->config, claim);
	return err ? fail_with(s, err, "what became of a claim cannot be found out") : 0;
}

static const struct mu_ctx services = {
	.size = sizeof(struct mu_ctx),
	.data = service_data,
	.pull = service_pull,
	.report = service_report,
	.failed = service_failed,
	.invalid = service_invalid,
	.log = service_log,
	.alloc = service_alloc,
	.cancelled = service_cancelled,
	.checked = service_checked,
	.adjusted = service_adjusted,
	.as_of = service_as_of,
	.output = service_output,
	.locate = service_locate,
	.document_by_id = service_document,
	.reference = service_reference,
	.filter = service_filter,
	.read = service_read,
	.serial = service_serial,
	.sha256 = service_sha256,
	.append = service_append,
	.incoming = service_incoming,
	.cached = service_cached,
	.keep = service_keep,
	.progress = service_progress,
	.takes = service_takes,
	.exhausted = mem_exhausted,
	.claim = service_claim,
	.count = service_count,
};

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

static void stage_begin(struct stage *s, const struct stage_config *config,
			const struct pipeline *pipeline, struct run *run,
			struct diagnostics *complaints)
{
	const struct mu_plugin *api = &config->plugin->api;

	*s = (struct stage){
		.ctx = services,
		.config = config,
		.run = run,
		.pipeline = pipeline,
		.complaints = complaints,
		.fill = { .folder = pipeline->folder, .what = config->plugin->full },
	};
	s->fill.arena = &s->arena;
	s->ctx.rejected = run ? run->n_rejected : 0;
	s->ctx.claims_asked = claims_asked(pipeline, config);
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

int stage_init(struct stage *s, const struct stage_config *config, const struct pipeline *pipeline,
	       struct run *run, struct diagnostics *complaints)
{
	int err = 0;

	stage_begin(s, config, pipeline, run, complaints);
	s->has_like = has_like(pipeline, config);
	if (config->plugin->api.configure) {
		struct turn turn;

		call_begin(s, &turn, "configure", NULL);
		err = call_end(s, &turn, config->plugin->api.configure(&s->ctx, s->self));
	}
	s->configuring = false;
	return err;
}

int stage_guess(struct stage *s, const struct stage_config *config, const struct pipeline *pipeline,
		struct run *run, struct document *document, struct mu_guess *out)
{
	struct turn turn;
	int err;

	*out = (struct mu_guess){ .size = sizeof *out };
	stage_begin(s, config, pipeline, run, NULL);
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
	into->ctx.counted = findings_are_counted(into);
	for (i = 0; i < 3; i++)
		into->checks[i] += from->checks[i];
	into->seconds += from->seconds;
	for (i = 0; i < from->n_adjustments; i++) {
		const struct adjustment *a = &from->adjustments[i];

		adjustment_note(into, a->measure, a->by);
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

	call_begin(s, &turn, name, rows ? document_of(s->run, s->input.schema, rows) : NULL);
	err = call_end(s, &turn, call(&s->ctx, s->self, rows));
	if (!compare || batch_digest(s->input.schema, rows) == digest)
		return err;
	return fail_with(s, EPROTO, "the plugin changed rows that it may only look at");
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

void stage_failure(const struct stage *s, int err, struct text *why)
{
	if (s->failure.len)
		text_add(why, s->failure.data, s->failure.len);
	else if (!s->invalid)
		text_printf(why, "failed without a reason: %s", strerror(err));
}

/* Whether it is the machine that failed, and not what a file says. */
static bool of_machine(int err)
{
	return err == ENOMEM || err == EIO || err == ENOSPC || err == EMFILE || err == ENFILE ||
	       err == EINTR || err == EAGAIN;
}

static int chain_check(struct pipeline *p, const struct chain *chain)
{
	int worst = 0;
	size_t i;

	for (i = 0; i < chain->count; i++) {
		const struct stage_config *config = &chain->stages[i];
		struct stage s = { 0 };
		int err;

		/* Without the schema that was declared none can be checked against. */
		if (!config->valid || (p->schema_path && !p->schema))
			continue;
		err = stage_init(&s, config, p, NULL, &p->diagnostics);
		if (err && s.failure.len)
			diagnose(&p->diagnostics, config->map->mark, NULL, "%s", s.failure.data);
		else if (err && !s.invalid)
			diagnose(&p->diagnostics, config->map->mark, NULL, "%s: %s",
				 config->plugin->full, strerror(err));
		if (err && !of_machine(worst))
			worst = of_machine(err) ? err : EINVAL;
		stage_close(&s);
	}
	return worst;
}

int pipeline_check(struct pipeline *p)
{
	int worst = chain_check(p, &p->dataset), err;
	size_t i;

	for (i = 0; i < p->n_sources; i++) {
		err = chain_check(p, &p->sources[i]);
		if (err && !of_machine(worst))
			worst = err;
	}
	return worst;
}
