#include <stdio.h>
#include <string.h>

#include "command/errand.h"
#include "sources/lock.h"
#include "stage/run.h"

enum { LOCK_UPDATE, LOCK_SET, LOCK_QUIET, LOCK_VERBOSE, LOCK_COLOR };

static const struct flag flags[] = {
	[LOCK_UPDATE] = { "update", 0, "SOURCE",
			  "pin one source anew, leave the others as they are" },
	[LOCK_SET] = { "set", 0, "NAME=VALUE", "give a variable of the pipeline another value" },
	[LOCK_QUIET] = { "quiet", 'q', NULL, "print errors alone" },
	[LOCK_VERBOSE] = { "verbose", 'v', NULL, "tell more; twice: all" },
	[LOCK_COLOR] = { "color", 0, "auto|always|never", "colour of the text report" },
	{ .name = NULL },
};

/* What came, in place of what was pinned. */
static void pin(struct run *run)
{
	struct text why = { 0 };
	int err;

	if (run->status == STATUS_FAILED)
		return;
	err = lock_write(run->pins, run, &why);
	if (err) {
		run_fail(run, NULL, err, why.data);
		run->status = STATUS_FAILED;
		run->exit = EXIT_FAILED;
	}
	text_release(&why);
}

static int take(const struct command *self, struct errand *s, int flag, const char *value)
{
	switch (flag) {
	case FLAG_WORD:
		if (s->pipeline)
			return usage_error(self, "one pipeline at a time: '%s' is the second",
					   value);
		s->pipeline = value;
		return EXIT_VALID;
	case LOCK_UPDATE:
		s->options.select = value;
		return EXIT_VALID;
	case LOCK_SET:
		if (!settings_add(&s->settings, value))
			return usage_error(self, "--set takes NAME=VALUE, not '%s'", value);
		return EXIT_VALID;
	case LOCK_QUIET:
		s->options.verbosity = -1;
		return EXIT_VALID;
	case LOCK_VERBOSE:
		s->options.verbosity++;
		return EXIT_VALID;
	case LOCK_COLOR:
		return color_choose(self, value, &s->color);
	default:
		return EXIT_USAGE;
	}
}

static int lock_run(const struct command *self, int argc, char **argv)
{
	struct flags rest = { .command = self, .argc = argc, .next = 1, .argv = argv };
	struct errand errand = { .options = { .pinning = true, .dry_run = true }, .then = pin };
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

const struct command command_lock = {
	.name = "lock",
	.usage = "PIPELINE",
	.summary = "pin what the sources deliver, in muster.lock beside the pipeline",
	.more = "Everything but publishing is done.  The lock is written when all documents could\n"
		"be read; the exit is 1 when what they say is not valid, as that of run.",
	.flags = flags,
	.run = lock_run,
};
