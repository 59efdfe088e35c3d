/* Counts of what passes between two stages: added up, taken away, copied. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>

#include "ledger/balance.h"

/* "rows claims name=sum ...", an overflow as "name!". */
static void are(const struct balance *b, const char *expected)
{
	struct text text = { 0 };
	size_t i;

	text_printf(&text, "%" PRIu64 " %" PRIu64, b->rows, b->claims);
	for (i = 0; i < b->n_measures; i++) {
		text_printf(&text, " %s", b->measures[i].name);
		if (b->measures[i].overflow)
			text_puts(&text, "!");
		else
			text_printf(&text, "=%" PRId64, b->measures[i].sum);
	}
	ck_assert_str_eq(text.data, expected);
	text_release(&text);
}

static struct balance counts(uint64_t rows, uint64_t claims, const char *a, int64_t sum_a,
			     const char *b, int64_t sum_b)
{
	struct balance out = { .rows = rows, .claims = claims };

	if (a)
		out.measures[out.n_measures++] =
			(struct balance_measure){ .name = mem_copy(a), .sum = sum_a };
	if (b)
		out.measures[out.n_measures++] =
			(struct balance_measure){ .name = mem_copy(b), .sum = sum_b };
	return out;
}

static void subtracts(struct balance from, struct balance what, const char *expected)
{
	balance_subtract(&from, &what);
	are(&from, expected);
	balance_release(&from);
	balance_release(&what);
}

START_TEST(what_was_counted_is_taken_away)
{
	subtracts(counts(9, 2, "male", 50, "female", 20), counts(3, 1, "male", 11, "female", 4),
		  "6 1 male=39 female=16");
	subtracts(counts(9, 2, "male", 50, NULL, 0), counts(0, 0, NULL, 0, NULL, 0), "9 2 male=50");
}
END_TEST

/* Lanes put a dataset's columns into an order of their own. */
START_TEST(measures_are_told_by_name)
{
	subtracts(counts(2, 0, "male", 5, "female", 7), counts(1, 0, "female", 3, "male", 1),
		  "1 0 male=4 female=4");
	subtracts(counts(2, 0, "male", 5, NULL, 0), counts(1, 0, "female", 3, NULL, 0),
		  "1 0 male=5");
}
END_TEST

START_TEST(a_count_is_never_below_zero)
{
	subtracts(counts(2, 1, NULL, 0, NULL, 0), counts(3, 4, NULL, 0, NULL, 0), "0 0");
	subtracts(counts(0, 0, NULL, 0, NULL, 0), counts(UINT64_MAX, 1, NULL, 0, NULL, 0), "0 0");
}
END_TEST

/* Numbers of a measure may be below it, and so may their sum. */
START_TEST(a_sum_may_be_below_zero)
{
	subtracts(counts(2, 0, "change", -5, NULL, 0), counts(1, 0, "change", 3, NULL, 0),
		  "1 0 change=-8");
}
END_TEST

START_TEST(a_sum_that_is_not_known_is_not_told)
{
	struct balance lost = counts(1, 0, "male", 7, NULL, 0);

	lost.measures[0].overflow = true;
	subtracts(counts(2, 0, "male", INT64_MIN, NULL, 0), counts(1, 0, "male", 1, NULL, 0),
		  "1 0 male!");
	subtracts(counts(2, 0, "male", 9, NULL, 0), lost, "1 0 male!");
	lost = counts(1, 0, "male", 7, NULL, 0);
	lost.measures[0].overflow = true;
	subtracts(lost, counts(1, 0, "male", 7, NULL, 0), "0 0 male!");
}
END_TEST

START_TEST(what_is_merged_can_be_taken_away_again)
{
	struct balance sum = counts(4, 1, "male", 10, "female", 3), copy = { 0 },
		       more = counts(5, 0, "female", 2, "male", -1);

	balance_copy(&copy, &sum);
	balance_merge(&sum, &more);
	are(&sum, "9 1 male=9 female=5");
	balance_subtract(&sum, &more);
	are(&sum, "4 1 male=10 female=3");
	are(&copy, "4 1 male=10 female=3");
	balance_release(&sum);
	are(&copy, "4 1 male=10 female=3");
	balance_release(&copy);
	balance_release(&more);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("counts");
	TCase *tests = tcase_create("counts");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, what_was_counted_is_taken_away);
	tcase_add_test(tests, measures_are_told_by_name);
	tcase_add_test(tests, a_count_is_never_below_zero);
	tcase_add_test(tests, a_sum_may_be_below_zero);
	tcase_add_test(tests, a_sum_that_is_not_known_is_not_told);
	tcase_add_test(tests, what_is_merged_can_be_taken_away_again);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
