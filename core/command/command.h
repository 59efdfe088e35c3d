/*
 * Commands of the program: one file cmd_NAME.c each, listed in main.c.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>

#include "base/exit_code.h"

/* One option on the command line, "--name VALUE" or "--name=VALUE". */
struct flag {
	const char *name; /* "out"; NULL ends a table */
	char letter;      /* 'q' for -q, or 0 */
	const char *value; /* what it takes, for help: "DIR"; NULL: nothing */
	const char *help;
};

struct command {
	const char *name, *usage; /* "check", "PIPELINE..." */
	const char *summary;      /* a line */
	const char *more;         /* further help, or NULL */
	const struct flag *flags;
	/* argv[0] is the command's name.  Gives the exit code. */
	int (*run)(const struct command *self, int argc, char **argv);
};

extern const struct command command_run, command_check, command_plugins, command_explain,
	command_lock, command_cache, command_guess;

/* One argument after another: the index of a flag in the table, with its value
 * in *value; FLAG_WORD for an argument that is none ("-" and all after "--"
 * too); FLAG_END; FLAG_WRONG after a message on standard error. */
enum { FLAG_END = -1, FLAG_WORD = -2, FLAG_WRONG = -3 };
struct flags {
	const struct command *command;
	int argc, next;
	char **argv;
	bool words_only;
	const char *letters; /* the rest of a group such as -qv */
};
int flags_next(struct flags *flags, const char **value);

/* Writes to standard error: "muster: ", the message, and a hint where to read
 * on.  Gives EXIT_USAGE. */
int usage_error(const struct command *command, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Likewise of a name that is none of `candidates`, a NULL-ended array: the message ends
 * with the one that was probably meant.  A candidate KIND/NAME is met by its NAME, too. */
int usage_unknown(const struct command *command, const char *name, const char *const *candidates,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The index of a flag's value among two or three names, in *out.  Gives the exit code,
 * EXIT_VALID when it is one of them. */
int value_choose(const struct command *command, const char *name, const char *value,
		 const char *const *names, int *out);

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
int color_choose(const struct command *command, const char *value, int *out); /* exit code */
bool color_wanted(enum color_choice choice, int fd); /* NO_COLOR, TERM=dumb, isatty */

/* Prints a command's help to standard output. */
void command_help(const struct command *command);

#endif
