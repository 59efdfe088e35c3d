#include "publish/datapackage.h"

#include <string.h>

#include "stage/rejected.h"

/* The text is put together by hand: there is nothing in it that can fail but memory, and
 * that the core's own functions see to. */

static void add_text(struct text *out, const char *key, const char *value)
{
	text_printf(out, "\"%s\": ", key);
	text_add_json(out, value, strlen(value));
}

/* What comes from outside may have secrets in it. */
static void add_safe(struct text *out, const struct run *run, const char *key, const char *value)
{
	text_printf(out, "\"%s\": ", key);
	secrets_add_json(&run->pipeline->secrets, out, value, strlen(value));
}

static void add_count(struct text *out, const char *key, uint64_t count)
{
	text_printf(out, "\"%s\": %llu", key, (unsigned long long)count);
}

/* A resource's name: small letters, digits, dots, dashes and underscores. */
static void add_name(struct text *out, const char *path)
{
	text_puts(out, "\"name\": \"");
	for (; *path; path++) {
		char c = *path >= 'A' && *path <= 'Z' ? (char)(*path - 'A' + 'a') : *path;

		text_putc(out, (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("._-", c)
				       ? c
				       : '-');
	}
	text_putc(out, '"');
}

static const char *format(const char *path)
{
	const char *name = strrchr(path, '/'), *dot = strrchr(name ? name : path, '.');

	return dot ? dot + 1 : "";
}

static void add_resource(struct text *out, const struct output *o)
{
	static const char next[] = ",\n      ";

	text_puts(out, "    {\n      ");
	add_name(out, o->path);
	text_puts(out, next);
	add_text(out, "path", o->path);
	text_puts(out, next);
	add_text(out, "format", format(o->path));
	text_puts(out, next);
	add_count(out, "bytes", o->bytes);
	text_printf(out, "%s\"hash\": \"sha256:%s\"%s", next, o->sha256, next);
	add_count(out, "rows", o->rows);
	text_puts(out, "\n    }");
}

static void add_document(struct text *out, const struct run *run, const struct document *d,
			 bool rejected)
{
	static const char next[] = ",\n      ";

	text_puts(out, "    {\n      ");
	add_safe(out, run, "title", d->public.name);
	text_puts(out, next);
	add_safe(out, run, "path", d->public.published);
	if (d->public.sha256) {
		text_puts(out, next);
		add_text(out, "sha256", d->public.sha256);
	}
	if (rejected) {
		text_puts(out, next);
		add_text(out, "code", d->blame.code);
		text_puts(out, next);
		add_safe(out, run, "message", d->blame.message);
	}
	text_puts(out, "\n    }");
}

/* Begins a list with the first item, and goes on with the next. */
static void add_item(struct text *out, const char *key, size_t index)
{
	if (index)
		text_puts(out, ",\n");
	else
		text_printf(out, ",\n  \"%s\": [\n", key);
}

static void end_list(struct text *out, const char *key, size_t count)
{
	if (count)
		text_puts(out, "\n  ]");
	else
		text_printf(out, ",\n  \"%s\": []", key);
}

static void add_sources(struct text *out, const struct run *run)
{
	size_t n = 0, i;

	for (i = 0; i < run->documents.count; i++) {
		if (run->documents.items[i]->unread)
			continue;
		add_item(out, "sources", n++);
		add_document(out, run, run->documents.items[i], false);
	}
	end_list(out, "sources", n);
}

/* What is left out of the dataset, and why. */
static void add_rejected(struct text *out, const struct run *run)
{
	const struct document *d;
	size_t n = 0, i = 0;

	while ((d = rejected_next(run, &i))) {
		add_item(out, "rejected_documents", n++);
		add_document(out, run, d, true);
	}
	if (n)
		end_list(out, "rejected_documents", n);
}

void datapackage_write(const struct run *run, struct text *out)
{
	size_t i;

	text_puts(out, "{\n  \"muster\": \"1\",\n  ");
	add_safe(out, run, "name", run->pipeline->name);
	if (run->pipeline->title) {
		text_puts(out, ",\n  ");
		add_safe(out, run, "title", run->pipeline->title);
	}
	for (i = 0; i < run->publish.n_outputs; i++) {
		add_item(out, "resources", i);
		add_resource(out, &run->publish.outputs[i]);
	}
	end_list(out, "resources", i);
	add_sources(out, run);
	add_rejected(out, run);
	text_puts(out, "\n}\n");
}
