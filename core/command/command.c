#include "command/command.h"
#include "base/standard.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <muster/table.h>

#include "base/mem.h"
#include "base/text.h"

/* Prints the message, which is released. */
static int usage_print(const struct command *command, struct text *message)
{
	struct text shown = { 0 };

	text_add_visible(&shown, message->data, message->len);
	fprintf(stderr, "muster: %s\n", shown.data);
	fprintf(stderr, "muster: see 'muster help%s%s'\n", command ? " " : "",
		command ? command->name : "");
	text_release(message);
	text_release(&shown);
	return EXIT_USAGE;
}

int usage_error(const struct command *command, const char *fmt, ...)
{
	struct text message = { 0 };
	va_list ap;

	va_start(ap, fmt);
	text_vprintf(&message, fmt, ap);
	va_end(ap);
	return usage_print(command, &message);
}

/* The candidate that is nearest to a name, as a whole or by what follows its slash. */
static const char *nearest_path(const char *name, const char *const *candidates)
{
	const char *near = mu_nearest(name, candidates), **tails;
	size_t n = 0, i;

	if (near || strchr(name, '/'))
		return near;
	while (candidates[n])
		n++;
	tails = mem_alloc((n + 1) * sizeof *tails);
	for (i = 0; i < n; i++) {
		const char *slash = strchr(candidates[i], '/');

		tails[i] = slash ? slash + 1 : candidates[i];
	}
	near = mu_nearest(name, tails);
	for (i = 0; near && tails[i] != near; i++)
		;
	free(tails);
	return near ? candidates[i] : NULL;
}

int usage_unknown(const struct command *command, const char *name, const char *const *candidates,
		  const char *fmt, ...)
{
	const char *near = nearest_path(name, candidates);
	struct text message = { 0 };
	va_list ap;

	va_start(ap, fmt);
	text_vprintf(&message, fmt, ap);
	va_end(ap);
	if (near)
		text_printf(&message, "; did you mean '%s'?", near);
	return usage_print(command, &message);
}

/* An option that the command does not have; `name` with its dashes, as it was written. */
static int unknown(const struct command *command, const char *name, size_t len)
{
	struct arena arena = { 0 };
	const char *names[32] = { NULL };
	size_t i;

	for (i = 0; command->flags[i].name && i < 31; i++)
		names[i] = arena_printf(&arena, "--%s", command->flags[i].name);
	name = arena_copy(&arena, name, len);
	usage_unknown(command, name, names, "%s has no option %s", command->name, name);
	arena_release(&arena);
	return FLAG_WRONG;
}

/* "--name", "--name=VALUE", "--name VALUE". */
static int long_flag(struct flags *f, const char *argument, const char **value)
{
	size_t len = strcspn(argument, "=");
	const char *name;
	int i;

	for (i = 0; (name = f->command->flags[i].name); i++)
		if (strlen(name) == len && !memcmp(name, argument, len))
			break;
	if (!name)
		return unknown(f->command, argument - 2, len + 2);
	*value = argument[len] ? argument + len + 1 : NULL;
	if (*value && !f->command->flags[i].value) {
		usage_error(f->command, "--%s takes no value", name);
		return FLAG_WRONG;
	}
	if (!*value && f->command->flags[i].value && f->next < f->argc)
		*value = f->argv[f->next++];
	if (!*value && f->command->flags[i].value) {
		usage_error(f->command, "--%s needs a value: %s", name, f->command->flags[i].value);
		return FLAG_WRONG;
	}
	return i;
}

static int short_flag(struct flags *f, const char **value)
{
	const char *group = f->argv[f->next - 1];
	char letter = *f->letters++;
	int i;

	*value = NULL;
	if (!*f->letters)
		f->letters = NULL;
	for (i = 0; f->command->flags[i].name; i++)
		if (f->command->flags[i].letter == letter)
			return i;
	/* One dash too few, or a letter that means nothing. */
	if (group[2])
		return unknown(f->command, group, strcspn(group, "="));
	usage_error(f->command, "%s has no option -%c", f->command->name, letter);
	return FLAG_WRONG;
}

int flags_next(struct flags *f, const char **value)
{
	const char *argument;

	*value = NULL;
	if (f->letters)
		return short_flag(f, value);
	if (f->next >= f->argc)
		return FLAG_END;
	argument = f->argv[f->next++];
	if (!f->words_only && !strcmp(argument, "--")) {
		f->words_only = true;
		return flags_next(f, value);
	}
	if (!f->words_only && !strncmp(argument, "--", 2))
		return long_flag(f, argument + 2, value);
	if (!f->words_only && argument[0] == '-' && argument[1]) {
		f->letters = argument + 1;
		return short_flag(f, value);
	}
	*value = argument;
	return FLAG_WORD;
}

static int choice(const char *value, const char *const *names)
{
	int i;

	for (i = 0; names[i]; i++)
		if (!strcmp(names[i], value))
			return i;
	return -1;
}

int value_choose(const struct command *command, const char *name, const char *value,
		 const char *const *names, int *out)
{
	*out = choice(value, names);
	if (*out < 0)
		return usage_unknown(command, value, names, "--%s takes %s, %s%s%s, not '%s'", name,
				     names[0], names[1], names[2] ? ", " : "",
				     names[2] ? names[2] : "", value);
	return EXIT_VALID;
}

int color_choose(const struct command *command, const char *value, int *out)
{
	static const char *const names[] = { "auto", "always", "never", NULL };

	return value_choose(command, "color", value, names, out);
}

bool color_wanted(enum color_choice choice, int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (choice != COLOR_AUTO)
		return choice == COLOR_ALWAYS;
	return !(no && *no) && !(term && !strcmp(term, "dumb")) && isatty(fd);
}

void command_help(const struct command *command)
{
	const struct flag *f;

	standard_print("usage: muster %s %s%s\n\n%s.\n", command->name,
		       command->flags[0].name ? "[options] " : "", command->usage,
		       command->summary);
	if (command->flags[0].name)
		standard_print("\noptions:\n");
	for (f = command->flags; f->name; f++) {
		char left[64];

		snprintf(left, sizeof left, "%s%c%s--%s%s%s", f->letter ? "-" : "",
			 f->letter ? f->letter : ' ', f->letter ? ", " : "", f->name,
			 f->value ? " " : "", f->value ? f->value : "");
		standard_print("  %-26s %s\n", left, f->help);
	}
	if (command->more)
		standard_print("\n%s\n", command->more);
}
