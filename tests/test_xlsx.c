/* Formats, serial dates, escapes and areas of spreadsheets. */
#include <check.h>

#include "fake.h"

#include "../plugins/parse/xlsx/serial.c"
#include "../plugins/parse/xlsx/strings.c"
#include "../plugins/parse/xlsx/styles.c"

#define COUNT(array) (sizeof(array) / sizeof *(array))

START_TEST(codes_of_formats_are_understood)
{
	static const struct {
		const char *code;
		enum look look;
	} codes[] = {
		{ "General", LOOK_NUMBER },
		{ "[Red]General", LOOK_NUMBER },
		{ "+General;-General;0", LOOK_NUMBER },
		{ "G/General", LOOK_NUMBER },
		{ "0.00", LOOK_NUMBER },
		{ "#,##0 \"days\"", LOOK_NUMBER },
		{ "0.00E+00", LOOK_NUMBER },
		{ "[Red]0;[Blue]-0", LOOK_NUMBER },
		{ "0\\d", LOOK_NUMBER },
		{ "_(* #,##0_);_(* \\(#,##0\\)", LOOK_NUMBER },
		{ "@", LOOK_NUMBER },
		{ "yyyy\\-mm\\-dd", LOOK_DATE },
		{ "d/m/yy h:mm", LOOK_DATE },
		{ "mmm", LOOK_DATE },
		{ "[$-413]d mmmm yyyy;@", LOOK_DATE },
		{ "h:mm AM/PM", LOOK_TIME },
		{ "mm:ss.0", LOOK_TIME },
		{ "[h]:mm:ss", LOOK_ELAPSED },
		{ "[mm]:ss", LOOK_ELAPSED },
		{ "\"unclosed", LOOK_NUMBER },
		{ "[unclosed", LOOK_NUMBER },
		{ "\\", LOOK_NUMBER },
		{ "", LOOK_NUMBER },
	};

	for (size_t i = 0; i < COUNT(codes); i++)
		ck_assert_msg(look_of_code(codes[i].code) == codes[i].look, "%s", codes[i].code);
	ck_assert_int_eq(look_of_builtin(0), LOOK_NUMBER);
	ck_assert_int_eq(look_of_builtin(14), LOOK_DATE);
	ck_assert_int_eq(look_of_builtin(22), LOOK_DATE);
	ck_assert_int_eq(look_of_builtin(37), LOOK_NUMBER);
	ck_assert_int_eq(look_of_builtin(46), LOOK_ELAPSED);
}
END_TEST

static const char *serial(double number, enum look look, bool from_1904)
{
	static char text[2 * MU_FORMAT_MAX];
	char space[MU_FORMAT_MAX], own[MU_FORMAT_MAX];
	struct cell cell;
	struct mu_string said;

	serial_read(number, look, from_1904, &cell, own);
	said = cell_text(&cell, space);
	snprintf(text, sizeof text, "%.*s", (int)said.len, said.data);
	return text;
}

START_TEST(serial_numbers_are_days)
{
	ck_assert_str_eq(serial(1, LOOK_DATE, false), "1900-01-01");
	ck_assert_str_eq(serial(59, LOOK_DATE, false), "1900-02-28");
	ck_assert_str_eq(serial(60, LOOK_DATE, false), "29 February 1900, which never was");
	ck_assert_str_eq(serial(61, LOOK_DATE, false), "1900-03-01");
	ck_assert_str_eq(serial(25569, LOOK_DATE, false), "1970-01-01");
	ck_assert_str_eq(serial(45017, LOOK_DATE, false), "2023-04-01");
	ck_assert_str_eq(serial(2958465, LOOK_DATE, false), "9999-12-31");
	ck_assert_str_eq(serial(2958466, LOOK_DATE, false), "a date that no calendar has");
	ck_assert_str_eq(serial(0, LOOK_DATE, false), "a date that no calendar has");
	ck_assert_str_eq(serial(-1, LOOK_DATE, false), "a date that no calendar has");
	ck_assert_str_eq(serial(NAN, LOOK_DATE, false), "a date that no calendar has");
	ck_assert_str_eq(serial(1e300, LOOK_ELAPSED, false), "a date that no calendar has");
	ck_assert_str_eq(serial(0, LOOK_DATE, true), "1904-01-01");
	ck_assert_str_eq(serial(43555, LOOK_DATE, true), "2023-04-01");
	ck_assert_str_eq(serial(45017.5, LOOK_DATE, false), "2023-04-01T12:00:00");
	ck_assert_str_eq(serial(45017.99999999999, LOOK_DATE, false), "2023-04-02");
	ck_assert_str_eq(serial(45017.25, LOOK_TIME, false), "2023-04-01T06:00:00");
	ck_assert_str_eq(serial(0.25, LOOK_TIME, false), "06:00:00");
	ck_assert_str_eq(serial(1.5, LOOK_ELAPSED, false), "36:00:00");
	ck_assert_str_eq(serial(-0.5, LOOK_ELAPSED, false), "-12:00:00");
}
END_TEST

START_TEST(escapes_stand_for_characters)
{
	static const char *const texts[][2] = {
		{ "a_x000A_b", "a\nb" },
		{ "_x00e9__x20AC_", "\xc3\xa9\xe2\x82\xac" },
		{ "_x005F_x000A_", "_x000A_" },
		{ "_x0000_", "_x0000_" },
		{ "_xD83D_", "_xD83D_" },
		{ "_x00", "_x00" },
		{ "x_y_", "x_y_" },
	};
	char text[64];

	for (size_t i = 0; i < COUNT(texts); i++) {
		snprintf(text, sizeof text, "%s", texts[i][0]);
		text[text_unescape(text, strlen(text))] = '\0';
		ck_assert_str_eq(text, texts[i][1]);
	}
}
END_TEST

static bool area_is(const char *text, uint32_t top, uint32_t left, uint32_t bottom, uint32_t right)
{
	struct area area;

	return area_parse(text, &area) && area.top == top && area.left == left &&
	       area.bottom == bottom && area.right == right;
}

START_TEST(ranges_are_areas)
{
	static const char *const wrong[] = { "",     ":",         "A",     "3",     "A0",
					     "XFE1", "A1048577",  "B1:A1", "A2:A1", "A1:B2:C3",
					     "A 1",  "Sheet1!A1", "A-1" };
	struct area area;

	ck_assert(area_is("A1:AO43", 0, 0, 42, 40));
	ck_assert(area_is("$b$2", 1, 1, 1, 1));
	ck_assert(area_is("A3:", 2, 0, SHEET_ROWS - 1, SHEET_COLUMNS - 1));
	ck_assert(area_is("A:F", 0, 0, SHEET_ROWS - 1, 5));
	ck_assert(area_is("B2:F", 1, 1, SHEET_ROWS - 1, 5));
	ck_assert(area_is("3:10", 2, 0, 9, SHEET_COLUMNS - 1));
	ck_assert(area_is("XFD1048576", SHEET_ROWS - 1, SHEET_COLUMNS - 1, SHEET_ROWS - 1,
			  SHEET_COLUMNS - 1));
	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_msg(!area_parse(wrong[i], &area), "%s", wrong[i]);
}
END_TEST

START_TEST(dates_may_have_times)
{
	static const char *const wrong[] = { "2023-11",          "2023-11-31",
					     "2023-11-24 ",      "2023-11-24T",
					     "2023-11-24T24:00", "2023-11-24T1:00",
					     "2023-11-24T10:60", "2023-11-24T10:00:61",
					     "2023-11-24T10:00Z" };
	struct cell cell;
	char space[MU_FORMAT_MAX];

	ck_assert(sheet_date_parse(mu_string("2023-11-24"), &cell));
	ck_assert_int_eq(cell.milliseconds, 0);
	ck_assert(sheet_date_parse(mu_string("2023-11-24T14:30:05.0625"), &cell));
	ck_assert(mu_string_is(cell_text(&cell, space), "2023-11-24T14:30:05.062"));
	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_msg(!sheet_date_parse(mu_string(wrong[i]), &cell), "%s", wrong[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("xlsx");
	TCase *c = tcase_create("xlsx");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(c, codes_of_formats_are_understood);
	tcase_add_test(c, serial_numbers_are_days);
	tcase_add_test(c, escapes_stand_for_characters);
	tcase_add_test(c, ranges_are_areas);
	tcase_add_test(c, dates_may_have_times);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
