/* core/append: what is in the file, and that the hash is of just that. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/append.h"
#include "store/document.h"

#define MOST ((size_t)5 << 20)

static char *make_bytes(void)
{
	char *bytes = malloc(MOST);
	size_t i;

	for (i = 0; i < MOST; i++)
		bytes[i] = (char)(i * 2654435761u >> 13);
	return bytes;
}

/* Files of some length, in pieces of some size, without a thread and with one. */
START_TEST(the_file_has_all_and_the_hash_is_of_it)
{
	static const size_t lengths[] = { 0, 1, 1000, 1 << 20, (1 << 20) + 1, MOST };
	static const size_t pieces[] = { 1 << 10, 100003, 256 << 10, 1 << 20 };
	char path[] = "/tmp/muster-append-XXXXXX", sha256[65], again[65], *bytes = make_bytes(),
	     *read_back = malloc(MOST);
	size_t len = lengths[_i / 2 % 6], piece = pieces[_i / 12], at = 0;
	int fd = mkstemp(path);
	struct append *a = append_open(path, _i % 2);
	uint64_t counted, stored;

	while (at < len) {
		size_t n = len - at < piece ? len - at : piece;

		ck_assert_int_eq(append_put(a, bytes + at, n), 0);
		at += n;
	}
	ck_assert_int_eq(append_measure(a, sha256, &counted), 0);
	ck_assert_uint_eq(counted, len);
	append_close(a);
	ck_assert_int_eq(sha256_file(fd, again, &stored), 0);
	ck_assert_uint_eq(stored, len);
	ck_assert_str_eq(sha256, again);
	ck_assert_int_eq(pread(fd, read_back, MOST, 0), (ssize_t)len);
	ck_assert_int_eq(memcmp(read_back, bytes, len), 0);
	close(fd);
	unlink(path);
	free(bytes);
	free(read_back);
}
END_TEST

START_TEST(a_full_disk_is_told_once_it_is_known)
{
	char *bytes = make_bytes(), sha256[65];
	struct append *a = append_open("/dev/full", _i % 2);
	size_t at;
	uint64_t counted;

	for (at = 0; at < MOST; at += 64 << 10)
		append_put(a, bytes + at, 64 << 10);
	ck_assert_int_eq(append_wait(a), ENOSPC);
	ck_assert_int_eq(append_put(a, bytes, 1), ENOSPC);
	ck_assert_int_eq(append_measure(a, sha256, &counted), ENOSPC);
	append_close(a);
	free(bytes);
}
END_TEST

START_TEST(one_that_is_not_wanted_is_closed_at_once)
{
	char *bytes = make_bytes();
	struct append *a = append_open("/dev/null", true);

	ck_assert_int_eq(append_put(a, bytes, MOST), 0);
	append_close(a);
	append_close(NULL);
	ck_assert_ptr_null(append_open("/nowhere/at/all", true));
	ck_assert_int_eq(errno, ENOENT);
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("append");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(all, 60);
	tcase_add_loop_test(all, the_file_has_all_and_the_hash_is_of_it, 0, 48);
	tcase_add_loop_test(all, a_full_disk_is_told_once_it_is_known, 0, 2);
	tcase_add_test(all, one_that_is_not_wanted_is_closed_at_once);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
