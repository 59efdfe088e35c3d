/* transform/unpivot: what becomes of wide rows, their totals and claims. */
#include <check.h>

#include "../plugins/transform/unpivot.c"

#include "rig.h"

struct fixture {
	struct rig rig;
	struct unpivot self;
	struct part parts[2], totals[1];
	struct ArrowSchema out;
	char rows[4096]; /* what came out: "[claim] position cells" */
	size_t len;
};

static struct mu_pair police[] = { { "male", "police_m" }, { "female", "police_f" } };
static struct mu_pair troops[] = { { "male", "troops_m" }, { "female", "troops_f" } };
static struct mu_pair sums[] = { { "male", "all_m" } };

static void setup(struct fixture *f)
{
	*f = (struct fixture){ .len = 0 };
	f->parts[0] = (struct part){ .value = "Police", .columns = { 2, police } };
	f->parts[1] = (struct part){ .value = "Troops", .columns = { 2, troops } };
	f->totals[0] = (struct part){ .level = "both", .columns = { 1, sums } };
	rig_init(&f->rig, "country", "police_m:measure", "police_f:measure", "troops_m:measure",
		 "troops_f:measure", "all_m:measure", (char *)NULL);
	f->self = (struct unpivot){ .to = "type",
				    .part_items = { 2, f->parts },
				    .total_items = { 1, f->totals } };
}

static void teardown(struct fixture *f)
{
	unpivot_close(&f->rig.ctx, &f->self);
	mu_schema_release(&f->out);
	rig_release(&f->rig);
}

static void see_row(struct fixture *f, const struct ArrowArray *batch, int64_t row)
{
	struct mu_rows rows = mu_rows(&f->out, batch);
	char *at = f->rows + f->len, *end = f->rows + sizeof f->rows;

	if (mu_row_is_claim(&rows, row))
		at += snprintf(at, (size_t)(end - at), "%.*s ",
			       (int)mu_get_string(&rows.claim, row).len,
			       mu_get_string(&rows.claim, row).data);
	at += snprintf(at, (size_t)(end - at), "%" PRIu64, mu_at_position(mu_row_at(&rows, row)));
	for (int64_t i = 0; i < mu_schema_visible(&f->out); i++) {
		struct mu_column cells = mu_column(&f->out, batch, i);
		char space[MU_FORMAT_MAX];
		struct mu_string value = mu_format(&cells, row, space);

		at += snprintf(at, (size_t)(end - at), " %.*s",
			       mu_null(&cells, row) ? 1 : (int)value.len,
			       mu_null(&cells, row) ? "~" : value.data);
	}
	at += snprintf(at, (size_t)(end - at), "\n");
	f->len = (size_t)(at - f->rows);
}

static int start(struct fixture *f)
{
	int err = unpivot_configure(&f->rig.ctx, &f->self);

	return err ? err : unpivot_open(&f->rig.ctx, &f->self, &f->out);
}

static void run(struct fixture *f)
{
	struct ArrowArray batch = { .release = NULL };

	ck_assert_int_eq(start(f), 0);
	rig_flush(&f->rig);
	for (;;) {
		ck_assert_int_eq(unpivot_transform(&f->rig.ctx, &f->self, &batch), 0);
		if (!batch.release)
			return;
		for (int64_t row = 0; row < batch.length; row++)
			see_row(f, &batch, row);
		mu_array_release(&batch);
	}
}

START_TEST(a_row_becomes_one_for_each_part_and_a_claim_for_its_total)
{
	struct fixture f;

	setup(&f);
	rig_row(&f.rig, mu_at(1, 10), NULL, "ALB|1|2|3|0|4");
	rig_flush(&f.rig);
	rig_row(&f.rig, mu_at(1, 20), NULL, "MLT|0|0|~|5|~");
	run(&f);
	ck_assert_str_eq(f.rows, "10 ALB Police 1 2\n"
				 "11 ALB Troops 3 0\n"
				 "both 12 ALB ~ 4 ~\n"
				 "20 MLT Police 0 0\n"
				 "21 MLT Troops ~ 5\n");
	ck_assert_int_eq(f.rig.adjusted_rows, 2);
	ck_assert_int_eq(f.rig.adjusted_claims, 1);
	ck_assert_int_eq(f.rig.adjusted, -4); /* of all_m */
	teardown(&f);
}
END_TEST

START_TEST(zero_drops_parts_that_are_0_and_nothing_else)
{
	struct fixture f;

	setup(&f);
	f.self.zero = ZERO_DROP;
	rig_row(&f.rig, mu_at(1, 10), NULL, "ALB|0|0|~|0|0");
	rig_row(&f.rig, mu_at(1, 20), "total", "~|0|0|3|0|~");
	run(&f);
	ck_assert_str_eq(f.rows, "11 ALB Troops ~ 0\n"
				 "both 12 ALB ~ 0 ~\n"
				 "total 20 ~ Police 0 0\n"
				 "total 21 ~ Troops 3 0\n");
	teardown(&f);
}
END_TEST

START_TEST(a_claim_states_nothing_of_parts_that_it_leaves_out)
{
	struct fixture f;

	setup(&f);
	rig_row(&f.rig, mu_at(1, 10), "total", "~|~|~|3|1|3");
	run(&f);
	ck_assert_str_eq(f.rows, "total 11 ~ Troops 3 1\ntotal 12 ~ ~ 3 ~\n");
	teardown(&f);
}
END_TEST

static struct mu_pair unknown[] = { { "male", "police_m" }, { "female", "nobody" } };
static struct mu_pair one_of_two[] = { { "male", "police_m" } };
static struct mu_pair a_text[] = { { "male", "police_m" }, { "female", "country" } };
static struct mu_pair other[] = { { "male", "troops_m" }, { "women", "troops_f" } };

static const struct {
	struct mu_pairs columns; /* of the second part */
	const char *to, *why;
} refused[] = {
	{ { 2, unknown }, "type", "no column is called 'nobody'" },
	{ { 1, one_of_two },
	  "type",
	  "every part makes the same columns, and a total some of them" },
	{ { 2, other }, "type", "every part makes the same columns" },
	{ { 2, a_text }, "type", "column 'country' is of another type, or another measure, than" },
	{ { 2, troops }, "country", "there is a column 'country' already" },
	{ { 2, troops }, "_claim", "'_claim' is no name of a column" },
};

START_TEST(what_makes_no_table_is_refused)
{
	struct fixture f;

	setup(&f);
	f.parts[1].columns = refused[_i].columns;
	f.self.to = refused[_i].to;
	ck_assert_int_eq(start(&f), EINVAL);
	ck_assert_msg(strstr(f.rig.why, refused[_i].why) != NULL, "%s", f.rig.why);
	teardown(&f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("unpivot");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(all, a_row_becomes_one_for_each_part_and_a_claim_for_its_total);
	tcase_add_test(all, zero_drops_parts_that_are_0_and_nothing_else);
	tcase_add_test(all, a_claim_states_nothing_of_parts_that_it_leaves_out);
	tcase_add_loop_test(all, what_makes_no_table_is_refused, 0,
			    sizeof refused / sizeof *refused);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
