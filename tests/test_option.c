/* Option tables: what is filled, and what is said of what cannot be. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <muster/plugin.h>

#include "config/option.h"

struct column {
	const char *name;
	int type;
	bool measure;
};

struct self {
	const char *text;
	int64_t whole, size;
	double real, wait;
	bool truth;
	int choice;
	const char *path;
	struct mu_texts texts;
	struct mu_pairs pairs;
	struct mu_items columns;
};

static const char *const kinds[] = { "string", "integer", "date", NULL };

static const struct mu_option column_options[] = {
	MU_OPT_TEXT(struct column, name, .required = true, .help = "what it is called"),
	MU_OPT_CHOICE(struct column, type, .choices = kinds, .fallback = "integer"),
	MU_OPT_BOOL(struct column, measure, .help = "adds up"),
	{ .name = NULL },
};

static const struct mu_option options[] = {
	MU_OPT_TEXT(struct self, text, .fallback = ","),
	MU_OPT_INT(struct self, whole, .min = 1, .max = 100, .fallback = "10"),
	MU_OPT_BYTES(struct self, size, .min = 1024, .fallback = "64Ki"),
	MU_OPT_REAL(struct self, real, .max = 1),
	MU_OPT_SECONDS(struct self, wait, .fallback = "1m"),
	MU_OPT_BOOL(struct self, truth, .help = "yes or no"),
	MU_OPT_CHOICE(struct self, choice, .choices = kinds),
	MU_OPT_PATH(struct self, path, .help = "a file"),
	MU_OPT_TEXTS(struct self, texts, .min = 1, .max = 3),
	MU_OPT_PAIRS(struct self, pairs, .help = "names"),
	MU_OPT_ITEMS(struct self, columns, struct column, column_options, .help = "columns"),
	{ .name = NULL },
};

static struct arena arena;
static struct diagnostics found;
static struct option_fill fill;
static struct self self;
static struct yaml_node *map;

static bool filled(const struct mu_option *table, const char *text, void *out)
{
	found = (struct diagnostics){ .path = "x.yaml", .text = text, .len = strlen(text) };
	map = yaml_read(&arena, &found);
	ck_assert_ptr_nonnull(map);
	fill = (struct option_fill){
		.arena = &arena, .folder = "/folder", .what = "parse/csv", .out = &found
	};
	return option_fill(&fill, table, map, "parse", out);
}

static bool read_options(const char *text)
{
	self = (struct self){ 0 };
	return filled(options, text, &self);
}

static void tear_down(void)
{
	free(fill.places);
	diagnostics_release(&found);
	arena_release(&arena);
}

START_TEST(fallbacks_are_read_like_what_is_written)
{
	ck_assert(read_options("parse: csv\n"));
	ck_assert_str_eq(self.text, ",");
	ck_assert_int_eq(self.whole, 10);
	ck_assert_int_eq(self.size, 65536);
	ck_assert(self.wait == 60);
	ck_assert_ptr_null(self.path);
	ck_assert_uint_eq(fill.n_places, 0);
}
END_TEST

START_TEST(values_reach_their_members)
{
	ck_assert(read_options("parse: csv\ntext: 5\nwhole: \"42\"\nsize: 2Mi\nreal: 0.25\n"
			       "wait: 250ms\ntruth: true\nchoice: date\npath: a/b\n"
			       "texts: [a, true, 3]\npairs: {b: 1, a: x y}\n"));
	ck_assert_str_eq(self.text, "5");
	ck_assert_int_eq(self.whole, 42);
	ck_assert_int_eq(self.size, 2 << 20);
	ck_assert(self.real == 0.25 && self.wait == 0.25 && self.truth);
	ck_assert_int_eq(self.choice, 2);
	ck_assert_str_eq(self.path, "/folder/a/b");
	ck_assert_uint_eq(self.texts.count, 3);
	ck_assert_str_eq(self.texts.items[1], "true");
	ck_assert_uint_eq(self.pairs.count, 2);
	ck_assert_str_eq(self.pairs.items[0].name, "b");
	ck_assert_str_eq(self.pairs.items[1].value, "x y");
}
END_TEST

START_TEST(one_text_is_a_list)
{
	ck_assert(read_options("texts: alone\n"));
	ck_assert_uint_eq(self.texts.count, 1);
	ck_assert_str_eq(self.texts.items[0], "alone");
	/* A plugin may blame the element. */
	ck_assert_uint_eq(option_mark(&fill, map, &self.texts.items[0]).column, 8);
}
END_TEST

START_TEST(items_are_filled_with_fallbacks_too)
{
	const struct column *column;

	ck_assert(read_options("columns:\n  - {name: a}\n"
			       "  - {name: b, type: date, measure: true}\n"));
	column = self.columns.items;
	ck_assert_uint_eq(self.columns.count, 2);
	ck_assert_str_eq(column[0].name, "a");
	ck_assert_int_eq(column[0].type, 1);
	ck_assert_int_eq(column[1].type, 2);
	ck_assert(column[1].measure && !column[0].measure);
	ck_assert_uint_eq(option_mark(&fill, map, &column[1].type).line, 3);
	ck_assert_uint_eq(option_mark(&fill, map, &column[1].type).column, 21);
	ck_assert_uint_eq(option_mark(&fill, map, &column[0].name).column, 12);
	/* What nobody wrote is the mapping's. */
	ck_assert_uint_eq(option_mark(&fill, map, &self.text).line, 1);
}
END_TEST

START_TEST(paths_of_set_start_where_the_user_is)
{
	const char text[] = "path: here\n";
	char *here = getcwd(NULL, 0), *expected;

	found = (struct diagnostics){ .path = "x", .text = text, .len = sizeof text - 1 };
	map = yaml_read(&arena, &found);
	map->items[0]->from_set = true;
	fill = (struct option_fill){
		.arena = &arena, .folder = "/folder", .what = "x", .out = &found
	};
	ck_assert(option_fill(&fill, options, map, NULL, &self));
	expected = arena_printf(&arena, "%s/here", here);
	ck_assert_str_eq(self.path, expected);
	free(here);
}
END_TEST

/* Each line is wrong by itself. */
static const struct {
	const char *text, *message, *hint;
} wrong[] = {
	{ "whole: 0", "parse/csv: 'whole' has to be from 1 to 100, not 0", NULL },
	{ "whole: 101", "parse/csv: 'whole' has to be from 1 to 100, not 101", NULL },
	{ "whole: 1.0", "parse/csv: 'whole' takes a whole number such as 10, not '1.0'", NULL },
	{ "whole: +1", "parse/csv: 'whole' takes a whole number such as 10, not '+1'", NULL },
	{ "whole: 0x10", "parse/csv: 'whole' takes a whole number such as 10, not '0x10'", NULL },
	{ "whole: 99999999999999999999",
	  "parse/csv: 'whole' does not fit 64 bits: 99999999999999999999", NULL },
	{ "whole: ~", "parse/csv: 'whole' is empty: it takes a whole number such as 10", NULL },
	{ "whole: [1]", "parse/csv: 'whole' takes a whole number such as 10, not a list", NULL },
	{ "real: x", "parse/csv: 'real' takes a number such as 0.5, not 'x'", NULL },
	{ "real: .inf", "parse/csv: 'real' takes a number such as 0.5, not '.inf'", NULL },
	{ "real: 1e999", "parse/csv: 'real' takes a number such as 0.5, not '1e999'", NULL },
	{ "size: 1Kb",
	  "parse/csv: 'size' takes a size in bytes such as 512, 64Ki or 10Mi, not '1Kb'",
	  "units are Ki, Mi and Gi: 1024 times each" },
	{ "size: 1", "parse/csv: 'size' has to be at least 1Ki, not 1", NULL },
	{ "size: 9223372036854775807Gi",
	  "parse/csv: 'size' does not fit 64 bits: 9223372036854775807Gi", NULL },
	{ "wait: 1d", "parse/csv: 'wait' takes a duration such as 250ms, 30s or 5m, not '1d'",
	  "units are ms, s, m and h" },
	{ "wait: -1", "parse/csv: 'wait' takes a duration such as 250ms, 30s or 5m, not '-1'",
	  "units are ms, s, m and h" },
	{ "truth: yes", "parse/csv: 'truth' takes true or false, not 'yes'",
	  "yes, no, on and off are texts in YAML 1.2" },
	{ "truth: 1", "parse/csv: 'truth' takes true or false, not '1'", NULL },
	{ "choice: dat", "parse/csv: 'choice' cannot be 'dat'", "did you mean 'date'?" },
	{ "choice: zzz", "parse/csv: 'choice' cannot be 'zzz'", "one of: string, integer, date" },
	{ "text:", "parse/csv: 'text' is empty: it takes a text", "an empty text is written \"\"" },
	{ "text: {a: b}", "parse/csv: 'text' takes a text, not a mapping", NULL },
	{ "path: ''", "parse/csv: 'path' takes a path, not ''", NULL },
	{ "texts: []", "parse/csv: 'texts' has 0 items, and needs from 1 to 3", NULL },
	{ "texts: [a, b, c, d]", "parse/csv: 'texts' has 4 items, and needs from 1 to 3", NULL },
	{ "texts: [a, ~]", "parse/csv: 'texts' takes a text or a list of texts: item 2 is empty",
	  NULL },
	{ "texts: {a: b}", "parse/csv: 'texts' takes a text or a list of texts, not a mapping",
	  NULL },
	{ "pairs: [a]", "parse/csv: 'pairs' takes a mapping of names to texts, not a list", NULL },
	{ "pairs: {a: [b]}",
	  "parse/csv: 'pairs' takes a mapping of names to texts: that of 'a' is a list", NULL },
	{ "columns: {name: a}", "parse/csv: 'columns' takes a list of mappings, not a mapping",
	  "begin each with '- '" },
	{ "columns: [a]", "parse/csv: 'columns' takes a list of mappings: item 1 is a text", NULL },
	{ "columns: [{type: date}]", "parse/csv: columns[0] needs 'name'",
	  "name: what it is called" },
	{ "columns: [{name: a, type: x}]", "parse/csv: columns[0]: 'type' cannot be 'x'",
	  "one of: string, integer, date" },
	{ "columns: [{nam: a}]", "parse/csv: columns[0] has no option 'nam'",
	  "did you mean 'name'?" },
	{ "txet: a", "parse/csv has no option 'txet'", "did you mean 'text'?" },
};

START_TEST(mistakes_are_said)
{
	ck_assert(!read_options(wrong[_i].text));
	ck_assert_uint_eq(found.count, 1);
	ck_assert_str_eq(found.items[0].message, wrong[_i].message);
	if (wrong[_i].hint)
		ck_assert_str_eq(found.items[0].hint, wrong[_i].hint);
	else
		ck_assert_ptr_null(found.items[0].hint);
}
END_TEST

START_TEST(all_mistakes_come_in_one_go)
{
	struct text all = { 0 };
	size_t i, n = sizeof wrong / sizeof wrong[0];

	text_puts(&all, "columns:\n");
	for (i = 0; i < n; i++)
		text_printf(&all, "  - {name: a, x%zu: b}\n", i);
	text_puts(&all, "whole: x\n");
	ck_assert(!read_options(all.data));
	ck_assert_uint_eq(found.count, n + 1);
	found.text = NULL;
	text_release(&all);
}
END_TEST

START_TEST(a_table_may_be_absent)
{
	ck_assert(filled(NULL, "parse: csv\n", NULL));
	tear_down();
	ck_assert(!filled(NULL, "parse: csv\na: b\n", NULL));
	ck_assert_str_eq(found.items[0].message, "parse/csv has no option 'a'");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("option");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(all, NULL, tear_down);
	tcase_add_test(all, fallbacks_are_read_like_what_is_written);
	tcase_add_test(all, values_reach_their_members);
	tcase_add_test(all, one_text_is_a_list);
	tcase_add_test(all, items_are_filled_with_fallbacks_too);
	tcase_add_test(all, paths_of_set_start_where_the_user_is);
	tcase_add_loop_test(all, mistakes_are_said, 0, (int)(sizeof wrong / sizeof wrong[0]));
	tcase_add_test(all, all_mistakes_come_in_one_go);
	tcase_add_test(all, a_table_may_be_absent);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
