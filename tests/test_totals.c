/* validate/totals: claims against rows, in all orders and sizes. */
#include <check.h>

#include "../plugins/validate/totals/change.c"
#include "../plugins/validate/totals/check.c"
#include "../plugins/validate/totals/explain.c"
#include "../plugins/validate/totals/problem.c"
#include "../plugins/validate/totals/search.c"
#include "../plugins/validate/totals/tally.c"
#include "../plugins/validate/totals/tell.c"
#include "../plugins/validate/totals/totals.c"

#include "rig.h"

struct fixture {
	struct rig rig;
	struct totals self;
};

static void setup(struct fixture *f)
{
	rig_init(&f->rig, "country", "mission", "headcount:measure", "women:measure", (char *)NULL);
	f->self = (struct totals){ .max_groups = 1000, .max_patterns = 100, .max_explained = 1000 };
}

static int run(struct fixture *f)
{
	return rig_validate(&f->rig, &muster_plugin, &f->self);
}

static void teardown(struct fixture *f)
{
	totals_close(&f->rig.ctx, &f->self);
	rig_release(&f->rig);
}

static void said(struct fixture *f, const char *text)
{
	ck_assert_str_eq(f->rig.said, text);
}

static void checks_are(const struct fixture *f, uint64_t pass, uint64_t failing,
		       uint64_t unevaluated)
{
	ck_assert_uint_eq(f->rig.checks[MU_PASS], pass);
	ck_assert_uint_eq(f->rig.checks[MU_FAIL], failing);
	ck_assert_uint_eq(f->rig.checks[MU_UNEVALUATED], unevaluated);
}

START_TEST(nested_levels_before_and_after_their_rows_pass)
{
	struct fixture f;

	setup(&f);
	rig_row(&f.rig, mu_at(1, 1), "total", "~|~|10|4");
	rig_row(&f.rig, mu_at(1, 2), NULL, "ALB|EUAM|2|1");
	rig_flush(&f.rig);
	rig_row(&f.rig, mu_at(1, 3), NULL, "ALB|EULEX|3|3");
	rig_row(&f.rig, mu_at(1, 4), "country", "ALB|~|5|~");
	rig_flush(&f.rig);
	rig_row(&f.rig, mu_at(1, 5), "country", "XKX|~|5|0");
	rig_row(&f.rig, mu_at(1, 6), NULL, "XKX|EULEX|5|0");
	rig_row(&f.rig, mu_at(1, 7), "mission", "~|EULEX|8|3");
	rig_row(&f.rig, mu_at(1, 8), "cell", "XKX|EULEX|5|0");
	ck_assert_int_eq(run(&f), 0);
	said(&f, "");
	checks_are(&f, 9, 0, 0);
	teardown(&f);
}
END_TEST

START_TEST(a_mismatch_names_claim_numbers_and_difference)
{
	struct fixture f;

	setup(&f);
	rig_row(&f.rig, mu_at(1, 1), NULL, "ALB|EUAM|2|1");
	rig_row(&f.rig, mu_at(1, 2), NULL, "ALB|EULEX|3|3");
	rig_row(&f.rig, mu_at(1, 3), NULL, "XKX|EULEX|4|0");
	rig_row(&f.rig, mu_at(1, 4), "country", "ALB|~|6|4");
	rig_row(&f.rig, mu_at(1, 5), "country", "XKX|~|4|-1");
	rig_row(&f.rig, mu_at(1, 6), "total", "~|~|8|~");
	ck_assert_int_eq(run(&f), 0);
	said(&f, "mismatch 4 headcount 6/5: claim 'country' (country ALB) states 6 for headcount, "
		 "its 2 rows add up to 5, 1 less; no change of a few rows or totals explains it\n"
		 "mismatch 5 women -1/0: claim 'country' (country XKX) states -1 for women, "
		 "its only row has 0, 1 more; no change of a few rows or totals explains it\n"
		 "mismatch 6 headcount 8/9: claim 'total' states 8 for headcount, "
		 "its 3 rows add up to 9, 1 more; no change of a few rows or totals explains it\n");
	checks_are(&f, 2, 3, 0);
	teardown(&f);
}
END_TEST

START_TEST(documents_are_told_apart_unless_within_all)
{
	struct fixture f;
	int within;

	for (within = WITHIN_DOCUMENT; within <= WITHIN_ALL; within++) {
		setup(&f);
		f.self.within = within;
		rig_row(&f.rig, mu_at(1, 1), NULL, "ALB|EUAM|2|1");
		rig_row(&f.rig, mu_at(2, 2), NULL, "ALB|EUAM|3|1");
		rig_row(&f.rig, mu_at(2, 3), "total", "~|~|5|2");
		ck_assert_int_eq(run(&f), 0);
		said(&f,
		     within == WITHIN_ALL
			     ? ""
			     : "mismatch 3 headcount 5/3: claim 'total' states 5 for headcount, "
			       "its only row has 3, 2 less\n"
			       "mismatch 3 women 2/1: claim 'total' states 2 for women, "
			       "its only row has 1, 1 less\n"
			       "warning unverified 0: one.csv states no total of headcount or "
			       "women, "
			       "so its 1 row is unverified\n");
		teardown(&f);
	}
}
END_TEST

START_TEST(what_cannot_be_read_is_unevaluated)
{
	struct fixture f;

	setup(&f);
	rig_row(&f.rig, mu_at(1, 1), NULL, "ALB|EUAM|2|1");
	rig_row(&f.rig, mu_at(1, 2) | MU_AT_REJECTED, NULL, "~|EUAM|~|1");
	rig_row(&f.rig, mu_at(1, 3), "total", "~|~|5|2");
	rig_row(&f.rig, mu_at(1, 4) | MU_AT_REJECTED, "total", "~|~|99|~");
	ck_assert_int_eq(run(&f), 0);
	said(&f,
	     "warning unevaluated 3~2 headcount: claim 'total' states 5 for headcount, which "
	     "is unknown in 1 of its 2 rows\n"
	     "warning unevaluated 4: claim 'total' was rejected before, so it was compared with "
	     "nothing\n");
	checks_are(&f, 1, 0, 2);
	teardown(&f);
}
END_TEST

START_TEST(a_row_with_null_in_a_fixed_column_is_not_covered)
{
	struct fixture f;

	setup(&f);
	rig_row(&f.rig, mu_at(1, 1), NULL, "ALB|~|2|1");
	rig_row(&f.rig, mu_at(1, 2), NULL, "ALB|EUAM|3|1");
	rig_row(&f.rig, mu_at(1, 3), "cell", "ALB|EUAM|3|1");
	rig_row(&f.rig, mu_at(1, 4), "country", "ALB|~|5|2");
	ck_assert_int_eq(run(&f), 0);
	said(&f, "");
	checks_are(&f, 4, 0, 0);
	teardown(&f);
}
END_TEST

START_TEST(a_claim_over_nothing_is_wrong_unless_it_states_nothing)
{
	struct fixture f;

	setup(&f);
	rig_row(&f.rig, mu_at(1, 1), NULL, "ALB|EUAM|2|1");
	rig_row(&f.rig, mu_at(1, 2), "country", "MLT|~|0|3");
	ck_assert_int_eq(run(&f), 0);
	said(&f, "empty-claim 2 women 3/0: claim 'country' (country MLT) states 3 for women, "
		 "but covers no row\n");
	checks_are(&f, 1, 1, 0);
	teardown(&f);
}
END_TEST

START_TEST(claims_that_contradict_each_other_are_wrong)
{
	struct fixture f;

	setup(&f);
	rig_row(&f.rig, mu_at(1, 1), NULL, "ALB|EUAM|2|~");
	rig_row(&f.rig, mu_at(1, 2), "total", "~|~|2|7");
	rig_row(&f.rig, mu_at(1, 3), "sum", "~|~|2|8");
	ck_assert_int_eq(run(&f), 0);
	said(&f,
	     "warning unevaluated 2~1 women: claim 'total' states 7 for women, which is "
	     "unknown in 1 of its 1 rows\n"
	     "warning unevaluated 3~1 women: claim 'sum' states 8 for women, which is unknown "
	     "in 1 of its 1 rows\n"
	     "contradiction 3~2 women 7/8: claim 'sum' states 8 for women, claim 'total' states "
	     "7 for the same rows\n");
	checks_are(&f, 2, 1, 1);
	teardown(&f);
}
END_TEST

START_TEST(sums_are_exact_at_the_edge_of_64_bits)
{
	struct fixture f;

	setup(&f);
	rig_row(&f.rig, mu_at(1, 1), NULL, "ALB|A|9223372036854775807|9223372036854775807");
	rig_row(&f.rig, mu_at(1, 2), NULL, "ALB|B|9223372036854775807|1");
	rig_row(&f.rig, mu_at(1, 3), NULL, "ALB|C|-9223372036854775807|~");
	rig_row(&f.rig, mu_at(1, 4), "total", "~|~|9223372036854775807|~");
	rig_row(&f.rig, mu_at(1, 5), "mission", "~|C|9223372036854775807|~");
	rig_row(&f.rig, mu_at(1, 6), NULL, "XKX|A|1|1");
	rig_row(&f.rig, mu_at(1, 7), NULL, "XKX|A|9223372036854775807|1");
	rig_row(&f.rig, mu_at(1, 8), "country", "XKX|~|0|2");
	rig_row(&f.rig, mu_at(1, 9), "country", "ALB|~|9223372036854775807|~");
	ck_assert_int_eq(run(&f), 0);
	said(&f,
	     "overflow 4 headcount: claim 'total' states 9223372036854775807 for headcount, "
	     "its 5 rows add up to a number that does not fit 64 bits\n"
	     "mismatch 5 headcount 9223372036854775807/-9223372036854775807: claim 'mission' "
	     "(mission C) states 9223372036854775807 for headcount, its only row has "
	     "-9223372036854775807, 18446744073709551614 less\n"
	     "overflow 8 headcount: claim 'country' (country XKX) states 0 for headcount, its 2 "
	     "rows add up to a number that does not fit 64 bits\n");
	teardown(&f);
}
END_TEST

START_TEST(only_a_readable_claim_satisfies_require)
{
	struct fixture f;

	setup(&f);
	f.self.require = true;
	rig_row(&f.rig, mu_at(1, 1), NULL, "ALB|EUAM|2|1");
	rig_row(&f.rig, mu_at(1, 2) | MU_AT_REJECTED, "total", "~|~|~|~");
	rig_row(&f.rig, mu_at(2, 1), NULL, "ALB|EUAM|2|1");
	rig_row(&f.rig, mu_at(2, 2), "total", "~|~|~|~");
	ck_assert_int_eq(run(&f), 0);
	said(&f,
	     "warning unevaluated 2: claim 'total' was rejected before, so it was compared "
	     "with nothing\n"
	     "unverified 0: one.csv states no total of headcount or women that could be read, so "
	     "its 1 row is unverified\n"
	     "unverified 0: two.csv states no total of headcount or women, so its 1 row is "
	     "unverified\n");
	checks_are(&f, 0, 2, 1);
	teardown(&f);
}
END_TEST

START_TEST(of_nothing_nothing_is_said)
{
	struct fixture f;

	setup(&f);
	ck_assert_int_eq(run(&f), 0);
	said(&f, "");
	checks_are(&f, 0, 0, 0);
	teardown(&f);
}
END_TEST

START_TEST(other_levels_are_left_to_other_stages)
{
	const char *levels[] = { "total", "totl" };
	struct fixture f;

	setup(&f);
	f.self.claims = (struct mu_texts){ 2, levels };
	rig_row(&f.rig, mu_at(1, 1), NULL, "ALB|EUAM|2|1");
	rig_row(&f.rig, mu_at(1, 2), "country", "ALB|~|99|99");
	rig_row(&f.rig, mu_at(1, 3), "total", "~|~|2|1");
	ck_assert_int_eq(run(&f), 0);
	said(&f, "warning unverified 0: no claim is called 'totl'\n");
	checks_are(&f, 2, 0, 0);
	teardown(&f);
}
END_TEST

START_TEST(columns_are_those_that_the_options_name)
{
	const char *of[] = { "headcount" }, *by[] = { "country" };
	struct fixture f;

	setup(&f);
	f.self.of = (struct mu_texts){ 1, of };
	f.self.by = (struct mu_texts){ 1, by };
	rig_row(&f.rig, mu_at(1, 1), NULL, "ALB|EUAM|2|1");
	rig_row(&f.rig, mu_at(1, 2), "country", "ALB|anything|2|99");
	ck_assert_int_eq(run(&f), 0);
	said(&f, "");
	checks_are(&f, 1, 0, 0);
	teardown(&f);
}
END_TEST

static void is_invalid(struct mu_texts of, struct mu_texts by, const char *why)
{
	struct fixture f;

	setup(&f);
	f.self.of = of;
	f.self.by = by;
	ck_assert_int_eq(totals_open(&f.rig.ctx, &f.self, NULL), EINVAL);
	ck_assert_str_eq(f.rig.why, why);
	teardown(&f);
}

START_TEST(columns_that_do_not_fit_are_refused)
{
	const char *heads[] = { "heads" }, *mission[] = { "mission" }, *women[] = { "women" };
	const char *hidden[] = { "_at" };
	struct mu_texts none = { 0, NULL };

	is_invalid((struct mu_texts){ 1, heads }, none, "no column is called 'heads'");
	is_invalid((struct mu_texts){ 1, hidden }, none, "no column is called '_at'");
	is_invalid((struct mu_texts){ 1, mission }, none,
		   "column 'mission' has no integers to add up");
	is_invalid(none, (struct mu_texts){ 1, heads }, "no column is called 'heads'");
	is_invalid(none, (struct mu_texts){ 1, women },
		   "column 'women' is added up, so it cannot say what a claim covers");
}
END_TEST

START_TEST(limits_hold)
{
	struct fixture f;

	setup(&f);
	f.self.max_groups = 1;
	rig_row(&f.rig, mu_at(1, 1), NULL, "ALB|EUAM|2|1");
	rig_row(&f.rig, mu_at(1, 2), NULL, "ALB|EUAM|2|1");
	rig_row(&f.rig, mu_at(1, 3), NULL, "ALB|EULEX|2|1");
	ck_assert_int_eq(run(&f), E2BIG);
	ck_assert_ptr_nonnull(strstr(f.rig.why, "raise max_groups"));
	teardown(&f);

	setup(&f);
	f.self.max_groups = 1;
	rig_row(&f.rig, mu_at(1, 1), "total", "~|~|2|1");
	rig_row(&f.rig, mu_at(1, 2), "total", "~|~|2|1");
	ck_assert_int_eq(run(&f), E2BIG);
	teardown(&f);

	setup(&f);
	f.self.max_patterns = 1;
	rig_row(&f.rig, mu_at(1, 1), "total", "~|~|2|1");
	rig_row(&f.rig, mu_at(1, 2), "country", "ALB|~|2|1");
	ck_assert_int_eq(run(&f), E2BIG);
	ck_assert_ptr_nonnull(strstr(f.rig.why, "raise max_patterns"));
	teardown(&f);
}
END_TEST

START_TEST(a_report_that_stops_the_run_stops_the_stage)
{
	struct fixture f;

	setup(&f);
	f.rig.report_gives = ECANCELED;
	rig_row(&f.rig, mu_at(1, 1), "total", "~|~|2|1");
	rig_row(&f.rig, mu_at(1, 2), "total", "~|~|3|1");
	ck_assert_int_eq(run(&f), ECANCELED);
	ck_assert_uint_eq(f.rig.findings, 1);
	teardown(&f);
}
END_TEST

START_TEST(long_values_are_cut_between_characters)
{
	struct fixture f;
	char cells[256] = "";
	size_t i;

	setup(&f);
	for (i = 0; i < 60; i++)
		memcpy(cells + 1 + 2 * i, "ë", 3);
	cells[0] = 'x';
	memcpy(cells + 121, "|~|5|~", 7);
	rig_row(&f.rig, mu_at(1, 1), "country", cells);
	rig_row(&f.rig, mu_at(1, 2), NULL, "ALB|EUAM|2|1");
	ck_assert_int_eq(run(&f), 0);
	ck_assert_ptr_nonnull(strstr(f.rig.said, "(country xëëë"));
	ck_assert_ptr_nonnull(strstr(f.rig.said, "ë...) states 5"));
	teardown(&f);
}
END_TEST

/* ------------------------------------------------------ against plain sums */

enum { ROWS = 60, CLAIMS = 40 };

struct random_row {
	uint32_t document;
	int country, mission; /* -1: null */
	int64_t headcount;
};

static struct random_row random_row(bool claim)
{
	struct random_row r = { .document = 1 + (uint32_t)(rand() % 2),
				.country = rand() % 5 - 1,
				.mission = rand() % 4 - 1,
				.headcount = rand() % 3 };

	if (claim)
		r.headcount *= 3;
	return r;
}

static void put_random(struct rig *rig, const struct random_row *r, uint64_t position, bool claim)
{
	char cells[64], country[] = "C?", mission[] = "M?";

	country[1] = (char)('0' + r->country);
	mission[1] = (char)('0' + r->mission);
	snprintf(cells, sizeof cells, "%s|%s|%d|~", r->country < 0 ? "~" : country,
		 r->mission < 0 ? "~" : mission, (int)r->headcount);
	rig_row(rig, mu_at(r->document, position), claim ? "claim" : NULL, cells);
	if (rand() % 8 == 0)
		rig_flush(rig);
}

static bool covers(const struct random_row *claim, const struct random_row *row, int within)
{
	return (within == WITHIN_ALL || claim->document == row->document) &&
	       (claim->country < 0 || claim->country == row->country) &&
	       (claim->mission < 0 || claim->mission == row->mission);
}

START_TEST(many_claims_are_checked_as_one_by_one)
{
	const char *of[] = { "headcount" };
	struct random_row rows[ROWS], claims[CLAIMS];
	uint64_t pass = 0;
	struct fixture f;
	int i, j;

	srand((unsigned)_i);
	setup(&f);
	f.self.of = (struct mu_texts){ 1, of };
	f.self.within = _i % 2;
	for (i = 0; i < ROWS; i++) {
		rows[i] = random_row(false);
		put_random(&f.rig, &rows[i], (uint64_t)i + 1, false);
		if (i >= CLAIMS)
			continue;
		claims[i] = random_row(true);
		put_random(&f.rig, &claims[i], (uint64_t)i + 1001, true);
	}
	ck_assert_int_eq(run(&f), 0);
	for (j = 0; j < CLAIMS; j++) {
		int64_t sum = 0;
		bool first = true;

		for (i = 0; i < ROWS; i++)
			sum += covers(&claims[j], &rows[i], _i % 2) ? rows[i].headcount : 0;
		for (i = j - 1; i >= 0; i--)
			if (claims[i].country == claims[j].country &&
			    claims[i].mission == claims[j].mission &&
			    (_i % 2 == WITHIN_ALL || claims[i].document == claims[j].document))
				first = claims[i].headcount == claims[j].headcount;
		pass += sum == claims[j].headcount && first;
	}
	checks_are(&f, pass, CLAIMS - pass, 0);
	teardown(&f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("totals");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(all, nested_levels_before_and_after_their_rows_pass);
	tcase_add_test(all, a_mismatch_names_claim_numbers_and_difference);
	tcase_add_test(all, documents_are_told_apart_unless_within_all);
	tcase_add_test(all, what_cannot_be_read_is_unevaluated);
	tcase_add_test(all, a_row_with_null_in_a_fixed_column_is_not_covered);
	tcase_add_test(all, a_claim_over_nothing_is_wrong_unless_it_states_nothing);
	tcase_add_test(all, claims_that_contradict_each_other_are_wrong);
	tcase_add_test(all, sums_are_exact_at_the_edge_of_64_bits);
	tcase_add_test(all, only_a_readable_claim_satisfies_require);
	tcase_add_test(all, of_nothing_nothing_is_said);
	tcase_add_test(all, other_levels_are_left_to_other_stages);
	tcase_add_test(all, columns_are_those_that_the_options_name);
	tcase_add_test(all, columns_that_do_not_fit_are_refused);
	tcase_add_test(all, limits_hold);
	tcase_add_test(all, a_report_that_stops_the_run_stops_the_stage);
	tcase_add_test(all, long_values_are_cut_between_characters);
	tcase_add_loop_test(all, many_claims_are_checked_as_one_by_one, 0, 200);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
