/* Pipeline files: variables, chains, and all their mistakes in one go. */
#include <check.h>

#include "built.h"
#include "config/pipeline.h"
#include "config/variable.h"

static struct built built;
static struct loader *loader;
static struct pipeline p;
static struct text shown;

static int read_with(const char *yaml, struct setting *settings, size_t n_settings)
{
	struct text path = { 0 };
	int err;

	built_write(&built, "x.yaml", yaml);
	text_printf(&path, "%s/x.yaml", built.folder);
	err = pipeline_read(&p, path.data, loader, settings, n_settings);
	p.diagnostics.path = "x.yaml";
	text_clear(&shown);
	diagnostics_print(&p.diagnostics, &shown, false);
	text_puts(&shown, "");
	text_release(&path);
	return err;
}

static void set_up(void)
{
	loader = loader_new();
}

static void tear_down(void)
{
	pipeline_release(&p);
	loader_free(loader);
	text_release(&shown);
}

#define HEAD    "muster: 1\nname: x\n"
#define SOURCE  "sources:\n  a:\n    - fetch: made\n      path: f\n    - parse: made\n"
#define DATASET "dataset:\n  - export: made\n    path: out\n"

START_TEST(a_small_pipeline_is_read)
{
	ck_assert_msg(!read_with(HEAD SOURCE DATASET, NULL, 0), "%s", shown.data);
	ck_assert_str_eq(p.name, "x");
	ck_assert_ptr_null(p.title);
	ck_assert_int_eq(p.on_error, ON_ERROR_STOP);
	ck_assert_uint_eq(p.n_sources, 1);
	ck_assert_str_eq(p.sources[0].name, "a");
	ck_assert_uint_eq(p.sources[0].count, 2);
	ck_assert_str_eq(p.sources[0].stages[1].name, "sources.a[1]");
	ck_assert_str_eq(p.sources[0].stages[1].source, "a");
	ck_assert_str_eq(p.sources[0].stages[1].plugin->full, "parse/made");
	ck_assert(p.sources[0].stages[1].valid);
	ck_assert_str_eq(p.dataset.stages[0].name, "dataset[0]");
	ck_assert_ptr_null(p.dataset.stages[0].source);
	ck_assert_str_eq(p.folder, built.folder);
}
END_TEST

/* The text that the option `path` of the first fetch has in the end. */
static const struct yaml_node *fetched(void)
{
	return yaml_get(p.sources[0].stages[0].map, "path");
}

#define FETCHING(path, vars) \
	HEAD "vars:\n" vars "sources:\n  a:\n    - fetch: made\n      path: " path \
	     "\n    - parse: made\n" DATASET

static const struct {
	const char *yaml, *value;
} replaced[] = {
	{ FETCHING("${b}", "  a: x\n  b: ${a}/y\n"), "x/y" },
	{ FETCHING("'$${a} $ ${a}$'", "  a: x\n"), "${a} $ x$" },
	{ FETCHING("${a}", "  a: '{b: [c'\n"), "{b: [c" },
	{ FETCHING("${a}", "  a: 'null'\n"), "null" },
	{ FETCHING("${a}", "  a: '$${b}'\n"), "${b}" },
	{ FETCHING("$$${a}", "  a: x\n"), "$${a}" },
	{ FETCHING("${a}", "  a: {env: MUSTER_TEST}\n"), "from outside" },
	{ FETCHING("${a}", "  a: {env: MUSTER_TEST_NOT, default: spare}\n"), "spare" },
	{ FETCHING("*x", "  a: x\n  b: &x ${a}-${a}\n"), "x-x" },
};

START_TEST(variables_are_replaced_in_parsed_text)
{
	ck_assert_msg(!read_with(replaced[_i].yaml, NULL, 0), "%s", shown.data);
	ck_assert_str_eq(fetched()->text, replaced[_i].value);
	ck_assert(!fetched()->from_set);
}
END_TEST

START_TEST(set_takes_the_place_of_a_variable)
{
	struct setting settings[] = { { "a", "unused", false }, { "a", "mine", false } };

	ck_assert(!read_with(FETCHING("${b}", "  a: x\n  b: ${a}/y\n"), settings, 2));
	ck_assert_str_eq(fetched()->text, "mine/y");
	ck_assert(fetched()->from_set);
	ck_assert(settings[0].used && settings[1].used);
	pipeline_release(&p);
	/* Only what begins with it starts where the user is. */
	ck_assert(!read_with(FETCHING("d/${a}", "  a: x\n"), settings, 2));
	ck_assert(!fetched()->from_set);
}
END_TEST

START_TEST(settings_are_read_from_words)
{
	struct settings settings = { 0 };

	ck_assert(settings_add(&settings, "a=b=c"));
	ck_assert(settings_add(&settings, "empty="));
	ck_assert(!settings_add(&settings, "a"));
	ck_assert(!settings_add(&settings, "=a"));
	ck_assert_uint_eq(settings.count, 2);
	ck_assert_str_eq(settings.items[0].name, "a");
	ck_assert_str_eq(settings.items[0].value, "b=c");
	ck_assert_str_eq(settings.items[1].value, "");
	settings_release(&settings);
}
END_TEST

START_TEST(secrets_stay_inside)
{
	ck_assert(read_with(FETCHING("f\n      limit: ${a}",
				     "  a: {env: MUSTER_TEST, secret: true, default: inner-door}\n"
				     "  b: inner-door\n  c: ${inner-door}\n"),
			    NULL, 0));
	ck_assert_uint_eq(p.secrets.count, 2);
	ck_assert_ptr_nonnull(strstr(shown.data, "whole number such as 10, not '***'"));
	ck_assert_ptr_null(strstr(shown.data, "from outside"));
	ck_assert_ptr_null(strstr(shown.data, "inner-door"));
}
END_TEST

START_TEST(replacing_is_bounded)
{
	struct text yaml = { 0 };
	int i;

	text_puts(&yaml, HEAD "vars:\n  v0: 0123456789\n");
	for (i = 1; i < 30; i++)
		text_printf(&yaml, "  v%d: ${v%d}${v%d}${v%d}${v%d}\n", i, i - 1, i - 1, i - 1,
			    i - 1);
	text_puts(&yaml, SOURCE DATASET);
	ck_assert(read_with(yaml.data, NULL, 0));
	ck_assert_ptr_nonnull(strstr(shown.data, "variables make more than 1 MiB of text"));
	text_release(&yaml);
}
END_TEST

/* Pipelines with one mistake each. */
static const struct {
	const char *yaml, *said;
} wrong[] = {
	{ "a", "x.yaml:1:1: error: a pipeline is a mapping that begins with 'muster: 1'" },
	{ "muster: 2\nfuture: yes\n",
	  "x.yaml:1:9: error: the file has format 2, and this muster reads format 1" },
	{ "name: x\n" SOURCE DATASET, "x.yaml:1:1: error: the pipeline needs 'muster'" },
	{ "muster: 1\n" SOURCE DATASET, "x.yaml:1:1: error: the pipeline needs 'name'" },
	{ "muster: 1\nname: A b\n" SOURCE DATASET,
	  "x.yaml:2:7: error: 'A b' cannot be the name of a pipeline" },
	{ HEAD DATASET, "x.yaml:1:1: error: the pipeline needs 'sources'" },
	{ HEAD SOURCE, "x.yaml:1:1: error: the pipeline needs 'dataset'" },
	{ HEAD "on_error: stopp\n" SOURCE DATASET,
	  "x.yaml:3:11: error: the pipeline: 'on_error' cannot be 'stopp'" },
	{ HEAD "titel: x\n" SOURCE DATASET,
	  "x.yaml:3:1: error: the pipeline has no option 'titel'" },
	{ HEAD "vars: [a]\n" SOURCE DATASET,
	  "x.yaml:3:7: error: 'vars' takes a mapping of names to values" },
	{ HEAD "sources: {}\n" DATASET,
	  "x.yaml:3:1: error: 'sources' is empty: the pipeline needs at least one" },
	{ HEAD "sources: [a]\n" DATASET,
	  "x.yaml:3:1: error: 'sources' has to be a mapping of names to lists of stages" },
	{ HEAD "sources:\n  a:\n" DATASET, "x.yaml:4:3: error: source 'a' has no stages" },
	{ HEAD "sources:\n  a: b\n" DATASET,
	  "x.yaml:4:3: error: source 'a' has to be a list of stages" },
	{ HEAD "sources:\n  a b:\n    - fetch: made\n      path: f\n    - parse: made\n" DATASET,
	  "x.yaml:4:3: error: 'a b' cannot be the name of a source" },
	{ HEAD "sources:\n  a:\n    - fetch: made\n      path: f\n" DATASET,
	  "x.yaml:4:3: error: a source needs a fetch and a parse" },
	{ HEAD "sources:\n  a:\n    - parse: made\n    - validate: made\n" DATASET,
	  "x.yaml:5:7: error: a source begins with fetch and parse: its first stage is fetch, "
	  "not parse" },
	{ HEAD SOURCE "    - parse: made\n" DATASET,
	  "x.yaml:8:7: error: parse can only be the second stage of a source" },
	{ HEAD SOURCE "    - export: made\n      path: f\n" DATASET,
	  "x.yaml:8:7: error: an export belongs at the end of dataset, not in a source" },
	{ HEAD SOURCE "dataset:\n  - validate: made\n",
	  "x.yaml:8:1: error: the dataset goes nowhere: its last stage has to be an export" },
	{ HEAD SOURCE DATASET "  - validate: made\n",
	  "x.yaml:11:5: error: validate has to stand before the exports: they come last" },
	{ HEAD SOURCE "dataset:\n  - fetch: made\n    path: f\n  - export: made\n    path: f\n",
	  "x.yaml:9:5: error: fetch belongs in a source, not in dataset" },
	{ HEAD SOURCE "    - valdate: made\n" DATASET,
	  "x.yaml:8:7: error: the stage does not say what it does: one of its keys is fetch, "
	  "parse, validate, transform or export" },
	{ HEAD SOURCE "    - made\n" DATASET,
	  "x.yaml:8:7: error: a stage is a mapping that begins with its step, such as "
	  "'fetch: file'" },
	{ HEAD SOURCE "    - validate: made\n      transform: made\n" DATASET,
	  "x.yaml:9:7: error: the stage is a validate already, and cannot be a transform too" },
	{ HEAD SOURCE "    - validate:\n" DATASET,
	  "x.yaml:8:7: error: 'validate' takes the name of a plugin" },
	{ HEAD SOURCE "    - validate: mad\n" DATASET,
	  "x.yaml:8:17: error: there is no plugin validate/mad" },
	{ HEAD SOURCE "    - validate: schema\n" DATASET,
	  "x.yaml:8:17: error: there is no schema to validate against" },
	{ FETCHING("'a ${bb} ${a}'", "  a: x\n"),
	  "x.yaml:8:16: error: there is no variable 'bb' in vars" },
	{ FETCHING("\"\\u00e9 $${ ${a}\\\n        ${bb}\"", "  a: x\n"),
	  "x.yaml:9:9: error: there is no variable 'bb' in vars" },
	{ FETCHING(">\n        a\n        b ${a} ${bb}", "  a: x\n"),
	  "x.yaml:10:16: error: there is no variable 'bb' in vars" },
	{ FETCHING("${a", "  a: x\n"), "x.yaml:8:13: error: '${' without a '}' after it" },
	{ FETCHING("${a}", "  a: ${b}\n  b: x\n"),
	  "x.yaml:4:6: error: variable 'b' does not stand above" },
	{ FETCHING("${a}", "  a:\n"), "x.yaml:4:5: error: variable 'a' is empty" },
	{ FETCHING("${a}", "  a: [b]\n"),
	  "x.yaml:4:6: error: variable 'a' has to be a text or {env: NAME}, not a list" },
	{ FETCHING("${a}", "  a: {env: MUSTER_TEST_NOT}\n"),
	  "x.yaml:4:12: error: variable 'a' comes from the environment, where MUSTER_TEST_NOT is "
	  "not set" },
	{ FETCHING("${a}", "  a: {default: x}\n"), "x.yaml:4:6: error: variable 'a' needs 'env'" },
	{ FETCHING("${a}", "  a: {env: MUSTER_TEST, secre: true}\n"),
	  "x.yaml:4:25: error: variable 'a' has no option 'secre'" },
	{ FETCHING("${a}", "  a: {env: MUSTER_BYTES}\n"),
	  "x.yaml:4:6: error: the value of variable 'a' is not UTF-8" },
	{ FETCHING("f", "  a b: x\n"),
	  "x.yaml:4:3: error: 'a b' cannot be the name of a variable" },
};

START_TEST(each_mistake_has_its_place)
{
	size_t len = strlen(wrong[_i].said);

	ck_assert_int_eq(read_with(wrong[_i].yaml, NULL, 0), EINVAL);
	ck_assert_msg(p.diagnostics.count == 1 && !strncmp(shown.data, wrong[_i].said, len) &&
			      shown.data[len] == '\n',
		      "expected\n%s\nand got\n%s", wrong[_i].said, shown.data);
}
END_TEST

START_TEST(mistakes_come_in_the_order_of_the_file)
{
	ck_assert(read_with("muster: 1\nname: x\nname: y\nvars: {a: '${b}'}\nsources:\n  a:\n"
			    "    - fetch: made\n      pth: f\n    - parse: nothing\n"
			    "      limit: x\ndataset:\n  - export: made\n    path: f\n"
			    "    limit: many\n",
			    NULL, 0));
	ck_assert_str_eq(shown.data,
			 "x.yaml:3:1: error: key 'name' stands in line 2 already\n"
			 "    3 | name: y\n"
			 "      | ^~~~\n"
			 "x.yaml:4:12: error: there is no variable 'b': the pipeline has no vars "
			 "above it\n"
			 "    4 | vars: {a: '${b}'}\n"
			 "      |            ^~~~\n"
			 "   a literal ${ is written $${\n"
			 "x.yaml:8:7: error: fetch/made has no option 'pth'\n"
			 "    8 |       pth: f\n"
			 "      |       ^~~\n"
			 "   did you mean 'path'?\n"
			 "x.yaml:9:14: error: there is no plugin parse/nothing\n"
			 "    9 |     - parse: nothing\n"
			 "      |              ^~~~~~~\n"
			 "   there is validate/nothing: did you mean 'validate: nothing'?\n"
			 "x.yaml:14:12: error: export/made: 'limit' takes a whole number such as "
			 "10, not 'many'\n"
			 "   14 |     limit: many\n"
			 "      |            ^~~~\n");
}
END_TEST

START_TEST(strange_settings_are_named)
{
	struct setting settings[] = { { "leter", "x", false } };

	ck_assert(read_with(FETCHING("f", "  letter: x\n"), settings, 1));
	ck_assert_str_eq(shown.data,
			 "x.yaml: error: --set leter: there is no variable of this name "
			 "in vars\n   did you mean 'letter'?\n");
	ck_assert(!settings[0].used);
}
END_TEST

START_TEST(files_that_cannot_be_read_are_said)
{
	ck_assert_int_eq(pipeline_read(&p, "/nowhere/x.yaml", loader, NULL, 0), EINVAL);
	ck_assert_uint_eq(p.diagnostics.count, 1);
	ck_assert_str_eq(p.diagnostics.items[0].message,
			 "cannot be read: No such file or directory");
	pipeline_release(&p);
	ck_assert_int_eq(pipeline_read(&p, "/", loader, NULL, 0), EINVAL);
	ck_assert_str_eq(p.diagnostics.items[0].message, "cannot be read: Is a directory");
}
END_TEST

START_TEST(a_schema_has_to_be_used)
{
	built_write(&built, "schema.json", "{\"fields\": [{\"name\": \"a\"}]}");
	ck_assert(read_with(HEAD "schema: schema.json\n" SOURCE DATASET, NULL, 0));
	ck_assert_ptr_nonnull(strstr(shown.data, "x.yaml:3:9: error: the schema is declared but "
						 "never checked\n"));
	pipeline_release(&p);
	ck_assert_msg(!read_with(HEAD "schema: schema.json\n" SOURCE
				      "dataset:\n  - validate: schema\n  - export: made\n"
				      "    path: f\n",
				 NULL, 0),
		      "%s", shown.data);
	ck_assert_ptr_nonnull(p.schema);
	pipeline_release(&p);
	built_write(&built, "schema.json", "{");
	ck_assert(read_with(HEAD "schema: schema.json\n" SOURCE
				 "dataset:\n  - validate: schema\n  - export: made\n    path: f\n",
			    NULL, 0));
	ck_assert_ptr_nonnull(strstr(shown.data, "x.yaml:3:9: error: the schema is not usable: "));
}
END_TEST

static void plugin_make(const char *full, const char *name, const char *step)
{
	struct text code = { 0 };

	text_printf(&code,
		    "MUSTER_PLUGIN(.name = \"%s\", .summary = \"s\", .%s = %s, "
		    ".self_size = sizeof(struct self), .options = (const struct mu_option[]){ "
		    "MU_OPT_PATH(struct self, path, .required = %s), "
		    "MU_OPT_INT(struct self, limit), { 0 } });",
		    name, step, step,
		    strcmp(step, "fetch") && strcmp(step, "export") ? "false" : "true");
	built_plugin(&built, full, code.data, "");
	text_release(&code);
}

int main(void)
{
	Suite *suite = suite_create("pipeline");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	built_init(&built);
	plugin_make("fetch/made", "made", "fetch");
	plugin_make("parse/made", "made", "parse");
	plugin_make("validate/made", "made", "validate");
	plugin_make("validate/schema", "schema", "validate");
	plugin_make("validate/nothing", "nothing", "validate");
	plugin_make("transform/made", "made", "transform");
	plugin_make("export/made", "made", "export");
	setenv("MUSTER_TEST", "from outside", 1);
	setenv("MUSTER_BYTES", "\xff", 1);
	unsetenv("MUSTER_TEST_NOT");
	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_set_timeout(all, 60);
	tcase_add_test(all, a_small_pipeline_is_read);
	tcase_add_loop_test(all, variables_are_replaced_in_parsed_text, 0,
			    (int)(sizeof replaced / sizeof replaced[0]));
	tcase_add_test(all, set_takes_the_place_of_a_variable);
	tcase_add_test(all, settings_are_read_from_words);
	tcase_add_test(all, secrets_stay_inside);
	tcase_add_test(all, replacing_is_bounded);
	tcase_add_loop_test(all, each_mistake_has_its_place, 0,
			    (int)(sizeof wrong / sizeof wrong[0]));
	tcase_add_test(all, mistakes_come_in_the_order_of_the_file);
	tcase_add_test(all, strange_settings_are_named);
	tcase_add_test(all, files_that_cannot_be_read_are_said);
	tcase_add_test(all, a_schema_has_to_be_used);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	built_release(&built);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
