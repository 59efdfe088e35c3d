/* validate/totals: claims against rows, in all orders and sizes. */
#include <check.h>

#include "encode.h"
#include "rig.h"
#include "totals.h"

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

	is_invalid((struct mu_texts){ 1, heads }, none,
		   "no column is called 'heads'; there are 'country', "
		   "'mission', 'headcount', 'women'");
	is_invalid((struct mu_texts){ 1, hidden }, none,
		   "no column is called '_at'; there are 'country', "
		   "'mission', 'headcount', 'women'");
	is_invalid((struct mu_texts){ 1, mission }, none,
		   "column 'mission' has no integers to add up");
	is_invalid(none, (struct mu_texts){ 1, heads },
		   "no column is called 'heads'; there are 'country', "
		   "'mission', 'headcount', 'women'");
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

static bool same_scope(const struct random_row *a, const struct random_row *b, int within)
{
	return a->country == b->country && a->mission == b->mission &&
	       (within == WITHIN_ALL || a->document == b->document);
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
		int first = j;

		for (i = 0; i < ROWS; i++)
			sum += covers(&claims[j], &rows[i], _i % 2) ? rows[i].headcount : 0;
		for (i = 0; i < CLAIMS; i++)
			if (same_scope(&claims[i], &claims[j], _i % 2) &&
			    (claims[i].document < claims[first].document ||
			     (claims[i].document == claims[first].document && i < first)))
				first = i;
		pass += sum == claims[j].headcount &&
			claims[first].headcount == claims[j].headcount;
	}
	checks_are(&f, pass, CLAIMS - pass, 0);
	teardown(&f);
}
END_TEST

enum { INSTANCES = 4, BATCHES_MAX = 64 };

/* How rows are shared out, and who is merged with whom. */
struct sharing {
	size_t n;     /* instances */
	bool mixed;   /* batches go to any of them, in any order; else in turn */
	bool chained; /* the last is merged into the one before, and so on */
};

static const struct sharing sharings[] = {
	{ 1, false, false }, { 1, true, false }, { 2, false, false }, { 2, true, true },
	{ 4, false, true },  { 4, true, false }, { 4, true, true },
};

/* A finding's explanations too. */
__attribute__((format(printf, 3, 0))) static int said_all(struct mu_ctx *ctx,
							  const struct mu_finding *f,
							  const char *fmt, va_list ap)
{
	uint64_t sum = 14695981039346656037u;
	uint32_t i;

	for (i = 0; i < f->n_explanations; i++) {
		const struct mu_explanation *e = &f->explanations[i];
		const char *c;

		for (c = e->message; *c; c++)
			sum = (sum ^ (unsigned char)*c) * 1099511628211;
		sum = (sum ^ e->at ^ (uint64_t)(e->score * 1e9)) * 1099511628211;
	}
	if (f->n_explanations)
		rig_say(rig_of(ctx), "%" PRIu32 " explanations %" PRIx64 "\n", f->n_explanations,
			sum);
	return rig_report(ctx, f, fmt, ap);
}

static void batches_mix(size_t *order, size_t n)
{
	size_t i, j, held;

	for (i = n; i > 1; i--) {
		j = (size_t)rand() % i;
		held = order[i - 1];
		order[i - 1] = order[j];
		order[j] = held;
	}
}

static int merge_all(struct fixture *f, struct totals *selves, const struct sharing *how)
{
	size_t i;
	int err = 0;

	for (i = how->n - 1; i > 0 && !err; i--) {
		size_t other = how->chained ? i : how->n - i;

		err = muster_plugin.merge(&f->rig.ctx, &selves[how->chained ? i - 1 : 0],
					  &selves[other]);
	}
	return err;
}

/* The same as rig_validate(), on several instances with the options of f->self. */
static int run_shared(struct fixture *f, const struct sharing *how)
{
	struct totals selves[INSTANCES];
	size_t order[BATCHES_MAX], i;
	int err = 0;

	rig_flush(&f->rig);
	f->rig.ctx.report = said_all;
	f->rig.said_len = 0;
	f->rig.said[0] = 0;
	memset(f->rig.checks, 0, sizeof f->rig.checks);
	ck_assert_uint_le(f->rig.n_batches, BATCHES_MAX);
	for (i = 0; i < f->rig.n_batches; i++)
		order[i] = i;
	if (how->mixed)
		batches_mix(order, f->rig.n_batches);
	for (i = 0; i < how->n; i++) {
		selves[i] = f->self;
		ck_assert_int_eq(totals_open(&f->rig.ctx, &selves[i], NULL), 0);
	}
	for (i = 0; i < f->rig.n_batches && !err; i++) {
		size_t n = how->n ? how->n : 1;
		struct totals *self = &selves[(how->mixed ? (size_t)rand() : i) % n];

		err = totals_validate(&f->rig.ctx, self, &f->rig.batches[order[i]]);
	}
	if (!err)
		err = merge_all(f, selves, how);
	if (!err)
		err = totals_validate(&f->rig.ctx, &selves[0], NULL);
	for (i = 0; i < how->n; i++)
		totals_close(&f->rig.ctx, &selves[i]);
	ck_assert_uint_lt(f->rig.said_len, sizeof f->rig.said - 1);
	return err;
}

/* Turns text of some batches into codes. */
static void batches_encode(struct rig *rig)
{
	size_t i;
	int64_t j;

	rig_flush(rig);
	for (i = 0; i < rig->n_batches; i++)
		for (j = 0; j < rig->schema.n_children; j++) {
			struct mu_column cells = mu_column(&rig->schema, &rig->batches[i], j);

			if (cells.type == MU_STRING && !cells.words && rand() % 2)
				encode_column(rig->batches[i].children[j], &cells);
		}
}

/* What is said is the same however rows are shared out and text is stored. */
static void said_however(struct fixture *f)
{
	char first[sizeof f->rig.said], why[sizeof f->rig.why];
	uint64_t checks[3];
	size_t i;
	int err;

	err = run_shared(f, &sharings[0]);
	memcpy(first, f->rig.said, sizeof first);
	memcpy(why, f->rig.why, sizeof why);
	memcpy(checks, f->rig.checks, sizeof checks);
	for (i = 0; i < sizeof sharings / sizeof *sharings; i++) {
		f->rig.why[0] = 0;
		batches_encode(&f->rig);
		ck_assert_int_eq(run_shared(f, &sharings[i]), err);
		ck_assert_str_eq(f->rig.said, first);
		ck_assert_str_eq(f->rig.why, why);
		ck_assert(err || !memcmp(checks, f->rig.checks, sizeof checks));
	}
}

/* Numbers that are right mostly, in a table of all countries and missions: claims of
 * each of these may be wrong, or a number of the table. */
static void put_table(struct rig *rig, uint32_t document, uint64_t *position)
{
	int64_t country[3] = { 0 }, mission[4] = { 0 }, number;
	char cells[64];
	int i, j, wrong = rand() % 3;

	for (i = 0; i < 3; i++)
		for (j = 0; j < 4; j++) {
			number = 10 + rand() % 1000;
			country[i] += number;
			mission[j] += number;
			number += wrong == 1 && rand() % 12 == 0 ? 90 : 0;
			snprintf(cells, sizeof cells, "C%d|M%d|%d|%s", i, j, (int)number,
				 wrong == 2 && rand() % 6 == 0 ? "~" : "1");
			rig_row(rig, mu_at(document, (*position)++), NULL, cells);
			if (rand() % 4 == 0)
				rig_flush(rig);
		}
	for (i = 0; i < 3; i++) {
		snprintf(cells, sizeof cells, "C%d|~|%d|~", i, (int)country[i] + (rand() % 8 == 0));
		rig_row(rig, mu_at(document, (*position)++), "country", cells);
	}
	for (j = 0; j < 4; j++) {
		snprintf(cells, sizeof cells, "~|M%d|%d|3", j, (int)mission[j]);
		rig_row(rig, mu_at(document, (*position)++), j % 2 ? "mission" : "sum", cells);
	}
}

START_TEST(tables_are_judged_alike_however_they_are_shared_out)
{
	const char *claims[] = { "country", "sum" };
	uint64_t position = 1;
	struct fixture f;

	srand((unsigned)_i);
	setup(&f);
	f.self.within = _i / 2 % 2;
	f.self.expect = _i % 7 == 3 ? "5000" : NULL;
	f.self.max_explained = _i % 5 == 1 ? 20 : 1000;
	if (_i % 11 == 5)
		f.self.claims = (struct mu_texts){ 2, claims };
	if (f.self.expect) {
		const char *of[] = { "headcount" };

		f.self.of = (struct mu_texts){ 1, of };
		ck_assert_int_eq(totals_configure(&f.rig.ctx, &f.self), 0);
		put_table(&f.rig, 1, &position);
		said_however(&f);
		teardown(&f);
		return;
	}
	put_table(&f.rig, 2, &position);
	put_table(&f.rig, 1, &position);
	said_however(&f);
	teardown(&f);
}
END_TEST

START_TEST(any_rows_are_judged_alike_however_they_are_shared_out)
{
	struct random_row r;
	struct fixture f;
	int i;

	srand((unsigned)_i);
	setup(&f);
	f.self.within = _i % 2;
	f.self.negative = _i % 3 == 0;
	f.self.max_explained = _i % 5 ? 1000 : 30;
	for (i = 0; i < 40; i++) {
		bool claim = rand() % 3 == 0;

		r = random_row(claim);
		put_random(&f.rig, &r, (uint64_t)i + 1, claim);
	}
	said_however(&f);
	teardown(&f);
}
END_TEST

START_TEST(limits_hold_for_all_instances_together)
{
	struct fixture f;
	int i;

	for (i = 0; i < 3; i++) {
		setup(&f);
		f.self.max_groups = i < 2 ? 3 : 1000;
		f.self.max_patterns = i == 2 ? 3 : 1000;
		rig_row(&f.rig, mu_at(1, 1), i ? "total" : NULL, "ALB|EUAM|2|1");
		rig_flush(&f.rig);
		rig_row(&f.rig, mu_at(1, 2), i ? "total" : NULL, "ALB|~|2|1");
		rig_flush(&f.rig);
		rig_row(&f.rig, mu_at(1, 3), i ? "total" : NULL, "~|EUAM|2|1");
		rig_flush(&f.rig);
		said_however(&f);
		rig_row(&f.rig, mu_at(1, 4), i ? "total" : NULL, "~|~|2|1");
		ck_assert_int_eq(run_shared(&f, &sharings[0]), E2BIG);
		ck_assert_str_ne(f.rig.why, "");
		said_however(&f);
		teardown(&f);
	}
}
END_TEST

START_TEST(sums_of_several_instances_are_exact)
{
	struct fixture f;

	setup(&f);
	rig_row(&f.rig, mu_at(1, 1), NULL, "ALB|A|9223372036854775807|9223372036854775807");
	rig_flush(&f.rig);
	rig_row(&f.rig, mu_at(1, 2), NULL, "ALB|A|9223372036854775807|-9223372036854775807");
	rig_flush(&f.rig);
	rig_row(&f.rig, mu_at(1, 3), NULL, "ALB|A|9223372036854775807|7");
	rig_row(&f.rig, mu_at(1, 4), NULL, "ALB|A|-9223372036854775807|~");
	rig_flush(&f.rig);
	rig_row(&f.rig, mu_at(1, 5), NULL, "ALB|A|-9223372036854775807|~");
	rig_row(&f.rig, mu_at(1, 6), "total", "~|~|9223372036854775806|7");
	said_however(&f);
	ck_assert_ptr_nonnull(
		strstr(f.rig.said,
		       "mismatch 6 headcount 9223372036854775806/9223372036854775807: claim "
		       "'total' states 9223372036854775806 for headcount, its 5 rows add up to "
		       "9223372036854775807, 1 more\n"
		       "warning unevaluated 6~4 women: claim 'total' states 7 for women, which is "
		       "unknown in 2 of its 5 rows\n"));
	rig_row(&f.rig, mu_at(1, 7), NULL, "ALB|A|1|1");
	said_however(&f);
	ck_assert_ptr_nonnull(strstr(f.rig.said, "overflow 6 headcount"));
	teardown(&f);
}
END_TEST

START_TEST(a_word_that_no_row_has_is_no_value)
{
	struct ArrowArray *batch;
	struct fixture f;
	int64_t i;

	setup(&f);
	rig_row(&f.rig, mu_at(1, 1), NULL, "ALB|A|1|1");
	rig_row(&f.rig, mu_at(1, 2), "country", "ALB|~|2|1");
	rig_row(&f.rig, mu_at(1, 3), "country", "XKX|~|1|1");
	rig_flush(&f.rig);
	batch = f.rig.batches;
	encode(&f.rig.schema, batch);
	batch->length = 2;
	for (i = 0; i < batch->n_children; i++)
		batch->children[i]->length = 2;
	ck_assert_int_eq(run(&f), 0);
	said(&f, "mismatch 2 headcount 2/1: claim 'country' states 2 for headcount, its only row "
		 "has 1, 1 less\n");
	teardown(&f);
}
END_TEST

/* A fixture with a column of each type. */
static void setup_typed(struct fixture *f)
{
	struct ArrowSchema *schema = &f->rig.schema;

	setup(f);
	mu_builder_release(&f->rig.builder);
	mu_schema_release(schema);
	ck_assert(!mu_schema_init(schema) && !mu_schema_add(schema, "day", MU_DATE, false, NULL) &&
		  !mu_schema_add(schema, "size", MU_INTEGER, false, NULL) &&
		  !mu_schema_add(schema, "share", MU_NUMBER, false, NULL) &&
		  !mu_schema_add(schema, "open", MU_BOOLEAN, false, NULL) &&
		  !mu_schema_add(schema, "name", MU_STRING, false, NULL) &&
		  !mu_schema_add(schema, "headcount", MU_INTEGER, true, NULL) &&
		  !mu_schema_add_hidden(schema) && !mu_builder_init(&f->rig.builder, schema));
}

static const int64_t sizes[] = { -5, INT64_MIN, INT64_MAX, 0, 40000, 100000, 1 };

/* A row whose columns all have the values of `kind`, and null where a bit is set. */
static void put_typed(struct fixture *f, uint64_t position, unsigned kind, unsigned nulls,
		      const char *claim, int64_t headcount)
{
	struct mu_builder *b = &f->rig.builder;
	const double shares[] = { 0.5, -0.0, 0.0, 1e300, 0.1, 2, (double)NAN };
	char name[] = "a name of many letters 0";

	name[23] = (char)('0' + kind);
	if (!(nulls & 1))
		mu_put_date(b, 0, (int32_t)kind * 7000 - 5000);
	if (!(nulls & 2))
		mu_put_integer(b, 1, sizes[kind]);
	if (!(nulls & 4))
		mu_put_number(b, 2, shares[kind]);
	if (!(nulls & 8))
		mu_put_boolean(b, 3, kind % 2);
	if (!(nulls & 16))
		mu_put_string(b, 4, mu_string(kind == 6 ? "" : name));
	mu_put_integer(b, 5, headcount);
	mu_end_row_at(b, mu_at(1, position), claim);
}

START_TEST(columns_of_all_types_tell_rows_apart)
{
	uint64_t position = 1;
	struct fixture f;
	unsigned kind, i;

	srand((unsigned)_i);
	setup_typed(&f);
	for (i = 0; i < 3000; i++) {
		kind = (unsigned)rand() % 7;
		put_typed(&f, position++, kind, 0, NULL, kind);
		put_typed(&f, position++, kind, rand() % 4 ? 31 : 0, NULL, 0);
		if (rand() % 400 == 0)
			rig_flush(&f.rig);
	}
	for (kind = 0; kind < 7; kind++)
		for (i = 0; i < 5; i++)
			put_typed(&f, position++, kind, 31U & ~(i == 3 ? 3U : 1U << i), "one", -1);
	said_however(&f);
	ck_assert_uint_eq(f.rig.checks[MU_FAIL], 35);
	ck_assert_ptr_nonnull(strstr(f.rig.said, "(day 1956-04-24)"));
	ck_assert_ptr_nonnull(strstr(f.rig.said, "(size -9223372036854775808)"));
	ck_assert_ptr_nonnull(strstr(f.rig.said, "(size 9223372036854775807)"));
	ck_assert_ptr_nonnull(strstr(f.rig.said, "(share NaN)"));
	ck_assert_ptr_nonnull(strstr(f.rig.said, "(share 1e+300)"));
	ck_assert_ptr_nonnull(strstr(f.rig.said, "(day 1956-04-24, size -5)"));
	ck_assert_ptr_nonnull(strstr(f.rig.said, "(name a name of many letters 5)"));
	teardown(&f);
}
END_TEST

START_TEST(columns_that_are_used_are_named)
{
	const char *of[] = { "women" }, *by[] = { "mission" };
	bool in[4] = { false };
	struct fixture f;

	setup(&f);
	f.self.of = (struct mu_texts){ 1, of };
	f.self.by = (struct mu_texts){ 1, by };
	ck_assert_int_eq(totals_open(&f.rig.ctx, &f.self, NULL), 0);
	muster_plugin.uses(&f.rig.ctx, &f.self, NULL, in);
	ck_assert(!in[0] && in[1] && !in[2] && in[3]);
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
	tcase_add_loop_test(all, tables_are_judged_alike_however_they_are_shared_out, 0, 100);
	tcase_add_loop_test(all, any_rows_are_judged_alike_however_they_are_shared_out, 0, 200);
	tcase_add_test(all, limits_hold_for_all_instances_together);
	tcase_add_test(all, sums_of_several_instances_are_exact);
	tcase_add_test(all, a_word_that_no_row_has_is_no_value);
	tcase_add_loop_test(all, columns_of_all_types_tell_rows_apart, 0, 5);
	tcase_add_test(all, columns_that_are_used_are_named);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
