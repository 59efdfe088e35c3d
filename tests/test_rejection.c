/* core/rejection: which rows are marked, listed and withheld, and what that costs. */
#include <check.h>
#include <malloc.h>
#include <stdlib.h>

#include "ledger/rejection.h"

static const char first[] = "first", second[] = "second";

static struct rejections make(bool listed)
{
	struct rejections r;

	rejections_init(&r);
	r.listed = listed;
	return r;
}

static bool blame(struct rejections *r, uint64_t at, uint64_t other, const char *stage)
{
	struct finding f = { .at = at, .other = other, .stage = stage, .severity = MU_ERROR };

	return rejections_add(r, &f);
}

/* Rows at some places, none of which is a claim. */
static void rows_make(struct ArrowSchema *schema, struct ArrowArray *rows, const uint64_t *at,
		      size_t n)
{
	struct mu_builder b = { 0 };
	size_t i;

	ck_assert_int_eq(mu_schema_init(schema), 0);
	ck_assert_int_eq(mu_schema_add_hidden(schema), 0);
	ck_assert_int_eq(mu_builder_init(&b, schema), 0);
	for (i = 0; i < n; i++) {
		mu_put_place(&b, 0, at[i]);
		mu_end_row(&b);
	}
	ck_assert_int_eq(mu_builder_finish(&b, rows), 0);
	mu_builder_release(&b);
}

static const uint64_t scattered[] = { 40000, 3, 16384, 16383, 5, 70000, 4, 16385 };

START_TEST(rows_that_are_named_in_any_order_are_marked)
{
	const uint64_t at[] = { 1, 3, 4, 5, 6, 16383, 16384, 16385, 16386, 40000, 40001, 70000 };
	const char *expected = " 1 2 3 5 6 7 9 11";
	struct rejections r = make(_i);
	struct ArrowSchema schema = { 0 };
	struct ArrowArray rows = { 0 };
	struct mu_rows hidden;
	struct text marked = { 0 };
	size_t i;

	for (i = 0; i < 8; i++)
		ck_assert_int_eq(blame(&r, scattered[i], 0, first), _i);
	ck_assert_int_eq(blame(&r, 4, 0, second), 0);
	rows_make(&schema, &rows, at, 12);
	rejections_mark(&r, &schema, &rows);
	hidden = mu_rows(&schema, &rows);
	for (i = 0; i < 12; i++)
		if (mu_row_is_rejected(&hidden, (int64_t)i))
			text_printf(&marked, " %zu", i);
	ck_assert_str_eq(marked.data, expected);
	text_release(&marked);
	mu_array_release(&rows);
	mu_schema_release(&schema);
	rejections_release(&r);
}
END_TEST

START_TEST(a_withheld_row_counts_once_for_who_blamed_it_first)
{
	const uint64_t at[] = { 3, 4, 5, 6, 7 };
	struct rejections r = make(_i);
	struct ArrowSchema schema = { 0 };
	struct ArrowArray rows = { 0 };
	size_t n, times;

	blame(&r, 4, 7, first);
	blame(&r, 4, 0, second);
	blame(&r, 6, 0, second);
	blame(&r, 99, 0, second);
	rows_make(&schema, &rows, at, 5);
	for (times = 0; times < 2; times++) {
		free(rejections_withhold(&r, &schema, &rows, &n));
		ck_assert_uint_eq(n, 3);
		ck_assert_uint_eq(rejections_withheld_by(&r, first), 2);
		ck_assert_uint_eq(rejections_withheld_by(&r, second), 1);
	}
	mu_array_release(&rows);
	mu_schema_release(&schema);
	rejections_release(&r);
}
END_TEST

START_TEST(listed_rows_keep_the_first_reason_and_are_found_when_sorted)
{
	struct rejections r = make(true);
	struct ArrowSchema schema = { 0 };
	struct ArrowArray rows = { 0 };
	struct finding why = { .code = (char *)"a/b", .message = (char *)"one", .stage = first };
	size_t n, i;

	for (i = 0; i < 8; i++) {
		why.at = scattered[i];
		ck_assert(rejections_add(&r, &why));
		why.message = (char *)(i == 6 ? "four" : "one");
		rejections_explain(&r, &why);
	}
	why.message = (char *)"too late";
	ck_assert(!rejections_add(&r, &why));
	rejections_explain(&r, &why);
	ck_assert_uint_eq(rejections_find_withheld(&r, 4), SIZE_MAX);
	rows_make(&schema, &rows, scattered, 7);
	free(rejections_withhold(&r, &schema, &rows, &n));
	rejections_sort(&r);
	for (i = 0; i < 7; i++)
		ck_assert_uint_eq(r.items[rejections_find_withheld(&r, scattered[i])].at,
				  scattered[i]);
	ck_assert_uint_eq(rejections_find_withheld(&r, scattered[7]), SIZE_MAX);
	for (i = 1; i < r.count; i++)
		ck_assert_uint_lt(r.items[i - 1].at, r.items[i].at);
	ck_assert_str_eq(r.items[1].message, "four");
	ck_assert_str_eq(r.items[0].message, "one");
	mu_array_release(&rows);
	mu_schema_release(&schema);
	rejections_release(&r);
}
END_TEST

START_TEST(what_another_stage_says_again_is_repeated)
{
	struct rejections r = make(false);
	struct finding f = { .code = (char *)"a/b", .message = (char *)"x", .stage = first };
	uint64_t at;

	for (at = 0; at < 1000; at++) {
		f.at = at;
		ck_assert(!rejections_repeated(&r, &f));
		ck_assert(!rejections_repeated(&r, &f));
	}
	f.stage = second;
	for (at = 0; at < 1000; at++) {
		f.at = at;
		ck_assert(rejections_repeated(&r, &f));
	}
	f.message = (char *)"y";
	ck_assert(!rejections_repeated(&r, &f));
	rejections_release(&r);
}
END_TEST

/* Rows of 55 bytes, each of which is wrong in a way of its own. */
START_TEST(a_row_costs_little_memory)
{
	const size_t n = 300000, most = _i ? 300 : 24;
	struct rejections r = make(_i);
	struct text message = { 0 }, value = { 0 };
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd, after, i;

	for (i = 0; i < n; i++) {
		struct finding f = { .at = 55 * i + 1,
				     .code = (char *)"csv/integer",
				     .field = (char *)"female",
				     .from = (char *)"Female",
				     .stage = first };

		text_clear(&message);
		text_clear(&value);
		text_printf(&value, "x%zu", i);
		text_printf(&message, "female 'x%zu' is not a whole number in digits", i);
		f.message = message.data;
		f.value = value.data;
		if (rejections_add(&r, &f))
			rejections_explain(&r, &f);
	}
	after = mallinfo2().uordblks + mallinfo2().hblkhd;
	ck_assert_uint_eq(r.marked, n);
	ck_assert_uint_le(after - before, n * most);
	text_release(&message);
	text_release(&value);
	rejections_release(&r);
}
END_TEST

/* Positions of tables leave room behind each row for its parts: as many rows lie together as
 * bytes of a text do, nearly. */
START_TEST(rows_of_a_table_lie_together)
{
	const int bits = _i ? 20 : 14;
	struct rejections r = make(false);
	uint64_t row;

	for (row = 1; row <= 10000; row++)
		rejections_mark_places(&r, first, mu_at(1, row << bits), 0);
	ck_assert_uint_eq(r.marked, 10000);
	ck_assert_uint_le(r.blocks.count, 1 + 10000 / 256);
	rejections_mark_places(&r, second, mu_at(1, (uint64_t)7 << bits),
			       mu_at(1, ((uint64_t)7 << bits) + 1));
	ck_assert_uint_eq(r.marked, 10001);
	rejections_release(&r);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rejection");
	TCase *all = tcase_create("rows");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(all, rows_that_are_named_in_any_order_are_marked, 0, 2);
	tcase_add_loop_test(all, a_withheld_row_counts_once_for_who_blamed_it_first, 0, 2);
	tcase_add_test(all, listed_rows_keep_the_first_reason_and_are_found_when_sorted);
	tcase_add_test(all, what_another_stage_says_again_is_repeated);
	tcase_add_loop_test(all, rows_of_a_table_lie_together, 0, 2);
	tcase_add_loop_test(all, a_row_costs_little_memory, 0, 2);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
