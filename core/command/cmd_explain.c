#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "base/standard.h"
#include "config/loader.h"
#include "ledger/finding.h"

static const struct flag flags[] = { { .name = NULL } };

/* Called for every code there is; `name` is whole, "csv/ragged". */
typedef void each_code(void *data, const char *name, const struct mu_code *code);

static void codes_each(struct loader *loader, each_code *call, void *data)
{
	const struct mu_code *code;
	enum step step;
	size_t i;

	for (code = core_codes; code->name; code++)
		call(data, code->name, code);
	for (step = STEP_FETCH; step < N_STEPS; step++) {
		const char *const *names = loader_names(loader, step);

		for (i = 0; names[i]; i++) {
			struct text why = { 0 }, full = { 0 };
			const struct plugin *p = loader_find(loader, step, names[i], &why, NULL);

			for (code = p ? p->api.codes : NULL; code && code->name; code++) {
				text_clear(&full);
				text_printf(&full, "%s/%s", p->name, code->name);
				call(data, full.data, code);
			}
			if (!p) {
				text_add_visible(&full, why.data, why.len);
				fprintf(stderr, "muster: %s\n", full.data);
			}
			text_release(&why);
			text_release(&full);
		}
	}
}

struct search {
	const char *name;
	bool found;
	char **all; /* NULL-ended */
	size_t count;
};

static void print_wrapped(const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (column && column + 1 + len > 78) {
			standard_print("\n");
			column = 0;
		}
		standard_print("%s%.*s", column ? " " : "  ", (int)len, text);
		column += len + 1;
		text += len + (text[len] == ' ');
	}
	standard_print("\n");
}

static void explain(void *data, const char *name, const struct mu_code *code)
{
	struct search *s = data;

	s->all = mem_resize(s->all, s->count + 2, sizeof *s->all);
	s->all[s->count++] = mem_copy(name);
	s->all[s->count] = NULL;
	if (strcmp(name, s->name))
		return;
	if (!s->found)
		standard_print("%s\n", name);
	s->found = true;
	print_wrapped(code->meaning);
	standard_print("\n");
	print_wrapped(code->remedy);
}

static void list(void *data, const char *name, const struct mu_code *code)
{
	size_t len = strcspn(code->meaning, ".");

	(void)data;
	standard_print("%-28s %.*s\n", name, (int)len, code->meaning);
}

static int explain_code(const struct command *self, struct loader *loader, const char *name)
{
	struct search s = { .name = name };
	int code = EXIT_VALID;
	size_t i;

	codes_each(loader, explain, &s);
	if (!s.found)
		code = usage_unknown(self, name, (const char *const *)s.all,
				     "no finding has the code '%s'", name);
	for (i = 0; i < s.count; i++)
		free(s.all[i]);
	free(s.all);
	return code;
}

static int explain_run(const struct command *self, int argc, char **argv)
{
	struct flags rest = { .command = self, .argc = argc, .next = 1, .argv = argv };
	const char *value, *name = NULL;
	struct loader *loader;
	int flag, code = EXIT_VALID;

	while ((flag = flags_next(&rest, &value)) != FLAG_END) {
		if (flag == FLAG_WRONG)
			return EXIT_USAGE;
		if (name)
			return usage_error(self, "one code at a time: '%s' is the second", value);
		name = value;
	}
	loader = loader_new();
	loader_try_first(loader);
	if (name)
		code = explain_code(self, loader, name);
	else
		codes_each(loader, list, NULL);
	loader_free(loader);
	return code;
}

const struct command command_explain = {
	.name = "explain",
	.usage = "[CODE]",
	.summary = "what a finding means and how to mend it",
	.more = "Without a code, all codes are listed.",
	.flags = flags,
	.run = explain_run,
};
