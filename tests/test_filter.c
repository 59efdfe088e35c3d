/* Programs that read a document: how they end, and what is kept of them. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/document.h"

static struct documents documents;
static struct text why;
static char folder[64], path[128];
static bool stopped;

static bool stop(void *data)
{
	(void)data;
	return stopped;
}

static void document_write(const char *text)
{
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	ck_assert_int_eq(fclose(out), 0);
}

static void document_add(void)
{
	struct mu_document from = { .size = sizeof from, .path = path, .uri = path, .name = "a" };

	ck_assert_int_eq(documents_add(&documents, &from, "letters", 0, &why), 0);
}

static void setup(void)
{
	strcpy(folder, "/tmp/muster-filter.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/a letter; $(exit)", folder);
	document_write("Albania 5\n");
	document_add();
	stopped = false;
}

static void teardown(void)
{
	documents_release(&documents);
	memset(&documents, 0, sizeof documents);
	text_release(&why);
	unlink(path);
	rmdir(folder);
}

/* Runs a script of the shell, which has the document's path as $0. */
static int run(const char *script, const struct printout **out)
{
	const char *const argv[] = { "sh", "-c", script, "{}", NULL };
	struct mu_program program = { .size = sizeof program,
				      .argv = argv,
				      .seconds = 20,
				      .memory = 1 << 30,
				      .output = 1000 };

	return filter_run(documents_get(&documents, 1), &program, stop, NULL, out, &why);
}

START_TEST(what_it_prints_is_kept)
{
	const struct printout *first, *again, *other;

	ck_assert_int_eq(run("cat -- \"$0\"", &first), 0);
	ck_assert_int_eq(first->ending.end, MU_END_OK);
	ck_assert_uint_eq(first->len, 10);
	ck_assert(!memcmp(first->data, "Albania 5\n", 10));
	ck_assert_int_eq(run("cat -- \"$0\"", &again), 0);
	ck_assert_ptr_eq(first, again);
	ck_assert_int_eq(run("true", &other), 0);
	ck_assert_uint_eq(other->len, 0);
	ck_assert_ptr_null(other->data);
	filtered_rest(documents_get(&documents, 1)->filtered);
	ck_assert(!memcmp(first->data, "Albania 5\n", 10));
}
END_TEST

static const struct {
	const char *script;
	enum mu_end end;
	int status;
	const char *message;
} ends[] = {
	{ "echo no table >&2; exit 3", MU_END_STATUS, 3, "no table\n" },
	{ "kill -SEGV $$", MU_END_SIGNAL, SIGSEGV, "" },
	{ "while :; do echo 12345678; done", MU_END_OUTPUT, SIGXFSZ, "" },
	{ "trap '' XFSZ; while echo 12345678; do :; done 2>&-; exit 0", MU_END_OUTPUT, 0, "" },
	{ "cat", MU_END_OK, 0, "" }, /* there is nothing to read */
	{ "test -z \"$SECRET\" && test $(ls /proc/self/fd | wc -l) -le 4", MU_END_OK, 0, "" },
};

START_TEST(how_it_ends_is_told)
{
	const struct printout *out;
	int left = open("/dev/null", O_RDONLY); /* a file of ours that is no business of its */

	setenv("SECRET", "42", 1);
	ck_assert_int_eq(run(ends[_i].script, &out), 0);
	ck_assert_int_eq(out->ending.end, ends[_i].end);
	ck_assert_int_eq(out->ending.status, ends[_i].status);
	ck_assert_str_eq(out->ending.message, ends[_i].message);
	ck_assert_uint_le(out->len, 1001);
	close(left);
}
END_TEST

START_TEST(time_and_memory_have_limits)
{
	const char *const sleeps[] = { "sleep", "60", NULL };
	const char *const hoards[] = { "sh", "-c", "head -c 100000000 /dev/zero | tail -n 1",
				       NULL };
	struct mu_program program = { .size = sizeof program,
				      .argv = sleeps,
				      .seconds = 0.2,
				      .memory = 50 << 20,
				      .output = 1000 };
	const struct printout *out;

	ck_assert_int_eq(filter_run(documents_get(&documents, 1), &program, stop, NULL, &out, &why),
			 0);
	ck_assert_int_eq(out->ending.end, MU_END_TIME);
	program.argv = hoards;
	program.seconds = 20;
	ck_assert_int_eq(filter_run(documents_get(&documents, 1), &program, stop, NULL, &out, &why),
			 0);
	ck_assert_int_eq(out->ending.end, MU_END_STATUS);
	ck_assert_ptr_nonnull(strstr(out->ending.message, "memory"));
}
END_TEST

/* Whether a process is there and has not ended. */
static bool is_alive(const char *pid)
{
	char name[64], text[8];
	size_t len;
	FILE *in;

	snprintf(name, sizeof name, "/proc/%s/cmdline", pid);
	in = fopen(name, "r");
	if (!in)
		return false;
	len = fread(text, 1, sizeof text, in);
	fclose(in);
	return len > 0;
}

START_TEST(what_it_starts_ends_with_it)
{
	const struct printout *out;
	char pid[32] = "";

	ck_assert_int_eq(run("sleep 60 & echo $!", &out), 0);
	ck_assert_int_eq(out->ending.end, MU_END_OK);
	ck_assert_uint_lt(out->len, sizeof pid);
	memcpy(pid, out->data, out->len);
	pid[strcspn(pid, "\n")] = '\0';
	ck_assert_uint_eq(strspn(pid, "0123456789"), strlen(pid));
	ck_assert_uint_gt(strlen(pid), 1);
	for (int i = 0; i < 100 && is_alive(pid); i++)
		usleep(10000);
	ck_assert(!is_alive(pid));
}
END_TEST

START_TEST(a_run_that_is_stopped_keeps_nothing)
{
	const struct printout *out;

	stopped = true;
	ck_assert_int_eq(run("sleep 60; echo 1", &out), ECANCELED);
	ck_assert_ptr_null(out);
	stopped = false;
	ck_assert_int_eq(run("echo 2", &out), 0);
	ck_assert(!memcmp(out->data, "2\n", 2));
}
END_TEST

START_TEST(another_document_meanwhile_is_an_error)
{
	const struct printout *out;

	ck_assert_int_eq(run("echo more >>\"$0\"", &out), ESTALE);
	ck_assert_ptr_nonnull(strstr(why.data, path));
}
END_TEST

START_TEST(a_program_that_is_not_there_is_named_with_its_package)
{
	const char *const argv[] = { "muster-no-such-program", "{}", NULL };
	struct mu_program program = { .size = sizeof program, .argv = argv, .package = "wanted" };
	const struct printout *out;

	ck_assert_int_eq(filter_run(documents_get(&documents, 1), &program, stop, NULL, &out, &why),
			 ENOENT);
	ck_assert_str_eq(why.data, "the program muster-no-such-program is not installed: "
				   "apt-get install wanted");
	setenv("PATH", "bin:.", 1); /* folders of whoever wrote the documents */
	ck_assert_int_eq(run("true", &out), ENOENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("filter");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(all, setup, teardown);
	tcase_add_test(all, what_it_prints_is_kept);
	tcase_add_loop_test(all, how_it_ends_is_told, 0, sizeof ends / sizeof *ends);
	tcase_add_test(all, time_and_memory_have_limits);
	tcase_add_test(all, what_it_starts_ends_with_it);
	tcase_add_test(all, a_run_that_is_stopped_keeps_nothing);
	tcase_add_test(all, another_document_meanwhile_is_an_error);
	tcase_add_test(all, a_program_that_is_not_there_is_named_with_its_package);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
