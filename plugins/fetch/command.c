/*
 * What a program prints, as a document:
 *
 *     sources:
 *       letters:
 *         - fetch: command
 *           argv: [pdftotext, -layout, data/letter.pdf, -]
 *           name: letter.txt
 *         - parse: document
 *
 * No shell is in between: an argument is what it is, whatever characters it has.  The
 * program runs in the folder of the pipeline, with nothing to read on standard input,
 * and with PATH, HOME, TMPDIR and LC_ALL=C.UTF-8 as its environment, and what `variables`
 * adds.  A secret belongs there: arguments can be seen by everybody on the machine.
 *
 * It has to end with status 0, in time, and to have printed something; else the run
 * stops, and says what it wrote to standard error.
 */
#include <inttypes.h>
#include <string.h>

#include <muster/plugin.h>

#include "bytes/media.h"

enum {
	SAID_LINES = 3,
	SAID_BYTES = 400,
};

struct self {
	struct mu_texts argv;
	const char *folder;
	struct mu_pairs variables;
	const char *name, *media_type;
	double timeout;
	int64_t max_output, max_memory;

	bool done;
};

static const struct mu_option options[] = {
	MU_OPT_TEXTS(
		struct self, argv, .required = true, .min = 1, .max = 1000,
		.help = "the program and its arguments; a name without / is looked for in PATH, "
			"one with / from the folder on"),
	MU_OPT_PATH(struct self, folder, .fallback = ".", .help = "where it runs"),
	MU_OPT_PAIRS(struct self, variables, .help = "more of its environment, by name"),
	MU_OPT_TEXT(struct self, name,
		    .help = "what the document is called; otherwise as the program"),
	MU_OPT_TEXT(struct self, media_type,
		    .help = "such as text/csv; otherwise as the name ends"),
	MU_OPT_SECONDS(struct self, timeout, .fallback = "60s", .min = 0.001, .max = 1e6,
		       .help = "how long it may take"),
	MU_OPT_BYTES(struct self, max_output, .fallback = "1Gi", .min = 1, .max = 0x1p40,
		     .help = "how much it may print, and write to any one file"),
	MU_OPT_BYTES(struct self, max_memory, .fallback = "4Gi", .min = 0x1p20, .max = 0x1p40,
		     .help = "how much address space it may take"),
	{ 0 },
};

static int variable_check(struct mu_ctx *ctx, const struct mu_pair *v)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
	static const char others[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

	if (*v->name && strchr(letters, *v->name) && !v->name[strspn(v->name, others)])
		return 0;
	return mu_invalid(ctx, &v->name,
			  "'%s' cannot be the name of a variable: it has letters, digits and _",
			  v->name);
}

static int command_configure(struct mu_ctx *ctx, void *state)
{
	struct self *self = state;
	size_t i;
	int err = 0;

	if (self->argv.count && !*self->argv.items[0])
		err = mu_invalid(ctx, &self->argv.items[0],
				 "argv begins with the name of a program");
	for (i = 0; i < self->variables.count; i++)
		if (variable_check(ctx, &self->variables.items[i]))
			err = EINVAL;
	return err;
}

static bool needs_quotes(const char *arg)
{
	return !*arg || arg[strcspn(arg, " \t\n'\"\\#")];
}

/* The arguments as they are, since secrets are only found as they are; in quotes those
 * that would be taken for several. */
static const char *uri_make(struct mu_ctx *ctx, const struct mu_texts *argv)
{
	size_t room = sizeof "command:", i;
	char *uri, *to;

	for (i = 0; i < argv->count; i++)
		room += strlen(argv->items[i]) + sizeof " ''" - 1;
	uri = mu_alloc(ctx, room);
	to = stpcpy(uri, "command:");
	for (i = 0; i < argv->count; i++) {
		const char *quote = needs_quotes(argv->items[i]) ? "'" : "";

		to = stpcpy(to, i ? " " : "");
		to = stpcpy(stpcpy(stpcpy(to, quote), argv->items[i]), quote);
	}
	return uri;
}

/* What else decides what is printed: NAME=VALUE, NULL-ended. */
static const char **environment_make(struct mu_ctx *ctx, const struct mu_pairs *variables)
{
	const char **out = mu_alloc(ctx, (variables->count + 1) * sizeof *out);
	size_t i;

	for (i = 0; i < variables->count; i++) {
		const struct mu_pair *v = &variables->items[i];
		char *text = mu_alloc(ctx, strlen(v->name) + strlen(v->value) + 2);

		stpcpy(stpcpy(stpcpy(text, v->name), "="), v->value);
		out[i] = text;
	}
	return out;
}

/* The same as one text; NULL when there is none. */
static const char *request_make(struct mu_ctx *ctx, const char *const *environment)
{
	size_t room = 1, i;
	char *request, *to;

	for (i = 0; environment[i]; i++)
		room += strlen(environment[i]) + 1;
	to = request = mu_alloc(ctx, room);
	for (i = 0; environment[i]; i++)
		to = stpcpy(stpcpy(to, i ? "\n" : ""), environment[i]);
	return environment[0] ? request : NULL;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The first lines of a message as one: ", and says: no table; line 3", or "". */
static const char *said(struct mu_ctx *ctx, const char *message)
{
	char *out = mu_alloc(ctx, SAID_BYTES + 64), *to = out;
	size_t left = SAID_BYTES, lines = 0;

	for (message += strspn(message, "\r\n"); *message && left && lines < SAID_LINES; lines++) {
		size_t len = strcspn(message, "\r\n"), taken = len < left ? len : left;

		to = mempcpy(stpcpy(to, lines ? "; " : ", and says: "), message, taken);
		if (taken < len)
			stpcpy(to, "...");
		left -= taken;
		message += len;
		message += strspn(message, "\r\n");
	}
	return out;
}

/* How the program ended, when it did not end well. */
static int end_fail(struct mu_ctx *ctx, const struct self *self, const struct mu_printed *printed)
{
	const char *program = self->argv.items[0], *says = said(ctx, printed->message);

	switch (printed->end) {
	case MU_END_TIME:
		return mu_fail(ctx, ETIMEDOUT,
			       "%s was ended: it takes more than the %g s that timeout allows%s",
			       program, self->timeout, says);
	case MU_END_OUTPUT:
		return mu_fail(ctx, EFBIG,
			       "%s was ended: it prints more than the %" PRId64
			       " bytes that max_output allows%s",
			       program, self->max_output, says);
	case MU_END_SIGNAL:
		return mu_fail(ctx, EIO, "%s ended by signal %d%s", program, printed->status, says);
	default:
		return mu_fail(ctx, EIO, "%s ended with exit status %d%s", program, printed->status,
			       says);
	}
}

static int command_fetch(struct mu_ctx *ctx, void *state, struct mu_document *out)
{
	struct self *self = state;
	const char **variables;
	struct mu_printed printed;
	struct mu_program program = { .size = sizeof program,
				      .argv = self->argv.items,
				      .seconds = self->timeout,
				      .memory = (uint64_t)self->max_memory,
				      .output = (uint64_t)self->max_output,
				      .folder = self->folder };
	int err;

	*out = (struct mu_document){ .size = sizeof *out };
	if (self->done)
		return 0;
	self->done = true;
	program.variables = variables = environment_make(ctx, &self->variables);
	err = mu_program_run(ctx, &program, &printed);
	if (err)
		return err;
	if (printed.end)
		return end_fail(ctx, self, &printed);
	if (!printed.len)
		return mu_fail(ctx, ENODATA, "%s printed nothing%s", self->argv.items[0],
			       said(ctx, printed.message));
	if (*printed.message)
		mu_log(ctx, MU_INFO, "%s wrote to standard error: %s", self->argv.items[0],
		       printed.message);
	out->path = printed.path;
	out->uri = uri_make(ctx, &self->argv);
	out->request = request_make(ctx, variables);
	out->name = self->name ? self->name : last_part(self->argv.items[0]);
	out->media_type = self->media_type ? self->media_type : media_type_of(out->name);
	return 0;
}

MUSTER_PLUGIN(.name = "command", .summary = "what a program prints", .options = options,
	      .self_size = sizeof(struct self), .configure = command_configure,
	      .fetch = command_fetch);
