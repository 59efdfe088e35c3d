/*
 * Plugins built on the spot, for tests of what finds and reads them.
 *
 * A folder of its own is made, which MUSTER_PLUGIN_PATH names; sources are the
 * tests' own texts, after a few lines that every plugin begins with.
 */
#ifndef BUILT_H
#define BUILT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

struct built {
	char folder[64];
};

static inline void built_shell(const char *command)
{
	if (system(command)) {
		fprintf(stderr, "failed: %s\n", command);
		abort();
	}
}

static inline void built_init(struct built *b)
{
	struct text command = { 0 };

	snprintf(b->folder, sizeof b->folder, "%s", "/tmp/muster-test.XXXXXX");
	if (!mkdtemp(b->folder))
		abort();
	text_printf(&command, "cd %s && mkdir fetch parse validate transform export", b->folder);
	built_shell(command.data);
	text_release(&command);
	setenv("MUSTER_PLUGIN_PATH", b->folder, 1);
}

/* A file of the folder with these bytes. */
static inline void built_write(const struct built *b, const char *name, const char *bytes)
{
	struct text path = { 0 };
	FILE *file;

	text_printf(&path, "%s/%s", b->folder, name);
	file = fopen(path.data, "w");
	if (!file || fputs(bytes, file) < 0 || fclose(file))
		abort();
	text_release(&path);
}

/* The plugin `name`, such as parse/csv.  `code` follows functions called fetch,
 * parse, validate, transform and export that do nothing; `flags` go to cc. */
static inline void built_plugin(const struct built *b, const char *name, const char *code,
				const char *flags)
{
	static const char start[] =
		"#include <muster/plugin.h>\n"
		"#define STEP(name, type) static inline int name(struct mu_ctx *c, void *s, "
		"type o) { (void)c; (void)s; (void)o; return 0; }\n"
		"STEP(fetch, struct mu_document *)\n"
		"STEP(parse, struct ArrowArray *)\n"
		"STEP(transform, struct ArrowArray *)\n"
		"STEP(validate, const struct ArrowArray *)\n"
		"STEP(export, const struct ArrowArray *)\n"
		"struct self { const char *path; int64_t limit; };\n";
	struct text text = { 0 };

	text_printf(&text, "%s%s\n", start, code);
	built_write(b, "plugin.c", text.data);
	text_clear(&text);
	text_printf(&text, "cc -std=c17 -fPIC -shared -Icore/include %s -o %s/%s.so %s/plugin.c",
		    flags, b->folder, name, b->folder);
	built_shell(text.data);
	text_release(&text);
}

static inline void built_release(struct built *b)
{
	struct text command = { 0 };

	text_printf(&command, "rm -rf %s", b->folder);
	built_shell(command.data);
	text_release(&command);
}

#endif
