#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "interrupt.h"
#include "report.h"
#include "run.h"

enum {
	RUN_SET,
	RUN_OUT,
	RUN_REPORT,
	RUN_JOBS,
	RUN_SELECT,
	RUN_DRY,
	RUN_FAIL_ON,
	RUN_STRICT,
	RUN_QUIET,
	RUN_VERBOSE,
	RUN_COLOR,
	RUN_NO_HASH,
};

static const struct flag flags[] = {
	[RUN_SET] = { "set", 0, "NAME=VALUE", "give a variable of the pipeline another value" },
	[RUN_OUT] = { "out", 0, "DIR", "publish there; default out/ beside the pipeline" },
	[RUN_REPORT] = { "report", 0, "FORMAT[=PATH]",
			 "text or json, to standard output or a file; repeatable" },
	[RUN_JOBS] = { "jobs", 0, "N", "threads that read documents; default one a processor" },
	[RUN_SELECT] = { "select", 0, "SOURCE", "run one source alone, publish nothing" },
	[RUN_DRY] = { "dry-run", 0, NULL, "do all but publishing" },
	[RUN_FAIL_ON] = { "fail-on", 0, "error|warning", "what makes data invalid; default error" },
	[RUN_STRICT] = { "strict", 0, NULL, "checks that cannot be evaluated fail" },
	[RUN_QUIET] = { "quiet", 'q', NULL, "print errors alone" },
	[RUN_VERBOSE] = { "verbose", 'v', NULL, "tell more; twice: all" },
	[RUN_COLOR] = { "color", 0, "auto|always|never", "colour of the text report" },
	[RUN_NO_HASH] = { "no-hash", 0, NULL,
			  "leave the sha256 of documents out: it takes 0.7 s a gigabyte" },
	{ .name = NULL },
};

#define MAX_REPORTS 16

struct wanted_report {
	const struct report_format *format;
	const char *path; /* NULL: standard output */
};

/* The command line, read. */
struct wishes {
	const char *pipeline;
	struct settings settings;
	struct run_options options;
	struct wanted_report reports[MAX_REPORTS];
	size_t n_reports;
	int color;
};

static int choice(const char *value, const char *const *names)
{
	int i;

	for (i = 0; names[i]; i++)
		if (!strcmp(names[i], value))
			return i;
	return -1;
}

static int add_report(const struct command *self, struct wishes *w, const char *value)
{
	size_t len = strcspn(value, "="), i;
	char *name = mem_copy(value);
	const struct report_format *format;
	bool standard = value[len] == '\0';

	name[len] = '\0';
	format = report_format(name);
	free(name);
	if (!format)
		return usage_error(self, "--report: no format '%.*s'; there are text and json",
				   (int)len, value);
	if (w->n_reports == MAX_REPORTS)
		return usage_error(self, "--report: at most %d reports", MAX_REPORTS);
	if (!standard && !value[len + 1])
		return usage_error(self, "--report: '%s' names no file after the =", value);
	for (i = 0; i < w->n_reports; i++)
		if (standard && !w->reports[i].path)
			return usage_error(self, "--report: standard output takes one report; "
						 "write the other to a file with FORMAT=PATH");
	w->options.details = w->options.details || format->details;
	w->reports[w->n_reports++] =
		(struct wanted_report){ .format = format,
					.path = standard ? NULL : value + len + 1 };
	return EXIT_VALID;
}

static int set_jobs(const struct command *self, struct wishes *w, const char *value)
{
	char *end;
	long jobs = strtol(value, &end, 10);

	if (end == value || *end || jobs < 1 || jobs > 256)
		return usage_error(self, "--jobs takes a number from 1 to 256, not '%s'", value);
	w->options.jobs = (unsigned)jobs;
	return EXIT_VALID;
}

static int set_choice(const struct command *self, const char *name, const char *value,
		      const char *const *names, int *out)
{
	*out = choice(value, names);
	if (*out < 0)
		return usage_error(self, "--%s takes %s, %s%s%s, not '%s'", name, names[0],
				   names[1], names[2] ? ", " : "", names[2] ? names[2] : "", value);
	return EXIT_VALID;
}

static int take(const struct command *self, struct wishes *w, int flag, const char *value)
{
	static const char *const colors[] = { "auto", "always", "never", NULL };
	static const char *const levels[] = { "error", "warning", NULL };
	int level = 0, code = EXIT_VALID;

	switch (flag) {
	case FLAG_WORD:
		if (w->pipeline)
			return usage_error(self, "one pipeline at a time: '%s' is the second",
					   value);
		w->pipeline = value;
		break;
	case RUN_SET:
		if (!settings_add(&w->settings, value))
			return usage_error(self, "--set takes NAME=VALUE, not '%s'", value);
		break;
	case RUN_OUT:
		if (!*value)
			return usage_error(self, "--out names no folder");
		w->options.out = value;
		break;
	case RUN_REPORT:
		return add_report(self, w, value);
	case RUN_JOBS:
		return set_jobs(self, w, value);
	case RUN_SELECT:
		w->options.select = value;
		break;
	case RUN_DRY:
		w->options.dry_run = true;
		break;
	case RUN_NO_HASH:
		w->options.no_hash = true;
		break;
	case RUN_FAIL_ON:
		code = set_choice(self, "fail-on", value, levels, &level);
		w->options.fail_on_warning = level == 1;
		break;
	case RUN_STRICT:
		w->options.strict = true;
		break;
	case RUN_QUIET:
		w->options.verbosity = -1;
		break;
	case RUN_VERBOSE:
		w->options.verbosity++;
		break;
	case RUN_COLOR:
		code = set_choice(self, "color", value, colors, &w->color);
		break;
	default:
		code = EXIT_USAGE;
	}
	return code;
}

static int write_file(const char *path, const struct text *text)
{
	struct text temporary = { 0 };
	FILE *file;
	int err = 0;

	text_printf(&temporary, "%s.muster-%ld", path, (long)getpid());
	file = fopen(temporary.data, "wxe");
	if (!file)
		err = errno;
	if (file && fwrite(text->data, 1, text->len, file) != text->len)
		err = errno ? errno : EIO;
	if (file && fclose(file) && !err)
		err = errno;
	if (!err && rename(temporary.data, path))
		err = errno;
	if (err && file)
		unlink(temporary.data);
	text_release(&temporary);
	return err;
}

static int write_report(const struct run *run, const struct wanted_report *r, int color)
{
	struct text out = { 0 };
	int err = 0;

	r->format->write(run, &out,
			 !r->path && color_wanted((enum color_choice)color, STDOUT_FILENO));
	text_add(&out, "", 0);
	secrets_redact(&run->pipeline->secrets, &out, 0);
	if (r->path)
		err = write_file(r->path, &out);
	else if (out.len && (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout)))
		err = errno ? errno : EIO;
	if (err)
		fprintf(stderr, "muster: the report cannot be written to %s: %s\n",
			r->path ? r->path : "standard output", strerror(err));
	text_release(&out);
	return err;
}

/* Without a place in the file a failure has none to show. */
static void print_failure(const struct run *run)
{
	struct text redacted = { 0 }, shown = { 0 };

	if (!run->failure.len)
		return;
	text_add(&redacted, run->failure.data, run->failure.len);
	secrets_redact(&run->pipeline->secrets, &redacted, 0);
	text_add_visible(&shown, redacted.data, redacted.len);
	fprintf(stderr, "muster: %s\n", shown.data);
	text_release(&redacted);
	text_release(&shown);
}

static void print_diagnostics(struct pipeline *p, int color)
{
	struct text out = { 0 };

	diagnostics_print(&p->diagnostics, &out,
			  color_wanted((enum color_choice)color, STDERR_FILENO));
	fputs(out.data ? out.data : "", stderr);
	text_release(&out);
}

static int run_wishes(struct wishes *w)
{
	struct pipeline p = { 0 };
	struct run run = { .pipeline = &p, .options = w->options };
	struct wanted_report text = { .format = report_format("text") };
	int code = EXIT_USAGE, wrong;
	bool standard = false;
	size_t i;

	run.loader = loader_new();
	wrong = pipeline_read(&p, w->pipeline, run.loader, w->settings.items, w->settings.count);
	if (pipeline_check(&p) || wrong) {
		print_diagnostics(&p, w->color);
	} else {
		code = run_pipeline(&run);
		print_diagnostics(&p, w->color);
		print_failure(&run);
		if (code != EXIT_USAGE) {
			for (i = 0; i < w->n_reports; i++) {
				standard = standard || !w->reports[i].path;
				if (write_report(&run, &w->reports[i], w->color))
					code = EXIT_FAILED;
			}
			if (!standard && write_report(&run, &text, w->color))
				code = EXIT_FAILED;
		}
		run_release(&run);
	}
	pipeline_release(&p);
	loader_free(run.loader);
	return code;
}

static int run_run(const struct command *self, int argc, char **argv)
{
	struct flags rest = { .command = self, .argc = argc, .next = 1, .argv = argv };
	struct wishes wishes = { 0 };
	const char *value;
	int code = EXIT_VALID, flag;

	while (code == EXIT_VALID && (flag = flags_next(&rest, &value)) != FLAG_END)
		code = take(self, &wishes, flag, value);
	if (code == EXIT_VALID && !wishes.pipeline)
		code = usage_error(self, "name a pipeline file");
	if (code == EXIT_VALID) {
		interrupt_listen();
		mem_at_exhaustion(publish_abandon);
		document_guard_mapping(publish_abandon);
		code = run_wishes(&wishes);
	}
	settings_release(&wishes.settings);
	return code;
}

const struct command command_run = {
	.name = "run",
	.usage = "PIPELINE",
	.summary = "run a pipeline; publish its dataset when it is valid",
	.more = "Exit: 0 valid and published, 1 the data is not valid, 2 usage or configuration,\n"
		"3 could not run to the end, 128+n ended by signal n.",
	.flags = flags,
	.run = run_run,
};
