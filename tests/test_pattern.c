/* Patterns: what they find, and what they refuse to spend time on. */
#include <check.h>

#include "fake.h"
#include "text/pattern.h"

static struct fake fake;
static struct pattern *pattern;
static struct pattern_match match;

static void setup(void)
{
	fake_init(&fake);
	pattern = NULL;
}

static void teardown(void)
{
	pattern_free(pattern);
	fake_release(&fake);
}

static void compile(const char *text, bool whole)
{
	ck_assert_int_eq(pattern_compile(&fake.ctx, text, text, whole, &pattern), 0);
}

static int find(const char *text, size_t from)
{
	return pattern_find(&fake.ctx, pattern, mu_string(text), from, &match);
}

START_TEST(a_match_has_its_place)
{
	compile("b+", false);
	ck_assert_int_eq(find("aabbb", 0), 1);
	ck_assert_uint_eq(match.start, 2);
	ck_assert_uint_eq(match.end, 5);
	ck_assert_int_eq(find("aabbb", 4), 1);
	ck_assert_uint_eq(match.start, 4);
	ck_assert_int_eq(find("aabbb", 5), 0);
	ck_assert_int_eq(find("aabbb", 6), 0);
	ck_assert_int_eq(find("", 0), 0);
}
END_TEST

START_TEST(whole_means_all_of_the_text)
{
	compile("a|ab", true);
	ck_assert_int_eq(find("ab", 0), 1);
	ck_assert_uint_eq(match.end, 2);
	ck_assert_int_eq(find("abc", 0), 0);
	ck_assert_int_eq(find("cab", 0), 0);
	ck_assert_int_eq(find("ab\n", 0), 0);
}
END_TEST

START_TEST(captures_have_names)
{
	struct mu_string x, y;

	compile("(?<x>\\w+) (?:een|(?<y>\\d+))", false);
	ck_assert_uint_eq(pattern_captures(pattern), 2);
	ck_assert_str_eq(pattern_capture_name(pattern, 0), "x");
	ck_assert_str_eq(pattern_capture_name(pattern, 1), "y");
	ck_assert_int_eq(find("Georgië een", 0), 1);
	x = pattern_capture(pattern, 0);
	y = pattern_capture(pattern, 1);
	ck_assert(mu_string_is(x, "Georgië"));
	ck_assert_ptr_null(y.data);
	ck_assert_int_eq(find("niets", 0), 0);
	ck_assert_ptr_null(pattern_capture(pattern, 0).data);
}
END_TEST

START_TEST(mistakes_are_said_with_their_place)
{
	ck_assert_int_eq(pattern_compile(&fake.ctx, "", "ë(", false, &pattern), EINVAL);
	ck_assert_ptr_null(pattern);
	ck_assert_ptr_nonnull(strstr(fake.failed, "character 3"));
}
END_TEST

START_TEST(no_text_makes_one_run_for_ever)
{
	char text[4096];

	compile("(?:a|a?b?)+$", false);
	memset(text, 'a', sizeof text - 2);
	text[sizeof text - 2] = '!';
	text[sizeof text - 1] = '\0';
	ck_assert_int_eq(find(text, 0), -ELOOP);
	ck_assert_ptr_nonnull(strstr(fake.failed, "too many steps"));
}
END_TEST

START_TEST(bytes_that_are_no_utf8_are_refused)
{
	compile("a", false);
	ck_assert_int_lt(find("\xff"
			      "a",
			      0),
			 0);
	ck_assert_int_eq(find("a", 0), 1);
	ck_assert_int_eq(pattern_find(&fake.ctx, pattern, (struct mu_string){ NULL, 0 }, 0, &match),
			 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pattern");
	TCase *tests = tcase_create("pattern");
	SRunner *runner;
	int failures;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, a_match_has_its_place);
	tcase_add_test(tests, whole_means_all_of_the_text);
	tcase_add_test(tests, captures_have_names);
	tcase_add_test(tests, mistakes_are_said_with_their_place);
	tcase_add_test(tests, no_text_makes_one_run_for_ever);
	tcase_add_test(tests, bytes_that_are_no_utf8_are_refused);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
