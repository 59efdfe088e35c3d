/* Documents to rows and findings, and what is refused. */
#include <check.h>

#include "json.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { STRING, INTEGER, NUMBER, BOOLEAN, DATE };

/* Reads in all manners, which must give the same, and compares. */
static void reads(const struct self *model, const char *text, size_t len, const char *rows,
		  const char *said)
{
	static const struct manner manners[] = { { 0, 1 }, { 1, 1 }, { 7, 2 }, { 40, 3 } };
	struct outcome *seen = malloc(sizeof *seen);

	ck_assert_ptr_nonnull(seen);
	for (size_t i = 0; i < COUNT(manners); i++) {
		outcome_init(seen);
		outcome_go(seen, model, manners[i], text, len);
		ck_assert_int_eq(seen->err, 0);
		ck_assert_str_eq(seen->rows.text, rows);
		ck_assert_str_eq(seen->said.text, said);
		outcome_release(seen);
	}
	free(seen);
}

static void gives(const struct self *model, const char *text, const char *rows, const char *said)
{
	reads(model, text, strlen(text), rows, said);
}

#define columns_set(m, list) ((m)->options.columns = (struct mu_items){ COUNT(list), (list) })
#define claims_set(m, list)  ((m)->options.claims = (struct mu_items){ COUNT(list), (list) })

START_TEST(without_columns_all_members_come_as_strings)
{
	struct self model = model_make();

	gives(&model,
	      "[{\"a\":\"x\",\"b\":1},\n {\"b\":null,\"c d\":true}, {\"a\":\"\\u00eb\\n\"}]\n",
	      "x|1|~@1\n~~true|@19\n\xc3\xab\n|~~@42\n", "");
	gives(&model, "\xef\xbb\xbf[{\"a\":-0.50}]", "-0.5|@1\n", "");
	gives(&model, "{\"n\":[1,2],\"z\":{\"rows\":[{\"a\":[{\"b\":1}]},{\"a\":\"x\"}]},\"e\":[]}",
	      "~@24\nx|@40\n", "cell-error @24 [a] '[{\"b\":1}]': a has no value: [{\"b\":1}]\n");
}
END_TEST

START_TEST(members_further_in_are_columns)
{
	const char *x[] = { "/o/x" }, *second[] = { "/l/1" }, *odd[] = { "/a~1b/~0" },
		   *other[] = { "b c" };
	struct declared_column columns[] = {
		{ .name = "x", .header = { 1, x }, .type = NUMBER },
		{ .name = "l", .header = { 1, second } },
		{ .name = "odd", .header = { 1, odd }, .optional = true },
		{ .name = "b", .header = { 1, other } },
		{ .name = "again", .header = { 1, x } },
		{ .name = "why", .status_of = "x" }
	};
	struct self model = model_make();

	columns_set(&model, columns);
	gives(&model,
	      "[{\"o\":{\"y\":1,\"x\":2.5},\"l\":[{},\"q\",[]],\"b "
	      "c\":\"t\",\"n\":{\"deep\":[[]]}},"
	      "{\"o\":null,\"l\":[1],\"a/b\":{\"~\":3}},{\"o\":\"n/a\"}]",
	      "2.5|q|~t|2.5|~@1\n~~3|~~blank|@67\n~~~~~unreadable|@100\n",
	      "cell-error @100 [x] '\"n/a\"': x has no value: \"n/a\"\n"
	      "cell-error @100 [again] '\"n/a\"': again has no value: \"n/a\"\n");
}
END_TEST

START_TEST(values_have_types_of_their_own)
{
	struct declared_column columns[] = { { .name = "s" },
					     { .name = "i", .type = INTEGER },
					     { .name = "n", .type = NUMBER, .optional = true },
					     { .name = "b", .type = BOOLEAN, .optional = true },
					     { .name = "d", .type = DATE, .optional = true } };
	struct self model = model_make();

	columns_set(&model, columns);
	gives(&model,
	      "[{\"s\":12345678901234567890,\"i\":9223372036854775807,\"n\":1e3,\"b\":true,"
	      "\"d\":\"2001-02-03\"},"
	      "{\"s\":1e400,\"i\":-0},{\"s\":false,\"i\":1.0},{\"i\":-9223372036854775808}]",
	      "12345678901234567890|9223372036854775807|1000|true|2001-02-03|@1\n"
	      "1e400|0|~~~@86\nfalse|1|~~~@105\n~-9223372036854775808|~~~@125\n",
	      "");
	gives(&model,
	      "[{\"s\":\" "
	      "\",\"i\":9223372036854775808},{\"i\":\"12\",\"n\":1e400},{\"i\":1.5,\"b\":2},"
	      "{\"d\":3}]",
	      "~~~~~@1\n~12|~~~@35\n~~~~~@56\n~~~~~@72\n",
	      "integer @1 [i] '9223372036854775808': i '9223372036854775808' is not a whole number "
	      "in "
	      "digits that fits 64 bits, such as 1204\n"
	      "text-number @35 [i] '12': i '12' is text, and was taken for a number\n"
	      "number @35 [n] '1e400': n '1e400' is not a number in digits, such as 1204.5\n"
	      "integer @56 [i] '1.5': i '1.5' is not a whole number in digits that fits 64 bits, "
	      "such as 1204\n"
	      "boolean @56 [b] '2': b '2' is not true or false\n"
	      "date @72 [d] '3': d '3' is a number, and not formatted as a date\n");
}
END_TEST

START_TEST(lines_and_members_are_rows_too)
{
	struct self model = model_make();

	gives(&model, "{\"a\":1}\n\n  {\"a\":{}}\r\n{\"a\":\"x\"}", "1|@0\n~@11\nx|@21\n",
	      "cell-error @11 [a] '{}': a has no value: {}\n");
	model.lines = true;
	gives(&model, "{\"a\":[{\"b\":1}]}", "~@0\n",
	      "cell-error @0 [a] '[{\"b\":1}]': a has no value: [{\"b\":1}]\n");
	model.lines = false;
	model.rows = "/by/id";
	model.key = "id";
	gives(&model, "{\"by\":{\"id\":{\"x\\\"1\":{\"a\":1} , \"y\":{\"a\":2}}},\"id\":3}",
	      "x\"1|1|@13\ny|2|@30\n", "");
}
END_TEST

START_TEST(rows_may_be_arrays)
{
	const char *name[] = { "size of it" };
	struct declared_column columns[] = { { .name = "a", .position = 2 },
					     { .name = "n", .type = INTEGER, .position = 1 } };
	struct declared_column named[] = {
		{ .name = "a" }, { .name = "n", .type = INTEGER, .header = { 1, name } }
	};
	struct self model = model_make();

	columns_set(&model, columns);
	gives(&model, "[[1,\"x\"],[2],[3,[],null],[4,\"y\",5]]", "x|1|@1\n~2|@9\n~3|@13\ny|4|@25\n",
	      "cell-error @13 [a] '[]': a has no value: []\n"
	      "beyond @25 [] '5': column 3 has '5', but the last one of the table is 2\n");
	columns_set(&model, named);
	model.header = true;
	gives(&model, "{\"rows\":[[\"size  of it\",\"a\"],[1,\"x\"],[null,\"y\"]]}", "",
	      "rows @0 [] "
	      "'': there is no array of objects; the option rows says where rows are\n");
	model.rows = "/rows";
	gives(&model, "{\"rows\":[[\"size  of it\",\"a\"],[1,\"x\"],[null,\"y\"]]}",
	      "x|1|@29\ny|~@37\n", "");
}
END_TEST

START_TEST(totals_among_details_are_claims)
{
	struct declared_column columns[] = { { .name = "country" },
					     { .name = "mission" },
					     { .name = "n", .type = INTEGER, .measure = true } };
	struct declared_claim claims[] = {
		{ .name = "country", .column = "mission", .match = "all" },
		{ .name = "grand", .column = "country", .match = "all" }
	};
	struct self model = model_make();

	columns_set(&model, columns);
	claims_set(&model, claims);
	gives(&model,
	      "[{\"country\":\"all\",\"mission\":\"all\",\"n\":3},{\"n\":3,\"country\":\"NLD\","
	      "\"mission\":"
	      "\"all\"},{\"country\":\"NLD\",\"mission\":\"UNMISS\",\"n\":3}]",
	      "~~3|@1 grand\nNLD|~3|@41 country\nNLD|UNMISS|3|@81\n", "");
	gives(&model, "[{\"country\":\"all\",\"mission\":\"all\",\"n\":3}]", "~~3|@1 grand\n",
	      "no-rows @0 [] '': the table has no row of data, only claims\n");
}
END_TEST

START_TEST(names_that_are_not_as_they_should_be_are_findings)
{
	struct declared_column columns[] = { { .name = "a" }, { .name = "z" } };
	struct self model = model_make();

	gives(&model, "[{\"a\":1,\"a\":2,\"\":3,\"_at\":4}]", "1|@1\n",
	      "duplicate @1 [] '': the member 'a' is there twice\n"
	      "header @0 [] '': the name of the member '' is blank\n"
	      "header @0 [] '': the name of the member '_at' is muster's own\n");
	columns_set(&model, columns);
	gives(&model, "[{\"a\":1,\"b\":2},{\"b\":2,\"\\u0062\":2}]", "1|~@1\n",
	      "duplicate @15 [] '': the member 'b' is there twice\n"
	      "column-missing @0 [z] '': no row has the member 'z'; not read are 'b'\n");
	gives(&model, "[]", "", "no-rows @0 [] '': the table has no row of data\n");
	gives(&model, "[{\"a\":1},[2],3,{\"z\":1}]", "1|~@1\n~1|@15\n",
	      "row @9 [] '': a row is no object, as the first one is\n"
	      "row @13 [] '': a row is no object, as the first one is\n");
	model.options.max_columns = 2;
	gives(&model, "[{\"a\":1,\"b\":2,\"z\":3},{\"z\":4}]", "1|~@1\n~4|@21\n",
	      "too-wide @1 [] '': an object has more members than the 2 that max_columns allows\n");
}
END_TEST

START_TEST(a_member_that_appears_late_is_a_finding)
{
	struct lines text = { .text = NULL }, rows = { .text = NULL };
	struct self model = model_make();

	lines_add(&text, "[");
	for (int i = 0; i < FIRST_ROWS; i++) {
		lines_add(&rows, "%d|@%zu\n", i, text.len);
		lines_add(&text, "{\"a\":%d},", i);
	}
	lines_add(&rows, "~@%zu\n", text.len);
	lines_add(&text, "{\"a\":null,\"b\":1}]");
	/* A row of nothing but blank cells is passed over. */
	rows.len = (size_t)(strrchr(rows.text, '~') - rows.text);
	rows.text[rows.len] = '\0';
	gives(&model, text.text, rows.text,
	      "late @9891 [] '': the member 'b' is in none of the first rows, so no column is of "
	      "it\n");
	free(text.text);
	free(rows.text);
}
END_TEST

START_TEST(rows_that_cannot_be_found_are_told)
{
	static const struct {
		const char *rows, *text, *said;
	} cases[] = {
		{ "/a/b", "{\"x\":1,\"a\":{\"y\":[],\"z\":2}}",
		  "rows @11 [] '': there is no /a/b, but here are 'y', 'z'\n" },
		{ "/a/b", "{\"a\":3}",
		  "rows @5 [] '': there is no /a/b, since a number stands here\n" },
		{ "/2", "[[],[]]", "rows @0 [] '': there is no /2\n" },
		{ "/a", "{\"a\":null}", "rows @5 [] '': /a holds no rows but null\n" },
		{ "/a", "{\"a\":[1]}",
		  "rows @6 [] '': /a: a row should be an object or an array, not "
		  "a number\n" },
		{ "/a", "{\"a\":[{\"b\":1}],\"a\":1}",
		  "rows @15 [] '': this member is there twice, and the rows are in the first\n" },
		{ NULL, "{\"a\":[{}],\"b\":[1],\"c/d\":{\"e\":[{}]}}",
		  "rows @0 [] '': rows may be in 2 places, and the option rows has to say where: "
		  "/a, "
		  "/c~1d/e\n" },
		{ NULL, "7", "rows @0 [] '': the document holds no rows but a number\n" },
		{ NULL, "[[1]]",
		  "rows @1 [] '': the rows are arrays: name their columns, or say header: true\n" },
	};
	struct self model = model_make();

	for (size_t i = 0; i < COUNT(cases); i++) {
		model.rows = cases[i].rows;
		gives(&model, cases[i].text, strstr(cases[i].text, "\"b\":1}],") ? "1|@6\n" : "",
		      cases[i].said);
	}
}
END_TEST

START_TEST(rows_without_names_have_no_key)
{
	static const char *const texts[] = { "[{\"a\":1}]", "{\"a\":1}\n{\"a\":2}\n" };
	struct self model = model_make();

	model.key = "k";
	for (size_t i = 0; i < COUNT(texts); i++)
		gives(&model, texts[i], "",
		      i ? "rows @0 [] '': the option key is for rows that are objects in an "
			  "object, with names\n"
			: "rows @1 [] '': the option key is for rows that are objects in an "
			  "object, with names\n");
}
END_TEST

START_TEST(what_is_no_json_is_refused)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "", "@0 [] '': the document is empty\n" },
		{ " \n", "@2 [] '': the text ends where a value should stand\n" },
		{ "<html>", "@0 [] '': a value should stand here, not '<'\n" },
		{ "[{\"a\":1}] x", "@10 [] '': nothing more should stand here, not 'x'\n" },
		{ "[{\"a\":1}]\n[{\"a\":1}]",
		  "@10 [] '': nothing more should stand here, not '['\n" },
		{ "[{\"a\":1},]", "@9 [] '': a value should stand here, not ']'\n" },
		{ "[{\"a\":1,}]", "@8 [] '': a name in quotes should stand here, not '}'\n" },
		{ "[{\"a\":1}}", "@8 [] '': a comma or ] should stand here, not '}'\n" },
		{ "[{\"a\" 1}]", "@6 [] '': a colon should stand here, not '1'\n" },
		{ "[{a:1}]", "@2 [] '': a name in quotes or } should stand here, not 'a'\n" },
		{ "[{\"a\":01}]", "@7 [] '': a comma or } should stand here, not '1'\n" },
		{ "[{\"a\":1.}]", "@6 [] '': a number begins here that is none\n" },
		{ "[{\"a\":-}]", "@6 [] '': a number begins here that is none\n" },
		{ "[{\"a\":+1}]", "@6 [] '': a value should stand here, not '+'\n" },
		{ "[{\"a\":NaN}]", "@6 [] '': a value should stand here, not 'N'\n" },
		{ "[{\"a\":nul}]", "@6 [] '': a value should stand here, not 'n'\n" },
		{ "[{\"a\":'x'}]", "@6 [] '': a value should stand here, not '''\n" },
		{ "[{\"a\":\"x}]",
		  "@6 [] '': a string begins here that is not closed before the text "
		  "ends\n" },
		{ "[{\"a\":\"x\ty\"}]",
		  "@8 [] '': the byte 0x09 stands in a string, where it has to be "
		  "an escape\n" },
		{ "[{\"a\":\"\\x\"}]", "@7 [] '': a backslash begins no escape that JSON has\n" },
		{ "[{\"a\":\"\\ud800\"}]",
		  "@7 [] '': a backslash begins no escape that JSON has\n" },
		{ "[{\"a\":\"\\udc00\"}]",
		  "@7 [] '': a backslash begins no escape that JSON has\n" },
		{ "[{\"a\":\"\xe9t\xe9\"}]", "@7 [] '': the byte 0xe9 is no UTF-8\n" },
		{ "[{\"a\":\"\xed\xa0\x80\"}]", "@7 [] '': the byte 0xed is no UTF-8\n" },
		{ "[{\"a\":\"\xc0\x80\"}]", "@7 [] '': the byte 0xc0 is no UTF-8\n" },
		{ "[{\"a\":1}\f]",
		  "@8 [] '': a comma or ] should stand here, not the byte 0x0c\n" },
	};
	struct declared_column columns[] = { { .name = "a", .optional = true } };
	struct self model = model_make();
	struct outcome *seen = malloc(sizeof *seen);

	ck_assert_ptr_nonnull(seen);
	columns_set(&model, columns);
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		struct manner manner = { i % 2 ? 3 : 0, 1 };

		outcome_init(seen);
		outcome_go(seen, &model, manner, cases[i / 2].text, strlen(cases[i / 2].text));
		ck_assert_int_eq(seen->err, 0);
		ck_assert_msg(!strncmp(seen->said.text, "syntax ", 7) &&
				      !strcmp(seen->said.text + 7, cases[i / 2].said),
			      "%s\n%s", cases[i / 2].text, seen->said.text);
		outcome_release(seen);
	}
	free(seen);
}
END_TEST

START_TEST(a_line_has_one_value)
{
	struct declared_column columns[] = { { .name = "a" } };
	struct self model = model_make();

	columns_set(&model, columns);
	model.lines = true;
	gives(&model, "{\"a\":1}\n{\"a\":2} {\"a\":3}\n", "1|@0\n",
	      "syntax @16 [] '': a line has more than one value\n");
}
END_TEST

/* A document is never taken for a shorter one. */
START_TEST(a_document_cut_anywhere_is_refused)
{
	static const char *const texts[] = {
		"[{\"a\":\"x\\u00e9\\ud83d\\ude00\xe2\x82\xac\",\"b\":[1.5e3,true]},{\"a\":null}]",
		"{\"m\":{},\"r\":[{\"a\":\"x\"},{\"a\":{\"b\":2}}],\"t\":[{}, -1]}",
		"{\"a\":1}\n{\"a\":\"y\"}",
	};
	struct self model = model_make();
	struct outcome *seen = malloc(sizeof *seen);

	ck_assert_ptr_nonnull(seen);
	for (size_t i = 0; i < COUNT(texts); i++) {
		model.rows = i == 1 ? "/r" : NULL;
		model.lines = i == 2;
		for (size_t len = 0; len < strlen(texts[i]); len++) {
			struct manner manner = { (uint32_t)(len % 5), 1 + (unsigned)(len % 3) };

			outcome_init(seen);
			outcome_go(seen, &model, manner, texts[i], len);
			/* Lines may end where a line does. */
			ck_assert_msg(seen->refused || (i == 2 && (len == 7 || len == 8)),
				      "%zu %zu", i, len);
			outcome_release(seen);
		}
	}
	free(seen);
}
END_TEST

START_TEST(limits_are_told)
{
	struct self model = model_make();
	char *deep = malloc(100001), *text = malloc(5000);

	ck_assert(deep && text);
	memset(deep, '[', 100000);
	memcpy(deep, "{\"x\":", 5);
	deep[100000] = '\0';
	gives(&model, deep, "",
	      "deep @104 [] '': more than 100 objects and arrays stand in one another\n");
	model.max_row = 1024;
	snprintf(text, 5000, "[{\"a\":1},{\"a\":\"%2000s\"}]", "");
	gives(&model, text, "",
	      "too-large @9 [] '': here begins what is longer than the 1024 bytes that max_row "
	      "allows\n");
	free(deep);
	free(text);
}
END_TEST

/* Objects, a hundred deep and more, with an array of objects in the last but one. */
START_TEST(rows_may_stand_deep)
{
	struct self model = model_make();
	struct lines text = { .text = NULL };

	for (int i = 0; i < DEPTH_MOST; i++)
		lines_add(&text, "{\"x\":");
	lines_add(&text, "1");
	for (int i = 0; i < DEPTH_MOST; i++)
		lines_add(&text, "}");
	gives(&model, text.text, "",
	      "rows @0 [] '': there is no array of objects; the option rows says where rows are\n");
	text.len = (size_t)5 * (DEPTH_MOST - 2);
	lines_add(&text, "[{\"a\":1}]");
	for (int i = 0; i < DEPTH_MOST - 2; i++)
		lines_add(&text, "}");
	gives(&model, text.text, "1|@491\n", "");
	text.len = (size_t)5 * (DEPTH_MOST - 2);
	lines_add(&text, "{\"x\":[{\"a\":1}]");
	gives(&model, text.text, "",
	      "deep @496 [] '': more than 100 objects and arrays stand in one another\n");
	free(text.text);
}
END_TEST

START_TEST(other_encodings_are_decoded)
{
	struct self model = model_make();

	reads(&model, "\xff\xfe[\0{\0\"\0a\0\"\0:\0\"\0\xeb\0\"\0}\0]\0", 24, "\xc3\xab|@1\n", "");
	model.encoding = "windows-1252";
	gives(&model, "[{\"a\":\"\x80\"}]", "\xe2\x82\xac|@1\n", "");
}
END_TEST

static const char placed[] =
	"{\"m\": 1,\n \"r\": [\n  {\"a\": \"\xc3\xab\\n\", \"o\": {\"x\": 1}},\n"
	"  {\"o\": {\n    \"x\": \"\xc3\xab\"}}\n ]}\n";

/* Line, column, width, cell, value and text of each. */
START_TEST(places_are_found)
{
	static const struct {
		const char *what, *field, *seen;
	} cases[] = {
		{ "{\"a\"", "a",
		  "3:9:5 /r/0/a '\xc3\xab\n' '  {\"a\": \"\xc3\xab\\n\", \"o\": {\"x\": 1}},'" },
		{ "{\"a\"", "x",
		  "3:27:1 /r/0/o/x '1' '  {\"a\": \"\xc3\xab\\n\", \"o\": {\"x\": 1}},'" },
		{ "{\"a\"", NULL, "3:3:0 /r/0 '' '  {\"a\": \"\xc3\xab\\n\", \"o\": {\"x\": 1}}'" },
		{ "{\"o\": {\n", "x", "5:10:3 /r/1/o/x '\xc3\xab' '    \"x\": \"\xc3\xab\"}}'" },
		{ "{\"o\": {\n", "a", "4:3:0 /r/1/a '' '  {\"o\": {\n    \"x\": \"\xc3\xab\"}}'" },
		{ "\"m\"", NULL, "1:2:0 - '' '{\"m\": 1,'" },
		{ "]}", NULL, "6:2:0 - '' ' ]}'" },
		{ "\n \"r\"", "a", "1:9:0 - '' '{\"m\": 1,'" },
	};
	static const struct manner manners[] = { { 0, 1 }, { 7, 1 }, { 30, 2 } };
	const char *x[] = { "/o/x" };
	struct declared_column columns[] = { { .name = "a" }, { .name = "x", .header = { 1, x } } };
	struct self model = model_make(), instances[INSTANCES];
	struct outcome *seen = malloc(sizeof *seen);
	char text[512];

	ck_assert_ptr_nonnull(seen);
	model.rows = "/r";
	columns_set(&model, columns);
	for (size_t k = 0; k < 2 * COUNT(cases) * COUNT(manners); k++) {
		size_t i = k / 2 % COUNT(cases);
		uint64_t at = (uint64_t)(strstr(placed, cases[i].what) - placed);
		struct mu_place place = { .size = sizeof place };

		outcome_init(seen);
		outcome_read(seen, &model, manners[k / 2 / COUNT(cases)], placed, strlen(placed),
			     instances);
		seen->fake.ctx.pieces = seen->pieces;
		seen->fake.ctx.n_pieces = seen->n_pieces;
		if (k % 2) /* places rise, mostly */
			ck_assert_int_eq(
				json_locate(&seen->fake.ctx, &instances[0], 60, NULL, &place), 0);
		place = (struct mu_place){ .size = sizeof place };
		ck_assert_int_eq(
			json_locate(&seen->fake.ctx, &instances[0], at, cases[i].field, &place), 0);
		snprintf(text, sizeof text, "%" PRIu64 ":%" PRIu64 ":%" PRIu64 " %s '%.*s' '%.*s'",
			 place.line, place.column, place.width, place.cell ? place.cell : "-",
			 (int)place.value_len, place.value ? place.value : "", (int)place.text_len,
			 place.text);
		ck_assert_str_eq(text, cases[i].seen);
		json_close(&seen->fake.ctx, &instances[0]);
		outcome_release(seen);
	}
	free(seen);
}
END_TEST

static int configured(struct self *model)
{
	struct outcome *seen = malloc(sizeof *seen);
	int err;

	ck_assert_ptr_nonnull(seen);
	outcome_init(seen);
	err = json_configure(&seen->fake.ctx, model);
	outcome_release(seen);
	free(seen);
	return err;
}

START_TEST(options_that_contradict_are_refused)
{
	const char *field[] = { "/a~2" };
	struct declared_column columns[] = { { .name = "a" }, { .name = "b" } };
	struct self model = model_make();

	columns_set(&model, columns);
	ck_assert_int_eq(configured(&model), 0);
	model.rows = "data";
	ck_assert_int_eq(configured(&model), EINVAL);
	model.rows = "/data";
	ck_assert_int_eq(configured(&model), 0);
	model.lines = true;
	ck_assert_int_eq(configured(&model), EINVAL);
	model.lines = false;
	model.key = "c";
	ck_assert_int_eq(configured(&model), EINVAL);
	model.key = "b";
	ck_assert_int_eq(configured(&model), 0);
	columns[1].position = 2;
	ck_assert_int_eq(configured(&model), EINVAL);
	columns[1].position = 0;
	columns[0].header = (struct mu_texts){ 1, field };
	ck_assert_int_eq(configured(&model), EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json");
	TCase *tests = tcase_create("json");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, without_columns_all_members_come_as_strings);
	tcase_add_test(tests, members_further_in_are_columns);
	tcase_add_test(tests, values_have_types_of_their_own);
	tcase_add_test(tests, lines_and_members_are_rows_too);
	tcase_add_test(tests, rows_may_be_arrays);
	tcase_add_test(tests, totals_among_details_are_claims);
	tcase_add_test(tests, names_that_are_not_as_they_should_be_are_findings);
	tcase_add_test(tests, a_member_that_appears_late_is_a_finding);
	tcase_add_test(tests, rows_that_cannot_be_found_are_told);
	tcase_add_test(tests, rows_without_names_have_no_key);
	tcase_add_test(tests, what_is_no_json_is_refused);
	tcase_add_test(tests, a_line_has_one_value);
	tcase_add_test(tests, a_document_cut_anywhere_is_refused);
	tcase_add_test(tests, limits_are_told);
	tcase_add_test(tests, rows_may_stand_deep);
	tcase_add_test(tests, other_encodings_are_decoded);
	tcase_add_test(tests, places_are_found);
	tcase_add_test(tests, options_that_contradict_are_refused);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
