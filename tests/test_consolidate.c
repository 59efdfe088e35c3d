/* transform/consolidate: equal keys, and that nobody goes missing. */
#include <check.h>

#include "../plugins/transform/consolidate/consolidate.c"
#include "../plugins/transform/consolidate/groups.c"
#include "../plugins/transform/consolidate/sum.c"

#include "rig.h"

struct fixture {
	struct rig rig;
	struct consolidate self;
	char rows[16384]; /* what came out: "at mission country headcount" */
	size_t rows_len;
	int64_t data, headcount;
	uint64_t claims, batches;
};

static const char *key[] = { "mission" }, *origin[] = { "country" };

static void setup(struct fixture *f, int on_equal, bool origins)
{
	*f = (struct fixture){ .rows_len = 0 };
	rig_init(&f->rig, "mission", "country", "headcount:measure", (char *)NULL);
	f->self = (struct consolidate){ .key = { 1, key }, .on_equal = on_equal, .max_rows = 1000 };
	if (origins)
		f->self.origin = (struct mu_texts){ 1, origin };
}

static void see_row(struct fixture *f, const struct ArrowArray *batch, int64_t row)
{
	struct mu_rows rows = mu_rows(&f->rig.schema, batch);
	struct mu_column headcount = mu_column(&f->rig.schema, batch, 2);
	bool claim = mu_row_is_claim(&rows, row);
	int64_t i;

	f->rows_len +=
		(size_t)snprintf(f->rows + f->rows_len, sizeof f->rows - f->rows_len, "%s%" PRIu64,
				 claim ? "claim " : "", mu_at_position(mu_row_at(&rows, row)));
	for (i = 0; i < 3; i++) {
		struct mu_column cells = mu_column(&f->rig.schema, batch, i);
		char space[MU_FORMAT_MAX];
		struct mu_string value = mu_format(&cells, row, space);
		bool null = mu_null(&cells, row);

		f->rows_len += (size_t)snprintf(f->rows + f->rows_len, sizeof f->rows - f->rows_len,
						" %.*s", null ? 1 : (int)value.len,
						null ? "~" : value.data);
	}
	f->rows_len += (size_t)snprintf(f->rows + f->rows_len, sizeof f->rows - f->rows_len, "\n");
	f->claims += claim;
	f->data += !claim;
	if (!claim && !mu_null(&headcount, row)) /* may run over, as adjusted may */
		f->headcount = (int64_t)((uint64_t)f->headcount +
					 (uint64_t)mu_get_integer(&headcount, row));
}

static int run(struct fixture *f)
{
	struct ArrowSchema none = { .release = NULL };
	int err = consolidate_open(&f->rig.ctx, &f->self, &none);
	int64_t row;

	rig_flush(&f->rig);
	while (!err) {
		struct ArrowArray batch = { .release = NULL };

		err = consolidate_transform(&f->rig.ctx, &f->self, &batch);
		if (err || !batch.release)
			break;
		f->batches++;
		for (row = 0; row < batch.length; row++)
			see_row(f, &batch, row);
		mu_array_release(&batch);
	}
	return err;
}

static void teardown(struct fixture *f)
{
	consolidate_close(&f->rig.ctx, &f->self);
	rig_release(&f->rig);
}

START_TEST(refuse_reports_and_keeps_all)
{
	struct fixture f;

	setup(&f, REFUSE, false);
	rig_row(&f.rig, mu_at(1, 1), NULL, "EUAM|ALB|2");
	rig_row(&f.rig, mu_at(1, 2), NULL, "EULEX|XKX|3");
	rig_flush(&f.rig);
	rig_row(&f.rig, mu_at(2, 3), NULL, "EUAM|ALB|2");
	rig_row(&f.rig, mu_at(2, 4), NULL, "EUAM|ALB|5");
	rig_row(&f.rig, mu_at(2, 5), NULL, "OMIK|XKX|1");
	ck_assert_int_eq(run(&f), 0);
	ck_assert_str_eq(f.rig.said,
			 "conflict 3~1: an equal row with mission EUAM was there before\n"
			 "conflict 4~1 headcount: a row with mission EUAM and another headcount "
			 "was there before\n");
	ck_assert_str_eq(f.rows, "1 EUAM ALB 2\n2 EULEX XKX 3\n3 EUAM ALB 2\n4 EUAM ALB 5\n"
				 "5 OMIK XKX 1\n");
	ck_assert_int_eq(f.rig.adjusted_rows, 0);
	teardown(&f);
}
END_TEST

START_TEST(identical_leaves_out_what_is_the_same)
{
	struct fixture f;

	setup(&f, IDENTICAL, true);
	rig_row(&f.rig, mu_at(1, 1), NULL, "EUAM|ALB|2");
	rig_row(&f.rig, mu_at(1, 2), NULL, "EUAM|MLT|2");
	rig_row(&f.rig, mu_at(1, 3), NULL, "EUAM|ALB|~");
	rig_row(&f.rig, mu_at(1, 4), NULL, "EUAM|ALB|3");
	ck_assert_int_eq(run(&f), 0);
	ck_assert_str_eq(f.rig.said,
			 "warning repeated 2~1: an equal row with mission EUAM was there before, "
			 "so this one is left out\n"
			 "conflict 3~1 headcount: a row with mission EUAM and another headcount "
			 "was there before\n"
			 "conflict 4~1 headcount: a row with mission EUAM and another headcount "
			 "was there before\n");
	ck_assert_str_eq(f.rows, "1 EUAM ALB 2\n3 EUAM ALB ~\n4 EUAM ALB 3\n");
	ck_assert_int_eq(f.rig.adjusted_rows, -1);
	ck_assert_int_eq(f.rig.adjusted, -2);
	teardown(&f);
}
END_TEST

START_TEST(first_leaves_out_what_comes_later)
{
	struct fixture f;

	setup(&f, FIRST, false);
	rig_row(&f.rig, mu_at(1, 1), NULL, "EUAM|ALB|2");
	rig_flush(&f.rig);
	rig_row(&f.rig, mu_at(2, 2), NULL, "EUAM|ALB|-9223372036854775807");
	rig_row(&f.rig, mu_at(2, 3), NULL, "EUAM|MLT|~");
	rig_flush(&f.rig);
	rig_row(&f.rig, mu_at(2, 4), NULL, "OMIK|XKX|4");
	ck_assert_int_eq(run(&f), 0);
	ck_assert_str_eq(f.rig.said,
			 "warning repeated 2~1 headcount: a row with mission EUAM and another "
			 "headcount was there before, so this one is left out\n"
			 "warning repeated 3~1 country: a row with mission EUAM and another "
			 "country was there before, so this one is left out\n");
	ck_assert_str_eq(f.rows, "1 EUAM ALB 2\n4 OMIK XKX 4\n");
	ck_assert_uint_eq(f.batches, 2);
	ck_assert_int_eq(f.rig.adjusted_rows, -2);
	ck_assert_int_eq(f.rig.adjusted, INT64_MAX);
	teardown(&f);
}
END_TEST

START_TEST(sum_adds_measures_and_nothing_else)
{
	struct fixture f;

	setup(&f, SUM, false);
	rig_row(&f.rig, mu_at(1, 1), NULL, "EUAM|ALB|2");
	rig_row(&f.rig, mu_at(1, 2), NULL, "OMIK|XKX|~");
	rig_row(&f.rig, mu_at(1, 3), "total", "~|~|9");
	rig_flush(&f.rig);
	rig_row(&f.rig, mu_at(2, 4), NULL, "EUAM|ALB|5");
	rig_row(&f.rig, mu_at(2, 5), NULL, "OMIK|XKX|~");
	rig_flush(&f.rig);
	rig_row(&f.rig, mu_at(2, 6), NULL, "EUAM|MLT|1");
	rig_row(&f.rig, mu_at(2, 7), NULL, "EUAM|ALB|~");
	rig_row(&f.rig, mu_at(2, 8), NULL, "EUAM|ALB|9223372036854775807");
	rig_row(&f.rig, mu_at(2, 9), NULL, "EUAM|ALB|-3");
	ck_assert_int_eq(run(&f), 0);
	ck_assert_str_eq(f.rig.said,
			 "conflict 6~1 country: a row with mission EUAM and another country was "
			 "there before\n"
			 "conflict 7~1 headcount: headcount of rows with mission EUAM cannot be "
			 "added: it is unknown in one of them\n"
			 "overflow 8~1 headcount: headcount of rows with mission EUAM adds up to a "
			 "number that does not fit 64 bits\n");
	ck_assert_str_eq(f.rows, "1 EUAM ALB 4\n2 OMIK XKX ~\nclaim 3 ~ ~ 9\n6 EUAM MLT 1\n"
				 "7 EUAM ALB ~\n8 EUAM ALB 9223372036854775807\n");
	ck_assert_int_eq(f.rig.adjusted_rows, -3);
	ck_assert_int_eq(f.rig.adjusted, 0);
	teardown(&f);
}
END_TEST

START_TEST(claims_and_rejected_rows_pass)
{
	struct fixture f;
	int on_equal;

	for (on_equal = REFUSE; on_equal <= FIRST; on_equal++) {
		setup(&f, on_equal, false);
		rig_row(&f.rig, mu_at(1, 1) | MU_AT_REJECTED, NULL, "EUAM|ALB|2");
		rig_row(&f.rig, mu_at(1, 2), NULL, "EUAM|ALB|2");
		rig_row(&f.rig, mu_at(1, 3), "mission", "EUAM|ALB|2");
		rig_row(&f.rig, mu_at(1, 4), "mission", "EUAM|ALB|2");
		rig_row(&f.rig, mu_at(1, 5) | MU_AT_REJECTED, NULL, "~|ALB|2");
		ck_assert_int_eq(run(&f), 0);
		ck_assert_str_eq(f.rig.said, "");
		ck_assert_str_eq(f.rows, "1 EUAM ALB 2\n2 EUAM ALB 2\nclaim 3 EUAM ALB 2\n"
					 "claim 4 EUAM ALB 2\n5 ~ ALB 2\n");
		teardown(&f);
	}
}
END_TEST

START_TEST(null_in_a_key_is_an_error)
{
	struct fixture f;

	setup(&f, IDENTICAL, false);
	rig_row(&f.rig, mu_at(1, 1), NULL, "~|ALB|2");
	rig_row(&f.rig, mu_at(1, 2), NULL, "~|ALB|2");
	ck_assert_int_eq(run(&f), 0);
	ck_assert_str_eq(f.rig.said,
			 "null-key 1 mission: mission is empty, and it is part of the key\n"
			 "null-key 2 mission: mission is empty, and it is part of the key\n");
	ck_assert_int_eq(f.data, 2);
	teardown(&f);
}
END_TEST

START_TEST(limits_hold)
{
	struct fixture f;
	int on_equal;

	for (on_equal = REFUSE; on_equal <= FIRST; on_equal++) {
		setup(&f, on_equal, false);
		f.self.max_rows = 2;
		rig_row(&f.rig, mu_at(1, 1), NULL, "EUAM|ALB|2");
		rig_flush(&f.rig);
		rig_row(&f.rig, mu_at(1, 2), NULL, "EUFOR|ALB|2");
		rig_row(&f.rig, mu_at(1, 3), NULL, "EULEX|ALB|2");
		ck_assert_int_eq(run(&f), E2BIG);
		ck_assert_ptr_nonnull(strstr(f.rig.why, "raise max_rows"));
		teardown(&f);
	}
}
END_TEST

static void is_invalid(struct mu_texts keys, struct mu_texts origins, const char *why)
{
	struct fixture f;

	setup(&f, SUM, false);
	f.self.key = keys;
	f.self.origin = origins;
	ck_assert_int_eq(run(&f), EINVAL);
	ck_assert_str_eq(f.rig.why, why);
	teardown(&f);
}

START_TEST(columns_that_do_not_fit_are_refused)
{
	const char *wrong[] = { "mision" }, *twice[] = { "mission", "mission" };
	const char *measure[] = { "headcount" };
	struct mu_texts none = { 0, NULL }, one = { 1, key };

	is_invalid((struct mu_texts){ 1, wrong }, none, "no column is called 'mision'");
	is_invalid((struct mu_texts){ 2, twice }, none, "column 'mission' is named twice");
	is_invalid(one, (struct mu_texts){ 1, wrong }, "no column is called 'mision'");
	is_invalid(one, one, "column 'mission' is part of the key, so it cannot differ");
	is_invalid((struct mu_texts){ 1, measure }, none,
		   "column 'headcount' is a measure, so "
		   "it is added up and cannot be part of the key");
}
END_TEST

START_TEST(a_report_that_stops_the_run_stops_the_stage)
{
	struct fixture f;
	int on_equal;

	for (on_equal = REFUSE; on_equal <= FIRST; on_equal++) {
		setup(&f, on_equal, false);
		f.rig.report_gives = ECANCELED;
		rig_row(&f.rig, mu_at(1, 1), NULL, "EUAM|ALB|2");
		rig_row(&f.rig, mu_at(1, 2), NULL, "EUAM|ALB|~");
		rig_row(&f.rig, mu_at(1, 3), NULL, "EUAM|ALB|~");
		ck_assert_int_eq(run(&f), ECANCELED);
		ck_assert_uint_eq(f.rig.findings, 1);
		teardown(&f);
	}
}
END_TEST

/* Whatever comes: what goes in is what comes out and what was stated. */
START_TEST(nobody_goes_missing)
{
	int64_t rows = 0, heads = 0;
	uint64_t claims = 0;
	struct fixture f;
	char cells[64];
	int i;

	srand((unsigned)_i);
	setup(&f, _i % 4, _i % 8 < 4);
	for (i = 1; i <= 60; i++) {
		bool claim = rand() % 10 == 0, null = rand() % 10 == 0;
		uint64_t bit = rand() % 10 == 0 ? MU_AT_REJECTED : 0;
		int headcount = rand() % 3 - 1;

		snprintf(cells, sizeof cells, "M%d|C%d|%.*d", rand() % 12, rand() % 2, 1,
			 headcount);
		if (null)
			memcpy(strrchr(cells, '|'), "|~", 3);
		rig_row(&f.rig, mu_at(1, (uint64_t)i) | bit, claim ? "claim" : NULL, cells);
		if (rand() % 5 == 0)
			rig_flush(&f.rig);
		claims += claim;
		rows += !claim;
		heads += claim || null ? 0 : headcount;
	}
	ck_assert_int_eq(run(&f), 0);
	ck_assert_uint_eq(f.claims, claims);
	ck_assert_int_eq(f.data, rows + f.rig.adjusted_rows);
	ck_assert_int_eq(f.headcount, heads + f.rig.adjusted);
	teardown(&f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("consolidate");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(all, refuse_reports_and_keeps_all);
	tcase_add_test(all, identical_leaves_out_what_is_the_same);
	tcase_add_test(all, first_leaves_out_what_comes_later);
	tcase_add_test(all, sum_adds_measures_and_nothing_else);
	tcase_add_test(all, claims_and_rejected_rows_pass);
	tcase_add_test(all, null_in_a_key_is_an_error);
	tcase_add_test(all, limits_hold);
	tcase_add_test(all, columns_that_do_not_fit_are_refused);
	tcase_add_test(all, a_report_that_stops_the_run_stops_the_stage);
	tcase_add_loop_test(all, nobody_goes_missing, 0, 400);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
