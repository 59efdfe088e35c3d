#include "config/pipeline_schema.h"

#include <muster/table.h>

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "config/option.h"
#include "config/pipeline.h"
#include "config/variable.h"

/* Where a text stands for a value: written in quotes, or through a variable. */
#define VARIABLE "\\$\\{"

static json_t *options_object(const struct mu_option *options);

static json_t *json_sure(json_t *value)
{
	if (!value)
		mem_exhausted();
	return value;
}

void json_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, json_sure(value)))
		mem_exhausted();
}

void json_add(json_t *array, json_t *value)
{
	if (json_array_append_new(array, json_sure(value)))
		mem_exhausted();
}

json_t *json_text(const char *text)
{
	struct text visible = { 0 };
	json_t *out;

	text_add_visible(&visible, text, strlen(text));
	out = json_sure(json_stringn(visible.data ? visible.data : "", visible.len));
	text_release(&visible);
	return out;
}

json_t *json_number(double number)
{
	/* Up to 2^53 every whole number is exact. */
	if (fabs(number) <= 9007199254740992.0 && (double)(int64_t)number == number)
		return json_sure(json_integer((json_int_t)number));
	return json_sure(json_real(number));
}

static json_t *typed(const char *type)
{
	json_t *out = json_sure(json_object());

	json_put(out, "type", json_text(type));
	return out;
}

static json_t *reference(const char *kind, const char *name)
{
	struct text path = { 0 };
	json_t *out = json_sure(json_object());

	text_printf(&path, "#/definitions/%s%s%s", kind, name ? "." : "", name ? name : "");
	json_put(out, "$ref", json_text(path.data));
	text_release(&path);
	return out;
}

static json_t *patterned(const char *pattern)
{
	json_t *out = typed("string");

	json_put(out, "pattern", json_text(pattern));
	return out;
}

static json_t *either(json_t *one, json_t *other)
{
	json_t *out = json_sure(json_object()), *list = json_sure(json_array());

	json_add(list, one);
	json_add(list, other);
	json_put(out, "anyOf", list);
	return out;
}

static void put_bounds(json_t *out, const struct mu_option *o, const char *min, const char *max)
{
	if (option_has_min(o))
		json_put(out, min, json_number(o->min));
	if (option_has_max(o))
		json_put(out, max, json_number(o->max));
}

/* A number as such, or as a text of the pattern. */
static json_t *number_schema(const struct mu_option *o, const char *type, const char *pattern)
{
	json_t *number = typed(type);

	if (!option_has_min(o) && (o->type == MU_BYTES || o->type == MU_SECONDS))
		json_put(number, "minimum", json_number(0));
	put_bounds(number, o, "minimum", "maximum");
	return either(number, patterned(pattern));
}

static json_t *choice_schema(const struct mu_option *o)
{
	json_t *names = json_sure(json_array()), *one = json_sure(json_object());
	const char *const *choice;

	for (choice = o->choices; *choice; choice++)
		json_add(names, json_text(*choice));
	json_put(one, "enum", names);
	return either(one, patterned(VARIABLE));
}

static json_t *list_schema(const struct mu_option *o, json_t *items)
{
	json_t *list = typed("array");

	json_put(list, "items", items);
	put_bounds(list, o, "minItems", "maxItems");
	return list;
}

static json_t *pairs_schema(const struct mu_option *o)
{
	json_t *map = typed("object");

	json_put(map, "additionalProperties", reference("text", NULL));
	put_bounds(map, o, "minProperties", "maxProperties");
	return map;
}

static json_t *value_schema(const struct mu_option *o)
{
	switch (o->type) {
	case MU_INT:
		return number_schema(o, "integer", VARIABLE "|^-?[0-9]+$");
	case MU_REAL:
		return number_schema(o, "number", VARIABLE "|^-?[0-9.]+([eE][-+]?[0-9]+)?$");
	case MU_BYTES:
		return number_schema(o, "integer", VARIABLE "|^[0-9]+([KMG]i)?$");
	case MU_SECONDS:
		return number_schema(o, "number", VARIABLE "|^[0-9.]+(ms|s|m|h)?$");
	case MU_BOOL:
		return either(typed("boolean"), patterned(VARIABLE "|^(true|false)$"));
	case MU_CHOICE:
		return choice_schema(o);
	case MU_TEXTS:
		return either(reference("text", NULL), list_schema(o, reference("text", NULL)));
	case MU_PAIRS:
		return pairs_schema(o);
	case MU_ITEMS:
		return list_schema(o, options_object(o->fields));
	default:
		return reference("text", NULL);
	}
}

static json_t *fallback_value(const struct mu_option *o)
{
	struct mu_string text = { o->fallback, strlen(o->fallback) };
	int64_t whole;
	double number;
	bool truth;

	if (o->type == MU_BOOL && mu_parse_boolean(text, &truth))
		return json_sure(json_boolean(truth));
	if ((o->type == MU_INT || o->type == MU_BYTES) && mu_parse_integer(text, &whole))
		return json_sure(json_integer(whole));
	if ((o->type == MU_REAL || o->type == MU_SECONDS) && mu_parse_number(text, &number))
		return json_number(number);
	return json_text(o->fallback);
}

/* Next to a $ref draft 7 ignores everything, hence allOf. */
static json_t *option_schema(const struct mu_option *o)
{
	json_t *out = value_schema(o), *list, *outer;

	if (json_object_get(out, "$ref")) {
		outer = json_sure(json_object());
		list = json_sure(json_array());
		json_add(list, out);
		json_put(outer, "allOf", list);
		out = outer;
	}
	if (o->help)
		json_put(out, "description", json_text(o->help));
	if (o->fallback)
		json_put(out, "default", fallback_value(o));
	return out;
}

/* An object of these options and no others. */
static json_t *options_object(const struct mu_option *options)
{
	json_t *out = typed("object"), *properties = json_sure(json_object());
	json_t *required = json_sure(json_array());

	for (; options && options->name; options++) {
		if (options->type == MU_GONE)
			continue;
		json_put(properties, options->name, option_schema(options));
		if (options->required)
			json_add(required, json_text(options->name));
	}
	json_put(out, "additionalProperties", json_sure(json_false()));
	if (json_array_size(required))
		json_put(out, "required", required);
	else
		json_decref(required);
	json_put(out, "properties", properties);
	return out;
}

static json_t *constant(const char *name)
{
	json_t *out = json_sure(json_object());

	json_put(out, "const", json_text(name));
	return out;
}

static json_t *strings(const char *const *names)
{
	json_t *out = json_sure(json_array());

	for (; *names; names++)
		json_add(out, json_text(*names));
	return out;
}

static json_t *requiring(const char *key)
{
	const char *const names[] = { key, NULL };
	json_t *out = json_sure(json_object());

	json_put(out, "required", strings(names));
	return out;
}

/* {if: {properties: {parse: {const: csv}}}, then: {$ref: parse.csv}} */
static json_t *plugin_rule(const char *step, const char *name)
{
	json_t *out = json_sure(json_object()), *when = json_sure(json_object());
	json_t *properties = json_sure(json_object());

	json_put(properties, step, constant(name));
	json_put(when, "properties", properties);
	json_put(out, "if", when);
	json_put(out, "then", reference(step, name));
	return out;
}

static json_t *step_schema(const char *step, const char *const *names)
{
	json_t *out = requiring(step), *properties = json_sure(json_object());
	json_t *plugins = json_sure(json_object()), *rules = json_sure(json_array());

	json_put(plugins, "description", json_text("the plugin that does it"));
	json_put(plugins, "enum", strings(names));
	json_put(properties, step, plugins);
	json_put(out, "type", json_text("object"));
	json_put(out, "properties", properties);
	for (; *names; names++)
		json_add(rules, plugin_rule(step, *names));
	if (json_array_size(rules))
		json_put(out, "allOf", rules);
	else
		json_decref(rules);
	return out;
}

static json_t *plugin_schema(const struct plugin *plugin)
{
	json_t *out = options_object(plugin->api.options), *step = json_sure(json_object());

	json_put(out, "description", json_text(plugin->api.summary));
	json_put(step, "const", json_text(plugin->name));
	json_put(json_object_get(out, "properties"), step_names[plugin->step], step);
	return out;
}

static bool put_plugins(struct loader *loader, json_t *definitions, struct text *why)
{
	size_t step, i;

	for (step = 0; step < N_STEPS; step++) {
		const char *const *names = loader_names(loader, (enum step)step);

		json_put(definitions, step_names[step], step_schema(step_names[step], names));
		for (i = 0; names[i]; i++) {
			const struct plugin *plugin =
				loader_find(loader, (enum step)step, names[i], why, NULL);
			struct text key = { 0 };

			if (!plugin)
				return false;
			text_printf(&key, "%s.%s", step_names[step], names[i]);
			json_put(definitions, key.data, plugin_schema(plugin));
			text_release(&key);
		}
	}
	return true;
}

/* A stage with `step` or, if it has no such key, whatever `other` says. */
static json_t *step_or(const char *step, json_t *other)
{
	json_t *out = json_sure(json_object());

	json_put(out, "if", requiring(step));
	json_put(out, "then", reference(step, NULL));
	json_put(out, "else", other);
	return out;
}

static json_t *source_schema(void)
{
	json_t *out = typed("array"), *first = json_sure(json_array());

	json_add(first, reference("fetch", NULL));
	json_add(first, reference("parse", NULL));
	json_put(out, "minItems", json_number(2));
	json_put(out, "items", first);
	json_put(out, "additionalItems", step_or("validate", reference("transform", NULL)));
	return out;
}

static json_t *dataset_schema(void)
{
	json_t *out = typed("array"), *last = reference("export", NULL);

	json_put(out, "description",
		 json_text("the stages that the rows of all sources go through, exports last"));
	json_put(out, "minItems", json_number(1));
	json_put(out, "items", step_or("validate", step_or("transform", last)));
	json_put(out, "contains", requiring("export"));
	return out;
}

static json_t *named_schema(const char *description, json_t *values)
{
	json_t *out = typed("object");

	json_put(out, "description", json_text(description));
	json_put(out, "propertyNames", patterned("^[A-Za-z0-9_-]+$"));
	json_put(out, "additionalProperties", values);
	return out;
}

static json_t *text_schema(void)
{
	static const char *const types[] = { "string", "number", "boolean", NULL };
	json_t *out = json_sure(json_object());

	json_put(out, "type", strings(types));
	return out;
}

/* The options of the pipeline itself, and the keys that are none. */
static json_t *described(const char *description)
{
	json_t *out = json_sure(json_object());

	json_put(out, "description", json_text(description));
	return out;
}

static json_t *limit_schema(void)
{
	json_t *number = typed("integer");

	json_put(number, "minimum", json_number(0));
	return either(number, patterned("^[0-9]+(\\.[0-9]+)? *%$|^[0-9]+$|" VARIABLE));
}

static json_t *max_rejected_schema(void)
{
	json_t *out = typed("object"), *properties = json_sure(json_object());

	json_put(out, "description",
		 json_text("how many documents, and how many rows, may be rejected: a number, or a "
			   "share of all such as 10%"));
	json_put(properties, "documents", limit_schema());
	json_put(properties, "rows", limit_schema());
	json_put(out, "properties", properties);
	json_put(out, "additionalProperties", json_sure(json_false()));
	return out;
}

static json_t *root_schema(void)
{
	json_t *out = options_object(pipeline_options);
	json_t *properties = json_object_get(out, "properties");
	json_t *required = json_object_get(out, "required"), *sources, *muster;

	muster = json_object_get(properties, "muster");
	json_object_del(muster, "anyOf");
	json_put(muster, "const", json_number(1));
	json_put(json_object_get(properties, "name"), "pattern",
		 json_text("^[a-z0-9][a-z0-9-]*$|" VARIABLE));
	json_put(properties, "max_rejected", max_rejected_schema());
	json_put(properties, "shared",
		 described("what stages have in common: &name there, and *name or "
			   "<<: *name where it is used"));
	json_put(properties, "vars",
		 named_schema("texts that ${name} stands for; --set gives them other values",
			      either(reference("text", NULL), options_object(variable_options))));
	sources = named_schema("the stages of each source: fetch, parse, then validate and "
			       "transform",
			       reference("source", NULL));
	json_put(sources, "minProperties", json_number(1));
	json_put(properties, "sources", sources);
	json_put(properties, "dataset", dataset_schema());
	json_add(required, json_text("sources"));
	json_add(required, json_text("dataset"));
	return out;
}

json_t *pipeline_schema(struct loader *loader, struct text *why)
{
	json_t *out = json_sure(json_object()), *root = root_schema();
	json_t *definitions = json_sure(json_object());

	json_put(out, "$schema", json_text("http://json-schema.org/draft-07/schema#"));
	json_put(out, "title", json_text("muster pipeline"));
	if (json_object_update(out, root))
		mem_exhausted();
	json_decref(root);
	json_put(definitions, "text", text_schema());
	json_put(definitions, "source", source_schema());
	if (!put_plugins(loader, definitions, why)) {
		json_decref(definitions);
		json_decref(out);
		return NULL;
	}
	json_put(out, "definitions", definitions);
	return out;
}
