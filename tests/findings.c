/*
 * The findings of a JSON report, a line "CODE LINE COLUMN" each, for the cases:
 *
 *     findings schemas/report.schema.json report.json
 *
 * A dash stands for what a finding does not say.  A report that the schema does
 * not describe fails, with the place in it.
 */
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/* Where in the report one is. */
struct place {
	const struct place *parent;
	const char *key;
	size_t index;
};

static void place_print(const struct place *p)
{
	if (!p)
		return;
	place_print(p->parent);
	if (p->key)
		printf("/%s", p->key);
	else
		printf("/%zu", p->index);
}

static bool wrong(const struct place *p, const char *what, const char *wanted)
{
	fputs("report", stdout);
	place_print(p);
	printf(": %s %s\n", what, wanted);
	return false;
}

static bool is_of_type(const json_t *value, const char *type)
{
	return (!strcmp(type, "object") && json_is_object(value)) ||
	       (!strcmp(type, "array") && json_is_array(value)) ||
	       (!strcmp(type, "string") && json_is_string(value)) ||
	       (!strcmp(type, "integer") && json_is_integer(value)) ||
	       (!strcmp(type, "number") && json_is_number(value));
}

static bool matches(const char *text, const char *pattern)
{
	regex_t regex;
	bool found;

	if (!text || regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB)) {
		fprintf(stderr, "not a pattern: %s\n", pattern);
		return false;
	}
	found = !regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	return found;
}

static bool scalar_fits(const json_t *rule, const json_t *value, const struct place *p)
{
	json_t *wanted, *one;
	size_t i;

	if ((wanted = json_object_get(rule, "const")) && !json_equal(wanted, value))
		return wrong(p, "is not", "the constant");
	if ((wanted = json_object_get(rule, "type")) &&
	    !is_of_type(value, json_string_value(wanted)))
		return wrong(p, "is no", json_string_value(wanted));
	if ((wanted = json_object_get(rule, "enum"))) {
		bool among = false;

		json_array_foreach(wanted, i, one)
			among = among || json_equal(one, value);
		if (!among)
			return wrong(p, "is not", "in the list");
	}
	if ((wanted = json_object_get(rule, "minimum")) &&
	    json_number_value(value) < json_number_value(wanted))
		return wrong(p, "is below", "the minimum");
	if ((wanted = json_object_get(rule, "maximum")) &&
	    json_number_value(value) > json_number_value(wanted))
		return wrong(p, "is above", "the maximum");
	if ((wanted = json_object_get(rule, "pattern")) &&
	    !matches(json_string_value(value), json_string_value(wanted)))
		return wrong(p, "does not match", json_string_value(wanted));
	return true;
}

/* The keywords that the report's schema uses, and no others. */
static void keywords_check(json_t *rule)
{
	static const char *const known[] = {
		"type",        "const",    "enum",       "minimum", "maximum",
		"pattern",     "required", "properties", "items",   "additionalProperties",
		"description", "title",    "$ref",       "$defs",   "$schema"
	};
	const char *key;
	json_t *value;
	size_t i, n = sizeof known / sizeof *known;

	json_object_foreach(rule, key, value) {
		for (i = 0; i < n && strcmp(known[i], key); i++)
			;
		if (i == n) {
			fprintf(stderr, "the schema has '%s', which nothing here checks\n", key);
			exit(2);
		}
	}
}

/* Whether a value is as a rule of the schema wants it. */
static bool fits(json_t *schema, json_t *rule, json_t *value, const struct place *at) /* NOLINT */
{
	const char *ref = json_string_value(json_object_get(rule, "$ref")), *key;
	json_t *properties, *others, *child, *own;
	struct place below = { .parent = at };
	size_t i;
	bool good;

	keywords_check(rule);
	if (ref) {
		rule = json_object_get(json_object_get(schema, "$defs"), ref + strlen("#/$defs/"));
		if (!rule) {
			fprintf(stderr, "the schema has no %s\n", ref);
			exit(2);
		}
		return fits(schema, rule, value, at);
	}
	good = scalar_fits(rule, value, at);
	json_array_foreach(json_object_get(rule, "required"), i, child)
		if (!json_object_get(value, json_string_value(child)))
			good = wrong(at, "lacks", json_string_value(child));
	properties = json_object_get(rule, "properties");
	others = json_object_get(rule, "additionalProperties");
	json_object_foreach(value, key, child) {
		below.key = key;
		own = json_object_get(properties, key);
		if (!own && json_is_false(others))
			good = wrong(&below, "is not", "in the schema");
		else if (own || json_is_object(others))
			good = fits(schema, own ? own : others, child, &below) && good;
	}
	below.key = NULL;
	json_array_foreach(value, below.index, child)
		good = fits(schema, json_object_get(rule, "items"), child, &below) && good;
	return good;
}

static json_t *load(const char *path)
{
	json_error_t error;
	json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (!json) {
		fprintf(stderr, "%s:%d: %s\n", path, error.line, error.text);
		exit(1);
	}
	return json;
}

static void number_print(const json_t *number)
{
	if (json_is_integer(number))
		printf(" %" JSON_INTEGER_FORMAT, json_integer_value(number));
	else
		fputs(" -", stdout);
}

int main(int argc, char **argv)
{
	json_t *schema, *report, *finding;
	size_t i;
	bool good;

	if (argc != 3) {
		fputs("usage: findings SCHEMA.json REPORT.json\n", stderr);
		return 2;
	}
	schema = load(argv[1]);
	report = load(argv[2]);
	good = fits(schema, schema, report, NULL);
	json_array_foreach(json_object_get(report, "findings"), i, finding) {
		const char *code = json_string_value(json_object_get(finding, "code"));

		fputs(code ? code : "-", stdout);
		number_print(json_object_get(finding, "line"));
		number_print(json_object_get(finding, "column_number"));
		putchar('\n');
	}
	json_decref(report);
	json_decref(schema);
	return good ? 0 : 1;
}
