/* core/progress: what a terminal and a log get to see. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/progress.h"

#define MB  UINT64_C(1000000)
#define END "\033[K" /* clears to the end of the line */

/* A progress that writes into a pipe, and its time. */
struct rig {
	struct progress *progress;
	int fds[2];
	double at;
	char seen[65536];
};

static double rig_now(void *clock)
{
	return *(double *)clock;
}

static void rig_open(struct rig *r, enum progress_style style, bool each,
		     const struct secrets *secrets)
{
	struct progress_options options = {
		.style = style, .each = each, .secrets = secrets, .now = rig_now, .clock = &r->at
	};

	setenv("COLUMNS", "80", 1);
	r->at = 1000;
	ck_assert_int_eq(pipe2(r->fds, O_NONBLOCK | O_CLOEXEC), 0);
	options.fd = r->fds[1];
	r->progress = progress_new(&options);
}

/* What was written since the last time. */
static const char *rig_seen(struct rig *r)
{
	ssize_t len = read(r->fds[0], r->seen, sizeof r->seen - 1);

	r->seen[len > 0 ? len : 0] = '\0';
	return r->seen;
}

static void rig_close(struct rig *r)
{
	progress_free(r->progress);
	close(r->fds[0]);
	close(r->fds[1]);
}

static void tell(struct rig *r, uint32_t id, enum mu_transfer_state state, const char *name,
		 uint64_t done, uint64_t total, const char *note)
{
	struct mu_transfer t = { .size = sizeof t,
				 .id = id,
				 .state = state,
				 .name = name,
				 .done = done,
				 .total = total,
				 .note = note };

	progress_tell(r->progress, "sources.un[0]", &t);
}

START_TEST(what_is_short_leaves_no_trace)
{
	struct rig r;
	uint32_t i;

	rig_open(&r, _i ? PROGRESS_LIVE : PROGRESS_PLAIN, false, NULL);
	for (i = 1; i <= 40; i++) {
		tell(&r, i, MU_UNDER_WAY, "http://a/b", 10, 20, NULL);
		r.at += 0.01;
		tell(&r, i, MU_ARRIVED, "http://a/b", 20, 20, NULL);
	}
	progress_end(r.progress);
	progress_end(r.progress);
	ck_assert_str_eq(rig_seen(&r), "");
	rig_close(&r);
}
END_TEST

START_TEST(a_terminal_has_a_line_for_a_transfer_and_is_clean_afterwards)
{
	struct rig r;

	rig_open(&r, PROGRESS_LIVE, false, NULL);
	tell(&r, 1, MU_UNDER_WAY, "http://localhost/big.csv", 0, 12 * MB, NULL);
	r.at += 1;
	tell(&r, 1, MU_UNDER_WAY, "http://localhost/big.csv", 2 * MB, 12 * MB, NULL);
	ck_assert_str_eq(rig_seen(&r), "\rsources.un[0]: 2.0 MB of 12.0 MB, 2.0 MB/s, 0:05 left, "
				       "http://localhost/big.csv" END);
	r.at += 0.05;
	tell(&r, 1, MU_UNDER_WAY, "http://localhost/big.csv", 3 * MB, 12 * MB, NULL);
	ck_assert_str_eq(rig_seen(&r), "");
	r.at += 0.06;
	tell(&r, 1, MU_UNDER_WAY, "http://localhost/big.csv", 3 * MB, 0, "waits 5 s");
	ck_assert_str_eq(rig_seen(&r), "\rsources.un[0]: 3.0 MB, 2.7 MB/s, waits 5 s, "
				       "http://localhost/big.csv" END);
	progress_line(r.progress, "something else");
	ck_assert_str_eq(rig_seen(&r), "\r" END "something else\n");
	tell(&r, 1, MU_UNDER_WAY, "http://localhost/big.csv", 3 * MB, 0, NULL);
	ck_assert_ptr_nonnull(strstr(rig_seen(&r), "big.csv"));
	progress_end(r.progress);
	ck_assert_str_eq(rig_seen(&r), "\r" END);
	rig_close(&r);
}
END_TEST

START_TEST(many_transfers_are_counted_and_cut_to_the_terminal)
{
	struct rig r;
	uint32_t i;

	rig_open(&r, PROGRESS_LIVE, false, NULL);
	setenv("COLUMNS", "30", 1);
	tell(&r, 99, MU_ARRIVED, "a", 1000, 1000, NULL);
	for (i = 1; i <= 8; i++)
		tell(&r, i, MU_UNDER_WAY, "https://example.org/a/b/c/d/e.csv", i, 0, NULL);
	r.at += 0.5;
	tell(&r, 8, MU_UNDER_WAY, "https://example.org/a/b/c/d/e.csv", 8, 0, NULL);
	ck_assert_str_eq(rig_seen(&r), "\rsources.un[0]: 1 arrived, 1.0" END);
	rig_close(&r);
}
END_TEST

START_TEST(a_terminal_says_itself_how_wide_it_is)
{
	int pty = posix_openpt(O_RDWR | O_NOCTTY);
	struct winsize window = { .ws_row = 10, .ws_col = 12 };
	struct rig r;
	struct progress_options options = { .style = PROGRESS_LIVE,
					    .now = rig_now,
					    .clock = &r.at };

	setenv("COLUMNS", "80", 1);
	ck_assert_int_ge(pty, 0);
	ck_assert_int_eq(grantpt(pty) || unlockpt(pty), 0);
	options.fd = open(ptsname(pty), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(options.fd, 0);
	ck_assert_int_eq(ioctl(options.fd, TIOCSWINSZ, &window), 0);
	r.at = 0;
	r.progress = progress_new(&options);
	tell(&r, 1, MU_UNDER_WAY, "0123456789012345", 0, 0, NULL);
	r.at = 0.6;
	tell(&r, 1, MU_UNDER_WAY, "0123456789012345", 0, 0, NULL);
	r.fds[0] = pty;
	ck_assert_str_eq(rig_seen(&r), "\rsources.un[" END);
	r.fds[1] = options.fd;
	rig_close(&r);
}
END_TEST

START_TEST(names_and_notes_are_harmless)
{
	struct secrets secrets = { 0 };
	struct rig r;

	secrets_add(&secrets, "hunter2");
	rig_open(&r, PROGRESS_LIVE, true, &secrets);
	tell(&r, 1, MU_UNDER_WAY, "http://a/\033[2J?k=hunter2", 0, 0, NULL);
	r.at += 1;
	tell(&r, 1, MU_UNDER_WAY, "", 0, 0, "wants hunter2\n");
	ck_assert_ptr_nonnull(strstr(rig_seen(&r), ", http://a/\\x1b[2J?k=***"));
	ck_assert_ptr_nonnull(strstr(r.seen, "wants ***\\x0a"));
	tell(&r, 1, MU_GAVE_UP, NULL, 3, 0, "no hunter2");
	ck_assert_ptr_nonnull(strstr(rig_seen(&r), "sources.un[0]: http://a/\\x1b[2J?k=***: "
						   "gave up after 3 B in 1.0 s, no ***\n"));
	rig_close(&r);
	secrets_release(&secrets);
}
END_TEST

START_TEST(a_name_may_be_long)
{
	char *name = malloc(100001);
	struct rig r;

	memset(name, 'a', 100000);
	name[100000] = '\0';
	rig_open(&r, PROGRESS_PLAIN, true, NULL);
	tell(&r, 1, MU_ARRIVED, name, 1, 1, NULL);
	ck_assert_uint_lt(strlen(rig_seen(&r)), 2100);
	ck_assert_ptr_nonnull(strstr(r.seen, "aaa…aaa"));
	rig_close(&r);
	free(name);
}
END_TEST

START_TEST(a_log_has_lines_of_what_takes_long)
{
	struct rig r;
	size_t lines = 0;
	int i;

	rig_open(&r, PROGRESS_PLAIN, false, NULL);
	tell(&r, 1, MU_UNDER_WAY, "http://a/b", 0, 1000 * MB, NULL);
	for (i = 1; i <= 100; i++) {
		r.at += 0.1;
		tell(&r, 1, MU_UNDER_WAY, "http://a/b", (uint64_t)i * MB / 10, 1000 * MB,
		     "resumed");
	}
	ck_assert_str_eq(rig_seen(&r), "sources.un[0]: 10.0 MB of 1.0 GB, 1.0 MB/s, 16:30 left, "
				       "resumed, http://a/b\n");
	tell(&r, 2, MU_UNDER_WAY, "http://a/c", 0, 0, NULL);
	r.at += 20;
	tell(&r, 1, MU_ARRIVED, "http://a/b", 30 * MB, 0, NULL);
	tell(&r, 3, MU_UNDER_WAY, "http://a/d", 0, 0, NULL);
	ck_assert_str_eq(rig_seen(&r),
			 "sources.un[0]: 1 arrived, 30.0 MB, 1.0 MB/s, 1 under way\n");
	r.at += 40;
	tell(&r, 3, MU_UNDER_WAY, "http://a/d", 0, 0, NULL);
	ck_assert_str_eq(rig_seen(&r), "sources.un[0]: 1 arrived, 30.0 MB, 2 under way\n");
	for (i = 0; i < 600; i++) {
		r.at += 1;
		tell(&r, 3, MU_UNDER_WAY, "http://a/d", 0, 0, NULL);
	}
	for (rig_seen(&r), i = 0; r.seen[i]; i++)
		lines += r.seen[i] == '\n';
	ck_assert_uint_eq(lines, 10);
	tell(&r, 3, MU_GAVE_UP, "http://a/d", 0, 0, NULL);
	progress_end(r.progress);
	ck_assert_str_eq(rig_seen(&r), "sources.un[0]: 1 arrived, 1 did not, 30.0 MB in 670.0 s\n");
	rig_close(&r);
}
END_TEST

START_TEST(a_rate_begins_with_the_first_byte)
{
	struct rig r;

	rig_open(&r, PROGRESS_PLAIN, false, NULL);
	tell(&r, 1, MU_UNDER_WAY, "a", 0, 100 * MB, NULL);
	r.at += 9;
	tell(&r, 1, MU_UNDER_WAY, "a", 0, 100 * MB, "waits");
	r.at += 1;
	tell(&r, 1, MU_UNDER_WAY, "a", 2 * MB, 100 * MB, NULL);
	ck_assert_str_eq(rig_seen(&r),
			 "sources.un[0]: 2.0 MB of 100.0 MB, 2.0 MB/s, 0:49 left, a\n");
	rig_close(&r);
}
END_TEST

START_TEST(each_document_has_a_line_when_asked_for)
{
	struct rig r;

	rig_open(&r, PROGRESS_PLAIN, true, NULL);
	tell(&r, 7, MU_ARRIVED, "http://a/b", 34500, 34500, NULL);
	tell(&r, 8, MU_UNDER_WAY, "http://a/c", 900, 1000, NULL);
	tell(&r, 8, MU_UNDER_WAY, "http://a/c", 0, 1000, "tries again");
	r.at += 2;
	tell(&r, 8, MU_ARRIVED, "http://a/c", 1000, 1000, NULL);
	progress_end(r.progress);
	ck_assert_str_eq(rig_seen(&r), "sources.un[0]: http://a/b: 34.5 kB in 0.0 s\n"
				       "sources.un[0]: http://a/c: 1.0 kB in 2.0 s\n"
				       "sources.un[0]: 2 arrived, 36.4 kB in 2.0 s\n");
	rig_close(&r);
}
END_TEST

START_TEST(nothing_is_shown_when_nobody_wants_it)
{
	struct rig r;

	rig_open(&r, PROGRESS_NONE, false, NULL);
	tell(&r, 1, MU_UNDER_WAY, "a", 0, 0, NULL);
	r.at += 100;
	tell(&r, 1, MU_ARRIVED, "a", 0, 0, NULL);
	progress_end(r.progress);
	ck_assert_str_eq(rig_seen(&r), "");
	progress_line(r.progress, "but this");
	ck_assert_str_eq(rig_seen(&r), "but this\n");
	rig_close(&r);
}
END_TEST

/* With the size as it is written and nothing else to tell. */
START_TEST(sizes_are_short)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} sizes[] = {
		{ 0, ": 0 B in" },
		{ 999, ": 999 B in" },
		{ 1000, ": 1.0 kB in" },
		{ 999949, ": 999.9 kB in" },
		{ 999950, ": 1.0 MB in" },
		{ 3400000, ": 3.4 MB in" },
		{ UINT64_MAX, ": 18.4 EB in" },
	};
	struct rig r;
	size_t i;

	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		rig_open(&r, PROGRESS_PLAIN, true, NULL);
		tell(&r, 1, MU_ARRIVED, "a", sizes[i].bytes, 0, NULL);
		ck_assert_ptr_nonnull(strstr(rig_seen(&r), sizes[i].text));
		rig_close(&r);
	}
}
END_TEST

START_TEST(the_style_suits_what_is_written_to)
{
	int pty = posix_openpt(O_RDWR | O_NOCTTY);

	unsetenv("CI");
	setenv("TERM", "xterm", 1);
	ck_assert_int_eq(progress_style(pty, 0), PROGRESS_LIVE);
	ck_assert_int_eq(progress_style(pty, 1), PROGRESS_LIVE);
	ck_assert_int_eq(progress_style(pty, -1), PROGRESS_NONE);
	setenv("CI", "true", 1);
	ck_assert_int_eq(progress_style(pty, 0), PROGRESS_PLAIN);
	unsetenv("CI");
	setenv("TERM", "dumb", 1);
	ck_assert_int_eq(progress_style(pty, 0), PROGRESS_PLAIN);
	close(pty);
	setenv("TERM", "xterm", 1);
	pty = open("/dev/null", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(progress_style(pty, 0), PROGRESS_PLAIN);
	close(pty);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("progress");
	TCase *live = tcase_create("live"), *plain = tcase_create("plain");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(live, what_is_short_leaves_no_trace, 0, 2);
	tcase_add_test(live, a_terminal_has_a_line_for_a_transfer_and_is_clean_afterwards);
	tcase_add_test(live, many_transfers_are_counted_and_cut_to_the_terminal);
	tcase_add_test(live, a_terminal_says_itself_how_wide_it_is);
	tcase_add_test(live, names_and_notes_are_harmless);
	tcase_add_test(plain, a_name_may_be_long);
	tcase_add_test(plain, a_log_has_lines_of_what_takes_long);
	tcase_add_test(plain, a_rate_begins_with_the_first_byte);
	tcase_add_test(plain, each_document_has_a_line_when_asked_for);
	tcase_add_test(plain, nothing_is_shown_when_nobody_wants_it);
	tcase_add_test(plain, sizes_are_short);
	tcase_add_test(plain, the_style_suits_what_is_written_to);
	suite_add_tcase(suite, live);
	suite_add_tcase(suite, plain);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
