#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/standard.h"
#include "base/watch.h"
#include "command/command.h"
#include "guess/guess.h"
#include "store/publish.h"

static const struct flag flags[] = { { .name = NULL } };

static int guess(const char *path)
{
	struct loader *loader = loader_new();
	struct text draft = { 0 }, why = { 0 }, shown = { 0 };
	int err, code = EXIT_VALID;

	interrupt_listen();
	loader_try_first(loader);
	watch_begin(publish_abandon);
	err = guess_file(loader, path, &draft, &why);
	if (err) {
		code = err == ECANCELED ? EXIT_SIGNAL + interrupt_signal() : EXIT_FAILED;
		text_add_visible(&shown, why.data, why.len);
		fprintf(stderr, "muster: %s\n", shown.data);
	} else if (fputs(draft.data, standard_output()) == EOF || fflush(standard_output())) {
		code = EXIT_FAILED;
		fprintf(stderr, "muster: the draft cannot be written: %s\n", strerror(errno));
	}
	text_release(&draft);
	text_release(&why);
	text_release(&shown);
	loader_free(loader);
	watch_end();
	return code;
}

static int guess_run(const struct command *self, int argc, char **argv)
{
	struct flags rest = { .command = self, .argc = argc, .next = 1, .argv = argv };
	const char *value, *path = NULL;
	int flag;

	while ((flag = flags_next(&rest, &value)) != FLAG_END) {
		if (flag == FLAG_WRONG)
			return EXIT_USAGE;
		if (path)
			return usage_error(self, "one file at a time: '%s' is the second", value);
		path = value;
	}
	return path ? guess(path) : usage_error(self, "name a file");
}

const struct command command_guess = {
	.name = "guess",
	.usage = "FILE",
	.summary = "print a draft pipeline for a file",
	.more = "The draft is for the folder that it is printed in.  Its comments say what was\n"
		"decided on little, and what came of it when it was run: the first 20,000 rows\n"
		"show what the columns hold, but all of the file is read, however large it is.\n"
		"Exit: 0 there is a draft, 3 the file cannot be read, or no parser knows it.",
	.flags = flags,
	.run = guess_run,
};
