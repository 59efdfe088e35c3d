/*
 * The command line: `muster COMMAND ...`.
 */
#include <dlfcn.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <muster/table.h>

#include "base/mem.h"
#include "base/standard.h"
#include "base/text.h"
#include "base/watch.h"
#include "command/command.h"
#include "config/loader.h"

#define VERSION "0.1.0"

static const struct command *const commands[] = {
	&command_run,   &command_check,   &command_lock,    &command_cache,
	&command_guess, &command_plugins, &command_explain,
};

#define N_COMMANDS (sizeof commands / sizeof *commands)

static const struct command *command_find(const char *name)
{
	size_t i;

	for (i = 0; i < N_COMMANDS; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static void print_help(void)
{
	size_t i;

	standard_print(
		"usage: muster COMMAND [options] ...\n\n"
		"Turns published mission rosters into one validated dataset.\n\ncommands:\n");
	for (i = 0; i < N_COMMANDS; i++)
		standard_print("  %-8s %-14s %s\n", commands[i]->name, commands[i]->usage,
			       commands[i]->summary);
	standard_print("  help     [COMMAND]      this text, or that of a command\n"
		       "\n'muster --version' prints the version.\n");
}

static int unknown(const char *name)
{
	const char *names[N_COMMANDS + 4] = { "help", "--help", "--version" };
	size_t i;

	for (i = 0; i < N_COMMANDS; i++)
		names[i + 3] = commands[i]->name;
	return usage_unknown(NULL, name, names, "there is no command '%s'", name);
}

static int help(const char *name)
{
	const struct command *command = name ? command_find(name) : NULL;

	if (name && !command && strcmp(name, "help") != 0)
		return unknown(name);
	if (command)
		command_help(command);
	else
		print_help();
	return EXIT_VALID;
}

/* Plugins find this one before the library's, so that nobody leaves without a word. */
__attribute__((visibility("default"))) void _exit(int status)
{
	watch_leaving("_exit", status);
	watch_exit(status);
}

__attribute__((visibility("default"))) void _Exit(int status)
{
	watch_leaving("_Exit", status);
	watch_exit(status);
}

/* A sanitizer stands before the library itself, and must not be passed by. */
extern int sanitized_create(pthread_t *, const pthread_attr_t *, void *(*)(void *),
			    void *) __asm__("__interceptor_pthread_create") __attribute__((weak));

__attribute__((visibility("default"))) int pthread_create(pthread_t *thread,
							  const pthread_attr_t *attr,
							  void *(*start_routine)(void *), void *arg)
{
	int (*make)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
		sanitized_create;

	if (!make)
		*(void **)&make = dlsym(RTLD_NEXT, "pthread_create");
	return watch_thread(make, thread, attr, start_routine, arg);
}

__attribute__((visibility("default"))) int pthread_cancel(pthread_t th)
{
	int (*cancel)(pthread_t);

	watch_cancelling(th);
	*(void **)&cancel = dlsym(RTLD_NEXT, "pthread_cancel");
	return cancel(th);
}

static bool takes_value(const struct command *command, const char *argument)
{
	const struct flag *f = command->flags;

	if (strncmp(argument, "--", 2) != 0)
		return false;
	while (f->name && strcmp(f->name, argument + 2) != 0)
		f++;
	return f->name && f->value;
}

/* Wherever an option may stand, also behind the action of a command. */
static bool asks_for_help(const struct command *command, int argc, char **argv)
{
	int i;

	for (i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return true;
		i += takes_value(command, argv[i]);
	}
	return false;
}

static int act(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	const struct command *command;
	int32_t today;
	int code;

	if (!name)
		return usage_error(NULL, "name a command");
	if (!strcmp(name, "help") || !strcmp(name, "--help") || !strcmp(name, "-h")) {
		code = help(argc > 2 ? argv[2] : NULL);
	} else if (!strcmp(name, "--version")) {
		standard_print("muster %s (plugin ABI %d)\n", VERSION, MUSTER_ABI);
		code = EXIT_VALID;
	} else if (!(command = command_find(name))) {
		code = unknown(name);
	} else if (asks_for_help(command, argc, argv)) {
		code = help(name);
	} else if (mu_today(&today)) {
		return usage_error(command,
				   "SOURCE_DATE_EPOCH is '%s', and should be a number of seconds "
				   "since 1970",
				   getenv("SOURCE_DATE_EPOCH"));
	} else {
		code = command->run(command, argc - 1, argv + 1);
	}
	if (fflush(standard_output()) || ferror(standard_output())) {
		fprintf(stderr, "muster: standard output cannot be written to\n");
		return EXIT_FAILED;
	}
	return code;
}

/* jansson passes on that there is no memory, but not always: what it makes then lacks
 * something, or a good file is told to be wrong. */
static void *json_memory(size_t size)
{
	void *block = malloc(size);

	if (!block)
		mem_exhausted();
	return block;
}

/* What plugins of others left to be done at the end could still change how it ends. */
int main(int argc, char **argv)
{
	int code;

	if (!standard_begin()) {
		fprintf(stderr, "muster: the standard streams cannot be opened\n");
		return EXIT_FAILED;
	}
	json_set_alloc_funcs(json_memory, free);
	watch_begin(NULL);
	code = act(argc, argv);
	watch_end();
	if (loader_met_others())
		watch_exit(code);
	return code;
}
