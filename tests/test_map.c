/* Keys of bytes to numbers, and keys made of values. */
#include <check.h>
#include <stdio.h>

#include <muster/map.h>

START_TEST(keys_are_numbered_in_order_of_first_use)
{
	struct mu_map map = { .entries = NULL };
	char key[16];
	size_t i, round;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < 10000; i++) {
			size_t len = (size_t)snprintf(key, sizeof key, "key %zu", i);

			ck_assert_uint_eq(mu_map_add(&map, key, len), i);
			map.entries[i].value += i;
		}
	}
	ck_assert_uint_eq(map.count, 10000);
	ck_assert_uint_eq(map.entries[77].value, 154);
	ck_assert_uint_eq(map.entries[77].len, 6);
	ck_assert(!memcmp(map.entries[77].key, "key 77", 6));
	ck_assert_uint_eq(mu_map_find(&map, "key 9999", 8), 9999);
	ck_assert_uint_eq(mu_map_find(&map, "key 99999", 9), SIZE_MAX);
	mu_map_release(&map);
	ck_assert_uint_eq(mu_map_find(&map, "key 1", 5), SIZE_MAX);
	ck_assert_uint_eq(mu_map_add(&map, "anew", 4), 0);
	mu_map_release(&map);
}
END_TEST

START_TEST(a_key_can_be_empty_or_hold_zero_bytes)
{
	struct mu_map map = { .entries = NULL };

	ck_assert_uint_eq(mu_map_find(&map, NULL, 0), SIZE_MAX);
	ck_assert_uint_eq(mu_map_add(&map, NULL, 0), 0);
	ck_assert_uint_eq(mu_map_add(&map, "\0", 1), 1);
	ck_assert_uint_eq(mu_map_add(&map, "\0\0", 2), 2);
	ck_assert_uint_eq(mu_map_find(&map, "", 0), 0);
	ck_assert_uint_eq(mu_map_find(&map, "\0\0", 2), 2);
	mu_map_release(&map);
}
END_TEST

START_TEST(each_map_has_a_key_of_its_own)
{
	struct mu_map a = { .entries = NULL }, b = { .entries = NULL };

	ck_assert_uint_eq(mu_map_add(&a, "x", 1), 0);
	ck_assert_uint_eq(mu_map_add(&b, "x", 1), 0);
	ck_assert(a.entries[0].hash != b.entries[0].hash);
	mu_map_release(&a);
	mu_map_release(&b);
}
END_TEST

/* A column of two texts; NULL is null. */
static struct mu_column column_of(const char *text, int32_t offsets[2])
{
	static const uint8_t none[1] = { 0 };

	offsets[0] = 0;
	offsets[1] = text ? (int32_t)strlen(text) : 0;
	return (struct mu_column){ .type = MU_STRING,
				   .valid = text ? NULL : none,
				   .values = offsets,
				   .text = text ? text : "" };
}

static size_t row_add(struct mu_map *map, const char *first, const char *second)
{
	struct mu_key key = { .data = NULL };
	struct mu_column column;
	int32_t offsets[2];
	size_t index;

	column = column_of(first, offsets);
	mu_key_add(&key, &column, 0);
	column = column_of(second, offsets);
	mu_key_add(&key, &column, 0);
	ck_assert(!key.broken);
	index = mu_map_add(map, key.data, key.len);
	mu_key_release(&key);
	return index;
}

START_TEST(different_rows_make_different_keys)
{
	struct mu_map map = { .entries = NULL };

	ck_assert_uint_eq(row_add(&map, "ab", "c"), 0);
	ck_assert_uint_eq(row_add(&map, "a", "bc"), 1);
	ck_assert_uint_eq(row_add(&map, "", "abc"), 2);
	ck_assert_uint_eq(row_add(&map, NULL, "abc"), 3);
	ck_assert_uint_eq(row_add(&map, "abc", NULL), 4);
	ck_assert_uint_eq(row_add(&map, NULL, NULL), 5);
	ck_assert_uint_eq(row_add(&map, "", ""), 6);
	ck_assert_uint_eq(row_add(&map, NULL, "abc"), 3);
	mu_map_release(&map);
}
END_TEST

static void values_are_one_key(enum mu_data type, const void *a, const void *b, bool one)
{
	struct mu_column columns[] = { { .type = type, .values = a },
				       { .type = type, .values = b } };
	struct mu_key keys[2] = { { .data = NULL } };

	mu_key_add(&keys[0], &columns[0], 0);
	mu_key_add(&keys[1], &columns[1], 0);
	ck_assert(one ==
		  (keys[0].len == keys[1].len && !memcmp(keys[0].data, keys[1].data, keys[0].len)));
	mu_key_release(&keys[0]);
	mu_key_release(&keys[1]);
}

START_TEST(equal_values_make_one_key)
{
	int64_t one = 1, two = 2;
	uint64_t place = 5, rejected = 5 | MU_AT_REJECTED;
	double zero = 0, minus_zero = -0.0, half = 0.5;
	int32_t day = 1, next = 2;
	uint8_t yes = 0xff, also = 1, no = 0xfe;

	values_are_one_key(MU_INTEGER, &one, &one, true);
	values_are_one_key(MU_INTEGER, &one, &two, false);
	values_are_one_key(MU_NUMBER, &zero, &minus_zero, true);
	values_are_one_key(MU_NUMBER, &zero, &half, false);
	values_are_one_key(MU_BOOLEAN, &yes, &also, true);
	values_are_one_key(MU_BOOLEAN, &yes, &no, false);
	values_are_one_key(MU_DATE, &day, &next, false);
	values_are_one_key(MU_PLACE, &place, &rejected, true);
}
END_TEST

START_TEST(a_cleared_key_is_used_again)
{
	struct mu_key key = { .data = NULL };
	struct mu_column column;
	int32_t offsets[2];
	char text[300];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	column = column_of(text, offsets);
	mu_key_add(&key, &column, 0);
	ck_assert_uint_gt(key.len, 299);
	mu_key_clear(&key);
	ck_assert_uint_eq(key.len, 0);
	mu_key_add_null(&key);
	ck_assert_uint_eq(key.len, 1);
	mu_key_release(&key);
	mu_key_release(&key);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("map");
	TCase *map = tcase_create("map");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(map, keys_are_numbered_in_order_of_first_use);
	tcase_add_test(map, a_key_can_be_empty_or_hold_zero_bytes);
	tcase_add_test(map, each_map_has_a_key_of_its_own);
	tcase_add_test(map, different_rows_make_different_keys);
	tcase_add_test(map, equal_values_make_one_key);
	tcase_add_test(map, a_cleared_key_is_used_again);
	suite_add_tcase(suite, map);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
