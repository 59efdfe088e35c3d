/* Files of JSON, and what is none. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json_file.h"

static json_error_t error;

static int read_bytes(const char *bytes, json_t **out)
{
	int ends[2], err;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], bytes, strlen(bytes)), (ssize_t)strlen(bytes));
	close(ends[1]);
	err = json_file_read(ends[0], out, &error);
	close(ends[0]);
	return err;
}

START_TEST(json_is_read_to_its_end)
{
	char name[4000], bytes[5000];
	json_t *json;

	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	snprintf(bytes, sizeof bytes, "{\"%s\": 1}\n", name);
	ck_assert_int_eq(read_bytes(bytes, &json), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(json, name)), 1);
	json_decref(json);
}
END_TEST

START_TEST(what_is_no_json_has_its_place)
{
	static const char *const none[] = { "", "{\n", "{\n]", "{\n\"a\": 1, \"a\": 2}",
					    "{\n} more" };
	json_t *json;

	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		ck_assert_int_eq(read_bytes(none[i], &json), EBADMSG);
		ck_assert_ptr_null(json);
		ck_assert_int_ge(error.line, i ? 2 : 1);
	}
}
END_TEST

/* An error of the disk is no error of what is written there. */
START_TEST(what_cannot_be_read_is_not_told_to_be_no_json)
{
	int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	json_t *json;

	ck_assert_int_eq(json_file_read(folder, &json, &error), EISDIR);
	ck_assert_ptr_null(json);
	close(folder);
	ck_assert_int_eq(json_file_read(-1, &json, &error), EBADF);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json file");
	TCase *all = tcase_create("json file");
	SRunner *runner;
	int failed;

	tcase_add_test(all, json_is_read_to_its_end);
	tcase_add_test(all, what_is_no_json_has_its_place);
	tcase_add_test(all, what_cannot_be_read_is_not_told_to_be_no_json);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
