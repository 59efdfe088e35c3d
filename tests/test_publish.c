/*
 * What cannot be stored is not published.  The end in distress: what is staged goes away,
 * whatever other threads do meanwhile.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/publish.h"
#include "base/text.h"

/* publish_abandon() keeps its lock for good, so nothing here is ever given back. */
static struct publish publish;
static struct text why;
static char folder[] = "/tmp/muster-publish.XXXXXX";
static pthread_barrier_t begins;

/* An exporter that makes file after file, until there is no folder any more. */
static void *make_files(void *data)
{
	char path[256];
	long made = 0;
	int fd;

	(void)data;
	pthread_barrier_wait(&begins);
	do {
		snprintf(path, sizeof path, "%s/%ld", publish.staging, made++);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd >= 0)
			close(fd);
	} while (fd >= 0);
	return errno == ENOENT ? NULL : (void *)&begins;
}

/* Which call of fsync() fails, counted down from now on; none at 0.  All calls come here
 * instead of to the C library. */
static int fails_at;

int fsync(int fd)
{
	if (fcntl(fd, F_GETFD) < 0)
		return -1;
	if (!fails_at || --fails_at)
		return 0;
	errno = EIO;
	return -1;
}

/* Publishes a dataset of one file, data/rows.csv. */
static int publish_one(const char *out)
{
	struct publish p = { 0 };
	struct text package = { 0 };
	const char *staged;
	FILE *file;
	int err;

	text_clear(&why);
	ck_assert_msg(!publish_begin(&p, out, &why), "%s", why.data);
	ck_assert(!publish_output(&p, "data/rows.csv", "a test", &staged, &why));
	file = fopen(staged, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert(fputs("mission\n", file) >= 0 && !fclose(file));
	ck_assert_msg(!publish_measure(&p, "a test", &why), "%s", why.data);
	text_printf(&package,
		    "{\"muster\": \"1\", \"resources\": [{\"path\": \"data/rows.csv\", "
		    "\"bytes\": 8, \"hash\": \"sha256:%s\"}]}",
		    p.outputs[0].sha256);
	err = publish_commit(&p, package.data, package.len, &why);
	publish_rollback(&p);
	publish_release(&p);
	text_release(&package);
	return err;
}

/* The file, its folder, datapackage.json, the output folder and the one above: each must be
 * stored, or nothing is published. */
START_TEST(nothing_is_published_that_cannot_be_stored)
{
	char above[] = "/tmp/muster-publish.XXXXXX", out[64], file[128];
	int at, err;

	ck_assert_ptr_nonnull(mkdtemp(above));
	snprintf(out, sizeof out, "%s/out", above);
	for (at = 1;; at++) {
		fails_at = at;
		err = publish_one(out);
		if (fails_at)
			break;
		ck_assert_msg(err == EIO, "publishing although call %d of fsync() failed", at);
		ck_assert_ptr_nonnull(strstr(why.data, "cannot be stored"));
		ck_assert_msg(!rmdir(above) && !mkdir(above, 0700), "%s is not empty", above);
	}
	fails_at = 0;
	ck_assert_msg(!err, "%s", why.data);
	ck_assert_int_gt(at, 5);
	snprintf(file, sizeof file, "%s/data/rows.csv", out);
	ck_assert(!unlink(file));
	snprintf(file, sizeof file, "%s/datapackage.json", out);
	ck_assert(!unlink(file));
	snprintf(file, sizeof file, "%s/data", out);
	ck_assert(!rmdir(file) && !rmdir(out) && !rmdir(above));
}
END_TEST

START_TEST(files_made_meanwhile_go_away)
{
	char out[64];
	pthread_t exporters[2];
	void *wrong;
	int i;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(out, sizeof out, "%s/out", folder);
	ck_assert_msg(!publish_begin(&publish, out, &why), "%s", why.data);
	pthread_barrier_init(&begins, NULL, 3);
	for (i = 0; i < 2; i++)
		ck_assert(!pthread_create(&exporters[i], NULL, make_files, NULL));
	pthread_barrier_wait(&begins);
	publish_abandon();
	for (i = 0; i < 2; i++) {
		ck_assert(!pthread_join(exporters[i], &wrong));
		ck_assert_ptr_null(wrong);
	}
	ck_assert_msg(!rmdir(folder), "%s is left", publish.staging);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("publish");
	TCase *tests = tcase_create("publish");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, nothing_is_published_that_cannot_be_stored);
	tcase_add_test(tests, files_made_meanwhile_go_away);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
