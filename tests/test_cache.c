/* The cache: what is whole, what is not, and who removes what. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/cache.h"

static char folder[] = "/tmp/muster-cache-XXXXXX";
static const struct secrets no_secrets;

static void set_up(void)
{
	memcpy(folder + sizeof folder - 7, "XXXXXX", 7);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	setenv("XDG_CACHE_HOME", folder, 1);
}

static void tear_down(void)
{
	char command[80];

	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0); // NOLINT(cert-env33-c)
}

/* How many files there are below a folder of the cache. */
static int files(const char *kind)
{
	char command[200], line[32] = "";
	FILE *pipe;

	snprintf(command, sizeof command, "find %s/muster/%s -type f | wc -l", folder, kind);
	pipe = popen(command, "r"); // NOLINT(cert-env33-c)
	ck_assert_ptr_nonnull(pipe);
	ck_assert_ptr_nonnull(fgets(line, sizeof line, pipe));
	pclose(pipe);
	return atoi(line); // NOLINT(cert-err34-c)
}

/* Gives out a document of some text; it is then an object. */
static struct mu_document take(struct cache *c, const char *uri, const char *text)
{
	struct mu_document d = { .size = sizeof d, .uri = uri, .etag = "\"1\"" };
	struct text why = { 0 };

	ck_assert_int_eq(cache_incoming(c, &d.path, &why), 0);
	ck_assert_int_eq(cache_append(c, d.path, text, strlen(text), &why), 0);
	ck_assert_msg(!cache_take(c, &d, &no_secrets, &why), "%s", why.data);
	return d;
}

START_TEST(test_take_and_recall)
{
	struct cache c = { 0 };
	struct mu_document d, again = { 0 };
	struct text why = { 0 };
	struct stat st;

	d = take(&c, "https://example.org/a", "hello\n");
	ck_assert_str_eq(d.sha256,
			 "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
	ck_assert_uint_eq(d.bytes, 6);
	ck_assert_int_eq(stat(d.path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0400);
	ck_assert_int_gt(d.fetched, 1500000000);
	cache_close(&c);
	ck_assert_int_eq(files("incoming"), 0);

	ck_assert_int_eq(cache_recall(&c, "https://example.org/a", NULL, &again, &why), 0);
	ck_assert_str_eq(again.etag, "\"1\"");
	ck_assert_ptr_nonnull(again.path);
	ck_assert_int_eq(cache_take(&c, &again, &no_secrets, &why), 0);
	ck_assert_str_eq(again.sha256 + 60, "be03");
	again = (struct mu_document){ 0 };
	ck_assert_int_eq(cache_recall(&c, "https://example.org/a", "POST", &again, &why), 0);
	ck_assert_ptr_null(again.path);
	cache_close(&c);
}
END_TEST

START_TEST(test_versions)
{
	struct cache c = { 0 };
	struct version versions[CACHE_VERSIONS];
	char text[16];
	int i;

	for (i = 0; i < 20; i++) {
		snprintf(text, sizeof text, "%d", i);
		take(&c, "x", text);
	}
	take(&c, "x", "12");
	ck_assert_uint_eq(cache_versions(&c, "x", NULL, versions), CACHE_VERSIONS);
	ck_assert_uint_eq(versions[0].bytes, 2);
	ck_assert_str_ne(versions[0].sha256, versions[1].sha256);
	for (i = 1; i < CACHE_VERSIONS; i++)
		ck_assert_str_ne(versions[0].sha256, versions[i].sha256);
	cache_close(&c);
}
END_TEST

/* An object that is not what its name says is removed, and never used. */
START_TEST(test_damaged)
{
	struct cache c = { 0 };
	struct mu_document d = take(&c, "x", "some text"), again = { 0 };
	char *path = mem_copy(d.path), *sha256 = mem_copy(d.sha256);
	struct text why = { 0 };
	const char *found;
	bool damaged;
	FILE *file;

	cache_close(&c);
	ck_assert_int_eq(chmod(path, 0600), 0);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	fputs("some tex", file);
	fclose(file);
	ck_assert_int_eq(cache_recall(&c, "x", NULL, &again, &why), 0);
	ck_assert_ptr_null(again.path);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert_int_eq(cache_find(&c, sha256, &found, &damaged, &why), 0);
	ck_assert(!damaged);
	ck_assert_ptr_null(found);
	take(&c, "x", "some text");
	ck_assert_int_eq(cache_find(&c, sha256, &found, &damaged, &why), 0);
	ck_assert_ptr_nonnull(found);
	cache_close(&c);
	free(path);
	free(sha256);
}
END_TEST

/* What a killed run leaves goes away with the next; what a living one has stays. */
START_TEST(test_killed)
{
	struct cache c = { 0 }, other = { 0 };
	struct text why = { 0 };
	const char *path = NULL;
	pid_t child;
	int status;

	ck_assert_int_eq(cache_incoming(&c, &path, &why), 0);
	child = fork();
	if (!child) {
		const char *mine = NULL;

		cache_incoming(&other, &mine, &why);
		cache_append(&other, mine, "half", 4, &why);
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(files("incoming"), 2);
	ck_assert_int_eq(cache_open(&other, &why), 0);
	ck_assert_int_eq(files("incoming"), 1);
	ck_assert_int_eq(access(path, F_OK), 0);
	cache_close(&other);
	cache_close(&c);
	ck_assert_int_eq(files("incoming"), 0);
}
END_TEST

/* Two runs with the same document: one object, and who has it open notices nothing. */
START_TEST(test_two_runs)
{
	struct cache one = { 0 }, two = { 0 };
	struct mu_document a = take(&one, "x", "the same"), b;
	struct stat before, after;

	ck_assert_int_eq(stat(a.path, &before), 0);
	b = take(&two, "x", "the same");
	ck_assert_str_eq(a.path, b.path);
	ck_assert_int_eq(stat(a.path, &after), 0);
	ck_assert_int_eq(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
	ck_assert_int_eq(before.st_size, after.st_size);
	cache_close(&two);
	cache_close(&one);
	ck_assert_int_eq(files("objects"), 1);
}
END_TEST

START_TEST(test_emptied)
{
	struct cache c = { 0 };
	struct mu_document d = { .uri = "x" };
	struct text why = { 0 };

	ck_assert_int_eq(cache_incoming(&c, &d.path, &why), 0);
	ck_assert_int_eq(cache_append(&c, d.path, "wrong", 5, &why), 0);
	ck_assert_int_eq(cache_incoming(&c, &d.path, &why), 0);
	ck_assert_int_eq(cache_append(&c, d.path, "hello\n", 6, &why), 0);
	ck_assert_int_eq(cache_take(&c, &d, &no_secrets, &why), 0);
	ck_assert_str_eq(d.sha256 + 60, "be03");
	ck_assert_uint_eq(d.bytes, 6);
	cache_close(&c);
}
END_TEST

/* Neither a secret nor a password in an address is written down. */
START_TEST(test_secrets)
{
	struct secrets secrets = { 0 };
	struct cache c = { 0 };
	struct text why = { 0 };
	struct mu_document d = { .uri = "https://me:pw@example.org/?key=hidden" };
	char command[160];

	secrets_add(&secrets, "hidden");
	ck_assert_int_eq(cache_incoming(&c, &d.path, &why), 0);
	ck_assert_int_eq(cache_take(&c, &d, &secrets, &why), 0);
	cache_close(&c);
	snprintf(command, sizeof command, "! grep -rE 'hidden|pw@' %s", folder);
	ck_assert_int_eq(system(command), 0); // NOLINT(cert-env33-c)
	snprintf(command, sizeof command, "grep -rqF 'https://example.org/?key=***' %s", folder);
	ck_assert_int_eq(system(command), 0); // NOLINT(cert-env33-c)
	secrets_release(&secrets);
}
END_TEST

START_TEST(test_no_folder)
{
	struct cache c = { 0 };
	struct text why = { 0 };

	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", "relative", 1);
	ck_assert_int_eq(cache_open(&c, &why), ENOENT);
	ck_assert_ptr_nonnull(strstr(why.data, "XDG_CACHE_HOME"));
	text_release(&why);
	cache_close(&c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache");
	TCase *cases = tcase_create("cache");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, test_take_and_recall);
	tcase_add_test(cases, test_versions);
	tcase_add_test(cases, test_damaged);
	tcase_add_test(cases, test_killed);
	tcase_add_test(cases, test_two_runs);
	tcase_add_test(cases, test_emptied);
	tcase_add_test(cases, test_secrets);
	tcase_add_test(cases, test_no_folder);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
