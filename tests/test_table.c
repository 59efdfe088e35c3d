/* Schemas, batches, and values to and from text. */
#include <check.h>
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <muster/table.h>

#define AND_LEN(literal) literal, sizeof(literal) - 1

static void schema_of_six(struct ArrowSchema *schema)
{
	static const char *const names[] = { "text", "whole", "real", "yes", "day" };
	int i;

	ck_assert_int_eq(mu_schema_init(schema), 0);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(
			mu_schema_add(schema, names[i], (enum mu_data)(i + 1), i == 1, NULL), 0);
	ck_assert_int_eq(mu_schema_add_hidden(schema), 0);
}

static void row_put(struct mu_builder *b, const char *text, int64_t i, uint64_t at)
{
	mu_put_string(b, 0, mu_string(text));
	mu_put_integer(b, 1, i);
	mu_put_number(b, 2, (double)i / 2);
	mu_put_boolean(b, 3, i & 1);
	mu_put_date(b, 4, (int32_t)i);
	mu_end_row_at(b, at, i & 1 ? "total" : NULL);
}

static void string_is(struct mu_string seen, const char *wanted)
{
	ck_assert_uint_eq(seen.len, strlen(wanted));
	ck_assert(!seen.len || !memcmp(seen.data, wanted, seen.len));
}

START_TEST(a_schema_keeps_names_types_and_metadata)
{
	struct ArrowSchema schema, copy;
	char from[32];

	ck_assert_int_eq(mu_schema_init(&schema), 0);
	ck_assert_str_eq(schema.format, "+s");
	ck_assert_int_eq(mu_schema_add(&schema, "heads", MU_INTEGER, true, "Aantal"), 0);
	ck_assert_int_eq(mu_schema_add(&schema, "day", MU_DATE, false, NULL), 0);
	ck_assert_int_eq(mu_schema_add_hidden(&schema), 0);
	ck_assert_int_eq(mu_schema_copy(&copy, &schema), 0);
	mu_schema_release(&schema);

	ck_assert_int_eq(copy.n_children, 4);
	ck_assert_int_eq(mu_schema_visible(&copy), 2);
	ck_assert_int_eq(mu_schema_find(&copy, "day"), 1);
	ck_assert_int_eq(mu_schema_find(&copy, MU_CLAIM), 3);
	ck_assert_int_eq(mu_schema_find(&copy, "Day"), -1);
	ck_assert_int_eq(mu_schema_type(copy.children[0]), MU_INTEGER);
	ck_assert_int_eq(mu_schema_type(copy.children[1]), MU_DATE);
	ck_assert_int_eq(mu_schema_type(copy.children[2]), MU_PLACE);
	ck_assert(mu_schema_measure(copy.children[0]));
	ck_assert(!mu_schema_measure(copy.children[1]));
	ck_assert(mu_schema_from(copy.children[0], from, sizeof from));
	ck_assert_str_eq(from, "Aantal");
	ck_assert(mu_schema_from(copy.children[1], from, sizeof from));
	ck_assert_str_eq(from, "day");
	ck_assert(mu_schema_from(copy.children[0], from, sizeof "Aantal"));
	ck_assert(!mu_schema_from(copy.children[0], from, sizeof "Aantal" - 1));
	mu_schema_release(&copy);
	ck_assert(!copy.release);
}
END_TEST

START_TEST(metadata_are_encoded_as_arrow_says)
{
	struct ArrowSchema schema;
	const char *seen;
	int32_t number;

	ck_assert_int_eq(mu_schema_init(&schema), 0);
	ck_assert_int_eq(mu_schema_add(&schema, "n", MU_INTEGER, true, "x"), 0);
	seen = schema.children[0]->metadata;
	memcpy(&number, seen, 4);
	ck_assert_int_eq(number, 2);
	memcpy(&number, seen + 4, 4);
	ck_assert_int_eq(number, (int)strlen("muster:measure"));
	ck_assert(!memcmp(seen + 8, "muster:measure", (size_t)number));
	memcpy(&number, seen + 22, 4);
	ck_assert_int_eq(number, 4);
	ck_assert(!memcmp(seen + 26, "true", 4));
	memcpy(&number, seen + 30, 4);
	ck_assert_int_eq(number, (int)strlen("muster:from"));
	ck_assert(!memcmp(seen + 34, "muster:from", (size_t)number));
	memcpy(&number, seen + 45, 4);
	ck_assert_int_eq(number, 1);
	ck_assert_int_eq(seen[49], 'x');
	mu_schema_release(&schema);
}
END_TEST

START_TEST(a_renamed_column_remembers_its_first_name)
{
	struct ArrowSchema a, b, c;
	char from[32];

	ck_assert_int_eq(mu_schema_init(&a) | mu_schema_init(&b) | mu_schema_init(&c), 0);
	ck_assert_int_eq(mu_schema_add(&a, "Aantal", MU_INTEGER, true, NULL), 0);
	ck_assert_int_eq(mu_schema_add_copy(&b, a.children[0], "count"), 0);
	ck_assert_int_eq(mu_schema_add_copy(&c, b.children[0], "headcount"), 0);
	ck_assert_int_eq(mu_schema_add_copy(&c, b.children[0], "Aantal"), 0);
	ck_assert(mu_schema_from(c.children[0], from, sizeof from));
	ck_assert_str_eq(from, "Aantal");
	ck_assert(mu_schema_measure(c.children[0]));
	ck_assert(mu_schema_from(c.children[1], from, sizeof from));
	ck_assert_str_eq(from, "Aantal");
	mu_schema_release(&a);
	mu_schema_release(&b);
	mu_schema_release(&c);
}
END_TEST

START_TEST(types_have_the_names_of_table_schema)
{
	ck_assert_int_eq(mu_data_by_name("integer"), MU_INTEGER);
	ck_assert_int_eq(mu_data_by_name("date"), MU_DATE);
	ck_assert_int_eq(mu_data_by_name("place"), 0);
	ck_assert_int_eq(mu_data_by_name(""), 0);
	ck_assert_str_eq(mu_data_name(MU_BOOLEAN), "boolean");
}
END_TEST

START_TEST(a_column_of_another_type_is_none_of_ours)
{
	struct ArrowSchema column = { .format = "i", .name = "x" };

	ck_assert_int_eq(mu_schema_type(&column), 0);
}
END_TEST

START_TEST(rows_come_back_as_they_were_put)
{
	struct ArrowSchema schema;
	struct ArrowArray batch;
	struct mu_builder b;
	struct mu_column c[5];
	struct mu_rows rows;
	int64_t i;
	int j;

	schema_of_six(&schema);
	ck_assert_int_eq(mu_builder_init(&b, &schema), 0);
	for (i = 0; i < 1000; i++) {
		if (i % 3 == 0)
			mu_end_row_at(&b, mu_at(7, (uint64_t)i), NULL);
		else
			row_put(&b, i % 5 ? "abc" : "", i, mu_at(7, (uint64_t)i));
	}
	ck_assert_int_eq(mu_builder_finish(&b, &batch), 0);
	ck_assert_int_eq(batch.length, 1000);
	for (j = 0; j < 5; j++)
		c[j] = mu_column(&schema, &batch, j);
	rows = mu_rows(&schema, &batch);
	for (i = 0; i < 1000; i++) {
		ck_assert_uint_eq(mu_row_at(&rows, i), mu_at(7, (uint64_t)i));
		for (j = 0; j < 5; j++)
			ck_assert(mu_null(&c[j], i) == (i % 3 == 0));
		if (i % 3 == 0)
			continue;
		string_is(mu_get_string(&c[0], i), i % 5 ? "abc" : "");
		ck_assert_int_eq(mu_get_integer(&c[1], i), i);
		ck_assert(mu_get_number(&c[2], i) == (double)i / 2);
		ck_assert(mu_get_boolean(&c[3], i) == (i & 1));
		ck_assert_int_eq(mu_get_date(&c[4], i), (int32_t)i);
		ck_assert(mu_row_is_claim(&rows, i) == (i & 1));
		ck_assert(!mu_row_is_rejected(&rows, i));
	}
	ck_assert_int_eq(batch.children[5]->null_count, 0);
	ck_assert_ptr_null(batch.children[5]->buffers[0]);
	mu_array_release(&batch);
	mu_builder_release(&b);
	mu_schema_release(&schema);
}
END_TEST

START_TEST(a_builder_starts_anew_after_each_batch)
{
	struct ArrowSchema schema;
	struct ArrowArray batch;
	struct mu_builder b;
	struct mu_column c;

	schema_of_six(&schema);
	ck_assert_int_eq(mu_builder_init(&b, &schema), 0);
	ck_assert_int_eq(mu_builder_finish(&b, &batch), 0);
	ck_assert(!batch.release);
	row_put(&b, "one", 1, 1);
	ck_assert_int_eq(mu_builder_finish(&b, &batch), 0);
	mu_array_release(&batch);
	ck_assert(!batch.release);
	row_put(&b, "two", 2, 2);
	ck_assert_int_eq(mu_builder_finish(&b, &batch), 0);
	ck_assert_int_eq(batch.length, 1);
	c = mu_column_named(&schema, &batch, "text");
	string_is(mu_get_string(&c, 0), "two");
	mu_array_release(&batch);
	mu_builder_release(&b);
	mu_builder_release(&b);
	mu_schema_release(&schema);
}
END_TEST

START_TEST(too_much_text_is_said_at_the_end)
{
	struct mu_string huge = { "", (size_t)INT32_MAX + 1 };
	struct ArrowSchema schema;
	struct ArrowArray batch;
	struct mu_builder b;

	schema_of_six(&schema);
	ck_assert_int_eq(mu_builder_init(&b, &schema), 0);
	mu_put_string(&b, 0, huge);
	mu_end_row_at(&b, 1, NULL);
	row_put(&b, "after", 1, 2);
	ck_assert_int_eq(mu_builder_finish(&b, &batch), EOVERFLOW);
	ck_assert(!batch.release);
	row_put(&b, "anew", 1, 3);
	ck_assert_int_eq(mu_builder_finish(&b, &batch), 0);
	ck_assert_int_eq(batch.length, 1);
	mu_array_release(&batch);
	mu_builder_release(&b);
	mu_schema_release(&schema);
}
END_TEST

START_TEST(rows_of_a_slice_are_copied_with_their_nulls)
{
	struct ArrowSchema schema;
	struct ArrowArray batch, copy;
	struct mu_column columns[7], text, day;
	struct mu_builder b;
	struct mu_rows rows;
	int64_t i;

	schema_of_six(&schema);
	ck_assert_int_eq(mu_builder_init(&b, &schema), 0);
	for (i = 0; i < 20; i++) {
		if (i == 12)
			mu_end_row_at(&b, 12 | MU_AT_REJECTED, "total");
		else
			row_put(&b, i & 1 ? "odd" : "even", i, (uint64_t)i);
	}
	ck_assert_int_eq(mu_builder_finish(&b, &batch), 0);
	/* Ten rows from the tenth, half of that said by each level. */
	batch.offset = 4;
	batch.length = 10;
	for (i = 0; i < batch.n_children; i++) {
		batch.children[i]->offset = 6;
		batch.children[i]->length = 14;
	}
	for (i = 0; i < 7; i++)
		columns[i] = mu_column(&schema, &batch, i);
	mu_copy_row(&b, columns, 2);
	mu_copy_row(&b, columns, 3);
	ck_assert_int_eq(mu_builder_finish(&b, &copy), 0);
	text = mu_column(&schema, &copy, 0);
	day = mu_column(&schema, &copy, 4);
	rows = mu_rows(&schema, &copy);
	ck_assert(mu_null(&text, 0) && mu_null(&day, 0));
	ck_assert(mu_row_is_rejected(&rows, 0) && mu_row_is_claim(&rows, 0));
	string_is(mu_get_string(&text, 1), "odd");
	ck_assert_int_eq(mu_get_date(&day, 1), 13);
	ck_assert_uint_eq(mu_row_at(&rows, 1), 13);
	mu_array_release(&copy);
	mu_array_release(&batch);
	mu_builder_release(&b);
	mu_schema_release(&schema);
}
END_TEST

START_TEST(columns_move_between_batches)
{
	struct ArrowSchema schema;
	struct ArrowArray batch, frame;
	struct mu_builder b;
	struct mu_column c;
	int64_t i;

	schema_of_six(&schema);
	ck_assert_int_eq(mu_builder_init(&b, &schema), 0);
	for (i = 0; i < 9; i++)
		row_put(&b, "x", i, (uint64_t)i);
	ck_assert_int_eq(mu_builder_finish(&b, &batch), 0);
	batch.offset = 2;
	batch.length = 3;
	ck_assert_int_eq(mu_batch_init(&frame, 7, 3), 0);
	for (i = 0; i < 7; i++)
		mu_batch_move(&frame, i, &batch, i);
	ck_assert(!batch.children[1]->release);
	mu_array_release(&batch);
	c = mu_column(&schema, &frame, 1);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(mu_get_integer(&c, i), i + 2);
	ck_assert_int_eq(frame.children[1]->length, 3);
	mu_array_release(&frame);
	mu_builder_release(&b);
	mu_schema_release(&schema);
}
END_TEST

START_TEST(a_batch_without_columns_is_fine)
{
	struct ArrowArray frame;

	ck_assert_int_eq(mu_batch_init(&frame, 0, 5), 0);
	ck_assert_int_eq(frame.length, 5);
	mu_array_release(&frame);
	ck_assert_int_eq(mu_batch_init(&frame, 3, 5), 0);
	mu_array_release(&frame);
	mu_array_release(&frame);
}
END_TEST

static void number_reads_and_formats(const char *text, double wanted, const char *formatted)
{
	struct mu_column c = { .type = MU_NUMBER, .values = &wanted };
	char space[MU_FORMAT_MAX];
	double value = 0;

	if (text) {
		ck_assert(mu_parse_number(mu_string(text), &value));
		ck_assert(value == wanted);
	}
	string_is(mu_format(&c, 0, space), formatted);
}

START_TEST(numbers_take_the_fewest_digits_that_read_back)
{
	number_reads_and_formats("0.1", 0.1, "0.1");
	number_reads_and_formats("-12.50", -12.5, "-12.5");
	number_reads_and_formats("1e3", 1000, "1000");
	number_reads_and_formats("0.30000000000000004", 0.1 + 0.2, "0.30000000000000004");
	number_reads_and_formats("5E-324", 5e-324, "5e-324");
	number_reads_and_formats("1.7976931348623157e+308", DBL_MAX, "1.7976931348623157e+308");
	number_reads_and_formats("28.100000000000001", 28.1, "28.1");
	number_reads_and_formats("-72.01667000000001", -72.01667, "-72.01667");
	number_reads_and_formats("999999999999999", 999999999999999, "999999999999999");
	number_reads_and_formats("-1e15", -1e15, "-1e+15");
	number_reads_and_formats("1234567890123456", 1234567890123456, "1234567890123456");
	number_reads_and_formats("-0", -0.0, "-0");
	number_reads_and_formats("0e5", 0, "0");
	number_reads_and_formats(NULL, HUGE_VAL, "INF");
	number_reads_and_formats(NULL, -HUGE_VAL, "-INF");
}
END_TEST

/* Most numbers are short, and are read without strtod(). */
START_TEST(short_numbers_are_the_nearest_doubles)
{
	char text[32];
	double value;

	for (int64_t i = 0, digits = 1; i < 200000; i++) {
		int point = (int)(i % 17), len;

		digits = (int64_t)((uint64_t)digits * 6364136223846793005U + 1442695040888963407U);
		len = snprintf(text, sizeof text, "%" PRId64, digits / 1000 >> i % 50);
		if (point && point < len && text[point - 1] != '-') {
			memmove(text + point + 1, text + point, (size_t)(len - point) + 1);
			text[point] = '.';
		}
		ck_assert_msg(!mu_parse_number(mu_string(text), &value) ||
				      value == strtod(text, NULL),
			      "%s", text);
	}
	ck_assert(mu_parse_number(mu_string("-0.0"), &value) && signbit(value));
	ck_assert(mu_parse_number(mu_string("0.3"), &value) && value == 0.3);
	ck_assert(!mu_parse_number(mu_string("1."), &value));
	ck_assert(!mu_parse_number(mu_string(".1"), &value));
	ck_assert(!mu_parse_number(mu_string("1.2.3"), &value));
	ck_assert(!mu_parse_number(mu_string("-"), &value));
}
END_TEST

START_TEST(what_is_no_number_is_refused)
{
	static const char *const wrong[] = { "9007199254740993",
					     "72057594037927936",
					     "0.12345678901234567",
					     "0.1000000000000000055511151231257827",
					     "1e400",
					     "",
					     "-",
					     ".5",
					     "5.",
					     "+5",
					     " 5",
					     "5 ",
					     "1,5",
					     "1.204.",
					     "1e",
					     "1e+",
					     "0x10",
					     "inf",
					     "nan",
					     "1e999",
					     "1e-999",
					     "1 000",
					     "-1e-400",
					     "1.2.3",
					     "--1" };
	char many[500];
	double value;
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ck_assert_msg(!mu_parse_number(mu_string(wrong[i]), &value), "%s", wrong[i]);
	ck_assert(!mu_parse_number((struct mu_string){ AND_LEN("1\0002") }, &value));
	memset(many, '1', sizeof many);
	ck_assert(!mu_parse_number((struct mu_string){ many, sizeof many }, &value));
}
END_TEST

START_TEST(integers_fit_64_bits_exactly)
{
	static const char *const wrong[] = {
		"",
		"-",
		"+1",
		" 1",
		"1 ",
		"1.0",
		"1e3",
		"0x1f",
		"9223372036854775808",
		"-9223372036854775809",
		"99999999999999999999",
		"1.204",
		"\xd9\xa1" /* Arabic-Indic digit one */
	};
	int64_t value = 1;
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ck_assert_msg(!mu_parse_integer(mu_string(wrong[i]), &value), "%s", wrong[i]);
	ck_assert_int_eq(value, 1);
	ck_assert(mu_parse_integer(mu_string("9223372036854775807"), &value));
	ck_assert_int_eq(value, INT64_MAX);
	ck_assert(mu_parse_integer(mu_string("-9223372036854775808"), &value));
	ck_assert_int_eq(value, INT64_MIN);
	ck_assert(mu_parse_integer(mu_string("-0"), &value));
	ck_assert_int_eq(value, 0);
	ck_assert(mu_parse_integer(mu_string("007"), &value));
	ck_assert_int_eq(value, 7);
	ck_assert(mu_parse_integer((struct mu_string){ "28 persons", 2 }, &value));
	ck_assert_int_eq(value, 28);
}
END_TEST

START_TEST(booleans_are_those_of_table_schema)
{
	bool value = false;

	ck_assert(mu_parse_boolean(mu_string("true"), &value) && value);
	ck_assert(mu_parse_boolean(mu_string("FALSE"), &value) && !value);
	ck_assert(mu_parse_boolean(mu_string("1"), &value) && value);
	ck_assert(mu_parse_boolean(mu_string("0"), &value) && !value);
	ck_assert(!mu_parse_boolean(mu_string("yes"), &value));
	ck_assert(!mu_parse_boolean(mu_string("true "), &value));
	ck_assert(!mu_parse_boolean(mu_string(""), &value));
}
END_TEST

START_TEST(every_day_of_the_calendar_comes_back)
{
	int32_t first, last, days, back;
	int year, month, day;

	ck_assert(mu_date_from_civil(1, 1, 1, &first));
	ck_assert(mu_date_from_civil(9999, 12, 31, &last));
	ck_assert_int_eq(first, -719162);
	ck_assert_int_eq(last, 2932896);
	for (days = first; days <= last; days++) {
		mu_date_to_civil(days, &year, &month, &day);
		if (!mu_date_from_civil(year, month, day, &back) || back != days)
			ck_abort_msg("%d is %d-%d-%d", days, year, month, day);
	}
	ck_assert(mu_date_from_civil(1970, 1, 1, &days));
	ck_assert_int_eq(days, 0);
	ck_assert(mu_date_from_civil(2023, 11, 24, &days));
	ck_assert_int_eq(days, 19685);
}
END_TEST

START_TEST(days_that_do_not_exist_are_refused)
{
	static const char *const wrong[] = { "2023-02-29", "2023-04-31",  "1900-02-29",
					     "2023-13-01", "2023-00-10",  "2023-01-00",
					     "0000-01-01", "2023-1-01",   "2023/01/01",
					     "24-11-2023", "2023-11-24T", "" };
	int32_t days;
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ck_assert_msg(!mu_parse_date(mu_string(wrong[i]), &days), "%s", wrong[i]);
	ck_assert(mu_parse_date(mu_string("2024-02-29"), &days));
	ck_assert(mu_parse_date(mu_string("2000-02-29"), &days));
	ck_assert(!mu_date_from_civil(INT_MAX, 1, 1, &days));
	ck_assert(!mu_date_from_civil(INT_MIN, 1, 1, &days));
}
END_TEST

START_TEST(values_format_by_their_type)
{
	int64_t whole = INT64_MIN;
	int32_t day = 19685, extreme = INT32_MIN;
	uint64_t place = UINT64_MAX;
	uint8_t bits = 1;
	struct mu_column c = { .type = MU_INTEGER, .values = &whole };
	char space[MU_FORMAT_MAX];

	string_is(mu_format(&c, 0, space), "-9223372036854775808");
	c = (struct mu_column){ .type = MU_DATE, .values = &day };
	string_is(mu_format(&c, 0, space), "2023-11-24");
	c = (struct mu_column){ .type = MU_DATE, .values = &extreme };
	ck_assert_uint_lt(mu_format(&c, 0, space).len, MU_FORMAT_MAX);
	c = (struct mu_column){ .type = MU_PLACE, .values = &place };
	string_is(mu_format(&c, 0, space), "18446744073709551615");
	c = (struct mu_column){ .type = MU_BOOLEAN, .values = &bits };
	string_is(mu_format(&c, 0, space), "true");
	string_is(mu_format(&c, 1, space), "false");
	c = (struct mu_column){ .type = MU_BOOLEAN, .values = &bits, .valid = &bits };
	string_is(mu_format(&c, 1, space), "");
}
END_TEST

static void formats_as_printf(int64_t value)
{
	struct mu_column c = { .type = MU_INTEGER, .values = &value };
	char space[MU_FORMAT_MAX], wanted[MU_FORMAT_MAX];

	snprintf(wanted, sizeof wanted, "%" PRId64, value);
	string_is(mu_format(&c, 0, space), wanted);
}

START_TEST(integers_format_at_every_length)
{
	int64_t value, i;

	for (value = 1; value <= INT64_MAX / 10; value *= 10)
		for (i = -2; i <= 2; i++) {
			formats_as_printf(value * 9 + i);
			formats_as_printf(-value - i);
		}
	formats_as_printf(INT64_MAX);
}
END_TEST

START_TEST(dates_format_in_every_year)
{
	char space[MU_FORMAT_MAX], wanted[MU_FORMAT_MAX];
	int year, month, day;
	int32_t days;
	struct mu_column c = { .type = MU_DATE, .values = &days };

	for (days = -800000; days < 3000000; days += 97) {
		mu_date_to_civil(days, &year, &month, &day);
		snprintf(wanted, sizeof wanted, "%04d-%02d-%02d", year, month, day);
		string_is(mu_format(&c, 0, space), wanted);
	}
}
END_TEST

START_TEST(white_space_of_unicode_is_trimmed)
{
	string_is(mu_trim(mu_string(" \t\r\n\v\f a b \n")), "a b");
	string_is(mu_trim(mu_string("\xc2\xa0\xe2\x80\xaf\xe3\x80\x80x\xc2\x85\xe2\x80\x89")), "x");
	string_is(mu_trim(mu_string("\xe1\x9a\x80\xe2\x81\x9f\xe2\x80\xa8\xe2\x80\xa9")), "");
	string_is(mu_trim(mu_string("")), "");
	string_is(mu_trim(mu_string("\xc3\xa0")), "\xc3\xa0"); /* ends in the byte of U+00A0 */
	string_is(mu_trim(mu_string("\xe2\x80\x8b")), "\xe2\x80\x8b"); /* zero width: no space */
	string_is(mu_trim((struct mu_string){ NULL, 0 }), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("table");
	TCase *schemas = tcase_create("schemas");
	TCase *batches = tcase_create("batches");
	TCase *values = tcase_create("values");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(schemas, a_schema_keeps_names_types_and_metadata);
	tcase_add_test(schemas, metadata_are_encoded_as_arrow_says);
	tcase_add_test(schemas, a_renamed_column_remembers_its_first_name);
	tcase_add_test(schemas, types_have_the_names_of_table_schema);
	tcase_add_test(schemas, a_column_of_another_type_is_none_of_ours);
	tcase_add_test(batches, rows_come_back_as_they_were_put);
	tcase_add_test(batches, a_builder_starts_anew_after_each_batch);
	tcase_add_test(batches, too_much_text_is_said_at_the_end);
	tcase_add_test(batches, rows_of_a_slice_are_copied_with_their_nulls);
	tcase_add_test(batches, columns_move_between_batches);
	tcase_add_test(batches, a_batch_without_columns_is_fine);
	tcase_add_test(values, numbers_take_the_fewest_digits_that_read_back);
	tcase_add_test(values, short_numbers_are_the_nearest_doubles);
	tcase_add_test(values, what_is_no_number_is_refused);
	tcase_add_test(values, integers_fit_64_bits_exactly);
	tcase_add_test(values, booleans_are_those_of_table_schema);
	tcase_add_test(values, every_day_of_the_calendar_comes_back);
	tcase_add_test(values, days_that_do_not_exist_are_refused);
	tcase_add_test(values, values_format_by_their_type);
	tcase_add_test(values, integers_format_at_every_length);
	tcase_add_test(values, dates_format_in_every_year);
	tcase_add_test(values, white_space_of_unicode_is_trimmed);
	suite_add_tcase(suite, schemas);
	suite_add_tcase(suite, batches);
	suite_add_tcase(suite, values);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
