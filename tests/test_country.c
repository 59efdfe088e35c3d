#include <check.h>
#include <stdlib.h>

#include "country.h"
#include "fake.h"

static struct fake fake;
static struct country_index *countries;

static void use(const char *language)
{
	struct mu_texts languages = { 1, &language };

	country_close(countries);
	ck_assert_int_eq(country_open(&fake.ctx, &languages, &countries), 0);
}

static void begin(void)
{
	fake_init(&fake);
	countries = NULL;
}

static void end(void)
{
	country_close(countries);
	fake_release(&fake);
}

static void is(const char *name, const char *alpha3)
{
	char out[4] = "";

	ck_assert_msg(country_find(countries, mu_string(name), out) == COUNTRY_FOUND, "%s", name);
	ck_assert_str_eq(out, alpha3);
}

static void is_unknown(const char *name)
{
	char out[4];

	ck_assert_msg(country_find(countries, mu_string(name), out) == COUNTRY_UNKNOWN, "%s", name);
}

START_TEST(names_of_a_language_are_known)
{
	use("nl");
	is("Noord-Macedonië", "MKD");
	is("noord macedonie", "MKD");
	is("Kosovo", "XKX");
	is("Tunesië", "TUN");
	is("Oekraïne", "UKR");
	is("Palestijnse gebieden", "PSE");
	is("Palestijnse gebieden, Westelijke Jordaanoever", "PSE");
	is("NLD", "NLD");
	is_unknown("Georgië, Armenië");
	is_unknown("Tunesi");
	is_unknown("Mali 1");
	is_unknown("");
}
END_TEST

START_TEST(aliases_and_historic_names_are_known)
{
	use("en");
	is("Bolivia (Plurinational State of)", "BOL");
	is("United Republic of Tanzania", "TZA");
	is("Gambia (the)", "GMB");
	is("Yugoslavia", "YUG");
	is("Congo", "COG");
	is("Côte d'Ivoire", "CIV");
}
END_TEST

START_TEST(codes_are_those_of_iso_and_kosovos)
{
	char out[4];

	use("en");
	ck_assert(country_code(countries, mu_string("XK"), out) == COUNTRY_FOUND);
	ck_assert_str_eq(out, "XKX");
	ck_assert(country_code(countries, mu_string("NL"), out) == COUNTRY_FOUND);
	ck_assert_str_eq(out, "NLD");
	ck_assert(country_code(countries, mu_string("ZZ"), out) == COUNTRY_UNKNOWN);
	ck_assert(country_code(countries, mu_string("Nederland"), out) == COUNTRY_UNKNOWN);
}
END_TEST

START_TEST(the_nearest_names_are_suggested)
{
	use("nl");
	ck_assert_ptr_nonnull(
		strstr(country_candidates(&fake.ctx, countries, mu_string("Tunisië"), 3), "TUN"));
	ck_assert_str_eq(country_candidates(&fake.ctx, countries, mu_string("qqqqqqqq"), 3), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("country");
	TCase *tests = tcase_create("country");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, names_of_a_language_are_known);
	tcase_add_test(tests, aliases_and_historic_names_are_known);
	tcase_add_test(tests, codes_are_those_of_iso_and_kosovos);
	tcase_add_test(tests, the_nearest_names_are_suggested);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
