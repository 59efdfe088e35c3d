#include "datapackage.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "rejected.h"

/* A resource's name: small letters, digits, dots, dashes and underscores. */
static json_t *resource_name(const char *path)
{
	struct text name = { 0 };
	json_t *json;

	for (; *path; path++) {
		char c = *path >= 'A' && *path <= 'Z' ? (char)(*path - 'A' + 'a') : *path;

		text_putc(&name,
			  (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("._-", c)
				  ? c
				  : '-');
	}
	json = json_string(name.data);
	text_release(&name);
	return json;
}

static json_t *resource(const struct output *o)
{
	const char *dot = strrchr(o->path, '.');
	struct text hash = { 0 };
	json_t *json;

	text_printf(&hash, "sha256:%s", o->sha256);
	json = json_pack("{s:o, s:s, s:s, s:I, s:s, s:I}", "name", resource_name(o->path), "path",
			 o->path, "format", dot ? dot + 1 : "", "bytes", (json_int_t)o->bytes,
			 "hash", hash.data, "rows", (json_int_t)o->rows);
	text_release(&hash);
	return json;
}

static json_t *source(const struct document *d)
{
	return json_pack("{s:s, s:s, s:s*}", "title", d->public.name, "path", d->public.published,
			 "sha256", d->public.sha256);
}

/* What is left out of the dataset, and why; NULL when nothing is. */
static json_t *rejected(const struct run *run)
{
	json_t *json = NULL;
	const struct document *d;
	size_t i = 0;

	while ((d = rejected_next(run, &i))) {
		json = json ? json : json_array();
		json_array_append_new(json, json_pack("{s:s, s:s, s:s*, s:s, s:s}", "title",
						      d->public.name, "path", d->public.published,
						      "sha256", d->public.sha256, "code",
						      d->blame.code, "message", d->blame.message));
	}
	return json;
}

void datapackage_write(const struct run *run, struct text *out)
{
	json_t *package, *resources = json_array(), *sources = json_array();
	char *dump;
	size_t i;

	for (i = 0; i < run->publish.n_outputs; i++)
		json_array_append_new(resources, resource(&run->publish.outputs[i]));
	for (i = 0; i < run->documents.count; i++)
		if (!run->documents.items[i]->unread)
			json_array_append_new(sources, source(run->documents.items[i]));
	package = json_pack("{s:s, s:s, s:s*, s:o, s:o, s:o*}", "muster", "1", "name",
			    run->pipeline->name, "title", run->pipeline->title, "resources",
			    resources, "sources", sources, "rejected_documents", rejected(run));
	dump = json_dumps(package, JSON_INDENT(2));
	if (!dump)
		mem_exhausted();
	text_puts(out, dump);
	text_putc(out, '\n');
	secrets_redact(&run->pipeline->secrets, out, 0);
	free(dump);
	json_decref(package);
}
