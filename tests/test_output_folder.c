/*
 * Output folders that cannot be replaced are refused before anything is read.  Mounts are of a
 * name space of this test's own; where none can be made it says that it has not been run.
 */
#include <check.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/publish.h"
#include "base/text.h"

static char folder[64];
static struct text why;

static const char *below(const char *name)
{
	static char paths[4][128];
	static int next;

	next = (next + 1) % 4;
	snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
	return paths[next];
}

static void set_up(void)
{
	snprintf(folder, sizeof folder, "/tmp/muster-folder.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert(!mkdir(below("out"), 0777));
	text_clear(&why);
}

static void tear_down(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert(!system(command)); // NOLINT(cert-env33-c)
	text_release(&why);
}

static bool mounts_alone(void)
{
	bool alone = (!unshare(CLONE_NEWNS) || !unshare(CLONE_NEWUSER | CLONE_NEWNS)) &&
		     !mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL);

	if (!alone)
		fprintf(stderr, "NOT RUN: mounts of its own are refused\n");
	return alone;
}

static void is_refused(const char *out, const char *words)
{
	struct publish publish = { 0 };
	int err;

	text_clear(&why);
	err = publish_begin(&publish, out, &why);
	ck_assert_int_ne(err, 0);
	ck_assert_msg(strstr(why.data, words), "%s", why.data);
	publish_release(&publish);
	/* Nothing but the folder itself is left. */
	ck_assert(!umount(out) && !rmdir(out));
}

START_TEST(one_that_can_be_replaced_is_taken)
{
	struct publish publish = { 0 };

	ck_assert(!publish_check(below("out"), &why));
	ck_assert_msg(!publish_begin(&publish, below("out"), &why), "%s", why.data);
	publish_release(&publish);
	ck_assert(!rmdir(below("out")));
	ck_assert(!publish_check(below("out"), &why));
	ck_assert_msg(!publish_begin(&publish, below("out"), &why), "%s", why.data);
	publish_release(&publish);
	ck_assert(!rmdir(folder) && !mkdir(folder, 0700));
}
END_TEST

START_TEST(a_mount_point_is_refused)
{
	const char *out = below("out");

	if (!mounts_alone())
		return;
	ck_assert(!mount("none", out, "tmpfs", 0, NULL));
	ck_assert_int_eq(publish_check(out, &why), EINVAL);
	ck_assert_ptr_nonnull(strstr(why.data, "is a mount point"));
	is_refused(out, "is a mount point and cannot be replaced; name a folder in it");
}
END_TEST

/* A folder of the same file system has the device of the one above it. */
START_TEST(a_bound_folder_is_refused)
{
	const char *out = below("out");

	if (!mounts_alone())
		return;
	ck_assert(!mkdir(below("other"), 0777));
	ck_assert(!mount(below("other"), out, "none", MS_BIND, NULL));
	is_refused(out, "is a mount point and cannot be replaced; name a folder in it");
}
END_TEST

START_TEST(a_folder_of_a_lower_layer_is_refused)
{
	struct publish publish = { 0 };
	char options[512];

	if (!mounts_alone())
		return;
	ck_assert(!mkdir(below("lower"), 0777) && !mkdir(below("upper"), 0777));
	ck_assert(!mkdir(below("lower/out"), 0777) && !mkdir(below("work"), 0777));
	snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", below("lower"),
		 below("upper"), below("work"));
	if (mount("none", below("out"), "overlay", 0, options)) {
		fprintf(stderr, "NOT RUN: there is no overlay file system\n");
		return;
	}
	ck_assert_int_eq(publish_begin(&publish, below("out/out"), &why), EXDEV);
	ck_assert_msg(strstr(why.data, "lower layer of an overlay file system"), "%s", why.data);
	publish_release(&publish);
	ck_assert(!access(below("out/out"), F_OK));
	ck_assert(!umount(below("out")));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("output folder");
	TCase *tests = tcase_create("output folder");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, one_that_can_be_replaced_is_taken);
	tcase_add_test(tests, a_mount_point_is_refused);
	tcase_add_test(tests, a_bound_folder_is_refused);
	tcase_add_test(tests, a_folder_of_a_lower_layer_is_refused);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
