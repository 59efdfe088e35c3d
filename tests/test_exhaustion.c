/* Out of memory is told as such, whoever asked for it: exit 3, one line, and what was staged is
 * removed. */
#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

#define TOO_MUCH (SIZE_MAX / 4)

/* Sanitizers end a program that asks for so much, unless they are told not to. */
__attribute__((visibility("default"))) const char *asan_options(void) __asm__(
	"__asan_default_options");
__attribute__((visibility("default"))) const char *tsan_options(void) __asm__(
	"__tsan_default_options");

const char *asan_options(void)
{
	return "allocator_may_return_null=1";
}

const char *tsan_options(void)
{
	return "allocator_may_return_null=1";
}

static void clean(void)
{
	static const char words[] = "cleaned up\n";

	if (write(STDERR_FILENO, words, sizeof words - 1) < 0)
		abort();
}

static void ask_alloc(void)
{
	free(mem_alloc(TOO_MUCH));
}

static void ask_resize(void)
{
	free(mem_resize(NULL, TOO_MUCH, 1));
}

/* The product is a small number again. */
static void ask_product(void)
{
	free(mem_resize(NULL, SIZE_MAX / 8 + 2, 8));
}

static void ask_arena(void)
{
	struct arena arena = { 0 };

	arena_alloc(&arena, TOO_MUCH);
}

static void ask_arena_all(void)
{
	struct arena arena = { 0 };

	arena_alloc(&arena, SIZE_MAX);
}

static void ask_text(void)
{
	struct text text = { 0 };

	text_add(&text, "a", 1);
	text_add(&text, "", SIZE_MAX / 2);
}

static void (*const asks[])(void) = { ask_alloc, ask_resize,    ask_product,
				      ask_arena, ask_arena_all, ask_text };

/* What a child prints and how it ends. */
static int asked(void (*ask)(void), bool cleans, char *said, size_t size)
{
	int ends[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t child;

	ck_assert(!pipe(ends));
	child = fork();
	ck_assert_int_ge(child, 0);
	if (!child) {
		dup2(ends[1], STDERR_FILENO);
		mem_at_exhaustion(cleans ? clean : NULL);
		ask();
		_exit(0);
	}
	close(ends[1]);
	while ((n = read(ends[0], said + len, size - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(it_is_told_as_such)
{
	char said[256];

	ck_assert_int_eq(asked(asks[_i], false, said, sizeof said), 3);
	ck_assert_msg(strstr(said, "muster: out of memory\n"), "%s", said);
}
END_TEST

START_TEST(it_is_told_before_all_is_put_in_order)
{
	char said[256];

	ck_assert_int_eq(asked(asks[_i], true, said, sizeof said), 3);
	ck_assert_msg(strstr(said, "muster: out of memory\ncleaned up\n"), "%s", said);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exhaustion");
	TCase *tests = tcase_create("exhaustion");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tests, it_is_told_as_such, 0, sizeof asks / sizeof *asks);
	tcase_add_loop_test(tests, it_is_told_before_all_is_put_in_order, 0,
			    sizeof asks / sizeof *asks);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
