#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "command/command.h"
#include "base/standard.h"
#include "config/loader.h"
#include "config/option.h"
#include "config/pipeline_schema.h"

enum { PLUGINS_JSON, PLUGINS_SCHEMA };

static const struct flag flags[] = {
	[PLUGINS_JSON] = { "json", 0, NULL, "print all that is known of them as JSON" },
	[PLUGINS_SCHEMA] = { "schema", 0, NULL, "print the JSON Schema of pipeline files" },
	{ .name = NULL },
};

static void step_list(struct loader *loader, enum step step, size_t width, struct text *out,
		      struct text *broken)
{
	const char *const *names = loader_names(loader, step);
	const struct plugin *plugin;

	if (names[0])
		text_printf(out, "%s%s\n", out->len ? "\n" : "", step_names[step]);
	for (; *names; names++) {
		struct text why = { 0 };

		plugin = loader_find(loader, step, *names, &why, NULL);
		if (plugin) {
			text_printf(out, "  %-*s  ", (int)width, *names);
			text_add_visible(out, plugin->api.summary, strlen(plugin->api.summary));
			text_putc(out, '\n');
		} else {
			text_puts(broken, "muster: ");
			text_add_visible(broken, why.data, why.len);
			text_putc(broken, '\n');
		}
		text_release(&why);
	}
}

static size_t names_width(struct loader *loader)
{
	size_t width = 0, step;

	for (step = 0; step < N_STEPS; step++) {
		const char *const *names = loader_names(loader, (enum step)step);

		for (; *names; names++)
			if (strlen(*names) > width)
				width = strlen(*names);
	}
	return width;
}

static int plugins_list(struct loader *loader)
{
	struct text out = { 0 }, broken = { 0 };
	size_t width = names_width(loader), step;
	int code = EXIT_VALID;

	for (step = 0; step < N_STEPS; step++)
		step_list(loader, (enum step)step, width, &out, &broken);
	if (out.data)
		fputs(out.data, standard_output());
	if (broken.data) {
		fputs(broken.data, stderr);
		code = EXIT_FAILED;
	}
	if (!width) {
		fputs("muster: no plugins are installed\n", stderr);
		code = EXIT_FAILED;
	}
	text_release(&out);
	text_release(&broken);
	return code;
}

static void indent_line(struct text *out, int indent, const char *line)
{
	text_repeat(out, ' ', (size_t)indent);
	text_add_visible(out, line, strlen(line));
	text_putc(out, '\n');
}

/* ", 1 to 10", of lists with what is counted. */
static void bounds_show(struct text *out, const struct mu_option *o)
{
	bool list = o->type >= MU_TEXTS && o->type <= MU_ITEMS;

	if (!option_has_min(o))
		return;
	text_puts(out, option_has_max(o) ? ", " : ", at least ");
	option_bound(out, o, o->min);
	if (option_has_max(o)) {
		text_puts(out, " to ");
		option_bound(out, o, o->max);
	}
	text_puts(out, list ? " of them" : "");
}

static void choices_show(struct text *out, const struct mu_option *o)
{
	size_t i;

	for (i = 0; o->choices[i]; i++)
		text_printf(out, "%s%s", i ? "|" : "", o->choices[i]);
}

static void options_show(struct text *out, const struct mu_option *options, int indent)
{
	for (; options && options->name; options++) {
		struct text line = { 0 };

		if (options->type == MU_GONE)
			continue;
		text_printf(&line, "%s: ", options->name);
		if (options->type == MU_CHOICE)
			choices_show(&line, options);
		else
			text_puts(&line, option_type_name(options->type));
		bounds_show(&line, options);
		if (options->required)
			text_puts(&line, ", required");
		if (options->fallback)
			text_printf(&line, ", default '%s'", options->fallback);
		indent_line(out, indent, line.data);
		if (options->help)
			indent_line(out, indent + 4, options->help);
		if (options->type == MU_ITEMS)
			options_show(out, options->fields, indent + 4);
		text_release(&line);
	}
}

static void plugin_show(const struct plugin *plugin, struct text *out)
{
	const struct mu_code *code = plugin->api.codes;
	const struct mu_option *options = plugin->api.options;

	text_printf(out, "%s: ", plugin->full);
	indent_line(out, 0, plugin->api.summary);
	if (options && options->name) {
		text_puts(out, "\noptions\n");
		options_show(out, options, 2);
	}
	if (code && code->name)
		text_puts(out, "\nfindings\n");
	for (; code && code->name; code++) {
		text_printf(out, "  %s/%s\n", plugin->name, code->name);
		indent_line(out, 6, code->meaning);
		indent_line(out, 6, code->remedy);
	}
}

static json_t *options_json(const struct mu_option *options)
{
	json_t *out = json_array();

	for (; options && options->name; options++) {
		json_t *one = json_object(), *choices;
		const char *const *choice;

		if (options->type == MU_GONE) {
			json_decref(one);
			continue;
		}
		json_put(one, "name", json_text(options->name));
		json_put(one, "type", json_text(option_type_name(options->type)));
		json_put(one, "required", json_boolean(options->required));
		if (options->fallback)
			json_put(one, "default", json_text(options->fallback));
		if (option_has_min(options))
			json_put(one, "min", json_number(options->min));
		if (option_has_max(options))
			json_put(one, "max", json_number(options->max));
		choices = json_array();
		for (choice = options->choices; options->type == MU_CHOICE && *choice; choice++)
			json_add(choices, json_text(*choice));
		if (options->type == MU_CHOICE)
			json_put(one, "choices", choices);
		else
			json_decref(choices);
		if (options->help)
			json_put(one, "help", json_text(options->help));
		if (options->type == MU_ITEMS)
			json_put(one, "fields", options_json(options->fields));
		json_add(out, one);
	}
	return out;
}

static json_t *plugin_json(const struct plugin *plugin)
{
	const struct mu_code *code = plugin->api.codes;
	json_t *out = json_object(), *codes = json_array();

	json_put(out, "plugin", json_text(plugin->full));
	json_put(out, "summary", json_text(plugin->api.summary));
	json_put(out, "options", options_json(plugin->api.options));
	for (; code && code->name; code++) {
		struct text name = { 0 };
		json_t *one = json_object();

		text_printf(&name, "%s/%s", plugin->name, code->name);
		json_put(one, "code", json_text(name.data));
		json_put(one, "meaning", json_text(code->meaning));
		json_put(one, "remedy", json_text(code->remedy));
		json_add(codes, one);
		text_release(&name);
	}
	json_put(out, "findings", codes);
	return out;
}

static void json_print(json_t *root)
{
	char *text = json_dumps(root, JSON_INDENT(2));

	if (!text)
		mem_exhausted();
	standard_print("%s\n", text);
	free(text);
	json_decref(root);
}

static void error_print(const struct text *why, const struct text *hint)
{
	struct text out = { 0 };

	text_puts(&out, "muster: ");
	text_add_visible(&out, why->data, why->len);
	if (hint && hint->len) {
		text_puts(&out, "\n   ");
		text_add_visible(&out, hint->data, hint->len);
	}
	fprintf(stderr, "%s\n", out.data);
	text_release(&out);
}

/* What cannot be used is said in the JSON itself. */
static int plugins_json(struct loader *loader)
{
	json_t *root = json_object(), *list = json_array(), *one;
	const struct plugin *plugin;
	size_t step, i;

	for (step = 0; step < N_STEPS; step++) {
		const char *const *names = loader_names(loader, (enum step)step);

		for (i = 0; names[i]; i++) {
			struct text why = { 0 }, full = { 0 };

			plugin = loader_find(loader, (enum step)step, names[i], &why, NULL);
			one = plugin ? plugin_json(plugin) : json_object();
			text_printf(&full, "%s/%s", step_names[step], names[i]);
			if (!plugin) {
				json_put(one, "plugin", json_text(full.data));
				json_put(one, "error", json_text(why.data));
			}
			json_add(list, one);
			text_release(&why);
			text_release(&full);
		}
	}
	json_put(root, "plugins", list);
	json_print(root);
	return EXIT_VALID;
}

static int plugins_schema(struct loader *loader)
{
	struct text why = { 0 };
	json_t *root = pipeline_schema(loader, &why);

	if (root)
		json_print(root);
	else
		error_print(&why, NULL);
	text_release(&why);
	return root ? EXIT_VALID : EXIT_FAILED;
}

/* The step in "parse/csv", and where the name begins; false for other words. */
static bool name_split(const char *word, enum step *step, const char **name)
{
	size_t i, len;

	for (i = 0; i < N_STEPS; i++) {
		len = strlen(step_names[i]);
		if (!strncmp(word, step_names[i], len) && word[len] == '/') {
			*step = (enum step)i;
			*name = word + len + 1;
			return true;
		}
	}
	return false;
}

/* A word that is no KIND/NAME. */
static int not_whole(const struct command *self, struct loader *loader, const char *word)
{
	const char **names = NULL;
	struct arena arena = { 0 };
	size_t n = 0, step, i;
	int code;

	for (step = 0; step < N_STEPS; step++) {
		const char *const *of = loader_names(loader, (enum step)step);

		for (i = 0; of[i]; i++) {
			names = mem_resize(names, n + 2, sizeof *names);
			names[n++] = arena_printf(&arena, "%s/%s", step_names[step], of[i]);
		}
	}
	names = mem_resize(names, n + 1, sizeof *names);
	names[n] = NULL;
	code = usage_unknown(self, word, names,
			     "'%s' is no plugin: write KIND/NAME, such as parse/csv", word);
	free(names);
	arena_release(&arena);
	return code;
}

static int plugin_one(const struct command *self, struct loader *loader, const char *word,
		      bool json)
{
	struct text why = { 0 }, hint = { 0 }, out = { 0 };
	const struct plugin *plugin;
	const char *name;
	enum step step;

	if (!name_split(word, &step, &name))
		return not_whole(self, loader, word);
	plugin = loader_find(loader, step, name, &why, &hint);
	if (plugin && json) {
		json_print(plugin_json(plugin));
	} else if (plugin) {
		plugin_show(plugin, &out);
		fputs(out.data, standard_output());
	} else {
		error_print(&why, &hint);
	}
	text_release(&why);
	text_release(&hint);
	text_release(&out);
	return plugin ? EXIT_VALID : EXIT_USAGE;
}

static int plugins_run(const struct command *self, int argc, char **argv)
{
	struct flags rest = { .command = self, .argc = argc, .next = 1, .argv = argv };
	bool json = false, schema = false;
	const char *word = NULL, *value;
	struct loader *loader;
	int flag, code;

	while ((flag = flags_next(&rest, &value)) != FLAG_END) {
		if (flag == FLAG_WRONG)
			return EXIT_USAGE;
		if (flag == FLAG_WORD && word)
			return usage_error(self, "one plugin at a time: '%s' is a second", value);
		if (flag == FLAG_WORD)
			word = value;
		json = json || flag == PLUGINS_JSON;
		schema = schema || flag == PLUGINS_SCHEMA;
	}
	if (schema && (json || word))
		return usage_error(self, "--schema is about all plugins, and stands alone");
	loader = loader_new();
	loader_try_first(loader);
	if (schema)
		code = plugins_schema(loader);
	else if (word)
		code = plugin_one(self, loader, word, json);
	else
		code = json ? plugins_json(loader) : plugins_list(loader);
	loader_free(loader);
	return code;
}

const struct command command_plugins = {
	.name = "plugins",
	.usage = "[KIND/NAME]",
	.summary = "list what is installed, or one plugin's options and findings",
	.flags = flags,
	.run = plugins_run,
};
