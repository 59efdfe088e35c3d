/* Durations and paragraphs of OpenDocument. */
#include <check.h>

#include "fake.h"

#include "../plugins/parse/ods/value.c"

#define COUNT(array) (sizeof(array) / sizeof *(array))

START_TEST(durations_are_times)
{
	static const char *const texts[][2] = {
		{ "PT14H30M05S", "14:30:05" },
		{ "PT36H", "36:00:00" },
		{ "-PT00H00M01.5S", "-00:00:01.500" },
		{ "P1D", NULL },
		{ "PT", "00:00:00" },
		{ "PT5", NULL },
		{ "PT5X", NULL },
	};
	struct cell cell;
	char space[MU_FORMAT_MAX];

	for (size_t i = 0; i < COUNT(texts); i++) {
		bool good = time_read(texts[i][0], &cell, space);

		ck_assert_msg(good == !!texts[i][1], "%s", texts[i][0]);
		if (good)
			ck_assert(mu_string_is(cell.text, texts[i][1]));
	}
}
END_TEST

START_TEST(paragraphs_have_single_blanks)
{
	char text[] = " \n a \t b\1\1c\2d\3e \n ";

	text[paragraph_collapse(text, sizeof text - 1)] = '\0';
	ck_assert_str_eq(text, "a b  c\td\ne");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ods");
	TCase *c = tcase_create("ods");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(c, durations_are_times);
	tcase_add_test(c, paragraphs_have_single_blanks);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
