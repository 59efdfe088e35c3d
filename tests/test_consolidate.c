/* transform/consolidate: equal keys, and that nobody goes missing. */
#include <check.h>

#include "../plugins/transform/consolidate/consolidate.c"
#include "../plugins/transform/consolidate/kept.c"
#include "../plugins/transform/consolidate/sum.c"

#include "encode.h"
#include "rig.h"

struct fixture {
	struct rig rig;
	struct consolidate self;
	struct ArrowSchema out; /* that was declared, if any was */
	bool encoded;           /* text comes in dictionaries */
	char rows[65536];       /* what came out: "at mission country headcount" */
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
	const struct ArrowSchema *schema = f->out.release ? &f->out : &f->rig.schema;
	struct mu_rows rows = mu_rows(schema, batch);
	struct mu_column headcount = mu_column(schema, batch, 2);
	bool claim = mu_row_is_claim(&rows, row);
	int64_t i;

	f->rows_len +=
		(size_t)snprintf(f->rows + f->rows_len, sizeof f->rows - f->rows_len, "%s%" PRIu64,
				 claim ? "claim " : "", mu_at_position(mu_row_at(&rows, row)));
	for (i = 0; i < mu_schema_visible(schema); i++) {
		struct mu_column cells = mu_column(schema, batch, i);
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
	int err = consolidate_open(&f->rig.ctx, &f->self, &f->out);
	int64_t row;

	rig_flush(&f->rig);
	for (size_t i = 0; f->encoded && i < f->rig.n_batches; i++)
		encode(&f->rig.schema, &f->rig.batches[i]);
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
	mu_schema_release(&f->out);
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

START_TEST(a_count_is_that_of_the_rows_of_a_key)
{
	const char *nothing[] = { "mission", "country", "headcount" };
	struct fixture f;

	setup(&f, SUM, false);
	f.self.count = "rows";
	rig_row(&f.rig, mu_at(1, 1), NULL, "EUAM|ALB|2");
	rig_row(&f.rig, mu_at(1, 2), "total", "~|~|9");
	rig_row(&f.rig, mu_at(1, 3), NULL, "EUAM|ALB|5");
	rig_flush(&f.rig);
	rig_row(&f.rig, mu_at(1, 4), NULL, "EUAM|MLT|1");
	rig_row(&f.rig, mu_at(1, 5) | MU_AT_REJECTED, NULL, "EUAM|ALB|1");
	rig_row(&f.rig, mu_at(1, 6), NULL, "OMIK|XKX|3");
	rig_row(&f.rig, mu_at(1, 7), NULL, "EUAM|ALB|-1");
	ck_assert_int_eq(run(&f), 0);
	ck_assert_str_eq(f.out.children[3]->name, "rows");
	ck_assert_int_eq(f.out.n_children, 6);
	ck_assert_str_eq(f.rows, "1 EUAM ALB 6 3\nclaim 2 ~ ~ 9 ~\n4 EUAM MLT 1 1\n"
				 "5 EUAM ALB 1 1\n6 OMIK XKX 3 1\n");
	ck_assert_int_eq(f.rig.adjusted_rows, -2);
	teardown(&f);

	setup(&f, FIRST, false);
	f.self.count = "rows";
	ck_assert_int_eq(run(&f), EINVAL);
	ck_assert_str_eq(f.rig.why, "count goes with on_equal: sum");
	teardown(&f);
	for (size_t i = 0; i < 3; i++) {
		setup(&f, SUM, false);
		f.self.count = nothing[i];
		ck_assert_int_eq(run(&f), EINVAL);
		ck_assert_ptr_nonnull(strstr(f.rig.why, "already"));
		teardown(&f);
	}
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

	is_invalid((struct mu_texts){ 1, wrong }, none,
		   "no column is called 'mision'; there are 'mission', 'country', 'headcount'; did "
		   "you mean 'mission'?");
	is_invalid((struct mu_texts){ 2, twice }, none, "column 'mission' is named twice");
	is_invalid(one, (struct mu_texts){ 1, wrong },
		   "no column is called 'mision'; there are 'mission', 'country', 'headcount'; did "
		   "you mean 'mission'?");
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

/* Rows of all kinds, the same for the same seed. */
static void random_rows(struct fixture *f, unsigned seed, int keys, bool errors)
{
	char cells[64];
	int i;

	for (i = 1; i <= 60; i++) {
		int kind = errors ? rand_r(&seed) % 30 : 29, key_number = rand_r(&seed) % keys;
		int country = errors ? rand_r(&seed) % 2 : key_number % 5;
		int headcount = rand_r(&seed) % 3000 - 1000;

		snprintf(cells, sizeof cells, "Mission %d|C%d|%d", key_number, country, headcount);
		if (kind < 3)
			memcpy(strrchr(cells, '|'), "|~", 3);
		if (kind == 3)
			snprintf(cells, sizeof cells, "~|C%d|%d", country, headcount);
		rig_row(&f->rig,
			mu_at(1, (uint64_t)i) | (kind == 4 || kind == 5 ? MU_AT_REJECTED : 0),
			kind > 5 && kind < 9 ? "claim" : NULL, cells);
		if (rand_r(&seed) % 10 == 0)
			rig_flush(&f->rig);
	}
}

START_TEST(words_give_what_plain_text_gives)
{
	struct fixture plain, words;
	int on_equal = _i % 5, keys = 1 + _i % 40;

	setup(&plain, on_equal, _i % 2);
	setup(&words, on_equal, _i % 2);
	words.encoded = true;
	random_rows(&plain, (unsigned)_i, keys, _i % 3);
	random_rows(&words, (unsigned)_i, keys, _i % 3);
	ck_assert_int_eq(run(&plain), 0);
	ck_assert_int_eq(run(&words), 0);
	ck_assert_str_eq(plain.rows, words.rows);
	ck_assert_str_eq(plain.rig.said, words.rig.said);
	ck_assert_int_eq(plain.rig.adjusted_rows, words.rig.adjusted_rows);
	ck_assert_int_eq(plain.rig.adjusted, words.rig.adjusted);
	teardown(&plain);
	teardown(&words);
}
END_TEST

/* Nothing but sums, which are added up by columns; and the same with a number that
 * lets no one be sure that they fit, so row by row. */
START_TEST(sums_are_the_same_however_they_are_made)
{
	static const char *const two[] = { "mission", "country" };
	struct fixture f[2];

	for (int i = 0; i < 2; i++) {
		setup(&f[i], SUM, false);
		f[i].self.key = (struct mu_texts){ 2, (const char **)two };
		f[i].encoded = _i % 2;
		rig_row(&f[i].rig, mu_at(1, 100), NULL,
			i ? "other|one|9223372036854775807" : "other|one|7");
		random_rows(&f[i], (unsigned)_i, 1 + _i % 50, false);
		ck_assert_int_eq(run(&f[i]), 0);
		ck_assert_int_eq(f[i].self.bound <= INT64_MAX, !i);
		ck_assert_str_eq(f[i].rig.said, "");
	}
	ck_assert_str_eq(strchr(f[0].rows, '\n'), strchr(f[1].rows, '\n'));
	ck_assert_int_eq(f[0].rig.adjusted_rows, f[1].rig.adjusted_rows);
	teardown(&f[0]);
	teardown(&f[1]);
}
END_TEST

/* Rows in runs of the same key: of few keys, which are in a grid, or of many. */
static void rows_in_runs(struct fixture *f, unsigned seed, int keys)
{
	char cells[64];

	for (int i = 1, left = 0, number = 0; i <= 1500; i++, left--) {
		if (left <= 0) {
			number = rand_r(&seed) % keys;
			left = 1 + rand_r(&seed) % 4;
		}
		snprintf(cells, sizeof cells, "M%d|C%d|%d", number, number % 3,
			 rand_r(&seed) % 3000 - 1000);
		rig_row(&f->rig, mu_at(1, (uint64_t)i), NULL, cells);
		if (rand_r(&seed) % 700 == 0)
			rig_flush(&f->rig);
	}
}

START_TEST(stretches_give_what_rows_give)
{
	static const char *const two[] = { "mission", "country" };
	struct fixture f[3]; /* row by row, for a total is too large; plain text; words */

	for (int i = 0; i < 3; i++) {
		setup(&f[i], SUM, false);
		f[i].self.key = (struct mu_texts){ 2, (const char **)two };
		f[i].self.count = "rows";
		f[i].encoded = i == 2;
		rig_row(&f[i].rig, mu_at(1, 5000), NULL,
			i ? "other|one|7" : "other|one|9223372036854775807");
		rows_in_runs(&f[i], (unsigned)_i, 1 + _i % 10 * (_i % 10) * 3);
		ck_assert_int_eq(run(&f[i]), 0);
		ck_assert_int_eq(f[i].self.bound <= INT64_MAX, i > 0);
		ck_assert_str_eq(f[i].rig.said, "");
		ck_assert_str_eq(strchr(f[i].rows, '\n'), strchr(f[0].rows, '\n'));
		ck_assert_int_eq(f[i].rig.adjusted_rows, f[0].rig.adjusted_rows);
	}
	for (int i = 0; i < 3; i++)
		teardown(&f[i]);
}
END_TEST

/* More groups than any table begins with, and more rows than one batch that comes out. */
START_TEST(many_keys_are_told_apart)
{
	enum { KEYS = 20000, TIMES = 3 };
	struct fixture f;
	char cells[64];

	setup(&f, SUM, true);
	f.self.max_rows = KEYS;
	f.encoded = false;
	for (int i = 0; i < KEYS * TIMES; i++) {
		int number = (int)((long long)i * 7919 % KEYS);

		snprintf(cells, sizeof cells, "%d|c|%d", number, number + i / KEYS);
		rig_row(&f.rig, mu_at(1, (uint64_t)i), NULL, cells);
		if (i % 1000 == 0)
			rig_flush(&f.rig);
	}
	ck_assert_int_eq(consolidate_open(&f.rig.ctx, &f.self, &f.out), 0);
	rig_flush(&f.rig);
	for (int64_t seen = 0;;) {
		struct ArrowArray batch = { .release = NULL };
		struct mu_column mission, headcount;

		ck_assert_int_eq(consolidate_transform(&f.rig.ctx, &f.self, &batch), 0);
		if (!batch.release) {
			ck_assert_int_eq(seen, KEYS);
			break;
		}
		mission = mu_column(&f.rig.schema, &batch, 0);
		headcount = mu_column(&f.rig.schema, &batch, 2);
		for (int64_t row = 0; row < batch.length; row++, seen++) {
			int64_t number;

			ck_assert(mu_parse_integer(mu_get_string(&mission, row), &number));
			ck_assert_int_eq(number, seen * 7919 % KEYS);
			ck_assert_int_eq(mu_get_integer(&headcount, row),
					 TIMES * number + TIMES * (TIMES - 1) / 2);
		}
		mu_array_release(&batch);
	}
	teardown(&f);
}
END_TEST

/* Keys of all types, one of them unknown in some rows. */
START_TEST(keys_of_all_types_are_told_apart)
{
	enum { ROWS = 2048 };
	static const char *const all[] = { "flag", "day", "number", "rate", "name" };
	struct mu_column cells;
	struct ArrowArray out = { .release = NULL };
	struct fixture f;
	int64_t rows = 0;

	setup(&f, SUM, false);
	mu_schema_release(&f.rig.schema);
	mu_builder_release(&f.rig.builder);
	ck_assert_int_eq(mu_schema_init(&f.rig.schema), 0);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(mu_schema_add(&f.rig.schema, all[i],
					       (enum mu_data[]){ MU_BOOLEAN, MU_DATE, MU_INTEGER,
								 MU_NUMBER, MU_STRING }[i],
					       false, NULL),
				 0);
	ck_assert_int_eq(mu_schema_add_hidden(&f.rig.schema), 0);
	ck_assert_int_eq(mu_builder_init(&f.rig.builder, &f.rig.schema), 0);
	f.self.key = f.self.nullable = (struct mu_texts){ 5, (const char **)all };
	f.self.count = "rows";
	for (int i = 0; i < ROWS; i++) {
		int null = i % 32, other = i / 32 % 32;

		/* Each is null, or one of two values of which one is 0. */
		if (!(null & 1))
			mu_put_boolean(&f.rig.builder, 0, other & 1);
		if (!(null & 2))
			mu_put_date(&f.rig.builder, 1, other & 2);
		if (!(null & 4))
			mu_put_integer(&f.rig.builder, 2, other & 4 ? INT64_MIN : 0);
		if (!(null & 8))
			mu_put_number(&f.rig.builder, 3, other & 8 ? -0.5 : i & 1024 ? -0.0 : 0.0);
		if (!(null & 16))
			mu_put_string(&f.rig.builder, 4, mu_string(other & 16 ? "x" : ""));
		mu_end_row_at(&f.rig.builder, mu_at(1, (uint64_t)i), NULL);
	}
	ck_assert_int_eq(consolidate_open(&f.rig.ctx, &f.self, &f.out), 0);
	rig_flush(&f.rig);
	ck_assert_int_eq(consolidate_transform(&f.rig.ctx, &f.self, &out), 0);
	ck_assert_int_eq(out.length, 243); /* 3 to the fifth */
	cells = mu_column(&f.out, &out, 5);
	for (int64_t row = 0; row < out.length; row++)
		rows += mu_get_integer(&cells, row);
	ck_assert_int_eq(rows, ROWS);
	mu_array_release(&out);
	teardown(&f);
}
END_TEST

START_TEST(all_columns_but_those_of_origin_are_looked_at)
{
	bool out[3] = { false }, in[3] = { false };
	struct fixture f;

	setup(&f, SUM, true);
	ck_assert_int_eq(consolidate_open(&f.rig.ctx, &f.self, &f.out), 0);
	consolidate_uses(&f.rig.ctx, &f.self, out, in);
	ck_assert(in[0] && !in[1] && in[2]);
	out[1] = true;
	consolidate_uses(&f.rig.ctx, &f.self, out, in);
	ck_assert(in[1]);
	teardown(&f);
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
	tcase_add_test(all, a_count_is_that_of_the_rows_of_a_key);
	tcase_add_test(all, claims_and_rejected_rows_pass);
	tcase_add_test(all, null_in_a_key_is_an_error);
	tcase_add_test(all, limits_hold);
	tcase_add_test(all, columns_that_do_not_fit_are_refused);
	tcase_add_test(all, a_report_that_stops_the_run_stops_the_stage);
	tcase_add_loop_test(all, nobody_goes_missing, 0, 400);
	tcase_add_loop_test(all, words_give_what_plain_text_gives, 0, 200);
	tcase_add_loop_test(all, sums_are_the_same_however_they_are_made, 0, 100);
	tcase_add_loop_test(all, stretches_give_what_rows_give, 0, 100);
	tcase_add_test(all, many_keys_are_told_apart);
	tcase_add_test(all, keys_of_all_types_are_told_apart);
	tcase_add_test(all, all_columns_but_those_of_origin_are_looked_at);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
