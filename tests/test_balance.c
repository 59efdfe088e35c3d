/* validate/balance: rules within a row, and what is said of rows that fail. */
#include <check.h>

#include "../plugins/validate/balance/balance.c"
#include "../plugins/validate/balance/explain.c"
#include "../plugins/validate/balance/glued.c"

#include "rig.h"

struct fixture {
	struct rig rig;
	struct self self;
	struct rule rules[4];
};

/* As the rig does, and the explanations on lines of their own. */
__attribute__((format(printf, 3, 0))) static int report(struct mu_ctx *ctx,
							const struct mu_finding *f, const char *fmt,
							va_list ap)
{
	int err = rig_report(ctx, f, fmt, ap);
	uint32_t i;

	ck_assert_uint_eq(f->explanation_size, sizeof *f->explanations);
	for (i = 0; i < f->n_explanations; i++) {
		const struct mu_explanation *e = &f->explanations[i];

		ck_assert_uint_eq(e->at, f->at);
		rig_say(rig_of(ctx), "  %.0f%% %s %s=%s: %s\n", 100 * e->score, e->kind, e->field,
			e->suggested, e->message);
	}
	return err;
}

static const char *sexes[] = { "male", "female" }, *female[] = { "female" };

static struct rule sex(void)
{
	return (struct rule){ .name = "sex", .total = "total", .parts = { 2, sexes } };
}

static struct rule women(void)
{
	return (struct rule){
		.name = "women", .total = "total", .parts = { 1, female }, .relation = AT_LEAST
	};
}

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof *f);
	rig_init(&f->rig, "mission", "male:measure", "female:measure", "total:measure",
		 "other:measure", (char *)NULL);
	f->rig.ctx.report = report;
	f->rules[0] = sex();
	f->self.rules = (struct mu_items){ 1, f->rules };
}

static int run(struct fixture *f)
{
	int err = balance_configure(&f->rig.ctx, &f->self);

	return err ? err : rig_validate(&f->rig, &muster_plugin, &f->self);
}

static void teardown(struct fixture *f)
{
	rig_release(&f->rig);
}

static void checks_are(const struct fixture *f, uint64_t pass, uint64_t failing,
		       uint64_t unevaluated)
{
	ck_assert_uint_eq(f->rig.checks[MU_PASS], pass);
	ck_assert_uint_eq(f->rig.checks[MU_FAIL], failing);
	ck_assert_uint_eq(f->rig.checks[MU_UNEVALUATED], unevaluated);
}

/* What is said of one row. */
static void row_gives(struct fixture *f, const char *cells, const char *text)
{
	rig_row(&f->rig, mu_at(1, 1), NULL, cells);
	ck_assert_int_eq(run(f), 0);
	ck_assert_str_eq(f->rig.said, text);
	teardown(f);
}

START_TEST(rows_and_claims_that_balance_pass)
{
	struct fixture f;

	setup(&f);
	f.rules[1] = women();
	f.self.rules.count = 2;
	rig_row(&f.rig, mu_at(1, 1), NULL, "EULEX|8|4|12|~");
	rig_row(&f.rig, mu_at(1, 2), NULL, "EUAM|0|0|0|7");
	rig_flush(&f.rig);
	rig_row(&f.rig, mu_at(1, 3), "total", "~|8|4|12|~");
	ck_assert_int_eq(run(&f), 0);
	ck_assert_str_eq(f.rig.said, "");
	checks_are(&f, 6, 0, 0);
	teardown(&f);
}
END_TEST

START_TEST(a_mismatch_names_numbers_and_slips)
{
	struct fixture f;

	setup(&f);
	row_gives(&f, "EULEX|8|5|12|~",
		  "mismatch 1 total 12/13: sex: total is 12, male + female add up to 13, 1 more\n"
		  "  40% digit-wrong male=7: male reads 8, 7 would fit: one digit is wrong\n"
		  "  40% digit-wrong female=4: female reads 5, 4 would fit: one digit is wrong\n"
		  "  20% digit-wrong total=13: total reads 12, 13 would fit: one digit is wrong\n");
}
END_TEST

START_TEST(a_footnote_mark_is_recognised)
{
	struct fixture f;

	setup(&f);
	row_gives(&f, "EULEX|42|120|124|~",
		  "mismatch 1 total 124/162: sex: total is 124, male + female add up to 162, "
		  "38 more\n"
		  "  100% footnote-mark male=4: male reads 42, 4 would fit: the mark of a footnote "
		  "is glued to the number\n");
}
END_TEST

START_TEST(shifted_columns_are_recognised)
{
	struct fixture f;

	setup(&f);
	row_gives(&f, "EULEX|17|4|13|~",
		  "mismatch 1 total 13/21: sex: total is 13, male + female add up to 21, 8 more\n"
		  "  100% columns-shifted male=13: male reads 17 and total 13: two numbers of the "
		  "row stand in each other's column\n");
}
END_TEST

START_TEST(what_nothing_explains_is_said_so)
{
	struct fixture f;

	setup(&f);
	row_gives(&f, "EULEX|111|222|999|~",
		  "mismatch 1 total 999/333: sex: total is 999, male + female add up to 333, "
		  "666 less, and no single slip explains it\n");
}
END_TEST

START_TEST(a_change_may_not_break_another_rule)
{
	static const char *other[] = { "other" };
	struct fixture f;

	setup(&f);
	f.rules[1] = women();
	f.rules[1].parts.items = other;
	f.self.rules.count = 2;
	row_gives(&f, "EULEX|30|13|48|45",
		  "mismatch 1 total 48/43: sex: total is 48, male + female add up to 43, 5 less\n"
		  "  50% digit-wrong male=35: male reads 30, 35 would fit: one digit is wrong\n"
		  "  50% digit-wrong female=18: female reads 13, 18 would fit: one digit is "
		  "wrong\n");
}
END_TEST

START_TEST(a_change_that_mends_two_rules_counts_twice)
{
	struct fixture f;

	setup(&f);
	f.rules[1] = women();
	f.self.rules.count = 2;
	row_gives(&f, "EULEX|8|14|12|~",
		  "mismatch 1 total 12/22: sex: total is 12, male + female add up to 22, 10 more\n"
		  "  87% digit-wrong total=22: total reads 12, 22 would fit: one digit is wrong\n"
		  "  13% digit-added female=4: female reads 14, 4 would fit: a digit is too many\n"
		  "mismatch 1 total 12/14: women (total >= female): total is 12, female is 14, "
		  "2 more\n"
		  "  92% columns-shifted female=12: female reads 14 and total 12: two numbers of "
		  "the row stand in each other's column\n"
		  "  7% digit-wrong total=22: total reads 12, 22 would fit: one digit is wrong\n"
		  "  1% digit-added female=4: female reads 14, 4 would fit: a digit is too many\n");
}
END_TEST

START_TEST(unknown_numbers_are_not_evaluated)
{
	struct fixture f;

	setup(&f);
	f.rules[1] = women();
	f.self.rules.count = 2;
	rig_row(&f.rig, mu_at(1, 1), NULL, "EULEX|8|~|12|~");
	rig_row(&f.rig, mu_at(1, 2), NULL, "EULEX|~|~|~|5");
	rig_row(&f.rig, mu_at(1, 3), NULL, "EULEX|~|4|12|5");
	rig_row(&f.rig, mu_at(1, 4), "total", "~|~|~|~|5");
	rig_row(&f.rig, mu_at(1, 5), "total", "~|~|~|12|5");
	rig_row(&f.rig, mu_at(1, 6) | MU_AT_REJECTED, NULL, "EULEX|8|8|8|5");
	ck_assert_int_eq(run(&f), 0);
	ck_assert_str_eq(f.rig.said, "");
	/* The claims do not speak of all columns. */
	checks_are(&f, 1, 0, 5);
	teardown(&f);
}
END_TEST

START_TEST(known_parts_may_decide)
{
	struct fixture f;

	setup(&f);
	row_gives(&f, "EULEX|13|~|12|~",
		  "mismatch 1 total 12/13: sex: total is 12, male + female add up to at least 13, "
		  "1 more\n"
		  "  51% columns-shifted male=12: male reads 13 and total 12: two numbers of the "
		  "row stand in each other's column\n"
		  "  43% digits-swapped total=21: total reads 12, 21 would fit: two digits are "
		  "swapped\n"
		  "  6% digit-wrong male=12: male reads 13, 12 would fit: one digit is wrong\n");
	setup(&f);
	f.self.negative = true;
	row_gives(&f, "EULEX|13|~|12|~", "");
	setup(&f);
	f.rules[0].minus = (struct mu_texts){ 1, (const char *[]){ "other" } };
	row_gives(&f, "EULEX|3|4|12|~",
		  "mismatch 1 total 12/7: sex: total is 12, male + female - other give at most 7, "
		  "5 less\n"
		  "  28% digit-lost male=33: male reads 3, 33 would fit: a digit is lost\n"
		  "  28% digit-lost female=44: female reads 4, 44 would fit: a digit is lost\n"
		  "  20% columns-shifted male=12: male reads 3 and total 12: two numbers of the "
		  "row stand in each other's column\n"
		  "  20% columns-shifted female=12: female reads 4 and total 12: two numbers of "
		  "the row stand in each other's column\n"
		  "  4% footnote-mark total=1: total reads 12, 1 would fit: the mark of a footnote "
		  "is glued to the number\n");
}
END_TEST

START_TEST(relations_and_tolerance_are_bounds)
{
	/* What each relation says of totals from 2 below the sum to 2 above. */
	static const char *const passes[][2] = {
		[EQUAL] = { "..x..", ".xxx." },
		[AT_MOST] = { "xxx..", "xxxx." },
		[AT_LEAST] = { "..xxx", ".xxxx" },
	};
	struct fixture f;
	char cells[32];
	int relation, tolerance, by;

	for (relation = EQUAL; relation <= AT_LEAST; relation++)
		for (tolerance = 0; tolerance < 2; tolerance++)
			for (by = -2; by <= 2; by++) {
				setup(&f);
				f.rules[0].relation = relation;
				f.rules[0].tolerance = tolerance;
				snprintf(cells, sizeof cells, "A|4|5|%d|~", 9 + by);
				rig_row(&f.rig, mu_at(1, 1), NULL, cells);
				ck_assert_int_eq(run(&f), 0);
				ck_assert_uint_eq(f.rig.checks[MU_PASS],
						  passes[relation][tolerance][by + 2] == 'x');
				teardown(&f);
			}
}
END_TEST

START_TEST(sums_are_exact_at_the_edge_of_64_bits)
{
	struct fixture f;

	setup(&f);
	rig_row(&f.rig, mu_at(1, 1), NULL, "A|9223372036854775807|9223372036854775807|12|~");
	rig_row(&f.rig, mu_at(1, 2), NULL, "A|-9223372036854775807|-1|9223372036854775807|~");
	ck_assert_int_eq(run(&f), 0);
	ck_assert_str_eq(
		f.rig.said,
		"overflow 1 total: sex: total is 12, male + female add up to a number that "
		"does not fit 64 bits, and no single slip explains it\n"
		"mismatch 2 total 9223372036854775807/-9223372036854775808: sex: total is "
		"9223372036854775807, male + female add up to -9223372036854775808, "
		"18446744073709551615 less, and no single slip explains it\n");
	teardown(&f);
	setup(&f);
	f.rules[0].relation = AT_LEAST;
	f.self.negative = true;
	rig_row(&f.rig, mu_at(1, 1), NULL,
		"A|9223372036854775807|9223372036854775807|-9223372036854775808|~");
	ck_assert_int_eq(run(&f), 0);
	ck_assert_uint_eq(f.rig.findings, 1);
	teardown(&f);
}
END_TEST

START_TEST(what_nobody_reads_is_not_explained)
{
	struct fixture f;

	setup(&f);
	f.rig.ctx.findings_counted = true;
	rig_row(&f.rig, mu_at(1, 1), NULL, "A|9223372036854775807|9223372036854775807|12|~");
	rig_row(&f.rig, mu_at(1, 2), NULL, "A|5|7|12|~");
	rig_row(&f.rig, mu_at(1, 3), NULL, "A|5|8|12|~");
	ck_assert_int_eq(run(&f), 0);
	ck_assert_str_eq(f.rig.said, "counted overflow 1\ncounted mismatch 3\n");
	checks_are(&f, 1, 2, 0);
	teardown(&f);
}
END_TEST

START_TEST(names_are_made_of_the_columns)
{
	static const char *many[] = { "a", "b", "c", "d", "e", "f", "g" };
	static const char *other[] = { "other" };
	struct rule r = sex();

	r.name = NULL;
	r.minus = (struct mu_texts){ 1, other };
	r.relation = AT_MOST;
	phrases_make(&r);
	ck_assert_str_eq(r.label.text, "total <= male + female - other");
	r = (struct rule){ .total = "total", .parts = { 7, many } };
	phrases_make(&r);
	ck_assert_str_eq(r.label.text, "total = the sum of 7 columns");
}
END_TEST

START_TEST(columns_that_do_not_fit_are_refused)
{
	static const char *const why[][2] = {
		{ "nobody", "no column is called 'nobody'; there are 'mission', 'male', 'female', "
			    "'total', 'other'" },
		{ "_at", "no column is called '_at'; there are 'mission', 'male', 'female', "
			 "'total', 'other'" },
		{ "mission", "column 'mission' has no integers to add up" },
		{ "male", "column 'male' stands in the rule twice" },
		{ "total", "column 'total' stands in the rule twice" },
	};
	struct fixture f;
	size_t i;

	for (i = 0; i < sizeof why / sizeof *why; i++) {
		setup(&f);
		f.rules[0].minus = (struct mu_texts){ 1, (const char *[]){ why[i][0] } };
		ck_assert_int_eq(run(&f), EINVAL);
		ck_assert_str_eq(f.rig.why, why[i][1]);
		teardown(&f);
	}
}
END_TEST

START_TEST(a_report_that_stops_the_run_stops_the_stage)
{
	struct fixture f;

	setup(&f);
	f.rig.report_gives = ECANCELED;
	rig_row(&f.rig, mu_at(1, 1), NULL, "A|1|1|1|~");
	rig_row(&f.rig, mu_at(1, 2), NULL, "A|1|1|1|~");
	rig_flush(&f.rig);
	ck_assert_int_eq(balance_open(&f.rig.ctx, &f.self, NULL), 0);
	ck_assert_int_eq(balance_validate(&f.rig.ctx, &f.self, &f.rig.batches[0]), ECANCELED);
	ck_assert_uint_eq(f.rig.findings, 1);
	teardown(&f);
}
END_TEST

/* More rows than are added up at a time, against a sum in the plainest way. */
START_TEST(many_rows_are_checked_as_one_by_one)
{
	uint64_t expected[3] = { 0 };
	struct fixture f;
	char cells[64];
	int i;

	setup(&f);
	srand(1);
	for (i = 0; i < 2 * CHUNK + 9; i++) {
		int male = rand() % 4, other = rand() % 4, total = rand() % 50 ? male + other : 7;
		bool unknown = rand() % 10 == 0;

		snprintf(cells, sizeof cells, unknown ? "A|%d|%d|~|~" : "A|%d|%d|%d|~", male, other,
			 total);
		rig_row(&f.rig, mu_at(1, (uint64_t)i + 1), NULL, cells);
		expected[unknown ? MU_UNEVALUATED : male + other == total ? MU_PASS : MU_FAIL]++;
	}
	ck_assert_int_eq(run(&f), 0);
	checks_are(&f, expected[MU_PASS], expected[MU_FAIL], expected[MU_UNEVALUATED]);
	ck_assert_uint_eq(f.rig.findings, expected[MU_FAIL]);
	teardown(&f);
}
END_TEST

/* Numbers at and beyond the edges of what the fast way and 64 bits can add up. */
static int64_t odd_number(void)
{
	static const int64_t edges[] = {
		INT64_MIN,
		INT64_MAX,
		LARGE,
		-LARGE,
		(int64_t)SMALL,
		(int64_t)SMALL - 1,
		-(int64_t)SMALL,
		-(int64_t)SMALL - 1,
		1,
		-1,
	};

	return edges[(size_t)rand() % (sizeof edges / sizeof *edges)];
}

/* Puts a row in which one in `odd` numbers is at an edge or unknown, and counts what the
 * rules are to say of it. */
static void odd_row(struct fixture *f, uint64_t position, int odd, uint64_t expected[3])
{
	/* male, female, total, other */
	int64_t v[4] = { rand() % 1000, rand() % 1000, 0, 0 };
	bool rejected = rand() % odd == 0, claim = rand() % odd == 0, known[4];
	uint64_t at = mu_at(1, position);
	size_t i;

	for (i = 0; i < 4; i++) {
		if (i == 2) /* holds where it can, or would if sums wrapped around */
			v[2] = (int64_t)((uint64_t)v[0] + (uint64_t)v[1]);
		v[i] = rand() % odd ? v[i] : odd_number();
		known[i] = rand() % odd != 0;
		if (known[i])
			mu_put_integer(&f->rig.builder, (int64_t)i + 1, v[i]);
	}
	mu_end_row_at(&f->rig.builder, rejected ? at | MU_AT_REJECTED : at, claim ? "total" : NULL);
	for (i = 0; i < f->self.rules.count && !rejected; i++) {
		const struct rule *r = rule_of(&f->self, i);
		unsigned unknown = (known[1] ? 0 : PART) | (known[2] ? 0 : TOTAL);
		wide difference = (known[1] ? (wide)v[1] : 0) - (known[2] ? (wide)v[2] : 0);

		if (r->parts.count == 2) {
			difference += known[0] ? v[0] : 0;
			unknown |= known[0] ? 0 : PART;
		}
		if (!unknown || !claim)
			expected[outcome_of(&f->self, r, difference, unknown)]++;
	}
}

START_TEST(edges_are_seen_among_many_rows)
{
	static const int odds[] = { 100000, 5000, 300, 20 };
	uint64_t expected[3] = { 0 };
	struct fixture f;
	uint64_t i, n;

	setup(&f);
	srand((unsigned)_i + 1);
	n = (uint64_t)(rand() % (3 * CHUNK) + 1);
	f.rules[0].tolerance = _i % 3 ? 0 : 2;
	f.rules[1] = women();
	f.rules[1].relation = _i % 2 ? AT_LEAST : AT_MOST;
	f.self.rules.count = 2;
	f.self.negative = _i % 5 == 0;
	ck_assert_int_eq(balance_open(&f.rig.ctx, &f.self, NULL), 0);
	for (i = 0; i < n; i++)
		odd_row(&f, i + 1, odds[_i % 4], expected);
	rig_flush(&f.rig);
	ck_assert_int_eq(balance_validate(&f.rig.ctx, &f.self, &f.rig.batches[0]), 0);
	checks_are(&f, expected[MU_PASS], expected[MU_FAIL], expected[MU_UNEVALUATED]);
	ck_assert_uint_ge(f.rig.findings, expected[MU_FAIL]);
	teardown(&f);
}
END_TEST

START_TEST(a_few_rows_are_checked_too)
{
	int rows, wrong;

	for (rows = 1; rows <= 4 * STEP; rows++)
		for (wrong = 0; wrong < rows; wrong++) {
			struct fixture f;

			setup(&f);
			for (int i = 0; i < rows; i++)
				rig_row(&f.rig, mu_at(1, (uint64_t)i + 1), NULL,
					i != wrong ? "A|1|2|3|~"
					: rows % 2 ? "A|1|2|9|~"
						   : "A|9|2|3|~");
			ck_assert_int_eq(run(&f), 0);
			checks_are(&f, (uint64_t)rows - 1, 1, 0);
			teardown(&f);
		}
}
END_TEST

START_TEST(columns_of_no_rule_are_not_looked_at)
{
	bool in[5] = { false }, expected[5] = { false, true, true, true, false };
	struct fixture f;

	setup(&f);
	ck_assert_int_eq(balance_open(&f.rig.ctx, &f.self, NULL), 0);
	balance_uses(&f.rig.ctx, &f.self, NULL, in);
	ck_assert_mem_eq(in, expected, sizeof in);
	teardown(&f);
}
END_TEST

static double shares;

/* How many rules fail, in the plainest way. */
static int failing(const struct self *self, const int64_t *v)
{
	size_t i;
	int count = 0;

	for (i = 0; i < self->rules.count; i++) {
		const struct rule *r = rule_of(self, i);
		int64_t by = (i ? v[1] : v[0] + v[1]) - v[2];

		count += (r->relation != AT_MOST && by > r->tolerance) ||
			 (r->relation != AT_LEAST && by < -r->tolerance);
	}
	return count;
}

/* Whatever is proposed mends a rule, and the scores are shares. */
__attribute__((format(printf, 3, 0))) static int report_shares(struct mu_ctx *ctx,
							       const struct mu_finding *f,
							       const char *fmt, va_list ap)
{
	const struct self *self = &((struct fixture *)rig_of(ctx))->self;
	double before = 1;
	uint32_t i;
	int j;

	(void)fmt, (void)ap;
	shares = f->n_explanations ? 0 : 1;
	for (i = 0; i < f->n_explanations; i++) {
		const struct mu_explanation *e = &f->explanations[i];
		int64_t is[3], would[3], value;

		ck_assert(e->score <= before);
		before = e->score;
		shares += before;
		if (!strcmp(e->kind, "columns-shifted"))
			continue;
		ck_assert(mu_parse_integer(mu_string(e->suggested), &value));
		for (j = 0; j < 3; j++) {
			is[j] = self->slots[j].value;
			would[j] = strcmp(e->field, self->slots[j].name) ? is[j] : value;
		}
		ck_assert_int_lt(failing(self, would), failing(self, is));
	}
	return 0;
}

START_TEST(scores_are_sorted_shares)
{
	struct fixture f;
	char cells[96];

	setup(&f);
	srand((unsigned)_i);
	f.rig.ctx.report = report_shares;
	f.rules[0].relation = _i % 3;
	f.rules[0].tolerance = _i % 5;
	f.rules[1] = women();
	f.self.rules.count = 1 + (size_t)_i % 2;
	f.self.negative = _i % 7 == 0;
	snprintf(cells, sizeof cells, "A|%d|%d|%d|~", rand() % 200, rand() % 2000 - 20,
		 rand() % 300);
	rig_row(&f.rig, mu_at(1, 1), NULL, cells);
	shares = 1;
	ck_assert_int_eq(run(&f), 0);
	ck_assert(shares > 0.999999 && shares < 1.000001);
	teardown(&f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("balance");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(all, rows_and_claims_that_balance_pass);
	tcase_add_test(all, a_mismatch_names_numbers_and_slips);
	tcase_add_test(all, a_footnote_mark_is_recognised);
	tcase_add_test(all, shifted_columns_are_recognised);
	tcase_add_test(all, what_nothing_explains_is_said_so);
	tcase_add_test(all, a_change_may_not_break_another_rule);
	tcase_add_test(all, a_change_that_mends_two_rules_counts_twice);
	tcase_add_test(all, unknown_numbers_are_not_evaluated);
	tcase_add_test(all, known_parts_may_decide);
	tcase_add_test(all, relations_and_tolerance_are_bounds);
	tcase_add_test(all, sums_are_exact_at_the_edge_of_64_bits);
	tcase_add_test(all, what_nobody_reads_is_not_explained);
	tcase_add_test(all, names_are_made_of_the_columns);
	tcase_add_test(all, columns_that_do_not_fit_are_refused);
	tcase_add_test(all, a_report_that_stops_the_run_stops_the_stage);
	tcase_add_test(all, many_rows_are_checked_as_one_by_one);
	tcase_add_loop_test(all, edges_are_seen_among_many_rows, 0, 60);
	tcase_add_test(all, a_few_rows_are_checked_too);
	tcase_add_test(all, columns_of_no_rule_are_not_looked_at);
	tcase_add_loop_test(all, scores_are_sorted_shares, 0, 300);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
