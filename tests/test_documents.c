/* core/document: what is read of a file that changes meanwhile. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/document.h"

static struct documents documents;
static struct text why;
static char path[64];

/* Bytes alike, at another time than any before. */
static void file_write(char c, size_t len)
{
	static time_t seconds = 1000;
	struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };
	FILE *out = fopen(path, "r+");

	seconds++;
	ck_assert_ptr_nonnull(out);
	while (len--)
		putc(c, out);
	ck_assert(!fflush(out));
	ck_assert(!futimens(fileno(out), times));
	ck_assert(!fclose(out));
}

static struct document *document_of(size_t len)
{
	struct mu_document from = { .size = sizeof from, .path = path, .uri = path, .name = "a" };

	file_write('a', len);
	ck_assert(!documents_add(&documents, &from, "letters", 0, &why));
	return documents.items[0];
}

static void setup(void)
{
	int fd;

	strcpy(path, "/tmp/muster-documents.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void teardown(void)
{
	documents_release(&documents);
	text_release(&why);
	unlink(path);
}

START_TEST(a_short_document_stays_as_it_was_while_it_is_used)
{
	struct document *d = document_of(100);
	const uint8_t *data;
	char bytes[200];
	size_t len, got;

	ck_assert(!document_map(d, true, &data, &len, &why));
	file_write('b', 100);
	ck_assert_uint_eq(len, 100);
	ck_assert(data[0] == 'a' && data[99] == 'a');
	ck_assert(!document_read(d, 90, bytes, sizeof bytes, &got, &why));
	ck_assert_uint_eq(got, 10);
	ck_assert(bytes[0] == 'a' && bytes[9] == 'a');
	ck_assert(!document_read(d, 100, bytes, sizeof bytes, &got, &why));
	ck_assert_uint_eq(got, 0);
	ck_assert(!document_read_end(d, &why));
	document_unmap(d);
	ck_assert_int_eq(document_map(d, true, &data, &len, &why), ESTALE);
	ck_assert_int_eq(document_read(d, 0, bytes, sizeof bytes, &got, &why), ESTALE);
}
END_TEST

START_TEST(a_copy_is_made_of_short_documents_alone_and_for_some)
{
	struct document *d = document_of(_i ? 100 : 100000);
	const uint8_t *data;
	size_t len;

	ck_assert(!document_map(d, !_i, &data, &len, &why));
	ck_assert(!d->copied && data[len - 1] == 'a');
	document_unmap(d);
	ck_assert_ptr_null(d->data);
}
END_TEST

START_TEST(an_empty_document_has_no_bytes)
{
	struct document *d = document_of(0);
	const uint8_t *data;
	size_t len;

	ck_assert(!document_map(d, _i, &data, &len, &why));
	ck_assert(data && !len);
	document_unmap(d);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("documents");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(all, setup, teardown);
	tcase_add_test(all, a_short_document_stays_as_it_was_while_it_is_used);
	tcase_add_loop_test(all, a_copy_is_made_of_short_documents_alone_and_for_some, 0, 2);
	tcase_add_loop_test(all, an_empty_document_has_no_bytes, 0, 2);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
