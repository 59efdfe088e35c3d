/*
 * The end in distress: what is staged goes away, whatever other threads do meanwhile.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "publish.h"
#include "text.h"

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

	tcase_add_test(tests, files_made_meanwhile_go_away);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
