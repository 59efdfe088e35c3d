/* Rows of cells to batches: what they give, and what is said of them. */
#include <check.h>

#include "table/tables.h"
#include "rig.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { STRING, INTEGER, NUMBER, BOOLEAN, DATE };

struct bench {
	struct rig rig;
	struct mu_document document;
	struct table_options options;
	struct tables *rows;
	struct ArrowSchema schema;
	uint64_t position;
	char printed[8192]; /* "a|2 @3 total\n" each */
	size_t printed_len;
};

static void bench_init(struct bench *b)
{
	*b = (struct bench){ .document = { .size = sizeof b->document, .id = 1 },
			     .options = { .header_rows = 1,
					  .max_rows = 1000,
					  .max_columns = 8,
					  .max_field = 2000 } };
	rig_init(&b->rig, (char *)NULL);
	b->rig.ctx.document = &b->document;
}

/* Columns from a list that lives as long as the bench. */
#define columns_set(b, list) ((b)->options.columns = (struct mu_items){ COUNT(list), (list) })
#define claims_set(b, list)  ((b)->options.claims = (struct mu_items){ COUNT(list), (list) })

static void bench_open(struct bench *b, bool typed)
{
	struct table_form form = { .typed = typed, .letters = true };

	ck_assert_int_eq(table_configure(&b->rig.ctx, &b->options), 0);
	b->rows = tables_open(&b->rig.ctx, &b->options, &form);
}

static struct cell text(const char *t)
{
	return (struct cell){ .kind = CELL_TEXT, .text = mu_string(t) };
}

static struct cell number(const char *digits)
{
	return (struct cell){ .kind = CELL_NUMBER, .text = mu_string(digits) };
}

static struct cell value(double x)
{
	return (struct cell){ .kind = CELL_NUMBER, .number = x };
}

static struct cell truth(bool x)
{
	return (struct cell){ .kind = CELL_BOOLEAN, .truth = x };
}

static struct cell date(int32_t days, int32_t milliseconds)
{
	return (struct cell){ .kind = CELL_DATE, .days = days, .milliseconds = milliseconds };
}

static struct cell wrong(const char *why)
{
	return (struct cell){ .kind = CELL_ERROR, .text = mu_string(why) };
}

#define row(b, ...) \
	cells_give(b, (struct cell[]){ __VA_ARGS__ }, COUNT(((struct cell[]){ __VA_ARGS__ })))

static void cells_give(struct bench *b, const struct cell *cells, size_t n)
{
	if (tables_ready(b->rows) && !b->schema.release)
		ck_assert_int_eq(tables_schema(&b->rig.ctx, b->rows, &b->schema), 0);
	ck_assert_int_eq(
		tables_line(&b->rig.ctx, b->rows, &(struct line){ cells, n, ++b->position }), 0);
}

/* Cells of text from "a|b|c"; one that is empty is blank. */
static void texts(struct bench *b, const char *line)
{
	struct cell cells[16] = { 0 };
	size_t n = 0;

	for (;; line++) {
		size_t len = strcspn(line, "|");

		if (len)
			cells[n] = (struct cell){ .kind = CELL_TEXT, .text = { line, len } };
		n++;
		line += len;
		if (!*line)
			break;
	}
	cells_give(b, cells, n);
}

static void rows_print(struct bench *b, const struct ArrowArray *batch)
{
	int64_t n = mu_schema_visible(&b->schema);
	struct mu_rows hidden = mu_rows(&b->schema, batch);
	char space[MU_FORMAT_MAX];
	struct mu_string cell;

	for (int64_t r = 0; r < batch->length; r++) {
		for (int64_t c = 0; c <= n + 1; c++) {
			struct mu_column column = mu_column(&b->schema, batch, c);
			const char *before = !c ? "" : c < n ? "|" : c == n ? " @" : " =";

			if (mu_null(&column, r))
				cell = mu_string(c > n ? "" : "~");
			else
				cell = mu_format(&column, r, space);
			if (c == n)
				cell.len = (size_t)snprintf(space, sizeof space, "%" PRIu64,
							    mu_at_position(mu_row_at(&hidden, r))),
				cell.data = space;
			if (c <= n || cell.len)
				b->printed_len += (size_t)snprintf(
					b->printed + b->printed_len,
					sizeof b->printed - b->printed_len, "%s%.*s", before,
					(int)cell.len, cell.data);
		}
		b->printed_len += (size_t)snprintf(b->printed + b->printed_len,
						   sizeof b->printed - b->printed_len, "\n");
	}
}

static void bench_end(struct bench *b, const char *rows, const char *said)
{
	struct ArrowArray batch = { .release = NULL };

	if (!b->schema.release)
		ck_assert_int_eq(tables_schema(&b->rig.ctx, b->rows, &b->schema), 0);
	ck_assert_int_eq(tables_finish(&b->rig.ctx, b->rows), 0);
	ck_assert_int_eq(tables_take(&b->rig.ctx, b->rows, &batch), 0);
	if (batch.release)
		rows_print(b, &batch);
	mu_array_release(&batch);
	ck_assert_str_eq(b->printed, rows);
	ck_assert_str_eq(b->rig.said, said);
	tables_close(b->rows);
	mu_schema_release(&b->schema);
	rig_release(&b->rig);
}

START_TEST(without_columns_all_come_as_strings)
{
	struct bench b;

	bench_init(&b);
	bench_open(&b, true);
	texts(&b, "");
	texts(&b, " country | head\n count |||");
	row(&b, text("NLD"), number("4"));
	texts(&b, "| ");
	row(&b, text(" BEL "), value(1e15));
	row(&b, date(0, 0), truth(true));
	row(&b, date(0, 3723004), value(0.1));
	ck_assert_uint_eq(tables_cell_of(b.rows, "head count"), 1);
	ck_assert_str_eq(tables_field_of(b.rows, 0), "country");
	ck_assert_ptr_null(tables_field_of(b.rows, 2));
	bench_end(&b,
		  "NLD|4 @3\n BEL |1000000000000000 @5\n1970-01-01|true @6\n"
		  "1970-01-01T01:02:03.004|0.1 @7\n",
		  "");
}
END_TEST

START_TEST(types_of_cells_meet_types_of_columns)
{
	struct declared_column columns[] = { { .name = "s" },
					     { .name = "i", .type = INTEGER },
					     { .name = "n", .type = NUMBER },
					     { .name = "b", .type = BOOLEAN },
					     { .name = "d", .type = DATE } };
	struct bench b;

	bench_init(&b);
	columns_set(&b, columns);
	bench_open(&b, true);
	texts(&b, "s|i|n|b|d");
	row(&b, text("x"), text("12"), text("1.5"), text("true"), text("2001-02-03"));
	row(&b, number("12.50"), number("9223372036854775807"), number("1E-3"), number("1"),
	    number("45017"));
	row(&b, truth(false), truth(false), truth(false), truth(false), truth(false));
	row(&b, date(1, 0), date(1, 0), date(1, 0), date(1, 0), date(1, 0));
	row(&b, wrong("#REF!"), wrong("#REF!"), value(2), wrong("#REF!"), date(1, 5));
	row(&b, text("x"), number("1.5"), value(1.5), number("2"), text("3.2.2001"));
	row(&b, text("x"), value(4), text("1,5"));
	row(&b, text("x"), number("1E3"), number("x"));
	bench_end(&b,
		  "x|12|1.5|true|2001-02-03 @2\n12.5|9223372036854775807|0.001|true|~ @3\n"
		  "false|~|~|false|~ @4\n1970-01-02|~|~|~|1970-01-02 @5\n~|~|2|~|~ @6\n"
		  "x|~|1.5|~|~ @7\nx|4|~|~|~ @8\nx|1000|~|~|~ @9\n",
		  "warning text-number 2 i: i '12' is text, and was taken for a number\n"
		  "warning text-number 2 n: n '1.5' is text, and was taken for a number\n"
		  "date 3 d: d '45017' is a number, and not formatted as a date\n"
		  "integer 4 i: i 'false' is not a whole number in digits that fits 64 bits, such "
		  "as 1204\n"
		  "number 4 n: n 'false' is not a number in digits, such as 1204.5\n"
		  "date 4 d: d 'false' is not a date such as 2023-11-24\n"
		  "integer 5 i: i '1970-01-02' is not a whole number in digits that fits 64 bits, "
		  "such as 1204\n"
		  "number 5 n: n '1970-01-02' is not a number in digits, such as 1204.5\n"
		  "boolean 5 b: b '1970-01-02' is not true or false\n"
		  "cell-error 6 s: s '#REF!' is an error, and no value\n"
		  "cell-error 6 i: i '#REF!' is an error, and no value\n"
		  "cell-error 6 b: b '#REF!' is an error, and no value\n"
		  "date 6 d: d '1970-01-02T00:00:00.005' has a time of day, so it is not a date "
		  "alone\n"
		  "integer 7 i: i '1.5' is not a whole number in digits that fits 64 bits, such as "
		  "1204\n"
		  "boolean 7 b: b '2' is not true or false\n"
		  "date 7 d: d '3.2.2001' is not a date such as 2023-11-24\n"
		  "number 8 n: n '1,5' is not a number in digits, such as 1204.5\n"
		  "number 9 n: n 'x' is not a number in digits, such as 1204.5\n");
}
END_TEST

START_TEST(options_speak_of_cells_as_text)
{
	const char *missing[] = { "NA", "-99", "#N/A" }, *zero[] = { "-", "nil" };
	struct declared_column columns[] = { { .name = "country" },
					     { .name = "n",
					       .type = INTEGER,
					       .measure = true,
					       .missing = { 3, missing },
					       .zero = { 2, zero } },
					     { .name = "why", .status_of = "n" } };
	struct declared_claim claims[] = {
		{ .name = "total", .column = "country", .match = "Total" },
		{ .name = "all", .column = "country", .match = "" },
		{ .name = "year", .column = "n", .match = "2015" }
	};
	struct bench b;

	bench_init(&b);
	columns_set(&b, columns);
	claims_set(&b, claims);
	bench_open(&b, true);
	texts(&b, "n|country");
	row(&b, number("4"), text("NLD"));
	row(&b, text(" - "), text("BEL"));
	row(&b, number("-99.0"), text("FRA"));
	row(&b, text("NA"), text("DEU"));
	row(&b, wrong("#N/A"), text("ITA"));
	row(&b, wrong("#REF!"), text("ESP"));
	row(&b, text(" "), text("PRT"));
	row(&b, text(" "), text(" Total "));
	row(&b, number("7"));
	row(&b, value(2015), text("Total"));
	bench_end(&b,
		  "NLD|4|~ @2\nBEL|0|~ @3\nFRA|~|-99 @4\nDEU|~|NA @5\nITA|~|#N/A @6\n"
		  "ESP|~|unreadable @7\nPRT|~|blank @8\n~|~|~ @9 =total\n~|7|~ @10 =all\n"
		  "~|~|~ @11 =year\n",
		  "cell-error 7 n: n '#REF!' is an error, and no value\n");
}
END_TEST

START_TEST(texts_of_a_web_page_are_numbers_as_they_stand)
{
	struct declared_column columns[] = { { .name = "n", .type = INTEGER } };
	struct bench b;

	bench_init(&b);
	columns_set(&b, columns);
	b.options.all_claims = "total";
	bench_open(&b, false);
	texts(&b, "n");
	texts(&b, " 4 ");
	bench_end(&b, "4 @2 =total\n", "");
}
END_TEST

START_TEST(several_rows_make_a_header)
{
	const char *total[] = { "Personnel", "*", "TOT" }, *plan[] = { "Planned", "Total", "*" },
		   *one[] = { "Mission  name" }, *code[] = { "C2" };
	struct declared_column columns[] = {
		{ .name = "mission", .header = { 1, one } },
		{ .name = "total", .header = { 3, total } },
		{ .name = "planned", .header = { 3, plan } },
		{ .name = "second", .header = { 1, code }, .position = 5 },
		{ .name = "third", .position = 3 }
	};
	struct bench b;

	bench_init(&b);
	b.options.header_rows = 3;
	columns_set(&b, columns);
	bench_open(&b, true);
	texts(&b, "|Personnel|Personnel|Planned|Planned");
	texts(&b, "Mission\n name|Total|Other|Total|Other");
	ck_assert(!tables_ready(b.rows));
	texts(&b, "M1|TOT|C2|X|C2");
	ck_assert(tables_ready(b.rows));
	texts(&b, "EUTM|1|2|3|4");
	bench_end(&b, "EUTM|1|3|4|2 @4\n", "");
}
END_TEST

START_TEST(what_is_wrong_with_a_header_is_said)
{
	const char *two[] = { "A", "*" };
	struct declared_column columns[] = { { .name = "a" },
					     { .name = "b" },
					     { .name = "c", .optional = true },
					     { .name = "d", .header = { 2, two } },
					     { .name = "e", .position = 7 },
					     { .name = "why", .status_of = "c" } };
	struct bench b;

	bench_init(&b);
	b.options.header_rows = 2;
	columns_set(&b, columns);
	bench_open(&b, true);
	texts(&b, "a|x|a");
	texts(&b, "y|x|");
	texts(&b, "1|2|3|4|5");
	bench_end(&b, "1|~|~|~|~|~ @3\n",
		  "column-twice 2 a: 'y' is the header of column A and of column C\n"
		  "column-missing 2 b: the header has no 'b', but 'y', 'x', 'a'\n"
		  "column-missing 2 d: the header has no 'A' above '*', but 'y', 'x', 'a'\n"
		  "column-missing 2 e: the header does not reach to column G\n"
		  "beyond 3: column D has '4', but the last one of the table is C\n");
}
END_TEST

START_TEST(names_of_the_document_can_be_wrong)
{
	struct declared_claim claims[] = { { .name = "total", .column = "nowhere", .match = "x" } };
	struct bench b;

	bench_init(&b);
	claims_set(&b, claims);
	bench_open(&b, true);
	texts(&b, "a||a|_at||b|c|d|e|f");
	texts(&b, "1||2|3|4|5|6|7|8|9");
	texts(&b, "1||2|3|4|5|6|7");
	bench_end(
		&b, "1|5|6|7 @2\n1|5|6|7 @3\n",
		"too-wide 1 8/10: the header has 10 columns, more than the 8 that max_columns "
		"allows\n"
		"column-twice 1: 'a' is the header of column A and of column C\n"
		"header 1: the name of column D is muster's own\n"
		"column-missing 1: the header has no 'nowhere', but 'a', '', 'a', '_at', '', 'b', "
		"'c', 'd'\n"
		"beyond 2: column I has a cell, but the last one of the table is H\n"
		"header 3: column E has a cell but no name\n");
}
END_TEST

START_TEST(without_a_header_columns_are_in_order)
{
	struct declared_column columns[] = { { .name = "a" },
					     { .name = "w", .status_of = "b" },
					     { .name = "b" } };
	struct bench b;

	bench_init(&b);
	b.options.header_rows = 0;
	columns_set(&b, columns);
	bench_open(&b, true);
	ck_assert(tables_ready(b.rows));
	texts(&b, "1|2");
	texts(&b, "1");
	texts(&b, "1|2|3");
	bench_end(&b, "1|~|2 @1\n1|blank|~ @2\n1|~|2 @3\n",
		  "beyond 3: column C has '3', but the last one of the table is B\n");
}
END_TEST

START_TEST(tables_can_be_empty)
{
	struct declared_claim claims[] = { { .name = "total", .column = "a", .match = "x" } };
	struct bench b;

	bench_init(&b);
	b.options.header_rows = 2;
	bench_open(&b, true);
	bench_end(&b, "", "empty 0: the table has no cell that is not blank\n");
	bench_init(&b);
	b.options.header_rows = 2;
	bench_open(&b, true);
	texts(&b, "a");
	bench_end(&b, "", "empty 0: the table ends before its header does\n");
	bench_init(&b);
	claims_set(&b, claims);
	bench_open(&b, true);
	texts(&b, "a");
	texts(&b, "x");
	bench_end(&b, "~ @2 =total\n", "no-rows 0: the table has no row of data, only claims\n");
}
END_TEST

START_TEST(cells_have_limits)
{
	struct bench b;
	char long_text[3000] = { 0 };

	memset(long_text, 'x', sizeof long_text - 1);
	bench_init(&b);
	b.options.max_rows = 2;
	bench_open(&b, true);
	row(&b, text("a"), text("b"), text(long_text));
	row(&b, (struct cell){ .kind = CELL_TEXT, .text = { "x\0y", 3 } }, text(long_text));
	row(&b, text("1"));
	ck_assert_int_eq(tables_line(&b.rig.ctx, b.rows,
				     &(struct line){ &(struct cell){ .kind = CELL_NUMBER }, 1, 9 }),
			 E2BIG);
	ck_assert_str_eq(b.rig.why, "it has more than 2 rows; max_rows allows more");
	bench_end(
		&b, "~|~ @2\n1|~ @3\n",
		"header 1: the name of column C is too long\n"
		"zero-byte 2 a: a 'x\\x00y' holds a zero byte\n"
		"too-long 2 b: b 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' "
		"is longer than max_field allows\n");
}
END_TEST

static void invalid(struct bench *b, const char *why)
{
	ck_assert_int_eq(table_configure(&b->rig.ctx, &b->options), EINVAL);
	ck_assert_str_eq(b->rig.why, why);
	rig_release(&b->rig);
}

START_TEST(options_can_contradict_each_other)
{
	const char *two[] = { "x", "y" };
	struct declared_column status[] = { { .name = "a", .status_of = "a" } },
			       list[] = { { .name = "a", .header = { 2, two } } },
			       far[] = { { .name = "a", .position = 9 } },
			       some[] = { { .name = "a", .position = 1 }, { .name = "b" } },
			       zero[] = { { .name = "a", .zero = { 2, two } } };
	struct bench b;

	bench_init(&b);
	columns_set(&b, status);
	invalid(&b, "no column with cells is called 'a'");
	bench_init(&b);
	columns_set(&b, list);
	invalid(&b, "a list has a text for each row of the header, of which there are 1, not 2");
	bench_init(&b);
	columns_set(&b, far);
	invalid(&b, "max_columns allows no more than 8 columns");
	bench_init(&b);
	columns_set(&b, some);
	b.options.header_rows = 0;
	invalid(&b, "without a header all columns have a position, or none");
	bench_init(&b);
	columns_set(&b, zero);
	invalid(&b, "a column of type string has no 0");
	bench_init(&b);
	b.options.header_rows = 0;
	invalid(&b, "without a header the option columns has to name them");
}
END_TEST

START_TEST(columns_have_letters_or_numbers)
{
	struct table_form letters = { .letters = true, .first = 1 }, plain = { .first = 1 };
	char name[TABLE_COLUMN_NAME];

	ck_assert_str_eq(table_column_name(&letters, 0, name), "B");
	ck_assert_str_eq(table_column_name(&letters, 24, name), "Z");
	ck_assert_str_eq(table_column_name(&letters, 25, name), "AA");
	ck_assert_str_eq(table_column_name(&letters, 16382, name), "XFD");
	ck_assert_str_eq(table_column_name(&plain, 0, name), "2");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rows");
	TCase *c = tcase_create("rows");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(c, without_columns_all_come_as_strings);
	tcase_add_test(c, types_of_cells_meet_types_of_columns);
	tcase_add_test(c, options_speak_of_cells_as_text);
	tcase_add_test(c, texts_of_a_web_page_are_numbers_as_they_stand);
	tcase_add_test(c, several_rows_make_a_header);
	tcase_add_test(c, what_is_wrong_with_a_header_is_said);
	tcase_add_test(c, names_of_the_document_can_be_wrong);
	tcase_add_test(c, without_a_header_columns_are_in_order);
	tcase_add_test(c, tables_can_be_empty);
	tcase_add_test(c, cells_have_limits);
	tcase_add_test(c, options_can_contradict_each_other);
	tcase_add_test(c, columns_have_letters_or_numbers);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
