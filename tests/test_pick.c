/* core/pick: some rows of a batch have the values that they have in it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <muster/map.h>

#include "rows/pick.h"

static const struct {
	const char *name;
	enum mu_data type;
} columns[] = {
	{ "text", MU_STRING },   { "integer", MU_INTEGER }, { "number", MU_NUMBER },
	{ "truth", MU_BOOLEAN }, { "date", MU_DATE },       { "known", MU_STRING },
};
#define COLUMNS (int64_t)(sizeof columns / sizeof *columns)

/* Rows with nulls here and there, but in the last column, and claims where asked for. */
static void batch_make(struct ArrowSchema *schema, struct ArrowArray *rows, int64_t n, bool claims)
{
	struct mu_builder b = { 0 };
	char text[32];
	int64_t i;

	ck_assert(!mu_schema_init(schema));
	for (i = 0; i < COLUMNS; i++)
		ck_assert(!mu_schema_add(schema, columns[i].name, columns[i].type, false, NULL));
	ck_assert(!mu_schema_add_hidden(schema));
	ck_assert(!mu_builder_init(&b, schema));
	for (i = 0; i < n; i++) {
		snprintf(text, sizeof text, "%.*s", (int)(i * 7 % 23), "row by row, a text grows");
		if (i % 3)
			mu_put_string(&b, 0, mu_string(text));
		if (i % 5)
			mu_put_integer(&b, 1, i * 1000003);
		if (i % 7)
			mu_put_number(&b, 2, (double)i / 4);
		if (i % 4)
			mu_put_boolean(&b, 3, i % 9 < 4);
		if (i % 11)
			mu_put_date(&b, 4, (int32_t)i);
		mu_put_string(&b, 5, mu_string(text));
		mu_end_row_at(&b, 1000 + (uint64_t)i, claims && i % 10 == 9 ? "total" : NULL);
	}
	ck_assert(!mu_builder_finish(&b, rows));
	mu_builder_release(&b);
}

static void same_row(const struct ArrowSchema *schema, const struct ArrowArray *a, int64_t row,
		     const struct ArrowArray *b, int64_t other)
{
	struct mu_key x = { 0 }, y = { 0 };
	int64_t i;

	for (i = 0; i < schema->n_children; i++) {
		struct mu_column one = mu_column(schema, a, i), two = mu_column(schema, b, i);

		mu_key_add(&x, &one, row);
		mu_key_add(&y, &two, other);
	}
	ck_assert(x.len && x.len == y.len && !memcmp(x.data, y.data, x.len));
	mu_key_release(&x);
	mu_key_release(&y);
}

static void pick_and_compare(bool claims, int64_t offset, const struct stretch *stretches, size_t n)
{
	struct ArrowSchema schema = { 0 };
	struct ArrowArray rows = { 0 }, picked = { 0 }, all;
	int64_t row = 0, i;
	size_t j;

	batch_make(&schema, &rows, 300, claims);
	all = rows;
	all.offset = offset;
	all.length = rows.length - offset;
	rows_pick(&schema, &all, stretches, n, &picked);
	for (j = 0; j < n; j++)
		for (i = 0; i < stretches[j].count; i++)
			same_row(&schema, &all, stretches[j].first + i, &picked, row++);
	ck_assert_int_eq(picked.length, row);
	ck_assert_int_eq(mu_rows(&schema, &picked).no_claims, !claims);
	ck_assert(!mu_column(&schema, &picked, 5).valid);
	mu_array_release(&picked);
	mu_array_release(&rows);
	mu_schema_release(&schema);
}

START_TEST(rows_keep_their_values)
{
	const struct stretch some[] = { { 0, 1 },  { 3, 17 },   { 21, 8 },  { 40, 9 },
					{ 60, 1 }, { 62, 100 }, { 170, 64 } };

	pick_and_compare(_i & 1, _i / 2, some, 7);
}
END_TEST

START_TEST(every_other_row_is_a_stretch)
{
	struct stretch stretches[140];
	size_t i;

	for (i = 0; i < 140; i++)
		stretches[i] = (struct stretch){ .first = (int64_t)(2 * i), .count = 1 };
	pick_and_compare(_i, 5, stretches, 140);
}
END_TEST

START_TEST(words_stay_those_of_the_batch)
{
	static const int32_t codes[] = { 2, 0, 1, 2 }, expected[] = { 0, 2 };
	static const struct mu_view views[3];
	static const int64_t lengths[1];
	const void *word_buffers[] = { NULL, views, lengths }, *buffers[] = { NULL, codes };
	const struct stretch two[] = { { 1, 1 }, { 3, 1 } };
	struct ArrowSchema schema = { 0 };
	struct ArrowArray rows = { 0 }, picked = { 0 }, words, column;

	ck_assert(!mu_schema_init(&schema));
	ck_assert(!mu_schema_add(&schema, "text", MU_STRING, false, NULL));
	words = (struct ArrowArray){ .length = 3, .n_buffers = 3, .buffers = word_buffers };
	column = (struct ArrowArray){
		.length = 4, .n_buffers = 2, .buffers = buffers, .dictionary = &words
	};
	ck_assert(!mu_batch_init(&rows, 1, 4));
	column.release = rows.release; /* never called */
	*rows.children[0] = column;
	rows_pick(&schema, &rows, two, 2, &picked);
	ck_assert_ptr_eq(picked.children[0]->dictionary, &words);
	ck_assert(!memcmp(picked.children[0]->buffers[1], expected, sizeof expected));
	mu_array_release(&picked);
	rows.children[0]->release = NULL;
	mu_array_release(&rows);
	mu_schema_release(&schema);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pick");
	TCase *rows = tcase_create("rows");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(rows, rows_keep_their_values, 0, 20);
	tcase_add_loop_test(rows, every_other_row_is_a_stretch, 0, 2);
	tcase_add_test(rows, words_stay_those_of_the_batch);
	suite_add_tcase(suite, rows);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
