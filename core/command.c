#include "command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

int usage_error(const struct command *command, const char *fmt, ...)
{
	struct text message = { 0 }, shown = { 0 };
	va_list ap;

	va_start(ap, fmt);
	text_vprintf(&message, fmt, ap);
	va_end(ap);
	text_add_visible(&shown, message.data, message.len);
	fprintf(stderr, "muster: %s\n", shown.data);
	fprintf(stderr, "muster: see 'muster help%s%s'\n", command ? " " : "",
		command ? command->name : "");
	text_release(&message);
	text_release(&shown);
	return EXIT_USAGE;
}

static const char *nearest_flag(const struct command *command, const char *name)
{
	const char *names[32] = { NULL };
	size_t i;

	for (i = 0; command->flags[i].name && i < 31; i++)
		names[i] = command->flags[i].name;
	return text_nearest(name, names);
}

static int unknown(const struct command *command, const char *name)
{
	const char *near = nearest_flag(command, name);

	usage_error(command, "%s has no option --%s%s%s%s", command->name, name,
		    near ? "; did you mean --" : "", near ? near : "", near ? "?" : "");
	return FLAG_WRONG;
}

/* "--name", "--name=VALUE", "--name VALUE". */
static int long_flag(struct flags *f, const char *argument, const char **value)
{
	size_t len = strcspn(argument, "=");
	char name[64];
	int i;

	if (len >= sizeof name) {
		usage_error(f->command, "%s has no option --%s", f->command->name, argument);
		return FLAG_WRONG;
	}
	memcpy(name, argument, len);
	name[len] = '\0';
	for (i = 0; f->command->flags[i].name; i++)
		if (!strcmp(f->command->flags[i].name, name))
			break;
	if (!f->command->flags[i].name)
		return unknown(f->command, name);
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
	char letter = *f->letters++;
	int i;

	*value = NULL;
	if (!*f->letters)
		f->letters = NULL;
	for (i = 0; f->command->flags[i].name; i++)
		if (f->command->flags[i].letter == letter)
			return i;
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
		return usage_error(command, "--%s takes %s, %s%s%s, not '%s'", name, names[0],
				   names[1], names[2] ? ", " : "", names[2] ? names[2] : "", value);
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

	printf("usage: muster %s %s%s\n\n%s.\n", command->name,
	       command->flags[0].name ? "[options] " : "", command->usage, command->summary);
	if (command->flags[0].name)
		printf("\noptions:\n");
	for (f = command->flags; f->name; f++) {
		char left[64];

		snprintf(left, sizeof left, "%s%c%s--%s%s%s", f->letter ? "-" : "",
			 f->letter ? f->letter : ' ', f->letter ? ", " : "", f->name,
			 f->value ? " " : "", f->value ? f->value : "");
		printf("  %-26s %s\n", left, f->help);
	}
	if (command->more)
		printf("\n%s\n", command->more);
}
