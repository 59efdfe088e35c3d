#include <stdlib.h>
#include <string.h>

#include "command/errand.h"

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
	RUN_LOCKED,
	RUN_OFFLINE,
};

static const struct flag flags[] = {
	[RUN_SET] = { "set", 0, "NAME=VALUE", "give a variable of the pipeline another value" },
	[RUN_OUT] = { "out", 0, "DIR", "publish there; default out/ beside the pipeline" },
	[RUN_REPORT] = { "report", 0, "FORMAT[=PATH]",
			 "text or json, to standard output (also -) or a file; repeatable" },
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
	[RUN_LOCKED] = { "locked", 0, NULL, "fail when what arrives differs from muster.lock" },
	[RUN_OFFLINE] = { "offline", 0, NULL,
			  "read the copies that muster.lock pins, fetch nothing" },
	{ .name = NULL },
};

static int unknown_format(const struct command *self, const char *name)
{
	const char *names[8] = { NULL };
	struct text list = { 0 };
	size_t i;
	int code;

	for (i = 0; report_formats[i].name && i < 7; i++) {
		names[i] = report_formats[i].name;
		text_printf(&list, "%s%s", i ? ", " : "", names[i]);
	}
	code = usage_unknown(self, name, names, "--report: no format '%s'; there are %s", name,
			     list.data);
	text_release(&list);
	return code;
}

static int add_report(const struct command *self, struct errand *s, const char *value)
{
	size_t len = strcspn(value, "="), i;
	char *name = mem_copy(value);
	const struct report_format *format;
	bool standard = !value[len] || !strcmp(value + len, "=-");
	int code = EXIT_VALID;

	name[len] = '\0';
	format = report_format(name);
	if (!format)
		code = unknown_format(self, name);
	free(name);
	if (code != EXIT_VALID)
		return code;
	if (s->n_reports == MAX_REPORTS)
		return usage_error(self, "--report: at most %d reports", MAX_REPORTS);
	if (!standard && !value[len + 1])
		return usage_error(self, "--report: '%s' names no file after the =", value);
	for (i = 0; i < s->n_reports; i++)
		if (standard && !s->reports[i].path)
			return usage_error(self, "--report: standard output takes one report; "
						 "write the other to a file with FORMAT=PATH");
	s->options.details = s->options.details || format->details;
	s->reports[s->n_reports++] =
		(struct wanted_report){ .format = format,
					.path = standard ? NULL : value + len + 1 };
	return EXIT_VALID;
}

static int set_jobs(const struct command *self, struct errand *s, const char *value)
{
	char *end;
	long jobs = strtol(value, &end, 10);

	if (end == value || *end || jobs < 1 || jobs > 256)
		return usage_error(self, "--jobs takes a number from 1 to 256, not '%s'", value);
	s->options.jobs = (unsigned)jobs;
	return EXIT_VALID;
}

static int take(const struct command *self, struct errand *s, int flag, const char *value)
{
	static const char *const levels[] = { "error", "warning", NULL };
	int level = 0, code = EXIT_VALID;

	switch (flag) {
	case FLAG_WORD:
		if (s->pipeline)
			return usage_error(self, "one pipeline at a time: '%s' is the second",
					   value);
		s->pipeline = value;
		break;
	case RUN_SET:
		if (!settings_add(&s->settings, value))
			return usage_error(self, "--set takes NAME=VALUE, not '%s'", value);
		break;
	case RUN_OUT:
		if (!*value)
			return usage_error(self, "--out names no folder");
		s->options.out = value;
		break;
	case RUN_REPORT:
		return add_report(self, s, value);
	case RUN_JOBS:
		return set_jobs(self, s, value);
	case RUN_SELECT:
		s->options.select = value;
		break;
	case RUN_DRY:
		s->options.dry_run = true;
		break;
	case RUN_NO_HASH:
		s->options.no_hash = true;
		break;
	case RUN_LOCKED:
		s->options.locked = true;
		break;
	case RUN_OFFLINE:
		s->options.offline = true;
		break;
	case RUN_FAIL_ON:
		code = value_choose(self, "fail-on", value, levels, &level);
		s->options.fail_on_warning = level == 1;
		break;
	case RUN_STRICT:
		s->options.strict = true;
		break;
	case RUN_QUIET:
		s->options.verbosity = -1;
		break;
	case RUN_VERBOSE:
		s->options.verbosity++;
		break;
	case RUN_COLOR:
		code = color_choose(self, value, &s->color);
		break;
	default:
		code = EXIT_USAGE;
	}
	return code;
}

static int run_run(const struct command *self, int argc, char **argv)
{
	struct flags rest = { .command = self, .argc = argc, .next = 1, .argv = argv };
	struct errand errand = { .options = { .over = true } };
	const char *value;
	int code = EXIT_VALID, flag;

	while (code == EXIT_VALID && (flag = flags_next(&rest, &value)) != FLAG_END)
		code = take(self, &errand, flag, value);
	if (code == EXIT_VALID && !errand.pipeline)
		code = usage_error(self, "name a pipeline file");
	if (code == EXIT_VALID)
		code = errand_run(&errand);
	settings_release(&errand.settings);
	return code;
}

const struct command command_run = {
	.name = "run",
	.usage = "PIPELINE",
	.summary = "run a pipeline; publish its dataset when it is valid",
	.more = "Exit: 0 valid and published, 1 the data is not valid, 2 usage or configuration,\n"
		"3 could not run to the end, 4 a source differs from its lock, 128+n ended by\n"
		"signal n.",
	.flags = flags,
	.run = run_run,
};
