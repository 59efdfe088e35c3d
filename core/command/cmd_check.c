#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "base/standard.h"
#include "config/pipeline.h"
#include "run/out.h"
#include "stage/check.h"

enum { CHECK_SET, CHECK_OUT };

static const struct flag flags[] = {
	[CHECK_SET] = { "set", 0, "NAME=VALUE", "give a variable of the pipeline another value" },
	[CHECK_OUT] = { "out", 0, "DIR",
			"that run will publish there; default out/ beside the pipeline" },
	{ .name = NULL },
};

static void summary_print(const struct pipeline *p)
{
	struct text out = { 0 };
	size_t stages = p->dataset.count, i;

	for (i = 0; i < p->n_sources; i++)
		stages += p->sources[i].count;
	text_add_visible(&out, p->path, strlen(p->path));
	text_puts(&out, ": ok (");
	text_add_count(&out, p->n_sources, "source");
	text_puts(&out, ", ");
	text_add_count(&out, stages, "stage");
	text_puts(&out, ")");
	standard_print("%s\n", out.data);
	text_release(&out);
}

/* What `run` would say of its output folder before it does anything. */
static bool folder_check(const struct pipeline *p, const char *out)
{
	struct text path = { 0 }, why = { 0 }, shown = { 0 };
	bool good;

	if (out)
		text_puts(&path, out);
	else
		text_printf(&path, "%s/out", p->folder);
	good = !out_check(p, path.data, &why);
	if (!good) {
		text_add_visible(&shown, why.data, why.len);
		fprintf(stderr, "muster: %s\n", shown.data);
	}
	text_release(&path);
	text_release(&why);
	text_release(&shown);
	return good;
}

static int file_check(const char *path, const char *out_folder, struct loader *loader,
		      struct settings *settings)
{
	struct pipeline p = { 0 };
	struct text out = { 0 };
	int wrong, err;

	/* Both, even if the first finds something: all of it in one go. */
	wrong = pipeline_read(&p, path, loader, settings->items, settings->count);
	err = pipeline_check(&p);
	if (p.folder && !folder_check(&p, out_folder) && !err)
		err = EINVAL;
	if (!wrong && !err) {
		summary_print(&p);
	} else {
		diagnostics_print(&p.diagnostics, &out, color_wanted(COLOR_AUTO, STDERR_FILENO));
		fputs(out.data ? out.data : "", stderr);
	}
	text_release(&out);
	pipeline_release(&p);
	if (err && err != EINVAL)
		return EXIT_FAILED;
	return wrong || err ? EXIT_USAGE : EXIT_VALID;
}

static int check_run(const struct command *self, int argc, char **argv)
{
	struct flags rest = { .command = self, .argc = argc, .next = 1, .argv = argv };
	struct settings settings = { 0 };
	const char **paths = mem_alloc((size_t)argc * sizeof *paths), *value, *out = NULL;
	size_t n_paths = 0, i;
	int code = EXIT_VALID, flag;
	struct loader *loader;

	while ((flag = flags_next(&rest, &value)) != FLAG_END && code == EXIT_VALID) {
		if (flag == FLAG_WORD)
			paths[n_paths++] = value;
		else if (flag == FLAG_WRONG)
			code = EXIT_USAGE;
		else if (flag == CHECK_OUT)
			out = value;
		else if (!settings_add(&settings, value))
			code = usage_error(self, "--set takes NAME=VALUE, not '%s'", value);
	}
	if (code == EXIT_VALID && !n_paths)
		code = usage_error(self, "name a pipeline file");
	loader = code == EXIT_VALID ? loader_new() : NULL;
	for (i = 0; loader && i < n_paths; i++) {
		int checked = file_check(paths[i], out, loader, &settings);

		code = checked > code ? checked : code;
	}
	loader_free(loader);
	settings_release(&settings);
	free(paths);
	return code;
}

const struct command command_check = {
	.name = "check",
	.usage = "PIPELINE...",
	.summary = "check pipeline files alone: no network, no data",
	.flags = flags,
	.run = check_run,
};
