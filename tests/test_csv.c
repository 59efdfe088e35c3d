/* parse/csv: RFC 4180, cut and bent. */
#include <check.h>
#include <stdio.h>

#include "fake.h"

/* A plugin's files are its own, so its test takes them in. */
#include "../plugins/parse/csv/record.c"
#include "../plugins/parse/csv/header.c"
#include "../plugins/parse/csv/rows.c"
#include "../plugins/parse/csv/place.c"
#include "../plugins/parse/csv/csv.c"

#define TYPE_INTEGER 1

static struct fake fake;
static struct self self;
static struct column columns[8];
static struct claim claims[4];
static char rows[65536]; /* as text: cells and |, then @position, claim, end of line */
static size_t rows_len;

static void options_reset(void)
{
	memset(columns, 0, sizeof columns);
	memset(claims, 0, sizeof claims);
	self = (struct self){ .quote = "\"",
			      .header = true,
			      .max_size = 1 << 20,
			      .max_field = 1000,
			      .max_columns = 100,
			      .columns = { 0, columns },
			      .claims = { 0, claims } };
}

static void setup(void)
{
	fake_init(&fake);
	options_reset();
}

static void teardown(void)
{
	fake_release(&fake);
}

static void column_add(const char *name, int type, const char *header)
{
	columns[self.columns.count++] =
		(struct column){ .name = name, .type = type, .header = header };
}

static void claim_add(const char *name, const char *column, const char *match)
{
	claims[self.claims.count++] =
		(struct claim){ .name = name, .column = column, .match = match };
}

__attribute__((format(printf, 1, 2))) static void rows_add(const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(rows + rows_len, sizeof rows - rows_len, fmt, ap);
	va_end(ap);
	ck_assert(len >= 0 && (size_t)len < sizeof rows - rows_len);
	rows_len += (size_t)len;
}

static void batch_print(const struct ArrowSchema *schema, const struct ArrowArray *batch)
{
	struct mu_rows hidden = mu_rows(schema, batch);
	char space[MU_FORMAT_MAX];
	struct mu_column column;
	struct mu_string text;
	int64_t row, i;

	for (row = 0; row < batch->length; row++) {
		for (i = 0; i < mu_schema_visible(schema); i++) {
			column = mu_column(schema, batch, i);
			text = mu_format(&column, row, space);
			rows_add("%.*s|", (int)text.len, mu_null(&column, row) ? "" : text.data);
			if (mu_null(&column, row))
				rows[rows_len - 1] = '~';
		}
		rows_add("@%llu", (unsigned long long)mu_at_position(mu_row_at(&hidden, row)));
		if (mu_row_is_claim(&hidden, row)) {
			text = mu_get_string(&hidden.claim, row);
			rows_add(" %.*s", (int)text.len, text.data);
		}
		rows_add("\n");
	}
}

/* Parses all of a document. */
static void parse(const char *bytes, size_t len)
{
	struct ArrowSchema schema = { .release = NULL };
	struct ArrowArray batch;

	fake_document(&fake, bytes, len);
	rows_len = 0;
	rows[0] = '\0';
	ck_assert_int_eq(csv_configure(&fake.ctx, &self), 0);
	ck_assert_int_eq(csv_open(&fake.ctx, &self, &schema), 0);
	for (;;) {
		ck_assert_int_eq(csv_parse(&fake.ctx, &self, &batch), 0);
		if (!batch.release)
			break;
		batch_print(&schema, &batch);
		mu_array_release(&batch);
	}
	csv_close(&fake.ctx, &self);
	mu_schema_release(&schema);
}

static void gives(const char *text, const char *wanted)
{
	parse(text, strlen(text));
	ck_assert_str_eq(rows, wanted);
	options_reset();
}

/* Findings since the last time, by their codes. */
static void says(const char *wanted)
{
	char seen[1000] = "";
	size_t i, len = 0;

	for (i = 0; i < fake.findings; i++)
		len += (size_t)snprintf(seen + len, sizeof seen - len, "%s%s", i ? " " : "",
					fake.codes[i]);
	ck_assert_str_eq(seen, wanted);
	fake.findings = 0;
}

/* ---------------------------------------------------------------- format */

START_TEST(cells_are_as_rfc_4180_says)
{
	gives("a,b\n1,2\n", "1|2|@4\n");
	gives("a,b\n1,2", "1|2|@4\n");
	gives("a,b\n\"x, y\",\"say \"\"hi\"\"\"\n", "x, y|say \"hi\"|@4\n");
	gives("a,b\n\"two\nlines\",\"\"\n,3\n", "two\nlines|~@4\n~3|@19\n");
	gives("\"a\",\"b\"\n 1 , 2\n", " 1 | 2|@8\n");
	gives("a,b\n\"\"\"\",\"\"\"\"\"\"\n", "\"|\"\"|@4\n");
	says("");
}
END_TEST

START_TEST(line_breaks_are_mixed)
{
	gives("a,b\r\n1,2\r3,4\n5,6\r\n", "1|2|@5\n3|4|@9\n5|6|@13\n");
	gives("\n\r\na,b\n\n1,2\n\r\r3,4\r\n\r\n", "1|2|@8\n3|4|@14\n");
	gives("a\n\"\"\n", "~@2\n");
	says("");
}
END_TEST

START_TEST(the_delimiter_is_found)
{
	gives("a;b\n1,5;2,5\n3,0;4,0\n", "1,5|2,5|@4\n3,0|4,0|@12\n");
	gives("a\tb\nx, y\tz\n", "x, y|z|@4\n");
	gives("a|b\n1|2\n", "1|2|@4\n");
	gives("Name, first;n\nx;1\ny;2\n", "x|1|@14\ny|2|@18\n");
	gives("\"a;b;c\",d\n\"1;2;3\",e\n", "1;2;3|e|@10\n");
	gives("a\n1\n", "1|@2\n");
	says("");
	gives("a,b;c\n1,2;3\n", "1|2;3|@6\n");
	says("delimiter");
	self.delimiter = ";";
	gives("a,b;c\n1,2;3\n", "1,2|3|@6\n");
	says("");
}
END_TEST

START_TEST(quotes_can_be_others_or_none)
{
	self.quote = "'";
	gives("a,b\n'x, y',\"z\"\n", "x, y|\"z\"|@4\n");
	self.quote = "";
	gives("a,b\n\"x,y\"\n", "\"x|y\"|@4\n");
	says("");
}
END_TEST

START_TEST(encodings_are_decoded)
{
	static const char utf16[] = "\xff\xfe"
				    "a\0,\0b\0\n\0x\0,\0\xeb\0\n\0";

	gives("\xef\xbb\xbf"
	      "a,b\n1,\xc3\xab\n",
	      "1|\xc3\xab|@4\n");
	parse(utf16, sizeof utf16 - 1);
	ck_assert_str_eq(rows, "x|\xc3\xab|@4\n");
	options_reset();
	says("");
	gives("a,b\n1,\xeb\n", "1|\xc3\xab|@4\n");
	says("encoding-guessed");
	gives("a,b\n1,\x81\n", "");
	says("encoding");
	column_add("a", 0, NULL);
	gives("a,b\n1,\x81\n", "");
	says("encoding");
}
END_TEST

/* ---------------------------------------------------------------- errors */

START_TEST(ragged_rows_are_delivered)
{
	gives("a,b,c\n1,2\n1,2,3\n1,2,3,4,5\n", "1|2|~@6\n1|2|3|@10\n1|2|3|@16\n");
	says("ragged ragged");
	self.max_columns = 2;
	gives("a,b\n1,2,3,4,5,6,7\n", "1|2|@4\n");
	says("ragged");
}
END_TEST

START_TEST(wrong_quotes_are_said)
{
	gives("a,b\nx\"y,2\n", "x\"y|2|@4\n");
	says("stray-quote");
	gives("a,b\n\"x\"y,2\n3,4\n", "~2|@4\n3|4|@11\n");
	says("quote");
	gives("a,b\n1,\"x\n3,4\n5,6\n", "1|~@4\n");
	says("quote unclosed");
	gives("a,b\n1,\"x", "1|~@4\n");
	says("quote");
	gives("a,\"b\n1,2\n", "");
	says("unclosed no-rows");
	gives("a,\"b\"c\n1,2\n", "1|2|@7\n");
	says("header");
}
END_TEST

START_TEST(zero_bytes_and_long_cells_are_errors)
{
	parse("a,b\n1\0,2\n", 9);
	ck_assert_str_eq(rows, "~2|@4\n");
	says("zero-byte");
	options_reset();
	parse("a,b\n\"1\0\",2\n", 11);
	ck_assert_str_eq(rows, "~2|@4\n");
	says("zero-byte");
	options_reset();
	self.quote = "";
	parse("a,b\n1\0,2\n", 9);
	says("zero-byte");
	options_reset();
	self.max_field = 3;
	gives("a,b\nabcd,abc\n", "~abc|@4\n");
	says("too-long");
}
END_TEST

START_TEST(documents_without_rows_are_errors)
{
	gives("", "");
	says("empty");
	gives("\n\r\n\n", "");
	says("empty");
	gives("a,b\n", "");
	says("no-rows");
	gives("a,b", "");
	says("no-rows");
	self.skip = 9;
	gives("a,b\n1,2\n", "");
	says("empty");
	column_add("a", 0, NULL);
	self.header = false;
	gives("", "");
	says("no-rows");
	column_add("a", 0, NULL);
	claim_add("total", "a", "Total");
	gives("a\nTotal\n", "~@2 total\n");
	says("no-rows");
}
END_TEST

START_TEST(names_of_a_header_are_checked)
{
	gives("a,,b,_at,a\n1,2,3,4,5\n", "1|3|@11\n");
	says("header header column-twice");
	self.max_columns = 2;
	gives("a,b,c\n1,2,3\n", "1|2|@6\n");
	says("too-wide");
	claim_add("total", "x", "Total");
	gives("a,b\n1,2\n", "1|2|@4\n");
	says("column-missing");
}
END_TEST

/* --------------------------------------------------------------- columns */

START_TEST(declared_columns_are_found_by_name)
{
	column_add("n", TYPE_INTEGER, "Aantal");
	column_add("m", 0, "Missie");
	gives("Missie,rest, Aantal \nx,y,3\n", "3|x|@21\n");
	says("");
	column_add("n", TYPE_INTEGER, "Aantal");
	column_add("k", 0, NULL);
	gives("Missie,Aantal\nx,3\n", "3|~@14\n");
	says("column-missing");
	ck_assert_str_eq(fake.messages[0], "the header has no 'k', but 'Missie', 'Aantal'");
	column_add("k", 0, NULL);
	columns[0].optional = true;
	gives("a\n1\n", "~@2\n");
	says("");
	column_add("a", 0, NULL);
	gives("a,b,a\n1,2,3\n", "1|@6\n");
	says("column-twice");
}
END_TEST

START_TEST(columns_can_go_by_position)
{
	self.header = false;
	self.skip = 1;
	column_add("x", 0, NULL);
	column_add("y", TYPE_INTEGER, NULL);
	gives("title\na,1\nb,2,3\n", "a|1|@6\nb|2|@10\n");
	says("ragged");
}
END_TEST

START_TEST(cells_are_read_strictly_by_type)
{
	column_add("i", 1, NULL);
	column_add("n", 2, NULL);
	column_add("b", 3, NULL);
	column_add("d", 4, NULL);
	gives("i,n,b,d\n-7,1.50,true,2023-11-24\n1.0,\"1,5\",yes,24-11-2023\n , ,\xc2\xa0,\n 8 "
	      ",2,0,\n",
	      "-7|1.5|true|2023-11-24|@8\n~~~~@32\n~~~~@57\n8|2|false|~@65\n");
	says("integer number boolean date");
	ck_assert_str_eq(fake.messages[0],
			 "i '1.0' is not a whole number in digits that fits 64 bits, such as 1204");
}
END_TEST

START_TEST(some_texts_mean_that_there_is_no_value)
{
	static const char *missing[] = { "n/a", "-" };

	column_add("i", TYPE_INTEGER, NULL);
	columns[0].missing = (struct mu_texts){ 2, missing };
	column_add("s", 0, NULL);
	gives("i,s\nn/a,n/a\n -,-\n5,  \n", "~n/a|@4\n~-|@12\n5|~@17\n");
	says("");
}
END_TEST

START_TEST(totals_become_claims)
{
	column_add("country", 0, NULL);
	column_add("mission", 0, NULL);
	column_add("n", TYPE_INTEGER, NULL);
	claim_add("country", "mission", "Subtotal");
	claim_add("total", "country", "Total");
	gives("country,mission,n\nTotal\xc2\xa0,,10\nA,x,2\nA,Subtotal,2\nTotal,Subtotal,10\n",
	      "~~10|@18 total\nA|x|2|@30\nA|~2|@36 country\n~~10|@49 total\n");
	says("");
	self.all_claims = "country";
	gives("a,b\nx,\n", "x|~@4 country\n");
	says("");
}
END_TEST

START_TEST(options_that_contradict_are_refused)
{
	column_add("a", 0, NULL);
	claim_add("total", "b", "x");
	ck_assert_int_eq(csv_configure(&fake.ctx, &self), EINVAL);
	ck_assert_str_eq(fake.failed, "no column is called 'b'");
	options_reset();
	column_add("a", 0, NULL);
	columns[0].measure = true;
	ck_assert_int_eq(csv_configure(&fake.ctx, &self), EINVAL);
	options_reset();
	self.delimiter = "ab";
	ck_assert_int_eq(csv_configure(&fake.ctx, &self), EINVAL);
	options_reset();
	self.delimiter = "\"";
	ck_assert_int_eq(csv_configure(&fake.ctx, &self), EINVAL);
	options_reset();
	self.header = false;
	ck_assert_int_eq(csv_configure(&fake.ctx, &self), EINVAL);
	options_reset();
	self.encoding = "klingon";
	ck_assert_int_eq(csv_configure(&fake.ctx, &self), EINVAL);
	options_reset();
	column_add("a", 0, NULL);
	column_add("a", 0, NULL);
	ck_assert_int_eq(csv_configure(&fake.ctx, &self), EINVAL);
	options_reset();
	column_add("_at", 0, NULL);
	ck_assert_int_eq(csv_configure(&fake.ctx, &self), EINVAL);
}
END_TEST

/* ---------------------------------------------------------------- places */

static void stands(uint64_t position, const char *field, const char *wanted)
{
	struct mu_place place = { .size = sizeof place };
	char seen[200];

	ck_assert_int_eq(csv_locate(&fake.ctx, &self, position, field, &place), 0);
	snprintf(seen, sizeof seen, "%llu:%llu+%llu [%.*s] %.*s", (unsigned long long)place.line,
		 (unsigned long long)place.column, (unsigned long long)place.width,
		 (int)place.text_len, place.text_len ? place.text : "", (int)place.value_len,
		 place.value_len ? place.value : "");
	ck_assert_str_eq(seen, wanted);
}

START_TEST(places_have_line_column_and_text)
{
	static const char text[] = "\xef\xbb\xbf"
				   "a,b,c\r\n"
				   "\xc3\xab\xc3\xab,\"two\nlines\",3\n"
				   "\n"
				   "x,,\"say \"\"hi\"\"\"\n"
				   "y\n";
	struct ArrowSchema schema;

	fake_document(&fake, text, sizeof text - 1);
	ck_assert_int_eq(csv_open(&fake.ctx, &self, &schema), 0);
	stands(7, "a", "2:1+2 [\xc3\xab\xc3\xab,\"two] \xc3\xab\xc3\xab");
	stands(7, "b", "2:4+4 [\xc3\xab\xc3\xab,\"two] two\nlines");
	stands(7, "c", "3:8+1 [lines\",3] 3");
	stands(27, "b", "5:3+0 [x,,\"say \"\"hi\"\"\"] ");
	stands(27, "c", "5:4+12 [x,,\"say \"\"hi\"\"\"] say \"hi\"");
	stands(43, "b", "6:2+0 [y] ");
	stands(43, "a", "6:1+1 [y] y");
	stands(27, NULL, "5:1+15 [x,,\"say \"\"hi\"\"\"] x,,\"say \"\"hi\"\"\"");
	stands(7, "c", "3:8+1 [lines\",3] 3");
	stands(9999, "a", "0:0+0 [] ");
	csv_close(&fake.ctx, &self);
	mu_schema_release(&schema);
}
END_TEST

/* ------------------------------------------------------- hostile documents */

/* Every place that the rows name can be looked up. */
static void locate_all(const char *bytes, size_t len, const char *const *fields)
{
	struct mu_place place = { .size = sizeof place };
	struct ArrowSchema schema;
	const char *at;

	fake_document(&fake, bytes, len);
	ck_assert_int_eq(csv_open(&fake.ctx, &self, &schema), 0);
	for (at = strchr(rows, '@'); at; at = strchr(at + 1, '@')) {
		const char *const *field = fields;

		do
			ck_assert_int_eq(csv_locate(&fake.ctx, &self, strtoull(at + 1, NULL, 10),
						    *field, &place),
					 0);
		while (*field++);
		ck_assert_uint_gt(place.line, 0);
	}
	csv_close(&fake.ctx, &self);
	mu_schema_release(&schema);
}

START_TEST(a_document_can_be_cut_anywhere)
{
	static const char *const fields[] = { "m", "n", NULL };
	static const char text[] = "\xef\xbb\xbf"
				   "title\r\n"
				   "m;\"n \"\"x\"\"\";d\r\n"
				   "\"a;\nb\";1;\xc3\xab\r"
				   "q\"r;\"s\"t;2\n"
				   "Total;;5\n"
				   "x;3\n\0;y;z;w\n";
	size_t len;
	int declared;

	for (len = 0; len < sizeof text; len++) {
		for (declared = 0; declared < 2; declared++) {
			char *copy = malloc(len ? len : 1); /* reads beyond it are noticed */

			memcpy(copy, text, len);
			options_reset();
			self.skip = 1;
			if (declared) {
				column_add("m", 0, NULL);
				column_add("n", TYPE_INTEGER, "n \"x\"");
				claim_add("total", "m", "Total");
			}
			parse(copy, len);
			options_reset();
			self.skip = 1;
			if (declared) {
				column_add("m", 0, NULL);
				column_add("n", TYPE_INTEGER, "n \"x\"");
			}
			locate_all(copy, len, fields);
			if (len < sizeof text - 1) /* some of it is wrong in any case */
				ck_assert_uint_gt(fake.findings + rows_len, 0);
			fake_release(&fake);
			fake_init(&fake);
			free(copy);
		}
	}
}
END_TEST

START_TEST(many_rows_come_in_batches)
{
	enum { N = 5000 };
	char *text = malloc((size_t)16 * N), *end = text;
	struct ArrowSchema schema;
	struct ArrowArray batch;
	int64_t seen = 0;
	int i;

	end += sprintf(end, "a\n");
	for (i = 0; i < N; i++)
		end += sprintf(end, "%d\n", i);
	fake_document(&fake, text, (size_t)(end - text));
	ck_assert_int_eq(csv_open(&fake.ctx, &self, &schema), 0);
	for (;;) {
		ck_assert_int_eq(csv_parse(&fake.ctx, &self, &batch), 0);
		if (!batch.release)
			break;
		seen += batch.length;
		mu_array_release(&batch);
	}
	ck_assert_int_eq(seen, N);
	csv_close(&fake.ctx, &self);
	mu_schema_release(&schema);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("csv");
	TCase *csv = tcase_create("csv");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(csv, setup, teardown);
	tcase_add_test(csv, cells_are_as_rfc_4180_says);
	tcase_add_test(csv, line_breaks_are_mixed);
	tcase_add_test(csv, the_delimiter_is_found);
	tcase_add_test(csv, quotes_can_be_others_or_none);
	tcase_add_test(csv, encodings_are_decoded);
	tcase_add_test(csv, ragged_rows_are_delivered);
	tcase_add_test(csv, wrong_quotes_are_said);
	tcase_add_test(csv, zero_bytes_and_long_cells_are_errors);
	tcase_add_test(csv, documents_without_rows_are_errors);
	tcase_add_test(csv, names_of_a_header_are_checked);
	tcase_add_test(csv, declared_columns_are_found_by_name);
	tcase_add_test(csv, columns_can_go_by_position);
	tcase_add_test(csv, cells_are_read_strictly_by_type);
	tcase_add_test(csv, some_texts_mean_that_there_is_no_value);
	tcase_add_test(csv, totals_become_claims);
	tcase_add_test(csv, options_that_contradict_are_refused);
	tcase_add_test(csv, places_have_line_column_and_text);
	tcase_add_test(csv, a_document_can_be_cut_anywhere);
	tcase_add_test(csv, many_rows_come_in_batches);
	suite_add_tcase(suite, csv);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
