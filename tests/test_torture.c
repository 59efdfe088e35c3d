/*
 * The main job with each call of a plugin to the runner failing once, and with
 * each allocation of the core failing once: the run ends with exit 3, nothing is
 * published and nothing is left behind.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/command.h"
#include "stage/services.h"

#include "failing.h"

/* The exit code of a child whose run did not care for the failure. */
#define IGNORED 77

#define PIPELINE "pipelines/nl-police-missions/pipeline.yaml"

static atomic_long calls_left = LONG_MAX;

static int call_fails(void)
{
	return calls_left-- == 0 ? EIO : 0;
}

static char folder[32];

/* What is there that should not be.  A failure after the last step, when only
 * the report is left to write, leaves a whole dataset, which is removed. */
static size_t entries(void)
{
	static const char *const files[] = { "rosters.csv", "rosters.db", "datapackage.json" };
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t n = 0, i;
	char path[64];

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/out/%s", folder, files[i]);
		if (unlink(path))
			break;
	}
	snprintf(path, sizeof path, "%s/out", folder);
	if (i == 3)
		rmdir(path);

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		fprintf(stderr, "%s/%s is left\n", folder, entry->d_name);
		n++;
	}
	closedir(dir);
	return n;
}

static void run_once(void)
{
	char run[] = "run", pipeline[] = PIPELINE, flag[] = "--out", out[64];
	char *argv[] = { run, pipeline, flag, out, NULL };
	int null = open("/dev/null", O_WRONLY), code;

	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
	snprintf(out, sizeof out, "%s/out", folder);
	code = command_run.run(&command_run, 4, argv);
	exit(code == EXIT_VALID && (calls_left < 0 || allocations_left < 0) ? IGNORED : code);
}

/* Runs it in a child with one of the counters set; gives the exit code. */
static int run_with(atomic_long *counter, long value)
{
	int status = 0;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (!child) {
		*counter = value;
		stage_fault = call_fails;
		run_once();
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status), "failure %ld ended the run by signal %d", value,
		      WTERMSIG(status));
	return WEXITSTATUS(status);
}

static void torture(atomic_long *counter, long at_least)
{
	long n;

	snprintf(folder, sizeof folder, "/tmp/muster-torture.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(run_with(counter, LONG_MAX), EXIT_VALID);
	ck_assert(!entries());
	for (n = 0; n < 100000; n++) {
		int code = run_with(counter, n);

		if (code == EXIT_VALID)
			break;
		ck_assert_msg(code == EXIT_FAILED, "failure %ld gave exit %d", n, code);
		ck_assert_msg(!entries(), "failure %ld left something behind", n);
	}
	ck_assert_msg(n >= at_least && n < 100000, "%ld failures were tried", n);
	ck_assert_msg(!entries() && !rmdir(folder), "the last run left something behind");
}

START_TEST(every_call_to_the_runner_may_fail)
{
	torture(&calls_left, 40);
}
END_TEST

START_TEST(every_allocation_of_the_core_may_fail)
{
	torture(&allocations_left, 300);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("torture");
	TCase *tests = tcase_create("torture");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 600);
	tcase_add_test(tests, every_call_to_the_runner_may_fail);
	tcase_add_test(tests, every_allocation_of_the_core_may_fail);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
