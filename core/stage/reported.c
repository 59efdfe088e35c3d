#include "stage/reported.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/surroundings.h"
#include "stage/place.h"
#include "stage/rejected.h"
#include "stage/run.h"

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
	s->ctx.findings_counted = stage_findings_are_counted(s);
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
		return stage_fail(
			s, EPROTO,
			"the plugin reports a finding '%s' at a place in document %u, and "
			"there are %zu",
			f->code ? f->code : "",
			(unsigned)mu_at_document(place_exists(s, f->at) ? f->other : f->at),
			s->run->documents.count);
	*code = f->code ? full_code(s, f->code) : NULL;
	if (!*code || f->severity > MU_NOTE)
		return stage_fail(s, EPROTO,
				  "the plugin reports a finding '%s' that it does not "
				  "declare",
				  f->code ? f->code : "");
	s->reported++;
	return 0;
}

int reported_count(struct stage *s, const struct mu_finding *f)
{
	const char *code;
	int err = finding_check(s, f, &code);

	if (!err)
		finding_count(s, f);
	return err;
}

/* Whether no other finding can be about the same place: what is said of a part each source
 * says, and of a value each row that has it from one place. */
static bool is_lone(const struct stage *s, const struct mu_finding *f)
{
	bool own_place = s->document && s->config->plugin->api.rows_apart;

	return !f->part && f->at && (own_place || !f->field || f->n_explanations || f->beside);
}

static struct finding said_of(const struct stage *s, const struct mu_finding *f, const char *code)
{
	return (struct finding){
		.severity = (enum mu_severity)f->severity,
		.code = (char *)code,
		.at = f->at & ~MU_AT_REJECTED,
		.field = (char *)f->field,
		.numbers = f->numbers,
		.expected = f->expected,
		.found = f->found,
		.other = f->other & ~MU_AT_REJECTED,
		.suggested = (char *)f->suggested,
		.lone = is_lone(s, f),
		.lost = f->reject,
		.item = s->item ? *s->item : 0,
		.stage = s->config->name,
		.source = s->config->source,
		.across = f->across,
		.document = s->document ? s->document->public.id : f->document,
	};
}

int reported_take(struct stage *s, const struct mu_finding *f, const char *fmt, va_list ap)
{
	struct finding said;
	const char *code;
	struct document *about;
	bool kept, fresh = false;
	int err;

	if (s->quiet) {
		/* Kept, for who asked wants to know why there is no answer. */
		surroundings_locale();
		if (f->severity == MU_ERROR && !s->failure.len)
			text_vprintf(&s->failure, fmt, ap);
		return 0;
	}
	err = finding_check(s, f, &code);
	if (err)
		return err;
	if (s->ctx.findings_counted) {
		finding_count(s, f);
		return 0;
	}
	said = said_of(s, f, code);
	kept = !findings_counts(&s->findings, &said);
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
