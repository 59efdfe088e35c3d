#include <check.h>
#include <stdlib.h>

#include "fake.h"
#include "text/language.h"
#include "text/words.h"

static struct fake fake;
static struct language *language;

static void use(const char *tag)
{
	language_close(language);
	ck_assert_int_eq(language_open(&fake.ctx, tag, &language), 0);
}

static void begin(void)
{
	fake_init(&fake);
	language = NULL;
}

static void end(void)
{
	language_close(language);
	fake_release(&fake);
}

static void integer_is(const char *text, int64_t value)
{
	int64_t out = 0;

	ck_assert_msg(language_integer(language, mu_string(text), &out) == LANGUAGE_OK, "%s", text);
	ck_assert_int_eq(out, value);
}

static void integer_not(const char *text, enum language_answer answer)
{
	int64_t out;

	ck_assert_msg(language_integer(language, mu_string(text), &out) == answer, "%s", text);
}

START_TEST(whole_numbers_are_read_strictly)
{
	use("nl");
	integer_is("28", 28);
	integer_is("1.204", 1204);
	integer_is("1.204.000", 1204000);
	integer_is("-3", -3);
	integer_is("9223372036854775807", INT64_MAX);
	integer_not("9223372036854775808", LANGUAGE_OVERFLOW);
	integer_not("12345678901234567890", LANGUAGE_OVERFLOW);
	integer_not("1.20", LANGUAGE_NOT);
	integer_not("1204.000", LANGUAGE_NOT);
	integer_not("1,204", LANGUAGE_NOT);
	integer_not("28 personen", LANGUAGE_NOT);
	integer_not(" 28", LANGUAGE_NOT);
	integer_not("+28", LANGUAGE_NOT);
	integer_not("007", LANGUAGE_NOT);
	integer_not("vier", LANGUAGE_NOT);
	integer_not("", LANGUAGE_NOT);
	integer_not("-", LANGUAGE_NOT);
	use("en");
	integer_is("1,204", 1204);
	integer_not("1.204", LANGUAGE_NOT);
	use("fr");
	integer_is("1\u202f204", 1204);
	integer_is("1\u00a0204", 1204);
}
END_TEST

static void words_are(const char *tag, const char *text, int64_t value)
{
	int64_t out = 0;

	use(tag);
	ck_assert_msg(language_words(language, mu_string(text), &out) == LANGUAGE_OK, "%s", text);
	ck_assert_int_eq(out, value);
}

START_TEST(digits_are_of_one_script_and_groups_as_the_language_has_them)
{
	use("fa");
	integer_is("۱۲", 12);
	integer_is("12", 12);
	integer_is("\u2212۱۲٬۰۰۰", -12000);
	integer_not("۱2", LANGUAGE_NOT);
	integer_not("۱۲٬۰۰", LANGUAGE_NOT);
	use("hi");
	integer_is("१,२०,४००", 120400);
	use("en-IN");
	integer_is("1,20,400", 120400);
	integer_is("1,20,00,400", 12000400);
	integer_is("1,204", 1204);
	integer_is("120,400", 120400);
	integer_not("1,20,40", LANGUAGE_NOT);
	integer_not("120,40,000", LANGUAGE_NOT);
	integer_not("1,204,00,000", LANGUAGE_NOT);
	use("en");
	integer_not("1,20,400", LANGUAGE_NOT);
}
END_TEST

START_TEST(number_words_are_read_in_every_language)
{
	int64_t out;

	words_are("nl", "vier", 4);
	words_are("nl", "Vier", 4);
	words_are("nl", "een", 1);
	words_are("nl", "één", 1);
	words_are("nl", "tweeëntwintig", 22);
	words_are("nl", "elf", 11);
	words_are("en", "twenty-one", 21);
	words_are("de", "vier", 4);
	words_are("fr", "quatre", 4);
	words_are("es", "cuatro", 4);
	words_are("it", "quattro", 4);
	use("nl");
	ck_assert(language_words(language, mu_string("vierde man"), &out) == LANGUAGE_NOT);
	ck_assert(language_words(language, mu_string("enkele"), &out) == LANGUAGE_NOT);
	ck_assert(language_words(language, mu_string("4"), &out) == LANGUAGE_NOT);
	ck_assert(language_words(language, mu_string(""), &out) == LANGUAGE_NOT);
}
END_TEST

START_TEST(numbers_have_the_languages_decimal_sign)
{
	double out = 0;

	use("nl");
	ck_assert(language_number(language, mu_string("1.204,5"), &out) == LANGUAGE_OK);
	ck_assert_double_eq(out, 1204.5);
	ck_assert(language_number(language, mu_string("1,204.5"), &out) == LANGUAGE_NOT);
	ck_assert(language_number(language, mu_string("1,"), &out) == LANGUAGE_NOT);
}
END_TEST

static void date_is(const char *tag, const char *pattern, const char *text, int y, int m, int d)
{
	int32_t out = 0, right = 0;

	use(tag);
	ck_assert(mu_date_from_civil(y, m, d, &right));
	ck_assert_msg(language_date(language, pattern, mu_string(text), &out) == LANGUAGE_OK, "%s",
		      text);
	ck_assert_int_eq(out, right);
}

static void date_not(const char *tag, const char *pattern, const char *text)
{
	int32_t out;

	use(tag);
	ck_assert_msg(language_date(language, pattern, mu_string(text), &out) == LANGUAGE_NOT, "%s",
		      text);
}

START_TEST(dates_name_their_month_and_year)
{
	date_is("nl", NULL, "24 november 2023", 2023, 11, 24);
	date_is("nl", NULL, "24 november\n2023", 2023, 11, 24);
	date_is("nl", NULL, "vrijdag 24 november 2023", 2023, 11, 24);
	date_is("nl", NULL, "2023-11-24", 2023, 11, 24);
	date_is("en", NULL, "November 24, 2023", 2023, 11, 24);
	date_is("en", NULL, "1st of January 2024", 2024, 1, 1);
	date_is("fr", NULL, "1er janvier 2024", 2024, 1, 1);
	date_is("es", NULL, "24 de noviembre de 2023", 2023, 11, 24);
	date_is("de", NULL, "24. November 2023", 2023, 11, 24);
	date_is("nl", "d/M/yyyy", "4/11/2023", 2023, 11, 4);
	date_not("nl", NULL, "maandag 24 november 2023");
	date_not("nl", NULL, "31 februari 2023");
	date_not("nl", NULL, "24 november 23");
	date_not("nl", NULL, "november 2023");
	date_not("nl", NULL, "24 nuvember 2023");
	date_not("nl", NULL, "24 november 2023 ongeveer");
	date_not("nl", NULL, "24-11-2023");
	date_not("nl", "d/M/yyyy", "4/11/23");
}
END_TEST

START_TEST(unknown_languages_are_refused)
{
	ck_assert(language_known("nl"));
	ck_assert(language_known("pt-BR"));
	ck_assert(!language_known("dutch language"));
	ck_assert(!language_known("qq"));
	ck_assert(!language_known(""));
}
END_TEST

/* Linked or loaded, ICU is the same. */
static void folds(const char *text, const char *to)
{
	struct icu icu = { 0 };
	char out[256];

	ck_assert(words_fold(mu_string(text), out, sizeof out) == strlen(to));
	ck_assert_str_eq(out, to);
	ck_assert_int_eq(icu_open(&fake.ctx, &icu), 0);
	ck_assert(words_fold_with(&icu, mu_string(text), out, sizeof out) == strlen(to));
	ck_assert_str_eq(out, to);
}

START_TEST(texts_are_folded_to_words)
{
	char small[4];

	folds("Côte d’Ivoire", "cote d ivoire");
	folds("  Noord-Macedonië ", "noord macedonie");
	folds("Łódź", "lodz");
	folds("STRASSE Straße", "strasse strasse");
	folds("(none)", "none");
	folds("", "");
	ck_assert(words_fold(mu_string("too long"), small, sizeof small) == SIZE_MAX);
	ck_assert(words_fold(mu_string("\xff"), small, sizeof small) == SIZE_MAX);
}
END_TEST

/* Behind a letter that only ICU folds, all others are folded by it, too. */
START_TEST(letters_with_accents_are_folded_as_icu_does)
{
	for (unsigned c = 0xc0; c < 0x180; c++) {
		char letter[] = { (char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f)), '\0' };
		char both[16], alone[16], with[16];

		snprintf(both, sizeof both, "\xce\xb1 a%s x", letter);
		ck_assert(words_fold(mu_string(both), with, sizeof with) != SIZE_MAX);
		snprintf(both, sizeof both, "a%s x", letter);
		ck_assert(words_fold(mu_string(both), alone, sizeof alone) != SIZE_MAX);
		ck_assert_msg(!strcmp(with + 3, alone), "U+%04X: '%s', '%s'", c, with + 3, alone);
	}
}
END_TEST

START_TEST(distances_count_swapped_letters_once)
{
	ck_assert_int_eq(words_distance("mali", "mali", 3), 0);
	ck_assert_int_eq(words_distance("mali", "amli", 3), 1);
	ck_assert_int_eq(words_distance("mali", "malie", 3), 1);
	ck_assert_int_eq(words_distance("mali", "tunesie", 2), 3);
	ck_assert_int_eq(words_distance("", "abc", 3), 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("language");
	TCase *tests = tcase_create("language");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, whole_numbers_are_read_strictly);
	tcase_add_test(tests, number_words_are_read_in_every_language);
	tcase_add_test(tests, digits_are_of_one_script_and_groups_as_the_language_has_them);
	tcase_add_test(tests, numbers_have_the_languages_decimal_sign);
	tcase_add_test(tests, dates_name_their_month_and_year);
	tcase_add_test(tests, unknown_languages_are_refused);
	tcase_add_test(tests, texts_are_folded_to_words);
	tcase_add_test(tests, letters_with_accents_are_folded_as_icu_does);
	tcase_add_test(tests, distances_count_swapped_letters_once);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
