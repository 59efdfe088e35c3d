#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "stage/rejected.h"

/* A zero byte, which many readers of JSON refuse, is \x00 as in other reports. */
static json_t *text(const char *bytes, size_t len)
{
	struct text quoted = { 0 }, whole = { 0 };
	size_t i, n;
	json_t *json;

	for (i = 0; i < len; i += n + 1) {
		n = strnlen(bytes + i, len - i);
		text_add(&whole, bytes + i, n);
		text_puts(&whole, i + n < len ? "\\x00" : "");
	}
	text_add_json(&quoted, whole.len ? whole.data : "", whole.len);
	text_release(&whole);
	json = json_loads(quoted.data, JSON_DECODE_ANY, NULL);
	text_release(&quoted);
	return json;
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value))
		mem_exhausted();
}

static void set_text(json_t *object, const char *key, const char *value)
{
	if (value)
		set(object, key, text(value, strlen(value)));
}

static void set_value(json_t *object, const struct finding *f)
{
	if (f->value)
		set(object, "value", text(f->value, f->value_len));
}

static void set_count(json_t *object, const char *key, uint64_t n)
{
	set(object, key, json_integer((json_int_t)n));
}

static void set_place(json_t *object, const char *key, uint64_t n)
{
	if (n)
		set_count(object, key, n);
}

/* A sum that overflowed is absent: no number would be right. */
static json_t *measures(const struct balance *t)
{
	json_t *json = json_object();
	size_t i;

	for (i = 0; i < t->n_measures; i++)
		if (!t->measures[i].overflow)
			set(json, t->measures[i].name, json_integer(t->measures[i].sum));
	return json;
}

static json_t *summary(const struct run *run)
{
	json_t *json = json_object(), *checks = json_object();

	set_count(json, "errors", run->counts[MU_ERROR]);
	set_count(json, "warnings", run->counts[MU_WARNING]);
	set_count(json, "notes", run->counts[MU_NOTE]);
	set_count(checks, "pass", run->checks[MU_PASS]);
	set_count(checks, "fail", run->checks[MU_FAIL]);
	set_count(checks, "unevaluated", run->checks[MU_UNEVALUATED]);
	set(json, "checks", checks);
	return json;
}

static json_t *dataset(const struct run *run)
{
	struct tallied n = rejected_count(run);
	json_t *json = json_object();

	set_count(json, "rows", run->dataset.rows);
	set_count(json, "rejected", run->withheld.rows);
	if (n.rejected) {
		set_count(json, "documents", n.all);
		set_count(json, "rejected_documents", n.rejected);
	}
	set(json, "measures", measures(&run->dataset));
	if (run->withheld.rows)
		set(json, "rejected_measures", measures(&run->withheld));
	return json;
}

static json_t *rejected_documents(const struct run *run)
{
	json_t *json = json_array();
	const struct document *d;
	size_t i = 0;

	while ((d = rejected_next(run, &i))) {
		json_t *one = json_object();

		set_text(one, "uri", d->public.uri);
		set_text(one, "sha256", d->public.sha256);
		set_text(one, "source", d->public.source);
		set_text(one, "stage", d->blame.stage);
		set_text(one, "code", d->blame.code);
		set_text(one, "message", d->blame.message);
		set_count(one, "errors", d->blame.errors);
		json_array_append_new(json, one);
	}
	return json;
}

static json_t *document(const struct document *d)
{
	json_t *json = json_object();
	char date[48];

	set_text(json, "uri", d->public.uri);
	set_text(json, "sha256", d->public.sha256);
	set_count(json, "bytes", d->public.bytes);
	set_text(json, "media_type", d->public.media_type);
	set_text(json, "final_uri", d->public.final_uri);
	set_text(json, "etag", d->public.etag);
	set_text(json, "last_modified", d->public.last_modified);
	if (d->public.fetched) {
		time_write(d->public.fetched, date, sizeof date);
		set_text(json, "fetched", date);
	}
	if (d->dated) {
		date_write(d->as_of, date, sizeof date);
		set_text(json, "as_of", date);
	}
	return json;
}

static json_t *sources(const struct run *run)
{
	json_t *json = json_array();
	size_t i, j;

	for (i = 0; i < run->n_sources; i++) {
		const struct source_result *s = &run->sources[i];
		json_t *source = json_object(), *documents = json_array();

		set_text(source, "name", s->name);
		set_count(source, "rows", s->rows);
		for (j = 0; j < s->n_documents; j++)
			if (!run->documents.items[s->first_document + j]->unread)
				json_array_append_new(
					documents,
					document(run->documents.items[s->first_document + j]));
		set(source, "documents", documents);
		json_array_append_new(json, source);
	}
	return json;
}

static json_t *stage(const struct run *run, const struct record *r)
{
	json_t *json = json_object();
	const struct balance *last = r->out ? r->out : r->in;

	set_text(json, "stage", r->config->name);
	set_text(json, "plugin", r->config->plugin->full);
	if (r->in)
		set_count(json, "rows_in", r->in->rows);
	if (r->out)
		set_count(json, "rows_out", r->out->rows);
	if (r->out)
		set_count(json, "rejected",
			  rejections_withheld_by(&run->rejections, r->config->name));
	if (last)
		set_count(json, "claims", last->claims);
	if (r->in)
		set(json, "measures_in", measures(r->in));
	if (r->out)
		set(json, "measures_out", measures(r->out));
	set(json, "seconds", json_real(r->seconds > 0 ? r->seconds : 0));
	return json;
}

static json_t *stages(const struct run *run)
{
	json_t *json = json_array();
	size_t i;

	for (i = 0; i < run->n_records; i++)
		if (run->records[i].opened)
			json_array_append_new(json, stage(run, &run->records[i]));
	return json;
}

static void set_numbers(json_t *json, const struct finding *f)
{
	int64_t difference;

	if (!f->numbers)
		return;
	set(json, "expected", json_integer(f->expected));
	set(json, "found", json_integer(f->found));
	if (!__builtin_sub_overflow(f->found, f->expected, &difference))
		set(json, "difference", json_integer(difference));
}

static json_t *explanation(const struct run *run, const struct finding *e)
{
	const struct document *d = documents_get(&run->documents, e->document);
	json_t *json = json_object();

	set_text(json, "kind", e->code);
	set_text(json, "message", e->message);
	set(json, "score", json_real(e->score));
	set_text(json, "document", d ? d->public.uri : NULL);
	set_place(json, "page", e->page);
	set_place(json, "line", e->line);
	set_place(json, "column_number", e->column);
	set_text(json, "cell", e->cell);
	set_text(json, "field", e->field);
	set_value(json, e);
	set_text(json, "suggested", e->suggested);
	return json;
}

static json_t *explanations(const struct run *run, const struct finding *f)
{
	json_t *json = json_array();
	size_t i;

	for (i = 0; i < f->n_explanations; i++)
		json_array_append_new(json, explanation(run, &f->explanations[i]));
	return json;
}

/* The place of the other row that a finding is about. */
static json_t *second(const struct run *run, const struct finding *f)
{
	const struct document *d = documents_get(&run->documents, f->document);
	json_t *json = json_object();

	set_text(json, "document", d ? d->public.uri : NULL);
	set_place(json, "page", f->page);
	set_place(json, "line", f->line);
	set_place(json, "column_number", f->column);
	set_text(json, "cell", f->cell);
	return json;
}

static json_t *finding(const struct run *run, const struct finding *f)
{
	const struct document *d = documents_get(&run->documents, f->document);
	json_t *json = json_object();

	set_text(json, "code", f->code);
	set_text(json, "severity", severity_name(f->severity));
	set_text(json, "message", f->message);
	set_text(json, "stage", f->stage);
	set_text(json, "source", f->source ? f->source : d ? d->public.source : NULL);
	set_text(json, "document", d ? d->public.uri : NULL);
	set_place(json, "page", f->page);
	set_place(json, "line", f->line);
	set_place(json, "column_number", f->column);
	set_text(json, "cell", f->cell);
	set_text(json, "field", f->field);
	set_value(json, f);
	set_numbers(json, f);
	if (f->second)
		set(json, "other", second(run, f->second));
	set_text(json, "suggested", f->suggested);
	if (f->n_explanations)
		set(json, "explanations", explanations(run, f));
	return json;
}

static json_t *findings(const struct run *run)
{
	json_t *json = json_array();
	size_t i;

	for (i = 0; i < run->findings.count; i++)
		json_array_append_new(json, finding(run, &run->findings.items[i]));
	return json;
}

static json_t *outputs(const struct run *run)
{
	json_t *json = json_array();
	size_t i;

	for (i = 0; run->published && i < run->publish.n_outputs; i++) {
		const struct output *o = &run->publish.outputs[i];
		json_t *output = json_object();

		set_text(output, "path", o->path);
		set_count(output, "rows", o->rows);
		set_count(output, "bytes", o->bytes);
		set_text(output, "sha256", o->sha256);
		json_array_append_new(json, output);
	}
	return json;
}

/* Members with words of muster's own, in which what looks like a secret is none. */
static bool is_own(const char *key)
{
	static const char *const own[] = { "status", "severity", "code",  "kind",
					   "plugin", "stage",    "sha256" };
	size_t i = 0;

	while (i < sizeof own / sizeof *own && strcmp(own[i], key) != 0)
		i++;
	return i < sizeof own / sizeof *own;
}

static json_t *without_secrets(const json_t *value, const struct secrets *secrets)
{
	struct text quoted = { 0 };
	json_t *safe;

	secrets_add_json(secrets, &quoted, json_string_value(value), json_string_length(value));
	safe = json_loads(quoted.data, JSON_DECODE_ANY, NULL);
	text_release(&quoted);
	if (!safe)
		mem_exhausted();
	return safe;
}

/* Each text for itself: what JSON escapes would not be found in the whole, and numbers and
 * names of members that look like a secret are none. */
static void redact(json_t *json, const struct secrets *secrets) // NOLINT(misc-no-recursion)
{
	const char *key;
	json_t *value;
	void *next;
	size_t i;

	json_object_foreach_safe(json, next, key, value)
	{
		if (!json_is_string(value))
			redact(value, secrets);
		else if (!is_own(key))
			set(json, key, without_secrets(value, secrets));
	}
	json_array_foreach(json, i, value) {
		if (!json_is_string(value))
			redact(value, secrets);
		else if (json_array_set_new(json, i, without_secrets(value, secrets)))
			mem_exhausted();
	}
}

void report_json(const struct run *run, struct text *out, bool color)
{
	json_t *json = json_object();
	char *dump;

	(void)color;
	set_count(json, "muster", 1);
	set_text(json, "pipeline", run->pipeline->name);
	set_text(json, "status", run_status_name(run->status));
	set_count(json, "exit", (uint64_t)run->exit);
	if (run->failure.len)
		set_text(json, "failure", run->failure.data);
	set(json, "summary", summary(run));
	set(json, "dataset", dataset(run));
	set(json, "sources", sources(run));
	if (rejected_count(run).rejected)
		set(json, "rejected_documents", rejected_documents(run));
	set(json, "stages", stages(run));
	set(json, "findings", findings(run));
	set(json, "outputs", outputs(run));
	redact(json, &run->pipeline->secrets);
	dump = json_dumps(json, JSON_INDENT(2));
	if (!dump)
		mem_exhausted();
	text_add_printable(out, dump);
	text_putc(out, '\n');
	free(dump);
	json_decref(json);
}
