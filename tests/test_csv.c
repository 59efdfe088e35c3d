/* parse/csv: RFC 4180, cut and bent. */
#include <check.h>
#include <stdio.h>

#include "csv.h"

#define TYPE_INTEGER 1

static struct fake fake;
static struct self self;
static struct declared_column columns[8];
static const char *headers[8];
static struct declared_claim claims[4];
static char rows[65536]; /* as lines of an outcome */
static char said[1000];  /* codes of findings since the last time that somebody asked */

static void options_reset(void)
{
	memset(columns, 0, sizeof columns);
	memset(claims, 0, sizeof claims);
	self = (struct self){ .quote = "\"",
			      .max_size = 1 << 30,
			      .options = { .header_rows = 1,
					   .max_field = 1000,
					   .max_columns = 100,
					   .max_rows = 1000000,
					   .columns = { 0, columns },
					   .claims = { 0, claims } } };
}

static void setup(void)
{
	fake_init(&fake);
	*said = '\0';
	options_reset();
}

static void teardown(void)
{
	fake_release(&fake);
}

static void column_add(const char *name, int type, const char *header)
{
	struct declared_column *c = &columns[self.options.columns.count];

	headers[self.options.columns.count++] = header;
	*c = (struct declared_column){ .name = name, .type = type };
	if (header)
		c->header = (struct mu_texts){ 1, &headers[c - columns] };
}

static void claim_add(const char *name, const char *column, const char *match)
{
	claims[self.options.claims.count++] =
		(struct declared_claim){ .name = name, .column = column, .match = match };
}

/* Reads a document in a manner, which must give what it gave in another. */
static void agree(const struct outcome *wanted, struct manner manner, const char *bytes, size_t len)
{
	struct outcome seen;

	outcome_init(&seen);
	outcome_go(&seen, &self, manner, bytes, len);
	if (!lines_equal(&wanted->rows, &seen.rows) || !lines_equal(&wanted->said, &seen.said) ||
	    !lines_equal(&wanted->ahead, &seen.ahead))
		fprintf(stderr, "machine %d, windows of %u, %u instances\n", (int)manner.machine,
			manner.window_bytes, manner.instances);
	ck_assert_str_eq(seen.rows.text, wanted->rows.text);
	ck_assert_str_eq(seen.said.text, wanted->said.text);
	ck_assert(lines_equal(&wanted->rows, &seen.rows));
	outcome_release(&seen);
}

/* Reads a document record by record, and then in other manners. */
static void outcome_make(struct outcome *out, const char *bytes, size_t len)
{
	static const uint32_t windows[] = { 1, 16, 63, 64, 65, 100, 300, 0 };
	struct manner manner = { .machine = MACHINE_PORTABLE };

	outcome_init(out);
	outcome_go(out, &self, manner, bytes, len);
	for (int m = MACHINE_PORTABLE; m < MACHINES; m++) {
		manner.machine = (enum machine)m;
		for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
			manner.window_bytes = windows[i];
			manner.window_most = windows[i] == 16 ? 32 : 0;
			manner.instances = 1 + (unsigned)i % INSTANCES;
			if (machine_is_here(manner.machine))
				agree(out, manner, bytes, len);
		}
	}
}

/* Parses all of a document. */
static void parse(const char *bytes, size_t len)
{
	struct outcome seen;
	size_t i, used = strlen(said);

	outcome_make(&seen, bytes, len);
	ck_assert_uint_lt(seen.rows.len, sizeof rows);
	memcpy(rows, seen.rows.text, seen.rows.len + 1);
	for (i = 0; i < seen.fake.findings; i++)
		used += (size_t)snprintf(said + used, sizeof said - used, "%s%s", used ? " " : "",
					 seen.fake.codes[i]);
	snprintf(fake.messages[0], sizeof fake.messages[0], "%s", seen.fake.messages[0]);
	outcome_release(&seen);
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
	ck_assert_str_eq(said, wanted);
	*said = '\0';
}

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

START_TEST(ragged_rows_are_delivered)
{
	gives("a,b,c\n1,2\n1,2,3\n1,2,3,4,5\n", "1|2|~@6\n1|2|3|@10\n1|2|3|@16\n");
	says("ragged ragged");
	self.options.max_columns = 2;
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
	self.options.max_field = 3;
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
	self.options.header_rows = 0;
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
	self.options.max_columns = 2;
	gives("a,b,c\n1,2,3\n", "1|2|@6\n");
	says("too-wide");
	claim_add("total", "x", "Total");
	gives("a,b\n1,2\n", "1|2|@4\n");
	says("column-missing");
}
END_TEST

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
	self.options.header_rows = 0;
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
	gives("i,n,b,d\n-7,1.50,true,2023-11-24\n1.5,\"1,5\",yes,24-11-2023\n , ,\xc2\xa0,\n 8 "
	      ",2,0,\n",
	      "-7|1.5|true|2023-11-24|@8\n~~~~@32\n~~~~@57\n8|2|false|~@65\n");
	says("integer number boolean date");
	ck_assert_str_eq(fake.messages[0],
			 "i '1.5' is not a whole number in digits that fits 64 bits, such as 1204");
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
	self.options.all_claims = "country";
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
	self.options.header_rows = 0;
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
				ck_assert_uint_gt(strlen(said) + strlen(rows), 0);
			*said = '\0';
			fake_release(&fake);
			fake_init(&fake);
			free(copy);
		}
	}
}
END_TEST

START_TEST(line_breaks_and_quotes_lie_on_any_edge)
{
	static const char *const tails[] = {
		"\r\n1,2\r\n",
		"\r1,2\r\r\n\n3,4",
		"\n\"a\r\nb\",\"\"\"\"\r\n",
		"\n\"a\"b,c\"d\n\"x\n\",y\n",
		"\n\"a\"\"\"\n\",\"\r\n",
		"\n1,2\n\"3",
	};
	char text[400];

	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		for (int n = 45; n < 72; n++) {
			struct outcome seen;
			int len = snprintf(text, sizeof text, "a,b\n%0*d,%s%s", n, 0, tails[i],
					   tails[i]);

			outcome_make(&seen, text, (size_t)len);
			outcome_release(&seen);
		}
	}
}
END_TEST

/* A document of so many rows, each made of its number. */
static char *document_make(const char *header, int n, int (*row)(char *to, int i), size_t *len)
{
	char *text = malloc((size_t)200 * (size_t)n + 100);

	ck_assert_ptr_nonnull(text);
	*len = (size_t)sprintf(text, "%s\n", header);
	for (int i = 0; i < n; i++)
		*len += (size_t)row(text + *len, i);
	return text;
}

/* Reads a document as it would be, and on several instances, with each loop. */
static void document_agrees(const char *text, size_t len)
{
	struct manner manner = { .machine = MACHINE_PORTABLE };
	struct outcome wanted;

	outcome_init(&wanted);
	outcome_go(&wanted, &self, manner, text, len);
	for (int m = MACHINE_PORTABLE; m < MACHINES; m++) {
		manner.machine = (enum machine)m;
		if (!machine_is_here(manner.machine))
			continue;
		for (manner.instances = 1; manner.instances <= INSTANCES; manner.instances++) {
			manner.window_bytes = 10000 * manner.instances;
			agree(&wanted, manner, text, len);
		}
	}
	outcome_release(&wanted);
}

static int row_distinct(char *to, int i)
{
	return sprintf(to, "%d,%s number %d,%s,%d\n", i, i % 7 ? "the" : "\"the \"\"", i,
		       i % 5 ? "same" : "", i % 11);
}

static int row_quoted(char *to, int i)
{
	return sprintf(to, "%d,\"a, number %d that is longer than a slot\",%s,%d\n", i, i,
		       i % 3 ? "n/a" : "\"x\"", i % 2);
}

START_TEST(columns_of_distinct_texts_are_not_kept)
{
	static const char *missing[] = { "n/a", "number 7" };
	size_t len;
	char *text = document_make("a,b,c,d", 3000, row_quoted, &len);

	document_agrees(text, len);
	column_add("b", 0, NULL);
	columns[0].missing = (struct mu_texts){ 2, missing };
	column_add("c", 0, NULL);
	columns[1].missing = (struct mu_texts){ 2, missing };
	claim_add("x", "c", "x");
	document_agrees(text, len);
	free(text);
	options_reset();
	text = document_make("a,b,c,d", 3000, row_distinct, &len);
	self.quote = "";
	document_agrees(text, len);
	free(text);
}
END_TEST

static int row_in_threes(char *to, int i)
{
	return sprintf(to, "word %d,%d,%s\n", i / 3, i / 3, i % 3 ? "y" : "z");
}

START_TEST(tables_of_words_start_afresh)
{
	size_t len;
	char *text = document_make("a,b,c", 4 * WORD_COUNT, row_in_threes, &len);

	document_agrees(text, len);
	free(text);
}
END_TEST

static int row_number(char *to, int i)
{
	return sprintf(to, "%d\n", i);
}

START_TEST(many_rows_come_in_batches)
{
	enum { N = 3 * BATCH_ROWS + 7 };
	size_t len;
	char *text = document_make("a", N, row_number, &len);
	struct mu_piece piece = { .from = 0 };
	struct ArrowSchema schema;
	struct ArrowArray batch;
	int64_t seen = 0;

	fake_document(&fake, text, len);
	self.window_bytes = self.window_most = WINDOW_MOST;
	ck_assert_int_eq(csv_open(&fake.ctx, &self, &schema), 0);
	do {
		piece.from = piece.to;
		ck_assert_int_eq(csv_split(&fake.ctx, &self, &piece), 0);
		while (!csv_parse(&fake.ctx, &self, &batch) && batch.release) {
			ck_assert_int_le(batch.length, BATCH_ROWS);
			seen += batch.length;
			mu_array_release(&batch);
		}
	} while (piece.to > piece.from);
	ck_assert_int_eq(seen, N);
	ck_assert_uint_eq(piece.mark, N + 1);
	csv_close(&fake.ctx, &self);
	mu_schema_release(&schema);
	free(text);
}
END_TEST

START_TEST(places_are_found_by_pieces)
{
	static const char text[] = "\xef\xbb\xbf"
				   "a,b\r\n1,\"x\ny\"\r\n\r2,z\"\n3,4\n5,6\r7,8";
	static const uint64_t ats[] = { 5, 15, 20, 24, 28 }, lines[] = { 2, 5, 6, 7, 8 };
	struct manner manner = { .machine = MACHINE_PORTABLE, .window_bytes = 9, .instances = 2 };
	struct mu_place place = { .size = sizeof place };
	struct ArrowSchema schema;
	struct outcome seen;
	size_t i;

	outcome_init(&seen);
	outcome_go(&seen, &self, manner, text, sizeof text - 1);
	ck_assert_uint_gt(seen.n_pieces, 3);
	fake_document(&fake, text, sizeof text - 1);
	fake.ctx.pieces = seen.pieces;
	fake.ctx.n_pieces = seen.n_pieces;
	ck_assert_int_eq(csv_open(&fake.ctx, &self, &schema), 0);
	for (i = 0; i < 2 * sizeof ats / sizeof *ats; i++) {
		size_t k = i * 3 % (sizeof ats / sizeof *ats);

		ck_assert_int_eq(csv_locate(&fake.ctx, &self, ats[k], "a", &place), 0);
		ck_assert_uint_eq(place.line, lines[k]);
		ck_assert_uint_eq(place.column, 1);
		if (i == 5) { /* and without */
			csv_close(&fake.ctx, &self);
			mu_schema_release(&schema);
			options_reset();
			fake.ctx.n_pieces = 0;
			ck_assert_int_eq(csv_open(&fake.ctx, &self, &schema), 0);
		}
	}
	csv_close(&fake.ctx, &self);
	mu_schema_release(&schema);
	outcome_release(&seen);
}
END_TEST

static int row_late(char *to, int i)
{
	return sprintf(to, "%d,%0*d,1\n", i, 150, i);
}

START_TEST(late_bytes_that_mean_nothing_are_told)
{
	enum { N = LOOKED_AT / 150 + 10 };
	struct manner manner = { .machine = machine_find(), .instances = 2 };
	struct outcome seen;
	size_t len;
	char *text = document_make("a,b,c", N, row_late, &len);

	text[len - 60] = '\xe9';
	outcome_init(&seen);
	outcome_go(&seen, &self, manner, text, len);
	ck_assert_uint_eq(seen.fake.findings, 1);
	ck_assert_str_eq(seen.fake.codes[0], "encoding");
	ck_assert_ptr_nonnull(strstr(seen.rows.text + seen.rows.len - 40, "|~1|@"));
	outcome_release(&seen);
	outcome_init(&seen); /* unlike one that is looked at as a whole */
	outcome_go(&seen, &self, manner, text + len - 1000, 1000);
	ck_assert_str_eq(seen.fake.codes[0], "encoding-guessed");
	outcome_release(&seen);
	free(text);
}
END_TEST

START_TEST(nobody_has_to_look_at_a_column)
{
	static const bool wanted[] = { false, false, true, false };
	static const char text[] = "a,b,c,d\nx,1,y,z\nt,w,y,z\n";
	struct manner manner = { .machine = machine_find(), .instances = 1 };
	struct outcome seen;

	column_add("a", 0, NULL);
	column_add("b", TYPE_INTEGER, NULL);
	column_add("c", 0, NULL);
	column_add("d", 0, NULL);
	claim_add("total", "a", "t");
	outcome_init(&seen);
	seen.fake.ctx.columns_wanted = wanted;
	outcome_go(&seen, &self, manner, text, sizeof text - 1);
	ck_assert_str_eq(seen.rows.text, "x|1|y|~@8\n~~y|~@16 total\n");
	ck_assert_str_eq(seen.fake.codes[0], "integer");
	outcome_release(&seen);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("csv");
	TCase *csv = tcase_create("csv");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(csv, setup, teardown);
	tcase_set_timeout(csv, 60); /* with sanitizers */
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
	tcase_add_test(csv, line_breaks_and_quotes_lie_on_any_edge);
	tcase_add_test(csv, columns_of_distinct_texts_are_not_kept);
	tcase_add_test(csv, tables_of_words_start_afresh);
	tcase_add_test(csv, many_rows_come_in_batches);
	tcase_add_test(csv, places_are_found_by_pieces);
	tcase_add_test(csv, late_bytes_that_mean_nothing_are_told);
	tcase_add_test(csv, nobody_has_to_look_at_a_column);
	suite_add_tcase(suite, csv);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
